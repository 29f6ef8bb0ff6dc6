"""Respondents found again in the register: by their SIRET, by an analyst's decision, or by a clear resemblance.

`core.survey_link`: one row a linked respondent (respondent_id, siret, method, score). What is doubtful is never linked:
it goes to a file with the best candidates, the analyst writes a decision, and the decision is replayed at every build.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.codebook.questions import Codebook
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.linkage_files import Candidate, Linkage, Rules, read_decisions, write_review
from ess_observatory.survey.resemblance import Known, agree, compare, fingerprint
from ess_observatory.words.numbers import round_half_up

if TYPE_CHECKING:
    from ess_observatory.engine.database import Database


def link_survey(db: Database, codebook: Codebook, rules: Rules, decisions: Path, quality: Path) -> Linkage:
    """Write `core.survey_link`, and the doubtful cases in `quality` when there are some.

    Needs `core.survey_*`, `rules.communes` and the register. Raises E271 for a decision that names an unknown SIRET.
    """
    respondents, sirets = _respondents(db, codebook, rules)
    register = _register(db, rules)
    linkage = link(respondents, sirets, register, rules, read_decisions(decisions))
    import pyarrow as pa

    rows = sorted(linkage.links.items())
    db.put(
        "core.survey_link",
        pa.table(
            {
                "respondent_id": pa.array([key for key, _ in rows], pa.string()),
                "siret": pa.array([value[0] for _, value in rows], pa.string()),
                "method": pa.array([value[1] for _, value in rows], pa.string()),
                "score": pa.array([value[2] for _, value in rows], pa.float64()),
            }
        ),
    )
    if linkage.doubtful:
        places = db.rows("select respondent_id, file, line from core.survey_respondent")
        write_review(linkage, respondents, sirets, {row[0]: row[1:] for row in places}, register, quality)
    return linkage


def link(
    respondents: list[Known],
    sirets: dict[str, str | None],
    register: list[Known],
    rules: Rules,
    decisions: dict[str, str],
) -> Linkage:
    """Link respondents to the register: SIRET, then decisions, then clear resemblances, one to one."""
    linkage = Linkage()
    known = {establishment.id for establishment in register}
    left: list[Known] = []
    prints = Counter(fingerprint(respondent) for respondent in respondents)
    unknown = sorted({siret for siret in decisions.values() if siret and siret not in known})
    for respondent in respondents:
        given, answer = sirets.get(respondent.id), fingerprint(respondent)
        if given in known and given is not None:
            linkage.links[respondent.id] = (given, "siret", 100.0)
        elif answer in decisions and prints[answer] == 1:
            decided = decisions[answer]
            if decided in unknown:
                raise ObservatoryError(
                    "E271",
                    f"Décision de rapprochement vers un SIRET absent du répertoire\u00a0: {decided}.",
                    f"linkage_decisions.csv, réponse {answer}",
                    "Corriger le SIRET, ou le laisser vide si la structure n’est pas dans le répertoire.",
                )
            if decided:
                linkage.links[respondent.id] = (decided, "decision", 100.0)
            else:
                linkage.absent.add(respondent.id)
        else:
            left.append(respondent)
    _refuse_shared(linkage)
    _by_resemblance(linkage, left, sirets, register, rules)
    return linkage


def _refuse_shared(linkage: Linkage) -> None:
    """A decision cannot give an establishment that another respondent already has."""
    owners: dict[str, list[str]] = {}
    for respondent, (siret, _, _) in linkage.links.items():
        owners.setdefault(siret, []).append(respondent)
    for siret, shared in owners.items():
        for respondent in shared if len(shared) > 1 else []:
            if linkage.links[respondent][1] == "decision":
                del linkage.links[respondent]
                why = "décision vers un établissement déjà rapproché d’une autre réponse"
                linkage.doubtful[respondent] = (why, [Candidate(siret, 100.0, 100.0, True)])


def _by_resemblance(
    linkage: Linkage,
    left: list[Known],
    sirets: dict[str, str | None],
    register: list[Known],
    rules: Rules,
) -> None:
    """Take what is clear, one to one; list the rest with its candidates."""
    import numpy as np

    taken = {siret for siret, _, _ in linkage.links.values()}
    free = [establishment for establishment in register if establishment.id not in taken]
    found = compare(left, free, rules.words, rules.weights)
    claims: dict[str, list[str]] = {}
    clear: dict[str, Candidate] = {}
    for i, respondent in enumerate(left):
        order = np.argsort(-found.score[i], kind="stable")[: max(rules.declared.review.candidates, 2)]
        best = [
            Candidate(
                free[j].id, float(found.score[i, j]), float(found.name[i, j]), bool(found.same_place[i, j])
            )
            for j in order
        ]
        agrees = not len(order) or agree(respondent, free[order[0]], rules.words)
        why = _doubt(best, sirets.get(respondent.id), agrees, rules)
        if why is None:
            clear[respondent.id] = best[0]
            claims.setdefault(best[0].siret, []).append(respondent.id)
        kept = [c for c in best[: rules.declared.review.candidates] if c.score >= rules.declared.review.floor]
        linkage.doubtful[respondent.id] = (why or "", kept)
    for siret, claimants in claims.items():
        for respondent_id in claimants:
            if len(claimants) == 1:
                del linkage.doubtful[respondent_id]
                linkage.links[respondent_id] = (
                    siret,
                    "name",
                    float(round_half_up(clear[respondent_id].score, 1)),
                )
            else:
                why = "plusieurs réponses ressemblent au même établissement"
                linkage.doubtful[respondent_id] = (why, linkage.doubtful[respondent_id][1])


def _doubt(best: list[Candidate], given: str | None, agrees: bool, rules: Rules) -> str | None:
    """Why the best candidate is not taken without asking; None when it is clear."""
    accept = rules.declared.accept
    if given is not None:
        return "SIRET valide, absent du répertoire"
    if not best or best[0].score < rules.declared.review.floor:
        return "aucun candidat proche"
    if best[0].score < accept.score or best[0].name_score < accept.name:
        return "ressemblance insuffisante"
    if accept.same_place and not best[0].same_place:
        return "nom proche, lieu différent"
    if accept.same_words and not agrees:
        return "un mot de trop d’un côté, ou forme juridique différente"
    if len(best) > 1 and best[0].score - best[1].score < accept.margin:
        return "plusieurs candidats se valent"
    return None


def _respondents(db: Database, codebook: Codebook, rules: Rules) -> tuple[list[Known], dict[str, str | None]]:
    place = codebook.of_type("commune")
    asked = {
        "name": codebook.question(rules.declared.name_question).code,
        "place": place.code if place else None,
    }
    asked["postcode"] = (
        codebook.question(rules.declared.postcode_question).code if rules.declared.postcode_question else None
    )
    texts: dict[tuple[str, str], str] = {}
    for respondent, question, text in db.rows(
        "select respondent_id, question_code, value_text from ("
        "select respondent_id, question_code, value_text, status from core.survey_answer "
        "union all select respondent_id, question_code, value_text, status from core.survey_identity) "
        "where status = 'answered' and question_code in (?, ?, ?)",
        list(asked.values()),
    ):
        texts[respondent, question] = text
    communes = dict(db.rows("select code, name from rules.communes"))
    respondents, sirets = [], {}
    for respondent, siret in db.rows("select respondent_id, siret from core.survey_respondent order by 1"):
        name, where, postcode = (texts.get((respondent, code or "")) for code in asked.values())
        code = where if where in communes else None
        respondents.append(
            Known(respondent, (name,) if name else (), communes.get(code, where), postcode, code)
        )
        sirets[respondent] = siret
    return respondents, sirets


def _register(db: Database, rules: Rules) -> list[Known]:
    rows = db.rows(
        f"select siret, name, brand, city, postcode, commune_code from {rules.declared.register_} order by siret"
    )
    return [
        Known(siret, tuple(dict.fromkeys(item for item in (name, brand) if item)), city, postcode, code)
        for siret, name, brand, city, postcode, code in rows
    ]
