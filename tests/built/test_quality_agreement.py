"""Disagreements on the perimeter: what the analyst's sheet holds, and what is not written."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pyarrow.parquet as pq

from ess_observatory.engine.database import Database
from ess_observatory.quality.agreement import STEM, write_disagreements

_COLUMNS = (
    "siret, siren, name, legal_category, naf, commune_code, given_by, given_by_label, opinion, detail, decision, "
    "rule_id, rule_label, evidence, agreement"
)
_ROWS = """
    ('2', 'u2', '=1+1', '9220', '94.20Z', '01001', 'flag', 'indicateur', 'yes', 'oui', 'out', 'NAF_EXCLUE', 'Exclue', 'activité', 'disagree'),
    ('1', 'u1', 'Un', '9220', '88.10A', '01001', 'flag', 'indicateur', 'no', 'non', 'in', 'CJ_ESS', 'Famille', 'catégorie', 'disagree'),
    ('3', 'u3', 'Trois', '9220', '88.10A', '01001', 'flag', 'indicateur', 'yes', 'oui', 'in', 'CJ_ESS', 'Famille', null, 'agree'),
    ('4', 'u4', 'Quatre', '9220', '88.10A', '01001', 'flag', 'indicateur', 'none', null, 'in', 'CJ_ESS', 'Famille', null, 'silent')
"""


def test_only_disagreements_are_listed_with_both_opinions_and_evidence(tmp_path: Path):
    with Database() as db:
        db.execute(f"create table core.perimeter_opinion as select * from (values {_ROWS}) as o({_COLUMNS})")
        counted = write_disagreements(db, tmp_path)
    assert [(row["decision"], row["rule_id"], row["count"]) for row in counted] == [
        ("retenu", "CJ_ESS", 1),
        ("écarté", "NAF_EXCLUE", 1),
    ]
    listed = pq.read_table(tmp_path / f"{STEM}.parquet").to_pylist()
    assert [(row["siret"], row["opinion"], row["decision"]) for row in listed] == [
        ("1", "no", "in"),
        ("2", "yes", "out"),
    ]
    sheet = openpyxl.load_workbook(tmp_path / f"{STEM}.xlsx").active
    head, *rows = sheet.iter_rows()
    assert [cell.value for cell in head][5:9] == ["Notre décision", "Règle", "Libellé de la règle", "Preuve"]
    assert [[row[0].value, row[5].value, row[10].value] for row in rows] == [
        ["1", "retenu", "non"],
        ["2", "écarté", "oui"],
    ]
    assert (rows[1][1].value, rows[1][1].data_type) == ("=1+1", "s"), "a text stays a text"


def test_nothing_is_written_where_nobody_else_has_an_opinion(tmp_path: Path, reference_build):
    with Database() as db:
        assert write_disagreements(db, tmp_path) == []
    assert list(tmp_path.iterdir()) == []
    assert not (reference_build.quality / f"{STEM}.xlsx").exists()
