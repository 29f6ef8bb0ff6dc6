"""The reference date against the clock and against the registers: a file says nothing of the days after its own last one.

The last day of a register is that of its last treatment, where the producer gives it; else that of the last creations and changes,
less a share of stray dates (`rules/reference_date.toml`): such a day is a hint, and never stops a build.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.words.labels import date_words
from ess_observatory.words.typography import french
from ess_observatory.words.written import Why, read_moment


@dataclass(frozen=True)
class Limits:
    """Days that a reference date may stand away from what bears it."""

    warn_after: int = 31
    block_after: int = 92
    warn_before: int = 183
    stray_share: float = 0.001

    @classmethod
    def of(cls, project: Project) -> Limits:
        """Those that `rules/reference_date.toml` declares."""
        path = project.pipelines / "rules" / "reference_date.toml"
        declared = read_toml(path) if path.is_file() else {}
        return cls(
            declared.get("warn_after_days", cls.warn_after),
            declared.get("block_after_days", cls.block_after),
            declared.get("warn_before_days", cls.warn_before),
            float(declared.get("stray_share", cls.stray_share)),
        )


@dataclass(frozen=True)
class LastDay:
    """The last day that a register bears; `is_treatment`: as its producer says, and not as its dates let one guess."""

    day: dt.date
    is_treatment: bool


def ahead_of_today(project: Project, edition: Edition, today: dt.date | None = None) -> list[str]:
    """What to say of a reference date after today: nothing, or one warning, as when the next edition is prepared.

    Raises E176 (exit 2) for one that no file can bear yet: farther than `block_after_days`, or that the edition does not even
    declare (the last day of its year, which it takes then, has not come).
    """
    limits, day = Limits.of(project), edition.reference_date
    today = today or dt.date.today()
    days = (day - today).days
    if days <= 0:
        return []
    what = f"Date de référence dans l’avenir : {_said(day)}"
    if not edition.is_dated:
        what += f", que l’édition n’a pas choisi : elle ne dit pas quel jour de {edition.year} elle compte"
    if days > limits.block_after or not edition.is_dated:
        raise ObservatoryError(
            "E176",
            what,
            str(edition.path),
            f"Donnez à « reference_date » un jour que vos fichiers connaissent, par exemple {today.year}-01-01 "
            f"pour un stock de janvier {today.year}.",
            Exit.USAGE,
        )
    return [french(f"{what} : aucun fichier ne la connaît encore ; ne publiez pas cette édition avant.")]


def judged(db: Database, project: Project, edition: Edition, present: set[str]) -> Iterator[Verdict]:
    """A verdict a register on the reference date, from the rows that were read."""
    limits = Limits.of(project)
    for spec in _registers(project):
        if spec.id in present and db.exists("raw", spec.id):
            columns = {
                name: Counter(dict(db.rows(_DAYS.format(column=name, table=f"raw.{spec.id}"))))
                for name in _columns(spec)
            }
            if known := _last_day(spec, columns, limits):
                has_past = spec.last_day.get("history") in present
                yield from judge(spec, known, edition.reference_date, limits, has_past, edition.is_dated)


def judge(
    spec: SourceSpec,
    known: LastDay,
    reference: dt.date,
    limits: Limits,
    has_past: bool,
    is_declared: bool = True,
) -> Iterator[Verdict]:
    """What the last day of a register says of a reference date after it, or long before it without what tells its past."""
    after = (reference - known.day).days
    blocks = known.is_treatment and after > limits.block_after
    what = "dernier traitement" if known.is_treatment else "dernières créations"
    by_default = "" if is_declared else " (l’édition ne la dit pas)"
    said = f"référence : {reference.isoformat()}{by_default} ; {what} : {known.day.isoformat()}, "
    yield verdict(
        f"reference_date.{spec.id}.after",
        spec.id,
        "Le répertoire va jusqu’à la date de référence",
        "block" if blocks else "warn",
        after <= limits.warn_after,
        f"{said}{after} jours avant",
        reason="Un stock ne dit rien de ce qui est né ou a fermé après lui : celui de janvier ne décrit pas décembre.",
    )
    yield verdict(
        f"reference_date.{spec.id}.before",
        spec.id,
        "Le répertoire date d’assez près de la date de référence, ou dit son histoire",
        "warn",
        has_past or -after <= limits.warn_before,
        f"{said}{-after} jours après",
        reason="Tailles, activités et états sont ceux du jour de l’extraction : sans son historique, un stock ne les rend pas.",
    )


#: The texts of a column of dates, without the hour, with how often each comes.
_DAYS = """
select case when {column} like '%:%' then substr({column}, 1, 10) else {column} end as day, count(*) as n
from {table} where {column} is not null group by 1
"""


def _registers(project: Project) -> Iterator[SourceSpec]:
    return (spec for spec in project.sources.values() if spec.last_day)


def _columns(spec: SourceSpec) -> list[str]:
    treated = spec.last_day.get("treatment")
    return [*([treated] if treated else []), *spec.last_day.get("changes", [])]


def _last_day(spec: SourceSpec, columns: dict[str, Counter[str]], limits: Limits) -> LastDay | None:
    treated = _read(columns.get(spec.last_day.get("treatment", ""), Counter()))
    if treated:
        return LastDay(max(treated), True)
    changes: Counter[dt.date] = Counter()
    for name in spec.last_day.get("changes", []):
        changes.update(_read(columns[name]))
    left = int(changes.total() * limits.stray_share)
    for day in sorted(changes, reverse=True):
        left -= changes[day]
        if left < 0:
            return LastDay(day, False)
    return None


def _read(texts: Counter[str]) -> Counter[dt.date]:
    days: Counter[dt.date] = Counter()
    for text, count in texts.items():
        if not isinstance(moment := read_moment(text), Why):
            days[moment.date()] += count
    return days


def _said(day: dt.date) -> str:
    return date_words(day.isoformat(), "fr")
