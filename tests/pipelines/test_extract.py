"""A source's files as declared, its bad rows counted by rule, its counts and cents compared with its manifest."""

import json
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.extract import Extract, declared_rules, read_part, required, split_broken
from pipelines.ledger import Ledger, Tally, tally
from pipelines.workers import processes
from schema.errors import MissingStage, SchemaViolation
from schema.raw import TABLES
from tests.pipelines.tables import fates

PATIENT, CLAIM = TABLES["patient"], TABLES["ER_PRS_F"]
READ = ("patient_number", "insured_nir", "birth_date", "sex")
SECRET = "295109912611193"  # a value that no message may show


def patients(*numbers: str | None) -> pl.DataFrame:
    plain = {"insured_nir": SECRET, "birth_date": date(1990, 5, 17), "sex": 2}
    rows = [dict.fromkeys(PATIENT.schema) | plain | {"patient_number": n} for n in numbers]
    return pl.DataFrame(rows, schema=PATIENT.schema)


def claims(*euros: str) -> pl.DataFrame:
    plain = {
        name: {pl.String: "x", pl.Date: date(2018, 1, 1), pl.Int64: 1}.get(type(dtype), Decimal(0))
        for name, dtype in CLAIM.schema.items()
    }
    rows = [plain | {"PRS_PAI_MNT": Decimal(e), "PRS_ORD_NUM": i} for i, e in enumerate(euros)]
    return pl.DataFrame(rows, schema=CLAIM.schema)


def source(root: Path, **tables: list[pl.DataFrame]) -> Extract:
    """A source with the given parts, and the manifest that its writer would leave."""
    counted: dict[str, Any] = {}
    for name, frames in tables.items():
        (root / name).mkdir(parents=True)
        for k, frame in enumerate(frames):
            frame.write_parquet(root / name / f"part-{k:05d}.parquet")
        counted[name] = tally(pl.concat(frames)).as_json()
    root.mkdir(exist_ok=True)
    (root / "manifest.json").write_text(json.dumps({"tables": counted}))
    return Extract(root, Ledger())


def refusal(function: Callable[[], Any]) -> str:
    with pytest.raises(SchemaViolation) as caught:
        function()
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_valid_rows_are_read_in_the_columns_asked_for(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1", "2"), patients("3")])
    frame = extract.whole("patient", READ)
    assert frame.columns == list(READ)
    assert frame["patient_number"].to_list() == ["1", "2", "3"]
    assert fates(extract.ledger, "patient") == {"read ": 3}


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda f: f.drop("birth_date"), "1 columns are absent .* \\(birth_date\\)"),
        (lambda f: f.with_columns(pl.col("birth_date").cast(pl.String)), "1 columns .* \\(birth_date\\)"),
        (lambda f: f.with_columns(pl.col("sex").cast(pl.Int32)), "1 columns .* \\(sex\\)"),
        (lambda f: f.rename({"insured_nir": "NIR"}), "1 columns .* \\(insured_nir\\)"),
        (lambda f: f.select("patient_number"), "10 columns .* \\(insured_nir, own_nir, birth_name\\)"),
        (lambda f: f.drop("own_nir"), "1 columns .* \\(own_nir\\)"),
    ],
    ids=["absent", "text for date", "narrow number", "renamed", "one column", "absent and not asked for"],
)
def test_file_of_another_shape_is_refused(
    tmp_path: Path, spoil: Callable[[pl.DataFrame], pl.DataFrame], named: str
) -> None:
    extract = source(tmp_path / "hospital_1", patient=[spoil(patients("1"))])
    with pytest.raises(SchemaViolation, match=f"patient/part-00000.parquet: {named}: restore the file"):
        extract.whole("patient", READ)


@pytest.mark.parametrize("column", ["PRS_PAI_MNT", "BSE_REM_PRU"])
def test_money_at_another_scale_is_refused(tmp_path: Path, column: str) -> None:
    spoilt = claims("1.00").with_columns(pl.col(column).cast(pl.Decimal(12, 3)))
    extract = source(tmp_path / "snds", ER_PRS_F=[spoilt])
    assert column in refusal(lambda: list(extract.parts("ER_PRS_F", ["PRS_PAI_MNT"])))


def test_column_that_nobody_declared_is_left_where_it_is(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1").with_columns(more=pl.lit(1))])
    assert extract.whole("patient", READ).columns == list(READ)


@pytest.mark.parametrize("kept", [0, 1, 4, 100, -4, -8, -60])
def test_truncated_parquet_is_refused(tmp_path: Path, kept: int) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1", "2")])
    path = tmp_path / "hospital_1" / "patient" / "part-00000.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    said = refusal(lambda: extract.whole("patient", READ))
    assert said.startswith("hospital_1/patient/part-00000.parquet cannot be read as Parquet: restore it")


def test_directory_in_the_place_of_a_part_is_refused(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1")])
    path = tmp_path / "hospital_1" / "patient" / "part-00000.parquet"
    path.unlink()
    path.mkdir()
    assert "part-00000.parquet" in refusal(lambda: extract.whole("patient", READ))


def test_every_byte_of_a_part_may_be_spoilt_and_no_other_error_comes(tmp_path: Path) -> None:
    """Where pages are spoilt Polars panics, or ends its process, for which the last door has a sentence.

    A spoilt value may pass, for it has no check.
    """
    path = tmp_path / "part-00000.parquet"
    patients(*map(str, range(30))).write_parquet(path)
    whole = path.read_bytes()
    left = list(range(4, len(whole), 19))
    refused = 0
    while left:
        with processes(1, 1) as pool, suppress(BrokenProcessPool):
            while left:
                k = left.pop()
                path.write_bytes(whole[:k] + bytes([whole[k] ^ 0x55]) + whole[k + 1 :])
                try:
                    pool.submit(read_part, path, PATIENT, READ).result()
                except SchemaViolation:
                    refused += 1
    assert refused > 10


def test_nulls_are_rejected_and_counted_by_the_first_rule_broken(tmp_path: Path) -> None:
    spoilt = patients("1", None, "3", None).with_columns(
        birth_date=pl.Series([None, None, date(1990, 1, 1), date(1990, 1, 1)], dtype=pl.Date)
    )
    extract = source(tmp_path / "hospital_1", patient=[spoilt])
    assert extract.whole("patient", READ)["patient_number"].to_list() == ["3"]
    assert fates(extract.ledger, "patient") == {
        "read ": 4,
        "rejected null_in_patient_number": 2,
        "rejected null_in_birth_date": 1,
    }


def test_null_that_may_be_is_kept(tmp_path: Path) -> None:
    frame = patients("1").with_columns(insured_nir=pl.lit(None, pl.String))
    assert source(tmp_path / "hospital_1", patient=[frame]).whole("patient", READ)["insured_nir"].to_list() == [None]
    assert required(PATIENT, READ) == ["patient_number", "birth_date", "sex"]


def test_rows_without_nulls_leave_an_empty_reject_of_the_same_columns() -> None:
    valid, rejected = split_broken(patients("1"), declared_rules(PATIENT, list(PATIENT.schema)))
    assert (valid.height, rejected.height) == (1, 0)
    assert rejected.columns == [*PATIENT.schema, "rule"]


def test_cents_of_rejected_rows_are_counted(tmp_path: Path) -> None:
    frame = claims("1.10", "2.20").with_columns(
        EXE_SOI_DTD=pl.Series([None, date(2018, 1, 1)], dtype=pl.Date),
    )
    extract = source(tmp_path / "snds", ER_PRS_F=[frame])
    list(extract.parts("ER_PRS_F", ["EXE_SOI_DTD", "PRS_PAI_MNT"]))
    assert extract.ledger.of("ER_PRS_F", "read") == Tally(2, {"PRS_PAI_MNT": 330})
    assert extract.ledger.of("ER_PRS_F", "rejected") == Tally(1, {"PRS_PAI_MNT": 110})


def test_repeated_key_is_rejected_across_parts_and_the_first_row_kept(tmp_path: Path) -> None:
    again = patients("1", "9").with_columns(sex=pl.lit(1, pl.Int64))
    extract = source(tmp_path / "hospital_1", patient=[patients("1", "2", "2"), again])
    frame = extract.whole("patient", READ)
    assert frame.select("patient_number", "sex").rows() == [("1", 2), ("2", 2), ("9", 1)]
    assert fates(extract.ledger, "patient") == {"read ": 5, "rejected repeated_key": 2}


def test_lost_part_is_seen(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1"), patients("2")])
    (tmp_path / "hospital_1" / "patient" / "part-00001.parquet").unlink()
    said = refusal(lambda: extract.whole("patient", READ))
    assert said.startswith("hospital_1/patient does not hold the rows and cents that its manifest names")


def test_lost_table_and_table_too_many_are_seen(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1")])
    (tmp_path / "hospital_1" / "patient" / "part-00000.parquet").rename(tmp_path / "elsewhere")
    assert "hospital_1/patient" in refusal(lambda: extract.whole("patient", READ))
    extract.manifest = {}
    (tmp_path / "elsewhere").rename(tmp_path / "hospital_1" / "patient" / "part-00000.parquet")
    assert "hospital_1/patient" in refusal(lambda: extract.whole("patient", READ))


def test_changed_cent_is_seen(tmp_path: Path) -> None:
    extract = source(tmp_path / "snds", ER_PRS_F=[claims("1.10", "2.00")])
    claims("1.11", "2.00").write_parquet(tmp_path / "snds" / "ER_PRS_F" / "part-00000.parquet")
    assert "snds/ER_PRS_F" in refusal(lambda: list(extract.parts("ER_PRS_F", ["PRS_PAI_MNT"])))


def test_part_twice_is_seen(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1")])
    patients("1").write_parquet(tmp_path / "hospital_1" / "patient" / "part-00007.parquet")
    assert "hospital_1/patient" in refusal(lambda: extract.whole("patient", READ))


def test_part_numbers_mean_nothing(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1"), patients("2")])
    folder = tmp_path / "hospital_1" / "patient"
    (folder / "part-00000.parquet").rename(folder / "part-00900.parquet")
    assert sorted(extract.whole("patient", READ)["patient_number"]) == ["1", "2"]


def test_absent_source_is_a_missing_stage(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="hospital_1 holds no source: run `emc2 generate`"):
        Extract(tmp_path / "hospital_1", Ledger())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", "[" * 100_000, '{"tables": []}', '{"tables": null}'])
def test_manifest_of_a_source_that_cannot_be_understood_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert "manifest.json cannot be read" in refusal(lambda: Extract(tmp_path, Ledger()))


def test_rejected_rows_stay_with_the_party_with_the_rule_they_broke(tmp_path: Path) -> None:
    extract = source(tmp_path / "hospital_1", patient=[patients("1", None, "1")])
    extract.whole("patient", READ)
    extract.write_rejects()
    kept = pl.read_parquet(tmp_path / "hospital_1" / "rejects" / "patient.parquet")
    assert kept.select("patient_number", "rule").rows() == [
        (None, "null_in_patient_number"),
        ("1", "repeated_key"),
    ]


def test_rejects_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    root = tmp_path / "hospital_1"
    extract = source(root, patient=[patients("1", None)])
    extract.whole("patient", READ)
    extract.write_rejects()
    patients("1", "2").write_parquet(root / "patient" / "part-00000.parquet")
    again = Extract(root, Ledger())
    again.whole("patient", READ)
    again.write_rejects()
    assert not list(root.glob("rejects/*"))
