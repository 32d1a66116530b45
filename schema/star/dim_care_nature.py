"""Natures of care."""

import sqlalchemy as sa

from schema.base import Star, column, key


class DimCareNature(Star):
    """One row per nature of service (`PRS_NAT_REF`); 0 means no code given.

    Source: CNAM, value table IR_NAT_V; `schema/reference/care_nature.csv`, key = line number.
    """

    __tablename__ = "dim_care_nature"

    care_nature_key = key("number of the nature of service")
    care_nature_code = column(sa.Integer, "PRS_NAT_REF", null="no code given")
    care_nature_label = column(sa.String, "label, written here", null="not in the reference")
    family = column(
        sa.String,
        "family of care: consultation, pharmacy, laboratory …",
        null="not in the reference",
    )
    is_in_reference = column(sa.Boolean, "false for a code met in the facts only")
