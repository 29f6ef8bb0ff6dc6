"""Awkward workbooks: every format, merged and hidden cells, damaged, protected, immense."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from awkward.files import (
    GOOD,
    HEADER,
    ods,
    ods_row,
    patched,
    sheet_xml,
    xlsb,
    xlsx,
)
from awkward.text_cases import data, labelled, lines
from awkward.toy import Case, Outcome

NUMBERS = [["59392", "Maubeuge", 12], ["59291", "Hautmont", 7]]


def book(*rows, name: str = "essai.xlsx", **options):
    """A builder of a workbook of one sheet."""
    return lambda folder: xlsx(folder / name, ("F1", rows), **options)


def xml(cells: str):
    """A builder of a workbook whose sheet is some XML."""

    def build(folder: Path) -> None:
        xlsx(folder / "essai.xlsx", ("F1", [HEADER]))
        patched(folder / "essai.xlsx", "xl/worksheets/sheet1.xml", sheet_xml(cells))

    return build


def cut(folder: Path) -> None:
    xlsx(folder / "essai.xlsx", ("F1", [HEADER, *NUMBERS]))
    path = folder / "essai.xlsx"
    path.write_bytes(path.read_bytes()[:-300])


def entity_bomb(folder: Path) -> None:
    xlsx(folder / "essai.xlsx", ("F1", [HEADER]))
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    content = sheet_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row>').decode()
    bomb = content.replace("<worksheet", f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><worksheet', 1)
    patched(folder / "essai.xlsx", "xl/worksheets/sheet1.xml", bomb.encode())


def detail(code: str):
    return lambda outcome: (
        outcome.error.details[0].code == code
        and bool(outcome.error.details[0].fix)
        and bool(outcome.error.details[0].where)
    )


def noted(*codes: str):
    return lambda outcome: [note["code"] for note in outcome.notes] == list(codes)


def hidden_sheet(folder: Path) -> None:
    xlsx(
        folder / "essai.xlsx",
        ("Lisez-moi", [["bonjour", "ici"]]),
        ("Données", [HEADER, *NUMBERS]),
        hide=("Données",),
    )


def percents(*formats: str, at: int = 3, values: tuple[float, ...] = (0.149,)):
    """A builder of a workbook with one row a number format, and a value in its column `at`."""

    def build(folder: Path) -> None:
        import openpyxl

        shown = [(form, value) for form in formats for value in values]
        rows = [[*NUMBERS[0], None] for _ in shown]
        for row, (_, value) in zip(rows, shown, strict=True):
            row[at] = value
        xlsx(folder / "essai.xlsx", ("F1", [[*HEADER, "Part (%)"], *rows]))
        workbook = openpyxl.load_workbook(folder / "essai.xlsx")
        for line, (form, _) in enumerate(shown, 2):
            workbook["F1"].cell(line, at + 1).number_format = form
        workbook.save(folder / "essai.xlsx")

    return build


def ods_share(kind: str) -> str:
    cell = f'<table:table-cell office:value-type="{kind}" office:value="0.149"><text:p>x</text:p></table:table-cell>'
    return ods_row(*GOOD[0]).replace("</table:table-row>", f"{cell}</table:table-row>")


def two_sources(folder: Path) -> None:
    xlsx(
        folder / "essai.xlsx",
        ("Emplois", [HEADER, *NUMBERS]),
        ("Autre", [["Clé", "Montant"], ["a", 1.5]]),
        ("Vide", []),
    )


def from_file(name: str):
    return lambda folder: shutil.copy(Path(__file__).parent / name, folder / name)


def sources_of(*names: str):
    return lambda outcome: sorted(match.source for match in outcome.inventory.matches) == sorted(names)


def small_number(o: Outcome) -> bool:
    return [str(row["share"]) for row in o.kept] == ["0.1", "1234.123", "1e-05"]


CASES = [
    Case("xlsx", book(HEADER, *NUMBERS), 2, check=labelled),
    Case(
        "xlsx, title lines and blank rows",
        book(["Titre"], [], HEADER, NUMBERS[0], [], NUMBERS[1], ["Source : essai"]),
        2,
        (("I201", 7),),
        check=lines(4, 6),
    ),
    Case("xlsx, hidden rows are data", book(HEADER, *NUMBERS, hide_rows=(3,)), 2, check=noted("I203")),
    Case(
        "xlsx, hidden sheet",
        hidden_sheet,
        0,
        left=("aucun en-tête connu", "feuille masquée, reconnue comme « Essai »"),
    ),
    Case("xlsx, two sources", two_sources, 3, check=sources_of("autre", "essai")),
    Case(
        "xlsx, merged headers on two lines",
        book(
            ["Code commune", "Libellé", "Emplois", None],
            [None, None, "au 31/12/2009", "Remarque"],
            *([*r, None] for r in NUMBERS),
            merge=("A1:A2", "B1:B2", "C1:D1"),
        ),
        2,
        check=lambda o: o.inventory.matches[0].vintage == 2009 and lines(3, 4)(o),
    ),
    Case(
        "xlsx, numbers as text and text as numbers",
        book(HEADER, [59392, "a", "12"], [1004, "b", 3.0]),
        2,
        check=lambda o: [r["commune_code"] for r in o.kept] == ["59392", "01004"],
    ),
    Case(
        "xlsx, real dates",
        book(
            [*HEADER, "Ouverture"],
            [*NUMBERS[0], dt.date(2011, 12, 31)],
            [*NUMBERS[1], dt.datetime(2011, 12, 31, 10, 0)],
        ),
        2,
        check=lambda o: {str(r["opened_on"]) for r in o.kept} == {"2011-12-31"},
    ),
    Case(
        "xlsx, decimals keep their digits",
        book([*HEADER, "Part (%)"], [*NUMBERS[0], 0.1], [*NUMBERS[0], 1234.123], [*NUMBERS[0], 0.00001]),
        3,
        check=small_number,
    ),
    Case(
        "xlsx, percentages are read as they are shown",
        percents("0%", "0.00%", '0.0" %";-0.0%', '0.0" %"', "General"),
        5,
        check=lambda o: [row["share"] for row in o.kept] == [14.9, 14.9, 14.9, 0.149, 0.149],
    ),
    Case(
        "xlsx, a percentage with three decimals, a whole one, a negative one",
        percents("0%", values=(0.12345, 1, -0.5)),
        3,
        check=lambda o: [row["share"] for row in o.kept] == [12.345, 100, -50],
    ),
    Case(
        "xlsx, a percentage where a count is expected",
        percents("0%", at=2, values=(0.12,)),
        0,
        (("E315", 2),),
    ),
    Case(
        "ods, percentages",
        lambda f: ods(
            f / "essai.ods", ods_row(*HEADER, "Part (%)") + ods_share("percentage") + ods_share("float")
        ),
        2,
        check=lambda o: [row["share"] for row in o.kept] == [14.9, 0.149],
    ),
    Case(
        "xlsx, error cells are not empty cells",
        book(HEADER, [*GOOD[0][:2], "#N/A"], [*GOOD[1][:2], "#DIV/0!"]),
        0,
        (("E310", 2), ("E310", 3)),
    ),
    Case(
        "xlsx, formulas that nothing has worked out are not empty cells",
        book([*HEADER, "Ouverture"], [*NUMBERS[0], "=DATE(2009,6,30)"], [*NUMBERS[1], None]),
        1,
        (("E216", 2),),
    ),
    Case(
        "xlsx, formulas whose value is there, were it an empty text",
        xml(
            '<row r="1"><c r="A1" t="str"><v>Code commune</v></c><c r="B1" t="str"><v>Libellé</v></c><c r="C1" t="str"><v>Emplois</v></c></row>'
            '<row r="2"><c r="A2" t="str"><f>"59"&amp;"392"</f><v>59392</v></c><c r="B2" t="str"><f>IF(1=1,"","x")</f><v></v></c>'
            '<c r="C2"><f>6*2</f><v>12</v></c></row>'
            '<row r="3"><c r="A3" t="str"><f t="shared" si="0"/><v>59291</v></c><c r="C3"><f>7</f></c></row>'
        ),
        1,
        (("E216", 3),),
    ),
    Case(
        "xlsx, SIRET as a number",
        book([*HEADER, "SIRET"], [*NUMBERS[0], 73282932000074], [*NUMBERS[1], 7.3e13]),
        1,
        (("E323", 3),),
    ),
    Case(
        "xlsx, a note far to the right",
        book(HEADER, [*NUMBERS[0], None, "à vérifier"], NUMBERS[1]),
        1,
        (("E213", 2),),
    ),
    Case("xlsx that calls itself .csv", book(HEADER, *NUMBERS, name="essai.csv"), 2),
    Case("xlsx cut short", cut, error="E202", check=detail("E201")),
    Case("xlsx with an entity bomb", entity_bomb, error="E202", check=detail("E201")),
    Case(
        "xlsx, a cell lost at the far corner",
        xml(
            '<row r="1"><c r="A1" t="str"><v>Clé</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
        error="E202",
        check=detail("E206"),
    ),
    Case(
        "xlsx, styles down to the far corner",
        xml(
            '<row r="1"><c r="A1" t="str"><v>Code commune</v></c><c r="B1" t="str"><v>Emplois</v></c></row>'
            '<row r="2"><c r="A2" t="str"><v>59392</v></c><c r="B2"><v>4</v></c></row>'
            '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
        ),
        1,
    ),
    Case(
        "protected workbook",
        data(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(504)
            + "EncryptedPackage".encode("utf-16-le")
            + bytes(512),
            "essai.xlsx",
        ),
        error="E202",
        check=detail("E203"),
    ),
    Case(
        "damaged .xls",
        data(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "essai.xls"),
        error="E202",
        check=detail("E201"),
    ),
    Case(
        "xls",
        from_file("essai.xls"),
        2,
        (("I201", 5),),
        check=lambda o: labelled(o) and "non distingués dans un .xls" in o.inventory.matches[0].why,
    ),
    Case(
        "xlsb",
        lambda f: xlsb(f / "essai.xlsb", [HEADER, ["59392", "Maubeuge", 12.0], ["59291", "Hautmont", 7.0]]),
        2,
        check=labelled,
    ),
    Case(
        "ods",
        lambda f: ods(
            f / "essai.ods",
            ods_row(*HEADER) + ods_row(*GOOD[0], extra=' table:visibility="collapse"') + ods_row(*GOOD[1]),
        ),
        2,
        check=noted("I203"),
    ),
    Case(
        "ods, repeated rows without end",
        lambda f: ods(
            f / "essai.ods",
            ods_row(*HEADER)
            + ods_row(*GOOD[0])
            + '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>',
        ),
        1,
    ),
    Case(
        "ods, a filled row repeated a million times",
        lambda f: ods(
            f / "essai.ods",
            ods_row(*HEADER) + ods_row(*(["x"] * 30), extra=' table:number-rows-repeated="1000000"'),
        ),
        error="E202",
        check=detail("E206"),
    ),
    Case(
        "page saved as .xls",
        data("<html><table><tr><td>59392</td></tr></table></html>", "essai.xls"),
        error="E202",
        check=detail("E200"),
    ),
]
