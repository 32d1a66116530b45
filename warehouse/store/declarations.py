"""The star as a database shall hold it: primary keys on dimensions only, and a notice that all is synthetic."""

import sqlalchemy as sa

from schema.layout import SYNTHETIC
from schema.star import GRAINS, TABLES

NOTICE = sa.Table(
    "notice",
    sa.MetaData(),
    sa.Column("notice", sa.String, nullable=False, comment="what must be known before any use"),
    comment="One row: what the data are.",
)


def is_fact(name: str) -> bool:
    return name.startswith("fact_")


def stored_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """A star table with its checks and comments, and its primary key if it is a dimension.

    Keys of facts are checked when the star is built: an index on 20 M rows doubles time and size of a load.
    """
    declared = TABLES[name]
    columns = [
        sa.Column(
            c.name,
            c.type,
            primary_key=c.primary_key and not is_fact(name),
            autoincrement=False,
            nullable=c.nullable,
            comment=c.comment,
        )
        for c in declared.columns
    ]
    checks = [
        sa.CheckConstraint(c.sqltext, name=c.name) for c in declared.constraints if isinstance(c, sa.CheckConstraint)
    ]
    return sa.Table(name, metadata, *columns, *checks, comment=GRAINS[name])


def stored_tables() -> dict[str, sa.Table]:
    """Every star table in load order, dimensions first."""
    metadata = sa.MetaData()
    return {name: stored_table(name, metadata) for name in TABLES}


def create_all(connection: sa.Connection) -> None:
    """Create the star's tables and the notice on an empty database."""
    for table in (NOTICE, *stored_tables().values()):
        table.metadata.create_all(connection, tables=[table])
    connection.execute(sa.insert(NOTICE), {"notice": SYNTHETIC})
