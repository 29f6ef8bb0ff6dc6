"""What the linkage reads and writes beside the database: its rules, the analyst's decisions, the doubtful cases."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.files import read_model
from ess_observatory.declare.models.csvfile import table_of
from ess_observatory.declare.models.lists_csv import LinkageDecision
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.survey_files import LinkageFile
from ess_observatory.survey.resemblance import Known, Words, fingerprint
from ess_observatory.words.numbers import format_number

REVIEW_FILE = "appariements-a-decider.csv"
_HEADER = (
    "answer", "fichier", "ligne", "nom_donne", "lieu_donne", "siret_donne", "pourquoi", "rang", "siret", "nom",
    "enseigne", "commune", "score", "score_nom", "meme_lieu",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """What `linkage.toml` says: where to look, what counts, what is taken without asking."""

    declared: LinkageFile
    weights: dict[str, float]
    words: Words


@dataclass(frozen=True)
class Candidate:
    """An establishment that a respondent may be."""

    siret: str
    score: float
    name_score: float
    same_place: bool


@dataclass
class Linkage:
    """Links by respondent: (siret, method, score); and what is left to the analyst: (reason, candidates)."""

    links: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    doubtful: dict[str, tuple[str, list[Candidate]]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)


def load_rules(path: Path) -> Rules:
    """`linkage.toml`. Raises the error that tells its faults."""
    declared = read_model(path, LinkageFile)
    words = Words.of(declared.words.drop, declared.words.legal, declared.words.replace)
    return Rules(declared, declared.weights.model_dump(), words)


def read_decisions(path: Path) -> dict[str, str]:
    """Decisions of the analyst: answer (as in the file of doubtful cases) → siret, empty when not in the register.

    What a spreadsheet saves is read. Raises the error that tells every fault of the file.
    """
    if not path.is_file():
        return {}
    faults: list[Fault] = []
    table = table_of(path, None, faults, "survey/linkage_decisions.csv")
    raise_faults(faults)
    if table is None:
        return {}
    raise_faults(table.fault(*problem) for problem in LinkageDecision.problems(table, Csvs()))
    return dict(zip(table.columns["answer"], table.columns["siret"], strict=True))


def write_review(
    linkage: Linkage,
    respondents: list[Known],
    sirets: dict[str, str | None],
    places: dict[str, tuple[str, int | None]],
    register: list[Known],
    quality: Path,
) -> None:
    """The file of doubtful cases: a line a candidate, best first; semicolons and a mark so that Excel opens it."""
    listed = {establishment.id: establishment for establishment in register}
    quality.mkdir(parents=True, exist_ok=True)
    with (quality / REVIEW_FILE).open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, delimiter=";", lineterminator="\r\n")
        writer.writerow(_HEADER)
        for respondent in respondents:
            if respondent.id not in linkage.doubtful:
                continue
            why, candidates = linkage.doubtful[respondent.id]
            file, line = places[respondent.id]
            given = " ".join(item for item in (respondent.postcode, respondent.commune) if item)
            start = [fingerprint(respondent), file, line, *(respondent.names or ("",)), given]
            start += [sirets.get(respondent.id) or "", why]
            for rank, candidate in enumerate(candidates, start=1):
                names = [*listed[candidate.siret].names, ""][:2]
                scores = [format_number(score, 1) for score in (candidate.score, candidate.name_score)]
                place = "oui" if candidate.same_place else "non"
                commune = listed[candidate.siret].commune or ""
                writer.writerow([*start, rank, candidate.siret, *names, commune, *scores, place])
            if not candidates:
                writer.writerow([*start, *[""] * 8])
