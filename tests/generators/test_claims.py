"""Claims: one line an act and a dispensing, paid to the cent, under nine keys."""

from datetime import date

import polars as pl
import pytest

from generators.block import Block
from generators.care_items import DISPENSING_FEE_CENTS
from generators.claim_lines import claim_lines
from generators.events import ACT, ALD, DISPENSING, of_kind
from generators.life import lives
from generators.population import population
from generators.world import World
from schema import reference
from schema.raw import DCIR_KEY
from tests.generators.conftest import Read

PHARMACY = [3311, 3312, 3313, 3341]


def cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).cast(pl.Int64)


def test_every_line_has_a_person(claims: pl.DataFrame) -> None:
    assert claims.height > 300_000
    assert claims["person"].null_count() == 0
    assert (claims["BEN_SEX_COD"] == claims["sex"]).all()
    assert (claims["BEN_NAI_ANN"] == claims["birth_date"].dt.strftime("%Y")).all()


def test_no_care_before_birth_after_death_or_outside_the_calendar(claims: pl.DataFrame) -> None:
    day = claims["EXE_SOI_DTD"]
    assert (day >= claims["birth_date"]).all()
    assert (day <= claims["death_date"].fill_null(date(2019, 12, 31))).all()
    assert day.min() >= date(2017, 1, 1)  # type: ignore[operator]
    assert (claims["EXE_SOI_DTF"] == day).all()


def test_months_are_those_of_the_days(claims: pl.DataFrame) -> None:
    assert (claims["EXE_SOI_AMD"] == claims["EXE_SOI_DTD"].dt.strftime("%Y%m")).all()
    prescribed = claims.filter(pl.col("PRE_PRE_DTD").is_not_null())
    assert (prescribed["PRE_PRE_AMD"] == prescribed["PRE_PRE_DTD"].dt.strftime("%Y%m")).all()


def test_line_enters_after_the_care_and_is_made_available_the_month_after(claims: pl.DataFrame) -> None:
    assert (claims["FLX_TRT_DTD"] > claims["EXE_SOI_DTD"]).all()
    assert (claims["FLX_DIS_DTD"] == claims["FLX_TRT_DTD"].dt.truncate("1mo").dt.offset_by("1mo")).all()
    delay = (claims["FLX_TRT_DTD"] - claims["EXE_SOI_DTD"]).dt.total_days()
    assert delay.max() <= 820  # type: ignore[operator]
    # Nearly all within six months.
    assert (delay <= 183).mean() > 0.985  # type: ignore[operator]


@pytest.mark.parametrize(("low", "high", "natures"), [(4.6, 6.0, PHARMACY), (9.0, 12.0, [1110, 1111, 1112])])
def test_pharmacies_are_paid_in_days_and_consultations_in_a_week_or_two(
    claims: pl.DataFrame, low: float, high: float, natures: list[int]
) -> None:
    chosen = claims.filter(pl.col("PRS_NAT_REF").is_in(natures))
    delay = (chosen["FLX_TRT_DTD"] - chosen["EXE_SOI_DTD"]).dt.total_days()
    assert low < delay.mean() < high  # type: ignore[operator]


def test_nine_columns_name_one_line(claims: pl.DataFrame) -> None:
    assert claims.select(DCIR_KEY).is_unique().all()


def test_statement_is_of_one_person_and_day_and_counts_its_lines_from_one(claims: pl.DataFrame) -> None:
    statements = claims.group_by("DCT_ORD_NUM").agg(
        pl.col("person").n_unique().alias("persons"),
        pl.col("EXE_SOI_DTD").n_unique().alias("days"),
        pl.col("FLX_TRT_DTD").n_unique().alias("entries"),
        (pl.col("PRS_ORD_NUM").sort() == pl.int_range(1, pl.len() + 1)).all().alias("counted"),
        pl.len(),
    )
    assert statements.select(pl.max("persons", "days", "entries")).row(0) == (1, 1, 1)
    assert statements["counted"].all()
    assert statements["len"].max() > 2  # type: ignore[operator]


def test_statement_numbers_do_not_tell_the_order_of_persons(claims: pl.DataFrame) -> None:
    first = claims.group_by("person").agg(pl.col("DCT_ORD_NUM").min()).sort("person")
    assert abs(first.select(pl.corr("person", "DCT_ORD_NUM")).item()) < 0.05


def test_amounts_add_up(claims: pl.DataFrame) -> None:
    money = claims.select(
        cents("BSE_REM_BSE").alias("base"), cents("BSE_REM_MNT").alias("paid"), cents("PRS_DEP_MNT").alias("excess"),
        cents("PRS_PAI_MNT").alias("charged"), pl.col("RGO_REM_TAU").cast(pl.Int64).alias("rate"),
    )  # fmt: skip
    assert (money["charged"] == money["base"] + money["excess"]).all()
    assert (money["paid"] == (money["base"] * money["rate"] + 50) // 100).all()
    assert (money["paid"] <= money["base"]).all()
    assert money["base"].min() > 0  # type: ignore[operator]


def test_base_of_an_act_is_its_tariff_times_the_quantity(claims: pl.DataFrame) -> None:
    priced = reference.read("care_nature").filter(pl.col("base_eur").is_not_null())
    acts = claims.join(priced, left_on="PRS_NAT_REF", right_on="nature_code")
    assert acts.height > 100_000
    expected = cents("base_eur") * pl.col("PRS_ACT_QTE").cast(pl.Int64)
    assert acts.select((cents("BSE_REM_BSE") == expected).all()).item()


def test_base_of_a_drug_is_packs_times_price_and_fee(claims: pl.DataFrame, read: Read) -> None:
    drugs = read("snds", "ER_PHA_F").join(claims, on=DCIR_KEY, how="left")
    unit = (pl.col("PHA_ACT_PRU") * 100).cast(pl.Int64) + DISPENSING_FEE_CENTS
    assert drugs.select((cents("BSE_REM_BSE") == unit * pl.col("PHA_ACT_QSN")).all()).item()
    assert (drugs["PRS_ACT_QTE"].cast(pl.Int64) == drugs["PHA_ACT_QSN"]).all()


def test_every_drug_line_has_its_detail_and_no_other_line_has(claims: pl.DataFrame, read: Read) -> None:
    details = read("snds", "ER_PHA_F")
    drugs = claims.filter(pl.col("PRS_NAT_REF").is_in(PHARMACY))
    assert details.height == drugs.height
    assert details.join(drugs, on=DCIR_KEY, how="anti").height == 0
    known = read("snds", "IR_PHA_R")["PHA_CIP_C13"].to_list()
    assert details["PHA_PRS_C13"].is_in(known).all()


def test_line_is_free_exactly_when_it_treats_a_granted_disease(claims: pl.DataFrame, read: Read) -> None:
    exempt = claims["EXO_MTF"] == 42
    assert (claims.filter(exempt)["RGO_REM_TAU"] == 100).all()
    assert (claims.filter(~exempt)["RGO_REM_TAU"] == claims.filter(~exempt)["RGO_THE_TAU"]).all()
    since = read("snds", "IR_IMB_R").group_by("BEN_NIR_PSA", "BEN_RNG_GEM").agg(pl.col("IMB_ALD_DTD").min())
    held = claims.filter(exempt).join(since, on=["BEN_NIR_PSA", "BEN_RNG_GEM"], how="left")
    assert held.height > 10_000
    assert (held["EXE_SOI_DTD"] >= held["IMB_ALD_DTD"]).all()


def test_insulin_of_a_holder_of_a_diabetes_ald_is_always_free(claims: pl.DataFrame, read: Read) -> None:
    diabetes = read("snds", "IR_IMB_R").filter(pl.col("IMB_ALD_NUM") == 8)
    insulin = read("snds", "IR_PHA_R").filter(pl.col("PHA_ATC_CLA") == "A10AE04")["PHA_CIP_C13"]
    lines = read("snds", "ER_PHA_F").filter(pl.col("PHA_PRS_C13").is_in(insulin.to_list())).join(claims, on=DCIR_KEY)
    held = lines.join(diabetes, on=["BEN_NIR_PSA", "BEN_RNG_GEM"]).filter(
        pl.col("EXE_SOI_DTD") >= pl.col("IMB_ALD_DTD")
    )
    assert held.height > 100
    assert (held["EXO_MTF"] == 42).all()
    others = lines.join(diabetes, on=["BEN_NIR_PSA", "BEN_RNG_GEM"], how="anti")
    assert (others["EXO_MTF"] == 0).all()


def test_specialists_alone_charge_above_the_tariff_and_three_in_ten_do(claims: pl.DataFrame) -> None:
    above = claims.filter(pl.col("PRS_DEP_MNT") > 0)
    assert not above["PSE_SPE_COD"].is_in([0, 1, 22]).any()
    assert above["PRS_DEP_MNT"].is_between(5, 40).all()
    specialists = claims.filter((pl.col("PRS_NAT_REF") == 1112) & (pl.col("PSE_SPE_COD") == 15))
    assert abs((specialists["PRS_DEP_MNT"] > 0).mean() - 0.30) < 0.03  # type: ignore[operator]


def test_prescription_stands_only_beside_what_is_prescribed(claims: pl.DataFrame) -> None:
    together = ["PRE_PRE_DTD", "PRE_PRE_AMD", "PFS_PRE_NUM", "PSP_SPE_COD"]
    missing = claims.select(pl.col(together).is_null())
    assert all(missing[column].equals(missing["PRE_PRE_DTD"], check_names=False) for column in together)
    assert claims.filter(pl.col("PRS_NAT_REF").is_in(PHARMACY))["PRE_PRE_DTD"].null_count() == 0
    assert claims.filter(pl.col("PRS_NAT_REF") == 1110)["PRE_PRE_DTD"].null_count() > 10_000
    before = (claims["EXE_SOI_DTD"] - claims["PRE_PRE_DTD"]).dt.total_days().drop_nulls()
    assert before.min() == 0
    assert before.max() == 20
    assert (claims["PRE_PRE_DTD"] >= claims["birth_date"]).drop_nulls().all()


def test_age_is_in_years_or_from_1000_in_months_under_two(claims: pl.DataFrame) -> None:
    born, day = claims["birth_date"], claims["EXE_SOI_DTD"]
    completed = (
        (day.dt.year() - born.dt.year()) * 12 + day.dt.month() - born.dt.month() - (day.dt.day() < born.dt.day())
    )
    young = completed < 24
    age = claims["BEN_AMA_COD"]
    assert young.sum() > 1_000
    assert (age.filter(young) == 1_000 + completed.filter(young)).all()
    assert (age.filter(~young) == completed.filter(~young) // 12).all()


def test_fund_and_residence_are_those_of_the_person(claims: pl.DataFrame, persons: pl.DataFrame) -> None:
    lived = claims.select("person", "ORG_CLE_NUM", "ORG_AFF_BEN", "BEN_RES_DPT", "BEN_RES_COM").unique()
    assert lived.height <= persons.height
    joined = lived.join(persons, on="person")
    assert (joined["ORG_CLE_NUM"] == "01C" + joined["BEN_RES_DPT"] + "000").all()
    assert (joined["ORG_AFF_BEN"] == joined["ORG_CLE_NUM"]).all()
    assert (joined["residence_commune_code"].str.slice(2) == joined["BEN_RES_COM"]).all()
    mainland = joined.filter(~joined["residence_commune_code"].str.starts_with("97"))
    assert (mainland["BEN_RES_DPT"].str.slice(1) == mainland["residence_commune_code"].str.slice(0, 2)).all()


def test_physicians_have_a_specialty_and_others_an_activity(claims: pl.DataFrame) -> None:
    physician = claims["PSE_SPE_COD"] > 0
    assert claims.filter(physician)["PSE_ACT_NAT"].null_count() == physician.sum()
    assert claims.filter(pl.col("PRS_NAT_REF").is_in(PHARMACY))["PSE_ACT_NAT"].unique().to_list() == [50]
    assert claims["PFS_EXE_NUM"].str.contains(r"^00[0-9]{7}$").all()


def test_every_act_and_dispensing_is_claimed_once(world: World) -> None:
    block = Block(world.seed, world.configuration, 1)
    people = population(block)
    events = lives(block, people).events
    lines = claim_lines(block, people, events)
    assert len(lines.day) == of_kind(events, ACT).height + of_kind(events, DISPENSING).height
    assert lines.quantity.sum() == (pl.concat([of_kind(events, ACT), of_kind(events, DISPENSING)])["quantity"].sum())
    assert of_kind(events, ALD).height > 0
