"""Drugs dispensed in town."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactDrugDispensing(Star):
    """One row per person, dispensing date, presentation and prescription, cancelled lines netted out.

    A prescription is known by its date and the prescriber's specialty. Lines that add up to no pack are filtered
    (rule `netted_to_nothing`). No money here: it is additive in `fact_care_claim` only. Drugs given within a
    hospital stay are not in it. Source: ER_PHA_F with ER_PRS_F by the nine-column join.
    """

    __tablename__ = "fact_drug_dispensing"
    __table_args__ = table_arguments(("person_is_known", "patient_key > 0"), ("packs_are_left", "quantity_packs > 0"))

    patient_key = key("person, dim_patient")
    dispensing_number = key("number of the dispensing within the person, from 1, by date")
    dispensing_date = column(sa.Date, "day of delivery")
    prescription_date = column(sa.Date, "day of prescription", null="not recorded")
    drug_key = column(sa.Integer, "presentation, dim_drug")
    prescribing_specialty_code = column(sa.SmallInteger, "specialty of the prescriber", null="not recorded")
    quantity_packs = column(sa.Integer, "packs delivered, net of cancellations")
    n_source_lines = column(sa.Integer, "lines of ER_PHA_F merged into the row")
