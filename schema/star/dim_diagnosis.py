"""ICD-10 codes."""

import sqlalchemy as sa

from schema.base import Star, column, key


class DimDiagnosis(Star):
    """One row per ICD-10 code with the French extensions, no dot; 0 means no code given.

    Source: WHO and ATIH, CIM-10 FR à usage PMSI; `schema/reference/icd10.csv`, key = line number.
    """

    __tablename__ = "dim_diagnosis"

    diagnosis_key = key("number of the diagnosis")
    icd10_code = column(sa.String, "code without dot, 3 to 6 characters", null="no code given")
    icd10_label = column(sa.String, "official French label", null="not in the reference")
    icd10_category_code = column(sa.String, "first three characters of the code", null="no code given")
    chapter = column(sa.String, "chapter, Roman numeral", null="not in the reference")
    is_in_reference = column(sa.Boolean, "false for a code met in the facts only")
