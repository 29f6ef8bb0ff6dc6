"""The synthetic reference edition: same bytes each time, and micro-data that meet the published statistics.

The statistics are recomputed here naively from the raw files, without the pipeline nor the generator.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from stdnum.fr import siret as siret_number

from demo import write_demo
from demo.calibrate import allocate, integer_table
from ess_observatory.errors import ObservatoryError

ROOT = Path(__file__).resolve().parents[2]
EDITION = "sambre-avesnois-2011"
RAW = ROOT / "data" / "raw" / EDITION
RULES = ROOT / "pipelines" / "rules"
RECIPE = ROOT / "pipelines" / "demo" / EDITION
SIZES = {1: 160, 3: 92, 6: 51, 10: 51, 20: 44, 50: 14, 100: 3, 250: 5, None: 29}
SECTORS = ["QB", "SZ", "RZ", "KZ", "PZ", "NZ", "GZ", "QA", "MA", "IZ", "JA", "OZ", "AZ", "FZ"]


def read_csv(path: Path, **options: Any) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, **options))


@cache
def sheet(path: Path) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    assert len(book.worksheets) == 1
    return [tuple(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def day(value: Any) -> dt.date | None:
    if isinstance(value, str):
        return dt.datetime.strptime(value, "%d/%m/%Y").date()
    return value.date() if value else None


# ------------------------------------------------------------------ files


@pytest.mark.slow
def test_generation_is_reproducible_and_small(tmp_path: Path) -> None:
    written = write_demo(ROOT, EDITION, tmp_path)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in written}
    kept = {
        path.relative_to(RAW).as_posix(): path.read_bytes()
        for path in RAW.rglob("*")
        if path.suffix in {".xlsx", ".csv"}
    }
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []
    assert len(made) == 24
    assert sum(map(len, made.values())) < 3_000_000
    assert all("SYNTHETIQUE" in name or "formulaires/" in name for name in made)


@pytest.mark.slow
def test_another_seed_keeps_the_margins(tmp_path: Path) -> None:
    write_demo(ROOT, EDITION, tmp_path, seed=7)
    kept = kept_establishments(tmp_path)
    assert Counter(unit["low"] for unit in kept) == SIZES
    assert write_demo(ROOT, EDITION, tmp_path, seed=8)


def test_unknown_recipe_is_an_error_in_french(tmp_path: Path) -> None:
    with pytest.raises(ObservatoryError, match="Aucune recette"):
        write_demo(ROOT, "nulle-part", tmp_path)


def test_the_files_say_that_they_are_synthetic() -> None:
    for path in RAW.rglob("*.xlsx"):
        if path.parent.name == "formulaires" or "export" not in path.name:
            assert str(sheet(path)[0][0]).startswith("SYNTHÉTIQUE"), path.name
    assert "synthétiques" in (RAW / "LISEZMOI.md").read_text(encoding="utf-8")


# ------------------------------------------------------------------ calibration


def test_allocate_is_exact_and_bounded() -> None:
    values = allocate(100, [1.0, 2.0, 50.0, 0.0], [0, 5, 10, 3], [40, 40, 60, 10])
    assert sum(values) == 100
    assert all(
        low <= value <= high for value, low, high in zip(values, [0, 5, 10, 3], [40, 40, 60, 10], strict=True)
    )
    with pytest.raises(ObservatoryError):
        allocate(10, [1.0], [0], [9])


def test_integer_table_has_exact_margins() -> None:
    from random import Random

    rows, columns = [7, 11, 2], [5, 5, 10]
    table = integer_table([[1.0, 2.0, 3.0], [3.0, 1.0, 1.0], [0.0, 1.0, 1.0]], rows, columns, Random(1))
    assert [sum(line) for line in table] == rows
    assert [sum(column) for column in zip(*table, strict=True)] == columns
    assert table[2][0] == 0


# ------------------------------------------------------------------ companies


def company_rows(raw: Path = RAW) -> list[dict[str, Any]]:
    lines = sheet(raw / "manageo" / "SYNTHETIQUE_extraction_manageo_2011.xlsx")
    header = lines[6]
    assert header[0] == "N° SIRET"
    assert str(lines[-1][0]).startswith("Source")
    return [dict(zip(header, line, strict=True)) for line in lines[7:-1]]


def band_low(label: str) -> int | None:
    numbers = re.findall(r"\d+", label)
    return int(numbers[0]) if numbers else None


def kept_establishments(raw: Path = RAW) -> list[dict[str, Any]]:
    """The perimeter, applied by hand: latest version of each SIRET, then the rules one after the other."""
    families = {
        row["code"]: row["family"]
        for row in read_csv(RULES / "legal_categories.csv")
        if row["confidence"] in {"high", "medium"}
        and row["family"] in {"association", "cooperative", "mutuelle", "fondation"}
    }
    exclusions = [
        row["prefix"] for row in read_csv(RULES / "naf_exclusions.csv") if row["nomenclature"] == "naf_rev2"
    ]
    communes = {
        row["code"] for row in read_csv(ROOT / "pipelines" / "territories" / "sambre-avesnois.communes.csv")
    }
    decided = {row["siret"] for row in read_csv(RULES / "named_decisions.csv")}
    latest: dict[str, dict[str, Any]] = {}
    for row in company_rows(raw):
        siret = str(row["N° SIRET"]).replace(" ", "")
        label = row["Tranche d'effectif"]
        if not siret_number.is_valid(siret) or label.startswith("entre") or not row["Code forme juridique"]:
            continue
        row["siret"], row["low"] = siret, band_low(label)
        row["updated"] = day(row["Date de mise à jour"])
        if siret not in latest or row["updated"] > latest[siret]["updated"]:
            latest[siret] = row
    kept = []
    for siret, row in latest.items():
        naf = row["Code APE"].strip().upper().replace(".", "")
        row["naf"] = f"{naf[:2]}.{naf[2:]}"
        row["commune"] = str(row["Code commune INSEE"]).zfill(5)
        row["family"] = families.get(str(row["Code forme juridique"]))
        doubtful = any(row["naf"].startswith(prefix) for prefix in exclusions)
        if (
            row["commune"] in communes
            and row["État"] == "Actif"
            and row["low"] != 0
            and not row["Suivi hors cadre"]
            and row["family"]
            and (not doubtful or siret in decided)
        ):
            kept.append(row)
    return kept


def test_file_of_companies() -> None:
    rows = company_rows()
    assert 960 <= len(rows) <= 1040
    kinds = Counter(type(row["N° SIRET"]) for row in rows)
    assert 0.25 < kinds[int] / len(rows) < 0.4
    assert {type(row["Date de mise à jour"]) for row in rows} == {str, dt.datetime}
    valid = [str(row["N° SIRET"]).replace(" ", "") for row in rows]
    assert all(number.startswith("990") for number in valid if "E" not in number)
    assert sum(not siret_number.is_valid(number) for number in valid) == 5
    duplicates = [number for number, count in Counter(valid).items() if count > 1 and "E" not in number]
    assert len(duplicates) == 30


def test_older_versions_are_strictly_older_or_identical() -> None:
    versions = defaultdict(list)
    for row in company_rows():
        number = str(row["N° SIRET"]).replace(" ", "")
        if siret_number.is_valid(number):
            versions[number].append(row)
    for rows in versions.values():
        days = [day(row["Date de mise à jour"]) for row in rows]
        assert len(set(days)) == len(days) or all(row == rows[0] for row in rows)


def test_perimeter_and_sizes() -> None:
    kept = kept_establishments()
    assert len(kept) == 449
    assert Counter(unit["low"] for unit in kept) == SIZES
    assert 410 <= len({unit["siret"][:9] for unit in kept}) <= 430


def test_sectors_are_in_the_published_order() -> None:
    a38 = {row["naf"]: row["a38"] for row in read_csv(RULES / "nomenclatures" / "naf_rev2.csv")}
    counts = Counter(a38[unit["naf"]] for unit in kept_establishments())
    assert [sector for sector, _ in counts.most_common()] == SECTORS
    assert len(set(counts.values())) == len(SECTORS)


def test_families() -> None:
    counts = Counter(unit["family"] for unit in kept_establishments())
    assert counts == {"association": 373, "cooperative": 49, "mutuelle": 23, "fondation": 4}


def test_communes_concentration_and_presence() -> None:
    places = read_csv(ROOT / "pipelines" / "territories" / "sambre-avesnois.communes.csv")
    names = {row["code"]: row["name"] for row in places}
    counts = Counter(names[unit["commune"]] for unit in kept_establishments())
    top = [name for name, _ in counts.most_common(6)]
    assert top == ["Maubeuge", "Fourmies", "Avesnes-sur-Helpe", "Jeumont", "Aulnoye-Aymeries", "Le Quesnoy"]
    assert len({row["epci_code"] for row in places if counts[row["name"]]}) == 12
    assert len(counts) > 100


def test_decisions_are_the_recipe_s() -> None:
    mine, used = RECIPE / "named_decisions.csv", RULES / "named_decisions.csv"
    decided = {row["siret"] for row in read_csv(mine)}
    assert decided <= {row["siret"] for row in read_csv(used)}
    assert decided == {unit["siret"] for unit in kept_establishments() if unit["naf"].startswith("84.30")}


# ------------------------------------------------------------------ counts


def test_posts() -> None:
    text = (RAW / "clap" / "SYNTHETIQUE_clap_ess_2009.csv").read_bytes().decode("latin-1")
    lines = list(csv.reader(text.split("\r\n"), delimiter=";"))
    assert lines[5] == ["CODGEO", "LIBGEO", "FAMILLE", "ETABLISSEMENTS", "POSTES"]
    rows = [line for line in lines[6:] if len(line) == 5]
    assert sum(int(row[4]) for row in rows if row[4] != "s") == 6092
    cells = [row for row in rows if row[0] != "59ZZZ"]
    assert all(row[4] == "s" for row in cells if int(row[3]) < 3)
    assert any(row[4] == "s" for row in cells if int(row[3]) >= 3)
    assert all(int(row[4]) >= int(row[3]) for row in cells if row[4] != "s")
    assert {row[2] for row in rows if row[0] == "59ZZZ"} == {
        "Associations",
        "Coopératives",
        "Mutuelles",
        "Fondations",
    }


def test_jobs() -> None:
    text = (RAW / "unistatis" / "SYNTHETIQUE_unistatis_2009.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))[1:]
    assert 1500 <= len(rows) <= 2500
    assert sum(int(re.sub(r"\s", "", row[5])) for row in rows) == 40817
    assert any("\xa0" in row[5] for row in rows) and any(" " in row[5] for row in rows)
    assert not [row for row in rows if row[2][:2] in {"01", "02", "03", "84", "97", "98"}]
    assert len({(row[0], row[2]) for row in rows}) == len(rows)


def test_employers() -> None:
    lines = sheet(RAW / "insee_etablissements" / "SYNTHETIQUE_etablissements_employeurs_2010.xlsx")
    rows = lines[5:-2]
    assert len(rows) == 151
    assert sum(row[2] for row in rows) == 4520 == lines[-2][2]
    counts = Counter(unit["commune"] for unit in kept_establishments())
    assert all(row[2] >= counts[row[0]] for row in rows)


def test_small_tables() -> None:
    poles = sheet(RAW / "benchmark" / "SYNTHETIQUE_poles_compares.xlsx")
    assert [row[0] for row in poles[3:]] == ["toulouse", "iresa", "reso"]
    actions = sheet(RAW / "plan_actions" / "SYNTHETIQUE_plan_actions.xlsx")[3:]
    assert sum(row[3] or 0 for row in actions) == 2.5
    assert sum(row[4] or 0 for row in actions) == 35
    process = read_csv(RAW / "demarche" / "SYNTHETIQUE_demarche_2012.csv", delimiter=";")
    assert [row["Valeur"] for row in process] == ["14", "49"]


# ------------------------------------------------------------------ survey

QUESTIONS = [
    question
    for section in yaml.safe_load((ROOT / "pipelines" / "survey" / "questionnaire.yml").read_text("utf-8"))[
        "sections"
    ]
    for question in section["questions"]
]
NONRESPONSE = {"Ne sait pas": "nsp", "Ne souhaite pas communiquer": "refus", "Sans objet": "sans_objet"}
NUMERIC = {"integer", "decimal", "percent", "amount_eur"}


def coded(question: dict[str, Any], value: Any) -> Any:
    """The code or the number behind a cell."""
    if value in NONRESPONSE:
        return NONRESPONSE[value]
    if question["type"] in NUMERIC and isinstance(value, str):
        return float(re.sub(r"\s", "", value).replace(",", "."))
    codes = {choice["label_fr"]: choice["code"] for choice in question.get("choices", [])}
    return "other" if value == "Autre" else codes.get(value, value)


def exported() -> list[dict[str, Any]]:
    lines = sheet(RAW / "enquete" / "SYNTHETIQUE_export_enquete_2012.xlsx")
    people = []
    for line in lines[2:]:
        cells = {code: value for code, value in zip(lines[0], line, strict=True) if value is not None}
        answers: dict[str, Any] = {}
        for question in QUESTIONS:
            code = question["code"]
            if question["type"] == "select_multiple":
                ticked = [
                    choice["code"] for choice in question["choices"] if cells.get(f"{code}[{choice['code']}]")
                ]
                ticked += ["other"] if f"{code}[other]" in cells else []
                if f"{code}[nonresponse]" in cells:
                    assert not ticked
                    answers[code] = NONRESPONSE[cells[f"{code}[nonresponse]"]]
                elif ticked:
                    answers[code] = ticked
            elif code in cells:
                answers[code] = coded(question, cells[code])
        people.append(answers)
    return people


def filled_forms() -> list[dict[str, Any]]:
    people = []
    for path in sorted((RAW / "enquete" / "formulaires").glob("*.xlsx")):
        lines = sheet(path)
        assert lines[1][:2] == ("Version du questionnaire", "2026.1")
        cells = {line[0]: line[2] for line in lines[4:] if line[2] is not None}
        answers: dict[str, Any] = {}
        for question in QUESTIONS:
            code = question["code"]
            ticked = [cell.split(".")[1] for cell in cells if cell.startswith(f"{code}.")]
            if question["type"] == "select_multiple" and ticked:
                assert code not in cells
                answers[code] = ticked
            elif code in cells:
                answers[code] = coded(question, cells[code])
        people.append(answers)
    return people


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return exported() + filled_forms()


def given(people: list[dict[str, Any]], code: str) -> list[float]:
    return [one[code] for one in people if isinstance(one.get(code), int | float)]


def ticks(people: list[dict[str, Any]], code: str) -> Counter[str]:
    return Counter(choice for one in people if isinstance(one.get(code), list) for choice in one[code])


def singles(people: list[dict[str, Any]], code: str) -> Counter[str | None]:
    return Counter(one.get(code) for one in people)


def expressed(people: list[dict[str, Any]], code: str) -> int:
    return sum(isinstance(one.get(code), list) for one in people)


def test_respondents_are_kept_establishments(people: list[dict[str, Any]]) -> None:
    kept = {unit["siret"]: unit for unit in kept_establishments()}
    assert len(people) == 57 == len({one["A02"] for one in people})
    highs = {1: 2, 3: 5, 6: 9, 10: 19, 20: 49, 50: 99, 100: 199}
    for one in people:
        unit = kept[one["A02"]]
        assert one["A03"] == unit["commune"]
        assert one["A04"] == unit["family"]
        if isinstance(one.get("H01"), int | float) and unit["low"]:
            assert unit["low"] <= one["H01"] <= highs[unit["low"]]
    assert singles(people, "A07")["oui"] < 15


def test_constraints_of_the_codebook(people: list[dict[str, Any]]) -> None:
    def as_python(text: str) -> str:
        return re.sub(r"(?<![<>!=])=(?!=)", "==", text)

    class Answers(dict):
        def __missing__(self, key: str) -> None:
            return None

    for one in people:
        numbers = {code: value if isinstance(value, int | float) else 0 for code, value in one.items()}
        for question in QUESTIONS:
            code = question["code"]
            if code not in one:
                continue
            if question.get("relevant"):
                values = Answers(one)
                names = set(re.findall(r"\b[A-L]\d\d[a-f]?\b", question["relevant"]))
                assert all(values[name] is not None for name in names), (code, one)
                assert eval(as_python(question["relevant"]), {}, values), (code, one)
            if isinstance(one[code], int | float) and question.get("constraint"):
                text = question["constraint"]
                text = f"{code} {text}" if text.startswith((">", "<")) else text
                names = set(re.findall(r"\b[A-L]\d\d[a-f]?\b", text))
                assert eval(as_python(text), {}, {name: numbers.get(name, 0) for name in names}), (code, one)
            if question.get("choices") and isinstance(one[code], list):
                allowed = {choice["code"] for choice in question["choices"]} | {"other"}
                assert set(one[code]) <= allowed
                assert not set(question.get("exclusive", [])) & set(one[code]) or len(one[code]) == 1
            elif one[code] in NONRESPONSE.values():
                assert one[code] in question.get("nonresponse", []), (code, one[code])


def test_emergence_positioning_partners(people: list[dict[str, Any]]) -> None:
    needs = [one["B01"] for one in people if isinstance(one.get("B01"), list) and "besoins" in one["B01"]]
    assert (expressed(people, "B01"), len(needs), sum(len(one) > 1 for one in needs)) == (56, 28, 20)
    strengths = ticks(people, "D01")
    assert expressed(people, "D01") == 55
    assert [strengths[code] for code in ("competences", "qualite", "experimentation")] == [43, 36, 22]
    assert singles(people, "D03")["oui"] == 1
    risks = singles(people, "D04")
    assert risks["financements_publics"] == 42
    assert sum(count for code, count in risks.items() if code not in {None, "nsp"}) == 56
    assert singles(people, "E01") == {"oui": 52, "non": 5}
    assert (expressed(people, "E02"), ticks(people, "E02")["reseau_local"]) == (51, 31)


def test_finances(people: list[dict[str, Any]]) -> None:
    equity = singles(people, "F01")
    assert [equity[code] for code in ("stable", "baisse", "hausse", "sans_objet")] == [17, 10, 10, 5]
    cash = singles(people, "F04")
    assert cash["structurel"] == 13 and cash["couvert"] + cash["ponctuel"] == 29
    down = [one for one in people if one.get("F01") == "baisse"]
    assert Counter(one.get("F04") for one in down) == {"structurel": 4, "ponctuel": 4, "couvert": 2}
    assert sum("fse" in one.get("F05", []) for one in down if one["F04"] == "structurel") == 1
    assert [code for code, _ in ticks(people, "F05").most_common(3)] == [
        "retard_subventions",
        "croissance",
        "autofinancement",
    ]
    assert len(given(people, "F02")) == 23
    assert len(given(people, "F03a")) == 17
    assert sorted(value for value in given(people, "F03e") if value) == [5000, 125000]
    funds = ("fse", "feder", "interreg", "leader")
    funded = [one for one in people if any(fund in one.get("F06", []) for fund in funds)]
    assert (len(funded), ticks(people, "F06")["fse"], expressed(people, "F06")) == (10, 7, 48)
    assert (singles(people, "F07")["non"], sum(one.get("F07") == "non" for one in funded)) == (19, 3)
    assert (singles(people, "F08")["oui"], singles(people, "F08")["non"]) == (28, 12)


def test_impact_training_projects_support(people: list[dict[str, Any]]) -> None:
    def counts(code: str, *choices: str) -> list[int]:
        found = ticks(people, code)
        return [found[choice] for choice in choices]

    assert counts("G01", "vivre_ensemble", "projets_territoire", "culture", "exclusion", "dynamique") == [
        3,
        3,
        2,
        2,
        1,
    ]
    trainings = ("technique", "polyvalence", "procedures", "relation_client", "management", "gestion")
    assert counts("I01", *trainings) == [22, 15, 12, 11, 10, 9]
    assert (singles(people, "I02")["oui"], singles(people, "I04")["oui"]) == (15, 9)
    projects = [
        choice["code"]
        for question in QUESTIONS
        if question["code"] == "J01"
        for choice in question["choices"]
    ]
    assert counts("J01", *projects) == [22, 13, 13, 12, 9, 7, 4, 3, 2, 1, 1, 0, 0]
    brakes = [
        choice["code"]
        for question in QUESTIONS
        if question["code"] == "J02"
        for choice in question["choices"]
    ]
    assert counts("J02", *brakes)[:-1] == [14, 3, 2, 2, 1, 1, 1, 1, 1, 1]
    assert expressed(people, "J02") == 24
    assert {code for code, _ in ticks(people, "K01").most_common(3)} == {"cress", "apes", "nord_actif"}
    assert singles(people, "K02") == {"oui": 16, "non": 41}
    wanted = [one["K02"] for one in people if one.get("K05") == "oui"]
    assert (len(wanted), wanted.count("non")) == (12, 8)


def test_human_resources(people: list[dict[str, Any]]) -> None:
    staff = [one for one in people if isinstance(one.get("H01"), int | float)]
    sums = {
        code: sum(given(people, code))
        for code in ("H01", "H03", "H04a", "H04c", "H05a", "H08", "H09", "H11", "H12")
    }
    assert len(staff) == 39 and len(given(people, "H02")) == 34
    assert round(sum(given(people, "H02")), 6) == 600
    assert list(sums.values()) == [891, 744, 677, 0, 414, 606, 53, 22, 6]
    assert sum(given(people, "H10a")) + sum(given(people, "H10b")) == 7
    for code, units in (("H10a", 3), ("H10b", 3), ("H11", 5), ("H12", 4)):
        values = [value for value in given(people, code) if value]
        assert len(values) >= units and max(values) < 0.85 * sum(values)
    assert all(one["H04a"] + one["H04b"] + one["H04c"] == one["H01"] for one in staff)
    assert all(one["H08"] <= one["H02"] <= one["H01"] for one in staff if "H02" in one)
    ages = sum(one["H06"] * one["H01"] for one in staff) / 891
    older = sum(one["H07"] * one["H03"] for one in people if one.get("H07")) / 744
    assert (round(ages), round(older)) == (38, 47)
    others = [one for one in staff if not {"siae", "sap"} & set(one.get("A06", []))]
    assert round(100 * sum(one["H08"] for one in others) / sum(one["H01"] for one in others)) == 79


def test_no_module_of_the_generator_needs_itself():
    """Import circles, also those that only types make."""
    folder = ROOT / "tools" / "demo"
    needs = {
        path.stem: set(re.findall(r"^\s*from \.(\w+) import", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in folder.glob("*.py")
    }
    assert needs["companies"] >= {"rendering", "establishment"}
    while free := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in free}
    assert not needs


def test_the_generator_is_not_in_the_package():
    assert not list((ROOT / "src").rglob("demo/**/*.py"))
