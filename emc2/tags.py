"""The privacy tag of a column wherever it lies: raw columns by their declaration, all others by the names below.

The vocabulary is that of `schema.frames.PRIVACY_TAGS`. Past the sources nothing is `direct`, so a column of the star
that is not named here and is no date is `none`.
"""

import polars as pl

from pipelines.register import SCHEMA as REGISTER_SCHEMA
from pipelines.vault import SCHEMA as VAULT_SCHEMA
from schema.base import polars_schema
from schema.raw import declaration
from schema.star import TABLES

TRUTH = "truth"  # what only the referee reads
UNDECLARED = "undeclared"
_PERSON = {"patient_key", "pseudonym", "into", "token", "person", "handle", "idacc", "key", "patient_number"}
_QUASI = {"sex_code", "birth_month_date"}
_RECORD = {c.name for table in TABLES.values() for c in table.columns if c.name.endswith("_number")}
_OTHERS: dict[str, dict[str, pl.DataType]] = {
    "vault": VAULT_SCHEMA,
    "register": REGISTER_SCHEMA,
    "persons": polars_schema(TABLES["dim_patient"]),  # as the hub routes them
    "wishes": {"patient_number": pl.String(), "wish": pl.String()},
    **{name: polars_schema(table) for name, table in TABLES.items()},
}
_ROUTED = {"patient_key": "person", "exit_year": "date", "source": "none"}  # what the hub adds to a raw table's columns


def privacy_tag(table: str, column: str) -> str:
    """The tag of one column of a table past or at the sources; `undeclared` where nobody gave it one."""
    if table in _OTHERS:
        schema = _OTHERS[table]
        return _by_name(column, schema[column]) if column in schema else UNDECLARED
    try:
        return declaration(table).column(column).privacy
    except (KeyError, StopIteration):
        return _ROUTED.get(column, UNDECLARED)


def _by_name(column: str, dtype: pl.DataType) -> str:
    if column in _PERSON:
        return "person"
    if column in _QUASI:
        return "quasi"
    if column in _RECORD:
        return "record"
    return "date" if dtype == pl.Date() else "none"
