"""Delimited text of any dialect → frames of text, a block at a time, and every line's fate.

One line is one row: a line break within quotes is not read, and its lines are rejected as `broken_quote`, so that a
broken quote never swallows its neighbours. Blocks are cut at line ends, so that memory does not grow with the file,
nor with a line: one that fills a block is passed over as `line_too_long`.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from pipelines.dock.report import Unreadable

BLOCK_BYTES = 32_000_000
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
        line = file.readline(BLOCK_BYTES).removeprefix(_MARK)
    if line.startswith(_UTF16):
        raise Unreadable("it is UTF-16: write it as UTF-8")
    if b"\0" in line or (len(line) == BLOCK_BYTES and not line.endswith(b"\n")):
        raise Unreadable("its first line is no line of text")
    text = _decode(line).rstrip("\r\n")
    separator = max(SEPARATORS, key=text.count)
    names = [name.strip().upper() for name in next(csv.reader([text], delimiter=separator), [])]
    if not any(names):
        raise Unreadable("it is empty")
    if len({name for name in names if name}) < len([name for name in names if name]):
        raise Unreadable("its first line names a column twice")
    return Header(separator, names)


def frames(path: Path, header: Header, columns: Sequence[str], lines: Lines) -> Iterator[pl.DataFrame]:
    """Columns of every well-formed row as text, null where empty; `lines` counts on the way."""
    for block in _blocks(path, lines):
        yield _parse(_well_formed(block, header, lines), header, columns, lines)


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
    """Whole lines below the header, about `BLOCK_BYTES` at a time, each line ended by a line feed."""
    with _opened(path) as file:
        file.readline()
        lines.ended += 1
        rest, is_skipping = b"", False
        while block := file.read(BLOCK_BYTES):
            lines.ended += block.count(b"\n")
            if is_skipping:
                end = block.find(b"\n")
                if end < 0:
                    continue
                block, is_skipping = block[end + 1 :], False
            cut = block.rfind(b"\n")
            if cut < 0:
                rest += block
                if len(rest) > BLOCK_BYTES:
                    lines.rows += 1
                    lines.reject("line_too_long", 1)
                    rest, is_skipping = b"", True
                continue
            yield rest + block[: cut + 1]
            rest = block[cut + 1 :]
        if rest:
            yield rest + b"\n"


def _well_formed(block: bytes, header: Header, lines: Lines) -> bytes:
    """The block as UTF-8 without the lines that cannot be split into fields; counts all of them."""
    lines.rows += block.count(b"\n")
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if block.startswith(b"\n") or b"\n\n" in block:
        written = [line for line in block.split(b"\n") if line]
        lines.reject("blank_line", block.count(b"\n") - len(written))
        block = b"".join(line + b"\n" for line in written)
    if not block.isascii():
        block = _decode(block).encode()
    if b'"' not in block and b"\0" not in block:
        return block
    text = pl.Series(block.decode().removesuffix("\n").split("\n"), dtype=pl.String)
    has_nul = text.str.contains("\0", literal=True)
    lines.reject("nul_byte", int(has_nul.sum()))
    text = text.filter(~has_nul)
    separator = {"\t": r"\t", "|": r"\|"}.get(header.separator, header.separator)
    one = rf'(?:"(?:[^"]|"")*"|[^"{separator}]*)'
    is_quoted_right = text.str.contains(f"^{one}(?:{separator}{one})*$")
    lines.reject("broken_quote", int((~is_quoted_right).sum()))
    return "".join(line + "\n" for line in text.filter(is_quoted_right)).encode()


def _parse(block: bytes, header: Header, columns: Sequence[str], lines: Lines) -> pl.DataFrame:
    def reject(_: pacsv.InvalidRow) -> str:
        lines.reject("wrong_number_of_fields", 1)
        return "skip"

    # A column without a name has a place all the same.
    names = [name or f" {place}" for place, name in enumerate(header.names)]
    if not block:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String()))
    before = sum(lines.rejected.values())
    try:
        table = _read(block, names, header, columns, reject)
    except pa.ArrowException:
        raise Unreadable(_APART) from None
    if table.num_rows + sum(lines.rejected.values()) - before != block.count(b"\n"):
        raise Unreadable(_APART)
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("an Arrow table becomes a frame")
    return frame


def _read(
    block: bytes, names: list[str], header: Header, columns: Sequence[str], reject: Callable[[pacsv.InvalidRow], str]
) -> pa.Table:
    return pacsv.read_csv(
        pa.py_buffer(block),
        read_options=pacsv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
        parse_options=pacsv.ParseOptions(
            delimiter=header.separator,
            quote_char='"' if b'"' in block else False,
            ignore_empty_lines=False,
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


def _decode(text: bytes) -> str:
    """UTF-8, else Windows' Western encoding, else Latin-1, which gives every byte a character."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text.decode("latin-1")
