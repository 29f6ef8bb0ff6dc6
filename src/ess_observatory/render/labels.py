"""Words of the renderers, in French and in English; none belongs to one territory, source or table."""

from __future__ import annotations

import re
from typing import Any

_FR = {
    "lang_name": "Français",
    "skip": "Aller au contenu",
    "contents": "Sommaire",
    "essential": "L’essentiel",
    "key_figures": "Chiffres-clés",
    "main_points": "Points essentiels",
    "territory": "Territoire",
    "edition": "Édition",
    "year": "Millésime",
    "version": "Version",
    "published": "Publication",
    "publisher": "Éditeur",
    "contact": "Contact",
    "licence": "Licence",
    "build": "Construction",
    "citation": "Pour citer",
    "synthetic": "Données synthétiques",
    "synthetic_text": (
        "Ces données sont fabriquées pour la démonstration : elles ne décrivent aucune structure réelle."
    ),
    "table": "Tableau",
    "figure": "Figure",
    "scope": "Champ",
    "source": "Source",
    "base": "Base",
    "reading": "Lecture",
    "notes": "Notes",
    "note": "Note",
    "signs": "Signes",
    "stakes": "Enjeux",
    "show_table": "Voir le tableau complet",
    "lines": "lignes",
    "csv": "Données (CSV)",
    "sheet": "Classeur : feuille",
    "permalink": "Lien direct",
    "svg": "Image (SVG)",
    "filter": "Filtrer les lignes",
    "filter_result": "lignes affichées",
    "back": "Retour au sommaire",
    "glossary": "Glossaire",
    "sources": "Sources et fichiers",
    "producer": "Producteur",
    "vintage": "Millésime",
    "files": "Fichiers",
    "fingerprint": "Empreinte SHA-256",
    "controls": "Contrôles",
    "control": "Contrôle",
    "result": "Résultat",
    "detail": "Détail",
    "replication": "Réplication des chiffres publiés",
    "replication_intro": (
        "Chaque chiffre de la publication d’origine est recalculé par la chaîne de production ; "
        "l’écart est imprimé, jamais corrigé."
    ),
    "indicator": "Indicateur",
    "published_value": "Valeur publiée",
    "recomputed": "Valeur recalculée",
    "difference": "Écart",
    "verdict": "Verdict",
    "remark": "Remarque",
    "how_to_read": "Lire les tableaux",
    "meaning": "Signification",
    "sign": "Signe",
    "section": "Rubrique",
    "reliability": "Fiabilité",
    "normal": "normale",
    "status": "statut",
    "others": "autres",
    "highest": "Valeur la plus élevée",
    "break": "rupture de série",
    "circle_legend": "Surface proportionnelle à la valeur",
    "limits": "Limites",
    "generated": "Page produite par une chaîne reproductible ; mêmes entrées, mêmes octets.",
    "provenance": "Données et licence",
    "empty": "–",
}

_EN = {
    "lang_name": "English",
    "skip": "Skip to content",
    "contents": "Contents",
    "essential": "Main points",
    "key_figures": "Key figures",
    "main_points": "Main points",
    "territory": "Territory",
    "edition": "Edition",
    "year": "Reference year",
    "version": "Version",
    "published": "Published",
    "publisher": "Publisher",
    "contact": "Contact",
    "licence": "Licence",
    "build": "Build",
    "citation": "How to cite",
    "synthetic": "Synthetic data",
    "synthetic_text": "These data are made up for demonstration: they describe no real organisation.",
    "table": "Table",
    "figure": "Figure",
    "scope": "Coverage",
    "source": "Source",
    "base": "Base",
    "reading": "How to read",
    "notes": "Notes",
    "note": "Note",
    "signs": "Signs",
    "stakes": "What is at stake",
    "show_table": "Show the full table",
    "lines": "rows",
    "csv": "Data (CSV)",
    "sheet": "Workbook: sheet",
    "permalink": "Direct link",
    "svg": "Picture (SVG)",
    "filter": "Filter rows",
    "filter_result": "rows shown",
    "back": "Back to contents",
    "glossary": "Glossary",
    "sources": "Sources and files",
    "producer": "Producer",
    "vintage": "Vintage",
    "files": "Files",
    "fingerprint": "SHA-256 fingerprint",
    "controls": "Checks",
    "control": "Check",
    "result": "Result",
    "detail": "Detail",
    "replication": "Replication of the published figures",
    "replication_intro": (
        "Every figure of the original publication is computed again by the pipeline; "
        "the difference is printed, never corrected."
    ),
    "indicator": "Indicator",
    "published_value": "Published value",
    "recomputed": "Recomputed value",
    "difference": "Difference",
    "verdict": "Verdict",
    "remark": "Remark",
    "how_to_read": "How to read the tables",
    "meaning": "Meaning",
    "sign": "Sign",
    "section": "Section",
    "reliability": "Reliability",
    "normal": "normal",
    "status": "status",
    "others": "others",
    "highest": "Highest value",
    "break": "break in series",
    "circle_legend": "Area proportional to the value",
    "limits": "Boundaries",
    "generated": "Page made by a reproducible pipeline: same inputs, same bytes.",
    "provenance": "Data and licence",
    "empty": "–",
}

_WORKBOOK = {
    "fr": {
        "cover": "Couverture",
        "contents": "Sommaire",
        "guide": "Lire_les_tableaux",
        "notes": "Notes",
        "dictionary": "Dictionnaire",
        "controls": "Controles",
        "replication": "Replication",
        "long": "Donnees_longues",
        "sheet": "Feuille",
        "title": "Titre",
        "text": "Texte",
        "number": "Numéro",
        "concerned": "Tableaux concernés",
        "element": "Élément",
        "element_column": "colonne",
        "element_row": "ligne",
        "code": "Code",
        "label": "Libellé",
        "unit": "Unité",
        "decimals": "Décimales",
        "row_code": "Code de la modalité",
        "row_label": "Modalité",
        "column_code": "Code de l’indicateur",
        "column_label": "Indicateur",
        "value": "Valeur",
        "obs_status": "Statut d’observation",
        "conf_status": "Statut de confidentialité",
        "numerator": "Numérateur",
        "denominator": "Dénominateur",
        "base_n": "Base (n)",
        "ci_low": "Borne basse (95\u00a0%)",
        "ci_high": "Borne haute (95\u00a0%)",
        "figure_id": "Identifiant du chiffre",
        "flags": "Signalements",
        "see_notes": "voir la feuille Notes",
        "none": "sans objet",
        "no_notes": "Aucune note",
        "guide_title": "Lire les tableaux",
        "guide_lines": (
            "Chaque feuille porte un seul tableau ; titre, lecture, champ et source sont au-dessus.",
            "Un nombre masqué est remplacé par un signe dans sa propre colonne ; une case n’est jamais vide.",
            "Les nombres sont enregistrés entiers : seul l’affichage est arrondi, au plus proche.",
            "L’unité est dans l’en-tête, ou dans la colonne « Unité » si elle varie d’une ligne à l’autre.",
        ),
    },
    "en": {
        "cover": "Cover",
        "contents": "Contents",
        "guide": "Reading_the_tables",
        "notes": "Notes",
        "dictionary": "Dictionary",
        "controls": "Checks",
        "replication": "Replication",
        "long": "Long_data",
        "sheet": "Sheet",
        "title": "Title",
        "text": "Text",
        "number": "Number",
        "concerned": "Tables",
        "element": "Item",
        "element_column": "column",
        "element_row": "row",
        "code": "Code",
        "label": "Label",
        "unit": "Unit",
        "decimals": "Decimals",
        "row_code": "Row code",
        "row_label": "Row",
        "column_code": "Indicator code",
        "column_label": "Indicator",
        "value": "Value",
        "obs_status": "Observation status",
        "conf_status": "Confidentiality status",
        "numerator": "Numerator",
        "denominator": "Denominator",
        "base_n": "Base (n)",
        "ci_low": "Lower bound (95%)",
        "ci_high": "Upper bound (95%)",
        "figure_id": "Figure id",
        "flags": "Flags",
        "see_notes": "see sheet Notes",
        "none": "not applicable",
        "no_notes": "No note",
        "guide_title": "How to read the tables",
        "guide_lines": (
            "Each sheet holds one table: title in A1, reading aid, coverage and source above the table.",
            "A hidden number is replaced by a sign in its own column; a cell is never empty.",
            "Numbers are stored unrounded: only the display is rounded, half up.",
            "Units are in column headers, or in the column “Unit” where they differ.",
        ),
    },
}

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}

_SIGNS = {
    "fr": {
        "s": "secret statistique",
        "nd": "résultat non disponible",
        "///": "absence de résultat due à la nature des choses",
        "ns": "non significatif, base inférieure à 10 réponses",
        "u": "peu fiable, base de 10 à 29 réponses : à interpréter avec prudence",
        "d": "définition différente, voir les notes",
        "p": "provisoire",
        "e": "estimé",
        "b": "rupture de série",
    },
    "en": {
        "s": "statistical confidentiality",
        "nd": "not available",
        "///": "not applicable",
        "ns": "not significant, base under 10 answers",
        "u": "low reliability, base of 10 to 29 answers: interpret with caution",
        "d": "definition differs, see notes",
        "p": "provisional",
        "e": "estimated",
        "b": "break in series",
    },
}

_VERDICTS = {
    "fr": {
        "identical": "identique",
        "rounding": "arrondi",
        "contradiction_in_report": "contradiction dans le rapport",
        "withheld": "sous secret",
        "not_computable": "non calculable",
    },
    "en": {
        "identical": "identical",
        "rounding": "rounding",
        "contradiction_in_report": "contradiction in the report",
        "withheld": "withheld",
        "not_computable": "not computable",
    },
}

_PLURALS = {
    "identique": "identiques",
    "arrondi": "arrondis",
    "contradiction dans le rapport": "contradictions dans le rapport",
    "non calculable": "non calculables",
    "conforme": "conformes",
    "non conforme": "non conformes",
    "information": "informations",
    "contradiction in the report": "contradictions in the report",
}

_STATUSES = {
    "fr": {"ok": "conforme", "warning": "à examiner", "failed": "non conforme", "info": "information"},
    "en": {"ok": "passed", "warning": "to review", "failed": "failed", "info": "information"},
}
_STATUS_ALIASES = {
    "pass": "ok",
    "passed": "ok",
    "true": "ok",
    "warn": "warning",
    "fail": "failed",
    "false": "failed",
}


def labels(lang: str) -> dict[str, str]:
    """Words of the interface in `lang` ('fr' or 'en')."""
    return _EN if lang == "en" else _FR


def workbook_labels(lang: str) -> dict[str, Any]:
    """Words of the workbook, names of its sheets included."""
    return _WORKBOOK["en" if lang == "en" else "fr"]


def banner(manifest: dict[str, Any], lang: str) -> str:
    """The warning of a synthetic edition, without « Données synthétiques », which is printed before it."""
    text = str(manifest.get("banner") or labels(lang)["synthetic_text"])
    rest = re.sub(rf"^{labels(lang)['synthetic']}\s*[:.–-]\s*", "", text, flags=re.IGNORECASE)
    return rest[:1].upper() + rest[1:]


def date_words(value: object, lang: str) -> str:
    """« mai 2012 » for 2012-05, « 3 mai 2012 » for 2012-05-03; other texts as they are."""
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", str(value or ""))
    if not found:
        return str(value or "")
    year, month, day = found[1], int(found[2]), int(found[3] or 0)
    if not 1 <= month <= 12:
        return str(value)
    name = _MONTHS["en" if lang == "en" else "fr"].split()[month - 1]
    first = ("1er" if day == 1 and lang == "fr" else str(day)) if day else ""
    return f"{first} {name} {year}".strip().replace(" ", "\u00a0")


def colon(lang: str) -> str:
    """The colon after a label: « Source : » in French (hard space before), 'Source:' in English."""
    return ": " if lang == "en" else "\u00a0: "


def sign_meanings(lang: str, manifest: dict[str, Any] | None = None) -> dict[str, str]:
    """Meaning of each sign; what the manifest declares (`signs`, or `signs_en`) wins."""
    declared = (manifest or {}).get("signs" if lang == "fr" else f"signs_{lang}")
    return {**_SIGNS["en" if lang == "en" else "fr"], **(declared or {})}


def verdict_label(verdict: str | None, lang: str) -> str:
    """A replication verdict in words."""
    return _VERDICTS["en" if lang == "en" else "fr"].get(verdict or "", verdict or "")


def plural(word: str, count: int) -> str:
    """The word as it stands after a number: plural from 2 on."""
    return _PLURALS.get(word, word) if count >= 2 else word


def status_key(status: object) -> str:
    """'ok', 'warning', 'failed' or 'info' for whatever word a check carries."""
    word = str(status).casefold()
    word = _STATUS_ALIASES.get(word, word)
    return word if word in _STATUSES["fr"] else "info"


def status_label(status: object, lang: str) -> str:
    """The result of a check in words."""
    return _STATUSES["en" if lang == "en" else "fr"][status_key(status)]
