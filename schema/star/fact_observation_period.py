"""When a person was under observation."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactObservationPeriod(Star):
    """One row per person and span without a gap of more than 365 days between care contacts.

    Rule `contacts_365`: from the first contact to the last contact + 365 days, cut at death and at the extraction
    date. A contact is a care claim or a day of a hospital stay. The SNDS has no enrolment table, so this is a choice
    and it shifts every rate: wash-out and person-years count inside it.
    """

    __tablename__ = "fact_observation_period"
    __table_args__ = table_arguments(
        ("person_is_known", "patient_key > 0"),
        ("end_not_before_start", "end_date >= start_date"),
    )

    patient_key = key("person, dim_patient")
    period_number = key("number of the span within the person, from 1")
    start_date = column(sa.Date, "first day of observation, inclusive")
    end_date = column(sa.Date, "last day of observation, inclusive")
