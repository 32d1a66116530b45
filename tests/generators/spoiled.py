"""Many identities as hospitals and funds recorded them, each beside the person whom the truth knows behind it."""

from dataclasses import dataclass

import polars as pl

from generators import discharges, faults, funds, register, truth
from generators.block import Block
from generators.life import lives
from generators.population import population
from schema.configuration import Configuration
from schema.layout import HOSPITALS

TRAITS = ("insured_nir", "own_nir", "birth_date", "sex", "birth_place_code", "residence_commune_code")
NAMES = ("birth_name", "used_name", "first_name", "other_first_names")


@dataclass(frozen=True)
class Spoiled:
    """`seen` is one row a hospital's record: labels, identity as recorded, the person's as `true_…`, first_stay, stays.

    `held` is the same of the funds' lines, `persons` truth/person, `identity` truth/identity.
    """

    seen: pl.DataFrame
    held: pl.DataFrame
    persons: pl.DataFrame
    identity: pl.DataFrame


def spoiled(seed: int, blocks: int, *, clean: bool = False, times: float = 1.0) -> Spoiled:
    """Identities of the first blocks of a world."""
    made = [_block(Block(seed, Configuration(blocks * 4_096, clean=clean), b, times)) for b in range(blocks)]
    seen, held, persons, identity = (pl.concat(frames) for frames in zip(*made, strict=True))
    true = persons.rename({name: f"true_{name}" for name in (*TRAITS, *NAMES)})
    return Spoiled(seen.join(true, on="person"), held.join(true, on="person"), persons, identity)


def _block(block: Block) -> tuple[pl.DataFrame, ...]:
    people = population(block)
    stays = discharges.discharges(people, lives(block, people).events).stays
    held = register.register(block, people)
    records = faults.records(block, people, held, stays)
    identity, persons = truth.identity(block, people, held, records.frame), truth.person(block, people, held)
    of_record = stays.select("entry", row=pl.Series(records.of_stay)).group_by("row")
    first = of_record.agg(first_stay=pl.col("entry").min(), stays=pl.len()).sort("row")
    at_hospitals = identity.filter(pl.col("source") != "funds")
    recorded = records.frame.select("own_nir", "birth_place_code", "residence_commune_code", *NAMES, "NIR_ANO_17")
    seen = pl.concat([at_hospitals, recorded, first.drop("row")], how="horizontal")
    lines = funds.beneficiary(people, held).select("own_nir", "birth_place_code", "residence_commune_code", *NAMES)
    at_the_funds = pl.concat([identity.filter(pl.col("source") == "funds"), lines], how="horizontal")
    return seen, at_the_funds, persons, identity


def four(frame: pl.DataFrame) -> pl.DataFrame:
    """Records of the four hospitals."""
    return frame.filter(pl.col("source").is_in(HOSPITALS))
