"""The survivors that are accepted: `docs/mutants.md`, one entry a mutation, each with its reason."""

from __future__ import annotations

import re
from pathlib import Path

from tools.mutants.changes import Mutant

KNOWN = "docs/mutants.md"
_FILE = re.compile(r"^### `(?P<file>[^`]+)`$")
_ENTRY = re.compile(r"^- ``(?P<line> .+? )`` : ``(?P<before> .*? )`` → ``(?P<after> .*? )``$")
Key = tuple[str, str, str, str]


def key_of(mutant: Mutant) -> Key:
    """What names a mutation in the list: no line number, so that an unrelated change above does not void it."""
    return mutant.file, mutant.line_text, mutant.before, mutant.after


def read_known(path: Path) -> dict[Key, str]:
    """Each known survivor with its reason. An entry without a reason, or that cannot be read, stops everything."""
    known: dict[Key, str] = {}
    file, key = "", None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := _FILE.match(line):
            file, key = found["file"], None
        elif line.startswith("- ``"):
            found = _ENTRY.match(line)
            if found is None or not file:
                raise SystemExit(f"{KNOWN}, ligne {number} : entrée illisible.")
            key = (file, *(found[part][1:-1] for part in ("line", "before", "after")))
            known[key] = ""
        elif key is not None and line.startswith("  "):
            known[key] = f"{known[key]} {line.strip()}".strip()
        elif line.strip():
            key = None
    for key, reason in known.items():
        if len(reason.removeprefix("Motif :").strip()) < 10:
            raise SystemExit(f"{KNOWN} : survivant sans motif : {' · '.join(key)}")
    return known
