"""Drug presentations."""

import sqlalchemy as sa

from schema.base import EUROS, Star, column, key


class DimDrug(Star):
    """One row per presentation (CIP13) as the SNDS drug table `IR_PHA_R` describes it; 0 means no code given.

    Order and key: `schema/reference/drug.csv`, key = line number; what the received `IR_PHA_R` says stands.
    """

    __tablename__ = "dim_drug"

    drug_key = key("number of the presentation")
    cip13_code = column(sa.BigInteger, "13-digit presentation code", null="no code given")
    ucd13_code = column(sa.String, "dispensing unit, 13 characters", null="not described")
    drug_label = column(sa.String, "name of the product", null="not described")
    atc_code = column(sa.String, "ATC, 7 characters", null="not described")
    atc_label = column(sa.String, "label of the ATC code", null="not described")
    substance_label = column(sa.String, "active substance", null="not described")
    pack_units = column(sa.Integer, "units in one pack", null="not counted in units")
    strength = column(sa.String, "strength of one unit, as text", null="not a single strength")
    strength_unit = column(sa.String, "unit of the strength", null="not a single strength")
    pack_price_eur = column(
        EUROS,
        "public price of one pack in euros, fee not included",
        null="not described",
    )
    reimbursement_rate_percent = column(sa.SmallInteger, "rate of reimbursement", null="not described")
    is_in_reference = column(sa.Boolean, "false for a code that neither list describes")
