"""Filters and constraints of the codebook in the languages of forms: Excel formulas, and XPath for ODK and Kobo.

They follow `evaluation.evaluate`: in a sum a missing term counts as zero, a comparison with nothing on one side is
unknown, and an unknown constraint is not broken.
"""

from __future__ import annotations

from collections.abc import Mapping

from ess_observatory.codebook.expressions import (
    Check,
    Compare,
    Count,
    Junction,
    Node,
    Number,
    Ref,
    Total,
    membership,
    references,
    syntax_error,
)
from ess_observatory.codebook.questions import Codebook, Question


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
        if isinstance(node, Junction):
            return f"{node.operator.upper()}({','.join(self.holds(part) for part in node.parts)})"
        assert isinstance(node, Compare)
        pair = membership(node)
        if pair is not None:
            return self._chosen(*pair)
        return f"AND({','.join([*self._known(node), self._compare(node)])})"

    def broken(self, node: Node, own: str = "") -> str:
        """True when the constraint is known not to hold. `own`: cell of the question, for checks of the answer."""
        if isinstance(node, Check):
            return _luhn_broken(own)
        if isinstance(node, Junction):
            word = "OR" if node.operator == "and" else "AND"
            return f"{word}({','.join(self.broken(part, own) for part in node.parts)})"
        assert isinstance(node, Compare)
        pair = membership(node)
        if pair is not None:
            return f"NOT({self._chosen(*pair)})"
        return f"AND({','.join([*self._known(node), f'NOT({self._compare(node)})'])})"

    def count(self, code: str) -> str:
        """How many choices of a question are ticked."""
        boxes = [cell for (question, _), cell in self.marks.items() if question == code]
        return "(" + "+".join(f'({cell}<>"")' for cell in boxes) + ")"

    def _chosen(self, code: str, choice: str, chosen: bool) -> str:
        if (code, choice) in self.marks:
            test = f'{self.marks[code, choice]}<>""'
        else:
            found = self.codebook.question(code).choice(choice)
            label = (found.label if found else choice).replace('"', '""')
            test = f'{self.cells[code]}="{label}"'
        return test if chosen else f"NOT({test})"

    def _known(self, node: Compare) -> list[str]:
        tests = []
        for side in (node.left, node.right):
            numbers = [f"ISNUMBER({self.cells[ref.code]})" for ref in _terms(side) if isinstance(ref, Ref)]
            numbers += [f"{self.count(ref.code)}>0" for ref in _terms(side) if isinstance(ref, Count)]
            if numbers:
                tests.append(f"OR({','.join(numbers)})")
        return tests

    def _compare(self, node: Compare) -> str:
        left, right = self._value(node.left), self._value(node.right)
        close = f"ABS({left}-{right})<=0.000001*MAX(1,ABS({left}),ABS({right}))"
        if node.operator in ("=", "!="):
            return close if node.operator == "=" else f"NOT({close})"
        if node.operator in ("<=", ">="):
            return f"OR({left}{node.operator}{right},{close})"
        return f"AND({left}{node.operator}{right},NOT({close}))"

    def _value(self, node: Node) -> str:
        if isinstance(node, Number):
            return f"{node.value:.15g}"
        if isinstance(node, Ref):
            return f"N({self.cells[node.code]})"
        if isinstance(node, Count):
            return self.count(node.code)
        if isinstance(node, Total):
            terms = "".join(("+" if sign > 0 else "-") + self._value(term) for sign, term in node.terms)
            return f"({terms.removeprefix('+')})"
        raise syntax_error(str(node), "non disponible dans un formulaire")


def _terms(node: Node) -> list[Node]:
    return [term for _, term in node.terms] if isinstance(node, Total) else [node]


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
        if isinstance(node, Junction):
            return "(" + f" {node.operator} ".join(self.holds(part) for part in node.parts) + ")"
        assert isinstance(node, Compare)
        pair = membership(node)
        if pair is not None:
            return self._chosen(*pair)
        known = self._known(node)
        return "(" + " and ".join([*known, self._compare(node)]) + ")" if known else self._compare(node)

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
        if isinstance(node, Check):
            return _luhn_holds()
        if isinstance(node, Junction):
            return "(" + f" {node.operator} ".join(self._allowed(part) for part in node.parts) + ")"
        assert isinstance(node, Compare)
        pair = membership(node)
        if pair is not None:
            return self._chosen(*pair)
        unknown = [f"not({test})" for test in self._known(node)]
        return "(" + " or ".join([*unknown, self._compare(node)]) + ")" if unknown else self._compare(node)

    def _name(self, code: str) -> str:
        return "." if code == self.own.code else f"${{{code}}}"

    def _chosen(self, code: str, choice: str, chosen: bool) -> str:
        test = f"selected({self._name(code)}, '{choice}')"
        return test if chosen else f"not({test})"

    def _known(self, node: Compare) -> list[str]:
        tests = []
        for side in (node.left, node.right):
            codes = [term.code for term in _terms(side) if isinstance(term, Ref | Count)]
            filled = [f"{self._name(code)} != ''" for code in codes]
            if filled and self.own.code not in codes:
                tests.append("(" + " or ".join(filled) + ")" if len(filled) > 1 else filled[0])
        return tests

    def _compare(self, node: Compare) -> str:
        left, right = self._value(node.left), self._value(node.right)
        if node.operator in ("=", "!="):
            near = f"(({left}) - ({right}) < 0.000001 and ({right}) - ({left}) < 0.000001)"
            return near if node.operator == "=" else f"not{near}"
        return f"{left} {node.operator} {right}"

    def _value(self, node: Node) -> str:
        if isinstance(node, Number):
            return f"{node.value:.15g}"
        if isinstance(node, Ref):
            return self._name(node.code)
        if isinstance(node, Count):
            return f"count-selected({self._name(node.code)})"
        if isinstance(node, Total):
            said = ""
            for sign, term in node.terms:
                value = self._value(term)
                value = value if isinstance(term, Number | Count) or value == "." else f"coalesce({value}, 0)"
                said += (" + " if sign > 0 else " - ") + value
            return f"({said.removeprefix(' + ').strip()})"
        raise syntax_error(str(node), "non disponible dans un formulaire")


def _luhn_holds() -> str:
    terms = []
    for place in range(14):
        digit = f"number(substr(., {place}, {place + 1}))"
        terms.append(digit if place % 2 else f"if({digit} > 4, {digit} * 2 - 9, {digit} * 2)")
    return f"(({' + '.join(terms)}) mod 10 = 0 or starts-with(., '356000000'))"
