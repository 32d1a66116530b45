"""Small tables of codes and marginals; the first line of each file names source, date and licence."""

from functools import cache
from pathlib import Path

import polars as pl
from polars.datatypes import DataType

_FOLDER = Path(__file__).parent
# Codes keep their zeros: everything that is a code is text unless it is declared a number here.
_NUMBERS: dict[str, DataType] = {
    "age": pl.Int64(),
    "ald_number": pl.Int64(),
    "births_per_month_bound": pl.Int64(),
    "cip13": pl.Int64(),
    "cip7": pl.Int64(),
    "decade": pl.Int64(),
    "facility_number": pl.Int64(),
    "hospital": pl.Int64(),
    "interval_days": pl.Int64(),
    "is_birthplace": pl.Int64(),
    "is_emc2": pl.Int64(),
    "line": pl.Int64(),
    "nature_code": pl.Int64(),
    "pack_units": pl.Int64(),
    "packs_per_fill": pl.Int64(),
    "population": pl.Int64(),
    "prescribed": pl.Int64(),
    "rank": pl.Int64(),
    "sex": pl.Int64(),
    "specialty_code": pl.Int64(),
    "year": pl.Int64(),
    "ald_share": pl.Float64(),
    "base_eur": pl.Decimal(11, 2),
    "death_share": pl.Float64(),
    "mean_length_of_stay_days": pl.Float64(),
    "mean_los_days": pl.Float64(),
    "mean_quantity": pl.Float64(),
    "packs_mean": pl.Float64(),
    "price_eur": pl.Decimal(11, 2),
    "qx": pl.Float64(),
    "reimbursement_rate": pl.Int64(),
    "relative_rate": pl.Float64(),
    "share": pl.Float64(),
    "tariff_eur": pl.Decimal(11, 2),
    "treated_share": pl.Float64(),
    "weight": pl.Float64(),
} | {f"{sex}_{age}": pl.Float64() for sex in ("male", "female") for age in (0, 20, 40, 60, 75)}

AGE_BANDS = (
    0,
    20,
    40,
    60,
    75,
)  # lower bounds, inclusive, of the `male_0` … `female_75` columns


@cache
def read(name: str) -> pl.DataFrame:
    """One reference table in its file's order; the order is part of the contract (dimension keys)."""
    path = _FOLDER / f"{name}.csv"
    with path.open(encoding="utf-8") as lines:
        next(lines)
        header = next(lines).rstrip("\n").split(",")
    schema = {column: _NUMBERS.get(column, pl.String()) for column in header}
    return pl.read_csv(path, skip_lines=1, schema=schema)


def source(name: str) -> str:
    """Source, date and licence of a reference table, as its first line says."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# source:").strip()


def names() -> list[str]:
    """Every reference table."""
    return sorted(path.stem for path in _FOLDER.glob("*.csv"))
