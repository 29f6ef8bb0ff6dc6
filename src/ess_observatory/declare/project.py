"""Everything declared under `pipelines/`, loaded and cross-checked into frozen objects.

Sources, tables, territories, editions, perimeters are discovered: adding a folder or a file is enough.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Container
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ess_observatory.declare.check import require
from ess_observatory.declare.geography import Geography
from ess_observatory.declare.links import territory_path
from ess_observatory.declare.measured import completed, measures_of
from ess_observatory.declare.models.claims import ClaimsFile
from ess_observatory.declare.models.layouts import HeaderWordsFile
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.question_tables import question_tables
from ess_observatory.declare.source_spec import SourceSpec, source_spec, with_layouts
from ess_observatory.declare.territories import Territory, load_territory
from ess_observatory.engine.paths import inside, is_file, plain_name
from ess_observatory.engine.sql_text import sql_name
from ess_observatory.errors import Exit, ObservatoryError


@dataclass(frozen=True)
class TableCard:
    """A folder of `pipelines/tables/`: one published table."""

    id: str
    folder: Path
    card: dict[str, Any]

    @property
    def number(self) -> str:
        """Printed number, such as `1.1`."""
        return str(self.card["number"])

    @property
    def query(self) -> Path:
        """The SQL of the table (absent for tables made by a mechanism: the survey, or the rows and measures of the card)."""
        return self.folder / "query.sql"

    def is_fed(self, present: Container[str]) -> bool:
        """Whether the source that it is mainly about (its first one) was read; with `requires = "all"`, all of them."""
        sources = self.card.get("sources", [])
        needed = sources if self.card.get("requires") == "all" else sources[:1]
        return all(source in present for source in needed)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Print order: numbered chapters, then lettered annexes."""
        chapter, _, rest = self.number.partition(".")
        return (0, int(chapter), int(rest), "") if chapter.isdigit() else (1, 0, int(rest or 0), chapter)


@dataclass(frozen=True)
class Edition:
    """One edition of the report."""

    id: str
    path: Path
    data: dict[str, Any]
    territory: Territory

    @property
    def declared_id(self) -> str:
        """The id under which it is declared: that of the whole, for the edition of one of its territories."""
        return str(self.data.get("id", self.path.stem))

    @property
    def year(self) -> int:
        """The year that the report is about."""
        return int(self.data["year"])

    @property
    def reference_date(self) -> dt.date:
        """The day on which what exists is counted (the last of the year when none is declared)."""
        return dt.date.fromisoformat(str(self.data.get("reference_date", f"{self.year}-12-31")))

    @property
    def is_dated(self) -> bool:
        """Whether it says the day on which it counts."""
        return "reference_date" in self.data

    @property
    def last_full_year(self) -> int:
        """The last year of which the reference date has seen the last day."""
        day = self.reference_date
        return day.year - ((day.month, day.day) != (12, 31))

    @property
    def survey_year(self) -> int:
        """The year of the survey, that of the edition when none is declared."""
        return int(self.data.get("survey", {}).get("year", self.year))

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Expected sources: id → {vintage, required, label…}."""
        declared: dict[str, dict[str, Any]] = self.data.get("sources", {})
        return declared


@dataclass(frozen=True)
class Project:
    """The declared project: `pipelines/` read once."""

    root: Path
    sources: dict[str, SourceSpec] = field(repr=False)
    tables: tuple[TableCard, ...] = field(repr=False)
    measures: dict[str, MeasureFile] = field(repr=False)

    @property
    def pipelines(self) -> Path:
        """The folder of declarations."""
        return self.root / "pipelines"

    @classmethod
    def load(cls, root: Path | None = None) -> Project:
        """The checked declarations of the project at `root` (found from here upwards when not given).

        Raises one error (E106, E114…) that tells every fault of every file.
        """
        root = (root or find_root()).resolve()
        found = require(root).loaded
        own = found.one("layouts")
        layouts = own.document.data.get("layouts", []) if own is not None else []
        sources = {
            name: with_layouts(source_spec(document), layouts)
            for name, (document, _) in sorted(found.sources.items())
        }
        tables = [
            TableCard(name, document.path.parent, document.data)
            for name, (document, _) in found.cards.items()
        ]
        questionnaire = root / "pipelines" / "survey" / "questionnaire.yml"
        tables += [
            TableCard(name, questionnaire.parent, card)
            for name, card in question_tables(questionnaire).items()
        ]
        measures = measures_of(found)
        tables = [replace(table, card=completed(table.card, measures)) for table in tables]
        for table in tables:
            sql_name(table.id, "L’identifiant d’un tableau", str(table.folder))
        for name in measures:
            sql_name(name, "Le nom d’une mesure", str(root / "pipelines" / "measures" / f"{name}.toml"))
        return cls(root, sources, tuple(sorted(tables, key=lambda table: table.sort_key)), measures)

    def with_sources(self, table: TableCard, present: Container[str]) -> TableCard:
        """The card as an edition fills it: a source without file gives way to its successors that have one.

        A successor has the same `role` and a greater `rank`; a source never stands in for one that came after it.
        """
        ranked = sorted(self.sources.values(), key=lambda spec: (spec.rank, spec.id))
        kept: list[str] = []
        for name in table.card.get("sources", []):
            spec = self.sources.get(name)
            others = [
                other.id
                for other in ranked
                if other.id in present
                and spec
                and spec.role
                and (spec.role == other.role and spec.rank < other.rank)
            ]
            kept += [name] if name in present or not others else others
        return replace(table, card={**table.card, "sources": list(dict.fromkeys(kept))}) if kept else table

    def edition(self, name_or_path: str) -> Edition:
        """The edition of that name, or declared in that TOML file."""
        path = Path(name_or_path)
        if path.suffix != ".toml":
            name = plain_name(name_or_path, "L’édition")
            path = self.pipelines / "editions" / f"{name}.toml"
        if not is_file(path):
            known = ", ".join(sorted(p.stem for p in (self.pipelines / "editions").glob("*.toml")))
            raise ObservatoryError(
                "E101",
                f"Édition introuvable : « {name_or_path} »",
                None,
                f"Éditions connues : {known}.",
                Exit.USAGE,
            )
        entry = require(self.root).edition(path)
        data = dict(entry.document.data)
        if entry.model.reference_date is not None:
            data["reference_date"] = entry.model.reference_date  # as ISO, whatever way it was written
        territory = self.territory(str(data["territory"]), near=path.parent, edition=path)
        data.setdefault("perimeter", self._default_in("perimeter", "Quel périmètre ?"))
        data.setdefault("title", f"État de l’économie sociale et solidaire {territory.name_in}")
        name = plain_name(data.get("id", path.stem), "L’identifiant de l’édition", str(path))
        for key in ("previous", "replication", "texts", "perimeter", "version"):
            if key in data:
                plain_name(data[key], f"« {key} »", str(path))
        return Edition(name, path.resolve(), data, territory)

    def default_edition(self) -> str:
        """The edition to work on when none is named: the one that says `default = true`, else the only one."""
        return self._default_in("edition", "Quelle édition ?")

    def _default_in(self, kind: str, question: str) -> str:
        entries = sorted(require(self.root).loaded.entries(kind), key=lambda entry: entry.name)
        chosen = [entry.name for entry in entries if entry.model.default] or [entry.name for entry in entries]
        if len(chosen) != 1:
            raise ObservatoryError(
                "E101", question, None, f"Choisissez parmi : {', '.join(chosen)}.", Exit.USAGE
            )
        return chosen[0]

    def territory(self, name: str, near: Path, edition: Path | None = None) -> Territory:
        """The territory of that id, looked for beside the edition first (never the edition's own file), then in
        `pipelines/territories/`.
        """
        where = str(edition) if edition else None
        for folder in (near, near / "territories", self.pipelines / "territories"):
            inside(folder, name, where)
        path = territory_path(self.pipelines, name, near, edition)
        if path is not None:
            return load_territory(self.geography, require(self.root).territory(path).document)
        known = ", ".join(sorted(p.stem for p in (self.pipelines / "territories").glob("*.toml")))
        raise ObservatoryError(
            "E104", f"Territoire introuvable : « {name} »", None, f"Territoires connus : {known}.", Exit.USAGE
        )

    @cached_property
    def geography(self) -> Geography:
        """Communes, areas and moves of the official geographic code."""
        return Geography(self.pipelines)

    @cached_property
    def nomenclatures(self) -> dict[str, Path]:
        """CSV files that become tables of the `rules` schema."""
        rules = self.pipelines / "rules"
        return {
            sql_name(path.stem, "Le nom d’une table de règles", str(path)): path
            for folder in (rules, rules / "nomenclatures")
            for path in sorted(folder.glob("*.csv"))
        }

    def perimeter(self, name: str) -> dict[str, Any]:
        """A perimeter edition (`pipelines/rules/perimeters/<name>.toml`)."""
        perimeters = require(self.root).loaded.kinds["perimeter"]
        if name not in perimeters:
            known = ", ".join(sorted(perimeters))
            raise ObservatoryError(
                "E105",
                f"Périmètre inconnu : « {name} »",
                None,
                f"Périmètres connus : {known}.",
                Exit.USAGE,
            )
        return dict(perimeters[name].document.data)

    @property
    def secrecy(self) -> dict[str, Any]:
        """Thresholds of statistical secrecy."""
        return dict(require(self.root).loaded.kinds["secrecy"]["secrecy"].document.data)

    @property
    def claims(self) -> ClaimsFile:
        """When a text may rank, compare or qualify."""
        entry = require(self.root).loaded.one("claims")
        return entry.model if entry is not None else ClaimsFile()

    @property
    def header_words(self) -> HeaderWordsFile:
        """Words that producers use for one another in headers."""
        entry = require(self.root).loaded.one("header_words")
        return entry.model if entry is not None else HeaderWordsFile()

    @property
    def sentence_forms(self) -> dict[str, dict[str, str]]:
        """Labels of rows as a sentence says them: label → language → words."""
        entry = require(self.root).loaded.one("sentence_forms")
        return dict(entry.document.data) if entry is not None else {}

    @property
    def concepts(self) -> dict[str, Any]:
        """What figures count (`rules/concepts.toml`): `concepts` and `groups`, empty when nothing is declared."""
        found = require(self.root).loaded.kinds.get("concepts", {}).get("concepts")
        return {"groups": {}, "concepts": {}, **(found.document.data if found else {})}

    @property
    def questionnaire(self) -> Path:
        """The codebook of the survey."""
        return self.pipelines / "survey" / "questionnaire.yml"


def find_root() -> Path:
    """The project's root: `ESS_ROOT`, else the nearest folder with `pipelines/` above here or above the package."""
    if chosen := os.environ.get("ESS_ROOT"):
        return Path(chosen)
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / "pipelines" / "editions").is_dir():
                return folder
    raise ObservatoryError(
        "E100",
        "Je ne trouve pas le dossier « pipelines » du projet",
        str(Path.cwd()),
        "Lancez la commande depuis le dossier du projet, ou donnez-le dans la variable ESS_ROOT.",
        Exit.USAGE,
    )
