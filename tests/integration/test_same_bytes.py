"""Same seed, configuration and keyring: same bytes, whatever the workers, the order of blocks or the names of parts."""

import random
import shutil
from pathlib import Path

import polars as pl
import pytest

from generators.world import World, generate
from pipelines.digest import digest
from pipelines.register import read_register
from pipelines.workers import processes
from schema.layout import Workspace, parts
from tests.integration.conftest import copy_of
from tests.integration.workspaces import SEED, SMALL, hashes, make_sources, run_all
from tests.pipelines.keyrings import dealt

STAGES = {
    "buckets": ("hub/buckets", ["pseudonymise", "link", "buckets"]),
    "register": ("hub/register.parquet", ["pseudonymise", "link", "buckets"]),
    "vault": ("custodian/vault.parquet", ["pseudonymise", "link", "buckets"]),
    "star": ("hub/star", ["star"]),
    "warehouse": ("hub/warehouse.duckdb", ["warehouse"]),
}


@pytest.mark.parametrize("workers", [1, 3])
def test_sources_and_truth_do_not_depend_on_workers_or_on_the_order_of_blocks(
    workers: int, sources: Workspace, tmp_path: Path
) -> None:
    order = list(reversed(range(SMALL.n_blocks)))

    with processes(workers, 1) as pool:
        generate(World(SMALL, SEED), tmp_path, pool, lambda *_: None, blocks=order)

    for name in ("sources", "truth"):
        assert hashes(tmp_path / name, "**/*.*") == hashes(sources.root / name, "**/*.*")
        assert len(hashes(tmp_path / name)) > 2


@pytest.mark.parametrize("workers", [1, 3])
def test_the_star_does_not_depend_on_workers_nor_on_the_names_of_parts(
    workers: int, sources: Workspace, finished: Workspace, tmp_path: Path
) -> None:
    workspace = copy_of(sources, tmp_path)
    shuffle_part_names(workspace.sources, random.Random(workers))

    run_all(workspace, workers=workers)

    assert hashes(workspace.star) == hashes(finished.star)
    assert len(hashes(finished.star)) == 2 * 9 + 6  # two buckets of nine person tables, six dimensions


@pytest.mark.parametrize("stage", STAGES)
def test_a_deleted_stage_comes_back_with_the_same_bytes(stage: str, finished: Workspace, tmp_path: Path) -> None:
    path, again = STAGES[stage]
    workspace = copy_of(finished, tmp_path)
    target = workspace.root / path
    shutil.rmtree(target) if target.is_dir() else target.unlink()

    done = run_all(workspace)

    assert done[: len(again)] == again
    assert hashes(workspace.star) == hashes(finished.star)
    numbers = ("pseudonym", "patient_key")
    assert read_register(workspace.hub).select(numbers).equals(read_register(finished.hub).select(numbers))
    assert workspace.warehouse.is_file()


def test_a_finished_workspace_has_nothing_to_do_and_an_empty_post(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)

    assert run_all(workspace) == []
    assert not workspace.post.exists()


def test_two_fresh_keyrings_share_no_pseudonym_and_give_the_same_digest(
    sources: Workspace, finished: Workspace, tmp_path: Path
) -> None:
    pseudonyms, digests, orders = [], [], []
    for name in ("first", "second"):
        workspace = copy_of(sources, tmp_path / name)
        run_all(workspace, dealt(tmp_path / name / "keys"))
        pseudonyms.append(set(pl.read_parquet(workspace.hub / "register.parquet")["pseudonym"]))
        digests.append(digest(workspace.star))
        orders.append(hashes(workspace.star / "fact_death"))

    assert len(pseudonyms[0]) > SMALL.persons
    assert pseudonyms[0].isdisjoint(pseudonyms[1])
    assert orders[0] != orders[1]  # the keys do move the patients' numbers
    assert digests[0] == digests[1] == digest(finished.star)


def test_another_seed_shares_no_table_and_hardly_a_number(sources: Workspace, tmp_path: Path) -> None:
    other = make_sources(tmp_path, seed=SEED + 1)

    with_persons = [path for path in hashes(sources.sources) if "IR_PHA_R" not in path]
    mine, theirs = hashes(sources.sources), hashes(other.sources)
    assert with_persons
    assert not [path for path in with_persons if mine[path] == theirs.get(path)]
    numbers = [
        set(pl.read_parquet(parts(w.truth / "person"), columns=["own_nir"])["own_nir"]) for w in (sources, other)
    ]
    # A month and place have room for about 183 numbers, so two worlds may meet by chance.
    assert len(numbers[0] & numbers[1]) < 0.002 * SMALL.persons


def shuffle_part_names(sources: Path, chance: random.Random) -> None:
    """Rename the parts of every table at random, with gaps."""
    for folder in {path.parent for path in sources.rglob("part-*.parquet")}:
        found = parts(folder)
        numbers = chance.sample(range(1_000), len(found))
        for path, number in zip(found, numbers, strict=True):
            path.rename(folder / f"moving-{number:05d}.parquet")
        for path in folder.glob("moving-*"):
            path.rename(folder / path.name.replace("moving", "part"))
