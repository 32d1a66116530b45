"""Handles and tokens of one delivery, and the vault → which person each record is of; exact, source by source.

A record is of the person to whom its own token, its insured token or its handle points, in this order; where they
point to several, these become one unless some source holds them apart. A person has one record at most at a source.
Nobody's record begins a person: her first token, or without one her handle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.merging import Merging
from pipelines.vault import HANDLE, MERGED, SOURCE, of_kind

VIA = ("own", "insured", HANDLE)  # the stronger first
_SAID = pl.Enum(VIA)
_TOKEN = ["token", "via"]


@dataclass(frozen=True)
class Recognised:
    """`records` (source, idacc, person) and `now`: the person whom each merged person is now."""

    records: pl.DataFrame
    now: dict[bytes, bytes]


def recognise(handles: pl.DataFrame, tokens: pl.DataFrame, vault: pl.DataFrame, order: Sequence[str]) -> Recognised:
    """The persons of one delivery.

    `handles` are (source, idacc, handle), `tokens` the usable ones (source, idacc, kind, token); sources enrol in
    `order`, so that the funds' register names a person before a hospital does.
    """
    said = pl.concat(
        [
            tokens.select("source", "idacc", "token", via=pl.col("kind").cast(_SAID)),
            handles.select("source", "idacc", token="handle", via=pl.lit(HANDLE, _SAID)),
        ]
    )
    known = of_kind(vault, *VIA).filter(pl.col("person").is_not_null())
    known = known.select("token", "person", "first_delivery", via=pl.col("kind").cast(_SAID))
    begun = pl.concat([known["person"], of_kind(vault, MERGED)["token"]]).unique()
    now: dict[bytes, bytes] = {}
    done: list[pl.DataFrame] = []
    for place, source in enumerate(order):
        mine = said.filter(pl.col("source") == source)
        later = said.filter(pl.col("source").is_in(order[place + 1 :])).join(known, on=_TOKEN)
        concerned = known.join(mine, on=_TOKEN, how="semi")  # few, where a hospital meets the register
        claims = _one_record_a_person(mine.join(concerned, on=_TOKEN))
        merging = _merge(claims, [*done, later])
        claims, known, concerned, *done = (renamed(f, merging.now) for f in (claims, known, concerned, *done))
        now = {old: merging.current(new) for old, new in now.items()} | merging.now
        free = mine.join(concerned, on=_TOKEN, how="anti")
        claimed = _chosen(claims)
        new = _begin(mine.join(claimed, on="idacc", how="anti"), free, begun)
        done.append(pl.concat([claimed, new]).select(pl.lit(source, SOURCE).alias("source"), "idacc", "person"))
        enrolled = free.join(done[-1].drop("source"), on="idacc").select("token", "person", "via")
        known = pl.concat([known, enrolled], how="diagonal")
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
    return claims.sort("via", "first_delivery", "token", nulls_last=True)


def _one_record_a_person(claims: pl.DataFrame) -> pl.DataFrame:
    """Claims of one source, each person claimed by one record alone: the one with the strongest and oldest claim."""
    contested = claims.select("idacc", "person").unique().filter(pl.col("person").is_duplicated()).select("person")
    doubtful = claims.join(contested.unique(), on="person", how="semi")
    winners = _strongest_first(doubtful).unique("person", keep="first", maintain_order=True)
    return pl.concat(
        [
            claims.join(contested.unique(), on="person", how="anti"),
            doubtful.join(winners, on=["idacc", "person"], how="semi"),
        ]
    )


def _merge(claims: pl.DataFrame, others: list[pl.DataFrame]) -> Merging:
    """Merge the persons whom one record claims, as far as no source holds them apart."""
    torn = _torn(claims)
    touched = torn["person"].implode()
    records = pl.concat(
        [f.select("person", "source", "idacc").filter(pl.col("person").is_in(touched)) for f in (claims, *others)]
    )
    ages = torn.group_by("person").agg(pl.col("first_delivery").min()).drop_nulls()
    merging = Merging(dict(ages.select("person", "first_delivery").iter_rows()), records.iter_rows())
    for persons in _strongest_first(torn).group_by("idacc", maintain_order=True).agg("person")["person"]:
        stays = merging.current(persons[0])
        for person in persons[1:]:
            other = merging.current(person)
            if other != stays and not merging.apart(stays, other):
                stays = merging.merge(stays, other)
    return merging


def _torn(claims: pl.DataFrame) -> pl.DataFrame:
    """The claims of records that claim several persons."""
    several = claims.select("idacc", "person").unique().filter(pl.col("idacc").is_duplicated())
    return claims.join(several, on="idacc", how="semi")


def _chosen(claims: pl.DataFrame) -> pl.DataFrame:
    """(idacc, person): each record's person, the one of its strongest claim."""
    torn = _torn(claims)
    first = _strongest_first(torn).unique("idacc", keep="first", maintain_order=True)
    plain = claims.join(torn, on="idacc", how="anti").unique("idacc")
    return pl.concat([first, plain]).select("idacc", "person")


def _begin(said: pl.DataFrame, free: pl.DataFrame, begun: pl.Series) -> pl.DataFrame:
    """(idacc, person): a new person for each record that knows none, her first token that is free, or her handle."""
    tokens = free.join(said.select("idacc").unique(), on="idacc", how="semi")
    first = pl.DataFrame(schema={"idacc": pl.UInt64(), "token": pl.Binary()})
    for via in VIA:
        mine = (said if via == HANDLE else tokens).filter(pl.col("via") == via).select("idacc", "token")
        mine = mine.join(first, on="idacc", how="anti")
        several = mine.filter(pl.col("idacc").is_duplicated())
        one = mine.join(several, on="idacc", how="anti")
        first = pl.concat([first, one, several.group_by("idacc").agg(pl.col("token").min())])
    person = first["token"]
    while (repeated := person.is_in(begun.implode())).any():  # told apart once more: not the person she was before
        person = (person + pl.Series([b"+"])).zip_with(repeated, person)
    return first.select("idacc", person.alias("person"))
