"""Claims of the SNDS: ER_PRS_F, one row a line, and ER_PHA_F, one row a drug line."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generators.arrays import Bools, Ints
from generators.block import Block
from generators.care_items import FULL_RATE, care_items, providers
from generators.claim_lines import ClaimLines, fund_codes, fund_rows
from generators.days import NEVER, dates, day_of_month, day_table, month_number
from generators.events import ALD, days_of, of_kind
from generators.money import cents, decimals, percent_of
from schema import reference
from schema.raw import DCIR_KEY

LISTED_DISEASE, NO_EXEMPTION = 42, 0  # EXO_MTF
EXCESS_SHARE, EXCESS_EUROS = 0.30, (5, 40)  # assumption: specialists who charge above the tariff, and how much
PRESCRIBED_BEFORE_DAYS = 20
SPECIALISTS_PRESCRIBE = 0.15  # share of prescriptions by a cardiologist; assumption
PRESCRIBERS = ((1, 0), (3, 0))  # (specialty, activity) of professionals who prescribe
UNDER_TWO_BASE, UNDER_TWO_MONTHS = 1000, 24
SENDER_BASE, FLOW_ORDER = 1, 1


@dataclass(frozen=True)
class Amounts:
    """Cents and percent of each line."""

    base: Ints
    reimbursed: Ints
    excess: Ints
    rate: Ints
    exempt: Bools


def amounts(block: Block, lines: ClaimLines, events: pl.DataFrame) -> Amounts:
    """Base, reimbursement and excess; 100 % where the line treats a disease whose ALD she holds that day."""
    items = care_items()
    base = items.unit_cents[lines.item] * lines.quantity
    exempt = _under_ald(block, lines, events)
    rate = np.where(exempt, FULL_RATE, items.rate[lines.item])
    draw = lines.uniforms(block, "excess fee", 2)
    low, high = EXCESS_EUROS
    excess = 100 * (low + np.floor(draw[1] * (high - low + 1)).astype(np.int64))
    excess *= items.may_exceed[lines.item] & (draw[0] < EXCESS_SHARE)
    return Amounts(base, percent_of(base, rate), excess, rate, exempt)


def _under_ald(block: Block, lines: ClaimLines, events: pl.DataFrame) -> Bools:
    granted = of_kind(events, ALD)
    since = np.full((block.size, reference.read("condition").height), NEVER)
    since[granted["position"].to_numpy(), granted["code"].to_numpy()] = days_of(granted)
    exempt = np.zeros(len(lines.day), dtype=np.bool_)
    caused = np.flatnonzero(lines.cause >= 0)
    exempt[caused] = lines.day[caused] >= since[lines.position[caused], lines.cause[caused]]
    return exempt


def er_prs_f(
    block: Block, persons: pl.DataFrame, lines: ClaimLines, paid: Amounts, pseudonym: pl.Series
) -> pl.DataFrame:
    """One row a claim line, no cancellations, sorted by the nine-column key. `pseudonym` is of the card sent under."""
    items = care_items()
    nature = pl.Series(items.nature[lines.item])
    funds = _of_person(lines, fund_codes().gather(pl.Series(fund_rows(persons))))
    number = decimals(np.where(items.one_act[lines.item], 1, lines.quantity) * 100, precision=18)
    return pl.DataFrame(
        {
            **_beneficiary(persons, lines),
            "BEN_NIR_PSA": pseudonym,
            **_care_days(block, lines),
            **_prescription(block, persons, lines),
            **_executant(block, lines),
            **_key(block, persons, lines),
            "ORG_AFF_BEN": funds,
            "ORG_CLE_NEW": funds,
            "ORG_CLE_NUM": funds,
            "BSE_REM_BSE": decimals(paid.base),
            "BSE_REM_MNT": decimals(paid.reimbursed),
            "PRS_DEP_MNT": decimals(paid.excess),
            "PRS_PAI_MNT": decimals(paid.base + paid.excess),
            "PRS_ACT_QTE": decimals(lines.quantity * 100, precision=18),
            "PRS_ACT_NBR": number,
            "PRS_NAT_REF": nature,
            "BSE_PRS_NAT": nature,
            "EXO_MTF": np.where(paid.exempt, LISTED_DISEASE, NO_EXEMPTION),
            "RGO_REM_TAU": decimals(paid.rate * 100, precision=18),
            "RGO_THE_TAU": decimals(items.rate[lines.item] * 100, precision=18),
        }
    )


def er_pha_f(claims: pl.DataFrame, lines: ClaimLines) -> pl.DataFrame:
    """One row a drug line, under the key of its claim line."""
    items, drugs = care_items(), reference.read("drug")
    rows = np.flatnonzero(lines.item >= items.n_acts)
    drug = pl.Series(lines.item[rows] - items.n_acts)
    held = [name for name in (*DCIR_KEY, "ORG_CLE_NEW") if name in claims.columns]
    price = decimals(cents(drugs["price_eur"]) * 1_000, scale=5, precision=18)
    return claims.select(held)[pl.Series(rows)].with_columns(
        price.gather(drug).alias("PHA_ACT_PRU"),
        pl.Series("PHA_ACT_QSN", lines.quantity[rows]),
        pl.lit(1, dtype=pl.Int64).alias("PHA_ORD_NUM"),
        drugs["cip13"].gather(drug).alias("PHA_PRS_C13"),
        drugs["cip7"].gather(drug).alias("PHA_PRS_IDE"),
    )


def _of_person(lines: ClaimLines, values: pl.Series) -> pl.Series:
    return values.gather(pl.Series(lines.position))


def _beneficiary(persons: pl.DataFrame, lines: ClaimLines) -> dict[str, pl.Series]:
    commune = persons["residence_commune_code"]
    department = reference.read("commune")["department_code"].gather(persons["commune"]).str.zfill(3)
    year = dates(persons["birth"].to_numpy()).dt.strftime("%Y")
    return {
        "BEN_RNG_GEM": _of_person(lines, persons["BEN_RNG_GEM"]),
        "BEN_SEX_COD": _of_person(lines, persons["sex"]),
        "BEN_NAI_ANN": _of_person(lines, year),
        "BEN_RES_DPT": _of_person(lines, department),
        "BEN_RES_COM": _of_person(lines, commune.str.slice(2, 3)),
    }


def _care_days(block: Block, lines: ClaimLines) -> dict[str, pl.Series]:
    day = dates(lines.day)
    month = day_table(block.configuration).months(lines.day)
    return {"EXE_SOI_DTD": day, "EXE_SOI_DTF": day, "EXE_SOI_AMD": month, "EXE_SOI_AMF": month}


def _key(block: Block, persons: pl.DataFrame, lines: ClaimLines) -> dict[str, pl.Series]:
    table = day_table(block.configuration)
    birth = persons["birth"].to_numpy()
    at = lines.day - table.origin
    born_month, born_day = month_number(birth), day_of_month(birth)
    months = table.month[at] - born_month[lines.position]
    months -= table.day_of_month[at] < born_day[lines.position]
    age = np.where(months < UNDER_TWO_MONTHS, UNDER_TWO_BASE + months, months // 12)
    return {
        "BEN_AMA_COD": pl.Series(age),
        "FLX_TRT_DTD": dates(lines.treated),
        "FLX_DIS_DTD": dates(table.next_month[lines.treated - table.origin]),
        "FLX_EMT_NUM": pl.Series(SENDER_BASE + fund_rows(persons)[lines.position]),
        "FLX_EMT_ORD": pl.Series(np.full(len(lines.day), FLOW_ORDER)),
        "DCT_ORD_NUM": pl.Series(lines.statement),
        "PRS_ORD_NUM": pl.Series(lines.line),
    }


def _prescription(block: Block, persons: pl.DataFrame, lines: ClaimLines) -> dict[str, pl.Series]:
    prescribed = care_items().prescribed[lines.item]
    before = lines.uniforms(block, "day of prescription", 1)[0] * (PRESCRIBED_BEFORE_DAYS + 1)
    day = np.maximum(lines.day - before.astype(np.int64), persons["birth"].to_numpy()[lines.position])
    list_ = providers(block.seed)
    draw = lines.uniforms(block, "prescriber", 2)
    specialist = (draw[0] < SPECIALISTS_PRESCRIBE).astype(np.int64)
    group = np.array([list_.group.index(pair) for pair in PRESCRIBERS])[specialist]
    row = list_.first[group] + np.floor(draw[1] * list_.count[group]).astype(np.int64)
    frame = pl.DataFrame(
        {
            "PRE_PRE_DTD": dates(day),
            "PRE_PRE_AMD": day_table(block.configuration).months(day),
            "PFS_PRE_NUM": list_.number.gather(pl.Series(row)),
            "PSP_SPE_COD": np.array([specialty for specialty, _ in PRESCRIBERS])[specialist],
        }
    )
    asked = pl.Series(prescribed)
    return frame.select(pl.when(asked).then(pl.all())).to_dict()


def _executant(block: Block, lines: ClaimLines) -> dict[str, pl.Series]:
    items, list_ = care_items(), providers(block.seed)
    group = items.group[lines.item]
    draw = lines.uniforms(block, "executant", 1)[0]
    row = list_.first[group] + np.floor(draw * list_.count[group]).astype(np.int64)
    activity = pl.Series(items.activity)
    named = pl.select(pl.when(activity > 0).then(activity)).to_series()
    return {
        "PFS_EXE_NUM": list_.number.gather(pl.Series(row)),
        "PSE_SPE_COD": pl.Series(items.specialty[lines.item]),
        "PSE_ACT_NAT": named.gather(pl.Series(lines.item)),
    }
