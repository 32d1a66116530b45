"""What the developers' pages name is there."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, project, relative

PAGES = [ROOT / "DEVELOPERS.md", ROOT / "GLOSSARY.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]


def named_files(page: str) -> set[str]:
    """Modules named in backticks, by their path from the root; `<table>` stands for any."""
    return set(re.findall(r"`([a-z_]+/[a-z0-9_/<>]+\.py)`", page))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    assert [path for path in named_files(page.read_text()) if not list(ROOT.glob(path.replace("<table>", "*")))] == []


def test_every_target_of_make_that_the_page_names_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = re.findall(r"^\| `make ([a-z]+)`", (ROOT / "DEVELOPERS.md").read_text(), flags=re.MULTILINE)
    assert sorted(named) == sorted({*targets} - {"build"})


def test_every_contract_about_a_floor_has_its_floor_on_the_page() -> None:
    page = (ROOT / "DEVELOPERS.md").read_text()
    assert [p for p in project()["tool"]["importlinter"]["root_packages"] if f"| `{p}/` |" not in page] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.read_text().split(".")[0] for page in pages] == [f"# {n}" for n in range(1, len(pages) + 1)]
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))


def test_licence_is_the_one_the_project_declares() -> None:
    assert project()["project"]["license"] == "Apache-2.0"
    assert "Apache License\n" + " " * 27 + "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text()
