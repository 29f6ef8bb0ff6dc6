"""What an honest table says of the weights: who was used, on which margins, and how far the weights went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ess_observatory.words.numbers import plain_number

if TYPE_CHECKING:
    from ess_observatory.survey.estimation.weights import Weighting

METHOD_LABELS = {
    "linear": "linéaire, sans borne",
    "raking": "itératif (raking), sans borne",
    "logit": "logit, rapports de poids bornés",
    "truncated": "linéaire tronqué, rapports de poids bornés",
}
LINK_LABELS = {"siret": "SIRET", "name": "nom et lieu", "decision": "décision de l’analyste"}


def diagnostics(weighting: Weighting | None, respondents: int) -> list[dict[str, Any]]:
    """Cells of the table of diagnostics: a number (`value`) or words (`detail`) a row."""
    cells: list[dict[str, Any]] = []

    def add(
        code: str, label: str, value: float | None, unit: str = "", decimals: int = 0, detail: str = ""
    ) -> None:
        row = {"row_code": code, "row_label": label, "row_rank": len(cells) + 1, "row_kind": "data"}
        status = None if value is not None else "M" if detail else "O"
        number = None if value is None else float(value)
        cells.append(
            row
            | {
                "column_code": "value",
                "value": number,
                "unit": unit,
                "decimals": decimals,
                "obs_status": status,
            }
        )
        cells.append(row | {"column_code": "detail", "text": detail})

    add("respondents", "Réponses exploitables", respondents, "réponses")
    linked = len(weighting.respondents) if weighting else None
    methods = sorted((weighting.methods if weighting else {}).items(), key=lambda item: (-item[1], item[0]))
    by = " ; ".join(f"{LINK_LABELS[method]} {n}" for method, n in methods)
    add("linked", "Réponses rapprochées du champ", linked, "réponses", detail=by)
    population = weighting.population if weighting else None
    add("frame", "Établissements du champ", population, "établissements")
    covered = 100 * linked / population if linked is not None and population else None
    add("coverage", "Part du champ couverte par les réponses", covered, "%", 1)
    if weighting is not None:
        settings = weighting.settings
        bounds = f"{plain_number(settings.bounds[0])} à {plain_number(settings.bounds[1])}"
        add(
            "method",
            "Méthode de calage",
            None,
            detail=METHOD_LABELS[settings.method].replace("bornés", f"bornés de {bounds}"),
        )
        for code, groups in weighting.groups.items():
            labels = " ; ".join(f"{group.label} ({group.respondents})" for group in groups)
            add(
                f"margin_{code}",
                f"Marge : {settings.variable(code).label}",
                len(groups),
                "modalités",
                detail=labels,
            )
        said = f"non : {weighting.why_not}" if weighting.why_not else "oui"
        add("converged", "Le calage a convergé", None, detail=said)
    found = weighting.calibration if weighting else None
    # A gap below the rounding of the machine is zero for the reader, and the same on every machine.
    gap = None if found is None else 100 * found.gap if found.gap > 1e-8 else 0.0
    add("iterations", "Itérations", found.iterations if found else None)
    add("gap", "Plus grand écart aux marges", gap, "%", 1)
    weights, ratios = (found.weights, found.ratios) if found else (None, None)
    add("weight_min", "Plus petit poids", None if weights is None else weights.min(), "", 1)
    add("weight_mean", "Poids moyen", None if weights is None else weights.mean(), "", 1)
    add("weight_max", "Plus grand poids", None if weights is None else weights.max(), "", 1)
    label = "rapport de poids (après / avant calage)"
    add("ratio_min", f"Plus petit {label}", None if ratios is None else ratios.min(), "", 2)
    add("ratio_max", f"Plus grand {label}", None if ratios is None else ratios.max(), "", 2)
    add(
        "effective_n",
        "Nombre effectif de réponses (Kish)",
        found.effective_n if found else None,
        "réponses",
        1,
    )
    effect = linked / found.effective_n if linked is not None and found is not None else None
    add("design_effect", "Effet des poids (réponses / nombre effectif)", effect, "", 2)
    return cells
