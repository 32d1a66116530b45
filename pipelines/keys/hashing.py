"""The one keyed loop of the pipeline: columns of records → tokens.

HMAC-SHA-256 (RFC 2104) is cut to its left 128 bits, as NIST SP 800-107 allows.
"""

import operator
from collections.abc import Iterable, Sequence
from functools import reduce

import polars as pl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from pipelines.keys.encoding import encode

TOKEN_BYTES = 16  # 128 bits: a collision among 67 million has probability 7e-24


def hash_records(key: bytes, kind: str, columns: Sequence[Iterable[str | bytes | None]]) -> list[bytes | None]:
    """HMAC of each record (one value a column) under `key`; null where any value is null.

    The one loop over rows in the pipeline: hashing is per person, never per event. What it hashes is `encode` of kind
    and record, made column by column.
    """
    base = HMAC(key, hashes.SHA256())
    base.update(b"\x01" + encode(kind))
    copy = base.copy
    tokens: list[bytes | None] = []
    for message in _encoded(columns):
        if message is None:
            tokens.append(None)
            continue
        mac = copy()
        mac.update(message)
        tokens.append(mac.finalize()[:TOKEN_BYTES])
    return tokens


def _encoded(columns: Sequence[Iterable[str | bytes | None]]) -> list[bytes | None]:
    """`encode` of each record, null where any value is null: each value with its length before it."""
    texts = pl.DataFrame([pl.Series(str(place), values).cast(pl.Binary) for place, values in enumerate(columns)])
    longest = texts.select(pl.max_horizontal(pl.all().bin.size().max())).item() or 0
    lengths = pl.lit(pl.Series([n.to_bytes(2, "big") for n in range(longest + 1)], dtype=pl.Binary))
    parts = [part for name in texts.columns for part in (lengths.gather(pl.col(name).bin.size()), pl.col(name))]
    return texts.select(reduce(operator.add, parts)).to_series().to_list()
