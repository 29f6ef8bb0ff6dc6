"""Files that lie outside an edition's folder are seen by every edition, and never counted twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.read.recognise import Inventory
from ess_observatory.recipe.inputs import inventory_of

EDITION, OTHER = "sambre-avesnois-2011", "cambresis-2026"
Look = Callable[..., Inventory]
CLAP = Path("clap") / "SYNTHETIQUE_clap_ess_2009.csv"


@pytest.fixture
def home(project: Project, tmp_path: Path) -> Project:
    """A project with the declarations of this one and no raw file."""
    (tmp_path / "pipelines").symlink_to(project.pipelines)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return replace(project, root=tmp_path)


def put(home: Project, origin: Path, place: str) -> Path:
    target = home.root / "data" / "raw" / place
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(origin, target)
    return target


@pytest.fixture
def look(project: Project, home: Project) -> Look:
    def seen(edition: str = EDITION, raw: Path | None = None) -> Inventory:
        return inventory_of(home, project.edition(edition), raw, tolerant=True)

    return seen


def taken(inventory: Inventory) -> list[str]:
    return [match.sheet.relative for match in inventory.matches]


@pytest.mark.parametrize("place", ["posts.csv", "dossier/posts.csv", "2011/posts.csv"])
def test_a_file_dropped_flat_is_seen_beside_the_edition_s_folder(
    home: Project, look: Look, reference_raw: Path, place: str
):
    put(home, next((reference_raw / "manageo").iterdir()), f"{EDITION}/m/{place.rpartition('/')[2]}.xlsx")
    put(home, reference_raw / CLAP, place)
    inventory = look()
    assert inventory.sources() == {"manageo", "clap"}
    assert f"data/raw/{place}" in taken(inventory)
    assert not inventory.unmatched


def test_without_a_folder_of_its_own_an_edition_sees_what_is_flat(
    home: Project, look: Look, reference_raw: Path
):
    put(home, reference_raw / CLAP, "posts.csv")
    assert taken(look()) == ["data/raw/posts.csv"]


def test_another_edition_s_folder_is_never_looked_into(home: Project, look: Look, reference_raw: Path):
    put(home, reference_raw / CLAP, f"{OTHER}/posts.csv")
    inventory = look()
    assert not inventory.matches
    assert not inventory.unmatched


def test_what_the_edition_already_has_is_not_added_up(home: Project, look: Look, reference_raw: Path):
    own = put(home, reference_raw / CLAP, f"{EDITION}/posts.csv")
    more = home.root / "data" / "raw" / "posts.csv"
    more.write_bytes(own.read_bytes() + b"\n")
    inventory = look()
    assert taken(inventory) == ["posts.csv"]
    [left] = inventory.unmatched
    assert left.relative == "data/raw/posts.csv"
    assert left.severity == "warn"
    assert "déjà, dans son dossier" in left.why


def test_the_same_file_flat_and_in_the_folder_is_read_once(home: Project, look: Look, reference_raw: Path):
    put(home, reference_raw / CLAP, f"{EDITION}/posts.csv")
    put(home, reference_raw / CLAP, "posts.csv")
    inventory = look()
    assert taken(inventory) == ["posts.csv"]
    assert [u.why for u in inventory.unmatched] == ["copie identique de posts.csv"]


def test_a_source_that_an_edition_does_not_declare_is_not_taken_from_there(
    home: Project, look: Look, reference_raw: Path
):
    put(home, reference_raw / CLAP, "posts.csv")
    inventory = look(OTHER)
    assert not inventory.matches
    assert [(u.severity, "ne déclare pas" in u.why) for u in inventory.unmatched] == [("info", True)]


def test_a_file_of_another_year_is_left_aside(home: Project, look: Look, reference_raw: Path):
    posts = put(home, reference_raw / CLAP, "posts.csv")
    posts.write_bytes(posts.read_bytes().replace(b"31/12/2009", b"31/12/2008"))
    inventory = look()
    assert not inventory.matches
    assert "de 2008, l’édition attend 2009" in inventory.unmatched[0].why


def test_a_folder_that_is_given_is_read_alone(home: Project, look: Look, reference_raw: Path):
    put(home, reference_raw / CLAP, "posts.csv")
    alone = home.root / "data" / "raw" / EDITION
    alone.mkdir()
    assert not look(raw=alone).matches
    assert taken(look(raw=home.root / "data" / "raw")) == ["posts.csv"]
