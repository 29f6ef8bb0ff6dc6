"""The small language of filters, constraints, derived rows, checks of a reference report and survey recipes: its syntax.

Numbers, names of questions (or of figures), `+ - * /`, comparisons (`< <= = != >= >`, chained: `15 <= age <= 75`),
`question = 'choice'`, `and`, `or`, parentheses, `count(question)` (choices ticked). `evaluation.py` says what it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ess_observatory.errors import ObservatoryError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|'(?P<text>[^']*)'|(?P<name>[A-Za-z_]\w*)|(?P<op><=|>=|!=|[<>=()+\-*/]))"
)
_COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")


@dataclass(frozen=True)
class Number:
    value: float


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
class Product:
    """Factors, each multiplied (`*`) or dividing (`/`), from left to right."""

    factors: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Chosen:
    """Whether a choice of a question is among the chosen ones, or not (`is_chosen` false)."""

    code: str
    choice: str
    is_chosen: bool


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


Node = Number | Ref | Count | Total | Product | Chosen | Compare | Junction | Check


def syntax_error(text: str, why: str) -> ObservatoryError:
    """The error for an expression that cannot be read."""
    return ObservatoryError(
        "E290",
        f"Expression illisible\u00a0: «\u00a0{text}\u00a0» ({why}).",
        fix="Écrire par exemple «\u00a0X01 = 'oui' or X02 > 0\u00a0» ou «\u00a0X02 <= X01\u00a0».",
    )


class _Parser:
    def __init__(self, text: str, self_code: str | None, checks: frozenset[str], is_sum: bool) -> None:
        self.text, self.self_code, self.checks, self.is_sum = text, self_code, checks, is_sum
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
        node = self.whole()
        if self.peek()[0] != "end":
            raise syntax_error(self.text, f"«\u00a0{self.peek()[1]}\u00a0» inattendu")
        return node

    def whole(self) -> Node:
        """The widest expression that may stand alone or between parentheses."""
        return self.sum() if self.is_sum else self.junction("or")

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
            left: Node | str = Ref(self.self_code)
        else:
            left = self.side()
        pairs: list[Node] = []
        while self.peek()[0] == "op" and self.peek()[1] in _COMPARISONS:
            operator = self.take()[1]
            right = self.side()
            pairs.append(self.compared(left, operator, right))
            left = right
        if not pairs:
            if isinstance(left, str):
                raise syntax_error(self.text, f"«\u00a0'{left}'\u00a0» n’est comparé à rien")
            return left
        return pairs[0] if len(pairs) == 1 else Junction("and", tuple(pairs))

    def side(self) -> Node | str:
        """One side of a comparison: a sum, or the text of a choice."""
        return self.take()[1] if self.peek()[0] == "text" else self.sum()

    def compared(self, left: Node | str, operator: str, right: Node | str) -> Node:
        match left, right:
            case (Ref(code), str(choice)) | (str(choice), Ref(code)) if operator in ("=", "!="):
                return Chosen(code, choice, operator == "=")
        if isinstance(left, str) or isinstance(right, str):
            raise syntax_error(self.text, "un texte se compare par = ou != à une question")
        return Compare(left, operator, right)

    def sum(self) -> Node:
        terms: list[tuple[int, Node]] = []
        sign = 1
        if self.peek() == ("op", "-"):
            self.take()
            sign = -1
        terms.append((sign, self.product()))
        while self.peek() in (("op", "+"), ("op", "-")):
            sign = 1 if self.take()[1] == "+" else -1
            terms.append((sign, self.product()))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Total(tuple(terms))

    def product(self) -> Node:
        factors = [("*", self.term())]
        while self.peek() in (("op", "*"), ("op", "/")):
            factors.append((self.take()[1], self.term()))
        return factors[0][1] if len(factors) == 1 else Product(tuple(factors))

    def term(self) -> Node:
        kind, value = self.take()
        if kind == "number":
            return Number(float(value))
        if kind == "op" and value == "(":
            node = self.whole()
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


@lru_cache(maxsize=1024)
def parse(
    text: str, self_code: str | None = None, checks: frozenset[str] = frozenset(), is_sum: bool = False
) -> Node:
    """The syntax tree of an expression; `self_code` is the left side of `'>= 0'`, `checks` named checks.

    `is_sum`: it must be a number, without any condition.
    """
    return _Parser(text, self_code, checks, is_sum).parse()


def references(node: Node) -> Iterator[tuple[str, str | None]]:
    """Every (question, choice) an expression names; choice is None where the answer itself is read."""
    if isinstance(node, Ref | Count):
        yield node.code, None
    elif isinstance(node, Chosen):
        yield node.code, node.choice
    else:
        for part in parts(node):
            yield from references(part)


def parts(node: Node) -> tuple[Node, ...]:
    """What an expression is directly made of."""
    match node:
        case Total(terms=pairs) | Product(factors=pairs):
            return tuple(part for _, part in pairs)
        case Junction():
            return node.parts
        case Compare():
            return node.left, node.right
        case _:
            return ()
