"""Key material: keyring files, derivation by purpose, and the one keyed loop of the pipeline.

A keyring is one JSON file a party, mode 0600, beside the workspace and never in it. It holds 32-byte secrets that
are independent of each other and of any seed:

    stage1   the four hospitals and the funds, shared: identities to tokens
    own      each source its own: local numbers to handles
    stage2   the custodian: tokens to pseudonyms

HKDF-SHA-256 (RFC 5869) separates the purposes under a secret; HMAC-SHA-256 (RFC 2104) cut to its left 128 bits
hashes, as NIST SP 800-107 allows. No secret is ever an argument of a command, part of a repr, or logged.
"""

import json
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schema.errors import KeyMaterialError
from schema.layout import HOSPITALS, PARTIES

SECRET_BYTES = 32
TOKEN_BYTES = 16  # 128 bits: a collision among 67 million has probability 7e-24
FORMAT = "emc2-keyring"
FORMAT_VERSION = 1
EPOCH = 1
CANONICALISATION = 1  # part of every derivation: a changed rule changes the domain instead of mismatching
_DOMAIN = b"emc2-mock/pseudonymisation"

SECRETS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*HOSPITALS, "funds"), ("stage1", "own")),
    "snds": ("own",),
    "custodian": ("stage2",),
    "hub": (),
}


@dataclass(frozen=True)
class Keyring:
    """One party's secrets; the repr shows none."""

    party: str
    origin: str
    epoch: int
    secrets: dict[str, bytes] = field(repr=False)

    def derive(self, secret: str, purpose: str, source: str = "") -> bytes:
        """32-byte key of one purpose under one secret; purpose, source, epoch and rules separate domains."""
        if secret not in self.secrets:
            raise KeyMaterialError(f"The keyring of {self.party} holds no secret '{secret}': give the right keyring.")
        info = encode(_DOMAIN, purpose, source, str(self.epoch), str(CANONICALISATION))
        return HKDF(hashes.SHA256(), SECRET_BYTES, salt=None, info=info).derive(self.secrets[secret])

    def check_value(self, secret: str) -> str:
        """16 hexadecimal digits that tell two secrets apart and reveal neither."""
        return self.derive(secret, "key check value")[:8].hex()


def encode(*fields: str | bytes) -> bytes:
    """Fields with a two-byte length before each: two different lists of fields never give the same bytes."""
    raw = [f if isinstance(f, bytes) else f.encode() for f in fields]
    return b"".join(len(f).to_bytes(2, "big") + f for f in raw)


def hash_records(key: bytes, kind: str, columns: Sequence[Iterable[str | bytes | None]]) -> list[bytes | None]:
    """HMAC of each record (one value a column) under `key`; null where any value is null.

    The one loop over rows in the pipeline: hashing is per person, never per event.
    """
    base = HMAC(key, hashes.SHA256())
    base.update(b"\x01" + encode(kind))
    tokens: list[bytes | None] = []
    for record in zip(*columns, strict=True):
        if None in record:
            tokens.append(None)
            continue
        mac = base.copy()
        mac.update(encode(*record))
        tokens.append(mac.finalize()[:TOKEN_BYTES])
    return tokens


def demo_keyring(party: str) -> Keyring:
    """The published demo keys, as an RFC prints test keys: they protect nothing and say so in their origin."""
    constants = {"stage1": bytes(range(32)), "stage2": bytes(range(32, 64)), "own": bytes([PARTIES.index(party)]) * 32}
    return Keyring(party, "demo", EPOCH, {name: constants[name] for name in SECRETS[party]})


def draw_keyrings(directory: Path) -> None:
    """Draw fresh secrets with `os.urandom` and write one file a party; refuses a folder that has any."""
    try:
        directory.mkdir(parents=True, mode=0o700)
    except OSError:
        raise KeyMaterialError(
            f"Keyrings cannot be drawn into {directory}: name a folder that does not exist."
        ) from None
    shared = {"stage1": os.urandom(SECRET_BYTES), "stage2": os.urandom(SECRET_BYTES)}
    for party in PARTIES:
        secrets = {name: shared.get(name) or os.urandom(SECRET_BYTES) for name in SECRETS[party]}
        _write(directory / f"{party}.json", party, secrets)


def _write(path: Path, party: str, secrets: dict[str, bytes]) -> None:
    keyring = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "party": party,
        "origin": "random",
        "epoch": EPOCH,
        "secrets": {name: secret.hex() for name, secret in secrets.items()},
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(keyring, file, indent=1)


def read_keyring(party: str, directory: Path | None) -> Keyring:
    """The keyring of one party; without a directory the demo keys. Refuses one that others can read."""
    if directory is None:
        return demo_keyring(party)
    path = directory / f"{party}.json"
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise KeyMaterialError(f"{path} is not a file: restore the keyring of {party}.")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyMaterialError(f"{path} can be read by others: run chmod 600 on it.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeyMaterialError(f"{path} is absent: restore it, or name another --keyring.") from None
    except (OSError, ValueError, RecursionError):
        raise KeyMaterialError(f"{path} cannot be read as a keyring: restore it.") from None
    return _parse(path, party, content)


def _parse(path: Path, party: str, content: object) -> Keyring:
    malformed = KeyMaterialError(f"{path} is not a keyring of {party} in format {FORMAT_VERSION}: restore it.")
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != FORMAT_VERSION:
        raise malformed
    secrets, epoch = content.get("secrets"), content.get("epoch")
    if content.get("party") != party or not isinstance(secrets, dict) or not isinstance(epoch, int):
        raise malformed
    try:
        values = {name: bytes.fromhex(secrets[name]) for name in SECRETS[party]}
    except (KeyError, TypeError, ValueError):
        raise malformed from None
    if any(len(value) != SECRET_BYTES for value in values.values()):
        raise malformed
    return Keyring(party, "random", epoch, values)
