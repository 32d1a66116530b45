"""An open warehouse: the star as tables for SQL and as lazy frames."""

from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from schema.errors import MissingStage, SettingsError
from schema.layout import Workspace, default_workspace, parts
from schema.star import TABLES
from warehouse.store import duckdb as store


class Warehouse:
    """The star of one workspace, open for reading. Stands inside: what it returns is rows, not results to publish."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._connection = store.open_read_only(workspace.warehouse)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> list[str]:
        """Names of the star's tables, dimensions first."""
        return list(TABLES)

    def sql(self, query: str) -> pl.DataFrame:
        """Rows of one SELECT on the star.

        Raises SettingsError, without a value of any row, if the query is no SELECT or fails.
        """
        return store.select(self._connection, query)

    def scan(self, table: str) -> pl.LazyFrame:
        """One star table as a lazy frame over its Parquet, in the order of its key."""
        if table not in TABLES:
            raise SettingsError(f"The star has no table of that name; it has {', '.join(TABLES)}.")
        found = parts(self.workspace.star / table)
        if not found:
            raise MissingStage(f"The star's {table} is absent: run `emc2 run`.")
        return pl.scan_parquet(found, hive_partitioning=False)


def open_warehouse(path: str | Path | None = None) -> Warehouse:
    """Open a workspace's warehouse; without a path, the current folder if it is a workspace, else `./emc2-data`."""
    workspace = Workspace(Path(path)) if path is not None else default_workspace(Path.cwd())
    if not workspace.warehouse.is_file():
        raise MissingStage("There is no warehouse in this workspace: run `emc2 run`.")
    return Warehouse(workspace)
