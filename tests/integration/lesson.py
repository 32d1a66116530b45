"""A lesson's commands and what they should print, read from its Markdown; run in a folder, compared, recorded anew.

In a `console` block a line that begins with `$ ` is a command, those below it what it prints on stdout, or on stderr
where it fails. A line `…` stands for any lines, `…` within a line for any text.

Usage: .venv/bin/python -m tests.integration.lesson   → the counts as they are now; seconds and CPU-seconds a command
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.workspaces import ROOT

LESSON = ROOT / "docs" / "lessons" / "1-who-can-read-this.md"
ANY = "…"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\b\d[\d,]*")  # that of hospital_1 is part of a name


@dataclass(frozen=True)
class Step:
    """One command and the lines that it should print."""

    command: str
    expected: tuple[str, ...]


def steps(page: str) -> Iterator[Step]:
    for block in _BLOCK.findall(page):
        for part in ("\n" + block).split("\n$ ")[1:]:
            command, *expected = part.rstrip("\n").split("\n")
            yield Step(command, tuple(expected))


def play(command: str, folder: Path) -> str:
    """What a command prints in a folder where `emc2` is within reach, as it is in a set-up clone."""
    shims = folder.parent / "bin"
    shims.mkdir(exist_ok=True)
    shim = shims / "emc2"
    if not shim.exists():
        shim.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c 'from emc2.cli import main; main()' \"$@\"\n")
        shim.chmod(0o755)
    environment = {
        "PATH": f"{shims}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "COLUMNS": "200",
    }
    ran = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    return ran.stdout if ran.returncode == 0 else ran.stderr


def agrees(expected: tuple[str, ...], printed: str) -> bool:
    """Whether a command printed the expected lines and, where there is no `…`, no other."""
    pattern = "".join(r"(?:.*\n)*" if line == ANY else _line(line) for line in expected)
    return re.fullmatch(pattern, printed) is not None


def _line(expected: str) -> str:
    return ".*".join(map(re.escape, expected.rstrip().split(ANY))) + r" *\n"


def recorded(step: Step, printed: str) -> Step:
    """The step with the numbers that were printed where its lines, but for numbers, still stand in that order."""
    lines, found = iter(printed.splitlines()), []
    for line in step.expected:
        if line == ANY:
            found.append(line)
            continue
        pattern = _with_any_number(line)
        now = next((match for text in lines if (match := pattern.fullmatch(text.rstrip()))), None)
        if now is None:
            raise SystemExit(f"`{step.command}` no longer prints: {line}")
        found.append(_with_numbers(line, now.groups()) if ANY in line else now[0])
    return Step(step.command, tuple(found))


def _with_any_number(line: str) -> re.Pattern[str]:
    """A pattern of the line with any number for each of its numbers, and columns of any width."""
    forms = {"space": r"\s+", "number": r"(\d[\d,]*)", "any": ".*"}
    parts = re.finditer(r"(?P<space>\s+)|(?P<number>\b\d[\d,]*)|(?P<any>…)|[^\s\d…]+|\d+", line.rstrip())
    return re.compile("".join(forms.get(part.lastgroup or "", re.escape(part[0])) for part in parts))


def _with_numbers(line: str, found: tuple[str, ...]) -> str:
    numbers = iter(found)
    return _NUMBER.sub(lambda _: next(numbers), line)


def _cpu_seconds() -> float:
    """Of all commands run so far: what they would take on a machine that does nothing else, but for waiting."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    page = LESSON.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "class"
        folder.mkdir()
        for step in steps(page):
            started, worked = time.monotonic(), _cpu_seconds()
            printed = play(step.command, folder)
            print(f"{time.monotonic() - started:5.1f} s {_cpu_seconds() - worked:5.1f} CPU-s  {step.command}")
            if not agrees(step.expected, printed):
                old = "\n".join([f"$ {step.command}", *step.expected])
                page = page.replace(old, "\n".join([f"$ {step.command}", *recorded(step, printed).expected]), 1)
    LESSON.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
