"""Each party's step, as the conductor and `emc2 party` play it: keyring, directory and mail → letters and a ledger.

A party opens its own directory, its own keyring and its own mail, and needs no manifest of the workspace: whatever it
must know stands in its directory or in a letter.
"""

import json
from pathlib import Path

from pipelines.keys import Keyrings
from pipelines.ledger import Ledger, Tally
from pipelines.link import confirm, link
from pipelines.post import next_delivery
from pipelines.route import receive
from pipelines.send import funds_send, hospital_send, snds_send
from schema.configuration import Configuration, configuration_from_json
from schema.errors import MissingStage, SchemaViolation
from schema.layout import HOSPITALS, Workspace

SEND, LINK, RECEIVE = "send", "link", "receive"
ACTS: dict[str, str] = {
    **dict.fromkeys((*HOSPITALS, "funds", "snds"), SEND),
    "custodian": LINK,
    "hub": RECEIVE,
}


def play_send(party: str, workspace: Workspace, keyrings: Keyrings, delivery: int | None = None) -> Ledger:
    """A source's letters; without a number the delivery follows the last one that this source sent.

    The SNDS takes its number from the funds' letter.
    """
    directory = existing_home(party, workspace)
    keyring = keyrings.open(party, directory)
    if party == "snds":
        ledger = snds_send(keyring, directory, workspace.post, _exit_years(directory))
    else:
        step = funds_send if party == "funds" else hospital_send
        ledger = step(keyring, directory, workspace.post, delivery or next_delivery(directory))
    write_ledger(ledger, directory)
    return ledger


def play_link(workspace: Workspace, keyrings: Keyrings) -> Ledger:
    """The custodian's vault, and its answers to the hub."""
    directory = workspace.custodian
    ledger = link(keyrings.open("custodian", directory), directory, workspace.post)
    write_ledger(ledger, directory)
    return ledger


def play_receive(workspace: Workspace, keyrings: Keyrings) -> dict[str, Tally]:
    """The hub's register and buckets; returns rows and cents by table."""
    return receive(keyrings.open("hub", workspace.hub), workspace.hub, workspace.post)


def confirm_custodian(workspace: Workspace, keyrings: Keyrings) -> None:
    """Refuse keyrings under which this workspace's vault was not made."""
    confirm(keyrings.open("custodian", workspace.custodian), workspace.custodian)


def write_ledger(ledger: Ledger, directory: Path) -> None:
    """A party keeps the ledger of its last step."""
    (directory / "ledger.json").write_text(json.dumps(ledger.as_json(), indent=1), encoding="utf-8")


def existing_home(party: str, workspace: Workspace) -> Path:
    """A source's own directory; MissingStage where it is not here."""
    directory = workspace.home(party)
    if not directory.is_dir():
        raise MissingStage(f"{directory} is absent: run `emc2 generate`, or name another --workspace.")
    return directory


def _exit_years(directory: Path) -> range:
    """The years of discharge abstracts, as the source's own manifest says."""
    path = directory / "manifest.json"
    try:
        said = configuration_from_json(json.loads(path.read_text(encoding="utf-8"))["configuration"])
    except FileNotFoundError:
        raise MissingStage(f"{directory} holds no source: run `emc2 generate`, or import it again.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SchemaViolation(f"{path} cannot be read: build a fresh workspace.") from None
    if not isinstance(said, Configuration):
        raise SchemaViolation(f"{path} does not say which years it covers: build a fresh workspace.")
    return said.exit_years
