"""Sums with unknown terms: the interval that what a producer shows leaves them, by the programme of the attacker.

A query of `core` declares the lines of the programme (see `Model.bounds`); what comes out are true bounds of each term that it
seeks, and nothing more: whether they may leave is for the door to say.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.secrecy.attack import INFINITY, Bounds, Equation, Known, bounds

#: A bound is a whole number when it is one but for the dust of the solver.
_DUST = 6


def bound_terms(db: Database, programme: str, result: str) -> None:
    """Solve the programme of one table and write the interval of each term that it seeks in another.

    Rows of the programme: account, equation, term, coef, low, high (null: no bound), is_sought. Rows of the result: account,
    term, low, high. An account that contradicts itself bounds nothing, and gives no row.
    """
    import pyarrow as pa

    sought = f"select distinct account from {programme} where is_sought"
    accounts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in db.dicts(f"select * from {programme} where account in ({sought}) order by all"):
        accounts[row["account"]].append(row)
    found = [
        (account, term, round(one.low, _DUST), None if one.high == INFINITY else round(one.high, _DUST))
        for account, rows in accounts.items()
        for term, one in intervals(rows).items()
    ]
    kinds = {"account": pa.string(), "term": pa.string(), "low": pa.float64(), "high": pa.float64()}
    columns = {
        name: pa.array([row[at] for row in found], kind) for at, (name, kind) in enumerate(kinds.items())
    }
    db.put(result, pa.table(columns))


def intervals(rows: list[dict[str, Any]]) -> dict[str, Bounds]:
    """The interval of each term sought in one account (none when its lines contradict each other)."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        lines[row["equation"]].append(row)
    lower: dict[str, float] = {}
    upper: dict[str, float] = {}
    equations = []
    for terms in lines.values():
        low = -INFINITY if terms[0]["low"] is None else terms[0]["low"]
        high = INFINITY if terms[0]["high"] is None else terms[0]["high"]
        if len(terms) == 1 and terms[0]["coef"] == 1:
            term = terms[0]["term"]
            lower[term], upper[term] = max(low, lower.get(term, low)), min(high, upper.get(term, high))
        else:
            equations.append(Equation(tuple((row["term"], row["coef"]) for row in terms), low, high))
    shown = {term: low for term, low in lower.items() if low == upper[term]}
    unknown = dict.fromkeys(row["term"] for row in rows if row["term"] not in shown)
    known = Known(shown, list(unknown), equations, lower, upper)
    sought = {row["term"] for row in rows if row["is_sought"]}
    try:
        return {
            **{term: Bounds(shown[term], shown[term]) for term in sorted(sought & shown.keys())},
            **bounds(known, only=sorted(sought - shown.keys())),
        }
    except ObservatoryError as error:
        if error.code != "E507":
            raise
        return {}
