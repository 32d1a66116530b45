"""Persons over time: four deliveries written by hand, and after each the persons and their facts.

Facts have labels: `late/stay` is a stay that belongs to the person called late, `late/claim` a claim of hers. Names
are left out wherever match-keys would tell too early who is who.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines import wishes
from pipelines.digest import digest
from pipelines.register import numbers, read_register, states
from tests.integration.history import History, place_of
from tests.integration.workspaces import run_all

NUMBERS = {
    "LATE": "1500175101900",
    "PROVISIONAL": "7850599100999",
    "DEFINITIVE": "2850599100901",
    "MOTHER": "2800375101902",
    "CHILD": "1100375101903",
    "PAUL": "1120675101904",
    "LOUIS": "1120675101905",
    "OPPOSER": "2600875101906",
    "ERASED": "1610975101907",
    "OTHER": "1621075101908",
    "HERSELF": "1631175101909",
    "MISTYPED": "1770775101910",
    "CORRECT": "1700775101910",
    "TOURIST": "2710899100911",
    "TOURIST_2": "2720899100911",
    "TWICE": "2730975101912",
    "ONE": "1740175101913",
    "TWO": "1750275101914",
    "RIGHT": "2760375101915",
}
PERSONS = ["late", "definitive", "child", "paul", "louis", "opposer", "erased", "other", "herself"]
PERSONS += ["correct", "tourist", "twice", "twice_2", "one", "two", "right", "child_2"]
LABELS = [f"{person}/{fact}" for person in PERSONS for fact in ("stay", "claim")]

PATIENTS = """
    hospital   | patient_number | insured_nir | own_nir | birth_date | sex | first_name
    hospital_1 | late           |             |         | 1950-01-10 | 1   |
    hospital_1 | definitive     | PROVISIONAL |         | 1985-05-05 | 2   |
    hospital_1 | child          | MOTHER      |         | 2010-03-03 | 1   | Tom
    hospital_1 | paul           | MOTHER      |         | 2012-06-06 | 1   |
    hospital_1 | louis          | MOTHER      |         | 2012-06-06 | 1   |
    hospital_1 | opposer        | OPPOSER     | OPPOSER | 1960-08-08 | 2   | Zoe
    hospital_1 | erased         | ERASED      | ERASED  | 1961-09-09 | 1   | Yvon
    hospital_1 | herself        | OTHER       | OTHER   | 1962-10-10 | 1   | Ugo
    hospital_2 | correct        | MISTYPED    |         | 1970-07-07 | 1   | Guy
    hospital_2 | tourist        | TOURIST     |         | 1971-08-08 | 2   | Ann
    hospital_2 | twice          | TWICE       |         | 1973-09-09 | 2   | Eve
    hospital_2 | twice_2        |             |         | 1973-09-09 | 2   | Eve
    hospital_2 | one            | ONE         | ONE     | 1974-01-01 | 1   | Jean
    hospital_2 | right          | RIGHT       |         | 1976-03-04 | 1   | Lea
"""
STAYS = """
    hospital   | patient_number | label
    hospital_1 | late           | late/stay
    hospital_1 | definitive     | definitive/stay
    hospital_1 | child          | child/stay
    hospital_1 | paul           | paul/stay
    hospital_1 | louis          | louis/stay
    hospital_1 | opposer        | opposer/stay
    hospital_1 | erased         | erased/stay
    hospital_1 | herself        | herself/stay
    hospital_2 | correct        | correct/stay
    hospital_2 | tourist        | tourist/stay
    hospital_2 | twice          | twice/stay
    hospital_2 | twice_2        | twice_2/stay
    hospital_2 | one            | one/stay
    hospital_2 | one            | two/stay
    hospital_2 | right          | right/stay
"""
REGISTER = """
    insured_nir | own_nir    | birth_date | sex | first_name | birth_rank | BEN_NIR_PSA | BEN_RNG_GEM
    LATE        | LATE       | 1950-01-10 | 1   | Max        | 1          | late        | 1
    DEFINITIVE  | DEFINITIVE | 1985-05-05 | 2   | Ida        | 1          | definitive  | 1
    MOTHER      |            | 2010-03-03 | 1   | Tom        | 1          | child       | 1
    MOTHER      |            | 2012-06-06 | 1   | Paul       | 1          | twins       | 1
    MOTHER      |            | 2012-06-06 | 1   | Louis      | 2          | twins       | 2
    OPPOSER     | OPPOSER    | 1960-08-08 | 2   | Zoe        | 1          | opposer     | 1
    ERASED      | ERASED     | 1961-09-09 | 1   | Yvon       | 1          | erased      | 1
    OTHER       | OTHER      | 1962-10-10 | 1   | Ugo        | 1          | other       | 1
    HERSELF     | HERSELF    | 1963-11-11 | 1   | Leo        | 1          | herself     | 1
    CORRECT     | CORRECT    | 1970-07-07 | 1   | Guy        | 1          | correct     | 1
    TWICE       | TWICE      | 1973-09-09 | 2   | Eve        | 1          | twice       | 1
    ONE         | ONE        | 1974-01-01 | 1   | Jean       | 1          | one         | 1
    TWO         | TWO        | 1975-02-02 | 1   | Jacques    | 1          | two         | 1
    RIGHT       | RIGHT      | 1976-03-03 | 2   | Lea        | 1          | right       | 1
"""
CLAIMS = """
    BEN_NIR_PSA | BEN_RNG_GEM | label
    late        | 1           | late/claim
    definitive  | 1           | definitive/claim
    child       | 1           | child/claim
    twins       | 1           | paul/claim
    twins       | 2           | louis/claim
    opposer     | 1           | opposer/claim
    erased      | 1           | erased/claim
    other       | 1           | other/claim
    herself     | 1           | herself/claim
    correct     | 1           | correct/claim
    twice       | 1           | twice/claim
    one         | 1           | one/claim
    two         | 1           | two/claim
    right       | 1           | right/claim
"""


def line(text: str, start: str, new: str) -> str:
    """The table with the one row that begins so replaced."""
    rows = text.splitlines()
    (place,) = [
        n for n, row in enumerate(rows) if [c.strip() for c in row.split("|")][: len(start.split())] == start.split()
    ]
    return "\n".join([*rows[:place], *new.splitlines(), *rows[place + 1 :]])


@dataclass
class Told:
    """What each delivery left: labels by patient, and the state of each patient."""

    facts: list[dict[int, set[str]]] = field(default_factory=list)
    states: list[dict[int, str]] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def of(self, delivery: int, label: str) -> tuple[int, set[str]]:
        """The patient whose fact has the label after a delivery, and all labels of hers."""
        (found,) = [(key, labels) for key, labels in self.facts[delivery - 1].items() if label in labels]
        return found

    def labels(self, delivery: int, label: str) -> set[str]:
        return self.of(delivery, label)[1]

    def key(self, delivery: int, label: str) -> int:
        return self.of(delivery, label)[0]


def second(patients: str, register: str) -> tuple[str, str]:
    """A number arrives, one is corrected twice over, twins get numbers, sex and date of birth are put right."""
    for start, new in (
        ("hospital_1 late", "hospital_1 | late | LATE | | 1950-01-10 | 1 |"),
        ("hospital_1 paul", "hospital_1 | paul | MOTHER | PAUL | 2012-06-06 | 1 | Paul"),
        ("hospital_1 louis", "hospital_1 | louis | MOTHER | LOUIS | 2012-06-06 | 1 | Louis"),
        ("hospital_2 correct", "hospital_2 | correct | CORRECT | | 1970-07-07 | 1 | Guy"),
        ("hospital_2 tourist", "hospital_2 | tourist | TOURIST_2 | | 1971-08-08 | 2 | Ann"),
        ("hospital_2 right", "hospital_2 | right | RIGHT | | 1976-03-03 | 2 | Lea"),
    ):
        patients = line(patients, start, new)
    rows = register.splitlines()
    for n, row in enumerate(rows):
        for name in ("Paul", "Louis"):
            if f"| {name} " in row:
                rows[n] = row.replace("|            |", f"| {name.upper()} |", 1)
    return patients, "\n".join(rows)


def third(patients: str, register: str) -> tuple[str, str]:
    """The provisional number becomes definitive, the child has its own, the second local number is found out."""
    for start, new in (
        ("hospital_1 definitive", "hospital_1 | definitive | DEFINITIVE | | 1985-05-05 | 2 |"),
        ("hospital_1 child", "hospital_1 | child | CHILD | CHILD | 2010-03-03 | 1 | Tom"),
        ("hospital_2 twice_2", "hospital_2 | twice_2 | TWICE | | 1973-09-09 | 2 | Eve"),
    ):
        patients = line(patients, start, new)
    rows = [row.replace("|            |", "| CHILD |", 1) if "| Tom " in row else row for row in register.splitlines()]
    own = "CHILD | CHILD | 2010-03-03 | 1 | Tom | 1 | child_2 | 1"
    return patients, "\n".join([*(row for row in rows if row.strip()), own])


def fourth(patients: str, stays: str) -> tuple[str, str]:
    """Two persons under one local number are told apart; a record made with another's card is put right."""
    patients = line(patients, "hospital_1 herself", "hospital_1 | herself | HERSELF | HERSELF | 1963-11-11 | 1 | Leo")
    patients = "\n".join([patients.rstrip(), "hospital_2 | two | TWO | TWO | 1975-02-02 | 1 | Jacques"])
    rows = [row.replace("| one            | two/stay", "| two | two/stay") for row in stays.splitlines()]
    return patients, "\n".join(rows)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The four deliveries, played once."""
    history = History(place_of(Path(tmp_path_factory.mktemp("over-time"))), NUMBERS, LABELS)
    workspace, found = history.workspace, Told()
    hospital = workspace.source("hospital_1")

    def play(patients: str, stays: str, register: str, claims: str) -> None:
        history.deliver(patients, stays, register, claims)
        run_all(workspace, workers=2)
        found.facts.append(history.facts())
        found.states.append(dict(states(read_register(workspace.hub)).select("patient_key", "state").iter_rows()))

    patients, stays, register, claims = PATIENTS, STAYS, REGISTER, CLAIMS
    play(patients, stays, register, claims)
    patients, register = second(patients, register)
    wishes.note(hospital, "oppose", ["opposer"])
    play(patients, stays, register, claims)
    patients, register = third(patients, register)
    claims = "\n".join([claims.rstrip(), "child_2 | 1 | child_2/claim"])
    wishes.note(hospital, "withdraw", ["opposer"])
    wishes.note(hospital, "erase", ["erased"])
    play(patients, stays, register, claims)
    patients, stays = fourth(patients, stays)
    play(patients, stays, register, claims)
    found.last = digest(workspace.star)
    before = read_register(workspace.hub)
    history.deliver(patients, stays, register, claims)
    run_all(workspace, workers=2)
    assert read_register(workspace.hub).equals(before)
    assert numbers(before)["patient_key"].to_list() == list(range(1, numbers(before).height + 1))
    found.again = digest(workspace.star)
    return found


def test_first_delivery_links_what_the_numbers_say(told: Told) -> None:
    assert told.labels(1, "child/stay") == {"child/stay", "child/claim"}
    assert told.labels(1, "opposer/stay") == {"opposer/stay", "opposer/claim"}
    assert told.labels(1, "erased/stay") == {"erased/stay", "erased/claim"}
    assert told.labels(1, "twice/stay") == {"twice/stay", "twice/claim"}
    assert told.labels(1, "one/stay") == {"one/stay", "two/stay", "one/claim"}
    assert told.labels(1, "herself/stay") == {"herself/stay", "other/claim"}
    for apart in ("late", "definitive", "paul", "louis", "correct", "right"):
        assert told.labels(1, f"{apart}/stay") == {f"{apart}/stay"}
        assert told.labels(1, f"{apart}/claim") == {f"{apart}/claim"}
    for alone in ("tourist/stay", "twice_2/stay", "two/claim", "herself/claim"):
        assert told.labels(1, alone) == {alone}
    assert set(told.states[0].values()) == {"enrolled"}


@pytest.mark.parametrize(
    ("person", "delivery"),
    [
        pytest.param("late", 2, id="number_that_arrives_late"),
        pytest.param("correct", 2, id="number_corrected"),
        pytest.param("right", 2, id="sex_and_birth_date_corrected"),
        pytest.param("paul", 2, id="twin"),
        pytest.param("louis", 2, id="other_twin"),
        pytest.param("definitive", 3, id="provisional_number_made_definitive"),
    ],
)
def test_two_persons_become_one_under_a_number_that_one_of_them_had(told: Told, person: str, delivery: int) -> None:
    stay, claim = f"{person}/stay", f"{person}/claim"
    before = {told.key(delivery - 1, stay), told.key(delivery - 1, claim)}
    assert len(before) == 2
    for later in range(delivery, 5):
        assert told.labels(later, stay) == {stay, claim}
    (gone,) = before - {told.key(delivery, stay)}
    assert gone not in told.facts[delivery - 1]
    assert told.states[delivery - 1][gone] == "merged"
    assert told.key(4, stay) == told.key(delivery, stay)


def test_person_whose_number_is_corrected_to_one_that_nobody_knows_stays_who_she_is(told: Told) -> None:
    assert len({told.key(delivery, "tourist/stay") for delivery in (1, 2, 3, 4)}) == 1


def test_child_that_moves_to_its_own_number_stays_who_it_is(told: Told) -> None:
    assert len({told.key(delivery, "child/stay") for delivery in (1, 2, 3, 4)}) == 1
    assert told.labels(2, "child/stay") == {"child/stay", "child/claim"}
    assert told.labels(3, "child/stay") == {"child/stay", "child/claim", "child_2/claim"}
    assert told.labels(4, "child/stay") == told.labels(3, "child/stay")


def test_twins_are_never_one_person(told: Told) -> None:
    for delivery in (1, 2, 3, 4):
        facts = {told.key(delivery, f"{twin}/{fact}") for twin in ("paul", "louis") for fact in ("stay", "claim")}
        assert len(facts) == (4 if delivery == 1 else 2)


def test_person_under_two_local_numbers_becomes_one(told: Told) -> None:
    assert told.labels(2, "twice_2/stay") == {"twice_2/stay"}
    assert told.labels(3, "twice_2/stay") == {"twice/stay", "twice_2/stay", "twice/claim"}
    assert told.key(3, "twice/claim") == told.key(1, "twice/claim")
    assert told.states[2][told.key(2, "twice_2/stay")] == "merged"


def test_two_persons_under_one_local_number_are_told_apart(told: Told) -> None:
    for delivery in (1, 2, 3):
        assert told.labels(delivery, "one/stay") == {"one/stay", "two/stay", "one/claim"}
    assert told.labels(4, "one/stay") == {"one/stay", "one/claim"}
    assert told.labels(4, "two/stay") == {"two/stay", "two/claim"}
    assert told.key(4, "one/stay") == told.key(1, "one/stay")
    assert told.key(4, "two/stay") == told.key(1, "two/claim")


def test_record_made_with_anothers_card_moves_and_the_other_keeps_hers(told: Told) -> None:
    assert told.labels(3, "herself/stay") == {"herself/stay", "other/claim"}
    assert told.labels(4, "herself/stay") == {"herself/stay", "herself/claim"}
    assert told.key(4, "other/claim") == told.key(1, "other/claim")
    assert told.key(4, "herself/stay") == told.key(1, "herself/claim")


def test_opposition_takes_a_person_out_and_its_withdrawal_brings_her_back(told: Told) -> None:
    key = told.key(1, "opposer/stay")
    assert key not in told.facts[1]
    assert told.states[1][key] == "opposed"
    for delivery in (3, 4):
        assert told.of(delivery, "opposer/stay") == (key, {"opposer/stay", "opposer/claim"})
        assert told.states[delivery - 1][key] == "restored"


def test_erased_person_is_gone_though_her_sources_still_send_her(told: Told) -> None:
    key = told.key(2, "erased/stay")
    for delivery in (3, 4):
        assert told.states[delivery - 1][key] == "erased"
        assert not [labels for labels in told.facts[delivery - 1].values() if labels & {"erased/stay", "erased/claim"}]


def test_no_fact_is_lost_but_those_of_persons_who_oppose_or_are_erased(told: Told) -> None:
    everything = {row.split("|")[-1].strip() for text in (STAYS, CLAIMS) for row in text.strip().splitlines()[1:]}
    absent = [set(), {"opposer"}, {"erased"}, {"erased"}]
    for delivery, who in enumerate(absent):
        more = {"child_2/claim"} if delivery >= 2 else set()
        there = set().union(*told.facts[delivery].values())
        assert there == {label for label in everything | more if label.split("/")[0] not in who}


def test_same_delivery_once_more_changes_neither_register_nor_star(told: Told) -> None:
    assert told.again == told.last
