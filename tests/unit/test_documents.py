"""The documents at the root: what they name is there, French and English say the same, the journal tells the version."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date
from functools import cache

import pytest

from conftest import ROOT
from ess_observatory import __version__
from ess_observatory.commands.group import made
from ess_observatory.commands.verbs import VERBS, Verb, under
from ess_observatory.declare.models.cards import CardFile
from ess_observatory.declare.models.editions import EditionFile, TerritoryFile
from ess_observatory.declare.models.examples import ExampleFile
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.models.sources import SourceFile

PAIRS = (("README.md", "README.en.md"), ("CONTRIBUTING.md", "CONTRIBUTING.en.md"))
PAGES = [*(name for pair in PAIRS for name in pair), "SECURITY.md", "GLOSSARY.md"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
#: What stands for something else in a command or a path, in French and in English.
STANDS_FOR = {
    "<édition>": "<edition>",
    "<tableau>": "<table>",
    "<mesure>": "<measure>",
    "CLASSEUR.xlsx": "WORKBOOK.xlsx",
    "NOM_OU_FICHIER.toml": "NAME_OR_FILE.toml",
    "DOSSIER": "FOLDER",
    "FICHIER": "FILE",
    "NIVEAU": "LEVEL",
    "NOM": "NAME",
    "ÉDITION": "EDITION",
    "CHIFFRE": "FIGURE",
    "ma_source": "my_source",
    "mon_tableau": "my_table",
    "-- shared: raison": "-- shared: reason",
    "some_of(cas)": "some_of(cases)",
    "one_in(3, cas)": "one_in(3, cases)",
    "quoi, où, remède": "what, where, fix",
}
#: Paths that a reader makes, and endings of files.
_TO_BE_MADE = re.compile(
    r"\.\w+(\.\w+)?|\.venv/.*|(.*/)?(ma_source|my_source|mon_tableau|my_table)(_typed)?(/.*)?"
    r"|data/raw/(NOM|NAME)/|reports/templates/classeur\.xlsx|classeur-<.*>\.xlsx"
)
_ENDINGS = "csv|duckdb|geojson|html|ipynb|json|md|parquet|py|sql|toml|txt|xlsx|yaml|yml"
_PATH = re.compile(rf"[\w.*<>-]+(/[\w.*<>-]*)+|[\w.*<>-]*\.({_ENDINGS})")
_OPTION = re.compile(r"(?<!\w)--[a-z][a-z-]+")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[tuple[str, str]]:
    """The blocks of code of a page: language, text."""
    return _BLOCK.findall(page(name))


def spans(name: str) -> list[str]:
    """What stands between backquotes outside the blocks; a span may go on over the end of a line."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", _BLOCK.sub("", page(name)))]


def bare(code: str) -> str:
    """Code without its comments."""
    return re.sub(r"(^|[ \t]+)# .*$", "", code, flags=re.MULTILINE)


def in_english(text: str) -> str:
    for french, english in STANDS_FOR.items():
        text = text.replace(french, english)
    return text


def commands(name: str) -> list[str]:
    """Every command of a page, in its shell blocks and in its sentences."""
    lines = [line for language, code in blocks(name) if language == "sh" for line in bare(code).splitlines()]
    starts = re.compile(r"(\.venv/bin/)?(make|ess|python|pip|pytest|jupytext|lint-imports)\b(?!\()")
    return [line.strip() for line in [*lines, *spans(name)] if starts.match(line.strip())]


def links(name: str) -> list[str]:
    return re.findall(r"\]\(([^)#]+)\)", _BLOCK.sub("", page(name)))


def paths(name: str) -> list[str]:
    """Every file or folder that a page names between backquotes or draws in a block without language."""
    drawn = [
        word for language, code in blocks(name) if not language for word in code.split() if "src/" in word
    ]
    return [word for word in [*spans(name), *drawn] if _PATH.fullmatch(word)]


@cache
def repository() -> str:
    """Every file and folder that is shipped, one a line; what a build writes is left out."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    found = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    names = [path.relative_to(ROOT).as_posix() for path in [*ROOT.iterdir(), *found]]
    written = re.compile(r"data/processed/.|reports/(?!templates)")
    return "\n".join(f"/{name}" for name in sorted(names) if not written.match(name))


@cache
def program() -> str:
    """Everything that is written in `src/`."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))


@cache
def words_of_the_code() -> frozenset[str]:
    """Every word of the program, of its declarations and of its tests."""
    kinds = (
        ("src", ".py"),
        ("src", ".sql"),
        ("tests", ".py"),
        ("pipelines", ".toml"),
        ("pipelines", ".sql"),
        ("pipelines", ".csv"),
    )
    files = [
        path
        for folder, kind in kinds
        for path in (ROOT / folder).rglob(f"*{kind}")
        if "nomenclatures" not in path.parts
    ]
    return frozenset(
        word
        for path in files
        if path.name != "test_documents.py"
        for word in re.findall(r"\w+", path.read_text("utf-8", "replace"))
    )


@cache
def options(verb: Verb) -> set[str]:
    """The options of a verb."""
    return {"--help", *(option for param in made(verb).params for option in param.opts)}


def is_there(path: str) -> bool:
    """Whether the repository has it, wherever the page leaves the beginning of the path unsaid; « <x> » and « * » are any name."""
    if _TO_BE_MADE.fullmatch(path):
        return True
    parts = re.split(r"(\*\*|\*|<[^>]*>)", path.rstrip("/"))
    pattern = "".join(
        ".*" if part == "**" else "[^/\n]*" if part[:1] in ("*", "<") else re.escape(part) for part in parts
    )
    return bool(re.search(rf"/{pattern}$", repository(), re.MULTILINE)) or is_built(path)


def is_built(path: str) -> bool:
    """Whether it is what a build writes: in one of its folders, under names that the program knows."""
    parts = path.rstrip("/").split("/")
    if not re.match(
        r"(data/processed|reports)/<|(publication|quality|quality-echec)(/(?!.*\.py$)|$)|index\.csv$", path
    ):
        return False
    known = [part for part in parts if "<" not in part and part not in ("data", "processed", "reports")]
    stems = [part.rsplit(".", 1)[0] for part in known]
    return all(re.search(rf'"{re.escape(stem)}[".]', program()) for stem in stems)


def headings(name: str) -> list[int]:
    found = re.findall(r"^(#+) ", _BLOCK.sub("", page(name)), re.MULTILINE)
    return [len(marks) for marks in found]


def rows_of_tables(name: str) -> list[int]:
    """How many rows each table has."""
    return [len(table.splitlines()) for table in re.findall(r"(?:^\|.*\n)+", page(name), re.MULTILINE)]


@pytest.mark.parametrize(("french", "english"), PAIRS)
class TestPairs:
    def test_the_same_sections_in_the_same_order(self, french: str, english: str) -> None:
        assert headings(french) == headings(english) and len(headings(french)) > 5

    def test_the_same_tables(self, french: str, english: str) -> None:
        assert rows_of_tables(french) == rows_of_tables(english) != []

    def test_the_same_blocks_but_for_their_comments(self, french: str, english: str) -> None:
        for (language, said), (speaks, told) in zip(blocks(french), blocks(english), strict=True):
            assert language == speaks
            if language in ("", "markdown"):  # a drawing, a text: in the language of the page
                assert len(said.splitlines()) == len(told.splitlines())
            else:
                assert in_english(bare(said)) == bare(told)

    def test_the_same_commands_paths_and_names(self, french: str, english: str) -> None:
        assert Counter(map(in_english, spans(french))) == Counter(spans(english))

    def test_the_same_links_and_each_to_the_other(self, french: str, english: str) -> None:
        def either(name: str) -> Counter[str]:
            return Counter(link.replace(".en.md", ".md") for link in links(name))

        assert either(french) == either(english)
        assert english in links(french) and french in links(english)


@pytest.mark.parametrize("name", PAGES)
class TestNamed:
    def test_every_path_exists(self, name: str) -> None:
        assert paths(name)
        assert [path for path in paths(name) if not is_there(path)] == []

    def test_every_name_of_the_code_exists(self, name: str) -> None:
        names = {
            span
            for span in spans(name)
            if re.fullmatch(r"[a-zA-Z]+(_[a-z0-9]+)+|[A-Z]+|([A-Z][a-z]+)+", span)
        }
        invented = {*STANDS_FOR, *STANDS_FOR.values()}
        assert names - invented - words_of_the_code() == set()

    def test_every_link_leads_somewhere(self, name: str) -> None:
        assert [link for link in links(name) if "://" not in link and not (ROOT / link).exists()] == []

    def test_every_target_exists(self, name: str) -> None:
        named = {word for line in commands(name) for word in re.findall(r"^make ([a-z-]+)", line)}
        assert named <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

    def test_every_verb_exists_and_takes_the_options_given_with_it(self, name: str) -> None:
        for line in commands(name):
            if words := re.match(r"(?:\.venv/bin/)?ess ([a-z]+)(?: ([a-z]+))?", line):
                group = under(words[1])
                verb = group.get(words[2]) or under("").get(words[1])
                assert verb and verb.target, line
                assert set(_OPTION.findall(line)) <= options(verb), line

    def test_every_option_exists(self, name: str) -> None:
        named = {word for span in spans(name) if span.startswith("--") for word in _OPTION.findall(span)}
        of_verbs = set().union(*(options(verb) for verb in VERBS if verb.target))
        assert named <= of_verbs | {"--thorough", "--seeds"}  # the latter two of the tests


@pytest.mark.parametrize("name", [name for pair in PAIRS for name in pair])
def test_the_examples_of_declarations_follow_their_models(name: str) -> None:
    first, *more = (tomllib.loads(code) for language, code in blocks(name) if language == "toml")
    if name.startswith("README"):
        EditionFile.model_validate(first)
        (territory,) = more
        TerritoryFile.model_validate(territory)
    else:
        repeated, wide, card, measure, example, claims = more
        for added in ({}, repeated, wide):
            SourceFile.model_validate({**first, **added})
        CardFile.model_validate({**card, **claims})
        MeasureFile.model_validate(measure)
        ExampleFile.model_validate(example)


def test_every_target_that_the_help_shows_is_told() -> None:
    shown = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    for pages in zip(*PAIRS, strict=True):
        told = {
            word for name in pages for line in commands(name) for word in re.findall(r"^make ([a-z-]+)", line)
        }
        assert shown <= told


@pytest.mark.parametrize("name", ["README.md", "README.en.md"])
def test_every_verb_is_told(name: str) -> None:
    told = {word for line in commands(name) for word in re.findall(r"^(?:\.venv/bin/)?ess ([a-z]+)", line)}
    assert told == set(under(""))


@pytest.mark.parametrize(
    "path", ["read/places.py", "tests/*_limits.py", "data/processed/<x>/nothing.duckdb", "cards.sql"]
)
def test_a_path_that_is_not_there_is_seen(path: str) -> None:
    assert _PATH.fullmatch(path) and not is_there(path)


def test_the_journal_tells_the_version_and_its_day() -> None:
    versions = re.findall(
        r"^## (\d+)\.(\d+)\.(\d+)(?: – (\d{4}-\d{2}-\d{2}))?$", page("CHANGELOG.md"), re.MULTILINE
    )
    numbers = [tuple(map(int, version[:3])) for version in versions]
    assert ".".join(map(str, numbers[0])) == __version__
    assert numbers == sorted(set(numbers), reverse=True)
    days = [date.fromisoformat(version[3]) for version in versions[:-1]]  # the first version has no day
    assert days == sorted(days, reverse=True)
