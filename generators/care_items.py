"""What a claim line may be for: the acts of care_rate.csv, then the drugs of drug.csv, with price and rate."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from generators.arrays import Bools, Ints
from generators.money import cents
from generators.professionals import PHARMACIST, Professionals, professionals
from schema import reference

PHARMACY, CONSULTATION, OTHER = 0, 1, 2  # families that are paid at different speeds
DISPENSING_FEE_CENTS = 102  # a pack, 2017-2019; merged into the line
GENERAL_MEDICINE = (1, 22)
NATURE_OF_RATE = {100: 3311, 65: 3313, 30: 3312, 15: 3341}  # PRS_NAT_REF of a drug
FULL_RATE = 100
# Assumptions, in cents: mean price of natures that are priced by another nomenclature (CCAM, devices, transport,
# daily sick-leave benefit, vaccine) and of a blood sample.
ASSUMED_CENTS = {
    1321: 6000, 1324: 5500, 1351: 6000, 1352: 2600, 3223: 450, 3331: 620, 3511: 4500, 3512: 3000,
    4212: 7000, 6111: 3300,
}  # fmt: skip
NO_ACTIVITY = 0
# PSE_ACT_NAT by nature of care, from memory: midwife 21, nurse 24, physiotherapist 26, podiatrist 27, speech
# therapist 28, laboratory 30, pharmacist 50, transport 52, supplier 61; physicians have none.
ACTIVITY = {
    1911: 21, 3111: 24, 3112: 24, 3122: 26, 3125: 26, 3131: 27, 3132: 28, 3211: 30, 3223: 30, 4212: 52, 3511: 61,
    3512: 61, 3331: 50, 6111: 0,
}  # fmt: skip
COEFFICIENT_NATURES = (1331, 1911, 3111, 3112, 3122, 3125, 3131, 3132, 3211)  # quantity is a total coefficient


@dataclass(frozen=True)
class CareItems:
    """One entry an item; amounts in cents for one unit, `group` a row of the professionals."""

    nature: Ints
    unit_cents: Ints
    rate: Ints
    family: Ints
    specialty: Ints
    activity: Ints
    prescribed: Bools
    may_exceed: Bools
    one_act: Bools
    group: Ints
    cip13: Ints
    n_acts: int

    @property
    def groups(self) -> tuple[tuple[int, int], ...]:
        return _groups(self.specialty, self.activity)


def _groups(specialty: Ints, activity: Ints) -> tuple[tuple[int, int], ...]:
    pairs = sorted(set(zip(specialty.tolist(), activity.tolist(), strict=True)))
    return tuple((int(s), int(a)) for s, a in pairs)


@cache
def care_items() -> CareItems:
    """Acts first, drugs after them: item = code of an act event, n_acts + code of a dispensing event."""
    acts = reference.read("care_rate").join(
        reference.read("care_nature"), on="nature_code", how="left", maintain_order="left"
    )
    drugs = reference.read("drug")
    natures = acts["nature_code"].to_numpy()
    assumed = pl.Series(natures).replace_strict(ASSUMED_CENTS, default=0, return_dtype=pl.Int64).to_numpy()
    activity = pl.Series(natures).replace_strict(ACTIVITY, default=NO_ACTIVITY, return_dtype=pl.Int64).to_numpy()
    # In the list a specialty stands beside natures whose activity is not a physician's (midwife, laboratory).
    specialty = np.where(activity > 0, 0, acts["specialty_code"].to_numpy())
    is_consultation = (acts["family"] == "consultation").to_numpy()
    act_cents = cents(acts["base_eur"].fill_null(0))
    none, some = np.zeros(drugs.height, dtype=np.int64), np.zeros(drugs.height, dtype=np.bool_)
    specialties = np.concatenate([specialty, none])
    activities = np.concatenate([activity, none + PHARMACIST])
    groups = _groups(specialties, activities)
    return CareItems(
        nature=np.concatenate([natures, drugs["reimbursement_rate"].replace_strict(NATURE_OF_RATE).to_numpy()]),
        unit_cents=np.concatenate([act_cents + np.where(act_cents == 0, assumed, 0), _drug_cents(drugs)]),
        rate=np.concatenate([acts["reimbursement_rate"].fill_null(FULL_RATE), drugs["reimbursement_rate"]]),
        family=np.concatenate([np.where(is_consultation, CONSULTATION, OTHER), none + PHARMACY]),
        specialty=specialties,
        activity=activities,
        prescribed=np.concatenate([(acts["prescribed"] == 1).to_numpy(), ~some]),
        may_exceed=np.concatenate([is_consultation & ~np.isin(specialty, GENERAL_MEDICINE), some]),
        one_act=np.concatenate([np.isin(natures, COEFFICIENT_NATURES), some]),
        group=np.array([groups.index(pair) for pair in zip(specialties.tolist(), activities.tolist(), strict=True)]),
        cip13=np.concatenate([np.zeros(acts.height, dtype=np.int64), drugs["cip13"].to_numpy()]),
        n_acts=acts.height,
    )


def _drug_cents(drugs: pl.DataFrame) -> Ints:
    return cents(drugs["price_eur"]) + DISPENSING_FEE_CENTS


def providers(seed: int) -> Professionals:
    """The professionals who give or prescribe the items."""
    return professionals(seed, care_items().groups)
