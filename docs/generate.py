"""Reads what `schema` declares and tests provoke → writes `docs/reference/`; with `--check`, names stale pages."""

import argparse
import sys
from pathlib import Path

from docs.errors import errors_page
from schema.dictionary import pages

REFERENCE = Path(__file__).parent / "reference"


def stale(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Names of pages that are absent or say something else than they should."""
    return [
        name
        for name, text in wanted.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Write every page, replacing what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: list[str], folder: Path = REFERENCE) -> int:
    """Exit code: 1 if `--check` finds a stale page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a page is stale")
    wanted = pages() | {"errors.md": errors_page()}
    if not parser.parse_args(arguments).check:
        write(folder, wanted)
        return 0
    found = stale(folder, wanted)
    for name in found:
        sys.stderr.write(f"docs/reference/{name} is stale: run `python docs/generate.py`.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
