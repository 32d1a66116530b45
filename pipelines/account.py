"""What became of an imported extract: its files, and each table's rows from the files to the star.

Three ledgers make one: landing (files → typed rows), sending (rows of persons → the hub) and the star. The account
is kept in the workspace as `import.json`, for people and programs.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipelines.imported import Pseudonyms
from pipelines.ledger import READ, Ledger, read_ledger
from pipelines.manifest import Manifest
from schema.errors import MissingStage, SchemaViolation
from schema.layout import SYNTHETIC, Workspace
from schema.raw import declaration

FORMAT_VERSION = 1
ACCOUNT = "import.json"
FILES = "files.json"  # what landing said of each file; beside it
LANDED = "landed.json"  # landing's ledger


def ledger_files(workspace: Workspace) -> dict[str, Path]:
    """The three ledgers of an import, in the order of the rows' way."""
    snds = workspace.source("snds")
    return {"landing": snds / LANDED, "snds": snds / "ledger.json", "hub": workspace.hub / "ledger.json"}


def whole_way(landing: Ledger, sending: Ledger, star: Ledger) -> Ledger:
    """One ledger by table: read from files, then rejected on the way, or kept, merged or filtered at the star."""
    way = Ledger()
    for ledger in (landing, sending, star):
        for (folder, fate, rule), amount in ledger.entries.items():
            is_handed_on = fate == "kept" and ledger is not star
            is_read_again = fate == READ and ledger is not landing
            if amount.rows and not is_handed_on and not is_read_again:
                way.add(declaration(folder).name, fate, rule, amount)
    way.check_balance()
    return way


def account(workspace: Workspace, manifest: Manifest) -> dict[str, Any]:
    """The account of an import whose warehouse stands."""
    files = ledger_files(workspace)
    way = whole_way(*(read_ledger(path) for path in files.values()))
    routed = manifest.stages["buckets"].content
    return {
        "format": FORMAT_VERSION,
        "notice": SYNTHETIC,
        **manifest.configuration.as_json(),
        "files": _read(workspace.source("snds") / FILES),
        "tables": way.as_json(),
        "pseudonyms": {field.name: routed[field.name] for field in fields(Pseudonyms)},
        "star": {name: table["rows"] for name, table in manifest.stages["star"].content.items()},
    }


def write_account(workspace: Workspace, manifest: Manifest) -> None:
    """Keep the account in the workspace, in one rename."""
    target = workspace.root / ACCOUNT
    beside = target.with_suffix(".next")
    beside.write_text(json.dumps(account(workspace, manifest), indent=1), encoding="utf-8")
    beside.replace(target)


def read_account(workspace: Workspace) -> dict[str, Any]:
    """The account as it is kept."""
    return _read(workspace.root / ACCOUNT)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingStage(f"{path} is absent: import the extract again.") from None
    except (OSError, ValueError, RecursionError):
        raise SchemaViolation(f"{path} cannot be read: import the extract again.") from None
