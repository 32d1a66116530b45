"""Writes dim_date: the calendar, whatever the facts hold."""

from datetime import date

import polars as pl

FIRST, LAST = date(1900, 1, 1), date(2049, 12, 31)


def build() -> pl.DataFrame:
    """One row per day."""
    day = pl.col("date").dt
    return pl.DataFrame({"date": pl.date_range(FIRST, LAST, eager=True)}).with_columns(
        year=day.year(),
        quarter=day.quarter(),
        month=day.month(),
        month_start_date=day.month_start(),
        iso_week=day.week(),
        iso_weekday=day.weekday(),
        is_weekend=day.weekday() >= 6,
    )
