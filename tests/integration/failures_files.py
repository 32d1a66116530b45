"""Files that are missing, damaged, of another shape or another world, and folders that may not be used."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schema.layout import WORKSPACE
from tests.integration.failures import GENERATE, RUN, Failure, both, remove, without

SQL = ("sql", "SELECT count(*) AS n FROM dim_date")


def _missing(path: Path) -> None:
    path.unlink()


def _truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("spoilt")


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _unreadable(path: Path) -> None:
    path.chmod(0)


def _other_shape(path: Path) -> None:
    """A list for a mapping, one column for those declared."""
    if path.suffix == ".json":
        path.write_text("[1]")
    else:
        pl.DataFrame({"a": [1]}).write_parquet(path)


def _other_type(path: Path) -> None:
    """Numbers for texts and texts for numbers."""
    if path.suffix == ".json":
        path.write_text(json.dumps(_swapped(json.loads(path.read_text(encoding="utf-8")))))
        return
    rows = pl.read_parquet(path)
    for name in rows.columns:
        other = pl.lit(1) if rows[name].dtype == pl.String else pl.lit("1")
        rows = rows.with_columns(other.alias(name))
    rows.write_parquet(path)


def _swapped(content: object) -> object:
    if isinstance(content, dict):
        return {name: _swapped(inner) for name, inner in content.items()}
    return 1 if isinstance(content, str) else "1"


def _one_row_less(path: Path) -> None:
    rows = pl.read_parquet(path)
    rows.head(rows.height - 1).write_parquet(path)


def _one_row_twice(path: Path) -> None:
    rows = pl.read_parquet(path)
    pl.concat([rows, rows.head(1)]).write_parquet(path)


_CUT = {
    "cut short": _truncated,
    "empty": _empty,
    "text": _text,
    "a folder": _directory,
    "not to be read": _unreadable,
}
_SHAPE = {"of other columns": _other_shape, "of other types": _other_type}
_ROWS = {"a row short": _one_row_less, "a row too long": _one_row_twice}


@dataclass(frozen=True)
class _File:
    """A file, the command that reads it, what must be gone for that, and (exit code, sentence) by damage."""

    name: str
    path: str
    command: tuple[str, ...]
    gone: tuple[str, ...]
    said: dict[str, tuple[int, str]]
    quick: str


def _of(damages: Iterable[str], code: int, sentence: str) -> dict[str, tuple[int, str]]:
    return dict.fromkeys(damages, (code, sentence))


_PART = "hospital_1/patient/part-00000.parquet"
_RESTORE = "restore it, or build a fresh workspace."
_COUNTED = f"hospital_1/patient does not hold the rows and cents that its manifest names: {_RESTORE}"
_MANIFEST = "{here}/emc2-data/sources/hospital_1/manifest.json"
_BUCKETS = "delete hub/buckets and run `emc2 run` again."
_ROUTED = f"Bucket 0 of ER_PRS_F does not hold the rows and cents that were routed to it: {_BUCKETS}"
_REGISTER = "{here}/emc2-data/hub/register.parquet"
_VAULT = "{here}/emc2-data/custodian/vault.parquet"
_STAR = "delete hub/star and run `emc2 run` again."
_DIGEST = "A part of the star is absent or spoilt: delete hub/star and run `emc2 run`."
_CLOSED = (
    "The warehouse cannot be opened for reading: another process writes it, or the file is damaged; "
    "wait, or run `emc2 run` again."
)
_NO_WAREHOUSE = "There is no warehouse in this workspace: run `emc2 run`."

_FILES = [
    _File(
        "a source's part",
        f"sources/{_PART}",
        RUN,
        ("hub/buckets",),
        _of(_CUT, 4, f"{_PART} cannot be read as Parquet: {_RESTORE}")
        | _of(
            _SHAPE, 4, f"{_PART}: {{n}} columns are absent or of another type than declared ({{n}}): restore the file."
        )
        | _of(_ROWS, 4, _COUNTED)
        | {"missing": (4, _COUNTED)},
        "cut short",
    ),
    _File(
        "a source's manifest",
        "sources/hospital_1/manifest.json",
        RUN,
        ("hub/buckets",),
        _of(_CUT, 4, f"{_MANIFEST} cannot be read: build a fresh workspace.")
        | {"of other columns": (4, f"{_MANIFEST} cannot be read: build a fresh workspace.")}
        | {"of other types": (4, f"{_MANIFEST} cannot be read: build a fresh workspace.")}
        | {
            "missing": (
                3,
                "{here}/emc2-data/sources/hospital_1 holds no source: run `emc2 generate`, or import it again.",
            )
        },
        "missing",
    ),
    _File(
        "the workspace's manifest",
        "manifest.json",
        ("status",),
        (),
        _of(_CUT, 4, "{here}/emc2-data/manifest.json cannot be read: build a new workspace.")
        | _of(_SHAPE, 4, "{here}/emc2-data/manifest.json cannot be read: build a new workspace.")
        | {"missing": (3, "{here}/emc2-data is no workspace: run `emc2 build`, or name one by --workspace.")},
        "text",
    ),
    _File(
        "the truth's manifest",
        "truth/manifest.json",
        GENERATE,
        (),
        _of(_CUT, 4, "{here}/emc2-data/truth/manifest.json cannot be read: build a new workspace.")
        | {"of other columns": (4, "{here}/emc2-data/truth/manifest.json cannot be read: build a new workspace.")}
        | {"missing": (0, ""), "a folder": (0, "")},
        "empty",
    ),
    _File(
        "a bucket's part",
        "hub/buckets/ER_PRS_F/bucket=0/00000000.parquet",
        RUN,
        ("hub/star",),
        _of(_CUT, 4, f"hub/buckets/ER_PRS_F cannot be read as Parquet: {_BUCKETS}")
        | {"of other columns": (4, f"hub/buckets/ER_PRS_F cannot be read as Parquet: {_BUCKETS}")}
        | {"missing": (8, _ROUTED), "of other types": (8, _ROUTED)}
        | _of(_ROWS, 8, _ROUTED),
        "a row too long",
    ),
    _File(
        "the counts of the buckets",
        "hub/buckets/counts.json",
        RUN,
        ("hub/star",),
        _of(_CUT, 4, f"{{here}}/emc2-data/hub/buckets/counts.json cannot be read: {_BUCKETS}")
        | {"of other columns": (4, f"{{here}}/emc2-data/hub/buckets/counts.json cannot be read: {_BUCKETS}")}
        | {"missing": (0, ""), "a folder": (0, "")},
        "of other columns",
    ),
    _File(
        "the buckets' IR_PHA_R",
        "hub/buckets/IR_PHA_R.parquet",
        RUN,
        ("hub/star",),
        _of(_CUT | _SHAPE, 4, f"hub/buckets/IR_PHA_R cannot be read as Parquet: {_BUCKETS}")
        | _of(_ROWS, 4, f"hub/buckets holds other rows or cents of IR_PHA_R than were routed there: {_BUCKETS}")
        | {"missing": (0, ""), "a folder": (0, "")},
        "a row short",
    ),
    _File(
        "the register",
        "hub/register.parquet",
        RUN,
        ("hub/star",),
        _of(_CUT | _SHAPE, 4, f"{_REGISTER} cannot be read: restore it, for nothing else knows its numbers.")
        | _of(_ROWS, 4, f"{_REGISTER} is not the one that the buckets were made with: restore it, or {_BUCKETS}")
        | {"missing": (0, "")},
        "of other columns",
    ),
    _File(
        "the vault",
        "custodian/vault.parquet",
        RUN,
        ("hub/buckets",),
        _of(_CUT, 4, f"{_VAULT} cannot be read: restore it, or build a new workspace.")
        | {"of other columns": (4, f"{_VAULT} cannot be read: restore it, or build a new workspace.")}
        | {"missing": (0, "")},
        "not to be read",
    ),
    _File(
        "the ledger",
        "hub/ledger.json",
        ("ledger",),
        (),
        _of(_CUT, 4, f"{{here}}/emc2-data/hub/ledger.json cannot be read: {_BUCKETS}")
        | {"of other columns": (4, f"{{here}}/emc2-data/hub/ledger.json cannot be read: {_BUCKETS}")}
        | {"missing": (3, "There is no ledger yet: run `emc2 run`.")},
        "missing",
    ),
    _File(
        "a part of the star",
        "hub/star/fact_death/part-00000.parquet",
        RUN,
        ("hub/warehouse.duckdb",),
        _of(_CUT, 8, f"fact_death cannot be read as Parquet: {_STAR}")
        | _of(_SHAPE, 8, f"fact_death: {{n}} of {{n}} parts have other columns or types than declared: {_STAR}")
        | _of(
            _ROWS,
            8,
            f"Rows or cents of fact_death are not those of the star that was built; nothing was replaced: {_STAR}",
        )
        | {"missing": (8, f"fact_death has no part: {_STAR}")},
        "a row short",
    ),
    _File(
        "a part of the star, for its digest,",
        "hub/star/dim_drug/part-00000.parquet",
        ("digest",),
        (),
        _of(_CUT | _SHAPE | _ROWS, 4, _DIGEST) | {"missing": (4, _DIGEST)},
        "of other types",
    ),
    _File(
        "the warehouse, for a query,",
        "hub/warehouse.duckdb",
        SQL,
        (),
        _of({"empty": _empty, "text": _text, "not to be read": _unreadable}, 2, _CLOSED)
        | {"missing": (3, _NO_WAREHOUSE), "a folder": (3, _NO_WAREHOUSE)},
        "text",
    ),
    _File(
        "the warehouse, for a run,",
        "hub/warehouse.duckdb",
        RUN,
        (),
        _of({"cut short": _truncated, "empty": _empty, "text": _text, "not to be read": _unreadable}, 0, "")
        | {"missing": (0, "")}
        | {"a folder": (8, "{here}/emc2-data/hub/warehouse.duckdb is a folder: remove it and run `emc2 run` again.")},
        "a folder",
    ),
]
_DAMAGES = {"missing": _missing} | _CUT | _SHAPE | _ROWS


def _damage(file: _File, damage: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        _DAMAGES[damage](folder / WORKSPACE / file.path)

    return both(spoil, without(*file.gone))


def _damaged() -> list[Failure]:
    return [
        Failure(
            f"{file.name} is {damage}".replace(", is", " is"),
            file.command,
            *file.said[damage],
            _damage(file, damage),
            is_slow=damage != file.quick,
        )
        for file in _FILES
        for damage in file.said
    ]


def _in(path: str, change: Callable[[Path], object]) -> Callable[[Path], None]:
    def provoke(folder: Path) -> None:
        change(folder / WORKSPACE / path)

    return provoke


def _file_for_folder(path: Path) -> None:
    if path.exists():
        remove(path)
    path.write_text("")


def _sealed(path: Path) -> None:
    path.chmod(0o555)


def _format(number: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}))

    return _in("manifest.json", change)


def _null_key(path: Path) -> None:
    """A part of another world: the same shape, another content."""
    rows = pl.read_parquet(path)
    rows.with_columns(pl.all().shift(1)).write_parquet(path)


def _column_dropped(path: Path) -> None:
    rows = pl.read_parquet(path)
    rows.drop("birth_date").write_parquet(path)


def _parent(folder: Path) -> None:
    shutil.rmtree(folder / WORKSPACE)
    _sealed(folder)


_PLACES = [
    Failure(
        "a workspace of an older format",
        ("status",),
        4,
        "{here}/emc2-data/manifest.json has format 0, this program reads 1: build a new workspace.",
        _format(0),
    ),
    Failure(
        "a workspace of a newer format",
        RUN,
        4,
        "{here}/emc2-data/manifest.json has format 2, this program reads 1: build a new workspace.",
        _format(2),
    ),
    Failure(
        "a source's part without a declared column",
        RUN,
        4,
        f"{_PART}: 1 columns are absent or of another type than declared (birth_date): restore the file.",
        both(_in(f"sources/{_PART}", _column_dropped), without("hub/buckets")),
    ),
    Failure(
        "a table of a source is gone",
        RUN,
        4,
        _COUNTED,
        both(without("sources/hospital_1/patient"), without("hub/buckets")),
        is_slow=True,
    ),
    Failure(
        "a folder that cannot be written, for a workspace",
        GENERATE,
        2,
        "{here}/emc2-data cannot be written: name another --workspace.",
        _parent,
    ),
    Failure(
        "a hub that cannot be written",
        RUN,
        2,
        "{here}/emc2-data/hub/.star-{n} cannot be used (Permission denied): check the path.",
        both(without("hub/star"), _in("hub", _sealed)),
        is_slow=True,
    ),
    Failure(
        "a source that cannot be written",
        RUN,
        2,
        "{here}/emc2-data/sources/hospital_1/.scratch cannot be used (Permission denied): check the path.",
        both(without("hub/buckets"), _in("sources/hospital_1", _sealed)),
        is_slow=True,
    ),
    Failure(
        "a file in place of the post",
        RUN,
        2,
        "{here}/emc2-data/post cannot be used (File exists): check the path.",
        both(without("hub/buckets"), _in("post", _file_for_folder)),
    ),
    Failure(
        "a file in place of the star",
        RUN,
        2,
        "{here}/emc2-data/hub/star cannot be used (Not a directory): check the path.",
        _in("hub/star", _file_for_folder),
        is_slow=True,
    ),
]

FAILURES = (*_damaged(), *_PLACES)
