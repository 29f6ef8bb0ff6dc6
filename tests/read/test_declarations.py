"""Declared files: each single fault, in each kind of file, is one French sentence that names file, line and key.

Nothing is built: the shipped `pipelines/` is read once, copied, and one file at a time is made wrong.
"""

from __future__ import annotations

import copy
import json
import random
import re
import shutil
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from conftest import ROOT, one_in, some_of
from ess_observatory.declare.check import Checked, check_declarations, require
from ess_observatory.declare.faults import Fault, as_error, nearest, typeset
from ess_observatory.declare.kinds import KINDS, Kind
from ess_observatory.declare.links import follow
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.models.base import _types_at, check
from ess_observatory.declare.places import KeyPath, toml_places, written
from ess_observatory.declare.project import Project
from ess_observatory.declare.reading import Document, decode, parse_csv, read_toml_document
from ess_observatory.declare.schemas import PAGE, SCHEMAS, schema_line, schemas, write_schemas
from ess_observatory.errors import Exit, ObservatoryError

ENGLISH = re.compile(
    r"\b(input|should|valid|field|required|extra|permitted|got|must|error|expected|instance|unable|invalid|none)\b",
    re.I,
)
TOMLS = {
    path.relative_to(ROOT / "pipelines").as_posix(): kind
    for path in sorted((ROOT / "pipelines").rglob("*.toml"))
    for kind in KINDS
    if kind.place.match(path.relative_to(ROOT / "pipelines").as_posix())
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the declarations, to make wrong; each test puts back what it changes."""
    folder = tmp_path_factory.mktemp("declared").resolve()
    shutil.copytree(ROOT / "pipelines", folder / "pipelines")
    return folder


@pytest.fixture(scope="module")
def whole(root: Path) -> Checked:
    return Checked(root)


def said(fault: Fault) -> str:
    """The sentence of a fault, once it is known to be one sentence, in French."""
    sentence = str(fault)
    assert fault.file and fault.what and sentence.count("\n") == 0, sentence
    assert sentence.startswith(fault.file) and sentence.endswith((".", "?")), sentence
    bare = re.sub(r"«[^»]*»|\([^)]*\)|\[[^\]]*\]|connu\w+\s:.*", "", sentence.partition("\u00a0:")[2])
    assert not ENGLISH.search(bare), sentence
    return sentence


def faults_of(whole: Checked, file: str) -> list[Fault]:
    """The faults of the project once one of its TOML files has changed: that file read again, every reference followed."""
    loaded = Loaded(whole.root, [], {k: dict(v) for k, v in whole.loaded.kinds.items()}, whole.loaded.names)
    kind = TOMLS[file]
    match = kind.place.match(file)
    assert match
    name = match.group(1) if match.groups() else kind.name
    loaded.kinds[kind.name].pop(name, None)
    loaded.read(kind, whole.root / "pipelines" / file, name)
    follow(loaded, whole.csvs, whole.codebook)
    for fault in loaded.faults:
        said(fault)
    return loaded.faults


# --- what is shipped


def test_the_shipped_declarations_have_no_fault(whole: Checked) -> None:
    assert [str(fault) for fault in whole.faults] == []


def test_every_toml_is_of_a_kind_or_apart() -> None:
    paths = {path.relative_to(ROOT / "pipelines").as_posix() for path in (ROOT / "pipelines").rglob("*.toml")}
    assert {path for path in paths - TOMLS.keys() if not path.startswith(("templates/", "demo/"))} == set()


def test_places_of_every_shipped_key() -> None:
    for file in TOMLS:
        text = decode((ROOT / "pipelines" / file).read_bytes())
        lines, places = text.split("\n"), toml_places(text)
        for path in _paths(tomllib.loads(text)):
            line = lines[places[path] - 1]
            assert not isinstance(path[-1], str) or path[-1] in line, (file, path, line)


# --- a generator of faults: every key of every kind


def _paths(data: Any, at: KeyPath = ()) -> Iterator[KeyPath]:
    if at:
        yield at
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from _paths(value, (*at, key))


def _owner(model: type[BaseModel], path: KeyPath, data: Any) -> type[BaseModel] | None:
    """The model whose field the last key of a path is, if it is one (a key of a map is of no model)."""
    found = [
        kind
        for kind in _types_at(model, path[:-1], data)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    ]
    fields = [owner for owner in found for n, f in owner.model_fields.items() if (f.alias or n) == path[-1]]
    return fields[0] if fields else None


def _samples() -> Iterator[tuple[str, Kind, Document, KeyPath]]:
    """One shipped place for each key of each kind."""
    seen: set[tuple[str, tuple[Any, ...]]] = set()
    for file, kind in TOMLS.items():
        document = read_toml_document(ROOT / "pipelines" / file, file, [])
        assert document is not None
        for path in _paths(document.data):
            tags = _tags(document.data, path)
            shape = tuple("[]" if isinstance(part, int) else part for part in path)
            if (kind.name, (shape, tags)) in seen or _owner(kind.model, path, document.data) is None:
                continue
            seen.add((kind.name, (shape, tags)))  # type: ignore[arg-type]
            yield file, kind, document, path


def _tags(data: Any, path: KeyPath) -> str:
    """What kind of survey block a key belongs to."""
    survey = data.get("survey") if path[0] == "survey" and isinstance(data, dict) else None
    return str(survey.get("kind", "")) if isinstance(survey, dict) else ""


def _changed(document: Document, path: KeyPath, change: str) -> Document | None:
    """The document with one thing changed, or None where that change says nothing."""
    data = parent = copy.copy(
        document.data
    )  # only what the path goes through is copied: the rest does not change
    for part in path[:-1]:
        parent[part] = copy.copy(parent[part])
        parent = parent[part]
    key, value = path[-1], parent[path[-1]]
    places = document.places
    if change == "renamed":
        places = dict(places)
        wrong = f"{key}x" if len(str(key)) < 3 else f"{str(key)[:-2]}{str(key)[-1]}"
        parent[wrong] = parent.pop(key)
        places[*path[:-1], wrong] = places[path]
    elif change == "dropped":
        parent.pop(key)
    elif change == "retyped":
        parent[key] = _other_type(value)
    elif change == "misspelt":
        if not isinstance(value, str):
            return None
        parent[key] = f"{value}zz"
    return Document(document.path, document.file, data, document.text, places)


def _other_type(value: Any) -> Any:
    if isinstance(value, bool):
        return "oui"
    return 12345 if isinstance(value, str) else "abc def" if isinstance(value, (int, float)) else 3.5


SAMPLES = list(_samples())
Samples = list[tuple[str, Kind, Document, KeyPath]]


@pytest.fixture(scope="module")
def samples(thorough: bool) -> Samples:
    """The keys that are made wrong: all of them, or the first of each kind and every third that stand for them."""
    kinds = [kind.name for _, kind, _, _ in SAMPLES]
    return [
        sample
        for rank, sample in enumerate(SAMPLES)
        if thorough or rank % 3 == 0 or kinds.index(kinds[rank]) == rank
    ]


def test_the_generator_reaches_every_kind() -> None:
    shipped = {kind.name for kind in KINDS} - {"versions", "corrections", "codes", "scopes", "layouts"}
    assert {kind.name for _, kind, _, _ in SAMPLES} >= shipped and len(SAMPLES) > 350


def test_a_key_misspelt_by_one_letter_is_refused_with_its_right_name(samples: Samples) -> None:
    told = 0
    for file, kind, document, path in samples:
        changed = _changed(document, path, "renamed")
        faults: list[Fault] = []
        assert changed is not None
        assert check(kind.model, changed, faults) is None, (file, written(path))
        unknown = [fault for fault in faults if fault.what == "clé inconnue"]
        assert unknown and unknown[0].file == file and unknown[0].line == document.places[path], (
            file,
            path,
            faults,
        )
        told += f"« {path[-1]} »" in unknown[0].fix or f" {path[-1]}" in unknown[0].fix
        for fault in faults:
            said(fault)
    assert told >= 0.95 * len(samples), "the nearest known key is proposed"


def test_a_required_key_that_lacks_is_named(samples: Samples, thorough: bool) -> None:
    dropped = 0
    for file, kind, document, path in samples:
        owner = _owner(kind.model, path, document.data)
        assert owner is not None
        field = next(f for n, f in owner.model_fields.items() if (f.alias or n) == path[-1])
        if not field.is_required():
            continue
        changed = _changed(document, path, "dropped")
        assert changed is not None
        faults: list[Fault] = []
        assert check(kind.model, changed, faults) is None, (file, written(path))
        assert any(str(path[-1]) in said(fault) and fault.line for fault in faults) or len(path) == 1, (
            file,
            path,
        )
        dropped += 1
    assert dropped > (80 if thorough else 26)


def test_a_value_of_another_type_is_refused(samples: Samples) -> None:
    for file, kind, document, path in samples:
        kinds = _types_at(kind.model, path, document.data)
        if typing.Any in kinds and path[-1] not in ("chapter",):
            continue
        changed = _changed(document, path, "retyped")
        assert changed is not None
        faults: list[Fault] = []
        assert check(kind.model, changed, faults) is None, (file, written(path), kinds)
        assert any(fault.line == document.places[path] and fault.file == file for fault in faults), (
            file,
            path,
            faults,
        )
        for fault in faults:
            said(fault)


def test_a_word_outside_an_enumeration_is_refused_with_the_known_ones() -> None:
    refused = 0
    for file, kind, document, path in SAMPLES:
        kinds = _types_at(kind.model, path, document.data)
        if not any(typing.get_origin(found) is typing.Literal for found in kinds):
            continue
        changed = _changed(document, path, "misspelt")
        if changed is None:
            continue
        faults: list[Fault] = []
        assert check(kind.model, changed, faults) is None, (file, written(path))
        assert any("connue" in said(fault) for fault in faults), faults
        refused += 1
    assert refused > 15


# --- single faults in words: (file, what is written, what is written instead, a part of the sentence)

FAULTS = [
    ("editions/sambre-avesnois-2011.toml", "reference_date =", "refernce_date =", "voulez-vous dire « reference_date »"),
    ("editions/sambre-avesnois-2011.toml", 'perimeter =', 'perimetre =', "voulez-vous dire « perimeter »"),
    ("editions/sambre-avesnois-2011.toml", '"cress_2011"', '"cress_2012"', "voulez-vous dire « cress_2011 »"),
    ("editions/sambre-avesnois-2011.toml", "year = 2011", 'year = "deux mille"', "un nombre entier"),
    ("editions/sambre-avesnois-2011.toml", "year = 2011", "year = 20111", "hors bornes"),
    ("editions/sambre-avesnois-2011.toml", "year = 2011\n", "", "« year »"),
    ("editions/sambre-avesnois-2011.toml", 'id = "sambre-avesnois-2011"', 'id = "../../../evil"', "identifiant"),
    ("editions/sambre-avesnois-2011.toml", 'id = "sambre-avesnois-2011"', 'id = "/tmp/x"', "identifiant"),
    ("editions/sambre-avesnois-2011.toml", '"sambre-avesnois"', '"../sambre-avesnois"', "sort de son dossier"),
    ("editions/sambre-avesnois-2011.toml", '"sambre-avesnois"', '"sambre-avesnoi"', "voulez-vous dire « sambre-avesnois »"),
    ("editions/sambre-avesnois-2011.toml", '"2011-12-31"', '"2011-13-31"', "ce n’est pas une date"),
    ("editions/sambre-avesnois-2011.toml", '"2011-12-31"', '"31/13/2011"', "ce n’est pas une date"),
    ("editions/sambre-avesnois-2011.toml", '"2011-12-31"', "2011", "ce n’est pas une date"),
    ("editions/sambre-avesnois-2011.toml", "vintage = 2011", 'vintage = "2011"', "écrivez 2011, sans guillemets"),
    ("editions/sambre-avesnois-2011.toml", "required = false", 'required = "non"', "écrivez false, sans guillemets"),
    ("editions/sambre-avesnois-2011.toml", "required = false", "required = 0", "true (vrai) ou false (faux)"),
    ("editions/sambre-avesnois-2011.toml", "required = false", "required = non", "valeur mal écrite"),
    ("editions/sambre-avesnois-2011.toml", "frame_size = 190", "frame_size = 0", "1 ou plus"),
    ("editions/sambre-avesnois-2011.toml", "frame_size = 190", "frame_size = 190.5", "nombre entier"),
    ("editions/sambre-avesnois-2011.toml", "[sources.manageo]", "[sources.manageoo]", "voulez-vous dire « manageo »"),
    ("editions/sambre-avesnois-2011.toml", "[sources.clap]", "[sources.manageo]", "donnée deux fois"),
    ("editions/sambre-avesnois-2011.toml", 'replication = "sambre', 'replication = "sombre', "dossier introuvable"),
    ("editions/sambre-avesnois-2011.toml", 'published = "2012-05"', 'published = "mai 2012"', "un mois"),
    ("editions/sambre-avesnois-2011.toml", 'title = "', 'title = "\\d', "barre oblique inverse"),
    ("editions/sambre-avesnois-2011.toml", 'title = "État', "title = “État", "valeur mal écrite"),
    ("editions/sambre-avesnois-2011.toml", "default = true", 'previous = "sambre-avesnois-1999"', "nom d’édition inconnu"),
    ("editions/sambre-avesnois-2011.toml", "default = true", 'revisions = [{ figures = ["communes.total.post"], reason = "r" }]', "chiffre inconnu"),
    ("editions/sambre-avesnois-2026.toml", 'texts = "today"', 'texts = "todai"', "voulez-vous dire « today »"),
    ("editions/sambre-avesnois-2026.toml", 'id = "sambre-avesnois-2026"', 'id = "sambre-avesnois-2011"', "déjà pris"),
    ("editions/cambresis-2026.toml", "synthetic = true", "default = true\nsynthetic = true", "« default = true »"),
    ("editions/cambresis-2026.toml", "synthetic_banner = ", "synthetic_baner = ", "voulez-vous dire « synthetic_banner »"),
    ("territories/cambresis.toml", 'arrondissement = "592"', "arrondissement = 592", "entre guillemets"),
    ("territories/cambresis.toml", 'arrondissement = "592"', 'arrondissement = "5920"', "code inconnu"),
    ("territories/cambresis.toml", 'arrondissement = "592"\n', "", "territoire sans commune"),
    ("territories/cambresis.toml", 'arrondissement = "592"', 'communes = ["59001", "59999"]', "code inconnu"),
    ("territories/cambresis.toml", 'sublevel = "epci"', 'sublevel = "canton"', "valeurs connues"),
    ("territories/cambresis.toml", 'object = "REG"', 'object = "REGION"', "voulez-vous dire « REG »"),
    ("territories/cambresis.toml", 'code = "32", name = "Hauts-de-France"', 'code = "32"', "« name »"),
    ("territories/cambresis.toml", 'object = "REG", code = "32"', 'object = "REG", code = "99"', "code inconnu au niveau REG"),
    ("territories/sambre-avesnois.toml", '"sambre-avesnois.communes.csv"', '"/etc/passwd"', "chemin relatif"),
    ("territories/sambre-avesnois.toml", '"sambre-avesnois.communes.csv"', '"..\\\\..\\\\x.csv"', "sort de son dossier"),
    ("territories/sambre-avesnois.toml", '"sambre-avesnois.communes.csv"', '"communes.csv"', "introuvable"),
    ("territories/sambre-avesnois.toml", 'map = "sambre-avesnois.geojson"', 'map = "sambre.geojson"', "introuvable"),
    ("sources/siae_list/source.toml", "title =", "titel =", "voulez-vous dire « title »"),
    ("sources/manageo/source.toml", 'name = "siret"\n', "", "« name »"),
    ("sources/manageo/source.toml", 'type = "siret"', 'type = "siert"', "voulez-vous dire « siret »"),
    ("sources/manageo/source.toml", "max_refused_pct = ", "max_refused_pct = 1", "100 ou moins"),
    ("sources/manageo/source.toml", 'footers = ["', 'footers = ["(', "expression régulière"),
    ("sources/clap/source.toml", 's = "secret"', 's = "secrte"', "voulez-vous dire « secret »"),
    ("sources/clap/source.toml", "ExpectTableRowCountToBeBetween", "ExpectTableRowCountToBetween", "voulez-vous dire « ExpectTableRowCountToBeBetween »"),
    ("sources/clap/source.toml", 'column = "posts"', 'column = "postes"', "voulez-vous dire « posts »"),
    ("sources/clap/source.toml", 'severity = "block"', 'severity = "blok"', "voulez-vous dire « block »"),
    ("sources/clap/source.toml", "min_value = 1", "minimum = 1", "argument inconnu"),
    ("sources/clap/source.toml", "min_value = 1", 'min_value = true', "donnez un nombre"),
    ("tables/demography/card.toml", 'secrecy = "', 'secrecy = "x', "valeurs connues"),
    ("tables/communes/card.toml", "number = ", "numbr = ", "voulez-vous dire « number »"),
    ("tables/demography/card.toml", "decimals = 0", 'decimals = "deux"', "nombre entier"),
    ("tables/demography/card.toml", "decimals = 0", "decimals = 12", "6 ou moins"),
    ("tables/sector_weight/card.toml", "additive = true", "additve = true", "voulez-vous dire « additive »"),
    ("tables/communes/card.toml", 'scope = "establishments"', 'scope = "establishment"', "voulez-vous dire « establishments »"),
    ("tables/communes/card.toml", 'scope = "establishments"', 'scope = "swimming"', "ajoutez-le à pipelines/texts/scopes.toml"),
    ("tables/communes/card.toml", 'sources = ["manageo"', 'sources = ["manago"', "voulez-vous dire « manageo »"),
    ("tables/communes/card.toml", 'type = "map"', 'type = "maps"', "voulez-vous dire « map »"),
    ("tables/communes/card.toml", 'column = "establishments"', 'column = "etablishments"', "voulez-vous dire « establishments »"),
    ("tables/communes/card.toml", 'number = "2.1"', 'number = "2.2"', "numéro déjà pris"),
    ("tables/communes/card.toml", 'number = "2.1"', "number = 2.1", "entre guillemets"),
    ("tables/communes/card.toml", 'number = "2.1"', 'number = "3.91"', "n’est pas du chapitre"),
    ("tables/sectors/card.toml", '"total/count" = ', '"total/cout" = ', "colonne inconnue « cout »"),
    ("tables/families/card.toml", "[[columns]]", "[[column]]", "clé inconnue"),
    ("tables/economic_weight/card.toml", 'numerator = "ess"', 'numerator = "es"', "voulez-vous dire « ess »"),
    ("tables/hr_key_figures/card.toml", 'whole = "posts/count"', 'whole = "posts/cont"', "colonne inconnue « cont »"),
    ("tables/extended_amounts/card.toml", '"hr_key_figures:posts/count"', '"hr_key_figrues:posts/count"', "voulez-vous dire « hr_key_figures »"),
    ("tables/key_figures/card.toml", '"share_jobs"', '"share_job"', "voulez-vous dire « share_jobs »"),
    ("tables/sector_weight/card.toml", 'concept = "ess_posts"', 'concept = "ess_post"', "voulez-vous dire « ess_posts »"),
    ("tables/economic_weight/card.toml", '"jobs/ess" = "ess_posts"', '"jobs/es" = "ess_posts"', "voulez-vous dire « ess »"),
    ("tables/economic_weight/card.toml", '"jobs/ess" = "ess_posts"', '"job/ess" = "ess_posts"', "voulez-vous dire « jobs »"),
    ("tables/economic_weight/card.toml", '"jobs/ess" = "ess_posts"', '"jobs/ess" = "ess_posts@family"', "ess_posts@family=association"),
    ("rules/concepts.toml", 'source = "employers"', 'source = "employer"', "voulez-vous dire « employers »"),
    ("rules/concepts.toml", "rank = 2", "rank = 1", "déjà pris par « establishments »"),
    ("rules/concepts.toml", 'group = "posts"', 'group = "poste"', "voulez-vous dire « posts »"),
    ("rules/concepts.toml", 'date = "reference"', 'date = "now"', "reference"),
    ("tables/projects/card.toml", 'questions = ["J01"]', 'questions = ["J011"]', "voulez-vous dire « J01 »"),
    ("tables/projects/card.toml", 'kind = "choices"', 'kind = "choice"', "voulez-vous dire « choices »"),
    ("tables/projects_by_group/card.toml", "J01 = 'nouveaux_produits'", "J01 = 'nouveau_produit'", "modalité"),
    ("tables/projects_by_group/card.toml", "J01 = 'nouveaux_produits'", "J01 == 'nouveaux_produits'", "« survey.indicators[1].where »"),
    ("tables/projects_by_group/card.toml", '"size_group"', '"size_grup"', "voulez-vous dire « size_group »"),
    ("rules/secrecy.toml", "min_units = 3", "min_units = 0", "2 ou plus"),
    ("rules/secrecy.toml", "min_units = 3", "min_units = 1", "2 ou plus"),
    ("rules/secrecy.toml", "min_units", "min_unit", "voulez-vous dire « min_units »"),
    ("rules/secrecy.toml", "max_share = 0.85", "max_share = 85", "écrivez une part : 0.85"),
    ("rules/secrecy.toml", "max_share = 0.85", "max_share = 0", "plus de 0"),
    ("rules/secrecy.toml", "max_share = 0.85", "max_share = nan", "nombre fini"),
    ("rules/secrecy.toml", "max_share = 0.85", "max_share = 0,85", "texte de trop après la valeur"),
    ("rules/secrecy.toml", "rate = 0.10", "rate = 10", "écrivez une part : 0.1"),
    ("rules/secrecy.toml", "flag_from = 10", "flag_from = 40", "« flag_from » dépasse « percent_from »"),
    ("rules/secrecy.toml", "[protection]", "[protections]", "voulez-vous dire « protection »"),
    ("rules/perimeters/loi_2014.toml", '"cooperative"', '"coopérative"', "nom de colonne"),
    ("rules/perimeters/loi_2014.toml", '"mutuelle"', '"mutuele"', "voulez-vous dire « mutuelle »"),
    ("rules/perimeters/loi_2014.toml", '"sirene_flag"', '"sirene"', "voulez-vous dire « sirene_flag »"),
    ("rules/perimeters/loi_2014.toml", '"naf_rev2"', '"naf_rev3"', "voulez-vous dire « naf_rev2 »"),
    ("rules/breaks.toml", 'from = "manageo"', 'from = "manageau"', "voulez-vous dire « manageo »"),
    ("rules/breaks.toml", '"yearly_trend"', '"yearly_trends"', "voulez-vous dire « yearly_trend »"),
    ("rules/breaks.toml", '"posts"]', '"postes"]', "voulez-vous dire « posts »"),
    ("rules/cross_checks.toml", '"manageo|sirene_establishment', '"manageo|sirene_etablishment', "voulez-vous dire « sirene_establishment »"),
    ("rules/cross_checks.toml", 'query = "register_employers_by_commune.sql"', 'query = "register_employers.sql"', "requête introuvable"),
    ("rules/cross_checks.toml", "tolerance_pct = 15", "tolerance_pct = 150", "100 ou moins"),
    ("rules/cross_checks.toml", 'id = "register_clap"', 'id = "register_employers"', "donné deux fois"),
    ("rules/publication_checks.toml", "value_set", "valueset", "argument inconnu « valueset »"),
    ("rules/publication_checks.toml", "mostly = 0.99", "mostly = 99", "une part entre 0 et 1"),
    ("survey/estimation.toml", "bounds = [0.3, 3.0]", "bounds = [1.3, 3.0]", "encadre"),
    ("survey/estimation.toml", 'method = "logit"', 'method = "logits"', "voulez-vous dire « logit »"),
    ("survey/estimation.toml", "level = 0.95", "level = 95", "écrivez une part : 0.95"),
    ("survey/estimation.toml", 'margins = ["size_group"', 'margins = ["size_grup"', "« margins » cite"),
    ("survey/estimation.toml", 'frame = "core.field_establishment"', 'frame = "core.field_etablishment"', "voulez-vous dire"),
    ("survey/estimation.toml", 'frame = "core.field_establishment"', 'frame = "marts.x"', "une table de core"),
    ("survey/estimation.toml", 'code = "micro"', 'code = "unknown"', "est réservé"),
    ("survey/linkage.toml", 'name_question = "A01"', 'name_question = "A99"', "nom de question inconnu"),
    ("survey/linkage.toml", "score = 90", "score = 900", "100 ou moins"),
    ("survey/table.toml", 'column = "count"', 'column = "cout"', "voulez-vous dire « count »"),
    ("export/package.toml", 'scopes = ["establishments"]', 'scopes = ["establishment"]', "voulez-vous dire « establishments »"),
    ("export/package.toml", '"rules/size_bands.csv"', '"rules/size_band.csv"', "introuvable"),
    ("export/package.toml", 'fields = ["edition", ', 'fields = ["editon", ', "voulez-vous dire « edition »"),
    ("export/package.toml", 'type = "number"', 'type = "numbr"', "voulez-vous dire « number »"),
    ("export/directory.toml", 'posts = "H01"', 'posts = "H99"', "nom de question inconnu"),
    ("texts/codes.toml", 'meaning = "', 'meening = "', "voulez-vous dire « meaning »"),
    ("texts/scopes.toml", 'economy = "', 'économie = "', "ni une clé ni une section"),
    ("texts/en/words.toml", '[scopes]\nestablishments', '[scopes]\nestablishment', "voulez-vous dire « establishments »"),
    ("tables/communes/example.toml", "posts:float", "posts:entier", "type inconnu « entier »"),
    ("tables/communes/example.toml", "\n1,01001\n", "\n1,01001,9\n", "valeurs"),
    ("sources/siae_list/expected.toml", "refused = ", "refusd = ", "voulez-vous dire « refused »"),
    ("editions/sambre-avesnois-2011.toml", '"2011-12-31"', '"2031-12-31"', "loin de l’année 2011"),
    ("editions/sambre-avesnois-2011.toml", 'title = "', 'title = "{{ cycler.__init__ }}', "aucun placeholder"),
    ("territories/sambre-avesnois.toml", 'name = "', 'name = "{{ year }}', "aucun placeholder"),
    ("territories/sambre-avesnois.toml", 'cog = "2011"', 'cog = "2O11"', "une année"),
    ("sources/siae_list/source.toml", 'headers = ["Ville"]', 'headers = ["Ville", "siret"]', "déjà celui de la colonne « siret »"),
    ("tables/economic_weight/card.toml", "min_value = 0", 'min_value = "zéro"', "donnez un nombre"),
    ("tables/sectors/card.toml", '"total/count" = ', '"totl/count" = ', "voulez-vous dire « total »"),
    ("tables/participation/card.toml", '"economic_weight:jobs/ess"', '"economic_wieght:jobs/ess"', "voulez-vous dire « economic_weight »"),
    ("tables/resources_by_origin/card.toml", 'exclude = ["detailed"', 'exclude = ["detaild"', "voulez-vous dire « detailed »"),
    ("tables/resources_by_origin/card.toml", '"declared/n" = ', '"declard/n" = ', "voulez-vous dire « declared »"),
    ("tables/resources_by_origin/card.toml", '"detailed/amount" }', '"detaild/amount" }', "voulez-vous dire « detailed »"),
    ("tables/resources_by_origin/card.toml", 'code = "sales"', 'code = "patronage"', "deux lignes ont le code « patronage »"),
    ("tables/resources_by_origin/card.toml", "[figures]", '[secrecy]\nhistory_row = "totl"\n[figures]', "nom de ligne « totl » inconnu"),
    ("tables/resources_by_origin/card.toml", 'sources = ["survey"]', 'sources = ["manageo"]', "ajoutez « survey »"),
    ("rules/secrecy.toml", "min_units = 3", "min_units = 30000", "1000 ou moins"),
    ("rules/perimeters/cress_2011.toml", '"association", ', '"association", "association", ', "deux fois"),
    ("rules/breaks.toml", 'from = "manageo"', 'from = "sirene_establishment"', "rien ne se remplace soi-même"),
    ("survey/estimation.toml", '"QA", "QB"', '"QA", "ZZ"', "code inconnu"),
    ("survey/estimation.toml", 'values = ["association"]', 'values = ["asociation"]', "voulez-vous dire « association »"),
    ("survey/linkage.toml", "score = 90", "score = 0.9", "de 0 à 100"),
    ("survey/linkage.toml", "floor = 55", "floor = 95", "dépasse « accept.score »"),
    ("survey/linkage.toml", "name = 0.65", "name = 65", "parts et en pourcentages mêlés"),
    ("export/package.toml", '"rules/size_bands.csv"', '"rules/named_decisions.csv"', "nomme des structures"),
    ("editions/sambre-avesnois-2026.toml", "vintage = 2026", "vintage = 2062", "est après l’année 2026"),
    ("editions/sambre-avesnois-2026.toml", 'published = "2026-11"', 'published = "2019-11"', "est avant l’année 2026"),
    ("editions/sambre-avesnois-2026.toml", "2.0 (Etalab)", "2.0", "voulez-vous dire « Licence Ouverte 2.0 (Etalab) »"),
    ("territories/avesnes-sur-helpe.toml", '"DEP", code = "59"', '"REG", code = "32"', "donne deux fois REG 32"),
    ("sources/siae_list/source.toml", 'headers = ["Ville"]', "headers = []", "colonne sans en-tête"),
    ("sources/siae_list/source.toml", '"cree_le", ', '"Ville", ', "cet en-tête est celui de la colonne « city »"),
    ("sources/siae_list/source.toml", 'dated = "reference"', 'key = ["siret", "type"]', "colonne inconnue « type »"),
    ("sources/siae_list/expected.toml", "siret,siren,kind", "siret,siren,kinds", "voulez-vous dire « kind »"),
    ("sources/siae_list/expected.toml", "4,E323", "4,E999", "code de message inconnu « E999 »"),
    ("sources/siae_list/expected.toml", "4,E323", "quatre,E323", "n’est pas un numéro de ligne"),
    ("tables/families/card.toml", "[claims.first]", '[figures]\n"nonsense/count" = "x"\n[claims.first]', "nom de ligne « nonsense » inconnu"),
    ("tables/families/card.toml", 'highlight = "finding"', 'highlight = ["associations"]', "nom de ligne « associations » inconnu"),
    ("tables/families/card.toml", 'highlight = "finding"', 'exclude = ["ensemble"]', "nom de ligne « ensemble » inconnu"),
    ("tables/families/card.toml", "[claims.first]", '[origins]\nautres = ["clap"]\n[claims.first]', "ni colonne ni ligne"),
    ("tables/families/card.toml", "[claims.first]", '[origins]\nposts = ["clapp"]\n[claims.first]', "voulez-vous dire « clap »"),
    ("tables/families/card.toml", 'dimension = "family" }', 'dimension = "family" }\ncategories = "familly"', "voulez-vous dire « family »"),
    ("tables/families/card.toml", 'dimension = "family" }', 'dimension = "family" }\nparameters = { a = 1 }', "ne lit pas ce paramètre"),
    ("tables/threats_and_risk/card.toml", 'unnamed = ["D04.other"]', 'unnamed = ["D04.autres"]', "nom de ligne « D04.autres » inconnu"),
    ("tables/participation/card.toml", 'posts_question = "H01"', 'posts_question = "H99"', "nom de question inconnu"),
    ("tables/participation/card.toml", 'posts_question = "H01"', 'post_question = "H01"', "voulez-vous dire « posts_question »"),
    ("tables/communes/example.toml", 'given."rules.territory_commune"', 'given."rules.territory_communes"', "ne lit pas la table"),
    ("tables/communes/example.toml", "siret,commune_code\n1", "siret,commune\n1", "voulez-vous dire « commune_code »"),
    ("tables/communes/example.toml", "01001,establishments,2", "01001,etablissements,2", "voulez-vous dire « establishments »"),
    ("tables/communes/example.toml", "column_code,value,flags", "column_code,valeur,flags", "voulez-vous dire « value »"),
    ("tables/communes/example.toml", "01001,Haut,e1,CC Une,1000", "01001,Haut,e1,CC Une,mille", "n’est pas un nombre entier"),
    ("measures/establishments.toml", '"core.field_establishment"', '"core.field_establishments"', "voulez-vous dire « core.field_establishment »"),
    ("measures/establishments.toml", "family = ", "famille = ", "dimension inconnue"),
    ("measures/establishments.toml", 'sector = "sector"', 'sector = "secteur"', "voulez-vous dire « sector »"),
    ("measures/ess_posts.toml", "field = 'ess'", "champ = 'ess'", "colonne inconnue « champ »"),
    ("measures/ess_posts.toml", 'low = "posts_low"', 'low = "post_low"', "voulez-vous dire « posts_low »"),
    ("rules/breaks.toml", 'from = "clap"\nto = "flores_ess"', 'from = "manageo"\nto = "sirene_establishment"', "dit deux fois"),
    ("rules/reference_date.toml", "warn_after_days = 31", "warn_after_days = 310", "dépasse « block_after_days »"),
    ("rules/claims.toml", "above = 0, below = 20", "above = 20, below = 0", "n’est pas sous « below »"),
    ("rules/publication_checks.toml", '"obs_status"', '"obs_statut"', "voulez-vous dire « obs_status »"),
    ("survey/estimation.toml", 'column = "size_band"', 'column = "tranche"', "colonne inconnue « tranche »"),
    ("survey/linkage.toml", 'name_question = "A01"', 'name_question = "H01"', "ne demande pas un texte"),
    ("survey/table.toml", "fig('{table}.", "fig('{tables}.", "repère inconnu « {tables} »"),
    ("export/package.toml", 'chapters = ["0"]', 'chapters = ["Z"]', "chapitre inconnu"),
    ("export/package.toml", 'name = "etalab-2.0"', 'name = "etalab"', "voulez-vous dire « etalab-2.0 »"),
    ("export/package.toml", 'path = "https://', 'path = "', "ce n’est pas une adresse"),
    ("export/package.toml", '"ECON"', '"ECO"', "voulez-vous dire « ECON »"),
    ("export/package.toml", 'header = "Territoire"', 'header = "Édition"', "ont l’en-tête « Édition »"),
    ("export/directory.toml", 'commune = "A03"', 'commune = "H01"', "ne demande pas une commune"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "told"), one_in(6, FAULTS))
def test_a_single_fault_is_told(root: Path, whole: Checked, file: str, old: str, new: str, told: str) -> None:
    path = root / "pipelines" / file
    text = path.read_text(encoding="utf-8")
    if old not in text:
        pytest.fail(f"« {old} » is not in {file}")
    try:
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        faults = faults_of(whole, file)
    finally:
        path.write_text(text, encoding="utf-8")
    sentences = [str(fault).replace("\u00a0", " ") for fault in faults]
    assert any(told in sentence for sentence in sentences), sentences
    assert any(fault.file == f"pipelines/{file}" for fault in faults)
    line = text[: text.index(old)].count("\n") + 1
    near = [fault.line for fault in faults if fault.line]
    assert not near or any(abs(found - line) <= 12 for found in near), (line, sentences)


#: Faults of files that are no TOML: (file, what is written, what is written instead, a part of the sentence).
OTHERS = [
    ("core/closure.sql", "-- view", "-- vieww", "voulez-vous dire « -- view »"),
    ("core/establishment.sql", "-- slices:", "-- slice:", "voulez-vous dire « -- slices »"),
    ("core/establishment.sql", "_establishment.siren\n", "_establishment.sirn\n", "colonne inconnue « sirn »"),
    ("core/employment_margin.sql", "-- bounds: core.employment_bound", "-- bounds: core.employment_bounds", "table que rien ne lit"),
    ("core/activity_code.sql", "-- shared", "-- share", "voulez-vous dire « -- shared »"),
    ("core/association.sql", "from staging.rna", "from staging.rnaa", "voulez-vous dire « staging.rna »"),
    ("territories/sambre-avesnois.communes.csv", "population", "pop", "voulez-vous dire « population »"),
    ("territories/sambre-avesnois.geojson", '"cx":4.09642,"cy":50.23392', '"cx":50.23392,"cy":4.09642', "hors du contour"),
    ("territories/sambre-avesnois.geojson", '"commune_codes":["59003"]', '"commune_codes":["59004"]', "la commune 59003 n’y est pas"),
    ("texts/fr/ch-03.md", "leads('sectors.first', 'QB')", "leads('sectors.first', 'QZ')", "ligne que le tableau ne fait pas"),
    ("texts/fr/ch-03.md", "lead('sectors.three', 'count')", "lead('sectors.three', 'nombre')", "colonne que le tableau n’a pas"),
    ("texts/fr/ch-03.md", "counted('families.association.count'", "counted('families.associations.count'", "chiffre qu’aucun tableau ne donne"),
    ("texts/en/ch-03.md", "## What is at stake", "## Stakes", "le chapitre français a ses enjeux"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "told"), some_of(OTHERS))
def test_a_fault_of_another_kind_of_file_is_told(
    root: Path, file: str, old: str, new: str, told: str
) -> None:
    path = root / "pipelines" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        faults = check_declarations(root)
    finally:
        path.write_text(text, encoding="utf-8")
    sentences = [said(fault).replace("\u00a0", " ") for fault in faults]
    assert any(told in sentence and f"pipelines/{file}" in sentence for sentence in sentences), sentences


# --- what Notepad and Excel do is read as meant

ENCODINGS = {
    "bom": lambda text: text.encode("utf-8-sig"),
    "windows": lambda text: text.replace("\n", "\r\n").encode("utf-8"),
    "cp1252": lambda text: text.encode("cp1252"),
    "utf-16": lambda text: text.encode("utf-16"),
}


@pytest.mark.parametrize("encoding", one_in(2, ENCODINGS))
def test_a_toml_saved_by_notepad_is_read_as_meant(tmp_path: Path, encoding: str) -> None:
    read = 0
    for file in TOMLS:
        text = (ROOT / "pipelines" / file).read_text(encoding="utf-8")
        try:
            content = ENCODINGS[encoding](text)
        except UnicodeEncodeError:
            continue
        path = tmp_path / "declared.toml"
        path.write_bytes(content)
        faults: list[Fault] = []
        document = read_toml_document(path, file, faults)
        assert faults == [] and document is not None and document.data == tomllib.loads(text), file
        read += 1
    assert read > 100


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["bom", "windows", "cp1252"])
def test_a_csv_saved_by_a_spreadsheet_is_read_as_meant(separator: str, encoding: str) -> None:
    text = 'code;label\n01;"é ; à"\n02;b\n'.replace(";", separator)
    faults: list[Fault] = []
    table = parse_csv(decode(ENCODINGS[encoding](text)), Path("x.csv"), "x.csv", faults)
    assert faults == [] and table is not None
    assert table.dicts() == [{"code": "01", "label": f"é {separator} à"}, {"code": "02", "label": "b"}]
    assert table.lines == [2, 3]


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "fichier vide"), ("a,a\n1,2\n", "donné deux fois"), ("a,\n1,2\n", "pas d’en-tête"), ("a,b\n1,2,3\n", "3 valeurs, 2 attendues"),
     ("a,b\n1\n", "1 valeurs, 2 attendues"), ('a,b\n"x,2\n', "guillemet")],
)  # fmt: skip
def test_a_broken_csv_is_told(text: str, told: str) -> None:
    faults: list[Fault] = []
    assert parse_csv(text, Path("x.csv"), "x.csv", faults) is None
    assert told in said(faults[0])


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02", b"\xff\xfe\x00", b"a = [" * 20000, b"a = " + b"9" * 5000, b"\x81\x8d"]
)
def test_what_is_no_text_is_a_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    faults: list[Fault] = []
    read_toml_document(path, "x.toml", faults)
    assert len(faults) == 1 and said(faults[0])


def test_a_folder_in_place_of_a_file_is_a_fault(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read_toml_document(tmp_path, "x.toml", faults) is None
    assert read_toml_document(tmp_path / "absent.toml", "y.toml", faults) is None
    assert [said(fault) for fault in faults]


# --- the whole project


@pytest.mark.parametrize(
    "file",
    some_of(
        [
            "survey/questionnaire.yml",
            "survey/estimation.toml",
            "replications/sambre-avesnois-2011/figures.csv",
        ]
    ),
)
def test_a_file_that_tables_count_on_is_missed(root: Path, file: str) -> None:
    path = root / "pipelines" / file
    kept = path.read_bytes()
    path.unlink()
    try:
        assert any("introuvable" in said(f) or "figures.csv" in said(f) for f in check_declarations(root))
    finally:
        path.write_bytes(kept)


def test_a_text_that_is_a_folder_is_a_fault_and_a_query_saved_in_utf_16_is_none(root: Path) -> None:
    folder = root / "pipelines" / "texts" / "fr" / "ch-77.md"
    path = root / "pipelines" / "sources" / "manageo" / "staging.sql"
    kept = path.read_bytes()
    folder.mkdir()
    path.write_bytes(kept.decode().encode("utf-16"))
    try:
        assert [f.what for f in check_declarations(root)] == ["ceci n’est pas un fichier"]
    finally:
        folder.rmdir()
        path.write_bytes(kept)


def test_versions_of_a_nomenclature_do_not_overlap(root: Path) -> None:
    path = root / "pipelines" / "rules" / "nomenclatures" / "naf_versions.csv"
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"2007-12-31", b"2009-12-31"))
    try:
        assert any("en vigueur en même temps" in said(fault) for fault in check_declarations(root))
    finally:
        path.write_bytes(kept)


def test_all_faults_of_all_files_come_at_once(root: Path) -> None:
    changes = {
        "rules/secrecy.toml": ("max_share = 0.85", "max_share = 85"),
        "tables/communes/card.toml": ("order = ", "ordre = "),
        "editions/cambresis-2026.toml": ("perimeter =", "perimetre ="),
        "sources/clap/source.toml": ('type = "integer"', 'type = "entier"'),
    }
    kept = {file: (root / "pipelines" / file).read_text(encoding="utf-8") for file in changes}
    (root / "pipelines" / "editions" / "broken.toml").write_text("year = \n", encoding="utf-8")
    (root / "pipelines" / "tables" / "communes" / "carte.toml").write_text("", encoding="utf-8")
    try:
        for file, (old, new) in changes.items():
            (root / "pipelines" / file).write_text(kept[file].replace(old, new), encoding="utf-8")
        faults = check_declarations(root)
        wanted = {*changes, "editions/broken.toml", "tables/communes/carte.toml"}
        assert {f"pipelines/{file}" for file in wanted} <= {fault.file for fault in faults}
        with pytest.raises(ObservatoryError) as caught:
            Project.load(root)
        assert caught.value.exit_code == Exit.USAGE and len(caught.value.details) == len(set(faults)) - 1
        plain = caught.value.as_dict()
        assert {plain["code"], *(detail["code"] for detail in plain["details"])} == {"E106", "E114"}
    finally:
        for file, text in kept.items():
            (root / "pipelines" / file).write_text(text, encoding="utf-8")
        (root / "pipelines" / "editions" / "broken.toml").unlink()
        (root / "pipelines" / "tables" / "communes" / "carte.toml").unlink()
    assert require(root).faults == ()


def test_an_edition_elsewhere_and_the_territory_beside_it_are_checked(root: Path, tmp_path: Path) -> None:
    project = Project.load(root)
    edition, place = tmp_path / "ici-2026.toml", tmp_path / "ici.toml"
    edition.write_text('year = 2026\nterritory = "ici"\nreference_date = "01/02/2026"\n', encoding="cp1252")
    place.write_text('name = "Été"\narrondissement = "591"\n', encoding="cp1252")
    found = project.edition(str(edition))
    assert (found.id, found.data["reference_date"], found.territory.name) == ("ici-2026", "2026-02-01", "Été")
    place.write_text('name = "Ici"\narrondissement = 591\n', encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        project.edition(str(edition))
    assert "ici.toml, ligne 2" in str(caught.value) and caught.value.exit_code == Exit.USAGE
    edition.write_text('year = 2026\nterritory = "ici"\nid = "../x"\n[sources.manago]\n', encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        project.edition(str(edition))
    assert "identifiant" in str(caught.value)


def test_a_misspelt_name_gets_its_nearest() -> None:
    assert nearest("perimetre", ["perimeter", "previous"]) == "perimeter"
    assert nearest("x", ["perimeter"]) is None
    assert typeset("« a » : b ?") == "«\u00a0a\u00a0»\u00a0: b\u00a0?"
    assert as_error([]) is None


def test_random_damage_is_never_more_than_faults(root: Path, whole: Checked, thorough: bool) -> None:
    dice, damaged, tried = random.Random(20111231), 0, 45 if thorough else 12
    for _ in range(tried):
        file = dice.choice(sorted(TOMLS))
        path = root / "pipelines" / file
        text = path.read_text(encoding="utf-8")
        lines, at, line = text.split("\n"), dice.randrange(len(text)), dice.randrange(text.count("\n"))
        key, sign, _ = lines[line].partition(" = ")
        odd = dice.choice(
            ["-1", '""', "[]", "{}", "1e999", "nan", '[1, "a"]', "2020-01-01", '"../../x"', "{a = 1}", "[[]]"]
        )
        kinds = (
            text[:at] + text[at + 1 :],
            text[:at] + dice.choice('"[]{}=,.#\n\x00é0-x\\') + text[at:],
            text[:at],
            "\n".join([*lines[:line], *lines[line + 1 :]]),
            "\n".join([*lines[:line], lines[line], *lines[line:]]),
            "\n".join([*lines[:line], f"{key}{sign}{odd}" if sign else "", *lines[line + 1 :]]),
        )
        path.write_text(dice.choice(kinds), encoding="utf-8")
        try:
            damaged += bool(faults_of(whole, file))
        finally:
            path.write_text(text, encoding="utf-8")
    assert damaged > 0.4 * tried


# --- schemas and page


def test_the_schemas_and_the_page_are_those_of_the_models(tmp_path: Path) -> None:
    for path in write_schemas(ROOT, tmp_path):
        kept = ROOT / (PAGE if path.name == Path(PAGE).name else f"{SCHEMAS}/{path.name}")
        assert path.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), "run « ess schema »"


def test_every_toml_names_its_schema_in_its_first_line() -> None:
    for file in TOMLS:
        path = ROOT / "pipelines" / file
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == schema_line(file) and (path.parent / first.split()[1]).is_file(), file


def test_the_schemas_know_what_the_models_know() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    made = schemas()
    checkers = {name: jsonschema.Draft7Validator(schema) for name, schema in made.items()}
    for file, kind in TOMLS.items():
        data = json.loads(
            json.dumps(tomllib.loads((ROOT / "pipelines" / file).read_text(encoding="utf-8")), default=str)
        )
        if made[kind.name].get("additionalProperties") is False:
            (error,) = checkers[kind.name].iter_errors({**data, "misspelt": 1})
            assert not error.absolute_path and "misspelt" in error.message, (file, error.message)
        else:
            assert not list(checkers[kind.name].iter_errors(data)), file
