"""What a hospital's patients wish: noted under local numbers, sent under handles, never lost."""

from pathlib import Path

import polars as pl
import pytest

from pipelines import wishes
from pipelines.keys import demo_keyring
from pipelines.pseudonymise import handles
from schema.errors import SchemaViolation, SettingsError
from schema.layout import Workspace
from tests.pipelines.sources import write_source

KEYRING = demo_keyring("hospital_1")


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    return write_source(tmp_path / "sources" / "hospital_1", patient="patient_number\np1\np2\np3")


def sent(hospital: Path) -> dict[bytes, str]:
    return dict(wishes.under_handles(hospital, KEYRING).iter_rows())


def handle(number: str) -> bytes:
    records = pl.DataFrame({"patient_number": [number]})
    found = handles(records, KEYRING, ("patient_number",)).item()
    assert isinstance(found, bytes)
    return found


def test_last_wish_of_each_patient_is_sent_under_her_handle(hospital: Path) -> None:
    assert wishes.note(hospital, "oppose", ["p1", "p2"]) == 2
    wishes.note(hospital, "withdraw", ["p2"])
    assert sent(hospital) == {handle("p1"): "oppose", handle("p2"): "withdraw"}


def test_nothing_takes_back_an_erasure(hospital: Path) -> None:
    for wish in ("erase", "withdraw", "oppose"):
        wishes.note(hospital, wish, ["p3"])
    assert sent(hospital) == {handle("p3"): "erase"}


def test_hospital_whose_patients_wished_nothing_sends_nothing(hospital: Path) -> None:
    assert sent(hospital) == {}


def test_patient_named_twice_wishes_once(hospital: Path) -> None:
    assert wishes.note(hospital, "oppose", ["p1", "p1"]) == 1


@pytest.mark.parametrize("numbers", [["p1", "nobody"], []])
def test_number_of_no_patient_is_refused_without_naming_it_and_nothing_is_noted(
    hospital: Path, numbers: list[str]
) -> None:
    with pytest.raises(SettingsError, match="no patient's of this hospital: nothing was noted") as caught:
        wishes.note(hospital, "oppose", numbers)
    assert "nobody" not in str(caught.value)
    assert not (hospital / wishes.FILE).exists()


def test_other_wish_is_refused(hospital: Path) -> None:
    with pytest.raises(SettingsError, match="A patient can oppose, withdraw, erase"):
        wishes.note(hospital, "forget", ["p1"])


def test_what_is_noted_changes_the_number_by_which_a_run_knows_it(hospital: Path) -> None:
    workspace = Workspace(hospital.parents[1])
    before = wishes.noted(workspace)
    wishes.note(hospital, "oppose", ["p1"])
    assert wishes.noted(workspace) != before == 0


def test_spoilt_wishes_are_refused_and_never_begun_anew(hospital: Path) -> None:
    wishes.note(hospital, "oppose", ["p1"])
    path = hospital / wishes.FILE
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SchemaViolation, match=r"wishes\.parquet cannot be read: restore it"):
        wishes.note(hospital, "oppose", ["p2"])
