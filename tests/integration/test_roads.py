"""What `emc2 circuit` prints is what travels: every letter really sent is opened by its recipient and compared."""

import shutil
from pathlib import Path

import pytest

from emc2.circuit import drawing, page
from pipelines.keys import Keyrings, demo_keyring
from pipelines.parties import play_link, play_send
from pipelines.post import read_letter
from pipelines.roads import Letter, roads
from schema.layout import HOSPITALS, PARTIES, SOURCES, Workspace
from schema.raw import declaration
from tests.integration.conftest import copy_of


@pytest.fixture(scope="module")
def sent(sources: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Letter]:
    """Tables and columns of every letter of one delivery; letters are opened before their recipients spend them."""
    folder = tmp_path_factory.mktemp("sent")
    workspace, keyrings = copy_of(sources, folder), Keyrings()
    for party in (*HOSPITALS, "funds"):
        play_send(party, workspace, keyrings, 1)
    found = _opened(workspace.post)
    play_send("snds", workspace, keyrings)
    found |= _opened(workspace.post)
    play_link(workspace, keyrings)
    found |= _opened(workspace.post)
    shutil.rmtree(folder)
    return found


def _opened(post: Path) -> dict[tuple[str, str], Letter]:
    found: dict[tuple[str, str], Letter] = {}
    for folder in sorted(post.iterdir()):
        sender, recipient = folder.name.split("_to_")
        letter = read_letter(post, sender, demo_keyring(recipient))
        tables = {name: tuple(letter.scan(name).collect_schema()) for name in letter.tables}
        found[sender, recipient] = {_declared(name): columns for name, columns in tables.items()}
    return found


def _declared(name: str) -> str:
    """`T_MCO19B` travels as itself and is declared once for all years."""
    return declaration(name).name if name.startswith("T_MCO") else name


def test_letters_go_along_the_roads_that_are_printed_and_no_other(sent: dict[tuple[str, str], Letter]) -> None:
    assert sorted(sent) == sorted(roads())


def test_letters_hold_the_tables_and_columns_that_are_printed(sent: dict[tuple[str, str], Letter]) -> None:
    said = {road: {name: sorted(columns) for name, columns in letter.items()} for road, letter in roads().items()}
    assert {road: {name: sorted(c) for name, c in letter.items()} for road, letter in sent.items()} == said


def test_every_party_has_its_step_and_the_hub_sends_nothing() -> None:
    steps = page().split("\n\n")

    assert len(steps) == 5
    assert [step for step in steps if "sends nothing" in step] == [steps[-1]]
    assert all(party in drawing() for party in PARTIES if party not in HOSPITALS)


def test_no_road_leads_back_to_a_source_but_from_the_funds_to_the_snds() -> None:
    assert [road for road in roads() if road[1] in SOURCES] == [("funds", "snds")]


def test_secrets_are_printed_with_who_holds_them() -> None:
    hospitals, funds, snds, custodian, hub = page().split("\n\n")

    assert "stage1" in hospitals
    assert "stage1" in funds
    assert "stage1" not in snds + custodian + hub
    assert "stage2" in custodian
    assert "stage2" not in hospitals + funds + snds + hub
