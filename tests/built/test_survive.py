"""A build may be killed, starved or disturbed at any moment: the last good one stays whole, and the next run is right."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from conftest import ROOT, some_of
from ess_observatory.declare.project import Project
from ess_observatory.engine import outputs as place
from ess_observatory.engine.exchange import exchange
from ess_observatory.engine.lock import locked
from ess_observatory.engine.outputs import Outputs, building, put_in_place, settle
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.runner import run
from survive_server import ITEMS, write_items
from test_other_edition import COMMUNES, _siret

CARD = """number = "1.1"
chapter = 1
title = "Établissements par commune"
scope = "establishments"
sources = ["places"]
reading_aid = "Un établissement est un SIRET."
base = "Établissements comptés"
stub = "Commune"
[[columns]]
code = "count"
label = "Établissements"
unit = "établissements"
decimals = 0
secrecy = "public"
"""
QUERY = """-- grain: one commune.
select commune_code as row_code, commune_code as row_label, cast(row_number() over (order by commune_code) as integer) as row_rank,
    'count' as column_code, cast(count(*) as double) as value, count(*) as n_units
from core.establishment
group by commune_code
"""
SOURCE = """title = "Établissements"
producer = "Un producteur"
licence = "Licence Ouverte 2.0"
[[columns]]
name = "siret"
headers = ["SIRET"]
type = "siret"
required = true
[[columns]]
name = "name"
headers = ["Nom"]
[[columns]]
name = "commune_code"
headers = ["Commune"]
type = "commune"
required = true
[budget]
max_refused_pct = 10
"""
STAGING = """-- grain: one SIRET.
select siret, name, commune_code, _file, _sha256, _sheet, _line from staging.places_typed
"""
CORE = """-- grain: one SIRET; every one is counted.
select siret, substr(siret, 1, 9) as siren, name, commune_code, true as in_perimeter, true as is_employer,
    cast(null as varchar) as brand, cast(null as varchar) as city, cast(null as varchar) as postcode,
    cast(null as varchar) as size_band, cast(null as varchar) as ess_family, cast(null as varchar) as sector,
    cast(null as varchar) as epci_code, cast(null as varchar) as naf, cast(null as varchar) as naf_nomenclature,
    cast(null as varchar) as legal_category
from staging.places
"""


def tiny_project(home: Path) -> Path:
    """A project of one table on one source over three communes: the same code, little to compute, no process of checks."""
    root = home / "project"
    pipelines = root / "pipelines"
    shutil.copytree(
        ROOT / "pipelines" / "rules",
        pipelines / "rules",
        ignore=shutil.ignore_patterns("*_checks*", "breaks.toml", "concepts.toml"),
    )
    shutil.copytree(ROOT / "pipelines" / "survey", pipelines / "survey")
    shutil.copytree(
        ROOT / "pipelines" / "measures",
        pipelines / "measures",
        ignore=lambda _, names: {n for n in names if n != "structures.toml"},
    )
    for name in ("scopes.toml", "codes.toml"):
        (pipelines / "texts" / "fr").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "pipelines" / "texts" / name, pipelines / "texts" / name)
    communes = pipelines / "rules/nomenclatures/communes.csv"
    head, *lines = communes.read_text(encoding="utf-8").splitlines(keepends=True)
    communes.write_text(head + "".join(line for line in lines if line.startswith("62")), encoding="utf-8")
    moves = communes.with_name("commune_moves.csv")
    moves.write_text(moves.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    survey = 'title = "Enquête"\nproducer = "Observatoire"\nlicence = "Confidentiel"\nkind = "survey"\n'
    edition = (
        'title = "Trois communes"\nyear = 2013\nterritory = "three"\nperimeter = "cress_2011"\n'
        '[sources.places]\nlabel = "Établissements 2013"\n'
    )
    for name, text in {
        "sources/places/source.toml": SOURCE,
        "sources/places/staging.sql": STAGING,
        "sources/survey/source.toml": survey,
        "core/establishment.sql": CORE,
        "core/field_establishment.sql": "-- grain: one SIRET.\nselect * from core.establishment\n",
        "core/register_place.sql": "-- grain: one SIRET.\nselect siret, commune_code from core.establishment\n",
        "tables/places/card.toml": CARD,
        "tables/places/query.sql": QUERY,
        "texts/fr/essentiel.md": "# L’essentiel\n\n- Trois communes.\n\n## Chiffres-clés\n",
        "editions/tiny.toml": edition,
        "territories/three.toml": f'name = "Trois communes"\ncommunes = {json.dumps(COMMUNES)}\n',
    }.items():
        path = pipelines / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def tiny_raw(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["SIRET", "Nom", "Commune"])
    for n in range(1, count + 1):
        sheet.append([_siret(n, 1), f"Association {n}", COMMUNES[n % 3]])
    workbook.save(folder / "extraction.xlsx")
    return folder


class Server:
    """Builds that can be killed."""

    def __init__(self, home: Path) -> None:
        self.root, self.out = tiny_project(home), home / "out"
        self.raw = {"A": tiny_raw(home / "raw-a", 12), "B": tiny_raw(home / "raw-b", 15)}
        self.errors = (home / "errors.txt").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("survive_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def run(self, version: str, out: Path | None = None, **more: object) -> dict:
        assert self.process.stdin and self.process.stdout
        request = {
            "root": str(self.root),
            "edition": "tiny",
            "raw": str(self.raw[version]),
            "out": str(out or self.out),
            **more,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def said(self) -> str:
        self.errors.flush()
        self.errors.seek(0)
        return self.errors.read()

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        self.errors.close()


def content(out: Path) -> dict[str, bytes]:
    """Every byte that matters of a build (of a workbook: its sheets)."""
    found = {}
    for path in sorted(
        p for name in ("quality", "publication", "reports") for p in (out / name).rglob("*") if p.is_file()
    ):
        name = path.relative_to(out).as_posix()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found |= {
                    f"{name}/{item}": book.read(item) for item in book.namelist() if "docProps" not in item
                }
        else:
            found[name] = path.read_bytes()
    return found


def rows_in_database(out: Path) -> int:
    from ess_observatory.engine.database import Database

    with Database(out / "observatory.duckdb", read_only=True) as db:
        return db.rows("select sum(rows_kept) from staging.ledger")[0][0]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("survive"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory) -> dict[str, dict[str, bytes]]:
    """What a build of each version is, when nothing happens to it."""
    found = {}
    for version in ("A", "B"):
        out = tmp_path_factory.mktemp("whole")
        assert server.run(version, out)["code"] == 0, server.said()
        found[version] = content(out)
    assert found["A"] != found["B"]
    return found


def _differences(there: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    return sorted(name for name in there.keys() | expected.keys() if there.get(name) != expected.get(name))


def state(out: Path, whole: dict[str, dict[str, bytes]]) -> str:
    """Which version lies in place; fails when it is a mixture, or not whole."""
    settle(Outputs.of(out, "tiny", out))
    there = content(out)
    version = next((name for name, expected in whole.items() if expected == there), None)
    assert version is not None, {v: _differences(there, expected) for v, expected in whole.items()}
    assert rows_in_database(out) == {"A": 12, "B": 15}[version]
    manifest = json.loads((out / "publication/manifest.json").read_text(encoding="utf-8"))
    import pyarrow.parquet as pq

    builds = set(pq.read_table(out / "publication/figures.parquet", columns=["build"])["build"].to_pylist())
    assert builds == {manifest["build"]}
    return version


def leftovers(out: Path) -> list[str]:
    return sorted(
        p.name for p in out.iterdir() if p.name.startswith(".") and p.name not in (".verrou", ".ecrit.json")
    )


@pytest.mark.slow
def test_a_run_killed_at_any_moment_leaves_a_whole_build(server, whole, thorough):
    out = server.out
    first = server.run("A", out)
    assert first["code"] == 0
    seconds = min(server.run("A", out)["seconds"] for _ in range(2))
    current, draw, killed = "A", random.Random(2012), 0
    while killed < (30 if thorough else 4):
        wanted = "B" if current == "A" else "A"
        done = server.run(wanted, out, kill_after=draw.uniform(0.02, 0.98) * seconds)
        killed += done["killed"]
        found = state(out, whole)
        assert found == wanted or (done["killed"] and found == current)
        current = found
    wanted = "B" if current == "A" else "A"
    assert server.run(wanted, out)["code"] == 0
    assert state(out, whole) == wanted
    assert leftovers(out) == []


@pytest.mark.parametrize("by_renames", some_of([False, True]))
@pytest.mark.parametrize("side", some_of([1, -1]))
def test_a_kill_between_two_renames_is_completed(server, tmp_path, side, by_renames):
    """Once the journal is written the new build is decided; before, nothing has changed. Every step is tried."""
    out = tmp_path / "out"
    outputs = Outputs.of(out, "items", out)
    assert server.run("A", out, items="0")["code"] == 0
    current, completed = "0", 0
    for number in range(1, 30):
        wanted = str(number)
        done = server.run("A", out, items=wanted, kill_at=side * number, by_renames=by_renames)
        decided = (out / ".en-cours.json").exists() or not done["killed"]
        completed += done["killed"] and decided
        settle(outputs)
        assert _texts(outputs) == {wanted if decided else current}
        current = wanted if decided else current
        if not done["killed"]:
            break
    steps = 8 if by_renames else 4
    assert number == 2 + steps + 1, (
        "the book, the journal, then one exchange or two renames an item, are all there is"
    )
    assert completed == (steps if side == 1 else steps + 1)
    assert leftovers(out) == []


@pytest.mark.slow
def test_a_kill_in_a_first_build_leaves_nothing_that_looks_like_one(server, whole, tmp_path):
    out = tmp_path / "out"
    assert server.run("A", out, kill_after=0.3)["killed"]
    assert not (out / "publication").exists()
    assert server.run("A", out)["code"] == 0
    assert state(out, whole) == "A"


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_build(server, whole, tmp_path):
    out = tmp_path / "out"
    assert server.run("A", out)["code"] == 0
    size = (out / "observatory.duckdb").stat().st_size
    for limit in (1_000, size // 4, size * 3 // 4, size - 5_000):
        done = server.run("B", out, file_limit=limit)
        assert done["code"] == 3, server.said()
        assert state(out, whole) == "A"
        assert leftovers(out) == []
    assert "E157  Plus de place sur le disque" in server.said()
    assert server.run("B", out)["code"] == 0
    assert state(out, whole) == "B"


@pytest.mark.slow
def test_two_runs_at_once(server, whole, tmp_path):
    out = tmp_path / "out"
    assert server.run("A", out)["code"] == 0
    with locked(out):
        assert server.run("B", out)["code"] == 4
    said = server.said()
    assert "E155  Une autre construction est en cours" in said
    assert f"(processus {os.getpid()})" in said
    assert state(out, whole) == "A"
    assert server.run("B", out)["code"] == 0, "the lock is free as soon as its owner is gone"


def test_the_lock_of_a_dead_process_is_free(tmp_path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom pathlib import Path\nfrom ess_observatory.engine.lock import locked\n"
            "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout and holder.stdout.readline() == "held\n"
    with pytest.raises(ObservatoryError) as caught, locked(tmp_path):
        pass
    assert (caught.value.code, caught.value.exit_code) == ("E155", 4)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with locked(tmp_path):
        pass


@dataclass(frozen=True)
class Undisturbed:
    """A build that nothing disturbed, the raw files that it read, and what they were before it."""

    project: Project
    outputs: Outputs
    raw: Path
    before: dict[Path, tuple[bytes, int]]


def _stamps(raw: Path) -> dict[Path, tuple[bytes, int]]:
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in raw.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Undisturbed:
    home = tmp_path_factory.mktemp("undisturbed")
    project = Project.load(tiny_project(home))
    outputs, raw = Outputs.of(project.root, "tiny", home / "out"), tiny_raw(home / "raw", 12)
    before = _stamps(raw)
    run(project, project.edition("tiny"), raw, outputs)
    return Undisturbed(project, outputs, raw, before)


@pytest.mark.parametrize("change", some_of(["removed", "rewritten"]))
def test_a_raw_file_that_changes_meanwhile_stops_the_run(undisturbed, tmp_path, monkeypatch, change):
    """The bytes that were read are compared again just before the build is put in place."""
    from ess_observatory.recipe import steps

    project, outputs = undisturbed.project, undisturbed.outputs
    raw = tmp_path / "raw"
    shutil.copytree(undisturbed.raw, raw)
    before = content(outputs.base)
    assert before
    path = raw / "extraction.xlsx"
    render = steps.render

    def disturbed(scratch: Outputs, **options: Any) -> tuple[dict[str, Path], list[str]]:
        written = render(scratch, **options)
        path.unlink() if change == "removed" else path.write_bytes(path.read_bytes() + b" ")
        return written

    monkeypatch.setattr(steps, "render", disturbed)
    with pytest.raises(ObservatoryError) as caught:
        run(project, project.edition("tiny"), raw, outputs, again=True)
    assert caught.value.code == "E156"
    assert caught.value.exit_code == 3
    assert "extraction.xlsx" in str(caught.value)
    assert content(outputs.base) == before


def test_raw_files_are_never_written(undisturbed):
    assert undisturbed.before
    assert _stamps(undisturbed.raw) == undisturbed.before


def _texts(outputs: Outputs) -> set[str]:
    return {
        p.read_text(encoding="utf-8")
        for p in (
            outputs.database,
            *(getattr(outputs, n) / "x.txt" for n in ("quality", "publication", "reports")),
        )
    }


@pytest.mark.parametrize("failing", range(1, 9))
def test_an_error_between_two_renames_gives_everything_its_place_back(tmp_path, monkeypatch, failing):
    outputs = Outputs.of(tmp_path, "x", tmp_path / "out")
    write_items(outputs.base, "old")
    real, count = Path.rename, 0
    monkeypatch.setattr(place, "exchange", lambda first, second: False)

    def stubborn(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == failing:
            raise PermissionError(13, "kept open by a spreadsheet")
        return real(self, target)

    names = list(ITEMS)
    with pytest.raises(PermissionError), building(outputs) as scratch:
        write_items(scratch.base, "new")
        monkeypatch.setattr(Path, "rename", stubborn)
        put_in_place(scratch, outputs, names)
    monkeypatch.undo()
    assert _texts(outputs) == {"old"}
    assert leftovers(outputs.base) == []
    with building(outputs) as scratch:
        write_items(scratch.base, "new")
        put_in_place(scratch, outputs, names)
    assert _texts(outputs) == {"new"}
    assert leftovers(outputs.base) == []


@pytest.mark.parametrize("failing", range(1, 5))
def test_an_error_between_two_exchanges_gives_everything_its_place_back(tmp_path, monkeypatch, failing):
    outputs = Outputs.of(tmp_path, "x", tmp_path / "out")
    write_items(outputs.base, "old")
    count = 0

    def stubborn(first: Path, second: Path) -> bool:
        nonlocal count
        count += 1
        if count == failing:
            raise PermissionError(13, "refused")
        return exchange(first, second)

    monkeypatch.setattr(place, "exchange", stubborn)
    with pytest.raises(PermissionError), building(outputs) as scratch:
        write_items(scratch.base, "new")
        put_in_place(scratch, outputs, list(ITEMS))
    assert _texts(outputs) == {"old"}
    assert leftovers(outputs.base) == []


@pytest.mark.slow
def test_a_reader_never_finds_an_item_missing_during_200_builds(tmp_path):
    """Every item is there at every moment, of one build or of the next."""
    outputs = Outputs.of(tmp_path, "x", tmp_path / "out")
    write_items(outputs.base, "0")
    probe = [tmp_path / "a", tmp_path / "b"]
    for path in probe:
        path.touch()
    if not exchange(*probe):
        pytest.skip("this system cannot exchange two paths in one step")
    paths = [outputs.database, *(getattr(outputs, n) / "x.txt" for n in ITEMS[1:])]
    stop, missing, reads = threading.Event(), [], 0

    def poll() -> None:
        nonlocal reads
        while not stop.is_set():
            for path in paths:
                try:
                    path.stat()
                except FileNotFoundError:
                    missing.append(path)
            reads += 1

    reader = threading.Thread(target=poll)
    reader.start()
    for number in range(1, 201):
        with building(outputs) as scratch:
            write_items(scratch.base, str(number))
            put_in_place(scratch, outputs, list(ITEMS))
    stop.set()
    reader.join()
    assert missing == [] and reads > 200
    assert _texts(outputs) == {"200"}
    assert leftovers(outputs.base) == []


@pytest.mark.slow
def test_a_publication_or_reports_of_another_build_are_said(server, tmp_path):
    """What an earlier command has left beside a shorter one is named, with the command that makes it again."""
    out = tmp_path / "out"
    project = Project.load(server.root)
    edition = project.edition("tiny")
    outputs = Outputs.of(project.root, edition.id, out)

    def built(version: str, until: str) -> list[str]:
        return run(project, edition, server.raw[version], outputs, until).stale

    assert built("A", "report") == []
    assert built("A", "build") == [], "of the same build: nothing to say"
    both = built("B", "build")
    assert len(both) == 2
    assert "publication vient d’une autre construction" in both[0] and "« ess publish »" in both[0]
    assert "rapport-ess.html et rapport-ess.xlsx" in both[1] and "« ess run »" in both[1]
    (reports,) = built("B", "publish")
    assert "« ess report » les refait" in reports
    assert built("B", "publish") == [reports], "said again as long as it is so"
    assert built("B", "report") == []


def test_items_on_another_disk_are_brought_near_first(tmp_path, monkeypatch):
    """The reports may live elsewhere: what takes time is done before anything is renamed."""
    base, elsewhere = tmp_path / "out", tmp_path / "elsewhere" / "reports"
    outputs = Outputs(base, elsewhere)
    real = place._near
    monkeypatch.setattr(
        place, "_near", lambda new, target: _copied(new, target) if target == elsewhere else real(new, target)
    )

    def _copied(new: Path, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.nouveau")
        shutil.copytree(new, beside)
        return beside

    with building(outputs) as scratch:
        write_items(scratch.base, "new")
        put_in_place(scratch, outputs, list(ITEMS))
    assert _texts(outputs) == {"new"}
    assert sorted(p.name for p in elsewhere.parent.iterdir()) == ["reports"]


@pytest.mark.slow
def test_readers_may_read_while_a_build_is_put_in_place(server, whole, tmp_path):
    """Whoever opens a file reads that of one build or of the other, never half of one."""
    out = tmp_path / "out"
    assert server.run("A", out)["code"] == 0
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.add((out / "publication/manifest.json").read_bytes())
            except FileNotFoundError:  # a system that cannot exchange: between two renames
                continue
            time.sleep(0.001)

    reader = threading.Thread(target=read)
    reader.start()
    for version in ("B", "A", "B"):
        assert server.run(version, out)["code"] == 0
    stop.set()
    reader.join()
    assert seen == {whole[v]["publication/manifest.json"] for v in ("A", "B")}


@pytest.mark.slow
def test_the_process_of_the_checks_dies_with_its_build(tmp_path):
    """Killed builds leave nobody behind."""
    code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom ess_observatory.quality.gate import Gate\n"
        "from ess_observatory.quality.suites import Suite\n"
        "suite = Suite('s', 't', 's', 'staging', 'staging.s', 'w', ())\n"
        "with Gate([suite], Path(sys.argv[1])) as gate:\n    print(gate._process.pid, flush=True)\n    time.sleep(60)"
    )
    build = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert build.stdout
    child = int(build.stdout.readline())
    build.kill()
    build.wait()
    build.stdout.close()
    for _ in range(200):
        if (
            not Path(f"/proc/{child}").exists()
            or "Z" in Path(f"/proc/{child}/stat").read_text(encoding="ascii").split()[2]
        ):
            return
        time.sleep(0.1)
    raise AssertionError("the checks outlive their build")
