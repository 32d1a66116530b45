"""The star: one class a table. `TABLES` lists dimensions first, then facts, in load order."""

import sqlalchemy as sa

from schema.base import table_of
from schema.star.dim_care_nature import DimCareNature
from schema.star.dim_date import DimDate
from schema.star.dim_diagnosis import DimDiagnosis
from schema.star.dim_drug import DimDrug
from schema.star.dim_facility import DimFacility
from schema.star.dim_patient import DimPatient
from schema.star.dim_procedure import DimProcedure
from schema.star.fact_care_claim import FactCareClaim
from schema.star.fact_death import FactDeath
from schema.star.fact_drug_dispensing import FactDrugDispensing
from schema.star.fact_hospital_stay import FactHospitalStay
from schema.star.fact_long_term_disease import FactLongTermDisease
from schema.star.fact_observation_period import FactObservationPeriod
from schema.star.fact_procedure import FactProcedure
from schema.star.fact_stay_diagnosis import FactStayDiagnosis

CLASSES = (
    DimDate,
    DimFacility,
    DimDiagnosis,
    DimProcedure,
    DimDrug,
    DimCareNature,
    DimPatient,
    FactHospitalStay,
    FactStayDiagnosis,
    FactProcedure,
    FactCareClaim,
    FactDrugDispensing,
    FactLongTermDisease,
    FactDeath,
    FactObservationPeriod,
)
TABLES: dict[str, sa.Table] = {cls.__tablename__: table_of(cls) for cls in CLASSES}
GRAINS: dict[str, str] = {cls.__tablename__: (cls.__doc__ or "").strip() for cls in CLASSES}

BUCKET_PATIENTS = 8_192  # consecutive patient keys a part
UNKNOWN_KEY = 0  # member of every code dimension: no code given
FIRST_UNLISTED_KEY = 1_000_000  # codes that no reference holds count up from here
