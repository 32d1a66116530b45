"""Whose SNDS rows are whose, for one delivery: the funds' matching ids, and persons of their own for the rest."""

import polars as pl

from pipelines.keys import demo_keyring
from pipelines.pseudonymise import PERSONS_SCHEMA
from pipelines.snds_persons import SndsPersons
from tests.pipelines.tables import table

MATCHING: dict[str, pl.DataType] = {"idacc": pl.UInt64(), "BEN_NIR_PSA": pl.String(), "BEN_RNG_GEM": pl.Int64()}
CLAIMS: dict[str, pl.DataType] = {"BEN_NIR_PSA": pl.String(), "BEN_RNG_GEM": pl.Int64(), "row": pl.Int64()}
STAYS: dict[str, pl.DataType] = {
    "ETA_NUM": pl.String(),
    "RSA_NUM": pl.String(),
    "NIR_ANO_17": pl.String(),
}
FUNDS = """
    idacc | BEN_NIR_PSA | BEN_RNG_GEM
    11    | A           | 1
    21    | TWINS       | 1
    22    | TWINS       | 2
"""


def persons() -> SndsPersons:
    return SndsPersons(table(FUNDS, MATCHING), demo_keyring("snds"))


def test_claims_take_the_funds_matching_ids_twins_apart() -> None:
    rows = table("BEN_NIR_PSA | BEN_RNG_GEM | row\nA | 1 | 1\nTWINS | 2 | 2\nTWINS | 1 | 3\nA | 1 | 4", CLAIMS)
    found = persons().of_claims(rows).sort("row")
    assert found["idacc"].to_list() == [11, 22, 21, 11]


def test_claims_of_a_pseudonym_unknown_to_the_funds_are_one_person_of_their_own() -> None:
    known = persons()
    first = known.of_claims(table("BEN_NIR_PSA | BEN_RNG_GEM | row\nB | 1 | 1\nB | 1 | 2\nA | 9 | 3", CLAIMS))
    second = known.of_claims(table("BEN_NIR_PSA | BEN_RNG_GEM | row\nB | 1 | 4", CLAIMS))
    assert first.height == 3
    by_row = dict(first.select("row", "idacc").rows()) | dict(second.select("row", "idacc").rows())
    assert by_row[1] == by_row[2] == by_row[4]
    assert by_row[3] not in (11, by_row[1])
    own = pl.concat(known.own)
    assert own["reason"].to_list() == ["unknown_to_funds"] * 2
    assert own.columns == list(PERSONS_SCHEMA)
    assert set(own["idacc"]) == {by_row[1], by_row[3]}


def test_funds_that_sent_everybody_leave_nobody_of_her_own() -> None:
    known = persons()
    known.of_claims(table("BEN_NIR_PSA | BEN_RNG_GEM | row\nA | 1 | 1", CLAIMS))
    assert known.own == []


def test_stay_of_a_known_pseudonym_takes_its_matching_id() -> None:
    known = persons()
    found = known.of_stays(table("ETA_NUM | RSA_NUM | NIR_ANO_17\nF | r1 | A\nF | r2 | A", STAYS), 2018)
    assert found["idacc"].to_list() == [11, 11]
    assert pl.concat(known.own).height == 0


def test_stay_that_may_be_either_twins_is_neither_twins() -> None:
    known = persons()
    found = known.of_stays(table("ETA_NUM | RSA_NUM | NIR_ANO_17\nF | r1 | TWINS", STAYS), 2018)
    assert found["idacc"].item() not in (21, 22)
    assert pl.concat(known.own)["reason"].to_list() == ["shared"]


def test_stay_of_an_unknown_pseudonym_is_a_person_known_again_in_another_year() -> None:
    known = persons()
    first = known.of_stays(table("ETA_NUM | RSA_NUM | NIR_ANO_17\nF | r1 | B", STAYS), 2018)
    second = known.of_stays(table("ETA_NUM | RSA_NUM | NIR_ANO_17\nF | r1 | B", STAYS), 2019)
    assert first["idacc"].item() == second["idacc"].item() != 11
    assert pl.concat(known.own)["reason"].to_list() == ["unknown_to_funds"]


def test_stays_without_a_pseudonym_are_each_a_person_and_never_pool() -> None:
    known = persons()
    text = "ETA_NUM | RSA_NUM | NIR_ANO_17\nF | r1 | \nF | r2 | \nG | r1 | \nF | r3 | A"
    first, second = known.of_stays(table(text, STAYS), 2018), known.of_stays(table(text, STAYS), 2019)
    assert first.height == second.height == 4
    alone = pl.concat([first, second]).filter(pl.col("NIR_ANO_17").is_null())
    assert alone["idacc"].n_unique() == 6
    own = pl.concat(known.own)
    assert own["reason"].to_list() == ["no_pseudonym"] * 6
    assert own["handle"].n_unique() == 6
