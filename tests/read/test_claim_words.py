"""No sentence ranks, compares or qualifies without a claim: every text, finding, title, aid and note, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ess_observatory.declare.claim_words import unclaimed
from ess_observatory.declare.project import Project
from ess_observatory.declare.prose import GLOSSARY, blocks_of

KEYS = ("title", "finding", "base", "reading_aid", "notes", "stub")


def kind_of(project: Project) -> dict[str, str]:
    return {
        f"{table.id}.{name}": claim["kind"]
        for table in project.tables
        for name, claim in table.card.get("claims", {}).items()
    }


def card_texts(project: Project, lang: str) -> Iterator[tuple[str, str]]:
    end = "" if lang == "fr" else f"_{lang}"
    for table in project.tables:
        for key in KEYS:
            found = table.card.get(f"{key}{end}") or ()
            for text in [found] if isinstance(found, str) else found:
                yield f"{table.id}: {key}{end}", text


def prose_texts(project: Project, lang: str) -> Iterator[tuple[str, str]]:
    folder = project.pipelines / "texts" / lang
    for path in sorted(
        set(folder.rglob("*.md")) - {folder / GLOSSARY}
    ):  # it defines words, it states nothing
        for line, block in blocks_of(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(folder.parent)}:{line}", block


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("texts", [card_texts, prose_texts], ids=["cards", "prose"])
def test_what_ranks_compares_or_qualifies_is_a_claim(project: Project, lang: str, texts) -> None:
    kinds = kind_of(project)
    found = [
        f"{where}: {trouble.value} ({trouble.what})"
        for where, text in texts(project, lang)
        for trouble in unclaimed(text, lang, project.claims, kinds.get)
    ]
    assert not found, "\n".join(found)
