"""Proportional circles on the outlines of areas: counts are never drawn as shaded areas."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import Context, Point, drawn_title, finding, points, spec_columns
from ess_observatory.render.map_words import Frame, Spot, write_groups, write_legend, write_names
from ess_observatory.render.svg import Canvas, num

Ring = list[tuple[float, float]]


def circles_map(table: PublishedTable, context: Context, geo: dict[str, Any], narrow: bool = False) -> str:
    """The map of one column: outlines, group borders (`group` column), circles, names of the largest.

    Areas are matched by `code` or by one of `commune_codes`. A hidden value draws its sign and no circle; a value
    whose area has no outline is counted under the map.
    """
    spec = map_spec(table)
    column = spec_columns(table, spec)[0]
    drawn = {p.row.code: p for p in points(table, {"exclude": spec.get("exclude")}, column, context.lang)}
    areas = _areas(geo)
    frame = Frame(
        360.0 if narrow else 720.0, max((p for p in drawn.values() if p.value), key=_value, default=None)
    )
    project, height = _projection([ring for area in areas for ring in area["rings"]], frame.width)
    canvas = Canvas(frame.width, narrow)
    groups = _groups(table, spec, areas)
    ranks = {name: rank for rank, name in enumerate(group_names(table, spec))}
    for name in dict.fromkeys(groups):
        rings = [
            ring for area, own in zip(areas, groups, strict=True) if own == name for ring in area["rings"]
        ]
        cls = f"land g{ranks[name]}" if name in ranks else "land"
        canvas.path("".join(_outline(ring, project) for ring in rings), cls)
    inner, outer = _borders(areas, groups, project)
    canvas.path(inner, "border")
    canvas.path(outer, "rim")
    spots = _spots(areas, drawn, project)
    for x, y, point in spots:
        if point.value:
            canvas.circle(x, y, frame.radius(point.value), "spot", f"{point.row.label} · {point.label}")
        elif point.value is None and point.label != NOT_APPLICABLE:
            canvas.text(x, y + 4, point.label, "t-map-sign", "middle")
    taken = write_names(canvas, spots, frame, int(spec.get("names") or (6 if narrow else 12)))
    places = {
        name: [project(area["centre"]) for area, own in zip(areas, groups, strict=True) if own == name]
        for name in ranks
    }
    letters = write_groups(canvas, places, spots, frame, taken)
    canvas.y = height + 6
    group = table.column(spec["group"]).label if spec["group"] and inner else ""
    write_legend(canvas, frame, column, (group, letters), context)
    known = {code for area in areas for code in area["codes"]}
    lost = sum(p.value is not None and p.value > 0 and code not in known for code, p in drawn.items())
    if lost:
        canvas.footer(context.words["not_on_map"].format(lost))
    if not context.paper:
        canvas.footer(context.source(table))
    title = f"{context.words['figure']} {table.number} – {drawn_title(table, context.lang)}"
    uid = f"{table.anchor}-map-{'n' if narrow else 'w'}"
    cls = f"map {'narrow' if narrow else 'wide'}"
    return canvas.render(uid, title, finding(table, column, context), cls)


def _value(point: Point) -> float:
    return point.value or 0.0


def _spots(areas: list[dict[str, Any]], drawn: dict[str, Point], project: Any) -> list[Spot]:
    """Places of the values, largest first; values of one area stand side by side."""
    spots: list[Spot] = []
    for area in areas:
        x, y = project(area["centre"])
        found = [drawn[code] for code in area["codes"] if code in drawn]
        for rank, point in enumerate(found):
            spots.append((x + 8 * (rank - (len(found) - 1) / 2), y, point))
    return sorted(spots, key=lambda spot: (-(spot[2].value or 0), spot[2].row.code))


def _areas(geo: dict[str, Any]) -> list[dict[str, Any]]:
    areas = []
    for feature in geo["features"]:
        properties, geometry = feature["properties"], feature["geometry"]
        polygons = (
            geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        )
        rings: list[Ring] = [[(p[0], p[1]) for p in ring] for polygon in polygons for ring in polygon]
        centre = (properties.get("cx"), properties.get("cy"))
        if centre[0] is None or centre[1] is None:
            largest = max(rings, key=len)
            centre = (sum(p[0] for p in largest) / len(largest), sum(p[1] for p in largest) / len(largest))
        codes = list(
            dict.fromkeys([str(properties["code"]), *map(str, properties.get("commune_codes") or [])])
        )
        areas.append({"codes": codes, "rings": rings, "centre": centre, "name": properties.get("name") or ""})
    return areas


def _projection(rings: list[Ring], width: float) -> tuple[Any, float]:
    """Equirectangular projection at the mean latitude, fitted to the width of the drawing, or to a height half as long again."""
    longitudes = [p[0] for ring in rings for p in ring]
    latitudes = [p[1] for ring in rings for p in ring]
    squeeze = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    west, north = min(longitudes), max(latitudes)
    across, down = (max(longitudes) - west) * squeeze, north - min(latitudes)
    scale = min((width - 20) / (across or 1), 1.5 * width / (down or 1))
    left, height = (width - across * scale) / 2, down * scale + 16

    def project(point: tuple[float, float]) -> tuple[float, float]:
        return left + (point[0] - west) * squeeze * scale, 8 + (north - point[1]) * scale

    return project, height


def _outline(ring: Ring, project: Any) -> str:
    """A closed path with relative integer-tenth steps, to keep the page light."""
    previous: tuple[float, float] | None = None
    parts = []
    for point in ring[:-1]:
        x, y = (round(value, 1) for value in project(point))
        if previous is None:
            parts.append(f"M{num(x)} {num(y)}")
        elif (x, y) != previous:
            parts.append(f"l{num(x - previous[0])} {num(y - previous[1])}")
        previous = (x, y)
    return "".join(parts) + "z"


def map_spec(table: PublishedTable) -> dict[str, Any]:
    """The chart of a table, with the text column of the groups: the first one unless declared."""
    texts = [column.code for column in table.columns if column.kind == "text"]
    return {"group": texts[0] if texts else None, **(table.chart or {})}


def group_names(table: PublishedTable, spec: dict[str, Any]) -> list[str]:
    """Names of the groups of areas, in the order of the classes `g0`, `g1`… of the map."""
    code = spec.get("group")
    found = {table.cell(row, code).text or "" for row in table.rows if row.kind == "data"} if code else set()
    return sorted(found - {"", "–"}, key=str.casefold)


def _groups(table: PublishedTable, spec: dict[str, Any], areas: list[dict[str, Any]]) -> list[str]:
    code = spec.get("group")
    known = {row.code: table.cell(row, code).text or "" for row in table.rows} if code else {}
    return [next((known[c] for c in area["codes"] if c in known), "") for area in areas]


def _borders(areas: list[dict[str, Any]], groups: list[str], project: Any) -> tuple[str, str]:
    """Segments between two groups, and segments that belong to one area only (the outer rim)."""
    owners: dict[tuple[tuple[float, float], tuple[float, float]], list[int]] = {}
    for index, area in enumerate(areas):
        for ring in area["rings"]:
            for start, end in pairwise(ring):
                owners.setdefault((min(start, end), max(start, end)), []).append(index)
    inner = [edge for edge, who in owners.items() if len({groups[i] for i in who}) > 1]
    outer = [edge for edge, who in owners.items() if len(who) == 1]
    return _chain(inner, project), _chain(outer, project)


def _chain(edges: list[tuple[tuple[float, float], tuple[float, float]]], project: Any) -> str:
    """Joins segments end to end into few paths."""
    around: dict[tuple[float, float], list[tuple[float, float]]] = {}
    for start, end in edges:
        around.setdefault(start, []).append(end)
        around.setdefault(end, []).append(start)
    left = {frozenset(edge) for edge in edges if edge[0] != edge[1]}
    parts = []
    for first in sorted(around, key=lambda p: (len(around[p]) % 2 == 0, p)):
        while True:
            here = first
            trail = [here]
            while following := next((p for p in sorted(around[here]) if frozenset((here, p)) in left), None):
                left.discard(frozenset((here, following)))
                trail.append(following)
                here = following
            if len(trail) == 1:
                break
            steps = [project(point) for point in trail]
            parts.append("M" + "L".join(f"{num(x)} {num(y)}" for x, y in steps))
    return "".join(parts)
