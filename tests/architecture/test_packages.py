"""Plain top-level names: `schema` is ours, although a distribution of that name exists."""

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import schema
from tests.architecture.tree import ROOT, project, root_packages

HASH = r"    --hash=sha256:[0-9a-f]{64}"
LOCKED = re.compile(r"^([a-z0-9-]+)==\S+", flags=re.MULTILINE)


def lock() -> str:
    return (ROOT / "requirements.lock").read_text()


def test_schema_is_the_one_of_this_repository() -> None:
    assert Path(schema.__file__).resolve() == ROOT / "schema" / "__init__.py"


def test_no_installed_distribution_provides_one_of_our_names() -> None:
    assert set(packages_distributions()) & set(root_packages()) == set()


def test_lock_holds_no_package_of_one_of_our_names() -> None:
    assert set(LOCKED.findall(lock())) & set(root_packages()) == set()


def test_project_is_kept_from_being_uploaded() -> None:
    assert "Private :: Do Not Upload" in project()["project"]["classifiers"]


def test_lock_holds_pins_and_hashes_only() -> None:
    lines = [line.removesuffix(" \\") for line in lock().splitlines()]
    assert [line for line in lines if not LOCKED.match(line) and not re.fullmatch(HASH, line)] == []
    assert "://" not in lock()


def test_lock_hashes_each_package() -> None:
    entries = re.split(r"\n(?=[a-z])", lock().strip())
    assert len(entries) > len(declared())
    assert [entry.split()[0] for entry in entries if not LOCKED.match(entry) or "--hash=sha256:" not in entry] == []


def test_lock_holds_every_declared_dependency() -> None:
    assert declared() - set(LOCKED.findall(lock())) == set()


def test_every_declared_dependency_has_its_line_in_the_decision() -> None:
    decision = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    assert {name for name in declared() if f"| `{name}` |" not in decision} == set()


def declared() -> set[str]:
    """Names of runtime and development dependencies."""
    requirements = project()["project"]["dependencies"] + project()["dependency-groups"]["dev"]
    return {re.split(r"[<>=~!\[; ]", requirement)[0] for requirement in requirements}
