"""Letters that are not what their sender sealed to their recipient, and parties asked for what they do not do."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines.keys import Keyrings, hold_ceremony
from pipelines.parties import play_link, play_send
from schema.layout import SOURCES, WORKSPACE, Workspace
from tests.integration.failures import Failure, both
from tests.pipelines.keyrings import CHEAP

_LINK = ("party", "custodian", "link")
_RECEIVE = ("party", "hub", "receive")
_AGAIN = "nothing was taken from it; have it sent again."
_PART = "tokens/part-00000.parquet"


def _send(folder: Path) -> None:
    """The letters of the six sources."""
    for party in ("funds", *(source for source in SOURCES if source != "funds")):
        play_send(party, Workspace(folder / WORKSPACE), Keyrings(), 7)


def _link(folder: Path) -> None:
    """The letters of the six sources, and the custodian's answers; the letters to the custodian are kept aside."""
    _send(folder)
    post = folder / WORKSPACE / "post"
    shutil.copytree(post, folder / "kept")
    play_link(Workspace(folder / WORKSPACE), Keyrings())


def _post(folder: Path) -> Path:
    return folder / WORKSPACE / "post"


def _header(change: Callable[[str], str]) -> Callable[[Path], None]:
    """The header of hospital 1's letter to the custodian, changed."""

    def provoke(folder: Path) -> None:
        path = _post(folder) / "hospital_1_to_custodian" / "header.json"
        path.write_text(change(path.read_text()))

    return provoke


def _one_row_more(header: str) -> str:
    content = json.loads(header)
    next(iter(content["tables"].values()))["rows"] += 1
    return json.dumps(content)


def _exchange(folder: Path) -> None:
    """Hospital 2's part in hospital 1's letter."""
    shutil.copy(_post(folder) / "hospital_2_to_custodian" / _PART, _post(folder) / "hospital_1_to_custodian" / _PART)


def _lose(folder: Path) -> None:
    (_post(folder) / "hospital_1_to_custodian" / _PART).unlink()


def _misdeliver(folder: Path) -> None:
    """Hospital 1's letter to the hub, among those to the custodian."""
    shutil.rmtree(_post(folder) / "hospital_1_to_custodian")
    shutil.copytree(_post(folder) / "hospital_1_to_hub", _post(folder) / "hospital_1_to_custodian")


def _pose(folder: Path) -> None:
    """Hospital 2's letter, in hospital 1's place."""
    shutil.rmtree(_post(folder) / "hospital_1_to_custodian")
    shutil.copytree(_post(folder) / "hospital_2_to_custodian", _post(folder) / "hospital_1_to_custodian")


def _replay(folder: Path) -> None:
    """The letters that the custodian has received, once more."""
    for path in (folder / "kept").glob("*_to_custodian"):
        shutil.copytree(path, _post(folder) / path.name)


def _late(folder: Path) -> None:
    """A second delivery of one source alone."""
    play_send("hospital_1", Workspace(folder / WORKSPACE), Keyrings(), 8)


def _secret(folder: Path) -> None:
    hold_ceremony(folder / "keys", cost=CHEAP)


_REFUSED = [
    ("a letter with another header", _header(_one_row_more), "is not as its sender signed it"),
    ("a letter without a header", _header(lambda _: ""), "has a header that cannot be read"),
    ("a letter with another's part", _exchange, "has {n} files that are not those its header names"),
    ("a letter that lacks a part", _lose, "lacks {n} of the files that its header names"),
    ("a letter to another party", _misdeliver, "is addressed otherwise than where it lies"),
    ("a letter of another party", _pose, "is signed by a key that was not pinned"),
]

FAILURES = (
    *(
        Failure(name, _LINK, 11, f"The letter from hospital_1 {why}: {_AGAIN}", both(_send, spoil))
        for name, spoil, why in _REFUSED
    ),
    Failure(
        "letters that were received before",
        _LINK,
        11,
        f"The letter from hospital_1 has been received before, or is older than one that was: {_AGAIN}",
        both(_link, _replay),
    ),
    Failure(
        "letters of different deliveries",
        _LINK,
        11,
        "The letters to custodian are of different deliveries: have every source send the same one.",
        both(_send, _late),
    ),
    Failure(
        "demo letters to a secret keyring",
        (*_RECEIVE, "--keyring", "keys"),
        11,
        "The letter from custodian was made with demo keys and this keyring was not, or the other way round: " + _AGAIN,
        both(_link, _secret),
    ),
    Failure(
        "a party without mail",
        _RECEIVE,
        3,
        "No letter from custodian to hub has come: run `emc2 run`.",
    ),
    Failure(
        "a party that does not exist",
        ("party", "hospital_5", "send"),
        2,
        "No party has that name: hospital_1, hospital_2, hospital_3, hospital_4, funds, snds, custodian, hub "
        "are those there are.",
    ),
    Failure(
        "a party asked for what another does",
        ("party", "funds", "link"),
        2,
        "What funds does is called send: `emc2 party funds send`.",
    ),
    Failure(
        "a delivery number for one who takes it from letters",
        ("party", "custodian", "link", "--delivery", "3"),
        2,
        "--delivery is for the hospitals and the funds: the others take it from the letters.",
    ),
    Failure(
        "a party that has no directory here",
        ("party", "hospital_1", "send", "--workspace", "."),
        3,
        "{here}/sources/hospital_1 is absent: run `emc2 generate`, or name another --workspace.",
    ),
    Failure(
        "the keys of a party that does not exist",
        ("keys", "show", "host"),
        2,
        "No party has that name: hospital_1, hospital_2, hospital_3, hospital_4, funds, snds, custodian, hub "
        "are those there are.",
    ),
)
