"""The block « Ce qui a changé » in sentences, French and English: what moved, what does not compare and why, what was revised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ess_observatory.publish.evolution import Evolutions, Moved
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.snapshot import Snapshot
from ess_observatory.publish.texts import EUROS
from ess_observatory.words.numbers import format_number, format_value, is_plural, round_half_up
from ess_observatory.words.typography import english, french

#: Lines that are printed; reasons (more where nothing moved), tables, sources and new tables that they name at most.
LINES, _REASONS, _ALL_REASONS, _TABLES, _SOURCES, _NAMED = 9, 2, 4, 6, 3, 2
_ESTIMATE = {"fr": ", au-delà de la marge d’erreur", "en": ", beyond the margin of error"}


@dataclass(frozen=True)
class Line:
    """A sentence of the block in both languages; `kind`: first, lost, apart, up, down, rows, same, kept, broken, tables or revised."""

    kind: str
    fr: str
    en: str

    def as_dict(self) -> dict[str, str]:
        """As it is written in `changes.json`."""
        return {"kind": self.kind, "text": french(self.fr), "text_en": english(self.en)}


def lines_of(
    found: Evolutions, now: Snapshot, book: Publication, twin: Publication, most: int = LINES
) -> list[Line]:
    """What two editions say together, in `most` sentences; `book` and `twin`: the later one in French and in English.

    Half of them at most say what moved.
    """
    if found.apart:
        return [
            Line(
                "apart",
                f"Rien ne se compare avec l’édition précédente : {found.apart.fr}.",
                f"Nothing compares with the previous edition: {found.apart.en}.",
            ),
            *declared_revisions(now),
        ]
    others = [
        *_extremes(found, book, twin),
        *_same(found),
        *_kept(found, now),
        *_broken(found),
        *_tables(found, book, twin),
        *declared_revisions(now),
        *_revised(found, now, book, twin),
    ]
    others = others[: most - 1] if found.moved else others
    moved = [_moved(pair, book, twin) for pair in found.moved[: min(most // 2, most - len(others))]]
    return [*moved, *others][:most]


def _moved(pair: Moved, book: Publication, twin: Publication) -> Line:
    """« Établissements employeurs : en hausse de 13 (+2,9 %), de 449 à 462. »"""
    rises = pair.difference > 0
    fr, en = (_sentence(pair, edition) for edition in (book, twin))
    return Line("up" if rises else "down", fr, en)


def _sentence(pair: Moved, book: Publication) -> str:
    lang, unit, decimals = book.lang, pair.after.unit, pair.after.decimals
    way = {True: ("en hausse de", "up"), False: ("en baisse de", "down")}[pair.difference > 0][lang != "fr"]
    size = abs(pair.difference)
    if unit == "%":
        many = is_plural(size, lang)
        amount = f"{format_number(size, decimals, lang)} point{'s' if many else ''}"
    else:
        amount = _amount(size, unit, decimals, lang)
    share = ""
    if pair.relative is not None and round_half_up(abs(pair.relative), 1):
        sign = "+" if pair.relative > 0 else ""
        share = f" ({sign}{format_value(pair.relative, '%', 1, lang)})"
    first, last = (
        _amount(value, unit, decimals, lang) + (f" ({entry.status})" if entry.status else "")
        for value, entry in zip(pair.values, (pair.before, pair.after), strict=True)
    )
    colon, start, end = (" : ", "de", "à") if lang == "fr" else (": ", "from", "to")
    beyond = _ESTIMATE[lang] if pair.is_estimate else ""
    return f"{_name(pair, book)}{colon}{way} {amount}{share}, {start} {first} {end} {last}{beyond}."


def _amount(value: float, unit: str, decimals: int, lang: str) -> str:
    text = format_value(value, None if unit == "points" else unit, decimals, lang)
    euros = EUROS.get((unit, lang), "")
    return text + (euros if lang == "en" or is_plural(value, lang) else euros.replace("s d’", " d’"))


def _name(pair: Moved, book: Publication) -> str:
    """What a figure is, alone: its row among the headlines, else its table, its row unless a total, its column if there are several."""
    figure = book.figure(pair.after.figure_id)
    table, row, column = figure.table, figure.row, figure.column
    concept, category = pair.after.concept or ("", "")
    known = (book.concepts.get("concepts") or {}).get(concept)
    if known and known.get("label") and not category and row.kind != "data":
        twin = known.get("label_en") if book.lang == "en" else None
        return str(twin or known["label"])
    label = row.label if pair.before.row_label == pair.after.row_label else _years(pair, book.lang)
    several = sum(known.kind != "text" for known in table.columns) > 1
    if str(table.chapter) == "0":
        parts = [label]
    else:
        parts = [table.title, *([] if row.kind == "total" else [row.section or "", label])]
    if several and not (pair.is_estimate and pair.after.unit == "%"):
        parts.append(column.label)
    name = " – ".join(dict.fromkeys(part for part in parts if part))
    place = (
        ""
        if str(table.chapter) == "0"
        else f" ({'tableau' if book.lang == 'fr' else 'table'} {table.number})"
    )
    return name + place


def _years(pair: Moved, lang: str) -> str:
    """A row that is named after a year, which is not the same in both editions."""
    joint = ", après " if lang == "fr" else ", after "
    return f"{pair.after.row_label}{joint}{pair.before.row_label}"


def _extremes(found: Evolutions, book: Publication, twin: Publication) -> Iterator[Line]:
    """The rows that rose and fell the most."""
    if not found.extremes:
        return
    texts = []
    for edition, words, start in (
        (book, ("la plus forte hausse", "la plus forte baisse"), "Parmi les lignes qui se comparent, "),
        (twin, ("the largest rise", "the largest fall"), "Of the rows that compare, "),
    ):
        joint, then, end = (" : ", "de", "à") if edition.lang == "fr" else (": ", "from", "to")
        said = []
        for pair in found.extremes:
            first, last = (
                _amount(v, pair.after.unit, pair.after.decimals, edition.lang) for v in pair.values
            )
            said.append(
                f"{words[pair.difference < 0]}{joint}{_name(pair, edition)}, {then} {first} {end} {last}"
            )
        texts.append(start + (" ; " if edition.lang == "fr" else "; ").join(said) + ".")
    yield Line("rows", *texts)


def _tables(found: Evolutions, book: Publication, twin: Publication) -> Iterator[Line]:
    """The tables that are new, two by name, and those that are not there any more."""
    if not (found.added or found.dropped):
        return
    texts = []
    for edition, new, gone in (
        (
            book,
            "Tableaux sans équivalent dans l’édition précédente : {}.",
            "Tableaux de l’édition précédente qui ne sont pas repris : {}.",
        ),
        (
            twin,
            "Tables that the previous edition did not have: {}.",
            "Tables of the previous edition that are not there any more: {}.",
        ),
    ):
        titles = {table.number: table.title for table in edition.tables}
        named = [f"{number} ({titles[number]})" for number in found.added[:_NAMED] if number in titles]
        left = len(found.added) - len(named)
        if left:
            word = ("autre" if edition.lang == "fr" else "other") + ("s" if left > 1 else "")
            named.append(f"{'et' if edition.lang == 'fr' else 'and'} {left} {word}")
        dropped = tables_named(found.dropped, edition.lang).partition(" ")[2] if found.dropped else ""
        parts = (
            [new.format(", ".join(named).replace(", et ", " et ").replace(", and ", " and "))]
            if named
            else []
        )
        texts.append(" ".join([*parts, *([gone.format(dropped)] if dropped else [])]))
    yield Line("tables", *texts)


def _same(found: Evolutions) -> Iterator[Line]:
    """Nothing that compares has moved; estimates that stay in their margin."""
    still = found.compared - found.within
    if not found.moved and still > 0:
        one = still == 1
        yield Line(
            "same",
            "Le seul chiffre d’ensemble qui se compare n’a pas changé."
            if one
            else f"Aucun des {format_number(still)} chiffres d’ensemble qui se comparent n’a changé.",
            "The only overall figure that compares has not changed."
            if one
            else f"None of the {format_number(still, 0, 'en')} overall figures that compare has changed.",
        )
    if found.within:
        many = is_plural(found.within)
        fr = "résultats restent dans leur" if many else "résultat reste dans sa"
        en = "results stay within their" if found.within != 1 else "result stays within its"
        yield Line(
            "same",
            f"Enquête : {format_number(found.within)} {fr} marge d’erreur ; aucun écart n’en est dit.",
            f"Survey: {format_number(found.within, 0, 'en')} {en} margin of error; no difference is stated.",
        )


def _kept(found: Evolutions, now: Snapshot) -> Iterator[Line]:
    """The sources that have no new file, three by name."""
    names = [now.labels[source] for source in found.kept]
    if not names:
        return
    left = len(names) - _SOURCES
    more = (f" et {left} autre{'s' if left > 1 else ''}", f" and {left} other{'s' if left > 1 else ''}")
    fr, en = (
        joint.join(name[rank] for name in names[:_SOURCES]) + (more[rank] if left > 0 else "")
        for rank, joint in enumerate((" ; ", "; "))
    )
    yield Line(
        "kept",
        f"Pas de nouveau fichier depuis l’édition précédente, donc aucune évolution à lire : {fr}.",
        f"No new file since the previous edition, hence no evolution to read: {en}.",
    )


def _broken(found: Evolutions) -> Iterator[Line]:
    """The reasons that part the most tables; how many others there are."""
    ranked = sorted(found.broken.items(), key=lambda item: -len(item[1]))
    said = ranked[: _REASONS if found.moved else _ALL_REASONS]
    left = len(ranked) - len(said)
    for rank, (reason, tables) in enumerate(said):
        again = rank and tables == said[rank - 1][1]
        one = len(tables) == 1
        fr = tables_named(tables, "fr") if not again else "même tableau" if one else "mêmes tableaux"
        en = tables_named(tables, "en") if not again else f"same table{'' if one else 's'}"
        more_fr = more_en = ""
        if left and rank == len(said) - 1:
            many = is_plural(left)
            more_fr = f" {left} autre{'s' if many else ''} motif{'s' if many else ''} aussi."
            more_en = f" {left} other reason{'s' if left > 1 else ''} too."
        yield Line(
            "broken",
            f"Pas de comparaison ({fr}). {_end(_first(reason.fr))}{more_fr}",
            f"No comparison ({en}). {_end(_first(reason.en))}{more_en}",
        )


def declared_revisions(now: Snapshot) -> Iterator[Line]:
    """The revisions that the edition declares, with their reasons."""
    for declared in now.revisions:
        found = _matched(now, declared)
        where = list(dict.fromkeys(now.entries[figure].table_number for figure in found))
        if where:
            yield Line(
                "revised",
                f"Révisé dans cette version ({tables_named(where, 'fr')}) : {_end(declared['reason'])}",
                f"Revised in this version ({tables_named(where, 'en')}): {_end(declared.get('reason_en') or declared['reason'])}",
            )


def _matched(now: Snapshot, declared: dict[str, Any]) -> list[str]:
    return [f for f in now.entries if any(fnmatchcase(f, pattern) for pattern in declared["figures"])]


def _revised(found: Evolutions, now: Snapshot, book: Publication, twin: Publication) -> Iterator[Line]:
    """Figures of a year or of a vintage already published that are not what they were, without a declared reason."""
    explained = {figure for declared in now.revisions for figure in _matched(now, declared)}
    pairs = [pair for pair in found.revised if pair.after.figure_id not in explained]
    if not pairs:
        return
    first, others = pairs[0], len(pairs) - 1
    texts = []
    for edition, more, form in (
        (
            book,
            _others_fr,
            "Révisé depuis l’édition précédente, sans motif déclaré : {}, {} au lieu de {}{}.",
        ),
        (twin, _others_en, "Revised since the previous edition, no reason declared: {}, {} instead of {}{}."),
    ):
        old, new = (_amount(v, first.after.unit, first.after.decimals, edition.lang) for v in first.values)
        texts.append(form.format(_name(first, edition), new, old, more(others)))
    yield Line("revised", texts[0], texts[1])


def _others_fr(count: int) -> str:
    return (
        ""
        if not count
        else f" ; et {count} autre{'s' if count > 1 else ''} chiffre{'s' if count > 1 else ''}"
    )


def _others_en(count: int) -> str:
    return "" if not count else f"; and {count} other figure{'s' if count > 1 else ''}"


def tables_named(numbers: Sequence[str], lang: str) -> str:
    """« tableau 1.1 », « tableaux 1.1, 1.2 et 3 autres »."""
    singular, plural, joint = (
        ("tableau", "tableaux", " et ") if lang == "fr" else ("table", "tables", " and ")
    )
    if len(numbers) == 1:
        return f"{singular} {numbers[0]}"
    shown = list(numbers[:_TABLES])
    if left := len(numbers) - len(shown):
        word = "autres" if lang == "fr" else "others"
        return f"{plural} {', '.join(shown)}{joint}{left} {word if left > 1 else word[:-1]}"
    return f"{plural} {', '.join(shown[:-1])}{joint}{shown[-1]}"


def _first(reason: str) -> str:
    return reason[:1].upper() + reason[1:]


def _end(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?", "…")) else f"{reason}."
