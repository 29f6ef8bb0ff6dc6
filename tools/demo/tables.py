"""Small files copied from the recipe's own tables into a provider's layout."""

from __future__ import annotations

from pathlib import Path

from .recipe import Recipe, read_rows
from .workbook import Value, write_csv, write_xlsx


def write_tables(recipe: Recipe, out: Path) -> list[Path]:
    """Write each `[[tables]]` of the recipe: title lines, then the CSV file's header and rows."""
    written = []
    for table in recipe.config["tables"]:
        rows = read_rows(recipe.folder / table["rows"])
        header = list(rows[0])
        numbers = set(table.get("numbers", []))
        if "sheet" in table:
            lines: list[list[Value]] = [[title] for title in table["titles"]]
            lines.append(list(header))
            lines += [[_value(row[name], name in numbers) for name in header] for row in rows]
            written.append(
                write_xlsx(
                    out / table["file"], table["sheet"], lines, recipe.created, table.get("widths", [])
                )
            )
        else:
            text = [header, *[list(row.values()) for row in rows]]
            written.append(write_csv(out / table["file"], text, "utf-8", "\n"))
    return written


def _value(text: str, is_number: bool) -> Value:
    if not text:
        return None
    if not is_number:
        return text
    return float(text) if "." in text else int(text)
