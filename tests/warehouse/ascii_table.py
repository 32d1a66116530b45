"""Frames from ASCII tables, so that a test shows its rows."""

import polars as pl


def frame(text: str, **schema: pl.DataType | type[pl.DataType]) -> pl.LazyFrame:
    """A table of `a | b` lines, the first its header; an empty cell is null; a column without a type is text."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, *rows = lines
    cells = [[cell or None for cell in row] for row in rows]
    texts = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String()), orient="row")
    return texts.with_columns(
        pl.col(name).str.to_date() if dtype == pl.Date else pl.col(name).cast(dtype) for name, dtype in schema.items()
    ).lazy()


def periods(text: str) -> pl.LazyFrame:
    return frame(text, patient_key=pl.Int32, start_date=pl.Date, end_date=pl.Date)


def events(text: str) -> pl.LazyFrame:
    return frame(text, patient_key=pl.Int32, event_date=pl.Date)


def persons(text: str) -> pl.LazyFrame:
    return frame(text, patient_key=pl.Int32, sex_code=pl.Int16, birth_month_date=pl.Date)


def lines(table: pl.DataFrame) -> list[str]:
    """Rows as `a | b`, to compare with what a test writes out."""
    return [" | ".join(map(str, row)) for row in table.rows()]
