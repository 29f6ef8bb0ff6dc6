"""The one seam between the project and its SQL engine (DuckDB)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.engine.graph import Model
from ess_observatory.engine.interrupt import AT_WORK, held
from ess_observatory.engine.refusals import in_french
from ess_observatory.engine.sql_text import LAYERS, quote
from ess_observatory.errors import Exit, ObservatoryError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

#: Oldest DuckDB that must be able to open the file that we hand over.
STORAGE_VERSION = "v1.4.0"
#: Memory that the engine may take; beyond it, it works on disk, beside the database.
MEMORY_LIMIT = "4GB"
#: Rows of a register that one statement joins at most, where a model lets its work be cut.
SLICE_ROWS = 8_000_000
#: Nothing is ever fetched nor loaded into the engine, and a name in a query is a table, never a variable of the program.
_SETTINGS = ("autoload_known_extensions", "autoinstall_known_extensions", "allow_community_extensions", "python_enable_replacements")  # fmt: skip


class Database:
    """A DuckDB file (or memory) with the layers of the project as schemas.

    One that is opened to be read reaches nothing but its own file; one that is built is locked once the files are read (`lock`).
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        with held():
            import duckdb

        self.path = path
        self._is_locked = False
        if path is None:
            self._con = duckdb.connect()
        elif read_only:
            self._con = duckdb.connect(str(path), read_only=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._con = duckdb.connect()
            self._con.execute(
                f"attach {quote(str(path))} as observatory (storage_version '{STORAGE_VERSION}', recovery_mode no_wal_writes)"
            )  # made beside, put in place whole (see `seal`): there is nothing to recover
            self._con.execute("use observatory")
            path.chmod(0o600)
        AT_WORK.add(self)
        # A file that this process has already open is one base for all, with its settings.
        self._is_locked = bool(self.rows("select current_setting('lock_configuration')")[0][0])
        if not self._is_locked:
            self._set_up(path)
        if read_only:
            self.lock()
        else:
            for layer in LAYERS:
                self._con.execute(f"create schema if not exists {layer}")

    def _set_up(self, path: Path | None) -> None:
        place = Path(tempfile.gettempdir()) if path is None else path.parent
        self.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        self.execute("set enable_progress_bar = false")  # the command line has its own
        self.execute(f"set temp_directory = {quote(str(place / 'ess-observatory.spill'))}")
        for name in _SETTINGS:
            self.execute(f"set {name} = false")

    def lock(self, *reached: Path) -> None:
        """From now on, reach no file but this database and `reached` (files to read, folders to read and write), load no
        extension, and change no setting: what comes next are queries of the declarations, or of whoever opens the database.
        """
        if self._is_locked:
            return
        folders = [f"{path}/" for path in reached if path.is_dir()]
        files = [str(path) for path in reached if not path.is_dir()]
        self.execute(f"set allowed_directories = [{', '.join(map(quote, folders))}]")
        self.execute(f"set allowed_paths = [{', '.join(map(quote, files))}]")
        self.execute("set enable_external_access = false")
        self.execute("set lock_configuration = true")
        self._is_locked = True

    def execute(self, sql: str, params: Any = None) -> None:
        """Run one statement for its effect."""
        self._run(sql, params)

    def _run(self, sql: str, params: Any) -> duckdb.DuckDBPyConnection:
        for statement in _parsed(sql):
            self._con.execute(statement, params)
        return self._con

    def make(self, model: Model) -> None:
        """Create (or replace) the table or the view of a model, slice by slice where it allows it and is large."""
        with declared_in(str(model.path)):
            self._make(model)

    def _make(self, model: Model) -> None:
        if model.is_view:
            self.execute(f"create or replace view {model.target} as {model.sql}")
            return
        first, *others = self._slices(*model.sliced_by) if model.sliced_by else ["true"]
        self.execute(f"create or replace table {model.target} as select * from ({model.sql}\n) where {first}")
        for part in others:
            self.execute(f"insert into {model.target} select * from ({model.sql}\n) where {part}")

    def _slices(self, table: str, column: str) -> list[str]:
        """Conditions that cut the values of a column into ranges of some `SLICE_ROWS` rows of a table: one when it is small.

        The cuts are quantiles of the values whose hash falls on a multiple: the same table is always cut in the same places.
        """
        parts = -(-self.rows(f"select count(*) from {table}")[0][0] // SLICE_ROWS)
        if parts <= 1:
            return ["true"]
        shares = [part / parts for part in range(1, parts)]
        found = self.rows(
            f"select quantile_disc({column}, {shares}) from {table} where hash({column}) % 1000 = 0"
        )
        cuts = sorted(set(found[0][0]))
        return [
            f"{column} < '{cuts[0]}'",
            *(f"{column} >= '{low}' and {column} < '{high}'" for low, high in pairwise(cuts)),
            f"{column} >= '{cuts[-1]}'",
            f"{column} is null",
        ]

    def rows(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """All rows of a query, as tuples."""
        return self._run(sql, params).fetchall()

    def dicts(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        """All rows of a query, as dictionaries keyed by column name."""
        result = self._run(sql, params)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def arrow(self, sql: str) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self._con.sql(sql).to_arrow_table()

    def put(self, name: str, table: pa.Table) -> None:
        """Create (or replace) table `name` (schema.table; schema `temp`: never written) with the content of an Arrow table."""
        kind = "temp table" if name.startswith("temp.") else "table"
        self._con.register("_incoming", table)
        try:
            self._con.execute(f"create or replace {kind} {name} as select * from _incoming")
        finally:
            self._con.unregister("_incoming")

    def exists(self, schema: str, table: str) -> bool:
        """Whether a table or view of that name is there."""
        import duckdb

        try:
            self.columns(f'"{schema}"."{table}"')
        except duckdb.CatalogException:
            return False
        return True

    def columns(self, name: str) -> list[str]:
        """Column names of a table, in order."""
        return [row[0] for row in self.rows(f"describe {name}")]

    def seal(self) -> None:
        """Write everything to disk now, and say so when that fails: closing alone would keep silent about it."""
        self._con.execute("force checkpoint")

    def interrupt(self) -> None:
        """Make the query at work, if any, end with an error; called from another thread."""
        self._con.interrupt()

    def close(self) -> None:
        """Write everything to disk and let go of the file."""
        AT_WORK.discard(self)
        self._con.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@lru_cache(maxsize=1024)
def _parsed(sql: str) -> tuple[Any, ...]:
    """The statements of a text: reading one takes the engine as long as running it, and a build says many of them again."""
    import duckdb

    return tuple(duckdb.extract_statements(sql))


@contextmanager
def declared_in(where: str) -> Iterator[None]:
    """Around SQL of the declarations: raise E409 (exit 2) when the engine refuses what it says (a column that is not there, a file
    out of reach), whatever the data; errors that come of the data pass.
    """
    import duckdb

    try:
        yield
    except (
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ParserException,
        duckdb.PermissionException,
    ) as error:
        what, fix = in_french(str(error))
        raise ObservatoryError(
            "E409", f"Requête que le moteur refuse : {what}", where, fix, Exit.USAGE
        ) from error
