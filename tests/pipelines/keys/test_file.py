"""Keyring files: opened by their passphrase and party alone; whatever else is wrong is one sentence, and no change."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.keys import Keyrings, deal, demo_keyring
from pipelines.keys.file import Cost, read_keyring, write_keyring
from schema.errors import KeyMaterialError
from tests.pipelines.keyrings import CHEAP, PASSPHRASE

KEYRINGS = deal()
KEYRING = KEYRINGS["hospital_1"]
Content = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The keyring file of hospital 1."""
    file = tmp_path / "hospital_1.json"
    write_keyring(file, KEYRING, PASSPHRASE, version=3, cost=CHEAP)
    return file


def refusal(path: Path, party: str = "hospital_1", passphrase: bytes = PASSPHRASE) -> str:
    """The sentence of the refusal, after what every refusal must be is checked."""
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(KeyMaterialError) as caught:
        read_keyring(path, party, passphrase)
    error, text = caught.value, str(caught.value)
    assert error.exit_code == 5
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    assert not [s for s in KEYRING.secrets.values() if s.hex()[:8] in text]
    assert PASSPHRASE.decode() not in text
    assert "\n" not in text
    assert text.endswith(".")
    assert (path.read_bytes() if path.is_file() else b"") == before
    return text


def rewritten(path: Path, change: Callable[[Content], None]) -> Path:
    """The file with its JSON changed."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def set_at(*place: str | int, value: Any) -> Callable[[Content], None]:
    """A change of one value, wherever it stands."""

    def change(content: Any) -> None:
        for step in place[:-1]:
            content = content[step]
        assert content[place[-1]] != value
        content[place[-1]] = value

    return change


def test_keyring_read_is_the_one_written(path: Path) -> None:
    assert read_keyring(path, "hospital_1", PASSPHRASE) == (KEYRING, 3)


def test_without_a_folder_the_demo_keys_are_opened() -> None:
    assert Keyrings().open("hospital_1") == demo_keyring("hospital_1")


def test_what_a_guess_costs_stands_in_the_file_and_is_64_mib_by_default(tmp_path: Path) -> None:
    write_keyring(tmp_path / "hub.json", KEYRINGS["hub"], PASSPHRASE)
    kdf = json.loads((tmp_path / "hub.json").read_text())["kdf"]
    assert {name: kdf[name] for name in ("name", "memory_kib", "passes", "lanes")} == {
        "name": "argon2id",
        "memory_kib": 65_536,
        "passes": 3,
        "lanes": 4,
    }
    assert read_keyring(tmp_path / "hub.json", "hub", PASSPHRASE) == (KEYRINGS["hub"], 1)


def test_one_keyring_written_twice_has_no_salt_nonce_or_ciphertext_in_common(path: Path, tmp_path: Path) -> None:
    write_keyring(tmp_path / "again.json", KEYRING, PASSPHRASE, cost=CHEAP)
    found = [json.loads(file.read_text()) for file in (path, tmp_path / "again.json")]
    drawn = [
        {content["kdf"]["salt"]} | {key[name] for key in content["keys"] for name in ("nonce", "sealed")}
        for content in found
    ]
    assert len(drawn[0]) == 1 + 2 * 4
    assert drawn[0].isdisjoint(drawn[1])


@pytest.mark.parametrize("passphrase", [b"", b"x", PASSPHRASE + b"\n", PASSPHRASE[:-1], PASSPHRASE.upper()])
def test_another_passphrase_does_not_open_it(path: Path, passphrase: bytes) -> None:
    assert "does not open: the passphrase is another, or the file was changed" in refusal(path, passphrase=passphrase)


def test_absent_keyring_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "hospital_1.json"
    assert refusal(place) == f"{place} is absent: restore it, or name another --keyring."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o610, 0o777])
def test_keyring_that_others_can_open_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert "can be read by others: run chmod 600 on it." in refusal(path)


def test_folder_in_the_place_of_a_keyring_is_refused(tmp_path: Path) -> None:
    assert "is not a file: restore the keyring of hospital_1." in refusal(tmp_path)


def test_file_in_the_place_of_the_folder_is_refused(path: Path) -> None:
    assert "cannot be read as a keyring" in refusal(path / "hospital_1.json")


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"keys": "', "[" * 100_000, '{"a":' * 50_000, '{"epoch": ' + "9" * 5_000 + "}"],
    ids=["empty", "cut", "open string", "deep list", "deep object", "number too long"],
)
def test_file_that_is_not_json_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    assert "cannot be read as a keyring: restore it." in refusal(path)


def test_file_that_is_no_text_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" * 20)
    assert "cannot be read as a keyring" in refusal(path)


def test_file_cut_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])
        assert refusal(path).endswith("restore it.")


@pytest.mark.parametrize("content", [[], None, "text", 5, {}, {"format": "emc2-keyring", "format_version": 2}])
def test_json_that_is_no_keyring_is_refused(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
    assert "is not a keyring of hospital_1 in format 2: restore it." in refusal(path)


def test_keyring_of_another_party_is_refused(path: Path) -> None:
    assert "is not a keyring of custodian in format 2" in refusal(path, "custodian")


@pytest.mark.parametrize(
    "change",
    [
        set_at("version", value=4),
        set_at("origin", value="demo"),
        set_at("epoch", value=2),
        set_at("party", value="hospital_2"),
        set_at("kdf", "salt", value="00" * 16),
        set_at("kdf", "passes", value=2),
        set_at("kdf", "memory_kib", value=16),
        set_at("mac", value="00" * 32),
        set_at("mac", value=None),
        set_at("keys", value=[]),
        set_at("pins", value={}),
        set_at("pins", "hub", "seal", value="00" * 32),
        set_at("pins", "hub", "sign", value="00" * 32),
        set_at("pins", "hub", "sign_kid", value="00" * 8),
        *(set_at("keys", 0, name, value="0") for name in ("kid", "purpose", "state", "alg", "created", "kcv")),
        *(set_at("keys", 0, name, value="00" * 24) for name in ("nonce", "sealed")),
        set_at("keys", 0, "epoch", value=2),
        lambda content: content["keys"].reverse(),
        lambda content: content["keys"].pop(),
        lambda content: content["keys"].append(content["keys"][0]),
        lambda content: content.update(surplus=1),
        lambda content: content["keys"][1].update(sealed=content["keys"][0]["sealed"]),
    ],
)
def test_nothing_in_the_file_can_be_changed_unseen(path: Path, change: Callable[[Content], None]) -> None:
    said = refusal(rewritten(path, change))
    assert "does not open" in said or "is not a keyring of hospital_1" in said


def test_each_character_that_is_turned_is_seen(path: Path) -> None:
    """Of the whole file, in one place after another: names, numbers, metadata, ciphertext, pins, MAC."""
    whole = path.read_bytes()
    told: set[str] = set()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        if json_or_none(path) != json.loads(whole):  # a turned space means nothing
            told.add(refusal(path).partition(": ")[0].removeprefix(str(path)).strip())
    assert told == {
        "cannot be read as a keyring",
        "is not a keyring of hospital_1 in format 2",
        "does not open",
    }


def json_or_none(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


@pytest.mark.parametrize(
    "kdf",
    [
        {"memory_kib": 2**21},
        {"memory_kib": 7},
        {"memory_kib": "much"},
        {"passes": 0},
        {"passes": 17},
        {"lanes": 0},
        {"lanes": 17},
        {"salt": "00"},
        {"salt": 5},
    ],
)
def test_cost_beyond_bounds_is_refused_before_it_is_paid(path: Path, kdf: Content) -> None:
    assert "is not a keyring" in refusal(rewritten(path, lambda content: content["kdf"].update(kdf)))


def test_authentic_file_with_a_secret_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hospital_1.json"
    write_keyring(path, replace(KEYRING, secrets=KEYRING.secrets | {"own": b"short"}), PASSPHRASE, cost=CHEAP)
    assert "is not a keyring of hospital_1" in refusal(path)


def test_older_keyring_than_the_one_used_last_is_refused(tmp_path: Path) -> None:
    keys, own, other = tmp_path / "keys", tmp_path / "hospital_1", tmp_path / "elsewhere"
    keys.mkdir()
    path, kept, keyrings = keys / "hospital_1.json", keys / "kept", Keyrings(keys, PASSPHRASE)
    write_keyring(path, KEYRING, PASSPHRASE, 1, CHEAP)
    assert keyrings.open("hospital_1", own) == KEYRING
    path.rename(kept)
    write_keyring(path, KEYRING, PASSPHRASE, 2, CHEAP)
    assert keyrings.open("hospital_1", own) == KEYRING
    kept.rename(path)
    with pytest.raises(KeyMaterialError, match="is older than the one hospital_1 used last: restore the newer one."):
        keyrings.open("hospital_1", own)
    assert json.loads((own / "keyrings.json").read_text()) == {KEYRING.kids["sign"]: 2}
    assert keyrings.open("hospital_1", other) == KEYRING  # who has not seen the newer one cannot know


def test_keyring_of_another_ceremony_is_not_older(tmp_path: Path) -> None:
    own = tmp_path / "hospital_1"
    for name, version in (("first", 5), ("second", 1)):
        (tmp_path / name).mkdir()
        write_keyring(tmp_path / name / "hospital_1.json", deal()["hospital_1"], PASSPHRASE, version, CHEAP)
        Keyrings(tmp_path / name, PASSPHRASE).open("hospital_1", own)
    assert sorted(json.loads((own / "keyrings.json").read_text()).values()) == [1, 5]


def test_passphrase_is_in_no_repr() -> None:
    assert PASSPHRASE.decode() not in repr(Keyrings(Path("keys"), PASSPHRASE))


def test_cost_out_of_bounds_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="outside"):
        Cost(memory_kib=8, passes=1, lanes=4)


def test_file_that_is_there_is_not_written_over(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_keyring(path, KEYRING, PASSPHRASE, cost=CHEAP)
    assert path.read_bytes() == before
