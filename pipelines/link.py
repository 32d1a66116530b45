"""The custodian's step: tokens of all sources and its own secret → pseudonyms to the hub, and the vault.

Exact linkage on one token. Records with the same token are one person unless a source says that the token stands for
several; a record without a usable token is a person of her own, known again by her source and handle. Stage 2 is
HMAC under the custodian's secret, so nobody who holds tokens can compute a pseudonym.
"""

from pathlib import Path

import polars as pl

from pipelines.keys import Keyring, hash_records, read_keyring
from pipelines.ledger import Ledger, Tally, tally
from pipelines.post import Draft, Letter, letters
from schema.errors import KeyMaterialError, SchemaViolation
from schema.layout import SOURCES

VAULT = "vault.parquet"
VAULT_SCHEMA: dict[str, pl.DataType] = {
    "source": pl.String(),
    "handle": pl.Binary(),
    "token": pl.Binary(),
    "pseudonym": pl.Binary(),
    "linkage": pl.String(),
    "reason": pl.String(),
    "first_delivery": pl.Int32(),
    "stage1": pl.String(),
    "stage2": pl.String(),
}


def link(party: str, directory: Path, keyrings: Path | None, post: Path, delivery: int) -> Ledger:
    """Read the sources' letters, answer the hub, and keep the vault."""
    keyring = read_keyring(party, keyrings)
    received = list(letters(post, SOURCES, party))
    stage1 = _one_stage1(received)
    records = pl.concat([letter.read("persons").with_columns(source=pl.lit(letter.sender)) for letter in received])
    persons = pseudonyms(classify(records), keyring)
    vault = _merge_vault(directory, persons, delivery, {"stage1": stage1, "stage2": keyring.check_value("stage2")})
    ledger = Ledger()
    for (source, linkage, reason), rows in persons.partition_by("source", "linkage", "reason", as_dict=True).items():
        ledger.add(str(source), "read", "", Tally(rows.height))
        ledger.add(str(source), "kept", f"{linkage}{f', {reason}' if reason else ''}", Tally(rows.height))
    ledger.check_balance()
    answers = persons.select("source", "idacc", "pseudonym", "linkage", "reason").unique(["source", "idacc"])
    draft = Draft(post, party, "hub", delivery)
    draft.add("answers", answers, tally(answers))
    directory.mkdir(parents=True, exist_ok=True)
    _replace(vault, directory / VAULT)
    draft.send()
    return ledger


def confirm(party: str, directory: Path, keyrings: Path | None) -> None:
    """Refuse a keyring that is not the one the vault was made with; without a vault any will do."""
    keyring = read_keyring(party, keyrings)
    if (directory / VAULT).exists():
        _expect_check_values(_read_vault(directory / VAULT), {"stage2": keyring.check_value("stage2")})


def classify(records: pl.DataFrame) -> pl.DataFrame:
    """Records with `linkage` (linked, single or alone) and, for those alone, the reason.

    linked: the token came from two sources or more. A token that any source calls shared links nothing anywhere.
    """
    has_token = pl.col("token").is_not_null()
    shared = has_token & pl.col("is_shared").any().over("token")
    alone = ~has_token | shared
    sources = pl.col("source").n_unique().over("token")
    return records.with_columns(
        linkage=pl.when(alone)
        .then(pl.lit("alone"))
        .when(sources > 1)
        .then(pl.lit("linked"))
        .otherwise(pl.lit("single")),
        reason=pl.when(shared).then(pl.lit("shared")).when(alone).then("reason"),
    )


def pseudonyms(records: pl.DataFrame, keyring: Keyring) -> pl.DataFrame:
    """Records with their stage-2 pseudonym: of the token, or of source and handle for a person of her own."""
    alone = records.filter(pl.col("linkage") == "alone")
    known = records.filter(pl.col("linkage") != "alone")
    tokens = known["token"].unique()
    of_tokens = pl.DataFrame(
        {
            "token": tokens,
            "pseudonym": pl.Series(
                hash_records(keyring.derive("stage2", "person"), "person", [tokens]), dtype=pl.Binary
            ),
        }
    )
    of_handles = pl.Series(
        "pseudonym",
        hash_records(keyring.derive("stage2", "alone"), "alone", [alone["source"], alone["handle"]]),
        pl.Binary,
    )
    return pl.concat([known.join(of_tokens, on="token"), alone.with_columns(of_handles)])


def _one_stage1(received: list[Letter]) -> str:
    """The check value of the one stage-1 secret that the hospitals and the funds must share."""
    values = {letter.check_values.get("stage1", "") for letter in received if letter.sender != "snds"}
    if len(values) != 1 or "" in values:
        raise KeyMaterialError(
            "The sources hashed with different stage-1 keys: give all parties one ceremony's keyring."
        )
    return values.pop()


def _merge_vault(directory: Path, persons: pl.DataFrame, delivery: int, check_values: dict[str, str]) -> pl.DataFrame:
    """The vault with this delivery's handles; refuses another keyring than the one it was made with."""
    columns = ("source", "handle", "token", "pseudonym", "linkage", "reason")
    now = persons.select(
        *columns, first_delivery=pl.lit(delivery, pl.Int32), **{k: pl.lit(v) for k, v in check_values.items()}
    )
    path = directory / VAULT
    if not path.exists():
        return now.sort("source", "handle")
    before = _read_vault(path)
    _expect_check_values(before, check_values)
    kept = before.join(now, on=["source", "handle"], how="anti")
    first = before.select("source", "handle", earlier="first_delivery")
    renewed = now.join(first, on=["source", "handle"], how="left").with_columns(
        first_delivery=pl.coalesce("earlier", "first_delivery")
    )
    return pl.concat([kept, renewed.drop("earlier")]).sort("source", "handle")


def _read_vault(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path).select(pl.col(name).cast(dtype) for name, dtype in VAULT_SCHEMA.items())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{path} cannot be read: restore it, or build a new workspace.") from None


def _expect_check_values(vault: pl.DataFrame, check_values: dict[str, str]) -> None:
    if vault.height and vault.select(check_values.keys()).row(0, named=True) != check_values:
        raise KeyMaterialError(
            "This workspace was linked under another keyring: give that --keyring, or build a new workspace."
        )


def _replace(vault: pl.DataFrame, path: Path) -> None:
    """Written beside and renamed, so that a kill leaves the old vault or the new one."""
    beside = path.with_suffix(".next")
    vault.write_parquet(beside)
    beside.replace(path)
