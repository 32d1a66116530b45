"""What a line costs and what of it is paid, on lines written out."""

from dataclasses import replace
from datetime import date

import numpy as np

from generators.arrays import Ints
from generators.block import Block
from generators.care_items import care_items
from generators.claim_lines import ClaimLines
from generators.claims import Amounts, amounts
from generators.days import day_number
from generators.events import ALD, NONE, as_frame, events
from schema import reference
from schema.configuration import Configuration

BLOCK = Block(1, Configuration(4), 0)
GRANTED = day_number(date(2018, 3, 1))
DIABETES = reference.read("condition")["condition"].to_list().index("type_2_diabetes")
METFORMIN = care_items().n_acts + reference.read("drug")["drug_label"].to_list().index(
    "Metformin Biogaran 850 mg tablet"
)
ZOLPIDEM = care_items().n_acts + reference.read("drug")["drug_label"].to_list().index("Zolpidem Biogaran 10 mg tablet")
CONSULTATION = 0  # first line of care_rate.csv: a general practitioner's


def column(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


LINES = ClaimLines(
    position=column(0, 0, 0, 1, 2),
    day=column(GRANTED - 1, GRANTED, GRANTED + 400, GRANTED + 1, GRANTED),
    item=column(METFORMIN, METFORMIN, METFORMIN, METFORMIN, CONSULTATION),
    quantity=column(1, 1, 3, 1, 1),
    cause=column(DIABETES, DIABETES, DIABETES, DIABETES, NONE),
    treated=column(0, 0, 0, 0, 0),
    statement=column(1, 2, 3, 4, 5),
    line=column(1, 1, 1, 1, 1),
    row=np.arange(5),
    drawn=5,
)
# Person 0 alone holds the ALD.
HELD = as_frame([events(ALD, column(0), column(GRANTED), column(DIABETES))])


def paid(lines: ClaimLines) -> Amounts:
    return amounts(BLOCK, lines, HELD)


def test_base_is_packs_times_price_and_fee() -> None:
    # 8.60 euros and 1.02 a pack; a consultation is 25 euros.
    assert paid(LINES).base.tolist() == [962, 962, 2_886, 962, 2_500]


def test_treatment_is_free_from_the_first_day_of_the_ald_on() -> None:
    assert paid(LINES).exempt.tolist() == [False, True, True, False, False]
    assert paid(LINES).rate.tolist() == [65, 100, 100, 65, 70]


def test_reimbursement_is_rounded_half_up_to_the_cent() -> None:
    # 65 % of 9.62 is 6.253; 70 % of 25 is 17.50.
    assert paid(LINES).reimbursed.tolist() == [625, 962, 2_886, 625, 1_750]


def test_drug_for_another_disease_keeps_its_rate() -> None:
    other = replace(LINES, cause=column(*[NONE] * 5), item=column(*[ZOLPIDEM] * 5))
    assert paid(other).rate.tolist() == [15] * 5
    # 1.51 and 1.02 are 2.53, of which 15 % are 0.3795; three packs 1.1385.
    assert paid(other).reimbursed.tolist() == [38, 38, 114, 38, 38]


def test_ald_of_another_disease_does_not_count() -> None:
    other = as_frame([events(ALD, column(0), column(GRANTED), column(DIABETES + 1))])
    assert not amounts(BLOCK, LINES, other).exempt.any()


def test_neither_drugs_nor_general_practitioners_cost_more_than_the_tariff() -> None:
    assert paid(LINES).excess.tolist() == [0] * 5
