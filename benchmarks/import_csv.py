"""Imports an SNDS export in CSV, and lets DuckDB's `read_csv` load the same files into tables of the declared types.

`.venv/bin/python -m benchmarks.import_csv [persons]` (73,000 persons are about 10 million lines) → import_csv.json.
All in one run on the same machine. DuckDB gets the column types and the dialect told, and makes tables once of every
column and once of those that an import lands; `landing` is the part of the import that reads files, `import` the whole
command, to the loaded star.
"""

import json
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.measure import Measured, measure, measure_python
from pipelines.dock.needs import found_as
from pipelines.export.snds import EXTRACT_NAMES
from schema.raw import TABLES, declaration

PERSONS = 73_000
RECORD = Path(__file__).with_suffix(".json")
_LAND = "import sys; from pathlib import Path; from pipelines.dock import land; land(*map(Path, sys.argv[1:]))"
_DUCKDB = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[2], config={"memory_limit": "1500MB", "threads": 2})
dialect = "delim = ';', nullstr = '', dateformat = '%d/%m/%Y', header = true, auto_detect = false"
for path, (table, columns, kept) in json.load(open(sys.argv[1])).items():
    rows = f"SELECT {', '.join(kept)} FROM read_csv(?, columns = ?, {dialect})"
    connection.execute(f"CREATE TABLE {table} AS {rows}", [path, columns])
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
        duckdb = {}
        for columns in ("all", "landed"):
            told = {str(path): _told_duckdb(path.stem, columns) for path in files}
            (folder / "files.json").write_text(json.dumps(told), encoding="utf-8")
            duckdb[columns] = measure_python(_DUCKDB, ["files.json", f"{columns}.duckdb"], folder)
    found = {
        "persons": persons,
        "lines": lines,
        "bytes": size,
        "export": _told(exported, lines),
        "landing": _told(landing, lines),
        "import": _told(whole, lines),
        "duckdb_read_csv_every_column": _told(duckdb["all"], lines),
        "duckdb_read_csv_landed_columns": _told(duckdb["landed"], lines),
    }
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


def _is_read(path: Path) -> bool:
    return path.stem in TABLES or path.stem.startswith("T_MCO")


def _count(path: Path) -> int:
    return int(pl.scan_csv(path, separator=";", infer_schema=False).select(pl.len()).collect().item())


def _told_duckdb(folder: str, columns: str) -> tuple[str, dict[str, str], list[str]]:
    """The table's name, the type of every column of the exported file in its order, and the columns to keep."""
    types = {}
    for column in declaration(folder).columns:
        dtype = column.dtype
        decimal = f"DECIMAL({dtype.precision},{dtype.scale})" if isinstance(dtype, pl.Decimal) else ""
        types[EXTRACT_NAMES.get(column.name, column.name)] = _DUCKDB_TYPES.get(str(dtype), decimal)
    landed = list(found_as(declaration(folder).name, list(types)).values())
    return folder, types, ["*"] if columns == "all" else landed


def _told(measured: Measured, lines: int) -> dict[str, float]:
    return {
        "cpu_seconds": round(measured.cpu_seconds, 1),
        "wall_seconds": round(measured.wall_seconds, 1),
        "lines_per_cpu_second": round(lines / measured.cpu_seconds),
        "peak_pss_mb": round(measured.peak_pss_bytes / 1e6),
    }


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else PERSONS)
