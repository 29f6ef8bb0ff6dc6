"""The catalogue of message codes (`pipelines/texts/codes.toml`): what each means, and what there is to correct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml


def read_catalogue(pipelines: Path) -> dict[str, dict[str, Any]]:
    """Code → {title, meaning, fix, correct}. `correct = false`: nothing is wrong with the row itself."""
    return read_toml(pipelines / "texts" / "codes.toml")


def not_to_correct(pipelines: Path) -> set[str]:
    """Codes of rows that are set aside without being wrong: footers, duplicates."""
    return {code for code, entry in read_catalogue(pipelines).items() if entry.get("correct") is False}


def whole_answers(pipelines: Path) -> set[str]:
    """Codes that refuse a whole answer to the survey; the others refuse a cell of it."""
    return {code for code, entry in read_catalogue(pipelines).items() if entry.get("whole")}


def catalogue_page(catalogue: dict[str, dict[str, Any]]) -> str:
    """The catalogue as a Markdown page, one entry a code."""
    lines = [
        "# Les messages de l’observatoire",
        "",
        "Chaque message a un code. « ess explain CODE » en donne le sens dans le terminal ; cette page les réunit.",
        "Elle est écrite d’après `pipelines/texts/codes.toml` (« python -m ess_observatory.quality.catalogue »).",
        "",
    ]
    for code, entry in sorted(
        catalogue.items(), key=lambda item: (not item[0][1:].isdigit(), item[0][1:], item[0])
    ):
        lines += [
            f"## {code} – {entry['title']}",
            "",
            entry["meaning"],
            "",
            f"**Que faire** : {entry['fix']}",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    from ess_observatory.declare.project import find_root

    root = find_root()
    page = root / "docs" / "erreurs.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text(catalogue_page(read_catalogue(root / "pipelines")), encoding="utf-8")
