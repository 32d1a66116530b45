"""The vault → stage-2 pseudonyms, and the change orders that the hub must have followed.

Orders are what the vault says now, all of it in every delivery: a hub that has followed them changes nothing, and
one that missed a delivery catches up. Stage 2 is HMAC under the custodian's secret, so nobody who holds tokens can
compute a pseudonym.
"""

import polars as pl

from pipelines.keys import Keyring
from pipelines.keys.hashing import TOKEN_BYTES, hash_records
from pipelines.vault import HANDLE, MERGED, MOVED, of_kind

ORDERS_SCHEMA: dict[str, pl.DataType] = {"order": pl.String(), "pseudonym": pl.Binary(), "into": pl.Binary()}
WISHES = {"oppose": "opposed", "withdraw": "restored", "erase": "erased"}  # order → state of the handle
_STRONGEST = ("erase", "oppose", "withdraw")


def pseudonyms(persons: pl.Series, vault: pl.DataFrame, keyring: Keyring) -> pl.DataFrame:
    """(person, pseudonym) of each different person: of her first token, or of source and handle if she had none."""
    different = persons.unique().to_frame("person")
    handles = of_kind(vault, HANDLE).select("source", handle="token").unique("handle")
    known = different.with_columns(handle=pl.col("person").bin.slice(0, TOKEN_BYTES)).join(
        handles, on="handle", how="left", maintain_order="left"
    )
    named, alone = known.filter(pl.col("source").is_null()), known.filter(pl.col("source").is_not_null())
    hashed = hash_records(keyring.derive("stage2", "person"), "person", [named["person"]])
    hashed += hash_records(
        keyring.derive("stage2", "alone"), "alone", [alone["source"].cast(pl.String), alone["person"]]
    )
    return pl.concat([named, alone]).select("person", pl.Series("pseudonym", hashed, pl.Binary))


def orders(vault: pl.DataFrame, keyring: Keyring) -> pl.DataFrame:
    """`ORDERS_SCHEMA`: merge and split (`into` another person), erase, oppose and withdraw."""
    merged = of_kind(vault, MERGED).select(pl.lit("merge").alias("order"), "token", "person")
    left = of_kind(vault, MOVED).select("token", left="person")
    now = of_kind(vault, HANDLE).select("token", "person")
    split = left.join(now, on="token").filter(pl.col("left") != pl.col("person"))
    wanted = pl.concat(
        [
            merged.select("order", person="token", other="person"),
            split.select(pl.lit("split").alias("order"), person="left", other="person").unique(),
            _wishes(vault).select("order", "person", other=pl.lit(None, pl.Binary)),
        ]
    )
    names = pseudonyms(pl.concat([wanted["person"], wanted["other"].drop_nulls()]), vault, keyring)
    named = wanted.join(names, on="person").join(
        names.rename({"pseudonym": "into"}), left_on="other", right_on="person", how="left"
    )
    return named.select(ORDERS_SCHEMA.keys()).sort("order", "pseudonym", "into")


def _wishes(vault: pl.DataFrame) -> pl.DataFrame:
    """(person, order): the strongest of what she said at any source."""
    states = pl.DataFrame({"state": list(WISHES.values()), "order": list(WISHES)})
    said = of_kind(vault, HANDLE).join(states, on="state")
    ranked = said.sort(pl.col("order").cast(pl.Enum(_STRONGEST)))
    return ranked.unique("person", keep="first", maintain_order=True).select("person", "order")
