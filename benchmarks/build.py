"""Rows, cells, bytes, CPU-seconds and memory of `emc2 generate` and `emc2 run`, at several sizes, in one run.

Usage: .venv/bin/python -m benchmarks.build 20_000 200_000   → writes benchmarks/build.json
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.measure import Measured, machine, measure

RESULT = Path(__file__).with_suffix(".json")
WORKERS = 2


def main(sizes: list[int]) -> None:
    place = Path(tempfile.mkdtemp(prefix="emc2-benchmark-"))
    try:
        results = [_one(persons, place / f"persons-{persons}") for persons in sizes]
    finally:
        shutil.rmtree(place)
    RESULT.write_text(json.dumps({**machine(WORKERS), "runs": results}, indent=1) + "\n")
    print(RESULT.read_text())


def _one(persons: int, workspace: Path) -> dict[str, object]:
    options = ["--workers", str(WORKERS), "--workspace", str(workspace)]
    workspace.parent.mkdir(parents=True, exist_ok=True)
    generation = measure(["generate", "--persons", str(persons), *options], workspace.parent)
    rows, cells, size = _contents(workspace / "sources")
    truth_rows, truth_cells, truth_size = _contents(workspace / "truth")
    chain = measure(["run", *options], workspace.parent)
    kept = sum(path.stat().st_size for path in workspace.rglob("*") if path.is_file())
    stages = json.loads((workspace / "manifest.json").read_text())["stages"]
    shutil.rmtree(workspace)
    return {
        "persons": persons,
        "person_years": persons * 3,
        "kept_mb": round(kept / 1e6, 1),
        "generate": _rates(generation, rows + truth_rows, cells + truth_cells, size + truth_size),
        "run": _rates(chain, rows, cells, size),
        "stage_seconds": {name: round(stage["seconds"], 1) for name, stage in stages.items()},
    }


def _contents(folder: Path) -> tuple[int, int, int]:
    """Rows, cells and bytes of every Parquet file below a folder."""
    rows = cells = size = 0
    for path in folder.rglob("part-*.parquet"):
        found = pq.read_metadata(path)
        rows += found.num_rows
        cells += found.num_rows * found.num_columns
        size += path.stat().st_size
    return rows, cells, size


def _rates(measured: Measured, rows: int, cells: int, size: int) -> dict[str, object]:
    return {
        "rows": rows,
        "cells": cells,
        "mb": round(size / 1e6, 1),
        "cpu_seconds": round(measured.cpu_seconds, 1),
        "wall_seconds": round(measured.wall_seconds, 1),
        "peak_pss_mb": round(measured.peak_pss_bytes / 1e6),
        "rows_per_cpu_second": round(rows / measured.cpu_seconds),
        "cells_per_cpu_second": round(cells / measured.cpu_seconds),
        "mb_per_cpu_second": round(size / 1e6 / measured.cpu_seconds, 2),
    }


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [20_000, 200_000])
