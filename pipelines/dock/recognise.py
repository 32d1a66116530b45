"""A file's name → which official table it holds, of which year, and where its rows land.

`er_prs_f.csv`, `ER_PRS_F_2012.csv.gz`, `ER_PRS_F-00003.parquet`, `T_MCO19_B.txt`, or a folder `ER_PRS_F/` of parts.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.star.reads import READS
from schema import reference
from schema.raw import DCIR_TABLES, PMSI_LETTERS

DELIMITED = (".csv", ".txt", ".tsv")
PARQUET = (".parquet", ".pq")
# Forms in which tables travel and which are not read: such a file under a table's name must not go by in silence.
_NOT_READ = (".sas7bdat", ".xpt", ".xls", ".xlsx", ".zip", ".7z", ".bz2", ".xz", ".zst", ".rds", ".feather", ".dta", "")
# Rows of an archive land with the current ones: one grain, one set of columns.
_LANDS_IN = {"IR_BEN_R_ARC": "IR_BEN_R"}
_LANDED = (*DCIR_TABLES, "IR_PHA_R", *(f"T_MCOaa{letter}" for letter in PMSI_LETTERS))
_VALUE_TABLE = re.compile(r"(IR|MS)_[A-Z0-9]+_V")
# What a part is called in a folder that has its table's name.
_PART_NAME = re.compile(r"(?:data|part|export|extract|table)|[a-z]*[-_.]?\d[\w.-]*", re.IGNORECASE)
_PART = r"(?:[-_. ]?(?:PART)?[-_. ]?\d{1,6})?"


@dataclass(frozen=True)
class Recognised:
    """What a file's name says. `table` is the official name, `folder` where rows land, both None if it says nothing."""

    table: str | None
    folder: str | None = None
    lacks_year: bool = False


def form_of(path: Path) -> str | None:
    """`delimited`, `gzip` (delimited, compressed) or `parquet`, by the ending; None for anything else."""
    name = path.name.lower()
    if name.endswith(PARQUET):
        return "parquet"
    if name.endswith(".gz"):
        return "gzip"
    return "delimited" if name.endswith(DELIMITED) else None


def recognise(path: Path, root: Path) -> Recognised:
    """The table that the file's own name says; of a part, else the nearest folder's below `root`."""
    own, folders = _stem(path.name), path.relative_to(root).parts[:-1]
    for name in (own, *(reversed(folders) if _PART_NAME.fullmatch(own) else ())):
        found = _named(name.upper())
        if found.table:
            return found
    return Recognised(None)


def is_of_a_form_not_read(path: Path) -> bool:
    """Whether a file named after a table is of a form that tables travel in and that is not read."""
    return path.suffix.lower() in _NOT_READ and _named(path.name.split(".")[0].upper()).table is not None


def _stem(name: str) -> str:
    for ending in (".gz", *DELIMITED, *PARQUET):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name


def _named(name: str) -> Recognised:
    for table, pattern, is_generic in _patterns():
        if table.upper() == name and is_generic:
            return Recognised(table, lacks_year=_declared(table) in _LANDED)
        if found := pattern.fullmatch(name):
            declared = _declared(table)
            if declared not in READS or declared not in _LANDED:
                return Recognised(table)
            return Recognised(table, declared.replace("aa", found["year"]) if is_generic else declared)
    if value_table := _VALUE_TABLE.fullmatch(name):
        return Recognised(value_table[0])
    return Recognised(None)


def _declared(table: str) -> str:
    return _LANDS_IN.get(table, table)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], bool]]:
    """Official name, pattern of the names it goes by, and whether there is one such table a year (`aa`)."""
    return [_pattern(table) for table in reference.read("official_table")["official_table"]]


def _pattern(table: str) -> tuple[str, re.Pattern[str], bool]:
    is_yearly = "aa" in table
    text = re.escape(table.upper()).replace("AAAA", r"\d{4}").replace("GN", r"G\d+")
    text = text.replace("AA", r"(?:20)?(?P<year>\d\d)_?", 1) if is_yearly else text + r"(?:_\d{4})?"
    return table, re.compile(text + _PART), is_yearly
