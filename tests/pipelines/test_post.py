"""Letters: whole or not at all, for one recipient alone, counted by both sides, and telling nothing by their order."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.keys import deal, demo_keyring, encode
from pipelines.keys.sealing import seal, sign
from pipelines.ledger import Tally, tally
from pipelines.memory import RECEIVED, SENT, recall
from pipelines.post import Draft, Letter, letters, next_delivery, note_sent, read_letter, spend
from schema.errors import DeliveryRefused, KeyMaterialError, MissingStage, SchemaViolation
from schema.layout import PARTIES

PERSONS = pl.DataFrame({"token": [b"c", b"a", b"b"], "idacc": pl.Series([30, 10, 20], dtype=pl.UInt64)})
SENDER, RECIPIENT = demo_keyring("hospital_1"), demo_keyring("custodian")
Change = Callable[[dict[str, Any]], None]


def draft(post: Path, *frames: pl.DataFrame, table: str = "persons", delivery: int = 3) -> Draft:
    letter = Draft(post, SENDER, "custodian", delivery)
    for frame in frames:
        letter.add(table, frame, tally(frame))
    return letter


def sent(post: Path, *frames: pl.DataFrame, table: str = "persons", delivery: int = 3) -> Letter:
    draft(post, *frames, table=table, delivery=delivery).send()
    return read_letter(post, "hospital_1", RECIPIENT)


def fees(*euros: str) -> pl.DataFrame:
    amounts = pl.Series([Decimal(e) for e in euros], dtype=pl.Decimal(11, 2))
    return pl.DataFrame({"fee": amounts, "idacc": pl.Series(range(len(euros)), dtype=pl.UInt64)})


def folder_of(post: Path) -> Path:
    return post / "hospital_1_to_custodian"


def refusal(post: Path, sender: str = "hospital_1", keyring: Any = RECIPIENT, own: Path | None = None) -> str:
    """Why a letter is refused; nothing in the post or at the recipient's changes by it."""
    before = {path: path.read_bytes() for path in post.parent.rglob("*") if path.is_file()}
    with pytest.raises(DeliveryRefused) as caught:
        read_letter(post, sender, keyring, own)
    assert caught.value.exit_code == 11
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert {path: path.read_bytes() for path in post.parent.rglob("*") if path.is_file()} == before
    found, what, why = str(caught.value).partition(f"The letter from {sender} ")
    assert (found, bool(what)) == ("", True)
    return why.removesuffix(": nothing was taken from it; have it sent again.")


def resigned(post: Path, change: Change, signer: bytes | None = None) -> None:
    """A letter whose header its sender, or another, changed, sealed again and signed."""
    folder = folder_of(post)
    content = json.loads((folder / "header.json").read_text())
    change(content)
    header, file_key = json.dumps(content).encode(), bytes(32)
    sealed = seal(file_key, SENDER.pin("custodian").seal, header)
    covered = encode("letter") + len(header).to_bytes(8, "big") + header + sealed
    (folder / "header.json").write_bytes(header)
    (folder / "sealed.key").write_bytes(sealed)
    (folder / "signature").write_bytes(sign(covered, signer or SENDER.secrets["sign"]))


def test_header_says_who_sent_what_to_whom_and_how_much(tmp_path: Path) -> None:
    sent(tmp_path, fees("1.10", "2.00"), fees("-0.05"), table="claims")
    header = json.loads((folder_of(tmp_path) / "header.json").read_text())
    digests = header["tables"]["claims"].pop("sha256")
    assert [len(digest) for digest in digests] == [64, 64]
    assert header == {
        "from": "hospital_1",
        "to": "custodian",
        "delivery": 3,
        "epoch": 1,
        "layout": 1,
        "signed_with": "DEMO-sign-hospital_1",
        "sealed_to": "DEMO-seal-custodian",
        "check_values": {"stage1": SENDER.check_value("stage1")},
        "tables": {"claims": {"rows": 3, "cents": {"fee": 305}}},
    }


def test_letter_received_is_the_one_sent(tmp_path: Path) -> None:
    letter = sent(tmp_path, PERSONS)
    assert (letter.sender, letter.delivery) == ("hospital_1", 3)
    assert letter.check_values == {"stage1": SENDER.check_value("stage1")}
    assert letter.tables == {"persons": Tally(3)}
    assert letter.read("persons").sort("token").equals(PERSONS.select("idacc", "token").sort("token"))
    assert letter.scan("persons").filter(pl.col("idacc") == 20).collect()["token"].to_list() == [b"b"]


def test_rows_lie_in_matching_id_order_whatever_the_senders_order(tmp_path: Path) -> None:
    assert sent(tmp_path, PERSONS).read("persons")["idacc"].to_list() == [10, 20, 30]
    assert sent(tmp_path, PERSONS.reverse()).read("persons")["idacc"].to_list() == [10, 20, 30]


def test_parts_show_no_value_and_no_column_name(tmp_path: Path) -> None:
    frame = PERSONS.with_columns(name=pl.lit("XYZZYPLUGH"))
    sent(tmp_path, frame)
    for path in folder_of(tmp_path).rglob("*.parquet"):
        content = path.read_bytes()
        assert content[:4] == content[-4:] == b"PARE"
        assert not [word for word in (b"XYZZYPLUGH", b"token", b"idacc") if word in content]
        with pytest.raises(pl.exceptions.PolarsError):
            pl.read_parquet(path)


def test_two_letters_have_two_keys(tmp_path: Path) -> None:
    one, two = draft(tmp_path, PERSONS), draft(tmp_path, PERSONS)
    assert one.file_key != two.file_key
    assert len(one.file_key) == 32


def test_no_repr_shows_the_key_of_a_letter(tmp_path: Path) -> None:
    for letter in (draft(tmp_path, PERSONS), sent(tmp_path, PERSONS)):
        assert "file_key=" not in repr(letter)
        assert "\\x" not in repr(letter)


def test_letter_that_was_not_sent_has_not_come(tmp_path: Path) -> None:
    draft(tmp_path, PERSONS)
    with pytest.raises(MissingStage, match="No letter from hospital_1 to custodian has come: run `emc2 run`") as caught:
        letters(tmp_path, ("hospital_1",), RECIPIENT)
    assert caught.value.__suppress_context__


def test_new_letter_takes_the_place_of_the_old_one_whole(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS, PERSONS)
    assert sent(tmp_path, PERSONS).read("persons").height == 3
    assert [path.name for path in tmp_path.iterdir()] == ["hospital_1_to_custodian"]


def test_draft_in_progress_leaves_the_old_letter_readable(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS)
    draft(tmp_path, PERSONS.head(1), delivery=4)
    assert read_letter(tmp_path, "hospital_1", RECIPIENT).delivery == 3


def test_letter_to_a_party_that_is_not_pinned_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(KeyMaterialError, match="no pinned key of hospital_2"):
        Draft(tmp_path, SENDER, "hospital_2", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("party", [party for party in PARTIES if party != "custodian"])
def test_letter_opens_for_no_other_party_wherever_it_lies(tmp_path: Path, party: str) -> None:
    sent(tmp_path, PERSONS)
    shutil.copytree(folder_of(tmp_path), tmp_path / f"hospital_1_to_{party}")
    keyring = demo_keyring(party)
    posing = replace(keyring, pins=RECIPIENT.pins | keyring.pins)
    assert refusal(tmp_path, keyring=posing) == "is addressed otherwise than where it lies"
    insisting = replace(posing, party="custodian")
    assert refusal(tmp_path, keyring=insisting) == "is not sealed to the key of custodian"


def test_letter_of_a_sender_is_not_taken_for_anothers(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS)
    folder_of(tmp_path).rename(tmp_path / "hospital_2_to_custodian")
    assert refusal(tmp_path, "hospital_2") == "is signed by a key that was not pinned"


def test_letter_signed_again_by_another_party_is_refused(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS)
    resigned(tmp_path, lambda header: None, demo_keyring("hospital_2").secrets["sign"])
    assert refusal(tmp_path) == "is not as its sender signed it"


def test_letter_of_an_unknown_signer_is_refused(tmp_path: Path) -> None:
    stranger = deal()["hospital_1"]
    sent(tmp_path, PERSONS)
    resigned(tmp_path, lambda header: header.update(signed_with=stranger.kids["sign"]), stranger.secrets["sign"])
    assert refusal(tmp_path, keyring=replace(RECIPIENT, origin="random")) == "is signed by a key that was not pinned"


def test_demo_letter_is_refused_by_a_secret_keyring_and_the_other_way_round(tmp_path: Path) -> None:
    mixed = "was made with demo keys and this keyring was not, or the other way round"
    dealt = deal()
    sent(tmp_path, PERSONS)
    assert refusal(tmp_path, keyring=dealt["custodian"]) == mixed
    secret = Draft(tmp_path, dealt["hospital_1"], "custodian", 4)
    secret.add("persons", PERSONS, tally(PERSONS))
    secret.send()
    assert refusal(tmp_path) == mixed
    assert read_letter(tmp_path, "hospital_1", dealt["custodian"]).delivery == 4


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"epoch": 2}, "is of another epoch than this keyring"),
        ({"layout": 2}, "has another layout than this program reads"),
        ({"to": "hub"}, "is addressed otherwise than where it lies"),
        ({"from": "hospital_2"}, "is addressed otherwise than where it lies"),
    ],
)
def test_genuine_letter_of_another_epoch_layout_or_address_is_refused(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    sent(tmp_path, PERSONS)
    resigned(tmp_path, lambda header: header.update(change))
    assert refusal(tmp_path) == why


@pytest.mark.parametrize("name", ["header.json", "sealed.key", "signature"])
def test_each_byte_of_header_key_and_signature_that_is_turned_is_seen(tmp_path: Path, name: str) -> None:
    post = tmp_path / "post"
    sent(post, PERSONS)
    path = folder_of(post) / name
    whole = path.read_bytes()
    told: set[str] = set()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        told.add(refusal(post))
    assert "is not as its sender signed it" in told
    others = {
        "has a header that cannot be read",
        "is signed by a key that was not pinned",
        "was made with demo keys and this keyring was not, or the other way round",
    }
    assert told <= {"is not as its sender signed it"} | (others if name == "header.json" else set())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", "5", "[" * 100_000])
def test_header_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    sent(tmp_path / "post", PERSONS)
    (folder_of(tmp_path / "post") / "header.json").write_text(text)
    assert refusal(tmp_path / "post") == "has a header that cannot be read"


@pytest.mark.parametrize("name", ["sealed.key", "signature"])
def test_letter_without_key_or_signature_is_refused(tmp_path: Path, name: str) -> None:
    sent(tmp_path / "post", PERSONS)
    (folder_of(tmp_path / "post") / name).unlink()
    assert refusal(tmp_path / "post") == "lacks its sealed key or its signature"


def cut(folder: Path) -> None:
    part = folder / "persons" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-40])


def turn(folder: Path) -> None:
    part = folder / "persons" / "part-00000.parquet"
    content = part.read_bytes()
    part.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])


def lose(folder: Path) -> None:
    (folder / "persons" / "part-00001.parquet").unlink()


def add(folder: Path) -> None:
    shutil.copy(folder / "persons" / "part-00000.parquet", folder / "persons" / "part-00002.parquet")


def add_table(folder: Path) -> None:
    shutil.copytree(folder / "persons", folder / "more")


def swap(folder: Path) -> None:
    one, two = (folder / "persons" / f"part-0000{n}.parquet" for n in (0, 1))
    one.rename(folder / "aside")
    two.rename(one)
    (folder / "aside").rename(two)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "has 1 files that are not those its header names"),
        (turn, "has 1 files that are not those its header names"),
        (swap, "has 2 files that are not those its header names"),
        (lose, "lacks 1 of the files that its header names"),
        (add, "has 1 files that its header does not name"),
        (add_table, "has 2 files that its header does not name"),
    ],
)
def test_part_altered_exchanged_missing_or_added_is_refused_before_anything_is_opened(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    post = tmp_path / "post"
    sent(post, PERSONS, PERSONS.head(2))
    spoil(folder_of(post))
    assert refusal(post) == why


def test_part_of_an_older_letter_is_refused(tmp_path: Path) -> None:
    post, kept = tmp_path / "post", tmp_path / "kept"
    sent(post, PERSONS)
    folder_of(post).rename(kept)
    sent(post, PERSONS, delivery=4)
    part = Path("persons") / "part-00000.parquet"
    shutil.copy(kept / part, folder_of(post) / part)
    assert refusal(post) == "has 1 files that are not those its header names"


def test_letter_is_taken_once_and_none_that_is_older(tmp_path: Path) -> None:
    post, own = tmp_path / "post", tmp_path / "custodian"
    own.mkdir()
    replayed = "has been received before, or is older than one that was"
    sent(post, PERSONS, delivery=3)
    shutil.copytree(folder_of(post), tmp_path / "kept")
    spend(letters(post, ("hospital_1",), RECIPIENT, own), own)
    assert not folder_of(post).exists()
    assert recall(own, RECEIVED) == {"hospital_1": 3}

    shutil.copytree(tmp_path / "kept", folder_of(post))
    assert refusal(post, own=own) == replayed
    sent(post, PERSONS, delivery=2)
    assert refusal(post, own=own) == replayed
    sent(post, PERSONS, delivery=4)
    assert read_letter(post, "hospital_1", RECIPIENT, own).delivery == 4


def test_letter_that_was_read_and_not_spent_can_be_read_again(tmp_path: Path) -> None:
    own = tmp_path / "custodian"
    sent(tmp_path / "post", PERSONS)
    for _ in range(2):
        assert read_letter(tmp_path / "post", "hospital_1", RECIPIENT, own).read("persons").height == 3
    assert not own.exists()


def test_letters_of_different_deliveries_are_not_read_together(tmp_path: Path) -> None:
    sent(tmp_path, PERSONS, delivery=3)
    other = Draft(tmp_path, demo_keyring("hospital_2"), "custodian", 4)
    other.add("persons", PERSONS, tally(PERSONS))
    other.send()
    with pytest.raises(DeliveryRefused, match="The letters to custodian are of different deliveries"):
        letters(tmp_path, ("hospital_1", "hospital_2"), RECIPIENT)


def test_delivery_sent_is_noted_and_the_next_has_another_number(tmp_path: Path) -> None:
    assert next_delivery(tmp_path) == 1
    note_sent([draft(tmp_path / "post", PERSONS, delivery=7)], tmp_path)
    assert recall(tmp_path, SENT) == {"custodian": 7}
    assert next_delivery(tmp_path) == 8


def test_part_encrypted_under_another_key_is_refused(tmp_path: Path) -> None:
    """What only the sender itself could send: everything is signed, but the parts do not open."""
    sent(tmp_path, PERSONS)
    resigned(tmp_path, lambda header: None)
    letter = read_letter(tmp_path, "hospital_1", RECIPIENT)
    with pytest.raises(SchemaViolation, match="The persons in the letter of hospital_1 cannot be read") as caught:
        letter.read("persons")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_table_that_the_header_does_not_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaViolation, match="The letter of hospital_1 holds no answers"):
        sent(tmp_path, PERSONS).read("answers")


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
