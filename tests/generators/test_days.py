"""Calendar arithmetic on day numbers."""

from datetime import date

import numpy as np
import polars as pl

from generators import days
from schema.configuration import Configuration


def numbers(*wanted: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([days.day_number(date.fromisoformat(day)) for day in wanted], dtype=np.int64)


def test_day_number_counts_from_1970() -> None:
    assert days.day_number(date(1970, 1, 1)) == 0
    assert days.day_number(date(2017, 1, 1)) == 17_167
    assert days.day_number(date(1969, 12, 31)) == -1


def test_day_numbers_become_dates_and_come_back() -> None:
    written = days.dates(numbers("1912-02-29", "2019-12-31"))
    assert written.to_list() == [date(1912, 2, 29), date(2019, 12, 31)]
    assert days.days_of_dates(written).tolist() == numbers("1912-02-29", "2019-12-31").tolist()


def test_never_is_null_on_disk() -> None:
    assert days.dates_or_null(np.array([17_167, days.NEVER])).to_list() == [date(2017, 1, 1), None]


def test_month_opens_on_its_first_day() -> None:
    months = days.month_number(numbers("2017-01-31", "1999-12-31", "1950-02-01"))
    assert days.dates(days.first_of_month(months)).to_list() == [date(2017, 1, 1), date(1999, 12, 1), date(1950, 2, 1)]
    assert days.day_of_month(numbers("2017-01-31", "2016-02-29", "1950-02-01")).tolist() == [31, 29, 1]


def test_age_is_counted_in_completed_months() -> None:
    born = numbers("2016-03-15", "2016-03-15", "2016-02-29", "1917-05-01")
    day = numbers("2017-03-14", "2017-03-15", "2017-02-28", "2017-05-01")
    assert days.completed_months(born, day).tolist() == [11, 12, 11, 1_200]


def test_sunday_is_known() -> None:
    assert days.is_sunday(numbers("2017-01-01", "2017-01-02", "1970-01-04", "1969-12-28")).tolist() == [
        True, False, True, True,
    ]  # fmt: skip


def test_table_of_days_covers_a_year_before_and_three_after() -> None:
    table = days.day_table(Configuration(10))
    assert table.origin == days.day_number(date(2016, 1, 1))
    assert len(table.month) == days.day_number(date(2023, 1, 1)) - table.origin
    wanted = numbers("2016-01-01", "2017-12-31", "2022-12-31")
    assert table.months(wanted).to_list() == ["201601", "201712", "202212"]
    assert days.dates(table.next_month[wanted - table.origin]).to_list() == [
        date(2016, 2, 1), date(2018, 1, 1), date(2023, 1, 1),
    ]  # fmt: skip
    assert table.month_text.dtype == pl.String()
