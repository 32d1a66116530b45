"""Letters: all that crosses between parties is a folder in `post/<from>_to_<to>/`, sealed and signed.

    header.json   from, to, delivery, epoch, layout, key ids, check values; each table's rows, cents, SHA-256 of parts
    sealed.key    the letter's fresh 32-byte file key, sealed to the recipient (HPKE), the header as `info`
    signature     Ed25519 over header and sealed key
    <table>/      encrypted Parquet parts, rows in matching-id order

Header and signature are verified, and every file compared with the header, before anything is opened. A letter
appears whole or not at all; once its recipient's step has succeeded, it is spent.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.keys import SECRET_BYTES, Keyring, encode
from pipelines.keys.keyring import DEMO
from pipelines.keys.sealing import is_signed, seal, sign, unseal
from pipelines.ledger import Tally, same, tally_from_json
from pipelines.memory import RECEIVED, SENT, recall, remember
from pipelines.sealed_parquet import scan_sealed, write_sealed
from schema.errors import DeliveryRefused, MissingStage, SchemaViolation
from schema.layout import part_name

HEADER, SEALED_KEY, SIGNATURE = "header.json", "sealed.key", "signature"
LAYOUT = 1  # version of all this


def letter_folder(post: Path, sender: str, recipient: str) -> Path:
    return post / f"{sender}_to_{recipient}"


@dataclass
class Draft:
    """A letter being written; `send` makes it appear in the post in one rename."""

    post: Path
    keyring: Keyring
    recipient: str
    delivery: int
    tables: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pin = self.keyring.pin(self.recipient)
        self.file_key = os.urandom(SECRET_BYTES)
        self.folder = self.post / f".{self.keyring.party}_to_{self.recipient}-{secrets.token_hex(4)}"
        self.folder.mkdir(parents=True)
        self.files: dict[str, list[str]] = {}

    def add(self, table: str, frame: pl.DataFrame, amount: Tally) -> None:
        """One part of a table, in matching-id order so that the sender's order tells nothing."""
        (self.folder / table).mkdir(exist_ok=True)
        digests = self.files.setdefault(table, [])
        order = ["idacc", *(c for c in frame.columns if c != "idacc")] if "idacc" in frame.columns else None
        path = self.folder / table / part_name(len(digests))
        write_sealed(frame.select(order).sort("idacc") if order else frame, path, self.file_key)
        digests.append(_sha256(path))
        self.tables[table] = self.tables.get(table, Tally()) + amount

    def send(self) -> None:
        keyring = self.keyring
        content = {
            "from": keyring.party,
            "to": self.recipient,
            "delivery": self.delivery,
            "epoch": keyring.epoch,
            "layout": LAYOUT,
            "signed_with": keyring.kids["sign"],
            "sealed_to": self.pin.seal_kid,
            "check_values": {"stage1": keyring.check_value("stage1")} if "stage1" in keyring.secrets else {},
            "tables": {name: {**amount.as_json(), "sha256": self.files[name]} for name, amount in self.tables.items()},
        }
        header = json.dumps(content, indent=1).encode()
        sealed = seal(self.file_key, self.pin.seal, header)
        (self.folder / HEADER).write_bytes(header)
        (self.folder / SEALED_KEY).write_bytes(sealed)
        (self.folder / SIGNATURE).write_bytes(sign(_signed(header, sealed), keyring.secret("sign")))
        target = letter_folder(self.post, keyring.party, self.recipient)
        shutil.rmtree(target, ignore_errors=True)
        self.folder.rename(target)


@dataclass(frozen=True)
class Letter:
    """A letter received, verified and open."""

    folder: Path
    sender: str
    delivery: int
    check_values: dict[str, str]
    tables: dict[str, Tally]
    files: dict[str, list[str]] = field(repr=False)
    file_key: bytes = field(repr=False)

    def scan(self, table: str) -> pl.LazyFrame:
        """A table to be read as it is needed."""
        paths = [self.folder / table / part_name(number) for number in range(len(self.files.get(table, ())))]
        return scan_sealed(paths, self.file_key)

    def read(self, table: str) -> pl.DataFrame:
        """A person-level table, whole; counted against the header."""
        if table not in self.tables:
            raise SchemaViolation(f"The letter of {self.sender} holds no {table}: run `emc2 run` again.")
        try:
            frame = self.scan(table).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            raise SchemaViolation(
                f"The {table} in the letter of {self.sender} cannot be read as Parquet: run `emc2 run` again."
            ) from None
        self.confirm(table, Tally(frame.height))
        return frame

    def confirm(self, table: str, amount: Tally) -> None:
        """Refuse a table whose rows, or cents where given, are not what the header says."""
        said = self.tables.get(table, Tally(-1))
        if amount.rows != said.rows or (amount.cents and not same(amount, said)):
            raise SchemaViolation(
                f"The letter of {self.sender} does not hold the {table} that its header names: run `emc2 run` again."
            )


def read_letter(post: Path, sender: str, keyring: Keyring, own: Path | None = None) -> Letter:
    """The letter of a sender to the keyring's party, verified; `own` is the directory that knows what came before."""
    folder = letter_folder(post, sender, keyring.party)
    try:
        header, sealed = (folder / HEADER).read_bytes(), (folder / SEALED_KEY).read_bytes()
        signature = (folder / SIGNATURE).read_bytes()
    except FileNotFoundError:
        if (folder / HEADER).exists():
            raise _refusal(sender, "lacks its sealed key or its signature") from None
        raise MissingStage(f"No letter from {sender} to {keyring.party} has come: run `emc2 run`.") from None
    except OSError:
        raise _refusal(sender, "cannot be read") from None
    content = _verified(header, sealed, signature, sender, keyring)
    last = recall(own, RECEIVED).get(sender, 0) if own else 0
    if content["delivery"] <= last:
        raise _refusal(sender, "has been received before, or is older than one that was")
    tables = content["tables"]
    files = {name: list(said["sha256"]) for name, said in tables.items()}
    _confirm_files(folder, files, sender)
    file_key = unseal(sealed, keyring.secret("seal"), header)
    if file_key is None:
        raise _refusal(sender, f"is not sealed to the key of {keyring.party}")
    amounts = {name: tally_from_json(said) for name, said in tables.items()}
    return Letter(folder, sender, content["delivery"], content["check_values"], amounts, files, file_key)


def letters(post: Path, senders: Sequence[str], keyring: Keyring, own: Path | None = None) -> list[Letter]:
    """One letter of each sender, all of one delivery."""
    received = [read_letter(post, sender, keyring, own) for sender in senders]
    if len({letter.delivery for letter in received}) > 1:
        raise DeliveryRefused(
            f"The letters to {keyring.party} are of different deliveries: have every source send the same one."
        )
    return received


def spend(received: Iterable[Letter], own: Path) -> None:
    """Note that these letters were received, so that none is taken twice, and remove them."""
    received = list(received)
    remember(own, RECEIVED, {letter.sender: letter.delivery for letter in received})
    for letter in received:
        shutil.rmtree(letter.folder, ignore_errors=True)


def note_sent(drafts: Iterable[Draft], own: Path) -> None:
    """Note which delivery went to whom, so that no number is used twice."""
    remember(own, SENT, {draft.recipient: draft.delivery for draft in drafts})


def next_delivery(own: Path) -> int:
    """The number after the last delivery that this party sent."""
    return max(recall(own, SENT).values(), default=0) + 1


def _verified(header: bytes, sealed: bytes, signature: bytes, sender: str, keyring: Keyring) -> dict[str, Any]:
    """The header's content, if the sender signed it and it is for this party, epoch and layout."""
    pin = keyring.pin(sender)
    is_genuine = is_signed(_signed(header, sealed), signature, pin.sign)
    try:
        content: dict[str, Any] = json.loads(header)
        signer, is_demo = str(content["signed_with"]), str(content["signed_with"]).startswith(DEMO)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _refusal(sender, "has a header that cannot be read") from None
    if is_demo != (keyring.origin == "demo"):
        raise _refusal(sender, "was made with demo keys and this keyring was not, or the other way round")
    if signer != pin.sign_kid:
        raise _refusal(sender, "is signed by a key that was not pinned")
    if not is_genuine:
        raise _refusal(sender, "is not as its sender signed it")
    if (content["from"], content["to"]) != (sender, keyring.party):
        raise _refusal(sender, "is addressed otherwise than where it lies")
    if content["layout"] != LAYOUT:
        raise _refusal(sender, "has another layout than this program reads")
    if content["epoch"] != keyring.epoch:
        raise _refusal(sender, "is of another epoch than this keyring")
    return content


def _confirm_files(folder: Path, files: dict[str, list[str]], sender: str) -> None:
    """Refuse a letter of which a file is missing, was added, exchanged or altered."""
    named = {f"{table}/{part_name(n)}": digest for table, found in files.items() for n, digest in enumerate(found)}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if missing := named.keys() - there:
        raise _refusal(sender, f"lacks {len(missing)} of the files that its header names")
    if extra := there - named.keys() - {HEADER, SEALED_KEY, SIGNATURE}:
        raise _refusal(sender, f"has {len(extra)} files that its header does not name")
    if altered := sum(_sha256(folder / name) != digest for name, digest in named.items()):
        raise _refusal(sender, f"has {altered} files that are not those its header names")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _signed(header: bytes, sealed: bytes) -> bytes:
    """What the signature covers: lengths keep header and sealed key apart."""
    return b"".join((encode("letter"), len(header).to_bytes(8, "big"), header, sealed))


def _refusal(sender: str, why: str) -> DeliveryRefused:
    return DeliveryRefused(f"The letter from {sender} {why}: nothing was taken from it; have it sent again.")
