"""A small SVG writer: deterministic, no style attribute (the page forbids them), classes for every colour."""

from __future__ import annotations

from html import escape

FONT_SIZE, GAP = 14.0, 10.0
_NARROW = set("iljtfrI.,:;!'’|()[]/ \u00a0\u202f·")
_WIDE = set("mwMWœŒ%@—")


def num(value: float) -> str:
    """A coordinate with at most one decimal."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def text_width(text: str, size: float = FONT_SIZE, bold: bool = False) -> float:
    """Estimated width of a text in a usual sans-serif face, a little on the large side."""
    units = 0.0
    for char in text:
        if char in _NARROW:
            units += 0.32
        elif char in _WIDE:
            units += 0.88
        elif char.isupper():
            units += 0.69
        else:
            units += 0.565
    return units * size * (1.06 if bold else 1.0)


def wrap(text: str, width: float, size: float = FONT_SIZE, max_lines: int = 4) -> list[str]:
    """Splits a text in lines of at most `width`; the last one is cut with an ellipsis beyond `max_lines`."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        trial = f"{current} {word}" if current else word
        if current and text_width(trial, size) > width:
            lines.append(current)
            current = word
        else:
            current = trial
    lines.append(current)
    if len(lines) > max_lines:
        lines = [*lines[: max_lines - 1], f"{lines[max_lines - 1]}…"]
    return lines


class Canvas:
    """An SVG under construction; `y` is the running height, `gap` what stands between two bars."""

    def __init__(self, width: float, narrow: bool = False, gap: float = GAP) -> None:
        self.width = width
        self.narrow = narrow
        self.gap = gap
        self.y = 0.0
        self.items: list[str] = []
        self.hatched = False

    def rect(self, x: float, y: float, width: float, height: float, cls: str, rx: float = 0) -> None:
        """A rectangle; classes carry its colour."""
        if "hatch" in cls:
            self.hatched = True
        corner = f' rx="{num(rx)}"' if rx else ""
        self.items.append(
            f'<rect x="{num(x)}" y="{num(y)}" width="{num(max(width, 0))}" height="{num(height)}"{corner} '
            f'class="{cls}"/>'
        )

    def bar(self, x: float, y: float, width: float, height: float, cls: str) -> None:
        """A horizontal bar with a rounded free end."""
        if "hatch" in cls:
            self.hatched = True
        r = min(2.0, max(width, 0) / 2)
        self.items.append(
            f'<path class="{cls}" d="M{num(x)} {num(y)}h{num(max(width - r, 0))}q{num(r)} 0 {num(r)} {num(r)}'
            f'v{num(height - 2 * r)}q0 {num(r)} -{num(r)} {num(r)}h-{num(max(width - r, 0))}z"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, cls: str) -> None:
        """A straight line."""
        self.items.append(
            f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}" class="{cls}"/>'
        )

    def circle(self, x: float, y: float, r: float, cls: str, tip: str | None = None) -> None:
        """A circle, with an optional tooltip."""
        if tip is None:
            self.items.append(f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(r)}" class="{cls}"/>')
        else:
            self.items.append(
                f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(r)}" class="{cls}">'
                f"<title>{escape(tip, quote=False)}</title></circle>"
            )

    def path(self, d: str, cls: str) -> None:
        """A path given by its commands."""
        self.items.append(f'<path d="{d}" class="{cls}"/>')

    def text(self, x: float, y: float, text: str, cls: str = "t", anchor: str = "start") -> None:
        """A line of text on its baseline."""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.items.append(
            f'<text x="{num(x)}" y="{num(y)}" class="{cls}"{side}>{escape(text, quote=False)}</text>'
        )

    def block(
        self, x: float, y: float, lines: list[str], cls: str = "t", anchor: str = "start", step: float = 18
    ) -> float:
        """Lines of text one under the other; returns the baseline after the last."""
        for line in lines:
            self.text(x, y, line, cls, anchor)
            y += step
        return y

    def footer(self, text: str) -> None:
        """The source, small, under the drawing."""
        self.y += 8
        for line in wrap(text, self.width - 4, 11.5, 4):
            self.y += 15
            self.text(0, self.y, line, "t-src")
        self.y += 5

    def render(self, uid: str, title: str, desc: str, cls: str = "") -> str:
        """The SVG element, named by its title and described by one finding."""
        defs = ""
        if self.hatched:
            defs = (
                f'<defs><pattern id="{uid}-h" width="6" height="6" patternUnits="userSpaceOnUse" '
                'patternTransform="rotate(45)"><rect width="6" height="6" class="hatch-bg"/>'
                '<line x1="0" y1="0" x2="0" y2="6" class="hatch-line"/></pattern></defs>'
            )
        body = "".join(self.items).replace('class="hatch"', f'class="hatch" fill="url(#{uid}-h)"')
        height = num(self.y)
        return (
            f'<svg class="chart {cls}" viewBox="0 0 {num(self.width)} {height}" '
            f'width="{num(self.width)}" height="{height}" role="img" aria-labelledby="{uid}-t {uid}-d" '
            f'focusable="false"><title id="{uid}-t">{escape(title, quote=False)}</title>'
            f'<desc id="{uid}-d">{escape(desc, quote=False)}</desc>{defs}{body}</svg>'
        )
