"""Sentences that rank or weigh without a number nor the label of a row: what a reader takes them to say of the tables."""

from __future__ import annotations

import re

#: (what is said, in French or in English; table; row; column; what it must be: `leads`, above or below some per cent, or more than a row)
PHRASES = (
    (r"service des personnes|first and foremost for people", "sectors", "QB", "count", "leads"),
    (r"besoin vient d’abord|need comes first", "emergence_reasons", "B01.besoins", "share", "leads"),
    (r"se savent compétentes|know they are skilled", "strengths", "D01.competences", "share", "> 50"),
    (r"se sentent exposées|feel exposed|argent public est la première|public money is the first", "threats_and_risk",
     "D04.financements_publics", "share", "leads"),
    (r"la technique d’abord|technical skills first", "training_needs", "I01.technique", "share", "leads"),
    (r"l’argent les retient|money holds them back", "obstacles", "J02.financier", "share", "leads"),
    (r"ont des projets, |have projects, ", "projects", "J01.aucun", "share", "< 20"),
    (r"pour la majorité, une trésorerie|for most, cash", "cash_position", "F04.covered_or_occasional", "share", "> 50"),
    (r"emplois? (?:y )?(?:est )?durables?|lasting", "hr_key_figures", "permanent", "share", "> 50"),
    (r"beaucoup de contrats aidés|many subsidised", "hr_key_figures", "subsidised", "share", "> 33"),
    (r"partenariats est la règle|partnerships is the rule", "partnerships", "E01.oui", "share", "> 66"),
    (r"restent l’exception|remain the exception", "partnerships", "E02.entreprises", "share", "< 20"),
    (r"restent peu mobilisés|reste peu utilisé|remain little used", "support", "K02.non", "share", "> 50"),
    (r"encore peu dans l’offre|little place in what", "digital_offer", "D03.oui", "share", "< 33"),
    (r"équipes sont petites|surtout de petites équipes|teams are small", "size_bands", "small", "share_known", "> 50"),
    (r"presque toutes ces associations|nearly all of these", "associations_by_area", "total", "employers_share", "< 5"),
    (r"plus volontiers qu’au service public|more readily than to the p", "recruitment", "I03.reseau", "share", "> I03.spe"),
    (r"associations répondent davantage|associations answer more", "respondents_vs_frame", "family_association",
     "respondents_share", "> frame_share"),
)  # fmt: skip
_PHRASES = [(re.compile(said, re.IGNORECASE), *rest) for said, *rest in PHRASES]
NO_CHOICE = ("total", "base", "other", "aucun", "unknown")


def look_at_phrases(sentence: str, counted: dict[str, list[dict]]) -> list[str]:
    """What is wrong with what a sentence says without a number; `counted`: the cells of each table that have one."""
    wrong = []
    for said, table, row, column, rule in _PHRASES:
        if said.search(sentence):
            cells = {
                (cell["row_code"], cell["column_code"]): cell["value"] for cell in counted.get(table, [])
            }
            value = cells.get((row, column))
            if value is None or not _is_so(cells, row, column, value, rule):
                wrong.append(f"{table}.{row}.{column} is {value}, which should be {rule}")
    return wrong


def _is_so(cells: dict[tuple[str, str], float], row: str, column: str, value: float, rule: str) -> bool:
    if rule == "leads":
        block = row.rpartition(".")[0]
        rivals = [other for (name, of), other in cells.items()
                  if of == column and name.rpartition(".")[0] == block and name.rpartition(".")[2] not in NO_CHOICE]  # fmt: skip
        return value >= max(rivals)
    sign, than = rule.split()
    limit = float(than) if than.isdigit() else cells.get((than, column), cells.get((row, than)))
    return limit is not None and (value > limit if sign == ">" else value < limit)
