"""Among whom each fault of the hospitals is drawn: the groups that identity_fault.csv names, one flag a record."""

from datetime import date

import numpy as np
import polars as pl

from generators.arrays import Bools, Ints
from generators.days import DAYS_A_YEAR, dates, day_number
from generators.households import NOBODY
from generators.local_records import LONGEST_YEAR, LocalRecords
from generators.register import Register

GROWN = 16  # years, at the first stay
STRICTER = day_number(date(2018, 1, 1))
SPELLED = "[^A-Z ]"


def groups(local: LocalRecords, who: pl.DataFrame, held: Register) -> dict[str, Bools]:
    """Groups of records that do not depend on another fault; `who` is the person of each, row by row."""
    return {
        "all": np.ones(who.height, dtype=np.bool_),
        **_of_numbers(local, who, held),
        **_of_dates(local, who, held.known[local.position]),
        **_of_names(who),
        "born_elsewhere": (who["birth_place_code"] != who["residence_commune_code"]).to_numpy(),
    }


def _abroad(who: pl.DataFrame) -> Bools:
    return who["birth_place_code"].str.starts_with("99").to_numpy()


def _of_numbers(local: LocalRecords, who: pl.DataFrame, held: Register) -> dict[str, Bools]:
    """Of those that say whose number is missing, each record is in one."""
    known = held.known[local.position]
    abroad = known & _abroad(who)
    here = known & ~abroad
    young = local.first_day - who["birth"].to_numpy() < GROWN * DAYS_A_YEAR
    is_own = (who["insured"] == who["position"]).to_numpy()
    return {
        "unknown_to_funds": ~known,
        "born_abroad": abroad,
        "under_16": here & young,
        "seen_before_2018": here & ~young & (local.first_day < STRICTER),
        "seen_since_2018": here & ~young & (local.first_day >= STRICTER),
        "self_insured_abroad": abroad & is_own,
        "child_under_parent": ~is_own,
        "child_under_both": held.second[local.position] != NOBODY,
    }


def _of_dates(local: LocalRecords, who: pl.DataFrame, known: Bools) -> dict[str, Bools]:
    """Whoever was born within a year of the first stay is left out: no date may come to lie after it."""
    birth: Ints = who["birth"].to_numpy()
    day = dates(birth).dt.day().to_numpy()
    month = dates(birth).dt.month().to_numpy()
    over_one_year = birth + LONGEST_YEAR <= local.first_day
    return {
        "over_one_year": over_one_year,
        "swappable_day": over_one_year & (day <= 12) & (day != month),
        "abroad_other_day": over_one_year & known & _abroad(who) & ((day > 1) | (month > 1)),
    }


def _of_names(who: pl.DataFrame) -> dict[str, Bools]:
    names = ("birth_name", "used_name", "first_name", "other_first_names")
    spelled = pl.any_horizontal(pl.col(names).str.contains(SPELLED).fill_null(False))
    return {
        "changed_name": (who["birth_name"] != who["used_name"]).to_numpy(),
        "other_first_names": who["other_first_names"].is_not_null().to_numpy(),
        "spelled": who.select(spelled).to_series().to_numpy(),
    }
