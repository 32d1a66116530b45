"""Which hospital a stay is in: one's own, one nearby, or any other of the country."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Floats, Ints
from generators.block import Block
from generators.draws import GroupedShares, cumulative, grouped_shares, pick
from schema import reference

AT_HOME = 0.60  # of a patient's other stays are at her own hospital of the four, assumption
NEARBY = 0.70  # of the stays elsewhere are in the department of residence, where it has a hospital; assumption


@dataclass(frozen=True)
class OtherHospitals:
    """The hospitals outside the four; `rows` by department, `department_of_commune` is −1 where it has none."""

    rows: Ints
    shares: Floats
    nearby: GroupedShares
    department_of_commune: Ints


@cache
def other_hospitals() -> OtherHospitals:
    table = reference.read("facility").with_row_index("row").filter(pl.col("is_emc2") == 0)
    table = table.sort("department_code", maintain_order=True)
    group = table["department_code"].rank("dense").cast(pl.Int64) - 1
    number = pl.DataFrame({"department_code": table["department_code"], "group": group}).unique()
    communes = reference.read("commune").select("department_code")
    department = communes.join(number, on="department_code", how="left", maintain_order="left")["group"]
    weights = table["weight"].to_numpy()
    return OtherHospitals(
        table["row"].to_numpy().astype(np.int64),
        cumulative(weights),
        grouped_shares(group.to_numpy(), weights),
        department.fill_null(-1).to_numpy(),
    )


def places(block: Block, purpose: str, persons: pl.DataFrame, position: Ints) -> Ints:
    """Row of facility.csv of each stay; controls are never at the four hospitals."""
    others = other_hospitals()
    draw = block.stream(f"place of a {purpose}").random((3, len(position)))
    home = persons["home"].to_numpy()[position]
    department = others.department_of_commune[persons["commune"].to_numpy()[position]]
    near = (draw[1] < NEARBY) & (department >= 0)
    row = np.where(near, others.nearby.pick(np.maximum(department, 0), draw[2]), pick(others.shares, draw[2]))
    return np.where((home > 0) & (draw[0] < AT_HOME), home - 1, others.rows[row])
