"""Runs every `bench/*.py` that has a `run() -> list[dict]` and prints its measures in one table.

A measure is a dict: `name`, and any of `value`, `seconds`, `ratio` (to the baseline of the same run), `limit` (the ratio
must not exceed it). `python -m bench gates render` runs these only; `--json` prints the measures as data. Exit code 1 when a
limit is exceeded. Those of large scale are kept in docs/performance.md, with the machine, when all of them were run.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

PERFORMANCE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
LARGE_SCALE = ("classify", "scale", "each")


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


def page(rows: list[dict[str, Any]]) -> str:
    """The measures at national scale as a page: the machine, then one line a measure."""
    import duckdb

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    machine = f"{os.cpu_count()} cœurs ({platform.machine()}), {memory:.0f} Go de mémoire, Python {platform.python_version()}"
    lines = [
        "# Mesures à grande échelle",
        "",
        f"Page écrite par `python -m bench {' '.join(LARGE_SCALE)}`. Machine : {machine}, DuckDB {duckdb.__version__}.",
        "Un rapport divise par la référence du même passage (le plancher : une requête écrite à la main, ou la simple lecture du moteur).",
        "Les établissements sont synthétiques.",
        "",
        "| Mesure | Valeur | Secondes | Rapport | Limite |",
        "|:--| --: | --: | --: | --: |",
    ]
    for row in rows:
        seconds, ratio, limit = (
            f"{row[key]:.{decimals}f}".replace(".", ",") if key in row else ""
            for key, decimals in (("seconds", 1), ("ratio", 2), ("limit", 2))
        )
        mark = " (dépassée)" if exceeded(row) else ""
        value = str(row.get("value", "")).replace(".", ",")
        lines.append(f"| {row['name']} | {value} | {seconds} | {ratio} | {limit}{mark} |")
    return "\n".join([*lines, ""]).replace(" :", "\u00a0:")


def main(arguments: list[str]) -> int:
    """Run, print, and say whether every limit holds."""
    as_json = "--json" in arguments
    rows: list[dict[str, Any]] = []
    kept: dict[str, list[dict[str, Any]]] = {}
    for name in benches([argument for argument in arguments if argument != "--json"]):
        found = measure(name)
        rows += found
        if name in LARGE_SCALE and not any(row.get("failed") for row in found):
            kept[name] = found
        if not as_json and found:
            width = max(len(row["name"]) for row in found)
            title = f"{'mesure':<{width}}  {'valeur':>14}  {'secondes':>10}  {'rapport':>8}  {'limite':>7}"
            print("\n".join([title, "─" * len(title), *(line(row, width) for row in found), ""]), flush=True)
    if len(kept) == len(LARGE_SCALE):
        PERFORMANCE.write_text(page([row for name in LARGE_SCALE for row in kept[name]]), encoding="utf-8")
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    return int(any(exceeded(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
