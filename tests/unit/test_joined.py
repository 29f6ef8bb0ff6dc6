"""A sentence that joins figures of two dates or two bases says both; one that does not is left as it is."""

from __future__ import annotations

import random
import re

import pytest

from ess_observatory.publish.joined import Joined, Known, marked, plain
from ess_observatory.words.dates import dates_words

KNOWN = {
    "sites": Known(("2011-12-31",)),
    "ratio": Known(("2011-12-31", "2010")),
    "posts": Known(("2009",)),
    "jobs": Known(("2009",)),
    "all": Known(("2012",), None, 57, True),
    "who": Known(("2012",), None, 39),
    "cdi": Known(("2012",), 39),
    "fte": Known(("2012",), 34),
    "cash": Known(("2012",), 42),
    "plan": Known(),
}
VALUES = {
    **{"sites": "449", "ratio": "9,9 %", "posts": "6 092", "jobs": "40 817", "all": "57"},
    **{"who": "39", "cdi": "76 %", "fte": "600", "cash": "69 %", "plan": "12"},
}


def _said(text: str, each: bool = False, lang: str = "fr") -> str:
    filled = re.sub(r"\[(\w+)\]", lambda found: marked(found[1], VALUES[found[1]]), text)
    return Joined(KNOWN, "2011-12-31", lang).said(filled, each)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Le plan a [plan] actions.", "Le plan a 12 actions."),
        ("Elle compte [posts] postes sur [jobs] emplois.", "Elle compte 6 092 postes sur 40 817 emplois."),
        ("[sites] établissements, [posts] postes.", "449 établissements (31\u00a0décembre\u00a02011), 6 092 postes (2009)."),
        ("En 2011, elle compte [posts] postes.", "En 2011, elle compte 6 092 postes (2009)."),
        ("En 2011, elle compte [sites] établissements.", "En 2011, elle compte 449 établissements."),
        ("Au 31 décembre 2011, [sites] établissements, [posts] postes !", "Au 31 décembre 2011, 449 établissements, 6 092 postes (2009) !"),
        ("[sites] en 2011, [posts] en 2009.", "449 en 2011, 6 092 en 2009."),
        ("En 2009, [posts] postes. En 2011, [sites] établissements.", "En 2009, 6 092 postes. En 2011, 449 établissements."),
        ("En 2011, [ratio] des employeurs", "En 2011, 9,9 % des employeurs (31\u00a0décembre\u00a02011 et 2010)"),
        ("[who] structures décrivent [cdi] de CDI.", "39 structures décrivent 76 % de CDI."),
        ("[who] structures décrivent [cdi] de CDI, soit [fte] ETP.", "39 structures décrivent 76 % de CDI, soit 600 ETP (base : 34 réponses)."),
        ("[cdi] en CDI, [cash] à l’aise.", "76 % en CDI (base : 39 réponses), 69 % à l’aise (base : 42 réponses)."),
        ("[cdi] en CDI.", "76 % en CDI."),
        ("[all] ont répondu, [cdi] en CDI.", "57 ont répondu, 76 % en CDI (base : 39 réponses)."),
        ("[all] ont répondu, [who] détaillent.", "57 ont répondu, 39 détaillent."),
    ],
)  # fmt: skip
def test_what_a_sentence_does_not_say_is_added(text: str, said: str) -> None:
    assert _said(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sites] établissements.", "449 établissements."),
        ("[posts] postes.", "6 092 postes (2009)."),
        ("[cdi] en CDI.", "76 % en CDI (2012 ; base : 39 réponses)."),
        ("[all] répondants, en 2012.", "57 répondants, en 2012."),
        ("share | des employeurs | [posts] postes, 2011", "share | des employeurs | 6 092 postes, 2011"),
    ],
)
def test_in_the_main_points_each_figure_says_it(text: str, said: str) -> None:
    assert _said(text, each=True) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ratio] des employeurs ; ses postes équivalent à [posts] des emplois",
         "9,9 % des employeurs (31\u00a0décembre\u00a02011 et 2010) ; ses postes équivalent à 6 092 des emplois (2009)"),
        ("Elles réunissent [sites] des établissements et [posts] des postes",
         "Elles réunissent 449 des établissements (31\u00a0décembre\u00a02011) et 6 092 des postes (2009)"),
        ("[posts] postes sur [all] répondants.", "6 092 postes (2009) sur 57 répondants (2012)."),
        ("Plus : [posts] des postes, [sites] sites.", "Plus : 6 092 des postes (2009), 449 sites (31\u00a0décembre\u00a02011)."),
        ("[cdi] en CDI, [cdi] à temps plein ([fte] hors insertion).",
         "76 % en CDI, 76 % à temps plein (base : 39 réponses ; 600 hors insertion, base : 34 réponses)."),
        ("[sites] ([posts] postes), [jobs] emplois.", "449 (31\u00a0décembre\u00a02011 ; 6 092 postes), 40 817 emplois (2009)."),
        ("[posts] postes ; le rapport se lit [sites] fois ; c’est dit.",
         "6 092 postes (2009) ; le rapport se lit 449 fois (31\u00a0décembre\u00a02011) ; c’est dit."),
    ],
)  # fmt: skip
def test_it_stands_where_the_words_that_the_figure_counts_end(text: str, said: str) -> None:
    assert _said(text) == said


def test_it_is_said_in_english() -> None:
    assert (
        _said("[sites] sites, [posts] posts.", lang="en")
        == "449 sites (31\u00a0December\u00a02011), 6 092 posts (2009)."
    )
    assert _said("[cdi] are lasting.", each=True, lang="en") == "76 % are lasting (2012; base: 39 answers)."


def test_a_number_is_not_taken_for_a_year() -> None:
    """A printed figure of 2009 posts says no year; nor does a code of five digits."""
    known = {"posts": Known(("2010",)), "sites": Known(("2010",))}
    assert (
        Joined(known, "2010-12-31").said(f"{marked('posts', '2009')} postes, code 20091.")
        == "2009 postes, code 20091."
    )


def test_random_sentences_say_each_date_and_base_or_have_but_one(thorough: bool) -> None:
    """A plain reading: of every figure of a sentence, its date and its base are the only ones there, or can be read in it."""
    draw = random.Random(7)
    for _ in range(3000 if thorough else 300):
        names = draw.sample(sorted(KNOWN), draw.randint(1, 4))
        start = draw.choice(["", "En 2011, ", "En 2012, "])
        said = _said(f"{start}{', '.join(f'[{name}]' for name in names)}.")
        dates = {KNOWN[name].dates for name in names if KNOWN[name].dates}
        bases = {KNOWN[name].base for name in names if KNOWN[name].base}
        for name in names:
            for date in KNOWN[name].dates:
                assert (len(dates) == 1 and not start) or date[:4] in said, (names, said)
            if base := KNOWN[name].base:
                assert len(bases) == 1 or re.search(rf"\b{base}\b", said), (names, said)


def test_marks_never_stay() -> None:
    assert plain(marked("a", "12") + marked("b", "3")) == "123"
    assert not re.search(
        "[\ue000-\ue002]", _said("[sites] et [inconnu]".replace("[inconnu]", marked("x", "4")))
    )


def test_three_dates_are_listed() -> None:
    assert dates_words(("2009", "2010", "2011-12-31"), "fr") == "2009, 2010 et 31\u00a0décembre\u00a02011"
    assert dates_words(("2009", "2010", "2011"), "en") == "2009, 2010 and 2011"
