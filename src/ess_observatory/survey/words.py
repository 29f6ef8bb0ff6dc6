"""Words and lists that the kinds of survey table share."""

from __future__ import annotations

MEASURES = ("sum", "sum_per", "ratio", "weighted_mean", "mean", "count_expressed", "count_positive", "none")
STATUSES = ("answered", "nsp", "refus", "sans_objet", "nr", "filtered")
LABELS = {
    "base": "Ensemble des réponses exprimées",
    "filtered": "Non concerné par la question",
    "not_applicable": "Sans objet",
    "declined": "Ne souhaite pas communiquer / ne sait pas",
    "not_stated": "Non exprimé",
    "total": "Ensemble des structures répondantes",
}
#: SQL types of the parameter tables.
TEXT, WHOLE, TRUTH, NUMBER = "varchar", "integer", "boolean", "double"
