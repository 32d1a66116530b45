"""Reads the star's Parquet → writes `warehouse.duckdb`, checked, all or nothing."""

from pathlib import Path

from schema.errors import Emc2Error, LoadFailed
from warehouse.store.duckdb import load_star, sums


def load(star: Path, warehouse: Path, expected: dict[str, dict[str, int]], threads: int) -> dict[str, int]:
    """Load beside the old warehouse, compare rows and sums with what the star's builders wrote, then replace it.

    `expected` holds by table `n_rows`, and of facts the sums of `n_source_*` and of euros in cents.
    """
    if warehouse.is_dir():
        raise LoadFailed(f"{warehouse} is a folder: remove it and run `emc2 run` again.")
    beside = warehouse.with_name(warehouse.name + ".next")
    rows = load_star(star, beside, threads=threads)
    found = sums(beside)
    wrong = [name for name, counted in expected.items() if found.get(name, {"n_rows": rows.get(name)}) != counted]
    if wrong:
        beside.unlink()
        raise LoadFailed(
            f"Rows or cents of {', '.join(sorted(wrong))} are not those of the star that was built; nothing was "
            "replaced: delete hub/star and run `emc2 run` again."
        )
    beside.replace(warehouse)
    return rows


def is_whole(warehouse: Path) -> bool:
    """Whether a warehouse is there and can be read."""
    try:
        return warehouse.is_file() and bool(sums(warehouse))
    except Emc2Error:
        return False
