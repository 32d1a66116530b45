"""Options, commands, queries and outputs that cannot be: exit code 2, and what was never built: exit code 3."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipelines.keys import hold_ceremony
from schema.layout import WORKSPACE
from tests.integration.failures import GENERATE, PERSONS, RUN, Failure, Interruption, both, without
from tests.pipelines.keyrings import CHEAP

_SIZE = "--persons must lie between 1 and 10,000,000."
_YEARS = "--from and --years must stay within 2010 to 2019."
_WHOLE = (
    "Input should be a valid integer, unable to parse string as an integer. `emc2 --help` lists commands and options."
)
_SELECT = "The query must be one SELECT: the warehouse is only read."
_INSIDE = "The query may read the star's tables alone: no file, no network, no extension."
_WITHHELD = "the details may hold values of rows and are withheld."
_INTERRUPTED = "Interrupted: what was whole stays whole; run the same command again."
_FULL = "The disk is full: nothing was replaced; free some space and run again."


def _option(name: str, *options: str, sentence: str) -> Failure:
    return Failure(name, ("build", *options), 2, sentence, starts_empty=True)


def _query(name: str, query: str, sentence: str, code: int = 2, *more: str) -> Failure:
    return Failure(name, ("sql", query, *more), code, sentence)


def _file_for_workspace(folder: Path) -> None:
    (folder / "file").write_text("")


_OPTIONS = [
    _option("no persons", "--persons", "0", sentence=_SIZE),
    _option("fewer than no persons", "--persons", "-1", sentence=_SIZE),
    _option("more persons than there are order numbers", "--persons", "1_000_000_000_000", sentence=_SIZE),
    _option("persons as a power", "--persons", "1e12", sentence=f"Invalid value for '--persons': {_WHOLE}"),
    _option(
        "a number that ends in its separator", "--persons", "1_", sentence=f"Invalid value for '--persons': {_WHOLE}"
    ),
    _option("no workers", "--workers", "0", sentence="--workers must lie between 1 and 64."),
    _option("too many workers", "--workers", "65", sentence="--workers must lie between 1 and 64."),
    _option("a year before the reference tables", "--from", "1890", sentence=_YEARS),
    _option("years that run past the reference tables", "--from", "2019", "--years", "2", sentence=_YEARS),
    _option("no year", "--years", "0", sentence=_YEARS),
    _option("a year that is no number", "--from", "x", sentence=f"Invalid value for '--from': {_WHOLE}"),
    _option(
        "a negative seed",
        "--seed=-1",
        sentence="Invalid value for '--seed': Input should be greater than or equal to 0. "
        "`emc2 --help` lists commands and options.",
    ),
    _option(
        "a seed of more than 63 bits",
        "--seed",
        str(2**63),
        sentence="Invalid value for '--seed': Input should be less than or equal to {n}. "
        "`emc2 --help` lists commands and options.",
    ),
    _option("a device as workspace", "--workspace", "/dev/null", sentence="/dev/null is not a folder: name another."),
    _option(
        "a keyring in the workspace to be",
        "--keyring",
        "emc2-data/keys",
        sentence="A keyring must not lie in the workspace: name a folder beside it.",
    ),
    _option(
        "an unknown option",
        "--no-such",
        sentence="No such option: --no-such. `emc2 --help` lists commands and options.",
    ),
    Failure(
        "an unknown command",
        ("bild",),
        2,
        "No such command 'bild'. Did you mean 'build'? `emc2 --help` lists commands and options.",
        starts_empty=True,
    ),
    Failure("no command", (), 2, "Missing command. `emc2 --help` lists commands and options.", starts_empty=True),
    Failure(
        "no query",
        ("sql",),
        2,
        "Missing argument 'query'. `emc2 --help` lists commands and options.",
        starts_empty=True,
    ),
    Failure(
        "a file as workspace",
        ("build", "--workspace", "file"),
        2,
        "file is not a folder: name another.",
        _file_for_workspace,
        starts_empty=True,
    ),
    Failure(
        "an unknown table",
        ("describe", "nothing"),
        2,
        "No star or source table has that name: `emc2 describe dim_patient` is one that has.",
        starts_empty=True,
    ),
    Failure(
        "a world larger than the disk",
        ("build", "--persons", "10_000_000", "--from", "2010", "--years", "10"),
        10,
        "This build needs about {n} MB and the disk has {n} MB free: "
        "ask for fewer --persons, or name a --workspace on another disk.",
        starts_empty=True,
        room=1_000,
    ),
]

_ABSENT = [
    Failure(
        f"`emc2 {command[0]}` where nothing is",
        command,
        3,
        "{here}/emc2-data is no workspace: run `emc2 build`, or name one by --workspace.",
        starts_empty=True,
    )
    for command in (RUN, ("status",), ("ledger",))
] + [
    Failure(
        "a query before a build",
        ("sql", "SELECT 1"),
        3,
        "There is no warehouse in this workspace: run `emc2 run`.",
        starts_empty=True,
    ),
    Failure(
        "a digest before a run",
        ("digest",),
        3,
        "There is no star in this workspace: run `emc2 run`.",
        starts_empty=True,
    ),
    Failure(
        "a run without sources",
        RUN,
        3,
        "The sources are absent: run `emc2 generate`, or `emc2 import` where they were imported.",
        without("sources"),
    ),
]

_QUERIES = [
    _query("SQL that deletes", "DELETE FROM fact_death", _SELECT),
    _query("SQL that creates", "CREATE TABLE t AS SELECT 1", _SELECT),
    _query("SQL that copies to a file", "COPY dim_date TO 'x.csv'", _SELECT),
    _query("SQL that attaches", "ATTACH 'x.db'", _SELECT),
    _query("SQL that installs", "INSTALL httpfs", _SELECT),
    _query("SQL that sets", "SET threads = 1", _SELECT),
    _query("two statements", "SELECT 1; SELECT 2", _SELECT),
    _query("an empty query", "", _SELECT),
    _query("SQL that reads a file", "SELECT * FROM read_csv('/etc/passwd')", _INSIDE),
    _query("SQL that reads Parquet", "SELECT * FROM 'x.parquet'", _INSIDE),
    _query("SQL that is none", "not a query", 'The query cannot be run: Parser Error: syntax error at or near "not"'),
    _query(
        "an unknown column",
        "SELECT nothing FROM dim_date",
        'The query cannot be run: Binder Error: Referenced column "nothing" not found in FROM clause!',
    ),
    _query(
        "a cast that a row defies",
        "SELECT icd10_code::INT FROM dim_diagnosis",
        f"The query failed (Conversion); {_WITHHELD}",
    ),
    _query(
        "a result of too many rows",
        "SELECT * FROM range(100_000_000_000)",
        "The query returns more than 1 GB: select less at a time, or count in the query.",
    ),
    _query(
        "two columns of one name",
        "SELECT 1 AS a, 2 AS a",
        "Two columns of the result have one name: give one another by AS.",
    ),
    _query(
        "a type without a frame",
        "SELECT INTERVAL 1 DAY AS i",
        "The query returns a type that Polars does not hold: cast it to text.",
    ),
    _query(
        "a list as CSV",
        "SELECT [1, 2] AS l",
        "CSV holds no lists or structures: cast them to text, or use --format json.",
        2,
        "--format",
        "csv",
    ),
    _query(
        "an unknown format", "SELECT 1 AS a", "--format must be one of table, csv, json, parquet.", 2, "--format", "xml"
    ),
] + [
    Failure(
        f"a query that never ends, and {sign.name}",
        ("sql", "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b"),
        128 + sign,
        _INTERRUPTED,
        interruption=Interruption(sign, seconds=3.0),
        is_slow=sign is signal.SIGTERM,
    )
    for sign in (signal.SIGINT, signal.SIGTERM)
]

_OUTPUT = [
    Failure(f"`emc2 {command[0]}` onto a full device", command, 10, _FULL, output="/dev/full")
    for command in (("status",), ("--help",), ("sql", "SELECT * FROM dim_date", "--format", "parquet"))
]


def _other_keys(folder: Path) -> None:
    hold_ceremony(folder / "keys", cost=CHEAP)


def _readable_keys(folder: Path) -> None:
    _other_keys(folder)
    (folder / "keys" / "custodian.json").chmod(0o644)


def _keys_of_another_party(folder: Path) -> None:
    _other_keys(folder)
    (folder / "keys" / "hub.json").replace(folder / "keys" / "custodian.json")


def _cut_keys(folder: Path) -> None:
    _other_keys(folder)
    path = folder / "keys" / "custodian.json"
    path.write_bytes(path.read_bytes()[:40])


def _other_passphrase(folder: Path) -> None:
    _other_keys(folder)
    (folder / "keys" / "passphrase").write_text("another")


def _readable_passphrase(folder: Path) -> None:
    _other_keys(folder)
    (folder / "keys" / "passphrase").chmod(0o640)


def _changed_key(folder: Path) -> None:
    _other_keys(folder)
    path = folder / "keys" / "custodian.json"
    path.write_text(path.read_text().replace('"state": "active"', '"state": "retired"'))


def _lost_key(folder: Path) -> None:
    _other_keys(folder)
    (folder / "keys" / "custodian.json").unlink()


def _folder_for_key(folder: Path) -> None:
    _lost_key(folder)
    (folder / "keys" / "custodian.json").mkdir()


_ANOTHER = "This workspace was linked under another keyring: give that --keyring, or build a new workspace."
_UNDER_KEYS = (*RUN, "--keyring", "keys")
_FILE = "{here}/keys/custodian.json"
_KEYS = [
    Failure("another keyring", _UNDER_KEYS, 5, _ANOTHER, _other_keys),
    Failure("another keyring, and the star gone", _UNDER_KEYS, 5, _ANOTHER, both(_other_keys, without("hub/star"))),
    Failure(
        "a keyring that is not there",
        _UNDER_KEYS,
        5,
        "{here}/keys is absent: run `emc2 keys ceremony --keyring {here}/keys`, or name another.",
    ),
    Failure(
        "a keyring that others can read",
        _UNDER_KEYS,
        5,
        f"{_FILE} can be read by others: run chmod 600 on it.",
        _readable_keys,
    ),
    Failure(
        "a keyring that lacks a party",
        _UNDER_KEYS,
        5,
        f"{_FILE} is absent: restore it, or name another --keyring.",
        _lost_key,
    ),
    Failure(
        "a keyring of another party",
        _UNDER_KEYS,
        5,
        f"{_FILE} is not a keyring of custodian in format 2: restore it.",
        _keys_of_another_party,
    ),
    Failure("a keyring cut short", _UNDER_KEYS, 5, f"{_FILE} cannot be read as a keyring: restore it.", _cut_keys),
    Failure(
        "a keyring whose passphrase is another",
        _UNDER_KEYS,
        5,
        f"{_FILE} does not open: the passphrase is another, or the file was changed; "
        "give the right one, or restore the file.",
        _other_passphrase,
    ),
    Failure(
        "a keyring with a word of it changed",
        _UNDER_KEYS,
        5,
        f"{_FILE} does not open: the passphrase is another, or the file was changed; "
        "give the right one, or restore the file.",
        _changed_key,
    ),
    Failure(
        "a passphrase that others can read",
        _UNDER_KEYS,
        5,
        "{here}/keys/passphrase can be read by others: run chmod 600 on it.",
        _readable_passphrase,
    ),
    Failure(
        "a file of passphrases that is not there",
        (*_UNDER_KEYS, "--passphrase-file", "elsewhere"),
        5,
        "elsewhere cannot be read: name a file that holds the passphrase.",
        _other_keys,
    ),
    Failure(
        "a passphrase for the demo keyrings",
        (*RUN, "--passphrase-fd", "0"),
        2,
        "A passphrase opens no demo keyring: name the keyrings with --keyring.",
    ),
    Failure(
        "a ceremony where keyrings are",
        ("keys", "ceremony", "--class", "--keyring", "keys"),
        5,
        "{here}/keys is there already: name a folder that does not exist, for a ceremony replaces nothing.",
        _other_keys,
    ),
    Failure(
        "a folder in place of a keyring",
        _UNDER_KEYS,
        5,
        f"{_FILE} is not a file: restore the keyring of custodian.",
        _folder_for_key,
    ),
    Failure(
        "a keyring in the workspace",
        (*RUN, "--keyring", f"{WORKSPACE}/keys"),
        2,
        "A keyring must not lie in the workspace: name a folder beside it.",
    ),
]

_BUSY = [
    Failure(
        f"`emc2 {command[0]}` while another run works",
        command,
        9,
        "Another run works in {here}/emc2-data: wait until it has ended.",
        is_held=True,
    )
    for command in (RUN, GENERATE)
]

_WORLDS = [
    Failure(
        "a build of another size into a workspace",
        ("build", "--persons", "100"),
        2,
        "{here}/emc2-data holds 300 persons of 2017 to 2019: name another --workspace, or ask for the same.",
    ),
    Failure(
        "a build of another seed into a workspace",
        ("build", "--persons", str(PERSONS), "--seed", "8"),
        2,
        "The workspace holds another world; give another --workspace, or remove this one.",
    ),
]

_IMPORT = ("import", "extract", "--synthetic", "--workers", "1")


def _extract(content: bytes, name: str = "ER_PRS_F.csv") -> Callable[[Path], None]:
    def provoke(folder: Path) -> None:
        (folder / "extract").mkdir()
        (folder / "extract" / name).write_bytes(content)

    return provoke


_EXTRACTS = [
    Failure(
        "an extract that is not there",
        _IMPORT,
        2,
        "extract is not a folder: name the one that holds the extract's files.",
        starts_empty=True,
    ),
    Failure(
        "an extract of which nobody says that it is synthetic",
        ("import", "extract"),
        2,
        "This program is no approved environment for data of real persons. Is the ex"
        "tract synthetic, without any real person in it? Say so with --synthetic.",
        _extract(b"BEN_NIR_PSA\n"),
        starts_empty=True,
    ),
    Failure(
        "an extract without a table of the SNDS",
        _IMPORT,
        2,
        "extract holds no SNDS table that can be read (1 not a table): name the folder of files such as ER_PRS_F.csv "
        "or T_MCO19B.parquet.",
        _extract(b"hello", "notes.json"),
        starts_empty=True,
    ),
    Failure(
        "an extract cut short",
        _IMPORT,
        2,
        "extract holds no SNDS table that can be read (1 unreadable): name the folder of files such as ER_PRS_F.csv "
        "or T_MCO19B.parquet.",
        _extract(b"\x1f\x8b\x08", "ER_PRS_F.csv.gz"),
        starts_empty=True,
    ),
    Failure(
        "an extract that lies in the workspace",
        ("import", ".", "--synthetic"),
        2,
        "The workspace and the extract must not lie in each other: name another --workspace.",
        starts_empty=True,
    ),
    Failure(
        "an import into a workspace",
        (*_IMPORT, "--workspace", WORKSPACE),
        2,
        "{here}/emc2-data holds something already: name a new folder by --workspace.",
        _extract(b"BEN_NIR_PSA\n"),
    ),
    Failure(
        "an extraction date that is none",
        (*_IMPORT, "--extraction-date", "2019-13-01"),
        2,
        "--extraction-date must be a date such as 2019-12-31.",
        starts_empty=True,
    ),
    Failure("an export of an unknown shape", ("export", "--as", "omop", "--to", "x"), 2, "--as must be one of: snds."),
    Failure(
        "an export into the workspace",
        ("export", "--as", "snds", "--to", f"{WORKSPACE}/x"),
        2,
        "An export must not lie in the workspace: name a folder beside it with --to.",
    ),
    Failure(
        "an export into a folder that holds something",
        ("export", "--as", "snds", "--to", "."),
        2,
        "{here} is not empty: name a new folder with --to.",
    ),
    Failure(
        "an export where nothing is",
        ("export", "--as", "snds", "--to", "x"),
        3,
        "{here}/emc2-data is no workspace: run `emc2 build`, or name one by --workspace.",
        starts_empty=True,
    ),
]

# What shares its way through the code with another mode is left to `make slow`.
_LIKE_ANOTHER = {
    "fewer than no persons",
    "persons as a power",
    "too many workers",
    "no year",
    "a year that is no number",
    "a device as workspace",
    "an unknown option",
    "no query",
    "SQL that creates",
    "SQL that copies to a file",
    "SQL that sets",
    "SQL that attaches",
    "an empty query",
    "SQL that reads Parquet",
    "two columns of one name",
    "a keyring cut short",
    "a folder in place of a keyring",
    "another keyring, and the star gone",
    "`emc2 --help` onto a full device",
}
FAILURES = tuple(
    replace(failure, is_slow=failure.is_slow or failure.name in _LIKE_ANOTHER)
    for failure in (*_OPTIONS, *_ABSENT, *_QUERIES, *_OUTPUT, *_KEYS, *_BUSY, *_WORLDS, *_EXTRACTS)
)
