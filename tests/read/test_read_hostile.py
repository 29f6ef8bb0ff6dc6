"""Files that are made to hurt: each is refused with its name, in little time and memory, and the others are read."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from awkward.files import good_text, with_column
from awkward.fuzz import CORPUS, MEMORY, peak, reads_on, try_seed
from awkward.hostile import HOSTILE, good_xlsx
from conftest import one_in
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits, sandbox
from ess_observatory.tabular.sheets import open_sheets

pytest_plugins = ("awkward.fixtures",)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name_and_the_others_are_read(
    name: str, rules_db: Database, toy, tmp_path: Path
) -> None:
    build, codes = HOSTILE[name]
    build(tmp_path / name)
    outcome = reads_on(rules_db, toy, tmp_path)
    (left,) = outcome.inventory.unmatched
    assert left.code in codes, left
    assert name in left.relative and left.fix
    assert len(outcome.kept) == 2
    assert peak() < MEMORY


def test_what_asks_for_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good_xlsx(tmp_path / "a.xlsx")
    open_sheets(tmp_path / "a.xlsx")
    for memory, is_read in ((0, False), (limits.MEMORY, True)):
        monkeypatch.setattr(limits, "MEMORY", memory)
        monkeypatch.setattr(limits, "MEMORY_TIMES", 0 if not is_read else 24)
        if is_read:
            assert open_sheets(tmp_path / "a.xlsx")
            continue
        (tmp_path / "b.csv").write_bytes(b"a;b\n" + b"1;2\n" * 5_000_000)
        with pytest.raises(ObservatoryError, match=r"E20[16](.|\n)*b\.csv"):
            open_sheets(tmp_path / "b.csv")


def test_what_takes_too_long_is_refused_and_the_next_file_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("é;b\n" + "é;2\n" * 400_000, encoding="latin-1")
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    monkeypatch.setattr(limits, "SECONDS_EACH", 0.0)
    with pytest.raises(ObservatoryError, match=r"E206(.|\n)*long à ouvrir(.|\n)*a\.csv"):
        open_sheets(tmp_path / "a.csv")
    monkeypatch.undo()
    assert len(open_sheets(tmp_path / "a.csv")[0].head) == 60


def test_one_that_is_waited_for_too_long_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tube.csv")
    monkeypatch.setattr(sandbox, "WAIT_SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(ObservatoryError, match=r"E206(.|\n)*tube\.csv"):
        open_sheets(tmp_path / "tube.csv")
    assert time.monotonic() - started < 5


def test_the_death_of_what_opens_files_is_that_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(good_text(), encoding="utf-8")
    assert open_sheets(tmp_path / "a.csv")
    for worker in sandbox.pool().workers:
        if worker.process is not None:
            worker.process.kill()
            worker.process.wait()
    assert open_sheets(tmp_path / "a.csv")


def test_what_is_no_file_is_said_in_french(rules_db: Database, toy, tmp_path: Path) -> None:
    (tmp_path / "dossier.csv").mkdir()
    os.mkfifo(tmp_path / "tube.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        try:
            os.chdir(tmp_path)  # a name of a socket is short
            listener.bind("prise.xlsx")
        finally:
            os.chdir(here)
        outcome = reads_on(rules_db, toy, tmp_path)
    said = {u.relative: (u.code, u.why) for u in outcome.inventory.unmatched}
    assert said["dossier.csv"] == ("", "dossier qui porte un nom de fichier ; ce qu’il contient est lu")
    assert said["tube.csv"] == said["prise.xlsx"]
    assert "tube" in said["tube.csv"][1]
    with pytest.raises(ObservatoryError, match="dossier, et non fichier"):
        open_sheets(tmp_path / "dossier.csv")
    with pytest.raises(ObservatoryError, match="fichier disparu"):
        open_sheets(tmp_path / "parti.csv")


def test_a_path_is_no_pattern(rules_db: Database, toy, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path / "a [1]"
    folder.mkdir()
    for name, town in (("x [1]", "59392"), ("x 1", "59291"), ("x*", "59606"), ("x?", "59033")):
        table = pa.table({"Code commune": [town], "Libellé": [name], "Emplois": ["1"]})
        pq.write_table(table, folder / f"{name}.parquet")
    outcome = reads_on(rules_db, toy, tmp_path)
    found = {row["_file"]: row["label"] for row in outcome.kept if row["_file"] != "temoin.csv"}
    assert found == {f"a [1]/{name}.parquet": name for name in ("x [1]", "x 1", "x*", "x?")}


@pytest.mark.parametrize(("columns", "is_read"), [(16_384, True), (16_385, False)])
def test_a_text_has_no_more_columns_than_a_sheet(columns: int, is_read: bool, tmp_path: Path) -> None:
    lines = ["a;b", *("1;2" for _ in range(2_000)), ";" * (columns - 1), "3;4"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    if is_read:
        assert len(open_sheets(tmp_path / "a.csv")[0].rows) == 2_003
    else:
        with pytest.raises(ObservatoryError, match="E206"):
            open_sheets(tmp_path / "a.csv")


def test_delimiters_inside_a_text_are_no_columns(rules_db: Database, toy, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(with_column("Remarque", '"' + ";" * 20_000 + '"'), encoding="utf-8")
    assert len(reads_on(rules_db, toy, tmp_path).kept) == 3


@pytest.mark.parametrize("size", [60, 300, 5_000])
def test_a_sheet_comes_whole_whatever_its_size(size: int, tmp_path: Path) -> None:
    from awkward.files import xlsx

    rows = [[f" a\u00a0{i} ", i, i / 2, None, "="] for i in range(size)]
    xlsx(tmp_path / "a.xlsx", ("F1", rows))
    (sheet,) = open_sheets(tmp_path / "a.xlsx")
    fields = sheet.fields()
    fields = fields if isinstance(fields, list) else fields.to_pylist()
    assert fields[:2] == [[" a\u00a00 ", "0", "0", "", "="], [" a\u00a01 ", "1", "0.5", "", "="]]
    assert sheet.rows[:2] == [["a 0", "0", "0", None, "="], ["a 1", "1", "0.5", None, "="]]
    assert len(fields) == len(sheet.rows) == size
    assert sheet.head == sheet.rows[:60]


@pytest.mark.parametrize("seed", one_in(4, list(range(8))))
def test_a_folder_of_spoilt_files_is_read_on(seed: int, rules_db: Database, toy, tmp_path: Path) -> None:
    try_seed(rules_db, toy, seed, tmp_path)


def test_what_failed_once_does_no_more(rules_db: Database, toy, tmp_path: Path) -> None:
    for file in sorted(CORPUS.glob("*")) if CORPUS.is_dir() else ():
        shutil.copy(file, tmp_path)
    reads_on(rules_db, toy, tmp_path)
