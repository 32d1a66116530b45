"""A small world, weighted to France, lies near the figures that its tables aim at."""

import polars as pl
import pytest

from schema.raw import DCIR_KEY
from tests.generators.conftest import Read

YEARS = 3


@pytest.fixture(scope="module")
def weights(persons: pl.DataFrame) -> pl.DataFrame:
    return persons.select("person", weight=pl.col("sampling_weight").cast(pl.Float64))


@pytest.fixture(scope="module")
def france(persons: pl.DataFrame) -> float:
    """People present on average: person-years a calendar year, weighted."""
    start, end = pl.date(2017, 1, 1), pl.date(2019, 12, 31)
    days = (pl.min_horizontal(pl.col("death_date").fill_null(end), end) - pl.max_horizontal("birth_date", start)).dt
    present = (days.total_days() + 1) / (YEARS * 365) * pl.col("sampling_weight").cast(pl.Float64)
    return float(persons.select(present.sum()).item())


def a_year(rows: pl.DataFrame, weights: pl.DataFrame, france: float, of: str | None = None) -> float:
    """Weighted rows, or sum of a column, a person-year."""
    weighted = rows.join(weights, on="person")
    size = pl.lit(1) if of is None else pl.col(of)
    return float(weighted.select((size * pl.col("weight")).sum()).item()) / france / YEARS


def test_population_is_that_of_france(france: float) -> None:
    # INSEE: 66.8 to 67.2 million from 2017 to 2019, overseas included.
    assert france == pytest.approx(67.0e6, rel=0.01)


def test_deaths_are_about_nine_a_thousand(persons: pl.DataFrame, weights: pl.DataFrame, france: float) -> None:
    # INSEE: 9.1 to 9.2 a thousand a year; here about 100 deaths carry nearly all the weight.
    died = persons.filter(pl.col("death_date").is_not_null())
    assert a_year(died, weights, france) * 1_000 == pytest.approx(9.1, abs=2.7)


def test_contacts_with_general_practitioners(claims: pl.DataFrame, weights: pl.DataFrame, france: float) -> None:
    # DREES: 3.3 to 3.8 an inhabitant.
    natures = [1110, 1111, 1109, 1211, 1191, 1192]
    contacts = claims.filter(pl.col("PSE_SPE_COD").is_in([1, 22]), pl.col("PRS_NAT_REF").is_in(natures))
    assert a_year(contacts, weights, france) == pytest.approx(3.7, abs=0.35)


def test_stays_are_about_280_a_thousand(
    abstracts: pl.DataFrame, persons: pl.DataFrame, weights: pl.DataFrame, france: float
) -> None:
    # ATIH and DREES: 18.6 million stays of 67 million people, 278 a thousand.
    alone = persons.filter(persons["BEN_NIR_PSA"].is_unique()).select("person", NIR_ANO_17="BEN_NIR_PSA")
    known = abstracts.join(alone, on="NIR_ANO_17")
    assert a_year(known, weights, france) * 1_000 == pytest.approx(280, rel=0.15)


def test_share_of_people_who_take_an_nsaid(
    claims: pl.DataFrame, read: Read, weights: pl.DataFrame, france: float
) -> None:
    nsaids = read("snds", "IR_PHA_R").filter(pl.col("PHA_ATC_CLA").str.starts_with("M01A"))["PHA_CIP_C13"].to_list()
    lines = read("snds", "ER_PHA_F").filter(pl.col("PHA_PRS_C13").is_in(nsaids)).join(claims, on=DCIR_KEY)
    users = lines.with_columns(year=pl.col("EXE_SOI_DTD").dt.year()).unique(["person", "year"])
    # Half of the users of Open Medic, as acute_drug.csv says: 0.17 courses an adult-year.
    assert a_year(users, weights, france) == pytest.approx(0.137, abs=0.02)


def test_lines_a_person_year_are_those_of_the_light_volume(
    claims: pl.DataFrame, weights: pl.DataFrame, france: float
) -> None:
    assert 22 < a_year(claims, weights, france) < 36


def test_packs_a_person_year(claims: pl.DataFrame, read: Read, weights: pl.DataFrame, france: float) -> None:
    packs = read("snds", "ER_PHA_F").join(claims, on=DCIR_KEY)
    assert a_year(packs, weights, france, of="PHA_ACT_QSN") == pytest.approx(15, abs=2.5)
