"""Imports an SNDS extract: checks where from and to, asks, lands the files, runs the pipeline, tells the account."""

import json
import os
import secrets
import shutil
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import typer

from emc2.build import run_pipeline
from emc2.console import Display
from pipelines.account import FILES, LANDED, read_account
from pipelines.dock import Landing, land
from pipelines.keys import Keyrings
from pipelines.lock import held
from pipelines.manifest import Manifest, Stage, read_manifest
from pipelines.star.dim_date import FIRST, LAST
from pipelines.workers import processes
from schema.configuration import Extraction
from schema.errors import SettingsError
from schema.layout import Workspace
from schema.raw import DCIR_KEY

_UNFINISHED = {".lock", "sources", "post", "hub", "manifest.next"}  # what a killed import may leave
_CLAIMS = ("ER_PRS_F", "ER_PHA_F")  # joined by the nine-column key
_HIDDEN = ".snds-"
_QUESTION = (
    "This program is no approved environment for data of real persons. "
    "Is the extract synthetic, without any real person in it?"
)


def import_extract(
    directory: Path,
    workspace: Workspace,
    extraction_date: date | None,
    workers: int,
    show: Display,
) -> dict[str, Any]:
    """Land the extract into a fresh workspace and run the pipeline on it; returns the account."""
    is_new = not workspace.root.exists()
    with held(workspace):
        _clear(workspace)
        try:
            _land(directory, workspace, extraction_date, workers, show)
        except BaseException:
            if is_new:
                shutil.rmtree(workspace.root, ignore_errors=True)
            raise
    run_pipeline(workspace, Keyrings, workers, show)
    return read_account(workspace)


def check_folders(directory: Path, workspace: Workspace) -> None:
    """Refuse an extract that is no readable folder, a workspace that is taken, and one that lies in the other."""
    if not directory.is_dir():
        raise SettingsError(f"{directory} is not a folder: name the one that holds the extract's files.")
    if not os.access(directory, os.R_OK | os.X_OK):
        raise SettingsError(f"{directory} cannot be read: check its permissions.")
    extract, root = directory.resolve(), workspace.root.resolve()
    if extract in (root, *root.parents) or root in extract.parents:
        raise SettingsError("The workspace and the extract must not lie in each other: name another --workspace.")
    if workspace.root.exists() and not _may_be_replaced(workspace):
        raise SettingsError(f"{workspace.root} holds something already: name a new folder by --workspace.")


def confirm(is_synthetic: bool) -> None:
    """Ask once that no real person is in the extract; `--synthetic` is an answer, silence is none."""
    if is_synthetic:
        return
    if not sys.stdin.isatty():
        raise SettingsError(f"{_QUESTION} Say so with --synthetic.")
    if not typer.confirm(_QUESTION, err=True):
        raise SettingsError("Nothing was imported: bring extracts of real persons to an approved environment.")


def read_date(text: str | None) -> date | None:
    """The option --extraction-date as a date of the calendar."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SettingsError("--extraction-date must be a date such as 2019-12-31.") from None
    if not FIRST <= day <= LAST:
        raise SettingsError(f"--extraction-date must lie between {FIRST} and {LAST}.")
    return day


def _may_be_replaced(workspace: Workspace) -> bool:
    """Whether the folder is empty, or holds an import that never came to its end."""
    if workspace.is_workspace():
        manifest = read_manifest(workspace)
        return isinstance(manifest.configuration, Extraction) and "warehouse" not in manifest.stages
    if not {path.name for path in workspace.root.iterdir()} <= _UNFINISHED:
        return False
    sources = workspace.sources.iterdir() if workspace.sources.is_dir() else ()
    return all(path.name == "snds" or path.name.startswith(_HIDDEN) for path in sources)


def _clear(workspace: Workspace) -> None:
    """Remove what a killed import left, the manifest first: without it nothing else means anything."""
    workspace.manifest.unlink(missing_ok=True)
    for folder in (workspace.hub, workspace.post, workspace.sources):
        shutil.rmtree(folder, ignore_errors=True)


def _land(directory: Path, workspace: Workspace, extraction_date: date | None, workers: int, show: Display) -> None:
    """Land into a hidden folder, then rename it; the manifest names it last.

    In a process of its own, so that the memory of reading is free again when the pipeline runs.
    """
    started = time.monotonic()
    hidden = workspace.sources / f"{_HIDDEN}{secrets.token_hex(4)}"
    show.progress("land", 0, 1)
    with processes(1, workers, fresh=True) as pool:
        landing = pool.submit(land, directory, hidden).result()
    if not any(file.outcome in ("loaded", "known, not used") for file in landing.files):
        raise SettingsError(
            f"{directory} holds no SNDS table that can be read ({_outcomes(landing)}): name the folder of files such "
            "as ER_PRS_F.csv or T_MCO19B.parquet."
        )
    _write_json(hidden / FILES, [file.as_json() for file in landing.files])
    _write_json(hidden / LANDED, landing.ledger.as_json())
    hidden.rename(workspace.source("snds"))
    tables = {name: landing.ledger.of(name, "kept").as_json() for name in landing.ledger.tables()}
    last = extraction_date or min(landing.last_care_date or LAST, LAST)
    rows = sum(table["rows"] for table in tables.values())
    manifest = Manifest(Extraction(last, landing.exit_years, _key_lacks(landing)))
    manifest.record(Stage("sources", {}, rows, _size(workspace), time.monotonic() - started, tables))
    manifest.save(workspace)
    show.report(manifest.stages["sources"])


def _key_lacks(landing: Landing) -> tuple[str, ...]:
    """Columns of the nine-column key that a file of claims or of drugs does not have."""
    missing = {name for file in landing.files if file.folder in _CLAIMS for name in file.missing_columns}
    return tuple(name for name in DCIR_KEY if name in missing)


def _outcomes(landing: Landing) -> str:
    """How many files had which outcome."""
    counts: dict[str, int] = {}
    for file in landing.files:
        counts[file.outcome] = counts.get(file.outcome, 0) + 1
    return ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())) or "no file at all"


def _size(workspace: Workspace) -> int:
    return sum(path.stat().st_size for path in workspace.source("snds").rglob("*.parquet"))


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
