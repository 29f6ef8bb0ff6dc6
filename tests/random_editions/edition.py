"""One random edition, laid down in a project: `write(root, seed)` gives its name."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from random import Random

from random_editions.answers import write_answers
from random_editions.firms import draw_units
from random_editions.places import KINDS, Place, communes_of, draw_place
from random_editions.producers import draw_sizes, write_producers
from random_editions.registers import write_extract, write_lists, write_stock

#: How many answer, by turns that do not fall in step with the kinds of territory.
RESPONDENTS = (0, 12, 60, 2, 35)


def copy_project(root: Path, to: Path) -> Path:
    """A project of its own: the declarations, without the editions and raw files that the checkout ships."""
    shutil.copytree(root / "pipelines", to / "pipelines", ignore=shutil.ignore_patterns("demo"))
    (to / "data" / "raw").mkdir(parents=True)
    shutil.copytree(root / "reports" / "templates", to / "reports" / "templates")
    return to


def name_of(seed: int) -> str:
    """The id of the edition of a seed."""
    return f"random-{seed}"


def former_of(seed: int) -> str | None:
    """The id of the edition before that of a seed, where it has one."""
    return f"{name_of(seed)}-before" if seed % 10 == 8 else None


def write(root: Path, seed: int) -> str:
    """Lay down the edition of a seed in the project at `root`, and what its producers knew in `truth/`; returns its id.

    One in ten has an edition before it, of the same communes, some years earlier.
    """
    rng = Random(seed)
    kind = KINDS[seed % len(KINDS)]
    place = draw_place(rng, kind, communes_of(root / "pipelines"))
    year = rng.randrange(2011, 2027)
    former, count = former_of(seed), RESPONDENTS[seed % len(RESPONDENTS)]
    if former:
        year = max(year, 2012)
        earlier = Random(f"{seed} before")
        _lay(earlier, root, former, place, max(2011, year - earlier.randrange(1, 4)), count or 12)
    return _lay(rng, root, name_of(seed), place, year, count, former)


def _lay(
    rng: Random, root: Path, name: str, place: Place, year: int, count: int, former: str | None = None
) -> str:
    is_old = year <= 2015
    reference = dt.date(year, 12, 31) if is_old else dt.date(year, 1, 1)
    units = draw_units(rng, place, reference, is_old)
    sizes = draw_sizes(rng, place, units)
    raw, truth = root / "data" / "raw" / name, root / "truth" / name
    if is_old:
        counted = year - rng.choice([0, 1, 2])
        write_extract(rng, raw, units, reference)
        registers = {"manageo": year}
        written = write_producers(rng, raw, truth, place, sizes, counted, is_old)
    else:
        counted = year - 2 if year > 2016 else 2015
        write_stock(rng, raw, units, reference)
        registers = {"sirene_establishment": year, "sirene_legal_unit": year}
        written = write_producers(rng, raw, truth, place, sizes, counted, is_old)
        written |= write_lists(rng, raw, units, place, reference)
    if count:
        questionnaire = root / "pipelines" / "survey" / "questionnaire.yml"
        write_answers(rng, raw, questionnaire, place, units, count, dt.date(year, 12, 1))
        written.add("survey")
    vintages = registers | {source: year if source in UNDATED else counted for source in sorted(written)}
    _declare(root, name, place, year, reference, vintages, is_old, former)
    for path in (path for path in raw.rglob("*") if path.is_file()):
        told = truth / path.relative_to(raw)
        if not told.exists():
            told.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, told)
    return name


#: Sources of which the vintage is the year of the edition, not that of what producers count.
UNDATED = {"survey", "ess_list", "esus_list", "siae_list", "rna"}


def _declare(
    root: Path,
    name: str,
    place: Place,
    year: int,
    reference: dt.date,
    vintages: dict[str, int],
    is_old: bool,
    former: str | None,
) -> None:
    territory = [
        f'name = "Pays {name}"',
        f'name_in = "dans le pays {name}"',
        'cog = "2021"',
        'sublevel = "epci"',
    ]
    territory += [f"{key} = {json.dumps(value)}" for key, value in place.declared.items()]
    territory.append(f'compare = [{{ object = "REG", code = "{place.region}", name = "La région" }}]')
    (root / "pipelines" / "territories" / f"{name}.toml").write_text(
        "\n".join(territory) + "\n", encoding="utf-8"
    )
    perimeter = "cress_2011" if year < 2014 else "loi_2014"
    edition = [
        f'id = "{name}"', f'title = "Édition tirée au sort {name}"', f"year = {year}", f'territory = "{name}"',
        f'perimeter = "{perimeter}"', f'reference_date = "{reference}"', 'publisher = "Observatoire inventé"',
        'contact = "observatoire@exemple.invalid"', "synthetic = true", 'synthetic_banner = "Données synthétiques."',
    ]  # fmt: skip
    if not is_old:
        edition.append('texts = "today"')
    if former:
        edition.append(f'previous = "{former}"')
    for source, vintage in vintages.items():
        edition += [
            f"[sources.{source}]",
            f'label = "{source} {vintage}"',
            f"vintage = {vintage}",
            'cog = "2021"',
        ]
    if "survey" in vintages:
        edition += ["[survey]", f"year = {year}", "frame_size = 90"]
    (root / "pipelines" / "editions" / f"{name}.toml").write_text("\n".join(edition) + "\n", encoding="utf-8")
