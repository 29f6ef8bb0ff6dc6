"""Rebuild `commune_moves.csv` and `postcodes.csv` from two vintages of the npm package @etalab/decoupage-administratif.

npm pack @etalab/decoupage-administratif@1.1.1 && npm pack @etalab/decoupage-administratif@6.0.0
python tools/build_commune_moves.py etalab-decoupage-administratif-1.1.1.tgz etalab-decoupage-administratif-6.0.0.tgz
"""

from __future__ import annotations

import csv
import json
import sys
import tarfile
from pathlib import Path

NOMENCLATURES = Path(__file__).resolve().parents[1] / "pipelines" / "rules" / "nomenclatures"


def read_communes(archive: Path) -> list[dict]:
    """The communes of a package, every type."""
    with tarfile.open(archive) as package:
        member = package.extractfile("package/data/communes.json")
        assert member is not None
        return json.load(member)


def write(name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A sorted CSV of the nomenclatures."""
    with (NOMENCLATURES / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))
    print(f"{name}: {len(rows)} rows")


def main(reference: Path, recent: Path) -> None:
    """Compare the reference vintage (that of communes.csv) with a recent one."""
    old, new = read_communes(reference), read_communes(recent)
    present = {item["code"] for item in old if item["type"] == "commune-actuelle"}
    today = {item["code"] for item in new if item["type"] == "commune-actuelle"}
    moves = [
        (item["code"], item["commune"], "arrondissement")
        for item in new
        if item["type"] == "arrondissement-municipal"
    ]
    moves += [
        (code, item["code"], "merger")
        for item in new
        if item["type"] == "commune-actuelle"
        for code in item.get("anciensCodes", [])
        if code in present and code not in today
    ]
    moves += [
        (code, item["code"], "restored")
        for item in old
        if item["type"] == "commune-actuelle"
        for code in item.get("anciensCodes", [])
        if code in today
    ]
    write("commune_moves.csv", ("code", "target", "kind"), moves)
    codes = {code for item in (*old, *new) for code in item.get("codesPostaux", [])}
    write("postcodes.csv", ("code",), [(code,) for code in codes])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
