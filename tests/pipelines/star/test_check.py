"""A star table before it is written: every declared rule is counted by name, and no value is shown."""

from datetime import date

import polars as pl
import pytest
import sqlalchemy as sa

from pipelines.star.check import conform, violations
from schema.base import polars_schema
from schema.errors import LoadFailed
from schema.star import TABLES
from tests.pipelines.tables import table

CHECKS = sorted(
    (name, str(check.name))
    for name, declared in TABLES.items()
    for check in declared.constraints
    if isinstance(check, sa.CheckConstraint)
)
# One row that breaks the rule, and the same row mended.
BREAKS: dict[str, tuple[str, str, str]] = {
    "person_is_known": ("patient_key", "0", "1"),
    "sex_is_1_or_2": ("sex_code", "3", "2"),
    "linkage_is_known": ("linkage", "guessed", "single"),
    "link_quality_is_known": ("link_quality", "fair", "low"),
    "exit_not_before_entry": ("exit_date", "2017-12-31", "2018-01-01"),
    "end_not_before_start": ("end_date", "2017-12-31", "2018-01-01"),
    "has_a_witness": ("is_in_pmsi", "false", "true"),
    "source_is_known": ("source", "elsewhere", "pmsi"),
    "position_is_known": ("position", "ODD", "DR"),
    "packs_are_left": ("quantity_packs", "0", "1"),
}
# Columns that hold in every row of these tests unless a test changes them.
PLAIN = {"patient_key": "1", "linkage": "single", "is_in_pmsi": "true", "source": "pmsi", "position": "DP"}
PLAIN |= {"sex_code": "1", "quantity_packs": "1"}


def row(name: str, **changes: str) -> pl.DataFrame:
    """One row of a star table that breaks no rule, but for the changes."""
    schema = polars_schema(TABLES[name])
    values = {column: text for column, text in PLAIN.items() if column in schema} | changes
    return table(" | ".join(values) + "\n" + " | ".join(values.values()) if values else "any\n1", schema)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_plain_row_of_every_table_breaks_no_rule(name: str) -> None:
    assert violations(row(name), TABLES[name]) == {}
    assert conform(row(name), TABLES[name]).height == 1


@pytest.mark.parametrize(("name", "rule"), CHECKS)
def test_row_that_breaks_a_rule_is_counted_under_its_name(name: str, rule: str) -> None:
    column, broken, mended = BREAKS[rule]
    frame = pl.concat([row(name, **{column: broken}), row(name, **{column: mended})])
    assert violations(frame, TABLES[name])[rule] == 1
    assert rule not in violations(row(name, **{column: mended}), TABLES[name])


@pytest.mark.parametrize(
    ("name", "column"),
    [(name, c.name) for name, declared in TABLES.items() for c in declared.columns if not c.nullable],
)
def test_null_where_none_may_be_is_counted(name: str, column: str) -> None:
    frame = row(name).with_columns(pl.lit(None, polars_schema(TABLES[name])[column]).alias(column))
    assert violations(frame, TABLES[name])[f"{column} is null"] == 1


@pytest.mark.parametrize(
    ("name", "column"), [(name, c.name) for name, declared in TABLES.items() for c in declared.columns if c.nullable]
)
def test_null_that_may_be_breaks_no_rule(name: str, column: str) -> None:
    frame = row(name).with_columns(pl.lit(None, polars_schema(TABLES[name])[column]).alias(column))
    assert violations(frame, TABLES[name]) == {}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_repeated_key_is_counted(name: str) -> None:
    frame = pl.concat([row(name)] * 3)
    assert violations(frame, TABLES[name]) == {"repeated key": 2}


def test_refusal_names_table_rules_and_counts_and_no_value() -> None:
    frame = pl.concat([row("fact_hospital_stay", ghm_code="SECRET", exit_date="2017-12-30")] * 2)
    with pytest.raises(LoadFailed) as caught:
        conform(frame, TABLES["fact_hospital_stay"])
    assert str(caught.value) == (
        "fact_hospital_stay breaks its rules (exit_not_before_entry: 2 rows, repeated key: 1 rows): "
        "nothing was replaced; check the sources."
    )


def test_frame_is_brought_into_declared_columns_types_and_key_order() -> None:
    frame = pl.DataFrame(
        {"extra": [1, 2], "death_date_source": ["a", "b"], "death_date": [date(2018, 1, 1)] * 2, "patient_key": [7, 3]}
    )
    found = conform(frame, TABLES["fact_death"])
    assert found.schema == pl.Schema(polars_schema(TABLES["fact_death"]))
    assert found["patient_key"].to_list() == [3, 7]


@pytest.mark.parametrize(
    "spoil",
    [
        pl.lit(2**40).alias("patient_key"),
        pl.lit("SECRET").alias("patient_key"),
        pl.lit("SECRET").alias("death_date"),
    ],
)
def test_value_that_has_not_its_type_is_refused_and_not_shown(spoil: pl.Expr) -> None:
    with pytest.raises(LoadFailed, match="fact_death cannot be brought into its declared types") as caught:
        conform(row("fact_death").with_columns(spoil), TABLES["fact_death"])
    assert caught.value.__suppress_context__
    assert "SECRET" not in str(caught.value)


def test_lost_column_is_refused() -> None:
    with pytest.raises(LoadFailed, match="fact_death cannot be brought"):
        conform(row("fact_death").drop("death_date"), TABLES["fact_death"])


def test_empty_table_breaks_no_rule() -> None:
    for name, declared in TABLES.items():
        assert conform(row(name).clear(), declared).height == 0
