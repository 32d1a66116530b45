"""Lines of town care."""

import sqlalchemy as sa

from schema.base import EUROS, Star, column, key, table_arguments


class FactCareClaim(Star):
    """One row per line of ER_PRS_F as received, cancellations included; the only place where town money is additive.

    Quantities and amounts are signed: a cancelling line is negative, so sums are right and counts of lines are not
    counts of acts. No reason and no diagnosis stands on a town visit, in the SNDS either.
    Source: ER_PRS_F; `DPN_QLF` 71 marks copies of hospital outpatient care (traps.csv R7). An imported extract may
    lack columns: quantities and amounts are then null, never 0.
    """

    __tablename__ = "fact_care_claim"
    __table_args__ = table_arguments(("person_is_known", "patient_key > 0"))

    patient_key = key("person, dim_patient")
    claim_number = key("number of the line within the person, from 1, by care date")
    care_date = column(sa.Date, "first day of care; day of delivery for a drug")
    prescription_date = column(sa.Date, "day of prescription", null="care not prescribed")
    flux_month_date = column(
        sa.Date, "first day of the month in which the line was made available", null="not in the imported extract"
    )
    care_nature_key = column(sa.Integer, "nature of service, dim_care_nature")
    executing_specialty_code = column(
        sa.SmallInteger,
        "specialty of the executant, 0 no physician",
        null="not recorded",
    )
    prescribing_specialty_code = column(sa.SmallInteger, "specialty of the prescriber", null="care not prescribed")
    exemption_code = column(
        sa.SmallInteger, "exemption from co-payment: 0 none or none named, 41 to 46 long-term disease"
    )
    is_for_information = column(
        sa.Boolean,
        "marked as a copy of hospital outpatient care; leave out with the abstracts at hand",
    )
    quantity = column(sa.Numeric(18, 2), "acts, signed", null="not in the imported extract")
    fee_eur = column(EUROS, "charged in all, euros, signed", null="not in the imported extract")
    excess_fee_eur = column(EUROS, "charged above the tariff, euros, signed", null="not in the imported extract")
    base_eur = column(
        EUROS,
        "tariff on which the reimbursement is computed, euros, signed",
        null="not in the imported extract",
    )
    reimbursed_eur = column(
        EUROS,
        "paid by compulsory insurance, act and supplement, euros, signed",
        null="neither in the imported extract",
    )
    reimbursement_rate_percent = column(sa.Numeric(18, 2), "rate applied, per cent", null="not in the imported extract")
