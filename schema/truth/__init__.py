"""The sealed truth, one CSV a table: who is who, what was drawn, what was spoiled."""

from pathlib import Path

from schema.frames import DeclaredTable, read_declarations

TABLES: dict[str, DeclaredTable] = read_declarations(Path(__file__).parent)
