"""Manifests of the sources and of the truth: what each holds, part by part."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generators.parts import TRUTH, TableRows
from schema.configuration import Configuration
from schema.errors import SettingsError
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
    """Rows of the world that lies there, None where none does; SettingsError where it is another one."""
    path = root / TRUTH / MANIFEST
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["configuration"] != configuration.as_json() or content["seed"] != seed:
        raise SettingsError("The workspace holds another world; give another --workspace, or remove this one.")
    return [TableRows(**table) for table in content["all_tables"]]


def _content(configuration: Configuration, tables: Sequence[TableRows]) -> dict[str, Any]:
    listed = {t.folder: {"rows": t.rows, "cents": t.cents, "parts": t.parts} for t in tables}
    return {"notice": SYNTHETIC, "configuration": configuration.as_json(), "tables": listed}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
