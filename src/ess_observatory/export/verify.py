"""`ess export verify`: whether a package is whole, as described, and says what the published tables say."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.export.files import SUMS, french_csv, members, sha256
from ess_observatory.export.totals import block_sums
from ess_observatory.words.numbers import round_half_up

if TYPE_CHECKING:
    import pyarrow as pa

_ARROW = {"string": "string", "number": "double", "integer": "int64", "boolean": "bool"}
_TELLING = ("value", "numerator", "ci_low", "ci_high")


@dataclass(frozen=True)
class Finding:
    """One thing that was verified."""

    label: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {**asdict(self), "ok": self.holds}


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The package folder that a path stands for: itself, the only package under it, or what a zip holds. Raises E562."""
    if path.suffix == ".zip" and zipfile.is_zipfile(path):
        with tempfile.TemporaryDirectory() as scratch:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(scratch)
            with opened(Path(scratch)) as folder:
                yield folder
        return
    found = [path] if (path / "datapackage.json").is_file() or (path / SUMS).is_file() else []
    found = found or sorted(file.parent for file in path.glob(f"*/{SUMS}"))
    if len(found) != 1:
        raise ObservatoryError(
            "E562",
            "Aucun paquet à vérifier" if not found else "Plusieurs paquets : lequel ?",
            str(path) if not found else ", ".join(folder.name for folder in found),
            "Donnez le dossier d’un paquet (celui qui contient SHA256SUMS), ou son zip.",
            Exit.MISSING,
        )
    yield found[0]


def verify(folder: Path, publication: Path | None = None) -> list[Finding]:
    """Every verification of a package folder; `publication`: the folder it was made from, compared cell by cell."""
    findings = [Finding("Empreintes (SHA256SUMS)", tuple(_sums(folder)))]
    try:
        described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        tables = {resource["name"]: _read(folder, resource) for resource in _parquets(described)}
    except (OSError, ValueError, KeyError) as error:
        return [*findings, Finding("Description (datapackage.json)", (f"illisible : {error}",))]
    checks: list[tuple[str, Callable[[], Iterator[str]]]] = [
        ("Nombre de lignes", lambda: _rows(described, tables)),
        ("Schémas", lambda: _schemas(folder, described, tables)),
        ("Clés primaires et colonnes obligatoires", lambda: _keys(described, tables)),
        ("Aucune cellule masquée ne porte de valeur", lambda: _hidden(tables)),
        ("Les CSV disent la même chose que les Parquet", lambda: _csv(folder, described, tables)),
        ("Les jeux s’accordent avec les tableaux publiés", lambda: _agree(described, tables)),
        ("Les lignes des tableaux donnent leur ensemble", lambda: _totals(described, tables)),
        ("Les tableaux en CSV reprennent les valeurs publiées", lambda: _wide(folder, described, tables)),
    ]
    if publication is not None:
        checks.append(
            ("Cellule par cellule, la publication", lambda: _source(publication, described, tables))
        )
    for label, check in checks:
        try:
            problems = tuple(check())
        except (OSError, ValueError, KeyError) as error:
            problems = (f"{type(error).__name__} : {error}",)
        findings.append(Finding(label, problems))
    return findings


def _sums(folder: Path) -> Iterator[str]:
    path = folder / SUMS
    if not path.is_file():
        yield f"{SUMS} manque"
        return
    listed: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    present = set(members(folder)) - {SUMS}
    yield from (f"{name} : manque" for name in sorted(set(listed) - present))
    yield from (f"{name} : n’est pas dans {SUMS}" for name in sorted(present - set(listed)))
    yield from (
        f"{name} : modifié" for name in sorted(present & set(listed)) if sha256(folder / name) != listed[name]
    )


def _parquets(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [resource for resource in described["resources"] if resource["format"] == "parquet"]


def _read(folder: Path, resource: dict[str, Any]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(folder / resource["path"])
    except pa.ArrowException as error:
        raise ValueError(f"{resource['path']} : {error}") from error


def _rows(described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    for resource in _parquets(described):
        found = tables[resource["name"]].num_rows
        if found != resource["rows"]:
            yield f"{resource['path']} : {found} lignes au lieu de {resource['rows']}"


def _schemas(folder: Path, described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    for resource in _parquets(described):
        expected = [(field["name"], _ARROW[field["type"]]) for field in resource["schema"]["fields"]]
        found = [(field.name, str(field.type)) for field in tables[resource["name"]].schema]
        if found != expected:
            odd = sorted({name for name, _ in set(found) ^ set(expected)})
            yield f"{resource['path']} : {', '.join(odd) or 'ordre des colonnes'}"
        file = folder / "schemas" / f"{resource['name']}.schema.json"
        if json.loads(file.read_text(encoding="utf-8")) != resource["schema"]:
            yield f"schemas/{file.name} : n’est pas le schéma de datapackage.json"


def _keys(described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    for resource in _parquets(described):
        table = tables[resource["name"]]
        keys = list(
            zip(*(table.column(name).to_pylist() for name in resource["schema"]["primaryKey"]), strict=True)
        )
        if len(set(keys)) != len(keys):
            yield f"{resource['path']} : clé primaire répétée"
        for field in resource["schema"]["fields"]:
            column = table.column(field["name"])
            if field.get("constraints", {}).get("required") and column.null_count:
                yield f"{resource['path']} : {column.null_count} valeurs vides dans « {field['name']} »"
            known = {category["value"] for category in field.get("categories", ())}
            if known and (odd := set(column.drop_null().to_pylist()) - known):
                yield f"{resource['path']} : valeurs inconnues dans « {field['name']} » : {', '.join(sorted(odd))}"


def _hidden(tables: dict[str, pa.Table]) -> Iterator[str]:
    for name, table in tables.items():
        for row in table.to_pylist():
            if row["conf_status"] != "F" and any(row.get(key) is not None for key in _TELLING):
                yield f"{name} : {row['figure_id']}"


def _csv(folder: Path, described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    for resource in described["resources"]:
        if resource["format"] == "csv":
            headers = [field["name"] for field in resource["schema"]["fields"]]
            table = tables[resource["name"].removesuffix("_csv")]
            if (folder / resource["path"]).read_bytes() != french_csv(table, headers).encode():
                yield f"{resource['path']} : diffère du Parquet"
        digest = hashlib.sha256((folder / resource["path"]).read_bytes()).hexdigest()
        if resource["hash"] != f"sha256:{digest}":
            yield f"{resource['path']} : l’empreinte n’est pas celle de datapackage.json"


def _whole(described: dict[str, Any], tables: dict[str, pa.Table]) -> list[dict[str, Any]]:
    """The published tables: the first data set."""
    rows: list[dict[str, Any]] = tables[_parquets(described)[0]["name"]].to_pylist()
    return rows


def _agree(described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    whole = {row["figure_id"]: row for row in _whole(described, tables)}
    for resource in _parquets(described)[1:]:
        for row in tables[resource["name"]].to_pylist():
            published = whole.get(row["figure_id"])
            if published is None:
                yield f"{resource['name']} : {row['figure_id']} n’est pas publié"
            elif odd := [
                key for key in row if key in published and key != "label" and row[key] != published[key]
            ]:
                yield f"{resource['name']} : {row['figure_id']} ({', '.join(odd)})"


def _totals(described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    columns: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _whole(described, tables):
        columns[row["table_id"], row["column_code"]].append(row)
    for declared in described["controls"]["totals"]:
        cells = columns[declared["table_id"], declared["column_code"]]
        total = [row["value"] for row in cells if row["row_kind"] == "total"]
        sums = block_sums(cells)
        if total != [declared["total"]] or any(abs(v - declared["total"]) > 1e-6 for v in sums.values()):
            yield f"{declared['table_id']} / {declared['column_code']}"


def _wide(folder: Path, described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    """Every published value is in the CSV of its table, in order."""
    by_table: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in _whole(described, tables):
        if row["value"] is not None:
            text = str(round_half_up(row["value"], row["decimals"])).replace(".", ",")
            by_table[row["table_number"], row["table_id"]].append(text)
    files = {
        path.stem.removeprefix("SYNTHETIQUE_"): path for path in (folder / "csv" / "tableaux").glob("*.csv")
    }
    for (number, table_id), values in by_table.items():
        path = files.get(f"{number}_{table_id}")
        if path is None:
            yield f"tableau {number} : pas de CSV"
            continue
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";")
        cells = iter([cell for line in lines for cell in line])
        if not all(value in cells for value in values):
            yield f"tableau {number} : le CSV ne porte pas toutes ses valeurs"


def _source(publication: Path, described: dict[str, Any], tables: dict[str, pa.Table]) -> Iterator[str]:
    import pyarrow.parquet as pq

    figures = {row["figure_id"]: row for row in pq.read_table(publication / "figures.parquet").to_pylist()}
    whole = {row["figure_id"]: row for row in _whole(described, tables)}
    yield from (f"{figure_id} : absent du paquet" for figure_id in figures if figure_id not in whole)
    yield from (f"{figure_id} : absent de la publication" for figure_id in whole if figure_id not in figures)
    compared = (
        "table_id",
        "row_code",
        "column_code",
        "value",
        "decimals",
        "obs_status",
        "conf_status",
        "build",
        "low",
        "high",
    )
    for figure_id in figures.keys() & whole.keys():
        if odd := [key for key in compared if figures[figure_id].get(key) != whole[figure_id].get(key)]:
            yield f"{figure_id} : {', '.join(odd)}"
