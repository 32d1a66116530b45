"""The generated blocks of `docs/explanation/privacy.md`: who holds what, its drawing, and what was measured."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emc2.circuit import drawing, page

PRIVACY = Path(__file__).parent / "explanation" / "privacy.md"
EXPOSURE = Path(__file__).parents[1] / "benchmarks" / "exposure.json"
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)


def filled(text: str) -> str:
    """The page with every generated block as the code and the measurements have it now."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_BLOCKS[found[2]]()}\n{found[3]}", text)


def exposure_table(found: dict[str, Any]) -> str:
    """What each party saw in one delivery, beside how much there was to see."""
    of_all = [
        ("custodian", "same-sex twins (agree on all but the first name)", "twin_pairs_seen", "same_sex_twin_pairs"),
        ("custodian", "who uses another name than at birth", "changed_names_seen", "persons_with_a_used_name"),
        (
            "custodian",
            "who is insured under another's number",
            "under_another_number_seen",
            "persons_under_another_number",
        ),
        ("custodian", "who was a patient of the cancer centre", "persons_seen_at_hospital_2", "register_records"),
        ("custodian", "who was a patient of a hospital", "persons_seen_at_a_hospital", "register_records"),
        ("custodian", "who was at two hospitals or more", "persons_seen_at_two_or_more", "persons_seen_at_a_hospital"),
        ("hub", "stays singled out without any key¹", "hospital_stays_singled_out", "hospital_stays"),
    ]
    rows = [f"| {who} | {what} | {found[seen]:,} | {found[there]:,} |" for who, what, seen, there in of_all]
    return "\n".join(["| who | learns | seen | there are |", "|---|---|---:|---:|", *rows])


_BLOCKS: dict[str, Callable[[], str]] = {
    "drawing": lambda: f"```mermaid\n{drawing()}\n```",
    "circuit": lambda: f"```\n{page()}\n```",
    "exposure": lambda: exposure_table(json.loads(EXPOSURE.read_text(encoding="utf-8"))),
}
