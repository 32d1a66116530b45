"""The shape of modules: short, named after what they hold, imported at the top, without cycles."""

import ast
import statistics
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.architecture.tree import modules, relative, root_packages

LONGEST_MODULE_LINES = 300
MEDIAN_MODULE_LINES = 120
LONGEST_FUNCTION_LINES = 40
NAMES_OF_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "data", "info", "tmp"}


def n_lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def long_functions(source: str) -> list[str]:
    """Functions longer than allowed, signature and docstring counted."""
    spans = ((f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions(ast.parse(source)))
    return [name for name, lines in spans if lines > LONGEST_FUNCTION_LINES]


def late_imports(source: str) -> list[int]:
    """Lines of the imports that do not stand at the top level; `if TYPE_CHECKING:` is allowed."""
    tree = ast.parse(source)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in node.body
    }
    at_top = {id(node) for node in tree.body}
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return [node.lineno for node in imports if id(node) not in at_top | for_types]


def says_nothing(path: str) -> bool:
    return not NAMES_OF_NOTHING.isdisjoint(path.removesuffix(".py").split("/"))


def cycle(imports: dict[str, set[str]]) -> list[str]:
    """Modules of one import cycle, empty if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_is_longer_than_300_lines() -> None:
    assert [relative(path) for path in modules() if n_lines(path) > LONGEST_MODULE_LINES] == []


def test_median_module_has_at_most_120_lines() -> None:
    assert statistics.median(map(n_lines, modules())) <= MEDIAN_MODULE_LINES


def test_no_function_is_longer_than_40_lines() -> None:
    assert {relative(p): long for p in modules() if (long := long_functions(p.read_text()))} == {}


def test_function_of_41_lines_is_found() -> None:
    assert long_functions("def fits():\n" + "    x = 1\n" * 39 + "def long():\n" + "    x = 1\n" * 40) == ["long"]


def test_every_module_is_named_after_what_it_holds() -> None:
    assert [path for path in map(relative, modules()) if says_nothing(path)] == []


def test_module_that_says_nothing_is_found() -> None:
    assert says_nothing("pipelines/utils.py")
    assert says_nothing("warehouse/common/rates.py")
    assert not says_nothing("pipelines/link.py")


def test_every_module_says_in_a_docstring_what_it_holds() -> None:
    assert [relative(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_imports_stand_at_the_top_outside_the_front_door() -> None:
    floors = (path for path in modules() if not relative(path).startswith("emc2/"))
    assert {relative(p): lines for p in floors if (lines := late_imports(p.read_text()))} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import json\n", []),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\n", []),
        ("def f():\n    import json\n", [2]),
        ("try:\n    import json\nexcept ImportError:\n    from os import path\n", [2, 4]),
        ("if True:\n    import json\n", [2]),
    ],
)
def test_late_import_is_found(source: str, lines: list[int]) -> None:
    assert late_imports(source) == lines


def test_no_module_imports_itself_through_others() -> None:
    graph = grimp.build_graph(*root_packages(), cache_dir=None)
    assert cycle({m: graph.find_modules_directly_imported_by(m) for m in graph.modules}) == []


def test_cycle_between_a_package_and_its_module_is_found() -> None:
    assert cycle({"a": {"a.b"}, "a.b": {"a"}}) != []
    assert cycle({"a": {"a.b"}, "a.b": {"c"}, "c": set()}) == []
