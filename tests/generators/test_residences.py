"""Patients live in the catchment of their hospital, controls anywhere in France."""

import numpy as np
import polars as pl
import pytest

from generators.residences import commune_rows
from schema import reference

N = 100_000


def departments(hospital: int) -> pl.Series:
    rows = commune_rows(np.full(N, hospital), (np.arange(N) + 0.5) / N)
    return reference.read("commune")["department_code"].gather(pl.Series(rows))


@pytest.mark.parametrize("hospital", [1, 2, 3, 4])
def test_shares_of_a_catchment_are_those_declared(hospital: int) -> None:
    found = dict(departments(hospital).value_counts(normalize=True).iter_rows())
    declared = reference.read("catchment").filter(pl.col("hospital") == hospital)
    total = declared["share"].sum()
    named = {d: s / total for d, s in declared.select("department_code", "share").iter_rows() if d != "*"}
    for department, share in named.items():
        assert found[department] == pytest.approx(share, abs=2 / N)
    elsewhere = sum(share for department, share in found.items() if department not in named)
    assert elsewhere == pytest.approx(1 - sum(named.values()), abs=2 / N)
    assert len(found) > 90


def test_controls_live_where_france_does() -> None:
    found = dict(departments(0).value_counts(normalize=True).iter_rows())
    communes = reference.read("commune")
    share = communes.filter(pl.col("department_code") == "59")["population"].sum()
    share = float(share) / float(communes["population"].sum())
    assert found["59"] == pytest.approx(share, abs=2 / N)


def test_each_person_is_drawn_at_her_own_hospital() -> None:
    uniform = np.full(3, 0.5)
    together = commune_rows(np.array([3, 0, 4]), uniform)
    alone = [commune_rows(np.array([hospital]), uniform[:1])[0] for hospital in (3, 0, 4)]
    assert together.tolist() == alone
