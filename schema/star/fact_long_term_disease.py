"""Exemptions for long-term disease (ALD)."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactLongTermDisease(Star):
    """One row per person, long-term disease and period, renewals merged.

    Periods of one disease that touch or overlap are one. The register is medical and administrative: it shows who
    asked, not who is ill (traps.csv B3, B4). Source: IR_IMB_R; end 1600-01-01 means still open.
    """

    __tablename__ = "fact_long_term_disease"
    __table_args__ = table_arguments(
        ("person_is_known", "patient_key > 0"),
        ("end_not_before_start", "end_date >= start_date"),
    )

    patient_key = key("person, dim_patient")
    disease_number = key("number of the row within the person, from 1, by start date")
    ald_number = column(sa.SmallInteger, "list number 1 to 30; 31 and 32 off the list", null="not recorded")
    diagnosis_key = column(sa.Integer, "disease granted, dim_diagnosis")
    start_date = column(sa.Date, "first day of the exemption")
    end_date = column(sa.Date, "last day of the exemption, inclusive", null="still open")
    n_source_rows = column(sa.Integer, "rows of IR_IMB_R merged into the row")
