"""Deaths."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactDeath(Star):
    """One row per person known to have died.

    The date is that of the SNDS register (IR_BEN_R; 1600-01-01 there means none). No cause yet.
    """

    __tablename__ = "fact_death"
    __table_args__ = table_arguments(("person_is_known", "patient_key > 0"))

    patient_key = key("person, dim_patient")
    death_date = column(sa.Date, "day of death")
    death_date_source = column(sa.String, "where the date was found: IR_BEN_R")
