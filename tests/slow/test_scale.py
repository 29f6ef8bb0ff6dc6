"""The generated national register, and the core against the query written by hand."""

from __future__ import annotations

import pytest
from bench._scale_work import main
from bench._stock import write_csv, write_stock

from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote

COUNT = 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("stock")
    write_stock(place, COUNT)
    return place


def test_the_same_number_of_rows_gives_the_same_register(folder, tmp_path):
    first, second = write_stock(folder, COUNT), write_stock(tmp_path, COUNT)
    with Database() as db:
        for one, other in zip(first, second, strict=True):
            a, b = quote(str(one)), quote(str(other))
            assert db.rows(f"(from {a} except all from {b}) union all (from {b} except all from {a})") == []


def test_the_register_is_like_the_real_one(folder):
    establishments, units = (quote(str(path)) for path in write_stock(folder, COUNT))
    with Database() as db:
        rows, sirets, sirens, departements = db.rows(
            "select count(*), count(distinct siret), count(distinct siren), count(distinct case when substr(commune_code, 1, 2) = '97' "
            f"then substr(commune_code, 1, 3) else substr(commune_code, 1, 2) end) from {establishments}"
        )[0]
        known = db.rows(f"select count(*), count(distinct siren) from {units}")[0]
    assert (rows, sirets) == (COUNT, COUNT)
    assert known == (sirens, sirens)
    assert departements == 101


def test_its_files_name_each_establishment_once(folder, tmp_path):
    written = write_csv(write_stock(folder, COUNT)[0], tmp_path / "StockEtablissement_utf8.csv")
    with Database() as db:
        found = db.rows(
            'select count(*), count(distinct siret), count(distinct siren), count(case when "etablissementSiege" then 1 end) '
            f"from read_csv({quote(str(written))}, types = {{'siret': 'varchar', 'siren': 'varchar'}})"
        )[0]
    assert found == (COUNT, COUNT, found[2], found[2]), "one head office for each legal unit"


def test_the_core_decides_as_the_query_written_by_hand(folder):
    core, floor = (main(work, str(COUNT), str(folder)) for work in ("core", "floor"))
    assert core["kept"] == floor["kept"] > 0
    assert core["digest"] == floor["digest"], "same decision, evidence, family and confidence for every SIRET"


def test_a_register_cut_into_slices_is_decided_the_same(folder, monkeypatch):
    whole = main("core", str(COUNT), str(folder))
    monkeypatch.setattr("ess_observatory.engine.database.SLICE_ROWS", COUNT // 4)
    cut = main("core", str(COUNT), str(folder))
    assert (cut["kept"], cut["digest"]) == (whole["kept"], whole["digest"])


def test_slices_take_each_row_once_even_without_a_value(monkeypatch):
    from pathlib import Path

    from ess_observatory.engine.graph import Model

    monkeypatch.setattr("ess_observatory.engine.database.SLICE_ROWS", 1000)
    sql = "-- slices: staging.numbered.code\nselect code, n from staging.numbered"
    model = Model("core.copied", Path("copied.sql"), sql, frozenset({"staging.numbered"}))
    with Database() as db:
        db.execute(
            "create table staging.numbered as select case when n % 7 <> 0 then printf('%06d', n % 5003) end as code, n "
            "from range(20000) as r(n)"
        )
        db.make(model)
        missing = "(from staging.numbered except all from core.copied) union all (from core.copied except all from staging.numbered)"
        assert db.rows(missing) == []
        assert db.rows("select count(*) from core.copied") == [(20_000,)]
