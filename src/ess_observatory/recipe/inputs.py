"""What a build starts from: the folder of raw files, what was recognised in it, what is missing."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.read.raw_folders import Shared
from ess_observatory.read.recognise import Inventory, take_inventory
from ess_observatory.survey.read import recognise


def raw_folder(project: Project, edition: Edition, raw: Path | None) -> Path:
    """The folder of raw files: the one given, else the edition's own, else `data/raw/`. Raises E121 when there is none."""
    default = project.root / "data" / "raw"
    own = default / edition.id
    folder = raw or (own if own.is_dir() else default)
    if not folder.is_dir():
        raise ObservatoryError(
            "E121",
            f"Dossier de fichiers bruts introuvable : {folder}",
            None,
            "Créez-le et déposez-y vos fichiers, ou donnez --raw DOSSIER.",
            Exit.MISSING,
        )
    return folder


def inventory_of(
    project: Project, edition: Edition, raw: Path | None, *, tolerant: bool = False
) -> Inventory:
    """Recognise the raw files of an edition; `tolerant` lists unreadable files instead of stopping at them.

    With `raw`, all that lies in that folder and nothing else. Without, what lies in `data/raw/<edition>/`, then what lies
    elsewhere in `data/raw/`, outside the folders of the other editions.
    """
    codebook = load_codebook(project.questionnaire)
    survey = next((spec.id for spec in project.sources.values() if spec.kind == "survey"), None)
    expected = {source: declared.get("vintage") for source, declared in edition.sources.items()}
    folder: Path | None = raw_folder(project, edition, raw)
    shared = None
    if raw is None:
        everyone = project.root / "data" / "raw"
        editions = {path.stem for path in (project.pipelines / "editions").glob("*.toml")} | {edition.id}
        joined = frozenset(spec.id for spec in project.sources.values() if spec.role == "decisions")
        shared = Shared(everyone, "data/raw", frozenset(editions), frozenset(edition.sources), joined)
        folder = None if folder == everyone else folder
    return take_inventory(
        folder,
        project.sources.values(),
        lambda sheet: recognise(sheet, codebook),
        survey,
        expected=expected,
        shared=shared,
        tolerant=tolerant,
    )


def missing_sources(project: Project, edition: Edition, inventory: Inventory) -> list[SourceSpec]:
    """Required sources of the edition for which no file was recognised."""
    found = inventory.sources()
    return [
        project.sources[name]
        for name, declared in edition.sources.items()
        if declared.get("required", True) and name not in found
    ]


def refuse_missing(project: Project, edition: Edition, inventory: Inventory, publishes: bool = True) -> None:
    """Raise E120 (exit 4) when a required source of the edition has no file, when nothing at all was recognised, or when what was
    cannot make any table of the publication (`publishes`)."""
    missing = missing_sources(project, edition, inventory)
    headers = (
        " « ess repair » propose les en-têtes à déclarer." if any(u.near for u in inventory.unmatched) else ""
    )
    if missing:
        near = [f"{u.relative} : {u.why}" for u in inventory.unmatched if u.severity == "warn"]
        raise ObservatoryError(
            "E120",
            f"Sources attendues et absentes : {', '.join(spec.title for spec in missing)}",
            " ; ".join(near) or None,
            f"Déposez les fichiers, ou déclarez « required = false » pour ces sources dans l’édition. « ess plan » détaille.{headers}",
            Exit.MISSING,
        )
    if not inventory.sources():
        raise ObservatoryError(
            "E120",
            "Aucun fichier de données reconnu",
            None,
            f"Déposez vos fichiers dans data/raw/{edition.id}, puis « ess plan --edition {edition.id} » dit ce qui en est compris.{headers}",
            Exit.MISSING,
        )
    found = frozenset(inventory.sources())
    if publishes and not any(
        project.with_sources(t, found).is_fed(found) for t in project.tables if "kind" not in t.card
    ):
        raise ObservatoryError(
            "E120",
            "Aucun tableau ne peut être fait des fichiers reconnus",
            f"sources reconnues : {', '.join(project.sources[name].title for name in sorted(found))}",
            "Déposez avec eux un répertoire d’établissements, un dénombrement ou l’enquête ; « ess plan » dit ce qui est compris.",
            Exit.MISSING,
        )
