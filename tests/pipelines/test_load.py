"""The warehouse is replaced only by a star that holds the rows and cents that its builders wrote."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.load import load
from schema.errors import LoadFailed
from schema.layout import part_name
from schema.star import TABLES
from tests.warehouse.star import write_star

CLAIMS = [
    {"patient_key": 1, "claim_number": 1, "fee_eur": Decimal("25.00")},
    {"patient_key": 1, "claim_number": 2, "fee_eur": Decimal("-0.05")},
]


def star(tmp_path: Path) -> Path:
    return write_star(tmp_path / "workspace", {"dim_patient": [{"patient_key": 1}], "fact_care_claim": CLAIMS}).star


def expected(rows: int = 2, cents: int = 2495) -> dict[str, dict[str, int]]:
    money = {"fee_eur": cents, "excess_fee_eur": 0, "base_eur": 0, "reimbursed_eur": 0}
    return {"dim_patient": {"n_rows": 1}, "fact_care_claim": {"n_rows": rows, **money}}


def test_star_as_built_is_loaded_and_nothing_is_left_beside(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    rows = load(star(tmp_path), warehouse, expected(), 1)
    assert rows["fact_care_claim"] == 2
    assert set(rows) == set(TABLES)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["warehouse.duckdb"]


@pytest.mark.parametrize(
    ("counted", "named"),
    [
        (expected(rows=3), "fact_care_claim"),
        (expected(cents=2496), "fact_care_claim"),
        (expected() | {"dim_patient": {"n_rows": 2}}, "dim_patient"),
        (expected() | {"fact_death": {"n_rows": 1}}, "fact_death"),
    ],
    ids=["row", "cent", "person", "death"],
)
def test_lost_row_or_cent_leaves_the_old_warehouse(
    tmp_path: Path, counted: dict[str, dict[str, int]], named: str
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    warehouse.write_bytes(b"old")
    with pytest.raises(LoadFailed, match=f"Rows or cents of {named} are not those of the star that was built"):
        load(star(tmp_path), warehouse, counted, 1)
    assert warehouse.read_bytes() == b"old"
    assert not (tmp_path / "warehouse.duckdb.next").exists()


def test_star_that_breaks_a_rule_leaves_the_old_warehouse(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    warehouse.write_bytes(b"old")
    root = star(tmp_path)
    path = root / "fact_care_claim" / part_name(0)
    pl.read_parquet(path).with_columns(patient_key=pl.lit(0, pl.Int32)).write_parquet(path)
    with pytest.raises(LoadFailed, match="nothing was replaced"):
        load(root, warehouse, expected(), 1)
    assert warehouse.read_bytes() == b"old"
    assert not (tmp_path / "warehouse.duckdb.next").exists()
