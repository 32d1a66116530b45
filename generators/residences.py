"""Where people live: catchments of the four hospitals, and France."""

from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Floats, Ints
from generators.draws import cumulative, pick
from schema import reference

ELSEWHERE = "*"  # in catchment.csv: the departments that the hospital's other lines do not name


@cache
def shares_by_hospital() -> tuple[Floats, ...]:
    """Cumulative shares over the communes: entry 0 all France, entry h the catchment of hospital h."""
    communes = reference.read("commune")
    people = communes["population"].to_numpy().astype(np.float64)
    catchment = reference.read("catchment")
    return (cumulative(people), *(_catchment(communes, people, catchment, h) for h in (1, 2, 3, 4)))


def _catchment(communes: pl.DataFrame, people: Floats, catchment: pl.DataFrame, hospital: int) -> Floats:
    mine = catchment.filter(pl.col("hospital") == hospital)
    joined = communes.select(
        pl.when(pl.col("department_code").is_in(mine["department_code"].to_list()))
        .then(pl.col("department_code"))
        .otherwise(pl.lit(ELSEWHERE))
        .alias("department_code")
    ).join(mine, on="department_code", how="left", maintain_order="left")
    total = pl.DataFrame({"d": joined["department_code"], "p": people}).select(pl.col("p").sum().over("d"))
    return cumulative(people * joined["share"].to_numpy() / total["p"].to_numpy())


def commune_rows(hospital: Ints, uniform: Floats) -> Ints:
    """Row of the commune of residence of persons with that home hospital (0 none)."""
    chosen = np.stack([pick(shares, uniform) for shares in shares_by_hospital()])
    return chosen[hospital, np.arange(len(hospital))]
