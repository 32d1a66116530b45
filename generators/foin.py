"""A stand-in for FOIN, the function that makes the SNDS's own pseudonyms: two keyed stages, 17 characters."""

from functools import cache

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHARACTERS, BITS_A_CHARACTER = 17, 5
_BYTES = -(-CHARACTERS * BITS_A_CHARACTER // 8)
_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype="S1")  # RFC 4648


@cache
def _stages(seed: int) -> tuple[HMAC, HMAC]:
    # The key follows from the seed: it is part of the world's past and lies in no keyring.
    keys = HKDF(SHA256(), 64, salt=None, info=b"FOIN of a simulated world").derive(seed.to_bytes(32, "big"))
    return HMAC(keys[:32], SHA256()), HMAC(keys[32:], SHA256())


def pseudonyms(seed: int, identities: pl.Series) -> pl.Series:
    """Pseudonym of each identity text; null stays null."""
    first, second = _stages(seed)
    digests = []
    known = identities.is_not_null()
    for text in identities.drop_nulls():  # the keyed loop: one a person, never one an event
        inner, outer = first.copy(), second.copy()
        inner.update(text.encode())
        outer.update(inner.finalize())
        digests.append(outer.finalize()[:_BYTES])
    made = _base32(b"".join(digests))
    rows = pl.select(pl.when(known).then(known.cast(pl.Int64).cum_sum() - 1)).to_series()
    return made.gather(rows)


def _base32(digests: bytes) -> pl.Series:
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8).reshape(-1, _BYTES), axis=1)
    groups = bits[:, : CHARACTERS * BITS_A_CHARACTER].reshape(-1, CHARACTERS, BITS_A_CHARACTER)
    letters = _ALPHABET[groups @ np.array([16, 8, 4, 2, 1], dtype=np.int64)]
    text = np.ascontiguousarray(letters).view(f"S{CHARACTERS}").ravel().astype(f"U{CHARACTERS}")
    return pl.Series(text.tolist(), dtype=pl.String)


def insured_identity(insured_nir13: pl.Series, birth_date: pl.Series, sex: pl.Series) -> pl.Series:
    """What BEN_NIR_PSA and NIR_ANO_17 are made of: insured's number, date of birth YYYYMMDD and sex."""
    return insured_nir13 + birth_date.dt.strftime("%Y%m%d") + sex.cast(pl.String)
