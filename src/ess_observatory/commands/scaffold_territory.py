"""A new territory for those who start: official areas, a list of communes, the composition of a zoning."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.commands.scaffold import identifier, quoted, write_new
from ess_observatory.declare.commune_list import CommuneList, read_commune_list
from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Project
from ess_observatory.declare.territories import OBJECTS, Territory
from ess_observatory.errors import Exit, ObservatoryError

_CODES_A_LINE = 10
_COMPARE = '# compare = [{ object = "REG", code = "32", name = "Hauts-de-France" }]   # tableaux 1.7 et 3.4 : à qui se comparer'


def new_territory(
    project: Project,
    name: str,
    areas: dict[str, list[str]],
    sublevel: str,
    france: bool = False,
    from_list: Path | None = None,
    keep: str | None = None,
    name_in: str | None = None,
) -> list[Path]:
    """A territory made of official areas (`areas`: epci, arrondissement, departement, region, zone_emploi, communes).

    `from_list`: a table of communes, of which `keep` (« COLUMN=VALUE ») takes some lines; they are added to the others.
    The territory is loaded once, so that unknown codes are said at once (E108, E109); nothing is left behind then.
    """
    given = {key: list(codes) for key, codes in areas.items() if codes}
    told: list[str] = []
    if from_list is not None:
        listed = read_commune_list(project.geography, from_list, keep)
        given["communes"] = sorted({*given.get("communes", []), *listed.codes})
        told = _told(from_list, keep, listed, is_alone=len(given) == 1)
    if not given and not france:
        raise ObservatoryError("E150", "Quelles communes ?", None, "Donnez --arrondissement, --epci, --departement, --region, "
                               "--zone-emploi, --commune, --from-list ou --france.", Exit.USAGE)  # fmt: skip
    lines = [
        f"name = {quoted(name)}",
        f"name_in = {quoted(name_in or 'en ' + name)}   # suit « État de l’ESS » : en Artois, dans le Cambrésis",
        'cog = "2021"                            # millésime du code officiel géographique de pipelines/rules/nomenclatures',
        *([] if not france else ["france = true"]),
        *told,
        *(line for key, codes in given.items() for line in _array(key, codes)),
        f"sublevel = {quoted(sublevel)}                     # niveau des tableaux : epci, arrondissement, departement ou region",
        '# communes = ["59001", …]    # ou file = "mes-communes.csv" : une liste de codes suffit, le reste vient de la nomenclature',
        _COMPARE,
        '# map = "mes-contours.geojson"          # contours des communes, pour la carte (facultatif)',
    ]
    path = write_new(project.pipelines / "territories" / f"{identifier(name, '-')}.toml", lines)
    try:
        found = project.territory(path.stem, near=path.parent)
    except ObservatoryError:
        path.unlink()
        raise
    if compared := _around(project, found):
        path.write_text(path.read_text(encoding="utf-8").replace(_COMPARE, compared), encoding="utf-8")
    return [path]


def _around(project: Project, territory: Territory) -> str:
    """The region and the département that hold the whole territory, larger than it, as the areas that it is compared with."""
    inside = {commune["code"] for commune in territory.communes}
    rows = project.geography.communes
    places = []
    for level, file in (("region", "regions"), ("departement", "departements")):
        codes = {row[level] for row in rows if row["code"] in inside}
        whole = {row["code"] for row in rows if row[level] in codes}
        names = {row["code"]: row["name"] for row in read_csv_rows(project.nomenclatures[file])}
        if len(codes) == 1 and whole > inside and (code := codes.pop()) in names:
            places.append(
                f"  {{ object = {quoted(OBJECTS[level])}, code = {quoted(code)}, name = {quoted(names[code])} }},"
            )
    told = "compare = [    # tableaux 1.7 et 3.4 ; le premier sert de référence aux indices de spécificité"
    return "\n".join([told, *places, "]"]) if places else ""


def _told(file: Path, keep: str | None, listed: CommuneList, is_alone: bool) -> list[str]:
    """What the list was, the codes that were brought to their present commune, and the official area that it may be."""
    column, _, value = (keep or "").partition("=")
    lines = [f"# communes de {file.name}{f', où {column} vaut {value}' if keep else ''}"]
    if listed.replaced:
        moved = ", ".join(f"{code} → {now}" for code, now in listed.replaced.items())
        lines.append(f"# codes retirés, ramenés à leur commune actuelle : {moved}")
    if is_alone and column.upper() in OBJECTS.values():
        lines.append(
            f"area = {{ object = {quoted(column.upper())}, code = {quoted(value)} }}   # sa ligne chez les producteurs"
        )
    return lines


def _array(key: str, codes: list[str]) -> list[str]:
    """A TOML array, ten codes a line when it is long."""
    if len(codes) <= _CODES_A_LINE:
        return [f"{key} = [{', '.join(map(quoted, codes))}]"]
    chunks = [codes[i : i + _CODES_A_LINE] for i in range(0, len(codes), _CODES_A_LINE)]
    return [f"{key} = [", *(f"  {', '.join(map(quoted, chunk))}," for chunk in chunks), "]"]
