"""Key material: hashing, keyrings in memory and on disk, the ceremony that deals them, sealing and signing."""

from pipelines.keys.ceremony import deal, hold_ceremony
from pipelines.keys.file import Keyrings
from pipelines.keys.hashing import TOKEN_BYTES, encode, hash_records
from pipelines.keys.keyring import CANONICALISATION, EPOCH, PURPOSES, SECRET_BYTES, Keyring, Pin, demo_keyring

__all__ = [
    "CANONICALISATION",
    "EPOCH",
    "PURPOSES",
    "SECRET_BYTES",
    "TOKEN_BYTES",
    "Keyring",
    "Keyrings",
    "Pin",
    "deal",
    "demo_keyring",
    "encode",
    "hash_records",
    "hold_ceremony",
]
