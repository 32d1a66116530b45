"""What hospitals get wrong: the labels of the truth and the records agree, both ways."""

import polars as pl
import pytest

from schema import codes, reference
from schema.layout import HOSPITALS
from tests.generators.conftest import Read
from tests.generators.spoiled import Spoiled


@pytest.fixture(scope="module")
def seen(mistaken: Spoiled) -> pl.DataFrame:
    """Records that hold the identity of the person seen, with the valid numbers without key."""
    own = mistaken.seen.filter(pl.col("local_number_fault") != "under_anothers")
    return own.with_columns(insured=codes.valid_nir13(pl.col("insured_nir")), own=codes.valid_nir13(pl.col("own_nir")))


def letters(name: str) -> pl.Expr:
    """Letters of a name, without accents, spaces and hyphens."""
    return pl.col(name).str.to_uppercase().str.normalize("NFKD").str.replace_all("[^A-Z]", "")


def same_where(frame: pl.DataFrame, fault: pl.Expr, same: pl.Expr) -> bool:
    """Whether records are the same as the truth exactly where there is no such fault; of both there must be some."""
    both = frame.select(fault=fault, same=same.fill_null(False))
    return bool((both["fault"] != both["same"]).all() and both["fault"].any() and both["same"].any())


def test_record_is_the_truth_exactly_where_the_label_says_none(seen: pl.DataFrame) -> None:
    wrong = {name: pl.col(f"{name}_fault") != "none" for name in ("nir", "date", "sex", "place", "other_names")}
    others = pl.col("other_first_names")
    reordered = pl.col("first_name_fault") == "second"
    rewritten = pl.col("writing_fault") != "none"
    assert same_where(seen, wrong["nir"], pl.col("insured") == pl.col("true_insured_nir"))
    assert same_where(seen, wrong["date"], pl.col("birth_date") == pl.col("true_birth_date"))
    assert same_where(seen, wrong["sex"], pl.col("sex") == pl.col("true_sex"))
    assert same_where(seen, wrong["place"], pl.col("birth_place_code") == pl.col("true_birth_place_code"))
    assert same_where(
        seen.filter(~reordered, ~rewritten), wrong["other_names"], others.eq_missing(pl.col("true_other_first_names"))
    )
    assert (seen["residence_commune_code"] == seen["true_residence_commune_code"]).all()


def test_name_has_the_letters_of_the_true_one_exactly_where_the_label_says_none(seen: pl.DataFrame) -> None:
    for name in ("birth_name", "first_name"):
        assert same_where(seen, pl.col(f"{name}_fault") != "none", letters(name) == letters(f"true_{name}")), name
    changed = seen.filter(pl.col("true_used_name") != pl.col("true_birth_name"))
    assert same_where(changed, pl.col("used_name_fault") != "none", letters("used_name") == letters("true_used_name"))
    others = seen.filter(pl.col("true_used_name") == pl.col("true_birth_name"))
    assert (others["used_name"] == others["birth_name"]).all()


def test_missing_is_null_and_nothing_else_is(seen: pl.DataFrame) -> None:
    for column, family in (
        ("insured_nir", "nir_fault"),
        ("own_nir", "own_nir_fault"),
        ("birth_place_code", "place_fault"),
    ):
        assert (seen[column].is_null() == (seen[family] == "missing")).all(), column
    named = seen.filter(pl.col("true_other_first_names").is_not_null())
    assert (named["other_first_names"].is_null() == (named["other_names_fault"] == "missing")).all()
    assert (
        seen.select("birth_name", "used_name", "first_name", "birth_date", "sex").null_count().sum_horizontal()[0] == 0
    )


def test_mistyped_number_differs_in_one_digit_and_is_well_formed(seen: pl.DataFrame) -> None:
    wrong = seen.filter(pl.col("nir_fault").str.starts_with("mistyped"))
    differences = sum(
        (wrong["insured_nir"].str.slice(i, 1) != wrong["true_insured_nir"].str.slice(i, 1)).cast(pl.Int64)
        for i in range(13)
    )
    assert isinstance(differences, pl.Series)
    assert differences.unique().to_list() == [1]
    assert wrong["insured_nir"].str.slice(0, 13).str.contains(codes.NIR_PATTERN).all()


def test_key_finds_a_mistyped_number_unless_it_was_computed_anew(seen: pl.DataFrame) -> None:
    assert seen.filter(pl.col("nir_fault") == "mistyped")["insured"].is_null().all()
    undetected = seen.filter(pl.col("nir_fault") == "mistyped_key_valid")
    assert undetected.height > 20
    assert (undetected["insured"] != undetected["true_insured_nir"]).all()


def test_provisional_and_fictitious_numbers_are_no_numbers_of_the_register(seen: pl.DataFrame) -> None:
    provisional = seen.filter(pl.col("nir_fault") == "provisional")
    fictitious = seen.filter(pl.col("nir_fault") == "fictitious")
    assert provisional.height > 50
    assert fictitious.height > 50
    assert provisional["insured"].null_count() == provisional.height
    assert fictitious["insured"].null_count() == fictitious.height
    first = provisional["insured_nir"].str.slice(0, 1).cast(pl.Int64)
    assert (first == provisional["true_sex"] + 6).all()
    assert (provisional["insured_nir"].str.slice(1, 12) == provisional["true_insured_nir"].str.slice(1)).all()
    assert provisional["true_birth_place_code"].str.starts_with("99").all()
    assert (fictitious["insured_nir"].str.slice(1, 12) == "9" * 12).all()


def test_childs_own_number_is_sent_in_place_of_the_parents(seen: pl.DataFrame) -> None:
    sent = seen.filter(pl.col("nir_fault") == "own_as_insured")
    assert sent.height > 100
    assert (sent["insured"] == sent["true_own_nir"]).all()
    assert (sent["insured"] != sent["true_insured_nir"]).all()


def test_other_parents_number_is_that_of_the_second_line_of_the_funds(seen: pl.DataFrame, mistaken: Spoiled) -> None:
    second = mistaken.held.filter(pl.col("record") == 2).select("person", second_nir="insured_nir")
    children = seen.filter(pl.col("nir_fault") == "other_parent").join(second, on="person")
    assert children.height == (seen["nir_fault"] == "other_parent").sum() > 50
    assert (children["insured_nir"] == children["second_nir"]).all()


def test_own_number_of_who_is_insured_under_it_is_typed_once(seen: pl.DataFrame) -> None:
    adults = seen.filter(pl.col("true_insured_nir") == pl.col("true_own_nir"), pl.col("own_nir").is_not_null())
    assert (adults["own_nir"] == adults["insured_nir"]).all()
    assert (adults["own_nir_fault"] == adults["nir_fault"]).all()
    children = seen.filter(pl.col("true_insured_nir") != pl.col("true_own_nir"), pl.col("own_nir").is_not_null())
    assert (children["own"] == children["true_own_nir"]).all()
    assert set(children["own_nir_fault"]) == {"none"}
    assert (
        seen.filter(pl.col("insured_nir").is_null())["own_nir"].null_count() == (seen["nir_fault"] == "missing").sum()
    )


def test_wrong_date_is_swapped_or_another_day_of_the_month_or_the_first_of_january(seen: pl.DataFrame) -> None:
    wrong, true = pl.col("birth_date").dt, pl.col("true_birth_date").dt
    shapes = {
        "swapped": (wrong.day() == true.month()) & (wrong.month() == true.day()),
        "mistyped": (wrong.day() != true.day()) & (wrong.month() == true.month()),
        "first_of_january": (wrong.day() == 1) & (wrong.month() == 1),
    }
    for fault, shape in shapes.items():
        chosen = seen.filter(pl.col("date_fault") == fault)
        assert chosen.height > 50, fault
        assert chosen.select((shape & (wrong.year() == true.year())).all()).item(), fault


def test_no_recorded_birth_is_later_than_a_stay_under_its_number(mistaken: Spoiled) -> None:
    assert (mistaken.seen["birth_date"] <= mistaken.seen["first_stay"]).all()


def test_wrong_place_is_that_of_residence(seen: pl.DataFrame) -> None:
    wrong = seen.filter(pl.col("place_fault") == "wrong")
    assert wrong.height > 500
    assert (wrong["birth_place_code"] == wrong["true_residence_commune_code"]).all()


def test_pseudonym_is_that_of_the_identity_as_recorded(seen: pl.DataFrame, mistaken: Spoiled) -> None:
    without = pl.col("nir_fault").is_in(["missing", "fictitious"])
    assert (
        seen.filter(without)["NIR_ANO_17"].null_count()
        == seen["NIR_ANO_17"].null_count()
        == seen.filter(without).height
    )
    rest = seen.filter(~without)
    right = pl.all_horizontal(pl.col(f"{family}_fault") == "none" for family in ("nir", "date", "sex"))
    assert same_where(rest, ~right, pl.col("NIR_ANO_17") == pl.col("BEN_NIR_PSA"))
    # Same number, date and sex, same pseudonym, and the other way round.
    parts = rest.filter(pl.col("nir_fault") != "mistyped").with_columns(nir13=pl.col("insured_nir").str.slice(0, 13))
    assert parts.group_by("nir13", "birth_date", "sex").agg(pl.col("NIR_ANO_17").n_unique())["NIR_ANO_17"].max() == 1
    assert (
        parts.group_by("NIR_ANO_17").agg(pl.struct("nir13", "birth_date", "sex").n_unique().alias("n"))["n"].max() == 1
    )


def test_no_number_written_anywhere_is_or_was_given_to_anybody(mistaken: Spoiled) -> None:
    written = pl.concat(
        frame.select(pl.concat_list("insured_nir", "own_nir").explode().alias("nir"))
        for frame in (mistaken.seen, mistaken.held)
    )["nir"].drop_nulls()
    numbers = written.str.slice(0, 13).unique()
    invented = numbers.str.ends_with("9" * 12)
    # There is no 99th month.
    assert 0 < invented.sum() <= 2
    real = numbers.filter(~invented)
    communes = reference.read("commune").filter(pl.col("is_birthplace") == 1)
    bound = dict(communes.select("commune_code", "births_per_month_bound").iter_rows())
    limit = real.str.slice(5, 5).replace_strict(bound, default=450, return_dtype=pl.Int64)
    assert real.str.slice(0, 1).is_in(["1", "2", "7", "8"]).all()
    assert (real.str.slice(10, 3).cast(pl.Int64) > limit).all()


@pytest.mark.parametrize("hospital", HOSPITALS)
def test_truth_tells_what_the_hospital_recorded(read: Read, hospital: str) -> None:
    truly = read("truth", "identity").filter(pl.col("source") == hospital)
    both = truly.join(read(hospital, "patient"), on="patient_number", suffix="_recorded")
    assert both.height == truly.height
    assert truly["patient_number"].n_unique() == read(hospital, "patient").height
    for column in ("insured_nir", "birth_date", "sex"):
        assert both[column].equals(both[f"{column}_recorded"], check_names=False), column


def test_only_the_four_hospitals_have_local_numbers(read: Read) -> None:
    identity = read("truth", "identity")
    at_four = identity["source"].is_in(HOSPITALS)
    assert (identity["patient_number"].is_not_null() == at_four).all()
    elsewhere = identity.filter(~at_four, pl.col("source") != "funds")
    assert elsewhere["source"].str.contains(codes.FINESS_PATTERN).all()
    assert elsewhere.select("source", "person").is_unique().all()
    assert set(elsewhere["local_number_fault"]) == {"none"}


def test_hospital_record_and_abstracts_hold_the_same_fault(read: Read, abstracts: pl.DataFrame) -> None:
    finess = reference.read("facility")["legal_finess"][0]
    fault = pl.col("nir_fault").is_in(["missing", "fictitious"])
    nameless = read("truth", "identity").filter(pl.col("source") == "hospital_1", fault).unique("patient_number")
    encounters = read("hospital_1", "encounter").join(nameless, on="patient_number")
    unknown = abstracts.filter(pl.col("ETA_NUM") == finess, pl.col("NIR_ANO_17").is_null())
    assert encounters.height == unknown.height > 0
