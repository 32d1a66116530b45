"""Imports an SNDS export in CSV, and lets DuckDB's `read_csv` load the same files into tables of the declared types.

`.venv/bin/python -m benchmarks.import_csv [persons]` (70,000 persons are about 10 million lines) → import_csv.json.
Both in one run on the same machine. DuckDB gets the column types and the dialect told; `landing` is the part of the
import that reads files, `import` the whole command, to the loaded star.
"""

import json
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.measure import Measured, measure, measure_python
from schema.raw import TABLES, declaration

PERSONS = 70_000
RECORD = Path(__file__).with_suffix(".json")
_LAND = "import sys; from pathlib import Path; from pipelines.dock import land; land(*map(Path, sys.argv[1:]), print)"
_DUCKDB = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[2], config={"memory_limit": "1500MB", "threads": 2})
for path, (table, columns) in json.load(open(sys.argv[1])).items():
    connection.execute(
        f"CREATE TABLE {table} AS FROM read_csv(?, delim = ';', header = true, columns = ?, dateformat = '%d/%m/%Y', "
        "decimal_separator = '.', auto_detect = false, quote = '\\"', nullstr = '')",
        [path, columns],
    )
connection.close()
"""
_DUCKDB_TYPES = {"String": "VARCHAR", "Int64": "BIGINT", "Date": "DATE"}


def main(persons: int) -> None:
    """Measure once, print and record."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        measure(["generate", "--persons", str(persons), "--workspace", "world"], folder)
        exported = measure(["export", "--as", "snds", "--to", "csv", "--format", "csv", "--workspace", "world"], folder)
        files = {path: declaration(path.stem) for path in sorted((folder / "csv").glob("*.csv")) if _is_read(path)}
        lines = sum(_count(path) for path in files)
        size = sum(path.stat().st_size for path in files)
        landing = measure_python(_LAND, ["csv", "landed"], folder)
        whole = measure(["import", "csv", "--synthetic", "--workspace", "imported"], folder)
        told = {str(path): (path.stem, _duckdb_types(path.stem)) for path in files}
        (folder / "files.json").write_text(json.dumps(told), encoding="utf-8")
        duckdb = measure_python(_DUCKDB, ["files.json", "all.duckdb"], folder)
    found = {
        "persons": persons,
        "lines": lines,
        "bytes": size,
        "export": _told(exported, lines),
        "landing": _told(landing, lines),
        "import": _told(whole, lines),
        "duckdb_read_csv": _told(duckdb, lines),
    }
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


def _is_read(path: Path) -> bool:
    return path.stem in TABLES or path.stem.startswith("T_MCO")


def _count(path: Path) -> int:
    return int(pl.scan_csv(path, separator=";", infer_schema=False).select(pl.len()).collect().item())


def _duckdb_types(table: str) -> dict[str, str]:
    """Every column of the exported file, in its order, by the declared type; an extract's own names for pseudonyms."""
    renamed = {"BEN_NIR_PSA": "NUM_ENQ", "NIR_ANO_17": "NUM_ENQ", "BEN_NIR_ANO": "NUM_ENQ_ANO"}
    renamed["BEN_IDT_ANO"] = "NUM_ENQ_IDT"
    columns = {}
    for column in declaration(table).columns:
        kind = str(column.dtype)
        dtype = column.dtype
        decimal = f"DECIMAL({dtype.precision},{dtype.scale})" if isinstance(dtype, pl.Decimal) else ""
        columns[renamed.get(column.name, column.name)] = _DUCKDB_TYPES.get(kind, decimal)
    return columns


def _told(measured: Measured, lines: int) -> dict[str, float]:
    return {
        "cpu_seconds": round(measured.cpu_seconds, 1),
        "wall_seconds": round(measured.wall_seconds, 1),
        "lines_per_cpu_second": round(lines / measured.cpu_seconds),
        "peak_pss_mb": round(measured.peak_pss_bytes / 1e6),
    }


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else PERSONS)
