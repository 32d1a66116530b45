"""Code dimensions: the reference in its order, then what facts alone hold, whatever the order of facts."""

import itertools
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.ledger import Ledger
from pipelines.star import dim_care_nature, dim_date, dim_diagnosis, dim_drug, dim_facility, dim_procedure
from pipelines.star.bucket import numbered
from pipelines.star.check import conform
from pipelines.star.codes import HELD_BY, REFERENCE, described, keyed, seen_codes
from schema import reference
from schema.raw import TABLES as RAW
from schema.star import TABLES
from tests.pipelines.tables import bucket, table


def seen(*codes: str) -> pl.Series:
    return pl.Series("code", codes, pl.String)


def key_of(keys: pl.DataFrame, code: object) -> int:
    return int(keys.filter(pl.col("code") == code)["key"].item())


def write(buckets: Path, name: str, column: str, codes: list[str | None], number: int = 0) -> None:
    folder = buckets / name / f"bucket={number}"
    folder.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({column: pl.Series(codes, dtype=RAW[name].schema[column])})
    frame.write_parquet(folder / f"{len(list(folder.iterdir()))}.parquet")


@pytest.mark.parametrize("dimension", sorted(REFERENCE))
def test_listed_codes_have_their_line_number_as_key(dimension: str) -> None:
    name, column = REFERENCE[dimension]
    listed = reference.read(name)[column]
    keys = keyed(dimension, pl.Series("code", [], listed.dtype))
    assert keys["code"].to_list() == listed.to_list()
    assert keys["key"].to_list() == list(range(1, len(listed) + 1))
    assert keys["is_in_reference"].all()


def test_unlisted_codes_count_up_from_a_million_in_code_order() -> None:
    keys = keyed("diagnosis", seen("A000", "A090", "Z99X"))
    assert [key_of(keys, code) for code in ("A090", "A000", "Z99X")] == [1, 1_000_000, 1_000_001]
    assert keys.filter(pl.col("code") == "A000")["is_in_reference"].to_list() == [False]
    assert keys["code"].n_unique() == keys.height


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_keys_do_not_depend_on_the_order_of_facts(tmp_path: Path, order: tuple[int, ...]) -> None:
    pieces: list[tuple[str, str, list[str | None]]] = [
        ("T_MCOaaB", "DGN_PAL", ["ZZZ9", "A090", None]),
        ("diagnosis", "icd10_code", ["AAA1", "ZZZ9"]),
        ("IR_IMB_R", "MED_MTF_COD", ["MMM5", None]),
    ]
    for place, k in enumerate(order):
        name, column, codes = pieces[k]
        write(tmp_path, name, column, codes if place else codes[::-1], number=place)
        if name == "T_MCOaaB":
            for path in (tmp_path / name).glob("*/*.parquet"):
                pl.read_parquet(path).with_columns(DGN_REL=pl.lit(None, pl.String)).write_parquet(path)
    codes_seen = seen_codes(tmp_path, "diagnosis")
    assert codes_seen.to_list() == ["A090", "AAA1", "MMM5", "ZZZ9"]
    keys = keyed("diagnosis", codes_seen)
    assert [key_of(keys, code) for code in ("AAA1", "MMM5", "ZZZ9")] == [1_000_000, 1_000_001, 1_000_002]


def test_buckets_without_a_code_hold_the_reference_alone(tmp_path: Path) -> None:
    for dimension, (name, column) in REFERENCE.items():
        keys = keyed(dimension, seen_codes(tmp_path, dimension))
        assert keys["code"].to_list() == reference.read(name)[column].to_list()


def test_every_column_that_holds_codes_is_one_of_its_table() -> None:
    held = [(name, column) for columns in HELD_BY.values() for name, column in columns]
    assert all(column in RAW[name].schema for name, column in held)


def test_unknown_member_comes_first_and_describes_nothing() -> None:
    first = described("diagnosis", keyed("diagnosis", seen("A000"))).row(0, named=True)
    assert (first["code"], first["key"], first["is_in_reference"], first["icd10_label"]) == (None, 0, False, None)


def test_diagnoses_are_described_by_the_reference() -> None:
    rows = conform(dim_diagnosis.build(keyed("diagnosis", seen("A000", "A0900"))), TABLES["dim_diagnosis"])
    assert rows.filter(pl.col("icd10_code") == "A090").select(
        "diagnosis_key", "icd10_category_code", "chapter"
    ).rows() == [(1, "A09", "I")]
    unlisted = rows.filter(pl.col("diagnosis_key") >= 1_000_000)
    assert unlisted.select("icd10_code", "icd10_category_code", "icd10_label", "is_in_reference").rows() == [
        ("A000", "A00", None, False),
        ("A0900", "A09", None, False),
    ]
    assert rows.row(0, named=True)["icd10_code"] is None


def test_act_without_a_tariff_of_its_own_has_none() -> None:
    rows = conform(dim_procedure.build(keyed("procedure", seen())), TABLES["dim_procedure"])
    zero = reference.read("ccam").filter(pl.col("tariff_eur") == 0)["ccam_code"].to_list()
    assert rows["tariff_eur"].eq(0).sum() == 0
    assert rows.filter(pl.col("ccam_code").is_in(zero))["tariff_eur"].null_count() == len(zero)
    assert rows.filter(pl.col("ccam_code") == "ACQJ002")["tariff_eur"].to_list() == [Decimal("69.00")]


def test_four_hospitals_are_known_by_their_party_in_the_order_of_the_reference() -> None:
    keys = keyed("facility", seen("000000000"))
    assert dim_facility.hospital_keys(keys).rows() == [(f"hospital_{n}", n) for n in (1, 2, 3, 4)]
    rows = conform(dim_facility.build(keys), TABLES["dim_facility"])
    assert rows.filter("is_emc2")["facility_key"].to_list() == [1, 2, 3, 4]
    assert rows.filter(pl.col("facility_code") == "000000000").select("facility_key", "is_emc2").rows() == [
        (1_000_000, False)
    ]


def test_care_natures_keep_their_code_as_a_number() -> None:
    natures = pl.Series("code", [9999], dtype=pl.Int64)
    rows = conform(dim_care_nature.build(keyed("care_nature", natures)), TABLES["dim_care_nature"])
    assert rows.filter(pl.col("care_nature_code") == 1110)["care_nature_key"].to_list() == [1]
    assert rows.filter(pl.col("care_nature_code") == 9999)["care_nature_key"].to_list() == [1_000_000]


def drugs(text: str, *unlisted: int) -> pl.DataFrame:
    keys = keyed("drug", pl.Series("code", sorted(unlisted), dtype=pl.Int64))
    return conform(dim_drug.build(keys, table(text, RAW["IR_PHA_R"].schema), Ledger()), TABLES["dim_drug"])


def test_drug_is_described_as_the_received_table_does() -> None:
    rows = drugs(
        """
        PHA_CIP_C13   | PHA_MED_NOM | PHA_PRI_UNI | PHA_UNT_NBR_DSES | PHA_TAU_COD
        3400935955838 | ANOTHER     | 108         | 8                | 65
        """
    )
    drug = rows.filter(pl.col("cip13_code") == 3400935955838).row(0, named=True)
    assert (drug["drug_key"], drug["drug_label"], drug["pack_price_eur"], drug["pack_units"]) == (
        1,
        "ANOTHER",
        Decimal("1.08"),
        8,
    )
    assert drug["is_in_reference"]


@pytest.mark.parametrize(
    ("cents", "euros"),
    [("5", "0.05"), ("100", "1.00"), ("123456", "1234.56"), ("0", "0.00"), ("free", None), ("", None)],
)
def test_price_in_cents_becomes_euros(cents: str, euros: str | None) -> None:
    rows = drugs(f"PHA_CIP_C13 | PHA_PRI_UNI\n3400935955838 | {cents}")
    price = rows.filter(pl.col("cip13_code") == 3400935955838)["pack_price_eur"].item()
    assert price == (None if euros is None else Decimal(euros))


def test_drug_is_in_reference_if_either_list_describes_it() -> None:
    rows = drugs("PHA_CIP_C13\n3400900000099", 3400900000088, 3400900000099)
    unlisted = rows.filter(pl.col("drug_key") >= 1_000_000)
    assert unlisted.select("cip13_code", "drug_key", "is_in_reference").rows() == [
        (3400900000088, 1_000_000, False),
        (3400900000099, 1_000_001, True),
    ]
    listed = rows.filter(pl.col("drug_key") == 1).row(0, named=True)
    assert listed["is_in_reference"]
    assert listed["drug_label"] is None


def test_drug_described_twice_is_one_row() -> None:
    rows = drugs("PHA_CIP_C13 | PHA_MED_NOM\n3400935955838 | FIRST\n3400935955838 | SECOND")
    assert rows.filter(pl.col("cip13_code") == 3400935955838)["drug_label"].to_list() == ["FIRST"]


def test_calendar_is_the_same_whatever_the_facts_hold() -> None:
    rows = conform(dim_date.build(), TABLES["dim_date"])
    assert (rows["date"].min(), rows["date"].max(), rows.height) == (date(1900, 1, 1), date(2049, 12, 31), 54_787)
    assert rows.filter(pl.col("date") == date(2018, 12, 31)).row(0) == (
        date(2018, 12, 31),
        2018,
        4,
        12,
        date(2018, 12, 1),
        1,
        1,
        False,
    )
    weekend = rows.filter(pl.col("date").is_in([date(2019, 6, d) for d in (14, 15, 16, 17)]))
    assert weekend["is_weekend"].to_list() == [False, True, True, False]


def test_code_without_a_key_is_the_unknown_member_and_rows_keep_their_order() -> None:
    frame = pl.DataFrame({"n": [1, 2, 3], "code": ["K250", None, "I10"]})
    found = bucket().key(frame, "diagnosis", "code", "diagnosis_key")
    assert found.rows() == [(1, 25), (2, 0), (3, 10)]


def test_rows_are_numbered_from_one_within_each_person() -> None:
    frame = pl.DataFrame({"patient_key": [1, 1, 2, 2, 2]})
    assert numbered(frame, "n")["n"].to_list() == [1, 2, 1, 2, 3]
