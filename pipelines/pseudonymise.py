"""Identities → matching ids, handles and stage-1 tokens; care columns → the form in which they may leave.

Two kinds of token, each under a key of its own: the insured's NIR as on the card with birth date and sex, so that a
child under a parent's number is not the parent, and the own NIR with birth date and sex. A record without a usable
token is a person of her own unless match-keys find her. The matching id is fresh and random for every delivery: 64
bits drawn without repetition, for it only has to be unique within one delivery of one source.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.identity import INVALID, TRAITS, canonical
from pipelines.keys import Keyring
from pipelines.keys.hashing import hash_records
from pipelines.same_person import KINDS, same_person
from schema.frames import DeclaredTable

PERSONS_SCHEMA: dict[str, pl.DataType] = {"idacc": pl.UInt64(), "handle": pl.Binary(), "reason": pl.String()}
TOKENS_SCHEMA: dict[str, pl.DataType] = {
    "idacc": pl.UInt64(),
    "kind": pl.String(),
    "token": pl.Binary(),
    "is_shared": pl.Boolean(),
}


@dataclass(frozen=True)
class Identified:
    """`persons`: local columns and `PERSONS_SCHEMA`, one row a record; `tokens`; canonical `traits` by matching id."""

    persons: pl.DataFrame
    tokens: pl.DataFrame
    traits: pl.DataFrame


def draw_matching_ids(n: int) -> pl.Series:
    """`n` different random matching ids (`idacc`)."""
    while True:
        ids = pl.Series("idacc", np.frombuffer(os.urandom(8 * n), dtype=np.uint64), pl.UInt64)
        if ids.n_unique() == n:
            return ids


def tokenise(records: pl.DataFrame, keyring: Keyring, local: Sequence[str]) -> Identified:
    """What one source may say of its records to the custodian.

    `records` has the local columns, the two numbers, birth date, sex, and names and places where recorded. Records of
    one person (`same_person`) share one matching id. `reason` says why no token of hers can be used: missing, invalid
    (form or key), provisional, fictitious, shared.
    """
    known = same_person(canonical(records))
    known = known.with_columns(draw_matching_ids(known.height).gather(known["first"]))
    tokens = pl.concat([_tokens(known, keyring, kind) for kind in KINDS])
    usable = tokens.filter(~pl.col("is_shared"))["idacc"]
    has_number = pl.any_horizontal(pl.all_horizontal(pl.col(traits).is_not_null()) for traits in KINDS.values())
    persons = known.select(
        *local,
        "idacc",
        handles(known, keyring, local),
        reason=pl.when(pl.col("idacc").is_in(usable.implode()))
        .then(None)
        .when(has_number)
        .then(pl.lit("shared"))
        .otherwise(pl.coalesce("why", pl.lit(INVALID))),
    )
    return Identified(persons, tokens, known.select("idacc", *TRAITS))


def _tokens(known: pl.DataFrame, keyring: Keyring, kind: str) -> pl.DataFrame:
    """`TOKENS_SCHEMA` of one kind: each person's different tokens, none where a trait is missing."""
    traits = KINDS[kind]
    shared = pl.col(f"{kind}_is_shared").alias("is_shared")
    rows = known.select("idacc", *traits, shared).drop_nulls().unique(maintain_order=True)
    hashed = hash_records(keyring.derive("stage1", f"token {kind}"), kind, rows.select(traits).get_columns())
    return rows.select("idacc", pl.lit(kind).alias("kind"), pl.Series("token", hashed, pl.Binary), "is_shared")


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
