"""What a figure counts agrees with it: every text and card, filled with figures that are all 0, 1 or 2, in both languages.

Words are judged from their endings and from the pairs of words that the texts themselves make agree, never from a list of
sentences.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jinja2 import nodes

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.models.prose_checks import TEMPLATES, strings
from ess_observatory.declare.project import Project
from ess_observatory.declare.prose import AGREEING, WORDS, blocks_of, parsed
from ess_observatory.publish.texts import Placeholders
from ess_observatory.secrecy.door import Cell
from ess_observatory.words.numbers import is_plural

#: A line of the key figures: its label is read under its figure.
KEY_FIGURE = re.compile(r"^- ([\w.:+-]+) \| ([^|]+)", re.MULTILINE)
#: Marks of the card that questions share, `{label}`.
MARK = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
NUMBER = re.compile(r"(?<![\w.,’/])([012])(?=[ *])(?!\*{0,2} [%€])\*{0,2} ")
#: Where the words of a figure end.
CLAUSE = re.compile(r"[.,;:!?()«»“”|–\n\d]")
WORD = re.compile(r"[^\W\d_]+")
#: Words after which a French or an English clause speaks of something else.
STOPS = {
    "fr": "à au aux ce ces celles chez comme d dans de des deux dont du elles en entre et l la le les leur leurs lorsque mais mille "
    "où ou par parmi pas pour quand que sa sans ses si son sous sur tous un une vers y",
    "en": "a across among an and as at between by did for from in its met of on or out over per that the their to what which who "
    "whose with within",
}  # fmt: skip
#: Units of what is not counted one by one.
MEASURED = {"%", "€", "K€", "M€", "ans", "ETP", "points"}
#: French words in -s and -x that are no plural.
SAME = {"fois", "fonds", "jamais", "moins", "plus", "temps"}
#: French verbs in the plural, and what looks like one.
VERB = re.compile(r"\w*[^m]ent|expriment|estiment|ont|sont|font|vont")
NOT_VERBS = {"client", "souvent"}
#: Words that send back to several.
SEVERAL = {"leur", "leurs", "elles", "ils", "their", "them", "they"}
#: What cannot stand before a lone 0 or 1.
BEFORE = {
    "fr": re.compile(r"\b(les|des|ces|aux|ses|leurs) [01](?![\w.,%])(?! [%€])", re.IGNORECASE),
    "en": re.compile(r"\b(the|these|those|their) 1(?![\w.,%])(?! [%€])", re.IGNORECASE),
}  # fmt: skip


class Figures(Mapping[str, Any]):
    """Every figure that may be named, all of one value, in the unit of its column."""

    def __init__(self, units: Mapping[str, str], value: float) -> None:
        self.value = value
        self.units = units

    def __getitem__(self, figure_id: str) -> tuple[Cell, str, int]:
        table, _, column = figure_id.partition(".")[0], *figure_id.rpartition(".")[1:]
        unit = self.units.get(figure_id) or self.units.get(f"{table}/{column}") or ""
        is_counted = unit not in MEASURED and not figure_id.endswith(".share")
        value = self.value if is_counted else 37
        return Cell("r", "Ligne", 1, "data", None, "c", value=value), unit, 0

    def __contains__(self, figure_id: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def units(project: Project) -> dict[str, str]:
    """Unit of a column, by `table/column` and by the other names of figures."""
    found: dict[str, str] = {}
    for table in project.tables:
        for column in table.card.get("columns", []):
            found[f"{table.id}/{column['code']}"] = column.get("unit") or ""
        for place, name in table.card.get("figures", {}).items():
            found[name] = found[f"{table.id}/{place.rpartition('/')[2]}"]
    return found | {name: "%" for name in found if re.search(r"(?:^|_)(?:share|rate)(?:$|_)", name)}


def texts(project: Project) -> Iterator[tuple[str, str, str]]:
    """(place, language, text) of all that is filled."""
    for lang in ("fr", "en"):
        folder = project.pipelines / "texts" / lang
        for path in sorted(folder.rglob("*.md")):
            for line, block in blocks_of(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(folder.parent)}:{line}", lang, block
    cards = {f"tables/{table.id}": table.card for table in project.tables}
    for place, card in {
        **cards,
        "survey/table": read_toml(project.pipelines / "survey" / "table.toml"),
    }.items():
        for path, text in strings(card):
            if path[0] in TEMPLATES:
                yield f"{place}: {path[0]}", "en" if str(path[0]).endswith("_en") else "fr", text


def agreeing(project: Project, lang: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words that are singular only, plural only, where the texts make words agree."""
    ones: set[str] = set()
    many: set[str] = set()
    for _, spoken, text in texts(project):
        tree = parsed(MARK.sub(r"\1", text))[0] if spoken == lang and "{" in text else None
        for call in tree.find_all(nodes.Call) if tree else ():
            if call.node.name in AGREEING:
                one, other = (set(WORD.findall(arg.value.lower())) for arg in call.args[-2:])
                ones |= one
                many |= other
    return frozenset(ones - many), frozenset(many - ones)


def filled(text: str, lang: str, value: int, named: Mapping[str, str]) -> Iterator[str]:
    """A text with all its figures of that value, in each way that its conditions may fall."""
    words = dict.fromkeys(WORDS, "Mot") | {
        "year": 2011,
        "last_year": 2010,
        "survey_year": 2012,
        "communes": 5,
    }
    for holds, leads in itertools.product((True, False), repeat=2):
        made = Placeholders(Figures(named, value), words, lang)
        made.environment.globals.update(
            {
                "holds": lambda claim, said=holds: said,
                "leads": lambda claim, row, said=leads: said,
                "shown": lambda figure: True,
                "printed": lambda table: True,
                "table": lambda table: "A",
                "who": lambda claim: "Mot",
                "Who": lambda claim: "Mot",
                "lead": lambda claim, column: f"{value} %" if "share" in column else str(value),
                "agree_lead": lambda claim, column, one, many: many if is_plural(value, lang) else one,
            }
        )
        yield made.fill(MARK.sub(r"\1", KEY_FIGURE.sub(r"- {{ fig('\1') }} \2 ", text)), "texte") or ""


def faults(said: str, lang: str, ones: frozenset[str], many: frozenset[str]) -> Iterator[str]:
    """What does not agree in a text that is filled."""
    said = said.replace("\u00a0", " ").replace("\u202f", " ")
    yield from (found[0] for found in BEFORE[lang].finditer(said))
    stops = set(STOPS[lang].split())
    for number in NUMBER.finditer(said):
        value = int(number[1])
        words = [word.lower() for word in WORD.findall(CLAUSE.split(f"{said[number.end() :]}\n")[0])]
        if not words or words[0] in ("de", "des", "of"):
            continue
        own = list(itertools.takewhile(lambda word: word not in stops, words))
        if is_plural(value, lang):
            wrong = own[:1] if own and own[0] in ones else []
        else:
            wrong = [word for word in own if word in many] + [word for word in words if word in SEVERAL]
            if lang == "fr":
                wrong += [word for word in own if word[-1] in "sx" and word not in SAME and len(word) > 3]
                of_it = itertools.takewhile(lambda word: word not in ("dont", "que"), words)
                wrong += [word for word in of_it if VERB.fullmatch(word) and word not in NOT_VERBS]
            elif not said[: number.start()].endswith((", ", " and ")):
                nouns = itertools.takewhile(lambda word: not (word in ones and word.endswith("s")), own)
                wrong += [word for word in nouns if word.endswith("s") and not word.endswith("ss")]
        if wrong:
            yield f"{value} {' '.join(words)} ({', '.join(wrong)})"


Pairs = dict[str, tuple[frozenset[str], frozenset[str]]]


@pytest.fixture(scope="module")
def pairs(project: Project) -> Pairs:
    return {lang: agreeing(project, lang) for lang in ("fr", "en")}


def every_fault(project: Project, pairs: Pairs, value: int) -> list[str]:
    named = units(project)
    return sorted(
        {
            f"{place}: {fault}"
            for place, lang, text in texts(project)
            if "{{" in text or KEY_FIGURE.search(text)
            for said in filled(text, lang, value, named)
            for fault in faults(said, lang, *pairs[lang])
        }
    )


@pytest.mark.parametrize("value", [0, 1, 2])
def test_what_is_counted_agrees_with_its_figure(value: int, project: Project, pairs: Pairs) -> None:
    assert every_fault(project, pairs, value) == []


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("{{ fig('recruit_projects') }} structures ont un projet d’embauche.", "fr"),
        ("{{ fig('recruit_projects') }} structure ont un projet.", "fr"),
        ("Sur les {{ fig('hr_base') }} qui répartissent leurs ventes.", "fr"),
        ("Sur {{ fig('hr_base') }} structure, {{ fig('hr_base') }} comptent des collectivités.", "fr"),
        ("{{ fig('hr_base') }} qui répartissent leurs ventes.", "fr"),
        ("**{{ fig('size_total') }} établissements** relèvent de l’ESS.", "fr"),
        ("- size_total | établissements de l’ESS | rien", "fr"),
        ("{{ fig('size_total') }} organisations say it.", "en"),
        ("{{ fig('size_total') }} SSE employer establishments of the area.", "en"),
        ("{{ fig('size_total') }} organisation have a project.", "en"),
        ("What the {{ fig('size_total') }} does.", "en"),
    ],
)
def test_a_plural_after_one_is_found(text: str, lang: str, project: Project, pairs: Pairs) -> None:
    said = next(filled(text, lang, 1, units(project)))
    assert list(faults(said, lang, *pairs[lang]))
