"""The base of every model of a declared file: strict, frozen, and refusing in French."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from ess_observatory.declare.faults import DECLARED, Fault, advice, nearest, shown
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.reading import Document
from ess_observatory.words.numbers import plain_number, round_half_up, useful_decimals
from ess_observatory.words.written import Why, read_number


class Declared(BaseModel):
    """Keys that are not declared are refused, values are what they are written as (« "190" » is no number)."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        populate_by_name=True,
        protected_namespaces=(),
    )

    def written(self) -> dict[str, Any]:
        """What the file says, checked and normalised (a French date is an ISO one), as plain data without defaults."""
        return self.model_dump(exclude_unset=True, by_alias=True)


Model = TypeVar("Model", bound=BaseModel)


def refused(what: str, fix: str = "", code: str = DECLARED) -> PydanticCustomError:
    """What a validator raises: `what`, `fix` and `code` as in a `Fault`."""
    return PydanticCustomError("fr", "{what}", {"what": what, "fix": fix, "code": code})


def check(
    model: type[Model], document: Document, faults: list[Fault], data: Any = None, at: KeyPath = ()
) -> Model | None:
    """The model of a document (or of the `data` that lie at the path `at` in it), or None with every fault."""
    given = document.data if data is None else data
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults.extend(_faults(model, error, document, given, at))
    except RecursionError:
        faults.append(document.fault(at, "déclaration trop emboîtée", "aplatissez-la"))
    return None


def _faults(
    model: type[BaseModel], error: ValidationError, document: Document, data: Any, at: KeyPath
) -> Iterator[Fault]:
    details = error.errors(include_url=False)
    unknown = {
        _real(item["loc"], data)
        for item in details
        if item["type"] in ("extra_forbidden", "unexpected_keyword_argument")
    }
    renamed = {(*path[:-1], close) for path in unknown for close in _meant(model, path, data)}
    for item in details:
        path = _real(item["loc"], data)
        if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
            tag = item["ctx"]["discriminator"].strip("'")
            given = item["input"] if isinstance(item["input"], dict) else {}
            if wrong := nearest(tag, given) if tag not in given else None:
                yield document.fault((*at, *path, wrong), "clé inconnue", advice(wrong, [tag]))
                continue
            path = (*path, tag)
        if item["type"] == "fr" and (named := _NAMED.match(str(item["ctx"]["what"]))):
            path = _deeper(path, named[1].split("."), data)
        if item["type"] == "missing" and path in renamed:
            continue  # the misspelt key next to it says the same, better
        what, fix = _said(model, path, item, data)
        code = str(item.get("ctx", {}).get("code", DECLARED)) if item["type"] == "fr" else DECLARED
        yield document.fault((*at, *path), what, fix, code)


#: A sentence on several keys begins by the one that is to be changed.
_NAMED = re.compile(r"(?:\[\[|« )([a-z_]+(?:\.[a-z_0-9]+)*)(?: »|\]\])")


def _deeper(path: KeyPath, keys: list[str], data: Any) -> KeyPath:
    """The path of keys that a sentence names, where they are there."""
    here = data
    for part in path:
        here = _below(here, part)
    for key in keys:
        if not isinstance(here, dict) or key not in here:
            break
        here, path = here[key], (*path, key)
    return path


def _real(location: tuple[str | int, ...], data: Any) -> KeyPath:
    """The location of an error as a path in the data: pydantic adds the names of the members of a union to it."""
    path: list[str | int] = []
    here = data
    for number, part in enumerate(location):
        last = number == len(location) - 1
        if isinstance(here, dict) and isinstance(part, str):
            if part in here:
                here = here[part]
            elif part == "[key]" or not last:
                continue
            path.append(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
            path.append(part)
    return tuple(path)


def _said(model: type[BaseModel], path: KeyPath, item: ErrorDetails, data: Any) -> tuple[str, str]:
    """(what is wrong, what to do) of one error of pydantic."""
    kind, context, value = item["type"], item.get("ctx", {}), item.get("input")
    if kind == "fr":
        return str(context["what"]), str(context["fix"])
    if kind == "extra_forbidden":
        return "clé inconnue", advice(str(path[-1]), known_keys(model, path[:-1], data), "clés connues")
    if kind == "union_tag_invalid":
        tags = re.findall(r"'(\w+)'", str(context["expected_tags"]))
        return "valeur inconnue", advice(str(context["tag"]), tags, "valeurs connues")
    if kind in ("missing", "union_tag_not_found"):
        return "clé obligatoire absente", f"ajoutez « {path[-1]} »{_meaning(model, path, data)}"
    if kind in ("literal_error", "enum"):
        known = literals(model, path, data)
        return "valeur inconnue", advice(str(value), known, "valeurs connues")
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        what = f"valeur hors bornes ({words.format(_number(context[key]))} attendue)"
        return what, _percent(value) if context[key] == 1 and kind[:4] == "less" else "corrigez la valeur"
    if kind in _SIZES:
        words, key = _SIZES[kind]
        return words.format(context[key]), "complétez ou raccourcissez"
    expected, fix = _TYPES.get(kind, ("autre chose", ""))
    if kind not in _TYPES:
        return "valeur refusée", f"voyez ce que docs/declarations.md dit de « {path[-1] if path else ''} »"
    return f"{expected} est attendu ici", _retyped(kind, value) or fix


def _meant(model: type[BaseModel], path: KeyPath, data: Any) -> list[str]:
    close = nearest(str(path[-1]), known_keys(model, path[:-1], data)) if path else None
    return [close] if close else []


def _meaning(model: type[BaseModel], path: KeyPath, data: Any) -> str:
    for owner in _models_at(model, path[:-1], data):
        for name, field in owner.model_fields.items():
            if (field.alias or name) == path[-1] and field.description:
                return f" ({field.description.rstrip('.').partition(' ; ')[0].replace(' : ', ', ')})"
    return ""


_BOUNDS = {
    "greater_than": ("plus de {}", "gt"),
    "greater_than_equal": ("{} ou plus", "ge"),
    "less_than": ("moins de {}", "lt"),
    "less_than_equal": ("{} ou moins", "le"),
    "multiple_of": ("multiple de {}", "multiple_of"),
}
_SIZES = {
    "too_short": ("liste trop courte ({} élément au moins)", "min_length"),
    "too_long": ("liste trop longue ({} éléments au plus)", "max_length"),
    "string_too_short": ("texte trop court ({} caractère au moins)", "min_length"),
    "string_too_long": ("texte trop long ({} caractères au plus)", "max_length"),
}
_TYPES = {
    "string_type": ("un texte entre guillemets", "mettez la valeur entre guillemets"),
    "int_type": ("un nombre entier sans guillemets", "écrivez un nombre entier, par exemple 12"),
    "int_parsing": ("un nombre entier sans guillemets", "écrivez un nombre entier, par exemple 12"),
    "int_from_float": ("un nombre entier", "retirez les décimales"),
    "int_parsing_size": ("un nombre entier raisonnable", "corrigez la valeur"),
    "float_type": ("un nombre sans guillemets", "écrivez un nombre avec un point décimal, par exemple 0.85"),
    "finite_number": ("un nombre fini", "écrivez un nombre"),
    "bool_type": ("true (vrai) ou false (faux)", "écrivez true ou false, sans guillemets"),
    "list_type": ("une liste entre crochets", 'écrivez ["a", "b"]'),
    "tuple_type": ("une liste entre crochets", 'écrivez ["a", "b"]'),
    "dict_type": ("un groupe de clés", "écrivez une section [nom], ou { clé = valeur }"),
    "model_type": ("un groupe de clés", "écrivez une section [nom], ou { clé = valeur }"),
    "model_attributes_type": ("un groupe de clés", "écrivez une section [nom], ou { clé = valeur }"),
    "none_required": ("rien", "retirez la valeur"),
}


def _retyped(kind: str, value: Any) -> str:
    """The fix that shows the value as it should have been written, when it is plain."""
    if isinstance(value, str):
        text = value.strip().replace("\u00a0", "").replace("\u202f", "").replace(",", ".")
        if kind == "int_type" and text.lstrip("-").isdecimal():
            return f"écrivez {int(text)}, sans guillemets"
        if kind == "float_type":
            number = read_number(text, whole=False)
            return "" if isinstance(number, Why) else f"écrivez {_toml_number(number)}, sans guillemets"
        if kind == "bool_type" and text.casefold() in ("oui", "vrai", "true", "yes", "1"):
            return "écrivez true, sans guillemets"
        if kind == "bool_type" and text.casefold() in ("non", "faux", "false", "no", "0"):
            return "écrivez false, sans guillemets"
        if kind in ("list_type", "tuple_type"):
            return f'écrivez ["{value}"]' if len(value) < 40 else ""
    if kind == "string_type" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'écrivez "{shown(value)}"'
    return ""


def _percent(value: Any) -> str:
    """The fix of a part of a whole that was written as a percentage."""
    return (
        f"écrivez une part : {_toml_number(value / 100)}"
        if 1 < value <= 100
        else "écrivez une part, comme 0.85"
    )


def _toml_number(value: float) -> str:
    return str(round_half_up(value, useful_decimals(value)))


def _number(value: Any) -> str:
    return plain_number(value) if isinstance(value, float) else str(value).replace(".", ",")


# --- what a model knows at a path


def known_keys(model: type[BaseModel], path: KeyPath, data: Any = None) -> list[str]:
    """The keys that a model knows at a path in the data."""
    keys: dict[str, None] = {}
    for owner in _models_at(model, path, data):
        keys.update(dict.fromkeys(field.alias or name for name, field in owner.model_fields.items()))
    return list(keys)


def literals(model: type[BaseModel], path: KeyPath, data: Any = None) -> list[str]:
    """The values that an enumeration allows at a path."""
    found: dict[str, None] = {}
    for kind in _types_at(model, path, data):
        if typing.get_origin(kind) is typing.Literal:
            found.update(dict.fromkeys(str(value) for value in typing.get_args(kind)))
    return list(found)


def _models_at(model: type[BaseModel], path: KeyPath, data: Any) -> list[type[BaseModel]]:
    return [kind for kind in _types_at(model, path, data) if _is_model(kind)]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _types_at(model: Any, path: KeyPath, data: Any) -> list[Any]:
    """The types that a model declares at a path, unions opened; of the members of a tagged union, the one that is meant."""
    kinds = list(_opened(model, data))
    if not path:
        return kinds
    part, rest = path[0], path[1:]
    below = _below(data, part)
    found: list[Any] = []
    for kind in kinds:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if _is_model(kind):
            for name, field in kind.model_fields.items():
                if (field.alias or name) == part:
                    found += _types_at(field.annotation, rest, below)
        elif origin is dict and arguments:
            found += _types_at(arguments[1], rest, below)
        elif origin in (list, tuple) and arguments:
            found += _types_at(arguments[0], rest, below)
    return found


def _below(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _opened(kind: Any, data: Any) -> Iterator[Any]:
    """The members of a union or annotated type; a member whose tag (a literal of one value) says another kind is left out."""
    origin = typing.get_origin(kind)
    if isinstance(kind, typing.TypeAliasType) if hasattr(typing, "TypeAliasType") else False:
        yield from _opened(kind.__value__, data)
    elif origin is typing.Annotated:
        yield from _opened(typing.get_args(kind)[0], data)
    elif origin in (typing.Union, types.UnionType):
        for member in typing.get_args(kind):
            yield from _opened(member, data)
    elif _is_model(kind) and issubclass(kind, RootModel):
        yield from _opened(kind.model_fields["root"].annotation, data)
    elif _is_model(kind) and isinstance(data, dict) and _is_other(kind, data):
        return
    else:
        yield kind


def _is_other(model: type[BaseModel], data: dict[str, Any]) -> bool:
    """Whether the data carry a tag of another member of the union."""
    for name, field in model.model_fields.items():
        if typing.get_origin(field.annotation) is typing.Literal:
            known = typing.get_args(field.annotation)
            tag = data.get(field.alias or name)
            if len(known) == 1 and tag is not None and tag not in known:
                return True
    return False
