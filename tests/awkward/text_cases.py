"""Awkward delimited files: encodings, separators, quotes, headers, ragged rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from awkward.files import GOOD, HEADER, good_text, text, with_column
from awkward.toy import Case, Outcome

LABELS = {"Maubeuge", "Hautmont"}


def data(content: str | bytes, name: str = "essai.csv", encoding: str = "utf-8") -> Callable[[Path], None]:
    """A builder that writes one file."""

    def build(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))

    return build


def labelled(outcome: Outcome) -> bool:
    return {row["label"] for row in outcome.kept} == LABELS


def lines(*expected: int) -> Callable[[Outcome], bool]:
    return lambda outcome: [row["_line"] for row in outcome.kept] == list(expected)


def label_is(label: str) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.kept[0]["label"] == label


ACCENTS = good_text().replace("Hautmont", "Préseau l’Été œuvré")
WIDE = [*HEADER, "Part (%)"]

ENCODINGS = [
    Case(
        f"encoding {encoding}",
        data(ACCENTS, encoding=encoding),
        2,
        check=lambda o: o.kept[1]["label"] == "Préseau l’Été œuvré",
    )
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "mac_roman")
] + [
    Case(
        "encoding latin-1",
        data(ACCENTS.replace("’", "'").replace("œ", "oe"), encoding="latin-1"),
        2,
        check=lambda o: o.kept[1]["label"] == "Préseau l'Été oeuvré",
    ),
    Case(
        "bad bytes in one UTF-8 row",
        data(ACCENTS.encode() + b"59036;Pr\xe9seau;4\n59036;ok;5\n"),
        3,
        (("E212", 4),),
    ),
    Case("NUL in a row", data(good_text() + "59036;a\0b;4\n"), 2, (("E212", 4),)),
    Case(
        "binary rubbish under .csv",
        data(bytes(range(256)) * 40),
        error="E202",
        check=lambda o: o.error.details[0].code == "E204",
    ),
]

SEPARATORS = [
    *(
        Case(f"separator {name}", data(good_text(sep)), 2, check=labelled)
        for name, sep in (("tab", "\t"), ("comma", ","), ("pipe", "|"), ("semicolon", ";"))
    ),
    Case("separator said by sep=", data("sep=|\n" + good_text("|")), 2, check=lines(3, 4)),
    Case("line ends CRLF", data(good_text(end="\r\n")), 2, check=lines(2, 3)),
    Case("line ends of old Mac files", data(good_text(end="\r")), 2, check=lines(2, 3)),
    Case(
        "mixed line ends",
        data("Code commune;Libellé;Emplois\r\n59392;Maubeuge;12\n59291;Hautmont;7\r\n"),
        2,
        check=lines(2, 3),
    ),
    Case("no line end at the end", data(good_text().rstrip("\n")), 2, check=labelled),
    Case("blank lines everywhere", data("\n\n" + good_text().replace("\n", "\n\n")), 2, check=lines(5, 7)),
    Case("blank cells only", data(good_text() + ";;\n ; ;\n"), 2),
    Case(
        "decimal commas under a semicolon",
        data(text([WIDE, ["59392", "a", "1", "1,5"], ["59392", "b", "2", "2,5"]])),
        2,
        check=lambda o: o.kept[1]["share"] == 2.5,
    ),
    Case("extension .dat", data(good_text(), "essai.dat"), 2),
    Case("no extension", data(good_text(), "essai"), 2),
    Case("deep folder and odd name", data(good_text(), "a/b c/é — données (1).CSV"), 2),
    Case("CSV that calls itself .xlsx", data(good_text(), "essai.xlsx"), 2),
]

TWICE = "59036;" + ' "a";' * 40 + '"b" c\n'

QUOTES = [
    Case(
        "all quoted",
        data(good_text().replace("Maubeuge", '"Maubeuge"').replace("12", '"12"').replace("59291", '"59291"')),
        2,
        check=labelled,
    ),
    Case(
        "separator inside quotes",
        data(good_text().replace("Maubeuge", '"Maubeuge; ville"')),
        2,
        check=label_is("Maubeuge; ville"),
    ),
    Case(
        "doubled quotes",
        data(good_text().replace("Maubeuge", '"dite ""la ville"""')),
        2,
        check=label_is('dite "la ville"'),
    ),
    Case(
        "quote in the middle of a field",
        data(good_text().replace("Maubeuge", 'tube 3" long')),
        2,
        check=label_is('tube 3" long'),
    ),
    Case("fields that a regular expression could read twice", data(good_text() + TWICE), 2, (("E214", 4),)),
    Case(
        "a cell of a thousand lines with quotes",
        data(good_text().replace("Maubeuge", '"' + '""dit-on""\n' * 1000 + 'fin"')),
        2,
        check=lambda o: o.kept[0]["label"].count('"dit-on"\n') == 1000 and lines(2, 1003)(o),
    ),
    Case(
        "two cells of many lines in one row",
        data(
            good_text()
            .replace("59392;Maubeuge", '"59392";"a\n""b""\n' + "x\n" * 40 + '";"12')
            .replace('"12;12', "12")
        ),
        2,
        check=lines(2, 45),
    ),
    Case(
        "a quote never closed, then doubled quotes",
        data(good_text() + '59036;"jamais;3\n' + '59036;dit ""x"";4\n' * 40),
        2 + 40,
        (("E214", 4),),
    ),
    Case(
        "line break inside quotes",
        data(good_text().replace("Maubeuge", '"Maubeuge\nNord\n\nest"')),
        2,
        check=lines(2, 6),
    ),
    Case(
        "CRLF file, LF inside quotes",
        data(good_text(end="\r\n").replace("Maubeuge", '"Maubeuge\nNord"')),
        2,
        check=lines(2, 4),
    ),
    Case(
        "quote never closed",
        data(good_text() + '59036;"oubli;3\n59036;suite;4\n'),
        3,
        (("E214", 4),),
        check=lines(2, 3, 5),
    ),
    Case(
        "two quotes never closed",
        data(good_text() + '59036;"un;3\n59036;b;4\n59036;"deux;5\n59036;c;6\n'),
        4,
        (("E214", 4), ("E214", 6)),
    ),
    Case("rubbish after a closing quote", data(good_text() + '59036;"a" b;3\n'), 2, (("E214", 4),)),
    Case(
        "header with a line break",
        data(good_text().replace("Code commune", '"Code\ncommune"')),
        2,
        check=lines(3, 4),
    ),
    Case(
        'leading zero kept by =""',
        data(text([HEADER, ['="01004"', "Ambérieu", "3"], ['"=""01004"""', "x", "4"]])),
        2,
        check=lambda o: [r["commune_code"] for r in o.kept] == ["01004", "01004"],
    ),
    Case("spaces around quotes", data(good_text().replace("Maubeuge", ' "Maubeuge" ')), 2, check=labelled),
]

RAGGED = [
    Case(
        "short row: optional cells missing",
        data(text([WIDE, ["59392", "a", "1"], ["59392", "b", "2", "3"]])),
        2,
    ),
    Case("short row: required cell missing", data(good_text() + "59036;x\n"), 2, (("E301", 4),)),
    Case(
        "too many cells",
        data(good_text() + "59036;x;3;de trop\n59036;y;4;;;\n"),
        3,
        (("E213", 4),),
        check=lines(2, 3, 5),
    ),
    Case(
        "a value under a nameless column",
        data(text([[*HEADER, "", "APE"], [*GOOD[0], "?", ""], [*GOOD[1], "", "88.10A"]])),
        1,
        (("E213", 2),),
    ),
    Case(
        "a line of three megabytes",
        data(good_text() + "59036;" + "x" * 3_000_000 + ";3\n"),
        error="E202",
        check=lambda o: o.error.details[0].code == "E206",
    ),
    Case(
        "a cell of 200 000 characters",
        data(good_text() + "59036;" + "x" * 200_000 + ";3\n"),
        2,
        (("E215", 4),),
    ),
    Case("footers", data(good_text() + "Source : essai;;\nTotal;;19\n"), 2, (("I201", 4), ("I201", 5))),
    Case(
        "header repeated at a page break",
        data(good_text() + ";".join(HEADER) + "\n59036;x;3\n"),
        3,
        (("I202", 4),),
    ),
]

HEADERS = [
    Case(
        "title lines",
        data("Titre du fichier\n\nen 2009; au 31/12\n" + good_text()),
        2,
        check=lambda o: o.inventory.matches[0].header_line == 4 and o.inventory.matches[0].vintage == 2009,
    ),
    Case(
        "vintage in a header",
        data(good_text().replace("Emplois", "Emplois au 31/12/2010")),
        2,
        check=lambda o: o.inventory.matches[0].vintage == 2010,
    ),
    Case(
        "header of one vintage only",
        data(good_text().replace("Emplois", "EMPL08")),
        2,
        check=lambda o: o.inventory.matches[0].vintage == 2008,
    ),
    Case(
        "header in capitals without accents",
        data(good_text().replace("Libellé", "  LIBELLE ").replace("Code commune", "code_commune")),
        2,
    ),
    Case(
        "codes then labels",
        data(
            text([["CODGEO", "Libellé", "Emplois"], ["Code géographique", "Nom", "Nombre d’emplois"], *GOOD])
        ),
        2,
        (("I202", 2),),
    ),
    Case(
        "header on two lines",
        data(
            text(
                [
                    ["Code", "", "Emplois", "Emplois"],
                    ["commune", "Libellé", "au 31/12/2009", "Remarque"],
                    *([*r, ""] for r in GOOD),
                ]
            )
        ),
        2,
        check=lines(3, 4),
    ),
    Case(
        "unknown header",
        data(with_column("Nouveauté", "x")),
        error="E220",
        check=lambda o: 'ignored = [\n    "Nouveauté",\n]' in o.error.fix,
    ),
    Case("unknown header, misspelt", data(with_column("Part en %%", "1")), error="E220"),
    Case(
        "misspelt required header",
        data(good_text().replace("Emplois", "Emploits")),
        left=("il manque « Emplois »",),
    ),
    Case("header ignored by its name", data(with_column("Remarque", "bla")), 1),
    Case("doubled header, same content", data(with_column("Emplois", "12", "12")), 2),
    Case(
        "doubled header, other content",
        data(with_column("Emplois", "12", "13")),
        error="E222",
        check=lambda o: (
            "colonne C" in o.error.what and "colonne D" in o.error.what and "ligne 3" in o.error.where
        ),
    ),
    Case("two aliases at once", data(with_column("CODGEO", "59392")), 1),
    Case("nothing known", data("a;b\n1;2\n"), left=("aucun en-tête connu",)),
    Case("a text file", data("Bonjour,\nvoici les données.\n", "lisez.txt"), left=("aucun en-tête",)),
]

CASES = [*ENCODINGS, *SEPARATORS, *QUOTES, *RAGGED, *HEADERS]
