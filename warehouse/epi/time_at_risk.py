"""Days on which a person can start a drug anew, as intervals, and the initiations that end them."""

from collections.abc import Sequence
from itertools import pairwise

import polars as pl

# Order of boundaries that fall on one day: a period's last day comes before the eve of the next period.
_EVENT, _END, _EVE = 0, 1, 2


def time_at_risk(periods: pl.LazyFrame, events: pl.LazyFrame, washout_days: int) -> pl.LazyFrame:
    """One row per person and unbroken run of days at risk: `start_date`, `end_date`, both inclusive, and `is_event`.

    A day is at risk if it lies in an observation period, at least `washout_days` after that period's first day,
    and none of the `washout_days` days before it holds an event. The day of an event can itself be at risk: then
    it ends the run and is an initiation (`is_event`). A person initiates again after each clean wash-out.

    `periods`: `patient_key`, `start_date`, `end_date`, disjoint within a person. `events`: `patient_key`,
    `event_date`, in any order and number a day; those outside every period do not count. One sort, linear memory.
    """
    eve = pl.col("start_date") - pl.duration(days=1)
    boundaries = pl.concat(
        [
            # The eve of a period acts as an event: its wash-out is the period's first washout_days days.
            periods.select("patient_key", date=eve, kind=pl.lit(_EVE, pl.Int8)),
            periods.select("patient_key", date="end_date", kind=pl.lit(_END, pl.Int8)),
            events.select("patient_key", date="event_date", kind=pl.lit(_EVENT, pl.Int8)),
        ]
    ).sort("patient_key", "date", "kind")
    # Periods are disjoint and each opens and closes, so the running sum is 1 inside a period and 0 between persons.
    opened = (pl.col("kind") == _EVE).cast(pl.Int32).cum_sum()
    closed = (pl.col("kind") == _END).cast(pl.Int32).cum_sum()
    is_inside = (opened > closed) | (pl.col("kind") == _END)
    first_at_risk = pl.col("date").shift(1) + pl.duration(days=washout_days + 1)
    return (
        boundaries.filter(is_inside)
        .select(
            "patient_key",
            "kind",
            start_date=first_at_risk,
            end_date="date",
            is_event=pl.col("kind") == _EVENT,
        )
        .filter(pl.col("kind") != _EVE, pl.col("start_date") <= pl.col("end_date"))
        .drop("kind")
    )


def split_by_age(runs: pl.LazyFrame, lower_bounds: Sequence[int]) -> pl.LazyFrame:
    """One row per run and age band it touches, cut to the band, with `age_band`; `is_event` stays on the last day.

    Age is in completed years at the first day of the birth month's anniversary. `lower_bounds` are ages, inclusive,
    rising; days below the first are dropped. `runs` carry `birth_month_date`; where it is null they are dropped.
    """
    uppers = [*lower_bounds[1:], None]
    return pl.concat([_days_in_band(runs, lower, upper) for lower, upper in zip(lower_bounds, uppers, strict=True)])


def band_labels(lower_bounds: Sequence[int]) -> list[str]:
    """Names of the age bands in rising order: `0–17`, …, `75+`."""
    closed = [f"{lower}–{upper - 1}" for lower, upper in pairwise(lower_bounds)]
    return [*closed, f"{lower_bounds[-1]}+"]


def _days_in_band(runs: pl.LazyFrame, lower: int, upper: int | None) -> pl.LazyFrame:
    birth = pl.col("birth_month_date")
    start = pl.max_horizontal("start_date", birth.dt.offset_by(f"{lower}y"))
    end = pl.col("end_date")
    if upper is not None:
        end = pl.min_horizontal("end_date", birth.dt.offset_by(f"{upper}y") - pl.duration(days=1))
    label = band_labels([lower] if upper is None else [lower, upper])[0]
    return (
        runs.filter(birth.is_not_null())
        .with_columns(
            start_date=start,
            end_date=end,
            is_event=pl.col("is_event") & (end == pl.col("end_date")),
            age_band=pl.lit(label),
        )
        .filter(pl.col("start_date") <= pl.col("end_date"))
    )
