"""The periods of each establishment in the register: what the stock, which has only the last of them, does not tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from .world import Site, World


def last_change(world: World, site: Site) -> dt.date:
    """First day of the current period: creation, closure, or a correction made after the closure."""
    if site.closed is None:
        return site.created
    rng, days = world.rng(f"history:{site.siret}"), (world.recipe["reference_date"] - site.closed).days
    is_corrected = rng.random() < world.layouts["corrected_share"] and days > 1
    return site.closed + dt.timedelta(days=rng.randrange(1, days)) if is_corrected else site.closed


def periods(world: World, site: Site) -> Iterator[dict[str, Any]]:
    """The periods of an establishment, oldest first, as the layout names their fields."""
    changes = [(site.created, "A", False)]
    if site.closed is not None:
        changes.append((site.closed, "F", True))
        if (corrected := last_change(world, site)) > site.closed:
            changes.append((corrected, "F", False))
    ends = [since - dt.timedelta(days=1) for since, _, _ in changes[1:]]
    for (since, state, is_change), until in zip(changes, [*ends, None], strict=True):
        yield {
            "siren": site.unit.siren,
            "nic": site.siret[9:],
            "siret": site.siret,
            "until": until,
            "since": since,
            "state": state,
            "state_change": is_change,
            "other_change": not is_change and state == "F",
            "unchanged": False,
            "naf": site.naf,
            "nomenclature": "NAFRev2",
        }
