"""Processes for steps that only need their arguments: spawned, never forked, and gone when their parent is."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

_THREADS = "POLARS_MAX_THREADS"
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def processes(workers: int, threads: int, *, fresh: bool = False) -> Iterator[ProcessPoolExecutor]:
    """A pool of `workers` processes with `threads` Polars threads each; `fresh` gives every task its own process.

    Spawned: Polars hangs in a forked child. The parent holds one end of a pipe: when it leaves by an exception, or is
    killed, the end closes and every worker stops at once, so that none writes into a workspace that a later run holds.
    """
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = str(threads)  # Polars reads it once, when the worker imports it
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = _Pool(
        workers,
        mp_context=context,
        initializer=_end_with,
        initargs=(theirs,),
        max_tasks_per_child=1 if fresh else None,
    )
    try:
        yield pool
    except BaseException:
        ours.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        ours.close()
        theirs.close()
        if before is None:
            os.environ.pop(_THREADS)
        else:
            os.environ[_THREADS] = before


class _Pool(ProcessPoolExecutor):
    """Workers that never see Ctrl-C: they are started with it blocked, and the parent alone acts on it."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: Connection) -> None:
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: Connection) -> None:
    """Nothing is ever sent: the wait ends when the other end is closed."""
    try:
        parent.recv_bytes()
    except EOFError:
        os._exit(1)
