"""Tokens and linkage of 100,000 hospital records against 1,000,000 persons: CPU-seconds, precision and recall.

Identities only, from the generator's population and its faults, at the rates of identity_fault.csv and at twice them;
5,000 of the records are of people whom the funds do not know.

Usage: .venv/bin/python -m benchmarks.linkage [PERSONS]   → writes benchmarks/linkage.json
"""

import json
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.measure import machine
from generators import faults, funds, population, register, truth
from generators.block import Block
from generators.days import dates
from pipelines.keys import Keyrings, demo_keyring
from pipelines.ledger import Tally
from pipelines.link import link
from pipelines.post import Draft, letters
from pipelines.pseudonymise import PERSONS_SCHEMA, tokenise
from pipelines.register import enrol, read_register, write_register
from pipelines.score.linkage import score
from pipelines.score.records import LOCAL
from pipelines.send import IDENTITY, identify
from schema.configuration import Configuration
from schema.layout import HOSPITALS, Workspace, part_name

RESULT = Path(__file__).with_suffix(".json")
PERSONS, ONE_IN, ABSENT_ONE_IN = 1_000_000, 10, 20  # persons; a hospital record of one in ten; absent, one record in 20
CORES = 1
ROUNDS = (1.0, 2.0)  # times the rates of the file


@dataclass(frozen=True)
class Made:
    """Identities of a population: the funds' register, the hospitals' patients, and the truth about both."""

    beneficiary: pl.DataFrame
    patient: pl.DataFrame
    identity: pl.DataFrame
    person: pl.DataFrame


def main(persons: int) -> None:
    runs = [play_round(persons, times) for times in ROUNDS]
    RESULT.write_text(json.dumps({**machine(CORES), "runs": runs}, indent=1) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def play_round(persons: int, times: float) -> dict[str, Any]:
    made = _population(Configuration(persons), times)
    place = Path(tempfile.mkdtemp(prefix="emc2-benchmark-"))
    try:
        seconds = _play(made, Workspace(place))
        scored = score(Workspace(place), Keyrings(), Configuration(persons).start)
    finally:
        shutil.rmtree(place)
    return {
        "times_the_rates": times,
        "persons_at_the_funds": made.beneficiary.height,
        "hospital_records": made.patient.height,
        "without_counterpart": made.patient.height - int(scored["findable"][0]),
        "cpu_seconds": seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "score": [_without_nulls(row) for row in scored.to_dicts()],
    }


def _without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the score, shares to five places; a set that has no recall does not name it."""
    known = {name: value for name, value in row.items() if value not in (None, "")}
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in known.items()}


def _population(configuration: Configuration, times: float) -> Made:
    blocks = [_block(Block(1, configuration, number, times)) for number in range(configuration.n_blocks)]
    parts = [pl.concat(frames) for frames in zip(*blocks, strict=True)]
    made = Made(*parts)
    return _without(made, np.random.default_rng(1))


def _block(block: Block) -> tuple[pl.DataFrame, ...]:
    """Identities of one block: nobody's care is drawn, one person in ten has a stay or two at one hospital."""
    persons = population.population(block)
    held = register.register(block, persons)
    draw = block.stream("stays of the linkage benchmark")
    seen = np.sort(draw.choice(block.size, -(-block.size // ONE_IN), replace=False)).astype(np.int64)
    place, stays = draw.integers(0, len(HOSPITALS), len(seen)), draw.integers(1, 3, len(seen))
    who, where = np.repeat(seen, stays), np.repeat(place, stays)
    first = np.maximum(persons["first"].to_numpy()[who], block.start)
    entry = first + draw.integers(0, 1 + np.maximum(0, block.end - first))
    found = pl.DataFrame({"position": who, "facility": where, "entry": dates(entry)}).sort("position", "entry")
    records = faults.records(block, persons, held, found).frame
    held_here = records.filter("is_held").with_columns(
        source=pl.format("hospital_{}", pl.col("facility") + 1)  # facilities 0 to 3 are the four
    )
    patients = held_here.select("patient_number", *IDENTITY, "source")
    return (
        funds.beneficiary(persons, held),
        patients,
        truth.identity(block, persons, held, records),
        truth.person(block, persons, held),
    )


def _without(made: Made, draw: np.random.Generator) -> Made:
    """Take people of the hospitals' records out of the funds' register, so that one record in twenty has no line."""
    at_hospitals = made.identity.filter(pl.col("source") != "funds", pl.col("local_number_fault") != "under_anothers")
    counts = at_hospitals.group_by("person", maintain_order=True).len()
    known = counts.filter(pl.col("person").is_in(made.identity.filter(source="funds")["person"].implode()))
    absent = at_hospitals.height - int(known["len"].sum())
    shuffled = known[draw.permutation(known.height)].with_columns(total=pl.col("len").cum_sum() + absent)
    gone = shuffled.filter(pl.col("total") <= at_hospitals.height // ABSENT_ONE_IN)["person"].implode()
    is_gone = (pl.col("source") == "funds") & pl.col("person").is_in(gone)
    lines = made.identity.filter(is_gone).select(LOCAL["funds"])
    return Made(
        made.beneficiary.join(lines, on=LOCAL["funds"], how="anti"),
        made.patient,
        made.identity.filter(~is_gone),
        made.person,
    )


def _play(made: Made, workspace: Workspace) -> dict[str, float]:
    """The sources' letters to the custodian, and its step; returns CPU-seconds by step."""
    for name, table in (("identity", made.identity), ("person", made.person)):
        (workspace.truth / name).mkdir(parents=True)
        table.write_parquet(workspace.truth / name / part_name(0))
    records = {"funds": made.beneficiary, **{h: made.patient.filter(pl.col("source") == h) for h in HOSPITALS}}
    started = time.process_time()
    for source, rows in records.items():
        draft = Draft(workspace.post, demo_keyring(source), "custodian", 1)
        identify(draft, tokenise(rows, demo_keyring(source), LOCAL[source]))
        draft.send()
    nobody = Draft(workspace.post, demo_keyring("snds"), "custodian", 1)
    nobody.add("persons", pl.DataFrame(schema=PERSONS_SCHEMA), Tally())
    nobody.send()
    sent = time.process_time()
    link(demo_keyring("custodian"), workspace.custodian, workspace.post)
    linked = time.process_time()
    (answer,) = letters(workspace.post, ["custodian"], demo_keyring("hub"))
    workspace.hub.mkdir()
    write_register(enrol(read_register(workspace.hub), answer.read("answers")["pseudonym"], 1), workspace.hub)
    return {"tokens_and_match_keys": round(sent - started, 1), "linkage": round(linked - sent, 1)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PERSONS)
