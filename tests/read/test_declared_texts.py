"""Texts, codebook and outlines: each single fault is one French sentence with its line, found without building.

Texts print figures and words, nothing else: what reaches for Python is refused before anything is evaluated.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT
from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.questions import NONRESPONSE, SENSITIVITIES, TYPES
from ess_observatory.declare.faults import Fault
from ess_observatory.declare.models import codebook as models
from ess_observatory.declare.models.codebook_checks import check_codebook
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.outlines import check_outlines, read_outlines
from ess_observatory.declare.models.prose_checks import TEMPLATES, card_faults, check_texts
from ess_observatory.declare.project import Project
from ess_observatory.declare.prose import WORDS, troubles
from ess_observatory.declare.reading import read_toml_document
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.edition_words import names_for_texts
from ess_observatory.publish.texts import Placeholders

PIPELINES = ROOT / "pipelines"
FIGURES = {"size_total", "share_jobs", "communes.total.count"}


def known(figure_id: str) -> bool:
    return figure_id in FIGURES


def said(fault: Fault) -> str:
    """The sentence of a fault, known to be one, in French."""
    sentence = str(fault).replace("\u00a0", " ")
    assert fault.file and fault.what and "\n" not in sentence
    assert not re.search(r"\b(error|expected|invalid|None|Traceback|undefined)\b", sentence), sentence
    return sentence


#: What reaches out of the language, or never ends.
ATTACKS = [
    "{{ cycler.__init__.__globals__.os.getpid() }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ fig.__globals__ }}",
    "{{ fig('size_total').__class__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ year.__class__ }}",
    "{{ year['__class__'] }}",
    "{{ year|attr('__class__') }}",
    "{{ territory.format('{0.__class__}') }}",
    "{{ 'a' * 10**9 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ 10**10**10 }}",
    "{{ 1/0 }}",
    "{{ 9999999999 ** 99999 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:999999999}'.format(1) }}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% for a in 'ab' %}{% for b in 'ab' %}x{% endfor %}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set x = 1 %}",
    "{% block a %}{% endblock %}",
    "{% call fig('size_total') %}{% endcall %}",
    "{% filter upper %}a{% endfilter %}",
    "{{ lipsum(n=10**6) }}",
    "{{ namespace(a=1) }}",
    "{{ joiner() }}",
    "{{ range(10**9)|list }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{{ fig(*['size_total']) }}",
    "{{ fig(figure_id='size_total') }}",
    "{{ fig(year) }}",
    "{{ (fig)('size_total')() }}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "not " * 20000 + "year }}",
    "{{ " + "9" * 6000 + " }}",
    "{% if year %}" * 2000 + "{% endif %}" * 2000,
    "{{ year is defined }}",
    "{{ 'a' in territory }}",
]  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    found = troubles(text, known)
    assert found and all(trouble.what and trouble.fix for trouble in found)
    with pytest.raises(ObservatoryError) as caught:
        Placeholders({}, {}, known=known).fill(text, "ch-01.md")
    assert caught.value.exit_code is Exit.USAGE and caught.value.code in ("E440", "E441")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ yaer }}", "« year »"),
        ("{{ fig('size_totl') }}", "aucun tableau"),
        ("{{ agree('nulle_part', 'a', 'b') }}", "aucun tableau"),
        ("{{ agree('size_total', 'a') }}", "3 texte(s)"),
        ("{{ fig('size_total', 'x') }}", "1 texte(s)"),
        ("{{ fig() }}", "1 texte(s)"),
        ("{{ figure('size_total') }}", "« fig »"),
        ("{{ fig(’size_total’) }}", "apostrophe typographique"),
        ("{{ fig(size_total) }}", "1 texte(s)"),
        ("{{ fig('size_total') }", "accolade"),
        ("{ year }", "accolades"),
        ("{{ year }}}", "accolades"),
        ("year }}", "accolades"),
        ("{{ year", "pas fermé"),
        ("{{ }}", "placeholder"),
        ("{# jamais fermé", "commentaire"),
        ("{% if year > 2012 %}a", "pas fermé"),
        ("{% if territory > 3 %}a{% endif %}", "comparaison"),
        ("{% if year == 'deux mille' %}a{% endif %}", "comparaison"),
        ("{{ territory territory }}", "placeholder"),
    ],
)
def test_a_fault_of_a_text_is_said(text: str, what: str) -> None:
    found = troubles(f"Un.\n\nDeux, {text}\n", known, by_block=True)
    assert found and found[0].line == 3
    assert what in f"{found[0].sentence} {found[0].fix}".replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ year }}", "2011"),
        ("{% if year > 2010 %}après{% else %}avant{% endif %}", "après"),
        ("{{ territory if territory == 'Ici' else 'ailleurs' }}", "Ici"),
        ("{{year}} {#- rien -#}", "2011"),
        ("{% if not communes or communes >= 2 %}x{% endif %}", "x"),
    ],
)
def test_what_a_text_may_say(text: str, filled: str) -> None:
    names = {"year": 2011, "territory": "Ici", "communes": 3}
    assert Placeholders({}, names, known=known).fill(text, "t") == filled


def test_the_words_of_texts_are_those_that_an_edition_gives(project: Project) -> None:
    assert names_for_texts(project, project.edition("sambre-avesnois-2011")).keys() == WORDS


# --- files of texts


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the texts, to make wrong."""
    root = tmp_path_factory.mktemp("texts")
    for part in ("texts", "editions"):
        shutil.copytree(PIPELINES / part, root / "pipelines" / part)
    return root


def _text_faults(root: Path) -> list[Fault]:
    faults: list[Fault] = []
    check_texts(root, [], lambda figure_id: "wrong" not in figure_id, faults)
    return faults


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("fr/ch-02.md", "# Territoires", "Territoires", "sans titre"),
        ("fr/ch-02.md", "## Enjeux", "## Enjeu", "« ## Enjeux »"),
        ("fr/ch-02.md", "## Enjeux", "### Enjeux", "« ## Enjeux »"),
        ("en/ch-02.md", "## What is at stake", "## Enjeux", "« ## What is at stake »"),
        ("fr/ch-02.md", "commune_summary.present.count", "wrong.present.count", "aucun tableau"),
        ("fr/ch-02.md", "{{ communes }}", "{{ comunes }}", "« communes »"),
        ("fr/essentiel.md", "## Chiffres-clés", "## Chiffres clés", "« ## Chiffres-clés »"),
        ("fr/essentiel.md", "- share_jobs |", "- wrong_jobs |", "aucun tableau"),
        (
            "fr/essentiel.md",
            " | postes de l’ESS rapportés aux emplois salariés | ordre de grandeur : les champs diffèrent",
            "",
            "sans libellé",
        ),
        ("fr/essentiel.md", "## Chiffres", "- Un septième point.\n\n## Chiffres", "ne paraîtrait pas"),
        ("fr/glossaire.md", "- **Base** :", "- Base :", "ne paraîtrait pas"),
        ("scopes.toml", "{{ perimeter }}", "{{ perimetre }}", "« perimeter »"),
        ("en/words.toml", "\n[scopes]", '\n[scopes]\nzz = "{{ yaer }}"', "« year »"),
    ],
)
def test_a_fault_of_a_file_of_texts_is_said(texts: Path, file: str, old: str, new: str, what: str) -> None:
    path = texts / "pipelines" / "texts" / file
    content = path.read_bytes()
    assert old in content.decode()
    try:
        path.write_text(content.decode().replace(old, new, 1), encoding="utf-8")
        [first, *_] = found = _text_faults(texts)
        assert what in " ".join(map(said, found)) and first.file == f"pipelines/texts/{file}"
    finally:
        path.write_bytes(content)
    assert _text_faults(texts) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_text_saved_by_notepad_is_read_as_meant(texts: Path, encoding: str) -> None:
    path = texts / "pipelines" / "texts" / "fr" / "ch-02.md"
    content = path.read_bytes()
    try:
        path.write_bytes(content.decode().replace("\n", "\r\n").encode(encoding))
        assert _text_faults(texts) == []
    finally:
        path.write_bytes(content)


def test_a_misnamed_file_or_folder_of_texts_is_said(texts: Path) -> None:
    folder = texts / "pipelines" / "texts" / "fr"
    moves = [
        ("ch-02.md", "chap-02.md", "ne serait pas lu"),
        ("essentiel.md", "essentiels.md", "renommez"),
        ("today", "todai", "« today »"),
    ]
    for name, other, what in moves:
        (folder / name).rename(folder / other)
        try:
            assert what in " ".join(map(said, _text_faults(texts)))
        finally:
            (folder / other).rename(folder / name)
    (folder / "ch-2.md").write_text("# Deux\n", encoding="utf-8")
    try:
        assert "le même chapitre" in " ".join(map(said, _text_faults(texts)))
    finally:
        (folder / "ch-2.md").unlink()


def test_every_template_of_a_card_is_checked_and_nothing_else_is_one(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text('stub = "{{ year }}"\nnotes = [\n  "a",\n  "{{ yaer }}",\n]\n', encoding="utf-8")
    document = read_toml_document(path, "card.toml", [])
    assert document
    where = {(fault.line, fault.key): said(fault) for fault in card_faults(document, known)}
    assert where.keys() == {(1, "stub"), (4, "notes[2]")}
    for key in TEMPLATES - {"notes", "notes_en"}:
        path.write_text(f'number = "1.1"\n{key} = "{{{{ 1/0 }}}}"\n', encoding="utf-8")
        document = read_toml_document(path, "card.toml", [])
        assert document
        [fault] = card_faults(document, known)
        assert (fault.line, fault.key) == (2, key)


# --- the codebook


def _codebook_faults(root: Path, content: str | bytes) -> list[Fault]:
    path = root / "pipelines" / "survey" / "questionnaire.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults: list[Fault] = []
    check_codebook(root, faults)
    return faults


def _small() -> dict[str, Any]:
    """The shipped codebook with few questions, which hold every key."""
    text = (PIPELINES / "survey" / "questionnaire.yml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    keys: set[str] = set()
    for section in data["sections"]:
        kept = []
        for question in section["questions"]:
            is_new = section["code"] in ("A", "K") and question.keys() - keys
            if is_new or question["code"] in ("A07", "K02"):
                kept.append(question)
                keys |= question.keys()
        section["questions"] = kept
        for question in kept:
            if question["code"] == "K02":  # keys that the shipped file does not need
                question |= {"unit": "fois", "table": "19.1", "aliases": {"2026.1": ["Déjà aidé"]}}
    data["units"] = {"fois": ["fois"]}
    data["sections"] = [section for section in data["sections"] if section["questions"]]
    data["form"]["notice"], data["rules"] = data["form"]["notice"][:1], data["rules"][:1]
    return data


def _walk(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The first place of each kind of key."""
    found = [path] if path else []
    if isinstance(data, dict):
        for key, value in data.items():
            found += _walk(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            found += _walk(value, (*path, number))
    return found


def _kinds(data: dict[str, Any]) -> list[tuple[Any, ...]]:
    seen: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for path in _walk(data):
        seen.setdefault(tuple("*" if isinstance(part, int) else part for part in path), path)
    return list(seen.values())


def _spoiled(data: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> str:
    copy = json.loads(json.dumps(data))
    target = copy
    for part in path[:-1]:
        target = target[part]
    change(target, path[-1])
    return json.dumps(copy, ensure_ascii=False, indent=1)  # which is YAML too


def test_each_key_of_the_codebook_is_checked(tmp_path: Path) -> None:
    data = _small()
    assert _codebook_faults(tmp_path, _spoiled(data, ("id",), lambda target, key: None)) == []

    def rename(target: Any, key: Any) -> None:
        target[f"{key}x"] = target.pop(key)

    def retype(target: Any, key: Any) -> None:
        target[key] = {"a": [{}]} if not isinstance(target[key], dict) else 3

    def blank(target: Any, key: Any) -> None:
        target[key] = " "

    for path in _kinds(data):
        changes = [retype] if isinstance(path[-1], int) else [rename, retype, blank]
        for change in changes:
            found = _codebook_faults(tmp_path, _spoiled(data, path, change))
            assert found, f"{change.__name__} {path}: in silence"
            assert all(said(fault) and fault.line for fault in found), (path, found)


@pytest.mark.parametrize(
    ("old", "new", "below", "what"),
    [
        ("label_en: Name of the organisation", "label_en: No", 0, "texte entre guillemets"),
        ("version: '2026.1'", "version: 2026.1", 0, "texte entre guillemets"),
        ("required: true", "required: oui", 0, "true"),
        ("type: siret", "type: siren", 0, "« siret »"),
        ("- code: A02", "- code: A01", 0, "en double"),
        ("choice: oui", "choice: ouais", -2, "n’existe pas"),
        ("constraint: luhn14", "constraint: luhn14 >", 0, "illisible"),
        ("relevant: K02 = 'oui'", "relevant: K99 = 'oui'", 0, "inconnue"),
        ("relevant: K02 = 'oui'", "relevant: K02 = 'ouais'", 0, "modalité"),
        ("label_fr: Nom de la structure", "label_fr: '{{ 1/0 }}'", 0, "placeholder"),
        ("label_fr: Nom de la structure", "label_fr: Nom : de", 0, "deux-points"),
        ("label_fr: Nom de la structure", "label_fr: !!python/object:os.system x", 0, "YAML"),
        ("  - code: A01", "\t- code: A01", 0, "tabulation"),
        ("    type: siret", "    type: siret\n    type: siret", 1, "deux fois"),
        ("sections:", "sektions:", 0, "« sections »"),
        ("id: ess", "id: [ess", 1, "crochet"),
    ],
)
def test_a_fault_of_the_codebook_is_said_with_its_line(
    tmp_path: Path, old: str, new: str, below: int, what: str
) -> None:
    text = (PIPELINES / "survey" / "questionnaire.yml").read_text(encoding="utf-8")
    assert old in text
    found = _codebook_faults(tmp_path, text.replace(old, new, 1))
    line = text.count("\n", 0, text.index(old)) + 1 + below
    assert [fault.line for fault in found] == [line], [said(fault) for fault in found]
    assert what in said(found[0])


def test_the_codebook_saved_by_notepad_is_the_same(tmp_path: Path) -> None:
    text = (PIPELINES / "survey" / "questionnaire.yml").read_text(encoding="utf-8")
    meant = load_codebook(PIPELINES / "survey" / "questionnaire.yml")
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        told = text.replace("✓, ✔", "vu") if encoding == "cp1252" else text
        assert _codebook_faults(tmp_path, told.replace("\n", "\r\n").encode(encoding)) == []
        found = load_codebook(tmp_path / "pipelines" / "survey" / "questionnaire.yml")
        assert found.questions == meant.questions


def test_the_model_knows_what_the_reader_knows() -> None:
    def values(name: str) -> set[str]:
        return set(getattr(models, name).__args__)

    assert values("_Type") == set(TYPES)
    assert values("_Sensitivity") == set(SENSITIVITIES)
    assert values("_Reason") == set(NONRESPONSE)


def test_a_fault_of_the_recodes_is_said(tmp_path: Path) -> None:
    text = (PIPELINES / "survey" / "questionnaire.yml").read_text(encoding="utf-8")
    folder = tmp_path / "pipelines" / "survey"
    folder.mkdir(parents=True)
    (folder / "recodes.csv").write_text(
        "question_code;text;choice_code;by;on\nK01;CRESS;cress;M;2026-01-01\nK99;x;y;M;2026-01-01\n",
        encoding="cp1252",
    )
    [fault] = _codebook_faults(tmp_path, text)
    assert (fault.line, fault.file) == (3, "pipelines/survey/recodes.csv") and "K99" in said(fault)


# --- outlines

_OUTLINES = "sambre-avesnois.geojson"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("all", "", None),
        ("all", " \n", None),
        ("all", "null", 1),
        ("all", "nul", 1),
        ("all", "[1,2]", 1),
        ("all", '"a"', 1),
        ("all", '{"type":"FeatureCollection"}', 1),
        ("all", '{"type":"FeatureCollection","features":[]}', 1),
        ("all", '{"type":"FeatureCollection","features":{}}', 1),
        ("all", '{"type":"FeatureCollection","features":[1]}', 1),
        ("all", '{"type":"FeatureCollection","features":[{"type":"Feature"}]}', 1),
        ("all", "[" * 100_000, None),
        ('"type":"FeatureCollection"', '"type":"Topology"', 1),
        ('"code":"59003"', '"code":59003', 2),
        ('"code":"59012"', '"code":"59999"', 4),
        ('"code":"59012",', "", 4),
        ('"name":"Anor"', '"nom":"Anor"', 4),
        ('"name":"Anor"', '"name":""', 4),
        ('"commune_codes":["59012"]', '"commune_codes":"59012"', 4),
        ('"commune_codes":["59012"]', '"commune_codes":["59003"]', 4),
        ('"Polygon"', '"Point"', 2),
        ('"Polygon"', '"MultiPolygon"', 2),
        ('"cx":4.09642,', "", 2),
        ('"cx":4.09642,', '"cx":"4,09",', 2),
        ("4.0979", "NaN", 4),
        ("4.0979", "1e999", 4),
        ("4.0979", "null", 4),
        ("4.0979", '"4,09"', 4),
        ("4.0979", "700000", 4),
        ('"coordinates":[[[4.0639', '"coordinates":[[[0.0', 2),
        ('{"type":"Feature",', '{"type":"Feature"', 2),
    ],
)
def test_a_fault_of_outlines_is_said(
    tmp_path: Path, csvs: Csvs, old: str, new: str, line: int | None
) -> None:
    text = (PIPELINES / "territories" / _OUTLINES).read_text(encoding="utf-8")
    path = tmp_path / _OUTLINES
    assert old == "all" or old in text
    path.write_text(new if old == "all" else text.replace(old, new, 1), encoding="utf-8")
    faults: list[Fault] = []
    assert read_outlines(path, _OUTLINES, csvs.known_communes, faults) is None
    assert faults[0].line == line, [said(fault) for fault in faults]
    assert all(map(said, faults))


@pytest.fixture(scope="module")
def csvs() -> Csvs:
    """The communes that the project knows."""
    from ess_observatory.declare.models.csv_checks import check_csvs

    return check_csvs(ROOT, [])


def test_outlines_of_another_territory_are_said(tmp_path: Path, csvs: Csvs) -> None:
    folder = tmp_path / "pipelines" / "territories"
    folder.mkdir(parents=True)
    shutil.copy(PIPELINES / "territories" / _OUTLINES, folder)
    faults: list[Fault] = []
    for wanted, count in (("arrondissement = '591'", 0), ("departement = '75'", 1)):
        (folder / "ici.toml").write_text(f"name = 'Ici'\nmap = '{_OUTLINES}'\n{wanted}\n", encoding="utf-8")
        check_outlines(tmp_path, csvs, faults)
        assert len(faults) == count
    assert faults[0].line == 2 and "commune du territoire" in said(faults[0])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_outlines_saved_by_notepad_are_the_same(tmp_path: Path, csvs: Csvs, encoding: str) -> None:
    content = (PIPELINES / "territories" / _OUTLINES).read_text(encoding="utf-8")
    path, faults = tmp_path / _OUTLINES, []
    path.write_bytes(content.encode(encoding))
    assert read_outlines(path, _OUTLINES, csvs.known_communes, faults) == json.loads(content)
    assert faults == []


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_accents_that_another_encoding_spoilt_are_said(texts: Path, encoding: str) -> None:
    """A file in UTF-8 that a program took for another encoding, and saved."""
    path = texts / "pipelines" / "texts" / "fr" / "ch-04.md"
    content = path.read_bytes()
    try:
        path.write_text(content.decode(encoding, errors="replace"), encoding="utf-8")
        assert "accents abîmés" in " ".join(map(said, _text_faults(texts)))
    finally:
        path.write_bytes(content)
