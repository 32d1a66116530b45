"""Sources on disk from ASCII tables, with the manifest that their writer would leave."""

import json
from pathlib import Path

import polars as pl

from pipelines.ledger import tally
from schema.layout import part_name
from schema.raw import declaration
from tests.pipelines.tables import table


def write_source(root: Path, **texts: str | list[str]) -> Path:
    """A source whose folders hold the given rows, one part a text."""
    counted = {}
    for folder, given in texts.items():
        frames = [table(text, declaration(folder).schema) for text in ([given] if isinstance(given, str) else given)]
        (root / folder).mkdir(parents=True)
        for k, frame in enumerate(frames):
            frame.write_parquet(root / folder / part_name(k))
        counted[folder] = tally(pl.concat(frames)).as_json()
    (root / "manifest.json").write_text(json.dumps({"tables": counted}), encoding="utf-8")
    return root
