"""Manifests of the sources and of the truth: what each holds, part by part."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generators.parts import TRUTH, TableRows
from schema.configuration import Configuration
from schema.errors import SchemaViolation, SettingsError
from schema.layout import SOURCES, SYNTHETIC

MANIFEST = "manifest.json"


def write_manifests(configuration: Configuration, seed: int, directory: Path, rows: Sequence[TableRows]) -> None:
    """One manifest a source, without the seed; the truth's, with the seed and all rows, comes last."""
    for source in SOURCES:
        content = _content(configuration, [table for table in rows if table.source == source])
        _write(directory / "sources" / source / MANIFEST, content)
    sealed = _content(configuration, [table for table in rows if table.source == TRUTH])
    _write(directory / TRUTH / MANIFEST, sealed | {"seed": seed, "all_tables": [asdict(table) for table in rows]})


def read_rows(configuration: Configuration, seed: int, root: Path) -> list[TableRows] | None:
    """Rows of the world that lies there whole, else None; SettingsError where it is another one."""
    path = root / TRUTH / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        is_same = content["configuration"] == configuration.as_json() and content["seed"] == seed
        rows = [TableRows(**table) for table in content["all_tables"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise SchemaViolation(f"{path} cannot be read: build a new workspace.") from None
    if not is_same:
        raise SettingsError("The workspace holds another world; give another --workspace, or remove this one.")
    is_whole = all((root / "sources" / source / MANIFEST).is_file() for source in SOURCES)
    return rows if is_whole else None


def _content(configuration: Configuration, tables: Sequence[TableRows]) -> dict[str, Any]:
    listed = {t.folder: {"rows": t.rows, "cents": t.cents, "parts": t.parts} for t in tables}
    return {"notice": SYNTHETIC, "configuration": configuration.as_json(), "tables": listed}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
