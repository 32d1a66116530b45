"""Match-keys: under a key of pass and delivery, of three traits or more, and none where a trait is missing."""

import polars as pl
import pytest

from pipelines.identity import TRAITS
from pipelines.keys import demo_keyring
from pipelines.keys.hashing import hash_records
from pipelines.match_keys import HIGH, LOW, PASSES, match_keys

DUPONT = {
    "insured": "1850319004123",
    "own": "1850319004123",
    "family": "DUPONT",
    "used": "DUPONT",
    "given": "JEAN",
    "second": "PAUL",
    "date": "19850312",
    "gender": "1",
    "place": "19004",
    "home": "19031",
}


def keys(
    party: str = "hospital_1", delivery: int = 1, changed: dict[str, str | None] | None = None
) -> dict[str, list[bytes]]:
    """Match-keys by pass of one record."""
    record = {"idacc": 7, **{name: DUPONT[name] for name in TRAITS}, **(changed or {})}
    traits = pl.DataFrame([record], schema_overrides=dict.fromkeys(TRAITS, pl.String))
    return {name: frame["key"].to_list() for name, frame in match_keys(traits, demo_keyring(party), delivery)}


def with_traits(*names: str) -> set[str]:
    """Passes that any of these traits is part of."""
    return {one.name for one in PASSES if not {*names}.isdisjoint(one.traits)}


def test_match_key_is_the_hash_of_the_traits_under_the_key_of_pass_and_delivery() -> None:
    key = demo_keyring("hospital_1").derive("stage1", "match key given_place of delivery 3")
    traits = [["JEAN"], ["19850312"], ["1"], ["19004"]]

    assert keys(delivery=3)["given_place"] == hash_records(key, "given_place", traits)


def test_only_three_traits_or_more_leave_a_source_together() -> None:
    assert [one.name for one in PASSES if len({*one.traits}) < 3] == []


def test_passes_have_names_of_their_own_and_the_weak_ones_come_last() -> None:
    qualities = [one.quality for one in PASSES]

    assert len({one.name for one in PASSES}) == len(PASSES)
    assert qualities == [HIGH] * qualities.count(HIGH) + [LOW] * qualities.count(LOW)
    assert LOW in qualities


def test_keys_of_two_deliveries_and_of_two_passes_have_nothing_in_common() -> None:
    first, second = keys(delivery=1), keys(delivery=2)
    everything = [key for found in (*first.values(), *second.values()) for key in found]

    assert len(set(everything)) == len(everything) == 2 * len(PASSES)
    assert keys(delivery=1) == first


@pytest.mark.parametrize("party", ["hospital_2", "hospital_3", "hospital_4", "funds"])
def test_all_hashing_sources_make_the_same_keys(party: str) -> None:
    assert keys(party) == keys("hospital_1")


@pytest.mark.parametrize("trait", ["place", "home", "given", "date"])
def test_record_that_lacks_a_trait_has_no_key_in_its_passes_and_the_same_in_the_others(trait: str) -> None:
    whole, without = keys(), keys(changed={trait: None})
    shortened = {"given": "start", "date": "year"}
    lacking = with_traits(trait, shortened.get(trait, trait))

    assert {name for name, found in without.items() if not found} == lacking
    assert {name: found for name, found in without.items() if found} == {
        name: found for name, found in whole.items() if name not in lacking
    }


def test_trait_of_two_forms_gives_a_key_in_each_and_one_where_they_are_the_same() -> None:
    assert {len(found) for found in keys().values()} == {1}
    assert {name for name, found in keys(changed={"used": "MARTIN"}).items() if len(found) == 2} == with_traits("name")
    assert {name for name, found in keys(changed={"own": "1850319004124"}).items() if len(found) == 2} == with_traits(
        "number"
    )
