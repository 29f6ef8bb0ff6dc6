"""Declared CSVs: each single fault in each column of each kind is one French sentence; what a spreadsheet saved is read as meant.

Nothing is built: the shipped files are read once, and one file at a time is written wrong, or as Excel writes it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import ROOT, one_in
from ess_observatory.declare.faults import Fault
from ess_observatory.declare.models.csv_checks import check_csvs, linked_faults
from ess_observatory.declare.models.csvfile import MODELS, model_of, read_declared
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.rows import Column, Row, Table, columns_of
from ess_observatory.engine.database import Database
from ess_observatory.recipe.rules import put_csv

PIPELINES = ROOT / "pipelines"
#: Enough lines of a file to make a fault in: the large nomenclatures are cut, which their readers do not notice.
_LINES = 400


@pytest.fixture(scope="module")
def shipped() -> Csvs:
    """The shipped files, which have no fault."""
    faults: list[Fault] = []
    csvs = check_csvs(ROOT, faults)
    assert faults == []
    return csvs


def _names() -> list[str]:
    found = (
        path.relative_to(PIPELINES).as_posix()
        for model in MODELS
        for pattern in model.files
        for path in PIPELINES.glob(pattern)
    )
    return sorted(found)


def _model(name: str) -> type[Row]:
    model = model_of(name)
    assert model is not None
    return model


def _rows(name: str) -> list[list[str]]:
    with (PIPELINES / name).open(encoding="utf-8", newline="") as handle:
        return [row for row, _ in zip(csv.reader(handle), range(_LINES), strict=False)]


def _text(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def _faults(name: str, content: str | bytes, shipped: Csvs, tmp_path: Path) -> list[Fault]:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults: list[Fault] = []
    table = read_declared(path, f"pipelines/{name}", name, faults)
    if table is not None and not faults:
        faults.extend(linked_faults(name, Csvs({**shipped, name: table})))
    return faults


def _plain(fault: Fault) -> str:
    """The sentence of a fault, its no-break spaces as spaces."""
    return str(fault).replace("\u00a0", " ")


def _is_said(faults: list[Fault], name: str) -> None:
    assert faults, "the fault passed in silence"
    for fault in faults:
        sentence = str(fault)
        assert fault.file == f"pipelines/{name}" and fault.what and "\n" not in sentence
        assert not re.search(r"\b(error|expected|invalid|None|Traceback)\b", sentence), sentence


def test_the_shipped_files_all_have_a_model() -> None:
    folders = ("rules", "rules/nomenclatures", "survey", "territories", "replications/sambre-avesnois-2011")
    paths = [
        path.relative_to(PIPELINES).as_posix()
        for folder in folders
        for path in (PIPELINES / folder).glob("*.csv")
    ]
    assert sorted(paths) == _names()


def _header_faults(rows: list[list[str]], model: type[Row]) -> Iterator[tuple[str, list[list[str]]]]:
    header, *others = rows
    for number, name in enumerate(header):
        wrong = f"{name[:-1]}{name[-1]}{name[-1]}"
        if not model.other_layouts or number:
            yield f"{name}: misspelt", [[*header[:number], wrong, *header[number + 1 :]], *others]
        yield f"{name}: twice", [[*header, name], *[[*row, "x"] for row in others]]
        if name not in model.may_lack and len(header) > 1 and not model.other_layouts:
            yield f"{name}: left out", [[*row[:number], *row[number + 1 :]] for row in rows]
    if not model.open_ended:
        yield "unknown column", [[*header, "remarque"], *[[*row, "x"] for row in others]]
    if not model.may_be_empty:
        yield "no line", [header]


def _cell_faults(rows: list[list[str]], model: type[Row]) -> Iterator[tuple[str, list[list[str]]]]:
    columns = columns_of(model)
    for number, name in enumerate(rows[0]):
        column = columns[name]
        line = next((n for n, row in enumerate(rows[1:], 1) if row[number]), None)
        if line is None:
            continue

        def changed(value: str, line: int = line, number: int = number) -> list[list[str]]:
            row = rows[line]
            return [*rows[:line], [*row[:number], value, *row[number + 1 :]], *rows[line + 1 :]]

        yield f"{name}: #N/A", changed("#N/A")
        yield f"{name}: #REF!", changed("#REF!")
        if not column.may_be_empty and len(rows[0]) > 1:
            yield f"{name}: empty", changed("")
            yield f"{name}: blank", changed(" \u00a0")
        if column.cell.says != "un texte":
            yield f"{name}: words", changed("n’importe quoi")
            yield f"{name}: scientific", changed("9,90112E+13")
            yield f"{name}: one more", changed(f"{rows[line][number]}¤")
        if column.reference:
            yield f"{name}: unknown", changed(_unknown(column, rows[line][number]))


def _unknown(column: Column, value: str) -> str:
    """A value written as the others, which the file that the column names does not declare."""
    assert column.reference and column.cell.plain
    with (PIPELINES / column.reference.file).open(encoding="utf-8", newline="") as handle:
        known = {row[column.reference.column] for row in csv.DictReader(handle)} | column.reference.also
    around = [f"{value[:-1]}{sign}" for sign in "9876543210zyxFLY"] + [f"9{sign}" for sign in "6789"]
    return next(item for item in around if item not in known and re.fullmatch(column.cell.plain, item))


def _line_faults(rows: list[list[str]], model: type[Row]) -> Iterator[tuple[str, list[list[str]]]]:
    if model.keys and len(rows) > 1:
        yield "a line twice", [*rows, rows[1]]
    if len(rows) > 1 and len(rows[0]) > 1:
        yield "a cell too many", [rows[0], [*rows[1], "x"], *rows[2:]]


@pytest.mark.parametrize("name", one_in(3, _names()))
def test_a_single_fault_is_one_sentence(name: str, shipped: Csvs, tmp_path: Path) -> None:
    model, rows = _model(name), _rows(name)
    kinds: tuple[Callable[[list[list[str]], type[Row]], Iterator[tuple[str, list[list[str]]]]], ...]
    kinds = (_header_faults, _cell_faults, _line_faults)
    for kind in kinds:
        for what, wrong in kind(rows, model):
            try:
                _is_said(_faults(name, _text(wrong), shipped, tmp_path), name)
            except AssertionError as error:
                raise AssertionError(f"{name}, {what}: {error}") from error


@pytest.mark.parametrize("name", _names())
@pytest.mark.parametrize("content", ["", "\n\n", "\x00\x01", ";;;\n;;;\n", '"a', "a,a\n1,2\n"])
def test_what_is_no_table_is_said(name: str, content: str, shipped: Csvs, tmp_path: Path) -> None:
    if _model(name).other_layouts and content.strip() and "\x00" not in content:
        return  # the reader of lists of communes says it
    _is_said(_faults(name, content, shipped, tmp_path), name)


def _as_excel(rows: list[list[str]]) -> list[list[str]]:
    """What French Excel makes of a table that is opened and saved."""

    def cell(text: str) -> str:
        if found := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
            return "/".join(reversed(found.groups()))
        if re.fullmatch(r"0\d*", text):
            return str(int(text))
        return {"true": "VRAI", "false": "FAUX"}.get(text, text)

    return [rows[0], *[[cell(text) for text in row] for row in rows[1:]]]


def _table(name: str, content: bytes, tmp_path: Path) -> Table:
    path, faults = tmp_path / "saved.csv", []
    path.write_bytes(content)
    table = read_declared(path, name, name, faults)
    assert faults == []
    assert table is not None
    return table


@pytest.mark.parametrize("name", _names())
def test_what_a_spreadsheet_saved_is_read_as_meant(name: str, tmp_path: Path) -> None:
    rows = _rows(name)
    meant = _table(name, _text(rows).encode(), tmp_path).columns
    if name == "rules/nomenclatures/legal_categories_all.csv":  # how many zeros were lost is nobody's guess
        excel = rows
        wrong = _faults(name, _text(_as_excel(rows), ";"), Csvs(), tmp_path)
        assert "un code de niveau 2 a 2 chiffre" in _plain(wrong[0])
    elif name == "rules/named_decisions.csv":  # a SIRET is text, or lost
        excel = [
            rows[0],
            *[[row[0], *cells[1:]] for row, cells in zip(rows[1:], _as_excel(rows)[1:], strict=True)],
        ]
    else:
        excel = _as_excel(rows)
    saved = {
        "bom": b"\xef\xbb\xbf" + _text(rows).encode(),
        "semicolons": _text(rows, ";", "\r\n").encode("utf-8-sig"),
        "tabs": _text(rows, "\t", "\r\n").encode("utf-16"),
        "old mac": _text(rows, ",", "\r").encode(),
        "quoted": "\n".join(",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows).encode(),
        "excel": _text(excel, ";", "\r\n").encode("utf-8-sig"),
        "sep": ("sep=;\n" + _text(rows, ";")).encode(),
        "empty lines and columns": "".join(line + ";;\n" for line in _text(rows, ";").split("\n")).encode(),
    }
    with contextlib.suppress(UnicodeEncodeError):
        saved["cp1252"] = _text(excel, ";", "\r\n").encode("cp1252")
    multiline = any("\n" in cell for row in rows for cell in row)
    for how, content in saved.items():
        if how == "empty lines and columns" and multiline:
            continue
        found = _table(name, content, tmp_path).columns
        assert found == meant, how


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("rules/legal_categories.csv", ",association,", ",associations,", "« association »"),
        ("rules/legal_categories.csv", "family", "famille", "« family »"),
        ("rules/legal_categories.csv", "2005-01-01", "2005-02-30", "date"),
        ("rules/legal_categories.csv", "2005-01-01", "38353", "numéro de jour"),
        ("rules/legal_categories.csv", "\n5191,", "\n5198,", "5198"),
        ("rules/legal_categories.csv", ",medium,", ",moyenne,", "high, low, medium"),
        ("rules/naf_exclusions.csv", "naf_rev2,94.11,", "naf_rev2,94.13,", "aucun code"),
        ("rules/naf_exclusions.csv", "naf_rev2,94.11,", "naf_rev3,94.11,", "« naf_rev2 »"),
        ("rules/naf_exclusions.csv", ",out,", ",aut,", "« out »"),
        ("rules/size_bands.csv", "10,19", "19,10", "plus petit"),
        ("rules/size_bands.csv", "10,19", "9,19", "recouvre"),
        ("rules/ess_family_labels.csv", "fondations,", "Fondations,", "jamais reconnu"),
        ("rules/named_decisions.csv", "99011201300018,in", '"9,90112E+13",in', "notation scientifique"),
        ("rules/named_decisions.csv", "99011201300018,in", "9,90112E+13,in", "notation scientifique"),
        ("rules/named_decisions.csv", "99011201300018,in", "99011201300019,in", "clé de contrôle"),
        ("rules/named_decisions.csv", "99011201300018,in", "990112013,in", "SIREN"),
        ("territories/sambre-avesnois.communes.csv", "\n59003,", "\n59993,", "commune inconnue"),
        ("territories/sambre-avesnois.communes.csv", "\n59003,", "\n590,", "code commune"),
        ("replications/sambre-avesnois-2011/checks.csv", ",size_total,", ",size_totl,", "« size_total »"),
        ("replications/sambre-avesnois-2011/checks.csv", ",size_total,", ",size_total(),", "expression"),
        ("replications/sambre-avesnois-2011/checks.csv", ",size_total,", ",size_total ** 9,", "expression"),
        ("rules/nomenclatures/naf_rev2.csv", ",01.11,", ",01.12,", "début de 01.11Z"),
        ("rules/nomenclatures/naf_versions.csv", ",732", ",731", "732 codes"),
        ("rules/nomenclatures/communes.csv", ",01,84,", ",01,85,", "regions.csv"),
        ("rules/nomenclatures/commune_moves.csv", ",01138,", ",01999,", "commune inconnue"),
    ],
)  # fmt: skip
def test_a_fault_says_what_to_do(
    name: str, old: str, new: str, said: str, shipped: Csvs, tmp_path: Path
) -> None:
    text = (PIPELINES / name).read_text(encoding="utf-8")
    assert old in text
    faults = _faults(name, text.replace(old, new, 1), shipped, tmp_path)
    _is_said(faults, name)
    assert said in _plain(faults[0]), [str(fault) for fault in faults]


def _project(tmp_path: Path) -> Path:
    """The rules of the project and an edition, to change files of; the nomenclatures are not copied."""
    for path in (PIPELINES / "rules").glob("*.csv"):
        copy = tmp_path / "pipelines" / "rules" / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / "pipelines" / "editions").mkdir()
    (tmp_path / "pipelines" / "editions" / "artois-2025.toml").write_text('id = "artois"\n', encoding="utf-8")
    return tmp_path


def _of(root: Path, word: str) -> list[str]:
    faults: list[Fault] = []
    check_csvs(root, faults)
    return [_plain(fault) for fault in faults if word in str(fault)]


def test_a_file_that_lacks_or_is_misnamed_is_said(tmp_path: Path) -> None:
    root = _project(tmp_path)
    rules = root / "pipelines" / "rules"
    (rules / "size_bands.csv").rename(rules / "size_band.csv")
    assert "renommez « size_band.csv »" in _of(root, "size_bands.csv")[0]
    (rules / "size_bands.xlsx").write_bytes(b"PK")
    assert "ne serait pas lu" in _of(root, "size_bands.xlsx")[0]
    (rules / "Mes règles.csv").write_text("code\n1\n", encoding="utf-8")
    assert "nom de fichier" in _of(root, "Mes règles")[0]
    (rules / "mine.csv").write_text("code;libellé\n1;a\n", encoding="utf-8")
    assert "nom de colonne" in _of(root, "mine.csv")[0]
    (rules / "mine.csv").write_text("code;label\n1;a\n", encoding="utf-8")
    assert _of(root, "mine.csv") == []


def test_the_rules_of_the_perimeter_are_those_that_the_queries_apply(tmp_path: Path) -> None:
    root = _project(tmp_path)
    core = root / "pipelines" / "core"
    core.mkdir()
    for path in (PIPELINES / "core").glob("*.sql"):
        (core / path.name).write_bytes(path.read_bytes())
    rules = root / "pipelines" / "rules" / "decision_rules.csv"
    assert _of(root, "rule_id") == []
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("NAF_EXCLUE", "NAF_EXCLUES"), encoding="utf-8")
    assert "« NAF_EXCLUE »" in _of(root, "rule_id")[0]
    rules.write_text(re.sub(r"CJ_A_VERIFIER.*\n", "", text), encoding="utf-8")
    assert "CJ_A_VERIFIER" in _of(root, "rule_id")[0]
    assert "ajoutez sa ligne" in _of(root, "rule_id")[0]
    rules.write_text(text + "TOUTE_NEUVE,65,review,Neuve,New,nature,always\n", encoding="utf-8")
    assert "ajoutez son « select » à pipelines/core/perimeter_test.sql" in _of(root, "rule_id")[0]
    rules.write_text(text.replace("NAF_EXCLUE,70,", "NAF_EXCLUE,60,"), encoding="utf-8")
    assert "ou changez « rank »" in _of(root, "rank")[0]


def test_a_named_decision_names_editions_that_exist(tmp_path: Path) -> None:
    root = _project(tmp_path)
    file = root / "pipelines" / "rules" / "named_decisions.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",*\n", ",artois|artois-2025\n", 1), encoding="utf-8")
    assert _of(root, "édition") == []
    file.write_text(text.replace(",*\n", ",artois-2026\n", 1), encoding="utf-8")
    assert "« artois-2025 »" in _of(root, "édition inconnue")[0]


def test_sql_sees_the_rows_that_python_sees(tmp_path: Path) -> None:
    """A file of rules as French Excel saves it makes the same table."""
    name = "rules/legal_categories.csv"
    saved = tmp_path / "pipelines" / name
    saved.parent.mkdir(parents=True)
    saved.write_bytes(_text(_as_excel(_rows(name)), ";", "\r\n").encode("cp1252"))
    with Database() as db:
        put_csv(db, "rules.saved", saved)
        put_csv(db, "rules.shipped", PIPELINES / name)
        assert db.rows("select * from rules.saved") == db.rows("select * from rules.shipped")
        assert db.rows("select count(*) from rules.saved where until is null and since is not null")[0][0] > 0
