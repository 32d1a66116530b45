"""`emc2 check`: what the referee finds, in numbers; no row and no name leaves it."""

import json
import sys

import polars as pl

from pipelines.keys import Keyrings
from pipelines.manifest import read_manifest
from pipelines.score.linkage import score
from schema.configuration import Configuration
from schema.errors import MissingStage, SettingsError
from schema.layout import Workspace
from warehouse.report import text_table

FORMATS = ("table", "json")
_SHARES = ("precision", "recall", "f1")


def print_linkage(workspace: Workspace, keyrings: Keyrings, format_: str) -> None:
    """Precision, recall and F1 with their 95 % intervals, by quality, hospital, group and pass."""
    if format_ not in FORMATS:
        raise SettingsError(f"--format must be one of {', '.join(FORMATS)}.")
    configuration = read_manifest(workspace).configuration
    if not isinstance(configuration, Configuration):
        raise MissingStage("An imported extract has no truth to compare with: check a generated workspace.")
    found = score(workspace, keyrings, configuration.start)
    if format_ == "json":
        json.dump(found.to_dicts(), sys.stdout, indent=1)
        print()
        return
    print("Links of hospital records to the funds' register, exact 95 % intervals\n")
    print(text_table(found.select("set", "name", "records", "links", "wrong", *map(_shown, _SHARES))))


def _shown(share: str) -> pl.Expr:
    """A share and its interval as text, empty where there is none."""
    digits = [pl.col(f"{share}{part}").round(4).cast(pl.String).str.pad_end(6, "0") for part in ("", "_low", "_high")]
    return pl.format("{} ({} to {})", *digits).alias(share)
