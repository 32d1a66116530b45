"""The ceremony: who receives what, drawn fresh, written for its party alone, and never over anything."""

import stat
from pathlib import Path

import pytest

from pipelines.keys import PURPOSES, Keyrings, deal, demo_keyring, hold_ceremony
from pipelines.keys.ceremony import PASSPHRASE, combine
from schema.errors import KeyMaterialError
from schema.layout import MAIL, PARTIES
from tests.pipelines.keyrings import CHEAP, dealt


def test_every_party_receives_its_keys_and_no_other(tmp_path: Path) -> None:
    keyrings = dealt(tmp_path / "deep" / "keys")
    assert {party: tuple(keyrings.open(party).secrets) for party in PARTIES} == PURPOSES


def test_first_stage_is_shared_by_those_that_hash_and_nothing_else_is() -> None:
    keyrings = deal().values()
    stage1 = [k.secrets["stage1"] for k in keyrings if "stage1" in k.secrets]
    others = [secret for k in keyrings for name, secret in k.secrets.items() if name != "stage1"]
    kids = {k.kids["stage1"] for k in keyrings if "stage1" in k.kids}
    assert len(stage1) == 5
    assert len(set(stage1)) == len(kids) == 1
    assert len(set(others)) == len(others) == 6 + 1 + 8 + 8
    assert stage1[0] not in others


def test_two_ceremonies_have_no_key_and_no_key_id_in_common_and_none_of_the_demo() -> None:
    rounds = [deal().values(), deal().values(), [demo_keyring(party) for party in PARTIES]]
    secrets = [{s for k in keyrings for s in k.secrets.values()} for keyrings in rounds]
    kids = [{kid for k in keyrings for kid in k.kids.values()} for keyrings in rounds]
    assert len(set.union(*secrets)) == sum(map(len, secrets))
    assert len(set.union(*kids)) == sum(map(len, kids))


def test_first_stage_needs_both_shares() -> None:
    mine, theirs = b"\x0f" * 32, b"\x35" * 32
    assert combine(mine, theirs) == b"\x3a" * 32
    assert {combine(mine, bytes([n]) * 32) for n in range(256)} == {bytes([n]) * 32 for n in range(256)}


def test_public_keys_are_exchanged_between_all_that_write_to_each_other() -> None:
    keyrings = deal()
    for sender in PARTIES:
        for recipient in MAIL[sender]:
            assert keyrings[sender].pin(recipient).seal_kid == keyrings[recipient].kids["seal"]
            assert keyrings[recipient].pin(sender).sign_kid == keyrings[sender].kids["sign"]
    with pytest.raises(KeyMaterialError, match="no pinned key of hospital_2"):
        keyrings["hospital_1"].pin("hospital_2")


def test_files_can_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    hold_ceremony(tmp_path / "keys", cost=CHEAP)
    paths = list((tmp_path / "keys").iterdir())
    assert {path.name for path in paths} == {PASSPHRASE, *(f"{party}.json" for party in PARTIES)}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_passphrase_of_a_class_opens_every_keyring_and_is_drawn_anew(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "two"):
        hold_ceremony(tmp_path / name, cost=CHEAP)
        drawn.append((tmp_path / name / PASSPHRASE).read_bytes())
        assert [Keyrings(tmp_path / name, drawn[-1]).open(party).party for party in PARTIES] == list(PARTIES)
    assert drawn[0] != drawn[1]
    assert len(drawn[0]) == 32


def test_no_file_shows_a_secret(tmp_path: Path) -> None:
    keyrings = hold_ceremony(tmp_path / "keys", b"a passphrase", CHEAP)
    written = "".join(path.read_text() for path in (tmp_path / "keys").iterdir())
    assert keyrings["hub"].kids["seal"] in written
    for keyring in keyrings.values():
        assert not [name for name, secret in keyring.secrets.items() if secret.hex() in written]
    assert "a passphrase" not in written


def test_ceremony_replaces_nothing(tmp_path: Path) -> None:
    dealt(tmp_path / "keys")
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    for place in (tmp_path / "keys", tmp_path):
        with pytest.raises(KeyMaterialError, match="is there already: name a folder that does not exist"):
            hold_ceremony(place, b"x", CHEAP)
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_folder_that_cannot_be_made_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyMaterialError, match="cannot be written into") as caught:
        hold_ceremony(tmp_path / "file" / "keys", b"x", CHEAP)
    assert caught.value.__suppress_context__
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
