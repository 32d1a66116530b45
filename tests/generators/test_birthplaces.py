"""Places of birth are dealt out over a cell by share, and counted exactly."""

import numpy as np
import polars as pl
import pytest

from generators.birthplaces import BORN_ABROAD, SCALE, birthplaces
from schema import reference


@pytest.mark.parametrize(("cell", "size"), [(0, 1), (1, 2), (7, 3), (100, 997), (2_500, 40_000)])
def test_counts_of_places_agree_with_the_persons_dealt_out(cell: int, size: int) -> None:
    places = birthplaces(5)
    position = np.arange(size)
    place = places.of_position(np.full(size, cell), np.full(size, size), position)
    every = np.arange(len(places.starts))
    counted = places.count(np.full(len(every), cell), np.full(len(every), size), every)
    assert np.array_equal(counted, np.bincount(place, minlength=len(every)))
    assert counted.sum() == size


def test_rank_within_a_place_runs_from_zero_without_a_gap() -> None:
    places, size = birthplaces(5), 50_000
    position = np.arange(size)
    cell = np.full(size, 12)
    place = places.of_position(cell, np.full(size, size), position)
    rank = position - places.first_position(cell, np.full(size, size), place)
    ranks = (
        pl.DataFrame({"place": place, "rank": rank})
        .group_by("place")
        .agg(
            pl.col("rank").min().alias("low"), pl.col("rank").max().alias("high"), pl.col("rank").n_unique().alias("n")
        )
    )
    assert ranks["low"].to_list() == [0] * ranks.height
    assert (ranks["high"] + 1 == ranks["n"]).all()


def test_small_cells_are_not_all_born_in_one_place() -> None:
    cells = np.arange(2_000)
    place = birthplaces(5).of_position(cells, np.ones(2_000, dtype=np.int64), np.zeros(2_000, dtype=np.int64))
    assert len(np.unique(place)) > 600


def test_every_place_has_its_share() -> None:
    places, size = birthplaces(5), 1_000_000
    place = places.of_position(np.zeros(size, dtype=np.int64), np.full(size, size), np.arange(size))
    abroad = places.code.str.starts_with("99").to_numpy()
    assert np.mean(abroad[place]) == pytest.approx(BORN_ABROAD, abs=1e-4)
    communes = reference.read("commune").filter(pl.col("is_birthplace") == 1)
    row = communes["population"].arg_max()
    assert row is not None
    share = communes["population"][row] / communes["population"].sum() * (1 - BORN_ABROAD)
    assert np.mean(place == row) == pytest.approx(share, abs=1e-5)


def test_codes_have_five_characters_and_places_too_large_are_left_out() -> None:
    places = birthplaces(5)
    assert places.code.str.len_chars().unique().to_list() == [5]
    left_out = reference.read("commune").filter(pl.col("is_birthplace") == 0)["commune_code"]
    assert left_out.is_in(places.code.to_list()).sum() == 0
    assert places.starts[0] == 0
    assert places.starts[-1] < SCALE
