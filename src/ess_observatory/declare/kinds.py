"""The kinds of TOML files under `pipelines/`: where each lies, which model it follows, what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate

from pydantic import BaseModel

from ess_observatory.declare.models.cards import CardFile, QuestionCard
from ess_observatory.declare.models.checks import CrossChecksFile, PublicationChecksFile
from ess_observatory.declare.models.claims import ClaimsFile, SentenceFormsFile
from ess_observatory.declare.models.concepts import ConceptsFile
from ess_observatory.declare.models.editions import EditionFile, TerritoryFile
from ess_observatory.declare.models.examples import ExampleFile
from ess_observatory.declare.models.export import DirectoryFile, PackageFile
from ess_observatory.declare.models.layouts import HeaderWordsFile, LayoutsFile
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.models.rules import (
    BreaksFile,
    ChangeBudgetFile,
    PerimeterFile,
    ReferenceDateFile,
    SecrecyFile,
)
from ess_observatory.declare.models.sources import CorrectionsFile, ExpectedFile, SourceFile
from ess_observatory.declare.models.survey_files import EstimationFile, LinkageFile, VersionsFile
from ess_observatory.declare.models.words import CodesFile, ScopesFile, WordsFile


@dataclass(frozen=True)
class Kind:
    """A kind of file. `pattern`: its place under `pipelines/`, `*` standing for one name; `required`: one at least."""

    name: str
    title: str
    pattern: str
    model: type[BaseModel]
    required: bool = False

    @property
    def place(self) -> re.Pattern[str]:
        """The pattern as a regular expression, in which `*` does not cross a folder; the group is the name."""
        return re.compile(re.escape(self.pattern).replace(r"\*", "([^/]+)") + r"\Z")


KINDS = (
    Kind("edition", "Édition", "editions/*.toml", EditionFile, True),
    Kind("territory", "Territoire", "territories/*.toml", TerritoryFile, True),
    Kind("source", "Source", "sources/*/source.toml", SourceFile, True),
    Kind("expected", "Ce qu’un fichier d’essai doit donner", "sources/*/expected.toml", ExpectedFile),
    Kind("corrections", "Corrections d’une source", "sources/*/corrections.toml", CorrectionsFile),
    Kind("measure", "Mesure", "measures/*.toml", MeasureFile),
    Kind("card", "Fiche d’un tableau", "tables/*/card.toml", CardFile, True),
    Kind("example", "Exemple d’un tableau", "tables/*/example.toml", ExampleFile),
    Kind("core_example", "Exemple d’une table intermédiaire", "core/*.example.toml", ExampleFile),
    Kind("layouts", "En-têtes propres à l’observatoire", "local/headers.toml", LayoutsFile),
    Kind("header_words", "Mots des en-têtes", "rules/header_words.toml", HeaderWordsFile),
    Kind("secrecy", "Secret statistique", "rules/secrecy.toml", SecrecyFile, True),
    Kind("claims", "Ce qu’un texte peut affirmer", "rules/claims.toml", ClaimsFile),
    Kind("perimeter", "Périmètre", "rules/perimeters/*.toml", PerimeterFile, True),
    Kind("change_budget", "Budget d’un changement de règles", "rules/change_budget.toml", ChangeBudgetFile),
    Kind("reference_date", "Date de référence", "rules/reference_date.toml", ReferenceDateFile),
    Kind("breaks", "Ruptures de série", "rules/breaks.toml", BreaksFile),
    Kind("cross_checks", "Contrôles entre sources", "rules/cross_checks.toml", CrossChecksFile),
    Kind("publication_checks", "Contrôles des chiffres publiés", "rules/publication_checks.toml", PublicationChecksFile),
    Kind("concepts", "Concepts", "rules/concepts.toml", ConceptsFile),
    Kind("estimation", "Redressement et croisements de l’enquête", "survey/estimation.toml", EstimationFile),
    Kind("linkage", "Rapprochement des réponses", "survey/linkage.toml", LinkageFile),
    Kind("question_card", "Fiche commune des questions à tableau", "survey/table.toml", QuestionCard),
    Kind("versions", "Versions du questionnaire", "survey/versions.toml", VersionsFile),
    Kind("package", "Paquet de données", "export/package.toml", PackageFile),
    Kind("directory", "Annuaire", "export/directory.toml", DirectoryFile),
    Kind("codes", "Messages", "texts/codes.toml", CodesFile, True),
    Kind("scopes", "Champs des tableaux", "texts/scopes.toml", ScopesFile, True),
    Kind("sentence_forms", "Libellés dans une phrase", "texts/sentence_forms.toml", SentenceFormsFile),
    Kind("words", "Mots anglais", "texts/en/words.toml", WordsFile),
)  # fmt: skip

#: TOML files that are no declaration of the report: models to copy, recipes of the demonstration.
APART = re.compile(translate("templates/*") + "|" + translate("demo/*"))
