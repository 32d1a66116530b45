"""A small SNDS extract as other programs write it: CSV of several dialects, gzip and Parquet, from a workspace."""

import gzip
from pathlib import Path

import polars as pl

from schema.layout import Workspace, parts

ROWS = 200
_TEXT = {  # table → separator, quotes, form of dates, encoding, ending
    "ER_PRS_F": (";", "never", "%d/%m/%Y", "utf-8", ".csv"),
    "ER_PHA_F": (",", "always", "%Y-%m-%d", "utf-8", ".csv"),
    "IR_BEN_R": ("\t", "necessary", "%d%b%Y", "latin-1", ".txt"),
    "IR_IMB_R": (";", "never", "%Y%m%d", "utf-8", ".csv.gz"),
    "IR_PHA_R": (";", "always", "%Y-%m-%d", "latin-1", ".csv"),
    "T_MCO19C": (";", "never", "%d/%m/%Y", "utf-8", ".csv"),
}
_PARQUET = ("T_MCO19B", "T_MCO19D")


def write_extract(workspace: Workspace, folder: Path) -> None:
    """The first rows of each table, in its own dialect."""
    folder.mkdir()
    for table, (separator, quotes, dates, encoding, ending) in _TEXT.items():
        rows = pl.read_parquet(parts(workspace.source("snds") / table)).head(ROWS)
        text = rows.write_csv(separator=separator, quote_style=quotes, date_format=dates)  # type: ignore[call-overload]
        content = text.encode(encoding, errors="replace")
        (folder / f"{table}{ending}").write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    for table in _PARQUET:
        pl.read_parquet(parts(workspace.source("snds") / table)).head(ROWS).write_parquet(folder / f"{table}.parquet")
