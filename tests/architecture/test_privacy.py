"""The privacy page: every function and test that it names is there, and its generated blocks are current."""

import ast
import json
import re
from pathlib import Path

import pytest

from docs.privacy import EXPOSURE, PRIVACY, exposure_table, filled
from schema.layout import PARTIES
from tests.architecture.tree import ROOT

PLACE = re.compile(r"`(\w+)` in `([\w/]+\.py)`")


def rows(page: str) -> list[list[str]]:
    """Cells of the table of properties."""
    section = page.split("## Who answers for what")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def defines(path: Path, name: str) -> bool:
    if not path.is_file():
        return False
    nodes = ast.parse(path.read_text()).body
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name for node in nodes)


def absent(cell: str) -> list[str]:
    """Names that the files named with them do not define; a cell that names nothing is absent itself."""
    found = PLACE.findall(cell)
    return [f"{name} in {path}" for name, path in found if not defines(ROOT / path, name)] if found else [cell]


def test_every_function_that_answers_and_every_test_exists() -> None:
    table = rows(PRIVACY.read_text())

    assert len(table) > 20
    assert [missing for _, function, test in table for missing in (*absent(function), *absent(test))] == []


def test_every_property_has_a_test_that_pytest_collects() -> None:
    tests = [PLACE.findall(test) for _, _, test in rows(PRIVACY.read_text())]
    assert [t for found in tests for t in found if not (t[0].startswith("test_") and t[1].startswith("tests/"))] == []


def test_name_that_is_not_there_is_found() -> None:
    assert absent("`nobody` in `schema/frames.py`") == ["nobody in schema/frames.py"]
    assert absent("`read_declaration` in `schema/nowhere.py`") == ["read_declaration in schema/nowhere.py"]
    assert absent("somebody answers") == ["somebody answers"]
    assert absent("`read_declaration` in `schema/frames.py`") == []


def test_generated_blocks_are_current() -> None:
    page = PRIVACY.read_text()

    assert page.count("<!-- generated: ") == 3
    assert filled(page) == page
    assert filled(page.replace("flowchart LR", "flowchart RL")) == page


def test_measured_figures_are_those_recorded() -> None:
    found = json.loads(EXPOSURE.read_text())

    assert exposure_table(found) in PRIVACY.read_text()
    with pytest.raises(KeyError):
        exposure_table({})


def test_every_party_is_somewhere_among_the_adversaries() -> None:
    section = PRIVACY.read_text().split("## Against whom")[1].split("\n## ")[0].lower()
    assert [party for party in PARTIES if party.split("_")[0] not in section] == []
