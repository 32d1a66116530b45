"""The account of an import as a page: a line a file, a line a table and fate, what pseudonyms stand for."""

from typing import Any

import polars as pl

from warehouse.report import text_table

_PSEUDONYMS = {
    "persons": "persons",
    "pseudonyms_of_several_persons": "pseudonyms (BEN_NIR_PSA) that stand for several persons",
    "pseudonyms_in_discharge_abstracts_only": "pseudonyms met in discharge abstracts only",
    "stays_without_pseudonym": "stays without a beneficiary",
    "claims_without_register_row": "claim lines of pseudonyms without a register row",
}


def page(account: dict[str, Any]) -> str:
    """The account in text; every number stands in `import.json` too."""
    counts = "\n".join(f"{account['pseudonyms'][name]:>13,}  {meaning}" for name, meaning in _PSEUDONYMS.items())
    return "\n\n".join(
        [
            f"Files\n{text_table(_files(account['files']))}",
            f"Rows, from the files to the star\n{text_table(_fates(account['tables']))}",
            f"Pseudonyms\n{counts}",
            f"Extraction date: {account['extraction_date']}. {account['notice']}",
        ]
    )


def _files(files: list[dict[str, Any]]) -> pl.DataFrame:
    lines = [
        (
            file["path"],
            file["table"],
            file["outcome"],
            file["lines"],
            file["rows"],
            file["landed"],
            "; ".join([*([file["reason"]] if file["reason"] else []), *_counted(file["rejected"])]),
        )
        for file in files
    ]
    numbers = dict.fromkeys(("lines", "rows", "loaded"), pl.Int64())
    texts = dict.fromkeys(("file", "table", "outcome"), pl.String())
    return pl.DataFrame(lines, schema=texts | numbers | {"why": pl.String()}, orient="row")


def _fates(tables: list[dict[str, Any]]) -> pl.DataFrame:
    lines = [(entry["table"], entry["fate"], entry["rule"], entry["rows"]) for entry in tables]
    schema = {"table": pl.String(), "fate": pl.String(), "rule, or table of the star": pl.String(), "rows": pl.Int64()}
    return pl.DataFrame(lines, schema=schema, orient="row")


def _counted(rejected: dict[str, int]) -> list[str]:
    return [f"{rule}: {rows:,}" for rule, rows in sorted(rejected.items())]
