"""Which source is this sheet? Decided by its headers, never by its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.errors import ObservatoryError
from ess_observatory.project import SourceSpec
from ess_observatory.read.sheets import SUPPORTED, Sheet, open_sheets

#: Lock files of office suites, partial downloads, system droppings.
_NOISE = re.compile(r"^(~\$|\.~lock|\.)|(\.tmp|\.part|\.crdownload|\.bak|~)$", re.IGNORECASE)
_DOCUMENTS = {".md", ".pdf", ".doc", ".docx", ".toml", ".yml", ".yaml", ".json"}


@dataclass(frozen=True)
class Match:
    """A sheet taken for a source: which line holds the headers and which cell feeds which column."""

    sheet: Sheet
    source: str
    header_line: int
    mapping: dict[str, int]
    unknown: tuple[tuple[int, str], ...] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Unmatched:
    """A file or sheet that was not taken, and why."""

    relative: str
    sheet: str
    why: str
    fix: str
    severity: str = "warn"


@dataclass
class Inventory:
    """What was found in a raw folder."""

    matches: list[Match] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)

    def sources(self) -> set[str]:
        """Sources for which there is at least one sheet."""
        return {match.source for match in self.matches}


def normalise(header: str) -> str:
    """A header reduced to what matters when comparing: letters and digits, no case, no accents."""
    text = unicodedata.normalize("NFKD", header.replace("œ", "oe").replace("’", "'").replace("°", "o"))
    text = "".join(char for char in text if not unicodedata.combining(char)).casefold()
    return re.sub(r"[^a-z0-9]+", " ", text).strip()


def take_inventory(
    raw: Path, sources: Iterable[SourceSpec], survey: Callable[[Sheet], str | None] | None, survey_source: str | None
) -> Inventory:
    """Recognise every sheet of every file under `raw`, in any sub-folder and under any name.

    `survey` tells whether a sheet holds answers to the codebook ("wide", "form" or None). The same file twice (same
    sha256) is read once.
    """
    inventory = Inventory()
    specs = [_Headers(spec) for spec in sources if spec.kind == "table"]
    seen: dict[str, str] = {}
    for path in sorted(p for p in raw.rglob("*") if p.is_file()):
        relative = path.relative_to(raw).as_posix()
        if _NOISE.search(path.name):
            continue
        if path.suffix.lower() not in SUPPORTED:
            severity = "info" if path.suffix.lower() in _DOCUMENTS else "warn"
            inventory.unmatched.append(Unmatched(relative, "", f"format « {path.suffix} » non lu",
                                                 "Enregistrez-le en .xlsx, .ods ou .csv s’il porte des données.", severity))
            continue
        if path.stat().st_size == 0:
            inventory.unmatched.append(Unmatched(relative, "", "fichier vide", "Redemandez le fichier au producteur."))
            continue
        sheets = open_sheets(path, raw)
        if earlier := seen.get(sheets[0].sha256 if sheets else ""):
            inventory.unmatched.append(Unmatched(relative, "", f"copie identique de {earlier}", "Rien à faire.", "info"))
            continue
        if sheets:
            seen[sheets[0].sha256] = relative
        _match_file(inventory, relative, sheets, specs, survey, survey_source)
    return inventory


def _match_file(inventory: Inventory, relative: str, sheets: list[Sheet], specs: list[_Headers],
                survey: Callable[[Sheet], str | None] | None, survey_source: str | None) -> None:
    before = len(inventory.matches)
    misses: list[Unmatched] = []
    for sheet in sheets:
        kind = survey(sheet) if survey and survey_source else None
        if kind and survey_source:
            inventory.matches.append(Match(sheet, survey_source, 0, {}, kind=kind))
        elif match := _best_match(sheet, specs):
            inventory.matches.append(match)
        elif any(any(row) for row in sheet.head):
            misses.append(_nearest(relative, sheet, specs))
    taken = len(inventory.matches) > before
    for miss in misses:
        severity = "info" if taken else miss.severity
        inventory.unmatched.append(Unmatched(miss.relative, miss.sheet, miss.why, miss.fix, severity))


class _Headers:
    """The declared headers of a source, ready to be compared."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        self.by_header = {normalise(h): column.name for column in spec.columns for h in column.headers}
        self.required = {column.name for column in spec.columns if column.required}
        self.ignored = {normalise(header) for header in spec.ignored_headers}

    def read(self, row: list[str | None]) -> tuple[dict[str, int], list[tuple[int, str]]]:
        mapping: dict[str, int] = {}
        unknown: list[tuple[int, str]] = []
        for position, cell in enumerate(row):
            if not cell:
                continue
            name = self.by_header.get(normalise(cell))
            if name and name not in mapping:
                mapping[name] = position
            elif normalise(cell) not in self.ignored:
                unknown.append((position, cell))
        return mapping, unknown


def _best_match(sheet: Sheet, specs: list[_Headers]) -> Match | None:
    best: Match | None = None
    for line, row in enumerate(sheet.head, start=1):
        if sum(cell is not None for cell in row) < 2:
            continue
        for headers in specs:
            mapping, unknown = headers.read(row)
            if headers.required <= mapping.keys() and (best is None or len(mapping) > len(best.mapping)):
                best = Match(sheet, headers.spec.id, line, mapping, tuple(unknown))
    return best


def _nearest(relative: str, sheet: Sheet, specs: list[_Headers]) -> Unmatched:
    """Say which source a sheet looks most like, and which headers it lacks."""
    from rapidfuzz import fuzz, process

    best: tuple[int, _Headers, list[str | None], set[str]] | None = None
    for row in sheet.head:
        for headers in specs:
            mapping, _ = headers.read(row)
            if mapping and (best is None or len(mapping) > best[0]):
                best = (len(mapping), headers, row, headers.required - mapping.keys())
    if best is None:
        return Unmatched(relative, sheet.name, "aucun en-tête connu dans les 60 premières lignes",
                         "Déclarez la source dans pipelines/sources/, ou retirez le fichier.")
    _, headers, row, missing = best
    hints = []
    present = {cell: normalise(cell) for cell in row if cell}
    for name in sorted(missing):
        column = next(c for c in headers.spec.columns if c.name == name)
        guess = max(
            (hit for header in column.headers
             if (hit := process.extractOne(normalise(header), present, scorer=fuzz.WRatio))),
            key=lambda hit: hit[1], default=None,
        )
        near = f" (le plus proche : « {guess[2]} »)" if guess and guess[1] >= 60 else ""
        hints.append(f"« {column.headers[0]} »{near}")
    return Unmatched(relative, sheet.name,
                     f"ressemble à « {headers.spec.title} », mais il manque {', '.join(hints)}",
                     f"Ajoutez l’en-tête lu aux « headers » de la colonne dans {headers.spec.folder.name}/source.toml.")


def refuse_unknown_headers(match: Match, spec: SourceSpec) -> None:
    """Raise E221 when a recognised sheet has headers that nobody declared, with the line to paste."""
    from rapidfuzz import fuzz, process

    if not match.unknown:
        return
    choices = {header: normalise(header) for column in spec.columns for header in column.headers}
    owner = {header: column.name for column in spec.columns for header in column.headers}
    details = []
    for position, header in match.unknown:
        hit = process.extractOne(normalise(header), choices, scorer=fuzz.WRatio)
        likely = (f"ressemble à « {hit[2]} » (ressemblance {hit[1] / 100:.2f}) : ajoutez \"{header}\" aux « headers » de la "
                  f"colonne « {owner[hit[2]]} »" if hit and hit[1] >= 75 else "aucun en-tête déclaré n’y ressemble")
        details.append(ObservatoryError(
            "E221", f"En-tête inconnu : « {header} »",
            f"{place(match.sheet)}, ligne {match.header_line}, colonne {position + 1} ; {likely}",
            f'Dans pipelines/sources/{spec.id}/source.toml, pour l’écarter : ignored_headers = ["{header}"]',
        ))
    raise ObservatoryError("E220", f"{len(details)} en-tête(s) inconnu(s) dans un fichier reconnu comme « {spec.title} »",
                           place(match.sheet), None, details=details)


def place(sheet: Sheet) -> str:
    """« file, feuille X » as shown in messages."""
    return f"{sheet.relative}, feuille « {sheet.name} »" if sheet.name else sheet.relative
