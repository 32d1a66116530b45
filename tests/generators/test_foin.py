"""The stand-in for FOIN: 17 characters, keyed, the same for the same identity."""

from datetime import date

import polars as pl

from generators.foin import insured_identity, pseudonyms


def test_pseudonym_has_seventeen_characters_of_base_32() -> None:
    assert pseudonyms(1, pl.Series(["a", "b", "c"])).str.contains(r"^[A-Z2-7]{17}$").all()


def test_same_identity_gives_the_same_pseudonym_and_another_does_not() -> None:
    one, again, other = pseudonyms(1, pl.Series(["1", "1", "2"]))
    assert one == again != other


def test_key_follows_from_the_seed() -> None:
    assert pseudonyms(1, pl.Series(["1"]))[0] != pseudonyms(2, pl.Series(["1"]))[0]


def test_identity_without_number_has_no_pseudonym() -> None:
    made = pseudonyms(1, pl.Series([None, "a", None, "b"], dtype=pl.String))
    assert made.is_null().to_list() == [True, False, True, False]
    assert made.drop_nulls().to_list() == pseudonyms(1, pl.Series(["a", "b"])).to_list()


def test_nothing_in_nothing_out() -> None:
    assert pseudonyms(1, pl.Series([], dtype=pl.String)).to_list() == []


def test_pseudonyms_do_not_collide() -> None:
    assert pseudonyms(1, pl.Series(range(20_000)).cast(pl.String)).n_unique() == 20_000


def test_every_character_is_used_about_as_often() -> None:
    text = "".join(pseudonyms(1, pl.Series(range(10_000)).cast(pl.String)))
    counts = pl.Series(list(text)).value_counts()["count"]
    assert counts.len() == 32
    # 170,000 characters: 5,312 each, standard error 72.
    assert counts.min() > 4_950  # type: ignore[operator]
    assert counts.max() < 5_680  # type: ignore[operator]


def test_identity_is_number_birth_date_and_sex() -> None:
    text = insured_identity(pl.Series(["1800175001999"]), pl.Series([date(1980, 1, 5)]), pl.Series([1]))
    assert text.to_list() == ["1800175001999198001051"]
