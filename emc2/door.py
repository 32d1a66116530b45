"""The last door: a command → its exit code, and on stderr one sentence for whatever went wrong.

Stderr is ours alone. What libraries write there themselves goes into nothing: a panic of Polars prints what it was
parsing, and that may be a value of a row.
"""

import errno
import os
import re
import signal
import sys
import threading
import traceback
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NoReturn

import typer

from schema.errors import Emc2Error, SettingsError, StorageFull, disk_is_full

_ERRNO = re.compile(r"\(os error (\d+)\)")  # how Polars, in Rust, tells the number that its OSError lacks


def leave(app: typer.Typer) -> NoReturn:
    """Run the command line and exit; no error leaves as a traceback."""
    _open_streams()
    _hear_signals()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except Emc2Error as error:
        _end(str(error), error.exit_code)
    except typer.TyperException as error:
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        said = said if said.endswith(("?", ".")) else f"{said}."
        _end(f"{said} `emc2 --help` lists commands and options.", SettingsError.exit_code)
    except BrokenProcessPool:
        _end("A worker process died, most likely for want of memory: run again with fewer --workers.", 1)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - a library's message may hold values, and a panic is no Exception
        _end_unforeseen(error)
    sys.exit(code if isinstance(code, int) else 0)


def _open_streams() -> None:
    """Keep stderr for our own sentences, and give a stream that the shell has closed a place to write into.

    A closed stream would else be the next file opened: the warehouse could become our output.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    while nothing <= 2:
        nothing = os.dup(nothing)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            os.dup2(nothing, number)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8"))
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    os.dup2(nothing, 2)


def _drop_output() -> None:
    """Send what is still to be written on stdout into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _hear_signals() -> None:
    """Let a thread wait for Ctrl-C and SIGTERM, for the main one may not wake to hear them.

    Polars puts a handler of its own before Python's, with SA_RESTART: a main thread that waits for a worker sleeps on,
    and would hear Ctrl-C when the stage is done.
    """
    heard, tells = os.pipe()
    os.set_blocking(tells, False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # it must have a handler in Python for its number to be told
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    threading.Thread(target=lambda: _interrupted(os.read(heard, 1)[0]), daemon=True).start()


def _interrupted(number: int) -> NoReturn:
    """Leave at once, as a kill would, which every stage is made for; workers end with us.

    No exception is raised, for it could rise, and be lost, within a finaliser of a library.
    """
    cursor = b"\x1b[?25h" if sys.stderr.isatty() else b""  # the progress bar hides it
    sentence = b"\nemc2: Interrupted: what was whole stays whole; run the same command again.\n"
    os.write(sys.stderr.fileno(), cursor + sentence)
    os._exit(128 + number)


def _end_unforeseen(error: BaseException) -> NoReturn:
    """The disk, a permission, or a fault of ours: named without what was being read or written."""
    if disk_is_full(error):
        _drop_output()  # the exit would else write what is left of it, and fail again
        _end(str(StorageFull()), StorageFull.exit_code)
    if isinstance(error, MemoryError):
        _end("The memory is used up: run again with fewer --workers.", 1)
    if isinstance(error, OSError):
        told = _ERRNO.search(str(error))
        number = error.errno or (int(told[1]) if told else errno.EIO)
        place = error.filename2 or error.filename or "A file or folder of the workspace"
        _end(f"{place} cannot be used ({os.strerror(number)}): check the path.", SettingsError.exit_code)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    _end(f"A fault of this program ({type(error).__name__} at {place}); nothing whole was replaced: report it.", 1)


def _end(sentence: str, code: int) -> NoReturn:
    print(f"emc2: {sentence}", file=sys.stderr)
    sys.exit(code)
