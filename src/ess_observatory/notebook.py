"""The small public API of notebooks: `Observatory.open().table("size_bands")`.

An observatory opened here reads a publication folder, never raw files: what it shows has passed the one door.
A hidden number cannot slip into a sum: `figure.number` raises where `figure.value` would be empty.
The database itself is confidential; it opens, read-only, when the caller says `confidential=True`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.project import find_root
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Figure, Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.tables import SECRET, PublishedTable
from ess_observatory.render.notebook_chart import Chart, draw
from ess_observatory.render.notebook_table import NotebookTable
from ess_observatory.words.numbers import plain_number, round_half_up

if TYPE_CHECKING:
    import pandas as pd

SHOWN_FILES = 3


@dataclass(frozen=True)
class ObservedFigure:
    """One published number, with what is needed to trust it."""

    published: Figure = field(repr=False)
    sources: tuple[dict[str, Any], ...] = field(repr=False)
    signs: dict[str, str] = field(repr=False)

    @property
    def id(self) -> str:
        """Stable id of the figure."""
        return self.published.id

    @property
    def table(self) -> PublishedTable:
        """The table that publishes it."""
        return self.published.table

    @property
    def value(self) -> float | None:
        """The number, or None when it is not shown (see `sign`)."""
        return self.published.value

    @property
    def sign(self) -> str:
        """'' when the value is shown, else 's', 'nd', '///' or 'ns'."""
        return self.published.sign

    @property
    def formatted(self) -> str:
        """As printed in the report: « 14,9 % », or the sign."""
        return self.published.formatted()

    @property
    def number(self) -> float:
        """The number, for arithmetic. Raises E520 when the cell is secret, E521 when it has no value."""
        value = self.value
        if value is not None:
            return value
        where = f"tableau {self.table.number}, {self.published.row.label}, {self.published.column.label}"
        if self.sign == SECRET:
            raise ObservatoryError(
                "E520",
                f"Cellule secrète : « {self.id} » n’entre dans aucun calcul",
                where,
                "Prenez un niveau plus large (le total), ou laissez la cellule masquée.",
                Exit.INTEGRITY,
            )
        raise ObservatoryError(
            "E521",
            f"Pas de valeur : « {self.id} » porte le signe « {self.sign} »",
            where,
            "Écartez cette cellule du calcul, en le disant.",
        )

    def __float__(self) -> float:
        return self.number

    def __str__(self) -> str:
        return self.formatted

    def __repr__(self) -> str:
        return f"{self.id} = {self.formatted}"

    def explain(self) -> str:
        """How the number is made: numerator, denominator, rounding, status, base, sources and files."""
        figure, cell = self.published, self.published.cell
        lines = [
            f"{self.formatted}   {figure.row.label} – {figure.column.label}",
            f"  Tableau {self.table.number} : {self.table.title}",
        ]
        if cell.numerator is not None and cell.denominator is not None:
            lines.append(f"  Calcul : {plain_number(cell.numerator)} / {plain_number(cell.denominator)}")
        if cell.value is not None and plain_number(cell.value) != plain_number(
            float(round_half_up(cell.value, figure.column.decimals))
        ):
            lines.append(f"  Arrondi : {plain_number(cell.value)} → {self.formatted}")
        if cell.base_n is not None:
            lines.append(f"  Réponses : {plain_number(cell.base_n)}")
        if cell.ci_low is not None and cell.ci_high is not None:
            lines.append(
                f"  Intervalle à 95\u00a0% : de {plain_number(cell.ci_low)} à {plain_number(cell.ci_high)}"
            )
        said = [self.signs[sign] for sign in (self.sign, *cell.marks) if sign in self.signs]
        lines.append(f"  Statut : {' ; '.join(said) or 'valeur normale'}")
        if cell.flags:
            lines.append(f"  Réserves : {', '.join(flag.replace('_', ' ') for flag in cell.flags)}")
        context = {"Champ": self.table.scope, "Base": self.table.base, "Source": self.table.source}
        lines += [f"  {name} : {text}" for name, text in context.items() if text]
        for source in self.sources:
            files = [f"{file['name']} (sha256 {file['sha256'][:12]}…)" for file in source["files"]]
            lines += [f"    {source['label']} : {name}" for name in files[:SHOWN_FILES]]
            if len(files) > SHOWN_FILES:
                lines.append(f"    {source['label']} : et {len(files) - SHOWN_FILES} autres fichiers")
        return "\n".join(lines).replace(" : ", "\u00a0: ")


@dataclass(frozen=True)
class Observatory:
    """A built edition, opened for reading."""

    outputs: Outputs
    publication: Publication = field(repr=False)
    confidential: bool = False

    @classmethod
    def open(
        cls,
        edition: str | None = None,
        *,
        root: Path | str | None = None,
        out: Path | str | None = None,
        confidential: bool = False,
    ) -> Observatory:
        """Open a build. Raises E522 when there is none, E523 when the edition has to be chosen.

        `edition`: its id (not needed when only one is built); `root`: folder of the project (default:
        `ESS_ROOT`, else found from here up); `out`: folder given to `ess run --out` (default: `ESS_OUT`);
        `confidential=True`: allow `sql` on the database, whose cells are not protected.
        """
        chosen = out or os.environ.get("ESS_OUT")
        if chosen:
            outputs = Outputs.of(Path(chosen), edition or "", Path(chosen))
        else:
            base = Path(root) if root else find_root()
            outputs = Outputs.of(base, edition or _only_build(base), None)
        if not (outputs.publication / "manifest.json").is_file():
            raise ObservatoryError(
                "E522",
                "Aucune publication à ouvrir",
                str(outputs.publication),
                "Construisez-la : make annual-report (ou « ess run »).",
                Exit.MISSING,
            )
        publication = read_publication(outputs.publication)
        found = publication.manifest["edition"]
        if edition and found != edition:
            raise ObservatoryError(
                "E523",
                f"Ce dossier contient l’édition « {found} »",
                str(outputs.publication),
                f"Ouvrez celui de « {edition} ».",
                Exit.USAGE,
            )
        return cls(outputs, publication, confidential)

    @property
    def tables(self) -> pd.DataFrame:
        """Index of the tables, in print order: number, id, title, base."""
        import pandas as pd

        rows = [(table.number, table.id, table.title, table.base) for table in self.publication.tables]
        return pd.DataFrame(rows, columns=["number", "id", "title", "base"], dtype="string")

    def table(self, key: str) -> NotebookTable:
        """A table by id or number (`"size_bands"`, `"1.1"`); shows itself, and gives `.to_frame()`."""
        try:
            return NotebookTable.of(self.publication.table(key))
        except KeyError:
            names = [name for table in self.publication.tables for name in (table.id, table.number)]
            raise _unknown("Tableau", key, names, "obs.tables") from None

    def figure(self, figure_id: str) -> ObservedFigure:
        """A published number by its id (`"share_jobs"`)."""
        try:
            figure = self.publication.figure(figure_id)
        except KeyError:
            names = [figure.id for figure in self.publication.figures()]
            raise _unknown("Chiffre", figure_id, names, "obs.figures") from None
        wanted = self._sources_of(figure_id)
        manifest = self.publication.manifest
        sources = tuple(source for source in manifest["sources"] if source["id"] in wanted)
        return ObservedFigure(figure, sources, manifest["signs"])

    @property
    def figures(self) -> pd.DataFrame:
        """Every published number, as in `figures.parquet`: one row a cell, `value` empty when hidden."""
        import pandas as pd

        return pd.read_parquet(self.outputs.publication / "figures.parquet")

    def sql(self, query: str) -> pd.DataFrame:
        """Result of a query on the confidential database (raw, rules, staging, core, marts), read-only.

        Raises E524 unless the observatory was opened with `confidential=True`, E525 when the query fails.
        """
        if not self.confidential:
            raise ObservatoryError(
                "E524",
                "La base est confidentielle : ses cellules ne sont pas protégées",
                None,
                "Les chiffres publiés sont dans obs.table(…) et obs.figures. Pour travailler sur la base : "
                "Observatory.open(…, confidential=True), et ne diffusez pas les sorties.",
                Exit.INTEGRITY,
            )
        if not self.outputs.database.is_file():
            raise ObservatoryError(
                "E522",
                "La base n’est pas là",
                str(self.outputs.database),
                "Construisez-la : make annual-report (ou « ess run »).",
                Exit.MISSING,
            )
        import duckdb

        with Database(self.outputs.database, read_only=True) as database:
            try:
                return database.arrow(query).to_pandas()
            except (duckdb.Error, AttributeError) as error:
                raise ObservatoryError(
                    "E525",
                    f"Requête refusée : {str(error).splitlines()[0]}",
                    None,
                    "La base s’ouvre en lecture seule, et une requête rend une table.",
                ) from error

    def plot(
        self, table: PublishedTable | str, column: str | None = None, *, section: str | None = None
    ) -> Chart:
        """Bars of one column of a table (default: the one the report draws); hidden cells show their sign."""
        found = self.table(table) if isinstance(table, str) else table
        drawing = draw(found, column, section, bool(self.publication.manifest.get("synthetic")))
        return Chart(drawing, f"Graphique du tableau {found.number}\u00a0: {found.finding or found.title}")

    def _sources_of(self, figure_id: str) -> set[str]:
        import pyarrow.parquet as pq

        rows = pq.read_table(
            self.outputs.publication / "figures.parquet",
            columns=["sources"],
            filters=[("figure_id", "=", figure_id)],
        ).to_pylist()
        return {source for row in rows for source in row["sources"] or ()}

    def __repr__(self) -> str:
        manifest = self.publication.manifest
        kind = ", données synthétiques" if manifest.get("synthetic") else ""
        count = len(self.publication.tables)
        return f"<Observatoire : {manifest['title']}, édition {manifest['edition']}{kind}, {count} tableaux>"


def _only_build(root: Path) -> str:
    manifests = (root / "data" / "processed").glob("*/publication/manifest.json")
    built = sorted(path.parent.parent.name for path in manifests)
    if len(built) == 1:
        return built[0]
    if not built:
        raise ObservatoryError(
            "E522",
            "Aucune édition n’est construite",
            str(root / "data" / "processed"),
            "Construisez-en une : make annual-report (ou « ess run »).",
            Exit.MISSING,
        )
    raise ObservatoryError(
        "E523",
        "Plusieurs éditions sont construites",
        ", ".join(built),
        f'Choisissez : Observatory.open("{built[-1]}").',
        Exit.USAGE,
    )


def _unknown(kind: str, key: str, names: list[str], listing: str) -> ObservatoryError:
    import difflib

    close = difflib.get_close_matches(key, names, n=3)
    hint = f"Voulez-vous dire {', '.join(close)} ? " if close else ""
    return ObservatoryError(
        "E526", f"{kind} inconnu : « {key} »", None, f"{hint}La liste est dans {listing}.", Exit.USAGE
    )
