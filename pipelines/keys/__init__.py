"""Key material: keyrings in memory and on disk, the ceremony that deals them, hashing, sealing and signing.

The keyed loop is imported from `hashing`: it needs Polars, without which the keyring commands start at once.
"""

from pipelines.keys.ceremony import deal, hold_ceremony
from pipelines.keys.encoding import encode
from pipelines.keys.file import Keyrings
from pipelines.keys.keyring import CANONICALISATION, EPOCH, PURPOSES, SECRET_BYTES, Keyring, Pin, demo_keyring

__all__ = [
    "CANONICALISATION",
    "EPOCH",
    "PURPOSES",
    "SECRET_BYTES",
    "Keyring",
    "Keyrings",
    "Pin",
    "deal",
    "demo_keyring",
    "encode",
    "hold_ceremony",
]
