"""Processes for steps that only need their arguments: spawned, never forked, and gone when their parent is."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

_POLL_SECONDS = 0.2
_THREADS = "POLARS_MAX_THREADS"


@contextmanager
def processes(workers: int, threads: int, *, fresh: bool = False) -> Iterator[ProcessPoolExecutor]:
    """A pool of `workers` processes with `threads` Polars threads each; `fresh` gives every task its own process.

    Spawned: Polars hangs in a forked child. A worker whose parent is killed ends within `_POLL_SECONDS`, so that it
    writes nothing into a workspace that a later run holds.
    """
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = str(threads)  # Polars reads it once, when the worker imports it
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with,
        initargs=(os.getpid(),),
        max_tasks_per_child=1 if fresh else None,
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        if before is None:
            os.environ.pop(_THREADS)
        else:
            os.environ[_THREADS] = before


def _end_with(parent: int) -> None:
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)
