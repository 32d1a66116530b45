"""The unambiguous encoding of fields, which all that is hashed, derived or signed goes through."""


def encode(*fields: str | bytes) -> bytes:
    """Fields with a two-byte length before each: two different lists of fields never give the same bytes."""
    raw = [f if isinstance(f, bytes) else f.encode() for f in fields]
    return b"".join(len(f).to_bytes(2, "big") + f for f in raw)
