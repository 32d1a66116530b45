"""The keyring commands: the ceremony, and what a keyring holds without showing it; and the keys of other commands."""

import sys
from pathlib import Path

from emc2 import settings
from pipelines.keys import PURPOSES, Keyring, Keyrings, hold_ceremony
from pipelines.keys.ceremony import BODIES
from schema.errors import KeyMaterialError, SettingsError
from schema.layout import PARTIES, Workspace


def keyrings_of(
    option: Path | None, workspace: Workspace, passphrase_file: Path | None, passphrase_fd: int | None
) -> Keyrings:
    """The keyrings that a command plays with; a folder that is named must be there."""
    folder = settings.keyrings_of(option, workspace)
    if folder is None:
        if passphrase_file is not None or passphrase_fd is not None:
            raise SettingsError("A passphrase opens no demo keyring: name the keyrings with --keyring.")
        return Keyrings()
    if not folder.is_dir():
        raise KeyMaterialError(f"{folder} is absent: run `emc2 keys ceremony --keyring {folder}`, or name another.")
    return Keyrings(folder, settings.passphrase_of(passphrase_file, passphrase_fd, folder))


def ceremony(folder: Path, is_class: bool, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """Hold the ceremony, and print who received what."""
    if folder.exists():
        hold_ceremony(folder)  # refuses, before a passphrase is asked for
    passphrase: bytes | None = None
    if not is_class:
        is_given = passphrase_file is not None or passphrase_fd is not None
        if not is_given and sys.stdin.isatty():
            passphrase = settings.new_passphrase()
        else:
            passphrase = settings.passphrase_of(passphrase_file, passphrase_fd, None)
    elif passphrase_file is not None or passphrase_fd is not None:
        raise SettingsError("--class draws the passphrase itself: give no other.")
    keyrings = hold_ceremony(folder, passphrase)
    print(_record(keyrings))
    print(f"Written to {folder}, a file a party; keep it apart from the workspace.")
    if is_class:
        print("The passphrase lies beside them, for a class on one laptop: whoever reads the folder reads the keys.")


def show(party: str, keyrings: Keyrings) -> None:
    """Print purposes, epochs and check values of one keyring."""
    if party not in PARTIES:
        raise SettingsError(f"No party has that name: {', '.join(PARTIES)} are those there are.")
    keyring = keyrings.open(party)
    print(f"{party}: {keyring.origin} keys")
    print("\n".join(_lines(keyring)))
    for other, pin in keyring.pins.items():
        print(f"  pinned of {other}: seal {pin.seal_kid}, sign {pin.sign_kid}")


def _record(keyrings: dict[str, Keyring]) -> str:
    """The ceremony's record: who drew, who received which key, and who pinned whom; no key."""
    drawn = " and ".join(BODIES)
    holders = [party for party in PARTIES if "stage1" in PURPOSES[party]]
    lines = [
        f"Stage 1: one share each drawn by {drawn}; both dealt to {', '.join(holders)}. The ceremony kept neither."
    ]
    for party, keyring in keyrings.items():
        lines += [party, *_lines(keyring), f"  pinned: {', '.join(keyring.pins)}"]
    return "\n".join(lines)


def _lines(keyring: Keyring) -> list[str]:
    """A line a key: purpose, epoch, id and check value."""
    return [
        f"  {purpose:<7} epoch {keyring.epoch}  id {kid:<20} check value {keyring.check_value(purpose)}"
        for purpose, kid in keyring.kids.items()
    ]
