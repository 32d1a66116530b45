"""The one frame that the sources read of a life: what happened to whom, and when."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators.arrays import Bools, Ints
from generators.days import dates, days_of_dates

DISPENSING, ACT, STAY, DIAGNOSIS, ALD = NAMES = ("dispensing", "act", "stay", "diagnosis", "ald")
KINDS = pl.Enum(NAMES)
NONE = -1


@dataclass(frozen=True)
class Events:
    """Events of one kind, one entry each, NONE where a column says nothing.

    `code` is the row of the reference table of the kind: drug (dispensing), care_rate (act), stay_kind (stay),
    condition (diagnosis coded in the stay that begins that day; ald). `quantity`: packs, acts, nights. `cause`: row
    of the condition treated. `place`: row of the facility (stay, diagnosis). An `ald` may begin before the calendar.
    """

    kind: str
    position: Ints
    day: Ints
    code: Ints
    quantity: Ints
    cause: Ints
    place: Ints

    def where(self, kept: Bools) -> "Events":
        columns = (self.position, self.day, self.code, self.quantity, self.cause, self.place)
        return Events(self.kind, *(column[kept] for column in columns))


def events(
    kind: str,
    position: Ints,
    day: Ints,
    code: Ints,
    quantity: Ints | None = None,
    cause: Ints | None = None,
    place: Ints | None = None,
) -> Events:
    """Events of one kind; what is not given says nothing."""
    nothing = np.full(len(day), NONE, dtype=np.int64)
    columns = (nothing if column is None else column for column in (quantity, cause, place))
    return Events(kind, position, day, code, *columns)


def as_frame(parts: list[Events]) -> pl.DataFrame:
    """All events; the columns of `Events`, `date` for the day, and `position` of the person within the block."""
    frames = [
        pl.DataFrame(
            {
                "position": part.position,
                "date": dates(part.day),
                "code": part.code,
                "quantity": part.quantity,
                "cause": part.cause,
                "place": part.place,
            }
        ).with_columns(pl.lit(part.kind, dtype=KINDS).alias("kind"))
        for part in parts
    ]
    return pl.concat(frames, rechunk=True)


def of_kind(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Events of one kind, in their order."""
    return frame.filter(pl.col("kind") == pl.lit(kind, dtype=KINDS))


def days_of(frame: pl.DataFrame) -> Ints:
    """Day numbers of events."""
    return days_of_dates(frame["date"])
