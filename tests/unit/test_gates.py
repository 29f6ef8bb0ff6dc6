"""The gates of a change: what the Makefile, the continuous integration and pre-commit run is there, and is the same."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest
import yaml

from conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = {found[1]: found[2] for found in re.finditer(r"^([a-z-]+):(.*)$", MAKEFILE, re.MULTILINE)}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]


def recipe(target: str) -> str:
    """The commands of a target, and before them those of the targets that it is made of."""
    needs = TARGETS[target].partition("#")[0].split()
    own = MAKEFILE.partition(f"\n{target}:")[2].partition("\n")[2].partition("\n\n")[0]
    return "".join(recipe(need) for need in needs if need in TARGETS) + own + "\n"


def declared() -> str:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return " ".join([*settings["dependencies"], *settings["optional-dependencies"]["dev"]])


@pytest.mark.parametrize(
    "hook", [hook for repo in HOOKS for hook in repo["hooks"]], ids=lambda hook: hook["id"]
)
def test_a_hook_runs_what_the_project_has(hook: dict[str, str]) -> None:
    program, *arguments = shlex.split(hook["entry"])
    assert hook["language"] == "system", "nothing is fetched"
    if program == "make":
        assert TARGETS.keys() >= set(arguments) > set()
    else:
        folder, name = program.rsplit("/", 1)
        assert folder == ".venv/bin" and re.search(rf"\b{name}\b", declared())
        assert f"$(BIN)/{name}" in recipe("style")


def test_hooks_are_local() -> None:
    assert [repo["repo"] for repo in HOOKS] == ["local"]


def test_the_integration_runs_targets_of_the_makefile() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make ([a-z-]+)$", script, re.MULTILINE) == [
        "clean",
        "check",
        "slow",
        "annual-report",
    ]
    assert all(name in TARGETS for name in ("clean", "check", "slow", "annual-report"))


def test_check_is_style_types_and_the_tests_of_the_readme() -> None:
    commands = recipe("check")
    for part in ("ruff format --check", "ruff check", "mypy", "$(PYTEST)"):
        assert part in commands
    assert recipe("test").strip() in commands
    assert "make test " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_slow_ones_and_the_others_are_all() -> None:
    assert TARGETS["test-all"].split("#")[0].split() == ["test", "slow", "random"]
    assert 'tests/unit -m "not slow"' in recipe("quick") and '$(PYTEST) -m "not slow"' in recipe("test")
    assert '-m "slow or varied" --thorough' in recipe("slow")
