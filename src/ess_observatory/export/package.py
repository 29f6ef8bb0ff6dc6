"""A publication → `ess-<territory>-<version>/` and its zip. Reads the publication and the declarations, nothing else."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.files import read_csv
from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.export.catalogue import dcat
from ess_observatory.export.declare import load_package
from ess_observatory.export.describe import About, datapackage, table_schema
from ess_observatory.export.documents import changelog, write_dictionary, write_readmes
from ess_observatory.export.files import (
    french_csv,
    members,
    rows_csv,
    write_json,
    write_parquet,
    write_sums,
    write_text,
    write_zip,
)
from ess_observatory.export.provenance import provenance
from ess_observatory.export.report import quality, quality_page
from ess_observatory.export.resources import Records, arrow_table
from ess_observatory.export.totals import totals
from ess_observatory.publish.comparison import Change, compare
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import read_snapshot
from ess_observatory.publish.table_csv import csv_name, table_csv, warning_of
from ess_observatory.words.decoding import decode
from ess_observatory.words.spreadsheet import safe_text

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    folder: Path
    archive: Path
    rows: dict[str, int]
    changes: int | None


def export_package(project: Project, publication: Path, out: Path, previous: Path | None = None) -> Exported:
    """Write the package of a publication folder under `out`, whole or not at all.

    `previous`: a former package, publication or edition, for the journal of changes. The same publication gives the same bytes.
    """
    book = read_publication(publication)
    about = About(book.manifest, load_package(project))
    changes, since, former = _since(project, book, previous)
    out.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
    try:
        folder = scratch / about.name
        folder.mkdir()
        rows = _fill(project, book, about, folder)
        write_text(folder / "CHANGELOG.md", changelog(about, changes, since, former))
        write_json(folder / "dcat.jsonld", dcat(about, folder, _titles(about, book, folder)))
        everything = members(folder)
        write_json(folder / "provenance.json", provenance(about, project, publication, folder, everything))
        write_sums(folder)
        archive = scratch / f"{about.name}.zip"
        write_zip(folder, archive)
        return Exported(
            _place(folder, out), _place(archive, out), rows, None if changes is None else len(changes)
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _titles(about: About, book: Publication, folder: Path) -> dict[str, str]:
    """Title of each file of data, by its path in the package."""
    titles = {resource.id: resource.title for resource in about.package.resources}
    known = {f"data/{name}.parquet": f"{title} (Parquet)" for name, title in titles.items()}
    known |= {f"csv/{about.stem}{name}.csv": f"{title} (CSV)" for name, title in titles.items()}
    known |= {
        f"csv/tableaux/{csv_name(book, table)}": f"Tableau {table.number} – {table.title}"
        for table in book.tables
    }
    return {name: known[name] for name in members(folder) if name in known}


def _fill(project: Project, book: Publication, about: About, folder: Path) -> dict[str, int]:
    """Data, CSV, schemas, dictionary, documents; returns the rows of each data set."""
    records = Records(book, project)
    rows: dict[str, int] = {}
    examples: dict[tuple[str, str], str] = {}
    (folder / "data").mkdir()
    for resource in about.package.resources:
        meta = {
            "title": f"{resource.title} – {about.title}",
            "description": resource.description,
            "licence": about.licence["title"],
            "version": str(about.manifest["version"]),
            "publisher": about.publisher,
            "synthetic": str(about.is_synthetic).lower(),
            **({"warning": about.manifest["banner"]} if about.is_synthetic else {}),
        }
        table = arrow_table(resource, records.of(resource), meta)
        rows[resource.id] = table.num_rows
        write_parquet(table, folder / "data" / f"{resource.id}.parquet")
        headers = [field.header for field in resource.fields]
        write_text(folder / "csv" / f"{about.stem}{resource.id}.csv", french_csv(table, headers))
        write_json(folder / "schemas" / f"{resource.id}.schema.json", table_schema(resource))
        examples |= _examples(resource.id, table)
    for published in book.tables:
        text = table_csv(published, warning=warning_of(book))
        write_text(folder / "csv" / "tableaux" / csv_name(book, published), text)
    english = {table.id: table.title for table in read_publication(book.dir, "en").tables}
    write_dictionary(about, book, english, examples, folder)
    has_survey = _write_codebook(project, about, folder)
    has_rules = _write_rules(about, folder)
    report = quality(about, book)
    write_json(folder / "rapport_qualite.json", report)
    write_text(folder / "rapport_qualite.html", quality_page(report))
    write_json(
        folder / "datapackage.json", datapackage(about, folder, rows, totals(records.all), book.concepts)
    )
    write_readmes(about, folder, rows, has_survey, has_rules)
    return rows


def _examples(resource: str, table: pa.Table) -> dict[tuple[str, str], str]:
    """A value of each column, the first that is there."""
    found = {}
    for name in table.column_names:
        value = next((v for v in table.column(name).to_pylist() if v is not None), None)
        if value is not None:
            text = ("vrai" if value else "faux") if isinstance(value, bool) else str(value)
            found[resource, name] = text.replace(".", ",") if isinstance(value, float) else text
    return found


def _write_codebook(project: Project, about: About, folder: Path) -> bool:
    """The questionnaire, when a survey was read for this edition."""
    kinds = {spec.id for spec in project.sources.values() if spec.kind == "survey"}
    if not any(source["id"] in kinds and source["files"] for source in about.manifest["sources"]):
        return False
    head = f"# {about.manifest['banner']}\n" if about.is_synthetic else ""
    write_text(folder / "codebook_enquete.yml", head + decode(project.questionnaire.read_bytes()))
    return True


def _write_rules(about: About, folder: Path) -> bool:
    """The rules of the perimeter, as French CSV."""
    for path in about.package.rules:
        columns = read_csv(path).columns
        lines = [[safe_text(text) for text in line] for line in zip(*columns.values(), strict=True)]
        write_text(folder / "nomenclatures" / path.name, rows_csv(list(columns), lines))
    return bool(about.package.rules)


def _since(
    project: Project, book: Publication, previous: Path | None
) -> tuple[list[Change] | None, str | None, str | None]:
    """Changes since a former package (its own data are read), publication or edition; its version; its journal."""
    if previous is None:
        return None, None, None
    journal = previous / "CHANGELOG.md"
    text = journal.read_text(encoding="utf-8") if journal.is_file() else None
    before = read_snapshot(previous, project)
    return compare(before, read_snapshot(book.dir), Breaks.load(project.pipelines)), before.version, text


def _place(new: Path, out: Path) -> Path:
    """Put a file or a folder in its place, over the former one."""
    place = out / new.name
    former = new.with_name(f"{new.name}.ancien")
    if place.exists():
        try:
            place.rename(former)
        except OSError as error:
            raise ObservatoryError(
                "E561",
                "Je ne peux pas remplacer l’export précédent",
                str(place),
                "Fermez les fichiers ouverts de ce dossier, puis relancez.",
                Exit.MISSING,
            ) from error
    new.rename(place)
    return place
