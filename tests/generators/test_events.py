"""The one frame that the sources read."""

from datetime import date

import numpy as np
import polars as pl

from generators.block import Block
from generators.events import ACT, ALD, DISPENSING, KINDS, NONE, STAY, as_frame, days_of, events, of_kind
from generators.life import lives
from generators.population import population
from schema.configuration import Configuration

ONE, DAY = np.array([3]), np.array([17_167])


def test_what_is_not_said_is_none() -> None:
    frame = as_frame([events(ACT, ONE, DAY, np.array([7]), np.array([2]))])
    assert frame.row(0, named=True) == {
        "position": 3, "date": date(2017, 1, 1), "kind": "act", "code": 7, "quantity": 2, "cause": NONE, "place": NONE,
    }  # fmt: skip


def test_kinds_lie_in_one_frame_and_come_apart_again() -> None:
    frame = as_frame([events(ACT, ONE, DAY, ONE), events(STAY, ONE, DAY + 1, ONE, place=ONE)])
    assert frame["kind"].dtype == KINDS
    assert of_kind(frame, STAY)["date"].to_list() == [date(2017, 1, 2)]
    assert of_kind(frame, DISPENSING).height == 0
    assert days_of(frame).tolist() == [17_167, 17_168]


def test_every_event_of_a_life_lies_within_presence_but_an_ald_may_be_older() -> None:
    block = Block(3, Configuration(40_960), 1)
    people = population(block)
    lived = lives(block, people)
    day = pl.Series(days_of(lived.events))
    position = lived.events["position"]
    assert (day <= people["last"].gather(position)).all()
    early = lived.events.filter(day < people["first"].gather(position))
    assert early["kind"].cast(pl.String).unique().to_list() == [ALD]
    assert (day >= people["birth"].gather(position)).all()
