"""The small expressions of a survey recipe: `Q1 >= 20 and selected(Q2, 'a')`, `Q1 - Q3`.

Only names, numbers, texts, comparisons, arithmetic, `and`, `or`, `not`, `min`, `max` and `selected` are read;
a comparison with an answer that was not given is false.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from .recipe import impossible

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_COMPUTE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@lru_cache(maxsize=512)
def _parse(text: str) -> ast.expr:
    return ast.parse(re.sub(r"(?<![<>!=])=(?!=)", "==", text), mode="eval").body


def evaluate(text: str, answers: Mapping[str, Any]) -> Any:
    """The value of an expression for one respondent; a name without answer is None."""
    return _value(_parse(text), answers)


def holds(text: str | None, answers: Mapping[str, Any]) -> bool:
    """Whether a condition holds for one respondent; no condition always holds."""
    return text is None or bool(evaluate(text, answers))


def _value(node: ast.expr, answers: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return answers.get(node.id)
        case ast.BoolOp():
            results = [bool(_value(part, answers)) for part in node.values]
            return all(results) if isinstance(node.op, ast.And) else any(results)
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, answers)
        case ast.BinOp() if type(node.op) in _COMPUTE:
            return _COMPUTE[type(node.op)](_value(node.left, answers), _value(node.right, answers))
        case ast.Compare():
            left, right = _value(node.left, answers), _value(node.comparators[0], answers)
            if len(node.ops) != 1 or left is None or right is None:
                return False
            ordered = not isinstance(node.ops[0], ast.Eq | ast.NotEq)
            if ordered and (isinstance(left, str) or isinstance(right, str)):
                return False
            return _COMPARE[type(node.ops[0])](left, right)
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            values = [_value(part, answers) for part in node.args]
            return min(values) if name == "min" else max(values)
        case ast.Call(func=ast.Name(id="selected")):
            chosen = _value(node.args[0], answers)
            return isinstance(chosen, list) and _value(node.args[1], answers) in chosen
        case _:
            raise impossible(f"Expression non reconnue dans la recette de l’enquête : {ast.unparse(node)}")
