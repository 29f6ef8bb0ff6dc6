"""What a person sees in the terminal: steps, summary, errors. Everything goes to stderr but answers."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.commands.messages import note
from ess_observatory.declare.project import Edition
from ess_observatory.quality.case_workbook import NAME as CASES
from ess_observatory.quality.report import REPORT
from ess_observatory.quality.workbook import NAME as REFUSED
from ess_observatory.recipe.each_index import FAILED, STATUS, Each, message
from ess_observatory.recipe.runner import Outcome
from ess_observatory.words.labels import plural
from ess_observatory.words.numbers import format_number, is_plural

if TYPE_CHECKING:
    from rich.console import Console

_MOVES_SHOWN = 12
_SAID = 300  # characters of a warning
#: Status of a fault in a declaration, among the lines of `ess doctor`.
DECLARATION = "declaration"


@cache
def messages() -> Console:
    """The terminal on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@cache
def answers() -> Console:
    """The terminal on stdout."""
    from rich.console import Console

    return Console(highlight=False)


def escape(text: str) -> str:
    """Text that rich prints as it is, brackets and all."""
    from rich.markup import escape as escaped

    return escaped(text)


class Steps:
    """The progress of a long work: one line a step, with its time; a spinner only on a terminal."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self.title, self.quiet = title, quiet
        self.step: tuple[str, str] | None = None
        self.began = 0.0
        self.status: Any = None

    def __enter__(self) -> Steps:
        if not self.quiet:
            messages().print(f"[bold]{escape(self.title)}[/bold]")
            if messages().is_terminal:
                self.status = messages().status("")
                self.status.start()
        return self

    def __call__(self, step: str, detail: str) -> None:
        """A new step begins; the one before is done."""
        self._done()
        self.step, self.began = (step, detail), time.perf_counter()
        if self.status:
            self.status.update(f"{step}  {detail}")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._done()
        if self.status:
            self.status.stop()

    def _done(self) -> None:
        if self.step and not self.quiet:
            step, detail = self.step
            seconds = format_number(time.perf_counter() - self.began, 1)
            _say(f"  {escape(step):<34} [dim]{escape(detail):<36} {seconds:>6} s[/dim]")
        self.step = None


def summary(edition: Edition, outcome: Outcome, until: str) -> None:
    """The end of a run: what was counted, where it lies, what to read."""
    counts, outputs = outcome.counts, outcome.outputs

    def number(key: str) -> str:
        return format_number(counts.get(key, 0))

    if outcome.is_unchanged:
        _say("[green]✔[/green] Rien n’a changé depuis la dernière construction (« --again » la refait).")

    def told(key: str, word: str) -> str:
        count = counts.get(key, 0)
        many = " ".join(f"{part}s" for part in word.split(" "))
        return f"{format_number(count)} {many if is_plural(count) else word}" if count else f"aucune {word}"

    refused = f" (voir {short(outputs.quality / REFUSED)})" if counts.get("rows_refused") else ""
    _say(
        f"[green]✔[/green] {number('files')} fichiers, {number('rows_read')} lignes lues : "
        f"{number('rows_kept')} retenues, {told('rows_refused', 'refusée')}{refused}"
    )
    seen = f" (voir {short(outputs.quality / REPORT)})"
    _say(
        f"[green]✔[/green] {told('corrections', 'correction appliquée')}, {told('notes', 'remarque')} sur des lignes retenues"
        f"{seen if counts.get('corrections') or counts.get('notes') else ''}"
    )
    if "in_perimeter" in counts:
        _say(f"[green]✔[/green] {number('in_perimeter')} établissements dans le périmètre")
    if counts.get("to_verify") or counts.get("verified"):
        _say(f"[green]✔[/green] {_cases(counts)} : {short(outputs.quality / CASES)}")
    if "tables" in counts:
        _say(f"[green]✔[/green] {number('tables')} tableaux publiés, {number('hidden')} cellules sous secret")
    _say_moved(outcome.moved)
    for warning in outcome.warnings[:12]:
        _say(f"[yellow]⚠[/yellow] {escape(warning if len(warning) <= _SAID else _cut(warning))}")
    if len(outcome.warnings) > 12:
        left = len(outcome.warnings) - 12
        _say(
            f"[yellow]⚠[/yellow] … et {format_number(left)} {'autres avertissements' if is_plural(left) else 'autre avertissement'} "
            f"(voir {short(outputs.quality / REPORT)} pour les contrôles, « ess plan » pour les fichiers)"
        )
    if edition.data.get("synthetic"):
        _say("[yellow]⚠[/yellow] Édition synthétique : ces chiffres ne décrivent aucune structure réelle.")
    if until == "report":
        note(f"Classeur     {short(outputs.workbook)}\nPage         {short(outputs.page)}")
        for path in sorted(outputs.reports.glob("*.xlsx")):
            if path != outputs.workbook:
                note(f"Modèle       {short(path)}")
        note(f"Publication  {short(outputs.publication)}")
    elif until == "publish":
        note(f"Publication  {short(outputs.publication)}")
    else:
        note(f"Base         {short(outputs.database)}")


def _cases(counts: dict[str, Any]) -> str:
    """The cases that wait for a decision, and those that a returned workbook has settled."""
    waiting, verified = counts["to_verify"], counts["verified"]
    many = "décidés" if is_plural(verified) else "décidé"
    decided = f", {format_number(verified)} {many}" if verified else ""
    return f"{format_number(waiting) if waiting else 'aucun'} cas à vérifier{decided}"


def summary_each(each: Each) -> None:
    """The end of a run on many territories: how many are built, which failed and why, where the index is."""
    for status, word in STATUS.items():
        if count := sum(part.status == status for part in each.parts):
            mark = "[red]✘[/red]" if status == FAILED else "[green]✔[/green]"
            _say(f"{mark} {format_number(count)} {plural('territoire', count)} {plural(word, count)}")
    for part in each.parts:
        if text := message(part):
            _say(f"[yellow]⚠[/yellow] {escape(f'{part.code} {part.name} : {text}'.strip())}")
        if part.error and part.error.code == "E183":
            _say(f"      {escape(part.error.where or '')}")
        if part.outcome and part.outcome.moved:
            _say(escape(f"{part.code} {part.name}"))
            _say_moved(part.outcome.moved)
    if any(part.error and part.error.code == "E183" for part in each.parts):
        _say('  → Si ces changements de règles sont voulus : --accept-changes --reason "pourquoi".')
    if each.edition.data.get("synthetic"):
        _say("[yellow]⚠[/yellow] Édition synthétique : ces chiffres ne décrivent aucune structure réelle.")
    note(f"Index        {short(each.index)}")


def _say_moved(lines: list[str]) -> None:
    """What a change of rules moved."""
    if lines:
        _say("[yellow]⚠[/yellow] Depuis la publication précédente, les règles ont changé :")
    for line in lines[:_MOVES_SHOWN]:
        _say(f"    {escape(line)}")
    if len(lines) > _MOVES_SHOWN:
        _say(f"    … et {len(lines) - _MOVES_SHOWN} autres (voir {REPORT})")


def _cut(warning: str) -> str:
    """The beginning of a long warning: the quality report has it whole."""
    return f"{warning[:_SAID].rsplit(' ', 1)[0]}… (voir {REPORT})"


def _say(markup: str) -> None:
    messages().print(markup, soft_wrap=True)


def show_doctor(results: list[dict[str, str]]) -> None:
    """The state of the installation."""
    marks = {"ok": "[green]✔[/green]", "warning": "[yellow]⚠[/yellow]", "failed": "[red]✘[/red]"}
    marks[DECLARATION] = marks["failed"]
    for result in results:
        answers().print(f"{marks[result['status']]} {escape(result['label'])}")


def short(path: Path) -> str:
    """A path from here, when it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
