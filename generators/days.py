"""Calendar arithmetic on day numbers (days since 1970-01-01)."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Bools, Ints
from schema.configuration import Configuration

DAYS_A_YEAR = 365.25
NEVER = 1_000_000  # a day after every calendar; null on disk
_EPOCH = date(1970, 1, 1).toordinal()
SUNDAY = 6  # Monday is 0


def day_number(day: date) -> int:
    return day.toordinal() - _EPOCH


def dates(days: Ints) -> pl.Series:
    """Day numbers as dates."""
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def dates_or_null(days: Ints) -> pl.Series:
    """Day numbers as dates, NEVER as null."""
    return pl.select(pl.when(pl.Series(days) < NEVER).then(pl.Series(days.astype(np.int32)).cast(pl.Date))).to_series()


def days_of_dates(series: pl.Series) -> Ints:
    """Dates as day numbers."""
    return series.to_physical().to_numpy().astype(np.int64)


def month_number(days: Ints) -> Ints:
    """Months since January of year 0."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def day_of_month(days: Ints) -> Ints:
    """Day within the month, from 1."""
    exact = days.astype("datetime64[D]")
    return (exact - exact.astype("datetime64[M]")).astype(np.int64) + 1


def first_of_month(months: Ints) -> Ints:
    """Day number of the first day of each month number."""
    return (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def completed_months(birth: Ints, day: Ints) -> Ints:
    """Age in completed months."""
    return month_number(day) - month_number(birth) - (day_of_month(day) < day_of_month(birth))


def is_sunday(days: Ints) -> Bools:
    # 1 January 1970 was a Thursday.
    return (days + 3) % 7 == SUNDAY


@dataclass(frozen=True)
class DayTable:
    """What claims ask of a day, ready to be looked up: one entry a day from `origin`."""

    origin: int
    month: Ints
    day_of_month: Ints
    next_month: Ints
    first_month: int
    month_text: pl.Series

    def months(self, days: Ints) -> pl.Series:
        """Month of each day as text YYYYMM."""
        return self.month_text.gather(pl.Series(self.month[days - self.origin] - self.first_month))


@cache
def day_table(configuration: Configuration) -> DayTable:
    """Days from a year before the calendar to three years after it."""
    days = np.arange(
        day_number(date(configuration.first_year - 1, 1, 1)),
        day_number(date(configuration.last_year + 4, 1, 1)),
        dtype=np.int64,
    )
    month = month_number(days)
    first = int(month[0])
    every = pl.Series(np.arange(first, int(month[-1]) + 1, dtype=np.int64))
    text = pl.select(((every // 12) * 100 + every % 12 + 1).cast(pl.String)).to_series()
    return DayTable(int(days[0]), month, day_of_month(days), first_of_month(month + 1), first, text)
