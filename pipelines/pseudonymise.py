"""Identities → matching ids, handles and stage-1 tokens; care columns → the form in which they may leave.

One token (circuit.md): HMAC over the insured's NIR as on the card, birth date and sex, so that a child under a
parent's number is not the parent. A token that stands for several persons of one source links nothing; a record
without a usable token becomes a person of her own. The matching id is fresh and random for every delivery: 64 bits
drawn without repetition, for it only has to be unique within one delivery of one source.
"""

import os
from collections.abc import Sequence

import numpy as np
import polars as pl

from pipelines.keys import Keyring, hash_records
from schema.codes import valid_nir13
from schema.frames import DeclaredTable

TOKEN = "insured-nir"  # kind of the one token of this stage
PERSONS_SCHEMA: dict[str, pl.DataType] = {
    "idacc": pl.UInt64(),
    "handle": pl.Binary(),
    "token": pl.Binary(),
    "is_shared": pl.Boolean(),
    "reason": pl.String(),
}


def draw_matching_ids(n: int) -> pl.Series:
    """`n` different random matching ids (`idacc`)."""
    ids = np.frombuffer(os.urandom(8 * n), dtype=np.uint64)
    while len(np.unique(ids)) < n:
        ids = np.frombuffer(os.urandom(8 * n), dtype=np.uint64)
    return pl.Series("idacc", ids, pl.UInt64)


def canonical_name(name: pl.Expr) -> pl.Expr:
    """A name as compared: capitals A to Z only, accents dropped (RNIV-like; simplified: no ligatures but Œ and Æ)."""
    capitals = name.str.to_uppercase().str.replace_all("Œ", "OE").str.replace_all("Æ", "AE")
    return capitals.str.normalize("NFKD").str.replace_all("[^A-Z]", "")


def tokenise(records: pl.DataFrame, keyring: Keyring, local: Sequence[str]) -> pl.DataFrame:
    """One row per record of one source: its `local` columns and the columns of `PERSONS_SCHEMA`.

    `records` has `insured_nir`, `birth_date`, `sex`, `first_name` and the local columns. Records with one token are
    one person under one matching id if their first names agree, else each her own and the token `is_shared`.
    `reason` says why no token can be used: missing, invalid (form or key), shared.
    """
    records = records.with_columns(
        nir13=valid_nir13(pl.col("insured_nir")), name=canonical_name(pl.col("first_name"))
    ).with_columns(draw_matching_ids(records.height))
    identity = ("nir13", "birth_date", "sex")
    agree = (pl.col("name").n_unique() == 1) & pl.col("name").is_not_null().all() & (pl.col("name") != "").all()
    usable = pl.col("nir13").is_not_null()
    records = records.with_columns(
        is_shared=usable & ~agree.over(identity) & (pl.len().over(identity) > 1),
    ).with_columns(
        idacc=pl.when(usable & ~pl.col("is_shared")).then(pl.col("idacc").min().over(identity)).otherwise("idacc"),
        reason=pl.when(pl.col("insured_nir").is_null())
        .then(pl.lit("missing"))
        .when(~usable)
        .then(pl.lit("invalid"))
        .when("is_shared")
        .then(pl.lit("shared")),
    )
    return records.select(
        *local,
        "idacc",
        handles(records, keyring, local),
        _tokens(records, keyring),
        "is_shared",
        "reason",
    )


def _tokens(records: pl.DataFrame, keyring: Keyring) -> pl.Series:
    key = keyring.derive("stage1", TOKEN)
    texts = records.select(
        "nir13", pl.col("birth_date").dt.strftime("%Y%m%d"), pl.col("sex").cast(pl.String)
    ).get_columns()
    return pl.Series("token", hash_records(key, TOKEN, texts), pl.Binary)


def handles(records: pl.DataFrame, keyring: Keyring, local: Sequence[str]) -> pl.Series:
    """Source handles: HMAC of the local number under the source's own secret, the same in every delivery."""
    key = keyring.derive("own", "handle", keyring.party)
    texts = records.select(pl.col(local).cast(pl.String).fill_null("")).get_columns()
    return pl.Series("handle", hash_records(key, "handle", texts), pl.Binary)


def persons_without_token(
    records: pl.DataFrame, keyring: Keyring, local: Sequence[str], reason: str | None
) -> pl.DataFrame:
    """Persons of their own: `records` are distinct on the local columns, which are kept beside `PERSONS_SCHEMA`."""
    return records.select(
        *local,
        draw_matching_ids(records.height),
        handles(records, keyring, local),
        token=pl.lit(None, pl.Binary),
        is_shared=pl.lit(False),
        reason=pl.lit(reason, pl.String),
    )


def outgoing(table: DeclaredTable, columns: Sequence[str]) -> list[pl.Expr]:
    """The form in which columns leave a source, by privacy tag; a tag without a form is refused.

    A quasi-identifying date leaves as the first day of its month; care dates leave exact; direct identifiers never.
    """
    forms = []
    for name in columns:
        column = table.column(name)
        if column.privacy not in ("record", "quasi", "date", "none"):
            raise ValueError(f"{table.name}.{name} is tagged {column.privacy} and may not leave its source")
        is_birth = column.privacy == "quasi" and column.dtype == pl.Date()
        forms.append(pl.col(name).dt.month_start() if is_birth else pl.col(name))
    return forms
