"""Acts in town: how many, on which days."""

import numpy as np
import polars as pl
import pytest

from generators import contacts
from generators.block import Block
from generators.days import is_sunday
from schema import reference
from schema.configuration import Configuration

N = 4_096
BLOCK = Block(13, Configuration(N), 0)
RATES = reference.read("care_rate")
CONSULTATIONS = reference.read("care_nature").filter(pl.col("family") == "consultation")["nature_code"].to_list()


def people(frailty: float = 1.0, days: int = 1_095, age: int = 30, sex: int = 2) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sex": np.full(N, sex),
            "birth": np.full(N, BLOCK.start - round(age * 365.25)),
            "frailty": np.full(N, frailty),
            "first": np.full(N, BLOCK.start),
            "last": np.full(N, BLOCK.start + days - 1),
        }
    )


def test_expected_number_is_rate_times_years_of_presence() -> None:
    mean = contacts.expected(RATES, people(days=731))
    assert mean.shape == (N, RATES.height)
    assert np.allclose(mean[0], RATES["female_20"].to_numpy() * 731 / 365.25)


def test_rate_is_that_of_the_age_half_way() -> None:
    # Nineteen at the start, twenty at the middle of three years.
    mean = contacts.expected(RATES, people(age=19))
    assert np.allclose(mean[0], RATES["female_20"].to_numpy() * 1_095 / 365.25)


def test_rate_of_a_table_with_age_limits_is_that_within_them() -> None:
    kinds = reference.read("stay_kind")
    delivery = kinds["stay_kind"].to_list().index("delivery_vaginal")
    # 0.9 a thousand girls of 0 to 19, all of them among the 7 years from 13 on.
    assert contacts.expected(kinds, people(age=15, days=731))[0, delivery] == pytest.approx(0.9 * 20 / 7 * 731 / 365.25)


def test_what_multiplies_a_rate_multiplies_the_events() -> None:
    mean = np.ones((N, 2))
    mean[:, 1] *= 4
    _, row, _ = contacts.spread(BLOCK, "x", mean, people())
    counts = np.bincount(row)
    assert abs(counts[0] / N - 1) < 0.05
    assert abs(counts[1] / N - 4) < 0.1


def test_events_are_spread_evenly_over_the_days_of_presence() -> None:
    _, _, day = contacts.spread(BLOCK, "x", np.full((N, 1), 5.0), people(days=100))
    assert day.min() == BLOCK.start
    assert day.max() == BLOCK.start + 99
    assert abs(day.mean() - BLOCK.start - 49.5) < 0.8


def test_consultations_do_not_fall_on_sundays_but_other_care_does() -> None:
    done = contacts.acts(BLOCK, people())
    consultation = RATES["nature_code"].is_in(CONSULTATIONS).to_numpy()[done.code]
    sunday = is_sunday(done.day)
    assert not sunday[consultation].any()
    assert 0.12 < sunday[~consultation].mean() < 0.165


def test_sundays_consultations_are_held_on_monday() -> None:
    done = contacts.acts(BLOCK, people())
    consultation = RATES["nature_code"].is_in(CONSULTATIONS).to_numpy()[done.code]
    monday = (done.day[consultation] + 3) % 7 == 0
    assert 0.26 < monday.mean() < 0.31


def test_nothing_happens_after_the_last_day() -> None:
    # A presence that ends on a Sunday: 1 January 2017.
    done = contacts.acts(BLOCK, people(days=1))
    assert (done.day == BLOCK.start).all()
    assert not RATES["nature_code"].is_in(CONSULTATIONS).to_numpy()[done.code].any()


def test_acts_grow_with_the_square_root_of_frailty() -> None:
    one, four = (len(contacts.acts(BLOCK, people(frailty)).day) for frailty in (1.0, 4.0))
    assert abs(four / one - 2.0) < 0.03


def test_quantities_have_the_mean_declared_and_are_at_least_one() -> None:
    done = contacts.acts(BLOCK, people())
    assert done.quantity.min() == 1
    for nature, mean in ((3211, 95), (3122, 8), (6111, 12), (1110, 1)):
        rows = np.flatnonzero(RATES["nature_code"].to_numpy() == nature)
        assert abs(done.quantity[np.isin(done.code, rows)].mean() / mean - 1) < 0.03
