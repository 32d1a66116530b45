"""Runs a failure mode through the real command: without privileges, on a disk of some room, or interrupted."""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from schema.layout import HOSPITALS, WORKSPACE, Workspace, parts
from tests.integration import canary
from tests.integration.failures import Failure, Interruption
from tests.integration.workspaces import ROOT

_EMC2 = [sys.executable, "-c", "from emc2.cli import main; main()"]
# The superuser reads what nobody may; without these two she is stopped like anybody.
_PLAIN = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
# A disk of its own, seen by the command alone; what it holds in the end is copied back.
_SMALL_DISK = """
mount -t tmpfs tmpfs "$DISK" && cp -r "$HERE/." "$DISK" || exit 99
used=$(df -k --output=used "$DISK" | tail -1); mount -o "remount,size=$((used + ROOM))k" "$DISK" || exit 99
cd "$DISK"; if [ -n "$OUTPUT" ]; then "$@" > "$OUTPUT"; else "$@"; fi; code=$?
cp -r "$DISK/." "$HERE"; exit $code
"""
LONGEST_SECONDS = 120


def run_failing(failure: Failure, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command of a mode in a folder."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "COLUMNS": "200"}
    command = [*_unprivileged(), *_EMC2, *failure.command]
    if failure.room is not None:
        disk = folder.parent / "disk"
        disk.mkdir()
        _skip_without_small_disk(disk)
        environment |= {"DISK": str(disk), "HERE": str(folder), "ROOM": str(failure.room), "OUTPUT": failure.output}
        command = ["unshare", "-rm", "sh", "-c", _SMALL_DISK, "sh", *command]
    elif failure.output:
        command = ["sh", "-c", f'"$@" > {shlex.quote(failure.output)}', "sh", *command]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        if failure.interruption:
            _interrupt(process, folder, failure.interruption)
        said, told = process.communicate(timeout=LONGEST_SECONDS)
    return subprocess.CompletedProcess(command, process.returncode, said, told)


def _unprivileged() -> list[str]:
    return _PLAIN if os.geteuid() == 0 and shutil.which("setpriv") else []


def _skip_without_small_disk(place: Path) -> None:
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(place)]
    if shutil.which("unshare") is None or subprocess.run(tried, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")


def _interrupt(process: "subprocess.Popen[str]", folder: Path, how: Interruption) -> None:
    """Send the signal when the awaited file is there, or after its seconds."""
    end = time.monotonic() + LONGEST_SECONDS
    time.sleep(how.seconds)
    while how.appears and not any(folder.glob(how.appears)):
        assert process.poll() is None, "the command ended before it came so far"
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(how.number)


def kept(folder: Path) -> dict[str, str]:
    """SHA-256 of all that no failure may touch: sources, truth, vault, register, star and warehouse."""
    place = Workspace(folder / WORKSPACE)
    files = [place.custodian / "vault.parquet", place.hub / "register.parquet", place.warehouse]
    for root in (place.sources, place.truth, place.star):
        files += root.rglob("*.parquet")
    left = {".scratch", "rejects"}  # of a step that failed: made anew by the next
    files = [path for path in files if left.isdisjoint(path.parts)]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


def pattern(sentence: str, folder: Path) -> re.Pattern[str]:
    """What the last line must be: `{here}` is the folder, `{n}` a number, a name or a list of them."""
    text = re.escape(sentence).replace(r"\{here\}", re.escape(str(folder))).replace(r"\{n\}", r"[\w,. ]+")
    return re.compile(f"emc2: {text}")


def identifying(workspace: Workspace) -> set[str]:
    """Numbers, pseudonyms and names of everybody in the sources."""
    found = canary.identifiers(workspace)
    for source in HOSPITALS:
        patients = pl.read_parquet(parts(workspace.source(source) / "patient"))
        for name in patients.columns:
            if name.endswith("name"):
                found |= set(patients[name].drop_nulls().str.to_uppercase())
    return {value for value in found if len(value) > 2}


def words(text: str) -> set[str]:
    """The words of an output, and its runs of digits, in capitals."""
    return set(re.findall(r"[0-9A-ZÀ-Ý]+", text.upper())) | set(re.findall(r"[0-9]+", text))
