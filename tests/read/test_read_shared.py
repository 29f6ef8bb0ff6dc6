"""Files that lie outside an edition's folder are seen by every edition, and never counted twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.read.recognise import Inventory
from ess_observatory.recipe.inputs import inventory_of

EDITION, OTHER = "sambre-avesnois-2011", "cambresis-2026"
CLAP = Path("clap") / "SYNTHETIQUE_clap_ess_2009.csv"


@pytest.fixture
def home(project: Project, tmp_path: Path) -> Path:
    """A project with the declarations of this one and no raw file."""
    (tmp_path / "pipelines").symlink_to(project.pipelines)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return tmp_path


def put(home: Path, origin: Path, place: str) -> Path:
    target = home / "data" / "raw" / place
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(origin, target)
    return target


def look(home: Path, edition: str = EDITION, raw: Path | None = None) -> Inventory:
    project = Project.load(home)
    return inventory_of(project, project.edition(edition), raw, tolerant=True)


def taken(inventory: Inventory) -> list[str]:
    return [match.sheet.relative for match in inventory.matches]


@pytest.mark.parametrize("place", ["posts.csv", "dossier/posts.csv", "2011/posts.csv"])
def test_a_file_dropped_flat_is_seen_beside_the_edition_s_folder(home: Path, reference_raw: Path, place: str):
    put(home, next((reference_raw / "manageo").iterdir()), f"{EDITION}/m/{place.rpartition('/')[2]}.xlsx")
    put(home, reference_raw / CLAP, place)
    inventory = look(home)
    assert inventory.sources() == {"manageo", "clap"}
    assert f"data/raw/{place}" in taken(inventory)
    assert not inventory.unmatched


def test_without_a_folder_of_its_own_an_edition_sees_what_is_flat(home: Path, reference_raw: Path):
    put(home, reference_raw / CLAP, "posts.csv")
    assert taken(look(home)) == ["data/raw/posts.csv"]


def test_another_edition_s_folder_is_never_looked_into(home: Path, reference_raw: Path):
    put(home, reference_raw / CLAP, f"{OTHER}/posts.csv")
    inventory = look(home)
    assert not inventory.matches
    assert not inventory.unmatched


def test_what_the_edition_already_has_is_not_added_up(home: Path, reference_raw: Path):
    own = put(home, reference_raw / CLAP, f"{EDITION}/posts.csv")
    more = home / "data" / "raw" / "posts.csv"
    more.write_bytes(own.read_bytes() + b"\n")
    inventory = look(home)
    assert taken(inventory) == ["posts.csv"]
    [left] = inventory.unmatched
    assert left.relative == "data/raw/posts.csv"
    assert left.severity == "warn"
    assert "déjà, dans son dossier" in left.why


def test_the_same_file_flat_and_in_the_folder_is_read_once(home: Path, reference_raw: Path):
    put(home, reference_raw / CLAP, f"{EDITION}/posts.csv")
    put(home, reference_raw / CLAP, "posts.csv")
    inventory = look(home)
    assert taken(inventory) == ["posts.csv"]
    assert [u.why for u in inventory.unmatched] == ["copie identique de posts.csv"]


def test_a_source_that_an_edition_does_not_declare_is_not_taken_from_there(home: Path, reference_raw: Path):
    put(home, reference_raw / CLAP, "posts.csv")
    inventory = look(home, OTHER)
    assert not inventory.matches
    assert [(u.severity, "ne déclare pas" in u.why) for u in inventory.unmatched] == [("info", True)]


def test_a_file_of_another_year_is_left_aside(home: Path, reference_raw: Path):
    posts = put(home, reference_raw / CLAP, "posts.csv")
    posts.write_bytes(posts.read_bytes().replace(b"31/12/2009", b"31/12/2008"))
    inventory = look(home)
    assert not inventory.matches
    assert "de 2008, l’édition attend 2009" in inventory.unmatched[0].why


def test_a_folder_that_is_given_is_read_alone(home: Path, reference_raw: Path):
    put(home, reference_raw / CLAP, "posts.csv")
    alone = home / "data" / "raw" / EDITION
    alone.mkdir()
    assert not look(home, raw=alone).matches
    assert taken(look(home, raw=home / "data" / "raw")) == ["posts.csv"]
