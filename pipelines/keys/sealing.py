"""Sealing to a recipient (HPKE, RFC 9180) and signing (Ed25519, RFC 8032): bytes and keys → bytes.

The suite is DHKEM(X25519, HKDF-SHA-256), HKDF-SHA-256, AES-256-GCM in base mode: it says nothing of the sender, which
is what the signature is for. A failure tells nothing but that it failed.
"""

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(content: bytes, recipient: bytes, info: bytes) -> bytes:
    """Content sealed to a public X25519 key; it opens only together with the same `info`."""
    return _SUITE.encrypt(content, X25519PublicKey.from_public_bytes(recipient), info=info)


def unseal(sealed: bytes, recipient: bytes, info: bytes) -> bytes | None:
    """What was sealed, opened with the private X25519 key; None where key, bytes or `info` are others."""
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(recipient), info=info)
    except (InvalidTag, ValueError):
        return None


def sign(content: bytes, signer: bytes) -> bytes:
    """64 bytes of signature under a private Ed25519 key."""
    return Ed25519PrivateKey.from_private_bytes(signer).sign(content)


def is_signed(content: bytes, signature: bytes, signer: bytes) -> bool:
    """Whether the holder of the public Ed25519 key's other half signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(signer).verify(signature, content)
    except InvalidSignature:
        return False
    return True
