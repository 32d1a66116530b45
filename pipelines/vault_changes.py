"""What one delivery changes in the vault: the vault before, records and tokens as found → the vault after."""

import polars as pl

from pipelines.orders import WISHES
from pipelines.recognise import renamed
from pipelines.vault import CUSTODIAN, HANDLE, MERGED, MOVED, SCHEMA, SOURCE, of_kind
from schema.layout import SOURCES

_TOKEN = ["kind", "token"]
_HANDLE = ["source", "token"]


def renewed(
    before: pl.DataFrame,
    records: pl.DataFrame,
    tokens: pl.DataFrame,
    now: dict[bytes, bytes],
    wishes: pl.DataFrame,
    delivery: int,
) -> pl.DataFrame:
    """The vault with this delivery's records and tokens; `now` says who was merged into whom.

    `wishes` are (source, handle, wish): oppose, withdraw or erase.
    """
    old = renamed(before, now)
    handles = records.select("source", "person", "pass", "quality", "reason", token="handle", kind=pl.lit(HANDLE))
    parts = [
        _handles(old, _filled(handles, "active", delivery), wishes),
        _tokens(old, records, tokens, delivery),
        _merged(before, old, now, delivery),
        _moved(old, handles, delivery),
    ]
    return pl.concat(part.select(SCHEMA.keys()) for part in parts)


def _filled(rows: pl.DataFrame, state: str, delivery: int) -> pl.DataFrame:
    """New rows of the vault; what they do not say is null."""
    absent = {name: pl.lit(None, dtype) for name, dtype in SCHEMA.items() if name not in rows.columns}
    absent |= {"state": pl.lit(state), "first_delivery": pl.lit(delivery, pl.Int32)}
    return rows.with_columns(**absent)


def _handles(old: pl.DataFrame, handles: pl.DataFrame, wishes: pl.DataFrame) -> pl.DataFrame:
    """Each record's person as found now, since its first delivery, and what its patient wished last."""
    known = of_kind(old, HANDLE)
    first = known.select(*_HANDLE, since="first_delivery", said="state")
    renewed_ = handles.join(first, on=_HANDLE, how="left").with_columns(
        first_delivery=pl.coalesce("since", "first_delivery"), state=pl.coalesce("said", "state")
    )
    rows = pl.concat([known.join(handles, on=_HANDLE, how="anti"), renewed_.select(SCHEMA.keys())])
    states = pl.DataFrame({"wish": list(WISHES), "wished": list(WISHES.values())})
    last = wishes.join(states, on="wish").select("source", "wished", token="handle").unique(_HANDLE, keep="last")
    stands = pl.col("state") == "erased"  # nothing brings back who was erased
    joined = rows.join(last, on=_HANDLE, how="left")
    return joined.with_columns(state=pl.when(stands).then("state").otherwise(pl.coalesce("wished", "state")))


def _tokens(old: pl.DataFrame, records: pl.DataFrame, tokens: pl.DataFrame, delivery: int) -> pl.DataFrame:
    """Tokens since their first delivery, and whom they stand for: nobody once they are shared."""
    known = of_kind(old, "insured", "own")
    whose = tokens.join(records.select("source", "idacc", "person").unique(), on=["source", "idacc"])
    new = whose.join(known, on=_TOKEN, how="anti").sort(
        pl.col("source").cast(pl.String).cast(pl.Enum(SOURCES[-2:] + SOURCES[:-2]))
    )
    new = new.unique(_TOKEN, keep="first", maintain_order=True).select(*_TOKEN, "source", "person")
    rows = pl.concat([known, _filled(new, "active", delivery).select(SCHEMA.keys())])
    shared = tokens.filter("is_shared").select(_TOKEN).unique().with_columns(shared=pl.lit(True))
    marked = rows.join(shared, on=_TOKEN, how="left")
    return marked.with_columns(
        person=pl.when(pl.col("shared").is_null()).then("person"),
        state=pl.when("shared").then(pl.lit("shared")).otherwise("state"),
    )


def _merged(before: pl.DataFrame, old: pl.DataFrame, now: dict[bytes, bytes], delivery: int) -> pl.DataFrame:
    """Who was merged, ever; a person who was not known before this delivery is not, for nobody heard of her."""
    gone = pl.DataFrame({"token": list(now), "person": list(now)}, schema={"token": pl.Binary, "person": pl.Binary})
    gone = renamed(gone.filter(pl.col("token").is_in(before["person"].drop_nulls().unique().implode())), now)
    new = _filled(gone.with_columns(kind=pl.lit(MERGED), source=pl.lit(CUSTODIAN, SOURCE)), "merged", delivery)
    return pl.concat([of_kind(old, MERGED), new.select(SCHEMA.keys())])


def _moved(old: pl.DataFrame, handles: pl.DataFrame, delivery: int) -> pl.DataFrame:
    """Handles that left a person who is still somebody's."""
    were = of_kind(old, HANDLE).select(*_HANDLE, left="person")
    gone = handles.join(were, on=_HANDLE).filter(pl.col("left") != pl.col("person"))
    new = gone.select("source", "token", person="left", kind=pl.lit(MOVED))
    return pl.concat([of_kind(old, MOVED), _filled(new, "moved", delivery).select(SCHEMA.keys())])
