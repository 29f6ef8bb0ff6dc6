"""JSON Schemas of the declared files, for editors, and the page that tells every key: both made from the models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ess_observatory.declare.kinds import KINDS
from ess_observatory.declare.models.codebook import CodebookFile
from ess_observatory.declare.models.csvfile import MODELS
from ess_observatory.declare.models.rows import columns_of
from ess_observatory.declare.models.types import SAID
from ess_observatory.words.numbers import format_number, useful_decimals

#: Where the schemas and the page are kept in the project.
SCHEMAS, PAGE = "docs/schemas", "docs/declarations.md"
_CODEBOOK = ("questionnaire", "Questionnaire", "survey/questionnaire.yml", CodebookFile)
_WORDS = {
    "string": "texte", "integer": "nombre entier", "number": "nombre", "boolean": "true ou false", "array": "liste",
    "object": "groupe de clés", "null": "rien",
}  # fmt: skip
_INTRO = """# Les fichiers déclarés

Tout ce que le rapport compte, protège et imprime est déclaré dans `pipelines/`. Cette page dit chaque clé de chaque sorte de fichier :
elle est écrite d’après les modèles qui contrôlent ces fichiers (« ess schema »).

Une clé inconnue, une valeur d’un autre type, hors bornes ou hors liste, une référence qui ne mène à rien sont refusées avant tout
calcul, toutes à la fois, avec fichier, ligne et correction : « ess doctor » les montre. Un fichier enregistré par le Bloc-notes ou
par Excel (encodage, fins de ligne, points-virgules) est lu comme il a été voulu. Un éditeur qui connaît TOML (Even Better TOML,
taplo) complète les clés grâce à la première ligne des fichiers, qui nomme leur schéma.

Un nom entre crochets vides (`columns[]`) est une liste, une étoile (`sources.*`) une clé libre."""


def schemas() -> dict[str, dict[str, Any]]:
    """Name of a kind → its JSON Schema."""
    kinds = [(kind.name, kind.title, kind.model) for kind in KINDS]
    named = [*kinds, (_CODEBOOK[0], _CODEBOOK[1], _CODEBOOK[3])]
    return {name: _schema(title, model) for name, title, model in named}


def _schema(title: str, model: Any) -> dict[str, Any]:
    found: dict[str, Any] = _bare(model.model_json_schema(by_alias=True))
    found["title"] = title
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_draft7(found)}


def _bare(node: Any) -> Any:
    """A schema without the titles that pydantic makes of the names of fields, nor the English of docstrings."""
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _bare(item) for name, item in value.items()}
        elif key == "title" or (key == "description" and "properties" in node):
            continue
        else:
            kept[key] = _bare(value)
    return kept


def _draft7(schema: dict[str, Any]) -> dict[str, Any]:
    """The same with the words of draft 7, which TOML editors know."""
    text = json.dumps(schema, ensure_ascii=False).replace('"#/$defs/', '"#/definitions/')
    found: dict[str, Any] = json.loads(text)
    if "$defs" in found:
        found["definitions"] = found.pop("$defs")
    return found


def write_schemas(root: Path, out: Path | None = None) -> list[Path]:
    """Write the schemas and the page of declarations, in `docs/` of the project or in a folder; returns the paths."""
    folder, page = (out, out / Path(PAGE).name) if out else (root / SCHEMAS, root / PAGE)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    page.write_text(declarations_page(), encoding="utf-8")
    return [*written, page]


def schema_line(file: str) -> str:
    """The first line of a TOML file of `pipelines/` (named from there), by which an editor finds its schema; '' without one."""
    kind = next((kind for kind in KINDS if kind.place.match(file)), None)
    return f"#:schema {'../' * (file.count('/') + 1)}{SCHEMAS}/{kind.name}.schema.json" if kind else ""


# --- the page


def declarations_page() -> str:
    """Every kind of file and its keys, in French."""
    parts = [_INTRO]
    made = schemas()
    kinds = [(kind.name, kind.title, kind.pattern) for kind in KINDS]
    for name, title, pattern in [*kinds, _CODEBOOK[:3]]:
        rows = list(_rows(made[name], made[name].get("definitions", {}), ""))
        parts += [f"## {title}", f"`pipelines/{pattern}` – schéma `{SCHEMAS}/{name}.schema.json`"]
        parts.append(_table(("Clé", "Valeur", "Par défaut", "Sens"), rows))
    parts.append("# Les fichiers CSV")
    for model in MODELS:
        rows = [
            (
                f"`{column.name}`",
                _cell(column.cell),
                "vide admis" if column.may_be_empty else "**toujours remplie**",
                column.says,
            )
            for column in columns_of(model).values()
        ]
        places = ", ".join(f"`pipelines/{pattern}`" for pattern in model.files)
        parts += [f"## {(model.__doc__ or '').strip().rstrip('.')}", places]
        parts.append(_table(("Colonne", "Valeur", "", "Sens"), rows))
    return "\n\n".join(parts) + "\n"


def _cell(cell: Any) -> str:
    return (
        str(getattr(cell, "what", None) or getattr(cell, "says", None) or "texte")
        .removeprefix("un ")
        .removeprefix("une ")
    )


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *(tuple(map(_escaped, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _rows(node: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[tuple[str, str, str, str]]:
    """(key, type, default, meaning) of every key at or below a node."""
    node = _resolved(node, defs)
    required = set(node.get("required", ()))
    for name, field in node.get("properties", {}).items():
        inner = _resolved(field, defs)
        key = f"{at}.{name}" if at else name
        default = "**obligatoire**" if name in required else _default(field)
        meaning = field.get("description", inner.get("description", ""))
        yield f"`{key}`", _type(inner, defs), default, meaning
        yield from _below(inner, defs, key)
    if isinstance(node.get("additionalProperties"), dict) and not node.get("properties"):
        yield from _below(node, defs, at)


def _below(node: dict[str, Any], defs: dict[str, Any], key: str) -> Iterator[tuple[str, str, str, str]]:
    if "oneOf" in node:
        for member in (_resolved(item, defs) for item in node["oneOf"]):
            kind = member.get("properties", {}).get("kind", {}).get("const", "")
            yield from _rows(member, defs, f"{key} ({kind})" if kind else key)
    elif "properties" in node:
        yield from _rows(node, defs, key)
    elif node.get("type") == "array" and isinstance(node.get("items"), dict):
        yield from _below(_resolved(node["items"], defs), defs, f"{key}[]")
    elif isinstance(node.get("additionalProperties"), dict):
        inner = _resolved(node["additionalProperties"], defs)
        name = f"{key}.*" if key else "*"
        if not key and "properties" not in inner:
            yield f"`{name}`", _type(inner, defs), "", ""
        yield from _below(inner, defs, name)


def _resolved(node: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """A node with its reference followed and its `null` (an optional key) left out."""
    if "$ref" in node:
        return _resolved(
            defs[node["$ref"].rpartition("/")[2]] | {k: v for k, v in node.items() if k != "$ref"}, defs
        )
    if "patternProperties" in node:
        node = node | {"additionalProperties": next(iter(node["patternProperties"].values()))}
    members = [item for item in node.get("anyOf", []) if item.get("type") != "null"]
    if len(members) == 1:
        return _resolved(members[0] | {k: v for k, v in node.items() if k not in ("anyOf", "default")}, defs)
    return node


def _type(node: dict[str, Any], defs: dict[str, Any]) -> str:
    if SAID in node:
        return str(node[SAID]).removeprefix("un ").removeprefix("une ")
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        values = [f"`{value}`" for value in node["enum"]]
        return ", ".join(values if len(values) <= 15 else [*values[:6], "…"])
    if "oneOf" in node or "properties" in node:
        return "groupe de clés"
    if "anyOf" in node:
        return " ou ".join(dict.fromkeys(_type(_resolved(item, defs), defs) for item in node["anyOf"]))
    kind = node.get("type")
    if kind == "array":
        item = _type(_resolved(node["items"], defs), defs) if isinstance(node.get("items"), dict) else ""
        return "liste" if item in ("", "groupe de clés") else f"liste : {item}"
    if kind == "object":
        inner = node.get("additionalProperties")
        free = _type(_resolved(inner, defs), defs) if isinstance(inner, dict) else ""
        return "groupe de clés" if free in ("", "groupe de clés") else f"clés libres : {free}"
    words = [_WORDS.get(item, item) for item in ([kind] if isinstance(kind, str) else kind or ["string"])]
    return " ou ".join(words) + _bounds(node)


def _bounds(node: dict[str, Any]) -> str:
    said = [
        f"{sign} {format_number(node[key], useful_decimals(node[key]), grouping=False)}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in node
    ]
    return f" {', '.join(said)}" if said else ""


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value in (None, [], {}, "") or isinstance(value, dict):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`"
