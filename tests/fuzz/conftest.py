"""A small finished workspace with a keyring, and what identifies its persons."""

import pytest

from pipelines.keys import Keyrings
from schema.configuration import Configuration
from schema.layout import WORKSPACE, Workspace
from tests.fuzz.extract import write_extract
from tests.fuzz.targets import EXTRACT, KEYS
from tests.integration.failing import identifying
from tests.integration.workspaces import make_sources, run_all
from tests.pipelines.keyrings import PASSPHRASE, dealt


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One block, one bucket; never changed."""
    root = tmp_path_factory.mktemp("small") / WORKSPACE
    workspace = make_sources(root, seed=1, configuration=Configuration(300), workers=1)
    run_all(workspace, workers=1)
    dealt(root / KEYS)
    write_extract(workspace, root / EXTRACT)
    return workspace


@pytest.fixture(scope="session")
def values(small: Workspace) -> set[str]:
    """Numbers, pseudonyms and names of persons, and the secrets of the keyring."""
    secrets = Keyrings(small.root / KEYS, PASSPHRASE).open("custodian").secrets.values()
    return identifying(small) | {secret.hex().upper() for secret in secrets}
