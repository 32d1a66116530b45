"""Files of an SNDS extract that this program did not write → typed Parquet, each row landed or rejected by a rule.

A table lands with the columns that something downstream reads (`needs.landed_columns`), under their official names
and declared types; what nothing reads stays in the extract. Of an unreadable file nothing lands.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.dock import columnar, delimited
from pipelines.dock.conversion import convert, is_impossible
from pipelines.dock.needs import DEFAULTS, NUMBERED, REQUIRED, found_as, landed_columns
from pipelines.dock.recognise import Recognised, form_of, recognise
from pipelines.dock.report import FileReport, Landing, Unreadable
from pipelines.ledger import READ, Ledger, Tally, tally
from schema.codes import NO_DATE
from schema.errors import StorageFull, disk_is_full
from schema.frames import DeclaredTable
from schema.layout import SYNTHETIC, part_name
from schema.raw import DCIR_KEY, declaration

MANIFEST = "manifest.json"
PASSED_OVER = ("rejects",)  # folders of rows that a step refused
_CARE_DATES = ("EXE_SOI_DTD", "EXE_SOI_DTF")
_DCIR = ("ER_PRS_F", "ER_PHA_F")  # tables joined by the nine columns


@dataclass
class _File:
    """A file that will land: where, what its first line or schema names, and how it is read."""

    path: Path
    report: FileReport
    table: DeclaredTable
    names: list[str]
    header: delimited.Header | None

    @property
    def found(self) -> dict[str, str]:
        return found_as(self.table.name, self.names)


@dataclass
class _Written:
    """Parts and amounts of the folders written so far."""

    out: Path
    parts: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Tally] = field(default_factory=dict)
    last_care_date: date | None = None


def land(directory: Path, out: Path, progress: Callable[[int, int], None]) -> Landing:
    """Write `out/<folder>/part-NNNNN.parquet` and `out/manifest.json` of every file below `directory`.

    `progress(done, all)` is called after each file.
    """
    out.mkdir(parents=True, exist_ok=True)
    paths = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    reports, to_land = [], []
    for path in paths:
        report, file = _open(path, directory)
        reports.append(report)
        if file is not None:
            to_land.append(file)
    blanked = _absent_from_any(to_land)
    ledger, written = Ledger(), _Written(out)
    for done, file in enumerate(to_land, 1):
        _land_file(file, blanked if file.table.name in _DCIR else [], ledger, written)
        progress(done, len(to_land))
    ledger.check_balance()
    _write_manifest(written)
    years = sorted({2000 + int(name[5:7]) for name in written.kept if name.startswith("T_MCO")})
    return Landing(reports, ledger, written.last_care_date, tuple(years))


def _open(path: Path, root: Path) -> tuple[FileReport, _File | None]:
    """What the file's name and first line say; a file to land where it is one."""
    report = FileReport(str(path.relative_to(root)), "not a table")
    form, place = form_of(path), path.relative_to(root).parts
    if form is None or any(name.startswith(".") or name in PASSED_OVER for name in place):
        return report, None
    if not path.resolve().is_relative_to(root.resolve()):
        report.reason = "it is a link that leaves the folder"
        return report, None
    known = recognise(path, root)
    report.table, report.folder = known.table, known.folder
    try:
        return report, _classify(path, form, known, report)
    except Unreadable as reason:
        report.outcome, report.reason = "unreadable", str(reason)
        return report, None


def _classify(path: Path, form: str, known: Recognised, report: FileReport) -> _File | None:
    if known.table is None and path.suffix.lower() == ".txt":
        return None
    if known.lacks_year:
        raise Unreadable("its name does not say the year of exit, as T_MCO19B does")
    if known.folder is None:
        report.outcome = "known, not used" if known.table else "unknown"
        if form == "parquet":
            report.rows = columnar.count_rows(path)
        else:
            lines = delimited.count_lines(path)
            report.lines, report.rows = lines.ended, lines.rows
        return None
    header = None if form == "parquet" else delimited.read_header(path)
    names = header.names if header else columnar.read_names(path)
    file = _File(path, report, declaration(known.folder), names, header)
    if not file.found:
        raise Unreadable(f"it names no column of {file.table.name} that is read")
    report.outcome = "loaded"
    report.missing_columns = [name for name in landed_columns(file.table.name) if name not in file.found]
    report.unused_columns = len(names) - len(file.found)
    return file


def _absent_from_any(files: list[_File]) -> list[str]:
    """Columns of the nine-column join that some file lacks: the join does without them in every file."""
    joined = [file for file in files if file.table.name in _DCIR]
    return [name for name in DCIR_KEY if any(name not in file.found for file in joined)]


def _land_file(file: _File, blanked: list[str], ledger: Ledger, written: _Written) -> None:
    """All of one file, or nothing where it turns out unreadable on the way."""
    report, folder = file.report, written.out / str(file.report.folder)
    if blanked:
        report.reason = f"joined without {', '.join(blanked)}, which some file lacks"
    first, kept, last = written.parts.get(folder.name, 0), Tally(), written.last_care_date
    number = first
    rejected: dict[str, int] = {}
    lines = delimited.Lines()
    try:
        for frame in _frames(file, lines):
            landed, rules = _conform(frame, file, blanked, report.landed + sum(rejected.values()))
            for rule, rows in rules.items():
                rejected[rule] = rejected.get(rule, 0) + rows
            if landed.height:
                folder.mkdir(exist_ok=True)
                _write(landed, folder / part_name(number))
                number += 1
                report.landed += landed.height
                kept = kept + tally(landed)
                last = _latest(landed, last)
            report.rows = lines.rows if file.header else report.rows + frame.height
    except Unreadable as reason:
        for made in range(first, number):
            (folder / part_name(made)).unlink()
        report.outcome, report.reason, report.rows, report.landed = "unreadable", str(reason), 0, 0
        return
    report.lines = lines.ended if file.header else None
    report.rejected = {**lines.rejected, **rejected}
    written.parts[folder.name], written.last_care_date = number, last
    written.kept[folder.name] = written.kept.get(folder.name, Tally()) + kept
    _enter(ledger, folder.name, report, kept)


def _frames(file: _File, lines: delimited.Lines) -> Iterator[pl.DataFrame]:
    """The file's landed columns under their official names, as the file has them."""
    names = {found: name for name, found in file.found.items()}
    if file.header:
        made = delimited.frames(file.path, file.header, list(names), lines)
    else:
        made = columnar.frames(file.path, list(names))
    for frame in made:
        yield frame.select(pl.col(found).alias(name) for found, name in names.items())


def _conform(
    frame: pl.DataFrame, file: _File, blanked: list[str], rows_before: int
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Rows in the declared types, and of those that break a rule the number by the first rule they break."""
    schema, typed, broken = file.table.schema, [], {}
    for name in landed_columns(file.table.name):
        dtype = schema[name]
        if name in blanked or name not in frame.columns:
            typed.append(_absent(name, dtype, frame.height, rows_before, is_joined=name in blanked))
            continue
        values, unread = convert(frame[name], dtype)
        if unread is not None:
            broken[f"unreadable_{name}"] = unread
        if dtype == pl.Date() and (impossible := is_impossible(values)) is not None:
            broken[f"impossible_{name}"] = impossible
        if name in DEFAULTS:
            values = values.fill_null(DEFAULTS[name])
        typed.append(values)
    for name in REQUIRED[file.table.name]:
        if name in blanked:
            continue
        values = next(column for column in typed if column.name == name)
        if values.null_count():
            rule = "null_in" if name in frame.columns else "missing_column"
            broken[f"{rule}_{name}"] = values.is_null()
    landed = pl.DataFrame(typed)
    if not broken:
        return landed, {}
    first_rule = pl.coalesce(pl.when(pl.Series(rows)).then(pl.lit(name)) for name, rows in broken.items())
    rules = landed.select(first_rule.alias("rule"))["rule"]
    counted = rules.drop_nulls().value_counts()
    return landed.filter(rules.is_null()), dict(counted.iter_rows())


def _absent(name: str, dtype: pl.DataType, rows: int, rows_before: int, *, is_joined: bool) -> pl.Series:
    """What stands for a column that the file lacks: nothing, but one value for all where rows are joined by it."""
    if is_joined:
        constant = {pl.Date(): date.fromisoformat(NO_DATE), pl.Int64(): 0}.get(dtype, "")
        return pl.Series(name, [constant], dtype).new_from_index(0, rows)
    if name in DEFAULTS:
        return pl.Series(name, [DEFAULTS[name]], dtype).new_from_index(0, rows)
    if name in NUMBERED:
        return pl.int_range(rows_before, rows_before + rows, eager=True).cast(dtype).alias(name)
    return pl.Series(name, [None], dtype).new_from_index(0, rows)


def _latest(landed: pl.DataFrame, last: date | None) -> date | None:
    days = [landed[name].max() for name in _CARE_DATES if name in landed.columns]
    found = [day for day in (last, *days) if isinstance(day, date)]
    return max(found, default=None)


def _write(landed: pl.DataFrame, path: Path) -> None:
    try:
        landed.write_parquet(path, compression="lz4", statistics=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        if disk_is_full(error):
            raise StorageFull from None
        raise


def _enter(ledger: Ledger, folder: str, report: FileReport, kept: Tally) -> None:
    """The file's rows in the ledger. The cents of rejected rows are not known: some cannot be read."""
    ledger.add(folder, READ, "", kept + Tally(report.rows - kept.rows))
    ledger.add(folder, "kept", "", kept)
    for rule, rows in report.rejected.items():
        ledger.add(folder, "rejected", rule, Tally(rows))


def _write_manifest(written: _Written) -> None:
    tables = {name: {**kept.as_json(), "parts": written.parts[name]} for name, kept in written.kept.items()}
    content = {"notice": SYNTHETIC, "tables": tables}
    (written.out / MANIFEST).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
