"""Exports a workspace's SNDS tables: checks where to, lets the SNDS write them, says what was written."""

import os
from pathlib import Path

from emc2.console import messages
from pipelines.export.dialect import Dialect
from pipelines.export.snds import FORMATS, export_snds
from pipelines.manifest import read_manifest
from pipelines.workers import processes
from schema.errors import SettingsError
from schema.layout import SYNTHETIC, Workspace

SHAPES = ("snds",)


def export(workspace: Workspace, shape: str, target: Path, form: str, dialect: Dialect) -> None:
    """Write the tables into `target`, in a process of the SNDS's own, and print a line a table."""
    if shape not in SHAPES:
        raise SettingsError(f"--as must be one of: {', '.join(SHAPES)}.")
    if form not in FORMATS:
        raise SettingsError(f"--format must be one of: {', '.join(FORMATS)}.")
    read_manifest(workspace)  # refuse a folder that is no workspace
    target = _fresh(target, workspace)
    with processes(1, os.cpu_count() or 1, fresh=True) as pool:
        written = pool.submit(export_snds, workspace.source("snds"), target, form, dialect).result()
    for table in written:
        messages.print(f"{table.table:>14}  {table.rows:>13,} rows")
    messages.print(f"{sum(table.rows for table in written):,} rows in {target}. {SYNTHETIC}")


def _fresh(target: Path, workspace: Workspace) -> Path:
    """The folder to write, absolute; refuses one that holds anything, a file, and the workspace."""
    target = target.resolve()
    if workspace.root.resolve() in (target, *target.parents):
        raise SettingsError("An export must not lie in the workspace: name a folder beside it with --to.")
    if not target.exists():
        return target
    if not target.is_dir():
        raise SettingsError(f"{target} is not a folder: name another with --to.")
    if any(target.iterdir()):
        raise SettingsError(f"{target} is not empty: name a new folder with --to.")
    return target
