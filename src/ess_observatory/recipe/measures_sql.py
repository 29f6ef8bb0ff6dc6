"""The cells of a table written from what is declared once: its rows (a dimension), its columns (measures, shares, rates).

A dimension is a query, `pipelines/dimensions/<name>.sql`, made as the view `core.by_<name>`: one row for each member (a value of the
column that its first name says, '' for none) of each row of the table (`code`, `label`, `rank`, then `kind`, `section`, `parent` and
attributes where it gives them). A row of several members adds them up; the row of kind `total` is everything, or the producer's own.
What is not known makes no number: a sum with a hidden or absent term has none, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.project import Project, TableCard
from ess_observatory.engine.graph import Model, output_columns, parse_model, parsed, read_model
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import Exit, ObservatoryError

VIEW = "core.by_"
#: What a cell may hold beside its row and column, and nothing of each.
_CELL = {"value": "cast(null as double)", "text": "cast(null as varchar)", "numerator": "cast(null as double)",
         "denominator": "cast(null as double)", "n_units": "cast(null as bigint)", "top_share": "cast(null as double)",
         "second_share": "cast(null as double)", "top_unit": "cast(null as varchar)", "obs_status": "cast(null as varchar)",
         "flags": "cast(null as varchar)"}  # fmt: skip
_UNITS = ("n_units", "top_share", "second_share", "top_unit")


def dimension_models(project: Project) -> dict[str, Model]:
    """The view of each dimension, by target."""
    files = sorted((project.pipelines / "dimensions").glob("*.sql"))
    return {VIEW + path.stem: read_model(VIEW + path.stem, path) for path in files}


def table_models(project: Project, models: dict[str, Model]) -> dict[str, Model]:
    """The model of each table whose card has `rows`, by target. Raises E417."""
    tables = [table for table in project.tables if "rows" in table.card]
    return {f"marts.{table.id}": _model(project, table, models) for table in tables}


def _model(project: Project, table: TableCard, models: dict[str, Model]) -> Model:
    dimension = VIEW + table.card["rows"]["dimension"]
    has = output_columns(dimension, models)
    key = parsed(models[dimension].sql).selects[0].alias_or_name
    card = table.folder / "card.toml"
    if lacking := [name for name in ("code", "label", "rank") if name not in has]:
        _refuse(f"La dimension ne donne pas {', '.join(lacking)}", str(models[dimension].path),
                "Donnez la clé de ses membres, puis code, label, rank.")  # fmt: skip
    for column in table.card["columns"]:
        if (name := column.get("attribute")) and name not in has:
            _refuse(f"Colonne inconnue de la dimension : « {name} »", str(card), f"Elle donne : {', '.join(sorted(has))}.")
    used = {name: project.measures[name[2:]] for column in table.card["columns"] for name in _used(column)}
    for name, measure in used.items():
        if key not in measure.by:
            _refuse(f"La mesure « {name[2:]} » ne dit pas sa colonne « {key} »", str(card),
                    f"Ajoutez « {key} » à « by » dans pipelines/measures/{name[2:]}.toml, ou prenez une autre dimension.")  # fmt: skip
    return parse_model(f"marts.{table.id}", card, _table_sql(table, dimension, key, has, used))


def _refuse(what: str, where: str, fix: str) -> None:
    raise ObservatoryError("E417", what, where, fix, Exit.USAGE)


def _used(column: dict[str, Any]) -> Iterator[str]:
    """The measures of a column, under the names that the query gives them."""
    rate = column.get("rate", {})
    for name in (column.get("measure"), column.get("share"), rate.get("of"), rate.get("per")):
        if name:
            yield f"m_{name}"


def _table_sql(
    table: TableCard, dimension: str, key: str, has: frozenset[str], used: dict[str, MeasureFile]
) -> str:
    kind = "kind" if "kind" in has else "'data'"
    attributes = sorted({c["attribute"] for c in table.card["columns"] if "attribute" in c})
    extra = [(name, f"row_{name}") for name in ("section", "parent") if name in has]
    extra += [(name, f"its_{name}") for name in attributes]
    kept = "".join(f", min({name}) as {alias}" for name, alias in extra)
    ctes = [
        f"line as (\n    select code, min(label) as label, min(rank) as rank, min({kind}) as kind{kept}\n"
        f"    from {dimension}\n    group by code\n)"
    ]
    for name, measure in used.items():
        make = _cells if measure.mark else _rows
        ctes += make(name, measure, dimension, key, kind)
    of_line = [f"l.{alias}" for alias in ("code", "label", "rank", "kind", *(alias for _, alias in extra))]
    wide = [
        *of_line,
        *(f"{expression} as {name}_{what}" for name, m in used.items() for what, expression in _wide(name, m)),
    ]
    joins = "\n".join(f"    left join {name} on {name}.code = l.code" for name in used)
    ctes.append(
        "wide as (\n    select " + ",\n        ".join(wide) + f"\n    from line as l\n{joins}\n)"
    )
    rows = table.card["rows"]
    cells = {column["code"]: _cell(column, used) for column in table.card["columns"]}
    held = [what for what in _CELL if any(what in cell for cell in cells.values())]
    row = ["code as row_code", "label as row_label", f"{_rank(rows, table.card['columns'])} as row_rank",
           "kind as row_kind", *(alias for name, alias in extra if name in ("section", "parent"))]  # fmt: skip
    where = f"\nwhere kind = 'total' or {' or '.join(f'{name}_found > 0' for name in used)}" if rows.get("observed") else ""
    selects = [
        f"select {', '.join(row)}, {quote(code)} as column_code,\n    "
        f"{', '.join(f'{cell.get(what, _CELL[what])} as {what}' for what in held)}\nfrom wide{where}"
        for code, cell in cells.items()
    ]
    return (
        f"-- grain: one row of {dimension} x column. Written from card.toml, pipelines/measures and pipelines/dimensions: a change is "
        "made there.\nwith " + ",\n".join(ctes) + "\n" + "\nunion all\n".join(selects) + "\n"
    )


def _rank(rows: dict[str, Any], columns: list[dict[str, Any]]) -> str:
    """SQL of the print order: the dimension's own, or the largest of a column first within it, the total last."""
    if "order" not in rows:
        return "rank"
    (name,) = (next(_used(column)) for column in columns if column["code"] == rows["order"])
    by = f"case when kind = 'total' then 1 else 0 end, rank, {name}_value desc nulls last, code"
    return f"case when kind = 'total' then rank else row_number() over (order by {by}) end"


# --- the cells of one measure, by row of the dimension


def _rows(name: str, measure: MeasureFile, dimension: str, key: str, kind: str) -> Iterator[str]:
    """A measure made of rows: those of the members of each row of the table, counted or added up."""
    amount = measure.distinct or measure.value or "1"
    unit = f", {measure.unit_key} as unit" if measure.unit_key else ""
    yield (
        f"{name}_row as (\n    select coalesce({measure.by[key]}, '') as member, {amount} as amount{unit}\n"
        f"    from {measure.rows}{_where(measure)}\n)"
    )
    got = "d.code, r.amount" + (", r.unit" if unit else "")
    yield (
        f"{name}_of as (\n    select {got} from {dimension} as d inner join {name}_row as r on r.member = d.{key} where {kind} <> 'total'\n"
        f"    union all\n    select {got} from {dimension} as d cross join {name}_row as r where {kind} = 'total'\n)"
    )
    value = f"count({'distinct ' if measure.distinct else ''}amount)"
    if measure.value:  # a term that is not known makes no sum
        value = "case when count(amount) = count(*) then sum(amount) end"
    top = ""
    if unit:
        yield (
            f"{name}_unit as (\n    select code, unit, sum(amount) as amount,\n"
            "        row_number() over (partition by code order by sum(amount) desc, unit) as place,\n"
            "        sum(sum(amount)) over (partition by code) as whole\n"
            f"    from {name}_of\n    group by code, unit\n)"
        )
        part = "then amount / nullif(whole, 0) end"
        yield (
            f"{name}_top as (\n    select code, count(*) as n_units, max(case when place = 1 {part}) as top_share,\n"
            f"        coalesce(max(case when place = 2 {part}), 0) as second_share,\n"
            f"        max(case when place = 1 then cast(unit as varchar) end) as top_unit\n    from {name}_unit\n    group by code\n)"
        )
        top = f", max(t.n_units) as n_units, max(t.top_share) as top_share, max(t.second_share) as second_share, max(t.top_unit) as top_unit"
        yield (
            f"{name} as (\n    select o.code, {value.replace('amount', 'o.amount')} as value, count(*) as found{top}\n"
            f"    from {name}_of as o left join {name}_top as t on t.code = o.code\n    group by o.code\n)"
        )
        return
    yield f"{name} as (\n    select code, {value} as value, count(*) as found\n    from {name}_of\n    group by code\n)"


def _cells(name: str, measure: MeasureFile, dimension: str, key: str, kind: str) -> Iterator[str]:
    """A measure made of a producer's cells: that of each member, the producer's own for the whole."""
    keys = "".join(f", coalesce({column}, '') as of_{other}" for other, column in measure.by.items())
    yield (
        f"{name}_cell as (\n    select {measure.value} as amount, {measure.mark} as mark, {measure.units} as units{keys}\n"
        f"    from {measure.rows}{_where(measure)}\n)"
    )
    whole = {other: f"c.of_{other} = {quote(measure.whole.get(other, ''))}" for other in measure.by}
    others = "".join(f" and {same}" for other, same in whole.items() if other != key)
    known = "case when c.mark is null then c.amount end"
    amount, joined = known, ""
    if condition := measure.closes.get(key):  # nothing is left for those that are not named
        yield (
            f"{name}_closed as (\n    select max(case when {whole[key]} then {known} end) = sum(case when not {whole[key]} then {known} end)\n"
            f"        and count(c.mark) = 0 as is_closed\n    from {name}_cell as c\n    where true{others}\n)"
        )
        amount = f"case when c.of_{key} is null and z.is_closed and {condition} then 0 else {known} end"
        joined = f" cross join {name}_closed as z"
    got = f"d.code, {amount} as amount, c.mark, c.units, c.of_{key} as member"
    yield (
        f"{name}_of as (\n    select {got}\n    from {dimension} as d{joined} left join {name}_cell as c on c.of_{key} = d.{key}{others}\n"
        f"    where {kind} <> 'total'\n    union all\n"
        f"    select d.code, {known}, c.mark, c.units, c.of_{key}\n    from {dimension} as d left join {name}_cell as c on {whole[key]}{others}\n"
        f"    where {kind} = 'total'\n)"
    )
    yield (
        f"{name} as (\n    select code, case when count(amount) = count(*) then sum(amount) end as value, count(member) as found,\n"
        "        case when count(mark) = 0 then null when count(*) = 1 then max(mark) else 'partial' end as mark,\n"
        f"        coalesce(sum(units), 0) as n_units\n    from {name}_of\n    group by code\n)"
    )


def _where(measure: MeasureFile) -> str:
    return f"\n    where {measure.where}" if measure.where else ""


def _wide(name: str, measure: MeasureFile) -> Iterator[tuple[str, str]]:
    """What the cells need of a measure, in one row for a row of the table; `total` and `known` are of all rows."""
    value = f"{name}.value" if measure.value else f"coalesce({name}.value, 0)"
    value = f"cast({value} as double)"
    yield "value", value
    yield "found", f"coalesce({name}.found, 0)"
    yield "total", f"max(case when l.kind = 'total' then {value} end) over ()"
    yield "known", f"sum(case when l.kind = 'data' then {value} end) over ()"
    if measure.secrecy == "magnitude":
        yield "n_units", f"cast(coalesce({name}.n_units, 0) as bigint)"
        for what in _UNITS[1:] if measure.unit_key else ():
            yield what, f"{name}.{what}"
    if measure.mark:
        yield "flags", f"case {name}.mark when 'secret' then 'secret_a_la_source' when 'partial' then 'total_incomplet' end"


# --- the cells of one column


def _cell(column: dict[str, Any], used: dict[str, MeasureFile]) -> dict[str, str]:
    """SQL of each thing that a column holds (see `_CELL`)."""
    given: dict[str, str] = {}
    names = list(_used(column))
    if "attribute" in column:
        given["text"] = f"its_{column['attribute']}"
    elif "measure" in column:
        given["value"] = f"{names[0]}_value"
    else:
        of, per, times = f"{names[0]}_value", f"{names[0]}_total", 100.0
        if "rate" in column:
            per, rate = f"{names[1]}_value", used[names[1]].rate
            times = rate.times if rate else times
        if column.get("among") == "known":
            of = f"case when kind = 'total' then {names[0]}_known when kind <> 'missing' then {of} end"
            per = f"case when kind <> 'missing' then {names[0]}_known end"
            given["obs_status"] = "case when kind = 'missing' then 'M' end"
        given |= {"value": f"{times!r} * {of} / nullif({per}, 0)" if " " not in of else f"{times!r} * ({of}) / nullif({per}, 0)",
                  "numerator": of, "denominator": per}  # fmt: skip
    sensitive = next((name for name in names if used[name].secrecy == "magnitude"), None)
    if sensitive:
        given["n_units"] = f"{sensitive}_n_units"
        if used[sensitive].unit_key:
            given |= {what: f"{sensitive}_{what}" for what in _UNITS[1:]}
    marks = [f"{name}_flags" for name in names if used[name].mark]
    if marks and "measure" in column:
        given["flags"] = marks[0]
    elif marks:  # a ratio has no total of its own to be incomplete
        secret = [f"case when {mark} = 'secret_a_la_source' then {mark} end" for mark in marks]
        given["flags"] = f"coalesce({', '.join(secret)}, null)"
    return given
