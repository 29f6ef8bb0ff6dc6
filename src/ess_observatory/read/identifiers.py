"""SIRET, SIREN, commune, NAF, legal category and postal codes: from text to code in SQL, with the key checked."""

from __future__ import annotations

from collections.abc import Mapping

from ess_observatory.engine.sql_text import quote
from ess_observatory.read.communes import NOTES, UNCLEAR_FIX, UNCLEAR_REASON
from ess_observatory.read.sql import PLAIN, Cast, Note, Refusal

#: La Poste: its establishments follow Luhn, or a plain sum that is a multiple of 5 (Insee).
LA_POSTE = "356000000"
NAF_NAMES = {
    "naf_rev1": "NAF rév. 1 (2003-2007)",
    "naf_rev2": "NAF rév. 2 (2008-2026)",
    "naf_2025": "NAF 2025",
}
#: Shape of a sub-class without its point, and the prefixes that announce the revision.
_NAF_SHAPES = {
    "naf_rev1": ("^[0-9]{3}[A-Z]$", "('1', '2003')"),
    "naf_rev2": ("^[0-9]{4}[A-FZ]$", "('2', '2008')"),
    "naf_2025": ("^[0-9]{4}[G-LY]$", "('2025')"),
}
#: What is said of a key that is wrong, where the producer keeps the register itself.
_KEPT = "clé de contrôle fausse, dans le fichier même de qui attribue ces numéros : gardé"
_PADDED = "zéro initial perdu par un tableur, rétabli"


#: What two digits add to a Luhn sum, the first of them doubled: 25 adds 2 × 2 + 5, and 75 adds (1 + 4) + 5.
_LUHN_PAIRS = [sum(divmod(2 * (pair // 10), 10)) + pair % 10 for pair in range(100)]


def luhn(number: str, length: int) -> str:
    """SQL: the Luhn sum of a whole number of `length` digits (ISO/IEC 7812, used by Insee for SIREN and SIRET)."""
    pairs = f"cast('{_LUHN_PAIRS}' as smallint[])"
    terms = (f"{pairs}[{number} // {100**place} % 100 + 1]" for place in range((length + 1) // 2))
    return f"({' + '.join(terms)})"


def _digit_sum(text: str, length: int) -> str:
    return (
        "(" + " + ".join(f"try_cast(substr({text}, {i}, 1) as integer)" for i in range(1, length + 1)) + ")"
    )


def _number_like(text: str, what: str) -> Refusal:
    """A long identifier that a tool has taken for a number."""
    return Refusal(
        f"regexp_matches({text}, '^[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$') or "
        f"regexp_matches({text}, '^[0-9]{{9,}}[.,][0-9]+$')",
        "E321",
        f"{what} écrit comme un nombre (notation scientifique ou décimales) : des chiffres peuvent être perdus",
        f"Reprenez le {what} complet chez le producteur (colonne au format texte).",
    )


def _digits(text: str, length: int) -> tuple[tuple[str, str], ...]:
    """Steps of an identifier of `length` digits: it without spaces, points or dashes; with its lost zero; as a number."""
    digits, padded = "{digits}", "{padded}"
    parted = " or ".join(f"contains({text}, '{mark}')" for mark in " .-")
    short = f"length({digits}) = {length - 1} and regexp_full_match({digits}, '[0-9]+')"
    return (
        ("digits", f"case when {parted} then regexp_replace({text}, '[ .-]', '', 'g') else {text} end"),
        ("padded", f"case when {short} then '0' || {digits} else {digits} end"),
        ("shape", f"length({padded}) = {length} and regexp_full_match({padded}, '[0-9]+')"),
        ("number", f"case when {{shape}} then try_cast({padded} as bigint) end"),
    )


def _wrong_key(
    wrong: str, code: str, what: str, digits: str, length: int, is_official: bool
) -> list[Refusal]:
    """The refusal of a wrong key; in the register itself, of one that a lost zero could explain alone."""
    short = f" and length({digits}) < {length}" if is_official else ""
    return [
        Refusal(
            f"{wrong}{short}",
            code,
            f"clé de contrôle du {what} fausse",
            f"Vérifiez le {what} dans le répertoire Sirene.",
        )
    ]


def _key_notes(wrong: str, digits: str, length: int, is_official: bool) -> tuple[Note, ...]:
    padded = Note(f"length({digits}) = {length - 1}", "padded", "I204", _PADDED)
    kept = Note(f"length({digits}) = {length} and {wrong}", "key", "I207", _KEPT)
    return (padded, kept) if is_official else (padded,)


def code(text: str, widths: Mapping[str, int], by: str | None) -> Cast:
    """A code of a declared number of characters, which gets back the zeros that a spreadsheet took from its start; `by`: SQL of what
    says which width is meant (without it, the one of "")."""
    width = str(widths.get("", "null"))
    if by:
        whens = " ".join(f"when {quote(kind.upper())} then {count}" for kind, count in widths.items())
        width = f"case upper({by}) {whens} end"
    return Cast(
        f"case when {{lost}} then lpad({text}, {{width}}, '0') else {text} end",
        notes=(Note("{lost}", "padded", "I204", _PADDED),),
        steps=(
            ("width", width),
            ("lost", f"coalesce(length({text}) < {{width}} and regexp_full_match({text}, '[0-9]+'), false)"),
        ),
    )


def siret(text: str, is_official: bool = False) -> Cast:
    """A SIRET of fourteen digits; thirteen digits get back their zero when the key agrees. A wrong key is noted, not refused, where
    the file is that of the register itself (`is_official`)."""
    digits, padded, shape, number = "{digits}", "{padded}", "{shape}", "{number}"
    key = f"{luhn(number, 14)} % 10 = 0 and {luhn(f'({number} // 100000)', 9)} % 10 = 0"
    good = f"({key}) or (substr({padded}, 1, 9) = '{LA_POSTE}' and {_digit_sum(padded, 14)} % 5 = 0)"
    return Cast(
        padded,
        (
            _number_like(text, "SIRET"),
            Refusal(f"regexp_matches({digits}, '^[0-9]{{9}}$')", "E322", "c’est un SIREN (9 chiffres), un SIRET en a 14",
                    "Ajoutez le numéro interne de classement (NIC, 5 chiffres)."),
            Refusal(f"not {shape} or starts_with({padded}, '000000000')", "E322", "un SIRET a 14 chiffres",
                    "Corrigez le SIRET."),
            *_wrong_key(f"case when {shape} then not ({good}) else false end", "E323", "SIRET", digits, 14, is_official),
        ),
        _key_notes(f"not ({good})", digits, 14, is_official),
        (*_digits(text, 14), (PLAIN, f"{padded} = {text} and {number} >= 100000 and {key}")),
    )  # fmt: skip


def siren(text: str, is_official: bool = False) -> Cast:
    """A SIREN of nine digits; eight digits get back their zero when the key agrees. A wrong key: as `siret`."""
    digits, padded, shape, number = "{digits}", "{padded}", "{shape}", "{number}"
    key = f"{luhn(number, 9)} % 10 = 0"
    return Cast(
        padded,
        (
            _number_like(text, "SIREN"),
            Refusal(f"not {shape} or {padded} = '000000000'", "E324", "un SIREN a 9 chiffres", "Corrigez le SIREN."),
            *_wrong_key(f"case when {shape} then not ({key}) else false end", "E325", "SIREN", digits, 9, is_official),
        ),
        _key_notes(f"not ({key})", digits, 9, is_official),
        (*_digits(text, 9), (PLAIN, f"{padded} = {text} and {number} > 0 and {key}")),
    )  # fmt: skip


def commune_code(text: str) -> str:
    """SQL: a commune code with its lost zero."""
    return f"upper(case when length({text}) = 4 and regexp_full_match({text}, '[0-9]+') then '0' || {text} else {text} end)"


def commune(text: str, allow: str | None) -> Cast:
    """A commune of the territory's official geographic code: a code of another year becomes the commune that it is there."""
    code, known = "{code}", "{known}"
    escape = f" or regexp_matches({code}, {quote(allow)})" if allow else ""
    return Cast(
        "coalesce({found}.target, {code})",
        (
            Refusal(f"not {known} and not (regexp_matches({code}, '^([0-9]{{2}}|2[AB])[0-9]{{3}}$'){escape})", "E331",
                    "code commune mal formé (cinq caractères attendus)", "Corrigez le code Insee de la commune."),
            Refusal("{found}.problem is not null", "E333",
                    UNCLEAR_REASON, UNCLEAR_FIX),
            Refusal(f"not ({known}{escape}) and {code} in (select code from rules.postcodes)", "E334",
                    "c’est un code postal, pas un code commune",
                    "Donnez le code Insee de la commune : un code postal peut couvrir plusieurs communes."),
            Refusal(f"not ({known}{escape})", "E332", "code commune inconnu du code officiel géographique",
                    "Corrigez le code, ou ajoutez la commune au territoire."),
        ),
        (
            Note(f"length({text}) = 4", "padded", "I204", _PADDED),
            *(Note(f"{{found}}.kind = {quote(kind)}", "projected", *told) for kind, told in NOTES.items()),
        ),
        (("code", commune_code(text)), ("known", f"{code} in (select code from rules.commune_code)")),
        lookup="code",
    )  # fmt: skip


def naf(text: str, nomenclature: str) -> Cast:
    """A sub-class of the declared nomenclature, `88.10A`; a code of another revision is refused by its name.

    The shape says the revision: one digit and a letter after the point in rév. 1; two digits in the others, and the last
    letter is Z or A to F in rév. 2, Y or G to L in 2025. A prefix such as `NAF1:` or `NAF2025:` says it too: neither may
    be another revision's. Then the code must be in the list of its nomenclature.
    """
    prefix = r"^NAF ?(?:R[EÉ]V\.? ?)?(1|2|2003|2008|2025) ?:"
    short, said = "{short}", "{said}"
    listed = f"{text} in (select naf from rules.naf_rev2)" if nomenclature == "naf_rev2" else "false"
    steps = (
        (PLAIN, listed),
        ("upper", f"case when {{plain}} then {text} else upper({text}) end"),
        ("short", "case when {plain} then replace({upper}, '.', '') "
                  "else regexp_replace(regexp_replace({upper}, '^NAF[^:]*:', ''), '[. ]', '', 'g') end"),
        ("said", f"case when not {{plain}} then regexp_extract({{upper}}, {quote(prefix)}, 1) end"),
    )  # fmt: skip
    refusals = [
        Refusal(f"({said} in {names} or regexp_matches({short}, '{shape}'))", "E343",
                f"code de la {NAF_NAMES[name]}, alors que la colonne est en {NAF_NAMES[nomenclature]}",
                "Demandez le fichier dans la bonne nomenclature, ou déclarez « nomenclature » sur la colonne.")
        for name, (shape, names) in _NAF_SHAPES.items() if name != nomenclature
    ]  # fmt: skip
    refusals += [
        Refusal(f"{said} = '' and regexp_matches({{upper}}, '^NAF[^:]*:')", "E343",
                "code annoncé d’une nomenclature d’activités inconnue",
                "Demandez le fichier dans la bonne nomenclature, ou déclarez « nomenclature » sur la colonne."),
        Refusal(f"regexp_matches({short}, '^[0-9]{{4}}$')", "E343", "code de la NAP, ou classe NAF sans sa lettre",
                "Donnez la sous-classe, avec sa lettre."),
        Refusal(f"not regexp_matches({short}, '{_NAF_SHAPES[nomenclature][0]}')", "E341", "code NAF mal formé", "Écrivez le code comme 88.10A."),
    ]  # fmt: skip
    code = f"(substr({short}, 1, 2) || '.' || substr({short}, 3))"
    refusals.append(
        Refusal(f"{code} not in (select naf from rules.{nomenclature}) and {code} <> '00.00Z'", "E342",
                f"code inconnu de la {NAF_NAMES[nomenclature]}", "Corrigez le code, ou précisez la nomenclature du fichier.")
    )  # fmt: skip
    return Cast(code, tuple(refusals), steps=steps)


def legal_category(text: str) -> Cast:
    """A legal category of level III (four digits)."""
    return Cast(
        text,
        (
            Refusal(f"not regexp_matches({text}, '^[0-9]{{4}}$')", "E351", "catégorie juridique à quatre chiffres attendue",
                    "Corrigez le code."),
            Refusal(f"{text} not in (select code from rules.legal_categories_all where level = '3')", "E352",
                    "catégorie juridique inconnue de l’Insee", "Corrigez le code."),
        ),
    )  # fmt: skip


def postcode(text: str) -> Cast:
    """A French postal code; its zero comes back when a spreadsheet has dropped it."""
    code = f"case when regexp_matches({text}, '^[0-9]{{4}}$') then '0' || {text} else {text} end"
    return Cast(
        code,
        (Refusal(f"not regexp_matches({code}, '^[0-9]{{5}}$')", "E362", "code postal mal formé", "Corrigez le code postal."),),
        (Note(f"length({text}) = 4", "padded", "I204", _PADDED),),
    )  # fmt: skip
