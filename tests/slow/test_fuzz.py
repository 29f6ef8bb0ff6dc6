"""Files spoilt at random: `make fuzz` (SEEDS=0-239), whose failures go to tests/data/fuzz."""

from __future__ import annotations

from pathlib import Path

import pytest

from awkward.fuzz import try_seed
from ess_observatory.engine.database import Database

pytest_plugins = ("awkward.fixtures",)


def test_folders_of_spoilt_files_are_read_on(
    rules_db: Database, toy, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    first, _, last = str(pytestconfig.getoption("--seeds") or "0-19").partition("-")
    for seed in range(int(first), int(last or first) + 1):
        try_seed(rules_db, toy, seed, tmp_path / str(seed))
