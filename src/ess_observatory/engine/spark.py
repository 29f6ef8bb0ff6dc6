"""The same SQL on Apache Spark, for a register that no longer fits one machine (`pip install ess-observatory[spark]`).

The SQL files stay as they are: sqlglot writes them in Spark's dialect. Tables of a layer are temporary views here, whose names
join layer and table, since Spark's own views have no schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ess_observatory.engine.sql_text import LAYERS

if TYPE_CHECKING:
    import pyarrow as pa

    from ess_observatory.engine.graph import Model


#: For tables of a few rows: no code is compiled and no work is cut for them.
SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.showConsoleProgress": "false",
}


def session(cores: str = "*", settings: dict[str, str] | None = None) -> Any:
    """A Spark session on this machine, in UTC; a session that is already open (a cluster's) is taken as it is."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{cores}]").appName("ess-observatory")
    fixed = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "localhost",
        "spark.sql.session.timeZone": "UTC",
    }
    return builder.config(map={**fixed, **(settings or {})}).getOrCreate()


class SparkDatabase:
    """Tables and views of the layers in a Spark session, with the methods of `Database` that models and readers use."""

    def __init__(self, spark: Any) -> None:
        self.spark = spark
        self._names: set[str] = set()

    def put(self, name: str, table: pa.Table) -> None:
        """Create (or replace) table `name` (schema.table) with the content of an Arrow table."""
        self._keep(name, self.spark.createDataFrame(table))

    def read_parquet(self, name: str, path: str) -> None:
        """Create (or replace) table `name` from Parquet files, read where they lie."""
        self._keep(name, self.spark.read.parquet(path))

    def make(self, model: Model) -> None:
        """Create (or replace) the table of a model, or its view, computed once and cut from what it was made of."""
        self._keep(model.target, self.spark.sql(spark_sql(model.sql)).localCheckpoint())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, as tuples."""
        return [tuple(row) for row in self.spark.sql(spark_sql(sql)).collect()]

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """All rows of a query, as dictionaries keyed by column name."""
        return [row.asDict() for row in self.spark.sql(spark_sql(sql)).collect()]

    def close(self) -> None:
        """Forget the tables; the session stays open."""
        for name in sorted(self._names):
            self.spark.catalog.dropTempView(name)
        self.spark.catalog.clearCache()
        self._names.clear()

    def __enter__(self) -> SparkDatabase:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _keep(self, name: str, frame: Any) -> None:
        flat = name.replace(".", "__")
        frame.createOrReplaceTempView(flat)
        self._names.add(flat)


def spark_sql(sql: str) -> str:
    """A query of the project in Spark's dialect.

    Tables get their flat names. A number with a decimal point is a double, so that a share is divided as DuckDB divides it.
    """
    import sqlglot
    from sqlglot import exp

    def adapt(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Table) and node.db in LAYERS:
            flat = exp.to_table(f"{node.db}__{node.name}")
            flat.set("alias", node.args.get("alias"))
            return flat
        if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            return exp.cast(node.copy(), "double")
        return node

    parsed = sqlglot.parse_one(sql, dialect="duckdb")
    written: str = _without_loop(parsed, adapt).sql(
        dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    return written


def _without_loop(parsed: Any, adapt: Any) -> Any:
    """Apply `adapt` once to every node that was there before it."""
    for node in list(parsed.walk()):
        replaced = adapt(node)
        if replaced is not node:
            node.replace(replaced)
    return parsed
