"""A failure mode as data: how it is provoked, the command that meets it, the exit code and the sentence it ends in."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from schema.layout import WORKSPACE

RUN = ("run", "--workers", "1")
PERSONS = 300  # one block, one bucket: what fails does not depend on size
GENERATE = ("generate", "--persons", str(PERSONS), "--workers", "1")


def nothing(folder: Path) -> None:
    """Leave the folder as it is."""


@dataclass(frozen=True)
class Interruption:
    """A signal, sent as soon as a file of this pattern is in the folder, or after some seconds."""

    number: signal.Signals
    appears: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """One mode. The command runs in a folder that holds a finished `emc2-data`, or nothing if `starts_empty`.

    In `sentence`, `{here}` stands for that folder and `{n}` for a number. Exit code 0: the command mends it, and ends
    with the star that was there. `room` is what the disk has left, in kB; `output` a device in place of stdout.
    """

    name: str
    command: tuple[str, ...]
    code: int
    sentence: str = ""
    provoke: Callable[[Path], None] = nothing
    starts_empty: bool = False
    is_slow: bool = False
    is_held: bool = False
    room: int | None = None
    output: str = ""
    interruption: Interruption | None = None


def without(*paths: str) -> Callable[[Path], None]:
    """Remove what lies at the paths below the workspace, so that a command makes it again."""

    def provoke(folder: Path) -> None:
        for path in paths:
            remove(folder / WORKSPACE / path)

    return provoke


def remove(path: Path) -> None:
    """A file, or a folder with all that is in it."""
    if not path.is_dir():
        path.unlink()
        return
    for inner in path.iterdir():
        remove(inner)
    path.rmdir()


def both(*provocations: Callable[[Path], None]) -> Callable[[Path], None]:
    """One provocation after another."""

    def provoke(folder: Path) -> None:
        for each in provocations:
            each(folder)

    return provoke
