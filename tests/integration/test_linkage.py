"""Links found are exactly those that the truth says can be found by the one token."""

import polars as pl

from pipelines.register import read_register
from schema.layout import HOSPITALS, Workspace, parts


def truth(workspace: Workspace, table: str) -> pl.DataFrame:
    return pl.read_parquet(parts(workspace.truth / table))


def findable(workspace: Workspace) -> pl.DataFrame:
    """Records of the four hospitals whose insured number was recorded right and stands for one person alone."""
    persons = truth(workspace, "person")
    alone = persons.filter(pl.len().over("insured_nir", "birth_date", "sex") == 1)
    records = truth(workspace, "identity").filter(pl.col("source").is_in(HOSPITALS), pl.col("nir_fault") == "none")
    return records.join(alone.select("person"), on="person", how="semi")


def test_links_are_exactly_those_that_the_truth_says_can_be_found(finished: Workspace) -> None:
    expected = findable(finished)["person"].unique()
    linked = pl.read_parquet(parts(finished.star / "dim_patient")).filter(pl.col("linkage") == "linked")

    assert len(expected) > 2_500  # a third of 9,000 are patients, and few are spoiled
    assert linked.height == len(expected)


def test_every_hospital_record_is_linked_or_alone_for_the_reason_that_was_planted(finished: Workspace) -> None:
    faults = truth(finished, "identity").filter(pl.col("source").is_in(HOSPITALS)).group_by("nir_fault").len()
    planted = dict(faults.iter_rows())
    vault = pl.read_parquet(finished.custodian / "vault.parquet").filter(pl.col("source").is_in(HOSPITALS))
    found = dict(vault.filter(pl.col("reason").is_not_null()).group_by("reason").len().iter_rows())

    assert found["missing"] == planted["missing"]
    assert found["invalid"] == planted["mistyped"]
    assert vault.filter(pl.col("linkage") == "single").height == planted["mistyped_key_valid"]
    assert planted["missing"] > 20
    assert planted["mistyped"] > 5


def test_twins_under_one_number_are_nobody_else(finished: Workspace) -> None:
    persons = truth(finished, "person")
    twins = persons.filter(pl.len().over("insured_nir", "birth_date", "sex") > 1)
    vault = pl.read_parquet(finished.custodian / "vault.parquet").filter(pl.col("source") == "funds")
    shared = vault.filter(pl.col("reason") == "shared")

    assert twins.height > 10
    assert shared.height == twins.height
    assert shared["pseudonym"].n_unique() == shared.height


def test_nulls_never_pool_and_nobody_is_patient_zero(finished: Workspace) -> None:
    register = read_register(finished.hub)
    facts = [folder for folder in finished.star.iterdir() if folder.name.startswith("fact_")]

    assert register["patient_key"].min() == 1
    assert register["pseudonym"].n_unique() == register.height
    for folder in facts:
        assert pl.scan_parquet(parts(folder)).select(pl.col("patient_key").min()).collect().item() >= 1


def test_one_stay_has_two_witnesses_unless_an_identity_was_spoiled(finished: Workspace) -> None:
    stays = pl.read_parquet(parts(finished.star / "fact_hospital_stay"))
    recorded = stays.filter("is_in_hospital_record")
    unpaired = recorded.filter(~pl.col("is_in_pmsi")).height / recorded.height

    assert stays.filter("is_in_pmsi").height == sum(
        pl.scan_parquet(parts(folder)).select(pl.len()).collect().item()
        for folder in finished.source("snds").glob("T_MCO*C")
    )
    assert 0.005 < unpaired < 0.05  # 3 % of the numbers are spoiled, and twins
