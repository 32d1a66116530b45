"""The raw columns that some star table reads: only these leave their source."""

from pipelines.star import (
    dim_drug,
    dim_patient,
    fact_care_claim,
    fact_death,
    fact_drug_dispensing,
    fact_hospital_stay,
    fact_long_term_disease,
    fact_procedure,
    fact_stay_diagnosis,
)

_MODULES = (
    dim_drug,
    dim_patient,
    fact_care_claim,
    fact_death,
    fact_drug_dispensing,
    fact_hospital_stay,
    fact_long_term_disease,
    fact_procedure,
    fact_stay_diagnosis,
)


def _union() -> dict[str, tuple[str, ...]]:
    """Columns by raw table, each once, in the order in which the modules name them."""
    columns: dict[str, dict[str, None]] = {}
    for module in _MODULES:
        for table, names in module.READS.items():
            columns.setdefault(table, {}).update(dict.fromkeys(names))
    return {table: tuple(names) for table, names in columns.items()}


READS: dict[str, tuple[str, ...]] = _union()
