"""HMAC, HKDF and the keyed hash, against the published vectors and against confusion of fields."""

import hmac

import polars as pl
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from pipelines.keys import encode
from pipelines.keys.hashing import hash_records

# RFC 4231, sections 4.2 to 4.4 and 4.7: key, data, HMAC-SHA-256.
RFC_4231 = [
    ("0b" * 20, "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        "aa" * 131,
        "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]
# RFC 5869, appendix A.1 to A.3: key, salt, info, length, output.
RFC_5869 = [
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        "0b" * 22,
        "",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]
FIELDS = st.lists(st.text(max_size=6) | st.binary(max_size=6), max_size=5)


def as_bytes(fields: list[str | bytes]) -> list[bytes]:
    return [field if isinstance(field, bytes) else field.encode() for field in fields]


@pytest.mark.parametrize(("key", "data", "expected"), RFC_4231)
def test_hmac_gives_the_vectors_of_rfc_4231(key: str, data: str, expected: str) -> None:
    mac = HMAC(bytes.fromhex(key), hashes.SHA256())
    mac.update(bytes.fromhex(data))
    assert mac.finalize().hex() == expected


@pytest.mark.parametrize(("key", "salt", "info", "expected"), RFC_5869)
def test_hkdf_gives_the_vectors_of_rfc_5869(key: str, salt: str, info: str, expected: str) -> None:
    length = len(expected) // 2
    kdf = HKDF(hashes.SHA256(), length, salt=bytes.fromhex(salt) or None, info=bytes.fromhex(info))
    assert kdf.derive(bytes.fromhex(key)).hex() == expected


@given(FIELDS, FIELDS)
def test_two_lists_of_fields_never_give_the_same_bytes(left: list[str | bytes], right: list[str | bytes]) -> None:
    assert (encode(*left) == encode(*right)) == (as_bytes(left) == as_bytes(right))


@given(FIELDS)
def test_fields_can_be_read_back_from_their_bytes(fields: list[str | bytes]) -> None:
    rest, found = encode(*fields), []
    while rest:
        end = 2 + int.from_bytes(rest[:2], "big")
        found.append(rest[2:end])
        rest = rest[end:]
    assert found == as_bytes(fields)


def test_field_too_long_for_its_length_is_refused_and_not_cut() -> None:
    assert encode("a" * 65_535)[:2] == b"\xff\xff"
    with pytest.raises(OverflowError):
        encode("a" * 65_536)


def test_record_is_hashed_with_hmac_under_its_kind_cut_to_128_bits() -> None:
    expected = hmac.digest(b"k" * 32, b"\x01" + encode("kind") + encode("a", "b"), "sha256")[:16]
    assert hash_records(b"k" * 32, "kind", [["a"], ["b"]]) == [expected]


def test_record_with_a_null_has_no_hash_and_the_others_keep_their_place() -> None:
    one, none, two = hash_records(b"k" * 32, "kind", [["a", None, "c"], ["x", "y", "z"]])
    assert none is None
    assert one is not None
    assert two is not None
    assert one != two


def test_empty_text_is_hashed_and_is_not_a_null() -> None:
    assert hash_records(b"k" * 32, "kind", [[""]]) != [None]


def test_another_kind_another_key_or_values_moved_between_columns_give_another_hash() -> None:
    found = [
        hash_records(b"k" * 32, "kind", [["ab"], ["c"]]),
        hash_records(b"k" * 32, "kind", [["a"], ["bc"]]),
        hash_records(b"k" * 32, "kinda", [["b"], ["c"]]),
        hash_records(b"k" * 32, "kind", [["c"], ["ab"]]),
        hash_records(b"l" * 32, "kind", [["ab"], ["c"]]),
    ]
    assert len({tokens[0] for tokens in found}) == 5


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(pl.exceptions.ShapeError, match="height"):
        hash_records(b"k" * 32, "kind", [["a", "b"], ["x"]])
