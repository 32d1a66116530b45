"""Worlds are written whole or not at all, and the same bytes whoever makes them."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from generators.parts import TRUTH, TableRows, total, write_part
from generators.world import TEMPORARY, World, generate, generate_block
from pipelines.workers import processes
from schema.configuration import Configuration
from schema.errors import SchemaViolation, SettingsError
from schema.layout import SOURCES, SYNTHETIC

WORLD = World(Configuration(4_200, first_year=2018, years=1), 3)  # a whole block and a short one
ROOT = Path(__file__).parents[2]


def nothing(done: int, of: int) -> None:
    assert 0 < done <= of


def made(
    world: World, root: Path, workers: int, progress: Callable[[int, int], None], blocks: list[int] | None = None
) -> list[TableRows]:
    with processes(workers, 1) as pool:
        return generate(world, root, pool, progress, blocks)


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[TableRows]]:
    root = tmp_path_factory.mktemp("first")
    return root, made(WORLD, root, 1, nothing)


def test_bytes_do_not_depend_on_workers_nor_on_the_order_of_blocks(
    first: tuple[Path, list[TableRows]], tmp_path: Path
) -> None:
    rows = made(WORLD, tmp_path, 2, nothing, blocks=[1, 0])
    assert digests(tmp_path) == digests(first[0])
    assert rows == first[1]


def test_bytes_do_not_depend_on_the_process_nor_its_threads(
    first: tuple[Path, list[TableRows]], tmp_path: Path
) -> None:
    generate_block(WORLD, 0, tmp_path)
    here, there = digests(tmp_path), digests(first[0])
    assert len(here) == 29
    assert {name: there[name] for name in here} == here


def test_block_is_made_in_a_bare_process(first: tuple[Path, list[TableRows]], tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from generators.world import World, generate_block; from schema.configuration import Configuration\n"
        "generate_block(World(Configuration(4_200, first_year=2018, years=1), 3), 1, Path(sys.argv[2]))\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", script, str(ROOT), str(tmp_path)], env={}, capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    there = digests(first[0])
    here = digests(tmp_path)
    assert len(here) == 28
    assert {name: there[name] for name in here} == here


def test_another_seed_gives_other_persons(first: tuple[Path, list[TableRows]], tmp_path: Path) -> None:
    generate_block(replace(WORLD, seed=4), 1, tmp_path)
    people = pl.read_parquet(tmp_path / "truth/person/part-00001.parquet")
    others = pl.read_parquet(first[0] / "truth/person/part-00001.parquet")
    assert not people["first_name"].equals(others["first_name"])


def test_manifest_of_a_source_tells_rows_cents_and_parts_but_no_seed(first: tuple[Path, list[TableRows]]) -> None:
    for source in SOURCES:
        manifest = json.loads((first[0] / "sources" / source / "manifest.json").read_text())
        assert set(manifest) == {"notice", "configuration", "tables"}
        assert manifest["notice"] == SYNTHETIC
        assert manifest["configuration"] == {"persons": 4_200, "first_year": 2018, "years": 1, "clean": False}
        for folder, table in manifest["tables"].items():
            for part, digest in table["parts"].items():
                content = (first[0] / "sources" / source / folder / part).read_bytes()
                assert hashlib.sha256(content).hexdigest() == digest
    claims = json.loads((first[0] / "sources/snds/manifest.json").read_text())["tables"]["ER_PRS_F"]
    frame = pl.read_parquet(first[0] / "sources/snds/ER_PRS_F/*.parquet")
    assert claims["rows"] == frame.height
    assert claims["cents"]["BSE_REM_MNT"] == int(frame["BSE_REM_MNT"].sum() * 100)


def test_the_truth_alone_knows_the_seed(first: tuple[Path, list[TableRows]]) -> None:
    assert json.loads((first[0] / "truth/manifest.json").read_text())["seed"] == 3


def test_rows_are_told_once_a_table(first: tuple[Path, list[TableRows]]) -> None:
    tables = [(row.source, row.folder) for row in first[1]]
    assert tables == sorted(set(tables))
    people = next(row for row in first[1] if (row.source, row.folder) == (TRUTH, "person"))
    assert people.rows == 4_200
    assert people.bytes == sum(p.stat().st_size for p in (first[0] / "truth/person").iterdir())


def test_finished_world_is_left_alone(first: tuple[Path, list[TableRows]]) -> None:
    before = {path: path.stat().st_mtime_ns for path in first[0].rglob("*")}

    def never(done: int, of: int) -> None:
        raise AssertionError("work was done")

    assert made(WORLD, first[0], 1, never) == first[1]
    assert {path: path.stat().st_mtime_ns for path in first[0].rglob("*")} == before


@pytest.mark.parametrize("other", [replace(WORLD, seed=4), World(Configuration(4_201, 2018, 1), 3)])
def test_another_world_is_refused(first: tuple[Path, list[TableRows]], other: World) -> None:
    with pytest.raises(SettingsError, match="holds another world"):
        made(other, first[0], 1, nothing)


def test_what_a_killed_run_left_is_removed_and_replaced(tmp_path: Path) -> None:
    small = World(Configuration(3, years=1), 1)
    (tmp_path / f"{TEMPORARY}old" / "sources").mkdir(parents=True)
    (tmp_path / "sources" / "stale").mkdir(parents=True)
    made(small, tmp_path, 1, nothing)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sources", "truth"]
    assert sorted(path.name for path in (tmp_path / "sources").iterdir()) == sorted(SOURCES)


def test_lost_sources_are_made_again_with_the_same_bytes(first: tuple[Path, list[TableRows]], tmp_path: Path) -> None:
    shutil.copytree(first[0] / "truth", tmp_path / "truth")
    assert made(WORLD, tmp_path, 2, nothing) == first[1]
    assert digests(tmp_path) == digests(first[0])


def test_spoilt_truth_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "manifest.json").write_text("{")
    with pytest.raises(SchemaViolation, match="cannot be read"):
        made(WORLD, tmp_path, 1, nothing)


def test_failing_block_leaves_no_world(tmp_path: Path) -> None:
    small = World(Configuration(3, years=1), 1)
    with pytest.raises(ValueError, match="."):
        made(small, tmp_path, 1, nothing, blocks=[9])
    assert not (tmp_path / "sources").exists()
    assert not (tmp_path / "truth").exists()


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seed_that_no_stream_takes_is_refused(seed: int) -> None:
    with pytest.raises(SettingsError, match="--seed"):
        World(Configuration(1), seed)


@pytest.mark.parametrize("configuration", [Configuration(1), Configuration(2, 2010, 1), Configuration(9, 2010, 10)])
def test_smallest_worlds_have_every_table(tmp_path: Path, configuration: Configuration) -> None:
    rows = generate_block(World(configuration, 1), 0, tmp_path)
    people = next(row for row in rows if (row.source, row.folder) == (TRUTH, "person"))
    assert people.rows == configuration.persons
    assert len(rows) == 25 + 4 * configuration.years


def test_part_without_a_declared_column_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"person": [1], "condition": ["asthma_copd"]})
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        write_part(tmp_path, TRUTH, "condition", 0, frame)


def test_parts_of_a_table_add_up() -> None:
    parts = [
        TableRows("snds", "X", 2, 10, {"a": 5}, {"p1": "x"}),
        TableRows("snds", "X", 3, 20, {"a": -1}, {"p0": "y"}),
    ]
    assert total(parts) == [TableRows("snds", "X", 5, 30, {"a": 4}, {"p0": "y", "p1": "x"})]
