"""Reads fact_care_claim, fact_hospital_stay and fact_death of a bucket → writes fact_observation_period."""

from datetime import date, timedelta

import polars as pl

from pipelines.star.bucket import numbered

GAP_DAYS = 365  # rule `contacts_365` of fact_observation_period


def build(claims: pl.DataFrame, stays: pl.DataFrame, deaths: pl.DataFrame, extraction_date: date) -> pl.DataFrame:
    """Spans of contacts no more than a year apart, prolonged by a year, cut at death and extraction."""
    contacts = pl.concat(
        [
            _days(claims).select("patient_key", start="care_date", end="care_date"),
            stays.select("patient_key", start="entry_date", end="exit_date"),
        ]
    ).sort("patient_key", "start", "end")
    gap = timedelta(days=GAP_DAYS)
    before = pl.col("end").cum_max().shift(1).over("patient_key")
    spans = (
        contacts.with_columns(is_new=(pl.col("start") > before + gap).fill_null(True))
        .with_columns(span=pl.col("is_new").cum_sum().over("patient_key"))
        .group_by("patient_key", "span")
        .agg(pl.col("start").min().alias("start_date"), pl.col("end").max() + gap)
        .join(deaths.select("patient_key", "death_date"), on="patient_key", how="left")
        .with_columns(end_date=pl.min_horizontal("end", "death_date", pl.lit(extraction_date)))
        .filter(pl.col("end_date") >= pl.col("start_date"))
        .sort("patient_key", "start_date")
    )
    return numbered(spans, "period_number")


def _days(claims: pl.DataFrame) -> pl.DataFrame:
    """One row per person and day of care; the claims must be sorted by person and date."""
    day = pl.struct("patient_key", "care_date")
    return claims.select("patient_key", "care_date").filter((day != day.shift(1)).fill_null(True))
