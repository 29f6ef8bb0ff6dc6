"""`ess export verify` on a package of a few rows, made by hand: each thing that is spoilt is said, and only that."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.export.files import (
    SUMS,
    french_csv,
    members,
    rows_csv,
    sha256,
    write_json,
    write_sums,
    write_zip,
)
from ess_observatory.export.totals import block_sums, totals
from ess_observatory.export.verify import Finding, opened, verify

FIELDS = {
    "figure_id": "string", "table_id": "string", "table_number": "string", "row_code": "string",
    "row_kind": "string", "section": "string", "column_code": "string", "label": "string", "value": "number",
    "numerator": "number", "ci_low": "number", "ci_high": "number", "decimals": "integer", "obs_status": "string",
    "conf_status": "string", "build": "string", "is_key": "boolean",
}  # fmt: skip
ARROW = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
MAIN, KEYS = "tableaux_publies", "figures_cles"


def row(code: str, value: float | None, kind: str = "data", **more: Any) -> dict[str, Any]:
    return {
        "figure_id": f"t.{code}.posts", "table_id": "t", "table_number": "1.1", "row_code": code, "row_kind": kind,
        "section": None, "column_code": "posts", "label": code, "value": value, "numerator": None, "ci_low": None,
        "ci_high": None, "decimals": 1, "obs_status": "A", "conf_status": "F", "build": "b1", "is_key": False, **more,
    }  # fmt: skip


ROWS = [
    row("a", 2.25, numerator=9.0),
    row("b", 5.0),
    row("c", None, conf_status="C", column_code="wages", figure_id="t.c.wages"),
    row("total", 7.25, "total"),
]


class Package:
    """A package folder, and how to change what one of its data sets says, consistently (sums and fingerprints included)."""

    def __init__(self, folder: Path, rows: list[dict[str, Any]], keys: list[dict[str, Any]]) -> None:
        self.folder, self.rows, self.keys = folder, rows, keys
        self.controls: Any = {"totals": [{"table_id": "t", "column_code": "posts", "total": 7.25}]}
        self.resources: list[dict[str, Any]] = []
        self.write()

    def write(self) -> None:
        """Every file, from the rows."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.resources = []
        for name, rows in ((MAIN, self.rows), (KEYS, self.keys)):
            table = pa.table({f: pa.array([r[f] for r in rows], ARROW[kind]) for f, kind in FIELDS.items()})
            path = f"data/{name}.parquet"
            pq.write_table(table, self.folder / path)
            fields: list[dict[str, Any]] = [{"name": f, "type": kind} for f, kind in FIELDS.items()]
            fields[0]["constraints"] = {"required": True}
            next(f for f in fields if f["name"] == "row_kind")["categories"] = [
                {"value": "data"},
                {"value": "total"},
            ]
            schema = {"fields": fields, "primaryKey": ["figure_id"]}
            write_json(self.folder / "schemas" / f"{name}.schema.json", schema)
            (self.folder / f"data/{name}.csv").write_bytes(french_csv(table, list(FIELDS)).encode())
            for kind, suffix in (("parquet", ""), ("csv", "_csv")):
                self.resources.append(
                    {
                        "name": f"{name}{suffix}", "path": f"data/{name}.{kind}", "format": kind, "rows": len(rows),
                        "schema": schema, "hash": "",
                    }
                )  # fmt: skip
        printed = [["Ligne", "Postes"], *([r["label"], self.printed(r)] for r in self.rows)]
        folder = self.folder / "csv" / "tableaux"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "SYNTHETIQUE_1.1_t.csv").write_bytes(rows_csv(printed[0], printed[1:]).encode())
        self.seal()

    @staticmethod
    def printed(one: dict[str, Any]) -> str:
        """2,25 is printed 2,3: half away from zero."""
        return {None: "", 2.25: "2,3", 1.0: "1,0", 2.26: "2,3", 5.0: "5,0", 5.1: "5,1", 7.25: "7,3"}[
            one["value"]
        ]

    def seal(self) -> None:
        """The fingerprints of what is there now."""
        for resource in self.resources:
            digest = hashlib.sha256((self.folder / resource["path"]).read_bytes()).hexdigest()
            resource["hash"] = f"sha256:{digest}"
        self.describe()

    def describe(self) -> None:
        """datapackage.json as `resources` stand, then SHA256SUMS."""
        write_json(self.folder / "datapackage.json", {"resources": self.resources, "controls": self.controls})
        write_sums(self.folder)

    def said(self, publication: Path | None = None) -> dict[str, tuple[str, ...]]:
        """What does not hold."""
        return {f.label: f.problems for f in verify(self.folder, publication) if not f.holds}


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path / "paquet", [dict(r) for r in ROWS], [dict(ROWS[0])])


def test_a_whole_package_holds_and_every_verification_was_made(package: Package, tmp_path: Path) -> None:
    publication = tmp_path / "publication"
    publication.mkdir()
    shutil.copy(package.folder / f"data/{MAIN}.parquet", publication / "figures.parquet")
    found = verify(package.folder, publication)
    assert [f.label for f in found if not f.holds] == []
    assert len(found) == 10 and len(verify(package.folder)) == 9
    assert found[0].as_dict() == {"label": "Empreintes (SHA256SUMS)", "problems": (), "ok": True}
    assert not Finding("x", ("y",)).as_dict()["ok"]


def test_one_byte_changed_is_seen(package: Package) -> None:
    path = package.folder / "csv" / "tableaux" / "SYNTHETIQUE_1.1_t.csv"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Ligne", b"Lygne"))
    assert package.said() == {"Empreintes (SHA256SUMS)": ("csv/tableaux/SYNTHETIQUE_1.1_t.csv : modifié",)}
    path.write_bytes(before)
    assert package.said() == {}


def test_one_digit_of_a_listed_fingerprint_changed_is_seen(package: Package) -> None:
    sums = package.folder / SUMS
    lines = sums.read_text(encoding="utf-8").splitlines(keepends=True)
    first = lines[0]
    lines[0] = ("0" if first[0] != "0" else "1") + first[1:]
    sums.write_text("".join(lines), encoding="utf-8")
    name = first.split("  ")[1].strip()
    assert package.said() == {"Empreintes (SHA256SUMS)": (f"{name} : modifié",)}


def test_a_fingerprint_of_the_description_changed_is_seen(package: Package) -> None:
    last = package.resources[-1]
    last["hash"] = last["hash"][:-1] + ("0" if last["hash"][-1] != "0" else "1")
    package.describe()
    assert package.said() == {
        "Les CSV disent la même chose que les Parquet": (
            f"data/{KEYS}.csv : l’empreinte n’est pas celle de datapackage.json",
        )
    }


def test_a_file_gone_and_a_file_more_are_seen(package: Package) -> None:
    (package.folder / "LISEZMOI.txt").write_text("ajouté", encoding="utf-8")
    assert package.said() == {"Empreintes (SHA256SUMS)": (f"LISEZMOI.txt : n’est pas dans {SUMS}",)}
    write_sums(package.folder)
    assert package.said() == {}
    (package.folder / "LISEZMOI.txt").unlink()
    assert package.said() == {"Empreintes (SHA256SUMS)": ("LISEZMOI.txt : manque",)}
    (package.folder / SUMS).unlink()
    assert package.said() == {"Empreintes (SHA256SUMS)": (f"{SUMS} manque",)}


def test_several_files_are_named_in_order(package: Package) -> None:
    names = [f"{letter}.txt" for letter in "hfbdgace"]
    for name in names:
        (package.folder / name).write_text("ajouté", encoding="utf-8")
    assert package.said() == {
        "Empreintes (SHA256SUMS)": tuple(f"{name} : n’est pas dans {SUMS}" for name in sorted(names))
    }
    assert members(package.folder) == sorted(members(package.folder))
    write_sums(package.folder)
    for name in names:
        (package.folder / name).write_text("changé", encoding="utf-8")
    assert package.said() == {"Empreintes (SHA256SUMS)": tuple(f"{name} : modifié" for name in sorted(names))}
    for name in names:
        (package.folder / name).unlink()
    assert package.said() == {"Empreintes (SHA256SUMS)": tuple(f"{name} : manque" for name in sorted(names))}


def test_every_table_without_its_csv_is_named(package: Package) -> None:
    package.rows.append(row("e", 1.0, table_id="u", table_number="1.2", figure_id="u.e.posts", label="e"))
    package.rows.append(row("f", 5.0, table_id="v", table_number="1.3", figure_id="v.f.posts", label="f"))
    package.write()
    assert package.said() == {WIDE: ("tableau 1.2 : pas de CSV", "tableau 1.3 : pas de CSV")}


def test_a_description_that_cannot_be_read_is_said_and_stops_there(package: Package) -> None:
    (package.folder / f"data/{KEYS}.parquet").write_bytes(b"PAR1 non")
    write_sums(package.folder)
    found = verify(package.folder)
    assert len(found) == 2 and not found[1].holds and found[1].label == "Description (datapackage.json)"
    (package.folder / "datapackage.json").write_text("{", encoding="utf-8")
    assert [f.holds for f in verify(package.folder)] == [False, False]


def _spoil_rows(package: Package) -> None:
    package.resources[0]["rows"] = 5
    package.describe()


def _spoil_schema_file(package: Package) -> None:
    write_json(package.folder / "schemas" / f"{MAIN}.schema.json", {"fields": []})
    write_sums(package.folder)


def _spoil_order(package: Package) -> None:
    fields = package.resources[0]["schema"]["fields"]
    fields[1], fields[2] = fields[2], fields[1]
    write_json(package.folder / "schemas" / f"{MAIN}.schema.json", package.resources[0]["schema"])
    package.resources[1]["schema"] = {"fields": [{"name": name} for name in FIELDS]}
    package.describe()


def _spoil_type(package: Package) -> None:
    package.resources[0]["schema"]["fields"][8]["type"] = "integer"
    write_json(package.folder / "schemas" / f"{MAIN}.schema.json", package.resources[0]["schema"])
    package.describe()


def _spoil_types(package: Package) -> None:
    for field in package.resources[0]["schema"]["fields"]:
        field["type"] = "integer"
    write_json(package.folder / "schemas" / f"{MAIN}.schema.json", package.resources[0]["schema"])
    package.describe()


def _repeat(package: Package) -> None:
    package.keys.append(dict(package.keys[0]))
    package.write()


def _empty_required(package: Package) -> None:
    package.rows[1]["obs_status"] = None
    package.write()
    for resource in package.resources[:2]:
        next(f for f in resource["schema"]["fields"] if f["name"] == "obs_status")["constraints"] = {
            "required": True
        }
    write_json(package.folder / "schemas" / f"{MAIN}.schema.json", package.resources[0]["schema"])
    package.describe()


def _unknown_category(package: Package) -> None:
    package.rows[2]["row_kind"] = "autre"
    package.write()


def _leak(package: Package) -> None:
    package.rows[2]["ci_low"] = 0.0
    package.write()


def _other_value(package: Package) -> None:
    package.keys[0]["value"] = 2.26
    package.write()


def _not_published(package: Package) -> None:
    package.keys[0]["figure_id"] = "t.z.posts"
    package.write()


def _wrong_sum(package: Package) -> None:
    package.rows[1]["value"] = 5.1
    package.write()


def _wrong_total(package: Package) -> None:
    package.controls["totals"][0]["total"] = 7.35
    package.describe()


def _csv_differs(package: Package) -> None:
    path = package.folder / f"data/{MAIN}.csv"
    path.write_bytes(path.read_bytes().replace(b"2,25", b"2,26"))
    package.seal()


def _csv_rounded_otherwise(package: Package) -> None:
    path = package.folder / "csv" / "tableaux" / "SYNTHETIQUE_1.1_t.csv"
    path.write_bytes(path.read_bytes().replace(b"2,3", b"2,2"))
    package.seal()


def _csv_in_another_order(package: Package) -> None:
    path = package.folder / "csv" / "tableaux" / "SYNTHETIQUE_1.1_t.csv"
    path.write_bytes(path.read_bytes().replace(b"2,3", b"x").replace(b"5,0", b"2,3").replace(b"x", b"5,0"))
    package.seal()


def _one_block_wrong(package: Package) -> None:
    """Two blocks of rows: the first gives the total, the second does not."""
    package.rows[:] = [
        row("a", 2.25, section="x"), row("b", 5.0, section="x"), row("d", 5.1, section="y"), row("total", 7.25, "total"),
    ]  # fmt: skip
    package.keys[:] = [row("b", 5.0, section="x")]
    package.write()


def _no_csv(package: Package) -> None:
    path = package.folder / "csv" / "tableaux" / "SYNTHETIQUE_1.1_t.csv"
    path.rename(path.with_name("SYNTHETIQUE_1.2_t.csv"))
    package.seal()


SCHEMAS, CELLS = "Schémas", "Les jeux s’accordent avec les tableaux publiés"
PRIMARY = "Clés primaires et colonnes obligatoires"
HIDDEN, SAME = "Aucune cellule masquée ne porte de valeur", "Les CSV disent la même chose que les Parquet"
TOTALS, WIDE = (
    "Les lignes des tableaux donnent leur ensemble",
    "Les tableaux en CSV reprennent les valeurs publiées",
)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_spoil_rows, {"Nombre de lignes": (f"data/{MAIN}.parquet : 4 lignes au lieu de 5",)}),
        (
            _spoil_schema_file,
            {SCHEMAS: (f"schemas/{MAIN}.schema.json : n’est pas le schéma de datapackage.json",)},
        ),
        (_spoil_order, {SCHEMAS: (f"data/{MAIN}.parquet : ordre des colonnes",)}),
        (_spoil_type, {SCHEMAS: (f"data/{MAIN}.parquet : value",)}),
        (
            _spoil_types,
            {SCHEMAS: (f"data/{MAIN}.parquet : {', '.join(sorted(FIELDS.keys() - {'decimals'}))}",)},
        ),
        (_repeat, {PRIMARY: (f"data/{KEYS}.parquet : clé primaire répétée",)}),
        (_empty_required, {PRIMARY: (f"data/{MAIN}.parquet : 1 valeurs vides dans « obs_status »",)}),
        (
            _unknown_category,
            {PRIMARY: (f"data/{MAIN}.parquet : valeurs inconnues dans « row_kind » : autre",)},
        ),
        (_leak, {HIDDEN: (f"{MAIN} : t.c.wages",)}),
        (_other_value, {CELLS: (f"{KEYS} : t.a.posts (value)",)}),
        (_not_published, {CELLS: (f"{KEYS} : t.z.posts n’est pas publié",)}),
        (_wrong_sum, {TOTALS: ("t / posts",)}),
        (_one_block_wrong, {TOTALS: ("t / posts",)}),
        (_wrong_total, {TOTALS: ("t / posts",)}),
        (_csv_differs, {SAME: (f"data/{MAIN}.csv : diffère du Parquet",)}),
        (_csv_rounded_otherwise, {WIDE: ("tableau 1.1 : le CSV ne porte pas toutes ses valeurs",)}),
        (_csv_in_another_order, {WIDE: ("tableau 1.1 : le CSV ne porte pas toutes ses valeurs",)}),
        (_no_csv, {WIDE: ("tableau 1.1 : pas de CSV",)}),
    ],
)
def test_what_is_spoilt_is_said_and_nothing_else(
    package: Package, spoil: Callable[[Package], None], said: dict[str, tuple[str, ...]]
) -> None:
    spoil(package)
    assert package.said() == said


def test_a_label_may_differ_from_one_data_set_to_another(package: Package) -> None:
    package.keys[0]["label"] = "Postes de l’ensemble"
    package.write()
    assert package.said() == {}


def test_a_check_that_cannot_be_made_is_a_problem_not_a_pass(package: Package) -> None:
    package.controls = {}
    package.describe()
    assert list(package.said()) == [TOTALS]


def test_the_publication_is_compared_cell_by_cell(package: Package, tmp_path: Path) -> None:
    publication = tmp_path / "publication"
    publication.mkdir()
    table = pq.read_table(package.folder / f"data/{MAIN}.parquet")
    rows = table.to_pylist()
    rows[0]["conf_status"] = "C"
    rows[1]["figure_id"] = "t.d.posts"
    rows[3]["label"] = "autrement dit"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), publication / "figures.parquet")
    (said,) = package.said(publication).values()
    assert set(said) == {
        "t.d.posts : absent du paquet",
        "t.b.posts : absent de la publication",
        "t.a.posts : conf_status",
    }


# ------------------------------------------------------------------ the package that a path stands for
def test_a_folder_a_zip_or_the_folder_above_open_the_same_package(package: Package, tmp_path: Path) -> None:
    write_zip(package.folder, tmp_path / "paquet.zip")
    for path in (package.folder, tmp_path, tmp_path / "paquet.zip"):
        with opened(path) as folder:
            assert members(folder) == members(package.folder)
            assert sha256(folder / SUMS) == sha256(package.folder / SUMS)
    with zipfile.ZipFile(tmp_path / "paquet.zip") as archive:
        assert {(e.date_time, e.external_attr >> 16, e.create_system) for e in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o644, 3)
        }
    for gone, left in ((SUMS, "datapackage.json"), ("datapackage.json", SUMS)):
        other = Path(shutil.copytree(package.folder, tmp_path / "ailleurs" / left))
        (other / gone).unlink()
        with opened(other) as folder:
            assert folder == other


@pytest.mark.parametrize(
    ("copies", "what"), [(0, "Aucun paquet à vérifier"), (7, "Plusieurs paquets : lequel ?")]
)
def test_no_package_or_several_is_said(package: Package, tmp_path: Path, copies: int, what: str) -> None:
    above = tmp_path / "plusieurs"
    above.mkdir()
    for n in (3, 6, 1, 5, 0, 4, 2)[:copies]:
        shutil.copytree(package.folder, above / f"p{n}")
    with pytest.raises(ObservatoryError) as caught, opened(above):
        pass
    assert (caught.value.code, caught.value.exit_code, caught.value.what) == ("E562", Exit.MISSING, what)
    assert caught.value.where == ("p0, p1, p2, p3, p4, p5, p6" if copies else str(above))


# ------------------------------------------------------------------ sums
def total_row(value: float | None, **more: Any) -> dict[str, Any]:
    return row("total", value, "total", **more)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row("a", 2.0), row("b", 3.0), total_row(5.0)], [5.0]),
        ([row("a", 2.0), row("b", 3.0, "missing"), total_row(5.0)], [5.0]),
        ([row("a", 2.0), row("b", 3.0), row("s", 5.0, "subtotal"), total_row(5.0)], [5.0]),
        ([row("a", 2.0), row("b", 3.0), total_row(5.0 + 5e-7)], [5.0 + 5e-7]),
        ([row("a", 2.0), row("b", 3.0), total_row(5.0 + 2e-6)], []),
        ([row("a", 2.0), row("b", None), total_row(2.0)], []),
        ([row("a", 2.0), total_row(2.0)], []),
        ([row("a", 2.0), row("b", None, conf_status="C"), row("c", 3.0), total_row(5.0)], []),
        ([row("a", 2.0), row("b", 3.0), total_row(5.0), total_row(5.0)], []),
        ([row("a", 2.0), row("b", 3.0)], []),
        ([row("a", 2.0), row("b", 3.0), total_row(None)], []),
        ([row("a", 2.0, section="x"), row("b", 3.0, section="x"), row("c", 5.0, section="y"), total_row(5.0)], [5.0]),
        ([row("a", 2.0, section="x"), row("b", 3.0, section="x"), row("c", 4.0, section="y"), total_row(5.0)], []),
    ],
)  # fmt: skip
def test_sums_that_must_hold(rows: list[dict[str, Any]], found: list[float]) -> None:
    assert [one["total"] for one in totals(rows)] == found
    if found:
        assert totals(rows) == [{"table_id": "t", "column_code": "posts", "total": found[0]}]


def test_a_column_that_does_not_add_up_does_not_hide_the_next() -> None:
    others = [row("a", 2.0, column_code="jobs"), row("b", 3.0, column_code="jobs")]
    mine = [row("a", 2.0), row("b", 3.0), total_row(5.0)]
    assert totals([*others, *mine]) == [{"table_id": "t", "column_code": "posts", "total": 5.0}]


def test_what_a_path_is_decides_how_it_is_opened(package: Package, tmp_path: Path) -> None:
    """A folder may be named like a zip; a file that is none is no package."""
    odd = package.folder.rename(tmp_path / "paquet.zip")
    with opened(odd) as folder:
        assert folder == odd
    write_zip(odd, tmp_path / "paquet.xlsx")
    for name in ("notes.txt", "notes.zip"):
        (tmp_path / name).write_text("rien", encoding="utf-8")
    for name in ("notes.txt", "notes.zip", "paquet.xlsx", "absent.zip"):
        with pytest.raises(ObservatoryError) as caught, opened(tmp_path / name):
            pass
        assert (caught.value.code, caught.value.where) == ("E562", str(tmp_path / name))


def test_two_rows_make_a_sum_and_one_does_not() -> None:
    assert block_sums([row("a", 2.0), row("b", 0.0)]) == {None: 2.0}
    assert block_sums([row("a", 2.0), row("b", None)]) == {}


def test_cells_of_a_french_csv() -> None:
    table = pa.table(
        {
            "n": pa.array([1.0, 2.5, None, 1e-7, 1e21]),
            "b": pa.array([True, False, None, None, None]),
            "t": pa.array(["é", "a;b", "=1+1", None, "0"]),
            "i": pa.array([0, 12, None, 3, 4]),
        }
    )
    text = french_csv(table, ["n", "b", "t", "i"])
    assert text.startswith("\ufeff")
    lines = text.removeprefix("\ufeff").split("\r\n")
    assert lines[:3] == ["n;b;t;i", "1;Oui;é;0", '2,5;Non;"a;b";12']
    assert lines[3].startswith(";;") and "=1+1" in lines[3] and not lines[3].startswith(";;=")
    assert lines[4:] == ["0,0000001;;;3", "1000000000000000000000;;0;4", ""]
    assert french_csv(pa.table({}), []) == "\ufeff\r\n"


def test_json_and_sums_are_written_to_be_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "b" / "x.json", {"é": [1]})
    text = (tmp_path / "a" / "b" / "x.json").read_text(encoding="utf-8")
    assert text == '{\n "é": [\n  1\n ]\n}\n' and json.loads(text) == {"é": [1]}
    write_sums(tmp_path)
    write_sums(tmp_path)  # never lists itself
    assert (tmp_path / SUMS).read_text(
        encoding="utf-8"
    ) == f"{hashlib.sha256(text.encode()).hexdigest()}  a/b/x.json\n"
