"""How much two names of an organisation, and the places beside them, look like each other (0 to 100)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ess_observatory.codebook.values import normalise

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Known:
    """An organisation as a respondent or the register names it."""

    id: str
    names: tuple[str, ...]
    commune: str | None = None
    postcode: str | None = None
    commune_code: str | None = None


@dataclass(frozen=True)
class Words:
    """What is done to a name before it is compared."""

    drop: frozenset[str] = frozenset()
    legal: frozenset[str] = frozenset()
    replace: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, drop: Sequence[str], legal: Sequence[str], replace: Mapping[str, str]) -> Words:
        """Words as declared, made comparable."""
        known = [frozenset(word for text in texts for word in plain(text).split()) for texts in (drop, legal)]
        return cls(known[0], known[1], {plain(k): plain(v) for k, v in replace.items()})

    def split(self, name: str) -> list[str]:
        """The words of a name, abbreviations in full."""
        return [word for token in plain(name).split() for word in self.replace.get(token, token).split()]


def plain(text: str) -> str:
    """Letters and digits in lower case without accents, one space between words."""
    return " ".join(re.findall(r"[a-z0-9]+", normalise(text)))


def fingerprint(respondent: Known) -> str:
    """Twelve characters that stand for what a respondent wrote (name and place), without saying it."""
    said = [plain(respondent.names[0] if respondent.names else ""), plain(respondent.commune or "")]
    said += [respondent.commune_code or "", respondent.postcode or ""]
    return hashlib.sha256("|".join(said).encode()).hexdigest()[:12]


#: What the legal words still count for in the resemblance of two names: enough to tell apart two namesakes.
WHOLE_NAME = 0.15
#: From this ratio on (0 to 100), a word is taken for a mistyped other one.
LIKE = 70


def comparable(name: str, commune: str | None, words: Words) -> str:
    """A name without legal words, abbreviations written in full, and without its commune (when something is left)."""
    tokens = words.split(name)
    kept = [token for token in tokens if token not in words.drop and token not in words.legal] or tokens
    place = set(place_name(commune).split())
    return " ".join([token for token in kept if token not in place] or kept)


def place_name(commune: str | None) -> str:
    """A commune's name, « St » in full and without « cedex »."""
    tokens = plain(commune or "").split()
    full = {"st": "saint", "ste": "sainte"}
    return " ".join(
        full.get(token, token) for token in tokens if token.isdigit() or (token != "cedex" and len(token) > 1)
    )


def agree(respondent: Known, establishment: Known, words: Words) -> bool:
    """Whether two names say the same thing: no word of one is without a like in the other, and their legal words, when
    both have some, have one in common. (A name that holds the other whole is often another organisation's.)"""
    for mine in respondent.names:
        for theirs in establishment.names:
            left, right = (
                comparable(mine, respondent.commune, words),
                comparable(theirs, establishment.commune, words),
            )
            legal = [words.legal & set(words.split(name)) for name in (mine, theirs)]
            if (not all(legal) or legal[0] & legal[1]) and _alike(left.split(), right.split()):
                return True
    return False


def _alike(left: list[str], right: list[str]) -> bool:
    from rapidfuzz import fuzz

    pairs = [
        (word, others) for some, others in ((left, right), (right, left)) for word in some if len(word) > 2
    ]
    return all(max(fuzz.ratio(word, other) for other in others) >= LIKE for word, others in pairs)


@dataclass(frozen=True)
class Comparison:
    """Scores of respondents (rows) against the register (columns): whole, of the name alone; same place or not."""

    score: np.ndarray
    name: np.ndarray
    same_place: np.ndarray


def compare(
    respondents: Sequence[Known], register: Sequence[Known], words: Words, weights: Mapping[str, float]
) -> Comparison:
    """Compare everyone with everyone. What one side does not say (commune, postcode) does not count."""
    import numpy as np
    from rapidfuzz import fuzz, process

    shape = (len(respondents), len(register))
    name, city, post = np.zeros(shape), np.full(shape, np.nan), np.full(shape, np.nan)
    same_place = np.zeros(shape, bool)
    if not respondents or not register:
        return Comparison(np.zeros(shape), name, same_place)
    for stripped, part in ((words, 1 - WHOLE_NAME), (Words(replace=words.replace), WHOLE_NAME)):
        name += part * _name_scores(respondents, register, stripped)
    mine_city, their_city = ([place_name(k.commune) for k in side] for side in (respondents, register))
    city = np.where(
        _both(mine_city, their_city), process.cdist(mine_city, their_city, scorer=fuzz.ratio), np.nan
    )
    codes = [[k.commune_code or "" for k in side] for side in (respondents, register)]
    equal = np.array(codes[0])[:, None] == np.array(codes[1])[None, :]
    known = _both(*codes)
    city = np.where(known & equal, 100.0, city)
    posts = [[k.postcode or "" for k in side] for side in (respondents, register)]
    same_post = (np.array(posts[0])[:, None] == np.array(posts[1])[None, :]) & _both(*posts)
    post = np.where(_both(*posts), process.cdist(*posts, scorer=fuzz.ratio), np.nan)
    same_place = same_post | (known & equal) | (city >= 95)
    parts = [(weights["name"], name), (weights["commune"], city), (weights["postcode"], post)]
    above = sum(weight * np.nan_to_num(part) for weight, part in parts)
    below = sum(weight * ~np.isnan(part) for weight, part in parts)
    return Comparison(above / below, name, same_place)


def _name_scores(respondents: Sequence[Known], register: Sequence[Known], words: Words) -> np.ndarray:
    """The best resemblance between the names of each side (a register knows a name and sometimes a brand)."""
    import numpy as np
    from rapidfuzz import fuzz, process

    best = np.zeros((len(respondents), len(register)))
    asked, listed = ([_names(known, words) for known in side] for side in (respondents, register))
    for mine in range(max(map(len, asked))):
        left = [names[min(mine, len(names) - 1)] for names in asked]
        for theirs in range(max(map(len, listed))):
            # Those with a second name only: the others were compared with their first.
            columns = [i for i, names in enumerate(listed) if len(names) > theirs]
            right = [listed[i][theirs] for i in columns]
            sets = process.cdist(left, right, scorer=fuzz.token_set_ratio)
            sorts = process.cdist(left, right, scorer=fuzz.token_sort_ratio)
            best[:, columns] = np.maximum(best[:, columns], (sets.astype(float) + sorts) / 2)
    return best


def _names(known: Known, words: Words) -> list[str]:
    return [comparable(name, known.commune, words) for name in known.names if name] or [""]


def _both(left: Sequence[str], right: Sequence[str]) -> np.ndarray:
    """Where both sides say something."""
    import numpy as np

    said, heard = (np.array([bool(item) for item in side]) for side in (left, right))
    both: np.ndarray = said[:, None] & heard[None, :]
    return both
