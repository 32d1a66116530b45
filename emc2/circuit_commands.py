"""The commands of the circuit's parties and of their keyrings; modules with weight are imported late."""

from pathlib import Path
from typing import Annotated

import typer

from emc2 import settings
from emc2.options import Class, KeyFolder, Party, PassphraseFd, PassphraseFile, Place

keys = typer.Typer(help="Deal keyrings to the parties, and say what one holds without showing it.")


def party(
    name: Party,
    act: Annotated[
        str,
        typer.Argument(help="send (sources), link (custodian), receive (hub); oppose, withdraw, erase (hospitals)."),
    ],
    workspace: Place = None,
    keyring: KeyFolder = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
    delivery: Annotated[int | None, typer.Option(help="Of a source; default: after the last it sent.", min=1)] = None,
    patient_number_file: Annotated[
        Path | None, typer.Option(help="Of a patient's wish: a file with one local patient number a line.")
    ] = None,
) -> None:
    """Play one party's step; it opens that party's directory, keyring and mail, and nothing else.

    A hospital also notes what its patients wish: to oppose, to withdraw an opposition, to be erased. It leaves with
    the next letter.
    """
    from emc2.keys import keyrings_of
    from emc2.party import note_wish, play

    target = settings.workspace_of(workspace)
    if patient_number_file is not None:
        note_wish(name, act, target, patient_number_file)
        return
    play(name, act, target, lambda: keyrings_of(keyring, target, passphrase_file, passphrase_fd), delivery)


@keys.command()
def ceremony(
    keyring: KeyFolder = None,
    workspace: Place = None,
    is_class: Class = False,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Draw every party's keys, deal the shared secret as two shares, pin public keys; print who received what."""
    from emc2.keys import ceremony as hold

    folder = settings.keyring_folder(keyring, settings.workspace_of(workspace))
    hold(folder, is_class, passphrase_file, passphrase_fd)


@keys.command(name="show")
def show_keys(
    name: Party,
    keyring: KeyFolder = None,
    workspace: Place = None,
    passphrase_file: PassphraseFile = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Print the purposes, epochs, ids and check values of a party's keys, never a key."""
    from emc2.keys import keyrings_of, show

    show(name, keyrings_of(keyring, settings.workspace_of(workspace), passphrase_file, passphrase_fd))
