"""Odd secret values planted in the raw files are in no byte of what leaves."""

from __future__ import annotations

import re
import shutil
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ess_observatory.commands.trace import trace_of as trace
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe.runner import run
from ess_observatory.secrecy.audit import SAFE, audit_folder

pytestmark = pytest.mark.slow  # an edition of its own

PLANTED, OTHER, OTHERS_PART = 7_654_321, 5_000, 1_397_800 - 125_000
EDITION = "sambre-avesnois-2011"


@pytest.fixture(scope="module")
def planted(project: Project, reference_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The reference edition, in which one of the two structures that receive donations receives an odd amount."""
    raw = tmp_path_factory.mktemp("planted") / "raw"
    shutil.copytree(reference_raw, raw)
    path = next((raw / "enquete").glob("*.xlsx"))
    book = load_workbook(path)
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    gifts, resources = heads.index("F03e") + 1, heads.index("F02") + 1
    line = next(row for row in range(3, sheet.max_row + 1) if str(sheet.cell(row, gifts).value) == "125 000")
    sheet.cell(line, gifts).value = PLANTED
    sheet.cell(line, resources).value = OTHERS_PART + PLANTED
    book.save(path)
    outputs = Outputs.of(project.root, EDITION, tmp_path_factory.mktemp("planted-build"))
    run(project, project.edition(EDITION), raw, outputs)
    return outputs


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Everything readable in a file: itself, members of an archive, values of a Parquet file."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        yield str(path), repr(pq.read_table(path).to_pylist())
        yield f"{path} (metadata)", str(pq.read_metadata(path).to_dict())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"{path}!{name}", archive.read(name).decode("utf-8", errors="replace")
    else:
        yield str(path), path.read_bytes().decode("utf-8", errors="replace")


def close_up(text: str) -> str:
    """The text without what separates thousands."""
    return re.sub(
        "(?<=\\d)(?:[\\s\u00a0\u202f\u2009'’.,]|&nbsp;|&#160;|&#8239;|\\\\u202f|\\\\xa0)(?=\\d{3}(?!\\d))",
        "",
        text,
    )


def test_no_byte_of_any_output_holds_a_planted_value(planted: Outputs) -> None:
    secrets = {str(PLANTED), str(PLANTED + OTHER)}
    packed = [struct.pack(form, value) for value in (PLANTED, PLANTED + OTHER) for form in ("<d", "<q", ">d")]
    files = [
        path
        for folder in (planted.publication, planted.reports)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    files += [
        path for path in sorted(planted.quality.rglob("*")) if path.is_file() and "secret" not in path.parts
    ]
    assert {path.suffix for path in files} >= {".parquet", ".json", ".html", ".xlsx", ".csv"}
    for path in files:
        raw = path.read_bytes()
        assert not any(value in raw for value in packed), path
        for where, text in texts(path):
            found = [secret for secret in secrets if secret in close_up(text)]
            assert not found, f"{where} holds {found}"


def test_the_planted_value_is_where_it_may_be(planted: Outputs) -> None:
    """The scan is able to see it: the confidential folder has it."""
    cells = next(text for _, text in texts(planted.quality / "secret" / "cellules-masquees.parquet"))
    assert str(PLANTED + OTHER) in close_up(cells)


def test_the_trail_of_a_hidden_figure_does_not_say_it(planted: Outputs, project: Project) -> None:
    said = close_up(
        repr(trace(project, project.edition(EDITION), planted, "resources_by_origin.patronage.amount"))
    )
    assert str(PLANTED) not in said and str(PLANTED + OTHER) not in said


def test_two_publications_that_differ_by_one_establishment_unveil_nothing(
    planted: Outputs, reference_build: Outputs
) -> None:
    """Before and after one structure corrects its amount: the total changed, nobody knows for which hidden figure."""
    for now, before in ((planted, reference_build), (reference_build, planted)):
        findings = audit_folder(now.publication, before.publication)
        assert {finding.verdict for finding in findings} == {SAFE}
        assert any(figure.startswith("édition précédente") for one in findings for figure in one.figures)
