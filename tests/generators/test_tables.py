"""Every table that is written has the declared shape, whatever it holds."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from generators.parts import TRUTH, TableRows, declared
from generators.world import World
from schema import codes, truth
from schema.configuration import Configuration
from schema.layout import SOURCES
from schema.raw import folders
from tests.generators.conftest import Read

TABLES = [(source, folder) for source in SOURCES for folder in folders(source, Configuration(1))] + [
    (TRUTH, folder) for folder in truth.TABLES
]
IDS = [f"{source}-{folder}" for source, folder in TABLES]


def written(value: object) -> str:
    """A value as the declarations write it."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize(("source", "folder"), TABLES, ids=IDS)
def test_columns_and_types_are_those_declared(read: Read, source: str, folder: str) -> None:
    assert dict(read(source, folder).schema) == declared(source, folder).schema


@pytest.mark.parametrize(("source", "folder"), TABLES, ids=IDS)
def test_nothing_is_missing_that_never_is(read: Read, source: str, folder: str) -> None:
    frame = read(source, folder)
    never = [c.name for c in declared(source, folder).columns if not c.may_be_null]
    assert frame.height > 0
    assert {c: frame[c].null_count() for c in never if frame[c].null_count()} == {}


@pytest.mark.parametrize(("source", "folder"), TABLES, ids=IDS)
def test_key_names_one_row(read: Read, source: str, folder: str) -> None:
    assert read(source, folder).select(declared(source, folder).key).is_unique().all()


@pytest.mark.parametrize(("source", "folder"), TABLES, ids=IDS)
def test_each_part_is_sorted_by_the_key(made: tuple[Path, list[TableRows]], source: str, folder: str) -> None:
    key = list(declared(source, folder).key)
    for path in (made[0]).glob(f"**/{source}/{folder}/part-*.parquet"):
        part = pl.read_parquet(path).select(key)
        assert part.equals(part.sort(key)), path.name


@pytest.mark.parametrize(("source", "folder"), TABLES, ids=IDS)
def test_constants_are_those_declared(read: Read, source: str, folder: str) -> None:
    frame = read(source, folder)
    for column in declared(source, folder).columns:
        if column.constant is not None:
            found = frame[column.name].unique().to_list()
            assert len(found) == 1, column.name
            assert written(found[0]) == column.constant, column.name


def test_every_folder_has_a_part_a_block_but_the_drug_table(made: tuple[Path, list[TableRows]], world: World) -> None:
    parts = {(row.source, row.folder): 0 for row in made[1]}
    for row in made[1]:
        parts[row.source, row.folder] += len(row.parts)
    assert set(parts) == set(TABLES)
    assert parts.pop(("snds", "IR_PHA_R")) == 1
    assert set(parts.values()) == {world.configuration.n_blocks}


def test_what_is_said_of_a_part_is_true(made: tuple[Path, list[TableRows]], read: Read) -> None:
    money = {"BSE_REM_BSE", "BSE_REM_MNT", "PRS_DEP_MNT", "PRS_PAI_MNT"}
    said = [row for row in made[1] if row.folder == "ER_PRS_F"]
    claims = read("snds", "ER_PRS_F")
    assert sum(row.rows for row in said) == claims.height
    for column in money:
        assert sum(row.cents[column] for row in said) == int(claims[column].sum() * 100)
    assert set(said[0].cents) > money


def test_claims_are_one_row_group_after_another_in_time(made: tuple[Path, list[TableRows]]) -> None:
    with pq.ParquetFile(made[0] / "sources/snds/ER_PRS_F/part-00000.parquet") as file:
        column = file.schema_arrow.names.index("FLX_DIS_DTD")
        groups = [file.metadata.row_group(g) for g in range(file.metadata.num_row_groups)]
    assert len(groups) > 4
    # Row groups cut by the number of threads would make the bytes depend on the machine.
    assert {group.num_rows for group in groups[:-1]} == {65_536}
    ranges = [group.column(column).statistics for group in groups]
    assert all(earlier.max <= later.min for earlier, later in pairwise(ranges))


def test_money_lies_on_disk_as_whole_numbers(made: tuple[Path, list[TableRows]]) -> None:
    with pq.ParquetFile(made[0] / "sources/snds/ER_PRS_F/part-00000.parquet") as file:
        column = file.schema.column(file.schema_arrow.names.index("BSE_REM_MNT"))
    assert column.physical_type == "INT64"


def test_no_number_nor_name_nor_day_of_birth_lies_in_the_snds(read: Read, persons: pl.DataFrame) -> None:
    numbers = set(persons["own_nir"].to_list()) | set(persons["birth_name"].to_list())
    for folder in folders("snds", Configuration(1)):
        frame = read("snds", folder)
        texts = [column for column, dtype in frame.schema.items() if dtype == pl.String()]
        assert not any(frame[column].is_in(list(numbers)).any() for column in texts), folder
        long = [c for c in texts if frame[c].str.contains(codes.NIR_PATTERN).any()]
        assert long == [], folder


def test_no_pseudonym_of_the_snds_lies_at_a_hospital(read: Read, persons: pl.DataFrame) -> None:
    known = persons["BEN_NIR_PSA"].to_list()
    for hospital in SOURCES[:4]:
        for folder in folders(hospital, Configuration(1)):
            frame = read(hospital, folder)
            texts = [column for column, dtype in frame.schema.items() if dtype == pl.String()]
            assert not any(frame[column].is_in(known).any() for column in texts)
