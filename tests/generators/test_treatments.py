"""Refills and courses: who takes what, when, how much."""

import numpy as np
import polars as pl

from generators import conditions, treatments
from generators.age_limits import age_years
from generators.arrays import Ints
from generators.block import Block
from generators.days import NEVER
from generators.events import DISPENSING, NONE
from schema import reference
from schema.configuration import Configuration

N = 4_096
BLOCK = Block(9, Configuration(N), 0)
DRUG = reference.read("drug")
ROW = {name: row for row, name in enumerate(conditions.names())}
PEOPLE = pl.DataFrame(
    {
        "sex": np.full(N, 1),
        "birth": np.full(N, BLOCK.start - 60 * 365),
        "frailty": np.ones(N),
        "first": np.full(N, BLOCK.start),
        "last": np.full(N, BLOCK.end),
    }
)


def only(condition: str, day: int) -> Ints:
    onset = np.full((N, len(ROW)), NEVER)
    onset[:, ROW[condition]] = day
    return onset


def test_every_cip_of_the_tables_is_found_in_the_drug_table() -> None:
    for table in ("treatment", "acute_drug"):
        found = DRUG["cip13"].gather(pl.Series(treatments.drug_rows(table)))
        assert found.to_list() == reference.read(table)["cip13"].to_list()


def test_share_treated_and_share_of_each_drug_are_those_declared() -> None:
    taken = treatments.treatments(BLOCK, PEOPLE, only("hypothyroidism", BLOCK.start - 1_000))
    assert taken.kind == DISPENSING
    # 95 % of persons, three strengths on one line whose shares sum to 1.
    assert abs(len(np.unique(taken.position)) / N - 0.95) < 0.012
    takers = pl.DataFrame({"position": taken.position, "drug": taken.code}).unique()
    assert takers["position"].is_unique().all()
    share = np.bincount(takers["drug"], minlength=DRUG.height) / takers.height
    weak = DRUG["drug_label"].to_list().index("Levothyrox 50 microgram tablet")
    assert abs(share[weak] - 0.36) < 0.025


def test_fills_come_every_interval_with_a_jitter_of_five_days() -> None:
    taken = treatments.treatments(BLOCK, PEOPLE, only("hypothyroidism", BLOCK.start - 1_000))
    frame = pl.DataFrame({"position": taken.position, "day": taken.day}).sort("position", "day")
    gap = frame.select(pl.col("day").diff().over("position")).drop_nulls()["day"].to_numpy()
    assert gap.min() >= 20
    assert gap.max() <= 40
    assert abs(gap.mean() - 30) < 0.1
    fills = frame.group_by("position").len()["len"]
    assert abs(fills.mean() - 1_095 / 30) < 0.5  # type: ignore[operator]


def test_treatment_begins_with_the_condition_and_ends_with_the_person() -> None:
    onset = BLOCK.start + 400
    people = PEOPLE.with_columns(last=pl.lit(BLOCK.start + 700))
    taken = treatments.treatments(BLOCK, people, only("type_2_diabetes", onset))
    assert taken.day.min() >= onset
    assert taken.day.max() <= BLOCK.start + 700
    assert len(taken.day) > N


def test_nobody_without_the_condition_takes_its_drugs() -> None:
    assert len(treatments.treatments(BLOCK, PEOPLE, np.full((N, len(ROW)), NEVER)).day) == 0


def test_drug_of_two_conditions_is_dispensed_once() -> None:
    onset = only("dyslipidaemia", BLOCK.start - 10)
    onset[:, ROW["coronary_disease"]] = BLOCK.start - 10
    taken = treatments.treatments(BLOCK, PEOPLE, onset)
    courses = pl.DataFrame({"position": taken.position, "drug": taken.code, "cause": taken.cause}).unique()
    assert courses.select("position", "drug").is_unique().all()
    assert set(courses["cause"].to_list()) == {ROW["dyslipidaemia"], ROW["coronary_disease"]}


def test_packs_of_a_fill_are_those_declared() -> None:
    taken = treatments.treatments(BLOCK, PEOPLE, only("rheumatoid_arthritis", BLOCK.start - 10))
    packs = pl.DataFrame({"drug": taken.code, "packs": taken.quantity}).unique().sort("drug")
    declared = reference.read("treatment").filter(pl.col("condition") == "rheumatoid_arthritis")
    expected = {int(c): int(p) for c, p in declared.select("cip13", "packs_per_fill").iter_rows()}
    assert dict(zip(DRUG["cip13"].gather(packs["drug"]), packs["packs"], strict=True)) == expected


def test_acute_courses_come_at_the_rate_of_age_and_sex() -> None:
    courses = treatments.acute_courses(BLOCK, PEOPLE)
    ibuprofen = DRUG["drug_label"].to_list().index("Ibuprofen Cristers 400 mg tablet")
    years = N * (BLOCK.end - BLOCK.start + 1) / 365.25
    # Men of 60 to 75: 0.0333 courses a year, mean 1.3 packs.
    rate = np.sum(courses.code == ibuprofen) / years
    assert abs(rate - 0.0333) < 0.006
    assert courses.quantity.min() == 1
    assert abs(courses.quantity[courses.code == ibuprofen].mean() - 1.3) < 0.12
    assert set(courses.cause.tolist()) == {NONE}
    assert courses.day.min() >= BLOCK.start
    assert courses.day.max() <= BLOCK.end


def test_drugs_are_dispensed_at_the_ages_they_are_for() -> None:
    # From birth to 18 years, all depressed and women.
    born = BLOCK.start - np.arange(N) * 18 * 365 // N
    children = PEOPLE.with_columns(sex=pl.lit(2), birth=pl.Series(born))
    for taken in (
        treatments.acute_courses(BLOCK, children),
        treatments.treatments(BLOCK, children, only("depression", BLOCK.start)),
    ):
        atc = DRUG["atc_code"].gather(pl.Series(taken.code))
        age = age_years(born[taken.position], taken.day)
        sleep_or_calm = atc.str.starts_with("N05").to_numpy()
        assert sleep_or_calm.sum() > 20
        assert age[sleep_or_calm].min() == 12
        assert age.min() == 0
    courses = treatments.acute_courses(BLOCK, children)
    age = age_years(born[courses.position], courses.day)
    atc = DRUG["atc_code"].gather(pl.Series(courses.code))
    for code, youngest in (("G03AA07", 12), ("M01AE01", 1), ("M01AE03", 15), ("N02BE01", 0)):
        assert age[(atc == code).to_numpy()].min() == youngest


def test_pill_is_not_dispensed_after_55() -> None:
    older = PEOPLE.with_columns(sex=pl.lit(2), birth=pl.lit(BLOCK.start - 55 * 365))
    courses = treatments.acute_courses(BLOCK, older)
    pill = courses.where((DRUG["atc_code"] == "G03AA07").to_numpy()[courses.code])
    age = age_years(older["birth"].to_numpy()[pill.position], pill.day)
    assert len(age) > 100
    assert age.max() == 55
