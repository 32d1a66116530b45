"""The repository as a tree of packages and modules."""

import os
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def project() -> dict[str, Any]:
    """`pyproject.toml`, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def root_packages() -> list[str]:
    """Top-level packages as they stand in the folder, in alphabetical order."""
    return sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


def modules() -> list[Path]:
    """Every module of every root package."""
    return sorted(path for package in root_packages() for path in (ROOT / package).rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def environment() -> dict[str, str]:
    """The process's environment as a user's shell has it: without what make or git hand down to the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "GIT_"))}
