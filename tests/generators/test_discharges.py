"""What both witnesses of a stay are told, on stays written out."""

from datetime import date

import numpy as np
import polars as pl

from generators import hospital
from generators.arrays import Ints
from generators.block import Block
from generators.days import NEVER, day_number
from generators.discharges import Discharges, discharges
from generators.events import DIAGNOSIS, STAY, as_frame, events
from schema import reference
from schema.configuration import Configuration

KINDS = reference.read("stay_kind")
BLEEDING = KINDS["stay_kind"].to_list().index("gastro_intestinal_bleeding")  # K922, associated D62, HEQE002
CATARACT = KINDS["stay_kind"].to_list().index("cataract_surgery")  # H259, BFGA427, no night
FRACTURE = KINDS["stay_kind"].to_list().index("ankle_fracture")  # no act
CONDITION = reference.read("condition")["icd10_code"].to_list()
START = day_number(date(2017, 1, 1))


def column(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def found() -> Discharges:
    """Person 0: bleeding of three nights, later a cataract; person 1: a fracture in which she dies."""
    people = pl.DataFrame({"death": column(NEVER, START + 52)})
    stays = events(
        STAY, column(1, 0, 0), column(START + 50, START + 90, START + 10), column(FRACTURE, CATARACT, BLEEDING),
        quantity=column(2, 0, 3), place=column(7, 0, 0),
    )  # fmt: skip
    coded = events(DIAGNOSIS, column(0, 0, 1), column(START + 10, START + 10, START + 50), column(4, 1, 0))
    return discharges(people, as_frame([stays, coded]))


def test_stays_are_in_order_of_person_and_entry() -> None:
    stays = found().stays
    assert stays["position"].to_list() == [0, 0, 1]
    assert stays["entry"].to_list() == [date(2017, 1, 11), date(2017, 4, 1), date(2017, 2, 20)]
    assert stays["exit"].to_list() == [date(2017, 1, 14), date(2017, 4, 1), date(2017, 2, 22)]
    assert stays["nights"].to_list() == [3, 0, 2]
    assert stays["facility"].to_list() == [0, 0, 7]


def test_stay_that_ends_on_the_day_of_death_ends_by_it() -> None:
    assert found().stays["exit_mode"].to_list() == ["8", "8", "9"]


def test_own_associated_diagnosis_comes_before_coded_conditions() -> None:
    diagnoses = found().diagnoses
    assert diagnoses["stay"].to_list() == [0, 0, 0, 2]
    assert diagnoses["number"].to_list() == [1, 2, 3, 1]
    assert diagnoses["icd10_code"].to_list() == ["D62", CONDITION[1], CONDITION[4], CONDITION[0]]


def test_act_is_done_the_day_after_an_overnight_admission_and_the_same_day_of_a_day_case() -> None:
    assert found().procedures.rows() == [(0, "HEQE002", 1), (1, "BFGA427", 0)]


def test_life_without_stays_has_none() -> None:
    nothing = events(STAY, column(), column(), column())
    empty = discharges(pl.DataFrame({"death": column(NEVER)}), as_frame([nothing]))
    assert (empty.stays.height, empty.diagnoses.height, empty.procedures.height) == (0, 0, 0)


def test_arrival_of_the_evening_before_never_precedes_the_first_day() -> None:
    n = 4_096
    block = Block(1, Configuration(n), 0)
    people = pl.DataFrame({"death": np.full(n, NEVER), "first": np.full(n, START)})
    position, kind = np.arange(n, dtype=np.int64), np.full(n, BLEEDING)
    numbers = pl.Series(position).cast(pl.String)

    def early(day: int) -> int:
        stays = events(STAY, position, np.full(n, day), kind, quantity=np.full(n, 3), place=np.zeros(n, dtype=np.int64))
        told = discharges(people, as_frame([stays])).stays
        times = hospital._encounter(block, people, told.with_columns(patient_number=numbers), numbers, 1)["entry_time"]
        return int((times.dt.date() < told["entry"]).sum())

    assert early(START) == 0
    # One in a hundred of 4,096, standard error 6.
    assert 15 < early(START + 1) < 70
