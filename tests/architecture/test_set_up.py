"""`make` sets itself up, whole or not at all, and says in one sentence what is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, environment


def checkout(folder: Path, lock: str = "") -> Path:
    """A repository with a front door that answers at once, the given lock, and a space in its path."""
    root = folder / "a clone"
    (root / ".ci").mkdir(parents=True)
    (root / "emc2").mkdir()
    shutil.copy(ROOT / ".ci" / "set-up", root / ".ci")
    shutil.copy(ROOT / "Makefile", root)
    (root / "requirements.lock").write_text(lock)
    (root / "emc2" / "__init__.py").touch()
    (root / "emc2" / "cli.py").write_text("import sys\n\ndef main():\n    print(*sys.argv[1:])\n    return 3\n")
    return root


def run(*command: object, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    shell = {**environment(), "PYTHON": sys.executable, "PIP_NO_INDEX": "1", **variables}
    return subprocess.run([str(part) for part in command], cwd=cwd, env=shell, capture_output=True, text=True)


def python_that(folder: Path, body: str) -> str:
    """An executable in place of Python; `$real` in its body is the real one."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nreal="{sys.executable}"\n{body}\n')
    script.chmod(0o755)
    return str(script)


def refusal(root: Path, python: str) -> str:
    """The one sentence with which set-up stops, before it has made anything."""
    ran = run(root / ".ci" / "set-up", cwd=root, PYTHON=python)
    assert ran.returncode == 1
    assert not (root / ".venv").exists()
    assert ran.stderr.count("\n") == 1
    return ran.stderr


def test_absent_python_is_named(tmp_path: Path) -> None:
    assert "`no-such-python` was not found: install Python 3.11" in refusal(checkout(tmp_path), "no-such-python")


def test_old_python_is_refused(tmp_path: Path) -> None:
    old = python_that(tmp_path, 'case "$*" in *version_info*) exit 1 ;; esac; exec "$real" "$@"')
    assert "is older than Python 3.11" in refusal(checkout(tmp_path), old)


def test_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    bare = python_that(tmp_path, 'case "$*" in *ensurepip*) exit 1 ;; esac; exec "$real" "$@"')
    assert "install python3-venv" in refusal(checkout(tmp_path), bare)


def test_failed_installation_is_shown_and_never_counts_as_ready(tmp_path: Path) -> None:
    root = checkout(tmp_path, f"a-package-of-nobody==1.0 --hash=sha256:{'0' * 64}\n")

    ran = run(root / ".ci" / "set-up", cwd=root)

    assert ran.returncode == 1
    assert "a-package-of-nobody" in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("The packages of requirements.lock could not be installed")
    assert not (root / ".venv" / "ready").exists()


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = checkout(tmp_path_factory.mktemp("set-up"))
    ran = run("make", ".venv/ready", cwd=root)
    assert ran.returncode == 0, ran.stderr
    return root


def test_console_script_works_from_any_folder_and_keeps_the_exit_code(ready: Path, tmp_path: Path) -> None:
    (tmp_path / "emc2").mkdir()
    (tmp_path / "emc2" / "__init__.py").write_text("raise SystemExit('a folder of the same name was taken')\n")

    ran = run(ready / ".venv" / "bin" / "emc2", "status", "--workspace", "x y", cwd=tmp_path, PYTHONPATH=".")

    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "status --workspace x y\n", "")


def test_console_script_works_through_a_link(ready: Path, tmp_path: Path) -> None:
    (tmp_path / "emc2").symlink_to(ready / ".venv" / "bin" / "emc2")

    assert run(tmp_path / "emc2", "status", cwd=tmp_path).stdout == "status\n"


def test_make_without_a_target_builds_ten_thousand_persons(ready: Path) -> None:
    assert run("make", cwd=ready).stdout == "build --persons 10_000 --workers 2\n"


def test_set_up_happens_once(ready: Path) -> None:
    before = (ready / ".venv" / "ready").stat().st_mtime_ns

    assert run("make", ".venv/ready", cwd=ready).stderr == ""
    assert (ready / ".venv" / "ready").stat().st_mtime_ns == before


def test_clone_that_was_moved_is_set_up_again(ready: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(ready, tmp_path / "moved", symlinks=True)

    assert "Setting up .venv" in run("make", ".venv/ready", cwd=moved).stderr
    assert (moved / ".venv" / "ready").read_text() == f"{moved}\n"
    assert (ready / ".venv" / "ready").read_text() == f"{ready}\n"
