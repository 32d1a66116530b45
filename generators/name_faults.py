"""Names as a hospital recorded them."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from generators import fault_rates
from generators.arrays import Bools, Floats
from generators.block import Block
from generators.fault_rates import HOSPITALS, labelled

NAMES = ("birth_name", "used_name", "first_name", "other_first_names")
LABELS = ("birth_name_fault", "used_name_fault", "first_name_fault", "other_names_fault", "writing_fault")
ALPHABET = pl.Series([chr(code) for code in range(ord("A"), ord("Z") + 1)])
KINDS = 3
DELETED, SWAPPED = 0, 1  # else replaced


def recorded_names(block: Block, who: pl.DataFrame, groups: Mapping[str, Bools]) -> pl.DataFrame:
    """One row a record: the four names and the five labels."""
    labels = pl.DataFrame([fault_rates.draw(block, HOSPITALS, family, groups, who.height) for family in LABELS])
    frame = pl.concat([who.select(NAMES), labels], how="horizontal")
    changed = pl.col("birth_name") != pl.col("used_name")
    birth, first, others = pl.col("birth_name"), pl.col("first_name"), pl.col("other_first_names")
    second = pl.col("first_name_fault") == "second"
    by_itself = others.str.split(" ").list.first()
    meant = frame.with_columns(
        pl.when(pl.col("birth_name_fault") == "married").then("used_name").otherwise(birth).alias("birth_name"),
        pl.when(second).then(by_itself).otherwise(first).alias("first_name"),
        # The true first name takes the place of the one that is used.
        pl.when(pl.col("other_names_fault") == "missing")
        .then(None)
        .when(second)
        .then(pl.concat_str(first, others.str.strip_prefix(by_itself)))
        .otherwise(others)
        .alias("other_first_names"),
        changed=changed,
    )
    typed = meant.with_columns(
        _with_typos(block, meant[name], labels[f"{name}_fault"]).alias(name)
        for name in ("birth_name", "used_name", "first_name")
    )
    used = pl.when("changed").then("used_name").otherwise("birth_name").alias("used_name")
    return typed.with_columns(used).select(*(_written(name) for name in NAMES), *LABELS)


def _written(name: str) -> pl.Expr:
    """Letters only, or lower case, where the record is written so."""
    writing = pl.col("writing_fault")
    plain = pl.col(name).str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_all("[^A-Z ]", " ")
    return (
        pl.when(writing == "plain")
        .then(plain)
        .when(writing == "lower")
        .then(pl.col(name).str.to_lowercase())
        .otherwise(pl.col(name))
        .alias(name)
    )


def _with_typos(block: Block, names: pl.Series, labels: pl.Series) -> pl.Series:
    """One letter lacking, two exchanged, or one replaced by another, where asked; never only an accent or a hyphen."""
    draw: Floats = block.stream(f"typo in the {names.name}").random((3, len(names)))
    row = np.flatnonzero(labelled(labels, "typo"))
    letter = np.floor(draw[2, row] * len(ALPHABET)).astype(np.int64)
    frame = pl.DataFrame(
        {
            "name": names.gather(pl.Series(row)),
            "kind": np.floor(draw[0, row] * KINDS).astype(np.int64),
            "share": draw[1, row],
            "letter": ALPHABET.gather(pl.Series(letter)),
            "other": ALPHABET.gather(pl.Series((letter + 1) % len(ALPHABET))),
        }
    ).with_columns(at=(pl.col("share") * pl.col("name").str.len_chars()).floor().cast(pl.Int64))
    frame = frame.with_columns(
        before=pl.col("name").str.slice(0, pl.col("at")),
        here=pl.col("name").str.slice(pl.col("at"), 1),
        next=pl.col("name").str.slice(pl.col("at") + 1, 1),
        after=pl.col("name").str.slice(pl.col("at") + 2),
    ).with_columns(_letter("here").alias("here_letter"), _letter("next").alias("next_letter"))
    return names.clone().scatter(row, frame.select(_typo()).to_series())  # scatter writes in place


def _letter(name: str) -> pl.Expr:
    """The letter without its accent, empty for a hyphen, an apostrophe or nothing."""
    return pl.col(name).str.normalize("NFKD").str.replace_all("[^A-Z]", "")


def _typo() -> pl.Expr:
    here, next_, kind = pl.col("here_letter"), pl.col("next_letter"), pl.col("kind")
    rest = pl.col("next") + pl.col("after")
    may_delete = (here != "") & (pl.col("name").str.len_chars() > 2)
    may_swap = (here != "") & (next_ != "") & (here != next_)
    letter = pl.when(pl.col("letter") == here).then("other").otherwise("letter")
    return (
        pl.when((kind == DELETED) & may_delete)
        .then(pl.col("before") + rest)
        .when((kind == SWAPPED) & may_swap)
        .then(pl.col("before") + pl.col("next") + pl.col("here") + pl.col("after"))
        .otherwise(pl.col("before") + letter + rest)
    )
