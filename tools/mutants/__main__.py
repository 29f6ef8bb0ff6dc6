"""`python -m tools.mutants`: change the code a little, one place at a time, and see whether a test notices.

Areas (what is changed, which tests judge it) are in `areas.toml`; survivors that are accepted, each with its reason, in
`docs/mutants.md`. Everything runs in copies of the tree, never in the tree itself. The sample is the same at every run.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.changes import mutants_of
from tools.mutants.known import KNOWN, key_of, read_known
from tools.mutants.workers import Crew, Verdict

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Area:
    """A part of the house: the files that are changed, and the tests that must notice."""

    id: str
    title: str
    targets: tuple[Path, ...]
    tests: tuple[Path, ...]
    skip: str
    sample: int


def read_areas(asked: Sequence[str] | None = None) -> list[Area]:
    """The areas declared, or those asked; a pattern that finds nothing stops everything (it would judge nothing in silence)."""
    declared = tomllib.loads((Path(__file__).parent / "areas.toml").read_text(encoding="utf-8"))
    areas = []
    if unknown := set(asked or ()) - set(declared):
        raise SystemExit(f"Domaine inconnu : {', '.join(sorted(unknown))}. Domaines : {', '.join(declared)}.")
    for id_, data in declared.items():
        if asked and id_ not in asked:
            continue
        targets = [path for pattern in data["targets"] for path in _found(ROOT.glob(pattern), pattern)]
        tests = [path for name in data["tests"] for path in _found((ROOT / "tests").rglob(name), name)]
        areas.append(
            Area(id_, data["title"], tuple(targets), tuple(tests), data.get("skip", ""), data["sample"])
        )
    return areas


def _found(paths: object, pattern: str) -> list[Path]:
    found = sorted(path for path in paths if path.is_file())  # type: ignore[attr-defined]
    if not found:
        raise SystemExit(f"areas.toml : « {pattern} » ne désigne aucun fichier.")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked; 0 when every survivor is known, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="make mutants", description="Mutations du code : les tests les voient-ils ?"
    )
    parser.add_argument("--all", action="store_true", help="toutes les mutations, non un échantillon")
    parser.add_argument("--area", action="append", help="un domaine seulement (répétable)")
    parser.add_argument(
        "--only", default="", help="les mutations dont le fichier ou la ligne contient ce texte"
    )
    parser.add_argument("--sample", type=int, help="taille de l’échantillon par domaine")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    known = read_known(ROOT / KNOWN)
    lines, unknown, seen = [], [], set()
    started = time.monotonic()
    for area in read_areas(options.area):
        every = [
            mutant
            for path in area.targets
            for mutant in mutants_of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        ]
        every = [m for m in every if options.only in m.file or options.only in m.line_text]
        size = len(every) if options.all else (options.sample or area.sample)
        tried = sorted(sorted(every, key=lambda m: m.rank)[:size], key=lambda m: (m.file, m.start, m.after))
        with Crew(ROOT, area.tests, area.skip, area.targets, options.workers) as crew:
            verdicts = crew.judge(tried, _say)
        survivors = [m for m, verdict in zip(tried, verdicts, strict=True) if verdict.survived]
        seen |= {key_of(m) for m in tried}
        strangers = [m for m in survivors if key_of(m) not in known]
        unknown += strangers
        lines.append(_line(area, len(every), verdicts, len(survivors) - len(strangers), len(strangers)))
        print(lines[-1], flush=True)
    print(f"\n{_HEAD}\n" + "\n".join(lines))
    print(f"\nDurée : {(time.monotonic() - started) / 60:.1f} min")
    if options.all and not options.area and not options.only:
        for key in sorted(set(known) - seen):
            print(f"N’est plus une mutation, à retirer de {KNOWN} : {' · '.join(key)}")
    for mutant in unknown:
        print(f"\nSURVIVANT {mutant.file}:{mutant.line}\n{mutant.entry()}")
    if unknown:
        print(
            f"\n{len(unknown)} survivant(s) : écrivez le test qui les tue, ou, s’ils ne changent rien, dites pourquoi dans {KNOWN}."
        )
    return 1 if unknown else 0


_COLUMNS = (
    "Domaine",
    "Mutations",
    "Essayées",
    "Tuées",
    "Survivantes, motif écrit",
    "Survivantes, sans motif",
    "Part tuée",
    "… de celles qui changent quelque chose",
)
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}"


def _line(area: Area, every: int, verdicts: Sequence[Verdict], known: int, strangers: int) -> str:
    killed = sum(not verdict.survived for verdict in verdicts)
    shares = (_percent(killed, len(verdicts)), _percent(killed, len(verdicts) - known))
    cells = (area.title, every, len(verdicts), killed, known, strangers, *shares)
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %".replace(".", ",") if whole else "///"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
