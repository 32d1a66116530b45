"""An imported extract's step: its own directory → one letter to the hub, under pseudonyms of this delivery alone.

An extract has no identities, and nobody to link it to. Its persons are told apart by what it says itself: BEN_IDT_ANO
where the register knows one, else BEN_NIR_PSA with its rank; in discharge abstracts BEN_NIR_PSA alone. The step
answers the hub in the custodian's place, with HMACs under a key that is drawn for the delivery and kept nowhere.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.extract import Extract
from pipelines.keys import Keyring
from pipelines.ledger import Ledger, tally
from pipelines.limits import landed_rules
from pipelines.post import Draft
from pipelines.pseudonymise import draw_matching_ids, handles
from pipelines.send import finish, send_care
from pipelines.snds_persons import SndsPersons
from schema.configuration import Extraction
from schema.errors import SchemaViolation
from schema.layout import parts
from schema.raw import declaration

_NAMED_IN = ("IR_BEN_R", "IR_IMB_R", "ER_PRS_F")
_FOUND: dict[str, pl.DataType] = {
    "BEN_NIR_PSA": pl.String(),
    "BEN_RNG_GEM": pl.Int64(),
    "BEN_IDT_ANO": pl.String(),
    "is_registered": pl.Boolean(),
    "is_claim": pl.Boolean(),
}
_PERSON = ("identity", "person")


@dataclass(frozen=True)
class Pseudonyms:
    """What an extract's pseudonyms turned out to stand for."""

    persons: int
    pseudonyms_of_several_persons: int
    pseudonyms_in_discharge_abstracts_only: int
    stays_without_pseudonym: int
    claims_without_register_row: int


def import_send(
    keyring: Keyring, directory: Path, post: Path, delivery: int, extraction: Extraction
) -> tuple[Ledger, Pseudonyms]:
    """Care rows and answers to the hub, under a keyring dealt for this delivery alone.

    Returns the step's ledger, and what its pseudonyms stand for.
    """
    source = Extract(directory, Ledger(), landed_rules, () if extraction.has_claim_key else ("ER_PHA_F",))
    named = find_pseudonyms(directory)
    known = identify(named, keyring)
    persons = SndsPersons(known, keyring, unknown=None)
    to_hub = Draft(post, keyring, "hub", delivery)
    send_care(source, persons, to_hub, extraction.exit_years)
    own = persons.of_their_own()
    answers = _answers(keyring.party, known, own)
    to_hub.add("answers", answers, tally(answers))
    finish(source, to_hub)
    return source.ledger, Pseudonyms(
        persons=answers.height,
        pseudonyms_of_several_persons=persons.shared.height,
        pseudonyms_in_discharge_abstracts_only=own["reason"].null_count(),
        stays_without_pseudonym=own.filter(pl.col("reason") == "no_pseudonym").height,
        claims_without_register_row=int(named.filter(~pl.col("is_registered"))["claims"].sum()),
    )


def find_pseudonyms(directory: Path) -> pl.DataFrame:
    """Each (BEN_NIR_PSA, BEN_RNG_GEM) of register, diseases and claims: BEN_IDT_ANO, claims, whether registered.

    Where the register has several BEN_IDT_ANO for one, the least is taken, so that the order of rows means nothing.
    """
    found = pl.concat([_named_in(directory, folder) for folder in _NAMED_IN])
    grouped = found.group_by(SndsPersons.CLAIMS).agg(
        pl.col("BEN_IDT_ANO").min(), pl.col("is_registered").any(), claims=pl.col("is_claim").sum()
    )
    try:
        return grouped.collect(engine="streaming")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(
            f"A part of {', '.join(_NAMED_IN)} cannot be read as Parquet: import the extract again."
        ) from None


def identify(named: pl.DataFrame, keyring: Keyring) -> pl.DataFrame:
    """`named` with `idacc` and `handle` of each person; a BEN_IDT_ANO that stands for several pseudonyms is one."""
    has_own = pl.col("BEN_IDT_ANO").is_not_null()
    with_rank = pl.concat_str("BEN_NIR_PSA", "BEN_RNG_GEM", separator=" ")
    named = named.with_columns(
        identity=pl.when(has_own).then(pl.lit("own")).otherwise(pl.lit("insured")),
        person=pl.when(has_own).then("BEN_IDT_ANO").otherwise(with_rank),
    )
    persons = named.select(_PERSON).unique(maintain_order=True)
    persons = persons.with_columns(draw_matching_ids(persons.height), handles(persons, keyring, _PERSON))
    return named.join(persons, on=list(_PERSON))


def _named_in(directory: Path, folder: str) -> pl.LazyFrame:
    """The pseudonyms of each row that the step will not reject."""
    found = parts(directory / folder)
    if not found:
        return pl.LazyFrame(schema=_FOUND)
    table = declaration(folder)
    rows = pl.scan_parquet(found, hive_partitioning=False)
    for is_broken in landed_rules(table, list(table.schema)).values():
        rows = rows.filter(~is_broken.fill_null(False))
    own = pl.col("BEN_IDT_ANO") if folder == "IR_BEN_R" else pl.lit(None, pl.String)
    return rows.select(
        *SndsPersons.CLAIMS,
        BEN_IDT_ANO=own,
        is_registered=pl.lit(folder == "IR_BEN_R"),
        is_claim=pl.lit(folder == "ER_PRS_F"),
    )


def _answers(party: str, known: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """What the custodian would answer: one row a person. A pseudonym is of one source alone, hence `single`."""
    persons = pl.concat(
        [known.select("idacc", "handle", reason=pl.lit(None, pl.String)).unique("idacc"), own], how="diagonal"
    )
    return persons.select(
        source=pl.lit(party),
        idacc="idacc",
        pseudonym="handle",
        linkage=pl.when(pl.col("reason").is_null()).then(pl.lit("single")).otherwise(pl.lit("alone")),
        quality=pl.lit(None, pl.String),
        reason="reason",
    )
