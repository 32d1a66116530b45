"""Canonical traits of one source → keyed match-keys, pass by pass; the passes of the linkage are the data below.

A match-key is an HMAC of at least three traits together under a key of (pass, delivery): the keys of two deliveries
cannot be compared, and no single trait ever leaves a source. The custodian tries the passes in this order on what
is left, links only what is unique on both sides, and forgets the keys when it has done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import polars as pl

from pipelines.keys import Keyring
from pipelines.keys.hashing import hash_records

HIGH, LOW = "high", "low"


@dataclass(frozen=True)
class Pass:
    """Traits that must agree, and how far a link on them can be trusted; `name` goes with the link."""

    name: str
    traits: tuple[str, ...]
    quality: str = HIGH


# A source cannot know which of two numbers a hospital copied, nor whether a married name stands where the name at
# birth should: such a trait is tried in each of its forms.
FORMS: dict[str, tuple[str, ...]] = {"number": ("insured", "own"), "name": ("family", "used")}
PASSES: tuple[Pass, ...] = (
    Pass("name_date", ("name", "given", "date")),
    Pass("number_name", ("number", "family", "given")),
    Pass("name_place", ("family", "date", "gender", "place")),
    Pass("name_home", ("name", "date", "gender", "home")),
    Pass("given_place", ("given", "date", "gender", "place")),
    Pass("year", ("name", "given", "year", "gender", "place")),
    Pass("initials", ("initials", "start", "date", "gender"), LOW),
    Pass("number_start", ("number", "start", "gender"), LOW),
)
_SHORTENED = {
    "year": pl.col("date").str.slice(0, 4),
    "initials": pl.col("family").str.slice(0, 4),
    "start": pl.col("given").str.slice(0, 3),
}


def match_keys(traits: pl.DataFrame, keyring: Keyring, delivery: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """(name of the pass, its match-keys as `idacc` and `key`), one pass after the other so that one is in memory.

    `traits` has `idacc` and canonical traits; a record that lacks a trait of a pass has no key in it.
    """
    traits = traits.with_columns(**_SHORTENED)
    for one in PASSES:
        rows = _in_each_form(traits, one.traits)
        key = keyring.derive("stage1", f"match key {one.name} of delivery {delivery}")
        hashed = hash_records(key, one.name, rows.drop("idacc").get_columns())
        yield one.name, rows.select("idacc", pl.Series("key", hashed, pl.Binary))


def _in_each_form(traits: pl.DataFrame, wanted: tuple[str, ...]) -> pl.DataFrame:
    """`idacc` and the wanted traits of each record that has them all, in each form that differs from the first."""
    found = []
    for forms in product(*(FORMS.get(trait, (trait,)) for trait in wanted)):
        columns = [pl.col(form).alias(trait) for trait, form in zip(wanted, forms, strict=True)]
        repeats = [
            pl.col(form).eq(pl.col(FORMS[trait][0])).fill_null(False)
            for trait, form in zip(wanted, forms, strict=True)
            if trait in FORMS and form != FORMS[trait][0]
        ]
        known = [pl.col(form).is_not_null() for form in forms]
        found.append(traits.lazy().filter(*known, *(~repeat for repeat in repeats)).select("idacc", *columns))
    return pl.concat(found).collect()
