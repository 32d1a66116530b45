"""`emc2 circuit`: who holds what at each step of the circuit → text and a drawing, made from the code.

Letters are those of `pipelines/roads.py`, secrets those of the keyrings, tables of a party those that are declared.
"""

from textwrap import fill

from pipelines.keys import PURPOSES
from pipelines.match_keys import PASSES
from pipelines.parties import ACTS
from pipelines.register import SCHEMA as REGISTER_SCHEMA
from pipelines.roads import Letter, road
from pipelines.vault import SCHEMA as VAULT_SCHEMA
from schema.layout import HOSPITALS, MAIL, PARTIES
from schema.raw import DCIR_TABLES, FUNDS_TABLES, HOSPITAL_TABLES
from schema.star import TABLES

_WIDTH = 110
_KEEPS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(HOSPITALS, HOSPITAL_TABLES),
    "funds": FUNDS_TABLES,
    "snds": (*DCIR_TABLES, "IR_PHA_R", "T_MCO..C, B, D, A of each year"),
    "custodian": (f"vault {{{', '.join(VAULT_SCHEMA)}}}",),
    "hub": (f"register {{{', '.join(REGISTER_SCHEMA)}}}", *TABLES),
}


def page() -> str:
    """A paragraph a step: what the party holds, which secrets, and what leaves it to whom."""
    steps = [HOSPITALS, ("funds",), ("snds",), ("custodian",), ("hub",)]
    return "\n\n".join(_step(number, parties) for number, parties in enumerate(steps, 1))


def drawing() -> str:
    """The roads as a flow chart (Mermaid); the hospitals are one box, for they do alike."""
    boxes = {party: "hospital" if party in HOSPITALS else party for party in PARTIES}
    lines = [f"    {box}[{_box(party, box)}]" for party, box in boxes.items() if party not in HOSPITALS[1:]]
    arrows = {
        f"    {boxes[sender]} -->|{_arrow(road(sender, recipient))}| {boxes[recipient]}": None
        for sender in PARTIES
        for recipient in MAIL[sender]
    }
    return "\n".join(["flowchart LR", *lines, *arrows])


def _step(number: int, parties: tuple[str, ...]) -> str:
    party = parties[0]
    name = party if len(parties) == 1 else f"{party} to {parties[-1]}"
    lines = [
        f"{number}. {name}: {ACTS[party]}",
        _wrapped("secrets  ", ", ".join(PURPOSES[party])),
        _wrapped("keeps    ", ", ".join(_KEEPS[party])),
    ]
    for recipient in MAIL[party]:
        tables = [f"{name} {{{', '.join(columns)}}}" for name, columns in _folded(road(party, recipient)).items()]
        lines += [f"   sealed to {recipient}", *(_wrapped("         ", table) for table in tables)]
    return "\n".join(lines if MAIL[party] else [*lines, "   sends nothing: nothing returns to a source"])


def _folded(letter: Letter) -> Letter:
    """Match-keys of all passes as one line, for they have the same columns."""
    first = f"match_keys_{PASSES[0].name}"
    folded = {name: columns for name, columns in letter.items() if not name.startswith("match_keys_")}
    if first in letter:
        folded[f"match_keys of {len(PASSES)} passes"] = letter[first]
    return folded


def _wrapped(label: str, text: str) -> str:
    return fill(text, _WIDTH, initial_indent=f"   {label}", subsequent_indent=" " * (len(label) + 3))


def _box(party: str, box: str) -> str:
    title = f"{len(HOSPITALS)} hospitals" if box == "hospital" else party
    return f'"{title}<br>secrets: {", ".join(PURPOSES[party])}"'


def _arrow(letter: Letter) -> str:
    """What a road carries, in few words: its tables, or `care` where it carries care."""
    names = ["care under matching ids"] if any(n in HOSPITAL_TABLES + DCIR_TABLES for n in letter) else []
    names += ["match_keys"] if any(name.startswith("match_keys_") for name in letter) else []
    others = ("persons", "tokens", "wishes", "matching", "answers", "orders")
    return '"' + ", ".join([*(name for name in others if name in letter), *names]) + '"'
