"""What is fuzzed: a file of a finished workspace, and the entry point that reads it there, in-process.

An entry point writes into a scratch folder alone: the star of the workspace must be the same afterwards.
"""

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emc2.answer import print_ledger, print_status
from generators.manifests import read_rows
from pipelines.digest import digest
from pipelines.dock import land
from pipelines.extract import Extract
from pipelines.keys import demo_keyring
from pipelines.keys.file import read_keyring
from pipelines.ledger import Ledger
from pipelines.link import confirm
from pipelines.load import load
from pipelines.manifest import read_manifest
from pipelines.register import read_register
from pipelines.route import bucket_schemas, read_counts
from pipelines.send import hospital_send
from pipelines.star.build import build_bucket, build_dimensions, code_keys
from pipelines.star.reads import READS
from schema.layout import Workspace
from schema.raw import declaration
from tests.pipelines.keyrings import PASSPHRASE

KEYS = "keys"  # a keyring folder in the workspace's copy
EXTRACT = "extract"  # a foreign extract there


@dataclass(frozen=True)
class Target:
    """A kind of file: where it lies (a pattern below the workspace), and what reads it."""

    name: str
    pattern: str
    read: Callable[[Workspace, Path, Path], object]
    cases: int


def _hospital(workspace: Workspace, _: Path, scratch: Path) -> object:
    return hospital_send(demo_keyring("hospital_1"), workspace.source("hospital_1"), scratch / "post", 1)


def _snds_table(workspace: Workspace, spoilt: Path, _: Path) -> object:
    folder = spoilt.parent.name
    columns = READS[declaration(folder).name]
    return list(Extract(workspace.source("snds"), Ledger()).parts(folder, columns))


def _source_manifest(workspace: Workspace, _: Path, __: Path) -> object:
    return list(Extract(workspace.source("hospital_1"), Ledger()).parts("patient", READS["patient"]))


def _bucket(workspace: Workspace, _: Path, scratch: Path) -> object:
    buckets = workspace.hub / "buckets"
    said = {name: found["0"] for name, found in read_counts(buckets).items() if "0" in found}
    keys = code_keys(buckets)
    build_dimensions(buckets, keys, scratch / "star", Ledger())
    end = read_manifest(workspace).configuration.end
    return build_bucket(end, 0, keys, bucket_schemas(), said, buckets, scratch / "star")


def _keyring(_: Workspace, spoilt: Path, __: Path) -> object:
    return read_keyring(spoilt, "custodian", PASSPHRASE)


def _star(workspace: Workspace, _: Path, scratch: Path) -> object:
    content = read_manifest(workspace).stages["star"].content
    expected = {
        name: {"n_rows": table["rows"], **(table["sums"] if name.startswith("fact_") else {})}
        for name, table in content.items()
    }
    digest(workspace.star)
    return load(workspace.star, scratch / "warehouse.duckdb", expected, 1)


def _status(workspace: Workspace, _: Path, __: Path) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as told:
        print_status(workspace)
    return told.getvalue()


def _ledger(workspace: Workspace, _: Path, __: Path) -> str:
    told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(told):
        print_ledger(workspace, "csv")
    told.seek(0)
    return told.read()


def _truth(workspace: Workspace, _: Path, __: Path) -> object:
    configuration = read_manifest(workspace).configuration
    return read_rows(configuration, 1, workspace.root)  # type: ignore[arg-type]


def _extract(workspace: Workspace, _: Path, scratch: Path) -> str:
    """Land the whole extract; its account adds up file by file, and is told so that it can be searched."""
    landing = land(workspace.root / EXTRACT, scratch / "landed")
    for file in landing.files:
        if file.rows != file.landed + sum(file.rejected.values()):
            raise ValueError("rows were lost")
    return json.dumps([file.as_json() for file in landing.files])


TARGETS = (
    Target("extract", f"{EXTRACT}/*", _extract, 500),
    Target("hospital part", "sources/hospital_1/*/part-*.parquet", _hospital, 350),
    Target("SNDS part", "sources/snds/[EIT]*/part-*.parquet", _snds_table, 350),
    Target("bucket part", "hub/buckets/[EITdenp]*/bucket=0/*.parquet", _bucket, 250),
    Target("IR_PHA_R of the buckets", "hub/buckets/IR_PHA_R.parquet", _bucket, 40),
    Target("counts of the buckets", "hub/buckets/counts.json", _bucket, 40),
    Target("star part", "hub/star/*/part-*.parquet", _star, 200),
    Target("register", "hub/register.parquet", lambda w, _, __: read_register(w.hub), 150),
    Target("vault", "custodian/vault.parquet", lambda w, _, __: confirm(demo_keyring("custodian"), w.custodian), 150),
    Target("manifest", "manifest.json", _status, 200),
    Target("source manifest", "sources/hospital_1/manifest.json", _source_manifest, 200),
    Target("truth manifest", "truth/manifest.json", _truth, 200),
    Target("ledger", "hub/ledger.json", _ledger, 150),
    Target("keyring", f"{KEYS}/custodian.json", _keyring, 300),
)
BY_NAME = {target.name: target for target in TARGETS}


def fresh(scratch: Path) -> Path:
    """The scratch folder, empty."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return scratch


def read(name: str, root: Path, spoilt: Path, scratch: Path) -> object:
    """What a reader's process does: call the target's entry point."""
    return BY_NAME[name].read(Workspace(root), spoilt, fresh(scratch))
