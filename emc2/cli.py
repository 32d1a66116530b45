"""The command line. Each command parses, calls one function, reports; modules with weight are imported late."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from emc2 import settings
from emc2.circuit_commands import keys, party
from emc2.door import leave
from emc2.options import (
    Clean,
    First,
    Format,
    KeyFolder,
    PassphraseFd,
    PassphraseFile,
    Persons,
    Place,
    Seed,
    Workers,
    Years,
)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A mock of EMC2: four hospitals linked with French claims data. All data are synthetic.",
)
app.add_typer(keys, name="keys")
_WORKERS = min(os.cpu_count() or 1, 8)


@app.command()
def build(
    persons: Persons = 10_000,
    first: First = 2017,
    years: Years = 3,
    seed: Seed = 1,
    clean: Clean = False,
    workers: Workers = _WORKERS,
    workspace: Place = None,
    keyring: KeyFolder = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Generate the sources and run the pipeline: `generate`, then `run`; then answer one question.

    Measured: 200,000 persons over 2017-2019 on two cores take two minutes and 2 GB of disk.
    """
    from emc2 import answer, console
    from emc2 import build as building
    from emc2.keys import keyrings_of

    target = settings.workspace_of(workspace)
    keyrings = keyrings_of(keyring, target, passphrase_file, passphrase_fd)  # refuse before the long part
    generate(persons, first, years, seed, clean, workers, workspace)
    with console.display() as show:
        building.run_pipeline(target, lambda: keyrings, workers, show)
    answer.print_summary(target)


@app.command()
def generate(
    persons: Persons = 10_000,
    first: First = 2017,
    years: Years = 3,
    seed: Seed = 1,
    clean: Clean = False,
    workers: Workers = _WORKERS,
    workspace: Place = None,
) -> None:
    """Write the sources of a synthetic world, and its sealed truth."""
    from emc2 import build, console, expectation
    from schema.configuration import Configuration

    settings.check_workers(workers)
    configuration, target = Configuration(persons, first, years, clean), settings.workspace_of(workspace)
    if not target.truth.is_dir():
        expectation.check_disk(configuration, target)
    console.messages.print(expectation.expect(configuration, workers).sentence())
    with console.display() as show:
        build.generate_sources(target, configuration, seed, workers, show)


@app.command()
def run(
    workers: Workers = _WORKERS,
    workspace: Place = None,
    keyring: KeyFolder = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Bring the warehouse up to date: every party's step, one process each, then the star, then load."""
    from emc2 import build, console
    from emc2.keys import keyrings_of

    settings.check_workers(workers)
    target = settings.workspace_of(workspace)
    with console.display() as show:
        build.run_pipeline(target, lambda: keyrings_of(keyring, target, passphrase_file, passphrase_fd), workers, show)


app.command()(party)


@app.command()
def check(
    linkage: Annotated[bool, typer.Option("--linkage", help="Compare links with the sealed truth.")] = False,
    workspace: Place = None,
    keyring: KeyFolder = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    format_: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """Print how well records were linked: precision, recall and F1 by pass, quality, hospital and group."""
    from emc2.check import print_linkage
    from emc2.keys import keyrings_of
    from schema.errors import SettingsError

    if not linkage:
        raise SettingsError("Say what to check: --linkage is all there is.")
    target = settings.workspace_of(workspace)
    print_linkage(target, keyrings_of(keyring, target, passphrase_file, passphrase_fd), format_)


@app.command()
def status(workspace: Place = None) -> None:
    """List the stages: rows, bytes, seconds, and whether each is present, stale or absent."""
    from emc2 import answer

    answer.print_status(settings.workspace_of(workspace))


@app.command()
def look(path: Annotated[Path, typer.Argument(help="A file or a folder of a synthetic workspace.")]) -> None:
    """Show a file or folder as its holder sees it: columns with privacy tags, three rows; of a letter the header."""
    from emc2.look import NOTICE
    from emc2.look import look as paragraphs

    shown = "\n\n".join(paragraphs(path))
    print(NOTICE, file=sys.stderr)
    print(shown)


@app.command()
def circuit() -> None:
    """Print who holds what at each step of the circuit, as the code has it."""
    from emc2.circuit import page

    print(page())


@app.command()
def describe(table: Annotated[str, typer.Argument(help="A star or a source table.")]) -> None:
    """Print a table's grain, columns, units, nulls and rules."""
    from emc2 import answer

    answer.print_description(table)


@app.command()
def digest(workspace: Place = None) -> None:
    """Print a number a table that tells whether two stars hold the same facts, whatever the keys."""
    from pipelines.digest import digest as digests

    for name, number in digests(settings.workspace_of(workspace).star).items():
        print(f"{number}  {name}")


@app.command()
def ledger(workspace: Place = None, format_: Format = "table") -> None:
    """Print what became of every source row: kept, merged, filtered or rejected, by rule; cents too."""
    from emc2 import answer

    answer.print_ledger(settings.workspace_of(workspace), format_)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT.")], workspace: Place = None, format_: Format = "table"
) -> None:
    """Run a read-only query inside the warehouse; rows are for the inside, results leave through disclosure."""
    from emc2.console import messages
    from warehouse import open_warehouse
    from warehouse.report import write_frame

    with open_warehouse(settings.workspace_of(workspace).root) as warehouse:
        rows = warehouse.sql(query)
    messages.print("Inside the warehouse: these rows are synthetic, and not results to publish.")
    write_frame(rows, format_, sys.stdout.buffer)


@app.command(name="import")
def import_(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of CSV or Parquet files, nested as you like.")
    ],
    workspace: Annotated[Path, typer.Option("--workspace", help="A new folder.")] = Path("emc2-import"),
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Confirm that no real person is in it.")] = False,
    extraction_date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Until when care is known; default: the last day of care.")
    ] = None,
    workers: Workers = _WORKERS,
) -> None:
    """Import an SNDS extract into a workspace of its own, through the same pipeline; say what became of every row."""
    from emc2 import answer, console, import_page, importing
    from pipelines.manifest import read_manifest

    settings.check_workers(workers)
    target = settings.workspace_of(workspace)
    day = importing.read_date(extraction_date)
    importing.check_folders(directory, target)
    importing.confirm(synthetic)
    with console.display() as show:
        account = importing.import_extract(directory, target, day, workers, show)
    print(import_page.page(account))
    print()
    answer.print_counts(read_manifest(target))


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="A new folder.")],
    shape: Annotated[str, typer.Option("--as", help="snds: the SNDS's tables, as its analysts receive them.")],
    workspace: Place = None,
    form: Annotated[str, typer.Option("--format", help="csv, parquet or duckdb.")] = "csv",
    separator: Annotated[str, typer.Option(help="Of CSV: ; or , or tab.")] = ";",
    encoding: Annotated[str, typer.Option(help="Of CSV: utf-8 or latin-1.")] = "utf-8",
    date_form: Annotated[str, typer.Option(help="Of CSV: dd/mm/yyyy, iso or sas (01JAN2006).")] = "dd/mm/yyyy",
    decimal: Annotated[str, typer.Option(help="Of CSV: . or ,")] = ".",
    gzip: Annotated[bool, typer.Option("--gzip", help="Compress CSV.")] = False,
) -> None:
    """Write the SNDS's tables for programs of its analysts, under pseudonyms made for this export alone.

    Measured: 100,000 persons over 2017-2019 (14 million rows) take 70 CPU-seconds and 4.9 GB as CSV, 46 and 0.3 GB
    as Parquet, 104 and 0.6 GB as DuckDB; memory stays near 1 GB.
    """
    from emc2.export import export as write
    from pipelines.export.dialect import Dialect

    write(settings.workspace_of(workspace), shape, to, form, Dialect(separator, encoding, date_form, decimal, gzip))


def main() -> NoReturn:
    """Run a command; every error ends in one sentence on stderr and an exit code, without a traceback."""
    leave(app)
