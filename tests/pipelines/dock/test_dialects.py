"""Every dialect of delimited text gives the same rows; every line has one fate."""

import csv
import gzip
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.dock import delimited
from tests.pipelines.dock.extracts import DISEASE, DISEASES, landed, rows_of, written

SECOND = ["Person_02", "2", "2016-03-13", "13/03/2026", "17", "C67"]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_every_dialect_gives_the_same_rows(
    separator: str, quoting: int, end: str, encoding: str, tmp_path: Path
) -> None:
    rows = [DISEASE, [*SECOND[:-1], "Né"]]
    written(tmp_path / "in" / "IR_IMB_R.csv", rows, DISEASES, separator, quoting, end, encoding)
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].lines == 3
    assert reports["IR_IMB_R.csv"].landed == 2
    found = rows_of(tmp_path / "out", "IR_IMB_R")
    assert found["BEN_NIR_PSA"].to_list() == ["Person_01", "Person_02"]
    assert found["MED_MTF_COD"].to_list() == ["E11", "Né"]
    assert found["IMB_ALD_DTF"].dt.to_string().to_list() == ["1600-01-01", "2026-03-13"]


def test_gzip_is_read_as_it_flows(tmp_path: Path) -> None:
    plain = written(tmp_path / "IR_IMB_R.csv", [DISEASE] * 1_000)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ir_imb_r.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["ir_imb_r.csv.gz"].landed == 1_000
    assert reports["ir_imb_r.csv.gz"].lines == 1_001


def test_nothing_of_a_gzip_cut_short_lands(tmp_path: Path) -> None:
    plain = written(tmp_path / "IR_IMB_R.csv", [[f"Person_{n}", *DISEASE[1:]] for n in range(50_000)])
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "IR_IMB_R.csv.gz").write_bytes(gzip.compress(plain.read_bytes())[:-200])
    landing, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv.gz"].outcome == "unreadable"
    assert "gzip" in reports["IR_IMB_R.csv.gz"].reason
    assert landing.ledger.tables() == []
    assert not list((tmp_path / "out").rglob("*.parquet"))


@pytest.mark.parametrize("block_bytes", [150, 32_000_000])
def test_each_bad_line_is_rejected_by_its_rule_and_costs_no_neighbour(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", block_bytes)
    path = written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE])
    good = ";".join(DISEASE).encode()
    bad = [
        good + b";surplus",
        b"too;few",
        b"",
        good.replace(b"E11", b'E"11'),
        good.replace(b"E11", b'"E11'),
        good.replace(b"E11", b"E\x0011"),
    ]
    path.write_bytes(path.read_bytes() + b"".join(line + b"\n" + good + b"\n" for line in bad) + good)
    _, reports = landed(tmp_path / "in", tmp_path / "out")
    report = reports["IR_IMB_R.csv"]

    assert report.rejected == {"wrong_number_of_fields": 2, "blank_line": 1, "broken_quote": 2, "nul_byte": 1}
    assert report.landed == 1 + len(bad) + 1
    assert report.lines == path.read_bytes().count(b"\n")
    assert report.rows == report.landed + sum(report.rejected.values())


def test_separators_and_quotes_within_quotes_are_text(tmp_path: Path) -> None:
    written(tmp_path / "in" / "IR_IMB_R.csv", [[*DISEASE[:-1], 'a;b "c"']])
    landed(tmp_path / "in", tmp_path / "out")

    assert rows_of(tmp_path / "out", "IR_IMB_R")["MED_MTF_COD"].item() == 'a;b "c"'


def test_a_line_that_never_ends_is_passed_over_in_flat_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 1_000_000)
    path = written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE])
    with path.open("ab") as file:
        for _ in range(60):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + ";".join(DISEASE).encode() + b"\n")
    tracemalloc.start()
    _, reports = landed(tmp_path / "in", tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert reports["IR_IMB_R.csv"].rejected == {"line_too_long": 1}
    assert reports["IR_IMB_R.csv"].landed == 2
    assert reports["IR_IMB_R.csv"].lines == 4
    assert peak < 10_000_000


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("length", [1_000_001, 3_000_000])
def test_a_long_line_between_others_is_passed_over_and_costs_no_neighbour(
    length: int, ended: bool, tmp_path: Path
) -> None:
    path = written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE])
    good = ";".join(DISEASE).encode() + b"\n"
    long = good.replace(b"E11", b"x" * length)
    path.write_bytes(path.read_bytes() + long + good * 10 + (long if ended else long.rstrip(b"\n")))
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].rejected == {"line_too_long": 2}
    assert reports["IR_IMB_R.csv"].landed == 11
    assert reports["IR_IMB_R.csv"].lines == path.read_bytes().count(b"\n")
    assert reports["IR_IMB_R.csv"].rows == 13


@pytest.mark.parametrize("block_bytes", [100, 32_000_000])
def test_a_lone_carriage_return_breaks_its_own_line_only(
    block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", block_bytes)
    path = written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE], end="\r\n")
    good = ";".join(DISEASE).encode()
    # With an empty line beside it, the numbers of lines and of rows are the same again.
    path.write_bytes(path.read_bytes() + good + b"\r\r\n\r\n" + good.replace(b"E1", good + b"\rE1") + b"\n" + good)
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].rejected == {"blank_line": 1, "stray_carriage_return": 1}
    assert reports["IR_IMB_R.csv"].landed == 3
    assert rows_of(tmp_path / "out", "IR_IMB_R")["MED_MTF_COD"].to_list() == ["E11"] * 3


def test_the_lines_of_a_break_within_quotes_are_rejected_both(tmp_path: Path) -> None:
    written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE, [*DISEASE[:-1], "two\nlines"], DISEASE])
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].rejected == {"broken_quote": 2}
    assert reports["IR_IMB_R.csv"].landed == 2


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
def test_each_block_is_decoded_by_what_it_is(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 60)
    code = {"utf-8": "Œé€", "latin-1": "éÿ\x81", "cp1252": "Œé€"}[encoding]
    path = written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE] * 3)
    path.write_bytes(path.read_bytes() + ";".join([*DISEASE[:-1], code]).encode(encoding) + b"\n")
    landed(tmp_path / "in", tmp_path / "out")

    assert rows_of(tmp_path / "out", "IR_IMB_R")["MED_MTF_COD"].to_list() == ["E11"] * 3 + [code]


def test_a_last_line_needs_no_end_and_a_header_neither(tmp_path: Path) -> None:
    path = written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE])
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    header = written(tmp_path / "in" / "IR_IMB_R_2.csv", [])
    header.write_bytes(header.read_bytes().rstrip(b"\n"))
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert (reports["IR_IMB_R.csv"].lines, reports["IR_IMB_R.csv"].landed) == (1, 1)
    assert (reports["IR_IMB_R_2.csv"].lines, reports["IR_IMB_R_2.csv"].rows) == (0, 0)


def test_separators_within_quoted_names_do_not_count(tmp_path: Path) -> None:
    header = ["a,b,c,d,e,f", "g,h,i,j,k", *DISEASES]
    written(tmp_path / "in" / "IR_IMB_R.csv", [["x", "y", *DISEASE]], header, quoting=csv.QUOTE_ALL)
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].landed == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xff\xfeN\x00U\x00M\x00", "UTF-16"),
        (b"NUM_ENQ;NUM_ENQ\na;b\n", "twice"),
        (b"Person_01;1;2\n", "no column"),
        (b"NUM\x00ENQ\n", "no line of text"),
        (b"NUM_ENQ;" + b"x" * 200_000 + b"\n", "no line of text"),
        (b"x" * 2_000_000, "no line of text"),
        (b"NUM_ENQ;IMB_ALD_DTD\rPerson_01;01/01/2016\r", "carriage returns"),
    ],
)
def test_a_first_line_that_is_no_header_makes_the_file_unreadable(content: bytes, word: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "IR_IMB_R.csv").write_bytes(content)
    _, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].outcome == "unreadable"
    assert word in reports["IR_IMB_R.csv"].reason
    assert "Person_01" not in str(reports["IR_IMB_R.csv"].as_json())


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    written(tmp_path / "in" / "IR_IMB_R.csv", [])
    landing, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].outcome == "loaded"
    assert reports["IR_IMB_R.csv"].rows == 0
    assert landing.ledger.of("IR_IMB_R", "read").rows == 0


_TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=8)
_ROWS = st.lists(
    st.tuples(_TEXT, st.integers(0, 9), st.dates(date(1850, 1, 1), date(2100, 12, 31)), _TEXT),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=_ROWS,
    separator=st.sampled_from(";,\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    form=st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d%b%Y", "%d%b%Y:00:00:00", "%Y%m%d"]),
    block_bytes=st.sampled_from([60, 1_000]),
)
def test_values_survive_any_dialect(
    rows: list[tuple[str, int, date, str]],
    separator: str,
    quoting: int,
    end: str,
    encoding: str,
    form: str,
    block_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("dialect")
    header = ["MED_MTF_COD", "IMB_ALD_NUM", "IMB_ALD_DTD", "NUM_ENQ"]
    table = [[code, str(number), f"{day:{form}}".upper(), person] for code, number, day, person in rows]
    written(place / "in" / "IR_IMB_R.csv", table, header, separator, quoting, end, encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_BYTES", block_bytes * 10)
        landed(place / "in", place / "out")
    found = rows_of(place / "out", "IR_IMB_R")
    expected = [
        (_code(code), number, day, _code(person)) for code, number, day, person in rows if _code(person) is not None
    ]

    assert found.select("MED_MTF_COD", "IMB_ALD_NUM", "IMB_ALD_DTD", "BEN_NIR_PSA").rows() == expected


def _code(text: str) -> str | None:
    """As `conversion` states it: a lone point is SAS's missing value, digits before `.0` a code."""
    whole = text.removesuffix(".0")
    plain = whole if whole != text and whole.isascii() and whole.isdigit() else text
    return None if plain in ("", ".") else plain
