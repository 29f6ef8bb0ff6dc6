"""Declared corrections: between raw and typed, each with a guard, each reported.

`pipelines/sources/<s>/corrections.toml` holds entries such as

    [[corrections]]
    match = { commune_code = "01004", family_label = "Mutuelles" }   # or file = "…", line = 12 (and sheet = "…")
    column = "posts"
    expect = "1 234"          # what the file says; "" for an empty cell
    action = "override"       # override (value), scale (factor), drop, flag
    value = "1243"
    reason = "Coquille confirmée par le producteur"
    who = "…"
    when = 2026-03-01
    edition = "…"             # optional: only for this edition; vintage = 2009: only when the edition expects that year

When the file no longer says what is expected, the producer has fixed it: the run stops until the entry is removed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import ObservatoryError
from ess_observatory.words.written import Why, read_decimal

ACTIONS = ("drop", "override", "scale", "flag")
COLUMNS = (
    "source",
    "number",
    "action",
    "file",
    "sheet",
    "line",
    "column",
    "before",
    "after",
    "reason",
    "who",
    "when",
)
_KNOWN = {"match", "file", "sheet", "line", "column", "expect", "action", "value", "factor", "reason", "who", "when",
          "edition", "vintage"}  # fmt: skip


@dataclass(frozen=True)
class Correction:
    """One declared correction; `expect` maps columns to the text that they must hold."""

    number: int
    action: str
    match: dict[str, str]
    file: str | None
    sheet: str | None
    line: int | None
    column: str | None
    expect: dict[str, str | None]
    value: str | None
    factor: Decimal | None
    reason: str
    who: str
    when: str
    edition: str | None
    vintage: int | None

    def aim(self) -> str:
        """What the correction aims at, for a message."""
        parts = [f"{name} = « {value} »" for name, value in self.match.items()]
        parts += [f"fichier « {self.file} »"] if self.file else []
        parts += [f"ligne {self.line}"] if self.line else []
        return ", ".join(parts)


def load_corrections(spec: SourceSpec) -> list[Correction]:
    """The corrections declared for a source; raises E230 on an entry that is not understood."""
    path = spec.folder / "corrections.toml"
    if not path.is_file():
        return []
    where = f"sources/{spec.id}/corrections.toml"
    return [
        _read(number, entry, spec, where)
        for number, entry in enumerate(read_toml(path).get("corrections", []), 1)
    ]


def _read(number: int, entry: dict[str, Any], spec: SourceSpec, where: str) -> Correction:
    place = f"{where}, correction n° {number}"
    names = {column.name for column in spec.columns}
    action, column = entry.get("action"), entry.get("column")
    match = {key: str(value) for key, value in entry.get("match", {}).items()}
    expect = entry.get("expect")
    expected = expect if isinstance(expect, dict) else {column: expect} if expect is not None else {}
    problems = [f"clé inconnue « {key} »" for key in entry.keys() - _KNOWN]
    problems += [
        f"clé « {key} » absente"
        for key in ("reason", "who", "when", "action", "expect")
        if not entry.get(key) and key != "expect"
    ]
    problems += (
        ["clé « expect » absente : sans elle, rien ne dit que le fichier n’a pas changé"]
        if not expected
        else []
    )
    problems += (
        [f"action « {action} » inconnue ({', '.join(ACTIONS)})"] if action and action not in ACTIONS else []
    )
    problems += (
        ["« column » est nécessaire"]
        if column is None and (action in ("override", "scale") or None in expected)
        else []
    )
    used = {*match, *expected, column} - {None}
    problems += [f"colonne inconnue « {name} »" for name in sorted(map(str, used)) if name not in names]
    problems += (
        ["« match », ou « file » et « line », sont nécessaires"]
        if not match and not (entry.get("file") and entry.get("line"))
        else []
    )
    problems += ["« value » est nécessaire"] if action == "override" and "value" not in entry else []
    problems += ["« factor » est nécessaire"] if action == "scale" and "factor" not in entry else []
    if problems:
        raise ObservatoryError(
            "E230", "Correction mal déclarée", place, f"Corrigez l’entrée : {' ; '.join(problems)}."
        )
    when = entry["when"]
    return Correction(
        number, str(action), match, entry.get("file"), entry.get("sheet"), entry.get("line"), column,
        {str(name): _text(value) for name, value in expected.items()}, _text(entry.get("value")),
        Decimal(str(entry["factor"])) if "factor" in entry else None, str(entry["reason"]), str(entry["who"]),
        when.isoformat() if isinstance(when, dt.date) else str(when), entry.get("edition"), entry.get("vintage"),
    )  # fmt: skip


def _text(value: Any) -> str | None:
    return None if value is None or str(value).strip() == "" else str(value).strip()


def create_book(db: Database) -> None:
    """The book of corrections, empty."""
    db.execute(
        "create or replace table staging.correction (source varchar, number bigint, action varchar, file varchar, "
        'sheet varchar, line bigint, "column" varchar, before varchar, after varchar, reason varchar, who varchar, '
        '"when" varchar)'
    )


def apply_corrections(db: Database, spec: SourceSpec) -> None:
    """Apply to `raw.<source>` what is declared, and write each in `staging.correction`.

    Raises E231 (aims at no row), E232 (the file no longer says what is expected), E233 (aims at several rows).
    """
    corrections = [c for c in load_corrections(spec) if _applies(db, spec, c)]
    if not corrections or not db.rows(f"select 1 from raw.{spec.id} where _problem is null limit 1"):
        return
    problems: list[ObservatoryError] = []
    for correction in corrections:
        try:
            _apply(db, spec, correction)
        except ObservatoryError as error:
            problems.append(error)
    if problems:
        problems[0].details.extend(problems[1:])
        raise problems[0]


def _applies(db: Database, spec: SourceSpec, correction: Correction) -> bool:
    if correction.edition and db.exists("rules", "edition"):
        return bool(db.rows("select 1 from rules.edition where edition = ?", [correction.edition]))
    if correction.vintage and db.exists("rules", "edition_source"):
        return bool(
            db.rows(
                "select 1 from rules.edition_source where source = ? and vintage = ?",
                [spec.id, correction.vintage],
            )
        )
    return True


def _apply(db: Database, spec: SourceSpec, c: Correction) -> None:
    place = f"sources/{spec.id}/corrections.toml, correction n° {c.number} ({c.aim()})"
    names = [column.name for column in spec.columns]
    wheres = ["_problem is null"] + [f"{name} = {quote(value)}" for name, value in c.match.items()]
    if c.file:
        wheres.append(f"(_file = {quote(c.file)} or ends_with(_file, {quote('/' + c.file)}))")
    wheres += [f"_line = {c.line}"] if c.line else []
    wheres += [f"_sheet = {quote(c.sheet)}"] if c.sheet else []
    found = db.dicts(
        f"select _file, _sha256, _sheet, _line, {', '.join(names)} from raw.{spec.id} "
        f"where {' and '.join(wheres)} order by _file, _line"
    )
    if not found:
        raise ObservatoryError(
            "E231",
            "Correction sans objet : aucune ligne n’y répond",
            place,
            "Le producteur a peut-être retiré la ligne : vérifiez, puis retirez la correction.",
        )
    if len(found) > 1:
        lines = ", ".join(f"{row['_file']} ligne {row['_line']}" for row in found[:5])
        raise ObservatoryError(
            "E233",
            f"Correction ambiguë : {len(found)} lignes y répondent ({lines})",
            place,
            "Précisez « match », ou donnez « file » et « line ».",
        )
    row = found[0]
    at = f"{row['_file']}{', feuille « ' + row['_sheet'] + ' »' if row['_sheet'] else ''}, ligne {row['_line']}"
    for name, text in c.expect.items():
        if row[name] != text:
            raise ObservatoryError(
                "E232",
                f"Le fichier ne dit plus ce que la correction attend : {name} = « {row[name] or ''} », attendu « {text or ''} »",
                f"{at} ; {place}",
                "Le producteur a sans doute corrigé son fichier : vérifiez, puis retirez ou refaites la correction.",
            )
    _write(db, spec, c, row, place)


def _write(db: Database, spec: SourceSpec, c: Correction, row: dict[str, Any], place: str) -> None:
    column = c.column or next(iter(c.expect))
    before, after = row[column], row[column]
    spot = "_file = ? and _sha256 = ? and _sheet = ? and _line = ?"
    keys = [row["_file"], row["_sha256"], row["_sheet"], row["_line"]]
    flags = "_flags = array_to_string(list_distinct(list_concat(string_split(coalesce(_flags, ''), ','), [?])), ',')"
    if c.action == "drop":
        after = None
        db.execute(
            f"update raw.{spec.id} set _problem = 'I210', _problem_column = ?, _problem_value = ? where {spot}",
            [_header(spec, column), before, *keys],
        )
    elif c.action == "flag":
        db.execute(f"update raw.{spec.id} set {flags} where {spot}", ["flagged", *keys])
    else:
        after = c.value if c.action == "override" else _scaled(before, c.factor, place)
        db.execute(
            f"update raw.{spec.id} set {column} = ?, {flags} where {spot}", [after, "corrected", *keys]
        )
    values = [
        spec.id,
        c.number,
        c.action,
        row["_file"],
        row["_sheet"],
        row["_line"],
        column,
        before,
        after,
        c.reason,
        c.who,
        c.when,
    ]
    db.execute(f"insert into staging.correction values ({', '.join('?' * len(values))})", values)


def _header(spec: SourceSpec, name: str) -> str:
    return next(column.shown for column in spec.columns if column.name == name)


def _scaled(text: str | None, factor: Decimal | None, place: str) -> str:
    value = read_decimal(text or "")
    if isinstance(value, Why):
        raise ObservatoryError(
            "E232",
            f"« {text or ''} » ne peut pas être multiplié : {value.reason}",
            place,
            "Retirez la correction, ou remplacez « scale » par « override ».",
        )
    result = f"{(value * (factor or Decimal(1))).normalize():f}"
    return f"{result}0" if "." in result and len(result.rpartition(".")[2]) == 3 else result
