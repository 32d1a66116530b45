"""A party's keyring in memory: its secrets, the public keys it has pinned, and the keys derived by purpose.

A keyring holds 32-byte secrets that are independent of each other, of other epochs and of any seed:

    stage1   the four hospitals and the funds, shared: identities to tokens
    own      each source its own: local numbers to handles
    stage2   the custodian: tokens to pseudonyms
    seal     each party its own X25519 key: opens what is sealed to it
    sign     each party its own Ed25519 key: signs what it sends

HKDF-SHA-256 (RFC 5869) separates the purposes under a secret. No secret is ever an argument of a command, part of a
repr, or logged.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.keys.encoding import encode
from schema.errors import KeyMaterialError
from schema.layout import HOSPITALS, MAIL, PARTIES

SECRET_BYTES = 32
EPOCH = 1
CANONICALISATION = 1  # part of every derivation: a changed rule changes the domain instead of mismatching
DEMO = "DEMO-"  # how the id of every published key begins
_DOMAIN = b"emc2-mock/pseudonymisation"

PURPOSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*HOSPITALS, "funds"), ("stage1", "own", "seal", "sign")),
    "snds": ("own", "seal", "sign"),
    "custodian": ("stage2", "seal", "sign"),
    "hub": ("seal", "sign"),
}
ALGORITHMS = {
    **dict.fromkeys(("stage1", "own", "stage2"), "HMAC-SHA-256/128"),
    "seal": "X25519",
    "sign": "Ed25519",
}


@dataclass(frozen=True)
class Pin:
    """Another party's public keys, as the ceremony handed them over: nothing else is sealed to, or believed."""

    seal_kid: str
    seal: bytes
    sign_kid: str
    sign: bytes


@dataclass(frozen=True)
class Keyring:
    """One party's keys of one epoch; the repr shows no secret. `kids` names each by purpose."""

    party: str
    origin: str
    epoch: int
    secrets: dict[str, bytes] = field(repr=False)
    kids: dict[str, str] = field(default_factory=dict)
    pins: dict[str, Pin] = field(default_factory=dict, repr=False)

    def derive(self, secret: str, purpose: str, source: str = "") -> bytes:
        """32-byte key of one purpose under one secret; purpose, source, epoch and rules separate domains."""
        return derive(self.secret(secret), purpose, self.epoch, source)

    def check_value(self, secret: str) -> str:
        """16 hexadecimal digits that tell two secrets apart and reveal neither."""
        return check_value(self.secret(secret), self.epoch)

    def secret(self, name: str) -> bytes:
        """The secret itself, for the steps that need no derived key."""
        if name not in self.secrets:
            raise KeyMaterialError(f"The keyring of {self.party} holds no secret '{name}': give the right keyring.")
        return self.secrets[name]

    def pin(self, party: str) -> Pin:
        """The pinned keys of a party that this one writes to or hears from."""
        if party not in self.pins:
            raise KeyMaterialError(
                f"The keyring of {self.party} has no pinned key of {party}: give all parties one ceremony's keyring."
            )
        return self.pins[party]


def derive(secret: bytes, purpose: str, epoch: int, source: str = "") -> bytes:
    """32-byte key of one purpose under one secret of one epoch."""
    info = encode(_DOMAIN, purpose, source, str(epoch), str(CANONICALISATION))
    return HKDF(hashes.SHA256(), SECRET_BYTES, salt=None, info=info).derive(secret)


def check_value(secret: bytes, epoch: int) -> str:
    """Eight bytes of a key of its own purpose, in hexadecimal: no truncated hash of anything that is in use."""
    return derive(secret, "key check value", epoch)[:8].hex()


def correspondents(party: str) -> tuple[str, ...]:
    """Every party that this one writes to or hears from."""
    return tuple(other for other in PARTIES if other in MAIL[party] or party in MAIL[other])


def pin_of(secrets: dict[str, bytes], kids: dict[str, str]) -> Pin:
    """The public halves of a party's own keys."""
    return Pin(
        kids["seal"],
        X25519PrivateKey.from_private_bytes(secrets["seal"]).public_key().public_bytes_raw(),
        kids["sign"],
        Ed25519PrivateKey.from_private_bytes(secrets["sign"]).public_key().public_bytes_raw(),
    )


def demo_keyring(party: str) -> Keyring:
    """The published demo keys, as an RFC prints test keys: they protect nothing, and their ids say so."""
    pins = {other: pin_of(_demo_secrets(other), _demo_kids(other)) for other in correspondents(party)}
    return Keyring(party, "demo", EPOCH, _demo_secrets(party), _demo_kids(party), pins)


def _demo_secrets(party: str) -> dict[str, bytes]:
    """A constant a purpose, and a party where each has its own."""
    number = PARTIES.index(party)
    constants = {
        "stage1": bytes(range(32)),
        "stage2": bytes(range(32, 64)),
        "own": bytes([number]) * 32,
        "seal": bytes([64 + number]) * 32,
        "sign": bytes([96 + number]) * 32,
    }
    return {purpose: constants[purpose] for purpose in PURPOSES[party]}


def _demo_kids(party: str) -> dict[str, str]:
    """Key ids; a shared key has one id wherever it lies."""
    return {
        purpose: f"{DEMO}{purpose}" if purpose in ("stage1", "stage2") else f"{DEMO}{purpose}-{party}"
        for purpose in PURPOSES[party]
    }
