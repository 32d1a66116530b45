"""Code systems: keys and patterns, on published examples."""

import polars as pl
import pytest

from schema.codes import (
    CCAM_PATTERN,
    CIM10_PATTERN,
    FINESS_PATTERN,
    GHM_PATTERN,
    NIR_PATTERN,
    valid_nir13,
    with_nir_key,
)
from schema.reference import read


def key_of(nir13: str) -> str:
    return str(pl.select(with_nir_key(pl.lit(nir13))).item())[13:]


@pytest.mark.parametrize(
    ("nir13", "key"), [("2951099126111", "93"), ("186022A215325", "23"), ("1850319004123", key_of("185032A004123"))]
)
def test_keys_of_known_numbers(nir13: str, key: str) -> None:
    assert key_of(nir13) == key  # the third: 2A counts as 19 in the key, and only there


@pytest.mark.parametrize(
    "nir15",
    ["295109912611193", "186022A21532523"],
)
def test_a_right_number_loses_only_its_key(nir15: str) -> None:
    assert pl.select(valid_nir13(pl.lit(nir15))).item() == nir15[:13]


@pytest.mark.parametrize(
    "wrong",
    [
        "295109912611194",  # wrong key
        "2951099126111",  # no key
        "29510991261119 ",  # a blank for a digit
        "2951099126111+9",  # a sign for a digit
        "395109912611193",  # no sex of a final number
        "295139912611193",  # a thirteenth month
        "186022C21532523",  # no such department
        "2951099126111933",
        "",
    ],
)
def test_anything_else_is_no_number(wrong: str) -> None:
    assert pl.select(valid_nir13(pl.lit(wrong))).item() is None


@pytest.mark.parametrize(
    ("table", "column", "pattern"),
    [
        ("icd10", "icd10_code", CIM10_PATTERN),
        ("ccam", "ccam_code", CCAM_PATTERN),
        ("ghm", "ghm_code", GHM_PATTERN),
        ("facility", "legal_finess", FINESS_PATTERN),
        ("facility", "site_finess", FINESS_PATTERN),
    ],
)
def test_every_code_of_the_reference_has_its_form(table: str, column: str, pattern: str) -> None:
    codes = read(table)[column]
    assert codes.str.contains(pattern).all()
    assert codes.is_unique().all()


def test_invented_finess_numbers_pass_the_luhn_check() -> None:
    for column in ("legal_finess", "site_finess"):
        digits = [
            [int(c, 16) for c in code]
            for code in read("facility")[column].str.replace("2A", "20").str.replace("2B", "20")
        ]
        for number in digits:
            doubled = [d * 2 if i % 2 == 0 else d for i, d in enumerate(reversed(number), 1)]
            assert sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def test_the_nir_pattern_is_anchored() -> None:
    assert NIR_PATTERN[0] == "^"
    assert NIR_PATTERN[-1] == "$"
