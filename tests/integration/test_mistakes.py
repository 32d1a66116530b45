"""Mistakes that end in no sentence of their own, and what a refused command must not leave behind."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from schema.layout import Workspace
from tests.integration.conftest import copy_of
from tests.integration.workspaces import ROOT, emc2

EMC2 = f"{shlex.quote(sys.executable)} -c 'from emc2.cli import main; main()'"


def shell(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """The command behind `$emc2` as a shell runs it, whatever becomes of its output."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    script = command.replace("$emc2", EMC2)
    return subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)


def test_output_that_nobody_reads_ends_quietly(tmp_path: Path) -> None:
    result = shell("$emc2 describe er_prs_f | head -1", tmp_path)
    assert result.stdout.strip() == "## ER_PRS_F"
    assert result.stderr == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_output_takes_nothing_from_a_command(closed: str, finished: Workspace) -> None:
    query = 'sql "SELECT count(*) AS n FROM dim_date"'
    assert shell(f"$emc2 {query} {closed}", finished.root).returncode == 0
    assert shell(f"$emc2 sql nonsense {closed}", finished.root).returncode == 2


def test_a_refused_command_draws_no_keyring_and_makes_no_folder(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    assert emc2("run", "--keyring", "../new", cwd=workspace.root).returncode == 5
    assert not (tmp_path / "new").exists()

    empty = tmp_path / "empty"
    empty.mkdir()
    for command in (
        ("run", "--keyring", "new"),
        ("build", "--keyring", "emc2-data/keys"),
        ("build", "--persons", "0", "--keyring", "new"),
        ("build", "--seed", "-1"),
        ("build", "--seed", str(2**63)),
        ("build", "--workers", "0"),
        ("build", "--from", "1890"),
    ):
        assert emc2(*command, cwd=empty).returncode in (2, 3, 5)
        assert not list(empty.iterdir()), command


def test_help_is_no_mistake(tmp_path: Path) -> None:
    assert emc2("--help", cwd=tmp_path).returncode == 0
    assert emc2("build", "--help", cwd=tmp_path).returncode == 0
