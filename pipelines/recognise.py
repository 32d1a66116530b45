"""Handles and tokens of one delivery, and the vault → which person each record is of; exact, source by source.

A record is of the person to whom its own token, its insured token or its handle points, in this order; where they
point to several, these become one unless some source holds them apart. A person has one record at most at a source.
Nobody's record begins a person: her first token, or without one her handle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.merging import Merging
from pipelines.vault import HANDLE, MERGED, of_kind

VIA = ("own", "insured", HANDLE)  # the stronger first
_ENTITY = ["source", "idacc"]
CLAIMS: dict[str, pl.DataType] = {
    "source": pl.String(),
    "idacc": pl.UInt64(),
    "via": pl.String(),
    "token": pl.Binary(),
    "person": pl.Binary(),
    "first_delivery": pl.Int32(),
}


@dataclass(frozen=True)
class Recognised:
    """`records` (source, idacc, person, via) and `now`: the person whom each merged person is now."""

    records: pl.DataFrame
    now: dict[bytes, bytes]


def recognise(handles: pl.DataFrame, tokens: pl.DataFrame, vault: pl.DataFrame, order: Sequence[str]) -> Recognised:
    """The persons of one delivery.

    `handles` are (source, idacc, handle), `tokens` the usable ones (source, idacc, kind, token); sources enrol in
    `order`, so that the funds' register names a person before a hospital does.
    """
    said = pl.concat(
        [
            tokens.select(*_ENTITY, "token", via="kind"),
            handles.select(*_ENTITY, token="handle", via=pl.lit(HANDLE)),
        ],
        how="diagonal",
    )
    known = of_kind(vault, *VIA).filter(pl.col("person").is_not_null())
    known = known.select("token", "person", "first_delivery", via="kind")
    begun = pl.concat([known["person"], of_kind(vault, MERGED)["token"]]).unique()
    now: dict[bytes, bytes] = {}
    done: list[pl.DataFrame] = []
    for place, source in enumerate(order):
        mine = said.filter(pl.col("source") == source)
        later = said.filter(pl.col("source").is_in(order[place + 1 :])).join(known, on=["token", "via"])
        concerned = known.join(mine, on=["token", "via"], how="semi")  # few, where a hospital meets the register
        claims = _one_record_a_person(mine.join(concerned, on=["token", "via"]))
        merging = _merge(claims, [*done, later])
        claims, known, concerned, *done = (renamed(f, merging.now) for f in (claims, known, concerned, *done))
        now = {old: merging.current(new) for old, new in now.items()} | merging.now
        done.append(pl.concat([_chosen(claims), _begin(mine.join(claims, on=_ENTITY, how="anti"), concerned, begun)]))
        known = pl.concat([known, _enrol(mine, concerned, done[-1])], how="diagonal")
    return Recognised(pl.concat(done), {old: _last(now, old) for old in now})


def renamed(frame: pl.DataFrame, now: dict[bytes, bytes]) -> pl.DataFrame:
    """The frame with each merged person under whom she is now."""
    if not now:
        return frame
    old = pl.Series("person", list(now), pl.Binary)
    names = pl.DataFrame({"person": old, "now": pl.Series([_last(now, person) for person in now], dtype=pl.Binary)})
    joined = frame.join(names, on="person", how="left", maintain_order="left")
    return joined.with_columns(person=pl.coalesce("now", "person")).drop("now")


def _last(now: dict[bytes, bytes], person: bytes) -> bytes:
    while person in now:
        person = now[person]
    return person


def _strongest_first(claims: pl.DataFrame) -> pl.DataFrame:
    return claims.sort(pl.col("via").cast(pl.Enum(VIA)), "first_delivery", "token", nulls_last=True)


def _one_record_a_person(claims: pl.DataFrame) -> pl.DataFrame:
    """Claims of one source, each person claimed by one record alone: the one with the strongest and oldest claim."""
    winners = _strongest_first(claims).unique("person", keep="first", maintain_order=True)
    return claims.join(winners.select(*_ENTITY, "person"), on=[*_ENTITY, "person"], how="semi")


def _merge(claims: pl.DataFrame, others: list[pl.DataFrame]) -> Merging:
    """Merge the persons whom one record claims, as far as no source holds them apart."""
    torn = claims.filter(pl.col("person").n_unique().over(_ENTITY) > 1)
    touched = torn["person"].implode()
    records = pl.concat(
        [f.select("person", *_ENTITY).filter(pl.col("person").is_in(touched)) for f in (claims, *others)]
    )
    ages = torn.group_by("person").agg(pl.col("first_delivery").min()).drop_nulls()
    merging = Merging(dict(ages.select("person", "first_delivery").iter_rows()), records.iter_rows())
    for persons in _strongest_first(torn).group_by(_ENTITY, maintain_order=True).agg("person")["person"]:
        stays = merging.current(persons[0])
        for person in persons[1:]:
            other = merging.current(person)
            if other != stays and not merging.apart(stays, other):
                stays = merging.merge(stays, other)
    return merging


def _chosen(claims: pl.DataFrame) -> pl.DataFrame:
    """Each record's person: the one of its strongest claim."""
    return _strongest_first(claims).unique(_ENTITY, keep="first", maintain_order=True).select(*_ENTITY, "person", "via")


def _begin(said: pl.DataFrame, known: pl.DataFrame, begun: pl.Series) -> pl.DataFrame:
    """A new person for each record that knows none; `via` is null where she has no token of her own."""
    free = said.join(known, on=["token", "via"], how="anti")
    first = pl.DataFrame(schema={"source": pl.String(), "idacc": pl.UInt64(), "token": pl.Binary(), "via": pl.String()})
    for via in VIA:
        mine = (said if via == HANDLE else free).filter(pl.col("via") == via).join(first, on=_ENTITY, how="anti")
        first = pl.concat([first, mine.group_by(_ENTITY).agg(pl.col("token").min(), pl.lit(via).alias("via"))])
    person = first["token"]
    while (repeated := person.is_in(begun.implode())).any():  # told apart once more: not the person she was before
        person = (person + pl.Series([b"+"])).zip_with(repeated, person)
    return first.select(*_ENTITY, person.alias("person"), via=pl.when(pl.col("via") != HANDLE).then("via"))


def _enrol(mine: pl.DataFrame, known: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Tokens and handles that were not known, and whom they stand for from now on."""
    new = mine.join(known, on=["token", "via"], how="anti").join(records.select(*_ENTITY, "person"), on=_ENTITY)
    return new.select("token", "person", "via")
