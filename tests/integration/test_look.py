"""What `emc2 look` shows, and what it cannot show."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from emc2.look import look
from emc2.tags import privacy_tag
from pipelines.keys import demo_keyring
from pipelines.ledger import tally
from pipelines.post import Draft
from pipelines.register import SCHEMA as REGISTER_SCHEMA
from pipelines.route import bucket_schemas
from pipelines.vault import SCHEMA as VAULT_SCHEMA
from schema.base import polars_schema
from schema.errors import SchemaViolation, SettingsError
from schema.frames import PRIVACY_TAGS
from schema.layout import Workspace, parts
from schema.raw import TABLES as RAW
from schema.star import TABLES
from tests.integration.workspaces import emc2


def shown(path: Path) -> str:
    return "\n\n".join(look(path))


def test_table_is_shown_by_column_with_tag_and_three_rows(finished: Workspace) -> None:
    folder = finished.source("hospital_1") / "patient"
    first = pl.read_parquet(parts(folder)[0]).head(3)
    page = shown(folder)
    line = next(line.split() for line in page.splitlines() if line.startswith("insured_nir"))

    assert line[:2] == ["insured_nir", "person"]
    assert line[2:] == [value or "-" for value in first["insured_nir"]]
    assert f"{pl.scan_parquet(parts(folder)).select(pl.len()).collect().item():,} rows" in page


def test_folder_of_few_tables_shows_each_and_of_many_a_line_each(finished: Workspace) -> None:
    hospital, snds = shown(finished.source("hospital_1")), shown(finished.source("snds"))

    assert hospital.count("row 1") == 4
    assert snds.count("row 1") == 0
    assert "ER_PRS_F" in snds


def test_vault_shows_tokens_in_base32_and_no_name(finished: Workspace) -> None:
    page = shown(finished.custodian)
    line = next(line.split() for line in page.splitlines() if line.startswith("token"))

    assert line[1] == "person"
    assert [len(text) for text in line[2:]] == [26, 26, 26]  # 16 bytes


def test_warehouse_is_shown_table_by_table(finished: Workspace) -> None:
    page = shown(finished.warehouse)

    assert all(f"warehouse.duckdb, {name}:" in page for name in TABLES)
    assert "birth_month_date  quasi" in page


def test_truth_is_tagged_as_truth(finished: Workspace) -> None:
    assert {line.split()[1] for line in shown(finished.truth / "person").splitlines()[3:]} == {"truth"}


def test_sealed_letter_shows_its_header_and_none_of_its_rows(tmp_path: Path) -> None:
    persons = pl.DataFrame({"idacc": [1, 2], "handle": [b"SECRET", b"SECRET"]})
    draft = Draft(tmp_path / "post", demo_keyring("funds"), "custodian", 7)
    draft.add("persons", persons, tally(persons))
    draft.send()
    letter = tmp_path / "post" / "funds_to_custodian"
    page = shown(letter)

    assert "sealed letter from funds to custodian, delivery 7" in page
    assert "persons" in page
    assert "2 rows, sealed" in page
    assert "SECRET" not in page
    assert "sealed letter, delivery 7" in shown(tmp_path / "post")
    assert "handle" not in shown(letter / "persons")
    assert "no row can be read" in shown(letter / "persons" / "part-00000.parquet")


def test_json_is_summarised(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"party": "hub", "keys": [1, 2]}')
    (tmp_path / "b.json").write_text("[1, 2, 3]")

    assert shown(tmp_path / "a.json").splitlines()[1:] == ["  party: hub", "  keys: 2 entries"]
    assert shown(tmp_path / "b.json").endswith("3 entries")


def test_imported_extract_is_refused_wherever_one_looks_into_it(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.hub / "star" / "dim_patient", tmp_path / "hub" / "star" / "dim_patient")
    said = {"configuration": {"extraction_date": "2020-01-01", "has_claim_key": True}}
    (tmp_path / "manifest.json").write_text(json.dumps(said))

    with pytest.raises(SettingsError, match="may hold real persons"):
        shown(tmp_path / "hub" / "star" / "dim_patient")


def test_absent_path_and_damaged_file_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "part-00000.parquet").write_bytes(b"no Parquet")

    with pytest.raises(SettingsError, match="is absent"):
        shown(tmp_path / "nothing")
    with pytest.raises(SchemaViolation, match="cannot be read"):
        shown(tmp_path)


def test_command_shows_rows_and_says_that_they_are_synthetic(finished: Workspace) -> None:
    ran = emc2("look", "emc2-data/hub/register.parquet", cwd=finished.root.parent)

    assert ran.returncode == 0
    assert "pseudonym" in ran.stdout
    assert "for synthetic workspaces alone" in ran.stderr


def test_every_column_of_every_declared_table_has_a_tag() -> None:
    schemas = {name: table.schema for name, table in RAW.items()}
    schemas |= {name: polars_schema(table) for name, table in TABLES.items()}
    schemas |= {"vault": VAULT_SCHEMA, "register": REGISTER_SCHEMA}
    schemas |= bucket_schemas()
    tags = {(table, column): privacy_tag(table, column) for table, schema in schemas.items() for column in schema}

    assert {place: tag for place, tag in tags.items() if tag not in PRIVACY_TAGS} == {}
    assert privacy_tag("vault", "name") == "undeclared"


def test_nothing_past_the_sources_is_tagged_direct() -> None:
    past = {name: polars_schema(table) for name, table in TABLES.items()} | bucket_schemas()
    past |= {"vault": VAULT_SCHEMA, "register": REGISTER_SCHEMA}

    assert [(t, c) for t, schema in past.items() for c in schema if privacy_tag(t, c) == "direct"] == []
