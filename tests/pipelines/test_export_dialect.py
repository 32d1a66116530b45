"""Text as SAS, R and the portal write it: separators, encodings, dates, decimals, quotes, missing values."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.export.dialect import Dialect
from schema.errors import SettingsError

ROWS = pl.DataFrame(
    {
        "CODE": ["007", None],
        "DAY": [date(1600, 1, 1), date(2019, 2, 28)],
        "EUROS": [Decimal("-0.50"), Decimal("1234567.89")],
        "PRICE": [Decimal("2.50000"), None],
        "LABEL": ['sep;,\t"here"', "é"],
    },
    schema={
        "CODE": pl.String(),
        "DAY": pl.Date(),
        "EUROS": pl.Decimal(11, 2),
        "PRICE": pl.Decimal(18, 5),
        "LABEL": pl.String(),
    },
)


def lines(dialect: Dialect) -> list[str]:
    return dialect.text("T", ROWS, with_header=True).decode(dialect.encoding).splitlines()


def test_default_is_what_the_portal_writes() -> None:
    assert lines(Dialect()) == [
        "CODE;DAY;EUROS;PRICE;LABEL",
        '007;01/01/1600;-0.50;2.50000;"sep;,\t""here"""',
        ";28/02/2019;1234567.89;;é",
    ]


def test_decimal_comma_is_quoted_where_it_would_separate() -> None:
    assert lines(Dialect(separator=",", decimal=","))[2] == ',28/02/2019,"1234567,89","",é'
    assert lines(Dialect(decimal=","))[2] == ";28/02/2019;1234567,89;;é"


@pytest.mark.parametrize(("form", "days"), [("iso", ("1600-01-01", "2019-02-28")), ("sas", ("01JAN1600", "28FEB2019"))])
def test_dates_have_the_form_asked_for(form: str, days: tuple[str, str]) -> None:
    written = lines(Dialect(separator="tab", date_form=form))
    assert (written[1].split("\t")[1], written[2].split("\t")[1]) == days


def test_latin_1_holds_one_byte_a_character() -> None:
    assert Dialect(encoding="latin-1").text("T", ROWS, with_header=False).endswith(b";\xe9\n")
    assert Dialect().text("T", ROWS, with_header=False).endswith(b";\xc3\xa9\n")


def test_character_that_latin_1_lacks_is_refused_without_being_shown() -> None:
    rows = pl.DataFrame({"LABEL": ["C\u0153ur"]})
    with pytest.raises(SettingsError, match=r"^T holds characters that Latin-1 lacks: choose --encoding utf-8\.$"):
        Dialect(encoding="latin-1").text("T", rows, with_header=False)


def test_gzip_holds_the_same_text(tmp_path: Path) -> None:
    dialect = Dialect(is_gzipped=True)
    with dialect.open(tmp_path / f"T{dialect.suffix}") as file:
        file.write(dialect.text("T", ROWS, with_header=True))

    assert gzip.decompress((tmp_path / "T.csv.gz").read_bytes()) == Dialect().text("T", ROWS, with_header=True)


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("--separator", {"separator": "::"}),
        ("--encoding", {"encoding": "ebcdic"}),
        ("--date-form", {"date_form": "yyyy"}),
        ("--decimal", {"decimal": "'"}),
    ],
)
def test_choice_that_is_not_offered_is_refused_by_the_name_of_its_option(option: str, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=f"^{option} must be one of: "):
        Dialect(**wrong)  # type: ignore[arg-type]
