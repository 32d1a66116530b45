"""The commands as a user runs them, from an empty folder to an answer."""

import csv
import io
import json
import shutil
import stat
from pathlib import Path

import polars as pl
import pytest

from emc2.expectation import PEAK_BYTES_PER_PERSON_YEAR, check_disk, expect
from schema.configuration import Configuration
from schema.errors import StorageFull
from schema.layout import PARTIES, SYNTHETIC, Workspace
from tests.integration.workspaces import ROOT, emc2
from warehouse import open_warehouse


def test_build_from_an_empty_folder_answers_the_question(tmp_path: Path) -> None:
    assert emc2("keys", "ceremony", "--class", "--keyring", "keys", cwd=tmp_path).returncode == 0
    result = emc2("build", "--persons", "1_500", "--years", "2", "--workers", "2", "--keyring", "keys", cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    for stage in ("sources", "pseudonymise", "link", "buckets", "star", "warehouse"):
        assert f"{stage}  " in result.stderr
    for words in ("fact_care_claim", "linked", "Initiation of an NSAID", "bleeding", SYNTHETIC):
        assert words in result.stdout
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert files == {"passphrase": 0o600} | {f"{party}.json": 0o600 for party in PARTIES}

    again = emc2("build", "--persons", "1500", "--years", "2", "--keyring", "keys", cwd=tmp_path)
    assert again.returncode == 0
    assert again.stdout == result.stdout
    assert "star  " not in again.stderr
    assert "nothing to do" in again.stderr

    assert emc2("status", cwd=tmp_path / "emc2-data" / "hub").returncode == 3  # no workspace here, and none below
    shown = emc2("status", cwd=tmp_path / "emc2-data")
    assert shown.stdout.count("current") == 4


def test_keyrings_beside_the_workspace_are_found_and_demo_keys_are_said_aloud(tmp_path: Path) -> None:
    small = ("--persons", "60", "--years", "1", "--workers", "1")

    demo = emc2("build", *small, "--workspace", "demo/emc2-data", cwd=tmp_path)
    assert "published demo keyrings" in demo.stderr
    assert json.loads((tmp_path / "demo/emc2-data/manifest.json").read_text())["keyring"] == "demo"
    assert emc2("keys", "ceremony", "--class", "--keyring", "own/emc2-keys", cwd=tmp_path).returncode == 0
    dealt = emc2("build", *small, "--keyring", "own/emc2-keys", "--workspace", "own/emc2-data", cwd=tmp_path)
    found = emc2("run", "--workspace", "own/emc2-data", cwd=tmp_path)
    assert dealt.returncode == found.returncode == 0
    assert "demo keyring" not in dealt.stderr + found.stderr


@pytest.mark.parametrize("persons", ["1", "2", "3"])
def test_the_smallest_worlds_run_to_the_end(persons: str, tmp_path: Path) -> None:
    result = emc2("build", "--persons", persons, "--years", "1", "--workers", "1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_sql_prints_each_format(finished: Workspace, tmp_path: Path) -> None:
    query = "SELECT sex_code, count(*) AS n FROM dim_patient WHERE sex_code IS NOT NULL GROUP BY ALL ORDER BY ALL"
    with open_warehouse(finished.root) as warehouse:
        expected = warehouse.sql(query).rows()

    text = emc2("sql", query, cwd=finished.root)
    rows = list(csv.reader(io.StringIO(emc2("sql", query, "--format", "csv", cwd=finished.root).stdout)))
    objects = json.loads(emc2("sql", query, "--format", "json", cwd=finished.root).stdout)
    assert "Inside the warehouse" in text.stderr
    assert str(expected[0][1]) in text.stdout
    assert rows == [["sex_code", "n"], *([str(v) for v in row] for row in expected)]
    assert [tuple(o.values()) for o in objects] == expected


def test_python_and_sql_see_the_same_star(finished: Workspace) -> None:
    with open_warehouse(finished.root) as warehouse:
        for table in warehouse.tables():
            rows = warehouse.scan(table).select(pl.len()).collect().item()
            assert warehouse.sql(f"SELECT count(*) AS n FROM {table}").item() == rows


def test_ledger_and_digest_print_what_the_workspace_holds(finished: Workspace) -> None:
    entries = json.loads(emc2("ledger", "--format", "json", cwd=finished.root).stdout)
    numbers = dict(line.split("  ")[::-1] for line in emc2("digest", cwd=finished.root).stdout.splitlines())

    counts = [e for e in entries if e["rows_or_cents_of"] == "rows"]
    claims = {e["fate"]: e["amount"] for e in counts if e["party"] == "snds" and e["table"] == "ER_PRS_F"}
    assert claims["read"] == claims["kept"] > 100_000
    assert len(numbers) == 15
    assert all(len(number) == 16 for number in numbers.values())


def test_expected_rates_are_those_that_the_benchmark_recorded() -> None:
    recorded = json.loads((ROOT / "benchmarks" / "build.json").read_text())["runs"][-1]
    said = expect(Configuration(recorded["persons"]), workers=2)

    assert said.rows == pytest.approx(recorded["generate"]["rows"], rel=0.1)
    assert said.bytes == pytest.approx(recorded["kept_mb"] * 1e6, rel=0.25)
    wall = recorded["generate"]["wall_seconds"] + recorded["run"]["wall_seconds"]
    assert said.minutes == pytest.approx(wall / 60, rel=0.25)


def test_a_build_that_the_disk_cannot_hold_is_refused(tmp_path: Path) -> None:
    years = 10
    needed = int(shutil.disk_usage(tmp_path).free / PEAK_BYTES_PER_PERSON_YEAR / years) + 1_000_000
    if needed > 10_000_000:
        pytest.skip("this disk holds the largest world")
    with pytest.raises(StorageFull, match="has .* MB free"):
        check_disk(Configuration(needed, 2010, years), Workspace(tmp_path / "emc2-data"))
