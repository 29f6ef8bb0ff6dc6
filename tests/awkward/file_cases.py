"""Awkward files as files: archives, Parquet, copies, locks, bombs."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import shutil
import tarfile
import warnings
import zipfile
from pathlib import Path

from awkward.files import (
    HEADER,
    good_text,
    parquet,
    text,
    xlsx,
    zipped,
)
from awkward.text_cases import data, labelled, lines
from awkward.toy import Case

TWO_MEMBERS = b"".join(gzip.compress(line.encode() + b"\n") for line in good_text().splitlines())
NUMBERS = [["59392", "Maubeuge", 12], ["59291", "Hautmont", 7]]


def zip_bomb(folder: Path) -> None:
    with (
        zipfile.ZipFile(folder / "essai.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("essai.csv", "w") as out,
    ):
        for _ in range(80):
            out.write(b"0" * (1 << 20))


def nested(depth: int):
    """A builder of archives inside archives."""

    def build(folder: Path) -> None:
        zipped(folder / "essai.zip", data__csv=good_text())
        for _ in range(depth):
            inner = (folder / "essai.zip").read_bytes()
            zipped(folder / "essai.zip", dedans__zip=inner)

    return build


def twice(folder: Path) -> None:
    data(good_text())(folder)
    (folder / "copie").mkdir()
    shutil.copy(folder / "essai.csv", folder / "copie" / "autre nom.txt")
    zipped(folder / "essai.zip", essai__csv=good_text())


def locks(folder: Path) -> None:
    data(good_text())(folder)
    for name in (
        "~$essai.xlsx",
        ".~lock.essai.ods#",
        "essai.xlsx.crdownload",
        "Thumbs.db",
        ".DS_Store",
        "essai.tmp",
    ):
        (folder / name).write_bytes(b"verrou")


def compressed(name: str, times: int = 1, cut: int = 0, spoilt: bool = False):
    """A builder of the good table in a gzip file; without its last `cut` bytes, or with a false sum."""

    def build(folder: Path) -> None:
        content = good_text().encode()
        for _ in range(times):
            content = gzip.compress(content, mtime=0)
        content = content[: len(content) - cut]
        if spoilt:
            content = content[:-8] + bytes(4) + content[-4:]
        (folder / name).write_bytes(content)

    return build


def named(name: str):
    return lambda outcome: outcome.ledger[0]["file"] == name and labelled(outcome)


def gzip_bomb(folder: Path) -> None:
    with gzip.open(folder / "essai.csv.gz", "wb") as out:
        for _ in range(80):
            out.write(b"0" * (1 << 20))


def gzipped_workbook(folder: Path) -> None:
    xlsx(folder / "essai.xlsx", ("F1", [HEADER, *NUMBERS]))
    content = gzip.compress((folder / "essai.xlsx").read_bytes())
    (folder / "essai.xlsx").unlink()
    (folder / "essai.xlsx.gz").write_bytes(content)


def same_names(folder: Path) -> None:
    with zipfile.ZipFile(folder / "essai.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("a.csv", good_text())
        archive.writestr("a.csv", text([HEADER, ["59036", "Boussois", "1"]]))


def odd_name(folder: Path) -> None:
    (folder / os.fsdecode(b"\xff\xfe.csv")).write_text(good_text(), encoding="utf-8")


def tarball(folder: Path) -> None:
    with tarfile.open(folder / "essai.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("essai.csv")
        member.size = len(good_text())
        archive.addfile(member, io.BytesIO(good_text().encode()))


def detail(code: str):
    return lambda outcome: (
        outcome.error.details[0].code == code
        and bool(outcome.error.details[0].fix)
        and bool(outcome.error.details[0].where)
    )


def years(folder: Path) -> None:
    data(good_text().replace("Emplois", "Emplois au 31/12/2009"), "a.csv")(folder)
    data(good_text().replace("Emplois", "Emplois au 31/12/2010"), "b.csv")(folder)


def columns(folder: Path) -> None:
    parquet(
        folder / "essai.parquet",
        Code__commune=["59392", "59291"],
        Emplois=[12.0, 7.0],
        SIRET=[73282932000074, None],
        Ouverture=[dt.date(2011, 12, 31), None],
        Libellé=["Maubeuge", "Hautmont"],
    )


CASES = [
    Case("empty file", data(b"", "essai.csv"), left=("fichier vide",)),
    Case("empty workbook", lambda f: xlsx(f / "essai.xlsx", ("F1", [])), left=("aucune donnée",)),
    Case("blank file", data("\n\n  \n"), left=("aucune donnée",)),
    Case(
        "documents and images",
        lambda f: [data(b"%PDF-1.4", "a.pdf")(f), data(b"x", "b.docx")(f), data(b"\x89PNG", "c.png")(f)],
        left=("non lu",) * 3,
    ),
    Case(
        "a PDF that calls itself .csv",
        data(b"%PDF-1.4 essai", "essai.csv"),
        error="E202",
        check=detail("E200"),
    ),
    Case("locks and droppings", locks, 2, left=("verrouillage", "verrouillage", "temporaire", "temporaire")),
    Case("the same file three times", twice, 2, left=("copie identique", "copie identique")),
    Case(
        "zip as a producer ships it",
        lambda f: zipped(
            f / "essai.zip", dossier___data__csv=good_text(), meta__csv="a;b\n1;2\n", lisez__pdf=b"%PDF"
        ),
        2,
        left=("aucun en-tête", "non lu"),
        check=lambda o: (
            all(u.severity == "info" for u in o.inventory.unmatched)
            and o.ledger[0]["file"] == "essai.zip/dossier/data.csv"
        ),
    ),
    Case("zip in a zip", nested(1), 2),
    Case("zip in a zip in a zip", nested(2), error="E202", check=detail("E207")),
    Case("zip bomb", zip_bomb, error="E202", check=detail("E206")),
    Case(
        "zip that leaves its folder",
        lambda f: zipped(f / "essai.zip", **{"../../essai.csv": good_text()}),
        error="E202",
        check=detail("E205"),
    ),
    *(
        Case(f"gzip, {name}", compressed(name), 2, check=named(name))
        for name in ("essai.csv.gz", "essai.TXT.GZ", "essai.tsv.gz", "essai.csv", "essai.gz")
    ),
    Case(
        "two members of one name in a zip",
        same_names,
        3,
        check=lambda o: {row["file"] for row in o.ledger} == {"essai.zip/a.csv", "essai.zip/a.csv (2)"},
    ),
    Case("file name that is not text", odd_name, error="E202", check=detail("E208")),
    Case(
        "gzip of several members", lambda f: (f / "essai.csv.gz").write_bytes(TWO_MEMBERS), 2, check=labelled
    ),
    Case(
        "gzip followed by rubbish",
        lambda f: (f / "essai.csv.gz").write_bytes(TWO_MEMBERS + b"x"),
        error="E202",
    ),
    Case(
        "gzip in a zip",
        lambda f: zipped(f / "essai.zip", essai__csv__gz=gzip.compress(good_text().encode())),
        2,
    ),
    Case("workbook in a gzip", gzipped_workbook, 2, check=named("essai.xlsx.gz")),
    Case("text that calls itself .gz", data(good_text(), "essai.csv.gz"), 2),
    Case("gzip cut short", compressed("essai.csv.gz", cut=9), error="E202", check=detail("E201")),
    Case(
        "gzip with a false sum", compressed("essai.csv.gz", spoilt=True), error="E202", check=detail("E201")
    ),
    Case("gzip bomb", gzip_bomb, error="E202", check=detail("E206")),
    Case("gzip in a gzip in a gzip", compressed("essai.csv.gz", times=3), error="E202", check=detail("E207")),
    Case("tar in a gzip", tarball, left=("non lu",)),
    Case("nothing in a gzip", data(gzip.compress(b""), "essai.csv.gz"), left=("fichier vide",)),
    Case("damaged zip", data(b"PK\x03\x04" + bytes(60), "essai.zip"), error="E202", check=detail("E201")),
    Case(
        "parquet",
        columns,
        2,
        check=lambda o: labelled(o) and lines(2, 3)(o) and o.kept[0]["siret"] == "73282932000074",
    ),
    Case(
        "damaged parquet",
        data(b"PAR1" + bytes(100) + b"PAR1", "essai.parquet"),
        error="E202",
        check=detail("E201"),
    ),
    Case(
        "broken link",
        lambda f: (f / "essai.csv").symlink_to(f / "absent.csv"),
        error="E202",
        check=detail("E208"),
    ),
    Case(
        "two files of one source add up",
        lambda f: [data(good_text(), "a.csv")(f), data(text([HEADER, ["59036", "x", "1"]]), "b.csv")(f)],
        3,
    ),
    Case(
        "files of two years",
        years,
        4,
        check=lambda o: {m.vintage for m in o.inventory.matches} == {2009, 2010},
    ),
]
