"""Worker processes are spawned, have the threads they were given, and end when their parent is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import psutil
import pytest

from pipelines.workers import processes

ROOT = Path(__file__).parents[2]
PARENT = """
import os, sys, time
from pipelines.workers import processes
if __name__ == "__main__":
    with processes(2, 1) as pool:
        first = pool.submit(os.getpid)
        print(first.result(), flush=True)
        pool.submit(time.sleep, 600)
        pool.submit(time.sleep, 600)
        time.sleep(600)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        first = int(parent.stdout.readline())
        children = psutil.Process(parent.pid).children(recursive=True)
        assert first in [child.pid for child in children]
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    for child in alive:
        child.kill()
    assert alive == []


def test_worker_has_the_threads_that_it_was_given_and_the_parent_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    with processes(1, 3) as pool:
        assert pool.submit(pl.thread_pool_size).result() == 3
    assert "POLARS_MAX_THREADS" not in os.environ


def test_setting_of_the_parent_is_put_back_even_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLARS_MAX_THREADS", "2")
    with pytest.raises(ZeroDivisionError), processes(1, 1):
        raise ZeroDivisionError
    assert os.environ["POLARS_MAX_THREADS"] == "2"


def test_workers_are_spawned_and_never_forked() -> None:
    """A forked child has its parent's command line."""
    with processes(1, 1) as pool:
        worker = psutil.Process(pool.submit(os.getpid).result())
        assert "spawn_main" in " ".join(worker.cmdline())
        assert worker.ppid() == os.getpid()


def test_fresh_gives_every_task_a_process_of_its_own() -> None:
    with processes(1, 1, fresh=True) as pool:
        first, second = pool.submit(os.getpid).result(), pool.submit(os.getpid).result()
    assert first != second


def test_failure_of_a_task_reaches_the_parent() -> None:
    with processes(1, 1) as pool, pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "no number").result()


def test_tasks_not_begun_are_dropped_when_the_run_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_with_tasks_waiting(started := time.monotonic())
    assert time.monotonic() - started < 15


def _fail_with_tasks_waiting(started: float) -> None:
    """Fifty seconds of work are begun and given up."""
    with processes(1, 1) as pool:
        for _ in range(50):
            pool.submit(time.sleep, 1)
        raise ZeroDivisionError(started)
