"""The small language of texts and cards: `{{ words }}`, `{{ fig('id') }}`, `{{ counted('id', 'un', 'plusieurs') }}` and a plain `if`.

What ranks, compares or qualifies stands under a claim of a card: `{% if holds('table.claim') %}… {{ who('table.claim') }} …{% endif %}`.

It is a part of Jinja, read in its immutable sandbox: a text that comes by mail can print figures and words, nothing else.
What is not in the list below is refused before anything is evaluated, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.faults import advice, nearest, shown
from ess_observatory.words.templates import environment

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

#: Words that a text may use besides figures: those that count, which may be compared, and the others.
COUNTS = frozenset({"year", "last_year", "survey_year", "communes"})
WORDS = COUNTS | {
    "edition", "sectors", "territory", "territory_in", "perimeter", "reference_date", "sublevel", "publisher", "contact", "licence",
    "version",
}  # fmt: skip
#: Functions: how they are written, how many arguments they take, what the first one names.
FUNCTIONS = {
    "fig": ("fig('identifiant')", 1, "figure"),
    "counted": ("counted('identifiant', 'singulier', 'pluriel')", 3, "figure"),
    "agree": ("agree('identifiant', 'singulier', 'pluriel')", 3, "figure"),
    "shown": ("shown('identifiant')", 1, "figure"),
    "table": ("table('tableau')", 1, "table"),
    "printed": ("printed('tableau')", 1, "table"),
    "holds": ("holds('tableau.affirmation')", 1, "claim"),
    "leads": ("leads('tableau.affirmation', 'ligne')", 2, "claim"),
    "who": ("who('tableau.affirmation')", 1, "claim"),
    "Who": ("Who('tableau.affirmation')", 1, "claim"),
    "lead": ("lead('tableau.affirmation', 'colonne')", 2, "claim"),
    "agree_lead": ("agree_lead('tableau.affirmation', 'colonne', 'singulier', 'pluriel')", 4, "claim"),
}
#: What the second name of a function is, in the table of its claim.
_SECOND = {"leads": "row", "lead": "column", "agree_lead": "column"}
#: Functions that print words of their own: how many names come before the words.
AGREEING = {"counted": 1, "agree": 1, "agree_lead": 2}
#: Functions under which a claim is known to be true.
CLAIMING = frozenset({"holds", "leads"})
#: Where a Markdown text is cut: each block is filled on its own, and left aside when it lacks a figure.
BLOCKS = re.compile(r"(\n\s*\n|\n(?=- ))")
#: Headings that cut a text in two: stakes of a chapter, key figures of the main points.
STAKES = {"fr": "## Enjeux", "en": "## What is at stake"}
KEY_FIGURES = {"fr": "## Chiffres-clés", "en": "## Key figures"}
MAIN, GLOSSARY = "essentiel.md", "glossaire.md"
#: How many main points are printed.
MAIN_POINTS = 6
#: An entry of the glossary.
TERM = re.compile(r"\*\*(.+?)\*\*\s*:\s*(.+)", re.DOTALL)
#: Braces out of a placeholder: it is badly closed, and would be printed as it is.
_STRAY = re.compile(r"[{}][^\n{}]{0,40}[{}]?")
#: Placeholders in their plainest writing, which need no parser.
_PLAIN = re.compile(
    r"\{\{ *(?:fig\('([\w.:+-]+)'\)|(?:agree|counted)\('([\w.:+-]+)'(?:, *'[^'\\\n{}]*'){2}\)|"
    + "|".join(sorted(WORDS))
    + r") *\}\}"
)
_ONLY = f"un texte n’emploie que des mots, {', '.join(f'{name}(…)' for name in FUNCTIONS)} et if"
#: What each kind of name is, when nothing declares it; and where these are declared.
_UNKNOWN = {
    "figure": ("chiffre qu’aucun tableau ne donne", "corrigez l’identifiant (« ess trace » les liste)"),
    "table": ("tableau inconnu", "écrivez le nom de son dossier dans pipelines/tables"),
    "claim": ("affirmation qu’aucune fiche ne déclare", "déclarez-la sous [claims] dans la fiche du tableau"),
    "row": ("ligne que le tableau ne fait pas", "écrivez le code d’une ligne du tableau"),
    "column": ("colonne que le tableau n’a pas", "écrivez le code d’une colonne du tableau"),
}
#: A text longer than this is no text.
_LONGEST = 200_000
#: Words of Jinja's messages of syntax → (what is wrong, what to do), the first that fits.
_SYNTAX = (
    ("looking for the following tags: 'e", "« if » qui n’est pas fermé dans le même paragraphe", "ajoutez {% endif %}"),
    ("innermost block that needs to be closed", "« if » qui n’est pas fermé dans le même paragraphe", "ajoutez {% endif %}"),
    ("unexpected char '’'", "apostrophe typographique dans un placeholder", "écrivez l’apostrophe droite '"),
    ("unexpected char '‘'", "apostrophe typographique dans un placeholder", "écrivez l’apostrophe droite '"),
    ("unexpected char", "caractère interdit dans un placeholder", "mettez l’identifiant entre apostrophes droites '"),
    ("nknown tag", "instruction inconnue", _ONLY),
    ("unexpected '}'", "accolade de trop", "écrivez {{ … }}"),
    ("expected token ','", "virgule ou parenthèse absente", "écrivez fig('identifiant')"),
    ("unexpected end of template", "placeholder qui n’est pas fermé", "ajoutez }}"),
    ("end of print statement", "placeholder mal écrit", "écrivez un seul mot, ou fig('identifiant')"),
    ("Expected an expression", "placeholder vide", "écrivez un mot, ou fig('identifiant')"),
    ("Missing end of", "commentaire qui n’est pas fermé", "ajoutez #}"),
)  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """What is wrong in a text: its line (from 1), the value that is wrong, what and what to do. `is_figure`: an unknown figure."""

    line: int
    value: str
    what: str
    fix: str
    is_figure: bool = False

    @property
    def sentence(self) -> str:
        """Value and problem, in a clause."""
        return f"{self.value} : {self.what}" if self.value else self.what


@lru_cache(maxsize=1)
def _reader() -> ImmutableSandboxedEnvironment:
    return sandbox({}, {})


def sandbox(
    names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> ImmutableSandboxedEnvironment:
    """The environment in which a checked text is filled: these words and functions, and nothing of Jinja's own."""
    from jinja2 import BaseLoader

    made = environment(BaseLoader(), autoescape=False)
    for names_of_jinja in (made.filters, made.tests, made.globals):
        names_of_jinja.clear()
    made.globals.update({**names, **functions})
    return made


def rendered(text: str, filled_in: ImmutableSandboxedEnvironment) -> str:
    """A checked text, filled in an environment made by `sandbox`. Raises what Jinja raises."""
    if "{" not in text:
        return text
    return filled_in.template_class.from_code(filled_in, _compiled(text), dict(filled_in.globals)).render()


@lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    """What a text does, whatever fills it: all environments made by `sandbox` read alike."""
    return _reader().compile(_tree(text))


@lru_cache(maxsize=4096)
def _tree(text: str) -> nodes.Template:
    """The tree of a text, the same one each time: nobody changes it."""
    return _reader().parse(text)


def blocks_of(text: str) -> Iterator[tuple[int, str]]:
    """The blocks of a Markdown text (and what separates them), each with its first line."""
    line = 1
    for block in BLOCKS.split(text):
        yield line, block
        line += block.count("\n")


def troubles(text: str, known: Callable[[str], bool] | None, *, by_block: bool = False) -> list[Trouble]:
    """What is wrong in a text; `known` tells whether some table may give a name (None: names are not looked at).

    It is asked of a figure by its id, of a table as `table:id`, of a claim as `claim:table.claim`, of a row and a column of the
    table of a claim as `row:table.row`, `column:table.column`.
    """
    if by_block:
        return [
            replace(trouble, line=trouble.line + first - 1)
            for first, block in blocks_of(text)
            for trouble in troubles(block, known)
        ]
    found: list[Trouble] = []
    figures = _plain_figures(text)
    names = None if figures is None else [("figure", figure, line) for figure, line in figures]
    if names is None:
        tree, found = parsed(text)
        names = list(names_of(tree)) if tree is not None else []
    if known is not None:
        found += [
            Trouble(line, shown(name), *_UNKNOWN[kind], True)
            for kind, name, line in names
            if not known(name if kind == "figure" else f"{kind}:{name}")
        ]
    return found


def _plain_figures(text: str) -> list[tuple[str, int]] | None:
    """The figures of a text that holds nothing but plain placeholders, as nearly all do; None for one that must be parsed."""
    if "{" in (rest := _PLAIN.sub("", text)) or "}" in rest:
        return None
    found = ((place.group(1) or place.group(2), place.start()) for place in _PLAIN.finditer(text))
    return [(figure, text.count("\n", 0, start) + 1) for figure, start in found if figure]


def parsed(text: str) -> tuple[nodes.Template | None, list[Trouble]]:
    """The tree of a text, or None; and what is wrong in it. Nothing is evaluated."""
    import jinja2

    if len(text) > _LONGEST:
        return None, [Trouble(1, "", "texte démesuré", "coupez-le en paragraphes")]
    try:
        tree = _tree(text)
    except jinja2.TemplateSyntaxError as error:
        return None, [_syntax(text, error.lineno or 1, str(error.message))]
    except (RecursionError, MemoryError, ValueError, jinja2.TemplateError):
        return None, [Trouble(1, "", "placeholder trop emboîté, ou nombre démesuré", _ONLY)]
    try:
        found = list(_refused(tree))
    except RecursionError:
        return None, [Trouble(1, "", "placeholder trop emboîté", _ONLY)]
    return (None if found else tree), found


def names_of(tree: nodes.Template) -> Iterator[tuple[str, str, int]]:
    """What a checked text names: figure, table or claim, its name, its line."""
    from jinja2 import nodes

    for call in tree.find_all(nodes.Call):
        function = call.node.name  # type: ignore[attr-defined]
        name = str(call.args[0].value)  # type: ignore[attr-defined]
        yield FUNCTIONS[function][2], name, call.lineno
        if (kind := _SECOND.get(function)) is not None:
            yield kind, f"{name.partition('.')[0]}.{call.args[1].value}", call.lineno  # type: ignore[attr-defined]


def _syntax(text: str, line: int, message: str) -> Trouble:
    generic = ("", "placeholder mal écrit", "écrivez {{ mot }} ou {{ fig('identifiant') }}")
    _, what, fix = next((known for known in _SYNTAX if known[0] in message), generic)
    lines = text.split("\n")
    said = re.search(r"\{[{%].*", lines[line - 1]) if 0 < line <= len(lines) else None
    return Trouble(line, shown(said.group(0)) if said else "", what, fix)


def _refused(tree: nodes.Template) -> Iterator[Trouble]:
    """What a text may not hold, from the tree that its syntax gives."""
    from jinja2 import nodes

    pending: list[nodes.Node] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, nodes.TemplateData):
            if stray := _STRAY.search(node.data):
                line = node.lineno + node.data.count("\n", 0, stray.start())
                yield Trouble(
                    line, shown(stray.group(0)), "accolades mal fermées ou en trop", "écrivez {{ mot }}"
                )
        elif isinstance(node, nodes.Name):
            if node.name in FUNCTIONS:
                yield Trouble(
                    node.lineno, shown(node.name), "appel incomplet", f"écrivez {FUNCTIONS[node.name][0]}"
                )
            elif node.name not in WORDS:
                yield Trouble(node.lineno, shown(node.name), "mot inconnu", _meant(node.name))
        elif isinstance(node, nodes.Call):
            yield from _call(node)
        elif isinstance(node, nodes.Const):
            if not isinstance(node.value, (str, int, bool)):
                yield Trouble(node.lineno, shown(node.value), "valeur interdite dans un texte", _ONLY)
        elif isinstance(node, nodes.Compare):
            yield from _comparison(node)
            pending += [node.expr, *(operand.expr for operand in node.ops)]
        elif isinstance(
            node, (nodes.Template, nodes.Output, nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not)
        ):
            pending += reversed(list(node.iter_child_nodes()))
        else:
            yield Trouble(node.lineno, "", f"écriture interdite dans un texte ({_KINDS.get(type(node).__name__, 'instruction')})", _ONLY)  # fmt: skip


#: How what is refused is called.
_KINDS = {
    "Getattr": "accès à ce qui est dans un mot", "Getitem": "accès à ce qui est dans un mot", "Filter": "filtre", "Test": "test",
    "For": "boucle", "Include": "inclusion", "Import": "inclusion", "FromImport": "inclusion", "Extends": "inclusion",
    "Macro": "macro", "Assign": "affectation", "AssignBlock": "affectation", "Mul": "calcul", "Div": "calcul", "Add": "calcul",
    "Sub": "calcul", "Pow": "calcul", "Mod": "calcul", "FloorDiv": "calcul", "Neg": "calcul", "Pos": "calcul", "Concat": "calcul",
    "List": "liste", "Dict": "liste", "Tuple": "liste",
}  # fmt: skip


def _meant(name: str) -> str:
    if close := nearest(name, [*WORDS, *FUNCTIONS]):
        return f"voulez-vous dire « {close} » ? (mots connus : {', '.join(sorted(WORDS))})"
    return advice(name, WORDS, "mots connus")


def _call(node: nodes.Call) -> Iterator[Trouble]:
    from jinja2 import nodes

    name = node.node.name if isinstance(node.node, nodes.Name) else None
    if name not in FUNCTIONS:
        what = "fonction inconnue" if name else "écriture interdite dans un texte (appel)"
        fix = advice(name, FUNCTIONS, "fonctions connues") if name else _ONLY
        yield Trouble(node.lineno, shown(name) if name else "", what, fix)
        return
    said, count, _ = FUNCTIONS[name]
    plain = all(isinstance(item, nodes.Const) and isinstance(item.value, str) for item in node.args)
    if len(node.args) != count or not plain or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield Trouble(
            node.lineno, shown(name), f"{count} texte(s) attendu(s) entre apostrophes", f"écrivez {said}"
        )


def _comparison(node: nodes.Compare) -> Iterator[Trouble]:
    """Only what is of one kind compares: a number of the edition with a number, a word with a text."""
    from jinja2 import nodes

    def is_count(item: nodes.Node) -> bool:
        if isinstance(item, nodes.Name):
            return item.name in COUNTS
        return (
            isinstance(item, nodes.Const) and isinstance(item.value, int) and not isinstance(item.value, bool)
        )

    for operand in node.ops:
        sides = {is_count(node.expr), is_count(operand.expr)}
        if (
            len(sides) == 2
            or (sides == {False} and operand.op not in ("eq", "ne"))
            or operand.op in ("in", "notin")
        ):
            fix = f"comparez {', '.join(sorted(COUNTS))} à un nombre, un autre mot (== ou !=) à un texte"
            yield Trouble(node.lineno, "", "comparaison impossible", fix)
