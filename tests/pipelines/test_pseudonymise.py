"""Tokens, matching ids and handles of one source, and the form in which its columns leave."""

from datetime import date

import polars as pl
import pytest

from pipelines.keys import demo_keyring, encode, hash_records
from pipelines.pseudonymise import canonical_name, draw_matching_ids, handles, outgoing, persons_without_token, tokenise
from pipelines.star.reads import READS
from schema.codes import nir_key, valid_nir13
from schema.raw import TABLES
from tests.pipelines.tables import shown, table

KEYRING = demo_keyring("hospital_1")
RECORDS: dict[str, pl.DataType] = {
    "patient_number": pl.String(),
    "insured_nir": pl.String(),
    "birth_date": pl.Date(),
    "sex": pl.Int64(),
    "first_name": pl.String(),
}
MAY_NOT_LEAVE = ("direct", "person", "professional")


def tokens_of(text: str, party: str = "hospital_1") -> pl.DataFrame:
    return tokenise(table(text, RECORDS), demo_keyring(party), ("patient_number",))


def nir_of(*texts: str | None) -> list[str | None]:
    return pl.DataFrame({"nir": pl.Series(texts, dtype=pl.String)}).select(valid_nir13(pl.col("nir")))["nir"].to_list()


@pytest.mark.parametrize(
    ("nir13", "key"), [("2951099126111", 93), ("186022A215325", 23), ("186022B215325", 50), ("1860219215325", 23)]
)
def test_key_of_a_nir_is_97_less_the_number_modulo_97(nir13: str, key: int) -> None:
    assert pl.select(nir_key(pl.lit(nir13))).item() == key


def test_nir_with_its_key_loses_it_and_any_other_key_makes_it_invalid() -> None:
    assert nir_of("295109912611193") == ["2951099126111"]
    assert nir_of(*(f"2951099126111{key:02}" for key in range(100) if key != 93)) == [None] * 99


@pytest.mark.parametrize(
    "nir",
    [
        None,
        "",
        "2951099126111",
        "2951099126111930",
        "295 10 99 126 111 93",
        "395109912611193",
        "295139912611193",
        "295009912611193",
        "186022C21532523",
        "186022a21532523",
        "2A6022A21532523",
        "29510991261119٣",
        "xxxxxxxxxxxxxxx",
    ],
)
def test_text_that_has_not_the_form_of_a_nir_is_invalid(nir: str | None) -> None:
    assert nir_of(nir) == [None]


def test_corsica_is_not_correze() -> None:
    """2A counts as 19 in the key alone: the numbers of two departments stay two persons."""
    assert nir_of("186022A21532523", "186021921532523") == ["186022A215325", "1860219215325"]
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 186022A21532523 | 1986-02-01 | 1   | Jean
        2              | 186021921532523 | 1986-02-01 | 1   | Jean
    """)
    assert found["token"].n_unique() == 2
    assert found["reason"].to_list() == [None, None]


def test_token_is_the_hash_of_the_insured_number_without_key_birth_date_and_sex() -> None:
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | Ada
    """)
    key = KEYRING.derive("stage1", "insured-nir")
    assert found["token"].to_list() == hash_records(key, "insured-nir", [["2951099126111"], ["19951003"], ["2"]])


def test_two_sources_make_one_token_and_two_handles_of_one_person() -> None:
    text = """
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | Ada
    """
    here, there = tokens_of(text), tokens_of(text, "hospital_2")
    assert here["token"].to_list() == there["token"].to_list()
    assert here["handle"].to_list() != there["handle"].to_list()


def test_child_under_a_parents_number_is_not_the_parent() -> None:
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | Ada
        2              | 295109912611193 | 2018-05-01 | 2   | Ada
        3              | 295109912611193 | 1995-10-03 | 1   | Ada
    """)
    assert found["token"].n_unique() == 3
    assert found["idacc"].n_unique() == 3
    assert found["is_shared"].to_list() == [False, False, False]


def test_missing_and_invalid_numbers_give_no_token_and_say_why() -> None:
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              |                 | 1995-10-03 | 2   | Ada
        2              | 295109912611194 | 1995-10-03 | 2   | Ada
        3              | 295109912611193 | 1995-10-03 | 2   | Ada
    """)
    assert shown(found, "patient_number | reason | is_shared") == [
        ["patient_number", "reason", "is_shared"],
        ["1", "missing", "false"],
        ["2", "invalid", "false"],
        ["3", "", "false"],
    ]
    assert found["token"].is_null().to_list() == [True, True, False]


def test_persons_without_a_number_never_pool() -> None:
    found = tokens_of("""
        patient_number | insured_nir | birth_date | sex | first_name
        1              |             | 1995-10-03 | 2   | Ada
        2              |             | 1995-10-03 | 2   | Ada
        3              | no number   | 1995-10-03 | 2   | Ada
        4              | no number   | 1995-10-03 | 2   | Ada
    """)
    assert found["idacc"].n_unique() == 4
    assert found["handle"].n_unique() == 4
    assert found["token"].null_count() == 4


def test_same_sex_twins_under_one_number_share_a_token_and_are_two_persons() -> None:
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 2018-05-01 | 1   | Paul
        2              | 295109912611193 | 2018-05-01 | 1   | Louis
    """)
    assert found["token"].n_unique() == 1
    assert found["idacc"].n_unique() == 2
    assert found["is_shared"].to_list() == [True, True]
    assert found["reason"].to_list() == ["shared", "shared"]


def test_one_person_under_two_local_numbers_has_one_matching_id_and_two_handles() -> None:
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | Élise-Marie
        2              | 295109912611193 | 1995-10-03 | 2   | ELISE MARIE
        3              | 186022A21532523 | 1986-02-01 | 1   | Jean
    """)
    assert found["idacc"].n_unique() == 2
    assert found["idacc"][0] == found["idacc"][1]
    assert found["handle"].n_unique() == 3
    assert found["is_shared"].to_list() == [False] * 3


@pytest.mark.parametrize(("first", "second"), [("", ""), ("Ada", ""), ("--", "--"), ("123", "")])
def test_records_whose_first_names_say_nothing_are_not_taken_for_one_person(first: str, second: str) -> None:
    found = tokens_of(f"""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | {first}
        2              | 295109912611193 | 1995-10-03 | 2   | {second}
    """)
    assert found["idacc"].n_unique() == 2
    assert found["reason"].to_list() == ["shared", "shared"]


def test_one_record_without_a_first_name_keeps_its_token() -> None:
    found = tokens_of("""
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   |
    """)
    assert found["is_shared"].to_list() == [False]
    assert found["token"].null_count() == 0


@pytest.mark.parametrize(
    ("written", "compared"),
    [("Élise-Marie", "ELISEMARIE"), ("d'Ornano", "DORNANO"), ("Cœur", "COEUR"), ("ç ï ü", "CIU"), ("Ægir", "AEGIR")],
)
def test_names_are_compared_in_capitals_without_accents(written: str, compared: str) -> None:
    assert pl.select(canonical_name(pl.lit(written))).item() == compared


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
    assert found["token"].null_count() == 2
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
    text = """
        patient_number | insured_nir     | birth_date | sex | first_name
        1              | 295109912611193 | 1995-10-03 | 2   | Ada
    """
    identity = [["2951099126111"], ["19951003"], ["2"]]
    unkeyed = hash_records(b"\x00" * 32, "insured-nir", identity)
    assert tokens_of(text)["token"].to_list() != unkeyed
    assert encode("2951099126111", "19951003", "2") not in tokens_of(text)["token"].to_list()
