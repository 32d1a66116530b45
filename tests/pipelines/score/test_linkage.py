"""What the referee counts: links, right ones and those that should be, by set."""

import polars as pl
import pytest

from pipelines.score.linkage import score_records
from tests.pipelines.tables import cells

RECORDS = """
    source     | pass      | quality | is_linked | is_right | is_findable | children | twins | born_abroad
    hospital_1 | own       | high    | true      | true     | true        | false    | false | false
    hospital_1 | own       | high    | true      | true     | true        | true     | false | false
    hospital_1 | name_date | high    | true      | false    | true        | true     | true  | false
    hospital_2 | initials  | low     | true      | true     | true        | false    | false | true
    hospital_2 | initials  | low     | true      | false    | false       | false    | false | true
    hospital_2 |           |         | false     | false    | true        | false    | false | true
    hospital_2 |           |         | false     | false    | false       | false    | false | false
"""


@pytest.fixture(scope="module")
def scored() -> pl.DataFrame:
    header, *rows = cells(RECORDS)
    frame = pl.DataFrame(
        [[c or None for c in row] for row in rows], schema=dict.fromkeys(header, pl.String), orient="row"
    )
    flags = header[3:]
    return score_records(frame.with_columns(pl.col(flags) == "true", married_women=pl.lit(False)))


def found(scored: pl.DataFrame, set_: str, name: str = "") -> dict[str, object]:
    return scored.filter(pl.col("set") == set_, pl.col("name") == name).row(0, named=True)


@pytest.mark.parametrize(
    ("set_", "name", "records", "findable", "links", "wrong"),
    [
        ("all passes", "", 7, 5, 5, 2),
        ("without low quality", "", 7, 5, 3, 1),
        ("hospital", "hospital_1", 3, 3, 3, 1),
        ("hospital", "hospital_2", 4, 2, 2, 1),
        ("group", "children", 2, 2, 2, 1),
        ("group", "not children", 5, 3, 3, 1),
        ("group", "twins", 1, 1, 1, 1),
        ("group", "born_abroad", 3, 2, 2, 1),
        ("quality", "low", 2, 1, 2, 1),
        ("pass", "own", 2, 2, 2, 0),
        ("pass", "initials", 2, 1, 2, 1),
    ],
)
def test_counts_of_a_set(
    scored: pl.DataFrame, set_: str, name: str, records: int, findable: int, links: int, wrong: int
) -> None:
    row = found(scored, set_, name)
    counts = {"records": records, "findable": findable, "links": links, "wrong": wrong}
    assert {name: row[name] for name in counts} == counts


def test_precision_is_of_links_and_recall_of_what_could_be_found(scored: pl.DataFrame) -> None:
    row = found(scored, "all passes")
    assert row["precision"] == pytest.approx(3 / 5)
    assert row["recall"] == pytest.approx(3 / 5)
    assert found(scored, "without low quality")["recall"] == pytest.approx(2 / 5)


def test_pass_has_a_precision_and_no_recall(scored: pl.DataFrame) -> None:
    row = found(scored, "pass", "own")
    assert row["precision"] == 1
    assert row["recall"] is row["f1"] is None


def test_set_of_nobody_has_no_share(scored: pl.DataFrame) -> None:
    assert found(scored, "group", "married_women")["precision"] is None
    assert found(scored, "hospital", "hospital_4")["recall"] is None
