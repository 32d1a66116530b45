"""Values as extracts write them become the declared types; what cannot be read rejects its row by a named rule."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.dock.conversion import convert
from tests.pipelines.dock.extracts import DISEASE, landed, rows_of, written

MONEY = pl.Decimal(11, 2)
WHOLE, DAY, TEXT = pl.Int64(), pl.Date(), pl.String()


@pytest.mark.parametrize(
    ("written_as", "dtype", "meant"),
    [
        ("12", WHOLE, 12),
        ("-3", WHOLE, -3),
        (" 12 ", WHOLE, 12),
        ("12.0", WHOLE, 12),
        ("12,0", WHOLE, 12),
        ("1e+05", WHOLE, 100_000),
        ("007", WHOLE, 7),
        ("12.34", MONEY, Decimal("12.34")),
        ("12,34", MONEY, Decimal("12.34")),
        (" -0,5 ", MONEY, Decimal("-0.50")),
        ("12.299999999999", MONEY, Decimal("12.30")),
        ("3", MONEY, Decimal("3.00")),
        ("31/12/2019", DAY, date(2019, 12, 31)),
        ("1/2/2019", DAY, date(2019, 2, 1)),
        ("31/12/2019 00:00:00", DAY, date(2019, 12, 31)),
        ("2019-12-31", DAY, date(2019, 12, 31)),
        ("2019-12-31T10:00:00", DAY, date(2019, 12, 31)),
        ("01JAN2006", DAY, date(2006, 1, 1)),
        ("01jan2006:00:00:00", DAY, date(2006, 1, 1)),
        ("20191231", DAY, date(2019, 12, 31)),
        ("20191231.0", DAY, date(2019, 12, 31)),
        ("201912", DAY, date(2019, 12, 1)),
        ("01/01/1600", DAY, date(1600, 1, 1)),
        ("007", TEXT, "007"),
        (" A1 ", TEXT, "A1"),
        ("3400935418487.0", TEXT, "3400935418487"),
        ("E11.0", TEXT, "E11.0"),
    ],
)
def test_a_value_is_read_alone_and_among_others_of_another_form(
    written_as: str, dtype: pl.DataType, meant: object
) -> None:
    plain = {WHOLE: "1", MONEY: "1.00", DAY: "02/01/2019", TEXT: "x"}[dtype]
    for found in ([written_as], [plain, written_as], [None, written_as, "", plain], ["  ", ".", written_as]):
        typed, unread = convert(pl.Series("c", found, pl.String), dtype)

        assert unread is None
        assert typed[found.index(written_as)] == meant
        assert typed.null_count() == sum(value in (None, "", "  ", ".") for value in found)


@pytest.mark.parametrize(
    ("written_as", "dtype"),
    [
        ("x", WHOLE),
        ("1.5", WHOLE),
        ("99999999999999999999", WHOLE),
        ("x", MONEY),
        ("1 234,5", MONEY),
        ("99999999999999.00", MONEY),
        ("31/02/2019", DAY),
        ("13/13/2019", DAY),
        ("2019", DAY),
        ("31FEB2019", DAY),
        ("yesterday", DAY),
    ],
)
def test_a_value_that_cannot_be_read_is_told_and_spoils_no_other(written_as: str, dtype: pl.DataType) -> None:
    plain = {WHOLE: "1", MONEY: "1.00", DAY: "02/01/2019"}[dtype]
    typed, unread = convert(pl.Series("c", [plain, written_as, None], pl.String), dtype)

    assert unread is not None
    assert unread.to_list() == [False, True, False]
    assert typed[0] is not None


@pytest.mark.parametrize(
    ("values", "dtype", "meant"),
    [
        ([1, None], TEXT, ["1", None]),
        ([1.0, None], TEXT, ["1", None]),
        ([1.0, float("nan")], WHOLE, [1, None]),
        ([12.3, 0.1 + 0.2], MONEY, [Decimal("12.30"), Decimal("0.30")]),
        ([Decimal("12.345"), Decimal("-0.005")], MONEY, [Decimal("12.35"), Decimal("-0.01")]),
        ([b"12,5", None], MONEY, [Decimal("12.50"), None]),
        ([b"\xe92", b"\xc3\xa92"], TEXT, ["é2", "é2"]),
        ([datetime(2019, 12, 31, 5)], DAY, [date(2019, 12, 31)]),
        ([date(2019, 12, 31)], DAY, [date(2019, 12, 31)]),
        ([20191231], DAY, [date(2019, 12, 31)]),
        ([201912.0], DAY, [date(2019, 12, 1)]),
        ([None], DAY, [None]),
        ([1], MONEY, [Decimal("1.00")]),
    ],
)
def test_parquet_of_any_typing_is_read_by_the_same_rules(
    values: list[object], dtype: pl.DataType, meant: list[object]
) -> None:
    typed, unread = convert(pl.Series("c", values), dtype)

    assert unread is None
    assert typed.to_list() == meant


def test_a_nested_column_is_unreadable_in_every_row() -> None:
    _, unread = convert(pl.Series("c", [[1], None]), WHOLE)

    assert unread is not None
    assert unread.to_list() == [True, False]


def test_rows_are_rejected_by_the_rule_they_break_first(tmp_path: Path) -> None:
    bad = [
        [*DISEASE[:2], "31/02/2016", *DISEASE[3:]],
        [*DISEASE[:2], "01/01/0001", *DISEASE[3:]],
        [*DISEASE[:2], "01/01/2199", *DISEASE[3:]],
        [*DISEASE[:2], "", *DISEASE[3:]],
        ["", *DISEASE[1:]],
        [*DISEASE[:4], "eight", DISEASE[5]],
    ]
    written(tmp_path / "in" / "IR_IMB_R.csv", [DISEASE, *bad])
    landing, reports = landed(tmp_path / "in", tmp_path / "out")

    assert reports["IR_IMB_R.csv"].rejected == {
        "unreadable_IMB_ALD_DTD": 1,
        "impossible_IMB_ALD_DTD": 2,
        "null_in_IMB_ALD_DTD": 1,
        "null_in_BEN_NIR_PSA": 1,
        "unreadable_IMB_ALD_NUM": 1,
    }
    assert landing.ledger.of("IR_IMB_R", "rejected").rows == len(bad)
    assert rows_of(tmp_path / "out", "IR_IMB_R").height == 1


def test_parquet_lands_as_its_csv_does(tmp_path: Path) -> None:
    written(tmp_path / "csv" / "IR_IMB_R.csv", [DISEASE, ["Person_02", "1", "01/03/2016", "", "17", "C67"]])
    typed = pl.DataFrame(
        {
            "num_enq": ["Person_01", "Person_02"],
            "BEN_RNG_GEM": [1.0, 1.0],
            "IMB_ALD_DTD": [datetime(2016, 1, 25), datetime(2016, 3, 1)],
            "IMB_ALD_DTF": [date(1600, 1, 1), None],
            "IMB_ALD_NUM": pl.Series([8, 17], dtype=pl.Int8),
            "MED_MTF_COD": pl.Series(["E11", "C67"], dtype=pl.Categorical),
        }
    )
    (tmp_path / "parquet").mkdir()
    typed.write_parquet(tmp_path / "parquet" / "ir_imb_r.parquet")
    for form in ("csv", "parquet"):
        landed(tmp_path / form, tmp_path / f"{form}_out")

    assert rows_of(tmp_path / "csv_out", "IR_IMB_R").equals(rows_of(tmp_path / "parquet_out", "IR_IMB_R"))
