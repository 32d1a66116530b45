"""Values of an extract that the star cannot hold are rejected by the rule that names their column."""

import polars as pl
import pytest

from pipelines.extract import split_broken
from pipelines.limits import DATES, DATES_OR_NONE, NUMBERS, landed_rules
from schema.raw import TABLES
from tests.pipelines.tables import table


def rules_of(name: str, column: str, *values: str) -> list[str]:
    """The rule that each value breaks, empty for none, in the order of the values."""
    text = "\n".join([f"{column} | row", *(f"{value} | {row}" for row, value in enumerate(values))])
    schema = {column: TABLES[name].schema[column], "row": pl.Int64()}
    _, rejected = split_broken(table(text, schema), landed_rules(TABLES[name], [column]))
    broken = dict(rejected.select("row", "rule").rows())
    return [broken.get(row, "") for row in range(len(values))]


BOUNDS = [(name, column, *bounds) for name, columns in NUMBERS.items() for column, bounds in columns.items()]


@pytest.mark.parametrize(("name", "column", "least", "most"), BOUNDS)
def test_a_number_keeps_within_its_bounds_and_may_be_absent(name: str, column: str, least: int, most: int) -> None:
    values = (str(least - 1), str(least), "", "0", str(most), str(most + 1))
    rule = f"beyond_{column}"
    assert rules_of(name, column, *values) == [rule, "", "", "", "", rule]


@pytest.mark.parametrize(("name", "column"), [(name, column) for name, columns in DATES.items() for column in columns])
def test_a_day_of_care_lies_in_the_calendar(name: str, column: str) -> None:
    days = ("1600-01-01", "1899-12-31", "1900-01-01", "2049-12-31", "2050-01-01")
    rule = f"beyond_{column}"
    assert rules_of(name, column, *days) == [rule, rule, "", "", rule]


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, columns in DATES_OR_NONE.items() for column in columns]
)
def test_another_day_may_also_be_none(name: str, column: str) -> None:
    days = ("1600-01-01", "", "1600-01-02", "1899-12-31", "1900-01-01", "2049-12-31", "2050-01-01")
    rule = f"beyond_{column}"
    assert rules_of(name, column, *days) == ["", "", rule, rule, "", "", rule]


def test_act_and_supplement_together_must_be_an_amount() -> None:
    claims = TABLES["ER_PRS_F"]
    text = """
        BSE_REM_MNT  | CPL_REM_MNT
        999999999.99 | 0.00
        999999999.99 | 0.01
        -999999999.99 | -0.01
        999999999.99 |
                     | 1.00
    """
    paid = table(text, {name: claims.schema[name] for name in ("BSE_REM_MNT", "CPL_REM_MNT")})
    valid, rejected = split_broken(paid, landed_rules(claims, paid.columns))
    assert valid.height == 3
    assert rejected["rule"].to_list() == ["beyond_CPL_REM_MNT"] * 2
