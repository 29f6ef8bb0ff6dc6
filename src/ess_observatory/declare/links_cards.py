"""What a card names: its sources, scope, columns, cells of other tables, questions and conditions on answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ess_observatory.codebook.checks import reference_problems
from ess_observatory.codebook.expressions import parse
from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, advice, nearest
from ess_observatory.declare.links_concepts import concept_faults
from ess_observatory.declare.links_rules import Context, unknown
from ess_observatory.declare.load import Loaded
from ess_observatory.declare.measured import column_faults
from ess_observatory.declare.models.cards import CardFile, CardTexts
from ess_observatory.declare.models.claims import Leader, Level
from ess_observatory.declare.models.prose_checks import strings
from ess_observatory.declare.models.survey_blocks import (
    Choices,
    Cross,
    Crossing,
    Expression,
    Extended,
    Numbers,
    Weighting,
)
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.question_tables import MARKS
from ess_observatory.declare.reading import Document
from ess_observatory.declare.row_codes import Rows, named_cells
from ess_observatory.errors import ObservatoryError

Cards = dict[str, tuple[Document, CardFile]]


def card_faults(context: Context, made: dict[str, Rows]) -> Iterator[Fault]:
    """Every reference of every card that leads nowhere, numbers and figure ids given twice."""
    loaded, codebook = context.loaded, context.codebook
    cards = loaded.cards
    scopes = loaded.one("scopes")
    known_scopes = set(scopes.model.root) if scopes else set()
    columns = {name: {column.code for column in card.columns} for name, (_, card) in cards.items()}
    rules = loaded.one("claims")
    levels = set(rules.model.qualifiers) if rules else set()
    for name, (document, card) in cards.items():
        yield from _common(document, card, loaded, known_scopes)
        yield from _columns(document, card, columns[name])
        yield from _cells(document, name, card, columns, loaded.known("card"))
        yield from _origins(document, card, columns[name], made[name], loaded.known("source"))
        yield from _claims(document, card, columns[name], levels)
        yield from concept_faults(document, card, loaded)
        yield from _survey(document, card, codebook, loaded)
    yield from _numbers_once(cards, codebook, loaded)
    yield from _figures_once(cards)
    yield from _categories(loaded, cards)
    if (entry := loaded.one("question_card")) is not None:
        yield from _common(entry.document, entry.model, loaded, known_scopes)
        codes = {column.code for column in entry.model.columns}
        yield from _columns(entry.document, entry.model, codes)
        yield from _marks(entry.document)


def figures_known(context: Context, made: dict[str, Rows]) -> Callable[[str], bool]:
    """Whether some table could give a name: a figure (an id of [figures], or `table.row.column` of a declared column and of a
    row that the table makes), `table:id`, `claim:table.claim`; `row:` and `column:` of the table of a claim.
    """
    loaded, codebook = context.loaded, context.codebook
    declared = {figure for _, card in loaded.cards.values() for figure in card.figures.values()}
    columns = {(name, c.code) for name, (_, card) in loaded.cards.items() for c in card.columns}
    others = {f"claim:{name}.{claim}" for name, (_, card) in loaded.cards.items() for claim in card.claims}
    others |= {f"table:{name}" for name in loaded.known("card")}
    broken = loaded.known("card") - set(loaded.cards)
    shared = loaded.one("question_card")
    if codebook is not None and shared is not None:
        for question in codebook.questions:
            if question.table:
                name = f"question_{question.code.lower().replace('-', '_')}"
                columns |= {(name, column.code) for column in shared.model.columns}

    def is_known(figure: str) -> bool:
        kind, _, name = figure.rpartition(":")
        table, _, rest = name.partition(".")
        if table in broken or (broken and not rest):
            return True  # the table's own fault says enough
        if kind == "column":
            return table not in loaded.cards or (table, rest) in columns
        rows = made.get(table)
        row, _, column = (rest, "", "") if kind == "row" else rest.rpartition(".")
        is_row = rows is None or rows.is_open or rows.makes(row)
        if kind:
            return is_row if kind == "row" else figure in others
        return figure in declared or ((table, column) in columns and is_row)

    return is_known


def _common(document: Document, card: CardTexts, loaded: Loaded, scopes: set[str]) -> Iterator[Fault]:
    yield from unknown(document, ("scope",), card.scope, scopes, "champ", "pipelines/texts/scopes.toml")
    for number, source in enumerate(card.sources):
        yield from unknown(document, ("sources", number), source, loaded.known("source"), "nom de source")
    readable = {c.code for c in card.columns if c.secrecy != "text" and c.attribute is None} | {"row_code"}
    yield from column_faults(document, card, loaded)
    for number, check in enumerate(card.checks):
        for column in check.columns:
            yield from unknown(
                document, ("checks", number, "arguments"), column, readable, f"nom de colonne « {column} »"
            )


def _columns(document: Document, card: CardTexts, codes: set[str]) -> Iterator[Fault]:
    """Columns that the chart, or another column, names."""
    if card.chart is not None:
        for key, code in card.chart.named_columns():
            yield from unknown(document, ("chart", key), code, codes, f"nom de colonne « {code} »")
    for number, column in enumerate(card.columns):
        at = ("columns", number)
        for rank, code in enumerate(column.sum_of):
            yield from unknown(document, (*at, "sum_of", rank), code, codes - {column.code}, "nom de colonne")
        named = [("follows", column.follows)]
        if column.ratio is not None:
            named += [("numerator", column.ratio.numerator), ("denominator", column.ratio.denominator)]
        for key, name in named:
            if name is not None and "/" not in name:
                path = (*at, key) if key == "follows" else (*at, "ratio", key)
                yield from unknown(document, path, name, codes, "nom de colonne")


def _cells(
    document: Document, own: str, card: CardFile, columns: dict[str, set[str]], tables: set[str]
) -> Iterator[Fault]:
    """Cells named as `row/column` or `table:row/column`, whose table and column must exist."""
    for path, cell in named_cells(card):
        table, _, rest = cell.rpartition(":")
        table, column_code = table or own, rest.rpartition("/")[2]
        if "/" not in rest:
            continue
        if table not in tables:
            yield document.fault(path, f"tableau inconnu « {table} »", advice(table, tables, "tableaux"))
        elif table in columns and column_code not in columns[table]:
            of = "" if table == own else f" du tableau « {table} »"
            what = f"colonne inconnue « {column_code} »{of}"
            yield document.fault(path, what, advice(column_code, columns[table], "colonnes"))


def _origins(
    document: Document, card: CardFile, codes: set[str], rows: Rows, sources: set[str]
) -> Iterator[Fault]:
    """Rows or columns whose sources are told, and these sources."""
    for name, named in card.origins.items():
        if name not in codes and not rows.makes(name) and not rows.is_open:
            close = nearest(name, codes)
            fix = f"voulez-vous dire « {close} » ?" if close else rows.advice(name)
            yield document.fault(("origins", name), f"ni colonne ni ligne du tableau : « {name} »", fix)
        for number, source in enumerate(named):
            yield from unknown(document, ("origins", name, number), source, sources, "nom de source")


def _categories(loaded: Loaded, cards: Cards) -> Iterator[Fault]:
    """A dimension that one card alone names, and nearly that of others: its figures would no longer be theirs."""
    said = [(name, path, it) for name, (_, card) in cards.items() for path, it in _dimensions(card)]
    common = {path.stem for path in (loaded.pipelines / "dimensions").glob("*.sql")}
    for name, path, dimension in said:
        others = common | {it for other, _, it in said if other != name}
        if dimension not in {"", *others} and (close := nearest(dimension, others, 0.85)):
            yield cards[name][0].fault(path, "dimension inconnue", f"voulez-vous dire « {close} » ?")


def _dimensions(card: CardFile) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(card.categories, str):
        yield ("categories",), card.categories
    for start, dimension in (card.categories if isinstance(card.categories, dict) else {}).items():
        yield ("categories", start), dimension


def _marks(document: Document) -> Iterator[Fault]:
    """Marks of the card of a question that nothing fills."""
    for path, text in strings(document.data):
        for mark in re.findall(r"(?<!\{)\{\w+\}(?!\})", text):
            if mark not in MARKS:
                yield document.fault(path, f"repère inconnu « {mark} »", advice(mark, MARKS, "repères"))


def _claims(document: Document, card: CardFile, codes: set[str], levels: set[str]) -> Iterator[Fault]:
    """Columns and levels that claims name."""
    for name, claim in card.claims.items():
        if isinstance(claim, Leader):
            yield from unknown(document, ("claims", name, "column"), claim.column, codes, "nom de colonne")
        elif isinstance(claim, Level):
            where = "pipelines/rules/claims.toml"
            yield from unknown(
                document, ("claims", name, "qualifier"), claim.qualifier, levels, "qualificatif", where
            )


def _numbers_once(cards: Cards, codebook: Codebook | None, loaded: Loaded) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, (document, card) in cards.items():
        if other := seen.get(card.number):
            yield document.fault(
                ("number",), f"numéro déjà pris par le tableau « {other} »", "changez l’un des deux", "E110"
            )
        seen[card.number] = name
    for question in codebook.questions if codebook else ():
        number = str(question.table or "")
        if number and (other := seen.get(number)):
            yield Fault(
                "pipelines/survey/questionnaire.yml", None, f"table ({question.code})", f"« {number} »",
                f"numéro déjà pris par « {other} »", "changez l’un des deux", "E110",
            )  # fmt: skip
        if number:
            seen[number] = f"question {question.code}"


def _figures_once(cards: Cards) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, (document, card) in cards.items():
        for cell, figure in card.figures.items():
            if other := seen.get(figure):
                yield document.fault(
                    ("figures", cell),
                    f"identifiant de chiffre déjà donné par « {other} »",
                    "changez l’un des deux",
                )
            seen[figure] = f"{name}:{cell}"


# --- the survey block


def _survey(document: Document, card: CardFile, codebook: Codebook | None, loaded: Loaded) -> Iterator[Fault]:
    block = card.survey
    if block is None or codebook is None:
        return
    codes = {column.code for column in card.columns}
    for path, code in _questions(block):
        at = ("survey", *path)
        if code not in codebook.by_code:
            yield document.fault(
                at, "question inconnue du questionnaire", advice(code, codebook.by_code, "questions")
            )
        elif isinstance(block, (Choices, Cross)) and not codebook.by_code[code].is_choice:
            yield document.fault(at, f"la question {code} n’a pas de choix", "prenez une question à choix")
    for path, text in _conditions(block):
        yield from _condition(document, ("survey", *path), text, codebook)
    for path, code in _named_columns(block):
        yield from unknown(document, ("survey", *path), code, codes, f"nom de colonne « {code} »")
    yield from _blocks(document, block)
    if isinstance(block, Crossing) and (entry := loaded.one("estimation")) is not None:
        known = {variable.code for variable in entry.model.variables}
        for number, name in enumerate(block.by):
            yield from unknown(document, ("survey", "by", number), name, known, "nom de caractéristique")
    if isinstance(block, Expression):
        sections = {section.code for section in codebook.sections}
        for number, name in enumerate(block.sections or ()):
            yield from unknown(document, ("survey", "sections", number), name, sections, "nom de partie")
        types = {question.type for question in codebook.questions}
        for number, name in enumerate(block.exclude_types):
            yield from unknown(document, ("survey", "exclude_types", number), name, types, "type de question")


Block = Choices | Cross | Numbers | Expression | Crossing | Extended | Weighting


def _questions(block: Block) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(block, Choices):
        yield from ((("questions", number), code) for number, code in enumerate(block.questions))
        yield from (
            (("blocks", number, "question"), item.question) for number, item in enumerate(block.blocks)
        )
    elif isinstance(block, Cross):
        yield from ((("rows",), block.rows), (("columns",), block.columns))
    elif isinstance(block, (Crossing, Extended)):
        for number, indicator in enumerate(block.indicators):
            if code := getattr(indicator, "question", None):
                yield ("indicators", number, "question"), code


def _conditions(block: Block) -> Iterator[tuple[KeyPath, str]]:
    """Every text that is an expression on the answers."""
    lists = {"blocks": ("among",), "groups": ("where",), "extra_columns": ("where",),
             "indicators": ("where", "value", "per", "among")}  # fmt: skip
    for key in ("where", "among"):
        if text := getattr(block, key, None):
            yield (key,), text
    for key, names in lists.items():
        for number, item in enumerate(getattr(block, key, ())):
            for name in names:
                if text := getattr(item, name, None):
                    yield (key, number, name), text
            for name in ("values", "pers"):
                for column, text in getattr(item, name, {}).items():
                    yield (key, number, name, column), text


def _condition(document: Document, path: KeyPath, text: str, codebook: Codebook) -> Iterator[Fault]:
    try:
        problems = reference_problems(codebook, parse(text), "")
    except ObservatoryError as error:
        yield document.fault(path, _clause(error.what), _clause(error.fix or "corrigez l’expression"))
        return
    for problem in problems:
        yield document.fault(path, _clause(problem.what), _clause(problem.fix or ""))


def _clause(sentence: str) -> str:
    sentence = sentence.strip().rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _named_columns(block: Block) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(block, Numbers):
        yield from ((("measures", code), code) for code in block.measures)
        for number, item in enumerate(block.indicators):
            for key in ("measures", "values", "pers"):
                yield from ((("indicators", number, key, code), code) for code in getattr(item, key))
    elif isinstance(block, Cross):
        for number, extra in enumerate(block.extra_columns):
            yield ("extra_columns", number, "code"), extra.code


def _blocks(document: Document, block: Block) -> Iterator[Fault]:
    """Rows that are added to a block which the table does not have."""
    if not isinstance(block, Choices):
        return
    known = {*block.questions, *(item.code or item.question for item in block.blocks)}
    for number, group in enumerate(block.groups):
        name = group.block or group.question or ""
        key = "block" if group.block else "question"
        yield from unknown(document, ("survey", "groups", number, key), name, known, "bloc")
