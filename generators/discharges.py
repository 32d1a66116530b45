"""What both witnesses of a stay describe: its dates, its diagnoses and its procedures."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators.arrays import Ints
from generators.days import days_of_dates
from generators.events import DIAGNOSIS, STAY, of_kind
from schema import reference

DIED, HOME = "9", "8"
DAYS = 2**16  # more days than any calendar has: (person, day) as one number


@dataclass(frozen=True)
class Discharges:
    """`stays` one row a stay (its row number is `stay`); `diagnoses` and `procedures` refer to it.

    stays: position, facility (row of facility.csv), entry, exit, nights, exit_mode, and stay_kind.csv's columns.
    diagnoses: associated ones, stay, number from 1, icd10_code. procedures: stay, ccam_code, days from entry.
    """

    stays: pl.DataFrame
    diagnoses: pl.DataFrame
    procedures: pl.DataFrame


def discharges(persons: pl.DataFrame, events: pl.DataFrame) -> Discharges:
    """Stays of a block, sorted by person and entry."""
    found = of_kind(events, STAY).sort("position", "date")
    kinds = reference.read("stay_kind").select(
        "icd10_code", "associated_icd10", "ghm_code", "ccam_code", pl.col("mean_los_days") > 0
    )
    leaves = pl.col("date") + pl.duration(days=pl.col("quantity"))
    death = persons["death"].gather(found["position"])
    stays = pl.concat(
        [found.select("position", "quantity", "date", leaves.alias("exit"), "place"), kinds[found["code"]]],
        how="horizontal",
    ).rename({"quantity": "nights", "date": "entry", "place": "facility", "mean_los_days": "is_overnight_kind"})
    stays = stays.with_columns(
        pl.when(pl.col("exit").to_physical() == death).then(pl.lit(DIED)).otherwise(pl.lit(HOME)).alias("exit_mode")
    ).with_row_index("stay")
    return Discharges(stays, _diagnoses(stays, of_kind(events, DIAGNOSIS)), _procedures(stays))


def _diagnoses(stays: pl.DataFrame, coded: pl.DataFrame) -> pl.DataFrame:
    """Associated diagnoses: that of the kind of stay first, then the conditions that the stay coded."""
    own = stays.filter(pl.col("associated_icd10").is_not_null())
    own = own.select("stay", pl.lit(-1, dtype=pl.Int64).alias("order"), icd10_code="associated_icd10")
    keys = _person_day(stays["position"], stays["entry"])
    stay = np.searchsorted(keys, _person_day(coded["position"], coded["date"]))
    icd10 = reference.read("condition")["icd10_code"].gather(coded["code"])
    others = pl.DataFrame({"stay": stay.astype(np.uint32), "order": coded["code"], "icd10_code": icd10})
    both = pl.concat([own, others]).sort("stay", "order")
    return both.select("stay", pl.int_range(1, pl.len() + 1).over("stay").alias("number"), "icd10_code")


def _person_day(position: pl.Series, date: pl.Series) -> Ints:
    return position.to_numpy() * DAYS + days_of_dates(date)


def _procedures(stays: pl.DataFrame) -> pl.DataFrame:
    """The act of a kind of stay, done the day after an overnight admission, else the same day."""
    done = stays.filter(pl.col("ccam_code").is_not_null())
    return done.select("stay", "ccam_code", pl.min_horizontal(pl.col("nights"), 1).alias("days"))
