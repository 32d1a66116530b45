"""Loading the star into DuckDB: everything, exactly, or nothing."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from schema.errors import LoadFailed, StorageFull
from schema.layout import SYNTHETIC, Workspace, part_name
from schema.star import TABLES
from tests.warehouse.star import table
from warehouse.store.duckdb import load_star, open_read_only, refusal, sums


def rewrite(workspace: Workspace, name: str, rows: list[dict[str, object]]) -> None:
    table(name, rows).write_parquet(workspace.star / name / part_name(0))


def test_load_counts_the_rows_of_every_table(star: Workspace) -> None:
    rows = load_star(star.star, star.warehouse)
    assert list(rows) == list(TABLES)
    assert {name: n for name, n in rows.items() if n} == {
        "dim_patient": 3,
        "fact_care_claim": 4,
        "fact_drug_dispensing": 2,
    }


def test_loaded_tables_hold_what_the_parts_hold_in_their_order(loaded: Workspace) -> None:
    with open_read_only(loaded.warehouse) as connection:
        for name in TABLES:
            stored = pl.from_arrow(connection.sql(f'SELECT * FROM "{name}"').to_arrow_table())
            assert isinstance(stored, pl.DataFrame)
            assert stored.equals(pl.read_parquet(loaded.star / name)), name
            assert stored.schema == pl.read_parquet_schema(loaded.star / name / part_name(0)), name


def test_load_leaves_no_journal_beside_the_file(loaded: Workspace) -> None:
    assert sorted(p.name for p in loaded.hub.iterdir()) == ["star", "warehouse.duckdb"]


def test_load_replaces_a_file_left_by_a_run_that_was_killed(star: Workspace) -> None:
    star.warehouse.write_bytes(b"half a file")
    load_star(star.star, star.warehouse)
    assert sums(star.warehouse)["fact_care_claim"]["n_rows"] == 4


def test_every_table_and_column_carries_its_comment(loaded: Workspace) -> None:
    with open_read_only(loaded.warehouse) as connection:
        grain = connection.sql("SELECT comment FROM duckdb_tables() WHERE table_name = 'fact_death'").fetchall()
        unsaid = connection.sql("SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND comment IS NULL")
        assert grain[0][0].startswith("One row per person known to have died.")
        assert unsaid.fetchall() == [(0,)]


def test_the_file_says_that_all_is_synthetic(loaded: Workspace) -> None:
    with open_read_only(loaded.warehouse) as connection:
        assert connection.sql("SELECT * FROM notice").fetchall() == [(SYNTHETIC,)]


def test_dimensions_have_a_primary_key_and_facts_none(loaded: Workspace) -> None:
    with open_read_only(loaded.warehouse) as connection:
        keyed = connection.sql(
            "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert sorted(name for (name,) in keyed) == sorted(name for name in TABLES if name.startswith("dim_"))


def test_sums_are_exact_in_cents_and_cancellations_count(loaded: Workspace) -> None:
    found = sums(loaded.warehouse)
    claims, dispensings = found["fact_care_claim"], found["fact_drug_dispensing"]
    assert claims == {
        "n_rows": 4,
        "fee_eur": 2_500 - 2_500 + 10 + 20,
        "excess_fee_eur": 0,
        "base_eur": 0,
        "reimbursed_eur": 1_650 - 1_650 + 7 + 13,
    }
    assert dispensings == {"n_rows": 2, "n_source_lines": 3 + 1}
    assert sorted(found) == sorted(name for name in TABLES if name.startswith("fact_"))


def test_sums_of_an_empty_fact_are_zero(loaded: Workspace) -> None:
    assert sums(loaded.warehouse)["fact_procedure"] == {"n_rows": 0, "n_source_rows": 0}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("fact_drug_dispensing", {"patient_key": 424_242, "quantity_packs": 0}),
        ("fact_death", {"patient_key": 0, "death_date_source": "canary"}),
        ("dim_patient", {"patient_key": 3, "linkage": "canary"}),
    ],
)
def test_a_row_that_breaks_a_rule_stops_the_load_and_is_not_shown(
    star: Workspace, name: str, row: dict[str, object]
) -> None:
    rewrite(star, name, [row])
    with pytest.raises(LoadFailed, match=rf"^{name}: a rule") as caught:
        load_star(star.star, star.warehouse)
    assert "canary" not in str(caught.value)
    assert "424242" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert not star.warehouse.exists()


def test_a_key_that_comes_twice_in_a_dimension_stops_the_load(star: Workspace) -> None:
    rewrite(star, "dim_patient", [{"patient_key": 777_777}, {"patient_key": 777_777}])
    with pytest.raises(LoadFailed, match=r"^dim_patient: a rule") as caught:
        load_star(star.star, star.warehouse)
    assert "777777" not in str(caught.value)


def test_a_missing_value_where_none_may_be_stops_the_load(star: Workspace) -> None:
    rewrite(star, "fact_death", [{"patient_key": 1, "death_date": None}])
    with pytest.raises(LoadFailed, match=r"^fact_death: a rule"):
        load_star(star.star, star.warehouse)


def test_a_table_without_parts_stops_the_load_before_anything_is_written(star: Workspace) -> None:
    for part in (star.star / "fact_death").iterdir():
        part.unlink()
    star.warehouse.write_bytes(b"the old one")
    with pytest.raises(LoadFailed, match=r"^fact_death has no part: delete hub/star and run `emc2 run` again\.$"):
        load_star(star.star, star.warehouse)
    assert star.warehouse.read_bytes() == b"the old one"


def test_a_part_with_other_types_stops_the_load(star: Workspace) -> None:
    wrong = table("fact_death", []).with_columns(pl.col("patient_key").cast(pl.Int64))
    wrong.write_parquet(star.star / "fact_death" / part_name(1))
    with pytest.raises(LoadFailed, match=r"^fact_death: 1 of 2 parts"):
        load_star(star.star, star.warehouse)


def test_a_torn_part_is_told_without_its_path(star: Workspace, tmp_path: Path) -> None:
    part = star.star / "fact_care_claim" / part_name(0)
    torn = bytearray(part.read_bytes())
    torn[4:200] = bytes(196)
    part.write_bytes(torn)
    with pytest.raises(LoadFailed, match="nothing was replaced") as caught:
        load_star(star.star, star.warehouse)
    assert str(tmp_path) not in str(caught.value)
    assert not star.warehouse.exists()


def test_a_folder_named_like_a_column_does_not_become_one(tmp_path: Path, star: Workspace) -> None:
    moved = Workspace(tmp_path / "patient_key=9")
    star.root.rename(moved.root)
    load_star(moved.star, moved.warehouse)
    with duckdb.connect(moved.warehouse, read_only=True) as connection:
        assert connection.sql("SELECT sum(patient_key) FROM fact_care_claim").fetchall() == [(1 + 1 + 2 + 2,)]


def test_a_full_disk_is_told_as_such() -> None:
    # A disk cannot be filled within a test: this is what DuckDB says when it is.
    said = duckdb.IOException('IO Error: Could not write file "w.duckdb.next": No space left on device')
    told = refusal(said)
    assert isinstance(told, StorageFull)
    assert "w.duckdb.next" not in str(told)
