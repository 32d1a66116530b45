"""Every file below an extract's folder → its report, and those that will land, read as far as their column names."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.dock import columnar, delimited
from pipelines.dock.needs import found_as, landed_columns
from pipelines.dock.recognise import Recognised, form_of, is_of_a_form_not_read, recognise
from pipelines.dock.report import FileReport, Unreadable
from schema.frames import DeclaredTable
from schema.raw import declaration

PASSED_OVER = ("rejects",)  # folders of rows that a step refused


@dataclass
class TableFile:
    """A file that will land: where, what its first line or schema names, and how it is read."""

    path: Path
    report: FileReport
    table: DeclaredTable
    names: list[str]
    header: delimited.Header | None

    @property
    def found(self) -> dict[str, str]:
        return found_as(self.table.name, self.names)


def survey(directory: Path) -> tuple[list[FileReport], list[TableFile]]:
    """A report of every file, of what is no file and of folders that cannot be listed; and what will land."""
    reports: list[FileReport] = []
    to_land = []

    def unlistable(error: OSError) -> None:
        reports.append(FileReport(_shown(Path(error.filename), directory), "unreadable", reason="it cannot be listed"))

    for path in _paths(directory, unlistable):
        report = FileReport(_shown(path, directory), "not a table")
        reports.append(report)
        try:
            file = _look(path, directory, report)
        except (Unreadable, OSError) as reason:
            report.outcome = "unreadable"
            report.reason = str(reason) if isinstance(reason, Unreadable) else "it cannot be opened"
            continue
        if file is not None:
            to_land.append(file)
    return reports, to_land


def _paths(directory: Path, unlistable: Callable[[OSError], None]) -> list[Path]:
    """All that is no folder; a link to a folder is not followed, for it may lead round."""
    found = []
    for folder, folders, names in os.walk(directory, onerror=unlistable):
        found += [Path(folder, name) for name in names]
        found += [link for name in folders if (link := Path(folder, name)).is_symlink()]
    return sorted(found)


def _shown(path: Path, root: Path) -> str:
    """The path below the root; a name may hold anything, a report only what can be printed."""
    return "".join(c if c.isprintable() else "?" for c in str(path.relative_to(root)))


def _look(path: Path, root: Path, report: FileReport) -> TableFile | None:
    if any(name.startswith(".") or name in PASSED_OVER for name in path.relative_to(root).parts):
        return None
    if not path.is_file():
        report.reason = "it is a link that is not followed" if path.is_symlink() else "it is no regular file"
        return None
    if not path.resolve().is_relative_to(root.resolve()):
        report.reason = "it is a link that leaves the folder"
        return None
    known, form = recognise(path, root), form_of(path)
    if form is None:
        if is_of_a_form_not_read(path):
            report.table = known.table
            raise Unreadable("it is neither delimited text, plain or in gzip, nor Parquet")
        return None
    report.table, report.folder = known.table, known.folder
    return _open(path, form, known, report)


def _open(path: Path, form: str, known: Recognised, report: FileReport) -> TableFile | None:
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
    file = TableFile(path, report, declaration(known.folder), names, header)
    if not file.found:
        raise Unreadable(f"it names no column of {file.table.name} that is read")
    report.outcome = "loaded"
    report.missing_columns = [name for name in landed_columns(file.table.name) if name not in file.found]
    report.unused_columns = len(names) - len(file.found)
    return file
