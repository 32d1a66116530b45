"""Decodes every file before it searches it: a byte search of compressed files finds nothing and counts for nothing."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from schema.layout import HOSPITALS, Workspace, parts

PLANTED_NAME = "XYZZYPLUGH"
_WORD = re.compile(r"[0-9A-Za-z]+")
_SHORTEST = 10  # a local patient number has ten characters


def decoded(place: Path) -> Iterator[tuple[str, str, pl.Series]]:
    """(file, column, distinct values) of a file, or of everything below a folder."""
    for path in sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]:
        if path.suffix == ".parquet":
            frame = _whole(path)
            yield from ((str(path), name, frame[name].unique()) for name in frame.columns)
        elif path.name == "warehouse.duckdb":
            yield from _duckdb(path)
        elif path.name.startswith("warehouse.duckdb.next"):
            continue  # a load cut short: loaded from the star, which is searched; nobody can open it
        elif path.name in {"sealed.key", "signature"}:
            yield str(path), "", pl.Series([path.read_bytes()], dtype=pl.Binary)
        elif path.suffix in {".json", ".next"}:
            yield str(path), "", pl.Series(_leaves(json.loads(path.read_text(encoding="utf-8"))), dtype=pl.String)
        else:
            text = path.read_text(encoding="utf-8", errors="replace")
            yield str(path), "", pl.Series(text.splitlines(), dtype=pl.String)


def _whole(path: Path) -> pl.DataFrame:
    """A Parquet file; one that is encrypted, or that a kill cut short, can be decoded by nobody: no rows."""
    if path.read_bytes()[-4:] != b"PAR1":
        return pl.DataFrame()
    return pl.read_parquet(path, hive_partitioning=False)


def _duckdb(path: Path) -> Iterator[tuple[str, str, pl.Series]]:
    with duckdb.connect(path, read_only=True) as connection:
        for (table,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            frame = connection.sql(f"SELECT * FROM {table}").pl()
            yield from ((f"{path}:{table}", name, frame[name].unique()) for name in frame.columns)


def _leaves(content: object) -> list[str]:
    if isinstance(content, dict):
        return [text for pair in content.items() for part in pair for text in _leaves(part)]
    if isinstance(content, list):
        return [text for part in content for text in _leaves(part)]
    return [str(content)]


def texts(values: pl.Series) -> set[str]:
    """Every value as text: bytes in hexadecimal, and the words of longer texts."""
    if values.dtype == pl.Binary:
        return {value.hex().upper() for value in values.drop_nulls()}
    whole = {str(value).upper() for value in values.drop_nulls()}
    words = {word for text in whole if len(text) >= _SHORTEST for word in _WORD.findall(text)}
    digits = {run.replace(" ", "") for text in whole for run in re.findall(r"[0-9AB ]{13,}", text)}
    return whole | words | digits


def identifiers(workspace: Workspace) -> set[str]:
    """All that must not leave the sources, in every form a careless step might write it."""
    found: set[str] = {PLANTED_NAME}
    for name in (*HOSPITALS, "funds"):
        for table in ("patient", "beneficiary"):
            for path in parts(workspace.source(name) / table):
                frame = pl.read_parquet(path)
                for column in ("insured_nir", "own_nir"):
                    found |= _nir_forms(frame[column].drop_nulls().unique().to_list())
                if "patient_number" in frame.columns:
                    found |= set(frame["patient_number"])
    for table in ("IR_BEN_R", "ER_PRS_F"):
        frames = pl.scan_parquet(parts(workspace.source("snds") / table))
        names = [
            c for c in ("BEN_NIR_PSA", "BEN_NIR_ANO", "BEN_IDT_ANO", "ASS_NIR_ANO") if c in frames.collect_schema()
        ]
        for column in (*names, *(c for c in ("PFS_EXE_NUM", "PFS_PRE_NUM") if c in frames.collect_schema())):
            found |= set(frames.select(pl.col(column).unique()).collect()[column].drop_nulls().str.to_uppercase())
    for folder in workspace.source("snds").glob("T_MCO*C"):
        found |= set(pl.scan_parquet(parts(folder)).select("NIR_ANO_17").collect()["NIR_ANO_17"].drop_nulls())
    return found


def _nir_forms(nirs: list[str]) -> set[str]:
    forms: set[str] = set()
    for nir in nirs:
        thirteen = nir[:13]
        digits = thirteen.replace("2A", "19").replace("2B", "18")
        for text in (nir, thirteen, digits, str(int(digits)), thirteen[::-1]):
            forms.add(text)
            forms |= {getattr(hashlib, kind)(text.encode()).hexdigest().upper() for kind in ("md5", "sha1", "sha256")}
    return forms


def search(place: Path, forbidden: set[str]) -> list[tuple[str, str, int]]:
    """(file, column, how many) wherever a forbidden value stands."""
    hits = []
    for path, column, values in decoded(place):
        count = len(texts(values) & forbidden)
        if count:
            hits.append((path, column, count))
    return hits
