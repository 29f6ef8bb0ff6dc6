"""What `ess plan` prints: file by file what is read, then what is refused, what would be empty, what is to be repaired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ess_observatory.commands.console import answers, escape, short
from ess_observatory.commands.messages import note, say
from ess_observatory.read.unknown_headers import how_to
from ess_observatory.recipe.trial import Trial
from ess_observatory.words.numbers import format_number, is_plural
from ess_observatory.words.typography import french

#: From how many files that are read alike they are told on one line.
_MANY = 4
_OK, _WARN, _BAD = "[green]✔[/green]", "[yellow]⚠[/yellow]", "[red]✘[/red]"


def show_plan(folder: Path, found: dict[str, Any], trial: Trial) -> None:
    """All that a trial found; the error that the run would end with is left to be said last."""
    note(f"Fichiers de {short(folder)}")
    for line in _lines(found):
        answers().print(line, soft_wrap=True)
    near = [advice for advice in trial.advices if advice.match not in trial.inventory.matches]
    if near:
        answers().print(escape(french(how_to(near))), soft_wrap=True)
    for other in trial.stops[1:]:
        say(f"✘ {other}")


def _lines(found: dict[str, Any]) -> Iterator[str]:
    files = sorted(found["files"], key=lambda item: (item["source"], item["file"], item["sheet"]))
    for item in _grouped(files):
        mark = _OK if item["is_read"] else _BAD
        yield f"{mark} {item['source']:<18} ← {escape(_place(item))} [dim]({escape(item['why'])})[/dim]"
        if item["rows_read"] is not None:
            yield f"    {_rows(item)}"
    for item in found["unmatched"]:
        mark = {"error": _BAD, "warn": _WARN}.get(item["severity"], "·")
        said = f"{item['why']}. {item['fix']}".strip()
        yield f"{mark} {escape(_place(item))}\u00a0: {escape(french(said))}"
    for item in found["refused"]:
        mark = _WARN if item["to_correct"] else "·"
        rows = f"{_count(item['rows'], 'ligne')} {_agreed('refusée', item['rows'])}"
        yield f"{mark} {item['source']} : {rows}, {item['code']} {escape(item['reason'])}{_cost(item)}"
    for item in found["notes"]:
        rows = f"{_count(item['rows'], 'ligne')} {_agreed('retenue', item['rows'])} avec une remarque"
        yield f"· {item['source']} : {rows}, {item['code']} {escape(item['reason'])}"
    territory = found["territory"]
    if territory["in_perimeter"] is not None:
        place = f"{territory['name']} ({_count(territory['communes'], 'commune')})"
        number = _count(territory["in_perimeter"], "établissement")
        mark = _OK if territory["in_perimeter"] else _WARN
        yield f"{mark} {escape(place)} : {number} dans le périmètre{_tables(territory['tables'])}"
    for area in found["territories"]:
        rows = ", ".join(f"{source} {format_number(count)}" for source, count in area["rows"].items())
        mark = "·" if any(area["rows"].values()) else _WARN
        yield f"{mark} {area['code']} {escape(area['name'])} : {rows or 'aucune ligne'}"
    for said in found["warnings"]:
        yield f"{_WARN} {escape(said)}"
    for said in found["empty"]:
        yield f"{_WARN} {escape(french(said))}"
    for source in found["missing"]:
        yield f"{_BAD} source attendue et absente : {escape(source)}"
    if not found["files"] and not found["missing"]:
        yield f"{_WARN} aucun fichier de données reconnu"


def _grouped(files: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The files, those of a same folder that were read alike and whole as one where they are many."""
    alike: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for item in files:
        key = (item["source"], item["file"].rpartition("/")[0], item["sheet"], item["why"], item["is_read"])
        alike.setdefault((*key, bool(item["rows_refused"])), []).append(item)
    for items in alike.values():
        if len(items) < _MANY or items[0]["rows_refused"]:
            yield from items
            continue
        sums = {
            key: sum(item[key] or 0 for item in items) for key in ("rows_read", "rows_kept", "rows_refused")
        }
        here = (
            None
            if items[0]["rows_in_territory"] is None
            else sum(item["rows_in_territory"] for item in items)
        )
        names = f"{items[0]['file']} … {items[-1]['file'].rpartition('/')[2]}"
        why = f"{format_number(len(items))} fichiers, {items[0]['why']}"
        yield {**items[0], **sums, "rows_in_territory": here, "file": names, "why": why}


def _place(item: dict[str, Any]) -> str:
    return str(item["file"]) + (f" [{item['sheet']}]" if item["sheet"] else "")


def _agreed(word: str, number: int) -> str:
    return f"{word}s" if is_plural(number) else word


def _count(number: int, word: str) -> str:
    return f"{format_number(number)} {_agreed(word, number)}"


def _tables(count: int | None) -> str:
    return "" if count is None else f", {_count(count, 'tableau') if count < 2 else f'{count} tableaux'}"


def _rows(item: dict[str, Any]) -> str:
    read, kept, refused, here = (
        item[key] for key in ("rows_read", "rows_kept", "rows_refused", "rows_in_territory")
    )
    said = f"{_count(read, 'ligne')} {_agreed('lue', read)}, {format_number(kept)} {_agreed('retenue', kept)}"
    if here is not None and kept:
        said += " dont aucune du territoire" if not here else f" dont {format_number(here)} du territoire"
    if refused:
        said += f", {format_number(refused)} {_agreed('refusée', refused)}"
    return said


def _cost(item: dict[str, Any]) -> str:
    """What of the territory refused rows take away, where it is known and is something."""
    if establishments := item.get("establishments_in_territory"):
        return f" ; {_count(establishments, 'établissement')} du territoire"
    if rows := item.get("rows_in_territory"):
        return f" ; {format_number(rows)} du territoire"
    return ""
