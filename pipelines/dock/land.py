"""Files of an SNDS extract that this program did not write → typed Parquet, each row landed or rejected by a rule.

A table lands with the columns that something downstream reads (`needs.landed_columns`), under their official names
and declared types; what nothing reads stays in the extract. Of an unreadable file nothing lands.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.dock import columnar, delimited
from pipelines.dock.conversion import convert, is_impossible
from pipelines.dock.needs import DEFAULTS, REQUIRED, landed_columns
from pipelines.dock.report import FileReport, Landing, Unreadable
from pipelines.dock.survey import TableFile, survey
from pipelines.ledger import READ, Ledger, Tally, tally
from schema.codes import NO_DATE
from schema.errors import StorageFull, disk_is_full
from schema.layout import SYNTHETIC, part_name
from schema.raw import DCIR_KEY

MANIFEST = "manifest.json"
_CARE_DATES = ("EXE_SOI_DTD", "EXE_SOI_DTF")
_DCIR = ("ER_PRS_F", "ER_PHA_F")  # tables joined by the nine columns


@dataclass
class _Written:
    """Parts and amounts of the folders written so far."""

    out: Path
    parts: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Tally] = field(default_factory=dict)
    last_care_date: date | None = None


def land(directory: Path, out: Path) -> Landing:
    """Write `out/<folder>/part-NNNNN.parquet` and `out/manifest.json` of every file below `directory`."""
    out.mkdir(parents=True, exist_ok=True)
    reports, to_land = survey(directory)
    blanked = _absent_from_any(to_land)
    ledger, written = Ledger(), _Written(out)
    for file in to_land:
        _land_file(file, blanked if file.table.name in _DCIR else [], ledger, written)
    ledger.check_balance()
    _write_manifest(written)
    years = sorted({2000 + int(name[5:7]) for name in written.kept if name.startswith("T_MCO")})
    return Landing(reports, ledger, written.last_care_date, tuple(years))


def _absent_from_any(files: list[TableFile]) -> list[str]:
    """Columns of the nine-column join that some file lacks: the join does without them in every file."""
    joined = [file for file in files if file.table.name in _DCIR]
    return [name for name in DCIR_KEY if any(name not in file.found for file in joined)]


def _land_file(file: TableFile, blanked: list[str], ledger: Ledger, written: _Written) -> None:
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
            landed, rules = _conform(frame, file, blanked)
            for rule, rows in rules.items():
                rejected[rule] = rejected.get(rule, 0) + rows
            if landed.height:
                folder.mkdir(exist_ok=True)
                _write(landed, folder / part_name(number))
                number += 1
                report.landed += landed.height
                kept = kept + tally(landed)
                last = _latest(landed, last)
            report.rows += frame.height
    except Unreadable as reason:
        for made in range(first, number):
            (folder / part_name(made)).unlink()
        report.outcome, report.reason, report.rows, report.landed = "unreadable", str(reason), 0, 0
        return
    report.rejected = {**lines.rejected, **rejected}
    if file.header:
        report.lines, report.rows = lines.ended, lines.rows
    written.parts[folder.name], written.last_care_date = number, last
    written.kept[folder.name] = written.kept.get(folder.name, Tally()) + kept
    _enter(ledger, folder.name, report, kept)


def _frames(file: TableFile, lines: delimited.Lines) -> Iterator[pl.DataFrame]:
    """The file's landed columns under their official names, as the file has them."""
    names = {found: name for name, found in file.found.items()}
    if file.header:
        made = delimited.frames(file.path, file.header, list(names), lines)
    else:
        made = columnar.frames(file.path, list(names))
    for frame in made:
        yield frame.select(pl.col(found).alias(name) for found, name in names.items())


def _conform(frame: pl.DataFrame, file: TableFile, blanked: list[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Rows in the declared types, and of those that break a rule the number by the first rule they break."""
    schema, typed, broken = file.table.schema, [], {}
    for name in landed_columns(file.table.name):
        dtype = schema[name]
        if name in blanked or name not in frame.columns:
            typed.append(_absent(name, dtype, frame.height, is_joined=name in blanked))
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


def _absent(name: str, dtype: pl.DataType, rows: int, *, is_joined: bool) -> pl.Series:
    """What stands for a column that the file lacks: nothing, but one value for all where rows are joined by it."""
    if is_joined:
        constant = {pl.Date(): date.fromisoformat(NO_DATE), pl.Int64(): 0}.get(dtype, "")
        return pl.Series(name, [constant], dtype).new_from_index(0, rows)
    if name in DEFAULTS:
        return pl.Series(name, [DEFAULTS[name]], dtype).new_from_index(0, rows)
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
