"""The analyst's prose: Markdown by chapter, numbers only through checked placeholders `{{ fig('share_jobs') }}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.tables import SIGN_OF_STATUS
from ess_observatory.secrecy.door import CONFIDENTIAL, Cell
from ess_observatory.words.numbers import format_value, is_plural
from ess_observatory.words.typography import typography

#: Headings that cut a text in two: stakes of a chapter, key figures of the main points.
_STAKES = {"fr": "## Enjeux", "en": "## What is at stake"}
_KEY_FIGURES = {"fr": "## Chiffres-clés", "en": "## Key figures"}


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
        import jinja2

        self.figures = figures
        self.lang = lang
        self.known = known
        self.absent: dict[str, set[str]] = {}
        self._lacking: set[str] = set()
        self.environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True
        )
        self.environment.globals.update(names)
        self.environment.globals["fig"] = self.fig
        self.environment.globals["agree"] = self.agree

    def fig(self, figure_id: str) -> str:
        """The formatted figure, or the sign that stands for it."""
        if figure_id not in self.figures:
            if self.known(figure_id):
                self._lacking.add(figure_id)
                return "nd"
            raise ObservatoryError(
                "E440",
                f"Chiffre inconnu dans un texte : « {figure_id} »",
                None,
                "Corrigez l’identifiant du placeholder (ess trace liste les chiffres).",
            )
        cell, unit, decimals = self.figures[figure_id]
        if cell.conf_status == CONFIDENTIAL:
            return "s"
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
        return cell is not None and (cell.value is not None or cell.conf_status == CONFIDENTIAL)

    def fill(self, text: str, where: str) -> str | None:
        """The text with its placeholders replaced; None when it speaks of figures that this edition does not have.

        What is left aside is kept in `absent` (place → ids). Raises E440/E441 with the place.
        """
        import jinja2

        self._lacking = set()
        try:
            filled = self.environment.from_string(text).render()
        except jinja2.TemplateError as error:
            raise ObservatoryError(
                "E441", f"Texte mal formé : {error}", where, "Corrigez le placeholder."
            ) from error
        except ObservatoryError as error:
            error.where = where
            raise
        if self._lacking:
            self.absent.setdefault(where, set()).update(self._lacking)
            return None
        return filled

    def fill_blocks(self, text: str, where: str) -> str:
        """A Markdown text, filled block by block (paragraph or list item): a block that cannot be filled is left aside."""
        blocks = re.split(r"(\n\s*\n|\n(?=- ))", text)
        return "".join(self.fill(block, where) or "" for block in blocks)


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
    essentials = placeholders.fill_blocks(files["essentiel.md"].read_text(encoding="utf-8"), "essentiel.md")
    points, _, keys = essentials.partition(_KEY_FIGURES[placeholders.lang])
    figures = [_key_figure(item, spell) for item in _items(keys)]
    return {
        "main_points": [_inline(spell(item)) for item in _items(points)][:6],
        "key_figures": [key for key in figures if placeholders.has(key["figure"])],
        "chapters": chapters,
        "glossary": _glossary(files.get("glossaire.md"), placeholders),
    }


def _chapter_key(stem: str) -> tuple[int, str]:
    return (0, stem.zfill(3)) if stem.isdigit() else (1, stem)


def _chapter(path: Path, number: str, placeholders: Placeholders, tables: list[str]) -> dict[str, Any]:
    text = placeholders.fill_blocks(path.read_text(encoding="utf-8"), path.name)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    if title is None:
        raise ObservatoryError(
            "E442", "Chapitre sans titre", str(path), "Commencez le fichier par « # Titre »."
        )
    body = text[title.end() :]
    body, _, stakes = body.partition(_STAKES[placeholders.lang])
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
    text = placeholders.fill_blocks(path.read_text(encoding="utf-8"), path.name)
    entries = (re.match(r"\*\*(.+?)\*\*\s*:\s*(.+)", item, re.DOTALL) for item in _items(text))
    spell = typography(placeholders.lang)
    return [{"term": spell(e.group(1)), "definition": _inline(spell(e.group(2)))} for e in entries if e]
