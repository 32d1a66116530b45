"""Incidence: the arithmetic written out, and equality with the day-by-day oracle on random histories."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse import oracle
from tests.warehouse.ascii_table import events, periods, persons
from warehouse.epi.incidence import Incidence, estimate_incidence

PERSONS = """
    patient_key | sex_code | birth_month_date
    1           | 1        | 1950-01-01
    2           | 1        | 1990-01-01
    3           | 2        | 1979-07-01
    4           |          | 1979-07-01
    5           | 2        |
    6           | 2        | 1979-07-01
    7           |          |
"""
PERIODS = """
    patient_key | start_date | end_date
    1           | 2017-01-01 | 2019-12-31
    2           | 2018-01-01 | 2019-12-31
    3           | 2018-01-01 | 2019-12-31
    4           | 2018-01-01 | 2019-12-31
    5           | 2018-01-01 | 2019-12-31
"""
EVENTS = """
    patient_key | event_date
    1           | 2018-02-01
    1           | 2018-03-01
    1           | 2019-12-31
    4           | 2019-06-01
    6           | 2019-06-01
"""


@pytest.fixture(scope="module")
def found() -> Incidence:
    return estimate_incidence(persons(PERSONS), periods(PERIODS), events(EVENTS))


def cell(found: Incidence, sex: str, band: str) -> dict[str, float | int | None]:
    row = found.rates.row(by_predicate=(pl.col("sex") == sex) & (pl.col("age_band") == band), named=True)
    return {name: value for name, value in row.items() if name not in ("sex", "age_band")}


def test_events_person_years_rate_and_limits_of_a_cell(found: Incidence) -> None:
    # At risk 2018-01-01 to 2018-02-01 (32 days; initiation), then, the last of the two dispensings being that of
    # 1 March 2018, from 2019-03-02 to 2019-12-31 (305 days; initiation on the last): 337 days.
    years = 337 / 365.25
    man = cell(found, "male", "60–74")
    assert (man["n_persons"], man["n_events"]) == (1, 2)
    assert man["person_years"] == pytest.approx(years)
    assert man["incidence_rate_per_1000_py"] == pytest.approx(2 / years * 1_000)
    # Exact limits of 2 events: 0.2422 and 7.2247.
    assert man["ci_lower"] == pytest.approx(0.2422 / years * 1_000, rel=1e-4)
    assert man["ci_upper"] == pytest.approx(7.2247 / years * 1_000, rel=1e-4)


def test_a_person_crossing_a_birthday_counts_in_both_bands_and_once_in_the_margin(found: Incidence) -> None:
    # 2019-01-01 to 2019-06-30 is 181 days, 2019-07-01 to 2019-12-31 is 184 days.
    assert cell(found, "female", "18–39")["person_years"] == pytest.approx(181 / 365.25)
    assert cell(found, "female", "40–59")["person_years"] == pytest.approx(184 / 365.25)
    assert cell(found, "female", "all")["n_persons"] == 1
    assert cell(found, "female", "all")["person_years"] == pytest.approx(365 / 365.25)


def test_a_cell_without_events_has_the_rate_zero_and_an_upper_limit(found: Incidence) -> None:
    woman = cell(found, "female", "40–59")
    assert (woman["n_events"], woman["incidence_rate_per_1000_py"], woman["ci_lower"]) == (0, 0.0, 0.0)
    assert woman["ci_upper"] == pytest.approx(3.6889 / (184 / 365.25) * 1_000, rel=1e-4)


def test_a_cell_without_person_time_has_no_rate(found: Incidence) -> None:
    assert cell(found, "female", "75+") == {
        "n_persons": 0,
        "person_years": 0.0,
        "n_events": 0,
        "incidence_rate_per_1000_py": None,
        "ci_lower": None,
        "ci_upper": None,
    }


def test_margins_are_the_whole_population(found: Incidence) -> None:
    total = cell(found, "all", "all")
    assert (total["n_persons"], total["n_events"]) == (3, 2)
    assert total["person_years"] == pytest.approx((337 + 365 + 365) / 365.25)


def test_cells_stand_in_the_order_of_sex_and_age_with_margins_last(found: Incidence) -> None:
    bands = ["0–17", "18–39", "40–59", "60–74", "75+", "all"]
    assert found.rates["age_band"].to_list() == bands * 3
    assert found.rates["sex"].to_list() == ["male"] * 6 + ["female"] * 6 + ["all"] * 6


def test_initiations_are_listed_one_row_each(found: Incidence) -> None:
    assert found.initiations.rows() == [(1, date(2018, 2, 1)), (1, date(2019, 12, 31))]


def test_persons_observed_whose_sex_or_birth_is_unknown_are_left_out_and_counted(found: Incidence) -> None:
    assert found.n_left_out == 2  # persons 4 and 5; 6 and 7 are never observed


def test_the_wash_out_and_the_bands_asked_for_are_the_ones_used() -> None:
    quick = estimate_incidence(persons(PERSONS), periods(PERIODS), events(EVENTS), washout_days=27, age_bands=(0, 40))
    # 28 days lie between 1 February and 1 March 2018: after a wash-out of 27 both are initiations.
    assert cell(quick, "male", "40+")["n_events"] == 3
    assert quick.rates["age_band"].unique(maintain_order=True).to_list() == ["0–39", "40+", "all"]


def test_no_person_at_all_gives_the_table_of_zeros() -> None:
    nobody = estimate_incidence(
        persons("patient_key | sex_code | birth_month_date"),
        periods("patient_key | start_date | end_date"),
        events("patient_key | event_date"),
    )
    assert nobody.rates["n_events"].to_list() == [0] * 18
    assert nobody.rates["n_persons"].sum() == 0
    assert nobody.n_left_out == 0


FIRST_DAY = date(2019, 1, 1)
WINDOW_DAYS = 120
day_numbers = st.integers(0, WINDOW_DAYS)


@st.composite
def histories(draw: st.DrawFn) -> tuple[int | None, date | None, list[tuple[date, date]], set[date]]:
    """Sex, birth month, disjoint periods and event days of one person within 120 days."""
    bounds = sorted(draw(st.sets(day_numbers, max_size=6)))
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    hers = [(FIRST_DAY + timedelta(a), FIRST_DAY + timedelta(b)) for a, b in pairs]
    sex = draw(st.sampled_from([1, 2, None]))
    born = draw(st.sampled_from([date(y, m, 1) for y in (2000, 2001, 2015) for m in (1, 2, 3, 4)] + [None]))
    days = draw(st.sets(day_numbers, max_size=12))
    return sex, born, hers, {FIRST_DAY + timedelta(d) for d in days}


@settings(max_examples=60, deadline=None)
@given(st.lists(histories(), min_size=1, max_size=6), st.integers(0, 30))
def test_incidence_equals_the_day_by_day_oracle(
    people: list[tuple[int | None, date | None, list[tuple[date, date]], set[date]]], washout_days: int
) -> None:
    bands = [0, 4, 18, 19]
    numbered = list(enumerate(people, start=1))
    found = estimate_incidence(
        pl.LazyFrame(
            [(k, sex, born) for k, (sex, born, _, _) in numbered],
            schema={"patient_key": pl.Int32, "sex_code": pl.Int16, "birth_month_date": pl.Date},
            orient="row",
        ),
        pl.LazyFrame(
            [(k, start, end) for k, (_, _, spans, _) in numbered for start, end in spans],
            schema={"patient_key": pl.Int32, "start_date": pl.Date, "end_date": pl.Date},
            orient="row",
        ),
        pl.LazyFrame(
            [(k, day) for k, (_, _, _, days) in numbered for day in days],
            schema={"patient_key": pl.Int32, "event_date": pl.Date},
            orient="row",
        ),
        washout_days=washout_days,
        age_bands=bands,
    )
    expected = oracle.counts(
        {k: (sex, born) for k, (sex, born, _, _) in numbered},
        {k: spans for k, (_, _, spans, _) in numbered},
        {k: days for k, (_, _, _, days) in numbered},
        washout_days,
        bands,
    )
    labels = dict(zip(bands, ["0–3", "4–17", "18–18", "19+"], strict=True))
    for sex, name in ((1, "male"), (2, "female")):
        for lower, label in labels.items():
            n_persons, n_days, n_events = expected.get((sex, lower), (0, 0, 0))
            row = cell(found, name, label)
            assert (row["n_persons"], row["n_events"]) == (n_persons, n_events)
            assert row["person_years"] == pytest.approx(n_days / 365.25)
