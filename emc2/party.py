"""Plays one party's step by hand and says what it sent, linked or received, in counts."""

from collections.abc import Callable
from pathlib import Path

from pipelines.keys import Keyrings
from pipelines.ledger import Ledger, Tally
from pipelines.lock import held
from pipelines.orders import WISHES
from pipelines.parties import ACTS, LINK, SEND, existing_home, play_link, play_receive, play_send
from pipelines.wishes import note
from schema.errors import SettingsError
from schema.layout import HOSPITALS, MAIL, Workspace


def play(party: str, act: str, workspace: Workspace, keyrings: Callable[[], Keyrings], delivery: int | None) -> None:
    """Check that the party can do this, do it, and print counts; the keyrings are asked for last."""
    if party not in ACTS:
        raise SettingsError(f"No party has that name: {', '.join(ACTS)} are those there are.")
    if act in WISHES:
        raise SettingsError(f"To {act} is a patient's wish: name her by --patient-number-file.")
    if act != ACTS[party]:
        raise SettingsError(f"What {party} does is called {ACTS[party]}: `emc2 party {party} {ACTS[party]}`.")
    if delivery is not None and (act != SEND or party == "snds"):
        raise SettingsError("--delivery is for the hospitals and the funds: the others take it from the letters.")
    if not workspace.root.is_dir():
        raise SettingsError(f"{workspace.root} is absent: name a --workspace that holds {party}'s directory.")
    opened = keyrings()
    with held(workspace):
        if act == SEND:
            _print_sent(party, play_send(party, workspace, opened, delivery))
        elif act == LINK:
            _print_linked(play_link(workspace, opened))
        else:
            _print_received(play_receive(workspace, opened))


def note_wish(party: str, wish: str, workspace: Workspace, file: Path) -> None:
    """Note one wish of the patients whose local numbers are in the file, at their hospital, for its next letter."""
    if party not in HOSPITALS:
        raise SettingsError("A wish enters where the patient is known: name a hospital.")
    if wish not in WISHES:
        raise SettingsError(f"--patient-number-file goes with a wish: {', '.join(WISHES)}.")
    try:
        numbers = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError):
        raise SettingsError(f"{file} cannot be read: name a text file with one local patient number a line.") from None
    directory = existing_home(party, workspace)
    with held(workspace):
        n = note(directory, wish, numbers)
    print(f"{party} noted {wish} of {n:,} patients; it leaves with the next letter")


def _print_sent(party: str, ledger: Ledger) -> None:
    print(f"{party} sent letters to {' and '.join(MAIL[party])}")
    for table in ledger.tables():
        rejected = ledger.of(table, "rejected").rows
        print(
            f"  {table:<12} {ledger.of(table, 'kept').rows:>12,} rows{f', {rejected:,} rejected' if rejected else ''}"
        )


def _print_linked(ledger: Ledger) -> None:
    print("custodian received, and sent a letter to hub")
    for (source, fate, how), amount in sorted(ledger.entries.items()):
        print(f"  {source:<12} {amount.rows:>12,} {how if how else fate}")


def _print_received(routed: dict[str, Tally]) -> None:
    print("hub received")
    for table, amount in sorted(routed.items()):
        print(f"  {table:<12} {amount.rows:>12,} rows")
