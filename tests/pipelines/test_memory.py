"""What a party remembers: counters that never fall, replaced whole, refused when they cannot be read."""

from pathlib import Path

import pytest

from pipelines.memory import RECEIVED, recall, remember
from schema.errors import SchemaViolation


def test_party_that_has_not_acted_remembers_nothing(tmp_path: Path) -> None:
    assert recall(tmp_path / "hub", RECEIVED) == {}


def test_numbers_rise_and_never_fall(tmp_path: Path) -> None:
    for numbers in ({"funds": 3}, {"funds": 2, "snds": 1}, {"snds": 4}):
        remember(tmp_path / "hub", RECEIVED, numbers)
    assert recall(tmp_path / "hub", RECEIVED) == {"funds": 3, "snds": 4}
    assert [path.name for path in (tmp_path / "hub").iterdir()] == [RECEIVED]


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    remember(tmp_path, RECEIVED, {"funds": 3})
    (tmp_path / RECEIVED).chmod(0o400)
    before = (tmp_path / RECEIVED).stat()
    remember(tmp_path, RECEIVED, {"funds": 3})
    assert (tmp_path / RECEIVED).stat() == before


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"funds": "many"}', '{"funds": null}', "[" * 100_000])
def test_memory_that_cannot_be_read_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / RECEIVED).write_text(text)
    for act in (lambda: recall(tmp_path, RECEIVED), lambda: remember(tmp_path, RECEIVED, {"funds": 1})):
        with pytest.raises(SchemaViolation, match="received.json cannot be read: restore it") as caught:
            act()
        assert caught.value.__suppress_context__
    assert (tmp_path / RECEIVED).read_text() == text
