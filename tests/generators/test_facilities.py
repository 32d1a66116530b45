"""Where stays happen."""

import numpy as np
import polars as pl

from generators.block import Block
from generators.facilities import places
from schema import reference
from schema.configuration import Configuration

N = 20_000
BLOCK = Block(4, Configuration(4_096), 0)
FACILITY, COMMUNE = reference.read("facility"), reference.read("commune")
LILLE = COMMUNE["commune_code"].to_list().index("59350")


def at(home: int) -> pl.DataFrame:
    rows = places(BLOCK, "stay", pl.DataFrame({"home": [home], "commune": [LILLE]}), np.zeros(N, dtype=np.int64))
    return FACILITY[pl.Series(rows)]


def test_sixty_per_cent_of_a_patients_stays_are_at_her_hospital() -> None:
    chosen = at(3)["facility_number"].to_numpy()
    assert abs(np.mean(chosen == 3) - 0.60) < 0.011
    assert not np.isin(chosen, [1, 2, 4]).any()


def test_controls_are_never_at_the_four() -> None:
    assert at(0)["is_emc2"].sum() == 0


def test_most_stays_elsewhere_are_in_the_department() -> None:
    others = FACILITY.filter(pl.col("is_emc2") == 0)
    local = others.filter(pl.col("department_code") == "59")["weight"].sum()
    local = float(local) / float(others["weight"].sum())
    share = (at(0)["department_code"] == "59").mean()
    assert abs(share - (0.70 + 0.30 * local)) < 0.011  # type: ignore[operator]


def test_larger_hospitals_of_the_department_are_chosen_more_often() -> None:
    north = FACILITY.filter((pl.col("is_emc2") == 0) & (pl.col("department_code") == "59"))
    chosen = at(0).filter(pl.col("department_code") == "59")["facility_number"].value_counts(normalize=True)
    compared = north.join(chosen, on="facility_number")
    assert compared.height == north.height
    expected = compared["weight"] / compared["weight"].sum()
    assert (compared["proportion"] - expected).abs().max() < 0.02  # type: ignore[operator]


def test_department_without_a_hospital_sends_its_people_elsewhere() -> None:
    with_one = FACILITY.filter(pl.col("is_emc2") == 0)["department_code"].unique().to_list()
    without = COMMUNE.with_row_index("row").filter(~pl.col("department_code").is_in(with_one))["row"]
    rows = without.head(1).to_list() or [LILLE]
    chosen = places(BLOCK, "stay", pl.DataFrame({"home": [0], "commune": rows}), np.zeros(50, dtype=np.int64))
    assert np.all(chosen >= 4)
    assert len(np.unique(chosen)) > 5
