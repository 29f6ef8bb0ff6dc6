"""Proportional circles on the outlines of areas: counts are never drawn as shaded areas."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import Context, Point, finding, points, spec_columns
from ess_observatory.render.svg import Canvas, num, text_width
from ess_observatory.words.labels import colon
from ess_observatory.words.numbers import format_number

Ring = list[tuple[float, float]]
Spot = tuple[float, float, Point]
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Frame:
    """Size of the drawing, and of its largest circle, for the highest value."""

    def __init__(self, width: float, top: float) -> None:
        self.width = width
        self.top = top
        self.largest = width / 19

    def radius(self, value: float) -> float:
        """Radius of the circle of a value: its area is proportional to the value."""
        return max(self.largest * math.sqrt(value / self.top), self.width / 360) if self.top else 0.0


def circles_map(table: PublishedTable, context: Context, geo: dict[str, Any], narrow: bool = False) -> str:
    """The map of one column: outlines, group borders (`group` column), circles, names of the largest.

    Areas are matched by `code` or by one of `commune_codes`. A hidden value draws its sign and no circle.
    """
    spec = map_spec(table)
    column = spec_columns(table, spec)[0]
    drawn = {p.row.code: p for p in points(table, {"exclude": spec.get("exclude")}, column, context.lang)}
    areas = _areas(geo)
    frame = Frame(360.0 if narrow else 720.0, max((p.value for p in drawn.values() if p.value), default=0))
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
    _names(canvas, spots, frame, int(spec.get("names") or (5 if narrow else 9)))
    canvas.y = height + 6
    group = table.column(spec["group"]).label if spec["group"] else ""
    _legend(canvas, frame, column.label, group, context)
    if not context.paper:
        canvas.footer(context.source(table))
    title = f"{context.words['figure']} {table.number} – {table.title}"
    uid = f"{table.anchor}-map-{'n' if narrow else 'w'}"
    cls = f"map {'narrow' if narrow else 'wide'}"
    return canvas.render(uid, title, finding(table, column, context), cls)


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
    """Equirectangular projection at the mean latitude, fitted to the width of the drawing."""
    longitudes = [p[0] for ring in rings for p in ring]
    latitudes = [p[1] for ring in rings for p in ring]
    squeeze = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    west, north = min(longitudes), max(latitudes)
    scale = (width - 20) / ((max(longitudes) - west) * squeeze or 1)
    height = (north - min(latitudes)) * scale + 16

    def project(point: tuple[float, float]) -> tuple[float, float]:
        return 10 + (point[0] - west) * squeeze * scale, 8 + (north - point[1]) * scale

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


def _names(canvas: Canvas, spots: list[Spot], frame: Frame, count: int) -> None:
    """Names of the largest circles: above, below or beside, off other names and other circles, or left out."""
    sizes = [(x, y, frame.radius(point.value)) for x, y, point in spots if point.value]
    circles = [_around(*size) for size in sizes if size[2] > 4]
    taken: list[Box] = []
    for x, y, point in spots[:count]:
        if not point.value:
            continue
        radius = frame.radius(point.value)
        width = text_width(point.row.label, 13, bold=True)
        own = _around(x, y, radius)
        middle = min(max(x - width / 2, 2), frame.width - width - 2)
        places = [(middle, y - radius - 4), (middle, y + radius + 14)]
        places += [(x + radius + 4, y + shift) for shift in (5, 12, -3, 20)]
        places += [(x - radius - 4 - width, y + shift) for shift in (5, 12, -3, 20)]
        boxes = [(left, base - 11, left + width, base + 3) for left, base in places]
        inside = [box for box in boxes if box[1] > 0 and box[0] >= 0 and box[2] <= frame.width]
        free = [box for box in inside if not any(_overlap(box, other) for other in taken)]
        clear = [box for box in free if not any(_overlap(box, c) for c in circles if c != own)]
        if clear:  # a name that would touch another circle could be read as its own
            box = clear[0]
            taken.append(box)
            canvas.text(box[0], box[3] - 3, point.row.label, "t-map")
        if radius * 2 > text_width(point.label, 13, bold=True) + 6:
            canvas.text(x, y + 5, point.label, "on-spot", "middle")


def _around(x: float, y: float, radius: float) -> Box:
    return (x - radius, y - radius, x + radius, y + radius)


def _overlap(one: Box, two: Box) -> bool:
    return two[0] < one[2] and one[0] < two[2] and two[1] < one[3] and one[1] < two[3]


def _legend(canvas: Canvas, frame: Frame, label: str, group: str, context: Context) -> None:
    """Three circles of round values, side by side, and the border between groups."""
    if not frame.top:
        return
    ladder = [step * 10**power for power in range(9) for step in (1, 2, 5) if step * 10**power <= frame.top]
    sizes = ladder[-1:-6:-2][::-1] or [frame.top]
    radius = frame.radius(sizes[-1])
    canvas.y += radius + 12
    x = 4.0
    for size in sizes:
        r = frame.radius(size)
        text = format_number(size, 0, context.lang)
        canvas.circle(x + r, canvas.y, r, "spot-key")
        canvas.text(x + 2 * r + 6, canvas.y + 5, text, "t-v")
        x += 2 * r + 6 + text_width(text) + 18
    room = frame.width - x
    if text_width(context.words["circle_legend"], 11.5) > room:
        canvas.y += radius + 18
        x = 4.0
    canvas.text(x, canvas.y - 3, label, "t-v")
    canvas.text(x, canvas.y + 14, context.words["circle_legend"], "t-src")
    canvas.y += max(radius if x > 4 else 0, 18) + 4
    if group:
        canvas.y += 16
        canvas.line(4, canvas.y - 4, 40, canvas.y - 4, "border")
        canvas.text(50, canvas.y, f"{context.words['limits']}{colon(context.lang)}{group}", "t-v")
        canvas.y += 4
