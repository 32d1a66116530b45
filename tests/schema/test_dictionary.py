"""The data dictionary says all that is declared, and the committed pages are those that the declarations give."""

from pathlib import Path

import polars as pl
import pytest

from docs.generate import main, stale, write
from schema import dictionary, raw, reference
from schema.frames import PRIVACY_TAGS, Column, DeclaredTable
from schema.star import TABLES


def section(page: str, title: str) -> str:
    """Text of one table of a page."""
    return page.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def test_every_star_column_stands_in_its_table_with_its_comment() -> None:
    page = dictionary.star_page()
    for name, table in TABLES.items():
        found = section(page, name)
        for c in table.columns:
            assert f"| `{c.name}` | `{c.type}` |" in found, f"{name}.{c.name}"
            assert str(c.comment) in found, f"{name}.{c.name}"


def test_a_star_table_shows_its_grain_keys_nulls_and_checks() -> None:
    found = section(dictionary.star_page(), "fact_death")
    assert found == (
        "\nOne row per person known to have died.\n"
        "\nThe date is that of the SNDS register (IR_BEN_R; 1600-01-01 there means none). No cause yet.\n"
        "\n| column | type | key | may be null | meaning |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `patient_key` | `INTEGER` | yes |  | person, dim_patient |\n"
        "| `death_date` | `DATE` |  |  | day of death |\n"
        "| `death_date_source` | `VARCHAR` |  |  | where the date was found: IR_BEN_R |\n"
        "\nChecks:\n"
        "\n- `person_is_known`: `patient_key > 0`\n"
    )


def test_the_diagram_joins_each_fact_to_its_dimensions() -> None:
    diagram = dictionary.star_page().split("```")[1]
    assert 'dim_patient ||--o{ fact_death : "patient_key"' in diagram
    assert 'dim_diagnosis ||--o{ fact_hospital_stay : "principal_diagnosis_key"' in diagram
    assert 'fact_hospital_stay ||--o{ fact_procedure : "patient_key, stay_number"' in diagram
    assert "dim_date" not in diagram
    for name in TABLES:
        assert name in diagram or name == "dim_date", name


def test_every_source_column_shows_its_privacy_tag_and_constants_show_as_such() -> None:
    page = dictionary.sources_page()
    for name, table in raw.TABLES.items():
        found = section(page, name)
        for c in table.columns:
            line = next(line for line in found.splitlines() if line.startswith(f"| `{c.name}` |"))
            assert f"| {c.privacy} |" in line, f"{name}.{c.name}"
            assert ("(always " in line) == (c.constant is not None), f"{name}.{c.name}"


def test_every_privacy_tag_is_explained() -> None:
    explained = dictionary.sources_page().split("\n## ", maxsplit=1)[0]
    for tag in PRIVACY_TAGS:
        assert f"\n- `{tag}`: " in explained, tag


def test_every_reference_table_shows_its_source_and_size() -> None:
    page = dictionary.reference_page()
    for name in reference.names():
        found = section(page, name)
        assert reference.source(name) in found
        assert f"\n{reference.read(name).height:,} rows. " in found


def test_a_bar_in_a_text_does_not_split_its_cell() -> None:
    column = Column("sex", pl.String(), None, "quasi", None, "1 man|2 woman", "never")
    found = dictionary.source_table(DeclaredTable("patient", "written here", (column,)))
    assert found.splitlines()[-1] == "| `sex` | `String` |  | quasi | 1 man\\|2 woman | never |"


def test_pages_are_the_same_each_time() -> None:
    assert dictionary.pages() == dictionary.pages()


def test_check_names_the_stale_page_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "star.md").write_text("old")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == "docs/reference/star.md is stale: run `python docs/generate.py`.\n"
    assert (tmp_path / "star.md").read_text() == "old"


def test_an_absent_page_is_stale_and_writing_cures_it(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    assert stale(folder, {"a.md": "text"}) == ["a.md"]
    write(folder, {"a.md": "text"})
    assert stale(folder, {"a.md": "text"}) == []


def test_the_committed_pages_are_current() -> None:
    assert main(["--check"]) == 0
