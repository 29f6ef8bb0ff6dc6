"""From text to typed columns, in SQL, for every declared type: a value that cannot be read is refused, with its reason.

Each type gives three things: the text it looks at, the conditions under which it refuses (in order), the typed value.
Nothing is guessed: `40.817` can be 40 817 or 40,817 and is refused (E312).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ess_observatory.project import ColumnSpec, SourceSpec


@dataclass(frozen=True)
class Refusal:
    """One way in which a value can be refused."""

    condition: str
    code: str
    reason: str
    fix: str


@dataclass(frozen=True)
class Cast:
    """How a text becomes a value: SQL of the value, its SQL type, and the refusals that guard it."""

    value: str
    refusals: tuple[Refusal, ...] = ()


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def clean(column: str) -> str:
    """SQL: the text of a cell without odd spaces, NULL when empty."""
    spaces = f"replace(replace({column}, chr(160), ' '), chr(8239), ' ')"
    return f"nullif(trim({spaces}), '')"


def _number(text: str, whole: bool) -> Cast:
    digits = f"replace({text}, ' ', '')"
    plain = f"replace(replace({digits}, ',', '.'), '%', '')"
    refusals = [
        Refusal(f"regexp_matches({digits}, '^[+-]?[0-9](\\.[0-9]+)?[eE]\\+?[0-9]+$')", "E313",
                "notation scientifique : des chiffres sont perdus", "Reprenez le nombre complet chez le producteur."),
        Refusal(f"regexp_matches({digits}, '^-?[0-9]{{1,3}}(\\.[0-9]{{3}})+$')", "E312",
                "nombre ambigu : point de milliers ou virgule décimale", "Écrivez le nombre sans point (par exemple 40817)."),
    ]
    if whole:
        refusals.append(Refusal(f"regexp_matches({digits}, '^-?[0-9]{{1,3}}(,[0-9]{{3}})+$')", "E312",
                                "nombre ambigu : virgule de milliers ou décimale", "Écrivez le nombre sans virgule."))
    refusals.append(Refusal(f"not regexp_matches({plain}, '^[+-]?[0-9]+(\\.[0-9]+)?$')", "E310",
                            "ce n’est pas un nombre", "Corrigez la valeur, ou déclarez ce signe dans [missing] de source.toml."))
    if whole:
        refusals.append(Refusal(f"try_cast({plain} as double) <> floor(try_cast({plain} as double))", "E311",
                                "nombre entier attendu", "Corrigez la valeur."))
    value = f"try_cast({plain} as double)"
    return Cast(f"cast({value} as bigint)" if whole else value, tuple(refusals))


def luhn(text: str, length: int) -> str:
    """SQL: the Luhn sum of a text of `length` digits (ISO/IEC 7812, used by Insee for SIREN and SIRET)."""
    terms = []
    for position in range(1, length + 1):
        digit = f"cast(substr({text}, {position}, 1) as integer)"
        doubled = (length - position) % 2 == 1
        terms.append(f"case when {digit} > 4 then 2 * {digit} - 9 else 2 * {digit} end" if doubled else digit)
    return "(" + " + ".join(f"({term})" for term in terms) + ")"


def _digit_sum(text: str, length: int) -> str:
    return "(" + " + ".join(f"cast(substr({text}, {i}, 1) as integer)" for i in range(1, length + 1)) + ")"


def _siret(text: str) -> Cast:
    digits = f"regexp_replace({text}, '[ .-]', '', 'g')"
    padded = f"(case when length({digits}) = 13 then '0' || {digits} else {digits} end)"
    shape = f"regexp_matches({padded}, '^[0-9]{{14}}$')"
    good = (f"({luhn(padded, 14)} % 10 = 0 and {luhn(f'substr({padded}, 1, 9)', 9)} % 10 = 0) or "
            f"(substr({padded}, 1, 9) = '356000000' and {_digit_sum(padded, 14)} % 5 = 0)")
    return Cast(padded, (
        Refusal(f"regexp_matches({text}, '^[0-9]+([.,][0-9]+)?[eE]\\+?[0-9]+$')", "E321",
                "SIRET en notation scientifique : des chiffres sont perdus",
                "Reprenez le SIRET complet chez le producteur (colonne au format texte)."),
        Refusal(f"not {shape}", "E322", "un SIRET a 14 chiffres", "Corrigez le SIRET."),
        Refusal(f"case when {shape} then not ({good}) else false end", "E323",
                "clé de contrôle du SIRET fausse", "Vérifiez le SIRET dans le répertoire Sirene."),
    ))


def _commune(text: str, allow: str | None) -> Cast:
    code = f"upper(case when regexp_matches({text}, '^[0-9]{{4}}$') then '0' || {text} else {text} end)"
    escape = f" or regexp_matches({code}, {quote(allow)})" if allow else ""
    return Cast(code, (
        Refusal(f"not (regexp_matches({code}, '^([0-9]{{2}}|2[AB])[0-9]{{3}}$'){escape})", "E331",
                "code commune mal formé (cinq caractères attendus)", "Corrigez le code Insee de la commune."),
        Refusal(f"not ({code} in (select code from rules.commune_code){escape})", "E332",
                "code commune inconnu du code officiel géographique",
                "Corrigez le code (un code postal n’est pas un code commune), ou ajoutez la commune au territoire."),
    ))


def _naf(text: str) -> Cast:
    short = f"upper(replace(replace({text}, '.', ''), ' ', ''))"
    code = f"substr({short}, 1, 2) || '.' || substr({short}, 3)"
    return Cast(code, (
        Refusal(f"not regexp_matches({short}, '^[0-9]{{4}}[A-Z]$')", "E341", "code NAF mal formé",
                "Écrivez le code comme 88.10A."),
        Refusal(f"{code} not in (select naf from rules.naf_rev2) and {code} <> '00.00Z'", "E342",
                "code inconnu de la NAF rév. 2", "Corrigez le code, ou précisez la nomenclature du fichier."),
    ))


def _legal(text: str) -> Cast:
    return Cast(text, (
        Refusal(f"not regexp_matches({text}, '^[0-9]{{4}}$')", "E351", "catégorie juridique à quatre chiffres attendue",
                "Corrigez le code."),
        Refusal(f"{text} not in (select code from rules.legal_categories_all where level = '3')", "E352",
                "catégorie juridique inconnue de l’Insee", "Corrigez le code."),
    ))


def _date(text: str) -> Cast:
    iso = f"try_cast(substr({text}, 1, 10) as date)"
    french = (f"try_cast(substr({text}, 7, 4) || '-' || substr({text}, 4, 2) || '-' || substr({text}, 1, 2) as date)")
    serial = f"date '1899-12-30' + try_cast({text} as integer)"
    value = (f"case when regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') then {iso} "
             f"when regexp_matches({text}, '^[0-9]{{2}}/[0-9]{{2}}/[0-9]{{4}}') then {french} "
             f"when regexp_matches({text}, '^[0-9]{{5}}$') then {serial} end")
    return Cast(value, (Refusal(f"({value}) is null", "E361", "date illisible", "Écrivez la date comme 31/12/2011."),))


def _postcode(text: str) -> Cast:
    code = f"case when length({text}) = 4 then '0' || {text} else {text} end"
    return Cast(code, (Refusal(f"not regexp_matches({code}, '^[0-9]{{5}}$')", "E362", "code postal mal formé",
                               "Corrigez le code postal."),))


def cast_of(column: ColumnSpec, text: str) -> Cast:
    """The cast of a column, given the SQL of its clean text."""
    makers: dict[str, Callable[[str], Cast]] = {
        "text": Cast,
        "integer": lambda t: _number(t, whole=True),
        "decimal": lambda t: _number(t, whole=False),
        "siret": _siret,
        "commune": lambda t: _commune(t, column.allow),
        "naf": _naf,
        "legal_category": _legal,
        "date": _date,
        "postcode": _postcode,
    }
    return makers[column.type](text)


def typed_sql(spec: SourceSpec) -> str:
    """SQL that types every row of `raw.<source>` and says, for the first value that fails, why (`refusal_*`).

    Numeric columns get a companion `<name>_mark` that keeps the meaning of a sign such as `s` (secret).
    """
    marks = "map {" + ", ".join(f"{quote(k.casefold())}: {quote(v)}" for k, v in spec.missing.items()) + "}"
    cleaned = [f"{clean(column.name)} as {column.name}" for column in spec.columns]
    selects, whens = [], []
    for column in spec.columns:
        c = f"t.{column.name}"
        numeric = column.type in ("integer", "decimal")
        mark = f"{marks}[lower(coalesce({c}, ''))]" if numeric and spec.missing else "null"
        cast = cast_of(column, c)
        if numeric and spec.missing:
            selects.append(f"case when {mark} is not null then null else {cast.value} end as {column.name}")
            selects.append(f"{mark} as {column.name}_mark")
        else:
            selects.append(f"{cast.value} as {column.name}")
        if column.required:
            whens.append((f"{c} is null and {mark} is null", column, "E301", "valeur obligatoire absente", "Complétez la cellule."))
        guard = f"{c} is not null" + (f" and {mark} is null" if numeric and spec.missing else "")
        whens.extend((f"{guard} and ({r.condition})", column, r.code, r.reason, r.fix) for r in cast.refusals)

    number = "case " + " ".join(f"when {when[0]} then {i}" for i, when in enumerate(whens, 1)) + " end"

    def pick(texts: list[str]) -> str:
        return f"[{', '.join(texts)}][refusal_no]"

    picked = {
        "refusal_column": pick([quote(w[1].headers[0]) for w in whens]),
        "refusal_value": "case refusal_no " + " ".join(
            f"when {i} then text_of.{w[1].name}" for i, w in enumerate(whens, 1)) + " end",
        "refusal_code": pick([quote(w[2]) for w in whens]),
        "refusal_reason": pick([quote(w[3]) for w in whens]),
        "refusal_fix": pick([quote(w[4]) for w in whens]),
    }
    if not whens:
        number, picked = "null", dict.fromkeys(picked, "cast(null as varchar)")
    typed = [name for column in spec.columns
             for name in (column.name, *([f"{column.name}_mark"] if f" as {column.name}_mark" in "".join(selects) else []))]
    keys = ["_file", "_sha256", "_sheet", "_line"]
    return (
        f"with t as (select {', '.join(cleaned)}, {', '.join(keys)} from raw.{spec.id}), "
        f"typed as (select {', '.join(selects)}, {number} as refusal_no, t as text_of, {', '.join(keys)} from t) "
        f"select {', '.join(typed)}, {', '.join(f'{sql} as {name}' for name, sql in picked.items())}, "
        f"{', '.join(keys)} from typed"
    )
