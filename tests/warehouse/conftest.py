"""A loaded warehouse of three persons, two parts a table."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schema.layout import Workspace
from tests.warehouse.star import write_star
from warehouse.store.duckdb import load_star

PERSONS = [
    {"patient_key": 1, "sex_code": 1, "birth_month_date": date(1950, 3, 1)},
    {"patient_key": 2, "sex_code": 2, "birth_month_date": date(1980, 7, 1)},
    {"patient_key": 3, "sex_code": None, "birth_month_date": None, "linkage": "alone", "alone_reason": "missing"},
]
CLAIMS = [
    {"patient_key": 1, "claim_number": 1, "fee_eur": Decimal("25.00"), "reimbursed_eur": Decimal("16.50")},
    {"patient_key": 1, "claim_number": 2, "fee_eur": Decimal("-25.00"), "reimbursed_eur": Decimal("-16.50")},
    {"patient_key": 2, "claim_number": 1, "fee_eur": Decimal("0.10"), "reimbursed_eur": Decimal("0.07")},
    {"patient_key": 2, "claim_number": 2, "fee_eur": Decimal("0.20"), "reimbursed_eur": Decimal("0.13")},
]
DISPENSINGS = [
    {"patient_key": 1, "dispensing_number": 1, "drug_key": 1, "n_source_lines": 3},
    {"patient_key": 2, "dispensing_number": 1, "drug_key": 1, "n_source_lines": 1},
]


@pytest.fixture
def star(tmp_path: Path) -> Workspace:
    tables = {"dim_patient": PERSONS, "fact_care_claim": CLAIMS, "fact_drug_dispensing": DISPENSINGS}
    return write_star(tmp_path / "emc2-data", tables, n_parts=2)


@pytest.fixture
def loaded(star: Workspace) -> Workspace:
    load_star(star.star, star.warehouse)
    return star
