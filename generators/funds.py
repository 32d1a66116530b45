"""The insurance funds' register of persons, and the SNDS's own tables of persons and long-term diseases."""

from datetime import date

import numpy as np
import polars as pl

from generators.arrays import Ints
from generators.civil_register import with_key
from generators.claim_lines import ClaimLines, fund_codes, fund_rows
from generators.days import NEVER, dates, dates_or_null, day_number
from generators.events import ALD, of_kind
from generators.fault_rates import NONE
from generators.register import Register
from schema import codes, reference

REGISTER_BEGINS = date(2006, 1, 1)  # the register is older than every calendar; persons born later enter at birth
LISTED = 41  # IMB_ETM_NAT
QUARTER_UNITS = 84  # doses of a pack of about three months
NO_DATE = date.fromisoformat(codes.NO_DATE)


def beneficiary(persons: pl.DataFrame, held: Register) -> pl.DataFrame:
    """One row a line of the register: two for a child under both parents."""
    who = persons[held.lines["position"]]
    return who.select(
        "birth_name", "used_name", "first_name", "other_first_names", "sex", "birth_place_code",
        "residence_commune_code", "BEN_RNG_GEM", held.lines["BEN_NIR_PSA"], birth_rank="BEN_RNG_GEM",
    ).with_columns(
        with_key(persons["own_nir"].gather(held.lines["insured"])).alias("insured_nir"),
        _known_own(held, with_key(persons["own_nir"])).alias("own_nir"),
        dates(who["birth"].to_numpy()).alias("birth_date"),
    )  # fmt: skip


def _known_own(held: Register, numbers: pl.Series) -> pl.Series:
    """A number of each person, line by line, null where the funds do not know her own yet."""
    known = pl.select(pl.when(held.own_fault == NONE).then(numbers)).to_series()
    return known.gather(held.lines["position"])


def ir_ben_r(persons: pl.DataFrame, held: Register, lines: ClaimLines, sent_under: Ints) -> pl.DataFrame:
    """One row a line of the register; `sent_under` is the one of each claim line."""
    who = persons[held.lines["position"]]
    last_claim = np.full(held.lines.height, -NEVER)
    np.maximum.at(last_claim, sent_under, lines.treated)
    death = who["death"].to_numpy()
    own = _known_own(held, held.own_pseudonym)
    told_apart = pl.col("BEN_NIR_PSA") + pl.col("BEN_RNG_GEM").cast(pl.String)
    fund = fund_codes().gather(pl.Series(fund_rows(who)))
    entered = np.maximum(who["birth"].to_numpy(), day_number(REGISTER_BEGINS))
    birth = dates(who["birth"].to_numpy())
    died = dates_or_null(death)
    return who.with_columns(held.lines["BEN_NIR_PSA"]).select(
        "BEN_NIR_PSA",
        "BEN_RNG_GEM",
        own.alias("BEN_NIR_ANO"),
        pl.coalesce(own, told_apart).alias("BEN_IDT_ANO"),
        own.is_not_null().cast(pl.Int64).alias("BEN_IDT_TOP"),
        held.own_pseudonym.gather(held.lines["insured"]).alias("ASS_NIR_ANO"),
        birth.dt.strftime("%Y").alias("BEN_NAI_ANN"),
        birth.dt.strftime("%m").alias("BEN_NAI_MOI"),
        pl.col("sex").alias("BEN_SEX_COD"),
        died.fill_null(NO_DATE).alias("BEN_DCD_DTE"),
        died.dt.strftime("%Y%m").fill_null(codes.NO_MONTH).alias("BEN_DCD_AME"),
        fund.alias("ORG_AFF_BEN"),
        fund.alias("ORG_CLE_NEW"),
        reference.read("commune")["department_code"].gather(who["commune"]).str.zfill(3).alias("BEN_RES_DPT"),
        pl.col("residence_commune_code").str.slice(2, 3).alias("BEN_RES_COM"),
        pl.Series("BEN_TOP_CNS", (last_claim > -NEVER).astype(np.int64)),
        dates_or_null(np.where(last_claim > -NEVER, last_claim, NEVER)).alias("MAX_TRT_DTD"),
        dates(entered).alias("BEN_DTE_INS"),
        dates(np.where(death < NEVER, death, entered)).alias("BEN_DTE_MAJ"),
    )


def ir_imb_r(persons: pl.DataFrame, held: Register, events: pl.DataFrame) -> pl.DataFrame:
    """One row a long-term disease granted, under her first line; none has ended. No row is older than the register."""
    granted = of_kind(events, ALD)
    granted = granted.filter(pl.Series(held.known[granted["position"].to_numpy()]))
    condition = reference.read("condition")
    added = pl.max_horizontal(pl.col("IMB_ALD_DTD"), pl.lit(REGISTER_BEGINS))
    who = persons.select("BEN_NIR_PSA", "BEN_RNG_GEM")[granted["position"]]
    rows = who.with_columns(
        granted["date"].alias("IMB_ALD_DTD"),
        pl.lit(NO_DATE, dtype=pl.Date).alias("IMB_ALD_DTF"),
        condition["ald_number"].gather(granted["code"]).alias("IMB_ALD_NUM"),
        condition["icd10_code"].gather(granted["code"]).alias("MED_MTF_COD"),
        pl.lit(LISTED, dtype=pl.Int64).alias("IMB_ETM_NAT"),
    ).with_columns(added.alias("INS_DTE"), added.alias("UPD_DTE"))
    return rows.unique(["BEN_NIR_PSA", "BEN_RNG_GEM", "IMB_ALD_NUM", "IMB_ALD_DTD"], keep="first", maintain_order=True)


def ir_pha_r() -> pl.DataFrame:
    """One row a drug presentation, as schema/reference/drug.csv has it."""
    return reference.read("drug").select(
        pl.col("cip13").alias("PHA_CIP_C13"),
        pl.col("strength").alias("PHA_DOS_PRA_DSES"),
        pl.col("strength_unit").alias("PHA_DOS_UNT_DSES"),
        pl.col("drug_label").alias("PHA_PRD_LIB1"),
        pl.col("reimbursement_rate").cast(pl.String).alias("PHA_TAU_COD"),
        pl.col("ucd13").alias("PHA_CIP_UCD"),
        (pl.col("price_eur") * 100).cast(pl.Int64).cast(pl.String).alias("PHA_PRI_UNI"),
        pl.col("pack_units").cast(pl.String).alias("PHA_UNT_NBR_DSES"),
        pl.col("substance").alias("PHA_NOM_PA"),
        pl.when(pl.col("pack_units") >= QUARTER_UNITS).then(pl.lit("GC")).otherwise(pl.lit("NGC")).alias("PHA_CND_TOP"),
        pl.col("atc_code").alias("PHA_ATC_C07"),
        pl.col("atc_code").str.slice(0, 3).alias("PHA_ATC_C03"),
        pl.col("drug_label").alias("PHA_MED_NOM"),
        pl.col("cip7").alias("PHA_PRS_IDE"),
        pl.col("atc_label").alias("PHA_ATC_L07"),
        pl.col("atc_code").alias("PHA_ATC_CLA"),
    )
