"""Three ledgers of an import make one, and a row that is lost between them is seen."""

import pytest

from pipelines.account import whole_way
from pipelines.ledger import Ledger, Tally
from schema.errors import LoadFailed
from tests.pipelines.tables import fates


def ledger(*entries: tuple[str, str, str, int]) -> Ledger:
    made = Ledger()
    for table, fate, rule, rows in entries:
        made.add(table, fate, rule, Tally(rows, {"CENTS": rows * 10}))
    return made


LANDING = ledger(
    ("T_MCO18B", "read", "", 6),
    ("T_MCO18B", "rejected", "null_in_RSA_NUM", 1),
    ("T_MCO18B", "kept", "", 5),
    ("T_MCO19B", "read", "", 2),
    ("T_MCO19B", "kept", "", 2),
)
SENDING = ledger(
    ("T_MCO18B", "read", "", 5),
    ("T_MCO18B", "rejected", "no_parent", 2),
    ("T_MCO18B", "kept", "", 3),
    ("T_MCO19B", "read", "", 2),
    ("T_MCO19B", "kept", "", 2),
)
STAR = (("T_MCOaaB", "read", "", 5), ("T_MCOaaB", "kept", "fact_hospital_stay", 4))


def test_a_table_s_rows_are_read_once_and_have_one_fate_whatever_the_year() -> None:
    way = whole_way(LANDING, SENDING, ledger(*STAR, ("T_MCOaaB", "rejected", "no_stay", 1), ("patient", "read", "", 0)))
    assert fates(way, "T_MCOaaB") == {
        "read ": 8,
        "rejected null_in_RSA_NUM": 1,
        "rejected no_parent": 2,
        "rejected no_stay": 1,
        "kept fact_hospital_stay": 4,
    }
    assert way.of("T_MCOaaB", "read").cents == {"CENTS": 80}
    assert way.tables() == ["T_MCOaaB"]


def test_a_row_lost_on_the_way_is_seen() -> None:
    with pytest.raises(LoadFailed, match="do not add up in T_MCOaaB"):
        whole_way(LANDING, SENDING, ledger(*STAR))
