"""Published cells → the data sets of the package. Reads a publication and declarations, never the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.declare.project import Project
from ess_observatory.export.declare import Resource
from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.publication import Figure, Publication

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Records:
    """The published cells of an edition, each as a flat record, ready to be chosen from."""

    publication: Publication
    project: Project

    @cached_property
    def all(self) -> list[dict[str, Any]]:
        """Every published figure, in print order."""
        return [self._record(figure) for figure in self.publication.figures()]

    def of(self, resource: Resource) -> list[dict[str, Any]]:
        """The records that a data set takes."""
        select = resource.select
        if select.get("all"):
            return self.all
        if select.get("key_figures"):
            return self._key_figures([str(chapter) for chapter in select.get("chapters", ())])
        kept = {table.id for table in self.publication.tables if self._is_selected(table.id, select)}
        return [record for record in self.all if record["table_id"] in kept]

    def _is_selected(self, table_id: str, select: dict[str, Any]) -> bool:
        card = next((table.card for table in self.project.tables if table.id == table_id), None)
        if card is None:
            return False
        if kind := select.get("source_kind"):
            first = self.project.sources.get((card.get("sources") or [""])[0])
            return first is not None and first.kind == kind
        return card.get("scope") in select.get("scopes", ())

    def _key_figures(self, chapters: list[str]) -> list[dict[str, Any]]:
        by_id = {record["figure_id"]: record for record in self.all}
        labels: dict[str, str] = {}
        for entry in self.publication.texts.get("key_figures") or []:
            wish = entry if isinstance(entry, dict) else {"figure": entry}
            if wish["figure"] in by_id:
                labels[wish["figure"]] = wish.get("label") or ""
        for record in self.all:
            if record["chapter"] in chapters:
                labels.setdefault(record["figure_id"], "")
        return [
            {**by_id[figure_id], "label": label or by_id[figure_id]["label"]}
            for figure_id, label in labels.items()
        ]

    @cached_property
    def _sources(self) -> dict[str, str]:
        """Sources of each figure, as one text."""
        import pyarrow.parquet as pq

        rows = pq.read_table(
            self.publication.dir / "figures.parquet", columns=["figure_id", "sources"]
        ).to_pylist()
        return {row["figure_id"]: ",".join(row["sources"] or ()) for row in rows}

    @cached_property
    def _questions(self) -> frozenset[str]:
        """Codes of the questions of the codebook, when there is one."""
        if not self.project.questionnaire.is_file():
            return frozenset()
        return frozenset(question.code for question in load_codebook(self.project.questionnaire).questions)

    def _record(self, figure: Figure) -> dict[str, Any]:
        table, row, column, cell = figure.table, figure.row, figure.column, figure.cell
        manifest = self.publication.manifest
        territory = manifest["territory"]
        question = row.code.partition(".")[0]
        return {
            "edition": manifest["edition"],
            "territory": territory["code"] if isinstance(territory, dict) else str(territory),
            "table_number": table.number,
            "table_id": table.id,
            "table_title": table.title,
            "chapter": str(table.chapter),
            "dimension": table.stub,
            "section": row.section,
            "question_code": question if question in self._questions else None,
            "row_code": row.code,
            "row_label": row.label,
            "row_kind": row.kind,
            "column_code": column.code,
            "column_label": column.label,
            "figure_id": figure.id,
            "label": row.label if len(table.columns) == 1 else f"{row.label} – {column.label}",
            "value": cell.value,
            "status": cell.sign or cell.mark or None,
            "display": format_cell(cell, column, "fr", with_unit=True) or "nd",
            "unit": (cell.unit if cell.unit is not None else column.unit) or None,
            "decimals": cell.decimals if cell.decimals is not None else column.decimals,
            "obs_status": cell.obs_status,
            "conf_status": cell.conf_status,
            "numerator": cell.numerator,
            "denominator": cell.denominator,
            "base_n": cell.base_n,
            "ci_low": cell.ci_low,
            "ci_high": cell.ci_high,
            "low": cell.low,
            "high": cell.high,
            "flags": ",".join(cell.flags) or None,
            "sources": self._sources.get(figure.id) or None,
            "is_synthetic": bool(manifest.get("synthetic")),
            "build": manifest["build"],
        }


def arrow_schema(resource: Resource, about: dict[str, str]) -> pa.Schema:
    """Arrow schema of a data set: `description` and `unit` on each field, `about` on the table."""
    import pyarrow as pa

    kinds = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    fields = []
    for declared in resource.fields:
        meta = {"label": declared.header, "label_en": declared.label_en, "description": declared.description}
        if declared.unit:
            meta["unit"] = declared.unit
        fields.append(
            pa.field(declared.name, kinds[declared.type], nullable=not declared.required, metadata=meta)
        )
    return pa.schema(fields, metadata=about)


def arrow_table(resource: Resource, records: Iterable[dict[str, Any]], about: dict[str, str]) -> pa.Table:
    """The data set as an Arrow table, rows in print order."""
    import pyarrow as pa

    rows = list(records)
    columns = [
        pa.array([row[f.name] for row in rows], field.type)
        for f, field in zip(resource.fields, arrow_schema(resource, about), strict=True)
    ]
    return pa.table(columns, schema=arrow_schema(resource, about))
