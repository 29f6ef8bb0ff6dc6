"""The small changes: in Python by its syntax tree, in SQL (files, and queries inside Python) and rules by their text.

What is not changed, because no figure depends on it: messages, docstrings, comments, annotations, tolerances (under 1/1000).
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One change: the text `before` at `start` of the file becomes `after`."""

    file: str
    source: str
    start: int
    before: str
    after: str

    @property
    def line(self) -> int:
        """The line of the change, from 1."""
        return self.source.count("\n", 0, self.start) + 1

    @property
    def line_text(self) -> str:
        """The line, without its margins; with the line before it when it says too little (« continue »)."""
        lines = self.source.splitlines()
        text = lines[self.line - 1].strip()
        return text if len(text.split()) > 2 or self.line == 1 else f"{lines[self.line - 2].strip()} ⏎ {text}"

    @property
    def mutated(self) -> str:
        """The file as changed."""
        return self.source[: self.start] + self.after + self.source[self.start + len(self.before) :]

    @property
    def rank(self) -> str:
        """A place in an order that looks drawn by lot, and that only the change itself decides."""
        text = f"{self.file}\0{self.line_text}\0{self.before}\0{self.after}\0{self.source[: self.start].count(self.line_text)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def entry(self) -> str:
        """The change as `docs/mutants.md` writes it."""
        return f"- `` {self.line_text} `` : `` {self.before} `` → `` {self.after} ``"


def mutants_of(file: str, source: str) -> list[Mutant]:
    """Every change of a file, in its order, each once."""
    if file.endswith(".py"):
        found = _python(source)
    elif file.endswith(".sql"):
        found = _sql(source, 0)
    elif file.endswith(".toml"):
        found = _toml(source)
    elif file.endswith(".csv"):
        found = _decisions(source)
    else:
        raise ValueError(file)
    seen = {}
    for start, before, after in found:
        if before != after and "\n" not in before + after:
            seen[start, before, after] = Mutant(file, source, start, before, after)
    return [seen[key] for key in sorted(seen) if not file.endswith(".py") or _compiles(seen[key].mutated)]


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


Change = tuple[int, str, str]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil"}
_NAMES |= {"ROUND_HALF_UP": "ROUND_HALF_EVEN", "sum": "len", "sorted": "list"}
_QUERY = re.compile(r"\b(select|where|set|from|coalesce)\b[^«»]*[=(*,<>]", re.IGNORECASE)


def _python(source: str) -> Iterator[Change]:
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = source.splitlines()

    def at(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    def begin(node: ast.AST) -> int:
        return at(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(node: ast.AST) -> int:
        return at(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def between(left: ast.AST, right: ast.AST, text: str, new: str) -> Iterator[Change]:
        found = re.search(rf"(?<![\w<>=!]){re.escape(text)}(?![=\w])", source[end(left) : begin(right)])
        if found:
            yield end(left) + found.start(), text, new

    def negated(test: ast.expr) -> Iterator[Change]:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return
        if not isinstance(test, (ast.Compare, ast.BoolOp)):  # those have their own changes
            text = source[begin(test) : end(test)]
            yield begin(test), text, f"(not ({text}))"

    def visit(node: ast.AST) -> Iterator[Change]:
        if isinstance(node, ast.Raise):
            if node.exc is not None:
                yield begin(node), "raise", "pass;"
            return  # never its words
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("ObservatoryError", "_verdict"):
            return
        if isinstance(node, ast.If) and _is_type_checking(node):
            return
        if isinstance(node, ast.Compare):
            left: ast.expr = node.left
            for operator, right in zip(node.ops, node.comparators, strict=True):
                text, new = _COMPARISONS[type(operator)]
                yield from between(left, right, text, new)
                left = right
        elif isinstance(node, ast.BoolOp):
            text, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for one, other in zip(node.values, node.values[1:], strict=False):
                yield from between(one, other, text, new)
        elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_tolerance(node):
            text, new = _ARITHMETIC[type(node.op)]
            yield from between(node.left, node.right, text, new)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
            yield begin(node), "not " if isinstance(node.op, ast.Not) else "-", ""
        elif isinstance(node, ast.Constant):
            yield from constant(node)
        elif isinstance(node, ast.Name) and node.id in _NAMES:
            yield begin(node), node.id, _NAMES[node.id]
        elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
            yield end(node) - len(node.attr), node.attr, _NAMES[node.attr]
        elif isinstance(node, ast.Continue):
            yield begin(node), "continue", "break"
        elif isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            text = source[begin(node.value) : end(node.value)]
            if not isinstance(node.value, ast.Constant):
                yield begin(node.value), text, "None"
        if isinstance(node, (ast.If, ast.IfExp, ast.While)):
            yield from negated(node.test)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield from negated(test)
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            text = source[begin(node) : end(node)]
            if _QUERY.search(text):
                yield from _sql(text, begin(node), in_python=True)
            if isinstance(node, ast.Constant):
                return
            return
        for name, child in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_ignores"):
                continue
            for one in child if isinstance(child, list) else [child]:
                if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
                    continue  # a docstring
                if isinstance(one, ast.AST):
                    yield from visit(one)

    def constant(node: ast.Constant) -> Iterator[Change]:
        text = source[begin(node) : end(node)]
        value = node.value
        if isinstance(value, bool):
            yield begin(node), text, str(not value)
        elif isinstance(value, (int, float)) and not _is_tiny(node):
            yield begin(node), text, str(value + 1)

    yield from visit(tree)


def _is_tiny(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, float) and 0 < abs(node.value) < 1e-3


def _is_tolerance(node: ast.BinOp) -> bool:
    return _is_tiny(node.left) or _is_tiny(node.right)


def _is_type_checking(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


_SQL = (
    (r"<=", "<"), (r">=", ">"), (r"<>", "="), (r"(?<![<>!=:])=(?![=>])", "<>"),
    (r"<(?![=>])", "<="), (r"(?<![<=-])>(?!=)", ">="),
    (r"\band\b", "or"), (r"\bor\b", "and"), (r"\bis not null\b", "is null"), (r"\bis null\b", "is not null"),
    (r"(?<!if )\bnot (?!null\b)", ""),
    (r"\bmin(?=\()", "max"), (r"\bmax(?=\()", "min"), (r"\bleast(?=\()", "greatest"), (r"\bgreatest(?=\()", "least"),
    (r"\bleft join\b", "inner join"), (r"\binner join\b", "left join"), (r"\bdesc\b", "asc"),
    (r"\bcount\(distinct ", "count("), (r"\bselect distinct\b", "select"), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\bsum(?=\()", "count"), (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r" / ", " * "),
)  # fmt: skip
_CODE = re.compile(r"'[A-Za-z0-9_]+'")
_SQL_NUMBER = re.compile(r"(?<![\w.'%])(\d+(?:\.\d+)?)(?![\w.'%])")


def _sql(text: str, offset: int, in_python: bool = False) -> Iterator[Change]:
    """Changes of a query; inside Python what stands between braces belongs to Python."""
    masked = text
    hidden = [r"\{[^{}]*\}"] if in_python else [r"--[^\n]*"]
    for pattern in hidden:
        masked = re.sub(pattern, lambda found: "\x00" * len(found[0]), masked)
    codes = [] if in_python else list(_CODE.finditer(masked))
    masked = re.sub(r"'[^'\n]*'", lambda found: "\x00" * len(found[0]), masked)
    betweens = {found.end() for found in re.finditer(r"\bbetween\b[^\n]*?\band\b", masked)}
    for pattern, new in _SQL:
        for found in re.finditer(pattern, masked):
            if found[0] == "and" and found.end() in betweens:
                continue
            yield offset + found.start(), found[0], new
    for found in _SQL_NUMBER.finditer(masked):
        number = float(found[0])
        yield offset + found.start(), found[0], f"{number + 1:g}"
    for found in codes:
        yield offset + found.start(), found[0], f"{found[0][:-1]}~'"
    for found in re.finditer(r"\b(?:coalesce|nullif|abs|trim|lower)\(", masked):
        if (closing := _closing(masked, found.end())) is not None:
            first = _first_argument(masked, found.end(), closing)
            yield offset + found.start(), text[found.start() : closing + 1], text[found.end() : first]


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _first_argument(text: str, start: int, closing: int) -> int:
    depth = 0
    for place in range(start, closing):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0 and text[place] == ",":
            return place
    return closing


def _toml(source: str) -> Iterator[Change]:
    """Each threshold a little further: a count one more, a share a twentieth more, a rule that is off put on."""
    for found in re.finditer(r"^[a-z_]+ = (\d+(?:\.\d+)?)", source, re.MULTILINE):
        text = found[1]
        yield found.start(1), text, f"{float(text) * 1.05:g}" if "." in text else str(int(text) + 1)


def _decisions(source: str) -> Iterator[Change]:
    """Rules: another decision, another subject, a rank beyond all the others."""
    other = {"in": "out", "out": "in", "review": "in", "nature": "life", "place": "nature", "life": "nature"}
    for found in re.finditer(r"(?<=,)(in|out|review|nature|place|life)(?=,)", source):
        yield found.start(), found[0], other[found[0]]
    for found in re.finditer(r"^[A-Z_]+,(\d+),", source, re.MULTILINE):
        yield found.start(1), found[1], str(1000 + int(found[1]))
        yield found.start(1), found[1], "1"
