"""Reads the star's Parquet → one number a table that tells whether two stars hold the same facts about the same people.

Surrogate keys and pseudonyms are left out: codes stand for their keys, and each patient is the sum of the hashes of
her own rows. So stars of two keyrings, of one delivery or several, agree when and only when their content does.
Sums are modulo 2^64 and do not depend on order; the mixer is the finaliser of SplitMix64 (Steele et al. 2014).
"""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import sqlalchemy as sa

from schema.base import polars_schema
from schema.errors import MissingStage, SchemaViolation
from schema.layout import part_name, parts
from schema.star import TABLES

Hashes = npt.NDArray[np.uint64]
_CODE = {
    "facility": "facility_code",
    "diagnosis": "icd10_code",
    "procedure": "ccam_code",
    "drug": "cip13_code",
    "care_nature": "care_nature_code",
}
_NULL = np.uint64(0x9E3779B97F4A7C15)
_STAY = "fact_hospital_stay"


def digest(star: Path) -> dict[str, str]:
    """Digest by table, 16 hexadecimal digits; each bucket is read once, so memory is flat."""
    if not star.is_dir():
        raise MissingStage("There is no star in this workspace: run `emc2 run`.")
    try:
        return _digest(star)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise SchemaViolation("A part of the star is absent or spoilt: delete hub/star and run `emc2 run`.") from None


def _digest(star: Path) -> dict[str, str]:
    codes = {
        name: _read(parts(star / f"dim_{name}"), f"dim_{name}").select(
            key=f"{name}_key", code=pl.col(code).cast(pl.String).fill_null("")
        )
        for name, code in _CODE.items()
    }
    personal = [name for name, table in TABLES.items() if "patient_key" in table.columns]
    sums = {
        name: int(_rows(_read(parts(star / name), name), TABLES[name], codes).sum(dtype=np.uint64))
        for name in TABLES
        if name not in personal
    }
    for number in range(len(parts(star / "dim_patient"))):
        for name, amount in _bucket(star, number, personal, codes).items():
            sums[name] = (sums.get(name, 0) + amount) % 2**64
    return {name: f"{sums[name]:016x}" for name in TABLES}


def _read(paths: list[Path], name: str) -> pl.DataFrame:
    """Parts of a star table, of the declared columns and types: a hash of others would mean nothing."""
    rows = pl.read_parquet(paths, hive_partitioning=False)
    if rows.schema != polars_schema(TABLES[name]):
        raise pl.exceptions.SchemaError
    return rows


def _bucket(star: Path, number: int, personal: list[str], codes: dict[str, pl.DataFrame]) -> dict[str, int]:
    """Sums over one bucket: a row counts with the hash of its patient, which is the sum of her rows."""
    frames = {name: _read([star / name / part_name(number)], name) for name in personal}
    hashes = {name: _rows(frame, TABLES[name], codes) for name, frame in frames.items()}
    if not any(map(len, hashes.values())):
        return {}
    _hang_on_stays(frames, hashes)
    keys = {name: frame["patient_key"].to_numpy() for name, frame in frames.items()}
    offset = min(int(k.min()) for k in keys.values() if len(k))
    patients = np.zeros(max(int(k.max()) for k in keys.values() if len(k)) - offset + 1, np.uint64)
    for name in personal:
        np.add.at(patients, keys[name] - offset, hashes[name])
    return {
        name: int(_mix(hashes[name] + _mix(patients[keys[name] - offset])).sum(dtype=np.uint64)) for name in personal
    }


def _hang_on_stays(frames: dict[str, pl.DataFrame], hashes: dict[str, Hashes]) -> None:
    """Put the hash of its stay into that of each row that names one: the number is a surrogate, the stay a fact."""
    place = ["patient_key", "stay_number"]
    stays = frames[_STAY].select(place).with_columns(stay=pl.Series(hashes[_STAY]))
    for name, frame in frames.items():
        if name != _STAY and "stay_number" in frame.columns:
            found = frame.select(place).join(stays, on=place, how="left", maintain_order="left")["stay"]
            hashes[name] = _mix(hashes[name] + _mix(found.fill_null(int(_NULL)).to_numpy()))


def _rows(frame: pl.DataFrame, table: sa.Table, codes: dict[str, pl.DataFrame]) -> Hashes:
    """A hash a row over every column but surrogates."""
    hashes = np.zeros(frame.height, np.uint64)
    for column in table.columns:
        name = column.name
        if name == "patient_key" or (name.endswith("_number") and name != "ald_number"):
            continue
        values = frame[name]
        dimension = next((d for d in _CODE if name.endswith(f"{d}_key")), None)
        if dimension:
            known = codes[dimension]
            values = values.replace_strict(known["key"], known["code"], return_dtype=pl.String)
        hashes += _mix(_integers(values) ^ _text_hash(name))
    return _mix(hashes)


def _integers(values: pl.Series) -> Hashes:
    """Each value as 64 bits, the same on every machine; null is a number of its own."""
    match values.dtype:
        case pl.String():
            distinct = values.unique().drop_nulls()
            numbers = pl.Series([int(_text_hash(text)) for text in distinct], dtype=pl.UInt64)
            whole = values.replace_strict(distinct, numbers, return_dtype=pl.UInt64, default=None)
        case pl.Decimal(scale=scale):
            whole = (values.cast(pl.Decimal(38, scale)) * 10**scale).cast(pl.Int64).reinterpret(signed=False)
        case _:
            whole = values.cast(pl.Int64).reinterpret(signed=False)
    return whole.fill_null(int(_NULL)).to_numpy().astype(np.uint64)


def _text_hash(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def _mix(values: Hashes) -> Hashes:
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
