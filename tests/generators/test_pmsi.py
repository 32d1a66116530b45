"""Discharge abstracts: dates, identity, and details that add up."""

from datetime import date

import polars as pl
import pytest

from schema import codes, reference
from tests.generators.conftest import Read

KEY = ["ETA_NUM", "RSA_NUM"]
YEARS = (17, 18, 19)


def of_all_years(read: Read, letter: str) -> pl.DataFrame:
    return pl.concat(read("snds", f"T_MCO{year}{letter}") for year in YEARS)


def test_set_of_a_year_holds_the_stays_that_ended_in_it(read: Read) -> None:
    for year in YEARS:
        stays = read("snds", f"T_MCO{year}C")
        assert (stays["EXE_SOI_DTF"].dt.year() == 2000 + year).all()
        assert (stays["SOR_ANN"] == str(2000 + year)).all()
        assert stays["EXE_SOI_DTD"].min() < date(2000 + year, 1, 1) or year == 17  # type: ignore[operator]


def test_abstract_and_chaining_are_one_to_one(read: Read, abstracts: pl.DataFrame) -> None:
    assert abstracts.height == of_all_years(read, "B").height == of_all_years(read, "C").height
    assert abstracts.height > 3_000


def test_number_of_an_abstract_is_unique_over_years_and_hospitals(abstracts: pl.DataFrame) -> None:
    assert abstracts["RSA_NUM"].is_unique().all()
    assert abstracts["RSA_NUM"].str.contains(r"^[0-9]{10}$").all()
    assert abstracts["ETA_NUM"].str.contains(codes.FINESS_PATTERN).all()


def test_dates_agree_in_every_form(abstracts: pl.DataFrame) -> None:
    entry, leaves = abstracts["EXE_SOI_DTD"], abstracts["EXE_SOI_DTF"]
    assert (abstracts["ENT_DAT"] == entry.dt.strftime("%d%m%Y")).all()
    assert (abstracts["SOR_DAT"] == leaves.dt.strftime("%d%m%Y")).all()
    assert (abstracts["EXE_SOI_AMD"] == entry.dt.strftime("%Y%m")).all()
    assert (abstracts["EXE_SOI_AMF"] == leaves.dt.strftime("%Y%m")).all()
    assert (abstracts["SOR_MOI"] == leaves.dt.strftime("%m")).all()
    assert (abstracts["SEJ_NBJ"] == (leaves - entry).dt.total_days()).all()


def test_details_are_counted_in_the_abstract(read: Read, abstracts: pl.DataFrame) -> None:
    for letter, column in (("D", "NBR_DGN"), ("A", "NBR_ACT")):
        rows = of_all_years(read, letter).group_by(KEY).len()
        counted = abstracts.join(rows, on=KEY, how="left").with_columns(pl.col("len").fill_null(0))
        assert (counted["len"] == counted[column]).all(), letter
        assert rows["len"].sum() == abstracts[column].sum() > 0


def test_acts_lie_within_the_stay(read: Read, abstracts: pl.DataFrame) -> None:
    acts = of_all_years(read, "A").join(abstracts, on=KEY)
    assert acts.height == of_all_years(read, "A").height
    assert (acts["ENT_DAT_DEL"] >= 0).all()
    assert (acts["ENT_DAT_DEL"] <= acts["SEJ_NBJ"]).all()
    known = reference.read("ccam")["ccam_code"].to_list()
    assert acts["CDC_ACT"].is_in(known).all()


def test_diagnoses_are_numbered_from_one_and_do_not_repeat_the_principal(read: Read, abstracts: pl.DataFrame) -> None:
    rows = of_all_years(read, "D").join(abstracts, on=KEY)
    numbered = rows.group_by(KEY).agg((pl.col("DGN_ASS_NUM").sort() == pl.int_range(1, pl.len() + 1)).all())
    assert numbered["DGN_ASS_NUM"].all()
    assert (rows["ASS_DGN"] != rows["DGN_PAL"]).all()
    assert not rows.select(*KEY, "ASS_DGN").is_duplicated().any()
    assert rows["ASS_DGN"].str.contains(codes.CIM10_PATTERN).all()


def test_groups_are_those_of_the_reference(abstracts: pl.DataFrame) -> None:
    groups = abstracts.join(reference.read("ghm"), left_on="GRG_GHM", right_on="ghm_code", how="left")
    assert groups["ghs_number"].null_count() == 0
    assert (groups["GHS_NUM"] == groups["ghs_number"]).all()


@pytest.fixture(scope="module")
def alone(read: Read, persons: pl.DataFrame) -> pl.DataFrame:
    """Persons who share neither a pseudonym nor a local number with another."""
    mixed = read("truth", "identity").filter(pl.col("local_number_fault").is_in(["holds_another", "under_anothers"]))
    return persons.filter(persons["BEN_NIR_PSA"].is_unique()).join(mixed, on="person", how="anti")


def test_pseudonym_is_the_insureds_and_missing_exactly_when_the_check_failed(
    read: Read, abstracts: pl.DataFrame
) -> None:
    missing = abstracts["NIR_ANO_17"].is_null()
    assert (abstracts["NIR_RET"] == "1").equals(missing, check_names=False)
    # 8 % of the records have no number, 0.2 % an invented one.
    assert 0.06 < missing.mean() < 0.11  # type: ignore[operator]
    known = abstracts.filter(~missing)["NIR_ANO_17"].is_in(read("funds", "beneficiary")["BEN_NIR_PSA"].to_list())
    # The others hold a wrong number, date or sex, or are unknown to the funds: the pseudonym is nobody's.
    assert 0.94 < known.mean() < 0.98  # type: ignore[operator]


def test_stays_of_a_pseudonym_lie_within_the_persons_life(abstracts: pl.DataFrame, alone: pl.DataFrame) -> None:
    stays = abstracts.join(alone, left_on="NIR_ANO_17", right_on="BEN_NIR_PSA")
    assert stays.height > 3_000
    assert (stays["EXE_SOI_DTD"] >= stays["birth_date"]).all()
    assert (stays["EXE_SOI_DTF"] <= stays["death_date"].fill_null(date(2019, 12, 31))).all()
    assert (stays["COD_SEX"].cast(pl.Int64) == stays["sex"]).all()
    assert (stays["BDI_COD"] == stays["residence_commune_code"]).all()
    died = stays["EXE_SOI_DTF"] == stays["death_date"].fill_null(date(2100, 1, 1))
    assert ((stays["SOR_MOD"] == "9") == died).all()
    assert died.sum() > 10


def test_age_is_in_years_or_in_days_under_one(abstracts: pl.DataFrame, alone: pl.DataFrame) -> None:
    stays = abstracts.join(alone, left_on="NIR_ANO_17", right_on="BEN_NIR_PSA")
    birthday_met = stays["EXE_SOI_DTD"].dt.strftime("%m%d") >= stays["birth_date"].dt.strftime("%m%d")
    years = stays["EXE_SOI_DTD"].dt.year() - stays["birth_date"].dt.year() - (~birthday_met).cast(pl.Int32)
    assert (stays["AGE_ANN"].fill_null(0) == years).all()
    infant = stays["AGE_ANN"].is_null()
    assert infant.sum() > 20
    assert stays.filter(~infant)["AGE_JOU"].null_count() == (~infant).sum()
    days = (stays["EXE_SOI_DTD"] - stays["birth_date"]).dt.total_days()
    assert (stays["AGE_JOU"].filter(infant) == days.filter(infant)).all()


def test_rank_counts_the_stays_of_a_person_from_one(abstracts: pl.DataFrame, alone: pl.DataFrame) -> None:
    # Without faults every stay of a person has her pseudonym.
    whole = abstracts.filter(pl.col("NIR_ANO_17").is_in(alone["BEN_NIR_PSA"].to_list()))
    ranks = whole.group_by("NIR_ANO_17").agg(pl.col("SEJ_NUM").cast(pl.Int64).sort().alias("rank"), pl.len())
    complete = ranks.filter(pl.col("rank").list.max() == pl.col("len"))
    assert complete.height / ranks.height > 0.90
    assert abstracts["SEJ_NUM"].str.len_chars().unique().to_list() == [5]


def test_half_of_the_overnight_kinds_come_through_the_emergency_room(abstracts: pl.DataFrame) -> None:
    overnight = reference.read("stay_kind").filter(pl.col("mean_los_days") > 0)["ghm_code"].unique().to_list()
    share = (abstracts.filter(pl.col("GRG_GHM").is_in(overnight))["ENT_PRV"] == "5").fill_null(False).mean()
    assert share == pytest.approx(0.5, abs=0.05)


def test_about_half_of_the_stays_have_no_night(abstracts: pl.DataFrame) -> None:
    assert 0.40 < (abstracts["SEJ_NBJ"] == 0).mean() < 0.60  # type: ignore[operator]
