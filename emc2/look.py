"""`emc2 look`: a file or a folder of a synthetic workspace → what its holder sees of it, as text.

Columns with privacy tags and three rows; bytes in base32; a sealed letter as its header and size; JSON in brief. The
law that no output holds a value read from a row does not hold here: to show rows is what this is for, which is why an
imported extract, whose persons may be real, is refused.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from emc2.tags import TRUTH, privacy_tag
from pipelines.post import HEADER, SEALED_KEY
from schema.errors import SchemaViolation, SettingsError
from schema.layout import SYNTHETIC, parts
from warehouse.report import text_table
from warehouse.store.duckdb import open_read_only, select

NOTICE = f"{SYNTHETIC} `emc2 look` shows rows, and is for synthetic workspaces alone."
ROWS = 3
WHOLE_TABLES = 4  # a folder of more tables is shown by a line each
WIDEST = 30  # characters of a value
_ENCRYPTED = b"PARE"  # how an encrypted Parquet file ends; a clear one ends in PAR1


def look(path: Path) -> Iterator[str]:
    """Paragraphs about one file or folder."""
    if not path.exists():
        raise SettingsError(f"{path} is absent: name a file or a folder of a workspace.")
    _refuse_extract(path.resolve())
    if path.is_dir() and not _is_leaf(path):
        yield from _folder(path)
    else:
        yield _whole(path)


def _refuse_extract(path: Path) -> None:
    """Refuse what lies in a workspace that was imported; keyrings and copies of a party's directory have no say."""
    for place in (path, *path.parents):
        try:
            said = json.loads((place / "manifest.json").read_text(encoding="utf-8"))["configuration"]
            is_synthetic = "persons" in said
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not is_synthetic:
            raise SettingsError("An imported extract may hold real persons: `emc2 look` shows synthetic ones alone.")


def _is_letter(path: Path) -> bool:
    return path.is_dir() and (path / SEALED_KEY).is_file()


def _is_leaf(path: Path) -> bool:
    """Whether a path is looked at as one thing: a file, a letter, or the parts of one table."""
    return path.is_file() or _is_letter(path) or bool(_files(path))


def _files(path: Path) -> list[Path]:
    """The parts of a table, whether they lie in one folder or in buckets."""
    return [path] if path.is_file() else parts(path) or sorted(path.glob("bucket=*/*.parquet"))


def _leaves(path: Path) -> Iterator[Path]:
    """Everything below a folder that is looked at as one thing, hidden files left out."""
    for entry in sorted(path.iterdir()):
        if entry.name.startswith("."):
            continue
        if _is_leaf(entry):
            yield entry
        elif entry.is_dir():
            yield from _leaves(entry)


def _folder(path: Path) -> Iterator[str]:
    """Few tables whole, many by a line each; other files by a line each."""
    leaves = list(_leaves(path))
    tables = [leaf for leaf in leaves if leaf.is_dir() or leaf.suffix == ".parquet"]
    lines = [_line(leaf, path) for leaf in leaves]
    yield "\n".join([f"{path}: {len(leaves)} things", *lines])
    if not any(map(_is_letter, tables)) and len(tables) <= WHOLE_TABLES:
        yield from map(_whole, tables)


def _line(leaf: Path, folder: Path) -> str:
    """One thing in one line: what it is, and how large."""
    name = leaf.relative_to(folder).as_posix() if leaf != folder else leaf.name
    if _is_letter(leaf):
        return f"  {name:<28} sealed letter, delivery {_read_json(leaf / HEADER)['delivery']}, {_size(leaf):,} bytes"
    files = _files(leaf)
    if leaf.is_file() and leaf.suffix != ".parquet":
        return f"  {name:<28} {leaf.stat().st_size:,} bytes"
    if _is_sealed(files):
        return f"  {name:<28} sealed, {_size(leaf):,} bytes"
    frame = _scan(files)
    tags = [_tag(leaf, column) for column in frame.collect_schema().names()]
    counted = ", ".join(f"{tags.count(tag)} {tag}" for tag in dict.fromkeys(sorted(tags)))
    return f"  {name:<28} {_height(frame):>9,} rows; columns: {counted}"


def _whole(path: Path) -> str:
    """One thing, with its columns and first rows where it has any."""
    if _is_letter(path):
        return _letter(path)
    if path.is_dir() or path.suffix == ".parquet":
        return _table(path)
    if path.suffix == ".duckdb":
        return "\n\n".join(_warehouse(path))
    if path.suffix == ".json":
        return _json(path)
    return f"{path}: {path.stat().st_size:,} bytes"


def _letter(path: Path) -> str:
    """What a carrier of the letter sees: the header, and how many bytes."""
    header = _read_json(path / HEADER)
    try:
        lines = [
            f"{path}: sealed letter from {header['from']} to {header['to']}, delivery {header['delivery']}",
            f"  sealed to key {header['sealed_to']}, signed with {header['signed_with']}",
        ]
        lines += [f"  {name:<26} {said['rows']:>9,} rows, sealed" for name, said in header["tables"].items()]
    except (KeyError, TypeError, AttributeError):
        raise SchemaViolation(f"{path / HEADER} is no header of a letter: have the letter sent again.") from None
    return "\n".join([*lines, f"  {_size(path):,} bytes; no row can be read without the key of {header['to']}"])


def _table(path: Path) -> str:
    files = _files(path)
    if _is_sealed(files):
        return f"{path}: sealed, {_size(path):,} bytes; no row can be read without its letter's key"
    frame = _scan(files)
    rows = frame.head(ROWS).collect()
    title = f"{path}: {_height(frame):,} rows, {rows.width} columns"
    return f"{title}\n{_columns(rows, [_tag(path, column) for column in rows.columns])}"


def _warehouse(path: Path) -> Iterator[str]:
    """Every table of a DuckDB file."""
    connection = open_read_only(path)
    try:
        names = select(connection, "SELECT table_name FROM duckdb_tables() ORDER BY table_name")["table_name"]
        for name in names:
            n = select(connection, f'SELECT count(*) AS n FROM "{name}"')["n"].item()
            rows = select(connection, f'SELECT * FROM "{name}" LIMIT {ROWS}')
            tags = [privacy_tag(name, column) for column in rows.columns]
            yield f"{path}, {name}: {n:,} rows, {rows.width} columns\n{_columns(rows, tags)}"
    finally:
        connection.close()


def _columns(rows: pl.DataFrame, tags: list[str]) -> str:
    """A line a column, for tables are wide: name, privacy tag, and its value in each row."""
    values = {f"row {n + 1}": [_text(value) for value in row] for n, row in enumerate(rows.iter_rows())}
    return text_table(pl.DataFrame({"column": rows.columns, "privacy": tags, **values}))


def _text(value: object) -> str:
    """A value as text: bytes in base32 without its padding, nothing as a dash."""
    if isinstance(value, bytes):
        value = base64.b32encode(value).decode().rstrip("=").lower()
    text = "-" if value is None else str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _json(path: Path) -> str:
    """The first level of a JSON file; what lies deeper is counted."""
    content = _read_json(path)
    if isinstance(content, list):
        return f"{path}: {len(content):,} entries"
    if not isinstance(content, dict):
        return f"{path}: {_text(content)}"
    return "\n".join([f"{path}: {len(content):,} entries", *(f"  {k}: {_brief(v)}" for k, v in content.items())])


def _brief(value: object) -> str:
    return f"{len(value):,} entries" if isinstance(value, dict | list) else _text(value)


def _tag(path: Path, column: str) -> str:
    folders = path.resolve().parts
    table = path.name if path.is_dir() else path.stem
    table = folders[-2] if path.is_file() and table.startswith("part-") else table
    table = folders[-3] if path.is_file() and folders[-2].startswith("bucket=") else table
    return TRUTH if "truth" in folders[:-1] else privacy_tag(table, column)


def _scan(files: Iterable[Path]) -> pl.LazyFrame:
    frame = pl.scan_parquet(list(files), hive_partitioning=False)
    try:
        frame.collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation("A Parquet file there cannot be read: build a fresh workspace.") from None
    return frame


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())


def _is_sealed(files: Iterable[Path]) -> bool:
    for path in files:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - len(_ENCRYPTED), 0))
            if file.read() == _ENCRYPTED:
                return True
    return False


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise SchemaViolation(f"{path} cannot be read as JSON: build a fresh workspace.") from None
