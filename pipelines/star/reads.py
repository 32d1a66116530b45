"""The raw columns that some star table reads: only these leave their source."""

from pipelines.star import (
    care_claim,
    death,
    drug,
    drug_dispensing,
    hospital_stay,
    long_term_disease,
    patient,
    procedure,
    stay_diagnosis,
)

_MODULES = (
    care_claim,
    death,
    drug,
    drug_dispensing,
    hospital_stay,
    long_term_disease,
    patient,
    procedure,
    stay_diagnosis,
)


def _union() -> dict[str, tuple[str, ...]]:
    """Columns by raw table, each once, in the order in which the modules name them."""
    columns: dict[str, dict[str, None]] = {}
    for module in _MODULES:
        for table, names in module.READS.items():
            columns.setdefault(table, {}).update(dict.fromkeys(names))
    return {table: tuple(names) for table, names in columns.items()}


READS: dict[str, tuple[str, ...]] = _union()
