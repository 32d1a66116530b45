"""The data dictionary: every declared table as Markdown, made from the declarations and nothing else."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from schema import raw, reference
from schema.frames import Column, DeclaredTable
from schema.star import GRAINS, TABLES

GENERATED = "Generated from `schema/` by `docs/generate.py`: change the declaration, not this page."
_PRIVACY = """What becomes of a column is its privacy tag:

- `direct`: dropped
- `person`: into a keyed hash at the party that holds it; in care tables replaced by that person's matching id
- `professional`: into a keyed hash under its own purpose
- `record`: joined on, then replaced by a number before the star
- `quasi`: kept, narrowed where it would single a person out
- `date`: exact at the hub
- `none`: kept"""


def pages() -> dict[str, str]:
    """File name → text of each page of the dictionary."""
    return {
        "star.md": star_page(),
        "sources.md": sources_page(),
        "reference-tables.md": reference_page(),
    }


def describe(name: str) -> str | None:
    """Section of one star or source table, `T_MCO19B` under its own name too; None if nothing has that name."""
    if name.lower() in TABLES:
        return _star_table(TABLES[name.lower()])
    for known in (name, name.lower(), name.upper()):
        if known in raw.TABLES or known.startswith("T_MCO"):
            try:
                return source_table(raw.declaration(known))
            except KeyError:
                continue
    return None


def star_page() -> str:
    """Diagram of the star, then each table: grain, columns, checks."""
    facts = "\n".join(f"    {line}" for line in _relations())
    diagram = f"```mermaid\nerDiagram\n{facts}\n```"
    return _page("The star", diagram, *(_star_table(table) for table in TABLES.values()))


def sources_page() -> str:
    """Each source table under its own name: where its list of columns comes from, then the columns."""
    return _page("The sources", _PRIVACY, *(source_table(table) for table in raw.TABLES.values()))


def reference_page() -> str:
    """Each small table of codes or marginals: its source, size and columns."""
    return _page("Reference tables", *(_reference_table(name) for name in reference.names()))


def _star_table(table: sa.Table) -> str:
    rows = (
        (
            f"`{c.name}`",
            f"`{c.type}`",
            "yes" if c.primary_key else "",
            "yes" if c.nullable else "",
            c.comment or "",
        )
        for c in table.columns
    )
    columns = _table(("column", "type", "key", "may be null", "meaning"), rows)
    return "\n\n".join([f"## {table.name}", _flowing(GRAINS[table.name]), columns, *_checks(table)])


def _checks(table: sa.Table) -> list[str]:
    found = [c for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    rules = sorted(f"- `{c.name}`: `{c.sqltext}`" for c in found)
    return ["Checks:", "\n".join(rules)] if rules else []


def source_table(table: DeclaredTable) -> str:
    """Section of one source table; a bar in a text is escaped, so that it splits no cell."""
    rows = (
        (
            f"`{c.name}`",
            f"`{c.dtype}`",
            str(c.key or ""),
            c.privacy,
            _meaning(c),
            c.null,
        )
        for c in table.columns
    )
    columns = _table(("column", "type", "key", "privacy", "meaning", "null"), rows)
    return f"## {table.name}\n\nSource: {table.source}.\n\n{columns}"


def _meaning(column: Column) -> str:
    if column.constant is None:
        return column.meaning
    return f"{column.meaning} (always {f'`{column.constant}`' if column.constant else 'empty'})"


def _reference_table(name: str) -> str:
    frame = reference.read(name)
    columns = _table(("column", "type"), ((f"`{column}`", f"`{dtype}`") for column, dtype in frame.schema.items()))
    return f"## {name}\n\n{frame.height:,} rows. Source: {reference.source(name)}.\n\n{columns}"


def _relations() -> list[str]:
    """One line per column of a fact that points at a dimension, the roles of one dimension on one line."""
    lines = []
    for dimension in (table for name, table in TABLES.items() if name.startswith("dim_") and name != "dim_date"):
        key = next(iter(dimension.primary_key.columns)).name
        for name, fact in TABLES.items():
            roles = [c.name for c in fact.columns if c.name.endswith(key)]
            if name.startswith("fact_") and roles:
                lines.append(f'{dimension.name} ||--o{{ {name} : "{", ".join(roles)}"')
    stay = "fact_hospital_stay"
    of_a_stay = (name for name, fact in TABLES.items() if "stay_number" in fact.columns and name != stay)
    return lines + [f'{stay} ||--o{{ {name} : "patient_key, stay_number"' for name in of_a_stay]


def _page(title: str, *sections: str) -> str:
    return "\n\n".join([f"# {title}", GENERATED, *sections]) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in cells)


def _flowing(docstring: str) -> str:
    """Paragraphs without the line breaks and indentation of source code."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in docstring.split("\n\n"))
