"""Letters: whole or not at all, counted by both sides, and telling nothing by their order."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.ledger import Tally, tally
from pipelines.post import Draft, Letter, letters, read_letter
from schema.errors import MissingStage, SchemaViolation

PERSONS = pl.DataFrame({"token": [b"c", b"a", b"b"], "idacc": pl.Series([30, 10, 20], dtype=pl.UInt64)})


def sent(post: Path, *frames: pl.DataFrame, table: str = "persons") -> Letter:
    draft = Draft(post, "hospital_1", "custodian", 3, {"stage1": "cafe"})
    for frame in frames:
        draft.add(table, frame, tally(frame))
    draft.send()
    return read_letter(post, "hospital_1", "custodian")


def fees(*euros: str) -> pl.DataFrame:
    amounts = pl.Series([Decimal(e) for e in euros], dtype=pl.Decimal(11, 2))
    return pl.DataFrame({"fee": amounts, "idacc": pl.Series(range(len(euros)), dtype=pl.UInt64)})


def header_of(post: Path) -> Path:
    return post / "hospital_1_to_custodian" / "header.json"


def test_letter_says_who_sent_what_and_how_much(tmp_path: Path) -> None:
    sent(tmp_path, fees("1.10", "2.00"), fees("-0.05"), table="claims")
    assert json.loads(header_of(tmp_path).read_text()) == {
        "from": "hospital_1",
        "to": "custodian",
        "delivery": 3,
        "check_values": {"stage1": "cafe"},
        "tables": {"claims": {"rows": 3, "cents": {"fee": 305}}},
    }


def test_letter_received_is_the_one_sent(tmp_path: Path) -> None:
    letter = sent(tmp_path, PERSONS)
    assert (letter.sender, letter.delivery, letter.check_values) == ("hospital_1", 3, {"stage1": "cafe"})
    assert letter.tables == {"persons": Tally(3)}
    assert letter.read("persons").sort("token").equals(PERSONS.select("idacc", "token").sort("token"))


def test_rows_lie_in_matching_id_order_whatever_the_senders_order(tmp_path: Path) -> None:
    assert sent(tmp_path, PERSONS).read("persons")["idacc"].to_list() == [10, 20, 30]
    assert sent(tmp_path, PERSONS.reverse()).read("persons")["idacc"].to_list() == [10, 20, 30]


def test_letter_that_was_not_sent_has_not_come(tmp_path: Path) -> None:
    Draft(tmp_path, "hospital_1", "custodian", 1).add("persons", PERSONS, tally(PERSONS))
    with pytest.raises(MissingStage, match="No letter from hospital_1 to custodian has come: run `emc2 run`"):
        read_letter(tmp_path, "hospital_1", "custodian")


def test_missing_letter_is_told_by_sender_and_recipient(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="No letter from funds to snds") as caught:
        list(letters(tmp_path, ("funds",), "snds"))
    assert caught.value.__suppress_context__


def test_new_letter_takes_the_place_of_the_old_one_whole(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS, PERSONS)
    assert sent(tmp_path, PERSONS).read("persons").height == 3
    assert [path.name for path in tmp_path.iterdir()] == ["hospital_1_to_custodian"]


def test_draft_in_progress_leaves_the_old_letter_readable(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS)
    Draft(tmp_path, "hospital_1", "custodian", 4).add("persons", PERSONS.head(1), Tally(1))
    assert read_letter(tmp_path, "hospital_1", "custodian").delivery == 3


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"tables": []}', '{"tables": {"persons": 3}}', "[" * 100_000],
    ids=["empty", "cut", "list", "null", "no field", "tables a list", "no count", "deep"],
)
def test_corrupt_header_is_refused(tmp_path: Path, text: str) -> None:
    sent(tmp_path, PERSONS)
    header_of(tmp_path).write_text(text)
    with pytest.raises(SchemaViolation, match="The letter from hospital_1 to custodian cannot be read") as caught:
        read_letter(tmp_path, "hospital_1", "custodian")
    assert caught.value.__suppress_context__


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garble(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"\x00" * 100 + b"PAR1")


@pytest.mark.parametrize("spoil", [cut, empty, garble, Path.unlink])
def test_corrupt_or_lost_part_is_refused(tmp_path: Path, spoil: Callable[[Path], Any]) -> None:
    letter = sent(tmp_path, PERSONS)
    spoil(letter.paths("persons")[0])
    with pytest.raises(SchemaViolation, match="persons.*: run `emc2 run` again") as caught:
        letter.read("persons")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_lost_part_of_several_is_refused(tmp_path: Path) -> None:
    letter = sent(tmp_path, PERSONS, PERSONS)
    letter.paths("persons")[1].unlink()
    with pytest.raises(SchemaViolation, match="does not hold the persons that its header names"):
        letter.read("persons")


def test_table_that_the_header_does_not_name_is_refused(tmp_path: Path) -> None:
    letter = sent(tmp_path, PERSONS)
    with pytest.raises(SchemaViolation, match="answers"):
        letter.read("answers")


@pytest.mark.parametrize(
    ("amount", "agrees"),
    [
        (Tally(2, {"fee": 310}), True),
        (Tally(2), True),
        (Tally(1, {"fee": 310}), False),
        (Tally(2, {"fee": 311}), False),
        (Tally(2, {"another": 310}), False),
    ],
)
def test_recipient_counts_rows_and_cents_again(tmp_path: Path, amount: Tally, agrees: bool) -> None:
    letter = sent(tmp_path, fees("1.10", "2.00"), table="claims")
    if agrees:
        letter.confirm("claims", amount)
        return
    with pytest.raises(SchemaViolation, match="The letter of hospital_1 does not hold the claims"):
        letter.confirm("claims", amount)
