"""One run at a time in a workspace, whichever way the other one ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.lock import held
from schema.errors import SettingsError, WorkspaceBusy
from schema.layout import Workspace

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from pipelines.lock import held
from schema.layout import Workspace
with held(Workspace(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(root: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the workspace until its standard input ends."""
    command = [sys.executable, "-c", HOLDER, str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_second_process_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    with (
        another_run(tmp_path),
        pytest.raises(WorkspaceBusy, match="Another run works in .*: wait until it has ended"),
        held(Workspace(tmp_path)),
    ):
        pytest.fail("two runs hold one workspace")


def test_run_that_ended_frees_the_workspace(tmp_path: Path) -> None:
    with another_run(tmp_path) as process:
        process.communicate()
        assert process.returncode == 0
        with held(Workspace(tmp_path)):
            pass


def test_killed_run_frees_the_workspace(tmp_path: Path) -> None:
    with another_run(tmp_path) as process:
        process.kill()
        process.wait()
        with held(Workspace(tmp_path)):
            assert Workspace(tmp_path).lock.exists()


def test_run_that_failed_frees_the_workspace(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(Workspace(tmp_path)):
        raise ZeroDivisionError
    with held(Workspace(tmp_path)):
        pass


def test_other_workspace_is_free(tmp_path: Path) -> None:
    with another_run(tmp_path / "one"), held(Workspace(tmp_path / "two")):
        assert (tmp_path / "two").is_dir()


def test_workspace_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingsError, match="cannot be written: name another --workspace"),
        held(Workspace(tmp_path / "file" / "inner")),
    ):
        pytest.fail("a workspace inside a file")
