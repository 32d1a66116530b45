"""Pseudonyms of a source → their images in one export: HMAC under a secret drawn for it and kept nowhere.

An image is a pure function of the secret and the pseudonym, so that the same pseudonym has the same image in every
table and year, and two exports share none. Distinct values are hashed a piece of a table at a time: memory is flat.
"""

import os

import polars as pl

from pipelines.keys import EPOCH, SECRET_BYTES, Keyring
from pipelines.keys.hashing import hash_records
from schema.raw import declaration

CHARACTERS = 17  # as a pseudonym of the SNDS; 68 bits: two of 10 million persons share one in 1 of 6 million exports
# Columns of one kind hold the same thing and share their images.
_KINDS = {
    "BEN_NIR_PSA": "insured",
    "NIR_ANO_17": "insured",
    "BEN_NIR_ANO": "own",
    "BEN_IDT_ANO": "own",
    "ASS_NIR_ANO": "own",
    "NIR_ANO_MAM": "mother",
}


def kind_of(folder: str, column: str) -> str | None:
    """What a column's pseudonyms stand for; None: it holds none and leaves as it is."""
    privacy = declaration(folder).column(column).privacy
    if privacy == "person":
        return _KINDS[column]
    return "professional" if privacy == "professional" else None


class Images:
    """The images of one export, under a fresh secret."""

    def __init__(self) -> None:
        self._keyring = Keyring("snds", "fresh", EPOCH, {"export": os.urandom(SECRET_BYTES)})

    def replace(self, folder: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with each pseudonym replaced; null stays null, a number that is no text becomes null."""
        replaced = []
        for name, dtype in rows.schema.items():
            kind = kind_of(folder, name)
            if kind is not None:
                is_text = dtype == pl.String()
                replaced.append(self._image(kind, rows[name]) if is_text else pl.lit(None, dtype).alias(name))
        return rows.with_columns(replaced)

    def _image(self, kind: str, pseudonyms: pl.Series) -> pl.Series:
        values = pseudonyms.unique().drop_nulls()
        images = self._own(values) if kind == "own" else self._hash(kind, values)
        known = pl.DataFrame({"value": values, "image": images})
        rows = pseudonyms.to_frame("value").join(known, on="value", how="left", maintain_order="left")
        return rows["image"].alias(pseudonyms.name)

    def _own(self, values: pl.Series) -> pl.Series:
        """Images that keep what is known of BEN_IDT_ANO: with 18 characters it is BEN_NIR_PSA and its rank."""
        told_apart = values.str.len_chars() == CHARACTERS + 1
        insured = self._hash("insured", values.str.slice(0, CHARACTERS)) + values.str.slice(CHARACTERS)
        return insured.zip_with(told_apart, self._hash("own", values))

    def _hash(self, kind: str, values: pl.Series) -> pl.Series:
        tokens = hash_records(self._keyring.derive("export", kind), kind, [values])
        return pl.Series(tokens, dtype=pl.Binary).bin.encode("hex").str.to_uppercase().str.slice(0, CHARACTERS)
