"""Children find their parent's matching id, whatever the number of partitions; none is lost or multiplied."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.attach import PARTITION_ROWS, attach, partitions_for

PARENTS = {"year": pl.Int64(), "number": pl.String(), "idacc": pl.UInt64()}
CHILDREN = {"year": pl.Int64(), "number": pl.String(), "act": pl.String()}
ON = ("year", "number")


def joined(
    parents: list[pl.DataFrame], children: list[pl.DataFrame], scratch: Path, partitions: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    pairs = list(attach(parents, children, ON, "number", scratch, partitions))
    found = pl.concat([rows for rows, _ in pairs]) if pairs else pl.DataFrame()
    return found, pl.concat([rows for _, rows in pairs]) if pairs else pl.DataFrame()


def parents_of(rows: list[tuple[int, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=PARENTS, orient="row")


def children_of(rows: list[tuple[int, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CHILDREN, orient="row")


@pytest.mark.parametrize("partitions", [1, 2, 7, 50])
def test_each_child_is_found_once_or_is_an_orphan(tmp_path: Path, partitions: int) -> None:
    parents = [parents_of([(2018, f"n{i}", i) for i in range(100)]), parents_of([(2019, "n1", 500)])]
    children = [
        children_of([(2018, f"n{i % 120}", f"a{i}") for i in range(240)]),
        children_of([(2019, "n1", "b"), (2019, "n2", "c")]),
    ]
    found, orphans = joined(parents, children, tmp_path, partitions)
    expected = {f"a{i}": i % 120 for i in range(240) if i % 120 < 100} | {"b": 500}
    assert dict(zip(found["act"], found["idacc"], strict=True)) == expected
    assert found.height == len(expected)
    assert sorted(orphans["act"]) == sorted(["c", *(f"a{i}" for i in range(240) if i % 120 >= 100)])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 2), st.sampled_from("abcd"), st.integers(0, 9)), max_size=12),
    st.lists(st.tuples(st.integers(1, 2), st.sampled_from("abcdef"), st.text("xyz", max_size=2)), min_size=1),
    st.integers(1, 9),
)
def test_no_child_is_multiplied_or_lost(
    tmp_path_factory: pytest.TempPathFactory,
    parents: list[tuple[int, str, int]],
    children: list[tuple[int, str, str]],
    partitions: int,
) -> None:
    found, orphans = joined(
        [parents_of(parents)], [children_of(children)], tmp_path_factory.mktemp("scratch"), partitions
    )
    rows = [*found.select(CHILDREN.keys()).rows(), *orphans.select(CHILDREN.keys()).rows()]
    persons: dict[tuple[int, str], set[int]] = {}
    for year, number, person in parents:
        persons.setdefault((year, number), set()).add(person)
    known = {key for key, people in persons.items() if len(people) == 1}
    assert sorted(rows) == sorted(children)
    assert all((year, number) in known for year, number, _ in found.select(CHILDREN.keys()).rows())
    assert all((year, number) not in known for year, number, _ in orphans.select(CHILDREN.keys()).rows())
    told = {(year, number): {i for y, n, i in parents if (y, n) == (year, number)} for year, number in known}
    assert all(idacc in told[year, number] for year, number, idacc in found.select(*ON, "idacc").rows())


def test_orphans_carry_the_rule_and_no_matching_id(tmp_path: Path) -> None:
    _, orphans = joined([parents_of([(2018, "a", 1)])], [children_of([(2018, "b", "x")])], tmp_path, 3)
    assert orphans["rule"].to_list() == ["no_parent"]
    assert orphans.columns == ["year", "number", "act", "rule"]


def test_without_any_parent_every_child_is_an_orphan(tmp_path: Path) -> None:
    found, orphans = joined([], [children_of([(2018, "a", "x"), (2018, "b", "y")])], tmp_path, 2)
    assert found.height == 0
    assert sorted(orphans["act"]) == ["x", "y"]


def test_without_any_child_nothing_is_yielded(tmp_path: Path) -> None:
    assert list(attach([parents_of([(2018, "a", 1)])], [], ON, "number", tmp_path, 2)) == []


def test_child_whose_key_is_null_is_an_orphan_even_beside_a_parent_without_one(tmp_path: Path) -> None:
    parents = pl.DataFrame({"year": [2018], "number": [None], "idacc": [1]}, schema=PARENTS)
    children = pl.DataFrame({"year": [2018], "number": [None], "act": ["x"]}, schema=CHILDREN)
    found, orphans = joined([parents], [children], tmp_path, 2)
    assert found.height == 0
    assert orphans["act"].to_list() == ["x"]


def test_partitions_keep_to_their_size() -> None:
    rows = [0, 1, PARTITION_ROWS, PARTITION_ROWS + 1, 10 * PARTITION_ROWS]
    assert [partitions_for(n) for n in rows] == [1, 1, 1, 2, 10]


def test_a_key_that_stands_for_several_persons_is_nobodys(tmp_path: Path) -> None:
    parents = [parents_of([(2018, "a", 1), (2018, "a", 2), (2018, "b", 3), (2018, "b", 3)])]
    found, orphans = joined(parents, [children_of([(2018, "a", "x"), (2018, "b", "y"), (2018, "c", "z")])], tmp_path, 1)

    assert found.rows() == [(2018, "b", "y", 3)]
    assert sorted(orphans.select("act", "rule").rows()) == [("x", "several_parents"), ("z", "no_parent")]
