"""What is written on a map and under it: names with their values, letters of the groups, the legend of the circles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ess_observatory.publish.tables import Column
from ess_observatory.render.chartdata import Context, Point
from ess_observatory.render.svg import Canvas, text_width, wrap
from ess_observatory.words.labels import colon
from ess_observatory.words.numbers import format_number

Spot = tuple[float, float, Point]
Box = tuple[float, float, float, float]  # left, top, right, bottom
NAME = 13.0  # size of the names
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Frame:
    """Size of the drawing, and of its largest circle, for the highest value."""

    def __init__(self, width: float, highest: Point | None) -> None:
        self.width = width
        self.highest = highest
        self.top = (highest and highest.value) or 0.0
        self.largest = width / 19

    def radius(self, value: float) -> float:
        """Radius of the circle of a value: its area is proportional to the value."""
        return max(self.largest * math.sqrt(value / self.top), self.width / 360) if self.top else 0.0


def write_names(canvas: Canvas, spots: Sequence[Spot], frame: Frame, count: int) -> list[Box]:
    """Names of the largest circles, each with its value: inside the circle where it holds, else after the name.

    Above, below or beside, off other names and other circles; a circle that finds no place has neither name nor
    value. Returns the boxes that are taken.
    """
    sizes = [(x, y, frame.radius(point.value)) for x, y, point in spots if point.value]
    circles = [_around(*size) for size in sizes if size[2] > 4]
    taken: list[Box] = []
    for x, y, point in spots[: 2 * count]:
        if not point.value or len(taken) == count:
            continue
        radius = frame.radius(point.value)
        holds = radius * 2 > text_width(point.label, NAME, bold=True) + 6
        text = point.row.label if holds else f"{point.row.label}\u00a0{point.label}"
        width = text_width(text, NAME, bold=True) + 3
        own = _around(x, y, radius)
        middle = min(max(x - width / 2, 2), frame.width - width - 2)
        places = [(middle, y - radius - 4), (middle, y + radius + 14)]
        places += [(x + radius + 4, y + shift) for shift in (5, 12, -3, 20)]
        places += [(x - radius - 4 - width, y + shift) for shift in (5, 12, -3, 20)]
        boxes = [(left, base - 11, left + width, base + 3) for left, base in places]
        inside = [box for box in boxes if box[1] > 0 and box[0] >= 0 and box[2] <= frame.width]
        free = [box for box in inside if not any(_overlap(box, other) for other in taken)]
        # a name that would touch another circle could be read as its own
        clear = [box for box in free if not any(_overlap(box, c) for c in circles if c != own)]
        if clear:
            box = clear[0]
            taken.append(box)
            canvas.text(box[0], box[3] - 3, text, "t-map")
            if holds:
                canvas.text(x, y + 5, point.label, "on-spot", "middle")
    return taken


def write_groups(
    canvas: Canvas,
    places: Mapping[str, Sequence[tuple[float, float]]],
    spots: Sequence[Spot],
    frame: Frame,
    taken: Sequence[Box],
) -> dict[str, str]:
    """A letter in the middle of each group, where nothing else is written; the letters, none for a single group."""
    drawn = {name: centres for name, centres in places.items() if centres}
    if not 1 < len(drawn) <= len(LETTERS):
        return {}
    circles = [_around(x, y, frame.radius(p.value)) for x, y, p in spots if p.value]
    boxes = [*taken]
    letters = dict(zip(drawn, LETTERS, strict=False))
    for name, letter in letters.items():
        centres = drawn[name]
        x0, y0 = (sum(place[axis] for place in centres) / len(centres) for axis in (0, 1))
        near = sorted(centres, key=lambda place: math.hypot(place[0] - x0, place[1] - y0))
        tried = [
            (x + dx, y + dy) for x, y in near for dx, dy in ((0, 0), (0, 13), (0, -13), (13, 0), (-13, 0))
        ]
        free = [at for at in tried if not any(_overlap(_around(*at, 8), box) for box in boxes)]
        clear = [at for at in free if not any(_overlap(_around(*at, 8), box) for box in circles)]
        x, y = (clear or free or tried)[0]
        boxes.append(_around(x, y, 8))
        canvas.text(x, y + 5, letter, "t-map-group", "middle")
    return letters


def write_legend(
    canvas: Canvas, frame: Frame, column: Column, groups: tuple[str, Mapping[str, str]], context: Context
) -> None:
    """The highest value as a circle, two round values below it, and the groups with their letters."""
    if frame.highest:
        ladder = [step * 10**power for power in range(9) for step in (1, 2, 5)]
        under = [[size for size in ladder if size <= frame.top * part][-1:] for part in (0.06, 0.4)]
        sizes = [*dict.fromkeys(float(size) for found in under for size in found), frame.top]
        radius = frame.radius(frame.top)
        canvas.y += radius + 12
        x = 4.0
        for size in sizes:
            r = frame.radius(size)
            text = format_number(size, column.decimals if size == frame.top else 0, context.lang)
            canvas.circle(x + r, canvas.y, r, "spot-key")
            canvas.text(x + 2 * r + 6, canvas.y + 5, text, "t-v")
            x += 2 * r + 6 + text_width(text) + 18
        said = [(column.label, "t-v", 13.0), (context.words["circle_legend"], "t-src", 11.5)]
        beside = max(text_width(text, size) for text, _, size in said) <= frame.width - x
        at, y = (x, canvas.y - 3) if beside else (4.0, canvas.y + radius + 18)
        for text, cls, size in said:
            for line in wrap(text, frame.width - at - 4, size, 3):
                canvas.text(at, y, line, cls)
                y += 17
        canvas.y = max(canvas.y + radius, y - 17) + 6
    label, letters = groups
    if not label:
        return
    canvas.y += 16
    canvas.line(4, canvas.y - 4, 40, canvas.y - 4, "border")
    canvas.text(50, canvas.y, f"{context.words['limits']}{colon(context.lang)}{label}", "t-v")
    columns = 1 if canvas.narrow else 2
    width, rows = frame.width / columns, math.ceil(len(letters) / columns)
    start = lowest = canvas.y
    for rank, (name, letter) in enumerate(letters.items()):
        if rank % rows == 0:
            canvas.y = start
        left = 4 + width * (rank // rows)
        canvas.text(left, canvas.y + 18, letter, "t-map-group")
        canvas.y = canvas.block(left + 20, canvas.y + 18, wrap(name, width - 48, 13, 3), "t-v", step=16) - 16
        lowest = max(lowest, canvas.y)
    canvas.y = lowest + 4


def _around(x: float, y: float, radius: float) -> Box:
    return (x - radius, y - radius, x + radius, y + radius)


def _overlap(one: Box, two: Box) -> bool:
    return two[0] < one[2] and one[0] < two[2] and two[1] < one[3] and one[1] < two[3]
