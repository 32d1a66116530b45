"""The sources' tables under their own names, one CSV each; which source has which, and how they join."""

from pathlib import Path

from schema.configuration import Configuration
from schema.frames import DeclaredTable, read_declarations

TABLES: dict[str, DeclaredTable] = read_declarations(Path(__file__).parent)

HOSPITAL_TABLES = ("patient", "encounter", "diagnosis", "procedure")
FUNDS_TABLES = ("beneficiary",)
DCIR_TABLES = ("ER_PRS_F", "ER_PHA_F", "IR_BEN_R", "IR_IMB_R")
PMSI_LETTERS = ("B", "C", "D", "A")

# Nine columns join ER_PRS_F to every table that details it; order: primary key in schema-snds.
DCIR_KEY = (
    "FLX_DIS_DTD",
    "FLX_TRT_DTD",
    "FLX_EMT_TYP",
    "FLX_EMT_NUM",
    "FLX_EMT_ORD",
    "ORG_CLE_NUM",
    "DCT_ORD_NUM",
    "PRS_ORD_NUM",
    "REM_TYP_AFF",
)

# A table without a person column reaches its person through a parent: (parent, columns of the join).
PARENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ER_PHA_F": ("ER_PRS_F", DCIR_KEY),
    "T_MCOaaB": ("T_MCOaaC", ("ETA_NUM", "RSA_NUM")),
    "T_MCOaaD": ("T_MCOaaC", ("ETA_NUM", "RSA_NUM")),
    "T_MCOaaA": ("T_MCOaaC", ("ETA_NUM", "RSA_NUM")),
    "diagnosis": ("encounter", ("encounter_number",)),
    "procedure": ("encounter", ("encounter_number",)),
}


def pmsi_folder(letter: str, year: int) -> str:
    """Name of a PMSI table of one exit year, as on the portal: `T_MCO19B`."""
    return f"T_MCO{year % 100:02d}{letter}"


def declaration(folder: str) -> DeclaredTable:
    """The declaration of a folder's table: `T_MCO19B` is a `T_MCOaaB`."""
    if folder.startswith("T_MCO") and folder not in TABLES:
        folder = f"T_MCOaa{folder[7:]}"
    return TABLES[folder]


def folders(source: str, configuration: Configuration) -> tuple[str, ...]:
    """Folders of a source, `IR_PHA_R` (one file, no person) included."""
    if source == "funds":
        return FUNDS_TABLES
    if source != "snds":
        return HOSPITAL_TABLES
    pmsi = (pmsi_folder(x, year) for year in configuration.exit_years for x in PMSI_LETTERS)
    return (*DCIR_TABLES, "IR_PHA_R", *pmsi)
