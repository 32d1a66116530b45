"""One small world and one finished workspace for the whole session; tests copy what they change."""

import shutil
from pathlib import Path

import pytest

from schema.layout import Workspace
from tests.integration.workspaces import make_sources, run_all


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Sources and truth only; never changed."""
    return make_sources(tmp_path_factory.mktemp("sources") / "emc2-data")


@pytest.fixture(scope="session")
def finished(sources: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace run with the demo keys; never changed."""
    workspace = copy_of(sources, tmp_path_factory.mktemp("finished"))
    run_all(workspace)
    return workspace


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    """A copy to change, in `folder/emc2-data`."""
    shutil.copytree(workspace.root, folder / "emc2-data")
    return Workspace(folder / "emc2-data")
