"""CCAM codes."""

import sqlalchemy as sa

from schema.base import EUROS, Star, column, key


class DimProcedure(Star):
    """One row per CCAM act; 0 means no code given.

    Source: CNAM, CCAM; `schema/reference/ccam.csv`, key = line number.
    """

    __tablename__ = "dim_procedure"

    procedure_key = key("number of the act")
    ccam_code = column(sa.String, "code, 4 letters and 3 digits", null="no code given")
    ccam_label = column(sa.String, "official short French label", null="not in the reference")
    tariff_eur = column(EUROS, "tariff of activity 1, sector 1, in euros", null="no tariff of its own")
    is_in_reference = column(sa.Boolean, "false for a code met in the facts only")
