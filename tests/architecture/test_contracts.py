"""The floors are executed: each contract holds on the tree, and breaks when a module offends it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, project, root_packages

# Contract → offending modules, each with the one import that must not be there.
OFFENCES = {
    "floor-0": {"schema/offence.py": "import generators"},
    "generators": {"generators/offence.py": "import warehouse"},
    "warehouse": {"warehouse/offence.py": "import schema.raw"},
    "pipelines": {"pipelines/offence.py": "from warehouse import open_warehouse"},
    "keys": {"pipelines/offence.py": "import pipelines.keys"},
    "truth": {"pipelines/offence.py": "import schema.truth"},
    "duckdb": {"pipelines/offence.py": "import duckdb"},
    "faker": {"generators/offence.py": "import faker"},
    "acyclic": {
        "warehouse/offence.py": "import warehouse.second_offence",
        "warehouse/second_offence.py": "import warehouse.offence",
    },
}
# Other imports that the same contracts must refuse.
FURTHER = [
    ("floor-0", "schema/offence.py", "from warehouse import open_warehouse"),
    ("generators", "generators/offence.py", "import pipelines"),
    ("warehouse", "warehouse/offence.py", "import generators"),
    ("warehouse", "warehouse/offence.py", "import pipelines.keys"),
    ("pipelines", "pipelines/offence.py", "import generators.world"),
    ("truth", "emc2/offence.py", "import schema.truth"),
    ("duckdb", "emc2/offence.py", "import duckdb_sqlalchemy"),
]


def contracts() -> dict[str, str]:
    """Name by id."""
    return {c["id"]: c["name"] for c in project()["tool"]["importlinter"]["contracts"]}


def copy_of_the_tree(folder: Path) -> Path:
    for package in root_packages():
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken_contracts(tree: Path) -> set[str]:
    """Names of the contracts that import-linter finds broken; fails if it could not judge them all."""
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=tree, capture_output=True, text=True)
    judged = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", ran.stdout, flags=re.MULTILINE))
    assert set(judged) == set(contracts().values()), ran.stdout + ran.stderr
    assert ran.returncode == (1 if "BROKEN" in judged.values() else 0)
    return {name for name, verdict in judged.items() if verdict == "BROKEN"}


def test_every_contract_holds_on_the_tree() -> None:
    assert broken_contracts(ROOT) == set()


def test_every_contract_has_an_offence() -> None:
    assert set(OFFENCES) == set(contracts())


def test_every_root_package_is_under_contract() -> None:
    assert sorted(project()["tool"]["importlinter"]["root_packages"]) == root_packages()


@pytest.mark.parametrize("contract", OFFENCES)
def test_contract_breaks_on_its_offence_and_no_other_does(contract: str, tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    for path, line in OFFENCES[contract].items():
        (tree / path).write_text(f"{line}\n")

    assert broken_contracts(tree) == {contracts()[contract]}


@pytest.mark.parametrize(("contract", "path", "line"), FURTHER)
def test_contract_breaks_on_this_import_too(contract: str, path: str, line: str, tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    (tree / path).write_text(f"{line}\n")

    assert contracts()[contract] in broken_contracts(tree)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pipelines/allowed.py", "import warehouse.store.duckdb"),
        ("pipelines/allowed.py", "import schema.raw"),
        ("emc2/allowed.py", "import generators, pipelines.keys, warehouse"),
        ("generators/allowed.py", "import schema.truth"),
        ("pipelines/score/allowed.py", "import schema.truth"),
        ("warehouse/allowed.py", "import schema.star"),
    ],
)
def test_what_a_floor_needs_breaks_no_contract(path: str, line: str, tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    (tree / path).parent.mkdir(exist_ok=True)
    (tree / path).with_name("__init__.py").touch()
    (tree / path).write_text(f"{line}\n")

    assert broken_contracts(tree) == set()
