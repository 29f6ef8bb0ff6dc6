"""Words that rank, compare or qualify, in a text: each stands under a claim of its kind (`{% if holds('…') %}`), or is a fault.

The words, and the expressions in which they claim nothing, are declared in `pipelines/rules/claims.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.models.claims import ClaimsFile
from ess_observatory.declare.project import Project
from ess_observatory.declare.prose import AGREEING, CLAIMING, GLOSSARY, Trouble, blocks_of, parsed
from ess_observatory.words.decoding import decode

if TYPE_CHECKING:
    from jinja2 import nodes

KINDS = ("leader", "level", "more")
_WHAT = {
    "leader": "ce mot classe ou désigne un premier",
    "level": "ce mot qualifie une quantité",
    "more": "ce mot compare",
}


#: Texts of a card that a reader sees.
_TEXTS = ("title", "finding", "base", "reading_aid", "notes", "stub")


def everywhere(project: Project) -> Iterator[tuple[str, Trouble]]:
    """(place, trouble) of every word that needs a claim and has none, in the texts, cards and scopes, French and English.

    The glossary defines words and states nothing.
    """
    rules = project.claims
    kinds = {
        f"{table.id}.{name}": str(claim["kind"])
        for table in project.tables
        for name, claim in table.card.get("claims", {}).items()
    }
    for where, lang, text in _texts(project):
        for trouble in unclaimed(text, lang, rules, kinds.get):
            yield where, trouble


def _texts(project: Project) -> Iterator[tuple[str, str, str]]:
    for lang, end in (("fr", ""), ("en", "_en")):
        for table in project.tables:
            for key in _TEXTS:
                found = table.card.get(f"{key}{end}") or ()
                for text in [found] if isinstance(found, str) else found:
                    yield f"tables/{table.id}/card.toml : {key}{end}", lang, text
        folder = project.pipelines / "texts" / lang
        for path in sorted(folder.rglob("*.md")):
            if path.name != GLOSSARY:
                place = f"texts/{path.relative_to(folder.parent).as_posix()}"
                for line, block in blocks_of(decode(path.read_bytes())):
                    yield f"{place}, ligne {line}", lang, block
    for name, lang in (("scopes.toml", "fr"), ("en/words.toml", "en")):
        file = project.pipelines / "texts" / name
        declared = read_toml(file) if file.is_file() else {}
        for key, text in (declared.get("scopes", {}) if lang == "en" else declared).items():
            yield f"texts/{name} : {key}", lang, str(text)


def unclaimed(text: str, lang: str, rules: ClaimsFile, kind_of: Callable[[str], str | None]) -> list[Trouble]:
    """The words of a text that need a claim and have none. `kind_of`: the kind of `table.claim` (None: there is no such claim)."""
    patterns = {kind: _pattern(rules, kind, lang) for kind in KINDS}
    masked = _with_words(text, _allowed(tuple(item.text for item in rules.allowed)), *patterns.values())
    if masked is None:
        return []
    tree, _ = parsed(masked)
    found = list(_of(tree, frozenset(), kind_of)) if tree is not None else []
    troubles = []
    for line, words, kinds in found:
        for kind in kinds & set(
            KINDS
        ):  # « la plus courante »: a superlative that is claimed may hold a word of another kind
            words = patterns[kind].sub(_hidden, words)
        for kind in KINDS:
            for match in patterns[kind].finditer(words) if kind not in kinds else ():
                place = line + words.count("\n", 0, match.start())
                fix = f"mettez la phrase sous une affirmation « {kind} » : {{% if holds('tableau.affirmation') %}}"
                troubles.append(Trouble(place, match.group(0), _WHAT[kind], fix))
    return troubles


@lru_cache(maxsize=8192)
def _with_words(text: str, allowed: re.Pattern[str] | None, *patterns: re.Pattern[str]) -> str | None:
    """The text without the expressions that claim nothing, its placeholders and its line numbers untouched; None for one that
    holds none of the words, as most do: it need not be parsed.
    """
    masked = allowed.sub(_hidden, text) if allowed else text
    return masked if any(pattern.search(masked) for pattern in patterns) else None


def _hidden(match: re.Match[str]) -> str:
    """As many marks as there were letters, on as many lines."""
    return re.sub(r"[^\n]", "·", match.group(0))


@lru_cache(maxsize=16)
def _allowed(texts: tuple[str, ...]) -> re.Pattern[str] | None:
    return (
        re.compile("|".join(f"(?<!\\w)(?:{text})(?!\\w)" for text in texts), re.IGNORECASE) if texts else None
    )


@lru_cache(maxsize=64)
def _words(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<![\w.])(?:" + "|".join(patterns or ("(?!)",)) + r")(?!\w)", re.IGNORECASE)


def _pattern(rules: ClaimsFile, kind: str, lang: str) -> re.Pattern[str]:
    declared = rules.words.get(kind)  # type: ignore[call-overload]
    return _words(tuple(getattr(declared, lang)) if declared else ())


def _of(
    node: nodes.Node, claimed: frozenset[str], kind_of: Callable[[str], str | None]
) -> Iterator[tuple[int, str, frozenset[str]]]:
    """(line, words, kinds of the claims that hold where they are printed) of every piece of a text."""
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        yield node.lineno, node.data, claimed
    elif isinstance(node, nodes.If):
        for child in node.body:
            yield from _of(child, claimed | _held(node.test, kind_of), kind_of)
        for child in [*node.elif_, *node.else_]:
            yield from _of(child, claimed, kind_of)
    elif isinstance(node, nodes.CondExpr):
        yield from _of(node.expr1, claimed | _held(node.test, kind_of), kind_of)
        if node.expr2 is not None:
            yield from _of(node.expr2, claimed, kind_of)
    elif isinstance(node, nodes.Call):
        if names := AGREEING.get(getattr(node.node, "name", "")):
            yield node.lineno, " ".join(str(argument.value) for argument in node.args[names:]), claimed  # type: ignore[attr-defined]
    elif isinstance(node, nodes.Const):
        yield node.lineno, str(node.value), claimed
    else:
        for child in node.iter_child_nodes():
            yield from _of(child, claimed, kind_of)


def _held(test: nodes.Node, kind_of: Callable[[str], str | None]) -> frozenset[str]:
    """The kinds of the claims that are true whenever a condition is."""
    from jinja2 import nodes

    if isinstance(test, nodes.And):
        return _held(test.left, kind_of) | _held(test.right, kind_of)
    if isinstance(test, nodes.Or):
        return _held(test.left, kind_of) & _held(test.right, kind_of)
    if isinstance(test, nodes.Call) and getattr(test.node, "name", "") in CLAIMING:
        return frozenset({kind_of(str(test.args[0].value)) or ""})  # type: ignore[attr-defined]
    return frozenset()
