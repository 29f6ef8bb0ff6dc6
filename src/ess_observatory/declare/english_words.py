"""English of the words that are declared in French, each from the one place that declares it.

Labels come from the nomenclatures (`label_en` columns of `rules/`), from the codebook of the survey and from the cards; what these do
not know, sources, controls and joints included, from `texts/en/words.toml`. Proper names and numbers need no twin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import yaml

from ess_observatory.declare.files import read_csv, read_csv_rows, read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.words.decoding import decode
from ess_observatory.words.typography import english, french

_COUNTED = re.compile(r"(.+) (\(\d+\)|\d+)")


_NUMBER = re.compile(r"[−+]?\d[\d\u202f]*(?:,\d+)?(?:\u00a0[%€])?")


class Words:
    """English of French words; what has none is kept in `missing` (the words, in the order met)."""

    def __init__(
        self,
        words: Mapping[str, str],
        joints: Mapping[str, str],
        names: Iterable[str],
        patterns: Mapping[str, str] | None = None,
    ) -> None:
        """`words`: French → English; `joints`: what joins two words in a label; `names`: the same in both languages.

        `patterns`: French → English of sentences with blanks, `{}` for words that have a twin, `{=}` for codes kept.
        """
        self.words = {name: name for name in (name.replace("'", "’") for name in names)}
        self.words |= {french(text): english(twin) for text, twin in words.items()}
        self.joints = {french(f"x{joint}x")[1:-1]: twin for joint, twin in joints.items()}
        self._patterns = [
            (_pattern(french(text)), re.findall(r"{=?}", text), english(twin))
            for text, twin in (patterns or {}).items()
        ]
        self._joint = re.compile("(" + "|".join(map(re.escape, self.joints)) + ")") if self.joints else None
        self.missing: dict[str, None] = {}

    def learn(self, text: str, twin: str) -> None:
        """The English of a text that is made for one edition."""
        self.words[text] = twin

    def of(self, text: str | None) -> str | None:
        """The English of a text as it is published, or None where a part of it has none."""
        if not text:
            return None
        twin = self._whole(text) or self._sentence(text) or self._joined(text)
        if twin is None:
            self.missing.setdefault(text)
        return twin

    def _joined(self, text: str) -> str | None:
        """A label put together from parts that each have a twin."""
        parts = self._joint.split(text) if self._joint else [text]
        twins = [self.joints.get(part) or self._whole(part) for part in parts]
        return "".join(twin for twin in twins if twin) if all(twins) else None

    def _sentence(self, text: str) -> str | None:
        """A sentence of a declared pattern, its blanks filled with their twins."""
        for pattern, blanks, twin in self._patterns:
            if found := pattern.fullmatch(text):
                parts = [
                    part if blank == "{=}" else self._whole(part)
                    for part, blank in zip(found.groups(), blanks, strict=True)
                ]
                return twin.format(*parts) if all(parts) else None
        return None

    def _whole(self, text: str) -> str | None:
        if text in self.words:
            return self.words[text]
        if _NUMBER.fullmatch(text):
            return _english_number(text)
        if counted := _COUNTED.fullmatch(text):
            inner = self._whole(counted[1])
            return f"{inner} {counted[2]}" if inner else None
        return None if re.search(r"[^\W\d_]{3}", text) else text


def _pattern(text: str) -> re.Pattern[str]:
    """What recognises a sentence with blanks."""
    return re.compile("(.+)".join(map(re.escape, re.split("{=?}", text))))


def load_words(project: Project, edition: Edition) -> Words:
    """The English of every declared word, for an edition."""
    declared = declared_words(project)
    words: dict[str, str] = {}
    for rules in sorted((project.pipelines / "rules").rglob("*.csv")):
        columns = read_csv(rules).columns
        if {"label", "label_en"} <= columns.keys():
            pairs = zip(columns["label"], columns["label_en"], strict=True)
            words |= {label: label_en for label, label_en in pairs if label_en}
    words |= _labels_of(project.questionnaire.read_bytes())
    for table in project.tables:
        words |= {c["label"]: c["label_en"] for c in table.card["columns"] if c.get("label_en")}
    words |= declared.get("words", {}) | declared.get("controls", {})
    return Words(words, declared.get("joints", {}), _names(project, edition), declared.get("patterns", {}))


@lru_cache(maxsize=4)
def _labels_of(codebook: bytes) -> dict[str, str]:
    """French label → English one, of a codebook: a publication asks twice."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(_labels(yaml.load(decode(codebook), loader)))


def _labels(node: Any) -> Iterable[tuple[str, str]]:
    """Every French label of the codebook with its English one."""
    if isinstance(node, dict):
        if node.get("label_fr") and node.get("label_en"):
            yield str(node["label_fr"]), str(node["label_en"])
        node = node.values()
    elif not isinstance(node, list):
        return
    for item in node:
        yield from _labels(item)


def _names(project: Project, edition: Edition) -> Iterable[str]:
    """Proper names: the territory, its places, and those of the areas that hold it."""
    yield edition.territory.name
    yield from (str(place["name"]) for place in edition.territory.meta.get("compare", ()))
    for commune in edition.territory.communes:
        yield from (str(commune["name"]), str(commune["epci_name"]))
    for level in ("epci", "arrondissements", "departements", "regions"):
        yield from (row["name"] for row in read_csv_rows(project.nomenclatures[level]))


def _english_number(text: str) -> str:
    number = text.replace("\u202f", " ").replace(",", ".").replace(" ", ",")
    if number.endswith("\u00a0%"):
        return number.replace("\u00a0", "")
    if number.endswith("\u00a0€"):
        sign, bare = ("−", number[1:-2]) if number.startswith("−") else ("", number[:-2])
        return f"{sign}€{bare}"
    return number


def declared_words(project: Project) -> dict[str, Any]:
    """`texts/en/words.toml` as it is (empty where there is none)."""
    path = project.pipelines / "texts" / "en" / "words.toml"
    return read_toml(path) if path.is_file() else {}
