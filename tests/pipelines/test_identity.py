"""Canonical traits: the vectors that docs/explanation/linkage.md publishes; different traits stay different."""

import re
import unicodedata
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.identity import (
    TRAITS,
    canonical,
    canonical_date,
    canonical_name,
    canonical_nir,
    canonical_place,
    canonical_sex,
    nir_reason,
)
from pipelines.keys import encode
from schema.codes import with_nir_key

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "linkage.md").read_text(encoding="utf-8")
RULES = {
    "Numbers (NIR)": canonical_nir,
    "Names": canonical_name,
    "Dates of birth": canonical_date,
    "Places": canonical_place,
}


def vectors(section: str) -> list[tuple[str | None, ...]]:
    """Rows of the table in a section of the page: as recorded, canonical, and for numbers why not."""
    text = PAGE.split(f"### {section}\n")[1].split("\n#")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return [tuple(re.sub(r"^\s*`?|`?\s*$", "", cell) or None for cell in row) for row in rows]


def of(rule: pl.Expr, value: object, dtype: type[pl.DataType] = pl.String) -> str | None:
    found = pl.DataFrame({"value": pl.Series([value], dtype=dtype)}).select(rule).item()
    assert found is None or isinstance(found, str)
    return found


def test_page_has_vectors_of_every_rule() -> None:
    assert {section: len(vectors(section)) > 5 for section in RULES} == dict.fromkeys(RULES, True)


@pytest.mark.parametrize(("section", "recorded", "canonical_"), [(s, v[0], v[1]) for s in RULES for v in vectors(s)])
def test_published_vector_holds(section: str, recorded: str | None, canonical_: str | None) -> None:
    assert of(RULES[section](pl.col("value")), recorded) == canonical_


@pytest.mark.parametrize("vector", vectors("Numbers (NIR)"))
def test_number_that_cannot_be_used_says_why(vector: tuple[str | None, ...]) -> None:
    assert of(nir_reason(pl.col("value")), vector[0]) == vector[2]


def test_no_other_key_will_do() -> None:
    numbers = pl.DataFrame({"nir": [f"2951099126111{key:02}" for key in range(100)]})
    found = numbers.select(canonical_nir(pl.col("nir"))).to_series()
    assert found.drop_nulls().to_list() == ["2951099126111"]
    assert found[93] == "2951099126111"


def test_null_stays_null_in_every_rule() -> None:
    for rule in (*RULES.values(), canonical_sex):
        dtype = pl.Int64 if rule is canonical_sex else pl.String
        assert of(rule(pl.col("value")), None, dtype) is None


@pytest.mark.parametrize(("sex", "expected"), [(1, "1"), (2, "2"), (0, None), (3, None), (9, None)])
def test_sex_is_1_or_2_or_nothing(sex: int, expected: str | None) -> None:
    assert of(canonical_sex(pl.col("value")), sex, pl.Int64) == expected


@given(st.text(max_size=30))
def test_name_is_the_same_however_its_accents_are_written(name: str) -> None:
    composed, apart = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert of(canonical_name(pl.col("value")), composed) == of(canonical_name(pl.col("value")), apart)


@given(st.text(max_size=30))
def test_canonical_name_is_capitals_or_nothing_and_canonical_already(name: str) -> None:
    found = of(canonical_name(pl.col("value")), name)
    assert found is None or re.fullmatch("[A-Z]+", found)
    assert of(canonical_name(pl.col("value")), found) == found


NUMBER = st.tuples(
    st.sampled_from("12"),
    st.integers(0, 99),
    st.integers(1, 12),
    st.sampled_from(["01", "75", "2A", "2B", "19", "97", "99"]),
    st.integers(0, 999),
    st.integers(1, 999),
).map(lambda p: f"{p[0]}{p[1]:02}{p[2]:02}{p[3]}{p[4]:03}{p[5]:03}")


@given(NUMBER, NUMBER)
def test_two_numbers_never_become_one(one: str, other: str) -> None:
    assert (of(canonical_nir(pl.col("value")), one) == of(canonical_nir(pl.col("value")), other)) == (one == other)
    keyed = of(with_nir_key(pl.col("value")), one)
    assert of(canonical_nir(pl.col("value")), keyed) == of(canonical_nir(pl.col("value")), one)


TRAIT_LISTS = st.lists(st.text(max_size=8), max_size=5)


@given(TRAIT_LISTS, TRAIT_LISTS)
def test_what_is_hashed_tells_every_two_lists_of_traits_apart(one: list[str], other: list[str]) -> None:
    assert (encode(*one) == encode(*other)) == (one == other)


def test_traits_that_a_source_never_recorded_are_null() -> None:
    records = pl.DataFrame(
        {"insured_nir": [None], "birth_date": [date(1995, 10, 3)], "sex": [2]},
        schema={"insured_nir": pl.String, "birth_date": pl.Date, "sex": pl.Int64},
    )
    found = canonical(records).select(TRAITS).row(0, named=True)
    assert {name: value for name, value in found.items() if value} == {"date": "19951003", "gender": "2"}


def test_rows_keep_their_order_and_number() -> None:
    names = ["Zoé", None, "Ada", "Zoé", ""]
    records = pl.DataFrame(
        {"insured_nir": [None] * 5, "birth_date": ["1952-00-00"] * 5, "sex": [1] * 5, "first_name": names},
        schema_overrides={"insured_nir": pl.String},
    )
    found = canonical(records)
    assert found["given"].to_list() == ["ZOE", None, "ADA", "ZOE", None]
    assert found["date"].to_list() == ["19520000"] * 5
