"""Hospital stays."""

import sqlalchemy as sa

from schema.base import Star, column, key, table_arguments


class FactHospitalStay(Star):
    """One row per hospital stay, day cases included; one stay, two witnesses.

    A stay at one of the four hospitals reaches the hub as the hospital's record and as a discharge abstract: the
    two are paired (same person, same hospital, entry and exit within one day, one to one) and become one row.
    What the abstract says stands; the hospital's record fills the rest. A few stay unpaired on either side.
    Source: T_MCOaaB and T_MCOaaC, `encounter` of the four hospitals.
    """

    __tablename__ = "fact_hospital_stay"
    __table_args__ = table_arguments(
        ("person_is_known", "patient_key > 0"),
        ("exit_not_before_entry", "exit_date >= entry_date"),
        ("has_a_witness", "is_in_pmsi or is_in_hospital_record"),
    )

    patient_key = key("person, dim_patient")
    stay_number = key("number of the stay within the person, from 1, by entry date")
    facility_key = column(sa.Integer, "hospital, dim_facility")
    entry_date = column(sa.Date, "day of admission")
    exit_date = column(sa.Date, "day of discharge, inclusive")
    length_of_stay_nights = column(sa.Integer, "nights; 0 for a day case")
    principal_diagnosis_key = column(sa.Integer, "principal diagnosis (DP), dim_diagnosis")
    ghm_code = column(sa.String, "stay group (GHM), 6 characters", null="not grouped")
    entry_mode = column(sa.String, "how the person came in: 6 unit change, 7 transfer, 8 home", null="not recorded")
    exit_mode = column(
        sa.String, "how the person left: 6 unit change, 7 transfer, 8 home, 9 death", null="not recorded"
    )
    is_in_pmsi = column(sa.Boolean, "a discharge abstract describes the stay")
    is_in_hospital_record = column(sa.Boolean, "the hospital's own record describes the stay")
