"""Encrypted Parquet, the one place that speaks to Polars' encryption (marked unstable there): frames ↔ files.

Uniform encryption, AES-GCM under one 256-bit key, footer too: without the key a file shows its size and nothing else.
No prefix of authenticated data is set: which file belongs to which letter is in the letter's signed header.
"""

from pathlib import Path

import polars as pl

ROW_GROUP = 65_536  # rows that a reader must hold at a time


def write_sealed(frame: pl.DataFrame, path: Path, key: bytes) -> None:
    """One part, without statistics: they would repeat its values."""
    frame.write_parquet(
        path,
        compression="lz4",
        statistics=False,
        row_group_size=ROW_GROUP,
        encryption=pl.ParquetEncryptionProperties(footer_key=key),
    )


def scan_sealed(paths: list[Path], key: bytes) -> pl.LazyFrame:
    """The rows of several parts under one key, read as they are needed."""
    return pl.scan_parquet(paths, decryption=pl.ParquetDecryptionProperties(footer_key=key), hive_partitioning=False)
