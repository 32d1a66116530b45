"""The custodian: who is one person, under which pseudonym, by which pass, and what the vault keeps."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.keys import demo_keyring
from pipelines.keys.hashing import hash_records
from pipelines.link import link
from pipelines.vault import SCHEMA, VAULT
from schema.errors import DeliveryRefused, KeyMaterialError, MissingStage, SchemaViolation
from schema.layout import SOURCES
from tests.pipelines.custody import answered, deliver, play, pseudonyms, vault
from tests.pipelines.keyrings import dealt
from tests.pipelines.tables import cells, fates, shown

PEOPLE = """
    source     | idacc | handle | insured | reason
    hospital_1 | 11    | h1     | T1      |
    funds      | 91    | f1     | T1      |
    hospital_1 | 12    | h2     | T2      |
    hospital_2 | 21    | h3     |         | missing
    snds       | 71    | s1     |         | unknown_to_funds
"""


def linkage(tmp_path: Path, text: str) -> pl.DataFrame:
    """What is answered of each record, in the order of source and matching id."""
    play(tmp_path, text)
    return answered(tmp_path).sort("source", "idacc")


def test_record_is_linked_single_or_alone(tmp_path: Path) -> None:
    expected = """
        source     | idacc | linkage | pass    | quality | reason
        funds      | 91    | linked  | insured | high    |
        hospital_1 | 11    | linked  | insured | high    |
        hospital_1 | 12    | single  |         |         |
        hospital_2 | 21    | alone   |         |         | missing
        snds       | 71    | alone   |         |         | unknown_to_funds
    """
    assert shown(linkage(tmp_path, PEOPLE), expected) == cells(expected)


@pytest.mark.parametrize("sharer", ["hospital_1", "funds", "hospital_4"])
def test_token_that_one_source_calls_shared_links_nothing_anywhere(tmp_path: Path, sharer: str) -> None:
    found = linkage(
        tmp_path,
        f"""
        source     | idacc | handle | insured | shared  | reason
        {sharer}   | 1     | a      | T1      | insured | shared
        {sharer}   | 2     | b      | T1      | insured | shared
        hospital_2 | 3     | c      | T1      |         |
        hospital_3 | 4     | d      | T1      |         |
        hospital_3 | 5     | e      | T2      |         |
        """,
    )
    of = dict(found.select("idacc", "linkage").iter_rows())
    assert of == {1: "alone", 2: "alone", 3: "alone", 4: "alone", 5: "single"}
    assert found.filter(pl.col("linkage") == "alone")["reason"].unique().to_list() == ["shared"]
    assert found["pseudonym"].n_unique() == 5


def test_token_once_shared_links_nothing_in_later_deliveries_either(tmp_path: Path) -> None:
    twins = """
        source     | idacc | handle | insured | shared  | reason
        hospital_1 | 1     | a      | T1      | insured | shared
        hospital_1 | 2     | b      | T1      | insured | shared
    """
    one_left = """
        source     | idacc | handle | insured
        hospital_1 | 1     | a      | T1
        hospital_2 | 3     | c      | T1
        funds      | 9     | f      | T1
    """
    play(tmp_path, twins)
    assert len(set(pseudonyms(tmp_path, one_left, 2).values())) == 3


def test_records_without_a_token_never_link_to_each_other(tmp_path: Path) -> None:
    found = pseudonyms(
        tmp_path, "source | idacc | handle | reason\nhospital_1 | 1 | a | missing\nhospital_2 | 2 | b | missing"
    )
    assert len(set(found.values())) == 2


def test_own_number_links_a_child_whose_insured_number_is_another_at_each_source(tmp_path: Path) -> None:
    found = linkage(
        tmp_path,
        """
        source     | idacc | handle | insured | own
        funds      | 1     | a      | MOTHER  | CHILD
        hospital_1 | 2     | b      | FATHER  | CHILD
        """,
    )
    assert found["pseudonym"].n_unique() == 1
    assert found["pass"].to_list() == ["own", "own"]


def test_source_joins_the_persons_of_two_others_that_knew_one_number_each(tmp_path: Path) -> None:
    found = pseudonyms(
        tmp_path,
        """
        source     | idacc | handle | insured | own
        hospital_1 | 1     | a      | CARD    |
        hospital_2 | 2     | b      |         | OWN
        hospital_3 | 3     | c      | CARD    | OWN
        """,
    )
    assert len(set(found.values())) == 1


def test_two_persons_of_the_register_never_become_one_for_a_hospitals_mistake(tmp_path: Path) -> None:
    found = pseudonyms(
        tmp_path,
        """
        source     | idacc | handle | insured | own
        funds      | 1     | a      | A       | A
        funds      | 2     | b      | B       | B
        hospital_1 | 3     | c      | B       | A
        """,
    )
    assert found["funds a"] != found["funds b"]
    assert found["hospital_1 c"] == found["funds a"]  # the own number goes before the card's


def test_match_key_links_what_no_token_did_and_says_by_which_pass(tmp_path: Path) -> None:
    found = linkage(
        tmp_path,
        """
        source     | idacc | handle | insured | keys         | reason
        funds      | 1     | f      | T1      | name_date:K1 |
        hospital_1 | 2     | h      |         | name_date:K1 | missing
        """,
    )
    assert found["pseudonym"].n_unique() == 1
    assert found.filter(pl.col("source") == "hospital_1").select("linkage", "pass", "quality", "reason").rows() == [
        ("linked", "name_date", "high", None)
    ]


def test_weak_pass_is_tried_last_and_its_links_are_of_low_quality(tmp_path: Path) -> None:
    text = """
        source     | idacc | handle | insured | keys
        funds      | 1     | f      | T1      | name_date:K1
        funds      | 2     | g      | T2      | initials:K2
        hospital_1 | 3     | h      |         | initials:K2 name_date:K1
        hospital_2 | 4     | i      |         | initials:K2
    """
    found = linkage(tmp_path, text)
    of = {row["idacc"]: (row["pass"], row["quality"]) for row in found.iter_rows(named=True)}
    assert of[3] == ("name_date", "high")
    assert of[4] == ("initials", "low")


@pytest.mark.parametrize(
    "others",
    [
        "hospital_1 | 3 | i | | name_date:K1",  # two records of the hospital
        "funds | 3 | g | T2 | name_date:K1",  # two persons of the register
    ],
)
def test_match_key_that_two_have_links_nobody(tmp_path: Path, others: str) -> None:
    found = pseudonyms(
        tmp_path,
        f"""
        source     | idacc | handle | insured | keys
        funds      | 1     | f      | T1      | name_date:K1
        hospital_1 | 2     | h      |         | name_date:K1
        {others}
        """,
    )
    assert len(set(found.values())) == 3


def test_match_key_of_another_pass_links_nobody(tmp_path: Path) -> None:
    found = pseudonyms(
        tmp_path,
        """
        source     | idacc | handle | insured | keys
        funds      | 1     | f      | T1      | name_date:K1
        hospital_1 | 2     | h      |         | year:K1
        """,
    )
    assert len(set(found.values())) == 2


def test_match_key_links_nobody_to_a_person_whom_the_hospital_has_under_another_record(tmp_path: Path) -> None:
    found = pseudonyms(
        tmp_path,
        """
        source     | idacc | handle | insured | keys
        funds      | 1     | f      | T1      | name_date:K1
        hospital_1 | 2     | h      | T1      |
        hospital_1 | 3     | i      |         | name_date:K1
        """,
    )
    assert found["hospital_1 h"] == found["funds f"] != found["hospital_1 i"]


def test_match_keys_are_neither_in_the_vault_nor_left_in_the_post(tmp_path: Path) -> None:
    play(tmp_path, "source | idacc | handle | insured | keys\nfunds | 1 | f | T1 | name_date:SECRETKEY")
    assert vault(tmp_path).schema == SCHEMA
    assert b"SECRETKEY" not in vault(tmp_path)["token"].to_list()
    assert [path.name for path in (tmp_path / "post").iterdir()] == ["custodian_to_hub"]


def test_link_by_a_match_key_is_remembered_by_the_handle(tmp_path: Path) -> None:
    first = """
        source     | idacc | handle | insured | keys
        funds      | 1     | f      | T1      | name_date:K1
        hospital_1 | 2     | h      |         | name_date:K1
    """
    before = pseudonyms(tmp_path, first)
    after = pseudonyms(tmp_path, first.replace("name_date:K1", ""), 2)
    assert after == before
    assert answered(tmp_path).filter(pl.col("source") == "hospital_1")["pass"].to_list() == ["name_date"]


def test_pseudonyms_are_hashes_under_the_custodians_secret(tmp_path: Path) -> None:
    found = pseudonyms(tmp_path, PEOPLE)
    keyring = demo_keyring("custodian")
    person = hash_records(keyring.derive("stage2", "person"), "person", [[b"T1"]])
    alone = hash_records(keyring.derive("stage2", "alone"), "alone", [["hospital_2"], [b"h3"]])
    assert [found["hospital_1 h1"]] == [found["funds f1"]] == person
    assert [found["hospital_2 h3"]] == alone


def test_hub_receives_neither_tokens_nor_handles(tmp_path: Path) -> None:
    rows = linkage(tmp_path, PEOPLE)
    assert rows.columns == ["idacc", "source", "pseudonym", "linkage", "pass", "quality", "reason"]
    assert answered(tmp_path, "orders").columns == ["order", "pseudonym", "into"]
    assert rows.height == 5


def test_two_local_numbers_of_one_person_are_answered_once_and_kept_twice(tmp_path: Path) -> None:
    found = linkage(tmp_path, "source | idacc | handle | insured\nhospital_1 | 1 | a | T1\nhospital_1 | 1 | b | T1")
    assert found["linkage"].to_list() == ["single"]
    assert vault(tmp_path).filter(pl.col("kind") == "handle").height == 2


def test_same_matching_id_at_two_sources_is_two_answers(tmp_path: Path) -> None:
    found = linkage(tmp_path, "source | idacc | handle | insured\nhospital_1 | 1 | a | T1\nhospital_2 | 1 | b | T2")
    assert found["pseudonym"].n_unique() == 2


def test_ledger_counts_each_record_once_by_linkage_pass_quality_and_reason(tmp_path: Path) -> None:
    ledger = play(tmp_path, PEOPLE)
    assert fates(ledger, "hospital_1") == {"read ": 2, "kept linked, insured, high": 1, "kept single": 1}
    assert fates(ledger, "hospital_2") == {"read ": 1, "kept alone, missing": 1}
    assert fates(ledger, "snds") == {"read ": 1, "kept alone, unknown_to_funds": 1}


def test_linking_twice_gives_the_same_vault_and_pseudonyms(tmp_path: Path) -> None:
    first = pseudonyms(tmp_path, PEOPLE)
    before = vault(tmp_path)
    assert pseudonyms(tmp_path, PEOPLE, 2) == first
    assert vault(tmp_path).equals(before)


def test_person_alone_is_known_again_by_source_and_handle_though_her_matching_id_is_new(tmp_path: Path) -> None:
    first = pseudonyms(tmp_path, PEOPLE)
    again = pseudonyms(tmp_path, PEOPLE.replace("| 21 ", "| 99 "), 2)
    assert again == first


def test_two_custodians_keyrings_have_no_pseudonym_in_common(tmp_path: Path) -> None:
    keyrings = dealt(tmp_path / "keys")
    demo = pseudonyms(tmp_path / "one", PEOPLE)
    drawn = pseudonyms(tmp_path / "two", PEOPLE, keyrings=keyrings)
    assert set(demo.values()).isdisjoint(drawn.values())
    assert demo["hospital_1 h1"] == demo["funds f1"]
    assert drawn["hospital_1 h1"] == drawn["funds f1"]


def test_workspace_linked_under_another_keyring_is_refused_and_left_alone(tmp_path: Path) -> None:
    play(tmp_path, PEOPLE)
    before = (tmp_path / "custodian" / VAULT).read_bytes()
    with pytest.raises(KeyMaterialError, match="This workspace was linked under another keyring: give that --keyring"):
        play(tmp_path, PEOPLE, 2, dealt(tmp_path / "keys"))
    assert (tmp_path / "custodian" / VAULT).read_bytes() == before


def test_other_stage_1_key_of_all_sources_is_refused_too(tmp_path: Path) -> None:
    play(tmp_path, PEOPLE)
    deliver(tmp_path / "post", PEOPLE, 2, stage1=dict.fromkeys(SOURCES, bytes(32)))
    with pytest.raises(KeyMaterialError, match="linked under another keyring"):
        link(demo_keyring("custodian"), tmp_path / "custodian", tmp_path / "post")


def test_sources_that_hashed_with_different_keys_are_refused(tmp_path: Path) -> None:
    deliver(tmp_path / "post", PEOPLE, stage1={"hospital_3": bytes(32)})
    with pytest.raises(KeyMaterialError, match="different stage-1 keys: give all parties one ceremony's keyring"):
        link(demo_keyring("custodian"), tmp_path / "custodian", tmp_path / "post")
    assert not (tmp_path / "custodian").exists()
    assert not (tmp_path / "post" / "custodian_to_hub").exists()


def lose(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize("spoil", [lose, cut])
def test_spoilt_letter_is_refused_and_nothing_is_answered(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    deliver(tmp_path / "post", PEOPLE)
    spoil(tmp_path / "post" / "hospital_1_to_custodian" / "persons" / "part-00000.parquet")
    with pytest.raises(DeliveryRefused, match="hospital_1"):
        link(demo_keyring("custodian"), tmp_path / "custodian", tmp_path / "post")
    assert not (tmp_path / "post" / "custodian_to_hub").exists()


def test_one_missing_letter_stops_the_linkage(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="No letter from hospital_1 to custodian"):
        link(demo_keyring("custodian"), tmp_path / "custodian", tmp_path / "post")


def test_spoilt_vault_is_refused_and_nothing_is_answered(tmp_path: Path) -> None:
    play(tmp_path, PEOPLE)
    cut(tmp_path / "custodian" / VAULT)
    shutil.rmtree(tmp_path / "post")
    with pytest.raises(SchemaViolation, match=r"vault\.parquet cannot be read: restore it"):
        play(tmp_path, PEOPLE, 2)
    assert not (tmp_path / "post" / "custodian_to_hub").exists()


def test_vault_half_written_leaves_the_old_one(tmp_path: Path) -> None:
    play(tmp_path, PEOPLE)
    before = vault(tmp_path)
    (tmp_path / "custodian" / "vault.next").write_bytes(b"half")
    assert vault(tmp_path).equals(before)
