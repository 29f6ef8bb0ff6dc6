"""The analyst's prose: Markdown by chapter, numbers only through checked placeholders `{{ fig('share_jobs') }}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import typeset
from ess_observatory.declare.models.claims import ClaimsFile
from ess_observatory.declare.prose import (
    BLOCKS,
    FUNCTIONS,
    KEY_FIGURES,
    MAIN,
    MAIN_POINTS,
    STAKES,
    TERM,
    Trouble,
    rendered,
    sandbox,
    troubles,
)
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.claims import Claims, is_shown
from ess_observatory.publish.joined import Joined, marked, plain
from ess_observatory.secrecy.door import CONFIDENTIAL, Cell
from ess_observatory.words.decoding import decode
from ess_observatory.words.numbers import format_bound, format_value, is_plural
from ess_observatory.words.typography import typography

#: What joins the last of several names.
AND = {"fr": "et", "en": "and"}
#: Units of money that no column stands beside, in a sentence.
EUROS = {
    ("K€", "fr"): "\u00a0milliers d’euros",
    ("M€", "fr"): "\u00a0millions d’euros",
    ("K€", "en"): " thousand euros",
    ("M€", "en"): " million euros",
}

#: Words that « au moins » cannot follow: the sentence was written for a plain number, and is left aside.
_FOR_NUMBERS = re.compile(
    r"\b(?:les|des|aux|ces|ses|leurs|the|these|its|their) (?:au moins|at least)\b", re.IGNORECASE
)


class Placeholders:
    """Fills the placeholders of a text with published figures; an unknown name is an error that names the text."""

    def __init__(
        self,
        figures: Mapping[str, tuple[Cell, str, int]],
        names: Mapping[str, Any],
        lang: str = "fr",
        known: Callable[[str], bool] = lambda _: False,
        claims: Claims | None = None,
        said: Callable[[str], str] = str,
        joined: Joined | None = None,
    ) -> None:
        """`figures`: id → (published cell, unit, decimals); `names`: further words that texts may use.

        `known` tells a name that this edition lacks (its table or row is not there) from one that does not exist.
        `said`: the label of a row as a sentence of that language says it. `joined`: completes sentences that join figures.
        """
        self.figures = figures
        self.lang = lang
        self.known = known
        self.claims = claims or Claims({}, ClaimsFile())
        self.said = said
        self.joined = joined
        self.absent: dict[str, set[str]] = {}
        self.named: list[Cell] = []  # the cells that the last text filled speaks of
        self._lacking: set[str] = set()
        self._is_whole = True
        functions = tuple(name for name in FUNCTIONS if name != "Who")
        own = {name: getattr(self, name) for name in functions}
        self.environment = sandbox(names, {**own, "Who": self.who_first})

    def fig(self, figure_id: str) -> str:
        """The formatted figure; a text that asks for one that cannot be shown is left aside, as no sentence holds a sign."""
        cell, unit, decimals = self.figures.get(figure_id, (None, "", 0))
        if cell is None or (
            cell.value is None
            and cell.conf_status != CONFIDENTIAL
            and cell.obs_status == "O"
            and not cell.is_bounded
        ):
            self._lacking.add(figure_id)
        if cell is not None and cell.is_bounded:
            return marked(figure_id, format_bound(cell.low or 0, None, unit, decimals, self.lang))
        if cell is None or not is_shown(cell):
            self._is_whole = False
            return ""
        self.named.append(cell)
        return marked(figure_id, self._written(cell, unit, decimals))

    def _written(self, cell: Cell, unit: str, decimals: int) -> str:
        suffix = EUROS.get((unit, self.lang), "")
        if self.lang == "fr" and not is_plural(cell.value or 0):
            suffix = suffix.replace("s d’", " d’")
        return format_value(cell.value or 0, unit, decimals, self.lang) + suffix

    def counted(self, figure_id: str, singular: str, plural: str) -> str:
        """The formatted figure and what it counts: « 1 structure déclare », « 2 structures déclarent »."""
        return f"{self.fig(figure_id)} {self.agree(figure_id, singular, plural)}"

    def agree(self, figure_id: str, singular: str, plural: str) -> str:
        """The words that follow a figure, in the number it calls for: plural from 2 on in French, but for 1 in English."""
        cell = self.figures.get(figure_id, (None,))[0]
        value = None if cell is None else cell.low if cell.is_bounded else cell.value
        if value is None:
            return plural
        return plural if is_plural(value, self.lang) else singular

    def shown(self, figure_id: str) -> bool:
        """Whether a figure is shown in this edition, as a number or as a bound."""
        cell = self.figures.get(figure_id, (None,))[0]
        return cell is not None and (is_shown(cell) or cell.is_bounded)

    def printed(self, table_id: str) -> bool:
        """Whether a table is in this edition."""
        return table_id in self.claims.tables

    def table(self, table_id: str) -> str:
        """The number of a table; a text that refers to one that this edition lacks is left aside."""
        if not self.printed(table_id):
            self._is_whole = False
            return ""
        return str(self.claims.tables[table_id].card["number"])

    def holds(self, claim: str) -> bool:
        """Whether a claim may be stated."""
        return self.claims.of(claim).holds

    def leads(self, claim: str, row: str) -> bool:
        """Whether a claim may be stated and names that row."""
        found = self.claims.of(claim)
        return found.holds and row in found.rows

    def who(self, claim: str) -> str:
        """The rows that a claim names, as a sentence says them: « les associations », « les associations et les mutuelles »."""
        found = self.claims.of(claim)
        self._is_whole &= found.holds
        cells = [self.claims.cell(claim, row) for row in found.rows]
        self.named += cells
        proper = self.claims.declared(claim).get("proper")
        return self._joined([cell.row_label if proper else self.said(cell.row_label) for cell in cells])

    def who_first(self, claim: str) -> str:
        """The same, at the beginning of a sentence."""
        words = self.who(claim)
        return words[:1].upper() + words[1:]

    def lead(self, claim: str, column: str) -> str:
        """The figures of a column in the rows that a claim names."""
        found = self.claims.of(claim)
        self._is_whole &= found.holds
        table = claim.partition(".")[0]
        written = []
        for row in found.rows:
            cell = self.claims.cell(claim, row, column)
            if not is_shown(cell):
                self._is_whole = False
                continue
            self.named.append(cell)
            declared = self.claims.tables[table].column(column)
            unit = cell.unit if cell.unit is not None else declared.get("unit", "")
            decimals = cell.decimals if cell.decimals is not None else declared.get("decimals", 0)
            written.append(self._written(cell, unit, decimals))
        return self._joined(written)

    def agree_lead(self, claim: str, column: str, singular: str, plural: str) -> str:
        """The words that go with `lead`, in the number it calls for: several rows are plural, one goes by its figure."""
        values = [self.claims.cell(claim, row, column).value for row in self.claims.of(claim).rows]
        if len(values) != 1 or values[0] is None:
            return plural
        return plural if is_plural(values[0], self.lang) else singular

    def _joined(self, words: Sequence[str]) -> str:
        if len(words) > 1 and any(", " in word or f" {AND[self.lang]} " in word for word in words):
            return " ; ".join(words) if self.lang == "fr" else "; ".join(words)
        *first, last = words or [""]
        return f" {AND[self.lang]} ".join(filter(None, (", ".join(first), last)))

    def _is_known(self, name: str) -> bool:
        return name in self.figures or self.known(name)

    def fill(self, text: str, where: str) -> str | None:
        """The text with its placeholders replaced; None when it asks for what this edition cannot show, or may not claim.

        Figures that the edition does not have are kept in `absent` (place → ids): what is hidden, or claimed in vain, is not
        worth a warning. Raises E440/E441 with the place, before anything is evaluated.
        """
        import jinja2

        self._lacking, self._is_whole, self.named = set(), True, []
        if found := troubles(text, self._is_known):
            raise _told(found[0], where)
        try:
            filled = rendered(text, self.environment)
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise ObservatoryError(
                "E441",
                f"Texte qui ne peut pas être rempli\u00a0: {error}",
                where,
                "Corrigez le placeholder.",
                Exit.USAGE,
            ) from error
        filled = self.joined.said(filled, each=where == MAIN) if self.joined else plain(filled)
        if self._lacking:
            self.absent.setdefault(where, set()).update(self._lacking)
        filled = filled.replace(" de au moins ", " d’au moins ")
        is_said = self._is_whole and not _FOR_NUMBERS.search(filled)
        return filled if is_said and filled.strip(" \n->") else None

    def fill_blocks(self, text: str, where: str) -> str:
        """A Markdown text, filled block by block (paragraph or list item): a block that cannot be filled is left aside."""
        blocks = (block if not block.strip() else self.fill(block, where) for block in BLOCKS.split(text))
        return "".join(block or "" for block in blocks)


def _told(trouble: Trouble, where: str) -> ObservatoryError:
    """The first trouble of a text as an error."""
    code, what = (
        ("E440", "Chiffre inconnu dans un texte") if trouble.is_figure else ("E441", "Texte mal formé")
    )
    place = where if trouble.line == 1 else f"{where}, ligne {trouble.line}"
    return ObservatoryError(
        code, typeset(f"{what} : {trouble.sentence}"), place, typeset(f"{trouble.fix}."), Exit.USAGE
    )


def load_texts(
    folders: Sequence[Path], placeholders: Placeholders, tables_by_chapter: Mapping[str, list[str]]
) -> dict[str, Any]:
    """`texts.json`: main points, key figures, chapters (Markdown → HTML), glossary.

    `folders`: where texts are looked for, the most specific first. A numbered chapter without any table is left out.
    """
    files: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("*.md"):
            files.setdefault(path.name, path)
    chapters = []
    for name in sorted((n for n in files if n.startswith("ch-")), key=lambda n: _chapter_key(n[3:-3])):
        number = name[3:-3].lstrip("0").upper()
        tables = tables_by_chapter.get(number, [])
        if tables or not number.isdigit():
            chapters.append(_chapter(files[name], number, placeholders, tables))
    spell = typography(placeholders.lang)
    essentials = placeholders.fill_blocks(decode(files[MAIN].read_bytes()), MAIN)
    points, _, keys = essentials.partition(KEY_FIGURES[placeholders.lang])
    figures = [_key_figure(item, spell) for item in _items(keys)]
    return {
        "main_points": [_inline(spell(item)) for item in _items(points)][:MAIN_POINTS],
        "key_figures": [key for key in figures if placeholders.shown(key["figure"])],
        "chapters": chapters,
        "glossary": _glossary(files.get("glossaire.md"), placeholders),
        "files": {name: _place(path) for name, path in sorted(files.items())},
    }


def _place(path: Path) -> str:
    """Where a text is written, from the folder `texts` on."""
    parts = path.parts
    return "/".join(parts[len(parts) - 1 - parts[::-1].index("texts") :]) if "texts" in parts else path.name


def _chapter_key(stem: str) -> tuple[int, str]:
    return (0, stem.zfill(3)) if stem.isdigit() else (1, stem)


def _chapter(path: Path, number: str, placeholders: Placeholders, tables: list[str]) -> dict[str, Any]:
    text = placeholders.fill_blocks(decode(path.read_bytes()), path.name)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    if title is None:
        raise ObservatoryError(
            "E442", "Chapitre sans titre", str(path), "Commencez le fichier par « # Titre »."
        )
    body = text[title.end() :]
    body, _, stakes = body.partition(STAKES[placeholders.lang])
    spell = typography(placeholders.lang)
    headline = re.search(r"^> (.+)$", body, re.MULTILINE)
    if headline:
        body = body.replace(headline.group(0), "", 1)
    return {
        "id": number,
        "number": number,
        "title": spell(title.group(1)),
        "headline": spell(headline.group(1)) if headline else None,
        "html": _html(spell(body)),
        "stakes": _html(spell(stakes)) if stakes.strip() else None,
        "tables": tables,
    }


def _html(markdown: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)).strip()


def _inline(markdown: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).renderInline(markdown))


def _items(text: str) -> list[str]:
    return [match.group(1).strip() for match in re.finditer(r"^- (.+(?:\n  .+)*)$", text, re.MULTILINE)]


def _key_figure(item: str, spell: Callable[[str], str]) -> dict[str, str]:
    figure, label, detail = [*(part.strip() for part in item.split("|")), "", ""][:3]
    return {"figure": figure, "label": spell(label), "detail": spell(detail)}


def _glossary(path: Path | None, placeholders: Placeholders) -> list[dict[str, str]]:
    if path is None:
        return []
    text = placeholders.fill_blocks(decode(path.read_bytes()), path.name)
    entries = (TERM.match(item) for item in _items(text))
    spell = typography(placeholders.lang)
    return [{"term": spell(e.group(1)), "definition": _inline(spell(e.group(2)))} for e in entries if e]
