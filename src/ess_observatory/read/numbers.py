"""Numbers and dates, from text to value in SQL: the forms of `words/written.py`. What can be read in two ways is refused."""

from __future__ import annotations

from collections.abc import Sequence

from ess_observatory.engine.sql_text import quote
from ess_observatory.read.sql import PLAIN, Cast, Note, Refusal
from ess_observatory.words import written
from ess_observatory.words.written import DateForm, NumberForm, Why

#: The number of the form that a text follows; NULL when it follows none, or when it is plain.
_FORM, _VALUE = "{form}", "{value}"


def number(text: str, whole: bool) -> Cast:
    """A whole or decimal number; a percentage is read as it is written (12,5 % is 12.5)."""
    forms = written.number_forms(whole)
    values = [f"when {i} then {_number(text, form)}" for i, form in enumerate(forms) if form.why is None]
    value = (
        f"case when {{plain}} then try_cast({text} as double) else case {_FORM} {' '.join(values)} end end"
    )
    refusals = [*_refused(forms), _refusal(f"{_FORM} is null", written.NOT_A_NUMBER)]
    refusals.append(_refusal(f"coalesce(abs({_VALUE}) >= {written.LARGEST}, true)", written.TOO_LARGE))
    if whole:
        refusals.append(_refusal(f"{_VALUE} <> floor({_VALUE})", written.NOT_WHOLE))
    steps = (
        (PLAIN, f"regexp_full_match({text}, '[0-9]{{1,15}}')"),
        ("form", _form_of([(text, form.pattern) for form in forms])),
        ("value", value),
    )
    kind = "bigint" if whole else "double"
    return Cast(
        f"try_cast({_VALUE} as {kind})", tuple(refusals), steps=steps, if_plain=f"try_cast({text} as {kind})"
    )


def date(text: str) -> Cast:
    """A date; the day number of Excel is noted (I206). The time of the day is left aside."""
    words = f"strip_accents(lower({text}))"
    looked_at = [words if form.spelled else text for form in written.DATES]
    values = [
        f"when {i} then {_date(looked, form)}"
        for i, (looked, form) in enumerate(zip(looked_at, written.DATES, strict=True))
        if form.why is None
    ]
    iso = f"regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') and {text} > '0000-99'"
    serial = next(i for i, form in enumerate(written.DATES) if form.order is None and form.why is None)
    refusals = [*_refused(written.DATES), _refusal(f"{_VALUE} is null", written.NOT_A_DATE)]
    serial_note = Note(
        f"{_FORM} = {serial}", "serial_date", "I206", "numéro de jour d’Excel lu comme une date"
    )
    steps = (
        (PLAIN, f"case when {iso} then try_cast({text} as date) is not null else false end"),
        ("form", _form_of([(looked, f.pattern) for looked, f in zip(looked_at, written.DATES, strict=True)])),
        (
            "value",
            f"case when {{plain}} then try_cast({text} as date) else case {_FORM} {' '.join(values)} end end",
        ),
    )
    return Cast(_VALUE, tuple(refusals), (serial_note,), steps, if_plain=f"try_cast({text} as date)")


def _form_of(patterns: list[tuple[str, str]]) -> str:
    """SQL: the number of the first form that a text follows."""
    whens = (
        f"when regexp_full_match({text}, {quote(pattern)}) then {i}"
        for i, (text, pattern) in enumerate(patterns)
    )
    return f"case when {{plain}} then null {' '.join(whens)} end"


def _refused(forms: Sequence[NumberForm | DateForm]) -> list[Refusal]:
    return [_refusal(f"{_FORM} = {i}", form.why) for i, form in enumerate(forms) if form.why is not None]


def _refusal(condition: str, why: Why) -> Refusal:
    return Refusal(condition, why.code, why.reason, why.fix)


def _number(text: str, form: NumberForm) -> str:
    bare = f"regexp_replace({text}, {quote(written.unit_pattern() + '$')}, '')"
    for mark, instead in ((written.MINUS, "-"), (form.thousands, ""), (form.decimal, ".")):
        bare = f"replace({bare}, {quote(mark)}, {quote(instead)})" if mark and mark != instead else bare
    return f"try_cast({bare} as double)"


def _date(text: str, form: DateForm) -> str:
    if form.order is None:
        days = f"try_cast({text} as integer)"
        zero = quote(written.EXCEL_ZERO.isoformat())
        return f"case when {days} <= {written.EXCEL_LAST} then date {zero} + {days} end"
    year, month, day = (
        f"regexp_extract({text}, {quote(f'^{form.pattern}$')}, {group})" for group in form.order
    )
    if form.spelled:
        months = ", ".join(f"{quote(name)}: '{number}'" for name, number in written.MONTHS.items())
        month = f"map {{{months}}}[{month}]"
    parts = f"nullif({year}, '0000') || '-' || lpad({month}, 2, '0') || '-' || lpad({day}, 2, '0')"
    return f"try_cast({parts} as date)"
