"""One small world, made once: a whole block and a short one."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from generators.parts import TRUTH, TableRows
from generators.world import World, generate_block
from schema.configuration import Configuration
from tests.generators.spoiled import Spoiled, spoiled

PERSONS, SEED = 5_000, 11
Read = Callable[[str, str], pl.DataFrame]


@pytest.fixture(scope="session")
def world() -> World:
    return World(Configuration(PERSONS), SEED)


@pytest.fixture(scope="session")
def made(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[TableRows]]:
    """Folder that holds `sources` and `truth`, and what was said of each part."""
    root = tmp_path_factory.mktemp("world")
    rows = [row for block in range(world.configuration.n_blocks) for row in generate_block(world, block, root)]
    return root, rows


@pytest.fixture(scope="session")
def read(made: tuple[Path, list[TableRows]]) -> Read:
    """Reads a table: source (or `truth`) and folder."""

    def table(source: str, folder: str) -> pl.DataFrame:
        below = Path(TRUTH) if source == TRUTH else Path("sources") / source
        return pl.read_parquet(made[0] / below / folder / "*.parquet")

    return table


@pytest.fixture(scope="session")
def persons(read: Read) -> pl.DataFrame:
    """truth/person."""
    return read(TRUTH, "person")


@pytest.fixture(scope="session")
def lines(read: Read, persons: pl.DataFrame) -> pl.DataFrame:
    """The funds' register with `record`, and the person behind each line as the truth has her (`_true`)."""
    local = ["insured_nir", "birth_date", "sex", "birth_rank"]
    known = read(TRUTH, "identity").filter(pl.col("source") == "funds").select("person", "record", *local)
    held = read("funds", "beneficiary").join(known, on=local, how="left")
    return held.join(persons, on="person", how="left", suffix="_true")


@pytest.fixture(scope="session")
def claims(read: Read, lines: pl.DataFrame) -> pl.DataFrame:
    """ER_PRS_F with the person behind each line."""
    who = lines.select("person", "birth_date", "death_date", "BEN_NIR_PSA", "BEN_RNG_GEM", "sex")
    return read("snds", "ER_PRS_F").join(who, on=["BEN_NIR_PSA", "BEN_RNG_GEM"], how="left", maintain_order="left")


@pytest.fixture(scope="session")
def abstracts(read: Read) -> pl.DataFrame:
    """T_MCOaaB with T_MCOaaC of all exit years."""
    return pl.concat(
        read("snds", f"T_MCO{year}B").join(
            read("snds", f"T_MCO{year}C").drop("SOR_ANN", "SOR_MOI"), on=["ETA_NUM", "RSA_NUM"], suffix="_C"
        )
        for year in (17, 18, 19)
    )


@pytest.fixture(scope="session")
def mistaken() -> Spoiled:
    """Identities of twelve blocks, about fifty thousand records."""
    return spoiled(31, 12)
