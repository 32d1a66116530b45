"""Lists of codes that define a study's events, one CSV each; the first line names the source."""

from pathlib import Path

import polars as pl

_FOLDER = Path(__file__).parent


def read(name: str) -> pl.DataFrame:
    """One row per code of a list: `icd10_code` without dot, `label`; a code stands for all that begin with it."""
    return pl.read_csv(_FOLDER / f"{name}.csv", skip_lines=1, schema={"icd10_code": pl.String(), "label": pl.String()})


def source(name: str) -> str:
    """Source, date and licence of a list, as its first line says."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# source:").strip()
