"""No file outside `sources/` and `truth/` names a person or a professional, and the search can find what does."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.keys import Keyrings
from pipelines.lock import held
from pipelines.manifest import read_manifest
from pipelines.post import read_letter
from pipelines.route import bucket_schemas
from pipelines.run import Run, run
from schema.layout import KEYRINGS, MAIL, PARTIES, Workspace, parts
from schema.raw import declaration
from schema.star import TABLES
from tests.integration import canary
from tests.integration.conftest import copy_of
from tests.integration.workspaces import hashes
from tests.pipelines.keyrings import dealt

SEALED = ("sources", "truth")
# Columns that may stand outside the sources beside those of the star and of buckets, by file.
OWN_COLUMNS = {
    "vault.parquet": {
        "token",
        "kind",
        "source",
        "first_delivery",
        "person",
        "pass",
        "quality",
        "state",
        "reason",
    },
    "register.parquet": {"pseudonym", "patient_key", "first_delivery", "state", "into"},
}
MATCHING = ("funds", "snds", "matching")  # the funds tell the SNDS whose its own pseudonyms are


@dataclass(frozen=True)
class Field:
    """A workspace that was run, its letters as they were in the post, its keyrings, and all that must not be found."""

    workspace: Workspace
    letters: Path
    keyrings: Keyrings
    forbidden: set[str]

    def opened(self) -> Iterator[tuple[tuple[str, str, str], pl.DataFrame]]:
        """((sender, recipient, table), rows) of each letter, as its recipient opens it."""
        for sender, recipients in MAIL.items():
            for recipient in recipients:
                letter = read_letter(self.letters, sender, self.keyrings.open(recipient))
                for table in letter.tables:
                    yield (sender, recipient, table), letter.read(table)


@pytest.fixture(scope="module")
def planted(sources: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Field:
    """A workspace with a person of an impossible name, run under keyrings of its own."""
    workspace = copy_of(sources, tmp_path_factory.mktemp("canary"))
    for path in parts(workspace.source("hospital_1") / "patient")[:1]:
        names = ("birth_name", "used_name", "first_name")
        frame = pl.read_parquet(path)
        first = pl.int_range(pl.len()) == 0
        frame.with_columns(
            pl.when(first).then(pl.lit(canary.PLANTED_NAME)).otherwise(n).alias(n) for n in names
        ).write_parquet(path)
    letters, keyrings = workspace.root.parent / "letters", dealt(workspace.root.parent / KEYRINGS)

    def keep_letters(*_: object) -> None:
        if workspace.post.exists():
            shutil.copytree(workspace.post, letters, dirs_exist_ok=True)

    with held(workspace):
        run(Run(workspace, keyrings, 2, keep_letters, keep_letters), read_manifest(workspace))
    return Field(workspace, letters, keyrings, canary.identifiers(workspace))


def outside(workspace: Workspace) -> list[Path]:
    """Every folder and file of a workspace but the sealed ones."""
    return [path for path in workspace.root.iterdir() if path.name not in SEALED]


def hits(workspace: Workspace, forbidden: set[str]) -> list[tuple[str, str, int]]:
    return [hit for path in outside(workspace) for hit in canary.search(path, forbidden)]


def test_no_identifier_is_outside_the_sources(planted: Field) -> None:
    assert len(planted.forbidden) > 100_000
    assert not planted.workspace.post.exists()
    assert hits(planted.workspace, planted.forbidden) == []


def test_no_identifier_is_in_the_post_or_beside_the_keyrings(planted: Field) -> None:
    assert len(list(planted.letters.rglob("header.json"))) == sum(map(len, MAIL.values()))
    for place in (planted.letters, planted.workspace.root.parent / KEYRINGS):
        assert canary.search(place, planted.forbidden) == []


def test_no_identifier_is_in_a_letter_that_its_recipient_opens(planted: Field) -> None:
    found = {
        road: [name for name in rows.columns if canary.texts(rows[name].unique()) & planted.forbidden]
        for road, rows in planted.opened()
    }
    assert {road for road, names in found.items() if names} == {MATCHING}
    assert found[MATCHING] == ["BEN_NIR_PSA"]
    assert len(found) > 30


def test_letters_in_the_post_can_be_decoded_by_nobody(planted: Field) -> None:
    parts_sent = list(planted.letters.rglob("*.parquet"))
    assert len(parts_sent) > 40
    assert {path.read_bytes()[:4] + path.read_bytes()[-4:] for path in parts_sent} == {b"PAREPARE"}


def test_no_secret_lies_in_clear_anywhere(planted: Field) -> None:
    keyrings = [planted.keyrings.open(party) for party in PARTIES]
    secrets = {secret.hex().upper() for keyring in keyrings for secret in keyring.secrets.values()}
    places = [planted.letters, planted.workspace.root.parent / KEYRINGS, *planted.workspace.root.iterdir()]
    assert len(secrets) == 1 + 6 + 1 + 8 + 8
    assert [hit for place in places for hit in canary.search(place, secrets)] == []


def test_matching_ids_tokens_and_match_keys_end_where_they_must(planted: Field) -> None:
    workspace = planted.workspace
    ids, tokens, match_keys = set(), set(), set()
    for (_, _, table), rows in planted.opened():
        ids |= {str(n) for n in rows["idacc"].unique()} if "idacc" in rows.columns else set()
        if table == "tokens":
            tokens |= canary.texts(rows["token"].unique())
        if table.startswith("match_keys"):
            match_keys |= canary.texts(rows["key"].unique())
    pseudonyms = {p.hex().upper() for p in pl.read_parquet(workspace.hub / "register.parquet")["pseudonym"]}

    assert len(ids) > 9_000
    assert len(tokens) > 8_900
    assert len(match_keys) > 50_000
    assert hits(workspace, ids | match_keys) == []
    assert canary.search(workspace.hub, tokens) == []
    assert canary.search(workspace.star, pseudonyms) == []
    assert [Path(path).name for path, _, _ in canary.search(workspace.custodian, tokens)] == ["vault.parquet"] * 2


def test_every_column_outside_the_sources_is_declared_and_none_is_a_birth_day(
    planted: Field,
) -> None:
    workspace = planted.workspace
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


def test_the_search_finds_what_is_planted_in_each_kind_of_file(planted: Field, tmp_path: Path) -> None:
    workspace, forbidden = planted.workspace, planted.forbidden
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


def test_the_planted_person_reached_the_star_without_her_name(planted: Field) -> None:
    workspace = planted.workspace
    reached = pl.scan_parquet(parts(workspace.star / "dim_patient")).filter(pl.col("n_hospitals") > 0)

    assert reached.select(pl.len()).collect().item() > 2_900
    assert len(hashes(workspace.star)) == 24
