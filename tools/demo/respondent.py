"""Someone who answers the synthetic survey."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
    def known(self) -> dict[str, Any]:
        """Facts and answers together: what the expressions of the recipe see."""
        return {**self.facts, **self.answers}
