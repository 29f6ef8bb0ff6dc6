"""The words that several declared files share: identifiers, official codes, dates, shares, paths."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ess_observatory.codebook.values import is_siret
from ess_observatory.declare.faults import DECLARED
from ess_observatory.declare.models.base import refused
from ess_observatory.tabular.text import clean_text
from ess_observatory.words.written import NOT_A_DATE, Why, read_moment

#: Key of a JSON Schema under which a type is said in French; the page of declarations prints it.
SAID = "x-said"
#: Codes of a path that leads out of its folder, and of a name that would.
LEADS_OUT, NO_NAME = "E180", "E181"


def _matching(pattern: str, what: str, fix: str, code: str = DECLARED) -> Any:
    """A text that has a form; what it is called, and how to write it."""
    form = re.compile(pattern)

    def checked(text: str) -> str:
        if not form.fullmatch(text):
            raise refused(f"ce n’est pas {what}", fix, code)
        return text

    schema = {"type": "string", "pattern": f"^(?:{pattern})$", SAID: what.partition(" :")[0]}
    return Annotated[str, AfterValidator(checked), WithJsonSchema(schema)]


def _checked(function: Callable[[str], str], said: str, **schema: Any) -> Any:
    return Annotated[str, AfterValidator(function), WithJsonSchema({"type": "string", SAID: said, **schema})]


#: A text that says something.
Words = _matching(r"[\s\S]*\S[\s\S]*", "un texte : il est vide", "écrivez un texte, ou retirez la clé")
#: An identifier of file or folder: never a path.
Slug = _matching(
    r"(?=.{1,100}$)[a-z0-9]+(?:[-_][a-z0-9]+)*",
    "un identifiant",
    "écrivez-le en minuscules sans accent, chiffres et tirets, par exemple sambre-avesnois-2026",
    NO_NAME,
)
#: An identifier inside a declaration: column, code of row or of answer, variable.
Code = _matching(
    r"[A-Za-z0-9_][A-Za-z0-9_.+-]*",
    "un code",
    "écrivez-le en lettres sans accent, chiffres, tirets et points, sans espace",
)
#: The name of a column in SQL.
ColumnName = _matching(
    r"[a-z][a-z0-9_]{0,62}",
    "un nom de colonne",
    "écrivez-le en minuscules sans accent, chiffres et _",
    NO_NAME,
)
#: A cell of a table: `row/column` (`section:row/column` in tables of several blocks).
CellName = _matching(
    r"[^/\s][^/\n]*/[a-z][a-z0-9_]*", "une cellule « ligne/colonne »", "écrivez « ligne/colonne »"
)
CommuneCode = _matching(
    r"\d[\dAB]\d{3}", "un code commune de l’Insee", "écrivez ses cinq caractères, par exemple 59350"
)
EpciCode = _matching(
    r"\d{9}", "un code d’intercommunalité", "écrivez ses neuf chiffres, par exemple 200043396"
)
DepartementCode = _matching(
    r"\d[\dAB]|97\d", "un code de département", "écrivez-le entre guillemets, par exemple 59, 2A ou 974"
)
RegionCode = _matching(
    r"\d{2}", "un code de région", "écrivez ses deux chiffres entre guillemets, par exemple 32"
)
NafCode = _matching(
    r"\d{2}(?:\.\d{1,2}[A-Z]?)?", "un code d’activité (NAF)", "écrivez 88, 88.1, 88.10 ou 88.10A"
)
LegalCategory = _matching(
    r"\d{1,4}", "une catégorie juridique", "écrivez ses quatre chiffres (ou les premiers), par exemple 9220"
)
#: The number of a table as it is printed: 1.1, A.2.
TableNumber = _matching(
    r"(?:\d{1,2}|[A-Z])\.\d{1,3}", "un numéro de tableau", "écrivez chapitre, point, rang : 1.1 ou A.2"
)
#: A page of the web.
Address = _matching(
    r"https?://[^\s/]+\.[^\s]+",
    "une adresse",
    "écrivez-la entière, par exemple https://www.exemple.fr/licence",
)
#: Version of an edition.
Version = _matching(r"\d+(?:\.\d+){1,3}", "un numéro de version", "écrivez par exemple 2026.1.0", NO_NAME)
#: Month of publication.
Month = _matching(r"\d{4}-(?:0[1-9]|1[0-2])(?:-\d{2})?", "un mois", "écrivez AAAA-MM, par exemple 2026-11")
#: A mark that is printed (chapter): a number, or a letter for the annexes.
Chapter = _matching(r"\d{1,2}|[A-Z]|[a-z]", "un chapitre", "écrivez un nombre, ou une lettre pour une annexe")


def _siret(text: str) -> str:
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    if re.search(r"[eE]\+", bare):
        raise refused("SIRET en notation scientifique", "reprenez ses 14 chiffres, colonne au format texte")
    if not re.fullmatch(r"\d{14}", bare):
        raise refused("ce n’est pas un SIRET", "écrivez ses 14 chiffres")
    if not (is_siret(bare) or bare.startswith("99")):
        raise refused("la clé de contrôle du SIRET est fausse", "vérifiez-le dans le répertoire Sirene")
    return bare


#: A SIRET, its key checked (numbers that begin by 99, which no real company has, serve demonstrations).
Siret = _checked(_siret, "un SIRET", pattern=r"^[\d\s]{14,20}$")


def as_day(value: Any) -> dt.date | None:
    """A date as TOML, ISO, or French people write it (`31/12/2011`, `31 décembre 2011`), None when it is none."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        return None
    text = clean_text(value) or ""
    # A number alone may be the day of a spreadsheet: the files of a producer hold some, a declaration does not.
    moment = NOT_A_DATE if text.isdecimal() else read_moment(text)
    return None if isinstance(moment, Why) else moment.date()


def _iso_day(value: Any) -> str:
    day = as_day(value)
    if day is None:
        raise refused("ce n’est pas une date", "écrivez AAAA-MM-JJ ou JJ/MM/AAAA, par exemple 2011-12-31")
    return day.isoformat()


#: A day, kept as ISO text.
Day = Annotated[
    str,
    BeforeValidator(_iso_day),
    WithJsonSchema({"type": "string", SAID: "une date (2011-12-31 ou 31/12/2011)"}),
]

#: A year of data.
Year = Annotated[int, Field(ge=1900, le=2100)]
#: A part of a whole, above 0.
Share = Annotated[float, Field(gt=0, le=1)]
#: A part of a whole, or nothing.
Rate = Annotated[float, Field(ge=0, le=1)]
#: A percentage.
Percent = Annotated[float, Field(ge=0, le=100)]
#: A count.
Count = Annotated[int, Field(ge=0)]
#: Decimals that are printed.
Decimals = Annotated[int, Field(ge=0, le=6)]


def _relative(text: str) -> str:
    path = PurePosixPath(text.replace("\\", "/"))
    if not text.strip() or path.is_absolute() or re.match(r"[A-Za-z]:", text) or "\x00" in text:
        raise refused(
            "ce n’est pas un chemin relatif",
            "écrivez le nom d’un fichier du dossier de la déclaration",
            LEADS_OUT,
        )
    if ".." in path.parts:
        raise refused("le chemin sort de son dossier", "écrivez un chemin sans « .. »", LEADS_OUT)
    return text


#: A file below the folder of the declaration: no absolute path, no `..`.
RelativePath = _checked(_relative, "un fichier (chemin relatif)", pattern=r"^(?!/)(?!.*\.\.).+$")


def _regular(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise refused("ce n’est pas une expression régulière", "vérifiez parenthèses et crochets") from None
    return text


#: A regular expression.
Regular = _checked(_regular, "une expression régulière", format="regex")


def _one_or_many(value: Any) -> Any:
    if isinstance(value, (int, float)):
        raise refused(
            "un texte entre guillemets est attendu ici", f'écrivez "{value}" (un code n’est pas un nombre)'
        )
    return [value] if isinstance(value, str) else value


#: Puts a single text in a list, for keys that accept `"a"` as well as `["a", "b"]`.
OneOrMany = BeforeValidator(_one_or_many)

#: Official codes, one or several, always between quotes (a code that begins by 0 is no number).
Codes = Annotated[
    list[str],
    OneOrMany,
    Field(min_length=1),
    WithJsonSchema(
        {
            "type": ["string", "array"],
            "items": {"type": "string"},
            SAID: "un code entre guillemets, ou une liste",
        }
    ),
]
#: The identifier of a published figure: a name of its own, or table.row.column.
FigureId = _matching(r"[A-Za-z0-9_][^\s/]*", "un identifiant de chiffre", "écrivez tableau.ligne.colonne")
#: A table of the engine that declarations may name.
StagedTable = _matching(r"(?:staging|core)\.[a-z][a-z0-9_]*", "une table", "écrivez staging.nom ou core.nom")
#: A table whose rows a measure counts or adds up.
MeasuredTable = _matching(
    r"(?:rules|staging|core)\.[a-z][a-z0-9_]*", "une table", "écrivez rules.nom, staging.nom ou core.nom"
)
CoreTable = _matching(r"core\.[a-z][a-z0-9_]*", "une table de core", "écrivez core.nom")


def _number_or_sql(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value != value:
        raise refused("un nombre, ou une requête SQL entre guillemets, est attendu ici", "corrigez la valeur")
    if isinstance(value, str) and not re.match(r"\s*(?:select|with)\b", value, re.IGNORECASE):
        raise refused(
            "ce n’est ni un nombre ni une requête SQL", "écrivez un nombre sans guillemets, ou « select … »"
        )
    return value


#: A number, or the SQL that gives it.
NumberOrSql = Annotated[
    Any,
    BeforeValidator(_number_or_sql),
    WithJsonSchema({"type": ["number", "string"], SAID: "un nombre, ou une requête SQL"}),
]

#: A code of a question of the codebook.
QuestionCode = _matching(
    r"[A-Za-z][A-Za-z0-9_-]*|\{code\}", "un code de question", "écrivez par exemple H01 ou F03a"
)
#: A code of a row.
RowCode = _matching(
    r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", "un code de ligne", "écrivez lettres sans accent, chiffres, _ et ."
)
#: A cell here or in another table: `row/column`, `table:row/column`.
CellPath = _matching(
    r"(?:[a-z][a-z0-9_]*:)?[^/\s:][^/\n:]*/[a-z][a-z0-9_]*",
    "une cellule",
    "écrivez « ligne/colonne », ou « tableau:ligne/colonne »",
)
#: A term of a ratio: a column of the same row, or a cell.
PartName = _matching(
    r"[a-z][a-z0-9_]*|(?:[a-z][a-z0-9_]*:)?[^/\s:][^/\n:]*/[a-z][a-z0-9_]*",
    "une colonne ou une cellule",
    "écrivez « colonne », « ligne/colonne » ou « tableau:ligne/colonne »",
)
#: A concept: `ess_posts`, `ess_posts.share`; of one category only: `regional_jobs@family=association`.
ConceptName = _matching(
    r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*(?:@[a-z][a-z0-9_]*=[^@=\s]+)?",
    "un concept",
    "écrivez par exemple ess_posts, ou ess_posts@family=association pour une seule catégorie",
)
#: A part of a whole that may not be nothing nor the whole.
PositiveRate = Annotated[float, Field(gt=0, lt=1)]
#: A table that an example gives rows of.
ExampleTable = _matching(
    r"(?:raw|staging|core|rules|marts)\.[a-z][a-z0-9_]*",
    "une table",
    "écrivez schéma.nom, par exemple core.establishment",
)
#: A year as the key of a section.
YearKey = _matching(r"(?:19|20)\d\d", "une année", "écrivez quatre chiffres")

#: Type in a header of an example → what its cells must be.
_EXAMPLE_TYPES = {"int": r"[+-]?\d+", "float": r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", "bool": "true|false|True|False",
                  "date": r"\d{4}-\d{2}-\d{2}", "text": r"[\s\S]*"}  # fmt: skip


def csv_rows(text: str) -> list[list[str]]:
    """The lines of a CSV text, the header first; a blank line is empty."""
    import csv
    import io

    return list(csv.reader(io.StringIO(text.strip()), skipinitialspace=True))


def _csv_text(text: str) -> str:
    rows = csv_rows(text)
    if not rows:
        raise refused("CSV vide", "donnez au moins la ligne d’en-têtes")
    header = [cell.partition(":") for cell in rows[0]]
    names, kinds = [name for name, _, _ in header], [kind or "text" for _, _, kind in header]
    if unknown := next((kind for kind in kinds if kind not in _EXAMPLE_TYPES), None):
        raise refused(
            f"type inconnu « {unknown} » dans l’en-tête", f"types connus : {', '.join(_EXAMPLE_TYPES)}"
        )
    if not all(names) or len(set(names)) != len(names):
        raise refused("en-tête vide ou donné deux fois", "donnez un nom à chaque colonne")
    for number, row in enumerate(rows[1:], 2):
        if row and len(row) != len(header):
            raise refused(
                f"ligne {number} du CSV : {len(row)} valeurs, {len(header)} attendues", "corrigez cette ligne"
            )
        for name, kind, cell in zip(names, kinds, row, strict=False):
            if cell and not re.fullmatch(_EXAMPLE_TYPES[kind], cell):
                raise refused(
                    f"ligne {number} du CSV : « {cell} » n’est pas {_CALLED[kind]}", f"corrigez « {name} »"
                )
    return text


_CALLED = {
    "int": "un nombre entier",
    "float": "un nombre",
    "bool": "true ou false",
    "date": "une date (AAAA-MM-JJ)",
}
#: Rows of an example as CSV text, whose headers may carry a type (`jobs:int`).
CsvText = _checked(_csv_text, "un texte CSV")


def _parameter(value: Any) -> Any:
    if isinstance(value, (str, int, float)):
        return value
    raise refused("un texte ou un nombre est attendu ici", "corrigez la valeur")


#: A value that a query reads.
Parameter = Annotated[
    Any,
    BeforeValidator(_parameter),
    WithJsonSchema({"type": ["string", "number", "boolean"], SAID: "un texte ou un nombre"}),
]


def _chapter_mark(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 99:
        return value
    if isinstance(value, str) and re.fullmatch(r"[A-Z]", value):
        return value
    raise refused(
        "ce n’est pas un chapitre", 'écrivez un nombre sans guillemets, ou une lettre d’annexe : "A"'
    )


#: A chapter: a number, or a letter for the annexes.
ChapterMark = Annotated[
    Any,
    BeforeValidator(_chapter_mark),
    WithJsonSchema({"type": ["integer", "string"], SAID: "un nombre, ou une lettre"}),
]
#: A message code: E120, I201, or the name of a rule of the survey.
MessageCode = _matching(
    r"[EI]\d{3}|[a-z][a-z_]*", "un code de message", "écrivez E120, I201 ou un nom en minuscules"
)
