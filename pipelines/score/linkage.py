"""How well records were linked: precision, recall and F1 with 95 % intervals, by pass, quality and group.

Precision is the share of links that are right, recall the share of records with a counterpart in the funds' register
whose link is right. No pass and no threshold of the pipeline reads any of this.
"""

from dataclasses import asdict
from datetime import date
from typing import Any

import polars as pl

from pipelines.keys import Keyrings
from pipelines.score.proportion import f1, proportion
from pipelines.score.records import linked_records
from schema.layout import HOSPITALS, Workspace

GROUPS = ("children", "twins", "married_women", "born_abroad")
_LOW = pl.col("quality") == "low"


def score(workspace: Workspace, keyrings: Keyrings, start: date) -> pl.DataFrame:
    """One row a set of records: its name, counts, and precision, recall and F1, each with `_low` and `_high`."""
    return score_records(linked_records(workspace, keyrings, start))


def score_records(records: pl.DataFrame) -> pl.DataFrame:
    """The same, of `linked_records`."""
    without_low = records.with_columns(
        pl.when(_LOW).then(False).otherwise(pl.col(name)).alias(name) for name in ("is_linked", "is_right")
    )
    rows = [_row("all passes", "", records), _row("without low quality", "", without_low)]
    rows += [_row("hospital", name, records.filter(pl.col("source") == name)) for name in HOSPITALS]
    for name in GROUPS:
        rows += [_row("group", name, records.filter(name)), _row("group", f"not {name}", records.filter(~pl.col(name)))]
    linked = records.filter("is_linked")
    for name in ("quality", "pass"):
        for value in linked[name].value_counts(sort=True)[name]:
            rows.append(_row(name, value or "none", linked.filter(pl.col(name).eq_missing(value)), has_recall=False))
    return pl.DataFrame(rows)


def _row(set_: str, name: str, records: pl.DataFrame, *, has_recall: bool = True) -> dict[str, Any]:
    """Counts and shares of a set of records; of what a pass linked nothing says how much it should have."""
    links, right, findable = (int(records[column].sum()) for column in ("is_linked", "is_right", "is_findable"))
    shares = {"precision": proportion(right, links)}
    if has_recall:
        shares |= {"recall": proportion(right, findable), "f1": f1(right, links, findable)}
    counts = {"set": set_, "name": name, "records": records.height, "findable": findable, "links": links}
    named = {
        f"{name}{'' if part == 'value' else f'_{part}'}": share
        for name, found in shares.items()
        for part, share in asdict(found).items()
    }
    return {**counts, "wrong": links - right, **named}
