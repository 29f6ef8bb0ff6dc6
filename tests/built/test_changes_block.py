"""What changed, in a publication: found in place or in a package, said on the page and in the workbook, « première » only when it is."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.package import export_package
from ess_observatory.publish.changes import CHANGES, Before, write_changes
from ess_observatory.publish.reader import read_publication
from ess_observatory.recipe.previous import edition_before
from ess_observatory.render.html import render_html
from ess_observatory.render.workbook import render_workbook


@pytest.fixture
def former(today_build: Outputs, tmp_path: Path) -> Path:
    """The publication of today as if it were of the year before, with fewer establishments, and one figure that it hides."""
    folder = tmp_path / "former"
    shutil.copytree(today_build.publication, folder)
    change_figures(folder, lambda row: _fewer(row))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"edition": "hier", "year": manifest["year"] - 1, "version": "1.0.0"}
    for source in manifest["sources"]:
        source["vintage"] = source["vintage"] and source["vintage"] - 1
        source["files"] = [{**file, "sha256": "0" * 64} for file in source["files"]]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    concepts = (folder / "concepts.json").read_text(encoding="utf-8")
    (folder / "concepts.json").write_text(re.sub(r"\b202[456]\b", "2020", concepts), encoding="utf-8")
    return folder


def _fewer(row: dict[str, Any]) -> dict[str, Any]:
    if row["figure_id"] == "key_establishments":
        return {**row, "value": row["value"] - 10}
    if row["figure_id"] == "legal_units.total.units":
        hidden = dict.fromkeys(("value", "numerator", "ci_low", "ci_high"))
        return {**row, **hidden, "conf_status": "C"}
    return row


def change_figures(folder: Path, change: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    figures = pq.read_table(folder / "figures.parquet")
    rows = [change(row) for row in figures.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=figures.schema), folder / "figures.parquet")


@pytest.fixture
def now(today_build: Outputs, tmp_path: Path) -> Path:
    folder = tmp_path / "now"
    shutil.copytree(today_build.publication, folder)
    return folder


def told(project: Project, before: Before, folder: Path) -> dict[str, Any]:
    write_changes(project, before, folder)
    found: dict[str, Any] = json.loads((folder / CHANGES).read_text(encoding="utf-8"))
    return found


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_second_edition_says_what_rose_and_nothing_that_was_hidden(
    project: Project, former: Path, now: Path
) -> None:
    block = told(project, Before("hier", 2025, former), now)
    value = read_publication(now).figure("key_establishments").value
    assert value is not None
    lines = [plain(line["text"]) for line in block["lines"]]
    assert block["heading"] == "Ce qui a changé depuis l’édition 2025"
    assert any(
        re.search(rf"en hausse de 10 .*de {value - 10:.0f} à {value:.0f}\.", line) for line in lines
    ), lines
    assert 1 <= len(lines) <= 8
    units = read_publication(now).figure("legal_units.total.units")
    assert units.value is not None
    assert not any("nités légales" in line for line in lines), "the former edition hides them"
    assert not any("Première édition" in line for line in lines)


def test_page_and_workbook_print_the_block_in_both_languages(
    project: Project, former: Path, now: Path, tmp_path: Path
) -> None:
    block = told(project, Before("hier", 2025, former), now)
    for lang, key in (("fr", "text"), ("en", "text_en")):
        book = read_publication(now, lang)
        book = replace(book, tables=book.tables[:2], texts={**book.texts, "key_figures": [], "chapters": []})
        page = render_html(book, tmp_path / f"p.{lang}.html", lang).read_text(encoding="utf-8")
        path = render_workbook(book, tmp_path / f"w.{lang}.xlsx")
        sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
        cover = "\n".join(str(cell.value) for (cell,) in sheet.iter_rows(max_col=1) if cell.value)
        for line in block["lines"]:
            assert line[key] in page.replace("&#39;", "'").replace("&amp;", "&") and line[key] in cover
        assert block["heading" if lang == "fr" else "heading_en"] in page


def test_a_package_says_the_same_as_the_publication_that_it_was_made_from(
    project: Project, former: Path, now: Path, tmp_path: Path
) -> None:
    package = export_package(project, former, tmp_path / "dist").folder
    from_publication = told(project, Before("hier", 2025, former), now)
    assert told(project, Before("hier", 2025, package), now) == from_publication
    assert from_publication["lines"]


def test_first_only_when_it_is_the_first(project: Project, former: Path, now: Path) -> None:
    first = told(project, Before(), now)
    assert (first["status"], [line["kind"] for line in first["lines"]]) == ("first", ["first"])
    assert write_changes(project, Before(), now) == []
    lost = told(project, Before("hier", 2025), now)
    assert lost["status"] == "missing" and "n’a pas été retrouvée" in lost["lines"][0]["text"]
    [warned] = write_changes(project, Before("hier", 2025, is_declared=True), now)
    assert (warned.status, warned.public) == ("warning", False)
    (former / "figures.parquet").write_bytes(b"spoilt")
    spoilt = told(project, Before("hier", 2025, former), now)
    assert spoilt["status"] == "missing" and "n’a pas pu être lue" in spoilt["lines"][0]["text"]


def test_a_former_publication_whose_hidden_cell_has_a_value_is_not_read(
    project: Project, former: Path, now: Path
) -> None:
    change_figures(
        former, lambda row: {**row, "conf_status": "C"} if row["figure_id"] == "size_total" else row
    )
    assert told(project, Before("hier", 2025, former), now)["status"] == "missing"


# ------------------------------------------------------------------ which edition, and where it is


@pytest.fixture(scope="module")
def edition(project: Project) -> Edition:
    return project.edition("sambre-avesnois-2026")


def test_the_edition_before_is_the_latest_of_the_same_communes(
    project: Project, edition: Edition, tmp_path: Path
) -> None:
    outputs = Outputs.of(project.root, edition.id, tmp_path / "out")
    found = edition_before(project, edition, outputs)
    assert (found.edition, found.year, found.is_declared) == ("sambre-avesnois-2011", 2011, False)
    for alone in ("sambre-avesnois-2011", "cambresis-2026"):
        assert edition_before(project, project.edition(alone), outputs) == Before()
    declared = replace(edition, data={**edition.data, "previous": "cambresis-2026"})
    assert edition_before(project, declared, outputs).edition == "cambresis-2026"


def test_it_is_found_beside_in_a_package_and_by_territory(
    project: Project, edition: Edition, today_build: Outputs, tmp_path: Path
) -> None:
    declared = replace(edition, data={**edition.data, "previous": "avant"})
    outputs = Outputs.of(project.root, edition.id, tmp_path / "out" / "now")
    assert edition_before(project, declared, outputs).folder is None
    place = tmp_path / "out" / "avant"
    package = place / "ess-x-1"
    package.mkdir(parents=True)
    for version in ("1.9.0", "1.10.0"):
        folder = place / f"ess-x-{version}"
        folder.mkdir()
        text = json.dumps({"edition": "avant", "version": version})
        (folder / "datapackage.json").write_text(text, encoding="utf-8")
    (package / "datapackage.json").write_text("{", encoding="utf-8")
    assert edition_before(project, declared, outputs).folder == place / "ess-x-1.10.0"
    assert edition_before(project, declared, outputs, "epci-1").folder is None, "a package is of the whole"
    for folder in (place, place / "epci-1"):
        shutil.copytree(today_build.publication, folder / "publication")
    assert edition_before(project, declared, outputs).folder == place / "publication"
    assert edition_before(project, declared, outputs, "epci-1").folder == place / "epci-1" / "publication"


def test_an_edition_that_only_its_build_tells_of_is_named_by_previous(
    project: Project, edition: Edition, now: Path, tmp_path: Path
) -> None:
    """`previous` may name what is built beside, of which no declaration is left."""
    declared = replace(edition, data={**edition.data, "previous": "avant"})
    outputs = Outputs.of(project.root, edition.id, tmp_path / "out")
    before = edition_before(project, declared, outputs)
    assert before == Before("avant", 0, None, True)
    assert "(avant)" in told(project, before, now)["lines"][0]["text"]
