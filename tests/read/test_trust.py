"""The trust boundary (SECURITY.md): what a query, a name, a path, a check or a template of somebody else cannot do."""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import Model, read_model
from ess_observatory.engine.others import note_written, take_along
from ess_observatory.engine.outputs import Outputs, building, put_in_place
from ess_observatory.engine.paths import inside, is_file, make_private, output_folder, plain_name
from ess_observatory.engine.sql_text import read_query
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.texts import _html
from ess_observatory.quality.declared import cross_check
from ess_observatory.quality.suites import suites_before_core
from ess_observatory.read.recognise import take_inventory
from ess_observatory.words.spreadsheet import safe_text
from ess_observatory.words.templates import environment

# ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

REACHING_OUT = [
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from read_parquet('x.parquet')",
    "select (select max(content) from read_text('/etc/passwd')) as a",
    "select * from core.a where x in (select b from glob('/**'))",
    "select * from core.a, lateral (select * from parquet_metadata('x'))",
    "select * from '/etc/passwd'",
    "select * from \"read_text\"('/etc/passwd')",
    "with a as (select * from read_json('x')) select * from a",
    "select * from duckdb_settings()",
    "select * from query('select 1')",
    "select getenv('HOME')",
    "select current_setting('temp_directory')",
    "select getvariable('x')",
    "copy (select 1) to '/tmp/x.csv'",
    "attach '/tmp/x.duckdb' as y",
    "install httpfs",
    "load httpfs",
    "set memory_limit = '1GB'",
    "pragma database_list",
    "create table core.x as select 1 as a",
    "drop table core.a",
    "delete from core.a",
    "insert into core.a values (1)",
    "update core.a set x = 1",
    "export database '/tmp/x'",
    "use memory",
    "call pragma_version()",
    "select * from information_schema.tables",
    "select * from other.core.a",
    "with x as (delete from core.a returning *) select * from x",
    "select 1; drop table core.a",
]


@pytest.mark.parametrize("sql", REACHING_OUT)
def test_a_query_that_reaches_out_is_refused_when_it_is_read(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "q.sql"
    path.write_text(sql, encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        read_model("marts.q", path)
    assert caught.value.code in ("E401", "E402", "E403", "E407")
    assert caught.value.exit_code == Exit.USAGE
    assert str(path) in (caught.value.where or "")


@pytest.mark.parametrize(
    "sql",
    [
        "select a from core.x union all select b from core.y",
        "with t as (select 1 as a) select * from t join range(3) as r(i) on true",
        "select unnest([1, 2]) as n",
        "select * from (values (1), (2)) as t(a)",
        "-- grain: one row\nfrom core.x",
    ],
)
def test_a_plain_query_is_read(sql: str) -> None:
    read_query(sql, "q.sql")


@pytest.fixture
def locked(tmp_path: Path) -> Database:
    """A database as a build has it: locked, its folder within reach."""
    place = tmp_path / "build"
    db = Database(place / "observatory.duckdb")
    db.lock(place)
    return db


@pytest.mark.parametrize(
    "sql", [sql for sql in REACHING_OUT if "/" in sql or "http" in sql or "memory_limit" in sql]
)
def test_the_engine_refuses_it_too(locked: Database, sql: str) -> None:
    """Should a way round the reading be found, the engine is locked."""
    import duckdb

    with locked, pytest.raises(duckdb.Error):
        locked.rows(sql)


def test_a_locked_build_still_writes_in_its_own_folder(locked: Database, tmp_path: Path) -> None:
    with locked:
        locked.execute("create table core.x as select range as a from range(10)")
        locked.execute(f"copy core.x to '{tmp_path}/build/x.parquet' (format parquet)")
        assert locked.rows(f"select count(*) from read_parquet('{tmp_path}/build/x.parquet')") == [(10,)]
        with pytest.raises(ObservatoryError) as caught:
            locked.make(
                Model("core.y", Path("y.sql"), "select * from read_text('/etc/hostname')", frozenset())
            )
        assert (caught.value.code, caught.value.exit_code) == ("E409", 2)
        locked.lock(Path("/"))  # no second word
        with pytest.raises(ObservatoryError):
            locked.make(Model("core.y", Path("y.sql"), "select missing from core.x", frozenset()))


def test_a_database_opened_to_be_read_reaches_nothing_else(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "observatory.duckdb"
    with Database(path) as db:
        db.execute("create table core.x as select 1 as a")
    (tmp_path / "beside.csv").write_text("a\n1\n")
    secret = [1]
    with Database(path, read_only=True) as db:
        assert db.rows("select a from core.x") == [(1,)]
        for sql in (
            f"select * from '{tmp_path}/beside.csv'",
            f"copy core.x to '{tmp_path}/y.csv'",
            "select * from secret",
        ):
            with pytest.raises(duckdb.Error):
                db.rows(sql)
    assert secret


@pytest.mark.parametrize("key", ["observed", "expected", "min", "max"])
def test_a_check_between_sources_reads_tables_only(tmp_path: Path, key: str) -> None:
    check = {
        "id": "x",
        "label": "x",
        "sources": ["a"],
        "observed": "select 1",
        key: "select count(*) from glob('/*')",
    }
    with Database() as db, pytest.raises(ObservatoryError) as caught:
        cross_check(db, check, tmp_path / "cross_checks.toml", {"a"})
    assert caught.value.code == "E407"


def test_a_check_between_sources_takes_its_query_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "cross_checks").mkdir()
    (tmp_path / "outside.sql").write_text("select 1", encoding="utf-8")
    check = {"id": "x", "label": "x", "sources": ["a"], "query": "../outside.sql"}
    with Database() as db, pytest.raises(ObservatoryError) as caught:
        cross_check(db, check, tmp_path / "cross_checks.toml", {"a"})
    assert caught.value.code == "E180"


def _source(root: Path, check: str) -> Project:
    folder = root / "pipelines" / "sources" / "essai"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(
        'title = "Essai"\nproducer = "Essai"\nlicence = "Essai"\n[[columns]]\nname = "a"\nheaders = ["A"]\n'
        f'[[checks]]\nlabel = "x"\nexpectation = "ExpectColumnValuesToNotBeNull"\n{check}\n',
        encoding="utf-8",
    )
    return Project.load(root)


@pytest.mark.parametrize(
    "check",
    [
        "table = \"read_text('/etc/passwd')\"",
        "arguments = { column = \"a\", row_condition = \"@__import__('os').system('id')\" }",
        'arguments = { column = "a", row_condition = "a.map(print)" }',
        'arguments = { column = "a", row_condition = "a.__class__ == 1" }',
        "arguments = { unexpected_rows_query = \"select * from read_csv('/etc/passwd')\" }",
    ],
)
def test_a_declared_check_computes_nothing_else(tmp_path: Path, check: str) -> None:
    with pytest.raises(ObservatoryError) as caught:
        suites_before_core(_source(tmp_path, check), {"essai"})
    assert caught.value.exit_code == Exit.USAGE


def test_a_plain_condition_is_taken(tmp_path: Path) -> None:
    condition = "(a > 3 and b in ['x', 'y']) or not c.notnull()"
    project = _source(tmp_path, f'arguments = {{ column = "a", row_condition = "{condition}" }}')
    assert suites_before_core(project, {"essai"})[0].checks[1]["arguments"]["row_condition"] == condition


# ── names and paths ─────────────────────────────────────────────────────────────────────────────────────────────────

BAD_NAMES = ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "C:x", "a\0b", "x" * 101, "é" * 60, "con", "NUL.toml", "com1",
             "-rf", ".cache", "x.", "x ", "a\nb", "a\u202eb", "a*b", "~root", "\udcff"]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ObservatoryError) as caught:
        plain_name(name, "Ce nom")
    assert (caught.value.code, caught.value.exit_code) == ("E181", Exit.USAGE)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    str(caught.value).encode("utf-8")


@pytest.mark.parametrize("name", ["sambre-avesnois-2011", "Édition 2026", "v1.0.0", "1.1", "console"])
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert plain_name(name, "Ce nom") == name


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "link", "loop", "a\0b"], ids=lambda n: n[:9]
)
def test_a_path_does_not_leave_its_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "x").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "x")
    (folder / "loop").symlink_to(folder / "loop")
    if name == "loop":
        with suppress(ObservatoryError):
            assert not is_file(inside(folder, name))
        return
    with pytest.raises(ObservatoryError) as caught:
        inside(folder, name)
    assert caught.value.code == "E180"
    assert not is_file(folder / ("x" * 5000))
    assert inside(folder, "sub/file.csv") == folder / "sub" / "file.csv"


@pytest.fixture
def mailed(project: Project, tmp_path: Path) -> Path:
    """A folder with an edition and a territory that came by mail."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "secret.csv").write_text("code\n62041\n")
    (tmp_path / "secret.toml").write_text('name = "X"\ncommunes = ["62041"]\n')
    (tmp_path / "secret.geojson").write_text("{}")
    return tmp_path / "mail"


def _edition(mailed: Path, **more: str) -> str:
    keys = {"year": "2013", "territory": '"lieu"', "perimeter": '"cress_2011"', **more}
    path = mailed / "edition.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in keys.items()) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("territory", "code"),
    [
        ('communes = ["62041"]\nid = "../../x"', "E181"),
        ('communes = ["62041"]\nmap = "../secret.geojson"', "E180"),
        ('communes = ["62041"]\nmap = "lieu.toml"', "E180"),
        ('file = "../secret.csv"', "E180"),
        ('file = "/etc/passwd"', "E180"),
    ],
)
def test_a_territory_reads_beside_itself_only(
    project: Project, mailed: Path, territory: str, code: str
) -> None:
    (mailed / "lieu.toml").write_text(f'name = "Lieu"\n{territory}\n', encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        project.edition(_edition(mailed))
    assert (caught.value.code, caught.value.exit_code) == (code, Exit.USAGE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "../../x"), ("id", "/tmp/x"), ("id", "con"), ("id", "x" * 300), ("territory", "../secret"),
        ("previous", "../x"), ("replication", "../../x"), ("texts", "../../.."), ("version", "1/../../x"), ("perimeter", "../x"),
    ],
)  # fmt: skip
def test_an_edition_leads_nowhere_else(project: Project, mailed: Path, key: str, value: str) -> None:
    (mailed / "lieu.toml").write_text('name = "Lieu"\ncommunes = ["62041"]\n', encoding="utf-8")
    assert project.edition(_edition(mailed)).id == "edition"
    with pytest.raises(ObservatoryError) as caught:
        project.edition(_edition(mailed, **{key: json.dumps(value)}))
    assert caught.value.code in ("E180", "E181")
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize("name", ["../x", "x" * 300, "a\0b", "pipelines/editions/x"])
def test_the_name_of_an_edition_is_no_path(project: Project, name: str) -> None:
    with pytest.raises(ObservatoryError):
        project.edition(name)
    with pytest.raises(ObservatoryError):
        project.edition(f"{name}.toml")


@pytest.mark.parametrize(
    "name", ["a varchar); copy (select 1) to '/tmp/x'; --", "a b", "é", "1a", "", "a" * 200]
)
def test_names_of_tables_and_columns_are_names(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "pipelines" / "sources" / "essai"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(
        f'title = "E"\nproducer = "E"\nlicence = "E"\n[[columns]]\nname = {json.dumps(name)}\nheaders = ["A"]\n',
        encoding="utf-8",
    )
    with pytest.raises(ObservatoryError) as caught:
        Project.load(tmp_path)
    assert (caught.value.code, caught.value.exit_code) == ("E181", Exit.USAGE)
    query = tmp_path / "q.sql"
    query.write_text("select 1 as a", encoding="utf-8")
    with pytest.raises(ObservatoryError):
        read_model(f"core.{name}", query)


def test_a_build_does_not_go_where_its_inputs_are(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "pipelines").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root / "pipelines")
    for bad in (root, tmp_path, root / "pipelines" / "x", root / "data" / "raw" / "x", tmp_path / "link" / "x",
                root / "reports" / "templates", root / "data" / "processed" / ".." / "raw"):  # fmt: skip
        with pytest.raises(ObservatoryError) as caught:
            output_folder(root, bad)
        assert (caught.value.code, caught.value.exit_code) == ("E182", Exit.USAGE)
    assert output_folder(root, root / "data" / "processed" / "x") == root / "data" / "processed" / "x"
    assert output_folder(root, tmp_path / "elsewhere" / "x") == tmp_path / "elsewhere" / "x"


def test_a_link_in_the_raw_folder_is_said_in_french(tmp_path: Path) -> None:
    raw, elsewhere = tmp_path / "raw", tmp_path / "partage"
    raw.mkdir()
    elsewhere.mkdir()
    (elsewhere / "x.csv").write_text("a;b\n1;2\n")
    (raw / "lien").symlink_to(elsewhere, target_is_directory=True)
    (raw / "perdu.csv").symlink_to(tmp_path / "absent.csv")
    found = {u.relative: u for u in take_inventory(raw, [], tolerant=True).unmatched}
    assert found["lien"].why == "lien vers un autre dossier : il n’est pas suivi"
    assert (found["perdu.csv"].why, found["perdu.csv"].severity) == (
        "lien vers un fichier qui n’est plus là",
        "error",
    )
    assert set(found) == {"lien", "perdu.csv"}


# ── what is written ─────────────────────────────────────────────────────────────────────────────────────────────────


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _built(outputs: Outputs, reports: dict[str, str]) -> None:
    with building(outputs) as scratch:
        for folder in (scratch.quality / "secret", scratch.publication, scratch.reports):
            folder.mkdir(parents=True)
        scratch.database.write_text("base")
        (scratch.quality / "secret" / "cells.csv").write_text("1")
        (scratch.publication / "figures.csv").write_text("1")
        for name, text in reports.items():
            (scratch.reports / name).write_text(text)
        put_in_place(scratch, outputs, ["database", "quality", "publication", "reports"])


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_what_is_confidential_is_closed_to_others(tmp_path: Path) -> None:
    outputs = Outputs.of(tmp_path, "x", tmp_path / "out")
    before = os.umask(0o022)
    try:
        _built(outputs, {"rapport-ess.html": "1"})
        with Database(tmp_path / "base.duckdb") as db:
            db.seal()
    finally:
        os.umask(before)
    assert _mode(tmp_path / "base.duckdb") == 0o600
    assert _mode(outputs.database) == 0o600
    assert _mode(outputs.quality) == _mode(outputs.quality / "secret") == 0o700
    assert _mode(outputs.quality / "secret" / "cells.csv") == 0o600
    assert _mode(outputs.publication / "figures.csv") == _mode(outputs.page) == 0o644
    make_private(tmp_path / "absent")


def _note_as_ours(outputs: Outputs, name: str) -> None:
    book = json.loads((outputs.base / ".ecrit.json").read_text("utf-8"))
    book["quality"].append(name)
    (outputs.base / ".ecrit.json").write_text(json.dumps(book), "utf-8")


def test_a_build_removes_only_what_builds_wrote(tmp_path: Path) -> None:
    outputs = Outputs.of(tmp_path, "x", tmp_path / "out")
    _built(outputs, {"rapport-ess.html": "1", "rapport-ess.en.html": "1"})
    (outputs.reports / "brouillon").mkdir()
    (outputs.reports / "brouillon" / "ch-01.md").write_text("MA RELECTURE")
    (outputs.reports / "notes.txt").symlink_to(outputs.reports / "brouillon" / "ch-01.md")
    (outputs.quality / "mes-notes.txt").write_text("à voir")
    (outputs.quality / "secret" / "cells.csv").rename(outputs.quality / "secret" / "autre.csv")
    _note_as_ours(outputs, "secret/autre.csv")
    _built(outputs, {"rapport-ess.html": "2"})
    assert outputs.page.read_text() == "2"
    assert (outputs.reports / "rapport-ess.en.html").exists(), (
        "somebody asked for it: it is told when it is of another build"
    )
    assert not (outputs.quality / "secret" / "autre.csv").exists(), "what a build wrote, and no longer writes"
    assert (outputs.reports / "brouillon" / "ch-01.md").read_text() == "MA RELECTURE"
    assert (outputs.reports / "notes.txt").is_symlink()
    assert (outputs.quality / "mes-notes.txt").read_text() == "à voir"


def test_a_folder_of_before_is_kept_but_for_the_reports(tmp_path: Path) -> None:
    outputs = Outputs.of(tmp_path, "x", tmp_path / "out")
    outputs.reports.mkdir(parents=True)
    (outputs.page).write_text("0")
    (outputs.reports / "lettre.docx").write_text("mienne")
    _built(outputs, {"rapport-ess.html": "1"})
    assert (outputs.page.read_text(), (outputs.reports / "lettre.docx").read_text()) == ("1", "mienne")


def test_what_is_taken_along_never_replaces_what_is_new(tmp_path: Path) -> None:
    new, place = tmp_path / "new", tmp_path / "place"
    (place / "a").mkdir(parents=True)
    new.mkdir()
    (place / "a" / "x").write_text("old")
    (place / "b").write_text("old")
    (new / "a").write_text("new")
    (new / "b").write_text("new")
    take_along(new, place, set())
    assert ((new / "a").read_text(), (new / "b").read_text()) == ("new", "new")
    note_written(tmp_path, {"reports": new})
    note_written(tmp_path, {"quality": place})
    assert json.loads((tmp_path / ".ecrit.json").read_text()) == {
        "quality": ["a/x", "b"],
        "reports": ["a", "b"],
    }


# ── what is printed ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "{{ x.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ x.append(1) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ nobody }}",
    ],
)
def test_a_template_prints_and_does_nothing_else(text: str) -> None:
    import jinja2

    made = environment(jinja2.DictLoader({"x": text}))
    with pytest.raises(jinja2.TemplateError):
        made.get_template("x").render(x=[])
    shown = environment(jinja2.DictLoader({"x": "{{ x }}"})).get_template("x").render(x="<script>")
    assert shown == "&lt;script&gt;"


def test_every_template_is_in_the_sandbox() -> None:
    package = Path(__file__).parents[2] / "src" / "ess_observatory"
    loose = [
        p.name
        for p in package.rglob("*.py")
        if re.search(r"(?<!Sandboxed)Environment\(", p.read_text("utf-8"))
    ]
    assert set(loose) <= {"texts.py"}, "texts have a sandbox of their own"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[clic](javascript:alert(1))",
        "[clic](JaVaScRiPt:alert(1))",
        "[clic](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_prose_never_becomes_script(text: str) -> None:
    html = _html(text).lower()
    assert "<script" not in html and "<img" not in html
    assert 'href="javascript' not in html and 'href="data' not in html


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_text_never_becomes_a_formula(text: str) -> None:
    assert safe_text(text).startswith("'")


def test_the_page_on_security_names_tests_that_exist() -> None:
    root = Path(__file__).parents[2]
    page = (root / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    here = set(re.findall(r"^def (test_\w+)", Path(__file__).read_text("utf-8"), flags=re.M))
    assert named and named <= here
