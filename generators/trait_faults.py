"""Date of birth, sex and place of birth as a hospital recorded them."""

from collections.abc import Mapping

import polars as pl

from generators import fault_rates
from generators.arrays import Bools
from generators.block import Block
from generators.days import dates
from generators.fault_rates import HOSPITALS, NONE

DAYS_OF_EVERY_MONTH = 28


def recorded_traits(block: Block, who: pl.DataFrame, groups: Mapping[str, Bools]) -> pl.DataFrame:
    """One row a record: birth_date, sex, birth_place_code (null if not recorded), and the label of each."""
    families = ("date_fault", "sex_fault", "place_fault")
    labels = pl.DataFrame([fault_rates.draw(block, HOSPITALS, family, groups, who.height) for family in families])
    later = block.stream("mistyped day").integers(1, DAYS_OF_EVERY_MONTH, size=who.height)
    frame = pl.concat([who.select("sex", "birth_place_code", "residence_commune_code"), labels], how="horizontal")
    frame = frame.with_columns(dates(who["birth"].to_numpy()).alias("birth_date"), pl.Series("later", later))
    place = pl.col("place_fault")
    return frame.select(
        _birth_date(),
        pl.when(pl.col("sex_fault") == NONE).then("sex").otherwise(3 - pl.col("sex")).alias("sex"),
        pl.when(place == "wrong")
        .then("residence_commune_code")
        .when(place == NONE)
        .then("birth_place_code")
        .alias("birth_place_code"),
        *families,
    )


def _birth_date() -> pl.Expr:
    true, kind = pl.col("birth_date"), pl.col("date_fault")
    year, month, day = true.dt.year(), true.dt.month(), true.dt.day()
    # Another day that every month has, whatever the true one is.
    other = (day.cast(pl.Int64) - 1 + pl.col("later")) % DAYS_OF_EVERY_MONTH + 1
    swapped = pl.when(day <= 12).then(pl.date(year, day, month))
    return (
        pl.when(kind == "swapped")
        .then(swapped)
        .when(kind == "mistyped")
        .then(pl.date(year, month, other))
        .when(kind == "first_of_january")
        .then(pl.date(year, 1, 1))
        .otherwise(true)
        .alias("birth_date")
    )
