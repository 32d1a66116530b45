"""Diagnoses coded for a stay."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactStayDiagnosis(Star):
    """One row per stay, source, position and diagnosis as coded.

    A stay with two witnesses has its diagnoses from both: filter `source`, or count stays and not rows.
    Source: T_MCOaaB (DP, DR), T_MCOaaD (DAS), `diagnosis` of the four hospitals.
    """

    __tablename__ = "fact_stay_diagnosis"
    __table_args__ = table_arguments(
        ("person_is_known", "patient_key > 0"),
        ("source_is_known", "source in ('pmsi', 'hospital')"),
        ("position_is_known", "position in ('DP', 'DR', 'DAS')"),
    )

    patient_key = key("person, dim_patient")
    stay_number = key("stay, fact_hospital_stay with patient_key")
    diagnosis_number = key("number of the row within the stay, from 1")
    source = column(sa.String, "who coded it: pmsi or hospital")
    position = column(sa.String, "DP principal, DR related, DAS associated")
    diagnosis_key = column(sa.Integer, "diagnosis, dim_diagnosis")
    entry_date = column(sa.Date, "day of admission of the stay")
