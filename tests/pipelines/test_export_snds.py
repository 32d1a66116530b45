"""The tables of one export: every row and column of the source, or nothing at all."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.export.dialect import Dialect
from pipelines.export.snds import export_snds
from schema.errors import MissingStage, SchemaViolation, SettingsError
from schema.raw import TABLES
from schema.reference.value import value_tables
from tests.pipelines.sources import write_source

PSA, OTHER = "AAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBB"
CLAIMS = f"""
    BEN_NIR_PSA | PRS_ORD_NUM | FLX_DIS_DTD | EXE_SOI_DTD | PRS_PAI_MNT | BEN_RES_DPT
    {PSA}       | 1           | 2017-02-01  | 2017-01-09  | 25.00       | 001
    {OTHER}     | 2           | 2017-03-01  | 1600-01-01  | -0.10       |
"""
MORE = f"""
    BEN_NIR_PSA | PRS_ORD_NUM | FLX_DIS_DTD | PRS_PAI_MNT
    {PSA}       | 3           | 2018-02-01  | 99.99
"""
REGISTER = f"""
    BEN_NIR_PSA | BEN_RNG_GEM | BEN_NIR_ANO | BEN_IDT_ANO | ASS_NIR_ANO
    {PSA}       | 1           |             | {PSA}1      |
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "snds", ER_PRS_F=[CLAIMS, MORE], IR_BEN_R=REGISTER, T_MCO19C=f"NIR_ANO_17\n{OTHER}")


def written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def test_every_part_of_a_table_is_in_its_file_under_one_header(source: Path, tmp_path: Path) -> None:
    counts = {w.table: w.rows for w in export_snds(source, tmp_path / "out", "csv", Dialect())}

    claims = written(tmp_path / "out" / "ER_PRS_F.csv")
    assert [row["PRS_ORD_NUM"] for row in claims] == ["1", "2", "3"]
    assert [row["PRS_PAI_MNT"] for row in claims] == ["25.00", "-0.10", "99.99"]
    assert [row["EXE_SOI_DTD"] for row in claims] == ["09/01/2017", "01/01/1600", "01/01/2018"]
    assert [row["BEN_RES_DPT"] for row in claims] == ["001", "", "x"]
    assert (counts["ER_PRS_F"], counts["IR_BEN_R"], counts["IR_BEN_R_ARC"], counts["T_MCO19C"]) == (3, 1, 0, 1)


def test_columns_are_the_official_ones_in_order_and_persons_are_called_num_enq(source: Path, tmp_path: Path) -> None:
    export_snds(source, tmp_path / "out", "csv", Dialect())

    header = (tmp_path / "out" / "ER_PRS_F.csv").read_text().splitlines()[0].split(";")
    assert header == [name if name != "BEN_NIR_PSA" else "NUM_ENQ" for name in TABLES["ER_PRS_F"].schema]
    archive = (tmp_path / "out" / "IR_BEN_R_ARC.csv").read_text()
    assert archive.startswith("NUM_ENQ;BEN_RNG_GEM;NUM_ENQ_ANO;NUM_ENQ_IDT;BEN_IDT_TOP;ASS_NIR_ANO;")
    assert archive.count("\n") == 1
    assert "NUM_ENQ" in (tmp_path / "out" / "T_MCO19C.csv").read_text().splitlines()[0].split(";")


def test_person_is_one_number_over_claims_register_and_stays(source: Path, tmp_path: Path) -> None:
    export_snds(source, tmp_path / "out", "csv", Dialect())

    first, other, again = (row["NUM_ENQ"] for row in written(tmp_path / "out" / "ER_PRS_F.csv"))
    register, stay = written(tmp_path / "out" / "IR_BEN_R.csv")[0], written(tmp_path / "out" / "T_MCO19C.csv")[0]
    assert first == again == register["NUM_ENQ"] != other == stay["NUM_ENQ"]
    assert register["NUM_ENQ_IDT"] == f"{first}1"


def test_parquet_has_the_declared_types(source: Path, tmp_path: Path) -> None:
    export_snds(source, tmp_path / "out", "parquet", Dialect())

    schema = pl.read_parquet_schema(tmp_path / "out" / "ER_PRS_F.parquet")
    assert list(schema.values()) == list(TABLES["ER_PRS_F"].schema.values())
    claims = pl.read_parquet(tmp_path / "out" / "ER_PRS_F.parquet")
    assert claims["PRS_PAI_MNT"].to_list() == [Decimal("25.00"), Decimal("-0.10"), Decimal("99.99")]
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"IR_BEN_R_ARC.parquet", "IR_SPE_V.parquet", "README.md"}


def test_duckdb_file_has_the_portals_names_types_and_archive(source: Path, tmp_path: Path) -> None:
    export_snds(source, tmp_path / "out", "duckdb", Dialect())

    assert {p.name for p in (tmp_path / "out").iterdir()} == {"snds.duckdb", "README.md"}
    with duckdb.connect(tmp_path / "out" / "snds.duckdb", read_only=True) as portal:
        assert portal.sql("FROM ER_PRS_F").columns == list(TABLES["ER_PRS_F"].schema)
        assert portal.sql("SELECT typeof(PRS_PAI_MNT), typeof(EXE_SOI_DTD) FROM ER_PRS_F LIMIT 1").fetchall() == [
            ("DECIMAL(11,2)", "DATE")
        ]
        # The first month is February 2017: what came before would be archived.
        assert portal.sql("SELECT synonym_name, table_name FROM user_synonyms").fetchall() == [
            ("ER_PRS_F_2016", "ER_PRS_F_2016")
        ]
        assert portal.sql("SELECT count(*) FROM ER_PRS_F_2016").fetchall() == [(0,)]
        assert "synthetic" in portal.sql("FROM notice").fetchall()[0][0]
        assert portal.sql("SELECT SEX_LIB FROM IR_SEX_V WHERE SEX_COD = 2").fetchall() == [("Female",)]


def test_source_without_claims_names_no_archive(tmp_path: Path) -> None:
    export_snds(write_source(tmp_path / "snds", IR_BEN_R=REGISTER), tmp_path / "out", "duckdb", Dialect())

    with duckdb.connect(tmp_path / "out" / "snds.duckdb", read_only=True) as portal:
        assert portal.sql("SELECT count(*) FROM user_synonyms").fetchall() == [(0,)]
        assert portal.sql("SELECT count(*) FROM IR_BEN_R").fetchall() == [(1,)]


def test_column_that_an_import_did_not_land_is_empty(source: Path, tmp_path: Path) -> None:
    part = source / "IR_BEN_R" / "part-00000.parquet"
    pl.read_parquet(part).drop("BEN_NAI_MOI").write_parquet(part)
    export_snds(source, tmp_path / "out", "csv", Dialect())

    assert written(tmp_path / "out" / "IR_BEN_R.csv")[0]["BEN_NAI_MOI"] == ""


def test_page_says_that_all_is_synthetic_and_how_many_rows_a_table_has(source: Path, tmp_path: Path) -> None:
    export_snds(source, tmp_path / "out", "csv", Dialect())

    page = (tmp_path / "out" / "README.md").read_text()
    assert "All data are synthetic" in page
    assert "| ER_PRS_F | 3 |" in page


def refused(source: Path, target: Path, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        export_snds(source, target, "csv", Dialect())
    assert [p.name for p in target.parent.iterdir() if target.name in p.name] == []


def test_lost_part_or_changed_cent_is_seen_and_nothing_is_left(source: Path, tmp_path: Path) -> None:
    part = source / "ER_PRS_F" / "part-00001.parquet"
    pl.read_parquet(part).with_columns(PRS_PAI_MNT=pl.lit("99.98").cast(pl.Decimal(11, 2))).write_parquet(part)
    refused(source, tmp_path / "out", SchemaViolation, "^ER_PRS_F does not hold the rows and cents")
    part.unlink()
    refused(source, tmp_path / "out", SchemaViolation, "^ER_PRS_F does not hold the rows and cents")


def test_damaged_part_is_named_without_its_content(source: Path, tmp_path: Path) -> None:
    (source / "IR_BEN_R" / "part-00000.parquet").write_bytes(b"PAR1 secret PAR1")
    refused(source, tmp_path / "out", SchemaViolation, r"^IR_BEN_R/part-00000\.parquet cannot be read as Parquet: rest")


def test_column_of_another_type_is_refused(source: Path, tmp_path: Path) -> None:
    part = source / "IR_BEN_R" / "part-00000.parquet"
    pl.read_parquet(part).cast({"BEN_SEX_COD": pl.String}).write_parquet(part)
    refused(source, tmp_path / "out", SchemaViolation, r"^IR_BEN_R/part-00000\.parquet has columns of another type")


def test_absent_source_is_a_missing_stage(tmp_path: Path) -> None:
    refused(tmp_path / "nothing", tmp_path / "out", MissingStage, "holds no source")


def test_target_that_cannot_be_made_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"cannot be written: name another folder with --to\.$"):
        export_snds(source, tmp_path / "file" / "out", "csv", Dialect())


def test_what_a_killed_export_left_is_replaced(source: Path, tmp_path: Path) -> None:
    left = tmp_path / ".out.next"
    left.mkdir()
    (left / "ER_PRS_F.csv").write_text("half a li")
    export_snds(source, tmp_path / "out", "csv", Dialect())

    assert not left.exists()
    assert len(written(tmp_path / "out" / "ER_PRS_F.csv")) == 3


def test_empty_folder_is_filled_and_a_full_one_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export_snds(source, tmp_path / "out", "csv", Dialect())
    before = (tmp_path / "out" / "ER_PRS_F.csv").read_bytes()
    with pytest.raises(SettingsError, match="cannot be written"):
        export_snds(source, tmp_path / "out", "csv", Dialect())

    assert (tmp_path / "out" / "ER_PRS_F.csv").read_bytes() == before
    assert not (tmp_path / ".out.next").exists()


def test_manifest_of_another_table_is_refused(source: Path, tmp_path: Path) -> None:
    manifest = json.loads((source / "manifest.json").read_text())
    manifest["tables"]["ER_XYZ_F"] = {"rows": 1, "cents": {}}
    (source / "manifest.json").write_text(json.dumps(manifest))
    refused(source, tmp_path / "out", SchemaViolation, "names a table that is not the SNDS's: restore it")


def test_value_tables_have_one_row_a_code_and_labels_that_latin_1_holds() -> None:
    for name, values in value_tables().items():
        keys = 2 if name == "IR_RGM_V" else 1
        assert values.select(values.columns[:keys]).is_duplicated().sum() == 0, name
        assert values.null_count().select(pl.col("^.*(LIB|COD)$")).sum_horizontal().item() == 0, name
        Dialect(encoding="latin-1").text(name, values, with_header=True)
