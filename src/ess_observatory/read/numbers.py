"""Numbers and dates, from text to value in SQL. Nothing is guessed: what can be read in two ways is refused."""

from __future__ import annotations

from ess_observatory.engine.sql_text import quote
from ess_observatory.read.sql import PLAIN, Cast, Note, Refusal

#: Beyond, a number stored in a spreadsheet or a file of numbers has already lost digits.
LARGEST = "1e15"
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre",
)  # fmt: skip


def number(text: str, whole: bool) -> Cast:
    """A whole or decimal number: `1 234`, `1234`, `1 234,5`, `1.234,5`, `12,5 %` (a decimal: 12.5), `(NBSP)` or not.

    Refused: scientific notation (E313), one group after a point (`40.817`, E312), spaces that do not part thousands
    (E314), a percentage where a count is expected (E315), more than fifteen digits (E316), anything else (E310).
    """
    signed, bare, value = "{signed}", "{bare}", "{value}"
    steps = [
        (PLAIN, f"regexp_full_match({text}, '[0-9]{{1,15}}')"),
        ("signed", f"case when {{plain}} then {text} else replace({text}, chr(8722), '-') end"),
        ("bare", f"case when {{plain}} then {text} else regexp_replace({signed}, ' ?[%€]$', '') end"),
    ]
    refusals = [
        Refusal(
            f"regexp_matches({bare}, '^[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$')", "E313",
            "notation scientifique : des chiffres sont perdus", "Reprenez le nombre complet chez le producteur.",
        ),
        Refusal(
            f"regexp_matches({bare}, '^[+-]?[1-9][0-9]{{0,2}}(\\.[0-9]{{3}})+$')", "E312",
            "nombre ambigu : point de milliers ou virgule décimale", "Écrivez le nombre sans point (par exemple 40817).",
        ),
    ]  # fmt: skip
    if whole:
        refusals += [
            Refusal(
                f"regexp_matches({bare}, '^[+-]?[1-9][0-9]{{0,2}}(,[0-9]{{3}})+$')", "E312",
                "nombre ambigu : virgule de milliers ou décimale", "Écrivez le nombre sans virgule.",
            ),
            Refusal(
                f"ends_with({signed}, '%')", "E315", "pourcentage où un nombre entier est attendu",
                "Donnez l’effectif, ou déclarez la colonne « decimal ».",
            ),
        ]  # fmt: skip
    french = r"([0-9]+|[0-9]{1,3}( [0-9]{3})+)([.,][0-9]+)?"
    dotted = r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]+"
    english = r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]+"
    refusals += [
        Refusal(
            f"regexp_matches({bare}, '^[+-]?[0-9][0-9 ]* [0-9 ]*([.,][0-9]+)?$') "
            f"and not regexp_matches({bare}, '^[+-]?{french}$')", "E314",
            "espaces mal placées dans un nombre", "Écrivez le nombre sans espace, ou avec une espace tous les trois chiffres.",
        ),
        Refusal(
            f"not regexp_matches({bare}, '^[+-]?({french}|{dotted}|{english})$')", "E310",
            "ce n’est pas un nombre", "Corrigez la valeur, ou déclarez ce signe dans [missing] de source.toml.",
        ),
    ]  # fmt: skip
    written = (
        f"case when {{plain}} then {bare} when regexp_matches({bare}, '^[+-]?{dotted}$') then replace(replace({bare}, '.', ''), ',', '.') "
        f"when regexp_matches({bare}, '^[+-]?{english}$') then replace({bare}, ',', '') "
        f"else replace(replace({bare}, ' ', ''), ',', '.') end"
    )
    steps.append(("value", f"try_cast({written} as double)"))
    refusals.append(
        Refusal(
            f"coalesce(abs({value}) >= {LARGEST}, true)", "E316", "nombre trop grand : plus de quinze chiffres",
            "Vérifiez la valeur ; un identifiant se déclare « siret », « siren » ou « text ».",
        )
    )  # fmt: skip
    if whole:
        refusals.append(
            Refusal(f"{value} <> floor({value})", "E311", "nombre entier attendu", "Corrigez la valeur.")
        )
    return Cast(f"try_cast({value} as bigint)" if whole else value, tuple(refusals), steps=tuple(steps))


def date(text: str) -> Cast:
    """A date: ISO, French (`31/12/2011`, `1/2/2011`, `31-12-2011`, `31 décembre 2011`), `20111231`, Excel's day number."""
    moment = r"([ T](- )?[0-9]{1,2}[:h][0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    iso = rf"^([0-9]{{4}})[-/]([0-9]{{1,2}})[-/]([0-9]{{1,2}}){moment}$"
    french = rf"^([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]{{4}}){moment}$"
    compact = "^((?:18|19|20)[0-9]{2})([0-9]{2})([0-9]{2})$"
    short = "^[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}$"
    words = f"strip_accents(lower({text}))"
    plain = f"case when regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') then try_cast({text} as date) end"
    worded = f"^([0-9]{{1,2}})(?:er)? ({'|'.join(_MONTHS)}) ([0-9]{{4}})$"
    months = "[" + ", ".join(quote(month) for month in _MONTHS) + "]"
    serial = f"try_cast({text} as integer)"

    def build(pattern: str, order: tuple[int, int, int]) -> str:
        parts = [
            f"lpad(regexp_extract({text}, {quote(pattern)}, {group}), {width}, '0')"
            for group, width in zip(order, (4, 2, 2), strict=True)
        ]
        return f"try_cast({' || chr(45) || '.join(parts)} as date)"

    month = (
        f"lpad(cast(list_position({months}, regexp_extract({words}, {quote(worded)}, 2)) as varchar), 2, '0')"
    )
    spelled = (
        f"try_cast(regexp_extract({words}, {quote(worded)}, 3) || '-' || {month} || '-' || "
        f"lpad(regexp_extract({words}, {quote(worded)}, 1), 2, '0') as date)"
    )
    value = (
        f"case when {{plain}} then try_cast({text} as date) "
        f"when regexp_matches({text}, {quote(iso)}) then {build(iso, (1, 2, 3))} "
        f"when regexp_matches({text}, {quote(french)}) then {build(french, (3, 2, 1))} "
        f"when regexp_matches({text}, {quote(compact)}) then {build(compact, (1, 2, 3))} "
        f"when regexp_matches({words}, {quote(worded)}) then {spelled} "
        f"when regexp_matches({text}, '^[0-9]{{5}}$') and {serial} <= 73050 then date '1899-12-30' + {serial} end"
    )
    return Cast(
        "{value}",
        (
            Refusal(
                f"regexp_matches({text}, {quote(short)})",
                "E363",
                "année à deux chiffres",
                "Écrivez l’année en entier.",
            ),
            Refusal(
                "{value} is null", "E361", "date illisible ou impossible", "Écrivez la date comme 31/12/2011."
            ),
        ),
        (
            Note(
                f"regexp_matches({text}, '^[0-9]{{5}}$')",
                "serial_date",
                "I206",
                "numéro de jour d’Excel lu comme une date",
            ),
        ),
        steps=((PLAIN, f"{plain} is not null"), ("value", value)),
    )
