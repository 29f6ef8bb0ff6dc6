"""Runs every `bench/*.py` that has a `run() -> list[dict]` and prints its measures in one table.

A measure is a dict: `name`, and any of `value`, `seconds`, `ratio` (to the baseline of the same run), `limit` (the ratio
must not exceed it). `python -m bench gates render` runs these only; `--json` prints the measures as data. Exit code 1 when
a limit is exceeded.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def benches(wanted: list[str]) -> list[str]:
    """Names of the benches, those wanted or all; a wrong name is an error that lists them."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    if unknown := sorted(set(wanted) - set(known)):
        raise SystemExit(f"Mesures inconnues : {', '.join(unknown)}. Connues : {', '.join(known)}.")
    return wanted or known


def measure(name: str) -> list[dict[str, Any]]:
    """The measures of a bench; those of one that fails say so, and the others go on."""
    module = importlib.import_module(f"bench.{name}")
    if not hasattr(module, "run"):
        return []
    try:
        return list(module.run())
    except Exception as error:
        return [{"name": name, "value": f"{type(error).__name__} : {error}", "failed": True}]


def exceeded(row: dict[str, Any]) -> bool:
    """Whether a measure is over its limit, or could not be made."""
    return bool(row.get("failed")) or ("limit" in row and row["ratio"] > row["limit"])


def line(row: dict[str, Any], width: int) -> str:
    """One line of the table."""

    def number(key: str, decimals: int) -> str:
        return f"{row[key]:.{decimals}f}".replace(".", ",") if isinstance(row.get(key), int | float) else ""

    value = row.get("value")
    shown = "" if value is None else str(value).replace(".", ",") if isinstance(value, float) else str(value)
    limit = f"≤ {number('limit', 2)}" if "limit" in row else ""
    mark = " ✘" if exceeded(row) else ""
    return f"{row['name']:<{width}}  {shown:>14}  {number('seconds', 3):>10}  {number('ratio', 2):>8}  {limit:>7}{mark}".rstrip()


def main(arguments: list[str]) -> int:
    """Run, print, and say whether every limit holds."""
    as_json = "--json" in arguments
    rows: list[dict[str, Any]] = []
    for name in benches([argument for argument in arguments if argument != "--json"]):
        found = measure(name)
        rows += found
        if not as_json and found:
            width = max(len(row["name"]) for row in found)
            title = f"{'mesure':<{width}}  {'valeur':>14}  {'secondes':>10}  {'rapport':>8}  {'limite':>7}"
            print("\n".join([title, "─" * len(title), *(line(row, width) for row in found), ""]), flush=True)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    return int(any(exceeded(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
