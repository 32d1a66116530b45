"""A small finished workspace with a keyring, and what identifies its persons."""

from pathlib import Path

import pytest

from pipelines.keys import draw_keyrings
from schema.configuration import Configuration
from schema.layout import WORKSPACE, Workspace
from tests.fuzz.extract import write_extract
from tests.fuzz.targets import EXTRACT, KEYS
from tests.integration.failing import identifying
from tests.integration.workspaces import make_sources, run_all


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One block, one bucket; never changed."""
    root = tmp_path_factory.mktemp("small") / WORKSPACE
    workspace = make_sources(root, seed=1, configuration=Configuration(300), workers=1)
    run_all(workspace, workers=1)
    draw_keyrings(root / KEYS)
    write_extract(workspace, root / EXTRACT)
    return workspace


@pytest.fixture(scope="session")
def values(small: Workspace) -> set[str]:
    """Numbers, pseudonyms and names of persons, and the secrets of the keyring."""
    secrets = {word.upper() for path in Path(small.root / KEYS).iterdir() for word in path.read_text().split('"')}
    return identifying(small) | {word for word in secrets if len(word) == 64}
