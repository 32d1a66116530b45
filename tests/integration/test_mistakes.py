"""Mistakes a newcomer makes, and damage: one sentence, an exit code, no traceback, nothing lost."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.keys import draw_keyrings
from pipelines.lock import held
from schema.layout import Workspace, parts
from tests.integration.conftest import copy_of
from tests.integration.workspaces import ROOT, emc2, hashes


def refused(result: "subprocess.CompletedProcess[str]", code: int, *words: str) -> str:
    """One sentence on stderr, the exit code, and no traceback."""
    assert result.returncode == code, result.stderr
    sentence = result.stderr.strip().splitlines()[-1]
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in sentence, sentence
    return sentence


@pytest.mark.parametrize("option", [["--persons", "0"], ["--persons", "-1"], ["--persons", "20_000_000"]])
def test_impossible_sizes_are_refused(option: list[str], tmp_path: Path) -> None:
    refused(emc2("build", *option, cwd=tmp_path), 2, "--persons must lie between 1 and 10,000,000")
    assert not list(tmp_path.iterdir())


def test_an_unknown_command_or_none_is_told_in_one_sentence(tmp_path: Path) -> None:
    refused(emc2("bild", cwd=tmp_path), 2, "Did you mean 'build'")
    refused(emc2(cwd=tmp_path), 2, "emc2 --help")
    assert emc2("--help", cwd=tmp_path).returncode == 0


def test_unreadable_numbers_are_refused_as_usage(tmp_path: Path) -> None:
    for option in (["--persons", "1e12"], ["--seed", "-1"], ["--from", "x"]):
        refused(emc2("build", *option, cwd=tmp_path), 2, option[0])
    assert not list(tmp_path.iterdir())


def test_years_without_reference_and_no_workers_are_refused(tmp_path: Path) -> None:
    refused(emc2("build", "--from", "2019", "--years", "3", cwd=tmp_path), 2, "2010 to 2019")
    refused(emc2("build", "--workers", "0", cwd=tmp_path), 2, "--workers must lie between 1 and 64")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["run"], ["status"], ["digest"], ["sql", "SELECT 1"], ["ledger"]])
def test_commands_outside_a_workspace_say_what_to_run(command: list[str], tmp_path: Path) -> None:
    refused(emc2(*command, cwd=tmp_path), 3, "run `emc2")


def test_another_world_is_not_written_over(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    before = hashes(workspace.root)

    refused(emc2("build", "--persons", "100", cwd=workspace.root), 2, "holds 9,000 persons")
    refused(emc2("build", "--persons", "9000", "--seed", "8", cwd=workspace.root), 2, "another world")
    assert hashes(workspace.root) == before


def test_another_keyring_is_refused_and_nothing_changes(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    draw_keyrings(tmp_path / "other")
    before = hashes(workspace.root)

    refused(emc2("run", "--keyring", "../other", cwd=workspace.root), 5, "another keyring")
    shutil.rmtree(workspace.star)
    refused(emc2("run", "--keyring", "../other", cwd=workspace.root), 5, "another keyring")
    assert hashes(workspace.root / "hub", "buckets/**/*.parquet") == {
        path.removeprefix("hub/"): sha for path, sha in before.items() if path.startswith("hub/buckets/")
    }


def test_a_keyring_that_others_can_read_or_that_lacks_a_party_is_refused(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    draw_keyrings(tmp_path / "keys")
    (tmp_path / "keys" / "custodian.json").chmod(0o644)

    refused(emc2("run", "--keyring", "../keys", cwd=workspace.root), 5, "chmod 600")
    (tmp_path / "keys" / "custodian.json").unlink()
    refused(emc2("run", "--keyring", "../keys", cwd=workspace.root), 5, "custodian.json is absent")


def test_a_keyring_inside_the_workspace_is_refused(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    refused(emc2("run", "--keyring", "keys", cwd=workspace.root), 2, "must not lie in the workspace")


def test_a_corrupt_part_is_named_and_the_old_warehouse_stands(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    shutil.rmtree(workspace.hub / "buckets")
    part = parts(workspace.source("snds") / "ER_PHA_F")[1]
    part.write_bytes(part.read_bytes()[:1000])
    before = workspace.warehouse.read_bytes()

    refused(emc2("run", cwd=workspace.root), 4, "ER_PHA_F/part-00001.parquet cannot be read as Parquet")
    assert workspace.warehouse.read_bytes() == before


SPOILT = {
    "custodian/vault.parquet": ("", "vault.parquet cannot be read"),
    "hub/register.parquet": ("hub/buckets", "register.parquet cannot be read"),
    "hub/buckets/counts.json": ("hub/star", "delete hub/buckets"),
    "hub/buckets/IR_PHA_R.parquet": ("hub/star", "delete hub/buckets"),
    "hub/buckets/ER_PRS_F/bucket=0/00000000.parquet": ("hub/star", "delete hub/buckets"),
    "hub/star/dim_patient/part-00000.parquet": ("hub/warehouse.duckdb", "delete hub/star"),
}


@pytest.mark.parametrize("path", SPOILT)
def test_a_spoilt_file_is_named_with_what_to_do(path: str, finished: Workspace, tmp_path: Path) -> None:
    gone, words = SPOILT[path]
    workspace = copy_of(finished, tmp_path)
    (workspace.root / path).write_text("spoilt")
    if gone:
        target = workspace.root / gone
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    result = emc2("run", cwd=workspace.root)
    assert result.returncode in (4, 8), result.stderr
    refused(result, result.returncode, words)


def test_a_spoilt_warehouse_is_loaded_again(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    workspace.warehouse.write_text("spoilt")

    refused(emc2("sql", "SELECT 1 AS one", cwd=workspace.root), 2, "run `emc2 run` again")
    assert emc2("run", cwd=workspace.root).returncode == 0
    assert emc2("sql", "SELECT 1 AS one", cwd=workspace.root).returncode == 0


def test_a_digest_of_a_spoilt_star_says_so(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    shutil.rmtree(workspace.star / "dim_drug")
    refused(emc2("digest", cwd=workspace.root), 4, "delete hub/star")


def test_a_refused_run_draws_no_keyring_and_makes_no_folder(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    refused(emc2("run", "--keyring", "../new", cwd=workspace.root), 5, "linked under a keyring")
    assert not (tmp_path / "new").exists()

    empty = tmp_path / "empty"
    empty.mkdir()
    refused(emc2("run", "--keyring", "new", cwd=empty), 3, "is no workspace")
    refused(emc2("build", "--keyring", "emc2-data/keys", cwd=empty), 2, "must not lie in the workspace")
    assert not list(empty.iterdir())


def test_output_that_nobody_reads_ends_quietly(finished: Workspace) -> None:
    command = f"{shlex.quote(sys.executable)} -c 'from emc2.cli import main; main()' describe er_prs_f | head -1"
    result = subprocess.run(
        ["bash", "-c", command], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "## ER_PRS_F"
    assert result.stderr == ""


def test_a_result_that_cannot_be_printed_is_explained(finished: Workspace) -> None:
    twice = (
        "SELECT s.stay_number, d.stay_number FROM fact_hospital_stay s JOIN fact_stay_diagnosis d USING (patient_key)"
    )
    refused(emc2("sql", twice, cwd=finished.root), 2, "one name")
    refused(emc2("sql", "SELECT [1, 2] AS l", "--format", "csv", cwd=finished.root), 2, "--format json")


def test_a_second_run_at_the_same_time_is_refused(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    with held(workspace):
        refused(emc2("run", cwd=workspace.root), 9, "Another run")


def test_missing_sources_and_foreign_manifests_are_named(finished: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(finished, tmp_path)
    shutil.rmtree(workspace.sources)
    refused(emc2("run", cwd=workspace.root), 3, "run `emc2 generate`")

    (workspace.hub / "ledger.json").write_text("[")
    (workspace.source("hospital_1") / "ledger.json").parent.mkdir(parents=True)
    (workspace.source("hospital_1") / "ledger.json").write_text("[")
    refused(emc2("ledger", cwd=workspace.root), 4, "ledger.json cannot be read")
    workspace.manifest.write_text("{")
    refused(emc2("status", cwd=workspace.root), 4, "manifest.json cannot be read")
    workspace.manifest.write_text('{"format": 99}')
    refused(emc2("status", cwd=workspace.root), 4, "has format 99")


def test_a_file_where_a_folder_is_meant_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(emc2("build", "--workspace", "file", cwd=tmp_path), 2, "is not a folder")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM fact_death",
        "COPY dim_date TO 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM 'x.parquet'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET threads = 1",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM dim_date",
        "not a query",
        "",
    ],
)
def test_sql_that_does_more_than_select_is_refused(query: str, finished: Workspace) -> None:
    before = finished.warehouse.read_bytes()

    refused(emc2("sql", query, cwd=finished.root), 2)
    assert finished.warehouse.read_bytes() == before


def test_a_failing_query_shows_no_value_of_a_row(finished: Workspace) -> None:
    sentence = refused(emc2("sql", "SELECT icd10_code::int FROM dim_diagnosis", cwd=finished.root), 2)
    assert "A09" not in sentence


def test_an_unknown_format_or_table_is_refused(finished: Workspace) -> None:
    refused(emc2("sql", "SELECT 1", "--format", "xml", cwd=finished.root), 2, "table, csv, json")
    refused(emc2("describe", "nothing", cwd=finished.root), 2, "No star or source table")


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_says_so_and_can_be_repeated(sign: signal.Signals, code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from emc2.cli import main; main()", "build", "--persons", "9000"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(3.0)
    os.killpg(process.pid, sign) if sign is signal.SIGINT else process.send_signal(sign)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == code, errors
    assert "Traceback" not in errors, errors
    assert "what was whole stays whole" in errors
    assert not (tmp_path / "emc2-data" / "hub" / "warehouse.duckdb").exists()
    assert emc2("status", cwd=tmp_path).returncode in (0, 3)


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_query_that_never_ends_can_be_interrupted(sign: signal.Signals, code: int, finished: Workspace) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b"
    process = subprocess.Popen(
        [sys.executable, "-c", "from emc2.cli import main; main()", "sql", endless],
        cwd=finished.root,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(3.0)
    process.send_signal(sign)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == code, errors
    assert "Traceback" not in errors
