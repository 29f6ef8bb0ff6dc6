"""Checks that are not about one table: budgets of refused rows, row counts against the previous edition, and checks
between sources. All declared as data, computed by the engine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import sql_of
from ess_observatory.engine.outputs import Outputs
from ess_observatory.engine.paths import inside
from ess_observatory.engine.refusals import in_french
from ess_observatory.engine.sql_text import tables_of
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.catalogue import whole_answers
from ess_observatory.quality.partitions import BOOK, compare_partitions
from ess_observatory.quality.refused import still_refused
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.read.cast import quote
from ess_observatory.words.numbers import HARD_SPACE, format_number, round_half_up


def budgets(db: Database, project: Project) -> list[Verdict]:
    """At most so many % of the rows of a source are refused (`[budget] max_refused_pct` of its source.toml).

    Only rows that someone must still correct are counted: neither footers, nor duplicates, nor what came back corrected. Of an
    answer to the survey, a refused cell is no refused row: cells are compared with cells, and never stop anything.
    """
    counts = {
        source: (int(read), int(refused))
        for source, read, refused in db.rows(
            "select l.source, l.read, least(l.refused, coalesce(r.refused, 0)) from (select source, sum(rows_read) as read, "
            "sum(rows_refused) as refused from staging.ledger group by source) as l left join (select source, "
            "count(distinct (file, sheet, line)) as refused from "
            + still_refused(project.pipelines)
            + " where line is not null "
            "group by source) as r on r.source = l.source"
        )
    }
    found = []
    for name, spec in project.sources.items():
        budget = spec.budget
        if "max_refused_pct" not in budget or name not in counts:
            continue
        read, refused = counts[name]
        if spec.kind == "survey":
            refused = _refused_answers(db, project, name, "count(distinct (file, sheet, line))", whole=True)
            found += _cells(db, project, name, spec)
        share, most = 100 * refused / read if read else 0.0, float(budget["max_refused_pct"])
        found.append(
            verdict(
                f"{name}.budget",
                name,
                f"Au plus {_number(most)}{HARD_SPACE}% de lignes refusées ({spec.title})",
                budget.get("severity", "block"),
                share <= most,
                f"{_number(refused)} lignes refusées sur {_number(read)}, soit {_number(share)}{HARD_SPACE}%",
                kind="budget",
                observed=float(round_half_up(share, 4)),
                expected=f"≤ {_number(most)}{HARD_SPACE}%",
            )
        )
    return found


def _refused_answers(db: Database, project: Project, source: str, what: str, *, whole: bool) -> int:
    """How many answers to the survey, or cells of them, wait for a correction."""
    codes = ", ".join(quote(code) for code in sorted(whole_answers(project.pipelines))) or quote("")
    return int(
        db.rows(
            f"select {what} from {still_refused(project.pipelines)} as r where r.source = ? and r.code {'in' if whole else 'not in'} "
            f"({codes}) and exists (select 1 from staging.ledger as l where l.source = r.source and l.file = r.file "
            "and l.sheet = coalesce(r.sheet, '') and r.line > l.header_line)",
            [source],
        )[0][0]
    )


def _cells(db: Database, project: Project, source: str, spec: SourceSpec) -> list[Verdict]:
    """At most so many % of the filled cells of the answers are set aside."""
    most = spec.budget.get("max_refused_cells_pct")
    if most is None or not db.exists("raw", source):
        return []
    read = int(db.rows(f"select count(*) from raw.{source}")[0][0])
    place = 'count(distinct (file, sheet, line, "column"))'
    refused = min(_refused_answers(db, project, source, place, whole=False), read)
    share = 100 * refused / read if read else 0.0
    return [
        verdict(
            f"{source}.cells",
            source,
            f"Au plus {_number(float(most))}{HARD_SPACE}% de cellules mises de côté ({spec.title})",
            "warn",
            share <= float(most),
            f"{_number(refused)} cellules mises de côté sur {_number(read)}, soit {_number(share)}{HARD_SPACE}%",
            kind="budget",
            observed=float(round_half_up(share, 4)),
            expected=f"≤ {_number(float(most))}{HARD_SPACE}%",
        )
    ]


def row_counts(db: Database, project: Project, edition: Edition, outputs: Outputs) -> list[Verdict]:
    """Rows kept, source by source, sheet by sheet and partition by partition, against those of the edition that `previous`
    names.

    Nothing is said when there is none. `[row_counts] max_change_pct` of a source.toml gives the tolerance (30 %).
    """
    ledger = previous_ledger(project, edition, outputs)
    if ledger is None:
        return []
    grain = "select source, {sheet} as sheet, sum(rows_kept) as kept from {ledger} group by all"
    query = (
        "with old as ({old}), new as ({new}) select coalesce(new.source, old.source) as source, coalesce(new.sheet, old.sheet), "
        "coalesce(old.kept, 0), coalesce(new.kept, 0) from new full join old on old.source = new.source and old.sheet = new.sheet "
        "order by all"
    )
    previous = f"read_parquet({quote(str(ledger))})"

    def compared(sheet: str) -> list[tuple[Any, ...]]:
        return db.rows(
            query.format(
                old=grain.format(sheet=sheet, ledger=previous),
                new=grain.format(sheet=sheet, ledger="staging.ledger"),
            )
        )

    rows = compared("''")
    sheets = compared("sheet")
    for source in {row[0] for row in rows}:
        of_source = [row for row in sheets if row[0] == source]
        if len(of_source) > 1 and all(
            row[2] and row[3] for row in of_source
        ):  # the same sheets in both editions
            rows += of_source
    found = []
    for source, sheet, before, now in sorted(rows):
        spec = project.sources.get(source)
        declared = spec.row_counts if spec else {}
        most = float(declared.get("max_change_pct", 30))
        change = 100 * (now - before) / before if before else 100.0
        place = f", feuille « {sheet} »" if sheet else ""
        found.append(
            verdict(
                f"{source}.rows{'.' + sheet if sheet else ''}",
                source,
                f"Nombre de lignes proche de l’édition précédente ({spec.title if spec else source}{place})",
                declared.get("severity", "warn"),
                abs(change) <= most,
                f"{_number(before)} lignes dans l’édition précédente, {_number(now)} dans celle-ci",
                kind="rows",
                observed=int(now),
                expected=f"{_number(before)} ± {_number(most)}{HARD_SPACE}%",
            )
        )
    parts = ledger.with_name(BOOK)
    return found + (compare_partitions(db, project, parts) if parts.is_file() else [])


def cross_checks(db: Database, project: Project, present: set[str]) -> list[Verdict]:
    """The checks of `rules/cross_checks.toml`; one whose sources or tables are not there is skipped."""
    path = project.pipelines / "rules" / "cross_checks.toml"
    if not path.is_file():
        return []
    return [cross_check(db, check, path, present) for check in read_toml(path).get("checks", [])]


def rehearse_cross_checks(db: Database, project: Project) -> None:
    """Run each cross check on a database whose every table exists, empty. Raises E380 for one that would never run."""
    path = project.pipelines / "rules" / "cross_checks.toml"
    for check in read_toml(path).get("checks", []) if path.is_file() else ():
        if not _tables_exist(db, check, path):
            what = "Un contrôle déclaré lit une table que rien ne fait"
            raise ObservatoryError("E380", what, f"{path} : {check['id']}", "Corrigez son SQL.", Exit.USAGE)
        cross_check(db, check, path, set(project.sources))


def cross_check(db: Database, check: dict[str, Any], path: Path, present: set[str]) -> Verdict:
    """One check between sources, declared in the file at `path`. Raises E380 when it cannot be run."""
    import duckdb

    where = f"{path} : {check.get('id')}"
    base = {
        "id": f"cross.{check['id']}",
        "source": ", ".join(_of_one(wanted, present) for wanted in check["sources"]),
        "label": check["label"],
        "severity": check.get("severity", "block"),
        "reason": check.get("reason", ""),
    }
    if any(not present & set(wanted.split("|")) for wanted in check["sources"]) or not _tables_exist(
        db, check, path
    ):
        return Verdict(**base, status="skipped", kind="cross", detail="une des sources manque")
    more: dict[str, Any] = {"kind": "cross", "public": bool(check.get("public", False))}
    try:
        if "query" in check:
            rows = db.rows(f"select item, observed, expected from (\n{_query(check, path)}\n)")
            wrong = [
                (item, seen, low, high)
                for item, seen, expected in rows
                for low, high in [_bounds(db, {"tolerance_pct": 0, **check, "expected": expected})]
                if not _within(seen, low, high)
            ]
            detail = " ; ".join(
                f"{item} : {_number(seen)} (attendu {_expected(low, high, '')})"
                for item, seen, low, high in wrong[:10]
            )
            return verdict(
                **base, holds=not wrong, detail=detail, observed=len(wrong), expected="aucun écart", **more
            )
        seen = _scalar(db, check["observed"])
        low, high = _bounds(db, check)
    except (
        duckdb.Error,
        TypeError,
        ValueError,
    ) as error:  # SQL that fails, or that gives something else than numbers
        what, fix = (
            in_french(str(error))
            if isinstance(error, duckdb.Error)
            else ("un nombre est attendu", "Corrigez son SQL.")
        )
        raise ObservatoryError(
            "E380", f"Un contrôle déclaré ne peut pas être exécuté : {what}", where, fix, Exit.USAGE
        ) from error
    unit = check.get("unit", "")
    if seen is None or (low is None and high is None):
        return Verdict(**base, status="skipped", kind="cross", detail="rien à comparer")
    expected = _expected(low, high, unit)
    return verdict(
        **base,
        holds=_within(seen, low, high),
        detail=f"observé : {_number(seen)}{_unit(unit)} ; attendu : {expected}",
        observed=float(round_half_up(float(seen), 4)),
        expected=expected,
        **more,
    )


def _of_one(wanted: str, present: set[str]) -> str:
    """The source that is there among alternatives (`a|b`), or the first."""
    names = wanted.split("|")
    return next((name for name in names if name in present), names[0])


def _bounds(db: Database, check: dict[str, Any]) -> tuple[float | None, float | None]:
    low, high = _scalar(db, check.get("min")), _scalar(db, check.get("max"))
    if "expected" in check:
        expected = _scalar(db, check["expected"])
        if expected is not None:
            margin = max(
                abs(expected) * float(check.get("tolerance_pct", 0)) / 100, float(check.get("tolerance", 0))
            )
            low, high = expected - margin, expected + margin
    return low, high


def _scalar(db: Database, value: Any) -> float | None:
    """A number, or the number that a query gives (none when it gives no row)."""
    found = next((row[0] for row in db.rows(value)), None) if isinstance(value, str) else value
    return None if found is None else float(found)


def _within(seen: Any, low: float | None, high: float | None) -> bool:
    return (low is None or float(seen) >= low - 1e-9) and (high is None or float(seen) <= high + 1e-9)


def _tables_exist(db: Database, check: dict[str, Any], path: Path) -> bool:
    texts = [check[key] for key in ("observed", "expected", "min", "max") if isinstance(check.get(key), str)]
    if "query" in check:
        texts.append(_query(check, path))
    where = f"{path} : {check['id']}"
    tables = {(t.db, t.name) for text in texts for t in tables_of(text, where) if t.db}
    return all(db.exists(schema, name) for schema, name in tables)


def _query(check: dict[str, Any], path: Path) -> str:
    """The SQL of a check that names a file of `cross_checks/`. Raises E143 for a path that leads elsewhere."""
    return sql_of(inside(path.parent / "cross_checks", str(check["query"]), str(path)))


def previous_ledger(project: Project, edition: Edition, outputs: Outputs) -> Path | None:
    """The ledger of the edition that `previous` names, beside this one or in its usual place; None when there is none."""
    previous = edition.data.get("previous")
    if not previous:
        return None
    folders = places_of_previous(project, edition, outputs, str(previous))
    return next(
        (path for folder in folders if (path := folder / "quality" / "ledger.parquet").is_file()), None
    )


def places_of_previous(project: Project, edition: Edition, outputs: Outputs, previous: str) -> list[Path]:
    """Where the build of an earlier edition may be: beside this one, beside its build, in its usual place."""
    return [
        edition.path.parent / previous,
        outputs.base.parent / previous,
        Outputs.of(project.root, previous, None).base,
    ]


def _expected(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None:
        return f"{'≤' if low is None else '≥'} {_number(high if low is None else low)}{_unit(unit)}"
    if low == high:
        return f"{_number(low)}{_unit(unit)}"
    return f"de {_number(low)} à {_number(high)}{_unit(unit)}"


def _unit(unit: str) -> str:
    return f"{HARD_SPACE}{unit}" if unit else ""


def _number(value: Any) -> str:
    number = 0.0 if value is None else float(value)
    return format_number(number, 0 if number == int(number) else 1)
