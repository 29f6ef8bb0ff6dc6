"""The one error type that an analyst ever sees, and the exit codes of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """Exit codes of every `ess` command."""

    OK = 0
    BUG = 1
    USAGE = 2
    DATA = 3
    MISSING = 4
    WARNINGS = 5
    INTEGRITY = 6


@dataclass
class ObservatoryError(Exception):
    """A problem a person can act on, in French: what happened, where, and what to do.

    `details` holds further problems of the same kind, so that one run reports all of them.
    """

    code: str
    what: str
    where: str | None = None
    fix: str | None = None
    exit_code: Exit = Exit.DATA
    details: list[ObservatoryError] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.code}  {self.what}"]
        if self.where:
            lines.append(f"      {self.where}")
        if self.fix:
            lines.append(f"      → {self.fix}")
        lines.extend(str(detail) for detail in self.details)
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The error as plain data, for `--json`."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "fix": self.fix,
            "details": [detail.as_dict() for detail in self.details],
        }
