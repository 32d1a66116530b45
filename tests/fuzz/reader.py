"""A long-lived process that reads spoilt files, and the watchdog beside it: a hang or a death is an outcome too."""

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from schema.errors import Emc2Error, disk_is_full

LONGEST_SECONDS = 30.0
Job = Callable[[], object]


@dataclass(frozen=True)
class Outcome:
    """`success`, `refused`, `fault`, `died` or `hung`; what was said; and what libraries wrote on stderr."""

    kind: str
    said: str = ""
    noise: str = ""


class Reader:
    """Runs jobs one at a time in a spawned process, and starts another when it dies or hangs."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._ours, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, job: Job) -> Outcome:
        """The outcome of one job."""
        self._ours.send(job)
        try:
            if self._ours.poll(LONGEST_SECONDS):
                outcome: Outcome = self._ours.recv()
                return outcome
            outcome = Outcome("hung")
        except EOFError:
            self._process.join()
            outcome = Outcome("died", f"exit code {self._process.exitcode}")
        self.close()
        self._start()
        return outcome

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._ours.close()


def _serve(jobs: Connection) -> None:
    """Do jobs until the other end is gone; stderr goes to a file, for libraries write there what rows hold."""
    with tempfile.TemporaryFile() as noise:
        os.dup2(noise.fileno(), 2)
        while True:
            try:
                job: Job = jobs.recv()
            except EOFError:
                return
            noise.seek(0)
            noise.truncate()
            kind, said = _outcome(job)
            noise.seek(0)
            jobs.send(Outcome(kind, said, noise.read().decode(errors="replace")))


def _outcome(job: Job) -> tuple[str, str]:
    try:
        result = job()
    except Emc2Error as error:
        return "refused", str(error)
    except OSError as error:
        return ("refused" if error.filename or disk_is_full(error) else "fault"), f"OSError: {error}"
    except BaseException as error:  # noqa: BLE001 - a panic of Polars is no Exception
        trace, place = error.__traceback__, ""
        while trace:
            place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        return "fault", f"{type(error).__name__} at {place}: {error}"
    return "success", result if isinstance(result, str) else ""
