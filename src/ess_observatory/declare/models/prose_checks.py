"""Texts of the report and templates of cards, checked without building: language, figures, words, headings, names of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import Fault, advice, nearest, shown
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.prose import GLOSSARY, KEY_FIGURES, MAIN, MAIN_POINTS, STAKES, TERM, troubles
from ess_observatory.declare.reading import Document, name_of, read_text, read_toml_document

#: Keys of a card whose text is filled.
TEMPLATES = frozenset(
    f"{key}{lang}" for key in ("title", "finding", "base", "reading_aid", "notes") for lang in ("", "_en")
)
_CHAPTER = re.compile(r"ch-([0-9]{1,2}|[a-z])\.md")
_ITEM = re.compile(r"^- (.+(?:\n  .+)*)$", re.MULTILINE)
#: Codes of an unknown figure, of a text that is badly written, of a text without its headings.
UNKNOWN_FIGURE, BAD_TEXT, BAD_HEADINGS = "E440", "E441", "E442"

Known = Callable[[str], bool]


def check_texts(root: Path, cards: Iterable[Document], known: Known, faults: list[Fault]) -> None:
    """Check `texts/`, the templates of the cards and of the scopes; `known`: whether some table may give a figure."""
    texts = root / "pipelines" / "texts"
    for lang in ("fr", "en"):
        folder = texts / lang
        if not folder.is_dir():
            if lang == "fr" and any((root / "pipelines" / "editions").glob("*.toml")):
                faults.append(
                    Fault(name_of(folder, root), what="dossier absent", fix="remettez les textes du rapport")
                )
            continue
        faults.extend(_absent(folder, lang, root))
        for inner in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
            faults.extend(_folder(inner, lang, root, known))
        faults.extend(_misnamed(folder, root))
    for card in cards:
        faults.extend(card_faults(card, known))
    for name, section in (("scopes.toml", ()), ("en/words.toml", ("scopes",))):
        document = read_toml_document(texts / name, name_of(texts / name, root), [])
        found = document.value(section) if document else None
        for key, text in (found or {}).items() if isinstance(found, dict) else ():
            if document and isinstance(text, str):
                faults.extend(_template(document, (*section, key), text, known))
    shared = root / "pipelines" / "survey" / "table.toml"
    if shared.is_file() and (document := read_toml_document(shared, name_of(shared, root), [])):
        faults.extend(card_faults(replace(document, data=_unmarked(document.data)), None))


def _unmarked(data: Any) -> Any:
    """The card that questions share without its own marks, `{label}`."""
    if isinstance(data, dict):
        return {key: _unmarked(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_unmarked(value) for value in data]
    return re.sub(r"(?<!\{)\{[a-z_]+\}(?!\})", "x", data) if isinstance(data, str) else data


def card_faults(card: Document, known: Known | None) -> Iterator[Fault]:
    """What is wrong in the templates of a card; a placeholder where nothing fills it would be printed as it is."""
    for path, text in strings(card.data, ()):
        if path[0] in TEMPLATES:
            yield from _template(card, path, text, known)
        elif "{{" in text or "{%" in text:
            fix = f"n’en mettez que dans {', '.join(sorted(TEMPLATES))}"
            yield card.fault(path, "aucun placeholder n’est rempli à cet endroit", fix)


def strings(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text of a document, with its key path."""
    if isinstance(data, str) and path:
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from strings(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from strings(value, (*path, number))


def _template(document: Document, path: KeyPath, text: str, known: Known | None) -> Iterator[Fault]:
    for trouble in troubles(text, known):
        found = document.fault(path, trouble.what, trouble.fix)
        line = found.line + trouble.line - 1 if found.line else None
        code = UNKNOWN_FIGURE if trouble.is_figure else BAD_TEXT
        yield Fault(
            found.file, line, found.key, trouble.value or found.value, trouble.what, trouble.fix, code
        )


def _absent(folder: Path, lang: str, root: Path) -> Iterator[Fault]:
    """The main points: the report has no first page without them."""
    if lang == "fr" and not (folder / MAIN).is_file():
        strangers = [path.name for path in folder.glob("*.md") if not _is_known(path.name)]
        close = nearest(MAIN, strangers)
        fix = f"renommez « {close} »" if close else "remettez les points essentiels et les chiffres-clés"
        yield Fault(name_of(folder / MAIN, root), what="fichier absent", fix=fix, code=BAD_HEADINGS)


def _misnamed(folder: Path, root: Path) -> Iterator[Fault]:
    """A folder of texts that nearly bears the name of an edition: no edition would take it."""
    wanted: set[str] = set()
    for path in (root / "pipelines" / "editions").glob("*.toml"):
        document = read_toml_document(path, path.name, [])
        data = document.data if document else {}
        wanted |= {path.stem, *(str(data[key]) for key in ("id", "texts") if key in data)}
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in wanted):
        if close := nearest(inner.name, wanted):
            what, fix = "aucune édition n’emploie ce dossier de textes", f"voulez-vous dire « {close} » ?"
            yield Fault(name_of(inner, root), what=what, fix=fix, code=BAD_HEADINGS)


def _not_a_file(path: Path, root: Path) -> Iterator[Fault]:
    faults: list[Fault] = []
    read_text(path, name_of(path, root), faults)
    yield from faults


def _is_known(name: str) -> bool:
    return name in (MAIN, GLOSSARY) or bool(_CHAPTER.fullmatch(name))


def _folder(folder: Path, lang: str, root: Path, known: Known) -> Iterator[Fault]:
    chapters: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        if not path.is_file():
            yield from _not_a_file(path, root)
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        file = name_of(path, root)
        if not _is_known(path.name):
            if path.name == "words.toml" and lang == "en":
                continue
            fix = advice(path.name, (MAIN, GLOSSARY, "ch-01.md"), "noms lus")
            yield Fault(file, what="ce fichier ne serait pas lu", fix=fix, code=BAD_HEADINGS)
            continue
        faults: list[Fault] = []
        text = read_text(path, file, faults)
        yield from faults
        if text is None:
            continue
        for trouble in troubles(text, known, by_block=True):
            code = UNKNOWN_FIGURE if trouble.is_figure else BAD_TEXT
            yield Fault(file, trouble.line, "", trouble.value, trouble.what, trouble.fix, code)
        if found := _CHAPTER.fullmatch(path.name):
            number = found.group(1).lstrip("0")
            if other := chapters.get(number):
                yield Fault(
                    file,
                    what=f"« {other} » est le même chapitre",
                    fix="gardez l’un des deux",
                    code=BAD_HEADINGS,
                )
            chapters[number] = path.name
            yield from _chapter(text, file, lang)
            if lang == "en":
                texts = root / "pipelines" / "texts"
                yield from _unlike(text, texts / "fr" / path.relative_to(texts / "en"), file)
        elif path.name == MAIN:
            yield from _main_points(text, file, lang, known)
        else:
            yield from _glossary(text, file)


def _headings(text: str, file: str, lang: str, wanted: dict[str, str]) -> Iterator[Fault]:
    """A heading that nearly is the one which cuts the text, or that of the other language."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if line == wanted[lang] or not bare.startswith("#"):
            continue
        meant = bare.lstrip("#").strip()
        if bare in wanted.values() or nearest(meant, [wanted[lang].lstrip("# ")]):
            what = "ce titre ne serait pas reconnu"
            yield Fault(file, number, "", shown(bare), what, f"écrivez « {wanted[lang]} »", BAD_HEADINGS)


def _chapter(text: str, file: str, lang: str) -> Iterator[Fault]:
    if not re.search(r"^# \S", text, re.MULTILINE):
        fix = "commencez le fichier par « # Titre »"
        yield Fault(file, 1, what="chapitre sans titre", fix=fix, code=BAD_HEADINGS)
    yield from _headings(text, file, lang, STAKES)


def _unlike(text: str, twin: Path, file: str) -> Iterator[Fault]:
    """A chapter whose French twin has stakes, and which has none that are recognised."""
    french = read_text(twin, "", []) if twin.is_file() else None
    if french and f"\n{STAKES['fr']}\n" in french and f"\n{STAKES['en']}\n" not in text:
        fix = f"écrivez « {STAKES['en']} » devant ceux de l’anglais"
        yield Fault(
            file,
            what=f"le chapitre français a ses enjeux (« {STAKES['fr']} »), celui-ci non",
            fix=fix,
            code=BAD_HEADINGS,
        )


def _main_points(text: str, file: str, lang: str, known: Known) -> Iterator[Fault]:
    yield from _headings(text, file, lang, KEY_FIGURES)
    points, heading, _ = text.partition(KEY_FIGURES[lang])
    if not heading:
        fix = f"ajoutez « {KEY_FIGURES[lang]} » et ses lignes « - identifiant | libellé | précision »"
        yield Fault(file, what="chiffres-clés absents", fix=fix, code=BAD_HEADINGS)
        return
    items = list(_ITEM.finditer(points))
    if not items:
        yield Fault(
            file,
            1,
            what="aucun point essentiel",
            fix="écrivez-en un par ligne, après « - »",
            code=BAD_HEADINGS,
        )
    if len(items) > MAIN_POINTS:
        line = text.count("\n", 0, items[MAIN_POINTS].start()) + 1
        fix = f"gardez-en {MAIN_POINTS} au plus"
        yield Fault(file, line, what=f"point essentiel qui ne paraîtrait pas ({len(items)} points)", fix=fix, code=BAD_HEADINGS)  # fmt: skip
    start = len(points) + len(heading)
    for item in _ITEM.finditer(text, start):
        line = text.count("\n", 0, item.start()) + 1
        figure, _, rest = (part.strip() for part in item.group(1).partition("|"))
        if not rest.partition("|")[0].strip():
            fix = "écrivez « - identifiant | libellé | précision »"
            yield Fault(file, line, what="chiffre-clé sans libellé", fix=fix, code=BAD_HEADINGS)
        if not known(figure):
            fix = "corrigez l’identifiant (« ess trace » les liste)"
            yield Fault(
                file, line, "", shown(figure), "chiffre qu’aucun tableau ne donne", fix, UNKNOWN_FIGURE
            )


def _glossary(text: str, file: str) -> Iterator[Fault]:
    for item in _ITEM.finditer(text):
        if not TERM.match(item.group(1).strip()):
            line = text.count("\n", 0, item.start()) + 1
            fix = "écrivez « - **terme** : définition »"
            yield Fault(
                file,
                line,
                "",
                shown(item.group(1)),
                "entrée du glossaire qui ne paraîtrait pas",
                fix,
                BAD_HEADINGS,
            )
