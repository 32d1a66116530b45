"""Which columns of a table land, which of them a row must have, and what stands in for a column that is not there."""

from pipelines.star.reads import READS
from schema.raw import DCIR_KEY, PARENTS, TABLES

_PERSON: dict[str, tuple[str, ...]] = {
    "ER_PRS_F": ("BEN_NIR_PSA", "BEN_RNG_GEM"),
    "IR_BEN_R": ("BEN_NIR_PSA", "BEN_RNG_GEM", "BEN_IDT_ANO"),
    "IR_IMB_R": ("BEN_NIR_PSA", "BEN_RNG_GEM"),
    "T_MCOaaC": ("NIR_ANO_17",),
}
_STAY = ("ETA_NUM", "RSA_NUM")

# A row without one of these is no fact: nobody's, undated, or joined to nothing. Everything else may be
# absent: a number of a row within its parent too, for a key with a null in it repeats no other.
REQUIRED: dict[str, tuple[str, ...]] = {
    "ER_PRS_F": ("BEN_NIR_PSA", "EXE_SOI_DTD", *DCIR_KEY),
    "ER_PHA_F": (*DCIR_KEY, "PHA_ACT_QSN"),
    "IR_BEN_R": ("BEN_NIR_PSA",),
    "IR_IMB_R": ("BEN_NIR_PSA", "IMB_ALD_DTD"),
    "IR_PHA_R": ("PHA_CIP_C13",),
    "T_MCOaaC": (*_STAY, "EXE_SOI_DTD", "EXE_SOI_DTF"),
    "T_MCOaaB": _STAY,
    "T_MCOaaD": (*_STAY, "ASS_DGN"),
    "T_MCOaaA": (*_STAY, "CDC_ACT"),
}
# The rank tells twins apart; an extract without it has one person a pseudonym.
DEFAULTS: dict[str, int] = {"BEN_RNG_GEM": 0}

# Names under which an extract gives a column: pseudonyms of its own, and a column's older or shorter name.
_CLAIMS_ALIASES = {"NUM_ENQ": "BEN_NIR_PSA", "NUM_ENQ_ANO": "BEN_NIR_ANO", "NUM_ENQ_IDT": "BEN_IDT_ANO"}
ALIASES: dict[str, dict[str, str]] = {
    "ER_PRS_F": _CLAIMS_ALIASES,
    "IR_BEN_R": _CLAIMS_ALIASES,
    "IR_IMB_R": _CLAIMS_ALIASES,
    "IR_PHA_R": {"PHA_ATC_C07": "PHA_ATC_CLA"},
    "T_MCOaaC": {"NUM_ENQ": "NIR_ANO_17"},
}


def landed_columns(table: str) -> tuple[str, ...]:
    """Columns that anything downstream reads, in the official order; no other is landed."""
    join = PARENTS.get(table, ("", ()))[1]
    wanted = {*READS[table], *TABLES[table].key, *join, *_PERSON.get(table, ())}
    return tuple(name for name in TABLES[table].schema if name in wanted)


def found_as(table: str, header: list[str]) -> dict[str, str]:
    """Landed column → its name in the file, in any case; a column under its own name goes before its alias."""
    names = {name.strip().upper(): name for name in header}
    wanted = landed_columns(table)
    found = {name: names[name] for name in wanted if name in names}
    for alias, name in ALIASES.get(table, {}).items():
        if alias in names and name in wanted:
            found.setdefault(name, names[alias])
    return found
