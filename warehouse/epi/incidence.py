"""Incidence of starting a drug: events, person-years, rates and exact intervals by sex and age band."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from warehouse.disclosure import MARGIN
from warehouse.epi.intervals import poisson_interval
from warehouse.epi.time_at_risk import band_labels, split_by_age, time_at_risk

DAYS_A_YEAR = 365.25
WASHOUT_DAYS = 365  # as in DARWIN EU's drug utilisation studies
AGE_BANDS = (0, 18, 40, 60, 75)  # lower bounds in completed years, inclusive
SEXES = {1: "male", 2: "female"}


@dataclass(frozen=True)
class Incidence:
    """Rates by sex and age band with their margins, the initiations behind them, and persons left out.

    `rates`: see `estimate_rates`. `initiations`: one row per `patient_key` and `event_date`.
    `n_left_out`: persons under observation whose sex or month of birth no source knows.
    """

    rates: pl.DataFrame
    initiations: pl.DataFrame
    n_left_out: int


def estimate_incidence(
    persons: pl.LazyFrame,
    periods: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    washout_days: int = WASHOUT_DAYS,
    age_bands: Sequence[int] = AGE_BANDS,
) -> Incidence:
    """Incidence of events among persons at risk; days at risk and initiations are those of `time_at_risk`.

    `persons`: `patient_key`, `sex_code`, `birth_month_date`. Not for publication before `disclosure.release`.
    """
    described = persons.select("patient_key", "sex_code", "birth_month_date")
    is_described = pl.col("sex_code").is_not_null() & pl.col("birth_month_date").is_not_null()
    runs = time_at_risk(periods, events, washout_days).join(described.filter(is_described), on="patient_key")
    observed = periods.select("patient_key").unique()
    pieces, initiations, left_out = pl.collect_all(
        [
            split_by_age(runs, age_bands),
            runs.filter("is_event").select("patient_key", event_date="end_date").sort("patient_key", "event_date"),
            observed.join(described.filter(~is_described), on="patient_key").select(pl.len()),
        ],
        engine="streaming",
    )
    return Incidence(estimate_rates(pieces, age_bands), initiations, left_out.item())


def estimate_rates(pieces: pl.DataFrame, age_bands: Sequence[int] = AGE_BANDS) -> pl.DataFrame:
    """One row per sex and age band, `all` for the margins; bands in rising order, the margin last.

    `n_persons` at risk on at least one day of the cell (who crosses a birthday counts in two bands), `person_years`
    of 365.25 days, `n_events`, `incidence_rate_per_1000_py` with its exact 95 % limits; null without person-time.
    """
    labels = [*band_labels(age_bands), MARGIN]
    days = (pl.col("end_date") - pl.col("start_date")).dt.total_days() + 1
    rows = pieces.lazy().select(
        "patient_key",
        "age_band",
        "is_event",
        days=days,
        sex=pl.col("sex_code").replace_strict(SEXES, return_dtype=pl.String),
    )
    grid = pl.LazyFrame(list(product([*SEXES.values(), MARGIN], labels)), schema=["sex", "age_band"], orient="row")
    counted = pl.concat([_counts(rows, by) for by in (["sex", "age_band"], ["sex"], ["age_band"], [])])
    cells = grid.join(counted, on=["sex", "age_band"], how="left", maintain_order="left")
    return _with_rates(cells.with_columns(pl.col("n_persons", "days", "n_events").fill_null(0)).collect())


def _counts(rows: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    margins = [pl.lit(MARGIN).alias(column) for column in ("sex", "age_band") if column not in by]
    sums = [
        pl.col("patient_key").n_unique().cast(pl.Int64).alias("n_persons"),
        pl.col("days").sum(),
        pl.col("is_event").sum().cast(pl.Int64).alias("n_events"),
    ]
    counted = rows.group_by(by).agg(sums) if by else rows.select(sums)
    return counted.with_columns(margins).select("sex", "age_band", "n_persons", "days", "n_events")


def _with_rates(cells: pl.DataFrame) -> pl.DataFrame:
    lower, upper = poisson_interval(cells["n_events"].to_numpy())
    thousand_years = pl.col("days") / DAYS_A_YEAR / 1_000

    def rate(events: pl.Expr) -> pl.Expr:
        return pl.when(pl.col("days") > 0).then(events / thousand_years)

    return cells.with_columns(lower=pl.Series(lower), upper=pl.Series(upper)).select(
        "sex",
        "age_band",
        "n_persons",
        person_years=pl.col("days") / DAYS_A_YEAR,
        n_events="n_events",
        incidence_rate_per_1000_py=rate(pl.col("n_events")),
        ci_lower=rate(pl.col("lower")),
        ci_upper=rate(pl.col("upper")),
    )
