"""What landing tells of each file, and of all of them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipelines.ledger import Ledger


class Unreadable(Exception):
    """A file that is passed over, nothing of it landed; the message is its reason and holds no value."""


@dataclass
class FileReport:
    """One file below the extract's folder.

    `outcome` is loaded, known not used, unknown, not a table or unreadable; `lines` is what `wc -l` counts, None for
    Parquet; `rows` = landed + rejected where rows were read. Columns that nothing reads are a number:
    a file without a first line of names would else show a row's values.
    """

    path: str
    outcome: str
    table: str | None = None
    folder: str | None = None
    reason: str = ""
    lines: int | None = None
    rows: int = 0
    landed: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    missing_columns: list[str] = field(default_factory=list)
    unused_columns: int = 0

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class Landing:
    """All files, the ledger of the tables that landed, and the latest day of care among them."""

    files: list[FileReport]
    ledger: Ledger
    last_care_date: date | None
    exit_years: tuple[int, ...]
