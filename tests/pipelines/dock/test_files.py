"""Every file below the extract's folder is accounted for, and lands by what its name says."""

import os
from pathlib import Path

import polars as pl
import pytest

from pipelines.dock.recognise import recognise
from pipelines.ledger import READ
from tests.pipelines.dock.extracts import DISEASE, landed, rows_of, written


@pytest.mark.parametrize(
    ("name", "table", "folder"),
    [
        ("ER_PRS_F.csv", "ER_PRS_F", "ER_PRS_F"),
        ("er_prs_f.CSV", "ER_PRS_F", "ER_PRS_F"),
        ("ER_PRS_F_2012.csv.gz", "ER_PRS_F", "ER_PRS_F"),
        ("ER_PRS_F-00003.parquet", "ER_PRS_F", "ER_PRS_F"),
        ("ER_PRS_F_2012_part2.csv", "ER_PRS_F", "ER_PRS_F"),
        ("IR_BEN_R_ARC.csv", "IR_BEN_R_ARC", "IR_BEN_R"),
        ("T_MCO19B.csv", "T_MCOaaB", "T_MCO19B"),
        ("T_MCO2019B.csv", "T_MCOaaB", "T_MCO19B"),
        ("T_MCO20B.csv", "T_MCOaaB", "T_MCO20B"),
        ("t_mco09_c.txt", "T_MCOaaC", "T_MCO09C"),
        ("T_MCO19UM.csv", "T_MCOaaUM", None),
        ("T_SSR12B.csv", "T_SSRaaB", None),
        ("ER_CAM_F.csv", "ER_CAM_F", None),
        ("CT_IND_2015_G2.csv", "CT_IND_AAAA_GN", None),
        ("IR_NAT_V.csv", "IR_NAT_V", None),
        ("IR_XYZ_V.csv", "IR_XYZ_V", None),
        ("ER_PRS_FX.csv", None, None),
        ("patients.csv", None, None),
    ],
)
def test_a_name_says_which_table_a_file_holds(name: str, table: str | None, folder: str | None) -> None:
    found = recognise(Path("/extract") / name, Path("/extract"))

    assert (found.table, found.folder) == (table, folder)


@pytest.mark.parametrize(
    "name", ["part-00001.parquet", "2019/part-00000-1a2b-c000.snappy.parquet", "0.csv", "data.csv"]
)
def test_parts_take_their_folders_name(name: str) -> None:
    found = recognise(Path("/extract/a/ER_PRS_F") / name, Path("/extract"))

    assert found.folder == "ER_PRS_F"


@pytest.mark.parametrize("name", ["ER_XYZ_F.csv", "ER_XYZ_F_2012.csv", "patients.csv"])
def test_another_table_does_not_take_its_folders_name(name: str) -> None:
    assert recognise(Path("/extract/ER_PRS_F") / name, Path("/extract")).table is None


def test_what_is_no_file_and_what_travels_in_another_form_is_told(tmp_path: Path) -> None:
    extract = tmp_path / "in"
    written(extract / "folder" / "IR_IMB_R.csv", [DISEASE])
    (extract / "linked").symlink_to(extract / "folder")
    (extract / "ER_PRS_F.csv").symlink_to(extract / "nowhere")
    (extract / "ER_PHA_F.csv").symlink_to(extract / "ER_PHA_F.csv")
    os.mkfifo(extract / "IR_BEN_R.csv")
    (extract / "T_MCO19B.sas7bdat").write_bytes(b"x")
    (extract / "T_MCO19C").write_bytes(b"x")
    (extract / "IR_PHA_R.schema.json").write_text("{}")
    (extract / "notes.xlsx").write_bytes(b"x")
    (extract / "odd\nname.md").write_bytes(b"x")
    (extract / "odd\udce9name.md").write_bytes(b"x")
    _, reports = landed(extract, tmp_path / "out")

    assert {path: (report.outcome, report.reason.split(":")[0]) for path, report in reports.items()} == {
        "folder/IR_IMB_R.csv": ("loaded", ""),
        "linked": ("not a table", "it is a link that is not followed"),
        "ER_PRS_F.csv": ("not a table", "it is a link that is not followed"),
        "ER_PHA_F.csv": ("not a table", "it is a link that is not followed"),
        "IR_BEN_R.csv": ("not a table", "it is no regular file"),
        "T_MCO19B.sas7bdat": ("unreadable", "it is neither delimited text, plain or in gzip, nor Parquet"),
        "T_MCO19C": ("unreadable", "it is neither delimited text, plain or in gzip, nor Parquet"),
        "IR_PHA_R.schema.json": ("not a table", ""),
        "notes.xlsx": ("not a table", ""),
        "odd?name.md": ("not a table", ""),
    }


def test_parquet_that_names_a_column_twice_in_capitals_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pl.DataFrame({"NUM_ENQ": ["a"], "num_enq": ["b"]}).write_parquet(tmp_path / "in" / "IR_BEN_R.parquet")
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_BEN_R.parquet"].outcome == "unreadable"
    assert "twice" in reports["IR_BEN_R.parquet"].reason


def test_rows_without_a_number_of_their_own_land_without_one(tmp_path: Path) -> None:
    header = ["ETA_NUM", "RSA_NUM", "ASS_DGN"]
    for part in (1, 2):
        written(
            tmp_path / "in" / f"T_MCO19D_{part}.csv", [["010000001", "1", "I10"], ["010000001", "1", "E119"]], header
        )
    landed(tmp_path / "in", tmp_path / "out")

    assert rows_of(tmp_path / "out", "T_MCO19D")["DGN_ASS_NUM"].to_list() == [None] * 4


def test_every_file_has_an_outcome_and_its_lines(tmp_path: Path) -> None:
    extract = tmp_path / "in"
    written(extract / "IR_IMB_R.csv", [DISEASE])
    written(extract / "ER_CAM_F.csv", [["x"]] * 7, ["CAM_PRS_IDE"])
    written(extract / "people.csv", [["x"]] * 3, ["a"])
    written(extract / "T_MCOaaB.csv", [["x"]], ["ETA_NUM"])
    written(extract / "rejects" / "IR_IMB_R.csv", [DISEASE])
    written(extract / ".hidden" / "IR_IMB_R.csv", [DISEASE])
    (extract / "notes.txt").write_text("hello")
    (extract / "manifest.json").write_text("{}")
    pl.DataFrame({"a": [1, 2]}).write_parquet(extract / "T_HAD19B.parquet")
    (extract / "IR_BEN_R.parquet").write_bytes(b"PAR1 no Parquet")
    written(tmp_path / "elsewhere.csv", [DISEASE])
    (extract / "IR_IMB_R_2.csv").symlink_to(tmp_path / "elsewhere.csv")
    landing, reports = landed(extract, tmp_path / "out")

    assert {path: report.outcome for path, report in reports.items()} == {
        "IR_IMB_R.csv": "loaded",
        "ER_CAM_F.csv": "known, not used",
        "T_HAD19B.parquet": "known, not used",
        "people.csv": "unknown",
        "T_MCOaaB.csv": "unreadable",
        "IR_BEN_R.parquet": "unreadable",
        "IR_IMB_R_2.csv": "not a table",
        "rejects/IR_IMB_R.csv": "not a table",
        ".hidden/IR_IMB_R.csv": "not a table",
        "notes.txt": "not a table",
        "manifest.json": "not a table",
    }
    assert (reports["ER_CAM_F.csv"].lines, reports["ER_CAM_F.csv"].rows) == (8, 7)
    assert (reports["people.csv"].lines, reports["T_HAD19B.parquet"].rows) == (4, 2)
    assert landing.ledger.of("IR_IMB_R", READ).rows == 1
    assert rows_of(tmp_path / "out", "IR_IMB_R").height == 1


def test_years_archives_and_parts_of_a_table_land_together(tmp_path: Path) -> None:
    extract = tmp_path / "in"
    for name in ("IR_IMB_R.csv", "IR_IMB_R_2012.csv", "IR_IMB_R/part-0.csv"):
        written(extract / name, [DISEASE])
    landing, _ = landed(extract, tmp_path / "out")

    assert rows_of(tmp_path / "out", "IR_IMB_R").height == 3
    assert landing.ledger.of("IR_IMB_R", "kept").rows == 3


def test_columns_come_in_any_order_missing_or_surplus(tmp_path: Path) -> None:
    written(
        tmp_path / "in" / "IR_IMB_R.csv",
        [["x", "01/02/2016", "Person_01", "y"]],
        ["SURPLUS", "imb_ald_dtd", " NUM_ENQ ", "INS_DTE"],
    )
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].missing_columns == ["BEN_RNG_GEM", "IMB_ALD_DTF", "IMB_ALD_NUM", "MED_MTF_COD"]
    assert reports["IR_IMB_R.csv"].unused_columns == 2
    found = rows_of(tmp_path / "out", "IR_IMB_R")
    assert found["BEN_NIR_PSA"].item() == "Person_01"
    assert found["BEN_RNG_GEM"].item() == 0
    assert found["IMB_ALD_NUM"].item() is None


def test_a_file_without_a_column_that_rows_need_lands_nothing_and_says_why(tmp_path: Path) -> None:
    written(tmp_path / "in" / "IR_IMB_R.csv", [["Person_01"]] * 5, ["NUM_ENQ"])
    landing, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].rejected == {"missing_column_IMB_ALD_DTD": 5}
    assert landing.ledger.of("IR_IMB_R", "rejected").rows == 5


def test_a_join_column_that_one_file_lacks_is_left_out_in_all(tmp_path: Path) -> None:
    key = ["FLX_DIS_DTD", "FLX_TRT_DTD", "FLX_EMT_TYP", "FLX_EMT_NUM", "FLX_EMT_ORD", "ORG_CLE_NUM"]
    key += ["DCT_ORD_NUM", "PRS_ORD_NUM"]
    values = ["01/02/2019", "06/01/2019", "1", "2", "3", "01C75", "10", "1"]
    claim = [*values, "0", "Person_01", "1", "05/01/2019"]
    written(tmp_path / "in" / "ER_PRS_F.csv", [claim], [*key, "REM_TYP_AFF", "NUM_ENQ", "BEN_RNG_GEM", "EXE_SOI_DTD"])
    drug = [*values, "3400930000001", "2"]
    written(tmp_path / "in" / "ER_PHA_F.csv", [drug, drug], [*key, "PHA_PRS_C13", "PHA_ACT_QSN"])
    _, reports = landed(tmp_path / "in", tmp_path / "out")
    claims, drugs = rows_of(tmp_path / "out", "ER_PRS_F"), rows_of(tmp_path / "out", "ER_PHA_F")

    assert "REM_TYP_AFF" in reports["ER_PRS_F.csv"].reason
    assert claims.select([*key, "REM_TYP_AFF"]).join(drugs, on=[*key, "REM_TYP_AFF"]).height == 2
    assert drugs["PHA_ORD_NUM"].null_count() == 2


def test_an_empty_folder_gives_an_empty_landing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    landing, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports == {}
    assert landing.last_care_date is None
