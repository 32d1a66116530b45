"""Frames as text and files."""

import io
import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from schema.errors import SettingsError
from warehouse.report import FORMATS, text_table, write_frame

STAYS = pl.DataFrame(
    {
        "stay_number": [1, 12],
        "entry_date": [date(2018, 1, 2), None],
        "label": ["café", None],
        "paid_eur": [Decimal("3.10"), Decimal("-20.00")],
        "rate": [2.3456, None],
        "is_in_pmsi": [True, False],
    }
)


def written(frame: pl.DataFrame, format_: str) -> bytes:
    stream = io.BytesIO()
    write_frame(frame, format_, stream)
    return stream.getvalue()


def test_a_text_table_puts_numbers_right_and_null_as_nothing() -> None:
    assert text_table(STAYS).split("\n") == [
        "stay_number  entry_date  label  paid_eur  rate  is_in_pmsi",
        "-----------  ----------  -----  --------  ----  ----------",
        "          1  2018-01-02  café       3.10  2.35  true",
        "         12                       -20.00        false",
    ]


def test_a_table_without_rows_is_its_head() -> None:
    assert text_table(STAYS.clear().select("label")) == "label\n-----"


def test_a_list_column_is_shown_as_text() -> None:
    assert text_table(pl.DataFrame({"codes": [["A", "B"], []]})).split("\n")[2:] == ["['A', 'B']", "[]"]


def test_every_format_holds_the_same_rows() -> None:
    table = written(STAYS, "table").decode()
    assert table == text_table(STAYS) + "\n"
    assert written(STAYS, "csv").decode().splitlines() == [
        "stay_number,entry_date,label,paid_eur,rate,is_in_pmsi",
        "1,2018-01-02,café,3.10,2.3456,true",
        "12,,,-20.00,,false",
    ]
    first, second = json.loads(written(STAYS, "json"))
    assert (first["label"], first["entry_date"], float(first["paid_eur"])) == ("café", "2018-01-02", 3.1)
    assert second["label"] is None
    assert pl.read_parquet(io.BytesIO(written(STAYS, "parquet"))).equals(STAYS)
    assert FORMATS == ("table", "csv", "json", "parquet")


def test_an_unknown_format_lists_those_there_are() -> None:
    with pytest.raises(SettingsError, match="table, csv, json, parquet"):
        written(STAYS, "xlsx")
