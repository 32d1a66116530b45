"""The import of other people's extracts through the command: what is refused, what is told, and what comes out."""

import csv
import gzip
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.digest import digest
from pipelines.ledger import FATES, READ, from_json, same
from schema.configuration import Configuration
from schema.layout import Workspace, parts
from tests.integration.workspaces import ROOT, emc2, make_sources

ODD: dict[str, str] = {
    "nested/ER_PRS_F_2018.csv": """
        NUM_ENQ;BEN_RNG_GEM;EXE_SOI_DTD;PRS_NAT_REF;PRS_PAI_MNT;BSE_REM_MNT;CPL_REM_MNT;PSE_SPE_COD;FLX_DIS_DTD;FLX_TRT_DTD;FLX_EMT_TYP;FLX_EMT_NUM;FLX_EMT_ORD;ORG_CLE_NUM;DCT_ORD_NUM;PRS_ORD_NUM;REM_TYP_AFF
        A;1;01/03/2018;7777;10,50;7,00;0,10;1;01/04/2018;02/04/2018;1;1;1;X;1;1;1
        A;1;01/03/2018;7777;10,50;7,00;0,10;1;01/04/2018;02/04/2018;1;1;1;X;1;1;1
        B;1;01/03/2018;;;;;;01/04/2018;02/04/2018;1;1;1;X;2;1;1
        B;1;01/03/2018;1111;1;999999999,99;0,01;1;01/04/2018;02/04/2018;1;1;1;X;3;1;1
        B;1;01/03/2018;99999999999;1;1;0;1;01/04/2018;02/04/2018;1;1;1;X;4;1;1
        B;1;01/03/1860;1111;1;1;0;1;01/04/2018;02/04/2018;1;1;1;X;5;1;1
        C;;01/03/2018;1111;1;1;0;99999;01/04/2018;02/04/2018;1;1;1;X;6;1;1
    """,
    "ER_PHA_F.csv": """
        PHA_PRS_C13;PHA_ACT_QSN;FLX_DIS_DTD;FLX_TRT_DTD;FLX_EMT_TYP;FLX_EMT_NUM;FLX_EMT_ORD;ORG_CLE_NUM;DCT_ORD_NUM;PRS_ORD_NUM;REM_TYP_AFF
        3400900000011;0;01/04/2018;02/04/2018;1;1;1;X;1;1;1
        1;1;01/04/2018;02/04/2018;1;1;1;X;1;1;1
        1;100000;01/04/2018;02/04/2018;1;1;1;X;1;1;1
        ;1;01/04/2018;02/04/2018;1;1;1;X;1;1;1
        1;1;01/04/2018;02/04/2018;1;1;1;X;9;1;1
    """,
    "IR_BEN_R.csv": """
        NUM_ENQ;BEN_RNG_GEM;BEN_SEX_COD;BEN_NAI_ANN;BEN_NAI_MOI;BEN_DCD_DTE
        A;1;2;2030;01;01/01/2018
        D;1;9;0000;13;01/01/1600
    """,
    "IR_IMB_R.csv": """
        NUM_ENQ;BEN_RNG_GEM;IMB_ALD_NUM;IMB_ALD_DTD;IMB_ALD_DTF;MED_MTF_COD
        A;1;;01/01/2018;01/01/1600;e11.9
        A;1;70000;01/01/2018;01/01/2019;E119
        A;1;8;01/01/2018;31/12/2017;I10
        A;1;8;01/01/2018;31/12/2099;E119
    """,
    "T_MCO18C.csv": """
        ETA_NUM;RSA_NUM;NUM_ENQ;EXE_SOI_DTD;EXE_SOI_DTF
        000000001;1;A;01/03/2018;02/03/2018
        000000001;1;B;01/03/2018;02/03/2018
        000000001;2;;05/03/2018;02/03/2018
        000000001;3;Z;01/03/2018;02/03/2018
    """,
    "T_MCO18B.csv": """
        ETA_NUM;RSA_NUM;DGN_PAL
        000000001;1;Z99.x
        000000001;2;
        000000001;3;
        000000001;4;I10
    """,
    "T_MCO18A.csv": "ETA_NUM;RSA_NUM;CDC_ACT;ENT_DAT_DEL\n000000001;1;zzzz;99999999\n000000001;1;ZZZZ;-1",
    "ER_CAM_F.csv": "CAM_PRS_IDE\nHBLD038",
    "notes.csv": "a;b\n1;2",
}
EXPECTED = {
    "ER_PRS_F": {
        "read": 7,
        "kept fact_care_claim": 2,
        "rejected repeated_key": 1,
        "rejected beyond_CPL_REM_MNT": 1,
        "rejected beyond_PRS_NAT_REF": 1,
        "rejected beyond_EXE_SOI_DTD": 1,
        "rejected beyond_PSE_SPE_COD": 1,
    },
    "ER_PHA_F": {
        "read": 5,
        "merged fact_drug_dispensing": 2,
        "filtered netted_to_nothing": 1,
        "rejected beyond_PHA_ACT_QSN": 1,
        "rejected no_parent": 1,
    },
    "IR_BEN_R": {"read": 2, "merged dim_patient": 2},
    "IR_IMB_R": {
        "read": 4,
        "merged fact_long_term_disease": 1,
        "rejected beyond_IMB_ALD_NUM": 1,
        "rejected beyond_IMB_ALD_DTF": 1,
        "rejected end_before_start": 1,
    },
    "T_MCOaaC": {
        "read": 4,
        "kept fact_hospital_stay": 2,
        "rejected repeated_key": 1,
        "rejected exit_before_entry": 1,
    },
    "T_MCOaaB": {
        "read": 4,
        "kept fact_hospital_stay": 2,
        "rejected no_parent": 1,
        "rejected no_stay": 1,
    },
    "T_MCOaaA": {"read": 2, "merged fact_procedure": 1, "rejected beyond_ENT_DAT_DEL": 1},
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        lines = [line.strip() for line in text.strip().splitlines()]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def import_of(directory: Path, workspace: Path, *options: str) -> Workspace:
    ran = emc2("import", str(directory), "--workspace", str(workspace), "--synthetic", *options, cwd=workspace.parent)
    assert ran.returncode == 0, ran.stderr
    return Workspace(workspace)


def refused(*arguments: str, cwd: Path) -> str:
    """The one sentence of a command that was refused as usage."""
    ran = emc2("import", *arguments, cwd=cwd)
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr.strip().splitlines()[-1]


def account(workspace: Workspace) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((workspace.root / "import.json").read_text(encoding="utf-8"))
    return told


def fates_of(told: dict[str, Any]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for entry in told["tables"]:
        found.setdefault(entry["table"], {})[f"{entry['fate']} {entry['rule']}".strip()] = entry["rows"]
    return found


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("odd")
    return import_of(write(root / "extract", ODD), root / "emc2-import")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SNDS's Parquet of a small world."""
    root = tmp_path_factory.mktemp("world") / "emc2-data"
    return make_sources(root, configuration=Configuration(1_000)).source("snds")


def test_whatever_lands_loads_or_is_rejected_by_a_rule_with_its_count(odd: Workspace) -> None:
    assert fates_of(account(odd)) == EXPECTED


def test_files_that_are_not_used_are_told_with_their_lines(odd: Workspace) -> None:
    files = {file["path"]: (file["outcome"], file["lines"], file["landed"]) for file in account(odd)["files"]}
    assert files["ER_CAM_F.csv"] == ("known, not used", 2, 0)
    assert files["notes.csv"] == ("unknown", 2, 0)
    assert files["nested/ER_PRS_F_2018.csv"] == ("loaded", 8, 7)
    assert len(files) == len(ODD)


def test_a_code_that_no_reference_holds_keeps_its_own_row(odd: Workspace) -> None:
    def codes(dimension: str, column: str) -> set[object]:
        rows = pl.read_parquet(parts(odd.star / dimension)).filter(~pl.col("is_in_reference"))
        return set(rows[column]) - {None}

    assert codes("dim_facility", "facility_code") == {"000000001"}
    assert codes("dim_diagnosis", "icd10_code") == {"Z99.x", "e11.9"}
    assert codes("dim_drug", "cip13_code") == {1, 3400900000011}
    assert codes("dim_care_nature", "care_nature_code") == {7777}
    assert codes("dim_procedure", "ccam_code") == {"ZZZZ"}


def test_persons_are_counted_and_nothing_stands_for_other_parties(odd: Workspace) -> None:
    assert account(odd)["pseudonyms"] == {
        "persons": 5,
        "pseudonyms_of_several_persons": 0,
        "pseudonyms_in_discharge_abstracts_only": 1,
        "stays_without_pseudonym": 1,
        "claims_without_register_row": 1,
    }
    assert sorted(path.name for path in odd.root.iterdir()) == [
        ".lock",
        "hub",
        "import.json",
        "manifest.json",
        "sources",
    ]
    assert [path.name for path in odd.sources.iterdir()] == ["snds"]


def test_the_other_commands_work_in_the_workspace_and_building_is_refused(odd: Workspace) -> None:
    assert "an imported extract, care until 2018-03-05" in emc2("status", cwd=odd.root).stdout
    assert "nothing to do" in emc2("run", cwd=odd.root).stderr
    assert "rejected,beyond_EXE_SOI_DTD,rows,1" in emc2("ledger", "--format", "csv", cwd=odd.root).stdout
    counted = emc2("sql", "SELECT count(*) AS n FROM fact_care_claim", "--format", "csv", cwd=odd.root)
    assert counted.stdout == "n\n2\n"
    for command in (["generate"], ["build", "--persons", "10"]):
        ran = emc2(*command, cwd=odd.root)
        assert (ran.returncode, "holds an imported extract" in ran.stderr) == (2, True)


def test_a_second_run_after_the_buckets_are_gone_ends_with_the_same_facts(odd: Workspace, tmp_path: Path) -> None:
    shutil.copytree(odd.root, tmp_path / "copy")
    copy = Workspace(tmp_path / "copy")
    register = (copy.hub / "register.parquet").read_bytes()
    shutil.rmtree(copy.hub / "buckets")
    assert emc2("run", cwd=copy.root).returncode == 0
    assert digest(copy.star) == digest(odd.star)
    assert (copy.hub / "register.parquet").read_bytes() != register
    assert pl.read_parquet(copy.hub / "register.parquet").height == 5
    assert account(copy) == account(odd)


def write_csv(snds: Path, folder: Path) -> Path:
    """The same rows as another program would write them: `,`, quotes, SAS dates, gzip, columns in reverse order."""
    folder.mkdir()
    for table in (path for path in snds.iterdir() if path.is_dir()):
        rows = pl.read_parquet(parts(table))
        texts = rows.select(
            pl.col(name).dt.strftime("%d%b%Y").str.to_uppercase()
            if dtype == pl.Date()
            else pl.col(name).cast(pl.String)
            for name, dtype in reversed(rows.schema.items())
        )
        with gzip.open(folder / f"{table.name.lower()}.csv.gz", "wt", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
            writer.writerow(texts.columns)
            writer.writerows([value or "" for value in row] for row in texts.iter_rows())
    return folder


def test_the_same_rows_in_another_dialect_give_the_same_facts_and_every_count_adds_up(
    world: Path, tmp_path: Path
) -> None:
    direct = import_of(world, tmp_path / "direct")
    other = import_of(write_csv(world, tmp_path / "csv"), tmp_path / "other", "--workers", "1")
    assert digest(direct.star) == digest(other.star)
    told = account(other)
    for file in told["files"]:
        assert file["lines"] - 1 == file["rows"] == file["landed"] + sum(file["rejected"].values()), file["path"]
    ledger = from_json(told["tables"])
    for table in ledger.tables():
        assert same(ledger.of(table, READ), ledger.of(table, *FATES)), table
    rows = sum(pl.scan_parquet(parts(world / "ER_PRS_F")).select(pl.len()).collect().to_series())
    assert ledger.of("ER_PRS_F", READ).rows == ledger.of("ER_PRS_F", "kept").rows == rows
    assert told["pseudonyms"] == account(direct)["pseudonyms"]


@pytest.mark.parametrize("pattern", ["IR_PHA_R", "T_MCO18?", "ER_PRS_F"])
def test_any_subset_of_tables_is_an_extract(pattern: str, world: Path, tmp_path: Path) -> None:
    for folder in world.glob(pattern):
        shutil.copytree(folder, tmp_path / "extract" / folder.name)
    workspace = import_of(tmp_path / "extract", tmp_path / "emc2-import")
    told = account(workspace)
    assert {entry["table"] for entry in told["tables"]} == {
        f"T_MCOaa{folder.name[-1]}" if folder.name.startswith("T_MCO") else folder.name
        for folder in world.glob(pattern)
    }
    assert {name: entry for name, entry in told["star"].items() if name == "dim_patient"} == {
        "dim_patient": told["pseudonyms"]["persons"] + 1
    }


def test_an_extraction_date_cuts_observation(tmp_path: Path) -> None:
    extract = write(tmp_path / "extract", {"IR_BEN_R.csv": ODD["IR_BEN_R.csv"], "T_MCO18C.csv": ODD["T_MCO18C.csv"]})
    workspace = import_of(extract, tmp_path / "ws", "--extraction-date", "2018-02-01")
    assert account(workspace)["extraction_date"] == "2018-02-01"
    assert account(workspace)["star"]["fact_observation_period"] == 0


def test_what_cannot_be_imported_is_said_in_one_sentence_and_nothing_is_made(tmp_path: Path) -> None:
    extract = write(tmp_path / "extract", {"IR_BEN_R.csv": ODD["IR_BEN_R.csv"]})
    write(tmp_path / "empty", {"notes.csv": "a;b\n1;2", "IR_BEN_R.parquet": "damaged"})
    before = sorted(path.name for path in tmp_path.iterdir())
    assert "is not a folder" in refused("nowhere", "--synthetic", cwd=tmp_path)
    assert "is not a folder" in refused("extract/IR_BEN_R.csv", "--synthetic", cwd=tmp_path)
    assert "Say so with --synthetic" in refused("extract", cwd=tmp_path)
    assert "must not lie in each other" in refused(".", "--synthetic", cwd=tmp_path)
    assert "must not lie in each other" in refused("extract", "--synthetic", "--workspace", ".", cwd=tmp_path)
    assert "a date such as" in refused("extract", "--synthetic", "--extraction-date", "2018", cwd=tmp_path)
    assert "must lie between" in refused("extract", "--synthetic", "--extraction-date", "1800-01-01", cwd=tmp_path)
    assert "--workers must lie" in refused("extract", "--synthetic", "--workers", "0", cwd=tmp_path)
    said = refused("empty", "--synthetic", cwd=tmp_path)
    assert "holds no SNDS table that can be read (1 unknown, 1 unreadable)" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert [path.name for path in extract.iterdir()] == ["IR_BEN_R.csv"]


def test_a_folder_that_holds_anything_else_is_not_written_to(odd: Workspace, tmp_path: Path) -> None:
    write(
        tmp_path, {"extract/IR_BEN_R.csv": ODD["IR_BEN_R.csv"], "taken/mine.txt": "mine", "world/sources/funds/x": ""}
    )
    before = sorted(tmp_path.rglob("*"))
    for folder in ("taken", "world", str(odd.root)):
        assert "name a new folder" in refused("extract", "--synthetic", "--workspace", folder, cwd=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("seconds", [1.5, 3.0, 4.5])
def test_an_import_that_was_killed_can_be_made_again(seconds: float, world: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from emc2.cli import main; main()", "import", str(world), "--synthetic"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if (tmp_path / "emc2-import" / "import.json").exists():
        pytest.skip("it had ended")
    time.sleep(1.0)  # its workers see that it is gone
    workspace = import_of(world, tmp_path / "emc2-import")
    assert account(workspace)["star"]["fact_care_claim"] > 0
    assert [path.name for path in workspace.sources.iterdir()] == ["snds"]
