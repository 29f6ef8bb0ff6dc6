"""Syntax errors of TOML, YAML and JSON said in French, with their line."""

from __future__ import annotations

import re

from ess_observatory.declare.faults import UNREADABLE, Fault

#: Words of the TOML parser's message → (what is wrong, what to do), the first that fits.
_TOML = (
    ("Cannot overwrite", "clé donnée deux fois", "gardez l’une des deux"),
    ("Duplicate inline", "clé donnée deux fois", "gardez l’une des deux"),
    ("Cannot declare", "section donnée deux fois", "réunissez les deux sections"),
    ("Cannot mutate", "section donnée deux fois", "réunissez les deux sections"),
    ("Cannot define", "clé donnée deux fois", "gardez l’une des deux"),
    ("Unterminated string", "texte dont le guillemet n’est pas fermé", "fermez le guillemet"),
    ("Unescaped", "barre oblique inverse (\\) dans un texte", "doublez-la, ou écrivez /"),
    ("Illegal character", "caractère interdit à cet endroit", "retirez-le, ou fermez le guillemet qui précède"),
    ("Unclosed array", "liste dont le crochet n’est pas fermé", "ajoutez la virgule ou le crochet qui manque"),
    ("Unclosed inline", "accolade qui n’est pas fermée", "ajoutez la virgule ou l’accolade qui manque"),
    ("after a key", "signe = absent après la clé", "écrivez clé = valeur"),
    ("Invalid initial character for a key", "nom de clé mal écrit", "écrivez clé = valeur, le nom de la clé sans accent ni espace"),
    ("end of a table", "nom de section mal écrit", "écrivez [nom], ou [[nom]] pour un élément d’une liste"),
    ("end of an array", "nom de section mal écrit", "écrivez [[nom]]"),
    ("Invalid date", "date impossible", "écrivez AAAA-MM-JJ"),
    ("Invalid value", "valeur mal écrite", "mettez un texte entre guillemets droits \", un nombre avec un point, vrai ou faux en anglais (true, false)"),
    ("Expected newline", "texte de trop après la valeur", "écrivez une seule clé par ligne, un texte entre guillemets droits \""),
    ("Invalid statement", "ligne qui n’est ni une clé ni une section", "écrivez clé = valeur, ou # devant un commentaire"),
)  # fmt: skip


def toml_fault(file: str, text: str, message: str) -> Fault:
    """The fault of a TOML text that its parser refuses, from the parser's message."""
    found = re.search(r"at line (\d+)", message)
    line = int(found.group(1)) if found else text.rstrip("\n").count("\n") + 1 if message else None
    for words, what, fix in _TOML:
        if words in message:
            return Fault(file, line, what=what, fix=fix, code=UNREADABLE)
    what = "écriture TOML incorrecte"
    fix = "vérifiez guillemets, crochets et virgules de cette ligne et de celle qui précède"
    return Fault(file, line, what=what, fix=fix, code=UNREADABLE)


#: The same for YAML.
_YAML = (
    ("'\\t'", "une tabulation ne sert pas de retrait", "mettez des espaces"),
    ("cannot start any token", "caractère interdit à cet endroit", "mettez le texte entre guillemets"),
    ("mapping values are not allowed", "deux-points de trop, ou retrait faux", "mettez le texte entre guillemets, ou alignez la clé sur ses voisines"),
    ("could not find expected ':'", "deux-points absents après une clé", "écrivez clé: valeur"),
    ("expected <block end>", "retrait faux", "alignez la ligne sur ses voisines"),
    ("expected ',' or", "crochet, accolade ou virgule qui manque", "fermez la liste"),
    ("unexpected end of stream", "guillemet qui n’est pas fermé", "fermez le guillemet"),
    ("expected a single document", "deuxième document dans le fichier", "retirez la ligne ---"),
    ("undefined alias", "renvoi (*) à un nom que rien ne déclare", "mettez le texte entre guillemets"),
    ("special characters", "caractère qui n’est pas du texte", "retirez-le"),
)  # fmt: skip


def yaml_fault(file: str, error: Exception, text: str) -> Fault:
    """The fault of a YAML text that its parser refuses."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else None
    message = str(error)
    if line and re.match(r" *\t", (text.split("\n") + [""] * line)[line - 1]):
        message = "'\\t'"
    for words, what, fix in _YAML:
        if words in message:
            return Fault(file, line, what=what, fix=fix, code=UNREADABLE)
    return Fault(
        file,
        line,
        what="écriture YAML incorrecte",
        fix="vérifiez retraits, guillemets et deux-points",
        code=UNREADABLE,
    )


def json_fault(file: str, error: Exception) -> Fault:
    """The fault of a JSON text that its parser refuses."""
    return Fault(
        file,
        getattr(error, "lineno", None),
        what="écriture JSON incorrecte",
        fix="reprenez le fichier tel que son producteur le donne",
        code=UNREADABLE,
    )
