"""How an export is written as text: separator, encoding, dates and decimals of delimited text."""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schema.errors import SettingsError

SEPARATORS = {";": ";", ",": ",", "tab": "\t"}
ENCODINGS = ("utf-8", "latin-1")
DATE_FORMS = {"dd/mm/yyyy": "%d/%m/%Y", "iso": "%Y-%m-%d", "sas": "%d%b%Y"}
DECIMALS = (".", ",")


@dataclass(frozen=True)
class Dialect:
    """One way to write delimited text; a choice that is none of those offered is refused."""

    separator: str = ";"
    encoding: str = "utf-8"
    date_form: str = "dd/mm/yyyy"
    decimal: str = "."
    is_gzipped: bool = False

    def __post_init__(self) -> None:
        offered = {
            "--separator": (self.separator, SEPARATORS),
            "--encoding": (self.encoding, ENCODINGS),
            "--date-form": (self.date_form, DATE_FORMS),
            "--decimal": (self.decimal, DECIMALS),
        }
        for option, (given, known) in offered.items():
            if given not in known:
                raise SettingsError(f"{option} must be one of: {'  '.join(known)}.")

    @property
    def suffix(self) -> str:
        return ".csv.gz" if self.is_gzipped else ".csv"

    def open(self, path: Path) -> gzip.GzipFile | io.BufferedWriter:
        return gzip.open(path, "wb", compresslevel=6) if self.is_gzipped else path.open("wb")

    def text(self, table: str, frame: pl.DataFrame, *, with_header: bool) -> bytes:
        """The frame as lines; null is empty, decimals have all their digits, quotes stand where they must.

        A character that Latin-1 lacks is refused: replaced, it would be lost without a word.
        """
        if self.date_form == "sas":
            frame = frame.with_columns(pl.col(pl.Date).dt.strftime(DATE_FORMS["sas"]).str.to_uppercase())
        text = frame.write_csv(
            include_header=with_header,
            separator=SEPARATORS[self.separator],
            date_format=DATE_FORMS[self.date_form],
            decimal_comma=self.decimal == ",",
        )
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError:
            raise SettingsError(f"{table} holds characters that Latin-1 lacks: choose --encoding utf-8.") from None
