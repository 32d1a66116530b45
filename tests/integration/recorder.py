"""Records every file that a command and its processes name to the system, process by process (strace)."""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.integration.workspaces import ROOT

_CALLS = "%file,clone,clone3,fork,vfork"
_LINE = re.compile(r"^(\d+)\s+(.*)$")
_NEW = re.compile(r"^(?:clone3?|v?fork)\(.*\)\s+= (\d+)$")
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ASKED_ONLY = ("stat", "newfstatat", "statx", "lstat", "access", "faccessat", "readlink", "mkdir")


def can_record() -> bool:
    """Whether strace is here, and may trace."""
    return (
        shutil.which("strace") is not None
        and subprocess.run(["strace", "-f", "true"], capture_output=True).returncode == 0
    )


def record(program: str, arguments: list[str], cwd: Path, trace: Path) -> dict[int, set[Path]]:
    """Run Python code under strace; the paths that each process opened, changed or listed, by process id."""
    command = ["strace", "-f", "--seccomp-bpf", "-s", "4096", "-e", f"trace={_CALLS}", "-o", str(trace)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [*command, sys.executable, "-c", program, *arguments], cwd=cwd, env=environment, check=True, capture_output=True
    )
    return read_trace(trace.read_text(errors="replace"), cwd)


def read_trace(text: str, cwd: Path) -> dict[int, set[Path]]:
    """Paths by process: a thread's are its process's, and calls that only ask whether a file is there are left out."""
    leaders: dict[int, int] = {}
    unfinished: dict[int, str] = {}
    opened: dict[int, set[Path]] = defaultdict(set)
    for line in text.splitlines():
        if (found := _LINE.match(line)) is None:
            continue
        pid, call = int(found[1]), found[2]
        if call.endswith("<unfinished ...>"):
            unfinished[pid] = call.removesuffix("<unfinished ...>")
            continue
        if call.startswith("<... "):
            call = unfinished.pop(pid, "") + call.partition("resumed>")[2]
        if (new := _NEW.match(call)) is not None:
            leaders[int(new[1])] = leaders.get(pid, pid) if "CLONE_THREAD" in call else int(new[1])
        elif not call.startswith(_ASKED_ONLY):
            opened[leaders.get(pid, pid)] |= {cwd / path for path in _PATH.findall(call)}
    return opened
