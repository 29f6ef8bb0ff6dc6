"""The days and years that figures are about, as they are published and as they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from ess_observatory.words.labels import date_words

#: Between the dates of a figure that joins two of them, as in « 2011-12-31/2010 ».
JOINT = "/"
_AND = {"fr": " et ", "en": " and "}


def dates_words(dates: Sequence[str], lang: str) -> str:
    """« 31 décembre 2011 et 2010 » for `2011-12-31` and `2010`; « 2009, 2010 et 2011 » for more."""
    *first, last = [date_words(date, lang) for date in dates] or [""]
    return _AND[lang].join(filter(None, (", ".join(first), last)))
