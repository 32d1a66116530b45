"""Keyring files: drawn once, read by their party alone, refused in one sentence otherwise."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from pipelines.keys import SECRETS, demo_keyring, draw_keyrings, read_keyring
from schema.errors import KeyMaterialError
from schema.layout import PARTIES

SECRET = "5ec2e7" * 10 + "abcd"  # 64 hexadecimal digits that must never be shown


def content(**changes: Any) -> dict[str, Any]:
    keyring = {
        "format": "emc2-keyring",
        "version": 1,
        "party": "hospital_1",
        "origin": "random",
        "epoch": 1,
        "secrets": {"stage1": SECRET, "own": SECRET},
    }
    return keyring | changes


def write(directory: Path, text: str, mode: int = 0o600) -> Path:
    path = directory / "hospital_1.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(directory: Path) -> str:
    """The sentence of the refusal, after what every refusal must be is checked."""
    with pytest.raises(KeyMaterialError) as caught:
        read_keyring("hospital_1", directory)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    text = str(error)
    assert SECRET[:8] not in text
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_keyring_read_is_the_one_written(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(content(epoch=3)))
    keyring = read_keyring("hospital_1", tmp_path)
    assert keyring.secrets == {"stage1": bytes.fromhex(SECRET), "own": bytes.fromhex(SECRET)}
    assert (keyring.party, keyring.origin, keyring.epoch) == ("hospital_1", "random", 3)


def test_without_a_directory_the_demo_keys_are_read() -> None:
    assert read_keyring("hospital_1", None) == demo_keyring("hospital_1")


def test_absent_keyring_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}/hospital_1.json is absent: restore it, or name another --keyring."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o610, 0o777])
def test_keyring_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, json.dumps(content()), mode)
    assert "can be read by others: run chmod 600 on it." in refusal(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        f"{SECRET} is no JSON",
        '{"secrets": "' + SECRET,
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"epoch": ' + "9" * 5_000 + "}",
    ],
    ids=["empty", "cut", "text", "open string", "deep list", "deep object", "number too long"],
)
def test_file_that_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert "cannot be read as a keyring: restore it." in refusal(tmp_path)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "").write_bytes(b"\xff\xfe\x00" * 20)
    assert "cannot be read as a keyring" in refusal(tmp_path)


@pytest.mark.parametrize(
    "keyring",
    [
        [],
        None,
        SECRET,
        content(party="hospital_2"),
        content(version=2),
        content(version="1"),
        content(format="another"),
        content(epoch="1"),
        content(epoch=None),
        content(secrets=[SECRET, SECRET]),
        content(secrets={"stage1": SECRET}),
        content(secrets={"stage1": SECRET, "own": SECRET[:-2]}),
        content(secrets={"stage1": SECRET, "own": SECRET + "00"}),
        content(secrets={"stage1": SECRET, "own": ""}),
        content(secrets={"stage1": SECRET, "own": SECRET[:-1] + "g"}),
        content(secrets={"stage1": SECRET, "own": [SECRET]}),
        content(secrets={"stage1": SECRET, "own": None}),
        content(secrets={"stage1": SECRET, "own": 5}),
    ],
)
def test_json_that_is_no_keyring_of_the_party_is_refused(tmp_path: Path, keyring: Any) -> None:
    write(tmp_path, json.dumps(keyring))
    assert "is not a keyring of hospital_1 in format 1: restore it." in refusal(tmp_path)


def test_directory_in_the_place_of_a_keyring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hospital_1.json").mkdir()
    assert "is not a file: restore the keyring of hospital_1." in refusal(tmp_path)


def test_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    assert "cannot be read as a keyring" in refusal(tmp_path / "keys")


def test_keyrings_drawn_can_be_read_by_their_party_and_by_nobody_else(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "keys"
    draw_keyrings(directory)
    assert sorted(path.name for path in directory.iterdir()) == sorted(f"{party}.json" for party in PARTIES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {party: tuple(read_keyring(party, directory).secrets) for party in PARTIES} == SECRETS


def test_keyrings_drawn_share_the_first_stage_and_nothing_else(tmp_path: Path) -> None:
    draw_keyrings(tmp_path / "keys")
    secrets = [
        (name, secret) for party in PARTIES for name, secret in read_keyring(party, tmp_path / "keys").secrets.items()
    ]
    stage1 = [secret for name, secret in secrets if name == "stage1"]
    others = [secret for name, secret in secrets if name != "stage1"]
    assert len(stage1) == 5
    assert len(set(stage1)) == 1
    assert len(set(others)) == len(others) == 7
    assert stage1[0] not in others


def test_keyrings_drawn_twice_have_no_secret_in_common_and_none_of_the_demo(tmp_path: Path) -> None:
    found: list[set[bytes]] = []
    for name in ("one", "two"):
        draw_keyrings(tmp_path / name)
        found.append({s for party in PARTIES for s in read_keyring(party, tmp_path / name).secrets.values()})
    demo = {secret for party in PARTIES for secret in demo_keyring(party).secrets.values()}
    assert found[0].isdisjoint(found[1])
    assert demo.isdisjoint(found[0] | found[1])


def test_keyrings_are_never_drawn_over_what_stands_there(tmp_path: Path) -> None:
    draw_keyrings(tmp_path / "keys")
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    with pytest.raises(KeyMaterialError, match="name a folder that does not exist") as caught:
        draw_keyrings(tmp_path / "keys")
    assert caught.value.__suppress_context__
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before
