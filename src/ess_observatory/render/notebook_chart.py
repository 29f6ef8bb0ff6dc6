"""The drawing of one published table in a notebook: Matplotlib, in the report's colours, hidden cells as their sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import highlighted, points, spec_columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

MAIN, CONTEXT, TEXT = "#00467C", "#8A9099", "#1D2126"
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.bottom": False,
    "axes.spines.left": False,
    "ytick.left": False,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "figure.dpi": 110,
}


@dataclass(frozen=True)
class Chart:
    """A drawing with its alternative text; shows itself in a notebook."""

    figure: Drawing = field(repr=False)
    alt: str

    def save(self, path: Path | str) -> None:
        """Write the drawing (.png, .svg, .pdf)."""
        self.figure.savefig(path)

    def _repr_html_(self) -> str:
        import base64
        import html
        import io

        picture = io.BytesIO()
        self.figure.savefig(picture, format="png")
        data = base64.b64encode(picture.getvalue()).decode("ascii")
        return f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}">'


def draw(table: PublishedTable, column: str | None, section: str | None, synthetic: bool) -> Drawing:
    """Horizontal bars from zero, the value or the sign at the end, in the report's colours.

    « Not known » is hatched, a confidence interval is a line across the end of its bar.
    """
    import textwrap

    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    spec = dict(table.chart or {})
    if spec.get("type") == "map":
        spec = {"order": "descending", "limit": 15, **spec}
    spec |= {"column": column, "columns": None} if column else {}
    spec |= {"section": section} if section else {}
    columns = [c for c in spec_columns(table, spec)[:1] if c.kind != "text"]
    kept = set(spec.get("include") or [row.code for row in table.rows])
    drawn = [
        p
        for c in columns
        for p in points(table, spec, c, "fr")
        if p.row.code in kept and p.label != NOT_APPLICABLE
    ]
    if not drawn:
        numbers = ", ".join(c.code for c in table.columns if c.kind != "text") or "aucune"
        raise ObservatoryError(
            "E527",
            f"Rien à tracer dans le tableau {table.number}",
            table.title,
            f"Colonnes de nombres : {numbers}.",
            Exit.USAGE,
        )
    front = highlighted(spec, drawn)
    with mpl.rc_context(STYLE):
        figure = Drawing(figsize=(8, 1.6 + 0.36 * len(drawn)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        several = len({p.row.section for p in drawn}) > 1
        names = [f"{p.row.section} – {p.row.label}" if several else p.row.label for p in drawn]
        places = range(len(drawn), 0, -1)
        colours = [MAIN if front is None or p.row.code in front else CONTEXT for p in drawn]
        bars = axes.barh(places, [p.value or 0 for p in drawn], color=colours, height=0.62)
        for bar, point in zip(bars, drawn, strict=True):
            end, middle = bar.get_width(), bar.get_y() + bar.get_height() / 2
            if point.apart:
                bar.set(facecolor="white", edgecolor=CONTEXT, hatch="////")
            if point.interval and point.value is not None:
                low, high = point.interval
                axes.hlines(middle, low, high, color="white", linewidth=4)
                axes.plot([low, high], [middle, middle], color=TEXT, linewidth=1.4, marker="|", markersize=7)
                end = max(end, high)
            axes.annotate(
                point.label,
                (end, middle),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                style="italic" if point.value is None else "normal",
            )
        axes.set_yticks(list(places), [textwrap.fill(name, 46) for name in names])
        axes.set_xticks([])
        axes.margins(x=0.14)
        axes.axvline(0, color=TEXT, linewidth=1)
        title = textwrap.fill(f"{table.number} – {table.title}", 72)
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        axes.set_title(columns[0].header, loc="left", fontsize=9.5)
        note = f"Source\u00a0: {table.source}" + ("\nDonnées synthétiques" if synthetic else "")
        figure.supxlabel(note, x=0.01, ha="left", fontsize=8)
    return figure
