"""Two publications in the hands of one attacker: which figures of the earlier one are figures of this one.

Three cases, all of one territory, and no other is supposed: (1) the same edition published again: same id, same figure, except those that were
revised and those that must have been (a sum whose shown figures do not explain its change); (2) a table that keeps earlier
years (`history_row` in its card): the row whose code is the earlier year repeats the earlier publication's own row; (3) a
table made, in both, from the very same files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.secrecy.constraints import Structure, read_structure
from ess_observatory.secrecy.shown import read_figures

if TYPE_CHECKING:
    from ess_observatory.secrecy.shown import Shown


def together(
    folder: Path, figures: dict[str, Shown], structure: Structure, previous: Path, prefix: str
) -> tuple[dict[str, Shown], Structure]:
    """Figures and structure of both publications; ids of the earlier one begin with `prefix`."""
    earlier, old = read_figures(previous), read_structure(previous)
    manifest, before = _manifest(folder), _manifest(previous)
    pairs = []
    if _territory(manifest) == _territory(before):
        pairs = _shared(figures, earlier, structure, manifest, before)
        pairs += _history(figures, earlier, structure, str(before.get("year", "")))
    both = figures | {prefix + figure: shown for figure, shown in earlier.items()}
    named = _renamed(old, prefix)
    return both, Structure(
        structure.declared,
        structure.same + named.same + [[new, prefix + then] for new, then in pairs],
        structure.sums + named.sums,
        structure.ratios + named.ratios,
        structure.signed + named.signed,
        structure.history,
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _territory(manifest: dict[str, Any]) -> str:
    return str(manifest.get("territory", {}).get("code", ""))


def _shared(
    figures: dict[str, Shown],
    earlier: dict[str, Shown],
    structure: Structure,
    manifest: dict[str, Any],
    before: dict[str, Any],
) -> list[tuple[str, str]]:
    """Same id, same figure: everywhere in the same edition, else in tables made from the same files."""
    is_same_edition = manifest.get("edition") is not None and manifest.get("edition") == before.get("edition")
    same_files = {
        name for name, files in _files(manifest).items() if files and files == _files(before).get(name)
    }
    tables = {
        shown.table
        for shown in figures.values()
        if is_same_edition or (shown.sources and set(shown.sources) <= same_files)
    }
    common = [
        f
        for f in figures
        if f in earlier and figures[f].table in tables and figures[f].table == earlier[f].table
    ]
    doubtful = _revised(common, figures, earlier) | _maybe_revised(common, figures, earlier, structure)
    doubtful |= {
        said["figure"] for said in structure.ratios if {said["numerator"], said["denominator"]} & doubtful
    }
    return [(f, f) for f in common if f not in doubtful]


def _revised(common: list[str], figures: dict[str, Shown], earlier: dict[str, Shown]) -> set[str]:
    """Figures that both publications show, with different values."""
    return {f for f in common if abs(_change(figures.get(f), earlier.get(f))) > 0}


def _change(now: Shown | None, then: Shown | None) -> float:
    """By how much a figure shown in both has changed (0 when one of them does not show it)."""
    if now is None or then is None or now.value is None or then.value is None:
        return 0.0
    gap = now.value - then.value
    return gap if abs(gap) > 1e-9 * max(1.0, abs(now.value)) else 0.0


def _maybe_revised(
    common: list[str], figures: dict[str, Shown], earlier: dict[str, Shown], structure: Structure
) -> set[str]:
    """Hidden figures of a sum whose shown figures do not explain its change: one of them has changed, no one knows which."""
    alias = {f: group for group in structure.same for f in group}
    found: set[str] = set()
    for said in structure.sums:
        named = [(said["whole"], 1.0)] if isinstance(said["whole"], str) else []
        named += [(part, -1.0) for part in said["parts"]]
        gap = sum(sign * _change(figures.get(f), earlier.get(f)) for f, sign in named)
        if abs(gap) > 1e-6:
            hidden = [
                f for f, _ in named if f in figures and (figures[f].is_hidden or _is_hidden(f, earlier))
            ]
            found |= {other for f in hidden for other in alias.get(f, [f])}
    return found & set(common)


def _is_hidden(figure: str, figures: dict[str, Shown]) -> bool:
    return figure in figures and figures[figure].is_hidden


def _files(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Checksums of the files of each source."""
    return {
        source["id"]: {item["sha256"] for item in source.get("files", [])}
        for source in manifest.get("sources", [])
    }


def _history(
    figures: dict[str, Shown], earlier: dict[str, Shown], structure: Structure, year: str
) -> list[tuple[str, str]]:
    pairs = []
    for said in structure.history:
        now = {
            shown.column: f
            for f, shown in figures.items()
            if shown.table == said["table"] and shown.row == year
        }
        then = {
            shown.column: f
            for f, shown in earlier.items()
            if shown.table == said["table"] and shown.row == said["row"]
        }
        pairs += [(now[column], then[column]) for column in now if column in then]
    return pairs


def _renamed(structure: Structure, prefix: str) -> Structure:
    def name(figure: Any) -> Any:
        return prefix + figure if isinstance(figure, str) else figure

    return Structure(
        structure.declared,
        [[name(f) for f in group] for group in structure.same],
        [
            said
            | {"whole": name(said["whole"]), "parts": [name(f) for f in said["parts"]]}
            | ({"rest": name(said["rest"])} if "rest" in said else {})
            for said in structure.sums
        ],
        [
            said | {key: name(said[key]) for key in ("figure", "numerator", "denominator")}
            for said in structure.ratios
        ],
        [name(f) for f in structure.signed],
        [],
    )
