"""Which source is this sheet? Decided by its content, never by its name."""

from __future__ import annotations

import re
from collections import deque
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
from ess_observatory.read.headers import HeaderIndex, Reading, Vocabulary, candidates
from ess_observatory.read.raw_folders import Shared, files_of
from ess_observatory.tabular.places import closed_error, is_plain_file
from ess_observatory.tabular.sheets import SUPPORTED, Opening, Sheet, opening

SurveyTest = Callable[[Sheet], str | None]
#: Why a file is left without being opened, what to do, and the severity and code of that.
_Left = tuple[str, str, str, str]
#: How many files are opened, or being opened, before the one that is looked at.
_AHEAD = 8


@dataclass(frozen=True)
class Match:
    """A sheet taken for a source: which line holds the headers and which cell feeds which column.

    `header_line` is the last header line; `doubles` are second columns of a same name, to be compared with the first;
    `vintage` is the year that the file says it is about, when it says so. `is_carried`: the sheet is first of all another source's,
    whose rows repeat what this one reads (see `carries` of a source).
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
    is_carried: bool = False


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
    and say so, since adding them up could count twice (but for those that `shared.joined` names).

    `survey` tells whether a sheet holds answers to the codebook ("wide", "form" or None). `expected` gives the vintage
    of each source: a file that says it is about another year is left aside. The same file twice (same sha256) is read
    once. A file that claims to be data and cannot be opened raises E202 with all of them, unless `tolerant`: it is then
    listed with severity `error`.
    """
    specs = {spec.id: spec for spec in sources}
    indexes = [HeaderIndex(spec) for spec in specs.values() if spec.kind == "table"]
    taker = _Taker(indexes, survey, survey_source, expected or {}, specs)
    taker.take_all(files_of(raw) if raw else ())
    if shared:
        taker.fed = taker.inventory.sources() - shared.joined
        taker.declared = shared.sources | shared.joined
        taker.take_all(shared.files())
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


def _left_unopened(path: Path, relative: str) -> _Left | None:
    """Why a file is not opened: its name, or what the system says of it; None when it must be opened."""
    severity = "error" if path.suffix.lower() in SUPPORTED else "warn"
    if not is_text(str(path)):
        return (
            "nom de fichier ou de dossier illisible",
            "Renommez-le sans caractère étrange.",
            "error",
            "E208",
        )
    if reason := left_by_name(relative.rpartition("/")[2]):
        return *reason, ""
    try:
        if path.is_symlink() and path.is_dir():
            why = "lien vers un autre dossier : il n’est pas suivi"
            return why, "Donnez ce dossier avec --raw, ou copiez-y les fichiers.", "warn", ""
        if path.is_symlink() and not path.exists():
            why = "lien vers un fichier qui n’est plus là"
            return why, "Refaites le lien, ou copiez le fichier.", "error", "E208"
        if path.is_dir():
            why = "dossier qui porte un nom de fichier ; ce qu’il contient est lu"
            return why, "Renommez-le, ou remplacez-le par le fichier de données.", "warn", ""
        if not is_plain_file(path):
            why = "ce n’est pas un fichier, mais un tube, une prise ou un périphérique : il n’est pas ouvert"
            return why, "Copiez dans un fichier ce qu’il donne, ou retirez-le.", severity, "E208"
        if path.stat().st_size == 0:
            return "fichier vide", "Redemandez le fichier au producteur.", "warn", ""
    except OSError as error:
        told = closed_error(error, relative)
        return told.what, told.fix or "", "error", told.code
    return None


def _begin(path: Path, relative: str) -> Opening:
    return opening(path, relative, is_unpacked=path.suffix.lower() in SUPPORTED)


class _Taker:
    """Takes files one after the other into an inventory."""

    def __init__(
        self,
        indexes: list[HeaderIndex],
        survey: SurveyTest | None,
        survey_source: str | None,
        expected: Mapping[str, int | None],
        specs: Mapping[str, SourceSpec],
    ) -> None:
        self.specs = specs
        self.indexes, self.survey, self.survey_source, self.expected = (
            indexes,
            survey,
            survey_source,
            expected,
        )
        self.vocabulary = Vocabulary(indexes)
        self.inventory = Inventory()
        self.seen: dict[str, str] = {}
        self.fed: set[str] = set()
        self.declared: frozenset[str] | None = None

    def leave(
        self, relative: str, why: str, fix: str, severity: str = "warn", code: str = "", sheet: str = ""
    ) -> None:
        self.inventory.unmatched.append(Unmatched(relative, sheet, why, fix, severity, code))

    def take_all(self, files: Iterable[tuple[Path, str]]) -> None:
        """Take files in order; the next ones are being opened meanwhile."""
        begun: deque[tuple[str, _Left | Opening]] = deque()
        for path, relative in files:
            if not is_noise(relative.rpartition("/")[2]):
                begun.append((relative, _left_unopened(path, relative) or _begin(path, relative)))
            if len(begun) > _AHEAD:
                self._take(*begun.popleft())
        while begun:
            self._take(*begun.popleft())

    def _take(self, relative: str, found: _Left | Opening) -> None:
        if not isinstance(found, Opening):
            return self.leave(shown(relative), *found)
        suffix = found.path.suffix.lower()
        try:
            opened = found.result()
            if opened.kind == "archive" and suffix in SUPPORTED:
                return self._take_archive([(member.path, member.name) for member in opened.members])
            if opened.kind in ("document", "archive") and suffix not in SUPPORTED:
                return self.leave(relative, f"format « {suffix} » non lu", SAVE_AS)
            return self._take_sheets(opened.sheets, relative)
        except ObservatoryError as error:
            severity = "error" if suffix in SUPPORTED or error.code == "E208" else "warn"
            return self.leave(error.where or relative, error.what, error.fix or "", severity, error.code)

    def _take_archive(self, members: list[tuple[Path, str]]) -> None:
        first, before = len(self.inventory.unmatched), len(self.inventory.matches)
        self.take_all(members)
        if len(self.inventory.matches) > before:
            self.inventory.unmatched[first:] = [
                replace(u, severity="info") if u.severity == "warn" and not u.code else u
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
            for found in map(self._unhidden, map(self._admitted, self._judge(sheet))):
                if isinstance(found, Match):
                    self.inventory.matches.append(found)
                else:
                    misses.append(found)
        if len(self.inventory.matches) > before:
            misses = [m for m in misses if m.near or m.code or m.sheet not in (GUIDE, LISTS, HELP)]
        taken = len(self.inventory.matches) > before
        if not taken and not misses:
            self.leave(relative, "aucune donnée dans ce fichier", "Redemandez le fichier au producteur.")
        self.inventory.unmatched += [
            replace(m, severity="info") if taken and m.severity == "warn" and not m.code else m
            for m in misses
        ]
        return None

    def _admitted(self, found: Match | Unmatched) -> Match | Unmatched:
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

    def _unhidden(self, found: Match | Unmatched) -> Match | Unmatched:
        """A hidden sheet is taken only for a source that says so: who hid it may have put it aside. It is told, whatever else is taken."""
        if not isinstance(found, Match) or not found.sheet.is_hidden:
            return found
        spec = self.specs.get(found.source)
        if spec is None or spec.hidden_sheets:
            return found
        why = f"feuille masquée, reconnue comme « {spec.title} » : elle n’est pas lue"
        fix = (
            "Affichez-la et enregistrez le classeur, ou écrivez « hidden_sheets = true » au début de "
            f"pipelines/sources/{spec.id}/source.toml."
        )
        return Unmatched(found.sheet.relative, found.sheet.name, why, fix, code="E225")

    def _judge(self, sheet: Sheet) -> list[Match | Unmatched]:
        if not any(any(row) for row in sheet.head):
            return []
        if self.survey and self.survey_source and (kind := self.survey(sheet)):
            return [Match(sheet, self.survey_source, 0, {}, kind=kind, why="réponses à l’enquête")]
        lines = list(candidates(sheet))
        known = [line for line in lines if self.vocabulary.knows(line)]
        every = [(index.read(line), index) for index in self.indexes for line in known if index.knows(line)]
        readings = [(reading, index) for reading, index in every if index.is_enough(reading)]
        near = max((item for item in every if item[0].mapping), key=lambda item: item[0].rank, default=None)
        best, index = max(readings, key=lambda item: item[0].rank, default=(None, None))
        if best is None or index is None or (best.unknown and near and near[0].rank > best.rank):
            return [_nearest(sheet, near)]
        rivals = {other.spec.title for reading, other in readings if reading.rank[:2] == best.rank[:2]}
        if len(rivals) > 1:
            why = f"ses en-têtes conviennent à {' et à '.join(sorted(rivals))}"
            fix = "Déclarez « required = true » sur une colonne qui distingue ces sources."
            return [Unmatched(sheet.relative, sheet.name, why, fix, "error", "E224")]
        carried = [
            (reading, other)
            for reading, other in readings
            if other.spec.id in index.spec.carries
            and (reading.line, reading.height) == (best.line, best.height)
        ]
        for reading, other in carried:
            best.unknown = index.shares(best, other)
            reading.unknown = other.shares(reading, index)
        return [
            self._matched(sheet, best, index),
            *(self._matched(sheet, reading, other, is_carried=True) for reading, other in carried),
        ]

    def _matched(
        self, sheet: Sheet, best: Reading, index: HeaderIndex, is_carried: bool = False
    ) -> Match | Unmatched:
        spec = index.spec
        years = sorted(best.vintages)
        wanted = self.expected.get(spec.id)
        if best.by_year and len(years) > 1:
            vintage: int | None = wanted if wanted in years else _last_filled(sheet, best)
        else:
            vintage = years[0] if years else _title_vintage(sheet, best, spec)
        lacking = best.of_year(vintage) if vintage else set()
        if vintage and (lacking & (index.required | index.measures) or (wanted and vintage != wanted)):
            seen = f"{years[0]} à {years[-1]}" if len(years) > 1 else str(vintage)
            return Unmatched(
                sheet.relative,
                sheet.name,
                f"« {spec.title} » de {seen}, l’édition attend {wanted or vintage}",
                "Déposez le fichier du bon millésime, ou changez « vintage » dans l’édition.",
            )
        why = f"{len(best.mapping)} en-têtes reconnus sur {len(spec.columns)}, ligne {best.line}"
        why += " (en-tête sur deux lignes)" if best.height == 2 else ""
        why += f", année {vintage}" if best.by_year and len(years) > 1 else ""
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
            is_carried=is_carried,
        )


def _last_filled(sheet: Sheet, reading: Reading) -> int:
    """The last of the years that a file gives whole for which one of its first rows says something; the last of all when none does."""
    rows = sheet.head[reading.line :]
    every = set.intersection(*(set(years) for years in reading.by_year.values())) or set(reading.vintages)
    filled = [
        year
        for years in reading.by_year.values()
        for year, position in years.items()
        if year in every and any(position < len(row) and row[position] for row in rows)
    ]
    return max(filled, default=max(every))


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
    lacking = [c.shown for c in index.spec.columns if c.required and c.name not in reading.mapping]
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
    fix = "« ess plan » dit quels en-têtes du fichier peuvent l’être, « ess repair » écrit les lignes qui le font lire."
    if not lacking:
        fix = "Rien à faire si ce n’en est pas un ; sinon, redemandez-le au producteur."
    if not lacking and index.measures and index.measures.isdisjoint(reading.mapping):
        wide = index.spec.unpivot.measures.values() if index.spec.unpivot else ()
        known = [header.replace("{}", "…") for header in wide]
        known += [column.shown for column in index.spec.columns if column.name in index.spec.recognised_by]
        lacks = f"aucune de ses mesures n’y est ({', '.join(f'« {header} »' for header in known)})"
    why = f"ressemble à « {index.spec.title} » (ligne {reading.line}), mais {lacks}"
    return Unmatched(sheet.relative, sheet.name, why, fix, near=near if lacking else None)
