"""A published table as a notebook shows it."""

from __future__ import annotations

from ess_observatory.publish.tables import PublishedTable
from ess_observatory.render.html import table_fragment


class NotebookTable(PublishedTable):
    """A published table that a notebook displays as the report prints it."""

    def _repr_html_(self) -> str:
        """The report's own HTML table (caption, reading aid, scope, source)."""
        return table_fragment(self)

    @classmethod
    def of(cls, table: PublishedTable) -> NotebookTable:
        """The same table, ready for a notebook."""
        return cls(**{name: getattr(table, name) for name in table.__dataclass_fields__})
