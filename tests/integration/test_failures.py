"""Each failure mode through the real command: its exit code, one sentence, no traceback, no value, nothing lost."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from pipelines.lock import held
from schema.configuration import Configuration
from schema.layout import WORKSPACE, Workspace
from tests.integration.failing import identifying, kept, pattern, run_failing, words
from tests.integration.failures import PERSONS, Failure
from tests.integration.failures_all import FAILURES
from tests.integration.workspaces import emc2, hashes, make_sources, run_all

SEED = 1  # what the command takes where none is named


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A finished workspace of one block and one bucket; never changed."""
    workspace = make_sources(
        tmp_path_factory.mktemp("small") / WORKSPACE, seed=SEED, configuration=Configuration(PERSONS), workers=1
    )
    run_all(workspace, workers=1)
    return workspace


@pytest.fixture(scope="module")
def values(small: Workspace) -> set[str]:
    return identifying(small)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here = tmp_path / "here"
    here.mkdir()
    return here


@pytest.mark.parametrize(
    "failure",
    [pytest.param(f, id=f.name, marks=[pytest.mark.slow] if f.is_slow else []) for f in FAILURES],
)
def test_it_ends_in_its_sentence_and_loses_nothing(
    failure: Failure, small: Workspace, values: set[str], folder: Path
) -> None:
    if not failure.starts_empty:
        shutil.copytree(small.root, folder / WORKSPACE)
    failure.provoke(folder)
    before = kept(folder)
    hold = held(Workspace(folder / WORKSPACE)) if failure.is_held else contextlib.nullcontext()
    with hold:
        result = run_failing(failure, folder)

    _open_again(folder)
    assert result.returncode == failure.code, result.stderr
    assert "Traceback" not in result.stderr
    assert words(result.stdout + result.stderr) & values <= words(failure.sentence)
    if failure.code == 0:
        assert hashes(folder / WORKSPACE / "hub/star") == hashes(small.star)
        assert emc2("run", cwd=folder).stderr.endswith("nothing to do.\n")
        return
    *progress, last = result.stderr.splitlines()
    assert pattern(failure.sentence, folder if failure.room is None else folder.parent / "disk").fullmatch(last), last
    assert not [line for line in progress if line.startswith("emc2:")]
    assert kept(folder) == before
    if failure.interruption and "run" in failure.command:
        assert emc2("run", cwd=folder).returncode == 0
        assert hashes(folder / WORKSPACE / "hub/star") == hashes(small.star)


def _open_again(folder: Path) -> None:
    """What was sealed, so that it can be compared and removed."""
    for path in (folder, *folder.rglob("*")):
        if not os.access(path, os.W_OK) or path.stat().st_mode & 0o200 == 0:
            path.chmod(0o700 if path.is_dir() else 0o600)


def test_no_two_modes_have_one_name() -> None:
    names = [failure.name for failure in FAILURES]
    assert sorted({name for name in names if names.count(name) > 1}) == []
