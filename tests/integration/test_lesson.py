"""The first lesson, run command by command in an empty folder: what it shows is what a class will see."""

from pathlib import Path

import pytest

from schema.layout import PARTIES
from tests.integration.lesson import LESSON, Step, agrees, play, recorded, steps

MOST_COMMANDS = 30


def test_lesson_shows_what_its_commands_print(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    printed = [(step, play(step.command, folder)) for step in steps(LESSON.read_text())]

    assert [(step.command, text) for step, text in printed if not agrees(step.expected, text)] == []
    assert (folder / "emc2-keys" / "passphrase").is_file()  # keys of its own, drawn in the lesson


def test_lesson_fits_into_its_time_and_plays_every_party() -> None:
    commands = [step.command for step in steps(LESSON.read_text())]

    assert 20 < len(commands) <= MOST_COMMANDS
    assert [party for party in PARTIES if not any(f"emc2 party {party} " in command for command in commands)] == []
    assert "emc2 check --linkage" in commands


def test_every_command_is_shown_with_a_count_or_makes_what_the_next_ones_show() -> None:
    silent = [step.command.split()[0:2] for step in steps(LESSON.read_text()) if not step.expected]
    assert silent == [["emc2", "generate"], ["printf", "x"]]


@pytest.mark.parametrize(
    ("expected", "printed", "is_right"),
    [
        (("a  12 rows",), "a  12 rows\n", True),
        (("a  12 rows",), "a  13 rows\n", False),
        (("a  12 rows",), "a  12 rows\nb\n", False),
        (("a  12 rows", "…"), "a  12 rows\nb\n", True),
        (("…", "b"), "a\nb\nc\n", False),
        (("id … value …",), "id 5 value 6\n", True),
        (("id … value 7",), "id 5 value 6\n", False),
        ((), "", True),
        ((), "a\n", False),
    ],
)
def test_output_that_is_not_as_shown_is_found(expected: tuple[str, ...], printed: str, is_right: bool) -> None:
    assert agrees(expected, printed) is is_right


def test_steps_are_read_from_console_blocks_alone() -> None:
    page = "text\n\n```console\n$ a b\n1\n2\n$ c\n```\n\n```\n$ no\n```\n"
    assert list(steps(page)) == [Step("a b", ("1", "2")), Step("c", ())]


def test_recorded_step_has_the_numbers_of_now() -> None:
    step = Step("x", ("a    12 rows", "…", "id …, 3 things"))
    assert recorded(step, "a 1,234 rows\nb\nid 9q, 4 things\n").expected == ("a 1,234 rows", "…", "id …, 4 things")
    assert recorded(Step("x", ("h_2  5 …",)), "h_1 369 x\nh_2 1,055 x\n").expected == ("h_2  1,055 …",)
    with pytest.raises(SystemExit, match="no longer prints: a"):
        recorded(step, "b 1 rows\n")
