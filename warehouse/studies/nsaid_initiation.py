"""Who starts a non-steroidal anti-inflammatory drug (NSAID), and who is in hospital for bleeding within a year."""

from dataclasses import dataclass

import polars as pl

from warehouse import codelists, disclosure
from warehouse.epi.incidence import DAYS_A_YEAR, estimate_incidence
from warehouse.warehouse import Warehouse

NSAID_ATC = "M01A"  # WHO ATC: anti-inflammatory and antirheumatic products, non-steroids
BLEEDING = "gastro_intestinal_bleeding"
FOLLOW_UP_DAYS = 365
# PMSI: groups beginning with 90 are grouping errors; entry or exit mode 0 is a service done for another
# hospital, whose own stay is counted.
GROUPING_ERRORS, SERVICE_FOR_ANOTHER = "90", "0"
EVENTS_WANTED = 100  # enough for a 95 % interval of about ±20 % around a rate
# Assumption: hospital stays for gastro-intestinal bleeding among users of NSAID; no French figure is published.
# It, never this warehouse's own hidden count, sizes the question.
ASSUMED_BLEEDINGS_PER_PERSON_YEAR = 110 / 100_000
ASSUMPTION = f"an assumed rate of {ASSUMED_BLEEDINGS_PER_PERSON_YEAR * 100_000:.0f} per 100,000 person-years"
SIZE_STEP = 1_000
BLEEDING_LINE: dict[str, pl.DataType] = {
    "n_initiators": pl.Int64(),
    "n_hospitalised_for_bleeding": pl.Int64(),
    "is_withheld": pl.Boolean(),
    "rests_on": pl.String(),
    "n_persons_needed": pl.Int64(),
    "n_left_out": pl.Int64(),
}


@dataclass(frozen=True)
class NsaidInitiation:
    """What may be published: rates by sex and age band, and one row on bleeding (see `bleeding_line`)."""

    rates: pl.DataFrame
    bleeding: pl.DataFrame


def nsaid_initiation(warehouse: Warehouse) -> NsaidInitiation:
    """Incidence of NSAID initiation by sex and age band with margins, then bleeding for all; small cells withheld."""
    persons = warehouse.scan("dim_patient").filter(pl.col("patient_key") > 0)
    dispensings = find_dispensings(warehouse.scan("fact_drug_dispensing"), warehouse.scan("dim_drug"))
    incidence = estimate_incidence(persons, warehouse.scan("fact_observation_period"), dispensings)
    stays = find_bleedings(warehouse.scan("fact_hospital_stay"), warehouse.scan("dim_diagnosis"))
    return NsaidInitiation(
        disclosure.release(incidence.rates),
        bleeding_line(
            n_persons=persons.select(pl.len()).collect().item(),
            n_initiators=incidence.initiations["patient_key"].n_unique(),
            n_initiations=incidence.initiations.height,
            n_bleedings=count_followed(incidence.initiations, stays),
            n_left_out=incidence.n_left_out,
        ),
    )


def find_dispensings(dispensings: pl.LazyFrame, drugs: pl.LazyFrame) -> pl.LazyFrame:
    """One row per dispensing of an NSAID: `patient_key`, `event_date`."""
    nsaids = drugs.filter(pl.col("atc_code").str.starts_with(NSAID_ATC)).select("drug_key")
    return dispensings.join(nsaids, on="drug_key", how="semi").select("patient_key", event_date="dispensing_date")


def find_bleedings(stays: pl.LazyFrame, diagnoses: pl.LazyFrame) -> pl.LazyFrame:
    """One row per stay whose principal diagnosis is a gastro-intestinal bleeding: `patient_key`, `entry_date`.

    Left out: grouping errors and services done for another hospital.
    """
    codes = codelists.read(BLEEDING)["icd10_code"]
    listed = diagnoses.filter(pl.col("icd10_code").str.contains(f"^({'|'.join(codes)})")).select("diagnosis_key")
    # What is not recorded is no reason to leave a stay out.
    is_left_out = (
        pl.col("ghm_code").str.starts_with(GROUPING_ERRORS)
        | (pl.col("entry_mode") == SERVICE_FOR_ANOTHER)
        | (pl.col("exit_mode") == SERVICE_FOR_ANOTHER)
    ).fill_null(value=False)
    return (
        stays.filter(~is_left_out)
        .join(listed, left_on="principal_diagnosis_key", right_on="diagnosis_key", how="semi")
        .select("patient_key", "entry_date")
    )


def count_followed(initiations: pl.DataFrame, stays: pl.LazyFrame) -> int:
    """Persons with a stay that began 1 to 365 days, inclusive, after one of their initiations."""
    days = (pl.col("entry_date") - pl.col("event_date")).dt.total_days()
    pairs = initiations.lazy().join(stays, on="patient_key").filter(days.is_between(1, FOLLOW_UP_DAYS))
    return int(pairs.select(pl.col("patient_key").n_unique()).collect().item())


def bleeding_line(
    *, n_persons: int, n_initiators: int, n_initiations: int, n_bleedings: int, n_left_out: int
) -> pl.DataFrame:
    """One row: persons who initiated, those in hospital for bleeding within a year, and the size the question needs.

    `n_persons_needed`: persons in a warehouse like this one of whom 100 would bleed, rounded up to the thousand;
    from the shown count, else from the assumed rate and the shown initiators, else null.
    """
    # The rates show initiations: less the persons, they would tell how many started twice.
    initiators = disclosure.release_count(n_initiators, n_initiations - n_initiators)
    bleedings = disclosure.release_count(n_bleedings, n_initiators)
    expected = bleedings or (initiators or 0) * ASSUMED_BLEEDINGS_PER_PERSON_YEAR * FOLLOW_UP_DAYS / DAYS_A_YEAR
    needed = -(-EVENTS_WANTED * n_persons // (expected * SIZE_STEP)) * SIZE_STEP if expected else None
    row = (
        initiators,
        bleedings,
        bleedings is None,
        "the shown count" if bleedings else ASSUMPTION,
        None if needed is None else int(needed),
        disclosure.release_count(n_left_out),
    )
    return pl.DataFrame([row], schema=BLEEDING_LINE, orient="row")
