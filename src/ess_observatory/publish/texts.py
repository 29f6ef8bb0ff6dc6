"""The analyst's prose: Markdown by chapter, numbers only through checked placeholders `{{ fig('share_jobs') }}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ess_observatory.declare.faults import typeset
from ess_observatory.declare.prose import (
    BLOCKS,
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
from ess_observatory.publish.tables import SIGN_OF_STATUS
from ess_observatory.secrecy.door import CONFIDENTIAL, Cell
from ess_observatory.words.decoding import decode
from ess_observatory.words.numbers import format_bound, format_value, is_plural
from ess_observatory.words.typography import typography


class Placeholders:
    """Fills the placeholders of a text with published figures; an unknown figure is an error that names the text."""

    def __init__(
        self,
        figures: Mapping[str, tuple[Cell, str, int]],
        names: Mapping[str, Any],
        lang: str = "fr",
        known: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`figures`: id → (published cell, unit, decimals); `names`: further words that texts may use.

        `known` tells an id that this edition lacks (its table or row is not there) from one that does not exist.
        """
        self.figures = figures
        self.lang = lang
        self.known = known
        self.absent: dict[str, set[str]] = {}
        self._lacking: set[str] = set()
        self.environment = sandbox(names, {"fig": self.fig, "agree": self.agree})

    def fig(self, figure_id: str) -> str:
        """The formatted figure, or the sign that stands for it."""
        if figure_id not in self.figures:
            self._lacking.add(figure_id)
            return "nd"
        cell, unit, decimals = self.figures[figure_id]
        if cell.conf_status == CONFIDENTIAL:
            return "s"
        if cell.is_bounded:
            return format_bound(cell.low or 0, None, unit, decimals, self.lang)
        if cell.value is None and cell.obs_status == "O":
            self._lacking.add(figure_id)
        if cell.value is None:
            return SIGN_OF_STATUS.get(cell.obs_status or "O", "nd")
        suffix = "\u00a0milliers d’euros" if unit == "K€" and self.lang == "fr" else ""
        return format_value(cell.value, unit, decimals, self.lang) + suffix

    def agree(self, figure_id: str, singular: str, plural: str) -> str:
        """The words that follow a figure, in the number it calls for: plural from 2 on in French, but for 1 in English."""
        value = self.figures[figure_id][0].value if figure_id in self.figures else None
        if value is None:
            return plural
        return plural if is_plural(value, self.lang) else singular

    def has(self, figure_id: str) -> bool:
        """Whether a figure can be shown in this edition, as a number or as the sign of secrecy."""
        cell = self.figures.get(figure_id, (None,))[0]
        return cell is not None and (
            cell.value is not None or cell.is_bounded or cell.conf_status == CONFIDENTIAL
        )

    def _is_figure(self, figure_id: str) -> bool:
        return figure_id in self.figures or self.known(figure_id)

    def fill(self, text: str, where: str) -> str | None:
        """The text with its placeholders replaced; None when it speaks of figures that this edition does not have.

        What is left aside is kept in `absent` (place → ids). Raises E440/E441 with the place, before anything is evaluated.
        """
        import jinja2

        self._lacking = set()
        if found := troubles(text, self._is_figure):
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
        if self._lacking:
            self.absent.setdefault(where, set()).update(self._lacking)
            return None
        return filled

    def fill_blocks(self, text: str, where: str) -> str:
        """A Markdown text, filled block by block (paragraph or list item): a block that cannot be filled is left aside."""
        return "".join(self.fill(block, where) or "" for block in BLOCKS.split(text))


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
        "key_figures": [key for key in figures if placeholders.has(key["figure"])],
        "chapters": chapters,
        "glossary": _glossary(files.get("glossaire.md"), placeholders),
    }


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
