"""Frames as text tables, CSV, JSON or Parquet, and a study's answer as a page of text."""

from typing import BinaryIO, Literal, get_args

import polars as pl

from schema.errors import SettingsError
from schema.layout import SYNTHETIC
from warehouse.disclosure import SMALLEST_COUNT
from warehouse.epi.incidence import WASHOUT_DAYS
from warehouse.studies.nsaid_initiation import EVENTS_WANTED, FOLLOW_UP_DAYS, NSAID_ATC, NsaidInitiation

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
WITHHELD = "withheld"


def write_frame(frame: pl.DataFrame, format_: str, stream: BinaryIO) -> None:
    """Write a frame to a binary stream in one of `FORMATS`; text is UTF-8 and ends in a line feed."""
    match format_:
        case "table":
            stream.write(f"{text_table(frame)}\n".encode())
        case "csv":
            if any(dtype.is_nested() for dtype in frame.dtypes):
                raise SettingsError("CSV holds no lists or structures: cast them to text, or use --format json.")
            stream.write(frame.write_csv().encode())
        case "json":
            stream.write(f"{frame.write_json()}\n".encode())
        case "parquet":
            frame.write_parquet(stream)
        case _:
            raise SettingsError(f"--format must be one of {', '.join(FORMATS)}.")


def text_table(frame: pl.DataFrame) -> str:
    """Every row and column of a frame in aligned columns, numbers on the right, null as an empty cell."""
    texts = [_texts(column) for column in frame.iter_columns()]
    widths = [max(len(text) for text in column) for column in texts]
    padded = [
        [text.rjust(width) if column.dtype.is_numeric() else text.ljust(width) for text in cells]
        for column, cells, width in zip(frame.iter_columns(), texts, widths, strict=True)
    ]
    head, *body = ("  ".join(cells).rstrip() for cells in zip(*padded, strict=True))
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([head, rule, *body])


def study_page(answer: NsaidInitiation) -> str:
    """The answer of `nsaid_initiation` as a page of plain text."""
    line = answer.bleeding.row(0, named=True)
    needed = line["n_persons_needed"]
    size = "cannot be said" if needed is None else f"{needed:,}"
    return "\n".join(
        [
            f"Initiation of an NSAID (ATC {NSAID_ATC}) after {WASHOUT_DAYS} days without one, exact 95 % intervals",
            "",
            text_table(_shown(answer.rates)),
            "",
            f"Persons who initiated: {_count(line['n_initiators'])}",
            f"In hospital for gastro-intestinal bleeding within {FOLLOW_UP_DAYS} days: "
            f"{_count(line['n_hospitalised_for_bleeding'])}",
            f"Persons a warehouse needs for {EVENTS_WANTED} such bleedings: {size} (from {line['rests_on']})",
            f"Left out, sex or month of birth unknown: {_count(line['n_left_out'])}",
            f"Withheld: a count of 1 to {SMALLEST_COUNT - 1} persons or events, or what would give one back.",
            SYNTHETIC,
        ]
    )


def _texts(column: pl.Series) -> list[str]:
    shown = column.round(2).cast(pl.Decimal(38, 2)) if column.dtype.is_float() else column
    if shown.dtype.is_nested() or shown.dtype == pl.Binary():
        return [column.name, *map(str, shown.to_list())]
    return [column.name, *shown.cast(pl.String).fill_null("").to_list()]


def _shown(rates: pl.DataFrame) -> pl.DataFrame:
    """The table with the word for what is withheld, so that an empty cell means no person-time alone."""
    note = pl.when("is_withheld").then(pl.lit(WITHHELD)).otherwise(pl.lit("")).alias("note")
    return rates.with_columns(note).drop("is_withheld")


def _count(count: int | None) -> str:
    return WITHHELD if count is None else f"{count:,}"
