"""The CSVs of `pipelines/rules/nomenclatures/`: official codes, by the tens of thousands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Annotated, ClassVar

from ess_observatory.declare.models.cells import (
    Arrondissement,
    Commune,
    Date,
    Departement,
    Epci,
    In,
    Postcode,
    Region,
    Text,
    Whole,
    coded,
    one_of,
    word,
)
from ess_observatory.declare.models.rows import Problem, Row, Table, column

_FOLDER = "rules/nomenclatures/"
#: Overseas collectivities, which the list of départements does not hold.
_COLLECTIVITIES = frozenset({"975", "977", "978", "984", "986", "987", "988", "989"})
_YEAR = word("une année", r"(?:19|20)[0-9]{2}", "écrivez quatre chiffres")
_Naf2 = Annotated[
    str, word("une sous-classe de la NAF rév. 2", r"[0-9]{2}\.[0-9]{2}[A-FZ]", "écrivez par exemple 88.10A")
]
_Naf2025 = Annotated[
    str, word("une sous-classe de la NAF 2025", r"[0-9]{2}\.[0-9]{2}[G-LY]", "écrivez par exemple 88.10Y")
]
_Class = Annotated[str, word("une classe", r"[0-9]{2}\.[0-9]{2}", "écrivez par exemple 88.10")]
_Group = Annotated[str, word("un groupe", r"[0-9]{2}\.[0-9]", "écrivez par exemple 88.1")]
_Division = Annotated[str, coded("une division", "[0-9]{2}", "écrivez ses deux chiffres", width=2)]
_REVISION = word("une nomenclature d’activités", r"naf_[a-z0-9]+", "écrivez naf_rev1, naf_rev2 ou naf_2025")


class CommuneOfFrance(Row):
    """Une commune du code officiel géographique de l’année de référence, ou un arrondissement municipal."""

    files: ClassVar = (_FOLDER + "communes.csv",)
    keys: ClassVar = (("code",),)
    may_lack: ClassVar = frozenset({"zone_emploi"})
    code: Commune = column("code Insee")
    name: Text = column("nom")
    departement: Annotated[Departement, In(_FOLDER + "departements.csv", "code", also=_COLLECTIVITIES)] = (
        column("département, ou collectivité d’outre-mer")
    )
    region: Annotated[Region, In(_FOLDER + "regions.csv", "code")] = column("région", empty=True)
    arrondissement: Arrondissement = column("arrondissement", empty=True)
    epci_code: Annotated[Epci, In(_FOLDER + "epci.csv", "code")] = column("intercommunalité", empty=True)
    population: Whole = column("population", empty=True)
    type: Annotated[str, one_of("commune-actuelle", "arrondissement-municipal")] = column("nature du code")
    zone_emploi: Text = column("zone d’emploi", empty=True)


class CommuneMove(Row):
    """Un code de commune tenu par une autre commune, pendant des années."""

    files: ClassVar = (_FOLDER + "commune_moves.csv",)
    keys: ClassVar = (("code", "since"),)
    may_be_empty: ClassVar = True
    code: Commune = column("code tenu par un autre")
    target: Commune = column("code de la commune qui en tient lieu")
    kind: Annotated[str, one_of("merger", "code_change", "arrondissement")] = column(
        "fusion, changement de code, arrondissement municipal"
    )
    since: Annotated[str, _YEAR] = column("première année (vide : depuis toujours)", empty=True)
    until: Annotated[str, _YEAR] = column("dernière année (vide : encore)", empty=True)

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Codes that no list of communes has ever held; codes held by themselves, or by two communes in one year."""
        known = others.known_communes
        for number, value in enumerate(table.columns["target"]):
            if known and value not in known:
                yield number, "target", "commune inconnue du code officiel géographique", "corrigez le code"
        spans = sorted(
            (code, since or "0", until or "9999", number)
            for number, (code, since, until) in enumerate(
                zip(*(table.columns[name] for name in ("code", "since", "until")), strict=True)
            )
        )
        for code, since, until, number in spans:
            if since > until:
                yield number, "until", "dernière année avant la première", "corrigez l’une des deux"
            if table.columns["target"][number] == code:
                yield number, "target", "une commune ne se tient pas elle-même", "retirez la ligne"
        for (code, _, until, _), (other, since, _, number) in pairwise(spans):
            if code == other and since <= until:
                what = f"{code} est déjà tenu par une autre commune cette année-là"
                yield number, "since", what, "bornez « since » et « until »"


class CommuneChange(Row):
    """Ce qu’est une commune les années où elle n’est pas ce que dit communes.csv."""

    files: ClassVar = (_FOLDER + "commune_changes.csv",)
    keys: ClassVar = (("code", "since"),)
    may_be_empty: ClassVar = True
    code: Commune = column("code Insee")
    since: Annotated[str, _YEAR] = column("première année")
    until: Annotated[str, _YEAR] = column("dernière année")
    name: Text = column("nom")
    departement: Annotated[Departement, In(_FOLDER + "departements.csv", "code", also=_COLLECTIVITIES)] = (
        column("département, ou collectivité d’outre-mer")
    )
    region: Annotated[Region, In(_FOLDER + "regions.csv", "code")] = column("région", empty=True)
    arrondissement: Arrondissement = column("arrondissement", empty=True)
    epci_code: Annotated[Epci, In(_FOLDER + "epci.csv", "code")] = column("intercommunalité", empty=True)


class CommuneYear(Row):
    """Une année dont la composition des intercommunalités, arrondissements et départements est connue."""

    files: ClassVar = (_FOLDER + "commune_years.csv",)
    keys: ClassVar = (("year",),)
    year: Annotated[str, _YEAR] = column("année du code officiel géographique, au 1er janvier")
    role: Annotated[str, one_of("reference", "other")] = column("reference : celle de communes.csv")
    communes: Whole = column("nombre de communes")

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """No year of reference, or two; a list of communes that lacks lines."""
        for rank, number in enumerate(
            n for n, role in enumerate(table.columns["role"]) if role == "reference"
        ):
            if rank:
                yield number, "role", "il n’y a qu’une année de référence", "écrivez other"
        if "reference" not in table.columns["role"]:
            yield 0, "role", "aucune année n’est celle de communes.csv", "écrivez reference à la sienne"


class Csvs(dict[str, Table]):
    """The declared CSVs that could be read, by their name from `pipelines/`."""

    def listed(self, file: str, column: str) -> frozenset[str]:
        """The values of a column of a file; none when the file cannot be read."""
        kept: dict[tuple[str, str], frozenset[str]] = self.__dict__.setdefault("_listed", {})
        if (file, column) not in kept:
            table = self.get(file)
            kept[file, column] = frozenset(table.columns.get(column, ())) - {""} if table else frozenset()
        return kept[file, column]

    @cached_property
    def known_communes(self) -> frozenset[str]:
        """Codes of communes that exist or have existed: those of the year of reference, those that have moved."""
        present, moves = self.get(_FOLDER + "communes.csv"), self.get(_FOLDER + "commune_moves.csv")
        if present is None:
            return frozenset()
        moved = [moves.columns["code"]] if moves else []
        return frozenset[str]().union(present.columns["code"], *moved) - {""}


class PostcodeOfFrance(Row):
    """Un code postal."""

    files: ClassVar = (_FOLDER + "postcodes.csv",)
    keys: ClassVar = (("code",),)
    code: Postcode = column("code postal")


class EpciOfFrance(Row):
    """Une intercommunalité à fiscalité propre."""

    files: ClassVar = (_FOLDER + "epci.csv",)
    keys: ClassVar = (("code",),)
    code: Epci = column("SIREN de l’intercommunalité")
    name: Text = column("nom")
    type: Text = column("nature (CC, CA, CU, METRO…)")


class ArrondissementOfFrance(Row):
    """Un arrondissement."""

    files: ClassVar = (_FOLDER + "arrondissements.csv",)
    keys: ClassVar = (("code",),)
    code: Arrondissement = column("code")
    name: Text = column("nom, tel qu’il s’imprime")


class DepartementOfFrance(Row):
    """Un département."""

    files: ClassVar = (_FOLDER + "departements.csv",)
    keys: ClassVar = (("code",),)
    code: Departement = column("code")
    name: Text = column("nom")
    region: Annotated[Region, In(_FOLDER + "regions.csv", "code")] = column("région")


class RegionOfFrance(Row):
    """Une région."""

    files: ClassVar = (_FOLDER + "regions.csv",)
    keys: ClassVar = (("code",),)
    code: Region = column("code")
    name: Text = column("nom")


def _beginnings(table: Table, lengths: dict[str, int]) -> Iterator[Problem]:
    """Levels that are not the beginning of their code."""
    for name, length in lengths.items():
        for number, (naf, level) in enumerate(zip(table.columns["naf"], table.columns[name], strict=True)):
            if naf[:length] != level:
                yield number, name, f"ce n’est pas le début de {naf}", f"écrivez {naf[:length]}"


class Naf1(Row):
    """Une classe de la NAF rév. 1 et ses niveaux."""

    files: ClassVar = (_FOLDER + "naf_rev1.csv",)
    keys: ClassVar = (("naf",),)
    naf: Annotated[str, word("une classe de la NAF rév. 1", r"[0-9]{2}\.[0-9][A-Z]", "écrivez par exemple 85.3K")] = column("code")  # fmt: skip
    label: Text = column("libellé")
    group: _Group = column("groupe")
    division: _Division = column("division")
    section: Annotated[str, word("une section", "[A-Q]", "écrivez une lettre")] = column("section")  # fmt: skip

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Levels that do not follow from the code."""
        return _beginnings(table, {"group": 4, "division": 2})


class Naf2025(Row):
    """Une sous-classe de la NAF 2025 et ses niveaux."""

    files: ClassVar = (_FOLDER + "naf_2025.csv",)
    keys: ClassVar = (("naf",),)
    naf: _Naf2025 = column("code")
    label: Text = column("libellé")
    class_: _Class = column("classe", alias="class")
    group: _Group = column("groupe")
    a88: Annotated[_Division, In(_FOLDER + "naf_2025_levels.csv", "code")] = column("division")
    section: Annotated[str, word("une section", "[A-V]", "écrivez une lettre")] = (
        column("section : ses lettres ne sont pas celles de la rév. 2 à partir de J")
    )  # fmt: skip

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Levels that do not follow from the code."""
        return _beginnings(table, {"class": 5, "group": 4, "a88": 2})


class Naf2(Row):
    """Une sous-classe de la NAF rév. 2 et ses niveaux."""

    files: ClassVar = (_FOLDER + "naf_rev2.csv",)
    keys: ClassVar = (("naf",),)
    naf: _Naf2 = column("code")
    label: Text = column("libellé")
    class_: _Class = column("classe", alias="class")
    group: _Group = column("groupe")
    a88: _Division = column("division")
    a38: Annotated[str, word("un code A38", "[A-Z]{2}", "écrivez deux lettres")] = column("niveau A38")
    a17: Annotated[str, word("un code A17", "[A-Z][A-Z0-9]", "écrivez deux signes")] = column("niveau A17")
    section: Annotated[str, word("une section", "[A-U]", "écrivez une lettre")] = column("section")
    section_label: Text = column("libellé de la section")

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Levels that do not follow from the code."""
        return _beginnings(table, {"class": 5, "group": 4, "a88": 2})


class NafPassage(Row):
    """Une sous-classe de la NAF rév. 2 et une de la NAF 2025 qui la reprend, en tout ou en partie."""

    files: ClassVar = (_FOLDER + "naf_passage.csv",)
    keys: ClassVar = (("naf_rev2", "naf_2025"),)
    naf_rev2: Annotated[_Naf2, In(_FOLDER + "naf_rev2.csv", "naf")] = column("code de la rév. 2")
    naf_2025: Annotated[_Naf2025, In(_FOLDER + "naf_2025.csv", "naf")] = column("code de 2025")


class NafLevel(Row):
    """Un poste d’un niveau d’une NAF."""

    files: ClassVar = tuple(_FOLDER + f"naf_{version}_levels.csv" for version in ("rev1", "rev2", "2025"))
    keys: ClassVar = (("level", "code"), ("level", "rank"))
    level: Annotated[str, one_of("section", "a10", "a17", "a38", "a88")] = column("niveau")
    code: Annotated[
        str, coded("un code", "[A-V]|[A-Z][A-Z0-9]|[0-9]{2}", "écrivez une lettre, ou deux signes", width=2)
    ] = column("code")
    label: Text = column("libellé français")
    label_en: Text = column("libellé anglais")
    rank: Whole = column("rang officiel")


class NafVersion(Row):
    """Une version de la nomenclature d’activités."""

    files: ClassVar = (_FOLDER + "naf_versions.csv",)
    keys: ClassVar = (("nomenclature",),)
    nomenclature: Annotated[str, _REVISION] = column("identifiant, celui du fichier de ses codes")
    label: Text = column("nom")
    since: Date = column("entrée en vigueur")
    until: Date = column("dernier jour", empty=True)
    codes: Whole = column("nombre de ses codes")
    sectors: Text = column("niveau où ses secteurs sont comptés, tel qu’il s’imprime")
    sectors_en: Text = column("le même en anglais")

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """A list that lacks lines, or has too many; versions in force on the same days."""
        since, until = table.columns["since"], table.columns["until"]
        order = sorted(range(len(table)), key=lambda number: since[number])
        for before, number in pairwise(order):
            if since[number] <= (until[before] or "9999"):
                what = "cette version est en vigueur en même temps que celle d’avant"
                yield number, "since", what, "bornez « since » et « until »"
        rows = zip(table.columns["nomenclature"], table.columns["codes"], strict=True)
        for number, (name, said) in enumerate(rows):
            listed = others.get(f"{_FOLDER}{name}.csv")
            if listed and said.isdigit() and len(listed) != int(said):
                fix = f"reprenez {name}.csv, ou écrivez {len(listed)}"
                yield number, "codes", f"{name}.csv a {len(listed)} codes", fix


class LegalCategoryOfInsee(Row):
    """Une catégorie juridique de l’Insee, en vigueur ou qui l’a été."""

    files: ClassVar = (_FOLDER + "legal_categories_all.csv",)
    keys: ClassVar = (("level", "code"),)
    level: Annotated[str, one_of("1", "2", "3")] = column("niveau")
    code: Annotated[str, word("un code", "[0-9]{1,4}", "écrivez un à quatre chiffres")] = column("code")
    label: Text = column("libellé")
    until: Annotated[str, _YEAR] = column(
        "dernière année où elle est connue en vigueur (vide : elle l’est encore)", empty=True
    )

    @classmethod
    def problems(cls, table: Table, others: Csvs) -> Iterator[Problem]:
        """Codes that are not as long as their level asks."""
        wanted = {"1": 1, "2": 2, "3": 4}
        for number, (level, value) in enumerate(
            zip(table.columns["level"], table.columns["code"], strict=True)
        ):
            if len(value) != wanted.get(level, len(value)):
                yield (
                    number,
                    "code",
                    f"un code de niveau {level} a {wanted[level]} chiffre(s)",
                    "corrigez le code, ou son niveau",
                )


NOMENCLATURES: tuple[type[Row], ...] = (
    CommuneOfFrance, CommuneMove, CommuneChange, CommuneYear,
    PostcodeOfFrance, EpciOfFrance, ArrondissementOfFrance, DepartementOfFrance, RegionOfFrance, Naf1, Naf2, Naf2025,
    NafPassage, NafLevel, NafVersion, LegalCategoryOfInsee,
)  # fmt: skip
