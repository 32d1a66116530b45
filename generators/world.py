"""The whole world, block by block: writes every source's tables and the sealed truth."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from generators import (
    claim_lines,
    claims,
    discharges,
    faults,
    funds,
    hospital,
    life,
    pmsi,
    population,
    register,
    truth,
)
from generators.block import Block
from generators.manifests import read_rows, write_manifests
from generators.parts import TRUTH, TableRows, total, write_part
from schema.configuration import Configuration
from schema.errors import SettingsError

TEMPORARY = ".generate-"


@dataclass(frozen=True)
class World:
    """All that a world follows from."""

    configuration: Configuration
    seed: int

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise SettingsError("--seed must be a whole number of at least 0 and under 2^63.")


def generate_block(world: World, block: int, directory: Path) -> list[TableRows]:
    """Write one block's part of every table under `sources/` and `truth/`; a pure function of its arguments."""
    here = Block(world.seed, world.configuration, block)
    persons = population.population(here)
    lived = life.lives(here, persons)
    found = discharges.discharges(persons, lived.events)
    held = register.register(here, persons)
    records = faults.records(here, persons, held, found.stays)
    written = _write_snds(here, persons, held, lived, directory)
    written += pmsi.write_pmsi(here, persons, records, found, directory)
    for number in (1, 2, 3, 4):
        written += hospital.write_hospital(here, persons, records, found, number, directory)
    tables = {
        "person": truth.person(here, persons, held),
        "condition": truth.condition(here, lived.onset),
        "identity": truth.identity(here, persons, held, records.frame),
    }
    return written + [write_part(directory, TRUTH, folder, block, frame) for folder, frame in tables.items()]


def _write_snds(
    here: Block, persons: pl.DataFrame, held: register.Register, lived: life.Lives, root: Path
) -> list[TableRows]:
    """Claims and registers: the funds' table and the SNDS's own, but for the discharge abstracts."""
    lines = claim_lines.claim_lines(here, persons, lived.events)
    lines = lines.where(held.known[lines.position])
    sent_under = register.claim_rows(here, held, lines)
    paid = claims.amounts(here, lines, lived.events)
    pseudonym = held.lines["BEN_NIR_PSA"].gather(pl.Series(sent_under))
    claimed = claims.er_prs_f(here, persons, lines, paid, pseudonym)
    written = [
        write_part(root, "snds", "ER_PRS_F", here.number, claimed, is_sorted=True),
        write_part(root, "snds", "ER_PHA_F", here.number, claims.er_pha_f(claimed, lines), is_sorted=True),
        write_part(root, "snds", "IR_BEN_R", here.number, funds.ir_ben_r(persons, held, lines, sent_under)),
        write_part(root, "snds", "IR_IMB_R", here.number, funds.ir_imb_r(persons, held, lived.events)),
        write_part(root, "funds", "beneficiary", here.number, funds.beneficiary(persons, held)),
    ]
    if here.number == 0:
        written.append(write_part(root, "snds", "IR_PHA_R", 0, funds.ir_pha_r()))
    return written


def generate(
    world: World,
    root: Path,
    pool: Executor,
    progress: Callable[[int, int], None],
    blocks: Sequence[int] | None = None,
) -> list[TableRows]:
    """Write `root/sources` and `root/truth`, all or nothing; the bytes depend on the world alone.

    `pool` runs one block a task; `progress(done, all)` is called after each; `blocks` is the order in which blocks are
    made. A finished world of the same configuration and seed is left alone. Raises SettingsError where another lies.
    """
    if (held := read_rows(world.configuration, world.seed, root)) is not None:
        return held
    root.mkdir(parents=True, exist_ok=True)
    for leftover in root.glob(f"{TEMPORARY}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = root / f"{TEMPORARY}{secrets.token_hex(8)}"
    fresh.mkdir()
    order = range(world.configuration.n_blocks) if blocks is None else blocks
    made = [pool.submit(generate_block, world, block, fresh) for block in order]
    rows: list[TableRows] = []
    for done, block in enumerate(as_completed(made), start=1):
        rows += block.result()
        progress(done, len(made))
    rows = total(rows)
    write_manifests(world.configuration, world.seed, fresh, rows)
    # The truth goes last: its manifest says that the world is whole.
    for name in ("sources", TRUTH):
        shutil.rmtree(root / name, ignore_errors=True)
        (fresh / name).replace(root / name)
    fresh.rmdir()
    return rows
