"""Prices, rates and natures of what is claimed, and who gives it."""

import numpy as np
import polars as pl

from generators.care_items import ASSUMED_CENTS, CONSULTATION, OTHER, PHARMACY, care_items, providers
from schema import reference

ITEMS = care_items()
RATES, DRUGS = reference.read("care_rate"), reference.read("drug")


def act(nature: int, specialty: int) -> int:
    rows = RATES.with_row_index("row").filter(
        (pl.col("nature_code") == nature) & (pl.col("specialty_code") == specialty)
    )
    return int(rows["row"].item())


def drug(label: str) -> int:
    return ITEMS.n_acts + DRUGS["drug_label"].to_list().index(label)


def test_there_is_an_item_for_every_act_and_drug() -> None:
    assert len(ITEMS.nature) == RATES.height + DRUGS.height
    assert RATES.height == ITEMS.n_acts


def test_general_practitioners_consultation_costs_25_euros_at_70_per_cent() -> None:
    row = act(1110, 1)
    assert (ITEMS.unit_cents[row], ITEMS.rate[row], ITEMS.family[row]) == (2_500, 70, CONSULTATION)
    assert (ITEMS.specialty[row], ITEMS.activity[row]) == (1, 0)
    assert not ITEMS.prescribed[row]
    assert not ITEMS.may_exceed[row]


def test_drug_costs_its_price_and_the_fee() -> None:
    row = drug("Ibuprofen Cristers 400 mg tablet")
    assert (ITEMS.unit_cents[row], ITEMS.rate[row], ITEMS.family[row]) == (180 + 102, 65, PHARMACY)
    assert ITEMS.nature[row] == 3313
    assert ITEMS.prescribed[row]


def test_nature_of_a_drug_follows_its_rate() -> None:
    wanted = {
        "Tamoxifen Biogaran 20 mg tablet": 3311,
        "Pradaxa 150 mg capsule": 3312,
        "Zolpidem Biogaran 10 mg tablet": 3341,
    }
    assert {label: int(ITEMS.nature[drug(label)]) for label in wanted} == wanted


def test_laboratory_is_paid_by_coefficient_and_given_by_no_physician() -> None:
    row = act(3211, 38)
    assert (ITEMS.unit_cents[row], ITEMS.rate[row], ITEMS.family[row]) == (27, 60, OTHER)
    assert (ITEMS.specialty[row], ITEMS.activity[row]) == (0, 30)
    assert ITEMS.one_act[row]


def test_specialists_may_charge_more_and_general_practitioners_may_not() -> None:
    assert ITEMS.may_exceed[act(1112, 15)]
    assert not ITEMS.may_exceed[act(1110, 22)]
    assert not ITEMS.may_exceed[act(3111, 0)]


def test_nothing_is_free_and_assumed_prices_stand_where_the_list_has_none() -> None:
    assert ITEMS.unit_cents.min() > 0
    listed = reference.read("care_nature").filter(pl.col("base_eur").is_not_null())["nature_code"]
    assert not listed.is_in(list(ASSUMED_CENTS)).any()


def test_professionals_are_numbered_once_and_belong_to_no_department() -> None:
    people = providers(5)
    assert people.number.is_unique().all()
    assert people.number.str.contains(r"^00[0-9]{7}$").all()
    assert people.count.sum() == people.number.len()
    assert np.all(np.diff(people.first) == people.count[:-1])


def test_professionals_follow_from_the_seed() -> None:
    assert not providers(5).number.equals(providers(6).number)


def test_every_item_has_professionals_who_give_it() -> None:
    people = providers(5)
    for item, group in enumerate(ITEMS.group):
        assert people.group[group] == (ITEMS.specialty[item], ITEMS.activity[item])
