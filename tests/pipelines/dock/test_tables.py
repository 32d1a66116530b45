"""A small extract as a portal would give it: every row of every table lands, in the official columns and types."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.dock import FileReport, Landing
from pipelines.dock.needs import landed_columns
from pipelines.ledger import READ
from schema.raw import declaration
from tests.pipelines.dock.extracts import landed, rows_of, written

KEY = {
    "FLX_DIS_DTD": "01/02/2018",
    "FLX_TRT_DTD": "06/01/2018",
    "FLX_EMT_TYP": "1",
    "FLX_EMT_NUM": "3",
    "FLX_EMT_ORD": "2",
    "ORG_CLE_NUM": "01C750000",
    "DCT_ORD_NUM": "1",
    "PRS_ORD_NUM": "3",
    "REM_TYP_AFF": "1",
}
STAY = {"ETA_NUM": "010000001", "RSA_NUM": "0000000007"}
TABLES: dict[str, list[dict[str, str]]] = {
    "ER_PRS_F_2018.csv": [
        KEY
        | {"NUM_ENQ": "Person_01", "BEN_RNG_GEM": "1", "EXE_SOI_DTD": "05/01/2018", "PRE_PRE_DTD": "01/01/1600"}
        | {"PRS_NAT_REF": "3313", "PRS_PAI_MNT": "55,20", "BSE_REM_MNT": "35.88", "EXO_MTF": ""},
    ],
    "ER_PHA_F.csv": [KEY | {"PHA_PRS_C13": "3400935418487", "PHA_ACT_QSN": "2", "PHA_ORD_NUM": "1"}],
    "IR_BEN_R.csv": [
        {"NUM_ENQ": "Person_01", "BEN_RNG_GEM": "1", "BEN_SEX_COD": "2", "BEN_NAI_ANN": "1975", "BEN_NAI_MOI": "01"},
    ],
    "IR_BEN_R_ARC.csv": [
        {"NUM_ENQ": "Person_02", "BEN_RNG_GEM": "1", "NUM_ENQ_IDT": "Identity_02", "BEN_DCD_DTE": "25JAN2008:00:00:00"},
    ],
    "IR_IMB_R.csv": [
        {"NUM_ENQ": "Person_01", "BEN_RNG_GEM": "1", "IMB_ALD_NUM": "8", "IMB_ALD_DTD": "201601", "MED_MTF_COD": "E11"},
    ],
    "IR_PHA_R.csv": [
        {
            "PHA_CIP_C13": "3400935418487.0",
            "PHA_ATC_C07": "A10BB09",
            "PHA_ATC_L07": "GLICLAZIDE",
            "PHA_PRI_UNI": "720.0",
        },
    ],
    "T_MCO18C.csv": [STAY | {"NUM_ENQ": "Person_01", "EXE_SOI_DTD": "20180301", "EXE_SOI_DTF": "2018-03-09"}],
    "T_MCO18B.csv": [STAY | {"DGN_PAL": "E119", "GRG_GHM": "10M021", "COD_SEX": "2"}],
    "T_MCO18D.csv": [STAY | {"ASS_DGN": "I10", "DGN_ASS_NUM": "1"}],
    "T_MCO18A.csv": [STAY | {"CDC_ACT": "AAAA001", "RUM_SEQ": "01", "ENT_DAT_DEL": "0", "NBR_EXE_ACT": "1"}],
}


@pytest.fixture
def landing(tmp_path: Path) -> tuple[Landing, dict[str, FileReport]]:
    for name, rows in TABLES.items():
        written(tmp_path / "in" / name, [list(row.values()) for row in rows], list(rows[0]))
    return landed(tmp_path / "in", tmp_path / "out")


def test_every_row_lands(landing: tuple[Landing, dict[str, FileReport]]) -> None:
    found, reports = landing

    assert {path: (r.outcome, r.lines, r.landed, r.rejected) for path, r in reports.items()} == {
        path: ("loaded", 2, 1, {}) for path in TABLES
    }
    assert found.ledger.of("IR_BEN_R", READ).rows == 2
    assert found.ledger.of("ER_PRS_F", "kept").cents["PRS_PAI_MNT"] == 5520


def test_what_lands_has_the_official_names_and_types(
    landing: tuple[Landing, dict[str, FileReport]], tmp_path: Path
) -> None:
    for folder in landing[0].ledger.tables():
        table = declaration(folder)
        assert rows_of(tmp_path / "out", folder).schema == {
            name: table.schema[name] for name in landed_columns(table.name)
        }


def test_the_last_day_of_care_and_the_years_of_exit_are_told(
    landing: tuple[Landing, dict[str, FileReport]],
) -> None:
    assert landing[0].last_care_date == date(2018, 3, 9)
    assert landing[0].exit_years == (2018,)


def test_pseudonyms_land_under_the_portals_names(
    landing: tuple[Landing, dict[str, FileReport]], tmp_path: Path
) -> None:
    out = tmp_path / "out"

    assert rows_of(out, "ER_PRS_F")["BEN_NIR_PSA"].to_list() == ["Person_01"]
    assert rows_of(out, "T_MCO18C")["NIR_ANO_17"].to_list() == ["Person_01"]
    assert rows_of(out, "IR_BEN_R").select("BEN_NIR_PSA", "BEN_IDT_ANO").sort("BEN_NIR_PSA").rows() == [
        ("Person_01", None),
        ("Person_02", "Identity_02"),
    ]


def test_values_land_in_whatever_form_they_came(landing: tuple[Landing, dict[str, FileReport]], tmp_path: Path) -> None:
    out = tmp_path / "out"
    claim = rows_of(out, "ER_PRS_F").row(0, named=True)

    assert (claim["PRS_PAI_MNT"], claim["BSE_REM_MNT"]) == (Decimal("55.20"), Decimal("35.88"))
    assert (claim["EXE_SOI_DTD"], claim["PRE_PRE_DTD"]) == (date(2018, 1, 5), date(1600, 1, 1))
    assert (claim["EXO_MTF"], claim["CPL_REM_MNT"]) == (None, None)
    assert rows_of(out, "IR_IMB_R")["IMB_ALD_DTD"].item() == date(2016, 1, 1)
    assert set(rows_of(out, "IR_BEN_R")["BEN_DCD_DTE"]) == {None, date(2008, 1, 25)}
    assert rows_of(out, "T_MCO18C").select("ETA_NUM", "RSA_NUM", "EXE_SOI_DTD").row(0) == (
        "010000001",
        "0000000007",
        date(2018, 3, 1),
    )


def test_the_older_name_of_the_atc_column_stands_for_the_newer(
    landing: tuple[Landing, dict[str, FileReport]], tmp_path: Path
) -> None:
    drug = rows_of(tmp_path / "out", "IR_PHA_R").row(0, named=True)

    assert (drug["PHA_CIP_C13"], drug["PHA_ATC_CLA"], drug["PHA_PRI_UNI"]) == (3400935418487, "A10BB09", "720")
