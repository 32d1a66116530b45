"""Names come in capitals with their accents, by sex and decade."""

import numpy as np
import polars as pl

from generators import names
from schema import reference


def plain(texts: pl.Series) -> pl.Series:
    """Without accents, as the lists are."""
    return texts.str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def test_pool_holds_the_list_and_what_faker_adds() -> None:
    pool, shares = names.family_names()
    listed = reference.read("family_name")["family_name"]
    assert plain(pool[: listed.len()]).to_list() == listed.to_list()
    assert pool.n_unique() == pool.len() == len(shares)


def test_family_names_are_in_capitals_with_their_accents() -> None:
    pool = names.family_names()[0]
    assert plain(pool).str.contains(r"^[A-Z][A-Z' -]*$").all()
    assert {"LEFÈVRE", "LÉVY", "MARTIN"} <= set(pool)
    assert "LEFEVRE" not in set(pool)


def test_compound_first_names_have_the_accents_of_their_parts() -> None:
    drawn = names.first_names(np.full(20_000, 1), np.full(20_000, 1955), np.random.default_rng(2).random(20_000))
    assert {"JEAN-FRANÇOIS", "FRANÇOIS", "JEAN-PIERRE"} <= set(drawn)
    assert not {"FRANCOIS", "JEAN-FRANCOIS"} & set(drawn)


def test_eight_in_ten_have_further_first_names_and_four_in_ten_two_of_them() -> None:
    n = 20_000
    first = pl.Series("first_name", ["MARIE"] * n)
    others = names.other_first_names(np.full(n, 2), np.full(n, 1990), first, np.random.default_rng(5).random((3, n)))
    split = others.str.split(" ")
    assert not split.list.contains("MARIE").any()
    assert split.list.n_unique().equals(split.list.len())
    many = split.list.len().fill_null(0)
    # Those who would have been given MARIE again have one less: about one in seven names of the 1940s.
    assert 0.62 < (many > 0).mean() < 0.80  # type: ignore[operator]
    assert 0.28 < (many == 2).mean() < 0.40  # type: ignore[operator]


def test_common_family_names_are_common() -> None:
    rows = names.family_name_rows(np.random.default_rng(1).random(200_000))
    martin = names.family_names()[0].to_list().index("MARTIN")
    listed = reference.read("family_name")
    share = listed["weight"][0] / listed["weight"].sum()
    assert abs(np.mean(rows == martin) - share) < 0.0006


def test_first_name_is_of_the_sex_and_decade() -> None:
    listed = reference.read("first_name")
    for sex, year, decade in ((1, 1955, 1950), (2, 1980, 1980), (2, 2019, 2010), (1, 1903, 1910)):
        drawn = names.first_names(np.full(3_000, sex), np.full(3_000, year), np.random.default_rng(2).random(3_000))
        known = listed.filter((pl.col("sex") == sex) & (pl.col("decade") == decade))["first_name"]
        assert plain(drawn).is_in(known.to_list()).all()
        assert drawn.n_unique() > 50


def test_half_a_turn_is_always_another_first_name() -> None:
    uniform = np.random.default_rng(3).random(20_000)
    sex, year = np.repeat([1, 2], 10_000), np.tile(np.arange(1_910, 2_010), 200)
    first = names.first_names(sex, year, uniform)
    second = names.first_names(sex, year, (uniform + names.HALF_TURN) % 1.0)
    assert (first != second).all()


def test_no_first_name_holds_half_of_its_decade() -> None:
    largest = (
        reference.read("first_name").group_by("sex", "decade").agg(pl.col("weight").max() / pl.col("weight").sum())
    )
    assert largest["weight"].max() < names.HALF_TURN  # type: ignore[operator]
