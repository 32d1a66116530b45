"""Hospital stays: what each is, where, from when to when; no two of one person touch, no two births are too near."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from generators import facilities
from generators.age_limits import every_row, limits, within
from generators.arrays import Bools, Floats, Ints
from generators.block import Block
from generators.contacts import expected
from generators.days import NEVER
from generators.events import DIAGNOSIS, STAY, Events, events
from schema import reference

PER = 1_000  # rates of stay_kind.csv are per 1,000 person-years
DEATHS_IN_HOSPITAL = 0.57  # share of deaths that end a hospital stay, assumption
CODED_SHARE = 0.5  # share of a person's conditions that a stay codes as associated diagnoses, assumption
LONGEST_NIGHTS = 60  # beyond every draw of the nights of a last stay
PREGNANCY_DAYS = 280  # least days from one delivery of a woman to her next
FAR = -NEVER


@dataclass(frozen=True)
class Stays:
    """One entry a stay; `kind` is a row of stay_kind.csv, `facility` of facility.csv, days are inclusive."""

    position: Ints
    kind: Ints
    facility: Ints
    entry: Ints
    exit: Ints

    def where(self, kept: Bools | Ints) -> "Stays":
        return Stays(self.position[kept], self.kind[kept], self.facility[kept], self.entry[kept], self.exit[kept])


@cache
def _condition_of_kind() -> Ints:
    """Row of the condition that a kind of stay requires, −1 where none."""
    row = {name: number for number, name in enumerate(reference.read("condition")["condition"])}
    return np.array([row.get(name, -1) for name in reference.read("stay_kind")["condition"].fill_null("")])


@cache
def _is_delivery() -> Bools:
    return reference.read("stay_kind")["stay_kind"].str.starts_with("delivery").to_numpy()


def stays(block: Block, persons: pl.DataFrame, onset: Ints) -> Stays:
    """All stays of a block, sorted by person and entry."""
    needed = _condition_of_kind()
    mean = expected(reference.read("stay_kind"), persons) / PER * persons["frailty"].to_numpy()[:, None]
    mean *= (needed < 0) | (onset[:, needed] < NEVER)
    already = (needed < 0) | (onset[:, needed] <= persons["first"].to_numpy()[:, None])
    index = _index(block, "index stay", persons, mean * already, persons["home"].to_numpy())
    bore = np.zeros(len(onset), dtype=np.bool_)
    bore[index.where(_is_delivery()[index.kind]).position] = True
    once = already & ~(bore[:, None] & _is_delivery())
    second = _index(block, "second index stay", persons, mean * once, persons["second"].to_numpy())
    last = _last(block, persons, mean * already)
    hazard = _hazard(block, persons, mean)
    hazard = hazard.where((needed[hazard.kind] < 0) | (onset[hazard.position, needed[hazard.kind]] <= hazard.entry))
    hazard = _births_apart(hazard, [index, second], len(onset))
    second = second.where(_apart(second, [index], len(onset)))
    last = last.where(_apart(last, [index, second], len(onset)))
    hazard = _one_after_another(hazard.where(_apart(hazard, [index, second, last], len(onset))))
    return _together([index, second, last, hazard])


def choose(weights: Floats, rows: Ints, uniform: Floats) -> Ints:
    """Column drawn in each given row of a weight matrix."""
    shares = np.cumsum(weights, axis=1)
    shares /= shares[:, -1:]
    shares[:, -1] = 1.0
    flat = (shares + np.arange(len(weights))[:, None]).ravel()
    return np.minimum(
        np.searchsorted(flat, rows + uniform, side="right") - rows * weights.shape[1], weights.shape[1] - 1
    )


def _nights(block: Block, purpose: str, kind: Ints) -> Ints:
    mean = reference.read("stay_kind")["mean_los_days"].to_numpy()[kind]
    more = block.stream(f"nights of a {purpose}").poisson(np.maximum(mean - 1.0, 0.0))
    return np.where(mean > 0, 1 + more, 0)


def _index(block: Block, purpose: str, persons: pl.DataFrame, mean: Floats, hospital: Ints) -> Stays:
    """The one contact that makes a patient: a stay at her hospital on a day of her presence."""
    first, last = persons["first"].to_numpy(), persons["last"].to_numpy()
    entry = first + np.floor(block.uniform(f"day of the {purpose}") * (last - first + 1)).astype(np.int64)
    position = np.flatnonzero(hospital > 0)
    allowed = every_row(limits("stay_kind"), persons["birth"].to_numpy(), entry)
    kind = choose(mean * allowed, position, block.uniform(f"kind of the {purpose}")[position])
    leaves = np.minimum(entry[position] + _nights(block, purpose, kind), last[position])
    return Stays(position, kind, hospital[position] - 1, entry[position], leaves)


def _last(block: Block, persons: pl.DataFrame, mean: Floats) -> Stays:
    """The stays in which people die."""
    in_hospital = block.uniform("death in hospital") < DEATHS_IN_HOSPITAL
    position = np.flatnonzero((persons["death"].to_numpy() < NEVER) & in_hospital)
    birth, death = persons["birth"].to_numpy(), np.minimum(persons["death"].to_numpy(), block.end)
    # The entry follows from the kind: of an age for it on the last and on the earliest possible day is so between them.
    allowed = every_row(limits("stay_kind"), birth, death)
    allowed &= every_row(limits("stay_kind"), birth, np.maximum(death - LONGEST_NIGHTS, persons["first"].to_numpy()))
    fatal = mean * allowed * reference.read("stay_kind")["death_share"].to_numpy()
    kind = choose(fatal, position, block.uniform("kind of the last stay")[position])
    leaves = persons["death"].to_numpy()[position]
    entry = np.maximum(leaves - _nights(block, "last stay", kind), persons["first"].to_numpy()[position])
    return Stays(position, kind, facilities.places(block, "last stay", persons, position), entry, leaves)


def _hazard(block: Block, persons: pl.DataFrame, mean: Floats) -> Stays:
    """All other stays, at the rates of stay_kind.csv, thinned to the ages of each kind."""
    counts = block.stream("number of stays").poisson(mean.sum(axis=1))
    position = np.repeat(np.arange(persons.height), counts)
    kind = choose(mean, position, block.stream("kind of a stay").random(len(position)))
    first, last = persons["first"].to_numpy()[position], persons["last"].to_numpy()[position]
    entry = first + np.floor(block.stream("day of a stay").random(len(position)) * (last - first + 1)).astype(np.int64)
    leaves = np.minimum(entry + _nights(block, "stay", kind), last)
    drawn = Stays(position, kind, facilities.places(block, "stay", persons, position), entry, leaves)
    return drawn.where(within(limits("stay_kind"), kind, persons["birth"].to_numpy()[position], entry))


def _births_apart(found: Stays, certain: list[Stays], size: int) -> Stays:
    """Without the deliveries nearer than a pregnancy to a certain one or to an earlier one."""
    births = [part.where(_is_delivery()[part.kind]) for part in [found, *certain]]
    spans = [replace(part, exit=part.entry + PREGNANCY_DAYS - 1) for part in births]
    apart = _apart(spans[0], spans[1:], size)
    births[0], spans[0] = births[0].where(apart), spans[0].where(apart)
    return _together([found.where(~_is_delivery()[found.kind]), births[0].where(_in_turn(spans[0]))])


def _apart(candidates: Stays, others: list[Stays], size: int) -> Bools:
    """Whether each candidate touches none of the other stays (one a person in each of them)."""
    apart = np.ones(len(candidates.position), dtype=np.bool_)
    for other in others:
        opens, closes = np.full(size, NEVER), np.full(size, FAR)
        opens[other.position], closes[other.position] = other.entry, other.exit
        at = candidates.position
        apart &= (candidates.exit < opens[at]) | (candidates.entry > closes[at])
    return apart


def _one_after_another(found: Stays) -> Stays:
    """The earlier of two stays that touch is kept, from the first on."""
    return found.where(_in_turn(found))


def _in_turn(found: Stays) -> Ints:
    """Rows of what `_one_after_another` keeps."""
    rows = np.lexsort((found.kind, found.exit, found.entry, found.position))
    while True:
        same = np.diff(found.position[rows], prepend=-1) == 0
        touches = same & (found.entry[rows] <= np.roll(found.exit[rows], 1))
        # Only the first of a run of touching stays is sure to go: the next may be free once it is gone.
        drops = touches & ~np.roll(touches, 1)
        if not drops.any():
            return rows
        rows = rows[~drops]


def _together(parts: list[Stays]) -> Stays:
    columns = ("position", "kind", "facility", "entry", "exit")
    joined = Stays(*(np.concatenate([getattr(part, column) for part in parts]) for column in columns))
    order = np.lexsort((joined.entry, joined.position))
    return Stays(*(getattr(joined, column)[order] for column in columns))


def stay_events(found: Stays) -> Events:
    """Stays as events; the quantity is the nights."""
    return events(STAY, found.position, found.entry, found.kind, found.exit - found.entry, place=found.facility)


def diagnosis_events(block: Block, found: Stays, onset: Ints) -> Events:
    """Conditions that stays code beside their own diagnosis; each begins before the stay."""
    codes = reference.read("condition")["icd10_code"].to_numpy()
    kinds = reference.read("stay_kind")
    named = np.stack([kinds[column].fill_null("").to_numpy() for column in ("icd10_code", "associated_icd10")])
    other = (named[:, :, None] != codes[None, None, :]).all(axis=0)
    has = onset[found.position] <= found.entry[:, None]
    coded = block.stream("coded conditions").random(has.shape) < CODED_SHARE
    stay, condition = np.nonzero(has & coded & other[found.kind])
    return events(DIAGNOSIS, found.position[stay], found.entry[stay], condition, place=found.facility[stay])
