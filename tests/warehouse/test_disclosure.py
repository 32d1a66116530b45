"""What leaves the warehouse gives no count of 1 to 10 back, neither by itself nor by arithmetic."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from warehouse.disclosure import SMALLEST_COUNT, is_small, release, release_count

SEXES = ("male", "female", "all")
MEASURES = ("n_persons", "person_years", "n_events", "incidence_rate_per_1000_py", "ci_lower", "ci_upper")


def cells(events: list[list[int]], persons: int = 500) -> pl.DataFrame:
    """Rates of two sexes by bands, margins added: `persons` and as many person-years in every inner cell."""
    inner = np.array(events)
    counts = np.vstack([inner, inner.sum(axis=0)])
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    n_bands = inner.shape[1]
    bands = [f"band {k}" for k in range(n_bands)] + ["all"]
    ones = np.ones_like(inner) * persons
    people = np.vstack([ones, ones.sum(axis=0)])
    people = np.hstack([people, people.sum(axis=1, keepdims=True)])
    years = people.ravel().astype(float)
    return pl.DataFrame(
        {
            "sex": [sex for sex in SEXES for _ in bands],
            "age_band": bands * 3,
            "n_persons": people.ravel(),
            "person_years": years,
            "n_events": counts.ravel(),
            "incidence_rate_per_1000_py": counts.ravel() / years * 1_000,
            "ci_lower": counts.ravel() / years * 900,
            "ci_upper": counts.ravel() / years * 1_100,
        }
    )


def withheld(events: list[list[int]]) -> list[str]:
    """Released table of events as `row: a b …`, x where withheld."""
    released = release(cells(events))
    shown = ["x" if n is None else str(n) for n in released["n_events"]]
    width = len(events[0]) + 1
    return [" ".join(shown[k * width : (k + 1) * width]) for k in range(3)]


def test_seven_events_are_not_told_by_a_rate_and_its_person_years() -> None:
    # 8.62 per 1,000 person-years over 812.4 person-years: 8.62 × 812.4 / 1,000 = 7.003 events.
    table = pl.DataFrame(
        {
            "sex": ["female"],
            "age_band": ["all"],
            "n_persons": [640],
            "person_years": [812.4],
            "n_events": [7],
            "incidence_rate_per_1000_py": [8.62],
            "ci_lower": [3.46],
            "ci_upper": [17.75],
        }
    )
    row = release(table).row(0, named=True)
    assert row == dict.fromkeys(MEASURES) | {"sex": "female", "age_band": "all", "is_withheld": True}


@pytest.mark.parametrize(("count", "is_shown"), [(0, True), (1, False), (10, False), (11, True)])
def test_counts_of_1_to_10_are_withheld_and_0_and_11_shown(count: int, is_shown: bool) -> None:
    assert release_count(count) == (count if is_shown else None)
    assert bool(is_small(np.array([count]))[0]) is not is_shown
    assert SMALLEST_COUNT == 11


def test_a_large_count_among_few_persons_is_withheld() -> None:
    assert release_count(12, 9) is None
    assert release_count(0, 9) is None
    few = release(cells([[20, 20, 20, 20], [20, 20, 20, 20]], persons=9))
    assert few.filter((pl.col("sex") != "all") & (pl.col("age_band") != "all"))["is_withheld"].all()


def test_a_table_of_large_cells_is_released_whole() -> None:
    table = cells([[11, 0, 300], [40, 12, 0]])
    released = release(table)
    assert not released["is_withheld"].any()
    assert released.drop("is_withheld").equals(table)


def test_one_small_cell_takes_three_more_with_it() -> None:
    # Alone, 5 = 75 − 30 − 40 = 65 − 60. The cheapest rectangle around it is withheld with it.
    assert withheld([[5, 40, 30], [60, 80, 70]]) == [
        "x 40 x 75",
        "x 80 x 210",
        "65 120 100 285",
    ]


def test_an_empty_cell_hides_nothing_and_is_not_wasted_on_it() -> None:
    assert withheld([[5, 0, 40], [60, 70, 80]]) == [
        "x 0 x 45",
        "x 70 x 210",
        "65 70 120 255",
    ]


def test_a_small_margin_is_withheld_with_its_cells() -> None:
    # The column of 3 + 4 = 7: each is small, so is their sum, which must not follow from the totals by sex either.
    assert withheld([[3, 50, 60], [4, 70, 80]]) == [
        "x x 60 113",
        "x x 80 154",
        "x x 140 267",
    ]


def test_withheld_cells_whose_sum_is_small_do_not_stand_alone() -> None:
    # 2 + 3 = 155 − 50 − 100: a sum of 5 is small, and with two cells of at least 1 it would tell much.
    shown = withheld([[2, 3, 50, 100], [60, 70, 80, 90]])
    assert shown[0] == "x x x 100 155"


def test_every_measure_of_a_withheld_cell_is_null_and_of_a_shown_one_kept() -> None:
    released = release(cells([[5, 30, 40], [60, 70, 80]]))
    hidden = released.filter("is_withheld")
    assert hidden.height == 4
    assert hidden.select(MEASURES).null_count().row(0) == (4,) * 6
    assert released.filter(~pl.col("is_withheld")).null_count().sum_horizontal().item() == 0


def test_order_of_rows_is_kept_and_changes_nothing() -> None:
    table = cells([[5, 30, 40], [60, 70, 80]])
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=1)
    assert release(shuffled)["age_band"].equals(shuffled["age_band"])
    keys = ["sex", "age_band"]
    assert release(shuffled).sort(keys).equals(release(table).sort(keys))


def test_a_table_without_margins_loses_its_small_cells_only() -> None:
    inner = cells([[5, 30, 40], [60, 70, 80]]).filter((pl.col("sex") != "all") & (pl.col("age_band") != "all"))
    assert release(inner)["is_withheld"].to_list() == [True, False, False, False, False, False]


counts = st.one_of(st.integers(0, 15), st.integers(0, 300))
tables = st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(counts, min_size=n, max_size=n), min_size=2, max_size=2))


def sum_rules(n_rows: int, n_columns: int) -> np.ndarray:
    """One row per equation `inner cells − margin = 0` of a table with margins, cells in reading order."""
    grid = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
    rules = np.zeros((n_rows + n_columns, n_rows * n_columns))
    for k, line in enumerate([*grid, *grid.T]):
        rules[k, line] = 1
        rules[k, line[-1]] = -1
    return rules


@settings(max_examples=150, deadline=None)
@given(tables)
def test_no_small_count_can_be_computed_from_the_released_table(events: list[list[int]]) -> None:
    table = cells(events)
    released = release(table)
    hidden = np.flatnonzero(released["is_withheld"].to_numpy())
    true = table["n_events"].to_numpy()
    shown = np.where(released["is_withheld"].to_numpy(), 0, true)
    rules = sum_rules(3, len(events[0]) + 1)
    left, right = rules[:, hidden], -rules @ shown
    for k in np.flatnonzero(is_small(true[hidden])):
        aim = np.zeros(hidden.size)
        aim[k] = 1
        # The smallest and the largest value that this count can have, seen from outside.
        low = linprog(aim, A_eq=left, b_eq=right, bounds=(0, None))
        high = linprog(-aim, A_eq=left, b_eq=right, bounds=(0, None))
        is_open = high.status == 3 or -high.fun - low.fun > 0.999
        assert is_open, f"cell {hidden[k]} is told"


@settings(max_examples=100, deadline=None)
@given(tables)
def test_no_small_count_is_shown(events: list[list[int]]) -> None:
    released = release(cells(events))
    shown = released.filter(~pl.col("is_withheld"))
    assert not is_small(shown["n_events"].to_numpy()).any()
    assert not is_small(shown["n_persons"].to_numpy()).any()
