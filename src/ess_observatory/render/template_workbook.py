"""An observatory's own workbook, filled from a publication: its styles, logo, charts and print set-up are kept.

The template is an ordinary .xlsx. A cell that holds `{{ fig('size_total') }}` receives the number, with a number format where
the template sets none; inside a sentence, the number as printed. `{{ table('size_bands') }}` writes a table from that cell on,
`{{ rows('size_bands') }}` the same without its headers, `{{ title }}` a word of the edition. A defined name does as well:
`fig.size_total`, `table.size_bands`, `rows.size_bands`. Nothing is evaluated: a placeholder is looked up, or refused.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.render.template_placeholders import Place, misplaced, places_in, put_text, unknown
from ess_observatory.render.template_values import Shown, block_of, figure_of, words_of
from ess_observatory.tabular.screening import weigh

if TYPE_CHECKING:
    from openpyxl import Workbook

#: The templates of a project, in `reports/templates/`: that of an edition, else that of all.
NAME, NAME_OF_EDITION = "classeur.xlsx", "classeur-{edition}.xlsx"
#: Parts of a workbook that openpyxl does not carry over, and what a person calls them.
_LOST = {
    "xl/activeX/": "contrôles ActiveX",
    "xl/ctrlProps/": "contrôles de formulaire",
    "xl/diagrams/": "SmartArt",
    "xl/embeddings/": "objets incorporés",
    "xl/slicers/": "segments",
    "xl/threadedComments/": "conversations",
    "xl/drawings/vmlDrawingHF": "images d’en-tête ou de pied de page",
}
_SHAPES = (b"<xdr:sp ", b"<xdr:sp>", b"<xdr:cxnSp", b"<xdr:grpSp")
_FIRST_DAY_OF_ZIP = (1980, 1, 1, 0, 0, 0)


def template_of(root: Path, edition: str) -> Path | None:
    """The template that a project has for an edition; None when it has none."""
    folder = root / "reports" / "templates"
    found = (folder / NAME_OF_EDITION.format(edition=edition), folder / NAME)
    return next((path for path in found if path.is_file()), None)


def fill_template(publication: Publication, template: Path, out: Path) -> list[str]:
    """Write at `out` the copy of a template filled from a publication; same publication and template, same bytes.

    Returns what of the template could not be carried over, in French. Raises ObservatoryError (exit 2) E173 (unknown figure,
    table or word), E174 (placeholder that cannot be filled where it is): all of them at once, each with its sheet and cell;
    E175 when the template is no .xlsx workbook.
    """
    book = _open(template)
    faults: list[ObservatoryError] = []
    words = words_of(publication)
    places = list(places_in(book, publication, words, faults))
    blocks: list[tuple[Place, list[list[Shown]]]] = []
    for place in places:
        try:
            if place.kind == "fig":
                blocks.append((place, [[figure_of(publication, place.key)]]))
            else:
                blocks.append(
                    (place, block_of(publication.table(place.key), with_headers=place.kind == "table"))
                )
        except KeyError:
            faults.append(unknown(publication, place.kind, place.key, str(place)))
    taken: dict[tuple[str, int, int], Place] = {}
    for place, block in blocks:
        faults += _in_the_way(place, block, taken)
    if faults:
        first, *others = faults
        first.details = others
        raise first
    for place, block in blocks:
        _write(place, block)
    book.properties.modified = datetime(int(str(publication.manifest.get("year") or "2000")[:4]), 1, 1)
    if mention := words["synthetic"]:
        book.properties.description = mention
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True  # the values of formulas are not kept
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(_packed(book))
    return _lost(template)


def _open(template: Path) -> Workbook:
    from openpyxl import load_workbook

    if template.suffix.lower() != ".xlsx" or not zipfile.is_zipfile(template):
        raise _unreadable(template)
    weigh(template, template.name)  # no bomb is unpacked
    try:
        return load_workbook(template, rich_text=True)
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # what it raises for parts that lack or are malformed
        raise _unreadable(template) from error


def _unreadable(template: Path) -> ObservatoryError:
    return ObservatoryError(
        "E175",
        "Le modèle de classeur ne s’ouvre pas",
        str(template),
        "Donnez un classeur .xlsx, sans macro ni mot de passe, enregistré par un tableur.",
        Exit.USAGE,
    )


def _in_the_way(
    place: Place, block: list[list[Shown]], taken: dict[tuple[str, int, int], Place]
) -> Iterator[ObservatoryError]:
    """What a block would write over: another cell, a merged one, another block, the header of a table of the sheet."""
    sheet, top, left = place.sheet, place.cell.row, place.cell.column
    if place.kind not in ("fig", "table", "rows"):
        yield misplaced(f"Placeholder inconnu : « {place.kind} »", str(place), "Écrivez fig, table ou rows.")
        return
    for row in range(top, top + len(block)):
        for column in range(left, left + len(block[0])):
            other = sheet.cell(row, column)
            key = (sheet.title, row, column)
            is_own = (row, column) == (top, left)
            if key in taken or (
                not is_own and (other.value is not None or type(other).__name__ == "MergedCell")
            ):
                yield misplaced(
                    f"« {place.key} » recouvrirait la cellule {other.coordinate}",
                    str(place),
                    "Laissez vides les cellules que le tableau remplira.",
                )
                return
            taken[key] = place
            if any(_is_header(table, row, column) for table in sheet.tables.values()):
                yield misplaced(
                    "L’en-tête d’un tableau du classeur ne peut pas être rempli",
                    str(place),
                    "Écrivez l’en-tête à la main, et {{ rows('tableau') }} dessous.",
                )
                return


def _is_header(table: Any, row: int, column: int) -> bool:
    left, top, right, _ = _bounds(table.ref)
    return bool(table.headerRowCount) and row == top and left <= column <= right


def _bounds(reference: str) -> tuple[int, int, int, int]:
    from openpyxl.utils.cell import range_boundaries

    left, top, right, bottom = range_boundaries(reference)
    return int(left or 1), int(top or 1), int(right or 1), int(bottom or 1)


def _write(place: Place, block: list[list[Shown]]) -> None:
    """Write a block; a cell without a style of its own takes that of the first line of its kind."""
    sheet, top, left = place.sheet, place.cell.row, place.cell.column
    has_headers = place.kind == "table"
    for down, line in enumerate(block):
        model_row = top if down == 0 or not has_headers else top + 1
        for across, shown in enumerate(line):
            cell: Any = sheet.cell(top + down, left + across)
            model: Any = sheet.cell(model_row, left + across)
            if not cell.has_style:
                source = model if model.has_style else place.cell
                if source.has_style and not (has_headers and down and source is place.cell):
                    cell._style = copy(source._style)
            _put(cell, shown)
    for table in sheet.tables.values():  # a table of the sheet grows with its lines
        first, head, last, bottom = _bounds(table.ref)
        if head < top <= bottom + 1 and first <= left <= last and top + len(block) - 1 > bottom:
            start, _, end = table.ref.partition(":")
            table.ref = f"{start}:{re.sub(r'[0-9]+$', str(top + len(block) - 1), end)}"
            if table.autoFilter is not None:
                table.autoFilter.ref = table.ref


def _put(cell: Any, shown: Shown) -> None:
    if isinstance(shown.value, str):
        put_text(cell, shown.value)
        return
    is_percent = "%" in re.sub(r'"[^"]*"|\\.', "", cell.number_format)
    cell.value = shown.as_share if is_percent and shown.as_share is not None else shown.value
    if cell.number_format == "General":
        cell.number_format = shown.number_format


def _packed(book: Workbook) -> bytes:
    """The bytes of a workbook, without any clock."""
    from openpyxl.writer.excel import ExcelWriter

    written, packed = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(written, "w")).save()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _FIRST_DAY_OF_ZIP)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            target.writestr(member, source.read(name))
    return packed.getvalue()


def _lost(template: Path) -> list[str]:
    """What the template holds that its filled copy does not."""
    with zipfile.ZipFile(template) as archive:
        names = archive.namelist()
        found = [label for start, label in _LOST.items() if any(name.startswith(start) for name in names)]
        drawings = [archive.read(n) for n in names if re.fullmatch(r"xl/drawings/drawing\d+\.xml", n)]
    if any(shape in drawing for drawing in drawings for shape in _SHAPES):
        found.append("formes et zones de texte")
    return found
