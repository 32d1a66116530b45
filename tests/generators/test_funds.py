"""The funds' register, the SNDS's register of persons, and its long-term diseases."""

from datetime import date

import polars as pl

from schema import codes, reference
from tests.generators.conftest import Read

PERSON = ["BEN_NIR_PSA", "BEN_RNG_GEM"]


def test_register_has_a_line_a_person_whom_it_knows_with_her_identity(
    lines: pl.DataFrame, persons: pl.DataFrame
) -> None:
    first = lines.filter(pl.col("record") == 1)
    assert sorted(first["person"]) == sorted(persons.filter("known_to_funds")["person"])
    traits = ("birth_name", "used_name", "first_name", "other_first_names", "birth_date", "sex", "birth_place_code")
    for column in traits:
        assert lines[column].equals(lines[f"{column}_true"], check_names=False), column
    assert (lines["birth_rank"] == lines["BEN_RNG_GEM"]).all()
    for column in PERSON:
        assert (first[column] == first[f"{column}_true"]).all(), column


def test_second_line_is_under_the_other_parent(lines: pl.DataFrame, persons: pl.DataFrame) -> None:
    second = lines.filter(pl.col("record") == 2).with_columns(
        insured_nir=codes.valid_nir13(pl.col("insured_nir")), under=pl.col("insured_nir_true")
    )
    mothers = persons.select(mother="person", mothers_nir="own_nir")
    parents = second.join(mothers, on="mother")
    assert parents.height == second.height > 60
    assert (parents["insured_nir"] != parents["under"]).all()
    is_mothers = parents["insured_nir"] == parents["mothers_nir"]
    assert 0 < is_mothers.sum() < parents.height
    # One of the two numbers is the mother's.
    assert (is_mothers | (parents["under"] == parents["mothers_nir"])).all()
    adults = persons.filter(pl.col("insured_nir") == pl.col("own_nir"))
    assert parents["insured_nir"].is_in(adults["own_nir"].to_list()).all()


def test_second_line_has_a_pseudonym_of_its_own_under_which_half_of_the_care_lies(
    lines: pl.DataFrame, claims: pl.DataFrame
) -> None:
    assert lines.select(PERSON).is_unique().all()
    twice = lines.filter(pl.col("person").is_in(lines.filter(pl.col("record") == 2)["person"].to_list()))
    care = claims.join(twice.select(*PERSON, "record"), on=PERSON)
    statements = care.unique(["DCT_ORD_NUM"])
    assert statements.height > 500
    assert 0.44 < (statements["record"] == 2).mean() < 0.56  # type: ignore[operator]
    assert care.group_by("DCT_ORD_NUM").agg(pl.col("record").n_unique())["record"].max() == 1


def test_person_unknown_to_the_funds_has_stays_and_no_line_claim_or_disease(
    read: Read, lines: pl.DataFrame, persons: pl.DataFrame
) -> None:
    unknown = persons.filter(~pl.col("known_to_funds"))
    assert unknown.height > 5
    assert not lines["person"].is_in(unknown["person"].to_list()).any()
    pseudonyms = unknown["BEN_NIR_PSA"].to_list()
    for folder in ("ER_PRS_F", "IR_BEN_R", "IR_IMB_R"):
        assert not read("snds", folder)["BEN_NIR_PSA"].is_in(pseudonyms).any(), folder
    stays = pl.concat(read("snds", f"T_MCO{year}C").select("NIR_ANO_17") for year in (17, 18, 19))
    assert stays["NIR_ANO_17"].is_in(pseudonyms).any()


def test_numbers_of_the_register_have_their_key_and_are_the_persons(lines: pl.DataFrame) -> None:
    checked = lines.select(
        codes.valid_nir13(pl.col("insured_nir")).alias("insured"), codes.valid_nir13(pl.col("own_nir")).alias("own")
    )
    first = lines["record"] == 1
    assert (checked["insured"].filter(first) == lines["insured_nir_true"].filter(first)).all()
    assert checked["insured"].null_count() == 0
    known = lines["own_nir"].is_not_null()
    assert (checked["own"].filter(known) == lines["own_nir_true"].filter(known)).all()


def test_own_number_is_unknown_for_one_or_two_in_a_hundred(read: Read) -> None:
    share = read("funds", "beneficiary")["own_nir"].is_null().mean()
    assert 0.009 < share < 0.021  # type: ignore[operator]


def test_both_registers_agree_on_whose_own_number_is_unknown(read: Read) -> None:
    funds = read("funds", "beneficiary").select(*PERSON, pl.col("own_nir").is_null().alias("unknown"))
    both = read("snds", "IR_BEN_R").join(funds, on=PERSON)
    assert (both["BEN_NIR_ANO"].is_null() == both["unknown"]).all()
    assert (both["BEN_IDT_TOP"] == 1 - both["unknown"].cast(pl.Int64)).all()


def test_person_is_known_by_her_own_pseudonym_else_by_that_of_the_insured(read: Read) -> None:
    lines = read("snds", "IR_BEN_R")
    known = lines.filter(pl.col("BEN_NIR_ANO").is_not_null())
    assert (known["BEN_IDT_ANO"] == known["BEN_NIR_ANO"]).all()
    unknown = lines.filter(pl.col("BEN_NIR_ANO").is_null())
    assert unknown.height > 0
    assert (unknown["BEN_IDT_ANO"] == unknown["BEN_NIR_PSA"] + unknown["BEN_RNG_GEM"].cast(pl.String)).all()
    assert not lines["BEN_NIR_ANO"].drop_nulls().is_in(lines["BEN_NIR_PSA"].to_list()).any()


def test_person_with_two_lines_is_one_by_her_own_pseudonym(read: Read, lines: pl.DataFrame) -> None:
    held = read("snds", "IR_BEN_R").join(lines.select(*PERSON, "person"), on=PERSON)
    known = held.filter(pl.col("BEN_NIR_ANO").is_not_null())
    assert held.height == lines.height
    assert known["BEN_IDT_ANO"].n_unique() == known["person"].n_unique() < known.height


def test_insured_pseudonym_is_the_parents_own(read: Read, lines: pl.DataFrame) -> None:
    known = lines.select(*PERSON, "insured_nir", own_nir=pl.col("own_nir_true"))
    held = read("snds", "IR_BEN_R").join(known, on=PERSON).with_columns(pl.col("insured_nir").str.slice(0, 13))
    own = held.filter(pl.col("insured_nir") == pl.col("own_nir"), pl.col("BEN_NIR_ANO").is_not_null())
    assert (own["ASS_NIR_ANO"] == own["BEN_NIR_ANO"]).all()
    parents = own.select(insured_nir="own_nir", parent="BEN_NIR_ANO")
    children = held.filter(pl.col("insured_nir") != pl.col("own_nir")).join(parents, on="insured_nir")
    assert children.height > 300
    assert (children["ASS_NIR_ANO"] == children["parent"]).all()


def test_birth_and_death_are_those_of_the_person(read: Read, lines: pl.DataFrame) -> None:
    lines = read("snds", "IR_BEN_R").join(lines, on=PERSON)
    assert lines.height == read("snds", "IR_BEN_R").height
    assert (lines["BEN_DCD_DTE"] == lines["death_date"].fill_null(date(1600, 1, 1))).all()
    assert (lines["BEN_DCD_AME"] == lines["death_date"].dt.strftime("%Y%m").fill_null("160001")).all()
    assert (lines["BEN_NAI_ANN"] + lines["BEN_NAI_MOI"] == lines["birth_date"].dt.strftime("%Y%m")).all()
    assert (lines["BEN_SEX_COD"] == lines["sex"]).all()
    assert (lines["BEN_DTE_INS"] >= lines["birth_date"]).all()
    assert (lines["BEN_DTE_MAJ"] >= lines["BEN_DTE_INS"]).all()


def test_last_claim_is_the_last_one_of_the_claims(read: Read, claims: pl.DataFrame) -> None:
    last = claims.group_by(PERSON).agg(pl.col("FLX_TRT_DTD").max())
    lines = read("snds", "IR_BEN_R").join(last, on=PERSON, how="left", maintain_order="left")
    assert lines["MAX_TRT_DTD"].equals(lines["FLX_TRT_DTD"], check_names=False)
    assert (lines["BEN_TOP_CNS"] == lines["FLX_TRT_DTD"].is_not_null().cast(pl.Int64)).all()
    assert (lines["BEN_TOP_CNS"] == 0).any()


def test_residence_is_the_persons(read: Read, lines: pl.DataFrame) -> None:
    lines = read("snds", "IR_BEN_R").join(lines, on=PERSON)
    assert (lines["BEN_RES_COM"] == lines["residence_commune_code"].str.slice(2)).all()
    assert lines["BEN_RES_DPT"].str.len_chars().unique().to_list() == [3]


def test_long_term_disease_is_that_of_a_true_condition_after_its_onset(read: Read, persons: pl.DataFrame) -> None:
    known = reference.read("condition").select("condition", "icd10_code", "ald_number", "ald_share")
    truly = read("truth", "condition").join(known, on="condition").join(persons, on="person")
    lines = read("snds", "IR_IMB_R")
    matched = lines.join(truly, left_on=[*PERSON, "MED_MTF_COD"], right_on=[*PERSON, "icd10_code"])
    assert matched.height == lines.height > 300
    assert (matched["IMB_ALD_NUM"] == matched["ald_number"]).all()
    assert (matched["IMB_ALD_DTD"] >= matched["onset_date"]).all()
    assert (matched["IMB_ALD_DTD"] <= matched["death_date"].fill_null(date(2019, 12, 31))).all()
    assert (lines["IMB_ALD_DTF"] == date(1600, 1, 1)).all()


def test_exemptions_are_no_older_than_the_rules_and_their_rows_no_older_than_the_register(read: Read) -> None:
    lines = read("snds", "IR_IMB_R")
    begins = lines["IMB_ALD_DTD"]
    assert date(1986, 1, 1) <= begins.min()  # type: ignore[operator]
    before = lines.filter(begins < date(2006, 1, 1))
    assert before.height > 50
    assert set(before["INS_DTE"]) == {date(2006, 1, 1)}
    after = lines.filter(begins >= date(2006, 1, 1))
    assert (after["INS_DTE"] == after["IMB_ALD_DTD"]).all()
    assert (lines["UPD_DTE"] == lines["INS_DTE"]).all()


def test_drug_table_describes_every_presentation(read: Read) -> None:
    table, drugs = read("snds", "IR_PHA_R"), reference.read("drug")
    both = table.join(drugs, left_on="PHA_CIP_C13", right_on="cip13")
    assert both.height == drugs.height
    assert (both["PHA_ATC_CLA"] == both["atc_code"]).all()
    assert (both["PHA_ATC_C03"] == both["atc_code"].str.slice(0, 3)).all()
    ibuprofen = table.filter(pl.col("PHA_CIP_C13") == 3400941704208).row(0, named=True)
    assert ibuprofen["PHA_PRI_UNI"] == "180"
    assert ibuprofen["PHA_TAU_COD"] == "65"
    assert ibuprofen["PHA_UNT_NBR_DSES"] == "30"
    assert ibuprofen["PHA_CND_TOP"] == "NGC"
