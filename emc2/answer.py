"""What commands print of a workspace: the build's summary, stages, ledger, and descriptions of tables."""

import sys

import polars as pl

from emc2.console import stage_line
from pipelines.account import ledger_files
from pipelines.ledger import read_ledger
from pipelines.manifest import Manifest, read_manifest
from pipelines.run import has_buckets
from schema import dictionary
from schema.configuration import Extraction
from schema.errors import SettingsError
from schema.layout import SOURCES, Workspace
from warehouse import open_warehouse
from warehouse.report import study_page, text_table, write_frame
from warehouse.studies.nsaid_initiation import nsaid_initiation

STAGES: dict[str, tuple[str, ...]] = {
    "sources": (),
    "buckets": ("sources",),
    "star": ("buckets",),
    "warehouse": ("star",),
}
_LINKAGE = (
    "SELECT linkage, alone_reason AS reason, count(*) AS persons, sum(n_hospitals) AS hospital_records "
    "FROM dim_patient WHERE patient_key > 0 GROUP BY ALL ORDER BY ALL"
)


def print_summary(workspace: Workspace) -> None:
    """Counts of the star, what was linked, and one answered question."""
    print_counts(read_manifest(workspace))
    with open_warehouse(workspace.root) as warehouse:
        print(f"Persons by linkage\n{text_table(warehouse.sql(_LINKAGE))}")
        print(study_page(nsaid_initiation(warehouse)))


def print_counts(manifest: Manifest) -> None:
    """Rows of each table of the star."""
    tables = manifest.stages["star"].content
    counts = pl.DataFrame({"table": list(tables), "rows": [table["rows"] for table in tables.values()]})
    print(f"The star\n{text_table(counts)}")


def print_status(workspace: Workspace) -> None:
    """One line a stage."""
    manifest = read_manifest(workspace)
    said = manifest.configuration
    if isinstance(said, Extraction):
        print(f"{workspace.root}: an imported extract, care until {said.extraction_date}")
    else:
        print(f"{workspace.root}: {said.persons:,} persons, {said.first_year} to {said.last_year}")
    for name in STAGES:
        state = _state(workspace, manifest, name)
        print(f"{stage_line(manifest.stages[name])}  {state}" if name in manifest.stages else f"{name:>14}  {state}")


def print_ledger(workspace: Workspace, format_: str) -> None:
    """Fates of the sources' rows on their way to the hub, then of the hub's rows on their way to the star."""
    if isinstance(read_manifest(workspace).configuration, Extraction):
        places = ledger_files(workspace)
    else:
        places = {name: workspace.source(name) / "ledger.json" for name in SOURCES}
        places |= {"custodian": workspace.custodian / "ledger.json", "hub": workspace.hub / "ledger.json"}
    rows = []
    for party, path in places.items():
        for entry in read_ledger(path).as_json():
            for measure, amount in {"rows": entry["rows"], **entry["cents"]}.items():
                rows.append((party, entry["table"], entry["fate"], entry["rule"], measure, amount))
    schema = ("party", "table", "fate", "rule", "rows_or_cents_of", "amount")
    write_frame(pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None), format_, sys.stdout.buffer)


def print_description(table: str) -> None:
    """A star table by its class, a source table by its declaration."""
    page = dictionary.describe(table)
    if page is None:
        raise SettingsError("No star or source table has that name: `emc2 describe dim_patient` is one that has.")
    print(page)


def _state(workspace: Workspace, manifest: Manifest, name: str) -> str:
    place = {
        "sources": workspace.sources,
        "buckets": workspace.hub / "buckets",
        "star": workspace.star,
        "warehouse": workspace.warehouse,
    }[name]
    is_there = has_buckets(workspace, manifest) if name == "buckets" else place.exists()
    if name not in manifest.stages or not is_there:
        return "absent"
    return "current" if manifest.is_current(name, *STAGES[name]) else "stale"
