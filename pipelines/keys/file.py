"""Keyring files: `<party>.json`, mode 0600, encrypted under a passphrase → a `Keyring`, or one sentence of refusal.

Argon2id (RFC 9106) makes a key of the passphrase; HKDF separates from it a wrapping key and an authentication key.
Each secret is AES-256-GCM under the first, all its metadata authenticated with it; HMAC-SHA-256 under the second
covers the whole file, so that a key cannot be left out, nor the file's version set back unseen.
"""

import hmac
import json
import os
import stat
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pipelines.keys.keyring import ALGORITHMS, PURPOSES, SECRET_BYTES, Keyring, Pin, check_value, demo_keyring, derive
from pipelines.memory import KEYRINGS, recall, remember
from schema.errors import KeyMaterialError

FORMAT = "emc2-keyring"
FORMAT_VERSION = 2
ACTIVE = "active"
_NONCE_BYTES, _SALT_BYTES = 12, 16


@dataclass(frozen=True)
class Cost:
    """What a guess of the passphrase costs: Argon2id's memory, passes and lanes, kept in the file."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (8 * self.lanes <= self.memory_kib <= 2**20 and 1 <= self.passes <= 16 and 1 <= self.lanes <= 16):
            raise ValueError("outside of what a keyring may cost")


@dataclass(frozen=True)
class Keyrings:
    """Where keyrings lie and what opens them; without a folder, the published demo keyrings."""

    folder: Path | None = None
    passphrase: bytes = field(default=b"", repr=False)

    def open(self, party: str, directory: Path | None = None) -> Keyring:
        """The party's keyring; refuses one older than the party's own `directory` has seen, and remembers it there."""
        if self.folder is None:
            return demo_keyring(party)
        path = self.folder / f"{party}.json"
        keyring, version = read_keyring(path, party, self.passphrase)
        if directory is not None:
            if version < recall(directory, KEYRINGS).get(keyring.kids["sign"], 0):
                raise KeyMaterialError(f"{path} is older than the one {party} used last: restore the newer one.")
            remember(directory, KEYRINGS, {keyring.kids["sign"]: version})
        return keyring


def write_keyring(path: Path, keyring: Keyring, passphrase: bytes, version: int = 1, cost: Cost | None = None) -> None:
    """Write a keyring that is not there yet, for its owner's eyes alone."""
    cost, salt = cost or Cost(), os.urandom(_SALT_BYTES)
    wrapping, authentication = _keys_of(passphrase, salt, cost)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    keys = [_wrapped(keyring, purpose, created, wrapping) for purpose in PURPOSES[keyring.party]]
    content: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "version": version,
        "party": keyring.party,
        "origin": keyring.origin,
        "epoch": keyring.epoch,
        "kdf": {"name": "argon2id", "salt": salt.hex(), **asdict(cost)},
        "keys": keys,
        "pins": {
            party: {"seal_kid": pin.seal_kid, "seal": pin.seal.hex(), "sign_kid": pin.sign_kid, "sign": pin.sign.hex()}
            for party, pin in keyring.pins.items()
        },
    }
    content["mac"] = _mac(content, authentication)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)


def read_keyring(path: Path, party: str, passphrase: bytes) -> tuple[Keyring, int]:
    """The party's keyring and the version of its file. Refuses one that others can read, or that was changed."""
    content = _read_json(path, party)
    malformed = KeyMaterialError(f"{path} is not a keyring of {party} in format {FORMAT_VERSION}: restore it.")
    try:
        kdf = content["kdf"]
        cost = Cost(*(int(kdf[name]) for name in ("memory_kib", "passes", "lanes")))
        salt, mac, epoch, version = bytes.fromhex(kdf["salt"]), content["mac"], content["epoch"], content["version"]
        is_ours = content["format"] == FORMAT and content["format_version"] == FORMAT_VERSION
        if not is_ours or content["party"] != party or not isinstance(mac, str) or len(salt) != _SALT_BYTES:
            raise malformed
        wrapping, authentication = _keys_of(passphrase, salt, cost)
        if not hmac.compare_digest(mac.encode(), _mac(content, authentication).encode()):
            raise KeyMaterialError(
                f"{path} does not open: the passphrase is another, or the file was changed; give the right one, "
                "or restore the file."
            )
        active = [key for key in content["keys"] if key["epoch"] == epoch and key["state"] == ACTIVE]
        secrets = {key["purpose"]: _unwrapped(key, wrapping) for key in active}
        kids = {key["purpose"]: str(key["kid"]) for key in active}
        pins = {other: _pin(pin) for other, pin in content["pins"].items()}
    except (KeyError, TypeError, ValueError, AttributeError, InvalidTag):
        raise malformed from None
    if tuple(secrets) != PURPOSES[party]:
        raise malformed
    return Keyring(party, content["origin"], epoch, secrets, kids, pins), version


def _read_json(path: Path, party: str) -> dict[str, Any]:
    """What stands in the file, unverified, once nobody else can have read it."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise KeyMaterialError(f"{path} is not a file: restore the keyring of {party}.")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyMaterialError(f"{path} can be read by others: run chmod 600 on it.")
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise KeyMaterialError(f"{path} is absent: restore it, or name another --keyring.") from None
    except (OSError, ValueError, RecursionError):
        raise KeyMaterialError(f"{path} cannot be read as a keyring: restore it.") from None
    if not isinstance(content, dict):
        raise KeyMaterialError(f"{path} is not a keyring of {party} in format {FORMAT_VERSION}: restore it.")
    return content


def _keys_of(passphrase: bytes, salt: bytes, cost: Cost) -> tuple[bytes, bytes]:
    """The wrapping key and the authentication key of a passphrase."""
    slow = Argon2id(
        salt=salt, length=SECRET_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    kek = slow.derive(passphrase)
    return derive(kek, "keyring wrapping", 0), derive(kek, "keyring authentication", 0)


def _wrapped(keyring: Keyring, purpose: str, created: str, wrapping: bytes) -> dict[str, Any]:
    """One key as the file holds it."""
    metadata = {
        "kid": keyring.kids[purpose],
        "purpose": purpose,
        "epoch": keyring.epoch,
        "state": ACTIVE,
        "alg": ALGORITHMS[purpose],
        "created": created,
        "kcv": keyring.check_value(purpose),
    }
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(wrapping).encrypt(nonce, keyring.secrets[purpose], _canonical(metadata))
    return {**metadata, "nonce": nonce.hex(), "sealed": sealed.hex()}


def _unwrapped(key: dict[str, Any], wrapping: bytes) -> bytes:
    """The secret, if every word of its metadata is as it was when it was wrapped."""
    metadata = {name: value for name, value in key.items() if name not in ("nonce", "sealed")}
    secret = AESGCM(wrapping).decrypt(bytes.fromhex(key["nonce"]), bytes.fromhex(key["sealed"]), _canonical(metadata))
    is_of_its_kind = len(secret) == SECRET_BYTES and key["alg"] == ALGORITHMS[key["purpose"]]
    if not is_of_its_kind or key["kcv"] != check_value(secret, key["epoch"]):
        raise ValueError("a key of another kind")
    return secret


def _pin(content: dict[str, str]) -> Pin:
    return Pin(content["seal_kid"], bytes.fromhex(content["seal"]), content["sign_kid"], bytes.fromhex(content["sign"]))


def _mac(content: dict[str, Any], authentication: bytes) -> str:
    covered = {name: value for name, value in content.items() if name != "mac"}
    return hmac.digest(authentication, _canonical(covered), "sha256").hex()


def _canonical(content: dict[str, Any]) -> bytes:
    """JSON of which there is one writing only."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
