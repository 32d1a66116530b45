"""The ceremony: draws every party's keys, deals the stage-1 secret as two shares, pins public keys, keeps nothing.

Two bodies each draw 32 bytes; both shares go to each of the five that hash identities, and each of them combines
them by XOR. Neither body knows the secret or could have chosen it, if the other draws honestly and the two do not
meet. What it does not buy: each of the five holds the whole secret from then on, and where one computer plays both
bodies, as here, whoever watches it sees both shares.
"""

import os
import secrets
import shutil
from pathlib import Path

from pipelines.keys.file import Cost, write_keyring
from pipelines.keys.keyring import EPOCH, PURPOSES, SECRET_BYTES, Keyring, correspondents, pin_of
from schema.errors import KeyMaterialError, StorageFull, disk_is_full
from schema.layout import PARTIES

BODIES = ("the hospitals' assembly", "the funds' supervisor")
RANDOM = "random"
PASSPHRASE = "passphrase"  # file beside a class's keyrings
_DRAWN_BYTES = 24


def deal(parties: tuple[str, ...] = PARTIES, origin: str = RANDOM) -> dict[str, Keyring]:
    """A keyring of one ceremony for each of the parties, fresh from the operating system."""
    shares = [os.urandom(SECRET_BYTES) for _ in BODIES]
    stage1_kid = _draw_kid()
    own = {party: {purpose: _secret(purpose, shares) for purpose in PURPOSES[party]} for party in parties}
    kids = {
        party: {purpose: stage1_kid if purpose == "stage1" else _draw_kid() for purpose in PURPOSES[party]}
        for party in parties
    }
    pins = {party: pin_of(own[party], kids[party]) for party in parties}
    return {
        party: Keyring(
            party,
            origin,
            EPOCH,
            own[party],
            kids[party],
            {other: pins[other] for other in correspondents(party) if other in parties},
        )
        for party in parties
    }


def hold_ceremony(directory: Path, passphrase: bytes | None = None, cost: Cost | None = None) -> dict[str, Keyring]:
    """Deal to all parties and write one file each, in a folder that appears whole; refuses one that is there.

    Without a passphrase one is drawn and left beside the keyrings, for a class on one laptop.
    """
    if directory.exists():
        raise KeyMaterialError(
            f"{directory} is there already: name a folder that does not exist, for a ceremony replaces nothing."
        )
    hidden = directory.with_name(f".{directory.name}-{secrets.token_hex(4)}")
    try:
        hidden.mkdir(parents=True, mode=0o700)
        keyrings = deal()
        if passphrase is None:
            passphrase = secrets.token_urlsafe(_DRAWN_BYTES).encode()
            (hidden / PASSPHRASE).touch(mode=0o600)
            (hidden / PASSPHRASE).write_bytes(passphrase)
        for party, keyring in keyrings.items():
            write_keyring(hidden / f"{party}.json", keyring, passphrase, cost=cost)
        hidden.rename(directory)
    except OSError as error:
        if disk_is_full(error):
            raise StorageFull from None
        raise KeyMaterialError(
            f"Keyrings cannot be written into {directory}: name a folder that can be made."
        ) from None
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return keyrings


def combine(mine: bytes, theirs: bytes) -> bytes:
    """Two shares made one secret: whatever the one is, the other still makes it any secret at all."""
    return bytes(left ^ right for left, right in zip(mine, theirs, strict=True))


def _secret(purpose: str, shares: list[bytes]) -> bytes:
    """A secret of one party: the stage-1 secret out of both shares, any other its own draw."""
    if purpose == "stage1":
        return combine(*shares)
    return os.urandom(SECRET_BYTES)


def _draw_kid() -> str:
    """A key id: random, so that it tells nothing about the key."""
    return os.urandom(8).hex()
