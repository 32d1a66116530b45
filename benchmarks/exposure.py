"""What each party learns beyond its own rows, counted on letters really sent: twins, changed names, presence.

The custodian's share is read from letters opened with its key, the hub's from the hospitals' letters to it, and both
stand beside what the sealed truth says. `docs/explanation/privacy.md` shows the figures.

Usage: .venv/bin/python -m benchmarks.exposure [PERSONS]   → writes benchmarks/exposure.json
"""

import json
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.measure import machine
from generators.world import World, generate
from pipelines.keys import Keyrings
from pipelines.parties import play_link, play_send
from pipelines.post import Letter, read_letter
from pipelines.vault import HANDLE, VAULT, of_kind
from pipelines.workers import processes
from schema.configuration import Configuration
from schema.layout import HOSPITALS, Workspace, parts

RESULT = Path(__file__).with_suffix(".json")
PERSONS, SEED = 20_000, 1


def main(persons: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(persons, Workspace(Path(folder)))
    RESULT.write_text(json.dumps({**machine(1), "persons": persons, **found}, indent=1) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def measure(persons: int, workspace: Workspace) -> dict[str, int]:
    """Counts of what is seen by whom in one delivery of a fresh world."""
    with processes(1, 1) as pool:
        generate(World(Configuration(persons), SEED), workspace.root, pool, lambda done, of: None)
    keyrings = Keyrings()
    for party in (*HOSPITALS, "funds", "snds"):
        play_send(party, workspace, keyrings, 1)
    letters = {name: read_letter(workspace.post, name, keyrings.open("custodian")) for name in ("funds", *HOSPITALS)}
    care = {name: read_letter(workspace.post, name, keyrings.open("hub")) for name in HOSPITALS}
    found = {**by_match_keys(letters), **in_the_truth(workspace), **singled_out(care)}
    play_link(workspace, keyrings)
    return found | presence(pl.read_parquet(workspace.custodian / VAULT))


def by_match_keys(letters: dict[str, Letter]) -> dict[str, int]:
    """What the custodian reads in the structure of match-keys: equal here, unequal there, or two of one record."""
    funds = letters["funds"]
    return {
        "register_records": funds.read("persons")["idacc"].n_unique(),
        "twin_pairs_seen": twin_pairs(funds.read("match_keys_name_place"), funds.read("match_keys_name_date")),
        "changed_names_seen": with_two_keys(funds.read("match_keys_name_date")),
        "under_another_number_seen": with_two_keys(funds.read("match_keys_number_name")),
    }


def twin_pairs(without_given: pl.DataFrame, with_given: pl.DataFrame) -> int:
    """Pairs of different records that agree on name, date, sex and place and never together with the first name."""
    return _pairs(without_given).join(_pairs(with_given), on=["idacc", "other"], how="anti").height


def _pairs(keys: pl.DataFrame) -> pl.DataFrame:
    keys = keys.unique()
    both = keys.join(keys.rename({"idacc": "other"}), on="key").filter(pl.col("idacc") < pl.col("other"))
    return both.select("idacc", "other").unique()


def with_two_keys(keys: pl.DataFrame) -> int:
    """Records with two keys of one pass: their name, or number, has two forms."""
    return keys.unique().group_by("idacc").len().filter(pl.col("len") > 1).height


def in_the_truth(workspace: Workspace) -> dict[str, int]:
    """How many there are to be seen."""
    persons = pl.read_parquet(parts(workspace.truth / "person"))
    twins = persons.filter(pl.col("twin").is_not_null()).select("person", "twin", "sex")
    same = twins.join(twins, left_on=["twin", "sex"], right_on=["person", "sex"], how="semi")
    return {
        "same_sex_twin_pairs": same.height // 2,
        "persons_with_a_used_name": persons.filter(pl.col("used_name") != pl.col("birth_name")).height,
        "persons_under_another_number": persons.filter(pl.col("insured_nir") != pl.col("own_nir")).height,
    }


def singled_out(care: dict[str, Letter]) -> dict[str, int]:
    """Stays at the hub that sex, month of birth, hospital and day of entry tell from all others: no key is needed."""
    stays = [
        letter.read("encounter")
        .join(letter.read("patient").unique("idacc"), on="idacc")
        .select("sex", "birth_date", pl.col("entry_time").dt.date(), hospital=pl.lit(name))
        for name, letter in care.items()
    ]
    seen = pl.concat(stays)
    return {"hospital_stays": seen.height, "hospital_stays_singled_out": seen.filter(~seen.is_duplicated()).height}


def presence(vault: pl.DataFrame) -> dict[str, int]:
    """Persons of whom the custodian knows that they were patients of a hospital, and of how many."""
    handles = of_kind(vault, HANDLE).filter(pl.col("source").is_in(HOSPITALS))
    by_person = handles.group_by("person").agg(pl.col("source").n_unique())
    return {
        "persons_seen_at_a_hospital": by_person.height,
        "persons_seen_at_two_or_more": by_person.filter(pl.col("source") > 1).height,
        **{f"persons_seen_at_{name}": _persons(handles, name) for name in HOSPITALS},
    }


def _persons(handles: pl.DataFrame, hospital: str) -> int:
    return handles.filter(pl.col("source") == hospital)["person"].n_unique()


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else PERSONS)
