"""Filters and constraints of the codebook in the languages of forms: Excel formulas, and XPath for ODK and Kobo.

They follow `codebook.evaluation`: in a sum a missing term counts as zero, a comparison with nothing on one side is
unknown, and an unknown constraint is not broken.
"""

from __future__ import annotations

from collections.abc import Mapping

from ess_observatory.codebook.expressions import (
    Check,
    Chosen,
    Compare,
    Count,
    Junction,
    Node,
    Number,
    Product,
    Ref,
    Total,
    references,
    syntax_error,
)
from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.errors import ObservatoryError


def needs(node: Node) -> list[list[Node]]:
    """When a number is known: in each list, one at least must be known (a comparison, as for a divisor: must hold)."""
    match node:
        case Ref() | Count():
            return [[node]]
        case Total(terms):
            either = [term for _, term in terms if needs(term)]
            return [either] if either else []
        case Product(factors):
            zeros: list[list[Node]] = [
                [Compare(factor, "!=", Number(0.0))] for operator, factor in factors if operator == "/"
            ]
            return [*(need for _, factor in factors for need in needs(factor)), *zeros]
    return []


def unsaid(node: Node) -> ObservatoryError:
    """The error for what a form cannot say."""
    return syntax_error(str(node), "non disponible dans un formulaire")


class Excel:
    """Formulas over the answer cells of a form: `cells` by question, `marks` by question and choice."""

    def __init__(
        self,
        codebook: Codebook,
        cells: Mapping[str, str],
        marks: Mapping[tuple[str, str], str],
        chosen_mark: str = "x",
    ) -> None:
        self.codebook, self.cells, self.marks, self.mark = codebook, cells, marks, chosen_mark

    def holds(self, node: Node) -> str:
        """True when the condition is known to hold."""
        match node:
            case Junction(operator, parts):
                return f"{operator.upper()}({','.join(self.holds(part) for part in parts)})"
            case Chosen():
                return self._chosen(node)
            case Compare():
                return f"AND({','.join([*self._known(node.left, node.right), self._compare(node)])})"
        raise unsaid(node)

    def broken(self, node: Node, own: str = "") -> str:
        """True when the constraint is known not to hold. `own`: cell of the question, for checks of the answer."""
        match node:
            case Check():
                return _luhn_broken(own)
            case Junction(operator, parts):
                word = "OR" if operator == "and" else "AND"
                return f"{word}({','.join(self.broken(part, own) for part in parts)})"
            case Chosen():
                return f"NOT({self._chosen(node)})"
            case Compare():
                known = self._known(node.left, node.right)
                return f"AND({','.join([*known, f'NOT({self._compare(node)})'])})"
        raise unsaid(node)

    def count(self, code: str) -> str:
        """How many choices of a question are ticked."""
        boxes = [cell for (question, _), cell in self.marks.items() if question == code]
        return "(" + "+".join(f'({cell}<>"")' for cell in boxes) + ")"

    def _chosen(self, node: Chosen) -> str:
        if (node.code, node.choice) in self.marks:
            test = f'{self.marks[node.code, node.choice]}<>""'
        else:
            found = self.codebook.question(node.code).choice(node.choice)
            label = (found.label if found else node.choice).replace('"', '""')
            test = f'{self.cells[node.code]}="{label}"'
        return test if node.is_chosen else f"NOT({test})"

    def _known(self, *sides: Node) -> list[str]:
        return [f"OR({','.join(map(self._is_known, need))})" for side in sides for need in needs(side)]

    def _is_known(self, node: Node) -> str:
        match node:
            case Ref(code):
                return f"ISNUMBER({self.cells[code]})"
            case Count(code):
                return f"{self.count(code)}>0"
            case Compare():
                return self.holds(node)
        return f"AND({','.join(self._known(node))})"

    def _compare(self, node: Compare) -> str:
        left, right = self._value(node.left), self._value(node.right)
        close = f"ABS({left}-{right})<=0.000001*MAX(1,ABS({left}),ABS({right}))"
        if node.operator in ("=", "!="):
            return close if node.operator == "=" else f"NOT({close})"
        if node.operator in ("<=", ">="):
            return f"OR({left}{node.operator}{right},{close})"
        return f"AND({left}{node.operator}{right},NOT({close}))"

    def _value(self, node: Node) -> str:
        match node:
            case Number(value):
                return f"{value:.15g}"
            case Ref(code):
                return f"N({self.cells[code]})"
            case Count(code):
                return self.count(code)
            case Total(terms):
                said = "".join(("+" if sign > 0 else "-") + self._value(term) for sign, term in terms)
                return f"({said.removeprefix('+')})"
            case Product(factors):
                said = "".join(operator + self._value(factor) for operator, factor in factors)
                said = said.removeprefix("*")
                return (
                    f"IFERROR({said},0)" if any(operator == "/" for operator, _ in factors) else f"({said})"
                )
        raise unsaid(node)


def _luhn_broken(cell: str) -> str:
    digits = f'SUBSTITUTE(SUBSTITUTE({cell}," ",""),CHAR(160),"")'
    places = "{1,2,3,4,5,6,7,8,9,10,11,12,13,14}"
    doubled = f"(VALUE(MID({digits},{places},1))*(1+MOD({places},2)))"
    total = f"SUMPRODUCT({doubled}-9*({doubled}>9))"
    return f'AND({cell}<>"",IFERROR(MOD({total},10)<>0,TRUE))'


class XPath:
    """The same for ODK and KoboToolbox; `own` is the question whose row carries the expression."""

    def __init__(self, codebook: Codebook, own: Question) -> None:
        self.codebook, self.own = codebook, own

    def holds(self, node: Node) -> str:
        """The filter of the question."""
        match node:
            case Junction(operator, parts):
                return "(" + f" {operator} ".join(self.holds(part) for part in parts) + ")"
            case Chosen():
                return self._chosen(node)
            case Compare():
                known = self._known(node.left, node.right)
                compared = self._compare(node)
                return "(" + " and ".join([*known, compared]) + ")" if known else compared
        raise unsaid(node)

    def allowed(self, node: Node) -> str:
        """The constraint of the question: waits for the questions that come later."""
        later = sorted(
            {
                code
                for code, choice in references(node)
                if choice is None and self.codebook.question(code).rank > self.own.rank
            },
            key=lambda code: self.codebook.question(code).rank,
        )
        test = self._allowed(node)
        waits = [f"{self._name(code)} = ''" for code in later]
        return "(" + " or ".join([*waits, test]) + ")" if waits else test

    def _allowed(self, node: Node) -> str:
        match node:
            case Check():
                return _luhn_holds()
            case Junction(operator, parts):
                return "(" + f" {operator} ".join(self._allowed(part) for part in parts) + ")"
            case Chosen():
                return self._chosen(node)
            case Compare():
                unknown = [f"not({test})" for test in self._known(node.left, node.right)]
                compared = self._compare(node)
                return "(" + " or ".join([*unknown, compared]) + ")" if unknown else compared
        raise unsaid(node)

    def _name(self, code: str) -> str:
        return "." if code == self.own.code else f"${{{code}}}"

    def _chosen(self, node: Chosen) -> str:
        test = f"selected({self._name(node.code)}, '{node.choice}')"
        return test if node.is_chosen else f"not({test})"

    def _known(self, *sides: Node) -> list[str]:
        tests = []
        for need in (need for side in sides for need in needs(side)):
            # The question that carries the expression is answered when it is looked at.
            if not any(isinstance(one, Ref | Count) and one.code == self.own.code for one in need):
                either = [self._is_known(one) for one in need]
                tests.append("(" + " or ".join(either) + ")" if len(either) > 1 else either[0])
        return tests

    def _is_known(self, node: Node) -> str:
        match node:
            case Ref(code) | Count(code):
                return f"{self._name(code)} != ''"
            case Compare():
                return self.holds(node)
        return "(" + " and ".join(self._known(node) or ["true()"]) + ")"

    def _compare(self, node: Compare) -> str:
        left, right = self._value(node.left), self._value(node.right)
        if node.operator in ("=", "!="):
            near = f"(({left}) - ({right}) < 0.000001 and ({right}) - ({left}) < 0.000001)"
            return near if node.operator == "=" else f"not{near}"
        return f"{left} {node.operator} {right}"

    def _value(self, node: Node) -> str:
        match node:
            case Number(value):
                return f"{value:.15g}"
            case Ref(code):
                return self._name(code)
            case Count(code):
                return f"count-selected({self._name(code)})"
            case Total(terms):
                said = "".join((" + " if sign > 0 else " - ") + self._term(term) for sign, term in terms)
                return f"({said.removeprefix(' + ').strip()})"
            case Product(factors):
                words = {"*": " * ", "/": " div "}
                said = "".join(words[operator] + self._value(factor) for operator, factor in factors)
                return f"({said.removeprefix(' * ')})"
        raise unsaid(node)

    def _term(self, node: Node) -> str:
        """A term of a sum: zero when it is not known."""
        value = self._value(node)
        if isinstance(node, Product):
            return f"if({self._is_known(node)}, {value}, 0)"
        return value if isinstance(node, Number | Count) or value == "." else f"coalesce({value}, 0)"


def _luhn_holds() -> str:
    terms = []
    for place in range(14):
        digit = f"number(substr(., {place}, {place + 1}))"
        terms.append(digit if place % 2 else f"if({digit} > 4, {digit} * 2 - 9, {digit} * 2)")
    return f"(({' + '.join(terms)}) mod 10 = 0 or starts-with(., '356000000'))"
