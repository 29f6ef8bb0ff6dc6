"""What a change of rules does: establishments in and out, cells hidden and shown, tables gained and lost, against a budget.

A publication leaves in `quality/` the decisions that it rests on (`DECISIONS`) and what they were made from (`MEMORY`). The next one of
the same edition is compared with them when its declarations are not the same. What moves although the data of an establishment
are the same is due to the rules, whatever the files; the rest is due to the files when these are not the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import DECISIONS, Outputs
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.rule_moves import decisions, moves_between
from ess_observatory.words.numbers import HARD_SPACE, format_number

MEMORY = "regles.json"
#: Folders of `pipelines/` that move no figure: prose, templates, what is compared or handed over afterwards.
_NO_RULES = frozenset(("texts", "demo", "templates", "export", "replications"))
#: Moves that a message lists; the quality report lists all.
_SHOWN = 20
#: Verb of each kind of move, for one and for many.
_VERBS = {
    "in": ("établissement entre", "établissements entrent"),
    "out": ("établissement sort", "établissements sortent"),
    "family": ("établissement change de famille", "établissements changent de famille"),
}
_CELLS_TOLD = {
    "unveiled": ("cellule masquée serait montrée", "cellules masquées seraient montrées"),
    "hidden": ("cellule montrée serait masquée", "cellules montrées seraient masquées"),
}
_MOVED = ("établissement entre ou sort", "établissements entrent ou sortent")


@dataclass(frozen=True)
class Budget:
    """What may move without being confirmed."""

    moved_pct: float = 5.0
    unveiled: int = 0
    emptied: bool = False

    @classmethod
    def of(cls, project: Project) -> Budget:
        """The one that `rules/change_budget.toml` declares."""
        path = project.pipelines / "rules" / "change_budget.toml"
        declared = read_toml(path) if path.is_file() else {}
        return cls(
            float(declared.get("max_moved_pct", cls.moved_pct)),
            declared.get("max_unveiled_cells", cls.unveiled),
            declared.get("allow_emptied_family", cls.emptied),
        )

    def within(self, other: Budget) -> Budget:
        """The strictest of both."""
        return Budget(
            min(self.moved_pct, other.moved_pct),
            min(self.unveiled, other.unveiled),
            self.emptied and other.emptied,
        )


@dataclass(frozen=True)
class RuleChange:
    """What moved since the publication in place. `beyond`: what the budget does not allow; `reason`: that of who accepted it."""

    lines: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    reason: str = ""
    history: tuple[dict[str, str], ...] = ()
    files_changed: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether somebody confirmed it."""
        return bool(self.reason)


def rule_change(
    db: Database, project: Project, edition: Edition, outputs: Outputs, scratch: Outputs, reason: str | None
) -> RuleChange:
    """Compare the publication that lies in `scratch` with the one in place in `outputs`, if it is of the same edition; and leave in
    `scratch` what the next one will be compared with. `reason`: why a change beyond the budget is accepted.
    """
    scratch.quality.mkdir(parents=True, exist_ok=True)
    target = quote(str(scratch.quality / DECISIONS))
    db.execute(f"copy ({decisions(db, 'core')} order by siret) to {target} (format parquet)")
    before = _memory(outputs)
    budget = Budget.of(project)
    now = {
        "declarations": declarations_of(project, edition),
        "files": [list(row) for row in db.rows("select distinct source, sha256 from staging.ledger order by all")],
        "budget": [budget.moved_pct, budget.unveiled, budget.emptied],
        "accepted": before.get("accepted", []),
    }  # fmt: skip
    change = RuleChange(history=tuple(now["accepted"]))
    if _is_of(outputs, edition) and before.get("declarations") != now["declarations"]:
        if "budget" in before:
            budget = budget.within(Budget(*before["budget"]))
        files_changed = before.get("files", now["files"]) != now["files"]
        change = _compared(db, outputs, scratch, budget, files_changed, change.history, reason or "")
        if change.reason:
            accepted = {"declarations": now["declarations"][:16], "reason": change.reason, "moved": " ".join(change.beyond)}  # fmt: skip
            now["accepted"] = [*now["accepted"], accepted]
    text = json.dumps(now, ensure_ascii=False, indent=1) + "\n"
    (scratch.quality / MEMORY).write_text(text, encoding="utf-8")
    return change


def keep_memory(outputs: Outputs, scratch: Outputs) -> None:
    """Hand on what the publication in place rests on, in a build that publishes nothing."""
    for name in (DECISIONS, MEMORY):
        if (outputs.quality / name).is_file():
            scratch.quality.mkdir(parents=True, exist_ok=True)
            shutil.copy2(outputs.quality / name, scratch.quality / name)


def refuse_change(change: RuleChange) -> None:
    """Raise E183 when what moved is beyond the budget and nobody has accepted it."""
    if change.beyond and not change.is_accepted:
        more = [f"… et {len(change.lines) - _SHOWN} autres"] if len(change.lines) > _SHOWN else []
        raise ObservatoryError(
            "E183",
            "Les règles changent la publication au-delà du budget",
            "\n      ".join([" ; ".join(change.beyond), *change.lines[:_SHOWN], *more]),
            "La publication en place n’est pas touchée. Si c’est voulu, relancez avec --accept-changes --reason \"pourquoi\" ; "
            "sinon, corrigez les règles. quality-echec/rapport-qualite.html détaille.",
            Exit.DATA,
        )  # fmt: skip


def declarations_of(project: Project, edition: Edition) -> str:
    """Hash of the declarations that figures depend on: not the prose, nor what is done of a publication afterwards."""
    digest = hashlib.sha256()
    for path in sorted(p for p in project.pipelines.rglob("*") if p.is_file()):
        relative = path.relative_to(project.pipelines)
        is_rule = relative.parts[0] not in _NO_RULES | {"editions"} and path.suffix != ".md"
        if is_rule and path.name != "example.toml" and "__pycache__" not in relative.parts:
            digest.update(f"{relative.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    digest.update(edition.id.encode() + b"\0" + hashlib.sha256(edition.path.read_bytes()).digest())
    digest.update(repr((edition.territory.id, edition.territory.communes)).encode())
    return digest.hexdigest()


def _memory(outputs: Outputs) -> dict[str, Any]:
    try:
        known = json.loads((outputs.quality / MEMORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(known, dict) and len(known.get("budget", ())) == len(("pct", "cells", "family"))
    return known if is_ours else {}


def _is_of(outputs: Outputs, edition: Edition) -> bool:
    """Whether the publication in place is one of this edition."""
    try:
        manifest = json.loads((outputs.publication / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (outputs.publication / "figures.parquet").is_file() and manifest.get("edition") == edition.id


def _compared(
    db: Database,
    outputs: Outputs,
    scratch: Outputs,
    budget: Budget,
    files_changed: bool,
    history: tuple[dict[str, str], ...],
    reason: str,
) -> RuleChange:
    labels = {
        kind: dict(db.rows(f"select {key}, label from rules.{table}")) if db.exists("rules", table) else {}
        for kind, key, table in (("rule", "rule_id", "decision_rules"), ("family", "family", "ess_families"))
    }
    found = moves_between(outputs, scratch)
    counted, emptied, cells = found.counted, found.emptied, found.cells
    by_rules = [m for m in found.moves if m["is_same"] or not files_changed]
    by_files = _total(found.moves, "in", "out") - _total(by_rules, "in", "out")
    lines = [_told(m, labels) for kind in _VERBS for m in by_rules if m["kind"] == kind]
    lines += [_many(cells[kind], words) for kind, words in _CELLS_TOLD.items() if cells.get(kind)]
    lines += [f"Tableaux {word} : {', '.join(names)}" for word, names in found.tables]
    moved, unveiled = _total(by_rules, "in", "out"), cells.get("unveiled", 0)
    share = 100 * moved / counted if counted else 100.0 * bool(moved)
    beyond = []
    if share > budget.moved_pct:
        beyond.append(
            f"{_many(moved, _MOVED)}, soit {_pct(share)} du périmètre "
            f"({format_number(counted)} ; budget : {_pct(budget.moved_pct)})"
        )
    if emptied and not budget.emptied:
        beyond.append(f"famille vidée : {', '.join(labels['family'].get(f, f) for f in emptied)}")
    if unveiled > budget.unveiled:
        beyond.append(f"{_many(unveiled, _CELLS_TOLD['unveiled'])} (budget : {budget.unveiled})")
    if files_changed and lines:
        lines.append(
            "Les fichiers bruts ont changé aussi : "
            f"{_many(moved, _MOVED)} par les règles, {format_number(by_files)} par les fichiers ; "
            "pour les cellules et les tableaux, l’un ne se distingue pas de l’autre"
        )
    accepted = reason if beyond else ""
    return RuleChange(tuple(lines), tuple(beyond), accepted, history, files_changed)


def _total(moves: list[dict[str, Any]], *kinds: str) -> int:
    return sum(m["count"] for m in moves if m["kind"] in kinds)


def _told(move: dict[str, Any], labels: dict[str, dict[str, str]]) -> str:
    families = [move["family"], *([move["to_family"]] if move["kind"] == "family" else [])]
    named = " → ".join(labels["family"].get(f, f or "sans famille") for f in families)
    rule = labels["rule"].get(move["rule_id"], "règle retirée")
    return f"{_many(move['count'], _VERBS[move['kind']])} – {named} – {rule} ({move['rule_id']})"


def _many(count: int, words: tuple[str, str]) -> str:
    return f"{format_number(count)} {words[count > 1]}"


def _pct(value: float) -> str:
    return f"{format_number(value, 0 if value == int(value) else 1)}{HARD_SPACE}%"
