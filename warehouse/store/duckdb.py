"""DuckDB. Reads `star/<table>/part-*.parquet` → writes `warehouse.duckdb`; reads the warehouse → Arrow."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import sqlalchemy as sa

from schema.base import polars_schema
from schema.errors import LoadFailed, SettingsError, StorageFull, disk_is_full
from schema.layout import parts
from schema.star import TABLES
from warehouse.store.declarations import create_all, is_fact

LOAD_MEMORY_LIMIT = "1GB"  # a load streams and needs no more
READ_MEMORY_LIMIT = "4GB"  # a query sorts and groups in memory, without spill to disk
RESULT_BYTES = 1 << 30  # a result leaves DuckDB's memory for ours, which the limit above does not count
RESULT_BATCH_ROWS = 131_072
THREADS = 2
_UNHELD_TYPE = "The query returns a type that Polars does not hold: cast it to text."
# These speak of the query's own text and the catalogue; any other kind may print a value of a row.
_SPEAKS_OF_THE_QUERY = (duckdb.ParserException, duckdb.CatalogException, duckdb.BinderException)


def load_star(
    star: Path, target: Path, *, memory_limit: str = LOAD_MEMORY_LIMIT, threads: int = THREADS
) -> dict[str, int]:
    """Write a fresh DuckDB file of the whole star, all or nothing; returns rows by table.

    Memory is flat: DuckDB streams each table's parts, in the order of their names, within one transaction.
    A file already at `target` is replaced. On failure no file is left.
    """
    files = {name: _declared_parts(star, name) for name in TABLES}
    _remove(target)
    try:
        rows = _write(files, target, memory_limit, threads)
    except (sa.exc.SQLAlchemyError, duckdb.Error) as error:
        _remove(target)
        raise refusal(error) from None
    except BaseException:
        _remove(target)
        raise
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return rows


def sums(path: Path) -> dict[str, dict[str, int]]:
    """By fact: `n_rows`, the sum of each `n_source_*` column, and of each euro column in cents, exact."""
    with open_read_only(path) as connection:
        try:
            return {name: _sums_of(connection, table) for name, table in TABLES.items() if is_fact(name)}
        except duckdb.Error:
            raise LoadFailed("The warehouse is damaged: run `emc2 run` again.") from None


def refusal(error: Exception) -> LoadFailed | StorageFull:
    """The error to show for one that DuckDB raised while it loaded: its kind, never its text."""
    if disk_is_full(error):
        return StorageFull()
    kind = type(getattr(error, "orig", None) or error).__name__
    return LoadFailed(
        f"DuckDB refused the star ({kind}); nothing was replaced: delete hub/star and run `emc2 run` again."
    )


def open_read_only(
    path: Path, *, memory_limit: str = READ_MEMORY_LIMIT, threads: int = THREADS
) -> duckdb.DuckDBPyConnection:
    """A connection that reads this file and nothing else: no other file, no network, no setting, no spill to disk.

    Any number of processes may hold one at once.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": False,
        "lock_configuration": True,
        "memory_limit": memory_limit,
        "temp_directory": "",
        "threads": threads,
    }
    try:
        return duckdb.connect(path, read_only=True, config=config)
    except duckdb.Error:
        raise SettingsError(
            "The warehouse cannot be opened for reading: another process writes it, or the file is damaged; "
            "wait, or run `emc2 run` again."
        ) from None


def select(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    """Rows of one SELECT; anything else is refused.

    A PIVOT without its list of values is refused too: DuckDB runs it as several statements, and its columns,
    which errors name, would be values of rows.
    """
    try:
        statements = connection.extract_statements(query)
        if [s.type for s in statements] != [duckdb.StatementType.SELECT]:
            raise SettingsError("The query must be one SELECT: the warehouse is only read.")
        frame = pl.from_arrow(_interruptible(connection, query))
    except duckdb.Error as error:
        raise SettingsError(_sentence(error)) from None
    except (pa.ArrowException, OSError) as error:  # how Arrow says that DuckDB failed between two batches
        raise SettingsError(_withheld(type(error).__name__)) from None
    except pl.exceptions.DuplicateError:
        raise SettingsError("Two columns of the result have one name: give one another by AS.") from None
    except pl.exceptions.PolarsError:
        raise SettingsError(_UNHELD_TYPE) from None
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("an Arrow table becomes a frame")
    if any(isinstance(dtype, pl.BaseExtension) for dtype in frame.dtypes):
        raise SettingsError(_UNHELD_TYPE)
    return frame


def _interruptible(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """Run a query in a thread, for DuckDB hears no signal while it runs: Ctrl-C reaches us, and we tell it."""
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(_fetch, connection, query)
        try:
            return answer.result()
        except BaseException:
            connection.interrupt()
            raise


def _fetch(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """Every row of the result; SettingsError as soon as it outgrows the room it is granted."""
    batches: list[pa.RecordBatch] = []
    size = 0
    reader = connection.sql(query).to_arrow_reader(RESULT_BATCH_ROWS)
    for batch in reader:
        batches.append(batch)
        size += batch.nbytes
        if size > RESULT_BYTES:
            raise SettingsError(
                f"The query returns more than {RESULT_BYTES >> 30} GB: select less at a time, or count in the query."
            )
    return pa.Table.from_batches(batches, reader.schema)


def _declared_parts(star: Path, name: str) -> list[Path]:
    found = parts(star / name)
    if not found:
        raise LoadFailed(f"{name} has no part: delete hub/star and run `emc2 run` again.")
    declared = polars_schema(TABLES[name])
    try:
        wrong = sum(dict(pl.read_parquet_schema(part)) != declared for part in found)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise LoadFailed(f"{name} cannot be read as Parquet: delete hub/star and run `emc2 run` again.") from None
    if wrong:
        raise LoadFailed(
            f"{name}: {wrong} of {len(found)} parts have other columns or types than declared: "
            "delete hub/star and run `emc2 run` again."
        )
    return found


def _write(files: dict[str, list[Path]], target: Path, memory_limit: str, threads: int) -> dict[str, int]:
    with _transaction(target, memory_limit, threads) as connection:
        create_all(connection)
        return {name: _insert(connection, name, found) for name, found in files.items()}


@contextmanager
def fresh_file(target: Path) -> Iterator[sa.Connection]:
    """One transaction on a new DuckDB file, checkpointed when it ends; on failure no file is left."""
    try:
        with _transaction(target, LOAD_MEMORY_LIMIT, THREADS) as connection:
            yield connection
    except (sa.exc.SQLAlchemyError, duckdb.Error) as error:
        _remove(target)
        if disk_is_full(error):
            raise StorageFull from None
        kind = type(getattr(error, "orig", None) or error).__name__
        raise LoadFailed(f"DuckDB refused the tables ({kind}); nothing was written.") from None
    except BaseException:
        _remove(target)
        raise


@contextmanager
def _transaction(target: Path, memory_limit: str, threads: int) -> Iterator[sa.Connection]:
    config = {"memory_limit": memory_limit, "threads": threads}
    engine = sa.create_engine(
        sa.URL.create("duckdb", database=str(target)),
        connect_args={"config": config},
        pool_reset_on_return=None,  # after a full disk the pool's own rollback would fail, and log a traceback
    )
    try:
        with engine.begin() as connection:
            yield connection
        # Closing checkpoints too, but silently: here a full disk is an error.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("CHECKPOINT"))
    finally:
        engine.dispose()


def _insert(connection: sa.Connection, name: str, found: list[Path]) -> int:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(c.name) for c in TABLES[name].columns)
    # A folder called `column=value` above the workspace must not become a column.
    statement = (
        f"INSERT INTO {quote(name)} ({columns}) SELECT {columns} FROM read_parquet(:parts, hive_partitioning = false)"
    )
    try:
        return connection.execute(sa.text(statement), {"parts": [str(part) for part in found]}).rowcount
    except sa.exc.IntegrityError:
        raise LoadFailed(
            f"{name}: a rule of the table (key, CHECK or missing value) refuses its rows; nothing was replaced: "
            "delete hub/star and run `emc2 run` again."
        ) from None


def _sums_of(connection: duckdb.DuckDBPyConnection, table: sa.Table) -> dict[str, int]:
    totals = {"n_rows": "count(*)"}
    for c in table.columns:
        if c.name.startswith("n_source_"):
            totals[c.name] = f"coalesce(sum({c.name}), 0)"
        elif c.name.endswith("_eur"):
            totals[c.name] = f"coalesce(sum({c.name}) * 100, 0)"
    selected = ", ".join(f"CAST({total} AS HUGEINT)" for total in totals.values())
    values = connection.sql(f"SELECT {selected} FROM {table.name}").fetchall()[0]
    return dict(zip(totals, map(int, values), strict=True))


def _sentence(error: duckdb.Error) -> str:
    if isinstance(error, _SPEAKS_OF_THE_QUERY):
        return f"The query cannot be run: {str(error).splitlines()[0]}"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "The query needs more memory than the warehouse grants it: select less at a time."
    if isinstance(error, duckdb.PermissionException):
        return "The query may read the star's tables alone: no file, no network, no extension."
    return _withheld(type(error).__name__)


def _withheld(kind: str) -> str:
    kind = kind.removesuffix("Exception")
    return f"The query failed ({kind}); the details may hold values of rows and are withheld."


def _remove(target: Path) -> None:
    for path in (target, target.with_name(f"{target.name}.wal")):
        path.unlink(missing_ok=True)
