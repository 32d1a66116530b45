"""When a person is at risk of starting a drug, by example. Wash-out of 10 days unless said."""

import polars as pl

from tests.warehouse.ascii_table import events, lines, periods, persons
from warehouse.epi.time_at_risk import band_labels, split_by_age, time_at_risk

NO_EVENT = events("patient_key | event_date")
JANUARY = """
    patient_key | start_date | end_date
    1           | 2019-01-01 | 2019-01-31
"""


def runs(period_text: str, event_text: str, washout_days: int = 10) -> list[str]:
    found = time_at_risk(periods(period_text), events(event_text), washout_days)
    return lines(found.select("patient_key", "start_date", "end_date", "is_event").sort(pl.all()).collect())


def test_time_at_risk_begins_the_wash_out_after_the_first_day_of_observation() -> None:
    assert runs(JANUARY, "patient_key | event_date") == ["1 | 2019-01-11 | 2019-01-31 | False"]


def test_a_dispensing_at_risk_is_an_initiation_and_its_day_still_counts() -> None:
    # 15 + 10 days of wash-out: the 26th is at risk again.
    assert runs(JANUARY, "patient_key | event_date\n1 | 2019-01-15") == [
        "1 | 2019-01-11 | 2019-01-15 | True",
        "1 | 2019-01-26 | 2019-01-31 | False",
    ]


def test_a_dispensing_in_the_first_wash_out_is_no_initiation_and_prolongs_it() -> None:
    assert runs(JANUARY, "patient_key | event_date\n1 | 2019-01-05") == ["1 | 2019-01-16 | 2019-01-31 | False"]


def test_a_dispensing_on_the_first_day_at_risk_is_an_initiation() -> None:
    assert runs(JANUARY, "patient_key | event_date\n1 | 2019-01-11")[0] == "1 | 2019-01-11 | 2019-01-11 | True"


def test_a_dispensing_on_the_last_day_of_wash_out_is_none() -> None:
    # The 25th is the tenth day after the 15th; the next day at risk is the tenth after it and one more, in February.
    assert runs(JANUARY, "patient_key | event_date\n1 | 2019-01-15\n1 | 2019-01-25") == [
        "1 | 2019-01-11 | 2019-01-15 | True"
    ]


def test_a_person_initiates_again_after_a_clean_wash_out() -> None:
    assert runs(JANUARY, "patient_key | event_date\n1 | 2019-01-15\n1 | 2019-01-26") == [
        "1 | 2019-01-11 | 2019-01-15 | True",
        "1 | 2019-01-26 | 2019-01-26 | True",
    ]


def test_two_dispensings_of_one_day_are_one_initiation() -> None:
    assert runs(JANUARY, "patient_key | event_date\n1 | 2019-01-31\n1 | 2019-01-31") == [
        "1 | 2019-01-11 | 2019-01-31 | True"
    ]


def test_a_dispensing_out_of_observation_counts_for_nothing() -> None:
    observed = """
        patient_key | start_date | end_date
        1           | 2019-01-01 | 2019-01-31
        1           | 2019-03-01 | 2019-03-31
    """
    outside = "patient_key | event_date\n1 | 2018-12-31\n1 | 2019-02-15\n1 | 2019-02-28\n1 | 2019-04-01"
    assert runs(observed, outside) == [
        "1 | 2019-01-11 | 2019-01-31 | False",
        "1 | 2019-03-11 | 2019-03-31 | False",
    ]


def test_each_period_has_a_wash_out_of_its_own_even_if_they_touch() -> None:
    touching = """
        patient_key | start_date | end_date
        1           | 2019-01-01 | 2019-01-31
        1           | 2019-02-01 | 2019-02-28
    """
    assert runs(touching, "patient_key | event_date\n1 | 2019-01-31") == [
        "1 | 2019-01-11 | 2019-01-31 | True",
        "1 | 2019-02-11 | 2019-02-28 | False",
    ]


def test_a_period_as_short_as_the_wash_out_has_no_day_at_risk() -> None:
    ten_days = "patient_key | start_date | end_date\n1 | 2019-01-01 | 2019-01-10"
    eleven_days = "patient_key | start_date | end_date\n1 | 2019-01-01 | 2019-01-11"
    assert runs(ten_days, "patient_key | event_date") == []
    assert runs(eleven_days, "patient_key | event_date") == ["1 | 2019-01-11 | 2019-01-11 | False"]


def test_one_persons_dispensing_does_not_touch_another() -> None:
    two = """
        patient_key | start_date | end_date
        1           | 2019-01-01 | 2019-01-31
        2           | 2019-01-20 | 2019-02-10
    """
    assert runs(two, "patient_key | event_date\n1 | 2019-01-31\n3 | 2019-02-01") == [
        "1 | 2019-01-11 | 2019-01-31 | True",
        "2 | 2019-01-30 | 2019-02-10 | False",
    ]


def test_the_year_of_wash_out_is_365_days_leap_year_or_not() -> None:
    leap = "patient_key | start_date | end_date\n1 | 2016-01-01 | 2017-12-31"
    # 2016-01-01 and 365 days of a year of 366 is its last day.
    assert runs(leap, "patient_key | event_date", 365) == ["1 | 2016-12-31 | 2017-12-31 | False"]


def split(birth_month: str, event_text: str, bounds: tuple[int, ...]) -> list[str]:
    born = persons(f"patient_key | sex_code | birth_month_date\n1 | 1 | {birth_month}")
    found = split_by_age(time_at_risk(periods(JANUARY), events(event_text), 0).join(born, on="patient_key"), bounds)
    return lines(found.select("age_band", "start_date", "end_date", "is_event").sort("start_date").collect())


def test_a_birthday_is_the_first_day_of_the_birth_month() -> None:
    born = "2001-02"
    whole = split(f"{born}-01", "patient_key | event_date", (0, 18))
    assert whole == ["0–17 | 2019-01-01 | 2019-01-31 | False"]
    assert split("2001-01-01", "patient_key | event_date", (0, 18)) == ["18+ | 2019-01-01 | 2019-01-31 | False"]


def test_a_run_over_a_birthday_is_cut_there_and_the_event_stays_with_its_day() -> None:
    observed = periods("patient_key | start_date | end_date\n1 | 2018-12-20 | 2019-01-31")
    born = persons("patient_key | sex_code | birth_month_date\n1 | 1 | 1979-01-01")
    dispensed = events("patient_key | event_date\n1 | 2019-01-05")
    found = split_by_age(time_at_risk(observed, dispensed, 5).join(born, on="patient_key"), (0, 18, 40, 60, 75))
    assert lines(found.select("age_band", "start_date", "end_date", "is_event").sort("start_date").collect()) == [
        "18–39 | 2018-12-25 | 2018-12-31 | False",
        "40–59 | 2019-01-01 | 2019-01-05 | True",
        "40–59 | 2019-01-11 | 2019-01-31 | False",
    ]


def test_an_event_on_the_eve_of_a_birthday_belongs_to_the_younger_band() -> None:
    observed = periods("patient_key | start_date | end_date\n1 | 2018-12-20 | 2019-01-31")
    born = persons("patient_key | sex_code | birth_month_date\n1 | 1 | 1979-01-01")
    dispensed = events("patient_key | event_date\n1 | 2018-12-31")
    found = split_by_age(time_at_risk(observed, dispensed, 5).join(born, on="patient_key"), (0, 40))
    assert lines(found.select("age_band", "end_date", "is_event").sort("end_date").collect()) == [
        "0–39 | 2018-12-31 | True",
        "40+ | 2019-01-31 | False",
    ]


def test_days_below_the_lowest_band_are_dropped() -> None:
    assert split("2001-02-01", "patient_key | event_date", (18, 40)) == []


def test_a_person_without_a_month_of_birth_has_no_band() -> None:
    born = persons("patient_key | sex_code | birth_month_date\n1 | 1 | ")
    found = split_by_age(time_at_risk(periods(JANUARY), NO_EVENT, 10).join(born, on="patient_key"), (0,))
    assert found.collect().is_empty()


def test_bands_are_named_by_their_first_and_last_completed_year() -> None:
    assert band_labels((0, 18, 40, 60, 75)) == ["0–17", "18–39", "40–59", "60–74", "75+"]
    assert band_labels((18,)) == ["18+"]
