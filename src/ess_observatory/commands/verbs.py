"""Every verb of `ess`, in the order of the help: its words, the function that does it, and what the help says of it.

Adding a verb is one module of this folder and one row here. A module is imported when its verb is called, never before:
the help of `ess` is made of this table alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple


class Verb(NamedTuple):
    """A row: `name` is one word, or two for the verb of a group; `target` is « module:function », empty for a mere group."""

    name: str
    target: str
    help: str


VERBS = (
    Verb("run", "build:run", "Tout construire : des fichiers bruts au classeur et à la page."),
    Verb("ingest", "build:ingest", "Lire les fichiers : lignes retenues, lignes refusées, registre."),
    Verb("check", "build:check", "Lire, puis exécuter les contrôles déclarés."),
    Verb("build", "build:build", "Lire, contrôler, décider du périmètre et calculer les tableaux (confidentiels)."),
    Verb("publish", "build:publish", "Aller jusqu’au dossier de publication, protégé par le secret statistique."),
    Verb("report", "report:report",
         "Refaire le classeur et la page depuis le dossier de publication déjà construit."),
    Verb("plan", "plan:plan",
         "Répéter « run » sans rien construire : ce que donne chaque fichier, ce qui arrêterait, ce qui serait vide."),
    Verb("repair", "repair:repair",
         "Proposer les lignes qui font lire les en-têtes inconnus ; --apply les écrit, hors des fichiers fournis."),
    Verb("explain", "explain:explain",
         "Pourquoi un établissement est retenu, écarté ou à vérifier ; ou ce que veut dire un code."),
    Verb("trace", "trace:trace",
         "Remonter d’un chiffre publié à la requête, aux tables, aux fichiers et à leurs lignes."),
    Verb("compare", "compare:compare",
         "Les chiffres qui ont changé, sont apparus ou ont disparu entre deux publications ; ou ce que change un périmètre."),
    Verb("series", "series:series",
         "Plusieurs éditions côte à côte : page, classeur et données, ruptures de série marquées."),
    Verb("backtest", "backtest:backtest",
         "Refaire une édition publiée depuis ses fichiers bruts et vérifier qu’elle est identique (sortie 6 sinon)."),
    Verb("draft", "draft:draft", "Le commentaire du rapport, avec ses chiffres, à relire et à corriger : Word et Markdown."),
    Verb("directory", "directory:directory",
         "L’annuaire des structures qui peuvent être nommées : page, CSV, GeoJSON."),
    Verb("export", "export:export",
         "Le paquet de données pour la CRESS : Parquet, CSV, dictionnaire, licence, empreintes."),
    Verb("export verify", "export:verify",
         "Vérifier un paquet : empreintes, lignes, schémas, clés, sommes. Sortie 6 si quelque chose ne tient pas."),
    Verb("survey", "",
         "L’enquête : écrire le questionnaire, comparer deux éditions, effacer l’identité des répondants."),
    Verb("survey form", "survey:form", "Écrire le formulaire à remplir avec un tableur (.xlsx)."),
    Verb("survey xlsform", "survey:xlsform", "Écrire le questionnaire pour KoboToolbox ou ODK (XLSForm, .xlsx)."),
    Verb("survey print", "survey:printed", "Écrire le questionnaire à imprimer (.html, A4)."),
    Verb("survey purge", "survey_purge:purge",
         "Effacer de la base construite ce qui dit qui a répondu (noms, SIRET)."),
    Verb("survey compare", "survey_compare:compare",
         "Comparer les réponses publiées aux mêmes questions de deux éditions : écarts, intervalles, ruptures de série."),
    Verb("secrecy", "", "Secret statistique : attaquer une publication, lire le rapport confidentiel."),
    Verb("secrecy audit", "secrecy:audit",
         "Ce qu’un attaquant apprend de chaque chiffre masqué, avec les seuls chiffres publiés (sortie 6 s’il en apprend trop)."),
    Verb("secrecy report", "secrecy:report",
         "Lire le rapport confidentiel : ce qui est masqué, par quelle règle, à quel coût, et ce qu’un regroupement sauverait."),
    Verb("perimeter", "", "Le périmètre de l’ESS d’une édition à l’autre."),
    Verb("perimeter compare", "compare:perimeters", "Qui entre, qui sort, et ce que chaque règle change au compte."),
    Verb("new", "", "Écrire un territoire, une édition, une source, un tableau."),
    Verb("new territory", "new:territory", "Écrire un territoire, d’après le code officiel géographique."),
    Verb("new edition", "new:edition", "Écrire une édition et préparer son dossier de fichiers bruts."),
    Verb("new source", "new:source", "Écrire une source d’après les en-têtes d’un fichier, à relire et compléter."),
    Verb("new table", "new:table", "Écrire un tableau qui marche, avec sa fiche et son exemple."),
    Verb("demo", "demo:demo", "Écrire les fichiers bruts synthétiques de l’édition de démonstration."),
    Verb("schema", "schema:schema", "Écrire les schémas des fichiers déclarés, pour un éditeur, et la page de leurs clés."),
    Verb("doctor", "doctor:doctor", "Vérifier l’installation : Python, bibliothèques, dossiers, déclarations."),
)  # fmt: skip


def under(group: str) -> dict[str, Verb]:
    """The verbs of a group by their last word, in order; the groups and the verbs of `ess` itself for the empty name."""
    found = ((verb.name.rpartition(" "), verb) for verb in VERBS)
    return {word: verb for (above, _, word), verb in found if above == group}


def load(verb: Verb) -> Any:
    """The function of a verb, its module imported now."""
    module, _, name = verb.target.partition(":")
    return getattr(import_module(f"ess_observatory.commands.{module}"), name)
