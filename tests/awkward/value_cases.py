"""Awkward values: numbers, dates, marks, identifiers."""

from __future__ import annotations

from awkward.files import HEADER, jobs, text, with_column
from awkward.text_cases import data
from awkward.toy import Case

NARROW, NBSP, MINUS = "\u202f", "\u00a0", "\u2212"


def values(
    name: str, column: str, given: list[str], expected: list, refused: tuple[tuple[str, int], ...] = ()
) -> Case:
    """The values of an optional column: what they become, row by row."""
    fields = {
        "Part (%)": "share",
        "SIRET": "siret",
        "APE": "naf",
        "APE 2003": "naf_old",
        "APE 2025": "naf_new",
        "Ouverture": "opened_on",
    }
    return Case(
        name,
        data(with_column(column, *given)),
        len(expected),
        refused,
        check=lambda o: [str(row[fields[column]]) for row in o.kept] == [str(value) for value in expected],
    )


def communes(
    name: str, given: list[str], expected: list[str], refused: tuple[tuple[str, int], ...] = ()
) -> Case:
    """Values of the commune column."""
    rows = text([HEADER, *([code, "x", "1"] for code in given)])
    return Case(
        name,
        data(rows),
        len(expected),
        refused,
        check=lambda o: [r["commune_code"] for r in o.kept] == expected,
    )


def other(
    name: str, header: str, given: list[str], kept: int, refused: tuple[tuple[str, int], ...] = (), check=None
) -> Case:
    """Values of an optional column of the other toy source."""
    return Case(
        name,
        data(text([["Clé", "Montant", header], *([str(i), "1", v] for i, v in enumerate(given))])),
        kept,
        refused,
        check=check,
    )


LA_POSTE = ["35600000000048", "35600000009075"]
CASES = [
    Case(
        "thousands in three kinds of spaces",
        data(jobs("1 234", f"1{NBSP}234", f"1{NARROW}234 567", "1234")),
        4,
        check=lambda o: [r["jobs"] for r in o.kept] == [1234, 1234, 1234567, 1234],
    ),
    Case(
        "misplaced spaces",
        data(jobs("12 34", "1 2345", "1  234")),
        0,
        (("E314", 2), ("E314", 3), ("E314", 4)),
    ),
    Case(
        "ambiguous points and commas",
        data(jobs("40.817", "40,817", "1.234.567")),
        0,
        (("E312", 2), ("E312", 3), ("E312", 4)),
    ),
    Case("scientific notation", data(jobs("1,2E+05", "1e5")), 0, (("E313", 2), ("E313", 3))),
    Case(
        "halves, words and percents where a count is expected",
        data(jobs("2,5", "douze", "12 %", "1'234", "--", "1-2")),
        0,
        (("E311", 2), ("E310", 3), ("E315", 4), ("E310", 5), ("E310", 6), ("E310", 7)),
    ),
    Case("more digits than a number holds", data(jobs("9" * 30, "1" * 16)), 0, (("E316", 2), ("E316", 3))),
    Case(
        "signs and zeros",
        data(jobs("+7", "-3", f"{MINUS}3", "007", "12,0", "12.00")),
        6,
        check=lambda o: [r["jobs"] for r in o.kept] == [7, -3, -3, 7, 12, 12],
    ),
    Case(
        "declared marks",
        data(jobs("s", "S", "nd", "///", "…", "N/A", "-")),
        7,
        check=lambda o: (
            [r["jobs_mark"] for r in o.kept]
            == ["secret"] * 2 + ["not_available", "by_nature"] + ["not_available"] * 2 + ["zero"]
        ),
    ),
    Case("undeclared mark and empty cell", data(jobs("c", "")), 0, (("E310", 2), ("E301", 3))),
    values(
        "decimals in both ways",
        "Part (%)",
        ["12,5", "12.5", "1 234,56", "1.234,56", "1,234.56", "0.123", "14,9 %", "15,9%"],
        [12.5, 12.5, 1234.56, 1234.56, 1234.56, 0.123, 14.9, 15.9],
    ),
    values("ambiguous decimal", "Part (%)", ["1.234", "12,345"], [12.345], (("E312", 2),)),
    values(
        "dates",
        "Ouverture",
        [
            "31/12/2011",
            "1/2/2011",
            "2011-12-31",
            "31-12-2011",
            "31.12.2011",
            "20111231",
            "40908",
            "31 décembre 2011",
            "1er août 2011",
            "2011-12-31 10:20:30",
            "13/07/2021 - 10:34",
            "2011-12-31T00:00:00Z",
        ],
        [
            "2011-12-31",
            "2011-02-01",
            *["2011-12-31"] * 6,
            "2011-08-01",
            "2011-12-31",
            "2021-07-13",
            "2011-12-31",
        ],
    ),
    values(
        "impossible dates",
        "Ouverture",
        ["31/02/2011", "12/31/2011", "31/12/11", "hier", "99999", "2011-00-10"],
        [],
        (("E361", 2), ("E361", 3), ("E363", 4), ("E361", 5), ("E361", 6), ("E361", 7)),
    ),
    values(
        "good SIRET",
        "SIRET",
        ["73282932000074", "732 829 320 00074", "0552000200006", *LA_POSTE],
        ["73282932000074", "73282932000074", "00552000200006", *LA_POSTE],
    ),
    values(
        "bad SIRET",
        "SIRET",
        [
            "7,32829E+13",
            "73282932000074.0",
            "73282932000075",
            "732829320",
            "1234",
            "00000000000000",
            "7328293200007A",
        ],
        [],
        (("E321", 2), ("E321", 3), ("E323", 4), ("E322", 5), ("E322", 6), ("E322", 7), ("E322", 8)),
    ),
    values(
        "NAF", "APE", ["88.10A", "8810a", "88.10A ", "NAF2:88.10A", "00.00Z"], ["88.10A"] * 4 + ["00.00Z"]
    ),
    values(
        "other revisions of the NAF",
        "APE",
        ["85.3K", "853K", "NAF1:85.3K", "88.10G", "NAF2025:88.10Y", "88.10", "99.99Z", "abc"],
        [],
        (*((("E343", line)) for line in range(2, 8)), ("E342", 8), ("E341", 9)),
    ),
    values(
        "a revision of the NAF that its prefix contradicts",
        "APE",
        ["NAF1:88.10A", "NAF2:85.3K", "NAF93:85.3K", "NAF2025:88.10A", "NAF2008:88.10A"],
        ["88.10A"],
        tuple(("E343", line) for line in range(2, 6)),
    ),
    values(
        "NAF rév. 1 where it is declared",
        "APE 2003",
        [
            "85.3K",
            "853k",
            "NAF1:85.3K",
            "NAF2:85.3K",
            "88.10A",
            "88.10G",
            "NAF1:88.10A",
            "NAF93:85.3K",
            "853",
            "85.3Z",
        ],
        ["85.3K"] * 3,
        (*(("E343", line) for line in range(5, 10)), ("E341", 10), ("E342", 11)),
    ),
    values(
        "NAF 2025 where it is declared",
        "APE 2025",
        ["88.10G", "NAF2025:88.10H", "88.10A", "NAF2025:88.10A", "853K", "NAF1:88.10Y", "8810M", "88.10Y"],
        ["88.10G", "88.10H"],
        (*(("E343", line) for line in range(4, 8)), ("E341", 8), ("E342", 9)),
    ),
    communes(
        "communes",
        ["59392", "1004", "2A004", "2a004", "75101", "69381", "13201", "01340"],
        ["59392", "01004", "2A004", "2A004", "75056", "69123", "13055", "01015"],
    ),
    communes(
        "bad communes",
        ["99999", "5939", "Maubeuge", "59 392", "593920"],
        ["59392"][:0],
        (("E332", 2), ("E332", 3), ("E331", 4), ("E331", 5), ("E331", 6)),
    ),
    communes("a postal code among communes", ["59392", "59750", "59291"], ["59392", "59291"], (("E334", 3),)),
    Case(
        "a column of postal codes",
        data(
            text([HEADER, *([c, "x", "1"] for c in ("59570", "59144", "59620", "59440", "59132", "59600"))])
        ),
        error="E335",
    ),
    Case(
        "notes tell what was done",
        data(text([HEADER, ["1004", "a", "1"], ["75101", "b", "1"], ["01340", "c", "1"]])),
        3,
        check=lambda o: (
            [(n["code"], n["line"]) for n in o.notes] == [("I204", 2), ("I205", 3), ("I205", 4)]
            and [r["_flags"] for r in o.kept] == ["padded", "projected", "projected"]
        ),
    ),
    other("postal codes", "Code postal", ["59600", "2500", "596", "5960A"], 2, (("E362", 4), ("E362", 5))),
    other(
        "SIREN",
        "SIREN",
        ["732829320", "732 829 320", "732829321", "7328", "7,3E+08"],
        2,
        (("E325", 4), ("E324", 5), ("E321", 6)),
    ),
    other(
        "legal categories",
        "Catégorie juridique",
        ["9220", "92", "9999", "9220.0"],
        1,
        (("E351", 3), ("E352", 4), ("E351", 5)),
    ),
    other(
        "legal categories that were",
        "Catégorie juridique",
        ["5498", "5720", "6588", "1000", "1100", "1900", "1901", "5499", "5721"],
        7,
        (("E352", 8), ("E352", 10)),
    ),
]
