"""Each fault is as frequent as its line of identity_fault.csv says, among those whom the line names."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest

from generators import fault_rates
from generators.block import Block
from schema import reference, truth
from schema.configuration import Configuration
from tests.generators.spoiled import Spoiled, four, spoiled

RATES = reference.read("identity_fault")
HOSPITALS, FUNDS = (RATES.filter(source=source).drop("source") for source in ("hospitals", "funds"))
CHANCE = 1e-6  # that a right rate is taken for a wrong one
ABROAD = pl.col("true_birth_place_code").str.starts_with("99")
BIRTH, FIRST = pl.col("true_birth_date"), pl.col("first_stay")
SWAPPED = (BIRTH.dt.day() <= 12) & (BIRTH.dt.day() != BIRTH.dt.month())
AGE_DAYS = (FIRST - BIRTH).dt.total_days()
UNDER_16 = AGE_DAYS < 16 * 365.25
CHILD = pl.col("true_insured_nir") != pl.col("true_own_nir")
YEAR_OLD = AGE_DAYS >= 366
SPELLED = pl.any_horizontal(
    pl.col(f"true_{name}").str.contains("[^A-Z ]").fill_null(False)
    for name in ("birth_name", "used_name", "first_name", "other_first_names")
)
AMONG = {
    "all": pl.lit(True),
    "unknown_to_funds": ~pl.col("known_to_funds"),
    "born_abroad": pl.col("known_to_funds") & ABROAD,
    "under_16": pl.col("known_to_funds") & ~ABROAD & UNDER_16,
    "seen_before_2018": pl.col("known_to_funds") & ~ABROAD & ~UNDER_16 & (FIRST.dt.year() < 2018),
    "seen_since_2018": pl.col("known_to_funds") & ~ABROAD & ~UNDER_16 & (FIRST.dt.year() >= 2018),
    "self_insured_abroad": pl.col("known_to_funds") & ABROAD & ~CHILD,
    "child_under_parent": CHILD,
    "child_under_both": pl.col("is_twice"),
    "without_number": pl.col("nir_fault") == "missing",
    "with_number": pl.col("nir_fault") != "missing",
    "over_one_year": YEAR_OLD,
    "swappable_day": YEAR_OLD & SWAPPED,
    "abroad_other_day": YEAR_OLD & pl.col("known_to_funds") & ABROAD & (BIRTH.dt.ordinal_day() > 1),
    "changed_name": pl.col("true_birth_name") != pl.col("true_used_name"),
    "other_first_names": pl.col("true_other_first_names").is_not_null(),
    "spelled": SPELLED,
    "born_elsewhere": pl.col("true_birth_place_code") != pl.col("true_residence_commune_code"),
}


def agrees(is_faulty: pl.Series, rate: float) -> bool:
    """Whether so many faults may well be drawn at the rate."""
    return bool(binomtest(int(is_faulty.sum()), is_faulty.len(), rate).pvalue > CHANCE)


def own_identity(mistaken: Spoiled) -> pl.DataFrame:
    """Hospitals' records that hold the identity of the person seen, with `is_twice`: insured under both parents."""
    twice = mistaken.held.filter(pl.col("record") == 2)["person"].to_list()
    seen = mistaken.seen.filter(pl.col("local_number_fault") != "under_anothers")
    return seen.with_columns(is_twice=pl.col("person").is_in(twice))


@pytest.fixture(scope="module")
def seen(mistaken: Spoiled) -> pl.DataFrame:
    return own_identity(mistaken)


def test_line_of_rates_names_a_label_of_the_truth_and_a_mechanism() -> None:
    assert set(RATES["family"]) == {name for name in truth.TABLES["identity"].schema if name.endswith("_fault")}
    assert set(RATES["mechanism"]) == {"MCAR", "MAR", "MNAR"}
    assert RATES.select("why", "basis").null_count().row(0) == (0, 0)
    assert RATES["rate"].is_between(0, 1).all()


@pytest.mark.parametrize("line", HOSPITALS.filter(pl.col("family") != "local_number_fault").rows(named=True))
def test_hospitals_mistake_as_many_as_declared(seen: pl.DataFrame, line: dict[str, str]) -> None:
    group = seen.filter(AMONG[line["among"]])
    assert group.height > 100
    assert agrees(group[line["family"]] == line["fault"], float(line["rate"]))


def test_as_many_have_two_local_numbers_and_lie_under_anothers_as_declared(mistaken: Spoiled) -> None:
    place = ["source", "person"]
    here = (
        four(mistaken.seen)
        .group_by(place)
        .agg(
            pl.col("local_number_fault").first(),
            pl.col("stays").sum(),
            pl.col("first_stay").min(),
            pl.col("household").first(),
            pl.col("true_birth_date").first(),
        )
    )
    household = ["source", "household"]
    eldest = here.filter(pl.col("person") == pl.col("person").min().over(household))
    host = eldest.select(*household, host="person", host_birth="true_birth_date")
    here = here.join(host, on=household).with_columns(relatives=pl.len().over(household))
    may_split = here.filter(pl.col("stays") > 1, pl.col("relatives") == 1)
    may_be_taken = here.filter(
        pl.col("person") != pl.col("host"), pl.col("host_birth") <= pl.col("first_stay").dt.offset_by("-366d")
    )
    rates = dict(HOSPITALS.filter(family="local_number_fault").select("fault", "rate").iter_rows())
    split = may_split["local_number_fault"] == "split"
    taken = may_be_taken["local_number_fault"] == "under_anothers"
    assert agrees(split, rates["split"])
    assert agrees(taken, rates["under_anothers"])
    assert split.sum() == (here["local_number_fault"] == "split").sum() > 100
    assert taken.sum() == (here["local_number_fault"] == "under_anothers").sum() > 5


def test_one_to_two_records_in_a_hundred_are_a_second_number(mistaken: Spoiled) -> None:
    records = four(mistaken.seen)
    doubled = records.filter(pl.col("local_number_fault") == "split")
    assert 0.01 < doubled.height / records.height < 0.03
    assert (records["local_number_fault"] == "under_anothers").mean() < 0.003  # type: ignore[operator]


def test_eight_in_a_hundred_hospital_records_have_no_number(seen: pl.DataFrame) -> None:
    assert (seen["nir_fault"] == "missing").mean() == pytest.approx(0.08, abs=0.006)
    assert (seen["date_fault"] != "none").mean() == pytest.approx(0.01, abs=0.002)
    assert (seen["place_fault"] != "none").mean() == pytest.approx(0.11, abs=0.005)


def test_numbers_are_missing_by_what_the_record_tells_and_by_what_it_does_not(seen: pl.DataFrame) -> None:
    groups = ("unknown_to_funds", "born_abroad", "under_16", "seen_before_2018", "seen_since_2018")
    shares = [(seen.filter(AMONG[group])["nir_fault"] == "missing").mean() for group in groups]
    assert shares == sorted(shares, reverse=True)  # type: ignore[type-var]
    assert sum(seen.filter(AMONG[group]).height for group in groups) == seen.height
    # MAR: birthplace, age and year stand in the record. MNAR: whom the funds do not know stands nowhere.
    abroad = seen.filter(ABROAD)
    unknown = (abroad.filter(~pl.col("known_to_funds"))["nir_fault"] == "missing").mean()
    assert unknown > 2 * (abroad.filter("known_to_funds")["nir_fault"] == "missing").mean()  # type: ignore[operator]


def test_fault_at_random_depends_on_nothing(seen: pl.DataFrame) -> None:
    for group in ("born_abroad", "under_16", "seen_since_2018"):
        chosen = seen.filter(AMONG[group])
        assert agrees(chosen["sex_fault"] == "wrong", 0.003), group
        assert agrees(chosen["place_fault"] == "missing", 0.08), group


def test_funds_mistake_as_many_as_declared(mistaken: Spoiled) -> None:
    persons = mistaken.persons
    fault = dict(FUNDS.select(pl.concat_str("fault", "among", separator=" "), "rate").iter_rows())
    first = mistaken.held.filter(pl.col("record") == 1)
    assert agrees(first["own_nir_fault"] == "missing", fault["missing lines"])
    insurers = mistaken.held.select(codes_13=pl.col("insured_nir").str.slice(0, 13), own="true_own_nir")
    insures = insurers.filter(pl.col("codes_13") != pl.col("own"))["codes_13"].to_list()
    fathers = persons.filter(pl.col("mother").is_not_null())["household"].to_list()
    grown = persons.filter(
        pl.col("stratum") == "patient",
        pl.col("birth_date").dt.year() < 1999,
        ~pl.col("own_nir").is_in(insures),
        ~pl.col("household").is_in(fathers),
    )
    for group, is_abroad in (("abroad", True), ("home", False)):
        chosen = grown.filter(pl.col("birth_place_code").str.starts_with("99") == is_abroad)
        assert chosen.height > 1_000
        assert agrees(~chosen["known_to_funds"], fault[f"unknown_to_funds free_patient_{group}"]), group
    assert set(first["register_fault"]) == {"none", "both_parents"}


def test_one_child_in_five_of_those_who_have_two_parents_is_on_the_cards_of_both() -> None:
    # At five times the rate every child of two parents is.
    children, twice = (
        set(spoiled(31, 2, times=times).held.filter(pl.col("record") == 2)["person"]) for times in (5.0, 1.0)
    )
    assert twice < children
    assert agrees(pl.Series([child in twice for child in sorted(children)]), 0.2)


def test_twice_the_rates_give_twice_the_faults() -> None:
    double = own_identity(spoiled(31, 4, times=2.0))
    assert agrees(double["first_name_fault"] == "typo", 0.04)
    assert agrees(double["place_fault"] == "missing", 0.16)


def test_draw_gives_one_label_a_record_in_proportion() -> None:
    everybody = np.ones(200_000, dtype=np.bool_)
    half = np.arange(200_000) < 100_000
    groups = {"over_one_year": everybody, "swappable_day": half, "abroad_other_day": ~half}
    labels = fault_rates.draw(Block(3, Configuration(10), 0), "hospitals", "date_fault", groups, 200_000)
    first, second = labels[:100_000], labels[100_000:]
    assert agrees(labels == "mistyped", 0.005)
    assert agrees(first == "swapped", 0.006)
    assert agrees(second == "first_of_january", 0.03)
    assert not (second == "swapped").any()
    assert not (first == "first_of_january").any()
