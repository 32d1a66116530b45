"""Match-keys of one delivery → links of hospital records that no token linked, pass after pass on what is left.

A key links only where one record of the hospital and one person of the funds' register have it, and nothing else
does: one to one. Nobody is linked to a person whom some source holds for another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from pipelines.match_keys import PASSES, Pass
from pipelines.merging import Merging
from pipelines.recognise import renamed
from pipelines.vault import SOURCE
from schema.layout import HOSPITALS

REGISTER = "funds"  # the source that knows nearly everybody
LINKS: dict[str, pl.DataType] = {
    "source": SOURCE,
    "idacc": pl.UInt64(),
    "pass": pl.String(),
    "quality": pl.String(),
}
Keys = Callable[[str, str], pl.DataFrame]  # source and pass → (idacc, key)


@dataclass(frozen=True)
class Linked:
    """`links` (source, idacc, pass, quality), and `now`: the person whom each merged person is now."""

    links: pl.DataFrame
    now: dict[bytes, bytes]


def link_the_rest(
    records: pl.DataFrame, first_delivery: pl.DataFrame, keys: Keys, passes: Iterable[Pass] = PASSES
) -> Linked:
    """`records` are (source, idacc, person); `first_delivery` (person, first_delivery) of those known before."""
    now: dict[bytes, bytes] = {}
    links = [pl.DataFrame(schema=LINKS)]
    left = _left(records)
    for one in passes:
        if left.is_empty():
            break
        pairs = _pairs(left, {source: keys(source, one.name) for source in (REGISTER, *HOSPITALS)})
        known = records.filter(pl.col("source") == REGISTER).select(other="idacc", to="person")
        pairs = pairs.join(known, on="other").sort("source", "person", "to")
        merging = _merging(pairs, records, first_delivery)
        merged = [_merged(merging, person, to) for person, to in pairs.select("person", "to").iter_rows()]
        found = pairs.filter(pl.Series(merged, dtype=pl.Boolean))
        links.append(found.select("source", "idacc", pl.lit(one.name).alias("pass"), quality=pl.lit(one.quality)))
        records, left, found = (renamed(frame, merging.now) for frame in (records, left, found))
        left = left.filter(~pl.col("person").is_in(found["person"].implode()))
        now |= merging.now
    return Linked(pl.concat(links), now)


def _left(records: pl.DataFrame) -> pl.DataFrame:
    """Hospital records whose person the register does not have."""
    of_hospitals = records.filter(pl.col("source").is_in(HOSPITALS))
    known = records.filter(pl.col("source") == REGISTER).join(of_hospitals, on="person", how="semi")
    return of_hospitals.join(known, on="person", how="anti")


def _pairs(left: pl.DataFrame, keys: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """(source, idacc, person, other): records that are left, each with the one line of the register that has its key.

    Of the register only what has such a key is compared: it is all that has.
    """
    found = []
    for source in HOSPITALS:
        mine = left.filter(pl.col("source") == source)
        waiting = _of_one(keys[source]).join(mine, on="idacc")
        register = _of_one(keys[REGISTER].join(waiting, on="key", how="semi")).select("key", other="idacc")
        pairs = waiting.join(register, on="key").select("source", "idacc", "person", "other").unique()
        found.append(pairs.filter((pl.len().over("idacc") == 1) & (pl.len().over("other") == 1)))
    return pl.concat(found)


def _of_one(keys: pl.DataFrame) -> pl.DataFrame:
    """Keys that one record has, and it."""
    return keys.unique(["idacc", "key"]).filter(pl.len().over("key") == 1)


def _merging(pairs: pl.DataFrame, records: pl.DataFrame, first_delivery: pl.DataFrame) -> Merging:
    touched = pl.concat([pairs["person"], pairs["to"]]).unique().implode()
    ages = first_delivery.filter(pl.col("person").is_in(touched)).select("person", "first_delivery")
    concerned = records.filter(pl.col("person").is_in(touched)).select("person", "source", "idacc")
    return Merging(dict(ages.iter_rows()), concerned.iter_rows())


def _merged(merging: Merging, person: bytes, to: bytes) -> bool:
    """Make one of the two where no source holds them apart."""
    here, there = merging.current(person), merging.current(to)
    if here != there and merging.apart(here, there):
        return False
    if here != there:
        merging.merge(there, here)  # on equal terms she stays the register's
    return True
