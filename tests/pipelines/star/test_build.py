"""Part k of the star is a pure function of bucket k: not of file names, row order or number of files."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.ledger import Ledger, Tally, tally
from pipelines.route import bucket_schemas
from pipelines.star.build import Part, build_bucket, build_dimensions, code_keys
from schema.errors import LoadFailed
from schema.raw import TABLES as RAW
from schema.star import TABLES
from tests.pipelines.tables import EXTRACTION, fates, table

BUCKET = {
    "persons": """
        patient_key | is_in_snds | n_hospitals | linkage | alone_reason
        1           | true       | 1           | linked  |
        2           | true       | 0           | single  |
    """,
    "IR_BEN_R": """
        patient_key | BEN_SEX_COD | BEN_NAI_ANN | BEN_NAI_MOI | BEN_DCD_DTE
        1           | 2           | 1950        | 03          | 1600-01-01
        2           | 1           | 1940        | 11          | 2018-06-30
    """,
    "patient": "patient_key | source | sex | birth_date\n1 | hospital_1 | 2 | 1950-03-01",
    "ER_PRS_F": """
        patient_key | DCT_ORD_NUM | EXE_SOI_DTD | PRE_PRE_DTD | PRS_NAT_REF | PRS_PAI_MNT | BSE_REM_MNT
        1           | 1           | 2018-01-05  | 2018-01-04  | 3313        | 10.00       | 6.50
        1           | 2           | 2018-01-05  | 2018-01-04  | 3313        | -10.00      | -6.50
        2           | 3           | 2018-02-01  |             | 1110        | 25.00       | 16.50
        2           | 4           | 2018-03-01  | 2018-03-01  | 3313        | 7.10        | 4.62
    """,
    "ER_PHA_F": """
        patient_key | DCT_ORD_NUM | PHA_PRS_C13   | PHA_ACT_QSN
        1           | 1           | 3400935955838 | 1
        1           | 2           | 3400935955838 | -1
        2           | 4           | 3400900000099 | 2
    """,
    "IR_IMB_R": """
        patient_key | IMB_ALD_NUM | IMB_ALD_DTD | IMB_ALD_DTF | MED_MTF_COD
        1           | 8           | 2017-01-01  |             | ZZZ9
    """,
    "T_MCOaaC": """
        patient_key | exit_year | ETA_NUM   | RSA_NUM | EXE_SOI_DTD | EXE_SOI_DTF
        1           | 2018      | 699877908 | r1      | 2018-03-01  | 2018-03-05
    """,
    "T_MCOaaB": """
        patient_key | exit_year | ETA_NUM   | RSA_NUM | DGN_PAL | DGN_REL | GRG_GHM | COD_SEX
        1           | 2018      | 699877908 | r1      | A090    |         | 05M091  | 2
    """,
    "T_MCOaaD": "patient_key | exit_year | ETA_NUM | RSA_NUM | ASS_DGN\n1 | 2018 | 699877908 | r1 | A099",
    "T_MCOaaA": """
        patient_key | exit_year | ETA_NUM   | RSA_NUM | CDC_ACT | NBR_EXE_ACT
        1           | 2018      | 699877908 | r1      | ACQK001 | 1
    """,
    "encounter": """
        patient_key | source     | encounter_number | entry_time       | exit_time
        1           | hospital_1 | e1               | 2018-03-01 10:00 | 2018-03-05 09:00
    """,
    "diagnosis": "patient_key | source | encounter_number | position | icd10_code\n1 | hospital_1 | e1 | DP | A090",
    "procedure": """
        patient_key | source     | encounter_number | ccam_code | procedure_date
        1           | hospital_1 | e1               | ACQK001   | 2018-03-01
    """,
}
EXPECTED_ROWS = {
    "dim_patient": 3,
    "fact_hospital_stay": 1,
    "fact_stay_diagnosis": 3,
    "fact_procedure": 1,
    "fact_care_claim": 4,
    "fact_drug_dispensing": 1,
    "fact_long_term_disease": 1,
    "fact_death": 1,
    "fact_observation_period": 2,
}


def frames() -> dict[str, pl.DataFrame]:
    schemas = bucket_schemas()
    return {name: table(text, schemas[name]) for name, text in BUCKET.items()}


def lay(buckets: Path, rows: dict[str, pl.DataFrame], *, pieces: int = 1, seed: int | None = None) -> None:
    """Bucket 0 on disk, in so many files a table, shuffled if there is a seed."""
    buckets.mkdir(parents=True)
    for name, frame in rows.items():
        folder = buckets / name / "bucket=0"
        folder.mkdir(parents=True)
        ordered = frame if seed is None else frame.sample(fraction=1, shuffle=True, seed=seed)
        for k in range(pieces):
            ordered.gather_every(pieces, k).write_parquet(folder / f"{seed or 0}-{k}.parquet")
    presentations = table("PHA_CIP_C13 | PHA_PRI_UNI\n3400935955838 | 108", RAW["IR_PHA_R"].schema)
    presentations.write_parquet(buckets / "IR_PHA_R.parquet")


def build(buckets: Path, out: Path, counts: dict[str, Tally] | None = None) -> tuple[list[Part], Ledger]:
    keys = code_keys(buckets)
    said = {name: tally(frame) for name, frame in frames().items()} if counts is None else counts
    parts, ledger = build_bucket(EXTRACTION, 0, keys, bucket_schemas(), said, buckets, out)
    return [*build_dimensions(buckets, keys, out, ledger), *parts], ledger


def built(tmp_path: Path, rows: dict[str, pl.DataFrame] | None = None, **how: Any) -> tuple[dict[str, Part], Ledger]:
    name = f"{len(list(tmp_path.iterdir()))}"
    lay(tmp_path / name / "buckets", rows or frames(), **how)
    parts, ledger = build(tmp_path / name / "buckets", tmp_path / name / "star")
    return {part.table: part for part in parts}, ledger


def test_bucket_becomes_one_part_of_every_table(tmp_path: Path) -> None:
    parts, _ = built(tmp_path)
    assert set(parts) == set(TABLES)
    assert {name: parts[name].rows for name in EXPECTED_ROWS} == EXPECTED_ROWS


def test_part_says_rows_sums_and_bytes_of_what_was_written(tmp_path: Path) -> None:
    parts, _ = built(tmp_path)
    assert parts["fact_care_claim"].sums == {
        "fee_eur": 3210,
        "excess_fee_eur": 0,
        "base_eur": 0,
        "reimbursed_eur": 2112,
    }
    assert parts["fact_drug_dispensing"].sums == {"n_source_lines": 1}
    path = tmp_path / "0" / "star" / "fact_care_claim" / "part-00000.parquet"
    assert parts["fact_care_claim"].bytes == path.stat().st_size
    assert pl.read_parquet(path).height == 4


@pytest.mark.parametrize(("pieces", "seed"), [(1, 1), (2, 2), (3, 3), (3, 4)])
def test_bytes_do_not_depend_on_the_order_of_rows_or_files(tmp_path: Path, pieces: int, seed: int) -> None:
    plain, _ = built(tmp_path)
    other, _ = built(tmp_path, pieces=pieces, seed=seed)
    assert {n: p.sha256 for n, p in other.items()} == {n: p.sha256 for n, p in plain.items()}


def test_every_row_has_one_fate(tmp_path: Path) -> None:
    _, ledger = built(tmp_path)
    ledger.check_balance()
    assert {name for name in ledger.tables() if ledger.of(name, "read").rows} == (set(BUCKET) | {"IR_PHA_R"}) - {
        "persons"
    }
    assert fates(ledger, "ER_PHA_F") == {
        "read ": 3,
        "filtered netted_to_nothing": 2,
        "merged fact_drug_dispensing": 1,
    }


@pytest.mark.parametrize("name", sorted(BUCKET))
def test_row_lost_between_routing_and_star_is_seen(tmp_path: Path, name: str) -> None:
    rows = frames()
    with pytest.raises(LoadFailed, match=f"Bucket 0 of {name} does not hold the rows and cents that were routed to it"):
        built(tmp_path, rows | {name: rows[name].slice(1)})


def test_cent_changed_between_routing_and_star_is_seen(tmp_path: Path) -> None:
    rows = frames()
    changed = rows["ER_PRS_F"].with_columns(
        PRS_PAI_MNT=(pl.col("PRS_PAI_MNT") + pl.lit("0.01").cast(pl.Decimal(11, 2)))
    )
    with pytest.raises(LoadFailed, match="Bucket 0 of ER_PRS_F"):
        built(tmp_path, rows | {"ER_PRS_F": changed.cast(rows["ER_PRS_F"].schema)})


def test_bucket_without_any_row_holds_the_unknown_person_alone(tmp_path: Path) -> None:
    lay(tmp_path / "buckets", {})
    parts, _ = build(tmp_path / "buckets", tmp_path / "star", {})
    assert {part.table: part.rows for part in parts if part.table in EXPECTED_ROWS} == {
        name: int(name == "dim_patient") for name in EXPECTED_ROWS
    }


def test_star_holds_no_raw_name_no_pseudonym_and_no_unknown_patient_in_facts(tmp_path: Path) -> None:
    built(tmp_path)
    raw = {column for declared in RAW.values() for column in declared.schema if column.isupper()}
    for path in (tmp_path / "0" / "star").rglob("*.parquet"):
        frame = pl.read_parquet(path)
        assert raw.isdisjoint(frame.columns)
        assert {"pseudonym", "idacc", "handle", "token"}.isdisjoint(frame.columns)
        if path.parent.name.startswith("fact_"):
            assert frame.filter(pl.col("patient_key") <= 0).height == 0


def test_part_can_be_told_in_a_manifest(tmp_path: Path) -> None:
    parts, _ = built(tmp_path)
    assert json.loads(json.dumps([vars(part) for part in parts.values()]))[0]["table"] == "dim_date"
