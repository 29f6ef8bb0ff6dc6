"""The order of work, derived from the SQL: who reads whom, refused when it reads upwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.engine.sql_text import LAYERS, sql_name, statements_of, tables_of
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.words.decoding import decode

if TYPE_CHECKING:
    from sqlglot import exp

#: Tables of `rules` that change with the territory.
OF_TERRITORY = frozenset(
    f"rules.{name}"
    for name in ("territory_commune", "territory_area", "territory_level", "compared_area", "commune_projection", "commune_code")
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """One SQL file and the table that it makes (`layer.name`)."""

    target: str
    path: Path
    sql: str
    reads: frozenset[str]

    @property
    def is_view(self) -> bool:
        """Whether the file asks (a line `-- view` on top) that its table be computed when it is read, never stored."""
        return "-- view" in self._header

    @property
    def is_shared(self) -> bool:
        """Whether the file says (a line `-- shared` on top, with or without a reason) that its table is the same whatever the
        territory: made once for all the territories of a run.
        """
        return any(line == "-- shared" or line.startswith("-- shared:") for line in self._header)

    @property
    def sliced_by(self) -> tuple[str, str] | None:
        """The table and its column along which the work may be cut (a line `-- slices: layer.table.column` on top; the model
        gives the same column), so that the joins of a national register stay in memory.
        """
        said = [line.removeprefix("-- slices: ") for line in self._header if line.startswith("-- slices: ")]
        table, _, column = said[0].rpartition(".") if said else ("", "", "")
        return (table, column) if said else None

    @property
    def bounds(self) -> str | None:
        """The table that a solver makes of this one (a line `-- bounds: layer.table` on top): it declares a linear programme."""
        said = [line.removeprefix("-- bounds: ") for line in self._header if line.startswith("-- bounds: ")]
        return said[0].strip() if said else None

    @property
    def _header(self) -> list[str]:
        return list(takewhile(lambda line: line.startswith("--"), self.sql.splitlines()))

    @property
    def layer(self) -> str:
        """The layer of the table."""
        return self.target.partition(".")[0]


def sql_of(path: Path) -> str:
    """A declared query, whatever editor saved it. Raises E106 when it is no text."""
    try:
        return decode(path.read_bytes())
    except (UnicodeError, OSError) as error:
        fix = "Enregistrez-la en texte, encodage UTF-8."
        raise ObservatoryError("E106", "Requête illisible", str(path), fix, Exit.USAGE) from error


def read_model(target: str, path: Path) -> Model:
    """Parse a SQL file: one query on tables of its layer or of lower ones (E404); else see `read_query`."""
    return parse_model(target, path, sql_of(path))


def parse_model(target: str, path: Path, sql: str) -> Model:
    """Parse the SQL of a model (see `read_model`), which comes from a file or is written from what a file declares."""
    layer, _, name = target.partition(".")
    sql_name(name, "Le nom d’une requête", str(path))
    reads = set()
    for table in tables_of(sql, str(path)):
        if table.db not in LAYERS:  # a name of the query itself, or a series
            continue
        if LAYERS.index(table.db) > LAYERS.index(layer):
            raise ObservatoryError(
                "E404",
                f"Lecture vers le haut : {target} lit {table.db}.{table.name}",
                str(path),
                "Une couche ne lit que sa couche ou celles d’en dessous.",
                Exit.USAGE,
            )
        reads.add(f"{table.db}.{table.name}")
    return Model(target, path, sql, frozenset(reads))


def order(models: Iterable[Model]) -> list[Model]:
    """The models in an order in which each comes after those it reads (ties broken by name).

    Raises E405 when they read each other in a circle, E406 when a shared one depends on the territory.
    """
    by_target = {model.target: model for model in models}
    _refuse_territory(by_target)
    solved = {model.bounds: target for target, model in by_target.items() if model.bounds}
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {
            target: sorted({solved.get(name, name) for name in model.reads} & by_target.keys())
            for target, model in sorted(by_target.items())
        }
    )
    try:
        return [by_target[target] for target in sorter.static_order()]
    except CycleError as error:
        raise ObservatoryError(
            "E405",
            "Des requêtes se lisent en rond",
            " → ".join(error.args[1]),
            "Coupez le cercle en déplaçant une partie dans une table à part.",
            Exit.USAGE,
        ) from error


def _refuse_territory(by_target: dict[str, Model]) -> None:
    """Raise E406 for a shared model that reads a table of the territory, or a table of `core` that is not shared."""
    shared = {target: model for target, model in sorted(by_target.items()) if model.is_shared}
    for model in shared.values():
        own = sorted(
            name
            for name in model.reads
            if name in OF_TERRITORY or (name.startswith("core.") and name not in shared)
        )
        if model.layer != "core" or own:
            raise ObservatoryError(
                "E406",
                f"{model.target} se dit commun à tous les territoires"
                + (f" et lit {', '.join(own)}" if own else f", dans la couche {model.layer}"),
                str(model.path),
                "Retirez la ligne « -- shared », ou ne lisez que staging, les nomenclatures et des tables core communes.",
                Exit.USAGE,
            )


def output_columns(target: str, models: dict[str, Model]) -> frozenset[str]:
    """The columns of a model as its SQL names them, those of a `*` followed to the models that they come from."""
    return _columns_of(parsed(models[target].sql), {}, models)


def parsed(sql: str) -> exp.Query:
    """The tree of a query that is known to be sound; the same one each time: whoever changes it takes a copy."""
    statement: exp.Query
    (statement,) = statements_of(sql)
    return statement


def _columns_of(
    query: exp.Query, outer: dict[str, frozenset[str]], models: dict[str, Model]
) -> frozenset[str]:
    from sqlglot import exp

    known = dict(outer)
    for cte in query.ctes:
        known[cte.alias] = _columns_of(cte.this, known, models)
    if isinstance(query, exp.SetOperation):
        return _columns_of(query.left, known, models)
    sources = {}
    for source in (query.args.get("from_"), *query.args.get("joins", [])):
        table = source.this if source else None
        if isinstance(table, exp.Subquery):
            sources[table.alias] = _columns_of(table.this, known, models)
        elif isinstance(table, exp.Table):
            name = f"{table.db}.{table.name}"
            of_model = output_columns(name, models) if name in models else frozenset()
            sources[table.alias_or_name] = of_model if table.db else known.get(table.name, frozenset())
    found: set[str] = set()
    for item in query.selects:
        if not item.is_star:
            found.add(item.alias_or_name)
        elif isinstance(item, exp.Column):
            found |= sources.get(item.table, frozenset())
        else:
            found.update(*sources.values())
    return frozenset(found)


def closure(target: str, models: dict[str, Model]) -> list[str]:
    """Every table that `target` depends on, nearest first; what a solver makes depends on its programme."""
    reads_of = {name: model.reads for name, model in models.items()}
    reads_of |= {model.bounds: frozenset({name}) for name, model in models.items() if model.bounds}
    seen: dict[str, None] = {}
    front = [target]
    while front:
        reads = sorted({table for name in front for table in reads_of.get(name, ())} - seen.keys())
        seen.update(dict.fromkeys(reads))
        front = reads
    return list(seen)
