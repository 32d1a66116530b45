"""How hospitals write names."""

import polars as pl
import pytest

from tests.generators.spoiled import NAMES, Spoiled


@pytest.fixture(scope="module")
def seen(mistaken: Spoiled) -> pl.DataFrame:
    return mistaken.seen.filter(pl.col("local_number_fault") != "under_anothers")


@pytest.fixture(scope="module")
def unwritten(seen: pl.DataFrame) -> pl.DataFrame:
    """Records that keep capitals, accents and hyphens."""
    return seen.filter(pl.col("writing_fault") == "none")


def letters(name: pl.Expr) -> pl.Expr:
    return name.str.to_uppercase().str.normalize("NFKD").str.replace_all("[^A-Z]", "")


def test_married_name_stands_for_the_name_at_birth(unwritten: pl.DataFrame) -> None:
    married = unwritten.filter(pl.col("birth_name_fault") == "married")
    assert married.height > 1_000
    assert (married["birth_name"] == married["true_used_name"]).all()
    assert (married["true_used_name"] != married["true_birth_name"]).all()
    assert set(married["true_sex"]) == {2}


def test_second_first_name_changes_places_with_the_first(unwritten: pl.DataFrame) -> None:
    second = unwritten.filter(pl.col("first_name_fault") == "second")
    others = second["true_other_first_names"].str.split(" ")
    assert second.height > 300
    assert (second["first_name"] == others.list.first()).all()
    named = second.filter(pl.col("other_first_names").is_not_null())
    both = pl.concat_list(pl.col("first_name"), pl.col("other_first_names").str.split(" ")).list.sort()
    true = pl.concat_list(pl.col("true_first_name"), pl.col("true_other_first_names").str.split(" ")).list.sort()
    assert named.select((both == true).all()).item()
    assert named["other_first_names"].str.split(" ").list.first().equals(named["true_first_name"], check_names=False)


@pytest.mark.parametrize("name", ["birth_name", "first_name", "used_name"])
def test_typo_is_one_letter_gone_exchanged_or_replaced(unwritten: pl.DataFrame, name: str) -> None:
    wrong = unwritten.filter(pl.col(f"{name}_fault") == "typo").select(wrong=name, true=f"true_{name}")
    shorter = wrong["true"].str.len_chars() - wrong["wrong"].str.len_chars()
    differences = [
        sum(a != b for a, b in zip(one, other, strict=True)) for one, other in wrong.filter(shorter == 0).iter_rows()
    ]
    assert wrong.height > 100
    assert set(shorter) == {0, 1}
    # One letter replaced, two neighbours exchanged; a third of the typos each, and as many gone.
    assert set(differences) == {1, 2}
    assert 0.2 < (shorter == 1).mean() < 0.45  # type: ignore[operator]
    assert 0.15 < differences.count(2) / wrong.height < 0.45
    # Never only an accent or a hyphen.
    assert wrong.select((letters(pl.col("wrong")) != letters(pl.col("true"))).all()).item()


def test_lower_case_and_plain_letters_are_of_all_names_of_the_record(seen: pl.DataFrame) -> None:
    lower = seen.filter(pl.col("writing_fault") == "lower")
    plain = seen.filter(pl.col("writing_fault") == "plain")
    assert lower.height > 1_000
    assert plain.height > 1_000
    for name in NAMES:
        assert lower[name].drop_nulls().equals(lower[name].drop_nulls().str.to_lowercase()), name
        assert plain[name].drop_nulls().str.contains("^[A-Z ]+$").all(), name
    kept = seen.filter(pl.col("writing_fault") == "none")["birth_name"]
    assert kept.str.contains("[^A-Z ]").any()
    assert not kept.str.contains("[a-z]").any()


def test_word_boundary_is_kept_where_a_hyphen_goes(seen: pl.DataFrame) -> None:
    plain = seen.filter(pl.col("writing_fault") == "plain", pl.col("first_name_fault") == "none")
    compound = plain.filter(pl.col("true_first_name").str.contains("-", literal=True))
    assert compound.height > 100
    words = (compound[name].str.count_matches("[ -]") for name in ("first_name", "true_first_name"))
    first, true = words
    assert first.equals(true, check_names=False)
