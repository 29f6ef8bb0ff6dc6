"""`constraints.json`: what adds up in a publication, said openly, so that anyone can rerun the attack.

Only public structure: which figures are the same, which add to which, which ratio is made of which, and the protection that
every hidden figure has at least. Never a confidential value, never the rule that hides a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.links import Key, Links, Ratio, Sum
from ess_observatory.secrecy.protect import Protected

FILE = "constraints.json"
_COMMENT = (
    "Structure publique des tableaux : chiffres identiques, sommes, rapports. « ess secrecy audit » s’en sert pour vérifier "
    "qu’aucun chiffre masqué ne se retrouve. « declared » dit le seuil que tout chiffre masqué respecte (les cellules secrètes "
    "par elles-mêmes, que rien ne distingue ici, sont tenues à un seuil plus large pendant la construction). « rest » nomme "
    "une différence qui n’est imprimée nulle part. Un ensemble qui n’a qu’un « au moins » est tenu pour la somme de ce qui en est "
    "connu : « unknown » nomme ce que son « au plus » borne, « bounded » les parties d’un ensemble exact qui n’ont qu’un « au moins »."
)


@dataclass
class Structure:
    """The content of `constraints.json`."""

    declared: dict[str, float] = field(default_factory=dict)
    same: list[list[str]] = field(default_factory=list)
    sums: list[dict[str, Any]] = field(default_factory=list)
    ratios: list[dict[str, Any]] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    history: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, in a stable order."""
        return {
            "comment": _COMMENT,
            "declared": self.declared,
            "same": self.same,
            "sums": self.sums,
            "ratios": self.ratios,
            "signed": self.signed,
            "history": self.history,
        }


def public_structure(
    protected: Protected,
    rules: dict[str, Any],
    figure_id: Callable[[Key], str | None],
    cards: dict[str, dict[str, Any]],
) -> Structure:
    """The structure of what was protected; `figure_id` gives the published name of a cell (None: not published)."""
    model = protected.model
    names: dict[int, str] = {}
    structure = Structure(
        {"rate": rules["protection"]["secondary"], "minimum": rules["protection"]["minimum"]}
    )
    for index, node in enumerate(model.nodes):
        ids = [name for name in map(figure_id, node.members) if name]
        if ids:
            names[index] = ids[0]
        if len(ids) > 1:
            structure.same.append(ids)
    for order, (whole, parts) in enumerate(model.sums, start=1):
        inside = [names[part] for part in parts if part in names]
        if (isinstance(whole, int) and whole not in names) or len(inside) < sum(
            not model.nodes[p].is_rest for p in parts
        ):
            continue
        said: dict[str, Any] = {"whole": names[whole] if isinstance(whole, int) else whole, "parts": inside}
        if len(inside) < len(parts):
            said["rest"] = f"écart {order} : {names[whole] if isinstance(whole, int) else whole}"
        declared = model.declared[order - 1] if order <= len(model.declared) else Sum(0.0, ())
        for kind, keys in (("bounded", declared.bounded), ("unknown", declared.unknown)):
            if named := [name for name in map(figure_id, keys) if name]:
                said[kind] = named
        structure.sums.append(said)
    kept = {ratio.cell for ratio in protected.kept}
    for ratio in model.links.ratios:
        cell, top, bottom = (
            figure_id(key) if key else None for key in (ratio.cell, ratio.numerator, ratio.denominator)
        )
        if not cell or not top or _is_other(model.links, ratio) or _is_opinion(model.links, ratio):
            continue
        bottom = bottom if model.links.is_exact(ratio) else None
        said = {
            "figure": cell,
            "numerator": top,
            "denominator": bottom,
            "scale": model.links.scale(ratio.cell),
        }
        structure.ratios.append(
            said | ({"decimals": model.links.decimals(ratio.cell)} if ratio.cell in kept else {})
        )
    lower = model.system().lower
    structure.signed = sorted(names[index] for index in names if lower[index] < 0)
    for table_id, card in cards.items():
        if row := card.get("secrecy", {}).get("history_row"):
            structure.history.append({"table": table_id, "row": row})
    return structure


def _is_other(links: Links, ratio: Ratio) -> bool:
    """Whether the ratio's own numerator is not the cell that it follows (other respondents): it says nothing exact of it."""
    own = links.cells[ratio.cell].numerator
    return own is not None and ratio.numerator is not None and links.cells[ratio.numerator].value != own


def _is_opinion(links: Links, ratio: Ratio) -> bool:
    """Whether the ratio compares counts of answers, which are published."""
    return ratio.numerator is not None and all(
        links.column(key)["secrecy"] == "opinion" for key in (ratio.cell, ratio.numerator)
    )


def write_structure(structure: Structure, folder: Path) -> None:
    """Write `constraints.json`."""
    import json

    text = json.dumps(structure.as_dict(), ensure_ascii=False, indent=1) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def read_structure(folder: Path) -> Structure:
    """Read `constraints.json`. Raises E511 (exit 4) when the folder has none."""
    import json

    path = folder / FILE
    if not path.is_file():
        raise ObservatoryError(
            "E511",
            "Ce dossier n’est pas une publication que l’on puisse attaquer",
            str(path),
            "Donnez un dossier « publication » qui contient constraints.json.",
            Exit.MISSING,
        )
    data = json.loads(path.read_text(encoding="utf-8"))
    return Structure(**{key: value for key, value in data.items() if key != "comment"})
