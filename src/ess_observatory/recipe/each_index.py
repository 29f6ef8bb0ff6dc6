"""What a run on many territories gives, and its index: a page and a CSV, one line a territory, without any row of a file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Any

from ess_observatory.declare.project import Edition
from ess_observatory.declare.territories import SUBLEVELS
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality import Verdict
from ess_observatory.quality.report import pages
from ess_observatory.recipe.runner import Outcome
from ess_observatory.words.labels import plural
from ess_observatory.words.spreadsheet import BOM, safe_text

BUILT, UNCHANGED, EMPTY, FAILED, LEFT_ASIDE = "built", "unchanged", "empty", "failed", "left_aside"
PAGE, DATA = "index.html", "index.csv"
STATUS = {
    BUILT: "construit",
    UNCHANGED: "inchangé",
    EMPTY: "sans établissement",
    FAILED: "en échec",
    LEFT_ASIDE: "laissé de côté",
}
_PILL = {BUILT: "ok", UNCHANGED: "ok", EMPTY: "skipped", FAILED: "failed", LEFT_ASIDE: "skipped"}
_COLUMNS = (
    "niveau", "code", "territoire", "etat", "etablissements", "tableaux", "cellules_masquees", "rapport", "avertissements", "message",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What a run made of one territory: `outcome` when it was built or is unchanged, `error` when it failed, else `why`."""

    code: str
    name: str
    status: str
    outcome: Outcome | None = None
    error: ObservatoryError | None = None
    why: str = ""


@dataclass(frozen=True)
class Each:
    """The result of a run on many territories: their parts by code, and the warnings on what they were all made from."""

    edition: Edition
    level: str
    places: Outputs
    parts: tuple[Part, ...]
    reading: tuple[Verdict, ...]

    @property
    def index(self) -> Path:
        """The page that leads to all of them."""
        return self.places.reports / PAGE

    @property
    def has_warnings(self) -> bool:
        """Whether the common reading or a territory has something that an analyst should read."""
        verdicts = [*self.reading, *(v for part in self.parts if part.outcome for v in part.outcome.verdicts)]
        return any(verdict.status == "warning" for verdict in verdicts)

    @property
    def exit_code(self) -> Exit:
        """That of the gravest failure; 0 when no territory failed."""
        return max((part.error.exit_code for part in self.parts if part.error), default=Exit.OK)


def own_warnings(each: Each, part: Part) -> list[Verdict]:
    """The warnings on a territory itself: those on what all of them were made from are left out."""
    common = {verdict.id for verdict in each.reading}
    verdicts = part.outcome.verdicts if part.outcome else []
    return [v for v in verdicts if v.status == "warning" and v.id not in common]


def write_index(each: Each) -> list[Path]:
    """`index.html` and `index.csv` (UTF-8 with BOM, `;`) in the folder of reports of the level; the paths written."""
    folder = each.places.reports
    folder.mkdir(parents=True, exist_ok=True)
    lines = [_line(each, part) for part in each.parts]
    page, data = each.index, folder / DATA
    page.write_text(_page(each, lines), encoding="utf-8", newline="\n")
    data.write_text(_csv(each.level, lines), encoding="utf-8", newline="")
    return [page, data]


def _line(each: Each, part: Part) -> dict[str, Any]:
    """A territory as it is shown: counts, a link to its page (its publication where no page was made), what to read."""
    counts = part.outcome.counts if part.outcome else {}
    link = ""
    if part.outcome and part.status != EMPTY:
        places = part.outcome.outputs
        found = next(
            (p for p in (places.page, places.publication, places.database) if p.exists()), places.base
        )
        link = Path(relpath(found, each.places.reports)).as_posix()
    return {
        "code": part.code,
        "name": part.name,
        "status": STATUS[part.status],
        "pill": _PILL[part.status],
        "establishments": counts.get("in_perimeter"),
        "tables": counts.get("tables"),
        "hidden": counts.get("hidden"),
        "link": link,
        "warnings": [said(verdict) for verdict in own_warnings(each, part)],
        "message": message(part),
    }


def message(part: Part) -> str:
    """Why a territory has no publication, without any value of a row."""
    if part.error is None:
        return part.why
    labels = [detail.what for detail in part.error.details]
    return f"{part.error.code} {part.error.what}" + (f" : {' ; '.join(labels)}" if labels else "")


def said(verdict: Verdict) -> str:
    """A warning as the index says it: its detail only where it is an aggregate that is published, or is about a text."""
    shows = verdict.detail and (verdict.public or verdict.source in ("publication", "territoire"))
    return f"{verdict.label} ({verdict.detail})" if shows else verdict.label


def _page(each: Each, lines: list[dict[str, Any]]) -> str:
    edition: Edition = each.edition
    counted = [(word, sum(line["status"] == word for line in lines)) for word in STATUS.values()]
    text: str = (
        pages()
        .get_template("each.html.j2")
        .render(
            edition=edition.data,
            territory=edition.territory.name,
            level=SUBLEVELS[each.level],
            counts=[(plural(word, count), count) for word, count in counted if count],
            lines=lines,
            data=DATA,
            reading=[said(verdict) for verdict in each.reading if verdict.status == "warning"],
        )
    )
    return text


def _csv(level: str, lines: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        numbers = [line[key] for key in ("establishments", "tables", "hidden")]
        texts = (line["link"], len(line["warnings"]), line["message"])
        writer.writerow(
            [
                level,
                line["code"],
                safe_text(line["name"]),
                line["status"],
                *numbers,
                *texts[:2],
                safe_text(texts[2]),
            ]
        )
    return BOM + stream.getvalue()
