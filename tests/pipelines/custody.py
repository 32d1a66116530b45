"""Letters of the six sources to the custodian from one ASCII table, and what it answers and keeps."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from pipelines.keys import Keyrings
from pipelines.ledger import Ledger, tally
from pipelines.link import link
from pipelines.match_keys import PASSES
from pipelines.post import Draft, read_letter
from pipelines.pseudonymise import PERSONS_SCHEMA, TOKENS_SCHEMA
from pipelines.vault import VAULT
from schema.layout import SOURCES
from tests.pipelines.tables import cells

TEXTS = ("source", "idacc", "handle", "insured", "own", "keys", "shared", "reason")


def records(text: str) -> pl.DataFrame:
    """Rows of `source | idacc | handle | insured | own | keys | shared | reason`; columns not shown are empty.

    `insured` and `own` are tokens, `keys` match-keys as `pass:key`, `shared` the kinds of token that the source calls
    shared; several stand one after the other.
    """
    header, *rows = cells(text)
    frame = pl.DataFrame(
        [[c or None for c in row] for row in rows], schema=dict.fromkeys(header, pl.String), orient="row"
    )
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in TEXTS if name not in header)


def _tokens(rows: pl.DataFrame) -> pl.DataFrame:
    found = [
        rows.filter(pl.col(kind).is_not_null()).select(
            pl.col("idacc").cast(pl.UInt64),
            pl.lit(kind).alias("kind"),
            pl.col(kind).str.split(" ").alias("token"),
            pl.col("shared").fill_null("").str.contains(kind).alias("is_shared"),
        )
        for kind in ("insured", "own")
    ]
    return pl.concat(found).explode("token").with_columns(pl.col("token").cast(pl.Binary)).unique(maintain_order=True)


def _match_keys(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    said = rows.select(pl.col("idacc").cast(pl.UInt64), pl.col("keys").str.split(" ")).explode("keys").drop_nulls()
    mine = said.filter(pl.col("keys").str.starts_with(f"{name}:"))
    return mine.select("idacc", pl.col("keys").str.split(":").list.last().cast(pl.Binary).alias("key"))


def deliver(
    post: Path,
    text: str,
    delivery: int = 1,
    keyrings: Keyrings | None = None,
    stage1: dict[str, bytes] | None = None,
    wishes: str = "",
) -> None:
    """Letters of the six sources; `stage1` replaces a source's secret, `wishes` are `source | handle | wish`."""
    said = records(text)
    for source in SOURCES:
        keyring = (keyrings or Keyrings()).open(source)
        if source in (stage1 or {}) and source != "snds":
            keyring = replace(keyring, secrets=keyring.secrets | {"stage1": (stage1 or {})[source]})
        rows = said.filter(pl.col("source") == source)
        draft = Draft(post, keyring, "custodian", delivery)
        persons = rows.select(pl.col("idacc").cast(pl.UInt64), pl.col("handle").cast(pl.Binary), "reason").select(
            PERSONS_SCHEMA.keys()
        )
        draft.add("persons", persons, tally(persons))
        if source != "snds":
            tokens = _tokens(rows).select(TOKENS_SCHEMA.keys())
            draft.add("tokens", tokens, tally(tokens))
            for one in PASSES:
                keys = _match_keys(rows, one.name)
                draft.add(f"match_keys_{one.name}", keys, tally(keys))
        if said_here := [row[1:] for row in cells(wishes)[1:] if row[0] == source] if wishes else []:
            frame = pl.DataFrame(said_here, schema={"handle": pl.String, "wish": pl.String}, orient="row")
            draft.add("wishes", frame.with_columns(pl.col("handle").cast(pl.Binary)), tally(frame))
        draft.send()


def play(tmp_path: Path, text: str, delivery: int = 1, keyrings: Keyrings | None = None, wishes: str = "") -> Ledger:
    """One delivery to the custodian, and its step."""
    deliver(tmp_path / "post", text, delivery, keyrings, wishes=wishes)
    return link((keyrings or Keyrings()).open("custodian"), tmp_path / "custodian", tmp_path / "post")


def answered(tmp_path: Path, table: str = "answers", keyrings: Keyrings | None = None) -> pl.DataFrame:
    """A table of the custodian's letter to the hub."""
    return read_letter(tmp_path / "post", "custodian", (keyrings or Keyrings()).open("hub")).read(table)


def pseudonyms(
    tmp_path: Path, text: str, delivery: int = 1, keyrings: Keyrings | None = None, wishes: str = ""
) -> dict[str, bytes]:
    """The pseudonym of each record, by `source handle`, after one delivery."""
    play(tmp_path, text, delivery, keyrings, wishes)
    found = records(text).with_columns(pl.col("idacc").cast(pl.UInt64))
    joined = found.join(answered(tmp_path, keyrings=keyrings), on=["source", "idacc"])
    return {
        f"{source} {handle}": pseudonym
        for source, handle, pseudonym in joined.select("source", "handle", "pseudonym").rows()
    }


def vault(tmp_path: Path) -> pl.DataFrame:
    """The vault, sorted: its order means nothing."""
    return pl.read_parquet(tmp_path / "custodian" / VAULT).sort("kind", "source", "token")
