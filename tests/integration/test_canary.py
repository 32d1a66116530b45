"""No file outside `sources/` and `truth/` names a person or a professional, and the search can find what does."""

import json
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.lock import held
from pipelines.manifest import read_manifest
from pipelines.route import bucket_schemas
from pipelines.run import Run, run
from schema.layout import Workspace, parts
from schema.raw import declaration
from schema.star import TABLES
from tests.integration import canary
from tests.integration.conftest import copy_of
from tests.integration.workspaces import hashes

SEALED = ("sources", "truth")
# Columns that may stand outside the sources beside those of the star and of buckets, by file.
OWN_COLUMNS = {
    "vault.parquet": {
        "source",
        "handle",
        "token",
        "pseudonym",
        "linkage",
        "reason",
        "first_delivery",
        "stage1",
        "stage2",
    },
    "register.parquet": {"pseudonym", "patient_key", "first_delivery"},
}


@pytest.fixture(scope="module")
def planted(sources: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path, set[str]]:
    """A workspace with a person of an impossible name, run; the letters as they were; all that must not be found."""
    workspace = copy_of(sources, tmp_path_factory.mktemp("canary"))
    for path in parts(workspace.source("hospital_1") / "patient")[:1]:
        names = ("birth_name", "used_name", "first_name")
        frame = pl.read_parquet(path)
        first = pl.int_range(pl.len()) == 0
        frame.with_columns(
            pl.when(first).then(pl.lit(canary.PLANTED_NAME)).otherwise(n).alias(n) for n in names
        ).write_parquet(path)
    letters = workspace.root.parent / "letters"

    def keep_letters(*_: object) -> None:
        if workspace.post.exists():
            shutil.copytree(workspace.post, letters, dirs_exist_ok=True)

    with held(workspace):
        run(Run(workspace, None, 2, keep_letters, keep_letters), read_manifest(workspace))
    return workspace, letters, canary.identifiers(workspace)


def outside(workspace: Workspace) -> list[Path]:
    """Every folder and file of a workspace but the sealed ones."""
    return [path for path in workspace.root.iterdir() if path.name not in SEALED]


def hits(workspace: Workspace, forbidden: set[str]) -> list[tuple[str, str, int]]:
    return [hit for path in outside(workspace) for hit in canary.search(path, forbidden)]


def test_no_identifier_is_outside_the_sources(planted: tuple[Workspace, Path, set[str]]) -> None:
    workspace, _, forbidden = planted

    assert len(forbidden) > 100_000
    assert not workspace.post.exists()
    assert hits(workspace, forbidden) == []


def test_matching_ids_and_tokens_end_where_they_must(planted: tuple[Workspace, Path, set[str]]) -> None:
    workspace, letters, _ = planted
    ids, tokens = set(), set()
    for path in letters.rglob("part-*.parquet"):
        frame = pl.read_parquet(path)
        if "idacc" in frame.columns:
            ids |= {str(n) for n in frame["idacc"].unique()}
        if "token" in frame.columns:
            tokens |= {token.hex().upper() for token in frame["token"].drop_nulls()}
    pseudonyms = {p.hex().upper() for p in pl.read_parquet(workspace.hub / "register.parquet")["pseudonym"]}

    assert len(ids) > 9_000
    assert len(tokens) > 8_900
    assert hits(workspace, ids) == []
    assert canary.search(workspace.hub, tokens) == []
    assert canary.search(workspace.star, pseudonyms) == []
    assert [Path(path).name for path, _, _ in canary.search(workspace.custodian, tokens)] == ["vault.parquet"]


def test_every_column_outside_the_sources_is_declared_and_none_is_a_birth_day(
    planted: tuple[Workspace, Path, set[str]],
) -> None:
    workspace, _, _ = planted
    buckets = bucket_schemas()
    for path in (p for folder in outside(workspace) if folder.is_dir() for p in folder.rglob("*.parquet")):
        columns = set(pl.read_parquet_schema(path))
        table = path.parent.parent.name if path.parent.name.startswith("bucket=") else path.parent.name
        if path.name in OWN_COLUMNS:
            allowed = OWN_COLUMNS[path.name]
        elif "star" in path.parts:
            allowed = {c.name for c in TABLES[path.parent.name].columns}
        elif path.stem == "IR_PHA_R":
            allowed = {c.name for c in declaration("IR_PHA_R").columns}
        else:
            allowed = set(buckets[table])
        assert columns <= allowed, path
    months = pl.scan_parquet(sorted((workspace.hub / "buckets" / "patient").rglob("*.parquet")))
    assert months.filter(pl.col("birth_date").dt.day() != 1).collect().is_empty()
    assert months.select(pl.len()).collect().item() > 3_000
    born = pl.scan_parquet(parts(workspace.star / "dim_patient")).filter(pl.col("birth_month_date").dt.day() != 1)
    assert born.collect().is_empty()


def test_the_search_finds_what_is_planted_in_each_kind_of_file(
    planted: tuple[Workspace, Path, set[str]], tmp_path: Path
) -> None:
    workspace, _, forbidden = planted
    nir = pl.read_parquet(parts(workspace.source("funds") / "beneficiary")).filter(
        pl.col("own_nir").str.slice(5, 2).str.contains("^[0-9]+$")
    )["own_nir"][0]
    frame = pl.DataFrame({"text": [nir], "number": [int(nir[:13])], "spaced": [f"no {nir[:1]} {nir[1:]}"]})
    for compression in ("zstd", "snappy", "uncompressed"):
        frame.write_parquet(tmp_path / f"{compression}.parquet", compression=compression)
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("CREATE TABLE t AS SELECT * FROM frame")
    (tmp_path / "log.txt").write_text(f"person {nir} was seen")
    (tmp_path / "m.json").write_text(json.dumps({"a": [{"b": f"{nir[:13]}"}]}))
    pl.DataFrame({"name": [canary.PLANTED_NAME]}).write_parquet(tmp_path / "name.parquet")

    found = {(Path(path).name.split(":")[0], column) for path, column, _ in canary.search(tmp_path, forbidden)}

    assert found == {
        *((f"{c}.parquet", n) for c in ("zstd", "snappy", "uncompressed") for n in ("text", "number", "spaced")),
        *(("warehouse.duckdb", n) for n in ("text", "number", "spaced")),
        ("log.txt", ""),
        ("m.json", ""),
        ("name.parquet", "name"),
    }


def test_the_planted_person_reached_the_star_without_her_name(planted: tuple[Workspace, Path, set[str]]) -> None:
    workspace, _, _ = planted
    reached = pl.scan_parquet(parts(workspace.star / "dim_patient")).filter(pl.col("n_hospitals") > 0)

    assert reached.select(pl.len()).collect().item() > 2_900
    assert len(hashes(workspace.star)) == 24
