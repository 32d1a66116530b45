"""A clean world has no fault, and is else the same world."""

from pathlib import Path

import polars as pl
import pytest

from generators.world import World, generate_block
from schema.configuration import Configuration
from schema.layout import HOSPITALS
from schema.raw import DCIR_KEY

PERSONS, SEED = 4_096, 11
PERSON = ["BEN_NIR_PSA", "BEN_RNG_GEM"]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One block with faults and one without."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("faulty", "clean")}
    for name, root in roots.items():
        generate_block(World(Configuration(PERSONS, clean=name == "clean"), SEED), 0, root)
    return roots


def both(worlds: dict[str, Path], table: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    faulty, clean = (pl.read_parquet(worlds[name] / table / "*.parquet") for name in ("faulty", "clean"))
    return faulty, clean


def test_no_label_says_a_fault(worlds: dict[str, Path]) -> None:
    faulty, clean = both(worlds, "truth/identity")
    labels = [name for name in clean.columns if name.endswith("_fault")]
    assert len(labels) == 12
    for name in labels:
        assert set(clean[name]) == {"none"}, name
        assert faulty[name].n_unique() > 1, name


def test_persons_and_what_they_have_are_the_same(worlds: dict[str, Path]) -> None:
    faulty, clean = both(worlds, "truth/person")
    assert clean["known_to_funds"].all()
    assert not faulty["known_to_funds"].all()
    assert faulty.drop("known_to_funds").equals(clean.drop("known_to_funds"))
    faulty, clean = both(worlds, "truth/condition")
    assert faulty.equals(clean)


def test_claims_are_the_same_but_for_the_card_and_whom_the_funds_do_not_know(worlds: dict[str, Path]) -> None:
    faulty, clean = both(worlds, "sources/snds/ER_PRS_F")
    kept = clean.join(faulty.select(DCIR_KEY), on=list(DCIR_KEY), how="semi", maintain_order="left")
    assert 0.98 * clean.height < kept.height == faulty.height < clean.height
    assert faulty.drop("BEN_NIR_PSA").equals(kept.drop("BEN_NIR_PSA"))
    assert 0.9 < (faulty["BEN_NIR_PSA"] == kept["BEN_NIR_PSA"]).mean() < 1  # type: ignore[operator]
    known = clean.join(faulty.select(PERSON).unique(), on=PERSON, how="semi").select(DCIR_KEY)
    assert known.join(faulty, on=list(DCIR_KEY), how="anti").height == 0


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_stays_are_the_same_but_for_the_local_number(worlds: dict[str, Path], hospital: str) -> None:
    for table in ("encounter", "diagnosis", "procedure"):
        faulty, clean = both(worlds, f"sources/{hospital}/{table}")
        assert faulty.drop("patient_number", strict=False).equals(clean.drop("patient_number", strict=False)), table
    faulty, clean = both(worlds, f"sources/{hospital}/encounter")
    assert (faulty["patient_number"] == clean["patient_number"]).mean() > 0.95  # type: ignore[operator]


def test_abstracts_are_the_same_but_for_the_identity(worlds: dict[str, Path]) -> None:
    faulty, clean = both(worlds, "sources/snds/T_MCO18B")
    recorded = ("AGE_ANN", "AGE_JOU", "COD_SEX")
    assert faulty.drop(recorded).equals(clean.drop(recorded))
    faulty, clean = both(worlds, "sources/snds/T_MCO18C")
    identity = ("NIR_ANO_17", "NIR_RET")
    assert faulty.drop(identity).equals(clean.drop(identity))
    assert clean["NIR_ANO_17"].null_count() == 0 < faulty["NIR_ANO_17"].null_count()


def test_records_of_a_clean_world_are_the_truth(worlds: dict[str, Path]) -> None:
    persons = both(worlds, "truth/person")[1]
    identity = both(worlds, "truth/identity")[1].select("person", "source", "patient_number", "record")
    assert set(identity["record"]) == {1}
    for hospital in HOSPITALS:
        patients = both(worlds, f"sources/{hospital}/patient")[1]
        at_hospital = identity.filter(pl.col("source") == hospital).join(patients, on="patient_number")
        true = at_hospital.join(persons, on="person", suffix="_true")
        assert true.height == patients.height > 50
        for column in ("birth_name", "used_name", "first_name", "other_first_names", "birth_date", "sex"):
            assert true[column].equals(true[f"{column}_true"], check_names=False), column
        for column in ("insured_nir", "own_nir"):
            assert (true[column].str.slice(0, 13) == true[f"{column}_true"]).all(), column
    assert both(worlds, "sources/funds/beneficiary")[1].height == PERSONS
