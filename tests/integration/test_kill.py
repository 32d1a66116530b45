"""Kill −9 at random moments of `emc2 run`: the old warehouse stays whole, and the next run completes."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.lock import held
from schema.layout import Workspace
from tests.integration import canary
from tests.integration.conftest import copy_of
from tests.integration.workspaces import ROOT, hashes, run_all
from warehouse.store.duckdb import sums

LONGEST_SECONDS = 14.0  # about what a whole run of the small world takes with both cores busy


def killed_run(workspace: Workspace, seconds: float) -> Path:
    """Start `emc2 run` and kill it, and it alone, after some seconds; its workers end by themselves. Its TMPDIR."""
    temporary = workspace.root.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    command = [sys.executable, "-c", "from emc2.cli import main; main()", "run", "--workers", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, cwd=workspace.root, env=environment, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return temporary


def play(moments: list[float], finished: Workspace, folder: Path) -> None:
    workspace = copy_of(finished, folder)
    before, forbidden = sums(finished.warehouse), canary.identifiers(workspace)
    for seconds in moments:
        shutil.rmtree(workspace.hub / "buckets", ignore_errors=True)
        temporary = killed_run(workspace, seconds)
        for place in (workspace.hub, workspace.custodian, workspace.manifest, temporary):
            assert canary.search(place, forbidden) == [], f"after a kill at {seconds:.2f} s"
        assert sums(workspace.warehouse) == before, f"after a kill at {seconds:.2f} s"
        with held(workspace):
            pass  # a killed run holds nothing
    run_all(workspace)
    assert hashes(workspace.star) == hashes(finished.star)
    assert sums(workspace.warehouse) == before
    assert not [p for p in workspace.root.rglob(".*") if p.is_dir()]
    assert not workspace.post.exists()


def test_a_killed_run_leaves_the_warehouse_whole_and_the_next_completes(finished: Workspace, tmp_path: Path) -> None:
    play([2.5, 6.0], finished, tmp_path)


@pytest.mark.slow
def test_twenty_kills_at_random_moments(finished: Workspace, tmp_path: Path) -> None:
    chance = random.Random(20)
    play([chance.uniform(0.3, LONGEST_SECONDS) for _ in range(20)], finished, tmp_path)
