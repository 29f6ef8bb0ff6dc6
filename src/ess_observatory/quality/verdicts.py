"""What a check found, and what of it may be published."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SEVERITIES = ("block", "warn", "info")
#: Status of a check of each severity that does not hold.
FAILED = {"block": "failed", "warn": "warning", "info": "info"}


@dataclass(frozen=True)
class Verdict:
    """What a check found: `status` is ok, failed (blocks), warning, info or skipped.

    `kind` says where it was declared: check (a suite), budget, rows (against the previous edition), cross (between
    sources) or publication. `examples` are values of rows: they stay in the quality folder. `public` tells whether
    `detail` and `observed` may leave with the publication. `reason` says why this severity.
    """

    id: str
    source: str
    label: str
    severity: str
    status: str
    detail: str = ""
    kind: str = "publication"
    observed: float | str | None = None
    expected: str = ""
    examples: tuple[str, ...] = ()
    public: bool = True
    reason: str = ""


def verdict(
    id: str, source: str, label: str, severity: str, holds: bool, detail: str = "", **more: Any
) -> Verdict:
    """A verdict whose status follows from its severity; the detail is only said when the check does not hold."""
    status = "ok" if holds else FAILED[severity]
    return Verdict(id, source, label, severity, status, "" if holds else detail, **more)


def write_verdicts(verdicts: list[Verdict], path: Path) -> None:
    """`quality/checks.json`: all that the checks found, in a fixed order (confidential)."""
    _write([asdict(found) for found in verdicts], path)


def read_verdicts(path: Path) -> list[Verdict]:
    """What `write_verdicts` wrote; nothing when there is no such file."""
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Verdict(**{**row, "examples": tuple(row["examples"])}) for row in rows]


def write_public_verdicts(
    verdicts: list[Verdict], path: Path, english: Callable[[str], str | None] = lambda text: None
) -> None:
    """`publication/checks.json`: the same without any value of a row; `english` gives the twin of a French text."""
    rows = []
    for v in verdicts:
        if v.status == "skipped":
            continue
        detail = v.detail if v.public else ""
        rows.append(
            {
                "id": v.id,
                "source": v.source,
                "label": v.label,
                "label_en": english(v.label),
                "severity": v.severity,
                "status": v.status,
                "detail": detail,
                "detail_en": english(detail),
            }
        )
    _write(rows, path)


def _write(rows: list[dict[str, Any]], path: Path) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
