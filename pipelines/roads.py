"""Which tables and columns go from whom to whom: the roads of the circuit, made from what the steps themselves use.

Nothing here is written down a second time: who writes to whom is `MAIL`, what leaves a source is what some star table
reads in the form its privacy tag allows, passes and schemas are those of the sending step. A test opens letters that
were really sent and compares.
"""

import polars as pl

from pipelines.match_keys import PASSES
from pipelines.orders import ORDERS_SCHEMA
from pipelines.pseudonymise import PERSONS_SCHEMA, TOKENS_SCHEMA, outgoing
from pipelines.snds_persons import SndsPersons
from pipelines.star.reads import READS
from schema.layout import HOSPITALS, MAIL, PARTIES
from schema.raw import HOSPITAL_TABLES, TABLES

ID = "idacc"  # the matching id
NO_PERSON = ("IR_PHA_R",)  # rows of it are about no person and travel without a matching id
Letter = dict[str, tuple[str, ...]]  # table → columns

_PERSONS: Letter = {"persons": tuple(PERSONS_SCHEMA)}
_IDENTITIES: Letter = {
    **_PERSONS,
    "tokens": tuple(TOKENS_SCHEMA),
    **{f"match_keys_{one.name}": (ID, "key") for one in PASSES},
}
_ANSWERS: Letter = {
    "answers": ("source", ID, "pseudonym", "linkage", "pass", "quality", "reason"),
    "orders": tuple(ORDERS_SCHEMA),
}


def road(sender: str, recipient: str) -> Letter:
    """Columns by table of the letter between two parties; PMSI tables by their name without the year."""
    match sender, recipient:
        case "custodian", "hub":
            return _ANSWERS
        case "funds", "snds":
            return {"matching": (ID, *SndsPersons.CLAIMS)}
        case "snds", "custodian":
            return _PERSONS
        case "funds", "custodian":
            return _IDENTITIES
        case _, "custodian":
            return _IDENTITIES | {"wishes": ("handle", "wish")}
        case _, "hub":
            return {name: _care(name) for name in READS if (name in HOSPITAL_TABLES) == (sender in HOSPITALS)}
    return {}


def roads() -> dict[tuple[str, str], Letter]:
    """Every road, in the order of the parties."""
    return {(sender, recipient): road(sender, recipient) for sender in PARTIES for recipient in MAIL[sender]}


def _care(name: str) -> tuple[str, ...]:
    """The columns of a care table that may leave its source, and the matching id in place of the person's number."""
    table = TABLES[name]
    leaving = pl.DataFrame(schema=table.schema).select(outgoing(table, READS[name])).columns
    return tuple(leaving) if name in NO_PERSON else (ID, *leaving)
