"""Delimited text of any dialect → frames of text, a block at a time, and every line's fate.

One line is one row: a line break within quotes is not read, and its lines are rejected as `broken_quote`, so that a
broken quote never swallows its neighbours. Blocks are cut at line ends and a long line is passed over as it flows, so
that memory grows neither with the file nor with a line.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from pipelines.dock.encoding import as_utf8, decode
from pipelines.dock.report import Unreadable

BLOCK_BYTES = 32_000_000
LINE_BYTES = 1_000_000  # no row of the SNDS comes near; a longer line has lost its end
SEPARATORS = ";,\t|"
_MARK = b"\xef\xbb\xbf"
_APART = "its lines cannot be told apart"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class Lines:
    """Lines of a file as they are read: `ended` as `wc -l` counts them, data rows, and rejected rows by rule."""

    ended: int = 0
    rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, rule: str, rows: int) -> None:
        if rows:
            self.rejected[rule] = self.rejected.get(rule, 0) + rows


@dataclass(frozen=True)
class Header:
    """Separator and column names of a file's first line, in upper case."""

    separator: str
    names: list[str]


def read_header(path: Path) -> Header:
    """The first line; Unreadable where it names no columns, or one twice."""
    with _opened(path) as file:
        line = file.readline(LINE_BYTES).removeprefix(_MARK)
    if line.startswith(_UTF16):
        raise Unreadable("it is UTF-16: write it as UTF-8")
    if b"\0" in line or (len(line) >= LINE_BYTES and not line.endswith(b"\n")):
        raise Unreadable("its first line is no line of text")
    text = decode(line).rstrip("\r\n")
    if "\r" in text:
        raise Unreadable("its lines end in carriage returns alone: write line feeds")
    separator = max(SEPARATORS, key=re.sub('"[^"]*"', "", text).count)
    try:
        names = [name.strip().upper() for name in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:
        raise Unreadable("its first line is no line of text") from None
    named = [name for name in names if name]
    if not named:
        raise Unreadable("it is empty")
    if len(set(named)) < len(named):
        raise Unreadable("its first line names a column twice")
    return Header(separator, names)


def frames(path: Path, header: Header, columns: Sequence[str], lines: Lines) -> Iterator[pl.DataFrame]:
    """Columns of every well-formed row as text, null where empty; `lines` counts on the way."""
    for block in _blocks(path, lines):
        if block:
            yield _rows(block, header, columns, lines)


def count_lines(path: Path) -> Lines:
    """Lines and rows of a file that is not read further."""
    lines = Lines()
    with _opened(path) as file:
        last = b"\n"
        while block := file.read(BLOCK_BYTES):
            lines.ended += block.count(b"\n")
            last = block[-1:]
    lines.rows = max(0, lines.ended + (last != b"\n") - 1)
    return lines


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not is_gzip:
                yield raw
                return
            with gzip.open(raw) as unpacked:
                yield unpacked  # type: ignore[misc]  # a GzipFile reads as any binary file
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable("its gzip is cut short or damaged") from None
    except OSError as error:
        raise Unreadable(f"it cannot be opened ({error.strerror or type(error).__name__})") from None


def _blocks(path: Path, lines: Lines) -> Iterator[bytes]:
    """Whole lines below the header, about `BLOCK_BYTES` at a time, each ended by a line feed and none too long."""
    with _opened(path) as file:
        lines.ended += file.readline(LINE_BYTES).endswith(b"\n")
        while block := file.read(BLOCK_BYTES):
            rest = b"" if block.endswith(b"\n") else file.readline(LINE_BYTES)
            if len(rest) == LINE_BYTES and not rest.endswith(b"\n"):
                _pass_over(file, lines)
                block = block[: block.rfind(b"\n") + 1]
            else:
                block += rest
            lines.ended += block.count(b"\n")
            if block and not block.endswith(b"\n"):
                block += b"\n"  # the last line of a file may go without
            yield _without_long_lines(block, lines) if _may_hold_a_long_line(block) else block


def _pass_over(file: IO[bytes], lines: Lines) -> None:
    """Leave behind what is still to come of a line."""
    lines.rows += 1
    lines.reject("line_too_long", 1)
    while rest := file.readline(LINE_BYTES):
        if rest.endswith(b"\n"):
            lines.ended += 1
            return


def _may_hold_a_long_line(block: bytes) -> bool:
    """Whether some stretch of half such a line's length has no line feed: every too long line has one."""
    stretch = LINE_BYTES // 2
    return any(block.find(b"\n", at, at + stretch) < 0 for at in range(0, len(block) - stretch, stretch))


def _without_long_lines(block: bytes, lines: Lines) -> bytes:
    written = block.removesuffix(b"\n").split(b"\n")
    kept = [line for line in written if len(line) <= LINE_BYTES]
    lines.rows += len(written) - len(kept)
    lines.reject("line_too_long", len(written) - len(kept))
    return b"".join(line + b"\n" for line in kept)


def _rows(block: bytes, header: Header, columns: Sequence[str], lines: Lines) -> pl.DataFrame:
    """The block's rows; as it is where nothing in it can mislead the parser, else line by line."""
    rows = block.count(b"\n")
    lines.rows += rows
    if not block.isascii():
        block = as_utf8(block)
    ends_alike = b"\r" not in block or block.count(b"\r") == block.count(b"\r\n")
    if ends_alike and b'"' not in block and b"\0" not in block:
        frame, torn = _parse(block, header, columns)
        if frame.height + torn == rows:
            lines.reject("wrong_number_of_fields", torn)
            return frame
    written = pl.Series([block.decode().removesuffix("\n")]).str.split("\n").explode().str.strip_chars_end("\r")
    kept = _without_bad_lines(written, header.separator, lines)
    if len(kept) < rows or not ends_alike:
        block = "".join(line + "\n" for line in kept).encode()
    frame, torn = _parse(block, header, columns)
    if frame.height + torn != len(kept):
        raise Unreadable(_APART)
    lines.reject("wrong_number_of_fields", torn)
    return frame


def _without_bad_lines(written: pl.Series, separator: str, lines: Lines) -> pl.Series:
    """Lines that hold text and whose quotes open and close where a field does; the others are counted by rule."""
    between = re.escape(separator)
    one = rf'(?:"(?:[^"]|"")*"|[^"{between}]*)'
    line = pl.col("line")
    rules = {
        "blank_line": line == "",
        "nul_byte": line.str.contains("\0", literal=True),
        "stray_carriage_return": line.str.contains("\r", literal=True),
        "broken_quote": ~line.str.contains(f"^{one}(?:{between}{one})*$"),
    }
    frame = written.to_frame("line")
    for rule, breaks in rules.items():
        left = frame.filter(~breaks)
        lines.reject(rule, frame.height - left.height)
        frame = left
    return frame.to_series()


def _parse(block: bytes, header: Header, columns: Sequence[str]) -> tuple[pl.DataFrame, int]:
    """Rows, and how many lines have another number of fields than the header. Empty lines are in neither."""
    torn = 0

    def reject(_: pacsv.InvalidRow) -> str:
        nonlocal torn
        torn += 1
        return "skip"

    # A column without a name has a place all the same.
    names = [name or f" {place}" for place, name in enumerate(header.names)]
    if not block:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String())), 0
    try:
        table = _read(block, names, header, columns, reject)
    except pa.ArrowException:
        raise Unreadable(_APART) from None
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("an Arrow table becomes a frame")
    return frame, torn


def _read(
    block: bytes, names: list[str], header: Header, columns: Sequence[str], reject: Callable[[pacsv.InvalidRow], str]
) -> pa.Table:
    return pacsv.read_csv(
        pa.py_buffer(block),
        read_options=pacsv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
        parse_options=pacsv.ParseOptions(
            delimiter=header.separator,
            quote_char='"' if b'"' in block else False,
            ignore_empty_lines=True,
            invalid_row_handler=reject,
        ),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(columns) or names[:1],
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )
