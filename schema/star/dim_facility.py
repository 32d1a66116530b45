"""Hospitals."""

import sqlalchemy as sa

from schema.base import Star, column, key


class DimFacility(Star):
    """One row per hospital, legal entity; 0 means no hospital given.

    FINESS numbers and names are invented. Source: `schema/reference/facility.csv`, key = line number.
    """

    __tablename__ = "dim_facility"

    facility_key = key("number of the hospital")
    facility_code = column(sa.String, "FINESS of the legal entity, 9 characters", null="no hospital given")
    facility_label = column(sa.String, "name", null="not in the reference")
    category = column(sa.String, "kind of hospital", null="not in the reference")
    department_code = column(sa.String, "department, 2 or 3 characters", null="not in the reference")
    is_emc2 = column(sa.Boolean, "one of the four hospitals whose own records are in the warehouse")
    is_in_reference = column(sa.Boolean, "false for a code met in the facts only")
