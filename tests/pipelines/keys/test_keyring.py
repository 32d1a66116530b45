"""A keyring in memory: one key a purpose, nothing shown, and demo keys that say what they are."""

import hashlib
import hmac
import itertools

import pytest

from pipelines.keys import PURPOSES, Keyring, demo_keyring, encode
from schema.errors import KeyMaterialError
from schema.layout import MAIL, PARTIES


def ring(epoch: int = 1) -> Keyring:
    return Keyring("hospital_1", "random", epoch, {"stage1": b"\x01" * 32, "own": b"\x02" * 32})


def test_derived_key_is_hkdf_of_the_secret_under_the_named_domain() -> None:
    salt = hmac.new(b"\x00" * 32, b"\x01" * 32, hashlib.sha256).digest()
    info = encode(b"emc2-mock/pseudonymisation", "person", "hospital_1", "1", "1")
    assert ring().derive("stage1", "person", "hospital_1") == hmac.digest(salt, info + b"\x01", "sha256")


def test_every_purpose_source_epoch_and_secret_has_a_key_of_its_own() -> None:
    derived = [
        ring(epoch).derive(secret, purpose, source)
        for epoch, secret, purpose, source in itertools.product(
            (1, 2), ("stage1", "own"), ("handle", "person"), ("", "snds", "hospital_1")
        )
    ]
    assert len(set(derived)) == 24
    assert {len(key) for key in derived} == {32}


def test_purpose_and_source_cannot_run_into_each_other() -> None:
    assert ring().derive("own", "handle", "s") != ring().derive("own", "handles", "")


def test_secret_that_a_keyring_does_not_hold_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="The keyring of custodian holds no secret 'stage1'"):
        demo_keyring("custodian").derive("stage1", "person")


def test_party_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="The keyring of hospital_1 has no pinned key of hospital_2"):
        demo_keyring("hospital_1").pin("hospital_2")


def test_check_value_tells_secrets_and_epochs_apart_and_holds_none_of_their_bytes() -> None:
    values = [ring().check_value("stage1"), ring().check_value("own"), ring(2).check_value("stage1")]
    assert len(set(values)) == 3
    assert {len(value) for value in values} == {16}
    assert not [value for value in values if "0101" in value]


def test_repr_and_text_of_a_keyring_show_no_secret_and_no_public_key() -> None:
    keyring = ring()
    for text in (repr(keyring), str(keyring), f"{keyring}", repr(demo_keyring("funds"))):
        assert "01" * 4 not in text
        assert "\\x" not in text
    assert repr(keyring) == "Keyring(party='hospital_1', origin='random', epoch=1, kids={})"


def test_demo_keys_say_that_they_are_demo_keys_and_are_the_published_ones() -> None:
    keyring = demo_keyring("hospital_2")
    assert keyring.origin == "demo"
    assert keyring.secrets == {
        "stage1": bytes(range(32)),
        "own": b"\x01" * 32,
        "seal": b"\x41" * 32,
        "sign": b"\x61" * 32,
    }
    assert demo_keyring("custodian").secrets["stage2"] == bytes(range(32, 64))
    kids = {kid for party in PARTIES for kid in demo_keyring(party).kids.values()}
    assert {kid[:5] for kid in kids} == {"DEMO-"}
    assert len(kids) == 2 + 6 + 8 + 8


def test_demo_keys_share_the_first_stage_alone() -> None:
    secrets = [(name, secret) for party in PARTIES for name, secret in demo_keyring(party).secrets.items()]
    others = [secret for name, secret in secrets if name != "stage1"]
    assert len({secret for name, secret in secrets if name == "stage1"}) == 1
    assert len(set(others)) == len(others) == 6 + 1 + 8 + 8


def test_custodian_holds_no_first_stage_secret_and_no_source_holds_the_second() -> None:
    assert PURPOSES["custodian"] == ("stage2", "seal", "sign")
    assert PURPOSES["hub"] == ("seal", "sign")
    assert PURPOSES["snds"] == ("own", "seal", "sign")
    assert [party for party in PARTIES if "stage1" in PURPOSES[party]] == [
        "hospital_1",
        "hospital_2",
        "hospital_3",
        "hospital_4",
        "funds",
    ]


def test_party_has_pinned_those_it_writes_to_or_hears_from_and_no_other() -> None:
    assert set(demo_keyring("hospital_1").pins) == {"custodian", "hub"}
    assert set(demo_keyring("funds").pins) == {"custodian", "snds"}
    assert set(demo_keyring("hub").pins) == {
        "hospital_1",
        "hospital_2",
        "hospital_3",
        "hospital_4",
        "snds",
        "custodian",
    }
    for sender in PARTIES:
        for recipient in MAIL[sender]:
            assert demo_keyring(sender).pin(recipient).seal_kid == demo_keyring(recipient).kids["seal"]
            assert demo_keyring(recipient).pin(sender).sign_kid == demo_keyring(sender).kids["sign"]
