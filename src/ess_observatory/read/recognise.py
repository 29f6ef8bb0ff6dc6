"""Which source is this sheet? Decided by its content, never by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.read.file_names import (
    GUIDE,
    HELP,
    LISTS,
    SAVE_AS,
    is_noise,
    is_text,
    left_by_name,
    shown,
)
from ess_observatory.read.headers import HeaderIndex, Reading, candidates
from ess_observatory.read.raw_folders import Shared, files_of
from ess_observatory.tabular.archive import kind_of, unpack
from ess_observatory.tabular.sheets import SUPPORTED, Sheet, open_sheets

SurveyTest = Callable[[Sheet], str | None]


@dataclass(frozen=True)
class Match:
    """A sheet taken for a source: which line holds the headers and which cell feeds which column.

    `header_line` is the last header line; `doubles` are second columns of a same name, to be compared with the first;
    `vintage` is the year that the file says it is about, when it says so.
    """

    sheet: Sheet
    source: str
    header_line: int
    mapping: dict[str, int]
    unknown: tuple[tuple[int, str], ...] = ()
    kind: str = "table"
    doubles: tuple[tuple[str, int, int], ...] = ()
    texts: tuple[str | None, ...] = ()
    vintage: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Unmatched:
    """A file or sheet that was not taken, and why. Severity `error` stops a run. `near`: what it would be, but for a few headers."""

    relative: str
    sheet: str
    why: str
    fix: str
    severity: str = "warn"
    code: str = ""
    near: Match | None = None


@dataclass
class Inventory:
    """What was found in a raw folder."""

    matches: list[Match] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)

    def sources(self) -> set[str]:
        """Sources for which there is at least one sheet."""
        return {match.source for match in self.matches}


def take_inventory(
    raw: Path | None,
    sources: Iterable[SourceSpec],
    survey: SurveyTest | None = None,
    survey_source: str | None = None,
    *,
    expected: Mapping[str, int | None] | None = None,
    shared: Shared | None = None,
    tolerant: bool = False,
) -> Inventory:
    """Recognise every sheet of every file under `raw`, in any sub-folder, under any name, in an archive or not.

    The `shared` files come after: they feed the declared sources that no file of `raw` feeds; the others are left aside
    and say so, since adding them up could count twice.

    `survey` tells whether a sheet holds answers to the codebook ("wide", "form" or None). `expected` gives the vintage
    of each source: a file that says it is about another year is left aside. The same file twice (same sha256) is read
    once. A file that claims to be data and cannot be opened raises E202 with all of them, unless `tolerant`: it is then
    listed with severity `error`.
    """
    taker = _Taker(
        [HeaderIndex(spec) for spec in sources if spec.kind == "table"], survey, survey_source, expected or {}
    )
    for path, name in files_of(raw) if raw else ():
        taker.take(path, name)
    if shared:
        taker.fed, taker.declared = taker.inventory.sources(), shared.sources
        for path, name in shared.files():
            taker.take(path, name)
    if not tolerant:
        refuse_unopened(taker.inventory)
    return taker.inventory


def refuse_unopened(inventory: Inventory) -> None:
    """Raise E202 for the files that claim to be data and cannot be opened, all of them."""
    blocking = [u for u in inventory.unmatched if u.severity == "error"]
    if blocking:
        details = [ObservatoryError(u.code, u.why, u.relative, u.fix) for u in blocking]
        raise ObservatoryError(
            "E202",
            f"{len(blocking)} fichier(s) que l’on ne peut pas ouvrir",
            None,
            "Remplacez-les, ou sortez-les du dossier.",
            Exit.DATA,
            details,
        )


class _Taker:
    """Takes files one after the other into an inventory."""

    def __init__(
        self,
        indexes: list[HeaderIndex],
        survey: SurveyTest | None,
        survey_source: str | None,
        expected: Mapping[str, int | None],
    ) -> None:
        self.indexes, self.survey, self.survey_source, self.expected = (
            indexes,
            survey,
            survey_source,
            expected,
        )
        self.inventory = Inventory()
        self.seen: dict[str, str] = {}
        self.fed: set[str] = set()
        self.declared: frozenset[str] | None = None

    def leave(
        self, relative: str, why: str, fix: str, severity: str = "warn", code: str = "", sheet: str = ""
    ) -> None:
        self.inventory.unmatched.append(Unmatched(relative, sheet, why, fix, severity, code))

    def take(self, path: Path, relative: str) -> None:
        name, suffix = relative.rpartition("/")[2], path.suffix.lower()
        if is_noise(name):
            return
        if not is_text(str(path)):
            why, fix = "nom de fichier ou de dossier illisible", "Renommez-le sans caractère étrange."
            return self.leave(shown(relative), why, fix, "error", "E208")
        if reason := left_by_name(name):
            return self.leave(relative, *reason)
        if path.is_symlink() and path.is_dir():
            why = "lien vers un autre dossier : il n’est pas suivi"
            return self.leave(relative, why, "Donnez ce dossier avec --raw, ou copiez-y les fichiers.")
        if path.is_symlink() and not path.exists():
            why = "lien vers un fichier qui n’est plus là"
            return self.leave(relative, why, "Refaites le lien, ou copiez le fichier.", "error", "E208")
        try:
            if path.stat().st_size == 0:
                return self.leave(relative, "fichier vide", "Redemandez le fichier au producteur.")
            kind = kind_of(path, relative)
            if kind == "archive" and suffix in SUPPORTED:
                return self._take_archive(path, relative)
            if kind in ("document", "archive") and suffix not in SUPPORTED:
                return self.leave(relative, f"format « {suffix} » non lu", SAVE_AS)
            return self._take_sheets(open_sheets(path, relative=relative), relative)
        except ObservatoryError as error:
            severity = "error" if suffix in SUPPORTED else "warn"
            return self.leave(error.where or relative, error.what, error.fix or "", severity, error.code)
        except OSError as error:
            return self.leave(
                relative,
                f"lecture impossible ({error.strerror or error})",
                "Vérifiez le fichier et ses droits.",
                "error",
                "E208",
            )

    def _take_archive(self, path: Path, relative: str) -> None:
        first, before = len(self.inventory.unmatched), len(self.inventory.matches)
        for member in unpack(path, relative):
            self.take(member.path, member.name)
        if len(self.inventory.matches) > before:
            self.inventory.unmatched[first:] = [
                replace(u, severity="info") if u.severity == "warn" else u
                for u in self.inventory.unmatched[first:]
            ]

    def _take_sheets(self, sheets: list[Sheet], relative: str) -> None:
        if not sheets:
            return self.leave(
                relative, "classeur sans feuille de calcul", "Redemandez le fichier au producteur."
            )
        sha256 = sheets[0].sha256
        if earlier := self.seen.get(sha256):
            return self.leave(relative, f"copie identique de {earlier}", "Rien à faire.", "info")
        self.seen[sha256] = relative
        before = len(self.inventory.matches)
        misses: list[Unmatched] = []
        for sheet in sheets:
            found = self._admitted(self._judge(sheet))
            if isinstance(found, Match):
                self.inventory.matches.append(found)
            elif found is not None:
                misses.append(found)
        if len(self.inventory.matches) > before:
            misses = [m for m in misses if m.near or m.sheet not in (GUIDE, LISTS, HELP)]
        taken = len(self.inventory.matches) > before
        if not taken and not misses:
            self.leave(relative, "aucune donnée dans ce fichier", "Redemandez le fichier au producteur.")
        self.inventory.unmatched += [
            replace(m, severity="info") if taken and m.severity == "warn" else m for m in misses
        ]
        return None

    def _admitted(self, found: Match | Unmatched | None) -> Match | Unmatched | None:
        """A shared sheet is taken only for a source that the edition declares and has no file for in its own folder."""
        if not isinstance(found, Match) or self.declared is None:
            return found
        if found.source not in self.declared:
            why, severity = f"source « {found.source} », que l’édition ne déclare pas", "info"
            fix = "Déclarez la source dans l’édition, ou déposez le fichier dans le dossier de l’édition."
        elif found.source in self.fed:
            why = f"l’édition a déjà, dans son dossier, des fichiers de la source « {found.source} »"
            severity = "warn"
            fix = "Déposez-le dans le dossier de l’édition pour qu’il s’y ajoute, ou retirez-en les fichiers qu’il remplace."
        else:
            return found
        return Unmatched(found.sheet.relative, found.sheet.name, why, fix, severity)

    def _judge(self, sheet: Sheet) -> Match | Unmatched | None:
        if not any(any(row) for row in sheet.head):
            return None
        if self.survey and self.survey_source and (kind := self.survey(sheet)):
            return Match(sheet, self.survey_source, 0, {}, kind=kind, why="réponses à l’enquête")
        lines = list(candidates(sheet))
        every = [(index.read(line), index) for index in self.indexes for line in lines if index.knows(line)]
        readings = [(reading, index) for reading, index in every if index.is_enough(reading)]
        near = max((item for item in every if item[0].mapping), key=lambda item: item[0].rank, default=None)
        best, index = max(readings, key=lambda item: item[0].rank, default=(None, None))
        if best is None or index is None or (best.unknown and near and near[0].rank > best.rank):
            return _nearest(sheet, near)
        rivals = {other.spec.title for reading, other in readings if reading.rank[:2] == best.rank[:2]}
        if len(rivals) > 1:
            return Unmatched(
                sheet.relative,
                sheet.name,
                f"ses en-têtes conviennent à {' et à '.join(sorted(rivals))}",
                "Déclarez « required = true » sur une colonne qui distingue ces sources.",
                "error",
                "E224",
            )
        return self._matched(sheet, best, index)

    def _matched(self, sheet: Sheet, best: Reading, index: HeaderIndex) -> Match | Unmatched:
        spec = index.spec
        vintage = best.vintages.most_common(1)[0][0] if best.vintages else _title_vintage(sheet, best, spec)
        wanted = self.expected.get(spec.id)
        if vintage and wanted and vintage != wanted:
            return Unmatched(
                sheet.relative,
                sheet.name,
                f"« {spec.title} » de {vintage}, l’édition attend {wanted}",
                "Déposez le fichier du bon millésime, ou changez « vintage » dans l’édition.",
            )
        why = f"{len(best.mapping)} en-têtes reconnus sur {len(spec.columns)}, ligne {best.line}"
        why += " (en-tête sur deux lignes)" if best.height == 2 else ""
        why += f", {len(best.unknown)} inconnus" if best.unknown else ""
        why += ", feuille masquée" if sheet.is_hidden else ""
        why += f", {sheet.unseen}" if sheet.unseen else ""
        return Match(
            sheet,
            spec.id,
            best.line,
            best.mapping,
            tuple(best.unknown),
            doubles=tuple(best.doubles),
            texts=tuple(best.texts),
            vintage=vintage,
            why=why,
        )


def _title_vintage(sheet: Sheet, reading: Reading, spec: SourceSpec) -> int | None:
    """The year that the lines above the header (or the sheet's name) announce, when the source says how."""
    if not spec.vintage_pattern:
        return None
    above = [cell for row in sheet.head[: reading.line - reading.height] for cell in row if cell]
    for text in [*above, sheet.name]:
        if (found := re.search(spec.vintage_pattern, text, re.IGNORECASE)) and found[1].isdigit():
            return int(found[1])
    return None


def _nearest(sheet: Sheet, best: tuple[Reading, HeaderIndex] | None) -> Unmatched:
    """Say which source a sheet looks most like, and which headers it lacks."""
    if best is None:
        return Unmatched(
            sheet.relative,
            sheet.name,
            "aucun en-tête connu dans les 60 premières lignes",
            "Déclarez la source dans pipelines/sources/, ou retirez le fichier.",
        )
    reading, index = best
    lacking = [c.headers[0] for c in index.spec.columns if c.required and c.name not in reading.mapping]
    lacks = (
        f"il manque {', '.join(f'« {label} »' for label in lacking)}"
        if lacking
        else "un seul en-tête est reconnu"
    )
    near = Match(
        sheet,
        index.spec.id,
        reading.line,
        reading.mapping,
        tuple(reading.unknown),
        doubles=tuple(reading.doubles),
        texts=tuple(reading.texts),
    )
    return Unmatched(
        sheet.relative,
        sheet.name,
        f"ressemble à « {index.spec.title} » (ligne {reading.line}), mais {lacks}",
        "« ess plan » dit quels en-têtes du fichier peuvent l’être, « ess repair » écrit les lignes qui le font lire.",
        near=near,
    )
