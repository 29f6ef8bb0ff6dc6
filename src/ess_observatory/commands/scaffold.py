"""New declarations for those who start: an edition, a table, and what all of them share. Written once, then theirs.

Nothing that exists is ever replaced. Every function returns the paths that it wrote.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from pathlib import Path
from string import Template
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.models.csvfile import declared_name
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.schemas import schema_line
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.previous import latest_before


def identifier(text: str, separator: str = "_") -> str:
    """A name for files and columns: lower case, no accents, words joined by `separator`."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("’", " "))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return separator.join(re.findall(r"[a-z0-9]+", spaced.lower())) or "sans_nom"


def refuse_name(name: str) -> None:
    """Raise E159 for a name that is no word of plain letters, digits and hyphens: it becomes a file and a folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", name):
        raise ObservatoryError(
            "E159",
            f"Nom refusé : « {name[:80]} »",
            None,
            "Prenez des lettres sans accent, des chiffres et des tirets (80 au plus), "
            f"par exemple « {identifier(name, '-')[:80]} ».",
            Exit.USAGE,
        )


def new_edition(
    project: Project,
    name: str,
    territory: str,
    year: int,
    perimeter: str | None,
    sources: list[str],
    title: str | None,
    like: str | None = None,
) -> list[Path]:
    """An edition of that territory and year, with its raw folder; `sources` are those that must be there.

    `like`: an edition of which the perimeter, the texts and the expected sources are taken, for what is not given here.
    """
    refuse_name(name)
    if not 1900 <= year <= 2100:
        raise ObservatoryError(
            "E159", f"Année refusée : {year}", None, "Donnez une année de quatre chiffres.", Exit.USAGE
        )
    place = project.pipelines / "editions"
    found = project.territory(territory, near=place)
    model = project.edition(like) if like else None
    taken = dict(model.sources) if model else {}
    perimeter = perimeter or (str(model.data["perimeter"]) if model else None)
    texts = model.data.get("texts") if model else None
    known = sorted(path.stem for path in (project.pipelines / "rules" / "perimeters").glob("*.toml"))
    since = {stem: int(project.perimeter(stem).get("from_year", 0)) for stem in known}
    chosen = perimeter or max(
        (stem for stem in known if 0 < since[stem] <= year), key=since.__getitem__, default=known[0]
    )
    project.perimeter(chosen)
    before = latest_before(project, found, year)
    if unknown := set(sources) - project.sources.keys():
        raise ObservatoryError("E103", f"Source inconnue : « {', '.join(sorted(unknown))} »", None,
                               f"Sources connues : {', '.join(sorted(project.sources))}.", Exit.USAGE)  # fmt: skip
    lines = [
        f"id = {quoted(name)}",
        f"title = {quoted(title or f'État de l’économie sociale et solidaire {found.name_in}')}",
        '# title_en = "…"                        # le titre de la page anglaise',
        f"year = {year}",
        f"territory = {quoted(found.id)}",
        f"perimeter = {quoted(chosen)}                # parmi : {', '.join(known)}",
        f'reference_date = "{_reference(model, year)}"           # on compte ce qui existe ce jour-là',
        'publisher = "Observatoire de l’ESS"',
        'licence = "Licence Ouverte 2.0 (Etalab)"',
        'version = "1.0.0"',
        f"{'' if before else '# '}previous = {quoted(before.id if before else '…')}                        # édition précédente, pour comparer",
        f"{'' if texts else '# '}texts = {quoted(str(texts or 'today'))}                       "
        "# dossier de pipelines/texts/fr/ dont les textes remplacent les textes communs",
        "",
        "# Une source dont le fichier manque arrête le calcul, sauf « required = false ».",
        "# Une source non déclarée est lue quand même si son fichier est là.",
        *([f"# Sources, libellés et millésimes repris de {model.id} : relisez-les."] if model else []),
    ]
    for source in dict.fromkeys([*taken, *sources]):
        lines += ["", f"[sources.{source}]", *_source(project, source, taken.get(source, {}), year)]
    if not taken and not sources:
        lines += ["", "# Sources connues, à déclarer comme [sources.NOM] :"]
        lines += [
            f"#   {spec.id:<22} {spec.title}"
            for spec in sorted(project.sources.values(), key=lambda s: s.rank)
        ]
    path = write_new(place / f"{name}.toml", lines)
    raw = project.root / "data" / "raw" / name
    raw.mkdir(parents=True, exist_ok=True)
    project.edition(name)
    return [path, raw]


def _reference(model: Edition | None, year: int) -> str:
    """The reference date that `model` would have for that year, if that day has come; else the first day of the year.

    The files of a year come at its beginning: a stock of January bears 1 January, and nothing of what follows.
    """
    first, known = f"{year}-01-01", str(model.data.get("reference_date", "")) if model else ""
    like = f"{int(known[:4]) - model.year + year}{known[4:]}" if model and known else first
    return like if like <= max(first, dt.date.today().isoformat()) else first


def _source(project: Project, source: str, taken: dict[str, Any], year: int) -> list[str]:
    """What an edition says of a source: as another edition says it, or a label and a vintage to complete."""
    lines = [f"label = {quoted(str(taken.get('label', project.sources[source].title)))}"]
    lines.append(f"vintage = {taken['vintage']}" if "vintage" in taken else f"# vintage = {year}")
    return lines if taken.get("required", True) else [*lines, "required = false"]


def new_table(project: Project, name: str, number: str, title: str, source: str) -> list[Path]:
    """A table with its card and its worked example, ready to run: it counts the establishments of the field."""
    if not re.fullmatch(r"(\d+|[A-Z])\.\d+", number):
        raise ObservatoryError(
            "E159",
            f"Numéro refusé : « {number[:80]} »",
            None,
            "Donnez un chapitre et un rang, par exemple 1.9 ou A.2.",
            Exit.USAGE,
        )
    if source not in project.sources:
        raise ObservatoryError(
            "E103",
            f"Source inconnue : « {source} »",
            None,
            f"Sources connues : {', '.join(sorted(project.sources))}.",
            Exit.USAGE,
        )
    if any(other.number == number for other in project.tables):
        raise ObservatoryError(
            "E110", f"Le numéro {number} est déjà pris", None, "Donnez un autre --number.", Exit.USAGE
        )
    table, chapter = identifier(name), number.partition(".")[0]
    folder = project.pipelines / "tables" / table
    if folder.exists():
        raise already_there(folder)
    values = {"number": number, "chapter": chapter if chapter.isdigit() else quoted(chapter), "title": title.replace('"', "”"),
              "source": source, "table": table}  # fmt: skip
    templates = project.pipelines / "templates" / "table"
    return [
        write_new(
            folder / path.name, Template(path.read_text(encoding="utf-8")).substitute(values).splitlines()
        )
        for path in sorted(templates.iterdir())
    ]


def quoted(text: str) -> str:
    """A TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def already_there(path: Path) -> ObservatoryError:
    """E153: nothing that exists is replaced."""
    return ObservatoryError(
        "E153",
        f"{path.name} existe déjà",
        str(path),
        "Choisissez un autre nom, ou effacez-le vous-même.",
        Exit.USAGE,
    )


def write_new(path: Path, lines: list[str]) -> Path:
    """Write a file that is not there yet, whole; a TOML file is read again. Raises E153 when it exists."""
    if path.exists():
        raise already_there(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = schema_line(declared_name(path))
    head = [schema] if schema and schema != next(iter(lines), "") else []  # a template has it already
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    if path.suffix == ".toml":
        try:
            read_toml(path)
        except ObservatoryError:
            path.unlink()
            raise
    return path
