"""Reads what the code declares and tests provoke → writes `docs/reference/` and the generated blocks of the privacy
page; with `--check`, names stale pages."""

import argparse
import sys
from pathlib import Path

from docs.errors import errors_page
from docs.privacy import PRIVACY, filled
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
    privacy = {PRIVACY.name: filled(PRIVACY.read_text(encoding="utf-8"))}
    if not parser.parse_args(arguments).check:
        write(folder, wanted)
        write(PRIVACY.parent, privacy)
        return 0
    found = [f"reference/{name}" for name in stale(folder, wanted)]
    found += [f"explanation/{name}" for name in stale(PRIVACY.parent, privacy)]
    for name in found:
        sys.stderr.write(f"docs/{name} is stale: run `python docs/generate.py`.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
