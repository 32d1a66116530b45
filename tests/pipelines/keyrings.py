"""Keyrings for tests: dealt by a ceremony whose passphrase costs nothing to try."""

from pathlib import Path

from pipelines.keys import Keyrings, hold_ceremony
from pipelines.keys.file import Cost

CHEAP = Cost(memory_kib=8, passes=1, lanes=1)
PASSPHRASE = b"correct horse battery staple"


def dealt(folder: Path) -> Keyrings:
    """A fresh ceremony's keyrings, in a folder that is not there yet."""
    hold_ceremony(folder, PASSPHRASE, CHEAP)
    return Keyrings(folder, PASSPHRASE)
