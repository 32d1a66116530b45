"""Small extracts that tests write: rows as a hospital's analyst would receive them."""

import csv
import io
from pathlib import Path

import polars as pl

from pipelines.dock import FileReport, Landing, land
from schema.layout import parts

DISEASES = ["NUM_ENQ", "BEN_RNG_GEM", "IMB_ALD_DTD", "IMB_ALD_DTF", "IMB_ALD_NUM", "MED_MTF_COD"]
DISEASE = ["Person_01", "1", "25/01/2016", "01/01/1600", "8", "E11"]


def written(
    path: Path,
    rows: list[list[str]],
    header: list[str] = DISEASES,
    separator: str = ";",
    quoting: int = csv.QUOTE_MINIMAL,
    end: str = "\n",
    encoding: str = "utf-8",
) -> Path:
    """A delimited file as Python's own csv module writes it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([header, *rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def landed(extract: Path, out: Path) -> tuple[Landing, dict[str, FileReport]]:
    """The landing, and its reports by path."""
    landing = land(extract, out)
    return landing, {report.path: report for report in landing.files}


def rows_of(out: Path, folder: str) -> pl.DataFrame:
    return pl.read_parquet(parts(out / folder))
