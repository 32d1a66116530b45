"""Small tables of codes and marginals; the first line of each file names source, date and licence."""

from functools import cache
from pathlib import Path

import polars as pl
from polars.datatypes import DataType

_FOLDER = Path(__file__).parent
AGE_BANDS = (0, 20, 40, 60, 75)  # lower bounds, inclusive, of the `male_0` … `female_75` columns
# Codes keep their zeros: everything that is a code is text unless it is declared a number here.
_WHOLE = [
    "age",
    "age_max",
    "age_min",
    "ald_number",
    "births_per_month_bound",
    "cip13",
    "cip7",
    "decade",
    "facility_number",
    "hospital",
    "interval_days",
    "is_birthplace",
    "is_emc2",
    "line",
    "nature_code",
    "pack_units",
    "packs_per_fill",
    "population",
    "prescribed",
    "rank",
    "reimbursement_rate",
    "sex",
    "specialty_code",
    "year",
]
_EUROS = ("base_eur", "price_eur", "tariff_eur")
_REAL = [
    "ald_share",
    "death_share",
    "mean_length_of_stay_days",
    "mean_los_days",
    "mean_quantity",
    "packs_mean",
    "qx",
    "rate",
    "relative_rate",
    "share",
    "treated_share",
    "weight",
] + [f"{sex}_{age}" for sex in ("male", "female") for age in AGE_BANDS]
_NUMBERS: dict[str, DataType] = {
    **dict.fromkeys(_WHOLE, pl.Int64()),
    **dict.fromkeys(_EUROS, pl.Decimal(11, 2)),
    **dict.fromkeys(_REAL, pl.Float64()),
}


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
