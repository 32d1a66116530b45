"""Bytes as extracts encode them → text: UTF-8, else Windows' Western encoding, else Latin-1, which reads any byte."""


def decode(text: bytes) -> str:
    """The text, by the first encoding that it is valid in."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text.decode("latin-1")


def as_utf8(block: bytes) -> bytes:
    """UTF-8 as it is, anything else decoded: a block at a time, since a file may be glued from others."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return decode(block).encode()
    return block
