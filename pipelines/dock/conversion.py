"""Values as an extract writes them → the declared types; a value that cannot be read makes its row's rule.

Whole numbers `12`, `12.0`, `12,0`, `1e+05`; money with point or comma, rounded at the declared scale, half away from
zero; dates `31/12/2019`, `2019-12-31`, `31DEC2019`, `20191231`, `201912` (the first of the month), with a time or
without; codes as they are, but `3400.0` is a code that passed through a floating-point column; blank or `.` is null.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import polars as pl

from pipelines.dock.encoding import decode
from schema.codes import NO_DATE

# Beyond these a date is a mistake of typing; what the star's calendar holds is narrower, and told by its own rule.
FIRST, LAST = date(1850, 1, 1), date(2100, 12, 31)
_FOUR_DIGITS = date(1000, 1, 1)
_DIGITS = 38  # of the widest decimal
_EXACT = 2**53  # whole numbers beyond it are not exact in floating point


class _DateForm(NamedTuple):
    """How a date may be written: how it begins, the part that is the date, what completes it, and its format."""

    begins: str
    whole: str
    completed_by: str
    format: str


_DATE_FORMS = (
    _DateForm(r"^\d{1,2}/", r"^(\d{1,2}/\d{1,2}/\d{4})(?:[ T].*)?$", "", "%d/%m/%Y"),
    _DateForm(r"^\d{4}-", r"^(\d{4}-\d{1,2}-\d{1,2})(?:[ T].*)?$", "", "%Y-%m-%d"),
    _DateForm(r"^\d{2}[A-Za-z]", r"^(\d{2}[A-Za-z]{3}\d{4})(?::.*)?$", "", "%d%b%Y"),
    _DateForm(r"^\d{8}", r"^(\d{8})(?:\.0)?$", "", "%Y%m%d"),
    _DateForm(r"^\d{6}(?:\.0)?$", r"^(\d{6})(?:\.0)?$", "01", "%Y%m%d"),
)
Reader = Callable[[pl.Series], pl.Series]


def convert(found: pl.Series, dtype: pl.DataType) -> tuple[pl.Series, pl.Series | None]:
    """The column in its declared type, and which rows hold a value that cannot be read (None: no row)."""
    try:
        typed = _convert(found, dtype)
    except pl.exceptions.PolarsError:
        return pl.Series(found.name, [None] * len(found), dtype), found.is_not_null()
    if typed.null_count() == found.null_count():
        return typed, None
    unread = typed.is_null() & ~_is_blank(found)
    return typed, unread if unread.any() else None


def is_impossible(dates: pl.Series) -> pl.Series | None:
    """Which dates no calendar of care holds, the SNDS's own "no date" apart (None: no row)."""
    beyond = ~dates.is_between(FIRST, LAST) & (dates != date.fromisoformat(NO_DATE))
    return beyond.fill_null(False) if beyond.any() else None


def _convert(found: pl.Series, dtype: pl.DataType) -> pl.Series:
    if found.dtype == dtype and dtype != pl.String():
        return found
    if found.dtype == pl.Null():
        return found.cast(dtype)
    if isinstance(dtype, pl.Date) and isinstance(found.dtype, pl.Datetime):
        return found.dt.date()
    if found.dtype.is_nested():
        raise pl.exceptions.InvalidOperationError
    text = found if found.dtype == pl.String() else _as_text(found)
    if dtype == pl.String():
        return _codes(text)
    if dtype == pl.Date():
        return _retried(text, _dates)
    if dtype == pl.Int64():
        return _retried(text, _whole_numbers)
    return _retried(text, lambda values: _money(values, dtype))


def _as_text(found: pl.Series) -> pl.Series:
    """Bytes as the text they are; whole numbers in floating point without point and exponent."""
    if found.dtype == pl.Binary():  # Parquet of some writers does not say that it is text
        return pl.Series(found.name, [None if value is None else decode(value) for value in found], pl.String)
    if found.dtype.is_float():
        whole = found.cast(pl.Int64, strict=False)
        is_whole = ((found == whole) & (found.abs() < _EXACT)) | found.is_null() | found.is_nan()
        found = whole if is_whole.all() else found
    return found.cast(pl.String)


def _retried(text: pl.Series, read: Reader) -> pl.Series:
    """Read as it stands; what fails is read again without blanks around it."""
    typed = read(text)
    if typed.null_count() == text.null_count():
        return typed
    failed = typed.is_null() & text.is_not_null()
    return typed.zip_with(~failed, read(_trimmed(text.filter(failed))).gather(_place(failed)))


def _place(failed: pl.Series) -> pl.Series:
    """For each row its place among those that failed."""
    return failed.cast(pl.UInt32).cum_sum().clip(1) - 1


def _codes(text: pl.Series) -> pl.Series:
    trimmed = _trimmed(text)
    floating = trimmed.str.ends_with(".0")
    return trimmed.str.replace(r"^(\d+)\.0$", "$1") if floating.any() else trimmed


def _trimmed(text: pl.Series) -> pl.Series:
    trimmed = text.str.strip_chars()
    blank = _is_blank(trimmed)
    return trimmed.set(blank, None) if blank.any() else trimmed


def _is_blank(found: pl.Series) -> pl.Series:
    """Null, nothing but blanks, or SAS's point for a missing value."""
    if found.dtype.is_float():
        return found.is_null() | found.is_nan()
    if found.dtype != pl.String():
        return found.is_null()
    return found.str.strip_chars().is_in(["", "."]).fill_null(True)


def _whole_numbers(text: pl.Series) -> pl.Series:
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == text.null_count():
        return whole
    number = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    rounded = number.cast(pl.Int64, strict=False)
    is_whole = (number == rounded) & (number.abs() < _EXACT)
    return whole.zip_with(whole.is_not_null() | ~is_whole.fill_null(False), rounded)


def _money(text: pl.Series, dtype: pl.DataType) -> pl.Series:
    if not isinstance(dtype, pl.Decimal):
        raise pl.exceptions.InvalidOperationError
    scale = dtype.scale
    pointed = text.str.replace(",", ".", literal=True)
    # A float's tail (12.299999…) must round, and a cast would cut it off.
    finer = pointed.cast(pl.Decimal(_DIGITS, scale + 4), strict=False)
    return finer.round(scale, mode="half_away_from_zero").cast(dtype, strict=False)


def _dates(text: pl.Series) -> pl.Series:
    """In the form of the first value; where some rows are in another form, each by its own."""
    first = text.drop_nulls().head(1)
    forms = sorted(_DATE_FORMS, key=lambda form: not first.str.contains(form.begins).any())
    days = text.str.to_date(forms[0].format, strict=False)
    # A year of two digits would be read as one of the first century.
    if days.null_count() == text.null_count() and not (days < _FOUR_DIGITS).any():
        return days
    days = pl.Series(text.name, [None] * len(text), pl.Date)
    for form in forms:
        part = text.str.extract(form.whole)
        read = (part + form.completed_by).str.to_date(form.format, strict=False)
        days = days.zip_with(days.is_not_null(), read)
        if days.null_count() == text.null_count():
            break
    return days
