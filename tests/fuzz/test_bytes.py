"""Spoilt bytes of every kind of file: a sentence or success; never a fault, a hang, a value, or another star."""

import functools
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schema.layout import Workspace
from tests.fuzz.mutations import MUTATIONS, mutated
from tests.fuzz.reader import Outcome, Reader
from tests.fuzz.targets import TARGETS, Target, read
from tests.integration.failing import kept, words
from tests.integration.workspaces import emc2

SEED = 3
READERS = 2
COMMANDS = (
    ("run", ("hub/buckets",), "sources/hospital_*/*/part-*.parquet"),
    ("run", ("hub/buckets",), "sources/snds/*/part-*.parquet"),
    ("run", ("hub/star",), "hub/buckets/**/*.parquet"),
    ("run", ("hub/warehouse.duckdb",), "hub/star/*/*.parquet"),
    ("digest", (), "hub/star/*/*.parquet"),
    ("status", (), "manifest.json"),
    ("ledger", (), "hub/ledger.json"),
)


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutation_changes_bytes_and_is_the_same_for_the_same_seed(kind: str) -> None:
    content = bytes(range(256)) * 8
    once, again = bytearray(content), bytearray(content)
    MUTATIONS[kind](once, random.Random(SEED))
    MUTATIONS[kind](again, random.Random(SEED))
    assert once == again != content


def test_a_reader_survives_a_death_and_tells_a_fault_from_a_refusal() -> None:
    reader = Reader()
    assert reader.run(_die).kind == "died"
    assert reader.run(_fail).kind == "fault"
    assert reader.run(_succeed).kind == "success"
    reader.close()


def _die() -> None:
    os._exit(3)


def _fail() -> None:
    raise ZeroDivisionError


def _succeed() -> None:
    """Return."""


def play(target: Target, workspace: Workspace, reader: Reader, values: set[str]) -> Iterator[tuple[str, Outcome, str]]:
    """Each case of a target: its name, its outcome, and what is wrong with it, empty if nothing is."""
    files = sorted(workspace.root.glob(target.pattern))
    chance = random.Random(f"{SEED} {target.name}")
    scratch = workspace.root.parent / "scratch"
    for number in range(target.cases):
        path = chance.choice(files)
        content = path.read_bytes()
        spoilt, kind = mutated(content, chance)
        path.write_bytes(spoilt)
        before = kept(workspace.root.parent)
        outcome = reader.run(functools.partial(read, target.name, workspace.root, path, scratch))
        wrong = []
        if outcome.kind not in ("success", "refused"):
            wrong.append(f"{outcome.kind}: {outcome.said}")
        if outcome.kind == "refused" and "\n" in outcome.said:
            wrong.append("more than a line")
        if words(outcome.said) & values:
            wrong.append("a value was said")
        if kept(workspace.root.parent) != before:
            wrong.append("something changed")
        path.write_bytes(content)
        name = f"{target.name} {number}: {kind} of {path.relative_to(workspace.root)}"
        yield name, outcome, "; ".join(wrong)


@pytest.mark.slow
def test_spoilt_bytes_end_in_a_sentence(
    small: Workspace, values: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []

    def work(share: int) -> None:
        workspace = Workspace(tmp_path / str(share) / "emc2-data")
        shutil.copytree(small.root, workspace.root)
        reader = Reader()
        for target in TARGETS[share::READERS]:
            for name, outcome, fault in play(target, workspace, reader, values):
                counts[target.name, f"{outcome.kind}, panic" if "panicked" in outcome.noise else outcome.kind] += 1
                if fault:
                    wrong.append(f"{name}: {fault}")
        reader.close()

    with ThreadPoolExecutor(READERS) as threads:
        list(threads.map(work, range(READERS)))
    with capsys.disabled():
        print()
        for (target, kind), number in sorted(counts.items()):
            print(f"{number:>6}  {kind:<15} {target}")
        print(f"{counts.total():>6}  cases")
    assert wrong == [], "\n".join(wrong[:40])
    assert counts.total() == sum(target.cases for target in TARGETS)


@pytest.mark.slow
def test_spoilt_bytes_end_in_a_sentence_of_the_command(small: Workspace, values: set[str], tmp_path: Path) -> None:
    for number in range(56):
        command, gone, pattern = COMMANDS[number % len(COMMANDS)]
        chance = random.Random(f"{SEED} {number}")
        folder = tmp_path / str(number)
        workspace = Workspace(folder / "emc2-data")
        shutil.copytree(small.root, workspace.root)
        for path in gone:
            target = workspace.root / path
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        spoilt = chance.choice(sorted(workspace.root.glob(pattern)))
        spoilt.write_bytes(mutated(spoilt.read_bytes(), chance)[0])
        before = kept(folder)
        result = emc2(command, cwd=folder)
        case = f"{number}: {command} with {spoilt.relative_to(folder)}: {result.stderr}"
        assert "Traceback" not in result.stderr, case
        assert "fault of this program" not in result.stderr, case
        assert "panicked" not in result.stderr, case
        assert words(result.stdout + result.stderr) & values == set(), case
        assert result.returncode in (0, 3, 4, 5, 8), case
        if result.returncode:
            assert kept(folder) == before, case
        shutil.rmtree(folder)
