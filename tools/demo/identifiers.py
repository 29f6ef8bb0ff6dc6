"""Invented SIREN and SIRET numbers: valid check digits, a prefix that no real unit bears."""

from __future__ import annotations

from random import Random

from stdnum.luhn import calc_check_digit


class Identifiers:
    """Draws SIREN numbers without repetition; numbers in `reserved` are never drawn."""

    def __init__(self, prefix: str, reserved: set[str], rng: Random) -> None:
        self._prefix, self._used, self._rng = prefix, set(reserved), rng

    def siren(self) -> str:
        """A SIREN never given before."""
        while True:
            free = 8 - len(self._prefix)
            body = self._prefix + str(self._rng.randrange(10**free)).zfill(free)
            siren = body + calc_check_digit(body)
            if siren not in self._used:
                self._used.add(siren)
                return siren


def siret(siren: str, order: int) -> str:
    """The SIRET of the `order`-th establishment of a unit."""
    body = f"{siren}{order:04d}"
    return body + calc_check_digit(body)


class Words:
    """Invented proper names, each given once."""

    def __init__(self, starts: list[str], ends: list[str], forbidden: set[str], rng: Random) -> None:
        words = [start + end for start in starts for end in ends]
        self._words = [word for word in dict.fromkeys(words) if word.casefold() not in forbidden]
        rng.shuffle(self._words)

    def next(self) -> str:
        """A word never given before."""
        return self._words.pop()
