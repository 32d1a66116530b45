"""The custodian's step: tokens and match-keys of all sources and its own secret → pseudonyms to the hub, and the vault.

First exact: handles and tokens (`recognise`); then match-keys on what is left (`residual`). What it finds is kept in
the vault by handle and token; match-keys are not, and their letters are removed. Nothing goes back to a source.
"""

from pathlib import Path

import polars as pl

from pipelines.keys import Keyring
from pipelines.ledger import Ledger, Tally, tally
from pipelines.orders import orders, pseudonyms
from pipelines.post import Draft, Letter, letters, note_sent, spend
from pipelines.pseudonymise import TOKENS_SCHEMA
from pipelines.recognise import recognise, renamed
from pipelines.residual import REGISTER, link_the_rest
from pipelines.vault import SOURCE, VAULT, ages, read_vault, replace_vault
from pipelines.vault_changes import renewed
from schema.errors import KeyMaterialError
from schema.layout import HOSPITALS, SOURCES

ENROLMENT = (REGISTER, *HOSPITALS, "snds")  # who names a person first
_RECORD = ["source", "idacc"]
_EMPTY: dict[str, dict[str, pl.DataType]] = {
    "tokens": TOKENS_SCHEMA,
    "wishes": {"handle": pl.Binary(), "wish": pl.String()},
}


def link(keyring: Keyring, directory: Path, post: Path) -> Ledger:
    """Read the sources' letters, answer the hub, and keep the vault; the delivery is that of the letters."""
    received = letters(post, SOURCES, keyring, directory)
    delivery = received[0].delivery
    check_values = {"stage1": _one_stage1(received), "stage2": keyring.check_value("stage2")}
    before = read_vault(directory, check_values)
    tokens = usable(_together(received, "tokens"), before)
    records, now = find_persons(_together(received, "persons"), tokens, before, received)
    wishes = _together(received, "wishes")
    vault = renewed(before, records, tokens, now, wishes, delivery)
    ledger = _account(records)
    names = pseudonyms(records["person"], vault, keyring)
    answers = records.unique(_RECORD).join(names, on="person")
    answers = answers.select(
        pl.col("source").cast(pl.String), "idacc", "pseudonym", "linkage", "pass", "quality", "reason"
    )
    draft = Draft(post, keyring, "hub", delivery)
    draft.add("answers", answers, tally(answers))
    changes = orders(vault, keyring)
    draft.add("orders", changes, tally(changes))
    replace_vault(vault, directory, check_values)
    draft.send()
    note_sent([draft], directory)
    spend(received, directory)
    return ledger


def confirm(keyring: Keyring, directory: Path) -> None:
    """Refuse a keyring that is not the one the vault was made with; without a vault any will do."""
    if (directory / VAULT).exists():
        read_vault(directory, {"stage2": keyring.check_value("stage2")})


def usable(tokens: pl.DataFrame, vault: pl.DataFrame) -> pl.DataFrame:
    """Tokens with `is_shared`: a token that any source ever called shared, or gives to two persons, links nothing."""
    token = ["kind", "token"]
    several = tokens.filter(pl.col("token").is_duplicated())
    of_two = several.select(*_RECORD, *token).unique().filter(pl.len().over("source", *token) > 1)
    never = [tokens.filter("is_shared"), of_two, vault.filter(pl.col("state") == "shared")]
    shared = pl.concat([frame.select(token) for frame in never]).unique().with_columns(shared=pl.lit(True))
    joined = tokens.drop("is_shared").join(shared, on=token, how="left")
    return joined.with_columns(is_shared=pl.col("shared").fill_null(False)).drop("shared")


def find_persons(
    said: pl.DataFrame, tokens: pl.DataFrame, vault: pl.DataFrame, received: list[Letter]
) -> tuple[pl.DataFrame, dict[bytes, bytes]]:
    """Records (source, idacc, handle) with person, linkage, pass, quality and reason; and who was merged into whom."""
    free = tokens.filter(~pl.col("is_shared"))
    exact = recognise(said, free, vault, ENROLMENT)
    by_sender = {letter.sender: letter for letter in received}
    rest = link_the_rest(
        exact.records.select(*_RECORD, "person"),
        ages(vault),
        lambda source, name: by_sender[source].read(f"match_keys_{name}"),
    )
    records = renamed(exact.records, rest.now).join(said, on=_RECORD).join(_links(free), on=_RECORD, how="left")
    records = records.join(rest.links, on=_RECORD, how="left").join(
        _remembered(vault), on=["source", "handle"], how="left"
    )
    found = (
        pl.when(pl.col("exact").is_not_null())
        .then(pl.struct(pl.col("exact").alias("pass"), pl.lit("high").alias("quality")))
        .when(pl.col("pass").is_not_null())
        .then(pl.struct("pass", "quality"))
        .otherwise(pl.struct(pl.col("old_pass").alias("pass"), pl.col("old_quality").alias("quality")))
    )
    records = records.with_columns(found.struct.unnest())
    merged = {old: rest.now.get(new, new) for old, new in exact.now.items()} | rest.now
    return classify(records, free), merged


def classify(records: pl.DataFrame, tokens: pl.DataFrame) -> pl.DataFrame:
    """Records with `linkage` (linked, single or alone) and, for those alone, the reason.

    linked: two sources or more know her; single: one alone, by a usable token; alone: one alone, and by none.
    """
    has_token = tokens.select(_RECORD).unique().with_columns(has_token=pl.lit(True))
    several = records.filter(pl.col("person").is_duplicated())
    known_to_two = several.filter(pl.col("source").n_unique().over("person") > 1)
    is_linked = known_to_two.select("person").unique().with_columns(is_linked=pl.lit(True))
    records = records.join(has_token, on=_RECORD, how="left").join(is_linked, on="person", how="left")
    linkage = (
        pl.when(pl.col("is_linked"))
        .then(pl.lit("linked"))
        .when(pl.col("has_token"))
        .then(pl.lit("single"))
        .otherwise(pl.lit("alone"))
    )
    return records.with_columns(linkage=linkage).select(
        *_RECORD,
        "handle",
        "person",
        "linkage",
        pl.when(pl.col("is_linked")).then("pass").alias("pass"),
        pl.when(pl.col("is_linked")).then("quality").alias("quality"),
        pl.when(pl.col("linkage") == "alone").then(pl.coalesce("reason", pl.lit("shared"))).alias("reason"),
    )


def _links(tokens: pl.DataFrame) -> pl.DataFrame:
    """(source, idacc, exact): the kind of the token that each record has in common with another source."""
    several = tokens.filter(pl.col("token").is_duplicated())
    common = several.filter(pl.col("source").n_unique().over("kind", "token") > 1)
    return common.group_by(_RECORD).agg(exact=pl.col("kind").max())  # own before insured


def _remembered(vault: pl.DataFrame) -> pl.DataFrame:
    handles = vault.filter(pl.col("kind") == "handle")
    return handles.select("source", handle="token", old_pass="pass", old_quality="quality")


def _account(records: pl.DataFrame) -> Ledger:
    """Every record read, by linkage, pass, quality and reason."""
    ledger = Ledger()
    by = ["source", "linkage", "pass", "quality", "reason"]
    for source, *how, rows in records.group_by(by).len().iter_rows():
        ledger.add(source, "read", "", Tally(rows))
        ledger.add(source, "kept", ", ".join(part for part in how if part), Tally(rows))
    ledger.check_balance()
    return ledger


def _together(received: list[Letter], table: str) -> pl.DataFrame:
    """A table of all letters that hold it, with `source`."""
    frames = [
        letter.read(table).with_columns(source=pl.lit(letter.sender, SOURCE))
        for letter in received
        if table in letter.tables
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=_EMPTY[table] | {"source": SOURCE})


def _one_stage1(received: list[Letter]) -> str:
    """The check value of the stage-1 key that all hashing sources say they used."""
    values = {letter.check_values.get("stage1", "") for letter in received if letter.sender != "snds"}
    if len(values) != 1 or "" in values:
        raise KeyMaterialError(
            "The sources hashed with different stage-1 keys: give all parties one ceremony's keyring."
        )
    return values.pop()
