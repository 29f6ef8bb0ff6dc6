"""Someone who answers the synthetic survey."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ess_observatory.codebook.evaluation import Given


@dataclass
class Respondent:
    """One respondent: facts of the register and answers by question code.

    An answer is a choice code, a list of choice codes, a number or a text; `others` holds the free text of a
    choice `other`; a non-response code stands in `answers` like a choice. No answer = key absent.
    """

    number: int
    facts: dict[str, Any]
    answers: dict[str, Any] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Given]:
        """Facts and answers together, as the expressions of the recipe see them."""
        return {code: _given(value) for code, value in {**self.facts, **self.answers}.items()}


def _given(value: Any) -> Given:
    if isinstance(value, int | float):
        return Given(number=value)
    return Given(choices=frozenset(value if isinstance(value, list) else [value]))
