"""A small invented publication folder with every case a renderer meets (no real figure in it)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCOPE = "Établissements employeurs de l’ESS, arrondissement témoin, 31 décembre 2030"
SURVEY_SCOPE = "Structures employeuses de l’ESS ayant répondu à l’enquête 2031"


def _column(code: str, label: str, unit: str = "", decimals: int = 0, kind: str = "number") -> dict[str, Any]:
    return {"code": code, "label": label, "unit": unit, "decimals": decimals, "kind": kind}


class Builder:
    """Collects tables and their numbers, then writes the folder."""

    def __init__(self) -> None:
        self.tables: list[dict[str, Any]] = []
        self.figures: list[dict[str, Any]] = []

    def table(
        self, number: str, id: str, title: str, columns: list[dict], rows: list[tuple], **more: Any
    ) -> None:
        """`rows`: (code, label, kind, section, {column: number, text, sign or ('u', number)})."""
        chapter = number.split(".")[0]
        texts: dict[str, dict[str, str]] = {}
        kinds = {column["code"]: column for column in columns}
        for row_code, row_label, _, _, values in rows:
            for code, value in values.items():
                column = kinds[code]
                if column["kind"] == "text":
                    texts.setdefault(row_code, {})[code] = value
                else:
                    self._figure(id, row_code, row_label, column, value)
        self.tables.append(
            {
                "id": id,
                "number": number,
                "chapter": int(chapter) if chapter.isdigit() else chapter,
                "title": title,
                "finding": None,
                "scope": SCOPE,
                "source": "Fichier d’établissements 2031, calculs Observatoire",
                "base": None,
                "reading_aid": None,
                "notes": [],
                "stub": "Modalité",
                "columns": columns,
                "rows": [{"code": r[0], "label": r[1], "kind": r[2], "section": r[3]} for r in rows],
                "texts": texts,
                "chart": None,
                **more,
            }
        )

    def _figure(self, table: str, row: str, row_label: str, column: dict[str, Any], value: Any) -> None:
        obs, conf, extra = "A", "F", {}
        if value == "s":
            value, conf = None, "C"
        elif value in ("nd", "ns", "///"):
            obs, value = {"nd": "O", "ns": "N", "///": "M"}[value], None
        elif isinstance(value, tuple):
            mark, value, *rest = value
            obs = {"u": "U", "b": "B", "ci": "A", "unit": "A"}[mark]
            if mark == "ci":
                extra = {"ci_low": rest[0], "ci_high": rest[1]}
            if mark == "unit":
                extra = {"unit": rest[0], "decimals": rest[1]}
        self.figures.append(
            {
                "edition": "temoin-2030",
                "territory": "temoin",
                "table_id": table,
                "figure_id": f"{table}.{row}.{column['code']}",
                "row_code": row,
                "row_label": row_label,
                "column_code": column["code"],
                "column_label": column["label"],
                "value": None if value is None else float(value),
                "unit": column["unit"],
                "decimals": column["decimals"],
                "obs_status": obs,
                "conf_status": conf,
                "numerator": None,
                "denominator": None,
                "base_n": None,
                "ci_low": None,
                "ci_high": None,
                "flags": [],
                "sources": ["register"],
                "build": "0000",
                **extra,
            }
        )

    def write(self, folder: Path, geo: dict | None, replication: list[dict], **files: Any) -> Path:
        """Writes figures.parquet and the JSON files."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder.mkdir(parents=True, exist_ok=True)
        text, real = pa.string(), pa.float64()
        schema = pa.schema(
            [
                (name, text)
                for name in ("edition", "territory", "table_id", "figure_id", "row_code", "row_label")
            ]
            + [
                ("column_code", text),
                ("column_label", text),
                ("value", real),
                ("unit", text),
                ("decimals", pa.int32()),
            ]
            + [("obs_status", text), ("conf_status", text), ("numerator", real), ("denominator", real)]
            + [("base_n", pa.int64()), ("ci_low", real), ("ci_high", real)]
            + [("flags", pa.list_(text)), ("sources", pa.list_(text)), ("build", text)]
        )
        pq.write_table(pa.Table.from_pylist(self.figures, schema=schema), folder / "figures.parquet")
        if replication:
            pq.write_table(pa.Table.from_pylist(replication), folder / "replication.parquet")
        documents = {
            "tables.json": self.tables,
            "map.geojson": geo,
            **{f"{k}.json": v for k, v in files.items()},
        }
        for name, content in documents.items():
            if content is not None:
                (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return folder


def grid_map(codes: list[str], columns: int = 13) -> dict[str, Any]:
    """Square areas side by side, one a code."""
    features = []
    for index, code in enumerate(codes):
        x, y = 4 + 0.03 * (index % columns), 50 - 0.02 * (index // columns)
        right, low = round(x + 0.03, 4), round(y - 0.02, 4)
        x, y = round(x, 4), round(y, 4)
        ring = [[x, y], [right, y], [right, low], [x, low], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        properties = {"code": code, "name": f"Commune {code}", "commune_codes": [code]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def build_publication(
    folder: Path, communes: list[tuple[str, str, str]] | None = None, geo: dict[str, Any] | None = None
) -> Path:
    """Writes the invented publication; `communes` = (code, name, group), 151 of them by default."""
    build = Builder()
    number, percent = _column("count", "Établissements"), _column("share", "Part", "%", 1)
    answers = [_column("n", "Nombre de structures"), _column("pct", "Part des répondants", "%", 0)]
    bands = (
        ("01", "1 ou 2 salariés", 151, 36.1),
        ("02", "3 à 5 salariés", 98, 23.4),
        ("03", "6 à 9 salariés", 62, 14.8),
        ("11", "10 à 19 salariés", 55, 13.2),
        ("12", "20 à 49 salariés", 33, 7.9),
        ("21", "50 à 99 salariés", 12, 2.9),
        ("22", "100 à 199 salariés", 5, 1.2),
        ("41", "500 salariés ou plus", 2, 0.5),
    )
    build.table(
        "1.1",
        "size",
        "Établissements employeurs de l’ESS selon la tranche d’effectif",
        [number, percent],
        [(c, label, "data", None, {"count": n, "share": p}) for c, label, n, p in bands]
        + [
            ("nn", "Effectif non connu", "missing", None, {"count": 31, "share": "///"}),
            ("total", "Ensemble", "total", None, {"count": 1449, "share": 100}),
        ],
        finding="Six établissements sur dix emploient moins de six personnes",
        reading_aid="Fin 2030, 151 établissements, soit 36,1 %, emploient 1 ou 2 salariés.",
        notes=["Les établissements d’effectif non connu sont hors du dénominateur des parts."],
        base="1 449 établissements, dont 31 d’effectif non connu",
        stub="Tranche d’effectif salarié",
        chart={"type": "bars", "column": "count", "also": "share", "highlight": ["01", "02"]},
    )
    build.table(
        "1.2",
        "weight",
        "Poids de l’ESS dans l’économie du territoire",
        [_column("ess", "ESS"), _column("all", "Ensemble"), percent],
        [
            (
                "employers",
                "Part de l’ESS dans les établissements employeurs",
                "data",
                None,
                {"ess": 1449, "all": 14600, "share": 9.93},
            ),
            (
                "jobs",
                "Part de l’ESS dans l’emploi salarié (champs incompatibles)",
                "data",
                None,
                {"ess": 6123, "all": 41200, "share": 14.86},
            ),
            (
                "wages",
                "Part de l’ESS dans la masse salariale",
                "data",
                None,
                {"ess": "s", "all": "nd", "share": "s"},
            ),
        ],
        finding="L’ESS pèse davantage dans l’emploi que dans les établissements",
        chart={
            "type": "progress",
            "column": "share",
            "max": 25,
            "reference": {"value": 10.5, "label": "Région : 10,5 %"},
        },
        notes=["Le numérateur et le dénominateur n’ont pas le même champ.", "Millésimes 2029 et 2030."],
    )
    build.table(
        "1.3",
        "years",
        "Évolution des établissements employeurs",
        [number, _column("other", "Autres employeurs")],
        [
            ("2028", "2028", "data", None, {"count": 430, "other": 380}),
            ("2029", "2029", "data", None, {"count": 441, "other": 371}),
            ("2030", "2030", "data", None, {"count": ("b", 449), "other": "s"}),
            ("2031", "2031", "data", None, {"count": 456, "other": 401}),
        ],
        chart={"type": "lines", "columns": ["count", "other"]},
        stub="Année",
    )
    areas = communes or [
        (f"99{i:03d}", f"Commune-du-Témoin-{i:03d}", f"Groupement {1 + i % 13 // 4}") for i in range(1, 152)
    ]
    spread = [87, 52, 34, 21, 17, 13, 11, 9, 8, 7, 6, 5]
    rows = []
    for index, (code, name, group) in enumerate(areas):
        rank = (index * 53) % len(areas)
        value: Any = spread[rank] if rank < len(spread) else max(0, 4 - rank // 25)
        posts: Any = "s" if 0 < value < 3 else value * 13
        rows.append((code, name, "data", None, {"group": group, "count": value, "posts": posts}))
    build.table(
        "2.1",
        "communes",
        "Établissements et postes de l’ESS par commune",
        [_column("group", "Intercommunalité", kind="text"), number, _column("posts", "Postes salariés")],
        [*rows, ("total", "Ensemble", "total", None, {"group": "–", "count": 449, "posts": 6123})],
        finding="Un établissement sur cinq se trouve dans la plus grande commune",
        stub="Commune",
        chart={"type": "map", "column": "count", "group": "group", "highlight": 6},
    )
    build.table(
        "3.1",
        "sectors",
        "Établissements employeurs par secteur d’activité",
        [number, _column("posts", "Postes salariés")],
        [
            (
                "a",
                "Action sociale : aide à domicile, accueil de jeunes enfants, personnes âgées ou handicapées",
                "data",
                None,
                {"count": 96, "posts": 2100},
            ),
            ("b", "Activités sportives et de loisirs", "data", None, {"count": 71, "posts": 240}),
            ("c", "Enseignement & <formation> des « adultes »", "data", None, {"count": 58, "posts": "s"}),
            ("d", "Arts, spectacles et activités récréatives", "data", None, {"count": 31, "posts": "s"}),
            ("e", "Activités financières et d’assurance", "data", None, {"count": 0, "posts": "///"}),
            ("z", "Non classé", "missing", None, {"count": 12, "posts": "nd"}),
        ],
        chart={"type": "bars", "column": "count", "order": "descending", "highlight": 1},
    )
    build.table(
        "4.1",
        "compare",
        "Répondants comparés à la base de sondage",
        [_column("frame", "Base de sondage", "%", 0), _column("sample", "Répondants", "%", 0)],
        [
            ("s1", "1 ou 2 salariés", "data", "Taille", {"frame": 36, "sample": ("u", 22)}),
            ("s2", "3 à 9 salariés", "data", "Taille", {"frame": 38, "sample": 41}),
            ("s3", "10 salariés ou plus", "data", "Taille", {"frame": 26, "sample": "s"}),
            ("t1", "Action sociale", "data", "Secteur", {"frame": 21, "sample": 28}),
            ("t2", "Culture, sport et loisirs", "data", "Secteur", {"frame": 35, "sample": 35}),
        ],
        scope=SURVEY_SCOPE,
        chart={"type": "dumbbell", "columns": ["frame", "sample"]},
    )
    build.table(
        "5.1",
        "strengths",
        "Forces et menaces selon les structures",
        answers,
        [
            (
                "f1",
                "Compétences des salariés et des bénévoles",
                "data",
                "D01 – Principales forces",
                {"n": 43, "pct": ("ci", 78.2, 65.6, 87.1)},
            ),
            ("f2", "Qualité des services rendus", "data", "D01 – Principales forces", {"n": 36, "pct": 65.5}),
            ("f3", "Capacité d’expérimentation", "data", "D01 – Principales forces", {"n": 22, "pct": 40}),
            ("fb", "Ensemble des répondants (n)", "base", "D01 – Principales forces", {"n": 55, "pct": 100}),
            ("fm", "Non exprimé", "missing", "D01 – Principales forces", {"n": 2, "pct": "///"}),
            (
                "m1",
                "Baisse des financements publics",
                "data",
                "D04 – Principal risque à cinq ans",
                {"n": 14, "pct": ("u", 75)},
            ),
            ("m2", "Concurrence", "data", "D04 – Principal risque à cinq ans", {"n": 3, "pct": "ns"}),
            ("m3", "Aucune", "data", "D04 – Principal risque à cinq ans", {"n": 0, "pct": ("u", 0)}),
            ("mm", "Non exprimé", "missing", "D04 – Principal risque à cinq ans", {"n": 38, "pct": "///"}),
        ],
        scope=SURVEY_SCOPE,
        base="57 structures répondantes",
        source="Enquête Observatoire 2031",
        stub="Réponse",
        chart={
            "type": "bars",
            "column": "n",
            "also": "pct",
            "order": "descending",
            "highlight": ["f1", "m1"],
        },
    )
    build.table(
        "8.1",
        "equity",
        "Évolution des fonds propres",
        answers,
        [
            ("down", "En baisse", "data", None, {"n": 10, "pct": ("u", 27)}),
            ("stable", "Stables", "data", None, {"n": 17, "pct": ("u", 46)}),
            ("up", "En hausse", "data", None, {"n": 10, "pct": ("u", 27)}),
            ("na", "Sans objet", "missing", None, {"n": 5, "pct": "///"}),
            ("nr", "Non exprimé ou ne souhaite pas communiquer", "missing", None, {"n": 15, "pct": "///"}),
            ("total", "Ensemble des répondants", "total", None, {"n": 57, "pct": "///"}),
        ],
        scope=SURVEY_SCOPE,
        base="37 réponses exprimées sur 57",
        chart={
            "type": "diverging",
            "column": "n",
            "also": "pct",
            "negative": ["down"],
            "neutral": ["stable"],
            "positive": ["up"],
        },
    )
    build.table(
        "8.2",
        "needs",
        "Besoins de trésorerie",
        [_column("n", "Structures")],
        [
            ("a", "Besoin couvert", "data", None, {"n": 18}),
            ("b", "Besoin ponctuel", "data", None, {"n": 11}),
            ("c", "Besoin structurel", "data", None, {"n": 13}),
            ("z", "Non exprimé", "missing", None, {"n": 15}),
        ],
        chart={"type": "stacked", "column": "n"},
    )
    build.table(
        "8.3",
        "hidden_parts",
        "Parties dont une est masquée",
        [_column("n", "Structures")],
        [
            ("a", "Première", "data", None, {"n": 18}),
            ("b", "Deuxième", "data", None, {"n": "s"}),
            ("c", "Troisième", "data", None, {"n": "s"}),
        ],
        chart={"type": "stacked", "column": "n"},
    )
    build.table(
        "8.4",
        "causes",
        "Causes du besoin de trésorerie",
        [_column("short", "Besoin ponctuel"), _column("long", "Besoin structurel")],
        [
            ("a", "Retard de subventions", "data", None, {"short": 8, "long": 8}),
            ("b", "Saisonnalité de l’activité", "data", None, {"short": 3, "long": "s"}),
            ("c", "Croissance", "data", None, {"short": 1, "long": 5}),
        ],
        chart={"type": "multiples", "columns": ["short", "long"]},
    )
    build.table(
        "8.5",
        "rates",
        "Taux d’expression par question",
        [_column("rate", "Taux", "%", 0)],
        [(f"q{i}", f"Question {i}", "data", f"Partie {i // 9 + 1}", {"rate": 100 - i}) for i in range(36)],
        chart={"type": "bars", "column": "rate", "highlight": 1},
    )
    build.table(
        "10.1",
        "people",
        "Chiffres-clés des ressources humaines",
        [_column("value", "Valeur"), _column("units", "Structures")],
        [
            ("jobs", "Salariés", "data", None, {"value": 891, "units": 39}),
            ("fte", "Équivalents temps plein", "data", None, {"value": ("unit", 600, "ETP", 0), "units": 34}),
            (
                "permanent",
                "Part des contrats à durée indéterminée",
                "data",
                None,
                {"value": ("unit", 76, "%", 0), "units": 39},
            ),
            ("money", "Masse salariale", "data", None, {"value": ("unit", 12500, "€", 0), "units": 30}),
            ("age", "Âge moyen des salariés", "data", None, {"value": ("unit", 38.4, "ans", 1), "units": 35}),
            ("volunteers", "Bénévoles", "data", None, {"value": "s", "units": "s"}),
        ],
        scope=SURVEY_SCOPE,
        chart={"type": "tiles", "column": "value", "also": "units"},
    )
    build.table(
        "10.2",
        "contracts",
        "Contrats selon l’aide",
        [_column("aided", "Aidés", "%"), _column("plain", "Non aidés", "%")],
        [
            ("cdi", "Durée indéterminée", "data", None, {"aided": 21, "plain": 79}),
            ("cdd", "Durée déterminée", "data", None, {"aided": 64, "plain": 36}),
        ],
        chart={"type": "stacked", "columns": ["aided", "plain"]},
    )
    build.table(
        "13.1",
        "support",
        "Accompagnement : notoriété et usage",
        [_column("known", "Connu", "%"), _column("used", "Utilisé", "%")],
        [
            ("x", "Chambre régionale", "data", None, {"known": 63, "used": 21}),
            ("y", "Dispositif local d’accompagnement", "data", None, {"known": 40, "used": "s"}),
        ],
        chart={"type": "grouped", "columns": ["known", "used"]},
    )
    build.table(
        "14.1",
        "actions",
        "Plan d’actions et axes régionaux",
        [
            _column("axis1", "Communication et animation", kind="text"),
            _column("axis2", "Innovation", kind="text"),
        ],
        [
            (
                "1",
                "Animer un réseau",
                "data",
                None,
                {"axis1": "Rencontres et lettre d’information", "axis2": "=1+1 (texte, pas une formule)"},
            ),
            ("2", "Créer un observatoire", "data", None, {"axis1": "Publication annuelle"}),
        ],
        stub="Action",
    )
    build.table(
        "14.2",
        "clusters",
        "Pôles comparés",
        [_column("place", "Périmètre", kind="text")]
        + [_column(f"m{i}", f"Mesure {i}", "€" if i > 6 else "") for i in range(1, 10)],
        [
            (code, name, "data", None, {"place": "Ville", **{f"m{i}": 1000 * i + rank for i in range(1, 10)}})
            for rank, (code, name) in enumerate((("a", "Pôle A"), ("b", "Pôle B"), ("c", "Pôle C")))
        ],
        stub="Pôle",
    )
    build.table(
        "C.1",
        "limits",
        "Limites connues",
        [_column("text", "Conséquence", kind="text")],
        [("1", "Deux sources pour un ratio", "data", None, {"text": "Part surestimée"})],
        stub="Limite",
    )
    replication = [
        {
            "figure_id": "a",
            "label": "Établissements",
            "published": 449.0,
            "recomputed": 449.0,
            "difference": 0.0,
            "verdict": "identical",
            "remark": None,
        },
        {
            "figure_id": "b",
            "label": "Part de l’emploi",
            "published": 14.9,
            "recomputed": 14.8612,
            "difference": -0.0388,
            "verdict": "rounding",
            "remark": None,
        },
        {
            "figure_id": "c",
            "label": "Fonds propres",
            "published": 57.0,
            "recomputed": 52.0,
            "difference": -5.0,
            "verdict": "contradiction_in_report",
            "remark": "Le tableau publié fait 52, non 57.",
        },
    ]
    chapters = [
        {
            "id": number,
            "number": number,
            "title": title,
            "headline": headline,
            "stakes": stakes,
            "tables": keys,
            "html": "<p>Le texte de l’analyste, avec un <strong>chiffre contrôlé</strong>. "
            + "Il commente sans répéter le tableau. " * 4
            + "</p>",
        }
        for number, title, headline, stakes, keys in (
            (
                "1",
                "Un poids économique réel",
                "L’économie sociale et solidaire emploie une personne salariée sur sept.",
                "<ul><li>Faire connaître ce poids.</li><li>Suivre la part de l’emploi.</li></ul>",
                ["1.1", "1.2", "1.3"],
            ),
            (
                "2",
                "Une présence inégale sur le territoire",
                "Six communes réunissent la moitié des établissements.",
                None,
                ["2.1"],
            ),
            ("3", "Des secteurs variés", "L’action sociale domine.", None, ["3.1"]),
            ("4", "L’enquête : participation et qualité", None, None, ["4.1"]),
            ("5", "Positionnement", "Les compétences sont la première force citée.", None, ["5.1"]),
            (
                "8",
                "Finances",
                None,
                "<ul><li>Consolider les fonds propres.</li></ul>",
                ["8.1", "8.2", "8.3", "8.4", "8.5"],
            ),
            ("10", "Emploi et ressources humaines", None, None, ["10.1", "10.2"]),
            ("13", "Appui", None, None, ["13.1"]),
            ("14", "Suivi du plan d’actions", None, None, ["14.1", "14.2"]),
            ("C", "Forces et limites", None, None, ["C.1"]),
        )
    ]
    return build.write(
        folder,
        geo or grid_map([area[0] for area in areas]),
        replication,
        manifest={
            "edition": "temoin-2030",
            "year": 2030,
            "title": "L’économie sociale et solidaire dans l’arrondissement témoin",
            "subtitle": "Rapport annuel de l’observatoire, données fin 2030",
            "territory": {"code": "temoin", "name": "Arrondissement témoin"},
            "publisher": {"name": "Observatoire de l’ESS", "contact": "observatoire@exemple.invalid"},
            "licence": {"name": "Licence Ouverte 2.0"},
            "synthetic": True,
            "banner": "Édition fabriquée pour l’essai : aucun chiffre ne décrit une structure réelle.",
            "version": "2030.1.0",
            "build": "3f9c0a12",
            "published": "mai 2031",
            "citation": "Observatoire de l’ESS (2031), rapport annuel.",
            "sources": [
                {
                    "id": "register",
                    "label": "Fichier d’établissements",
                    "producer": "Producteur témoin",
                    "vintage": "2031",
                    "licence": "usage interne",
                    "files": [{"name": "export.xlsx", "sha256": "0" * 64}],
                }
            ],
            "signs": {
                "s": "secret statistique",
                "nd": "résultat non disponible",
                "///": "absence de résultat due à la nature des choses",
                "ns": "non significatif (moins de 10 réponses)",
                "u": "peu fiable (10 à 29 réponses)",
            },
        },
        texts={
            "main_points": [
                "L’ESS compte <strong>1 449 établissements employeurs</strong>, soit 9,9 % des employeurs.",
                "Elle emploie <strong>une personne salariée sur sept</strong>.",
                "Six communes réunissent la moitié des établissements.",
                "Les compétences sont la première force ; la baisse des financements, le premier risque.",
            ],
            "key_figures": [
                "size.total.count",
                {
                    "figure": "weight.jobs.share",
                    "label": "de l’emploi salarié",
                    "detail": "Champs incompatibles, voir note",
                },
                {"figure": "people.permanent.value", "label": "des contrats sont à durée indéterminée"},
                "weight.wages.share",
            ],
            "chapters": chapters,
            "glossary": [
                {"term": "Établissement", "definition": "Unité de production géographiquement distincte."},
                {"term": "Poste", "definition": "Un salarié dans un établissement."},
            ],
        },
        checks=[
            {
                "id": "rows",
                "label": "Lignes lues = retenues + refusées",
                "status": "ok",
                "detail": "1 003 = 1 001 + 2",
                "source": "Fichier d’établissements",
            },
            {
                "id": "age",
                "label": "Dates de création plausibles",
                "status": "warning",
                "detail": "3 lignes",
                "source": "Fichier d’établissements",
            },
        ],
    )


def test_fixture_is_readable(tmp_path: Path) -> None:
    from ess_observatory.publish.reader import read_publication

    publication = read_publication(build_publication(tmp_path / "publication"))
    assert len(publication.tables) == 18
    assert publication.table("1.1").id == "size"
    assert len(publication.table("communes").rows) == 152
