"""Options that several commands take, each with its one line of help."""

from pathlib import Path
from typing import Annotated

import typer

Persons = Annotated[int, typer.Option(help="Persons to build, one patient to two controls; 10_000 is read too.")]
First = Annotated[int, typer.Option("--from", help="First calendar year.")]
Years = Annotated[int, typer.Option(help="Calendar years.")]
Seed = Annotated[int, typer.Option(help="Seed of the world; the same seed gives the same bytes.", min=0, max=2**63 - 1)]
Clean = Annotated[bool, typer.Option("--clean", help="No source mistakes an identity; all else is the same.")]
Workers = Annotated[int, typer.Option(help="Processes; any number gives the same bytes.")]
Place = Annotated[Path | None, typer.Option("--workspace", help="Default: here if it is one, else ./emc2-data.")]
KeyFolder = Annotated[
    Path | None, typer.Option("--keyring", help="Folder of keyrings; default: emc2-keys beside the workspace, or demo.")
]
PassphraseFile = Annotated[Path | None, typer.Option(help="File of mode 0600 that holds the keyrings' passphrase.")]
PassphraseFd = Annotated[int | None, typer.Option(help="Descriptor to read the passphrase from.", min=0)]
Class = Annotated[bool, typer.Option("--class", help="Draw a passphrase, and leave it beside the keyrings.")]
Party = Annotated[str, typer.Argument(help="hospital_1 to hospital_4, funds, snds, custodian or hub.")]
Format = Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")]
