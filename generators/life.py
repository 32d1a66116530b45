"""One block's lives: conditions, treatments, acts and stays of its persons, as one frame of events."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators import conditions, contacts, events, stays, treatments
from generators.arrays import Ints
from generators.block import Block
from generators.days import NEVER


@dataclass(frozen=True)
class Lives:
    """`events` is all that the sources may read; `onset` is the truth, days by (person, condition)."""

    events: pl.DataFrame
    onset: Ints


def lives(block: Block, persons: pl.DataFrame) -> Lives:
    """What happens to the persons of a block."""
    onset = conditions.onset_days(block, persons)
    found = stays.stays(block, persons, onset)
    granted = conditions.ald_days(block, persons, onset)
    holder, condition = np.nonzero(granted < NEVER)
    parts = [
        treatments.treatments(block, persons, onset),
        treatments.acute_courses(block, persons),
        contacts.acts(block, persons),
        stays.stay_events(found),
        stays.diagnosis_events(block, found, onset),
        events.events(events.ALD, holder, granted[holder, condition], condition),
    ]
    return Lives(events.as_frame(parts), onset)
