"""First and family names, in capitals with their accents and hyphens."""

import unicodedata
from collections.abc import Iterable
from functools import cache

import numpy as np
import polars as pl
from faker.providers.person.fr_FR import Provider

from generators.arrays import Floats, Ints
from generators.draws import GroupedShares, cumulative, grouped_shares, pick
from schema import reference

FIRST_DECADE, LAST_DECADE = 1910, 2010
DECADES = (LAST_DECADE - FIRST_DECADE) // 10 + 1
RARE_WEIGHT = 0.1  # of the lightest listed name: for Faker's names that the list does not have
SECOND_NAME_SHARE, THIRD_NAME_SHARE = 0.80, 0.40  # of people have a second, and a third first name; assumption
GENERATIONS_YEARS = 50  # further first names are those of grandparents; assumption
HALF_TURN = 0.5  # no first name holds half of its decade, so a twin half a turn away has another one


@cache
def family_names() -> tuple[pl.Series, Floats]:
    """Pool of family names and their cumulative shares."""
    listed = reference.read("family_name")
    known = set(listed["family_name"])
    added = sorted({_plain(name) for name in Provider.last_names} - known)
    weights = listed["weight"].to_numpy()
    rare = np.full(len(added), weights.min() * RARE_WEIGHT)
    names = pl.concat([listed["family_name"], pl.Series("family_name", added, dtype=pl.String)])
    return _accented(names, Provider.last_names), cumulative(np.concatenate([weights, rare]))


@cache
def _first_names() -> tuple[pl.Series, GroupedShares]:
    listed = reference.read("first_name").sort("sex", "decade", maintain_order=True)
    group = (listed["sex"] - 1) * DECADES + (listed["decade"] - FIRST_DECADE) // 10
    names = _accented(listed["first_name"], (*Provider.first_names_male, *Provider.first_names_female))
    return names, grouped_shares(group.to_numpy(), listed["weight"].to_numpy())


def family_name_rows(uniform: Floats) -> Ints:
    """Rows of the pool of family names."""
    return pick(family_names()[1], uniform)


def first_names(sex: Ints, birth_year: Ints, uniform: Floats) -> pl.Series:
    """A first name of the person's sex and decade of birth."""
    names, shares = _first_names()
    decade = (np.clip(birth_year, FIRST_DECADE, LAST_DECADE + 9) - FIRST_DECADE) // 10
    return names.gather(pl.Series(shares.pick((sex - 1) * DECADES + decade, uniform)))


def other_first_names(sex: Ints, birth_year: Ints, first: pl.Series, uniforms: Floats) -> pl.Series:
    """Further first names, one space between them, those of the grandparents' time; null for who has none.

    `uniforms` has three rows: how many, and which. A name never comes twice.
    """
    older = birth_year - GENERATIONS_YEARS
    second, third = (first_names(sex, older, uniform) for uniform in uniforms[1:])
    has = pl.DataFrame({"first": first, "second": second, "third": third}).with_columns(
        is_second=pl.Series(uniforms[0] < SECOND_NAME_SHARE) & (second != first),
        is_third=pl.Series(uniforms[0] < THIRD_NAME_SHARE) & (third != first) & (third != second),
    )
    both = pl.concat_str("second", "third", separator=" ")
    return has.select(
        pl.when(pl.col("is_second") & pl.col("is_third")).then(both).when("is_second").then("second")
    ).to_series()


def _accented(names: pl.Series, spelled: Iterable[str]) -> pl.Series:
    """Names as Faker spells them, where it knows them: the lists have lost their accents."""
    known = {_plain(name): name.upper() for name in sorted(spelled)}
    return pl.Series(names.name, ["-".join(known.get(part, part) for part in name.split("-")) for name in names])


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.upper())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
