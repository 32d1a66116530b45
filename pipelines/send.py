"""A source's step: reads its own directory, keyring and mail → letters to the custodian, the hub, or the SNDS."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from pipelines.attach import attach, partitions_for
from pipelines.extract import Extract
from pipelines.keys import Keyring
from pipelines.ledger import Ledger, Tally, tally
from pipelines.match_keys import match_keys
from pipelines.post import Draft, note_sent, read_letter, spend
from pipelines.pseudonymise import PERSONS_SCHEMA, Identified, outgoing, tokenise
from pipelines.snds_persons import SndsPersons
from pipelines.star.reads import READS
from pipelines.wishes import under_handles
from schema.raw import DCIR_KEY, PARENTS, declaration, pmsi_folder

IDENTITY = (
    "insured_nir",
    "own_nir",
    "birth_name",
    "used_name",
    "first_name",
    "other_first_names",
    "birth_date",
    "sex",
    "birth_place_code",
    "residence_commune_code",
)
FUNDS_LOCAL = ("insured_nir", "birth_date", "sex", "birth_rank")  # key of a line of the funds' register


def hospital_send(keyring: Keyring, directory: Path, post: Path, delivery: int) -> Ledger:
    """Tokens to the custodian, records under matching ids to the hub; returns the step's ledger."""
    ledger = Ledger()
    source = Extract(directory, ledger)
    patients = source.whole("patient", ("patient_number", *IDENTITY))
    identified = tokenise(patients, keyring, ("patient_number",))
    known = identified.persons.select("patient_number", "idacc")

    to_custodian = Draft(post, keyring, "custodian", delivery)
    identify(to_custodian, identified)
    wished = under_handles(directory, keyring)
    to_custodian.add("wishes", wished, tally(wished))
    to_hub = Draft(post, keyring, "hub", delivery)
    _send(to_hub, ledger, "patient", patients.join(known, on="patient_number", maintain_order="left"))
    encounters = source.whole("encounter", ("patient_number", *READS["encounter"]))
    encounters = encounters.join(known, on="patient_number", how="left")
    orphans = encounters.filter(pl.col("idacc").is_null()).drop("idacc")
    source.reject("encounter", orphans.with_columns(rule=pl.lit("no_parent")))
    encounters = encounters.filter(pl.col("idacc").is_not_null())
    _send(to_hub, ledger, "encounter", encounters)
    for folder in ("diagnosis", "procedure"):
        _send_children(source, to_hub, folder, [encounters.select("encounter_number", "idacc")], "encounter_number")
    finish(source, to_custodian, to_hub)
    return ledger


def funds_send(keyring: Keyring, directory: Path, post: Path, delivery: int) -> Ledger:
    """Tokens to the custodian; to the SNDS the matching id of each of its pseudonyms; no care data."""
    ledger = Ledger()
    source = Extract(directory, ledger)
    pseudonyms = ("BEN_NIR_PSA", "BEN_RNG_GEM")
    lines = source.whole("beneficiary", ("birth_rank", *IDENTITY, *pseudonyms))
    identified = tokenise(lines, keyring, FUNDS_LOCAL)
    ledger.add("beneficiary", "kept", "", tally(lines.select(FUNDS_LOCAL)))

    to_custodian = Draft(post, keyring, "custodian", delivery)
    identify(to_custodian, identified)
    numbered = identified.persons.select(*FUNDS_LOCAL, "idacc")
    matching = lines.select(*FUNDS_LOCAL, *pseudonyms).join(numbered, on=FUNDS_LOCAL)
    to_snds = Draft(post, keyring, "snds", delivery)
    to_snds.add("matching", matching.select("idacc", *pseudonyms), tally(matching.select("idacc")))
    finish(source, to_custodian, to_snds)
    return ledger


def snds_send(keyring: Keyring, directory: Path, post: Path, exit_years: Iterable[int]) -> Ledger:
    """Care rows under the funds' matching ids to the hub; persons that the funds did not send to the custodian.

    The delivery is that of the funds' letter.
    """
    source = Extract(directory, Ledger())
    received = read_letter(post, "funds", keyring, directory)
    persons = SndsPersons(received.read("matching"), keyring)
    to_hub = Draft(post, keyring, "hub", received.delivery)
    send_care(source, persons, to_hub, exit_years)
    to_custodian = Draft(post, keyring, "custodian", received.delivery)
    own = persons.of_their_own()
    to_custodian.add("persons", own, tally(own))
    finish(source, to_custodian, to_hub)
    spend([received], directory)
    return source.ledger


def send_care(source: Extract, persons: SndsPersons, to_hub: Draft, exit_years: Iterable[int]) -> None:
    """Every care table of the SNDS, its rows under their persons' matching ids."""
    ledger = source.ledger
    for folder in ("IR_BEN_R", "IR_IMB_R"):
        for rows in source.parts(folder, (*SndsPersons.CLAIMS, *READS[folder])):
            _send(to_hub, ledger, folder, persons.of_claims(rows))
    drugs = source.whole("IR_PHA_R", READS["IR_PHA_R"])
    _send(to_hub, ledger, "IR_PHA_R", drugs)

    def claims() -> Iterator[pl.DataFrame]:
        for rows in source.parts("ER_PRS_F", (*SndsPersons.CLAIMS, *READS["ER_PRS_F"])):
            known = persons.of_claims(rows)
            _send(to_hub, ledger, "ER_PRS_F", known)
            yield known.select(*DCIR_KEY, "idacc")

    _send_children(source, to_hub, "ER_PHA_F", claims(), "DCT_ORD_NUM", source.manifest.get("ER_PRS_F", Tally()).rows)
    for year in exit_years:
        chained = source.whole(pmsi_folder("C", year), ("ETA_NUM", "RSA_NUM", "NIR_ANO_17", *READS["T_MCOaaC"]))
        stays = persons.of_stays(chained, year)
        _send(to_hub, ledger, pmsi_folder("C", year), stays)
        for letter in ("B", "D", "A"):
            parents = [stays.select("ETA_NUM", "RSA_NUM", "idacc")]
            _send_children(source, to_hub, pmsi_folder(letter, year), parents, "RSA_NUM")


def identify(to_custodian: Draft, identified: Identified) -> None:
    """Persons, tokens and match-keys, a table a pass; none of them names anybody."""
    persons = identified.persons.select(PERSONS_SCHEMA.keys())
    to_custodian.add("persons", persons, tally(persons))
    to_custodian.add("tokens", identified.tokens, tally(identified.tokens))
    for name, keys in match_keys(identified.traits, to_custodian.keyring, to_custodian.delivery):
        to_custodian.add(f"match_keys_{name}", keys, tally(keys))


def _send(draft: Draft, ledger: Ledger, folder: str, rows: pl.DataFrame) -> None:
    """One part of a table in the form that may leave, with `idacc` where the rows have one."""
    table = declaration(folder)
    columns = outgoing(table, READS[table.name])
    leaving = rows.select(*columns, *(["idacc"] if "idacc" in rows.columns else []))
    amount = tally(leaving)
    draft.add(folder, leaving, amount)
    ledger.add(folder, "kept", "", amount)


def _send_children(
    source: Extract,
    draft: Draft,
    folder: str,
    parents: Iterable[pl.DataFrame],
    spread_by: str,
    parent_rows: int = 0,
) -> None:
    """A table that names no person: rows leave under their parent's matching id, orphans are rejected."""
    name = declaration(folder).name
    on = PARENTS[name][1]
    scratch = source.directory / ".scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    children = source.parts(folder, (*on, *declaration(folder).key, *READS[name]))
    for rows, orphans in attach(parents, children, on, spread_by, scratch, partitions_for(parent_rows)):
        source.reject(folder, orphans)
        _send(draft, source.ledger, folder, source.first_of_key(folder, rows))
    shutil.rmtree(scratch, ignore_errors=True)


def finish(source: Extract, *drafts: Draft) -> None:
    """Letters leave only when every row of the source has its fate."""
    source.ledger.check_balance()
    source.write_rejects()
    for draft in drafts:
        draft.send()
    note_sent(drafts, source.directory)
