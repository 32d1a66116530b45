"""The portal's value tables under official names: codes of the columns that the sources fill, labels of our own.

A table that the project needs elsewhere too is that one under its official column names; the others are a CSV here,
whose first line names source, date and licence. Columns of the official tables that hold no code or label are left out.
"""

from pathlib import Path

import polars as pl

from schema.reference import read

_FOLDER = Path(__file__).parent
# Any other column is text.
_NUMBERS = [
    "BEN_QAF_COD",
    "BEN_QLT_COD",
    "ETM_NAT",
    "EXO_MTF",
    "GRG_COD",
    "MTM_NAT",
    "PFS_ACT_NAT",
    "PFS_CNV_COD",
    "RGM_COD",
    "RGM_GRG_COD",
    "SEX_COD",
]

# Official table → the reference table that holds its codes, and the official names of its columns.
_KNOWN: dict[str, tuple[str, dict[str, str]]] = {
    "IR_ALD_V": ("ald", {"ald_number": "ALD_030_COD", "ald_label": "ALD_030_LIB"}),
    "IR_DPT_V": (
        "department",
        {"department_code": "GEO_DPT_COD", "region_code": "GEO_REG_COD", "department_label": "GEO_DPT_LIB"},
    ),
    "IR_NAT_V": (
        "care_nature",
        {"nature_code": "PRS_NAT", "b2_letter": "PRS_NAT_CB2", "nature_label": "PRS_NAT_LIB"},
    ),
    "IR_SPE_V": ("specialty", {"specialty_code": "PFS_SPE_COD", "specialty_label": "PFS_SPE_LIB"}),
}


def value_tables() -> dict[str, pl.DataFrame]:
    """Every value table by official name."""
    own = {path.stem: _read(path) for path in _FOLDER.glob("*.csv")}
    return dict(sorted((own | {name: _renamed(name) for name in _KNOWN}).items()))


def _read(path: Path) -> pl.DataFrame:
    texts = pl.read_csv(path, skip_lines=1, infer_schema=False)
    return texts.with_columns(pl.col(name).cast(pl.Int64) for name in texts.columns if name in _NUMBERS)


def _renamed(name: str) -> pl.DataFrame:
    known, columns = _KNOWN[name]
    frame = read(known).select(list(columns)).rename(columns)
    if "GEO_DPT_COD" in frame.columns:  # three characters, as BEN_RES_DPT has them
        frame = frame.with_columns(pl.col("GEO_DPT_COD").str.zfill(3))
    return frame
