"""What is wrong in a declaration, in one French sentence, and the one error that tells all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ess_observatory.errors import Exit, ObservatoryError

#: The code of a fault of declaration, and of a file whose writing itself is broken (syntax, encoding, not a file).
DECLARED, UNREADABLE = "E114", "E106"

#: A value longer than this is cut in a message.
_LONGEST = 60


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is (file, line, key), what the file says (value), what is wrong and what to write.

    `what` and `fix` are French clauses without capital nor full stop: « clé inconnue », « écrivez « additive » ».
    """

    file: str
    line: int | None = None
    key: str = ""
    value: str = ""
    what: str = ""
    fix: str = ""
    code: str = DECLARED

    def __str__(self) -> str:
        return f"{self.where} : {self.sentence}".replace(" :", "\u00a0:", 1)

    @property
    def where(self) -> str:
        """File and line: « pipelines/rules/secrecy.toml, ligne 22 »."""
        return self.file if self.line is None else f"{self.file}, ligne {self.line}"

    @property
    def problem(self) -> str:
        """What is wrong, with key and value, without the place nor the fix."""
        key = f"« {self.key} »" if self.key else ""
        value = f" = {self.value}" if self.value and key else self.value
        head = f"{key}{value}"
        return typeset(f"{head} : {self.what}" if head else self.what)

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, without the place."""
        end = "" if self.fix.endswith("?") else "."
        return typeset(f"{self.problem} ; {self.fix}{end}" if self.fix else f"{self.problem}.")

    def error(self) -> ObservatoryError:
        """The same as an error of its own, which others may join as details."""
        fix = (
            typeset(self.fix[:1].upper() + self.fix[1:] + ("" if self.fix.endswith("?") else "."))
            if self.fix
            else None
        )
        return ObservatoryError(self.code, self.problem, self.where, fix, Exit.USAGE)


def as_error(faults: Iterable[Fault]) -> ObservatoryError | None:
    """All the faults as one error (exit code 2): the first, and the others in its details. None without fault."""
    errors = [fault.error() for fault in sorted(set(faults), key=_order)]
    if not errors:
        return None
    first, *others = errors
    first.details = others
    return first


def raise_faults(faults: Iterable[Fault]) -> None:
    """Raise the error of `as_error`, if there is any fault."""
    if error := as_error(faults):
        raise error


def _order(fault: Fault) -> tuple[str, int, str, str]:
    return fault.file, fault.line or 0, fault.key, fault.what


def typeset(text: str) -> str:
    """French typography: no-break spaces inside « » and before : ; ! ? %."""
    text = text.replace("« ", "«\u00a0").replace(" »", "\u00a0»")
    return re.sub(r" ([:;!?%])(?=\s|$|[.,)\u00a0])", "\u00a0\\1", text)


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that a misspelt one most resembles, or the only one that it begins, if any does."""
    folded = {candidate.casefold(): candidate for candidate in known}
    if close := get_close_matches(name.casefold(), folded, n=1, cutoff=cutoff):
        return folded[close[0]]
    begun = [
        candidate
        for plain, candidate in folded.items()
        if len(name) > 2 and plain.startswith(name.casefold())
    ]
    return begun[0] if len(begun) == 1 else None


def advice(name: str, known: Iterable[str], what: str = "valeurs connues") -> str:
    """The fix of an unknown name: « voulez-vous dire « additive » ? », and the known names when they are few."""
    names = sorted(set(known) - {""})
    close = nearest(name, names)
    if len(names) <= 14 or not close:
        shown = ", ".join(names[:14]) + ("…" if len(names) > 14 else "")
        told = f"{what} : {shown}" if names else ""
    else:
        told = ""
    meant = f"voulez-vous dire « {close} » ?" if close else ""
    return f"{meant} ({told})" if meant and told else meant or told


def shown(value: object) -> str:
    """A value as it is written in the file, cut when it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        return f"« {' '.join(text.split())} »"
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return "[…]" if len(value) > 3 else f"[{', '.join(shown(item) for item in value)}]"
    return "" if value is None else str(value)[:_LONGEST]
