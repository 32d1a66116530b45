"""What patients of a hospital wished for their data: kept by the hospital under local numbers, sent under handles.

A wish is to oppose (absent from the star from the next delivery on), to withdraw an opposition, or to be erased, which
nothing takes back. Every wish goes with every letter, so that none is lost with one.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipelines.keys import Keyring
from pipelines.orders import WISHES
from pipelines.pseudonymise import handles
from schema.errors import SchemaViolation, SettingsError
from schema.layout import HOSPITALS, Workspace, parts

FILE = "wishes.parquet"
SCHEMA: dict[str, pl.DataType] = {"patient_number": pl.String(), "wish": pl.String()}


def note(directory: Path, wish: str, patient_numbers: Sequence[str]) -> int:
    """Note one wish of each patient of the hospital whose directory it is; returns how many. All, or none."""
    if wish not in WISHES:
        raise SettingsError(f"A patient can {', '.join(WISHES)}: name one of these.")
    numbers = pl.Series("patient_number", patient_numbers, pl.String).unique(maintain_order=True)
    strangers = len(numbers) - int(numbers.is_in(_patients(directory).implode()).sum())
    if strangers or numbers.is_empty():
        raise SettingsError(
            f"{strangers} of {len(numbers)} numbers are no patient's of this hospital: nothing was noted; correct them."
        )
    said = pl.concat([_read(directory), pl.DataFrame({"patient_number": numbers}).with_columns(wish=pl.lit(wish))])
    beside = directory / f"{FILE}.next"
    said.write_parquet(beside)
    beside.replace(directory / FILE)
    return len(numbers)


def under_handles(directory: Path, keyring: Keyring) -> pl.DataFrame:
    """(handle, wish): the last wish of each patient; once she is to be erased, that."""
    said = _read(directory)
    last = pl.when((pl.col("wish") == "erase").any()).then(pl.lit("erase")).otherwise(pl.col("wish").last())
    wished = said.group_by("patient_number", maintain_order=True).agg(last.alias("wish"))
    return wished.select(handles(wished, keyring, ("patient_number",)), "wish")


def noted(workspace: Workspace) -> int:
    """A number that grows with every wish noted at any hospital; opens nothing."""
    files = (workspace.source(hospital) / FILE for hospital in HOSPITALS)
    return sum(file.stat().st_size for file in files if file.is_file())


def _patients(directory: Path) -> pl.Series:
    try:
        return pl.read_parquet(parts(directory / "patient"), columns=["patient_number"])["patient_number"]
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{directory.name}/patient cannot be read: generate the sources again.") from None


def _read(directory: Path) -> pl.DataFrame:
    path = directory / FILE
    if not path.exists():
        return pl.DataFrame(schema=SCHEMA)
    try:
        said = pl.read_parquet(path)
        if said.schema != SCHEMA:
            raise pl.exceptions.SchemaError
        return said
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation(f"{path} cannot be read: restore it, for nothing else knows what it says.") from None
