"""The SNDS as its analysts see it: one DuckDB file with a table an official name and year, and `user_synonyms`.

Programs written for the portal ask `user_synonyms` which years of the claims are archived, in tables of their own.
Here none is; the year before the first stands for them, empty, so that such programs find what they look for.
"""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from schema.errors import LoadFailed
from schema.layout import SYNTHETIC
from warehouse.store.declarations import NOTICE
from warehouse.store.duckdb import fresh_file

ARCHIVED = ("ER_PRS_F", "ER_PHA_F")  # yearly in the archive
USER_SYNONYMS = sa.Table(
    "user_synonyms",
    sa.MetaData(),
    *(sa.Column(name, sa.String) for name in ("SYNONYM_NAME", "TABLE_OWNER", "TABLE_NAME", "DB_LINK")),
    comment="One row per archived table, as Oracle's view of that name lists them.",
)


def write_portal(target: Path, files: Mapping[str, Path], rows: Mapping[str, int]) -> None:
    """Write `target`, one table a Parquet file with its columns, order and types; LoadFailed if a row is missing."""
    with fresh_file(target) as connection:
        found = {name: _create(connection, name, path) for name, path in files.items()}
        archived = _archive(connection, set(found))
        for table in (NOTICE, USER_SYNONYMS):
            table.metadata.create_all(connection, tables=[table])
        connection.execute(sa.insert(NOTICE), {"notice": SYNTHETIC})
        for name in archived:
            connection.execute(
                sa.insert(USER_SYNONYMS), {"SYNONYM_NAME": name, "TABLE_OWNER": "SNDS", "TABLE_NAME": name}
            )
    wrong = [name for name in found if found[name] != rows[name]]
    if wrong:
        raise LoadFailed(f"DuckDB holds other rows of {', '.join(wrong)} than were written: export again.")


def _create(connection: sa.Connection, name: str, path: Path) -> int:
    quote = connection.dialect.identifier_preparer.quote
    # A folder called `column=value` above the file must not become a column.
    rows = "SELECT * FROM read_parquet(:path, hive_partitioning = false)"
    connection.execute(sa.text(f"CREATE TABLE {quote(name)} AS {rows}"), {"path": str(path)})
    return int(connection.execute(sa.text(f"SELECT count(*) FROM {quote(name)}")).scalar_one())


def _archive(connection: sa.Connection, tables: set[str]) -> list[str]:
    """Create the empty tables of the year before the first month of the claims; returns their names."""
    if "ER_PRS_F" not in tables:
        return []
    first = connection.execute(sa.text('SELECT year(min("FLX_DIS_DTD")) FROM "ER_PRS_F"')).scalar_one()
    if first is None:
        return []
    names = {name: f"{name}_{first - 1}" for name in ARCHIVED if name in tables}
    for name, archived in names.items():
        connection.execute(sa.text(f'CREATE TABLE "{archived}" AS SELECT * FROM "{name}" LIMIT 0'))
    return list(names.values())
