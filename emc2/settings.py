"""What the options of a command mean: which workspace, which keyrings, which passphrase."""

import os
import stat
import sys
from getpass import getpass
from pathlib import Path

from schema.errors import KeyMaterialError, SettingsError
from schema.layout import KEYRINGS, Workspace, default_workspace

MAX_WORKERS = 64
PASSPHRASE = "passphrase"  # beside the keyrings of a class
_LARGEST_PASSPHRASE = 1_024  # bytes


def workspace_of(option: Path | None) -> Workspace:
    """The workspace named, else the current folder if it is one, else `./emc2-data`."""
    if option is not None:
        return Workspace(_folder(option))
    return default_workspace(Path.cwd())


def keyrings_of(option: Path | None, workspace: Workspace) -> Path | None:
    """The keyring folder named, else `emc2-keys/` beside the workspace if there, else None: the demo keys."""
    if option is not None:
        folder = _folder(option)
        if workspace.root.resolve() in (folder, *folder.parents):
            raise SettingsError("A keyring must not lie in the workspace: name a folder beside it.")
        return folder
    beside = workspace.root.resolve().parent / KEYRINGS
    return beside if beside.is_dir() else None


def keyring_folder(option: Path | None, workspace: Workspace) -> Path:
    """The keyring folder named, else `emc2-keys/` beside the workspace, whether or not it is there."""
    return keyrings_of(option, workspace) or workspace.root.resolve().parent / KEYRINGS


def passphrase_of(file: Path | None, descriptor: int | None, folder: Path | None) -> bytes:
    """The passphrase, from a file of mode 0600, a descriptor, the file that a class keeps, or the terminal."""
    if file is not None and descriptor is not None:
        raise SettingsError("--passphrase-file and --passphrase-fd exclude each other: give one.")
    if descriptor is not None:
        return _from_descriptor(descriptor)
    if file is not None:
        return _from_file(file)
    if folder is not None and (folder / PASSPHRASE).exists():
        return _from_file(folder / PASSPHRASE)
    if not sys.stdin.isatty():
        raise KeyMaterialError("The keyrings need a passphrase: give --passphrase-file or --passphrase-fd.")
    return _usable(_asked("Passphrase of the keyrings: "))


def new_passphrase() -> bytes:
    """A passphrase asked for twice on the terminal."""
    first = _usable(_asked("Passphrase for all keyrings of this ceremony: "))
    if _usable(_asked("Once more: ")) != first:
        raise KeyMaterialError("The two passphrases differ: nothing was made; run the command again.")
    return first


def _asked(question: str) -> bytes:
    """What is typed on the terminal, which does not show it; nothing where the input ends."""
    try:
        return getpass(question).encode(errors="surrogateescape")
    except EOFError:
        return b""


def _from_file(path: Path) -> bytes:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyMaterialError(f"{path} can be read by others: run chmod 600 on it.")
        return _usable(path.read_bytes())
    except OSError:
        raise KeyMaterialError(f"{path} cannot be read: name a file that holds the passphrase.") from None


def _from_descriptor(number: int) -> bytes:
    try:
        with os.fdopen(os.dup(number), "rb") as stream:
            return _usable(stream.read(_LARGEST_PASSPHRASE + 1))
    except (OSError, OverflowError):
        raise KeyMaterialError(
            "The descriptor of --passphrase-fd cannot be read: open it for reading and give its number."
        ) from None


def _usable(passphrase: bytes) -> bytes:
    """Without the line's end; refuses none at all."""
    passphrase = passphrase.removesuffix(b"\n").removesuffix(b"\r")
    if not 1 <= len(passphrase) <= _LARGEST_PASSPHRASE:
        raise KeyMaterialError(f"A passphrase has 1 to {_LARGEST_PASSPHRASE} bytes: give another.")
    return passphrase


def check_workers(workers: int) -> None:
    if not 1 <= workers <= MAX_WORKERS:
        raise SettingsError(f"--workers must lie between 1 and {MAX_WORKERS}.")


def _folder(path: Path) -> Path:
    """The path, absolute; refuses a file where a folder is meant."""
    if path.exists() and not path.is_dir():
        raise SettingsError(f"{path} is not a folder: name another.")
    return path.resolve()
