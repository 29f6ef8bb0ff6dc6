"""The codebook of the survey and the recodes beside it, checked with the line of each fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ess_observatory.codebook.codebook import RECODES, codebook_from, load_codebook
from ess_observatory.codebook.questions import Codebook
from ess_observatory.codebook.recodes import load_recodes
from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.models.base import check
from ess_observatory.declare.models.codebook import CodebookFile
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.reading import Document, name_of, read_yaml_document
from ess_observatory.errors import ObservatoryError

_QUESTION = re.compile(r", question ([^,]+)")
_KEY = re.compile(r"«\s(relevant|constraint)\s»")
_NAMED = re.compile(
    r"\(([A-Za-z0-9_-]+)\)$|question ([A-Za-z0-9_-]+)|\u00a0([A-Za-z0-9_-]+)\u00a0»|de ([A-Za-z0-9_-]+) désigne"
)
#: Words of a problem of the whole codebook → the key that it is about.
_KEYS: dict[str, KeyPath] = {
    "«\u00a0units\u00a0»": ("units",),
    "«\u00a0consent\u00a0»": ("consent",),
    "«\u00a0reads_versions\u00a0»": ("reads_versions",),
    "title_en": ("title_fr",),
}


def check_codebook(root: Path, faults: list[Fault]) -> Codebook | None:
    """The codebook of the project at `root` without its recodes, or None with faults. No questionnaire: no fault."""
    path = root / "pipelines" / "survey" / "questionnaire.yml"
    if not path.exists() and not path.is_symlink():
        return None
    codebook = _read(path, name_of(path, root), faults)
    if codebook is not None:
        faults.extend(_recodes(path.with_name(RECODES), root, codebook))
    return codebook


def codebook_at(path: Path) -> Codebook:
    """The codebook of any file, checked. Raises the error that tells every fault."""
    faults: list[Fault] = []
    _read(path, str(path), faults)
    raise_faults(faults)
    return load_codebook(path)


def _read(path: Path, file: str, faults: list[Fault]) -> Codebook | None:
    document = read_yaml_document(path, file, faults)
    if document is None or check(CodebookFile, document, faults) is None:
        return None
    try:
        return codebook_from(document.data, document.file)
    except ObservatoryError as error:
        faults.extend(_placed(document, problem) for problem in (error.details or [error]))
        return None


def _placed(document: Document, problem: ObservatoryError) -> Fault:
    """A problem of the codebook at the line of the question, or of the key, that it names."""
    path = _path(document, problem)
    line = document.line(path) if path else None
    question = document.value((*path[:4], "code")) if len(path) >= 4 else None
    key = f"question {question}{''.join(f'.{part}' for part in path[4:])}" if question else ""
    return Fault(
        document.file, line, key, "", _clause(problem.what), _clause(problem.fix or ""), problem.code
    )


def _path(document: Document, problem: ObservatoryError) -> KeyPath:
    place, what = problem.where or "", problem.what
    if found := _QUESTION.search(place):
        path = _question(document, found.group(1))
        key = _KEY.search(place) or _KEY.search(what)
        return (*path, key.group(1)) if path and key else path
    for word, key_path in _KEYS.items():
        if word in what:
            return key_path
    named = _NAMED.search(what.strip().removesuffix("."))
    code = next((group for group in named.groups() if group), "") if named else ""
    if what.startswith("Section"):
        numbers = [n for n, section in enumerate(document.data["sections"]) if section.get("code") == code]
        return ("sections", numbers[-1], "code") if numbers else ()
    return _question(document, code)


def _question(document: Document, code: str) -> KeyPath:
    """Where the last question of a code is written (of two of the same code, the second is one too many)."""
    found: KeyPath = ()
    for number, section in enumerate(document.data["sections"]):
        for rank, question in enumerate(section.get("questions") or []):
            if code in (str(question.get("code")), str(rank + 1)) and (
                not found or code == str(question.get("code"))
            ):
                found = ("sections", number, "questions", rank)
    return found


def _clause(sentence: str) -> str:
    """A sentence as a clause: no capital, no full stop."""
    text = sentence.strip().removesuffix(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] in ("’", " ") else text


def _recodes(path: Path, root: Path, codebook: Codebook) -> Iterator[Fault]:
    file = name_of(path, root)
    try:
        load_recodes(path, codebook)
    except ObservatoryError as error:
        for problem in error.details or [error]:
            line = re.search(r"ligne (\d+)", problem.where or "")
            number = int(line.group(1)) if line else None
            yield Fault(file, number, "", "", _clause(problem.what), _clause(problem.fix or ""), problem.code)
