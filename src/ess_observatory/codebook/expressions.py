"""The small language of filters, constraints and derived rows: its syntax.

Numbers, `'texts'`, names of questions, `+ -`, comparisons (`< <= = != >= >`, chained: `15 <= age <= 75`),
`and`, `or`, parentheses, `count(question)` (choices ticked). `evaluation.py` says what it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ess_observatory.errors import ObservatoryError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|'(?P<text>[^']*)'|(?P<name>[A-Za-z_]\w*)|(?P<op><=|>=|!=|[<>=()+\-]))"
)
_COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Ref:
    """The answer to a question: a number, or the set of choices."""

    code: str


@dataclass(frozen=True)
class Count:
    """How many choices of a question are ticked."""

    code: str


@dataclass(frozen=True)
class Total:
    """A sum of signed terms."""

    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True)
class Compare:
    left: Node
    operator: str
    right: Node


@dataclass(frozen=True)
class Junction:
    """`and` / `or` of conditions."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Check:
    """A named check of the answer itself, such as `luhn14`."""

    name: str


Node = Number | Text | Ref | Count | Total | Compare | Junction | Check


def syntax_error(text: str, why: str) -> ObservatoryError:
    """The error for an expression that cannot be read."""
    return ObservatoryError(
        "E290",
        f"Expression illisible\u00a0: «\u00a0{text}\u00a0» ({why}).",
        fix="Écrire par exemple «\u00a0X01 = 'oui' or X02 > 0\u00a0» ou «\u00a0X02 <= X01\u00a0».",
    )


class _Parser:
    def __init__(self, text: str, self_code: str | None, checks: frozenset[str]) -> None:
        self.text, self.self_code, self.checks = text, self_code, checks
        self.tokens: list[tuple[str, str]] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:
                raise syntax_error(
                    text, f"caractère inattendu «\u00a0{stripped[position:].strip()[:1]}\u00a0»"
                )
            kind = match.lastgroup or "op"
            self.tokens.append((kind, match.group(kind)))
            position = match.end()
        self.position = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.position += 1
        return token

    def parse(self) -> Node:
        node = self.junction("or")
        if self.peek()[0] != "end":
            raise syntax_error(self.text, f"«\u00a0{self.peek()[1]}\u00a0» inattendu")
        return node

    def junction(self, word: str) -> Node:
        below: Callable[[], Node] = (lambda: self.junction("and")) if word == "or" else self.comparison
        parts = [below()]
        while self.peek() == ("name", word):
            self.take()
            parts.append(below())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))

    def comparison(self) -> Node:
        if self.peek()[1] in _COMPARISONS and self.peek()[0] == "op":
            if self.self_code is None:
                raise syntax_error(self.text, "il manque le membre de gauche")
            left: Node = Ref(self.self_code)
        else:
            left = self.sum()
        pairs: list[Node] = []
        while self.peek()[0] == "op" and self.peek()[1] in _COMPARISONS:
            operator = self.take()[1]
            right = self.sum()
            pairs.append(Compare(left, operator, right))
            left = right
        if not pairs:
            return left
        return pairs[0] if len(pairs) == 1 else Junction("and", tuple(pairs))

    def sum(self) -> Node:
        terms: list[tuple[int, Node]] = []
        sign = 1
        if self.peek() == ("op", "-"):
            self.take()
            sign = -1
        terms.append((sign, self.term()))
        while self.peek() in (("op", "+"), ("op", "-")):
            sign = 1 if self.take()[1] == "+" else -1
            terms.append((sign, self.term()))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Total(tuple(terms))

    def term(self) -> Node:
        kind, value = self.take()
        if kind == "number":
            return Number(float(value))
        if kind == "text":
            return Text(value)
        if kind == "op" and value == "(":
            node = self.junction("or")
            if self.take() != ("op", ")"):
                raise syntax_error(self.text, "parenthèse non fermée")
            return node
        if kind == "name" and value not in ("and", "or"):
            if value in self.checks:
                return Check(value)
            if value == "count" and self.peek() == ("op", "("):
                self.take()
                name_kind, code = self.take()
                if name_kind != "name" or self.take() != ("op", ")"):
                    raise syntax_error(self.text, "count(question) attendu")
                return Count(code)
            return Ref(value)
        raise syntax_error(
            self.text, "expression incomplète" if kind == "end" else f"«\u00a0{value}\u00a0» inattendu"
        )


def parse(text: str, self_code: str | None = None, checks: frozenset[str] = frozenset()) -> Node:
    """The syntax tree of an expression; `self_code` is the left side of `'>= 0'`, `checks` named checks."""
    return _Parser(text, self_code, checks).parse()


def references(node: Node) -> Iterator[tuple[str, str | None]]:
    """Every (question, choice) an expression names; choice is None where the answer itself is read."""
    if isinstance(node, Ref | Count):
        yield node.code, None
    elif isinstance(node, Total):
        for _, term in node.terms:
            yield from references(term)
    elif isinstance(node, Junction):
        for part in node.parts:
            yield from references(part)
    elif isinstance(node, Compare):
        pair = membership(node)
        if pair is not None:
            yield pair[0], pair[1]
        else:
            yield from references(node.left)
            yield from references(node.right)


def membership(node: Compare) -> tuple[str, str, bool] | None:
    """(question, choice, is chosen) for a comparison with a text."""
    sides = (node.left, node.right)
    for one, other in (sides, sides[::-1]):
        if isinstance(one, Ref) and isinstance(other, Text) and node.operator in ("=", "!="):
            return one.code, other.value, node.operator == "="
    return None
