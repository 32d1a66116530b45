"""What a row of an imported extract must keep to load: no null where the star needs a value, no value beyond its types.

A generated source cannot break these; an extract can, and then the row is rejected by the rule that names the column.
"""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from pipelines.extract import Rules
from pipelines.star.dim_date import FIRST, LAST
from schema.codes import NO_DATE
from schema.frames import DeclaredTable

_SMALL = (-(2**15), 2**15 - 1)
_WHOLE = (-(2**31), 2**31 - 1)
_COUNT = (-99_999, 99_999)  # of one line: 20,000 such lines of one dispensing still add up to a 32-bit number
_STAY_DAYS = (-3_660, 3_660)  # ten years: a day of a stay remains a date
_MOST_EUROS = Decimal("999999999.99")

# table → column → least and greatest number that the star can hold
NUMBERS: dict[str, dict[str, tuple[int, int]]] = {
    "ER_PRS_F": {"PRS_NAT_REF": _WHOLE, "PSE_SPE_COD": _SMALL, "PSP_SPE_COD": _SMALL, "EXO_MTF": _SMALL},
    "ER_PHA_F": {"PHA_ACT_QSN": _COUNT},
    "IR_IMB_R": {"IMB_ALD_NUM": _SMALL},
    "T_MCOaaA": {"ENT_DAT_DEL": _STAY_DAYS, "NBR_EXE_ACT": _COUNT},
}
# table → dates that must lie in dim_date, and those that may also be the SNDS's "no date"
DATES: dict[str, tuple[str, ...]] = {
    "ER_PRS_F": ("EXE_SOI_DTD",),
    "IR_IMB_R": ("IMB_ALD_DTD",),
    "T_MCOaaC": ("EXE_SOI_DTD", "EXE_SOI_DTF"),
}
DATES_OR_NONE: dict[str, tuple[str, ...]] = {
    "ER_PRS_F": ("PRE_PRE_DTD", "FLX_DIS_DTD"),
    "IR_BEN_R": ("BEN_DCD_DTE",),
    "IR_IMB_R": ("IMB_ALD_DTF",),
}


def landed_rules(table: DeclaredTable, columns: Sequence[str]) -> Rules:
    """The rules of a table's rows, as far as the columns go."""
    rules = {}
    for name, (least, most) in NUMBERS.get(table.name, {}).items():
        rules[name] = ~pl.col(name).is_between(least, most)
    for name in DATES.get(table.name, ()):
        rules[name] = ~pl.col(name).is_between(FIRST, LAST)
    for name in DATES_OR_NONE.get(table.name, ()):
        is_none = pl.col(name) == pl.lit(NO_DATE).str.to_date()
        rules[name] = ~pl.col(name).is_between(FIRST, LAST) & ~is_none
    if {"BSE_REM_MNT", "CPL_REM_MNT"} <= set(columns):
        paid = pl.col("BSE_REM_MNT").fill_null(0) + pl.col("CPL_REM_MNT").fill_null(0)
        rules["CPL_REM_MNT"] = ~paid.is_between(-_MOST_EUROS, _MOST_EUROS)
    return {f"beyond_{name}": broken for name, broken in rules.items() if name in columns}
