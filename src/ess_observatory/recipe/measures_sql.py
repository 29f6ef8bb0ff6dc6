"""The cells of a table written from what is declared once: its rows (a dimension), its columns (measures, shares, rates).

A dimension is a query, `pipelines/dimensions/<name>.sql`, made as the view `core.by_<name>`: one row for each member (a value of the
column that its first name says, '' for none) of each row of the table (`code`, `label`, `rank`, then `kind`, `section`, `parent` and
attributes where it gives them). A row of several members adds them up; the row of kind `total` is everything, or the producer's own.
What is not known makes no number: a sum with a hidden or absent term has none, and says why. Where rows are figures of members (a
source by commune), a member without any is one of these terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ess_observatory.declare.measured import made_of
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.project import Project, TableCard
from ess_observatory.engine.graph import Model, output_columns, parse_model, parsed, read_model
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import Exit, ObservatoryError

VIEW = "core.by_"
#: What a cell may hold beside its row and column, and the SQL type of each.
_CELL = {"value": "double", "text": "varchar", "numerator": "double", "denominator": "double", "n_units": "bigint",
         "top_share": "double", "second_share": "double", "top_unit": "varchar", "obs_status": "varchar", "flags": "varchar",
         "low": "double", "high": "double"}  # fmt: skip
_TOP = ("top_share", "second_share", "top_unit")
#: A term that is not known makes no sum.
_WHOLE = "case when count(amount) = count(*) then sum(amount) end"
_HIDDEN, _INCOMPLETE = "'secret_a_la_source'", "'total_incomplet'"

Used = dict[str, MeasureFile]


def dimension_models(project: Project) -> dict[str, Model]:
    """The view of each dimension, by target."""
    files = sorted((project.pipelines / "dimensions").glob("*.sql"))
    return {VIEW + path.stem: read_model(VIEW + path.stem, path) for path in files}


def table_models(project: Project, models: dict[str, Model]) -> dict[str, Model]:
    """The model of each table whose card has `rows`, by target. Raises E417."""
    tables = [table for table in project.tables if "rows" in table.card]
    return {f"marts.{table.id}": _model(project, table, models) for table in tables}


def _model(project: Project, table: TableCard, models: dict[str, Model]) -> Model:
    view = VIEW + table.card["rows"]["dimension"]
    given = output_columns(view, models)
    key = parsed(models[view].sql).selects[0].alias_or_name
    card, columns = table.folder / "card.toml", table.card["columns"]
    if lacking := [name for name in ("code", "label", "rank") if name not in given]:
        raise _refused(f"La dimension ne donne pas {', '.join(lacking)}", str(models[view].path),
                       "Donnez la clé de ses membres, puis code, label, rank.")  # fmt: skip
    if unknown := [name for column in columns if (name := column.get("attribute", key)) not in given]:
        raise _refused(f"Colonne inconnue de la dimension : « {unknown[0]} »", str(card),
                       f"Elle donne : {', '.join(sorted(given))}.")  # fmt: skip
    used = {f"m_{name}": project.measures[name] for column in columns for name in made_of(column)}
    if strange := [name[2:] for name, measure in used.items() if key not in measure.by]:
        raise _refused(f"La mesure « {strange[0]} » ne dit pas sa colonne « {key} »", str(card),
                       f"Ajoutez « {key} » à « by » dans pipelines/measures/{strange[0]}.toml, ou prenez une autre dimension.")  # fmt: skip
    return parse_model(f"marts.{table.id}", card, _table_sql(table, view, key, given, used))


def _refused(what: str, where: str, fix: str) -> ObservatoryError:
    return ObservatoryError("E417", what, where, fix, Exit.USAGE)


def _table_sql(table: TableCard, view: str, key: str, given: frozenset[str], used: Used) -> str:
    """The query: the dimension, each measure by row of it, all of them side by side, then one select a column."""
    rows, columns = table.card["rows"], {column["code"]: column for column in table.card["columns"]}
    attributes = {column["attribute"] for column in columns.values() if "attribute" in column}
    own = sorted({"section", "parent"} & given | attributes)
    kind = "kind" if "kind" in given else "'data' as kind"
    other = sorted(given - {key, "code", "label", "rank", "kind"})
    least = "".join(f", min({name}) as {name}" for name in own)
    ctes = {
        "dimension": f"select {', '.join([f'{key} as member', 'code', 'label', 'rank', kind, *other])} from {view}",
        "line": f"select code, min(label) as label, min(rank) as rank, min(kind) as kind{least} from dimension group by code",
    }
    for name, measure in used.items():
        ctes |= _cells(name, measure, key) if measure.mark else _rows(name, measure, key)
    told = [f"{sql} as {name}_{what}" for name, m in used.items() for what, sql in _told(name, m)]
    joins = "".join(f"\n    left join {name} on {name}.code = l.code" for name in used)
    ctes["wide"] = f"select l.*,\n        {_LINES.join(told)}\n    from line as l{joins}"
    cells = {code: _cell(column, used) for code, column in columns.items()}
    held = [what for what in _CELL if any(what in cell for cell in cells.values())]
    row = ["code as row_code", "label as row_label", f"{_rank(rows, columns)} as row_rank", "kind as row_kind",
           *(f"{name} as row_{name}" for name in own if name not in attributes)]  # fmt: skip
    observed = " or ".join(f"{name}_found > 0" for name in used)
    kept = f"\nwhere kind = 'total' or {observed}" if rows.get("observed") else ""
    selects = []
    for code, cell in cells.items():
        values = [f"{cell.get(what, f'cast(null as {_CELL[what]})')} as {what}" for what in held]
        selects.append(
            f"select {', '.join(row)}, {quote(code)} as column_code,\n    {', '.join(values)}\nfrom wide{kept}"
        )
    written = ",\n".join(f"{name} as (\n    {sql}\n)" for name, sql in ctes.items())
    return (
        f"-- grain: one row of {view} x column. Written from the card, its measures and its dimension: a change is made there.\n"
        f"with {written}\n" + "\nunion all\n".join(selects) + "\n"
    )


_LINES = ",\n        "


def _rank(rows: dict[str, Any], columns: dict[str, dict[str, Any]]) -> str:
    """SQL of the print order: the dimension's own, or the largest of a column first within it, the total last."""
    if "order" not in rows:
        return "rank"
    name = made_of(columns[rows["order"]])[0]
    order = f"case when kind = 'total' then 1 else 0 end, rank, m_{name}_value desc nulls last, code"
    return f"case when kind = 'total' then rank else row_number() over (order by {order}) end"


def _rows(name: str, measure: MeasureFile, key: str) -> dict[str, str]:
    """A measure made of rows, by row of the table: those of its members counted or added up; the total is made of all.

    Where rows are figures of members, a member without any is not known (see `MeasureFile.may_lack`): what it is part of is bounded
    by the others.
    """
    if measure.value and not measure.unit_key:
        return _figures(name, measure, key)
    amount, unit = measure.distinct or measure.value or "1", measure.unit_key or "cast(null as varchar)"
    one_row = f"select coalesce({measure.by[key]}, '') as member, {amount} as amount, {unit} as unit"
    of = "select d.code, r.amount, r.unit from dimension as d"
    ctes = {
        f"{name}_row": f"{one_row}\n    from {measure.rows}{_where(measure)}",
        f"{name}_of": f"{of} inner join {name}_row as r on r.member = d.member where d.kind <> 'total'\n"
        f"    union all\n    {of} cross join {name}_row as r where d.kind = 'total'",
    }
    value = f"count({'distinct ' if measure.distinct else ''}amount)"
    if measure.value:
        value = _WHOLE
    counted = f"select code, {value} as value, count(*) as found from {name}_of group by code"
    if not measure.unit_key:
        return ctes | {name: counted}
    first, second = (f"max(case when place = {place} then amount / nullif(whole, 0) end)" for place in (1, 2))
    return ctes | {
        f"{name}_unit": "select code, unit, sum(amount) as amount, sum(sum(amount)) over (partition by code) as whole,\n"
        "        row_number() over (partition by code order by sum(amount) desc nulls last, unit) as place\n"
        f"    from {name}_of\n    group by code, unit",
        f"{name}_top": f"select code, count(*) as n_units, {first} as top_share, coalesce({second}, 0) as second_share,\n"
        f"        max(case when place = 1 then cast(unit as varchar) end) as top_unit\n    from {name}_unit\n    group by code",
        name: f"select c.code, c.value, c.found, t.n_units, {', '.join(f't.{what}' for what in _TOP)}\n"
        f"    from ({counted}) as c\n    inner join {name}_top as t on t.code = c.code",
    }


def _figures(name: str, measure: MeasureFile, key: str) -> dict[str, str]:
    """The total is made of what has a member of the dimension, or none: a source that goes further than the territory adds nothing."""
    nothing = "null" if measure.may_lack else "0"
    member = f"coalesce({measure.by[key]}, '')"
    row = f"select {member} as member, {measure.value} as amount\n    from {measure.rows}{_where(measure)}"
    low = "case when count(amount) < count(*) then nullif(sum(case when amount > 0 then amount end), 0) end"
    return {
        "member": "select distinct member from dimension where kind <> 'total'",
        f"{name}_row": row,
        f"{name}_of": f"select d.code, r.member is not null as is_found, case when r.member is null then {nothing} else r.amount end as amount\n"
        f"    from dimension as d left join {name}_row as r on r.member = d.member where d.kind <> 'total'\n"
        f"    union all\n    select d.code, true, r.amount from dimension as d cross join {name}_row as r\n"
        f"    where d.kind = 'total' and (r.member = '' or r.member in (select member from member))\n"
        f"    union all\n    select d.code, false, {nothing} from dimension as d cross join member as m\n"
        f"    where d.kind = 'total' and m.member not in (select member from {name}_row)",
        name: f"select code, {_WHOLE} as value, count(*) filter (where is_found) as found, {low} as low,\n"
        f"        case when count(amount) between 1 and count(*) - 1 then 'partial' end as mark\n    from {name}_of\n    group by code",
    }


def _cells(name: str, measure: MeasureFile, key: str) -> dict[str, str]:
    """A measure made of a producer's cells, by row of the table: those of its members; the total is the producer's own.

    What is left for those that it does not name is nothing when the others make its whole. A sum is bounded by its terms.
    """
    keys = "".join(f", coalesce({column}, '') as of_{other}" for other, column in measure.by.items())
    bounds = "".join(
        f", {getattr(measure, end) or 'cast(null as double)'} as {end}" for end in ("low", "high")
    )
    given = (
        f"select {measure.value} as amount, {measure.mark} as mark, {measure.units} as units{bounds}{keys}"
    )
    everything = {other: quote(measure.whole.get(other, "")) for other in measure.by}
    others = " and ".join(
        ["true", *(f"of_{other} = {it}" for other, it in everything.items() if other != key)]
    )
    return {
        f"{name}_given": f"{given}\n    from {measure.rows}{_where(measure)}",
        f"{name}_cell": f"select of_{key} as member, of_{key} = {everything[key]} as is_whole,\n"
        f"        case when mark is null then amount end as amount, mark, units, low, high\n    from {name}_given\n    where {others}",
        f"{name}_left": "select max(case when is_whole then amount end) - sum(case when not is_whole then amount end) as amount,\n"
        f"        count(mark) as marks\n    from {name}_cell",
        f"{name}_of": "select d.code, c.mark, c.units, c.member, c.low, c.high, case when c.member is null and z.amount = 0 and z.marks = 0\n"
        f"        and {measure.closes.get(key, 'false')} then 0 else c.amount end as amount\n"
        f"    from dimension as d\n    cross join {name}_left as z\n    left join {name}_cell as c\n"
        f"        on c.member = case when d.kind = 'total' then {everything[key]} else d.member end and c.is_whole = (d.kind = 'total')",
        name: "select code, case when count(amount) = count(*) then sum(amount) end as value, count(member) as found,\n"
        "        case when count(mark) = 0 then null when count(*) = 1 then max(mark) else 'partial' end as mark,\n"
        "        case when count(*) = 1 then max(low) when count(mark) > 0 then nullif(sum(coalesce(amount, low, 0)), 0) end as low,\n"
        "        case when count(*) = 1 then max(high) when count(mark) > 0 and count(coalesce(amount, high)) = count(*)\n"
        "            then sum(coalesce(amount, high)) end as high,\n"
        f"        coalesce(sum(units), 0) as n_units\n    from {name}_of\n    group by code",
    }


def _where(measure: MeasureFile) -> str:
    return f"\n    where {measure.where}" if measure.where else ""


def _told(name: str, measure: MeasureFile) -> Iterator[tuple[str, str]]:
    """What the cells need of a measure, beside each row: its value, what was found of it, the whole and what is known of it."""
    value = f"cast({name}.value as double)" if measure.value else f"cast(coalesce({name}.value, 0) as double)"
    yield from (("value", value), ("found", f"coalesce({name}.found, 0)"))
    yield "total", f"max(case when l.kind = 'total' then {value} end) over ()"
    yield "known", f"sum(case when l.kind = 'data' then {value} end) over ()"
    if measure.mark or measure.unit_key:
        yield "n_units", f"cast(coalesce({name}.n_units, 0) as bigint)"
    if measure.unit_key:
        yield from ((what, f"{name}.{what}") for what in _TOP)
    if measure.mark:
        yield "high", f"cast({name}.high as double)"
    if _is_bounded(measure):
        yield "low", f"cast({name}.low as double)"
        yield "flags", f"case {name}.mark when 'secret' then {_HIDDEN} when 'partial' then {_INCOMPLETE} end"


def _is_bounded(measure: MeasureFile) -> bool:
    """Whether a cell of it may be known in part."""
    return bool(measure.mark or (measure.value and not measure.unit_key))


def _cell(column: dict[str, Any], used: Used) -> dict[str, str]:
    """SQL of each thing that a column holds (see `_CELL`)."""
    if "attribute" in column:
        return {"text": column["attribute"]}
    names = [f"m_{name}" for name in made_of(column)]
    cell = {"value": f"{names[0]}_value"} if "measure" in column else _ratio(column, names, used)
    sensitive = next((name for name in names if used[name].secrecy == "magnitude"), None)
    if sensitive:
        cell["n_units"] = f"{sensitive}_n_units"
        cell |= {what: f"{sensitive}_{what}" for what in _TOP if used[sensitive].unit_key}
    marks = [f"{name}_flags" for name in names if used[name].mark]
    if "measure" in column and _is_bounded(used[names[0]]):
        cell |= {"flags": f"{names[0]}_flags", "low": f"{names[0]}_low"}
        cell |= {"high": f"{names[0]}_high"} if used[names[0]].mark else {}
    elif marks:  # a ratio has no sum of its own to be incomplete
        cell["flags"] = f"case when {' or '.join(f'{mark} = {_HIDDEN}' for mark in marks)} then {_HIDDEN} end"
    return cell


def _ratio(column: dict[str, Any], names: list[str], used: Used) -> dict[str, str]:
    """A share of the whole, or a rate per another measure, with its terms."""
    times, of, per = 100.0, f"{names[0]}_value", f"{names[0]}_total"
    if "rate" in column:
        rate, per = used[names[1]].rate, f"{names[1]}_value"
        times = rate.times if rate else times
    if column.get("among") != "known":
        return {"value": f"{times!r} * {of} / nullif({per}, 0)", "numerator": of, "denominator": per}
    known = f"{names[0]}_known"
    of = f"case kind when 'total' then {known} when 'missing' then null else {of} end"
    return {"value": f"{times!r} * ({of}) / nullif({known}, 0)", "numerator": of, "obs_status": "case when kind = 'missing' then 'M' end",
            "denominator": f"case when kind <> 'missing' then {known} end"}  # fmt: skip
