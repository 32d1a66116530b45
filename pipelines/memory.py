"""What a party remembers between its steps: three small files of counters in its own directory.

    sent.json       the last delivery it sent, by recipient
    received.json   the last delivery it received, by sender: an older one or the same is refused
    keyrings.json   the highest version of its keyring file that it used, by the id of the signing key

A number never falls, and changes only when a step has succeeded.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from schema.errors import SchemaViolation

SENT, RECEIVED, KEYRINGS = "sent.json", "received.json", "keyrings.json"


def recall(directory: Path, name: str) -> dict[str, int]:
    """The counters of one file; none where the party has not acted yet."""
    path = directory / name
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): int(number) for key, number in content.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise SchemaViolation(f"{path} cannot be read: restore it, for it says which deliveries there were.") from None


def remember(directory: Path, name: str, numbers: Mapping[str, int]) -> None:
    """Raise the counters to these numbers; the file is replaced in one rename."""
    before = recall(directory, name)
    after = before | {key: max(number, before.get(key, 0)) for key, number in numbers.items()}
    if after == before:
        return
    directory.mkdir(parents=True, exist_ok=True)
    beside = directory / f"{name}.next"
    beside.write_text(json.dumps(after, indent=1, sort_keys=True), encoding="utf-8")
    beside.replace(directory / name)
