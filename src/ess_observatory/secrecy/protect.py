"""All tables of an edition through the one door, together.

Primary rules, then one linear system over every table with its shared cells, then what follows a hidden cell, then release.
Nothing is solved when nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.door import Cell, release
from ess_observatory.secrecy.links import Key, Links, Ratio, Sum, read_links
from ess_observatory.secrecy.model import Model, build_model
from ess_observatory.secrecy.proof import Need, Pattern, demands, verify
from ess_observatory.secrecy.rules import AT_SOURCE, FOLLOWS, SECONDARY, rules_of
from ess_observatory.secrecy.suppress import suppress

Table = tuple[str, dict[str, Any], list[Cell]]


@dataclass
class Protected:
    """What leaves (`cells` by table), and what stays inside: the model, the pattern, the reason of each hidden cell.

    `kept`: ratios of hidden cells that stay, rounded; `printed`: figures whose terms are published nowhere, as printed.
    """

    cells: dict[str, list[Cell]]
    model: Model
    pattern: Pattern
    reasons: dict[Key, str]
    kept: list[Ratio] = field(default_factory=list)
    printed: set[Key] = field(default_factory=set)

    @property
    def links(self) -> Links:
        """The relations between cells."""
        return self.model.links


def protect(
    tables: Iterable[Table], rules: dict[str, Any], classes: Mapping[str, str] | None = None
) -> Protected:
    """Protect every table of an edition; `classes`: concepts that have a class of secrecy of their own, whatever the column.

    Raises E501 for cells that do not say what they must, E503 for a cell that cannot be protected,
    E506 when the solver stops without a proof, E508 when a certificate does not hold.
    """
    listed = [(table_id, card, [useful(cell, rules) for cell in cells]) for table_id, card, cells in tables]
    own = {table_id: rules_of(rules, card) for table_id, card, _ in listed}
    links = read_links(listed, classes)
    if rules["opinion_min_respondents"] > 1:
        _add_opinion_sums(links, listed)
    model = build_model(links, own, rules["costs"])
    pattern = _pattern(model)
    reasons = _reasons(model, pattern)
    withheld = links.withheld | (links.bounded & reasons.keys())
    reasons = {key: reason for key, reason in reasons.items() if key not in withheld}
    kept = _follow(model, reasons)
    _let_out_what_is_found(model, reasons, withheld | links.bounded)
    rounded, printed = {ratio.cell for ratio in kept}, _as_printed(model, reasons)
    cells = {}
    for table_id, card, given in listed:
        columns = {column["code"]: column for column in card["columns"]}
        cells[table_id] = [
            release(
                cell,
                columns[cell.column_code],
                own[table_id],
                is_hidden=(table_id, *cell.key) in reasons or (table_id, *cell.key) in withheld,
                is_survey=bool(card.get("survey")),
                is_rounded=(table_id, *cell.key) in rounded,
                is_as_printed=(table_id, *cell.key) in printed,
            )
            for cell in given
        ]
    return Protected(cells, model, pattern, reasons, kept, printed)


def useful(cell: Cell, rules: dict[str, Any]) -> Cell:
    """The cell without a bound that says nothing: « at least 0 », a ceiling far above, or so near that it says what is hidden."""
    if cell.low is None and cell.high is None:
        return cell
    if not cell.is_bounded or (cell.low or 0) <= 0:
        return replace(cell, low=None, high=None)
    low, high = cell.low or 0.0, cell.high
    room = 2 * rules["protection"]["minimum"] * 10.0 ** -(cell.decimals or 0)
    if high is not None and not low + room <= high <= rules.get("bounds", {}).get("widest", 2) * low:
        high = None
    return replace(cell, high=high)


def _pattern(model: Model) -> Pattern:
    """Nodes to hide, proved safe; nothing to do when no node is secret."""
    primary = model.primary()
    if not any(node.reason for node in model.nodes):
        return Pattern(set(primary), set(), {})
    system = model.system()
    pattern = suppress(system, primary, model.contributors(), model.secondary())
    if pattern.impossible:
        details = [
            ObservatoryError("E503", _say(model, need), None, None, Exit.INTEGRITY)
            for need in pattern.impossible[1:20]
        ]
        raise ObservatoryError(
            "E503",
            _say(model, pattern.impossible[0]),
            None,
            "Regroupez les lignes du tableau, ou laissez masquer son ensemble (une cellule partagée avec une colonne publique ne "
            "peut pas l’être).",
            Exit.INTEGRITY,
            details,
        )
    if broken := verify(system, pattern, demands(system, pattern, primary, model.secondary())):
        raise ObservatoryError(
            "E508",
            f"{len(broken)} preuve(s) de protection ne tiennent pas : {_say(model, broken[0])}",
            None,
            None,
            Exit.INTEGRITY,
        )
    return pattern


def _say(model: Model, need: Need) -> str:
    """Which cell, never its value."""
    node = model.nodes[need.cell]
    where = (
        ":".join((node.members[0][0], "/".join(node.members[0][1:])))
        if node.members
        else "une différence entre deux cellules"
    )
    against = " contre un contributeur" if need.known else ""
    return f"Cellule impossible à protéger{against} : {where}"


def _reasons(model: Model, pattern: Pattern) -> dict[Key, str]:
    reasons: dict[Key, str] = {}
    for index in sorted(pattern.hidden):
        node = model.nodes[index]
        for key in node.members:
            reasons[key] = node.reason or SECONDARY
    return reasons


def _follow(model: Model, reasons: dict[Key, str]) -> list[Ratio]:
    """Hide all that would give a hidden cell away; returns the ratios that stay, rounded."""
    together: dict[Key, list[Key]] = {key: node.members for node in model.nodes for key in node.members}
    kept: dict[Key, Ratio] = {}
    changed = True
    while changed:
        changed = False
        for ratio in model.links.ratios:
            touched = [part for part in (ratio.numerator, ratio.denominator) if part in reasons]
            if not touched or ratio.cell in reasons or ratio.cell in kept:
                continue
            changed = True
            if (
                ratio.is_kept
                and model.links.is_exact(ratio)
                and not any(reasons[part] == AT_SOURCE for part in touched if part)
            ):
                kept[ratio.cell] = ratio
                continue
            for key in together.get(ratio.cell, [ratio.cell]):
                reasons.setdefault(key, FOLLOWS)
    return [ratio for key, ratio in kept.items() if key not in reasons]


def _let_out_what_is_found(model: Model, reasons: dict[Key, str], unsaid: set[Key]) -> None:
    """Show the cells that only follow another one when a sum that is shown gives them: the last of its terms, or those of a zero.
    `unsaid`: cells of which no number, or a bound alone, leaves.

    Anyone would find them, and the pattern was proved safe without them: hiding them protects nothing.
    """
    if FOLLOWS not in reasons.values():
        return
    low = model.system().lower

    def is_known(node: int) -> bool:
        if node == 0:
            return True
        members = model.nodes[node].members
        return bool(members) and not any(key in reasons or key in unsaid for key in members)

    def only_follows(node: int) -> bool:
        members = model.nodes[node].members
        return bool(members) and all(reasons.get(key) == FOLLOWS for key in members)

    changed = True
    while changed:
        changed = False
        for whole, parts in model.sums:
            terms = [*parts, *([whole] if isinstance(whole, int) else [])]
            found = [node for node in terms if not is_known(node)]
            total = (
                whole if isinstance(whole, float) else model.nodes[whole].value if is_known(whole) else None
            )
            is_nothing = total == 0 and all(low[node] >= 0 for node in parts)
            if len(found) != 1 and not is_nothing:
                continue
            for key in (key for node in found if only_follows(node) for key in model.nodes[node].members):
                del reasons[key]
                changed = True


def _as_printed(model: Model, reasons: dict[Key, str]) -> set[Key]:
    """Published figures that nothing exact ties to others: no sum, no ratio of published cells.

    All their digits would say more than the page does (14,925728…% of a published total is its numerator) and no equation
    of the attacker's would hold it: they leave as printed.
    """
    tied = {
        node for whole, parts in model.sums for node in [*parts, *([whole] if isinstance(whole, int) else [])]
    }
    for ratio in model.links.ratios:
        terms = [key for key in (ratio.numerator, ratio.denominator) if key and key not in reasons]
        if model.links.is_exact(ratio) and len(terms) == 2:
            tied |= {model.of[key] for key in (ratio.cell, *terms)}
    return {
        key
        for index, node in enumerate(model.nodes)
        if index not in tied and any(model.links.column(k)["secrecy"] == "magnitude" for k in node.members)
        for key in node.members
        if key not in reasons and key not in model.links.bounded
    }


def _add_opinion_sums(links: Links, tables: list[Table]) -> None:
    """Counts of answers that add up (one answer a person) are found from their numbers, as an attacker would."""
    for table_id, card, cells in tables:
        for column in card["columns"]:
            if column["secrecy"] != "opinion" or column.get("unit") == "%":
                continue
            sections: dict[str | None, list[Cell]] = {}
            for cell in cells:
                if cell.column_code == column["code"] and cell.value is not None:
                    sections.setdefault(cell.row_section, []).append(cell)
            for section in sections.values():
                kinds = {
                    kind: [c for c in section if c.row_kind == kind]
                    for kind in ("data", "missing", "base", "total")
                }
                for wholes, parts in (
                    (kinds["base"], kinds["data"]),
                    (kinds["total"], kinds["base"] + kinds["missing"]),
                ):
                    if (
                        len(wholes) == 1
                        and parts
                        and abs((wholes[0].value or 0) - sum(c.value or 0 for c in parts)) < 1e-9
                    ):
                        links.sums.append(
                            Sum((table_id, *wholes[0].key), tuple((table_id, *c.key) for c in parts))
                        )
