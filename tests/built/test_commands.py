"""The room of commands: one verb, one row, one module; French to the last word; nothing that is typed gives a traceback."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from conftest import ROOT, one_in
from ess_observatory import __version__
from ess_observatory.commands import demo as demo_command
from ess_observatory.commands.group import made
from ess_observatory.commands.main import main
from ess_observatory.commands.verbs import VERBS, load
from ess_observatory.errors import ObservatoryError, from_outside
from test_survive import tiny_project, tiny_raw

Call = Callable[..., tuple[int, str, str]]

#: Words of the libraries' own messages, and the commonest of the language.
ENGLISH = re.compile(
    r"\b(usage:|try|help for|missing|no such|did you mean|invalid|value|got|unexpected|extra|not a valid|valid integer|integer|"
    r"commands|command|required|default|show|message and|exit|aborted|does not|exist|error|path|text|boolean|string|directory|"
    r"file|the|and|is|of|requires|takes|parameter|range|choose|dynamic|env var|arguments?:|options?:)\b",
    re.IGNORECASE,
)


@pytest.fixture
def ess(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Call `ess` in this process; gives the exit code, stdout and stderr. An error that is not ours comes through."""
    monkeypatch.chdir(ROOT)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ess", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as done:
            code = int(done.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_help_imports_typer_and_the_table_alone():
    code = (
        "import sys\nsys.argv = ['ess', '--help']\nfrom ess_observatory.commands.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    heavy = {
        "pandas",
        "duckdb",
        "rich",
        "pyarrow",
        "numpy",
        "pydantic",
        "babel",
        "importlib.metadata",
        "jinja2",
    }
    assert not heavy & loaded
    ours = {name for name in loaded if name.startswith("ess_observatory.commands.")}
    assert ours == {
        f"ess_observatory.commands.{name}" for name in ("main", "group", "messages", "signals", "verbs")
    }


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_said_in_one_place(ess: Call, option: str):
    assert ess(option) == (0, f"ess {__version__}\n", "")
    assert importlib.metadata.version("ess-observatory") == __version__


def test_a_verb_is_a_row_and_a_function_of_its_module():
    assert len({verb.name for verb in VERBS}) == len(VERBS)
    for verb in VERBS:
        assert verb.help.endswith("."), verb.name
        assert bool(verb.target) or any(other.name.startswith(f"{verb.name} ") for other in VERBS), verb.name
        if verb.target:
            function = load(verb)
            assert inspect.isfunction(function) and function.__module__.startswith(
                "ess_observatory.commands."
            )


def test_every_option_says_in_french_what_it_takes():
    for verb in VERBS:
        for param in made(verb).params:
            assert param.help, f"{verb.name} {param.name}"
            assert getattr(param, "is_flag", False) or param.metavar, f"{verb.name} {param.name}"


@pytest.mark.parametrize("name", ["", *(verb.name for verb in VERBS)])
def test_the_help_is_in_french(ess: Call, name: str):
    code, out, err = ess(*name.split(), "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage\u00a0: ess{' ' if name else ''}{name} [OPTIONS]")
    assert "Afficher cette aide." in out
    named = re.sub(
        r"-{1,2}[\w-]+|^Usage.*|^  [a-z]+ |[\w<>.]+/[\w<>./]*|« .*? »", " ", out, flags=re.MULTILINE
    )
    assert not ENGLISH.findall(named)
    assert " :" not in out and " ;" not in out and not re.search(r"\w'\w", out)


USAGE_ERRORS = [
    ("", "Usage"),
    ("rnu", "Commande inconnue\u00a0: «\u00a0rnu\u00a0». Vouliez-vous dire «\u00a0run\u00a0»\u202f?"),
    ("zzzz", "Commande inconnue\u00a0: «\u00a0zzzz\u00a0»."),
    ("survey frm", "Vouliez-vous dire «\u00a0form\u00a0»"),
    ("export verifi x", "Vouliez-vous dire «\u00a0verify\u00a0»"),
    ("--", "Il manque une commande."),
    ("-x", "Option inconnue\u00a0: «\u00a0-x\u00a0»."),
    ("run --editon x", "Vouliez-vous dire «\u00a0--edition\u00a0»"),
    ("run -e", "L’option «\u00a0-e\u00a0» attend une valeur."),
    ("run --json=oui", "L’option «\u00a0--json\u00a0» ne prend pas de valeur."),
    ("run a b", "Arguments en trop\u00a0: «\u00a0a\u00a0» «\u00a0b\u00a0»."),
    ("doctor a", "Argument en trop"),
    ("explain", "Il manque l’argument CODE."),
    ("new edition x --year 2020", "Il manque l’option «\u00a0--territory\u00a0»."),
    ("new edition x --territory t --year douze", "il faut un nombre entier."),
    ("demo --seed 1.5", "il faut un nombre entier."),
    ("series", "Il manque l’argument PUBLICATIONS."),
    ("ingest --each epci", "Option inconnue"),
    ("report --lang xx", "Langues connues"),
]


@pytest.mark.parametrize(("line", "told"), USAGE_ERRORS)
def test_an_error_of_usage_is_in_french(ess: Call, line: str, told: str):
    code, out, err = ess(*line.split())
    assert (code, out) == (2, "")
    assert told in err
    assert not ENGLISH.findall(
        re.sub(r"-{1,2}[\w-]+|«.*?»|ess [a-z ]+|^  [a-z]+ ", " ", err, flags=re.MULTILINE)
    )


def test_an_error_of_usage_says_where_the_help_is(ess: Call):
    assert "Aide\u00a0: ess new edition --help" in ess("new", "edition")[2]


@pytest.fixture
def traps(tmp_path: Path) -> dict[str, str]:
    """Paths that are not what they should be."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "zip.zip").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("dir.toml", "dir.xlsx", "broken/publication", "broken/observatory.duckdb"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\0\0")
    (tmp_path / "broken" / "publication" / "figures.parquet").write_text("no")
    (tmp_path / "garbage").mkdir()
    (tmp_path / "garbage" / "observatory.duckdb").write_text("no")
    return {"t": str(tmp_path), "big": "x" * 10_000, "long": "é" * 300}


HOSTILE = [
    "run|--edition|",
    "run|--edition=",
    "run|--edition|a\0b",
    "run|--edition|\udcff",
    "run|--edition|{t}",
    "run|--edition|{t}/dir.toml",
    "run|--edition|{t}/binary.toml",
    "run|--edition|{t}/loop.toml",
    "run|--edition|{big}",
    "run|--edition|{long}",
    "run|--edition|🦀",
    "run|--edition|../../etc/passwd",
    "run|--raw|{t}/file",
    "run|--raw|{t}/loop",
    "run|--out|{t}/loop",
    "run|--each|planète",
    "plan|--raw|{t}/file",
    "report|--out|{t}/file",
    "report|--out|/proc/x",
    "report|--out|{t}/broken",
    "explain|",
    "explain|🦀|--out|{t}/file",
    "explain|a\nb|--out|{t}/file",
    "explain|\x1b[31mrouge|--out|{t}/file",
    "explain|12345678901234|--out|{t}/broken",
    "explain|12345678901234|--out|{t}/garbage",
    "trace|a'b\"; drop table x --|--out|{t}/file",
    "trace|'|--out|{t}/broken",
    "compare|{t}/broken|{t}/broken",
    "compare|{t}/loop|{t}/loop",
    "compare|cress_2011|loi_2014|--perimeter|--out|{t}/garbage",
    "series|{t}/broken|{t}/broken",
    "draft|--publication|{t}/broken",
    "directory|--out|{t}/garbage",
    "export|--publication|{t}/loop",
    "export|verify|{t}/zip.zip",
    "export|verify|{t}/loop",
    "survey|form|--out|{t}/dir.xlsx",
    "survey|form|--out|/proc/x.xlsx",
    "survey|form|--out|{t}/file/x.xlsx",
    "survey|print|--out|{t}/{long}.html",
    "survey|purge|--yes|--out|{t}/garbage",
    "secrecy|audit|{t}/file",
    "secrecy|report|--out|{t}/loop",
    "new|edition|../x|--territory|sambre-avesnois|--year|2011",
    "new|edition|a/b|--territory|sambre-avesnois|--year|2011",
    "new|edition|x|--territory|sambre-avesnois|--year|-5",
    "new|territory|x|--from-list|{t}/loop",
    "new|source|{t}/loop|--name|x",
    "new|table|x|--number|a.b.c|--source|manageo",
    "new|table|x|--number|9.9|--source|../x",
    "demo|--out|{t}/file",
]


def _declared() -> set[Path]:
    return set((ROOT / "pipelines").rglob("*"))


@pytest.fixture(scope="module")
def declared() -> set[Path]:
    """What lies in `pipelines/` before anything is typed."""
    return _declared()


@pytest.mark.parametrize("line", one_in(3, HOSTILE))
def test_nothing_that_is_typed_gives_a_traceback(
    ess: Call, traps: dict[str, str], line: str, declared: set[Path]
):
    code, out, err = ess(*(word.format(**traps) for word in line.split("|")))
    assert code in (2, 3, 4), err
    assert code != 3 or "broken" in line, err
    assert out == "" and "Traceback" not in err and "\x1b" not in err and "\0" not in err
    assert re.search(r"^(✘ E\d{3}|Erreur\u00a0:)", err, re.MULTILINE), err
    assert len(err) < 2000
    assert _declared() == declared


@pytest.mark.parametrize("place", ["{t}/file", "{t}/file/sub", "/proc/x", "/dev/null"])
def test_a_place_where_nothing_can_be_built_is_a_sentence(ess: Call, traps: dict[str, str], place: str):
    code, _, err = ess("ingest", "--out", place.format(**traps))
    assert code == 4
    assert "E170" in err


def test_a_read_only_folder_is_a_sentence():
    """Root may write everywhere, so that the refusal of the system is given as it would come."""
    refused = from_outside(PermissionError(13, "Permission denied", "/srv/rapports"))
    assert isinstance(refused, ObservatoryError)
    assert (refused.code, refused.what, refused.where) == ("E170", "Accès refusé", "/srv/rapports")
    assert from_outside(KeyError("x")) is None and from_outside(ValueError("x")) is None


def test_a_refusal_is_data_for_a_program(ess: Call, traps: dict[str, str]):
    code, out, _ = ess("secrecy", "report", "--json", "--out", f"{traps['t']}/loop")
    assert code == 4
    assert json.loads(out)["errors"][0]["code"] == "E170"


def test_the_generator_stays_in_the_repository(ess: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(demo_command, "TOOLS", tmp_path / "tools")
    code, _, err = ess("demo", "--out", tmp_path)
    assert code == 4
    assert "make demo" in err


QUERY = """
import sys
from ess_observatory.commands import doctor
from ess_observatory.commands.main import main
from ess_observatory.engine.database import Database

def slow():
    print("ready", flush=True)
    with Database() as db:
        db.execute("select count(*) from range(100000000) a, range(1000000) b where a.range * b.range % 7 = 1")

doctor.doctor = slow
sys.argv = ["ess", "doctor"]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 2.0])
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrompu."), (signal.SIGTERM, 143, "Arrêté.")]
)
def test_a_query_is_stopped_without_a_traceback(number: signal.Signals, code: int, word: str, wait: float):
    with subprocess.Popen(
        [sys.executable, "-c", QUERY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        time.sleep(wait)
        process.send_signal(number)
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, err.strip()) == (code, word)


@pytest.mark.parametrize(
    ("number", "code", "is_tiny"),
    [
        (signal.SIGTERM, 143, True),
        pytest.param(signal.SIGINT, 130, False, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 143, False, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_build_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals, code: int, is_tiny: bool
):
    command = [sys.executable, "-m", "ess_observatory.commands.main", "run", "--out", str(tmp_path / "out")]
    root = ROOT
    if is_tiny:
        root = tiny_project(tmp_path)
        command += ["--edition", "tiny", "--raw", str(tiny_raw(tmp_path / "raw", 12))]
    there = {**os.environ, "ESS_ROOT": str(root)}
    with subprocess.Popen(command, cwd=root, env=there, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob("out/.build-*/*")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".verrou"]


def test_no_prompt_of_the_library_is_used():
    """typer would ask in English."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    assert not re.search(r"typer\.(confirm|prompt|getchar)|prompt=", source)
    assert typer.Abort
