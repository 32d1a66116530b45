"""Acts."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactProcedure(Star):
    """One row per person, stay, date, CCAM act, activity and phase; both witnesses of one act are one row.

    Source: T_MCOaaA, `procedure` of the four hospitals.
    """

    __tablename__ = "fact_procedure"
    __table_args__ = table_arguments(
        ("person_is_known", "patient_key > 0"),
        ("has_a_witness", "is_in_pmsi or is_in_hospital_record"),
    )

    patient_key = key("person, dim_patient")
    act_number = key("number of the act within the person, from 1, by date")
    stay_number = column(sa.Integer, "stay, fact_hospital_stay with patient_key")
    facility_key = column(sa.Integer, "hospital, dim_facility")
    procedure_date = column(sa.Date, "day of the act", null="not recorded")
    procedure_key = column(sa.Integer, "act, dim_procedure")
    activity_code = column(sa.String, "activity: 1 operator, 4 anaesthetist, others", null="not recorded")
    phase_code = column(sa.String, "phase; 0 when the act has but one", null="not recorded")
    quantity = column(sa.Integer, "times the act was done that day, 1 where no number is recorded")
    is_in_pmsi = column(sa.Boolean, "a discharge abstract names the act")
    is_in_hospital_record = column(sa.Boolean, "the hospital's own record names the act")
    n_source_rows = column(sa.Integer, "source rows merged into this one")
