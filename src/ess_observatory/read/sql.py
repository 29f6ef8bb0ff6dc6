"""Small pieces of SQL that the reading shares."""

from __future__ import annotations

from dataclasses import dataclass

from ess_observatory.engine.sql_text import quote
from ess_observatory.tabular import limits
from ess_observatory.tabular.text import BAD_CHARACTER, BLANKS, SPACES, WIDTHLESS

#: The step that tells a value with nothing to refuse nor to note.
PLAIN = "plain"


@dataclass(frozen=True)
class Refusal:
    """One way in which a value can be refused."""

    condition: str
    code: str
    reason: str
    fix: str


@dataclass(frozen=True)
class Note:
    """Something that was done to a value and must be told: `flag` is the short word that stays on the row."""

    condition: str
    flag: str
    code: str
    reason: str


@dataclass(frozen=True)
class Cast:
    """How a text becomes a value: SQL of the value, the refusals that guard it (in order), what must be noted.

    `steps` are SQL expressions computed one after the other; step `bare` is then known as `{bare}` to what follows. Step
    `plain`, when there is one, is a quick condition under which there is nothing to refuse nor to note; `if_plain` is then the SQL
    of the value in a column that holds nothing else.
    `lookup` names the step that is looked up in `rules.commune_projection`; the row found is known as `{found}`.
    """

    value: str
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    lookup: str | None = None
    if_plain: str | None = None


_TRIM = quote(BLANKS)
_ODD = "".join(
    f"\\x{{{ord(character):x}}}" for character in sorted({*SPACES, *WIDTHLESS, BAD_CHARACTER, "\0", *"\r\n"})
)


def is_odd(text: str, delimiter: str) -> str:
    """SQL: whether the fields of a text, parted by `delimiter`, need a closer look; when not, they are clean as they are.

    Such a look is due to quotes, to blanks around a field or odd ones in it, to unreadable characters, and to a length that
    only a cell beyond all measure explains.
    """
    d = _character(delimiter)
    pattern = f'["{_ODD.replace(d, "")}]|^ | $| {d}|{d} '
    return f"(regexp_matches({text}, {quote(pattern)}) or strlen({text}) > {limits.MAX_CELL_CHARS})"


def plain_spaces(text: str, delimiter: str = "") -> str:
    """SQL: a text with odd spaces made plain, but for the delimiter of its fields, and marks without width taken away."""
    kept = SPACES.replace(delimiter, "") if delimiter else SPACES
    changed = f"translate({text}, {quote(kept + WIDTHLESS)}, {quote(' ' * len(kept))})"
    return f"case when regexp_matches({text}, {quote(f'[{_ODD}]')}) then {changed} else {text} end"


def without_idle_quotes(record: str, delimiter: str) -> str:
    """SQL: a record without its quotes, when they hold neither a delimiter nor a quote and hug what they hold."""
    d = _character(delimiter)
    field = f'(?:"[^"{d}]*"|[^"{d}]*)'
    idle = f"contains({record}, '\"') and regexp_full_match({record}, {quote(f'{field}(?:{d}{field})*')})"
    return f"case when {idle} then replace({record}, '\"', '') else {record} end"


def _character(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"


def trimmed(cell: str) -> str:
    """SQL: a cell without blanks around it (odd spaces are supposed plain already)."""
    return f"trim({cell}, {_TRIM})"


def clean(cell: str) -> str:
    """SQL: a cell that is already `trimmed`, without the `="…"` of spreadsheets, NULL when empty."""
    return (
        f"nullif(case when starts_with({cell}, '=\"') and ends_with({cell}, '\"') and length({cell}) > 2 "
        f"then trim(substr({cell}, 3, length({cell}) - 3), {_TRIM}) else {cell} end, '')"
    )


def unquoted(field: str) -> str:
    """SQL: a field of a delimited record without its enclosing quotes (as `text.unquote`)."""
    inner = f"trim({field}, ' \t')"
    return (
        f"case when starts_with({inner}, '\"') and ends_with({inner}, '\"') and length({inner}) >= 2 "
        f"then replace(substr({inner}, 2, length({inner}) - 2), '\"\"', '\"') else {field} end"
    )
