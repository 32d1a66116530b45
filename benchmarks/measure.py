"""Runs a command and measures it: CPU-seconds of all its processes, wall time, and peak memory as the sum of PSS."""

import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """CPU and wall in seconds, peak in bytes: the largest sum of PSS over the process tree, sampled."""

    cpu_seconds: float
    wall_seconds: float
    peak_pss_bytes: int


def machine(cores: int) -> dict[str, dict[str, object]]:
    """What a figure was measured on."""
    libraries = {name: version(name) for name in ("polars", "duckdb", "pyarrow", "numpy", "cryptography")}
    here = {"cores": cores, "machine": platform.machine(), "python": platform.python_version()}
    return {"machine": {**here}, "libraries": {**libraries}}


def measure(arguments: list[str], cwd: Path) -> Measured:
    """Run `emc2` with these arguments; raises if it fails."""
    return measure_python("from emc2.cli import main; main()", arguments, cwd)


def measure_python(program: str, arguments: list[str], cwd: Path) -> Measured:
    """Run a Python program, given as text, with these arguments; raises if it fails."""
    before, started = _cpu(), time.monotonic()
    command = [sys.executable, "-c", program, *arguments]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _pss(process.pid))
        time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise SystemExit(f"{program!r} {' '.join(arguments)} failed with {process.returncode}")
    return Measured(_cpu() - before, time.monotonic() - started, peak)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pss(pid: int) -> int:
    """Shared pages count once over the tree, which RSS would count in each process."""
    total = 0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
