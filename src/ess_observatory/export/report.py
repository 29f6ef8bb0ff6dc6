"""`rapport_qualite.json` and `.html`: the controls that were passed and what secrecy has hidden, in figures."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from typing import Any

from ess_observatory.export.describe import About
from ess_observatory.export.documents import prose
from ess_observatory.publish.publication import Publication
from ess_observatory.words.labels import status_key, status_label, verdict_label


def quality(about: About, publication: Publication) -> dict[str, Any]:
    """The quality of the publication. Details of controls stay out: they may quote a row of a file."""
    checks = [
        {
            "id": check["id"],
            "label": check["label"],
            "source": check.get("source") or "publication",
            "status": status_key(check.get("status")),
        }
        for check in publication.checks
    ]
    tables = []
    for table in publication.tables:
        cells = [c for c in table.cells.values() if c.figure_id is not None]
        signs = Counter(cell.sign or cell.mark for cell in cells)
        tables.append(
            {
                "number": table.number,
                "id": table.id,
                "title": table.title,
                "cells": len(cells),
                **{sign: signs.get(sign, 0) for sign in ("s", "ns", "nd", "u")},
            }
        )
    return {
        "title": about.title,
        "version": str(about.manifest["version"]),
        "edition": about.manifest["edition"],
        "build": about.manifest["build"],
        "synthetic": about.is_synthetic,
        "banner": about.manifest.get("banner"),
        "checks": {"counts": dict(Counter(check["status"] for check in checks)), "list": checks},
        "cells": {
            "total": sum(table["cells"] for table in tables),
            "hidden": sum(table["s"] for table in tables),
        },
        "tables": tables,
        "replication": dict(Counter(str(line["verdict"]) for line in publication.replication)),
    }


def quality_page(report: dict[str, Any]) -> str:
    """The same as a page that opens alone."""
    from importlib.resources import files

    from markupsafe import Markup

    style = (files("ess_observatory.export") / "templates" / "quality.css").read_text(encoding="utf-8")

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return prose(
        "quality.html.j2",
        q=report,
        style=Markup(style),
        style_hash=f"sha256-{digest}",
        words={key: status_label(key, "fr") for key in ("ok", "warning", "failed", "info")},
        verdicts={key: verdict_label(key, "fr") for key in report["replication"]},
    )
