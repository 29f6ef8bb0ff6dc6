"""What an honest table says of the weights: who was used, on which margins, and how far the weights went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

    def add(code: str, label: str, value: float | None, unit: str = "", decimals: int = 0, detail: str = "") -> None:
        row = {"row_code": code, "row_label": label, "row_rank": len(cells) + 1, "row_kind": "data"}
        status = None if value is not None else "M" if detail else "O"
        number = None if value is None else float(value)
        cells.append(row | {"column_code": "value", "value": number, "unit": unit, "decimals": decimals, "obs_status": status})
        cells.append(row | {"column_code": "detail", "text": detail})

    add("respondents", "Réponses exploitables", respondents, "réponses")
    if weighting is None:
        return cells
    linked = len(weighting.respondents)
    by = " ; ".join(f"{LINK_LABELS[m]} {n}" for m, n in sorted(weighting.methods.items(), key=lambda i: (-i[1], i[0])))
    add("linked", "Réponses rapprochées du champ", linked, "réponses", detail=by)
    add("frame", "Établissements du champ", weighting.population, "établissements")
    if weighting.population:
        add("coverage", "Part du champ couverte par les réponses", 100 * linked / weighting.population, "%", 1)
    calibration, settings = weighting.calibration, weighting.settings
    bounds = f"{_decimal(settings.bounds[0])} à {_decimal(settings.bounds[1])}"
    method = METHOD_LABELS[settings.method].replace("bornés", f"bornés de {bounds}")
    add("method", "Méthode de calage", None, detail=method)
    for code, groups in weighting.groups.items():
        labels = " ; ".join(f"{group.label} ({group.respondents})" for group in groups)
        add(f"margin_{code}", f"Marge : {settings.variable(code).label}", len(groups), "modalités", detail=labels)
    add("converged", "Le calage a convergé", None, detail=f"non : {weighting.why_not}" if weighting.why_not else "oui")
    if calibration is None:
        return cells
    weights, ratios = calibration.weights, calibration.ratios
    add("iterations", "Itérations", calibration.iterations)
    # A gap below the rounding of the machine is zero for the reader, and the same on every machine.
    gap = calibration.gap if calibration.gap > 1e-8 else 0.0
    add("gap", "Plus grand écart aux marges", 100 * gap, "%", 1)
    add("weight_min", "Plus petit poids", float(weights.min()), "", 1)
    add("weight_mean", "Poids moyen", float(weights.mean()), "", 1)
    add("weight_max", "Plus grand poids", float(weights.max()), "", 1)
    add("ratio_min", "Plus petit rapport de poids (après / avant calage)", float(ratios.min()), "", 2)
    add("ratio_max", "Plus grand rapport de poids (après / avant calage)", float(ratios.max()), "", 2)
    add("effective_n", "Nombre effectif de réponses (Kish)", calibration.effective_n, "réponses", 1)
    add("design_effect", "Effet des poids (réponses / nombre effectif)", linked / calibration.effective_n, "", 2)
    return cells


def _decimal(value: float) -> str:
    return f"{value:g}".replace(".", ",")
