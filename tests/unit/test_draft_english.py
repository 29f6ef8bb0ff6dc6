"""The English prose: complete, no number typed by hand, the same figures as the French one, printed in English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXTS = Path(__file__).resolve().parents[2] / "pipelines" / "texts"
NAMES = sorted(path.name for path in (TEXTS / "fr").glob("*.md"))
TABLE = re.compile(r"[Tt]able (\d+\.\d+|[A-E]\.\d+)")
#: Digits that are names or units, not results.
ALLOWED = (TABLE, re.compile(r"per 1,000 inhabitants"), re.compile(r"law of 31 July 2014"))
KEY_FIGURE = re.compile(r"^- (\w+) \|", re.MULTILINE)
TAG = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)


def text_of(lang: str, name: str) -> str:
    return (TEXTS / lang / name).read_text(encoding="utf-8")


def asked(text: str) -> set[str]:
    return {*re.findall(r"(?:fig|counted|agree)\('([^']+)'", text), *KEY_FIGURE.findall(text)}


def test_every_text_is_translated() -> None:
    assert sorted(path.name for path in (TEXTS / "en").glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_typed_by_hand(name: str) -> None:
    text = KEY_FIGURE.sub("- ", TAG.sub("", text_of("en", name)))
    for pattern in ALLOWED:
        text = pattern.sub("", text)
    assert not [line for line in text.splitlines() if re.search(r"\d", line)]


@pytest.mark.parametrize("name", NAMES)
def test_same_figures_same_shape(name: str) -> None:
    french, english = text_of("fr", name), text_of("en", name)
    assert asked(french) == asked(english)
    for mark in (r"^# ", r"^> ", r"^## ", r"^### ", r"^- "):
        assert len(re.findall(mark, french, re.MULTILINE)) == len(re.findall(mark, english, re.MULTILINE)), (
            mark
        )
    assert set(TABLE.findall(english)) == set(re.findall(r"[Tt]ableau (\d+\.\d+|[A-E]\.\d+)", french))


@pytest.mark.parametrize("name", NAMES)
def test_english_typography(name: str) -> None:
    text = TAG.sub("x", text_of("en", name))
    assert not re.search(r"[«»']", text)
    assert not re.search(r"[\u00a0\u202f]", text)
    assert not re.search(r" [:;!?]", text)
