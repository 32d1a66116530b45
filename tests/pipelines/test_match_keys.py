"""Match-keys: under a key of pass and delivery, of three traits or more, and none where a trait is missing."""

import polars as pl

from pipelines.identity import TRAITS
from pipelines.keys import demo_keyring
from pipelines.match_keys import FORMS, PASSES, match_keys

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


def keys(delivery: int = 1, **changed: str | None) -> dict[str, list[bytes]]:
    """Match-keys by pass of one record."""
    traits = pl.DataFrame([{"idacc": 7, **{name: DUPONT[name] for name in TRAITS}, **changed}], schema_overrides={})
    return {name: frame["key"].to_list() for name, frame in match_keys(traits, demo_keyring("hospital_1"), delivery)}


def test_every_pass_has_three_traits_or_more() -> None:
    assert [one.name for one in PASSES if len(one.traits) < 3] == []
    assert [one for one in FORMS if one in DUPONT] == []


def test_one_record_has_one_key_a_pass() -> None:
    assert {name: len(found) for name, found in keys().items()} == {one.name: 1 for one in PASSES}


def test_keys_of_two_deliveries_or_two_passes_have_nothing_in_common() -> None:
    first, second = keys(1), keys(2)
    everything = [key for found in (*first.values(), *second.values()) for key in found]

    assert len(set(everything)) == len(everything) == 2 * len(PASSES)
    assert keys(1) == first


def test_two_sources_make_the_same_keys_of_the_same_traits() -> None:
    traits = pl.DataFrame([{"idacc": 7, **{name: DUPONT[name] for name in TRAITS}}])
    of = {
        party: [frame["key"].to_list() for _, frame in match_keys(traits, demo_keyring(party), 1)]
        for party in ("hospital_1", "funds")
    }

    assert of["hospital_1"] == of["funds"]


def test_record_that_lacks_a_trait_of_a_pass_has_no_key_in_it() -> None:
    without = keys(place=None)
    assert {name for name, found in without.items() if not found} == {o.name for o in PASSES if "place" in o.traits}


def test_record_with_two_names_has_a_key_of_each() -> None:
    two = keys(used="MARTIN")
    assert {name for name, found in two.items() if len(found) == 2} == {o.name for o in PASSES if "name" in o.traits}
