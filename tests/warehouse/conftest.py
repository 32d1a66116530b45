"""A loaded warehouse of three persons, two parts a table."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from schema.layout import Workspace
from tests.warehouse.star import write_star
from warehouse.store.duckdb import load_star

PERSONS: list[dict[str, Any]] = [
    {"patient_key": 1, "sex_code": 1, "birth_month_date": date(1950, 3, 1)},
    {"patient_key": 2, "sex_code": 2, "birth_month_date": date(1980, 7, 1)},
    {"patient_key": 3, "sex_code": None, "birth_month_date": None, "linkage": "alone", "alone_reason": "missing"},
]
CLAIMS: list[dict[str, Any]] = [
    {"patient_key": 1, "claim_number": 1, "fee_eur": Decimal("25.00"), "reimbursed_eur": Decimal("16.50")},
    {"patient_key": 1, "claim_number": 2, "fee_eur": Decimal("-25.00"), "reimbursed_eur": Decimal("-16.50")},
    {"patient_key": 2, "claim_number": 1, "fee_eur": Decimal("0.10"), "reimbursed_eur": Decimal("0.07")},
    {"patient_key": 2, "claim_number": 2, "fee_eur": Decimal("0.20"), "reimbursed_eur": Decimal("0.13")},
]
DISPENSINGS: list[dict[str, Any]] = [
    {"patient_key": 1, "dispensing_number": 1, "drug_key": 1, "n_source_lines": 3},
    {"patient_key": 2, "dispensing_number": 1, "drug_key": 1, "n_source_lines": 1},
]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    tables: dict[str, list[dict[str, Any]]] = {
        "dim_patient": PERSONS,
        "fact_care_claim": CLAIMS,
        "fact_drug_dispensing": DISPENSINGS,
    }
    workspace = write_star(tmp_path_factory.mktemp("template") / "emc2-data", tables, n_parts=2)
    load_star(workspace.star, workspace.warehouse)
    return workspace


@pytest.fixture
def loaded(template: Workspace, tmp_path: Path) -> Workspace:
    return Workspace(copytree(template.root, tmp_path / "emc2-data"))


@pytest.fixture
def star(loaded: Workspace) -> Workspace:
    loaded.warehouse.unlink()
    return loaded
