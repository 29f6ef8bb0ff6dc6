"""An establishment of the synthetic register, and the register."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Establishment:
    """One establishment, clean; the noise of the file is added when it is written."""

    siret: str
    name: str
    sign: str | None
    address: str
    postcode: str
    city: str
    commune: str
    legal: str
    naf: str
    band: str
    kind: str
    created: dt.date | None
    closed: dt.date | None
    state: str
    updated: dt.date
    flag: str | None
    profile: str = ""
    defect: str = ""


@dataclass(frozen=True)
class Register:
    """The kept establishments, all the lines of the file, and which lines are written twice."""

    kept: list[Establishment]
    lines: list[Establishment]
    copies: list[int] = field(default_factory=list)
