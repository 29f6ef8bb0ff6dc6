"""The gates: what is declared is judged at both borders, with its severity; budgets, previous edition, other sources."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import REFERENCE, ROOT
from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.quality.declared import budgets, cross_check, cross_checks, row_counts
from ess_observatory.quality.gate import Gate
from ess_observatory.quality.partitions import count_partitions, write_partitions
from ess_observatory.quality.suites import FIRST, Suite, suites_before_core, suites_before_publication
from ess_observatory.quality.verdicts import SEVERITIES, Verdict, verdict, write_public_verdicts
from ess_observatory.recipe.runner import run
from test_other_edition import COMMUNES, HEADERS, _siret


def _checks(outputs: Outputs) -> dict[str, dict]:
    return {
        row["id"]: row for row in json.loads((outputs.quality / "checks.json").read_text(encoding="utf-8"))
    }


def _suite(name: str, relation: str, *checks: tuple[str, dict, str]) -> Suite:
    declared = tuple(
        {"id": f"{name}.{i}", "expectation": e, "arguments": a, "severity": s, "label": f"contrôle {i}"}
        for i, (e, a, s) in enumerate(checks)
    )
    return Suite(name, name, name, FIRST, relation, f"{name}/source.toml", declared)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A few suites on a small table with faults, judged together."""
    suites = [
        _suite(
            "faulty",
            "staging.faulty",
            ("ExpectColumnValuesToBeUnique", {"column": "siret"}, "block"),
            ("ExpectColumnValuesToNotBeNull", {"column": "naf"}, "warn"),
            ("ExpectColumnValuesToBeBetween", {"column": "posts", "min_value": 0}, "info"),
            (
                "ExpectColumnValuesToBeInSet",
                {"column": "naf", "value_set": ["88.10A"], "mostly": 0.3},
                "block",
            ),
            ("ExpectColumnValuesToMatchRegex", {"column": "siret", "regex": "^(?!9)"}, "warn"),
        ),
        _suite(
            "empty",
            "staging.nothing",
            ("ExpectTableRowCountToBeBetween", {"min_value": 1}, "block"),
            ("ExpectColumnValuesToNotBeNull", {"column": "siret"}, "block"),
        ),
        replace(
            _suite(
                "absent", "staging.nothing", ("ExpectColumnValuesToNotBeNull", {"column": "siret"}, "block")
            ),
            optional=True,
        ),
    ]
    with Database() as db, Gate(suites, tmp_path_factory.mktemp("gate")) as gate:
        db.execute(
            "create table staging.faulty as select * from (values ('1', '88.10A', 3), ('1', null, -1), ('9', '01.11Z', 2)) "
            "as t(siret, naf, posts)"
        )
        db.execute("create table staging.nothing (siret varchar)")
        return {one.suite.id: one for one in gate.judge(db, FIRST)}


def test_severity_decides_of_the_status(judged):
    assert [v.status for v in judged["faulty"].verdicts] == ["failed", "warning", "info", "ok", "warning"]
    assert [v.severity for v in judged["faulty"].verdicts] == ["block", "warn", "info", "block", "warn"]


def test_a_verdict_counts_and_gives_examples(judged):
    first, second, third, *_ = judged["faulty"].verdicts
    assert (first.detail, first.examples, first.observed) == ("2 valeur(s) en défaut sur 3", ("1",), 2)
    assert second.detail == "1 valeur(s) en défaut sur 3"
    assert third.examples == ("-1",)


def test_an_empty_table_does_not_pass(judged):
    """Expectations on values hold of no row at all: the guard does not."""
    assert [v.status for v in judged["empty"].verdicts] == ["failed", "ok"]
    assert "absent" not in judged, "a table that this edition does not publish is not judged"


def test_every_declared_suite_is_guarded(project: Project, tmp_path: Path):
    suites = suites_before_core(project, project.sources) + suites_before_publication(project, tmp_path)
    assert suites
    for suite in suites:
        guards = [check for check in suite.checks if check["expectation"].startswith("ExpectTableRowCount")]
        assert guards, suite.id
        assert any(
            check["severity"]
            == min((c["severity"] for c in suite.checks), key=("block", "warn", "info").index)
            or check["label"] != "Il y a des lignes à contrôler"  # it guards itself, as severely as it says
            for check in guards
        ), suite.id


def test_suites_and_results_are_those_of_the_library(judged):
    declared, result = judged["faulty"].declared, judged["faulty"].result
    assert declared["name"] == "faulty"
    assert declared["expectations"][0]["type"] == "expect_column_values_to_be_unique"
    assert declared["expectations"][0]["severity"] == "critical"
    assert result["statistics"] == {
        "evaluated_expectations": 5,
        "successful_expectations": 1,
        "unsuccessful_expectations": 4,
        "success_percent": 20.0,
    }
    assert result["results"][0]["result"]["unexpected_count"] == 2


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (("ExpectNothing", {}, "block"), "E380"),
        (("ExpectColumnValuesToBeBetween", {"column": "siret", "wrong": 1}, "block"), "E380"),
        (("ExpectColumnValuesToBeBetween", {"column": "naf", "min_value": 3}, "block"), "E380"),
        (("ExpectColumnValuesToNotBeNull", {"column": "absent"}, "block"), "E381"),
    ],
)
def test_a_check_that_cannot_be_run_is_said(tmp_path, check, code):
    suite = _suite("s", "staging.s", check)
    with Database() as db, Gate([suite], tmp_path) as gate:
        db.execute("create table staging.s as select '1' as siret, '88.10A' as naf")
        with pytest.raises(ObservatoryError) as caught:
            gate.judge(db, FIRST)
    assert caught.value.code == code
    assert "s/source.toml" in str(caught.value)


def test_checks_that_stop_are_said(tmp_path):
    with (
        Database() as db,
        Gate(
            [_suite("s", "staging.s", ("ExpectColumnValuesToNotBeNull", {"column": "a"}, "block"))], tmp_path
        ) as gate,
    ):
        assert gate._process is not None
        gate._process.kill()
        with pytest.raises(ObservatoryError) as caught:
            gate.judge(db, FIRST)
    assert caught.value.code == "E383"


# ── on real runs ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reference_edition_holds_everywhere(reference_build):
    checks = _checks(reference_build)
    assert {row["status"] for row in checks.values()} <= {"ok", "skipped"}
    kinds = {row["kind"] for row in checks.values()}
    assert {"check", "budget", "cross", "publication"} <= kinds
    assert checks["cross.register_clap"]["observed"] == 449
    assert checks["cross.register_clap"]["expected"].startswith("de 373,2 à 504,9")
    assert checks["publication.figures.1"]["status"] == "ok", "gate 2 judges the figures as they are written"


def test_nothing_of_a_row_leaves_with_the_publication(reference_build):
    published = json.loads((reference_build.publication / "checks.json").read_text(encoding="utf-8"))
    assert published
    words = {"label", "label_en", "detail", "detail_en"}
    assert all(set(row) == {"id", "source", "severity", "status", *words} for row in published)


def test_examples_and_hidden_amounts_stay_inside(tmp_path):
    private = verdict(
        "cross.a", "s", "a", "warn", False, "observé : 17 postes", kind="cross", public=False, observed=17
    )
    known = verdict(
        "s.1",
        "s",
        "b",
        "block",
        False,
        "2 valeur(s) en défaut sur 3",
        kind="check",
        examples=("99012345600012",),
    )
    skipped = Verdict("cross.b", "s", "c", "warn", "skipped")
    write_public_verdicts([private, known, skipped], tmp_path / "checks.json")
    text = (tmp_path / "checks.json").read_text(encoding="utf-8")
    assert "17" not in text and "99012345600012" not in text and "cross.b" not in text
    assert "2 valeur(s) en défaut sur 3" in text


def _raw(folder: Path, count: int, wrong: int = 0, twice: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(HEADERS)
    for n in [*range(1, count + 1), *range(1, twice + 1)]:
        sheet.append(
            [
                _siret(n, 1),
                f"Association {n}",
                "62000",
                COMMUNES[n % 3],
                "9220",
                "8899B",
                "10 à 19 salariés",
                "Actif",
                "01/02/2014",
            ]
        )
    for n in range(wrong):
        sheet.append(
            [
                _siret(500 + n, 1),
                f"=2+{n}",
                "62000",
                COMMUNES[0],
                "9220",
                "8899B",
                "beaucoup",
                "Actif",
                "01/02/2014",
            ]
        )
        sheet.cell(sheet.max_row, 2).data_type = "s"  # a text that looks like a formula
    workbook.save(folder / "extraction.xlsx")
    return folder


@pytest.fixture
def neighbour(tmp_path: Path) -> Path:
    return _neighbour(tmp_path)


def _neighbour(home: Path) -> Path:
    """Another territory's edition, in its own folder."""
    (home / "artois.toml").write_text(
        f'name = "Artois"\ncommunes = {json.dumps(COMMUNES)}\n', encoding="utf-8"
    )
    (home / "artois-2013.toml").write_text(
        'title = "Artois"\nyear = 2013\nterritory = "artois"\nperimeter = "cress_2011"\n[sources.manageo]\nlabel = "Extraction"\n',
        encoding="utf-8",
    )
    return home


def _run(neighbour: Path, project: Project, raw: Path, until: str, out: str = "out") -> Outputs:
    edition = project.edition(str(neighbour / "artois-2013.toml"))
    outputs = Outputs.of(project.root, edition.id, neighbour / out)
    run(project, edition, raw, outputs, until)
    return outputs


def _check_only(neighbour: Path, project: Project, raw: Path, out: str = "out") -> Outputs:
    return _run(neighbour, project, raw, "check", out)


def _broken(*_: object) -> int:
    raise RuntimeError("Binder Error")


def test_a_budget_that_is_spent_blocks(neighbour, project, monkeypatch):
    """So that an obscure error of a query, which comes later, gives way to the check that says which data are wrong."""
    monkeypatch.setattr("ess_observatory.recipe.steps.count", _broken)
    raw = _raw(neighbour / "raw", 8, wrong=2)
    with pytest.raises(ObservatoryError) as caught:
        _run(neighbour, project, raw, "build")
    assert (caught.value.code, caught.value.exit_code) == ("E390", 3)
    assert "2 lignes refusées sur 10, soit 20\u00a0%" in str(caught.value)
    outputs = Outputs.of(project.root, "x", neighbour / "out")
    assert (outputs.failed_quality / "rapport-qualite.html").is_file(), "what was refused is there to be read"
    assert (outputs.failed_quality / "lignes-refusees.xlsx").is_file()
    assert not outputs.quality.exists()


@pytest.fixture(scope="module")
def checked(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """A check of one source alone, most of whose rows come twice."""
    home = _neighbour(tmp_path_factory.mktemp("checked"))
    return _check_only(home, project, _raw(home / "raw", 10, twice=8))


def test_duplicates_are_not_counted_in_the_budget(checked):
    assert _checks(checked)["manageo.budget"]["observed"] == 0


def test_cross_checks_are_skipped_when_a_source_is_missing(checked, project):
    declared = read_toml(project.pipelines / "rules" / "cross_checks.toml")["checks"]
    several = {f"cross.{check['id']}" for check in declared if len(check["sources"]) > 1}
    assert {row["status"] for key, row in _checks(checked).items() if key in several} == {"skipped"}


def test_a_query_that_breaks_on_sound_data_says_its_own_error(neighbour, project, monkeypatch):
    monkeypatch.setattr("ess_observatory.recipe.steps.count", _broken)
    with pytest.raises(RuntimeError, match="Binder"):
        _run(neighbour, project, _raw(neighbour / "raw", 20), "build")


# ── against the previous edition ────────────────────────────────────────────────────────────────────────────────────


def _ledger(path: Path, rows: list[tuple[str, str, int]]) -> None:
    path.parent.mkdir(parents=True)
    names = ("source", "sheet", "rows_kept")
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)}), path)


@pytest.fixture
def later(project: Project, tmp_path: Path) -> tuple[Edition, Outputs]:
    edition = project.edition(REFERENCE)
    edition = replace(edition, data={**edition.data, "previous": "avant"}, path=tmp_path / "e.toml")
    return edition, Outputs.of(project.root, "x", tmp_path / "maintenant")


def _rows_now(db: Database, rows: list[tuple[str, str, int]]) -> None:
    db.execute(
        "create table staging.ledger (source varchar, file varchar, sheet varchar, rows_read bigint, rows_kept bigint, "
        "rows_refused bigint)"
    )
    for source, sheet, kept in rows:
        db.execute("insert into staging.ledger values (?, 'f', ?, ?, ?, 0)", [source, sheet, kept, kept])


def test_row_counts_are_compared_with_the_previous_edition(project, later, tmp_path):
    edition, outputs = later
    _ledger(
        tmp_path / "avant" / "quality" / "ledger.parquet",
        [("manageo", "Export", 1000), ("clap", "A", 100), ("clap", "B", 100)],
    )
    with Database() as db:
        _rows_now(db, [("manageo", "Autre nom", 1100), ("clap", "A", 120), ("clap", "B", 20)])
        found = {v.id: v for v in row_counts(db, project, edition, outputs)}
    assert found["manageo.rows"].status == "ok"
    assert found["clap.rows"].status == "ok", "140 against 200: exactly 30 %"
    assert found["clap.rows.A"].status == "ok"
    assert (found["clap.rows.B"].status, found["clap.rows.B"].observed) == ("warning", 20)
    assert found["clap.rows.B"].detail == "100 lignes dans l’édition précédente, 20 dans celle-ci"
    assert "manageo.rows.Export" not in found, "sheets that changed their names are not compared"


def test_without_a_previous_edition_nothing_is_said(project, later):
    edition, outputs = later
    with Database() as db:
        _rows_now(db, [("manageo", "Export", 10)])
        assert row_counts(db, project, edition, outputs) == []
        assert row_counts(db, project, project.edition(REFERENCE), outputs) == []


# ── between sources ─────────────────────────────────────────────────────────────────────────────────────────────────


def _cross(
    tmp_path: Path, project: Project, toml: str, present: set[str], files: dict[str, str] | None = None
) -> list[Verdict]:
    root = tmp_path / "root"
    (root / "pipelines" / "rules" / "cross_checks").mkdir(parents=True)
    (root / "pipelines" / "rules" / "cross_checks.toml").write_text(toml, encoding="utf-8")
    for name, text in (files or {}).items():
        (root / "pipelines" / "rules" / "cross_checks" / name).write_text(text, encoding="utf-8")
    with Database() as db:
        db.execute("create table core.a as select * from (values ('x', 10), ('y', 20)) as t(k, n)")
        return cross_checks(db, replace(project, root=root), present)


@pytest.mark.parametrize(
    ("bounds", "status", "expected"),
    [
        ("min = 30\nmax = 30", "ok", "30\u00a0lignes"),
        ("min = 31", "warning", "≥ 31\u00a0lignes"),
        ("max = 29.5", "warning", "≤ 29,5\u00a0lignes"),
        ('expected = "select 33"\ntolerance_pct = 10', "ok", "de 29,7 à 36,3\u00a0lignes"),
        ("expected = 33\ntolerance_pct = 5", "warning", "de 31,4 à 34,7\u00a0lignes"),
        ("expected = 33\ntolerance = 3", "ok", "de 30 à 36\u00a0lignes"),
        ('max = "select null"\nmin = 1', "ok", "≥ 1\u00a0lignes"),
    ],
)
def test_a_cross_check_compares_what_is_seen_with_its_bounds(tmp_path, project, bounds, status, expected):
    toml = f'[[checks]]\nid = "c"\nlabel = "l"\nsources = ["s"]\nseverity = "warn"\nunit = "lignes"\nobserved = "select sum(n) from core.a"\n{bounds}\n'
    (found,) = _cross(tmp_path, project, toml, {"s"})
    assert (found.id, found.status, found.observed, found.expected) == ("cross.c", status, 30.0, expected)
    assert not found.public


def test_a_cross_check_may_go_line_by_line(tmp_path, project):
    toml = '[[checks]]\nid = "c"\nlabel = "l"\nsources = ["s"]\nseverity = "block"\nquery = "q.sql"\ntolerance_pct = 10\n'
    (found,) = _cross(
        tmp_path,
        project,
        toml,
        {"s"},
        {"q.sql": "select k as item, n as observed, 10.5 as expected from core.a"},
    )
    assert (found.status, found.observed) == ("failed", 1)
    assert (
        found.detail == "y : 20 (attendu de 9,4 à 11,6)" or found.detail == "y : 20 (attendu de 9,5 à 11,6)"
    )


@pytest.mark.parametrize(
    ("toml", "present", "status"),
    [
        ('sources = ["s", "t"]\nobserved = "select 1"\nmin = 2', {"s"}, "skipped"),
        ('sources = ["s"]\nobserved = "select count(*) from core.absent"\nmin = 2', {"s"}, "skipped"),
        (
            'sources = ["s"]\nobserved = "select sum(n) from core.a where k = \'z\'"\nmin = 2',
            {"s"},
            "skipped",
        ),
    ],
)
def test_a_cross_check_without_its_data_is_skipped(tmp_path, project, toml, present, status):
    (found,) = _cross(tmp_path, project, f'[[checks]]\nid = "c"\nlabel = "l"\n{toml}\n', present)
    assert found.status == status


def test_a_cross_check_that_cannot_be_run_is_said_in_french(tmp_path, project):
    toml = 'sources = ["s"]\nobserved = "select wrong from core.a"\nmin = 1'
    with pytest.raises(ObservatoryError) as caught:
        _cross(tmp_path, project, f'[[checks]]\nid = "c"\nlabel = "l"\n{toml}\n', {"s"})
    assert caught.value.code == "E380" and "colonne inconnue « wrong »" in caught.value.what


def test_budgets_are_declared_for_every_source_of_the_reference(reference_db, project):
    found = {v.source: v for v in budgets(reference_db, project)}
    assert set(project.edition(REFERENCE).sources) <= set(found)
    assert found["manageo"].observed == pytest.approx(100 * 10 / 987, abs=1e-3), (
        "ten rows to correct among 987"
    )


def test_src_names_no_check(project):
    """What is checked is declared: no expectation is written in the code, but the guard, the list of those that may be declared, and
    what a declared measure implies."""
    files = [p for p in (ROOT / "src").rglob("*.py") if "models" not in p.parts and p.name != "measured.py"]
    texts = [p.read_text(encoding="utf-8") for p in files]
    names = {name for text in texts for name in re.findall(r'"(Expect\w+)"', text)}
    assert names <= {"ExpectTableRowCountToBeBetween", "ExpectTableRowCount"}


def test_every_check_between_sources_says_why_it_has_its_severity(project: Project):
    rules = project.pipelines / "rules"
    for name in ("cross_checks.toml", "publication_checks.toml"):
        for check in read_toml(rules / name)["checks"]:
            assert check.get("reason") and check["severity"] in SEVERITIES, f"{name} : {check['label']}"
    by_severity = {c["id"]: c["severity"] for c in read_toml(rules / "cross_checks.toml")["checks"]}
    assert set(by_severity.values()) == set(SEVERITIES)


def _project_check(project: Project, id: str, tables: dict[str, str], present: set[str]) -> Verdict:
    path = project.pipelines / "rules" / "cross_checks.toml"
    check = next(check for check in read_toml(path)["checks"] if check["id"] == id)
    with Database() as db:
        for name, select in tables.items():
            db.execute(f"create table {name} as {select}")
        return cross_check(db, check, path, present)


#: Employers of the one commune of a territory; of the one that is known, where there are two.
EMPLOYERS = {"core.commune_total": "select 'employers' as measure, 10 as value"}
TWO_COMMUNES = {"core.commune_total": "select 'employers' as measure, cast(null as bigint) as value"}
#: What the producer gives of the ESS for the whole territory.
TERRITORY = (
    "select 'territory' as area, 'ess' as field, cast(null as varchar) as family, '_T' as activity, {}"
)


@pytest.mark.parametrize(
    ("id", "present", "tables", "status"),
    [
        ("register_employers", {"manageo", "comparateur"},
         {"core.field_establishment": "from range(11)", **EMPLOYERS}, "failed"),
        ("register_employers", {"sirene_old", "insee_employers"},
         {"core.field_establishment": "from range(10)", **EMPLOYERS}, "ok"),
        ("register_employers", {"sirene_old", "insee_employers"},
         {"core.field_establishment": "from range(11)", **EMPLOYERS, **TWO_COMMUNES}, "skipped"),
        ("ess_establishments_employers", {"clap", "insee_employers"},
         {"core.employment": TERRITORY.format("11 as establishments, null as establishments_mark"), **EMPLOYERS, **TWO_COMMUNES},
         "skipped"),
        ("ess_jobs_territory_jobs", {"clap", "unistatis"},
         {"core.employment": TERRITORY.format("101 as posts, null as posts_mark"),
          "core.commune_total": "select 'jobs' as measure, cast(null as bigint) as value"}, "skipped"),
        ("ess_posts_within_all", {"flores_ess", "flores"},
         {"core.employment": "from (values ('territory', null, 'ess', null, '_T', 9, null), ('territory', null, 'all', null, '_T', 8, 'partial')) "
          "as e(area, commune_code, field, family, activity, posts, posts_mark)"}, "ok"),
        ("ess_posts_by_family", {"flores_ess"},
         {"core.employment": "from (values ('territory', null, 'ess', null, '_T', 10, 'partial'), ('territory', null, 'ess', 'a', '_T', 13, null)) "
          "as e(area, commune_code, field, family, activity, posts, posts_mark)"}, "ok"),
        ("ess_jobs_territory_jobs", {"clap", "unistatis"},
         {"core.employment": TERRITORY.format("101 as posts, null as posts_mark"), "core.commune_total": "select 'jobs' as measure, 100 as value"}, "warning"),
        ("register_half_or_double", {"manageo", "clap"},
         {"core.field_establishment": "from range(201)", "core.employment": TERRITORY.format("100 as establishments, null as establishments_mark")}, "failed"),
        ("register_half_or_double", {"manageo", "clap"},
         {"core.field_establishment": "from range(49)", "core.employment": TERRITORY.format("100 as establishments, null as establishments_mark")}, "failed"),
        ("register_half_or_double", {"manageo", "clap"},
         {"core.field_establishment": "from range(51)", "core.employment": TERRITORY.format("100 as establishments, null as establishments_mark")}, "ok"),
        ("register_half_or_double", {"manageo", "clap"},
         {"core.field_establishment": "from range(3)", "core.employment": TERRITORY.format("19 as establishments, null as establishments_mark")}, "skipped"),
        ("ess_posts_in_territory", {"flores_ess"},
         {"core.employment": TERRITORY.format("cast(null as bigint) as posts, cast(null as varchar) as posts_mark")}, "warning"),
        ("ess_posts_in_territory", {"clap"}, {"core.employment": TERRITORY.format("cast(null as bigint) as posts, 'secret' as posts_mark")}, "ok"),
        ("respondents_sent", {"survey"},
         {"core.survey_respondent": "from range(21)", "rules.edition": "select 20 as survey_sent"}, "warning"),
        ("respondents_sent", {"survey"},
         {"core.survey_respondent": "from range(20)", "rules.edition": "select 20 as survey_sent"}, "ok"),
        ("respondents_sent", {"survey"},
         {"core.survey_respondent": "from range(20)", "rules.edition": "select null::bigint as survey_sent"}, "skipped"),
        ("respondents_enough", {"survey"},
         {"core.survey_respondent": "from range(2)", "rules.edition": "select 3 as min_units"}, "warning"),
        ("respondents_enough", {"survey"},
         {"core.survey_respondent": "from range(3)", "rules.edition": "select 3 as min_units"}, "ok"),
        ("register_in_territory", {"sirene_old"},
         {"core.establishment": "select 'HORS_TERRITOIRE' as rule_id from range(9)", "rules.edition": "select false as is_part"}, "failed"),
        ("register_in_territory", {"sirene_old"},
         {"core.establishment": "select 'HORS_TERRITOIRE' as rule_id from range(9)", "rules.edition": "select true as is_part"}, "ok"),
        ("register_in_territory", {"manageo"},
         {"core.establishment": "from (values ('HORS_TERRITOIRE'), ('FERME')) as e(rule_id)", "rules.edition": "select false as is_part"}, "ok"),
        ("register_legal_units", {"sirene_establishment"},
         {"core.establishment": "from (values (null, 'A'), (null, 'A'), ('9220', 'A'), ('9220', 'HORS_TERRITOIRE')) as e(legal_category, rule_id)"},
         "failed"),
        ("register_legal_units", {"sirene_establishment"},
         {"core.establishment": "from (values (null, 'A'), ('9220', 'A')) as e(legal_category, rule_id)"}, "ok"),
        ("ess_posts_within_all", {"flores_ess", "flores"},
         {"core.employment": "from (values ('commune', '01001', 'ess', null, '_T', 9, null), ('commune', '01001', 'all', null, '_T', 8, null)) "
          "as e(area, commune_code, field, family, activity, posts, posts_mark)"}, "failed"),
        ("ess_posts_by_family", {"flores_ess"},
         {"core.employment": "from (values ('territory', null, 'ess', null, '_T', 10, null), ('territory', null, 'ess', 'a', '_T', 8, null), "
          "('territory', null, 'ess', 'b', '_T', 5, null)) as e(area, commune_code, field, family, activity, posts, posts_mark)"}, "failed"),
    ],
)  # fmt: skip
def test_what_can_only_be_a_wrong_file_blocks(project, id, present, tables, status):
    assert _project_check(project, id, tables, present).status == status


def test_rows_are_compared_partition_by_partition(project, later, tmp_path):
    edition, outputs = later
    before = tmp_path / "avant" / "quality"
    _ledger(before / "ledger.parquet", [("clap", "A", 200)])
    with Database() as db:
        db.execute(
            "create table staging.clap as select 'A' as _sheet, f as family from (values ('a'), ('b')) as v(f), range(100)"
        )
        count_partitions(db, project)
        write_partitions(db, before)
        db.execute("delete from staging.clap where family = 'b'")
        db.execute(
            "insert into staging.clap select 'A', 'a' from range(40) union all select 'A', 'c' from range(60)"
        )
        count_partitions(db, project)
        _rows_now(db, [("clap", "A", 200)])
        found = {v.id: v for v in row_counts(db, project, edition, outputs)}
    assert found["clap.rows"].status == "ok", "as many rows in all"
    assert (found["clap.parts"].status, found["clap.parts"].observed) == ("warning", 2)
    assert found["clap.parts"].detail == "b : 100 puis 0 ; c : 0 puis 60"
