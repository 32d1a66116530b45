"""Tokens, matching ids and handles of one source, and the form in which its columns leave."""

from datetime import date

import polars as pl
import pytest

from pipelines.keys import demo_keyring, encode
from pipelines.keys.hashing import hash_records
from pipelines.match_keys import PASSES, match_keys
from pipelines.pseudonymise import (
    PERSONS_SCHEMA,
    Identified,
    draw_matching_ids,
    handles,
    outgoing,
    persons_without_token,
    tokenise,
)
from pipelines.star.reads import READS
from schema.raw import TABLES
from tests.pipelines.tables import cells, table

KEYRING = demo_keyring("hospital_1")
RECORDS: dict[str, pl.DataType] = {
    "patient_number": pl.String(),
    "insured_nir": pl.String(),
    "own_nir": pl.String(),
    "birth_name": pl.String(),
    "used_name": pl.String(),
    "first_name": pl.String(),
    "other_first_names": pl.String(),
    "birth_date": pl.Date(),
    "sex": pl.Int64(),
    "birth_place_code": pl.String(),
    "residence_commune_code": pl.String(),
}
ADA, JEAN = "295109912611193", "186022A21532523"
MAY_NOT_LEAVE = ("direct", "person", "professional")


def identified(text: str, party: str = "hospital_1") -> Identified:
    """What a source says of the rows of a table; columns not shown were not recorded."""
    shown_here = cells(text)[0]
    schema = {name: dtype for name, dtype in RECORDS.items() if name in shown_here}
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in RECORDS.items() if name not in shown_here]
    return tokenise(table(text, schema).with_columns(absent), demo_keyring(party), ("patient_number",))


def tokens_of(text: str, kind: str = "insured", party: str = "hospital_1") -> pl.DataFrame:
    """One row a record: its person, reason, and token of one kind."""
    found = identified(text, party)
    tokens = found.tokens.filter(pl.col("kind") == kind)
    return found.persons.join(tokens, on="idacc", how="left", maintain_order="left")


def test_corsica_is_not_correze() -> None:
    """2A counts as 19 in the key alone: the numbers of two departments stay two persons."""
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 186022A21532523 | 1986-02-01 | 1   | Jean
        2              | 186021921532523 | 1986-02-01 | 1   | Jean
    """)
    assert found["token"].n_unique() == 2
    assert found["reason"].to_list() == [None, None]


@pytest.mark.parametrize(("kind", "column"), [("insured", "insured_nir"), ("own", "own_nir")])
def test_token_is_the_hash_of_a_number_without_key_birth_date_and_sex(kind: str, column: str) -> None:
    found = tokens_of(
        f"""
        patient_number | {column} | birth_date | sex | first_name
        1              | {ADA}    | 1995-10-03 | 2   | Ada
        """,
        kind,
    )
    key = KEYRING.derive("stage1", f"token {kind}")
    assert found["token"].to_list() == hash_records(key, kind, [["2951099126111"], ["19951003"], ["2"]])


def test_same_number_as_insured_and_as_own_gives_two_tokens_that_nobody_can_compare() -> None:
    found = identified(f"""
        patient_number | insured_nir | own_nir | birth_date | sex | first_name
        1              | {ADA}       | {ADA}   | 1995-10-03 | 2   | Ada
    """)
    assert sorted(found.tokens["kind"]) == ["insured", "own"]
    assert found.tokens["token"].n_unique() == 2


def test_two_sources_make_one_token_and_two_handles_of_one_person() -> None:
    text = f"""
        patient_number | insured_nir | birth_date | sex | first_name
        1              | {ADA}       | 1995-10-03 | 2   | Ada
    """
    here, there = tokens_of(text), tokens_of(text, party="hospital_2")
    assert here["token"].to_list() == there["token"].to_list()
    assert here["handle"].to_list() != there["handle"].to_list()


def test_child_under_a_parents_number_is_not_the_parent() -> None:
    found = tokens_of(f"""
        patient_number | insured_nir | birth_date | sex | first_name
        1              | {ADA}       | 1995-10-03 | 2   | Ada
        2              | {ADA}       | 2018-05-01 | 2   | Ada
        3              | {ADA}       | 1995-10-03 | 1   | Ada
    """)
    assert found["token"].n_unique() == 3
    assert found["idacc"].n_unique() == 3
    assert found["is_shared"].to_list() == [False, False, False]


def test_number_that_cannot_be_used_gives_no_token_and_says_why() -> None:
    found = tokens_of(f"""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              |                 | 1995-10-03 | 2   | Ada
        2              | 295109912611194 | 1995-10-03 | 2   | Bea
        3              | 795109912611137 | 1995-10-03 | 2   | Cat
        4              | 299999999999945 | 1995-10-03 | 2   | Dea
        5              | {ADA}           | 1995-10-03 | 2   | Eve
    """)
    assert found["reason"].to_list() == ["missing", "invalid", "provisional", "fictitious", None]
    assert found["token"].is_null().to_list() == [True, True, True, True, False]


def test_own_number_serves_where_the_insureds_cannot_be_used() -> None:
    found = identified(f"""
        patient_number | insured_nir | own_nir | birth_date | sex | first_name
        1              |             | {ADA}   | 1995-10-03 | 2   | Ada
    """)
    assert found.persons["reason"].to_list() == [None]
    assert found.tokens["kind"].to_list() == ["own"]


def test_missing_identity_is_never_a_hash_of_nothing() -> None:
    found = identified("""
        patient_number | insured_nir | birth_date | sex | first_name | birth_name | birth_place_code
        1              |             | 1995-10-03 | 2   |            |            |
        2              | no number   | 1995-10-03 | 2   | --         | 123        | 7
    """)
    assert found.tokens.height == 0
    assert [keys.height for _, keys in match_keys(found.traits, KEYRING, 1)] == [0] * len(PASSES)
    assert found.persons["idacc"].n_unique() == found.persons["handle"].n_unique() == 2


def test_same_sex_twins_under_one_number_share_a_token_and_are_two_persons() -> None:
    found = tokens_of(f"""
        patient_number | insured_nir | birth_date | sex | first_name | other_first_names
        1              | {ADA}       | 2018-05-01 | 1   | Paul       | Marie
        2              | {ADA}       | 2018-05-01 | 1   | Louis      | Marie
    """)
    assert found["token"].n_unique() == 1
    assert found["idacc"].n_unique() == 2
    assert found["is_shared"].to_list() == [True, True]
    assert found["reason"].to_list() == ["shared", "shared"]


def test_twins_with_numbers_of_their_own_have_tokens_of_their_own_beside_the_shared_one() -> None:
    found = identified(f"""
        patient_number | insured_nir | own_nir         | birth_date | sex | first_name
        1              | {ADA}       | 118059912611153 | 2018-05-01 | 1   | Louis
        2              | {ADA}       | 118059912611252 | 2018-05-01 | 1   | Loulou
    """)
    assert found.persons["idacc"].n_unique() == 2
    assert found.persons["reason"].to_list() == [None, None]
    assert dict(found.tokens.group_by("kind").agg(pl.col("is_shared").all()).iter_rows()) == {
        "insured": True,
        "own": False,
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [("Élise-Marie", "ELISE MARIE"), ("Isabelle", "ISABEHLE"), ("Raphaël", "Rahpaël")],
)
def test_one_person_under_two_local_numbers_has_one_matching_id_and_two_handles(first: str, second: str) -> None:
    found = tokens_of(f"""
        patient_number | insured_nir | birth_date | sex | first_name
        1              | {ADA}       | 1995-10-03 | 2   | {first}
        2              | {ADA}       | 1995-10-03 | 2   | {second}
        3              | {JEAN}      | 1986-02-01 | 1   | Jean
    """)
    assert found["idacc"].n_unique() == 2
    assert found["idacc"][0] == found["idacc"][1]
    assert found["handle"].n_unique() == 3
    assert found["is_shared"].to_list() == [False] * 3


def test_person_who_goes_by_her_second_name_at_times_is_one() -> None:
    found = tokens_of(f"""
        patient_number | insured_nir | birth_date | sex | first_name | other_first_names
        1              | {ADA}       | 1995-10-03 | 2   | Ada        | Jeanne Marie
        2              | {ADA}       | 1995-10-03 | 2   | Jeanne     |
    """)
    assert found["idacc"].n_unique() == 1


def test_records_without_a_number_are_one_person_if_names_date_sex_and_a_place_agree() -> None:
    text = """
        patient_number | insured_nir | birth_date | sex | first_name | birth_name | {}
        1              |             | 1995-10-03 | 2   | Ada        | Martin     | 75101
        2              |             | 1995-10-03 | 2   | ADA        | martin     | {}
    """
    for place in ("birth_place_code", "residence_commune_code"):
        assert identified(text.format(place, "75101")).persons["idacc"].n_unique() == 1
        assert identified(text.format(place, "75102")).persons["idacc"].n_unique() == 2


def test_records_with_different_own_numbers_are_two_persons_whatever_their_names() -> None:
    found = identified(f"""
        patient_number | own_nir | birth_date | sex | first_name | birth_name | birth_place_code
        1              | {ADA}   | 1995-10-03 | 2   | Ada        | Martin     | 75101
        2              | {JEAN}  | 1995-10-03 | 2   | Ada        | Martin     | 75101
    """)
    assert found.persons["idacc"].n_unique() == 2


@pytest.mark.parametrize(("first", "second"), [("", ""), ("Ada", ""), ("--", "--"), ("123", "")])
def test_records_whose_first_names_say_nothing_are_not_taken_for_one_person(first: str, second: str) -> None:
    found = tokens_of(f"""
        patient_number | insured_nir | birth_date | sex | first_name
        1              | {ADA}       | 1995-10-03 | 2   | {first}
        2              | {ADA}       | 1995-10-03 | 2   | {second}
    """)
    assert found["idacc"].n_unique() == 2
    assert found["reason"].to_list() == ["shared", "shared"]


def test_one_record_without_a_first_name_keeps_its_token() -> None:
    found = tokens_of(f"""
        patient_number | insured_nir | birth_date | sex | first_name
        1              | {ADA}       | 1995-10-03 | 2   |
    """)
    assert found["is_shared"].to_list() == [False]
    assert found["token"].null_count() == 0


def test_matching_ids_are_unique_and_different_every_time() -> None:
    first, second = draw_matching_ids(50_000), draw_matching_ids(50_000)
    assert first.n_unique() == second.n_unique() == 50_000
    assert set(first).isdisjoint(second)
    assert draw_matching_ids(0).len() == 0


def test_same_records_get_new_matching_ids_but_the_same_tokens_and_handles() -> None:
    text = """
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | Ada
        2              |                 | 1986-02-01 | 1   | Jean
    """
    first, second = tokens_of(text), tokens_of(text)
    assert set(first["idacc"]).isdisjoint(second["idacc"])
    assert first.drop("idacc").equals(second.drop("idacc"))


def test_handle_is_hashed_under_the_sources_own_secret() -> None:
    records = pl.DataFrame({"patient_number": ["7"]})
    key = KEYRING.derive("own", "handle", "hospital_1")
    assert handles(records, KEYRING, ["patient_number"]).to_list() == hash_records(key, "handle", [["7"]])


def test_handle_never_misses_even_where_a_local_column_is_null() -> None:
    records = pl.DataFrame({"a": ["1", None, ""], "b": [None, "1", None]}, schema={"a": pl.String, "b": pl.String})
    found = handles(records, KEYRING, ["a", "b"])
    assert found.null_count() == 0
    assert found.n_unique() == 3


def test_person_without_token_keeps_her_local_columns_and_the_reason() -> None:
    records = pl.DataFrame({"BEN_NIR_PSA": ["a", "b"], "BEN_RNG_GEM": [1, 1]})
    found = persons_without_token(records, demo_keyring("snds"), ("BEN_NIR_PSA", "BEN_RNG_GEM"), "unknown_to_funds")
    assert found["BEN_NIR_PSA"].to_list() == ["a", "b"]
    assert found["idacc"].n_unique() == found["handle"].n_unique() == 2
    assert found.columns == ["BEN_NIR_PSA", "BEN_RNG_GEM", *PERSONS_SCHEMA]
    assert found["reason"].to_list() == ["unknown_to_funds"] * 2


@pytest.mark.parametrize(
    ("name", "column"),
    [(name, c.name) for name, declared in TABLES.items() for c in declared.columns if c.privacy in MAY_NOT_LEAVE],
)
def test_identifying_column_may_not_leave_its_source(name: str, column: str) -> None:
    with pytest.raises(ValueError, match=f"{name}.{column} is tagged"):
        outgoing(TABLES[name], [column])


@pytest.mark.parametrize("name", sorted(READS))
def test_every_column_that_the_star_reads_may_leave_its_source(name: str) -> None:
    assert len(outgoing(TABLES[name], READS[name])) == len(READS[name])
    assert {TABLES[name].column(c).privacy for c in READS[name]}.isdisjoint(MAY_NOT_LEAVE)


def test_birth_date_leaves_as_the_first_of_its_month_and_care_dates_leave_exact() -> None:
    birth = pl.DataFrame({"birth_date": [date(1995, 10, 31), date(1960, 2, 29)], "sex": [1, 2]})
    left = birth.select(outgoing(TABLES["patient"], ["birth_date", "sex"]))
    assert left["birth_date"].to_list() == [date(1995, 10, 1), date(1960, 2, 1)]
    assert left["sex"].to_list() == [1, 2]
    care = pl.DataFrame({"EXE_SOI_DTD": [date(2018, 3, 17)]})
    assert care.select(outgoing(TABLES["ER_PRS_F"], ["EXE_SOI_DTD"]))["EXE_SOI_DTD"].to_list() == [date(2018, 3, 17)]


def test_token_bytes_are_not_those_of_an_unkeyed_hash() -> None:
    """The space of numbers is small: a token that anyone can compute is no token."""
    text = f"""
        patient_number | insured_nir | birth_date | sex | first_name
        1              | {ADA}       | 1995-10-03 | 2   | Ada
    """
    identity = [["2951099126111"], ["19951003"], ["2"]]
    unkeyed = hash_records(b"\x00" * 32, "insured", identity)
    assert tokens_of(text)["token"].to_list() != unkeyed
    assert encode("2951099126111", "19951003", "2") not in tokens_of(text)["token"].to_list()
