"""The directory (annuaire): the structures that may be named, and nothing more of them than may be shown.

Two doors only: a respondent's recorded consent, with what the respondent declared; or a public register whose
`source.toml` says `diffusion = "rows"`, without its units in partial diffusion. Everything else stays aggregated.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.render.html import template_folder
from ess_observatory.survey.privacy import citable_names
from ess_observatory.words.spreadsheet import BOM, safe_text
from ess_observatory.words.templates import environment
from ess_observatory.words.typography import french

HEADERS = ("Nom", "Commune", "Code commune", "Activité", "Famille", "Effectif", "Origine")
CONSENT, REGISTER = "accord de la structure", "répertoire public"


@dataclass(frozen=True)
class Structure:
    """One structure as it is shown."""

    name: str
    commune: str
    commune_code: str
    activity: str
    family: str
    size: str
    origin: str


def rules_of(project: Project) -> dict[str, Any]:
    """The declaration of the directory (`pipelines/export/directory.toml`). Raises E570 when it is missing."""
    path = project.pipelines / "export" / "directory.toml"
    if not path.is_file():
        raise ObservatoryError(
            "E570",
            "L’annuaire n’est pas déclaré",
            str(path),
            "Reprenez ce fichier du projet d’origine.",
            Exit.MISSING,
        )
    return read_toml(path)


def structures(db: Database, project: Project) -> list[Structure]:
    """The structures that may be named, in alphabetical order; one that comes by both doors is shown once."""
    declared = rules_of(project)
    labels = _Labels.read(db)
    found: dict[str, Structure] = {}
    for spec in project.sources.values():
        found.update(_of_register(db, spec, declared, labels))
    found.update(_of_survey(db, declared, labels))
    return sorted(found.values(), key=lambda item: (_plain(item.name), item.commune_code, astuple(item)))


@dataclass(frozen=True)
class _Labels:
    """Words for codes."""

    communes: dict[str, str]
    activities: dict[str, str]
    families: dict[str, str]
    bands: dict[str, str]
    limits: tuple[tuple[float, float, str], ...]

    @classmethod
    def read(cls, db: Database) -> _Labels:
        bands = db.rows("select code, label, min, max from rules.size_bands order by cast(rank as integer)")
        return cls(
            dict(db.rows("select code, name from rules.territory_commune")),
            {
                _naf(code): french(label)
                for version in ("rev1", "2025", "rev2")
                for code, label in db.rows(f"select naf, label from rules.naf_{version}")
            },
            dict(db.rows("select family, label from rules.ess_families")),
            {code: label for code, label, _, _ in bands},
            tuple(
                (float(low), float(high or "inf"), label)
                for _, label, low, high in bands
                if low not in (None, "")
            ),
        )

    def band_of(self, posts: float | None) -> str:
        """Label of the size band that holds a number of posts."""
        if posts is None:
            return ""
        return next((label for low, high, label in self.limits if low <= posts <= high), "")


def _of_survey(db: Database, declared: dict[str, Any], labels: _Labels) -> Iterator[tuple[str, Structure]]:
    """Respondents who agreed to be named, with what they declared themselves."""
    if not db.exists("core", "survey_identity"):
        return
    names = citable_names(db)
    if not names:
        return
    questions = declared.get("survey", {})
    answers: dict[tuple[str, str], tuple[str | None, float | None]] = {
        (respondent, question): (text, number)
        for respondent, question, text, number in db.rows(
            "select respondent_id, question_code, value_text, value_number from core.survey_answer "
            "where list_contains(?, respondent_id) and list_contains(?, question_code) and status = 'answered'",
            [list(names), list(questions.values())],
        )
    }
    choices = {
        (question, choice): label
        for question, choice, label in db.rows(
            "select question_code, choice_code, choice_label from rules.survey_choice"
        )
    }
    siret = dict(db.rows("select respondent_id, siret from core.survey_respondent"))

    def said(respondent: str, key: str) -> tuple[str | None, float | None]:
        return answers.get((respondent, questions.get(key, "")), (None, None))

    for respondent, name in names.items():
        commune = said(respondent, "commune")[0] or ""
        if commune not in labels.communes:
            continue
        family = said(respondent, "family")[0] or ""
        yield (
            siret.get(respondent) or f"respondent {respondent}",
            Structure(
                name=name,
                commune=labels.communes[commune],
                commune_code=commune,
                activity=labels.activities.get(_naf(said(respondent, "activity")[0]), ""),
                family=choices.get((questions.get("family", ""), family), ""),
                size=labels.band_of(said(respondent, "posts")[1]),
                origin=CONSENT,
            ),
        )


def _of_register(
    db: Database, spec: SourceSpec, declared: dict[str, Any], labels: _Labels
) -> Iterator[tuple[str, Structure]]:
    """Establishments of the perimeter that a public register allows to be named. Raises E571 for an incomplete declaration."""
    if spec.diffusion == "aggregates" or not db.exists("staging", spec.id):
        return
    present = set(db.columns(f"staging.{spec.id}"))
    status = spec.diffusion_column
    if status not in present or not {"siret", "name", "commune_code"} <= present:
        raise ObservatoryError(
            "E571",
            f"La source « {spec.id} » est déclarée diffusible ligne à ligne, sans dire ses unités en diffusion partielle",
            str(spec.folder / "source.toml"),
            "Nommez la colonne dans diffusion_column ; elle doit exister, avec siret, name et commune_code.",
        )
    naf = "s.naf" if "naf" in present else "null"
    band = "s.size_band" if "size_band" in present else "null"
    for siret, name, commune, activity, family, size in db.rows(
        f"select s.siret, s.name, s.commune_code, {naf}, e.ess_family, {band} from staging.{spec.id} as s "
        "inner join core.establishment as e on e.siret = s.siret and e.in_perimeter "
        f'where list_contains(?, s."{status}") and s.name is not null order by s.siret',
        [list(declared.get("register", {}).get("full", ()))],
    ):
        if commune in labels.communes:
            yield (
                siret,
                Structure(
                    name,
                    labels.communes[commune],
                    commune,
                    labels.activities.get(_naf(activity), ""),
                    labels.families.get(family or "", ""),
                    labels.bands.get(size or "", ""),
                    REGISTER,
                ),
            )


def _naf(code: str | None) -> str:
    return (code or "").replace(".", "").strip().upper()


def _plain(text: str) -> str:
    """Text without accents and case, to sort and search."""
    import unicodedata

    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode().casefold()


def directory_csv(found: list[Structure]) -> str:
    """French CSV: BOM, `;`."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADERS)
    writer.writerows([safe_text(text) for text in astuple(item)] for item in found)
    return BOM + stream.getvalue()


def directory_geojson(
    found: list[Structure], outlines: dict[str, Any] | None, manifest: dict[str, Any]
) -> dict[str, Any]:
    """One point a structure, at the centre of its commune (no geometry where the map has no such commune)."""
    centres = {
        code: [feature["properties"]["cx"], feature["properties"]["cy"]]
        for feature in (outlines or {}).get("features", ())
        if {"cx", "cy"} <= set(feature["properties"])
        for code in feature["properties"].get("commune_codes") or [feature["properties"]["code"]]
    }
    features = []
    for item in found:
        centre = centres.get(item.commune_code)
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": centre} if centre else None,
                "properties": {**asdict(item), "precision": "centre de la commune"},
            }
        )
    head = {"warning": manifest["banner"]} if manifest.get("synthetic") else {}
    return {"type": "FeatureCollection", **head, "features": features}


def directory_page(
    found: list[Structure], project: Project, manifest: dict[str, Any], files: dict[str, str]
) -> str:
    """The page: every structure in a table, with a search that a reader without scripts does not miss."""
    import base64
    import hashlib

    from jinja2 import FileSystemLoader
    from markupsafe import Markup

    folder = template_folder()
    style, script = ((folder / f"directory.{kind}.j2").read_text(encoding="utf-8") for kind in ("css", "js"))

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    declared = {key: french(value) for key, value in rules_of(project).items() if isinstance(value, str)}
    made = environment(FileSystemLoader(folder), keep_trailing_newline=False)
    return made.get_template("directory.html.j2").render(
        texts=declared,
        manifest=manifest,
        headers=HEADERS,
        structures=[(item, _plain(" ".join(astuple(item)))) for item in found],
        choices={
            "commune": sorted({item.commune for item in found}, key=_plain),
            "family": sorted({item.family for item in found if item.family}, key=_plain),
        },
        files=files,
        style=Markup(style),
        script=Markup(script),
        csp=(
            f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def write_directory(
    db: Database, project: Project, manifest: dict[str, Any], outlines: dict[str, Any] | None, folder: Path
) -> tuple[int, list[Path]]:
    """Write `annuaire.html`, `.csv` and `.geojson` (SYNTHETIQUE_… for a made-up edition); the count and the files."""
    found = structures(db, project)
    stem = "SYNTHETIQUE_annuaire" if manifest.get("synthetic") else "annuaire"
    names = {kind: f"{stem}.{kind}" for kind in ("html", "csv", "geojson")}
    geojson = json.dumps(directory_geojson(found, outlines, manifest), ensure_ascii=False, indent=1) + "\n"
    texts = {
        "html": directory_page(found, project, manifest, names),
        "csv": directory_csv(found),
        "geojson": geojson,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for kind, text in texts.items():
        (folder / names[kind]).write_text(text, encoding="utf-8", newline="")
    return len(found), [folder / name for name in names.values()]
