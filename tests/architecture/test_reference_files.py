"""Data as files: each CSV says on its first line where it comes from, and a nomenclature under which licence."""

from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, relative, root_packages


def csv_files() -> list[Path]:
    return sorted(path for package in root_packages() for path in (ROOT / package).rglob("*.csv"))


def first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines).rstrip("\n")


def test_reference_tables_and_declarations_are_there_to_be_read() -> None:
    assert {"schema/reference/drug.csv", "schema/raw/ER_PRS_F.csv"} <= {relative(path) for path in csv_files()}


@pytest.mark.parametrize("path", csv_files(), ids=relative)
def test_csv_file_names_its_source(path: Path) -> None:
    source = first_line(path).removeprefix("# source:")
    assert source != first_line(path)
    assert len(source.split()) > 1


@pytest.mark.parametrize("path", sorted((ROOT / "schema" / "reference").glob("*.csv")), ids=relative)
def test_reference_table_names_its_date_and_licence(path: Path) -> None:
    parts = [part.strip() for part in first_line(path).split(";")]
    assert [p for p in parts if p.startswith("date: ")], "no date"
    assert [p for p in parts if p.startswith("licence: ")], "no licence"
