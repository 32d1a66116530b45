"""The persons of one block: births, deaths, families, numbers, names and homes."""

import numpy as np
import polars as pl

from generators import (
    birth_cells,
    civil_register,
    deaths,
    foin,
    home_hospitals,
    households,
    names,
    residences,
    twins,
)
from generators.arrays import Bools, Floats, Ints
from generators.birthplaces import birthplaces
from generators.block import Block
from generators.civil_register import Births
from generators.days import DAYS_A_YEAR, dates, first_of_month, month_number
from generators.households import NOBODY, Families
from generators.permutation import permutation
from schema import reference

ADULT = 18
FRAILTY_LOG_SD = 0.5  # assumption: shared by death, acts and stays
UNDER_FATHER = 0.30  # share of children insured under the father rather than the mother
PARTNERS_NAME = 0.65  # share of women in a couple who use the partner's name


def population(block: Block) -> pl.DataFrame:
    """One row a person, `position` within the block; days are day numbers, `death` NEVER for the living.

    Positions of others (`mother`, `twin`, `head`, `insured`, and `other_parent`, the parent under whom she is not
    insured) are −1 where there is nobody.
    """
    slots = permutation(block.seed, "slots", block.configuration.persons)(block.base + np.arange(block.size))
    is_patient = slots < birth_cells.n_patients(block.configuration)
    born = civil_register.births(block.configuration, block.seed, slots)
    birth = _birth_days(block, born)
    minor = birth > block.start - ADULT * DAYS_A_YEAR
    pairs = twins.twin_of(minor, is_patient, birth, block.uniform("twins"))
    born, kind = _as_twins(born, pairs)
    birth[pairs[1]] = birth[pairs[0]]
    frailty, first = _frailty(block, is_patient), np.maximum(birth, block.start)
    death = deaths.death_days(block, born.sex, birth, first, frailty)
    uniforms = np.stack([block.uniform("mother"), block.uniform("couple")])
    family = households.families(born.sex, birth, death, minor, block.start, pairs, uniforms)
    home = home_hospitals.home_hospital(block, is_patient, minor)
    frame = pl.DataFrame(
        {
            "position": np.arange(block.size),
            "person": block.base + np.arange(block.size),
            "is_patient": is_patient,
            "home": home,
            "second": home_hospitals.second_hospital(block, home),
            "frailty": frailty,
            "sex": born.sex,
            "birth": birth,
            "death": death,
            "first": first,
            "last": np.minimum(death, block.end),
            "place": born.place,
            "head": family.head,
            "mother": family.mother,
            "twin": _other_twin(block.size, pairs),
            "commune": _residence(block, home, is_patient, family, pairs),
        }
    )
    return _with_numbers(block, _with_names(block, frame, family, pairs), born, kind, family, pairs)


def _birth_days(block: Block, born: Births) -> Ints:
    months = born.year * 12 + born.month - 1
    opens = first_of_month(months)
    length = first_of_month(months + 1) - opens
    return opens + np.floor(block.uniform("day of birth") * length).astype(np.int64)


def _as_twins(born: Births, pairs: tuple[Ints, Ints]) -> tuple[Births, Ints]:
    """Twins take the first born's month, place and rank, and keep their own sex."""
    source = np.arange(len(born.sex))
    source[pairs[1]] = pairs[0]
    taken = born.take(source)
    kind = np.full(len(born.sex), civil_register.OWN)
    same = born.sex[pairs[0]] == born.sex[pairs[1]]
    kind[pairs[1]] = np.where(same, civil_register.SAME_SEX_TWIN, civil_register.OTHER_SEX_TWIN)
    return Births(born.sex, taken.year, taken.month, taken.place, taken.rank), kind


def _frailty(block: Block, is_patient: Bools) -> Floats:
    # Hospitals meet the frail in proportion to their frailty: the size-biased lognormal has its mean moved up by σ².
    mean = np.where(is_patient, 0.5, -0.5) * FRAILTY_LOG_SD**2
    return np.exp(mean + FRAILTY_LOG_SD * block.stream("frailty").standard_normal(block.size))


def _other_twin(size: int, pairs: tuple[Ints, Ints]) -> Ints:
    twin = np.full(size, NOBODY, dtype=np.int64)
    twin[pairs[0]], twin[pairs[1]] = pairs[1], pairs[0]
    return twin


def _residence(block: Block, home: Ints, is_patient: Bools, family: Families, pairs: tuple[Ints, Ints]) -> Ints:
    own = residences.commune_rows(home, block.uniform("residence"))
    shared = own[households.first_member(family.head, is_patient)]
    shared[pairs[1]] = shared[pairs[0]]
    return shared


def _with_names(block: Block, frame: pl.DataFrame, family: Families, pairs: tuple[Ints, Ints]) -> pl.DataFrame:
    own = names.family_name_rows(block.uniform("family name"))
    own[pairs[1]] = own[pairs[0]]
    father = np.where(family.mother >= 0, family.partner[family.mother], NOBODY)
    parent = np.where(father >= 0, father, family.mother)
    birth_name = np.where(parent >= 0, own[parent], own)
    takes = (frame["sex"].to_numpy() == 2) & (family.partner >= 0) & (block.uniform("used name") < PARTNERS_NAME)
    used_name = np.where(takes, own[family.partner], birth_name)
    uniform = block.uniform("first name")
    uniform[pairs[1]] = (uniform[pairs[0]] + names.HALF_TURN) % 1.0
    pool, _ = names.family_names()
    sex, year = frame["sex"].to_numpy(), month_number(frame["birth"].to_numpy()) // 12
    first_name = names.first_names(sex, year, uniform)
    others = names.other_first_names(sex, year, first_name, block.stream("other first names").random((3, block.size)))
    return frame.with_columns(
        pool.gather(pl.Series(birth_name)).alias("birth_name"),
        pool.gather(pl.Series(used_name)).alias("used_name"),
        first_name.alias("first_name"),
        others.alias("other_first_names"),
    )


def _with_numbers(
    block: Block, frame: pl.DataFrame, born: Births, kind: Ints, family: Families, pairs: tuple[Ints, Ints]
) -> pl.DataFrame:
    own = np.arange(block.size)
    uniform = block.uniform("insured under")
    uniform[pairs[1]] = uniform[pairs[0]]
    father = np.where(family.mother >= 0, family.partner[family.mother], NOBODY)
    under_father = (father >= 0) & (uniform < UNDER_FATHER)
    parent = np.where(under_father, father, family.mother)
    insured = np.where(parent >= 0, parent, own)
    number = civil_register.nir13(born, kind, block.seed)
    insured_number = number.gather(pl.Series(insured))
    identity = foin.insured_identity(insured_number, dates(frame["birth"].to_numpy()), frame["sex"])
    # Same-sex twins under one number are one pseudonym, told apart by their rank alone.
    second = (kind == civil_register.SAME_SEX_TWIN) & (insured != own)
    return frame.with_columns(
        pl.Series("insured", insured),
        pl.Series("other_parent", np.where(under_father, family.mother, father)),
        number.alias("own_nir"),
        insured_number.alias("insured_nir"),
        birthplaces(block.seed).code.gather(frame["place"]).alias("birth_place_code"),
        reference.read("commune")["commune_code"].gather(frame["commune"]).alias("residence_commune_code"),
        foin.pseudonyms(block.seed, identity).alias("BEN_NIR_PSA"),
        pl.Series("BEN_RNG_GEM", np.where(second, 2, 1)),
    )
