"""Out and in again: what an export holds is what the sources hold, whatever the dialect, order of columns or keys."""

import csv
import json
import random
import subprocess
from pathlib import Path

import pytest

from pipelines.digest import digest
from schema.configuration import Configuration
from schema.layout import Workspace
from tests.integration.workspaces import emc2, make_sources

TABLE_OF = {"IR_BEN_R_ARC": "IR_BEN_R"}
ORDERS = random.Random(3)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str]]:
    """A small world, and the digest of the star that an import of its own Parquet builds."""
    root = tmp_path_factory.mktemp("world")
    world = make_sources(root / "emc2-data", configuration=Configuration(1_200))
    return world, import_of(world.source("snds"), root / "direct")


def run(*arguments: str, cwd: Path) -> None:
    ran = emc2(*arguments, cwd=cwd)
    assert ran.returncode == 0, ran.stderr


def import_of(directory: Path, workspace: Path) -> dict[str, str]:
    run("import", str(directory), "--workspace", str(workspace), "--synthetic", cwd=directory.parent)
    return digest(Workspace(workspace).star)


def shuffle_columns(directory: Path, dialect: dict[str, str]) -> None:
    """Rewrite every CSV with its columns in another order."""
    for path in directory.glob("*.csv"):
        with path.open(encoding=dialect["encoding"], newline="") as lines:
            rows = list(csv.reader(lines, delimiter=dialect["separator"]))
        order = ORDERS.sample(range(len(rows[0])), len(rows[0]))
        with path.open("w", encoding=dialect["encoding"], newline="") as lines:
            writer = csv.writer(lines, delimiter=dialect["separator"], lineterminator="\n")
            writer.writerows([row[k] for k in order] for row in rows)


@pytest.mark.parametrize(
    "dialect",
    [
        {"separator": ";", "encoding": "latin-1", "date-form": "dd/mm/yyyy"},
        {"separator": ",", "encoding": "utf-8", "date-form": "sas", "decimal": ","},
    ],
    ids=lambda d: d["date-form"],
)
def test_export_of_shuffled_columns_imports_to_the_same_digest(
    dialect: dict[str, str], imported: tuple[Workspace, dict[str, str]], tmp_path: Path
) -> None:
    world, direct = imported
    options = [text for name, value in dialect.items() for text in (f"--{name}", value)]
    run("export", "--as", "snds", "--to", "out", "--workspace", str(world.root), *options, cwd=tmp_path)
    shuffle_columns(tmp_path / "out", dialect)

    assert import_of(tmp_path / "out", tmp_path / "again") == direct
    assert_lines_are_accounted_for(tmp_path / "out", tmp_path / "again")


def assert_lines_are_accounted_for(extract: Path, workspace: Path) -> None:
    """Each file's lines are those that `wc -l` counts, and the ledger reads one row a line below the first."""
    account = json.loads((workspace / "import.json").read_text(encoding="utf-8"))
    reports = {file["path"]: file for file in account["files"]}
    files = sorted(path for path in extract.glob("*.csv"))
    counted = subprocess.run(["wc", "-l", *files], capture_output=True, text=True, check=True).stdout.splitlines()
    lines = {Path(line.split()[1]).name: int(line.split()[0]) for line in counted[: len(files)]}
    read: dict[str, int] = {}
    for name, n in lines.items():
        assert reports[name]["lines"] == n
        if reports[name]["outcome"] == "loaded":
            table = TABLE_OF.get(reports[name]["table"], reports[name]["table"])
            read[table] = read.get(table, 0) + n - 1

    assert {e["table"]: e["rows"] for e in account["tables"] if e["fate"] == "read"} == read


def test_parquet_export_of_an_import_imports_to_the_same_digest(
    imported: tuple[Workspace, dict[str, str]], tmp_path: Path
) -> None:
    world, direct = imported
    first = world.root.parent / "direct"
    run("export", "--as", "snds", "--to", "out", "--workspace", str(first), "--format", "parquet", cwd=tmp_path)

    assert import_of(tmp_path / "out", tmp_path / "again") == direct
