"""Sealing and signing: the published vectors, the round trip, and every way in which bytes can be wrong."""

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pipelines.keys import demo_keyring
from pipelines.keys.sealing import is_signed, seal, sign, unseal
from schema.layout import PARTIES

# RFC 8032, section 7.1, tests 1 to 3: private key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]
# RFC 9180, appendix A.1.1 (X25519, HKDF-SHA-256, AES-128-GCM), first encryption; it has an AAD, ours has none.
RFC_9180 = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "recipient": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "encapsulated": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "aad": "436f756e742d30",
    "plaintext": "4265617574792069732074727574682c20747275746820626561757479",
    "ciphertext": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
}
KEY = demo_keyring("hub").secrets["seal"]
PUBLIC = demo_keyring("custodian").pin("hub").seal
FILE_KEY, HEADER = bytes(range(100, 132)), b'{"from": "custodian", "to": "hub"}'


def flips(content: bytes) -> list[bytes]:
    """The content with one bit of each byte turned, byte by byte."""
    return [content[:i] + bytes([content[i] ^ 1 << i % 8]) + content[i + 1 :] for i in range(len(content))]


@pytest.mark.parametrize(("private", "public", "message", "signature"), RFC_8032)
def test_signatures_are_those_of_rfc_8032(private: str, public: str, message: str, signature: str) -> None:
    key, content = bytes.fromhex(private), bytes.fromhex(message)
    assert Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex() == public
    assert sign(content, key).hex() == signature
    assert is_signed(content, bytes.fromhex(signature), bytes.fromhex(public))


def test_library_opens_the_message_of_rfc_9180() -> None:
    if not hasattr(openssl.hpke, "_decrypt_with_aad"):
        pytest.skip("this version of the library has no function that takes the AAD of the RFC's vectors")
    vector = {name: bytes.fromhex(value) for name, value in RFC_9180.items()}
    opened = openssl.hpke._decrypt_with_aad(
        Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM),
        vector["encapsulated"] + vector["ciphertext"],
        X25519PrivateKey.from_private_bytes(vector["recipient"]),
        vector["info"],
        vector["aad"],
    )
    assert opened == vector["plaintext"]


def test_what_is_sealed_opens_with_the_recipients_key_and_the_same_header() -> None:
    assert unseal(seal(FILE_KEY, PUBLIC, HEADER), KEY, HEADER) == FILE_KEY


def test_two_seals_of_one_key_have_nothing_in_common() -> None:
    one, two = seal(FILE_KEY, PUBLIC, HEADER), seal(FILE_KEY, PUBLIC, HEADER)
    assert one[:32] != two[:32]
    assert one[32:] != two[32:]
    assert FILE_KEY not in one


def test_nobody_but_the_recipient_opens_it() -> None:
    sealed = seal(FILE_KEY, PUBLIC, HEADER)
    others = [
        secret for p in PARTIES for name, secret in demo_keyring(p).secrets.items() if (p, name) != ("hub", "seal")
    ]
    assert len(others) > 15
    assert {unseal(sealed, secret, HEADER) for secret in others} == {None}


def test_other_header_does_not_open_it() -> None:
    sealed = seal(FILE_KEY, PUBLIC, HEADER)
    for other in (*flips(HEADER), HEADER[:-1], HEADER + b" ", b""):
        assert unseal(sealed, KEY, other) is None


def test_each_byte_that_is_turned_keeps_it_shut() -> None:
    sealed = seal(FILE_KEY, PUBLIC, HEADER)
    assert len(sealed) == 80
    assert {unseal(other, KEY, HEADER) for other in flips(sealed)} == {None}


def test_cut_or_longer_or_empty_seal_keeps_it_shut() -> None:
    sealed = seal(FILE_KEY, PUBLIC, HEADER)
    for other in (sealed[:-1], sealed[1:], sealed[:32], sealed + b"\x00", b""):
        assert unseal(other, KEY, HEADER) is None


def test_turned_content_turned_signature_and_another_signer_are_not_believed() -> None:
    private, public = demo_keyring("hub").secrets["sign"], demo_keyring("custodian").pin("hub").sign
    signature = sign(HEADER, private)
    assert is_signed(HEADER, signature, public)
    assert not [other for other in flips(HEADER) if is_signed(other, signature, public)]
    assert not [other for other in (*flips(signature), signature[:-1], b"") if is_signed(HEADER, other, public)]
    assert not is_signed(HEADER, signature, demo_keyring("custodian").pin("hospital_1").sign)
