"""`make check` and `.ci/run` run everything, then say what failed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, environment

FOREIGN = {
    "registry": "see https://" + "pypi" + ".org/project/polars",
    "index option": "pip install --" + "index" + "-url x",
    "simple index": "https://mirror.example" + "/simple" + "/polars",
    "home of somebody": "read " + "/home" + "/somebody/data",
    "home on macOS": 'open("' + "/Users" + '/somebody")',
    "root's home": "cd " + "/root" + "/emc2",
}


def run(command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([command], cwd=cwd, env=environment(), capture_output=True, text=True)


def repository_with(folder: Path, text: str) -> Path:
    """A repository of one tracked text and the check, without any tool installed."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "check", folder / ".ci")
    (folder / "text.md").write_text(text + "\n")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, env=environment(), check=True)
    return folder


def test_check_runs_all_its_parts_then_names_those_that_failed(tmp_path: Path) -> None:
    ran = run(".ci/check", repository_with(tmp_path, FOREIGN["registry"]))

    assert ran.returncode == 1
    assert ran.stdout.count("== ") == 6
    assert ran.stderr.splitlines()[-1] == (
        "Failed: format, lint, types, import contracts, generated docs, no registry address, no machine path."
    )


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_check_finds_what_holds_on_one_machine_only(text: str, tmp_path: Path) -> None:
    ran = run(".ci/check", repository_with(tmp_path, text))

    assert f"text.md:1:{text}" in ran.stdout
    assert ran.stderr.splitlines()[-1].endswith("no registry address, no machine path.")


def test_check_lets_plain_text_pass(tmp_path: Path) -> None:
    text = "hub/work/part-00001.parquet, homes/, `emc2 run`, https://www.example.org/home/page"
    ran = run(".ci/check", repository_with(tmp_path, text))

    assert ran.stderr.splitlines()[-1] == "Failed: format, lint, types, import contracts, generated docs."


def ci_run(folder: Path, checks: str, tests: str) -> "subprocess.CompletedProcess[str]":
    """`.ci/run` over a Makefile whose two targets are these shell lines."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    (folder / "Makefile").write_text(f"check:\n\t@{checks}\ntest:\n\t@{tests}\n")
    return run(".ci/run", folder)


def test_ci_run_ends_with_the_closing_line_of_pytest(tmp_path: Path) -> None:
    ran = ci_run(tmp_path, "echo checked", "echo '12 passed in 3.45s'; echo afterwards")

    assert ran.returncode == 0
    assert ran.stdout.splitlines() == ["checked", "12 passed in 3.45s", "afterwards", "12 passed in 3.45s"]


def test_ci_run_goes_on_to_the_tests_when_the_checks_fail(tmp_path: Path) -> None:
    ran = ci_run(tmp_path, "false", "echo '12 passed in 3.45s'")

    assert ran.returncode == 1
    assert ran.stdout.splitlines()[-2:] == ["make check failed.", "12 passed in 3.45s"]


def test_ci_run_fails_when_the_tests_fail(tmp_path: Path) -> None:
    ran = ci_run(tmp_path, "true", "echo '1 failed, 11 passed in 3.45s'; false")

    assert ran.returncode == 1
    assert ran.stdout.splitlines()[-2:] == ["make test failed.", "1 failed, 11 passed in 3.45s"]


def test_ci_run_fails_when_the_tests_did_not_run(tmp_path: Path) -> None:
    ran = ci_run(tmp_path, "true", "false")

    assert ran.returncode == 1
    assert ran.stdout.splitlines()[-1] == "make test failed."
