"""`ess doctor`: the state of the installation."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from dataclasses import replace

import typer

from ess_observatory.commands.console import DECLARATION, show_doctor
from ess_observatory.commands.messages import print_json
from ess_observatory.commands.options import JsonOption
from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.rehearsal import rehearse
from ess_observatory.recipe.steps import models_of
from ess_observatory.words.numbers import format_number

_LIBRARIES = ("duckdb", "pyarrow", "pandas", "great-expectations", "xlsxwriter", "openpyxl", "python-calamine", "sqlglot")  # fmt: skip


def doctor(as_json: JsonOption = False) -> None:
    """Print the state of the installation (exit 2 for a fault in a declaration, 3 when something else fails)."""
    results = examine()
    if as_json:
        print_json(results)
    else:
        show_doctor(results)
    found = {result["status"] for result in results}
    if found & {"failed", DECLARATION}:
        raise typer.Exit(int(Exit.USAGE if DECLARATION in found else Exit.DATA))


def examine() -> list[dict[str, str]]:
    """The state of the installation, one line a check."""
    results = [_result("ok" if sys.version_info >= (3, 11) else "failed", f"Python {sys.version.split()[0]}")]
    for name in _LIBRARIES:
        try:
            results.append(_result("ok", f"{name} {importlib.metadata.version(name)}"))
        except importlib.metadata.PackageNotFoundError:
            results.append(_result("failed", f"{name} absent : relancez « make setup »"))
    for tool, use in (("soffice", "copie .ods"), ("chromium", "contrôle de la page dans un navigateur")):
        found = shutil.which(tool)
        results.append(
            _result(
                "ok" if found else "warning",
                f"{tool} {'présent' if found else f'absent (facultatif : {use})'}",
            )
        )
    try:
        project = Project.load()
        models = models_of(project)
        rehearsed = 0
        results.append(
            _result(
                "ok",
                f"{len(project.sources)} sources, {len(project.tables)} tableaux, {len(models)} requêtes valides",
            )
        )
        for path in sorted((project.pipelines / "editions").glob("*.toml")):
            edition = project.edition(path.stem)
            if not rehearsed:
                rehearsed = rehearse(project, edition)
                results.append(
                    _result("ok", f"{rehearsed} requêtes faites à vide, contrôles entre sources compris")
                )
            results.append(
                _result(
                    "ok",
                    f"édition {edition.id} : {len(edition.territory.communes)} communes, périmètre {edition.data['perimeter']}",
                )
            )
        free = shutil.disk_usage(project.root).free / 1e9
        results.append(_result("ok" if free > 1 else "warning", f"{format_number(free, 1)} Go libres"))
    except ObservatoryError as error:
        status = DECLARATION if error.exit_code == Exit.USAGE else "failed"
        results += [_result(status, str(fault)) for fault in (replace(error, details=[]), *error.details)]
    return results


def _result(status: str, label: str) -> dict[str, str]:
    return {"status": status, "label": label}
