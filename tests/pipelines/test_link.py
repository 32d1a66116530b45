"""The custodian: who is one person, under which pseudonym, and what the vault keeps."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.keys import demo_keyring, draw_keyrings, hash_records
from pipelines.ledger import tally
from pipelines.link import VAULT, classify, link
from pipelines.post import Draft, read_letter
from pipelines.pseudonymise import PERSONS_SCHEMA
from schema.errors import KeyMaterialError, MissingStage, SchemaViolation
from schema.layout import SOURCES
from tests.pipelines.tables import cells, fates, shown, table

RECORDS = PERSONS_SCHEMA | {"source": pl.String()}
PEOPLE = """
    source     | idacc | handle | token | is_shared | reason
    hospital_1 | 11    | h1     | T1    | false     |
    funds      | 91    | f1     | T1    | false     |
    hospital_1 | 12    | h2     | T2    | false     |
    hospital_2 | 21    | h3     |       | false     | missing
    snds       | 71    | s1     |       | false     | unknown_to_funds
"""


def deliver(post: Path, text: str, stage1: dict[str, str] | None = None) -> None:
    """Letters of the six sources to the custodian, with the records of `text`."""
    records = table(text, RECORDS)
    for source in SOURCES:
        value = (stage1 or {}).get(source, "cafe")
        draft = Draft(post, source, "custodian", 1, {} if source == "snds" else {"stage1": value})
        rows = records.filter(pl.col("source") == source).drop("source")
        draft.add("persons", rows, tally(rows))
        draft.send()


def answers(post: Path) -> dict[tuple[str, int], bytes]:
    rows = read_letter(post, "custodian", "hub").read("answers")
    return {
        (source, idacc): pseudonym for source, idacc, pseudonym in rows.select("source", "idacc", "pseudonym").rows()
    }


def vault(directory: Path) -> pl.DataFrame:
    return pl.read_parquet(directory / VAULT)


def linked(tmp_path: Path, text: str, delivery: int = 1, keyrings: Path | None = None) -> dict[tuple[str, int], bytes]:
    post = tmp_path / "post"
    deliver(post, text)
    link("custodian", tmp_path / "custodian", keyrings, post, delivery)
    return answers(post)


def test_record_is_linked_single_or_alone() -> None:
    expected = """
        source     | idacc | linkage | reason
        hospital_1 | 11    | linked  |
        funds      | 91    | linked  |
        hospital_1 | 12    | single  |
        hospital_2 | 21    | alone   | missing
        snds       | 71    | alone   | unknown_to_funds
    """
    assert shown(classify(table(PEOPLE, RECORDS)), expected) == cells(expected)


@pytest.mark.parametrize("sharer", ["hospital_1", "funds", "hospital_4"])
def test_token_that_one_source_calls_shared_links_nothing_anywhere(sharer: str) -> None:
    found = classify(
        table(
            f"""
            source     | idacc | handle | token | is_shared | reason
            {sharer}   | 1     | a      | T1    | true      | shared
            {sharer}   | 2     | b      | T1    | true      | shared
            hospital_2 | 3     | c      | T1    | false     |
            hospital_3 | 4     | d      | T1    | false     |
            hospital_3 | 5     | e      | T2    | false     |
            """,
            RECORDS,
        )
    )
    assert found["linkage"].to_list() == ["alone"] * 4 + ["single"]
    assert found["reason"].to_list() == ["shared"] * 4 + [None]


def test_records_without_a_token_never_link_to_each_other() -> None:
    found = classify(
        table(
            """
            source     | idacc | handle | token | is_shared | reason
            hospital_1 | 1     | a      |       | false     | missing
            hospital_2 | 2     | b      |       | false     | missing
            """,
            RECORDS,
        )
    )
    assert found["linkage"].to_list() == ["alone", "alone"]


def test_two_local_numbers_of_one_person_at_one_source_are_single() -> None:
    found = classify(
        table(
            """
            source     | idacc | handle | token | is_shared | reason
            hospital_1 | 1     | a      | T1    | false     |
            hospital_1 | 1     | b      | T1    | false     |
            """,
            RECORDS,
        )
    )
    assert found["linkage"].to_list() == ["single", "single"]


def test_same_token_has_one_pseudonym_and_everybody_else_her_own(tmp_path: Path) -> None:
    found = linked(tmp_path, PEOPLE)
    assert found["hospital_1", 11] == found["funds", 91]
    assert len(set(found.values())) == 4
    assert len(found) == 5


def test_pseudonyms_are_hashes_under_the_custodians_secret(tmp_path: Path) -> None:
    found = linked(tmp_path, PEOPLE)
    keyring = demo_keyring("custodian")
    person = hash_records(keyring.derive("stage2", "person"), "person", [[b"T1"]])
    alone = hash_records(keyring.derive("stage2", "alone"), "alone", [["hospital_2"], [b"h3"]])
    assert [found["hospital_1", 11]] == person
    assert [found["hospital_2", 21]] == alone


def test_hub_receives_neither_tokens_nor_handles(tmp_path: Path) -> None:
    linked(tmp_path, PEOPLE)
    rows = read_letter(tmp_path / "post", "custodian", "hub").read("answers")
    assert set(rows.columns) == {"source", "idacc", "pseudonym", "linkage", "reason"}
    assert rows.height == 5


def test_one_matching_id_is_answered_once(tmp_path: Path) -> None:
    found = linked(
        tmp_path,
        """
        source     | idacc | handle | token | is_shared | reason
        hospital_1 | 1     | a      | T1    | false     |
        hospital_1 | 1     | b      | T1    | false     |
        """,
    )
    assert read_letter(tmp_path / "post", "custodian", "hub").read("answers").height == len(found) == 1
    assert vault(tmp_path / "custodian").height == 2


def test_same_matching_id_at_two_sources_is_two_answers(tmp_path: Path) -> None:
    found = linked(
        tmp_path,
        """
        source     | idacc | handle | token | is_shared | reason
        hospital_1 | 1     | a      | T1    | false     |
        hospital_2 | 1     | b      | T2    | false     |
        """,
    )
    assert len(set(found.values())) == 2


def test_ledger_counts_each_record_once_by_linkage_and_reason(tmp_path: Path) -> None:
    deliver(tmp_path / "post", PEOPLE)
    ledger = link("custodian", tmp_path / "custodian", None, tmp_path / "post", 1)
    assert fates(ledger, "hospital_1") == {"read ": 2, "kept linked": 1, "kept single": 1}
    assert fates(ledger, "hospital_2") == {"read ": 1, "kept alone, missing": 1}
    assert fates(ledger, "snds") == {"read ": 1, "kept alone, unknown_to_funds": 1}


def test_vault_keeps_the_first_delivery_and_the_state_of_the_last(tmp_path: Path) -> None:
    linked(tmp_path, PEOPLE)
    linked(
        tmp_path,
        """
        source     | idacc | handle | token | is_shared | reason
        hospital_1 | 41    | h1     | T1    | false     |
        hospital_2 | 51    | h3     | T1    | false     |
        hospital_3 | 61    | new    |       | false     | invalid
        """,
        delivery=2,
    )
    assert vault(tmp_path / "custodian").select("source", "handle", "token", "linkage", "first_delivery").rows() == [
        ("funds", b"f1", b"T1", "linked", 1),
        ("hospital_1", b"h1", b"T1", "linked", 1),
        ("hospital_1", b"h2", b"T2", "single", 1),
        ("hospital_2", b"h3", b"T1", "linked", 1),
        ("hospital_3", b"new", None, "alone", 2),
        ("snds", b"s1", None, "alone", 1),
    ]


def test_linking_twice_gives_the_same_vault_and_pseudonyms(tmp_path: Path) -> None:
    first = linked(tmp_path, PEOPLE)
    before = vault(tmp_path / "custodian")
    assert linked(tmp_path, PEOPLE, delivery=2) == first
    assert vault(tmp_path / "custodian").equals(before)


def test_person_alone_is_known_again_by_source_and_handle_though_her_matching_id_is_new(tmp_path: Path) -> None:
    first = linked(tmp_path, PEOPLE)["hospital_2", 21]
    again = linked(tmp_path, PEOPLE.replace("| 21 ", "| 99 "), delivery=2)
    assert again["hospital_2", 99] == first


def test_two_custodians_keyrings_have_no_pseudonym_in_common(tmp_path: Path) -> None:
    draw_keyrings(tmp_path / "keys")
    demo = linked(tmp_path / "one", PEOPLE)
    drawn = linked(tmp_path / "two", PEOPLE, keyrings=tmp_path / "keys")
    assert set(demo.values()).isdisjoint(drawn.values())
    assert demo["hospital_1", 11] == demo["funds", 91]
    assert drawn["hospital_1", 11] == drawn["funds", 91]


def test_workspace_linked_under_another_keyring_is_refused_and_left_alone(tmp_path: Path) -> None:
    draw_keyrings(tmp_path / "keys")
    linked(tmp_path, PEOPLE)
    before = (tmp_path / "custodian" / VAULT).read_bytes()
    with pytest.raises(KeyMaterialError, match="This workspace was linked under another keyring: give that --keyring"):
        linked(tmp_path, PEOPLE, delivery=2, keyrings=tmp_path / "keys")
    assert (tmp_path / "custodian" / VAULT).read_bytes() == before


def test_other_stage_1_key_of_all_sources_is_refused_too(tmp_path: Path) -> None:
    linked(tmp_path, PEOPLE)
    deliver(tmp_path / "post", PEOPLE, dict.fromkeys(SOURCES, "beef"))
    with pytest.raises(KeyMaterialError, match="linked under another keyring"):
        link("custodian", tmp_path / "custodian", None, tmp_path / "post", 2)


def test_sources_that_hashed_with_different_keys_are_refused(tmp_path: Path) -> None:
    deliver(tmp_path / "post", PEOPLE, {"hospital_3": "beef"})
    with pytest.raises(KeyMaterialError, match="different stage-1 keys: give all parties one ceremony's keyring"):
        link("custodian", tmp_path / "custodian", None, tmp_path / "post", 1)
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
    with pytest.raises(SchemaViolation, match="hospital_1"):
        link("custodian", tmp_path / "custodian", None, tmp_path / "post", 1)
    assert not (tmp_path / "post" / "custodian_to_hub").exists()


def test_one_missing_letter_stops_the_linkage(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="No letter from hospital_1 to custodian"):
        link("custodian", tmp_path / "custodian", None, tmp_path / "post", 1)


def test_spoilt_vault_is_refused_and_nothing_is_answered(tmp_path: Path) -> None:
    linked(tmp_path, PEOPLE)
    cut(tmp_path / "custodian" / VAULT)
    shutil.rmtree(tmp_path / "post")
    with pytest.raises(SchemaViolation, match="vault.parquet cannot be read: restore it"):
        linked(tmp_path, PEOPLE, delivery=2)
    assert not (tmp_path / "post" / "custodian_to_hub").exists()


def test_vault_half_written_leaves_the_old_one(tmp_path: Path) -> None:
    linked(tmp_path, PEOPLE)
    (tmp_path / "custodian" / "vault.next").write_bytes(b"half")
    assert vault(tmp_path / "custodian").height == 5
