"""The groups and commands of `ess`: loaded when they are called, in French from the usage to the errors.

typer writes its own words in English and has no place to translate them. So the help is written here from what the
parameters declare, and an error of usage is told here from what it is (its class, its option), never from what it says.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ess_observatory.commands.verbs import Verb, load, under
from ess_observatory.words.typography import french

#: What a value must be, by the Python type of its parameter.
_EXPECTED: dict[Any, str] = {int: "un nombre entier", float: "un nombre"}
_LONGEST = 4096


class Misuse(typer.BadParameter):
    """An error of usage that we tell ourselves, in French."""

    def format_message(self) -> str:
        """The sentence, as it was given."""
        return self.message


class _French:
    """What groups and commands share: a help and a parsing in French."""

    params: list[Any]
    help: str | None

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """« Usage : ess run [OPTIONS] »."""
        pieces = ["[OPTIONS]"]
        for param in self.params:
            if param.param_type_name == "argument":
                name = _name(param) + ("…" if param.nargs != 1 else "")
                pieces.append(name if param.required else f"[{name}]")
        if isinstance(self, Group):
            pieces.append("[COMMANDE…]" if self.invoke_without_command else "COMMANDE…")
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="Usage\u00a0: ")

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """What the verb does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(french(self.help or ""))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, options and, for a group, commands."""
        shown = [param for param in self.get_params(ctx) if not getattr(param, "hidden", False)]  # type: ignore[attr-defined]
        for kind, title in (("argument", "Arguments"), ("option", "Options")):
            rows = [_row(param, ctx) for param in shown if param.param_type_name == kind]
            _section(formatter, title, rows)
        if isinstance(self, Group):
            _section(formatter, "Commandes", [(word, french(verb.help)) for word, verb in self.verbs.items()])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The values of a command line; raises `Misuse` for those that no option can take."""
        if not (isinstance(self, Group) and args and args[0] in self.verbs):  # else the verb looks at them
            _refuse_hostile(ctx, args)
        try:
            rest: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except typer.TyperException as error:
            if getattr(error, "ctx", None) is None:  # the parser does not say where it was
                error.ctx = ctx  # type: ignore[attr-defined]
            raise
        if rest and not isinstance(self, Group):
            extra = " ".join(map(quoted, rest))
            one = len(rest) == 1
            raise Misuse(f"{'Argument' if one else 'Arguments'} en trop : {extra}.", ctx)
        return rest


class Command(_French, TyperCommand):
    """A verb."""

    allow_extra_args = True  # refused above, in French


class Group(_French, TyperGroup):
    """Verbs under a common name; none is imported before it is called."""

    group = ""

    @property
    def verbs(self) -> dict[str, Verb]:
        """The rows of the table that are under this group."""
        return under(self.group)

    def list_commands(self, ctx: Any) -> list[str]:
        """The words that may follow."""
        return list(self.verbs)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command or group of that name; None when there is none."""
        verb = self.verbs.get(cmd_name)
        return verb and made(verb)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; raises `Misuse`, with the nearest names, when there is none."""
        word = args[0]
        if (command := self.get_command(ctx, word)) is None:
            raise Misuse(f"Commande inconnue : {quoted(word)}.{nearest(word, self.verbs)}", ctx)
        return word, command, args[1:]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and tell an error of usage in French (exit 2)."""
        try:
            code = super().main(args, "ess", complete_var, False, windows_expand_args, **extra)
        except typer.TyperException as error:
            if not standalone_mode:
                raise
            typer.echo(told(error), err=True)
            sys.exit(error.exit_code)
        except typer.Abort:
            typer.echo("Abandon.", err=True)
            sys.exit(1)
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


def made(verb: Verb) -> Any:
    """The command or the group of a row of the table."""
    word = verb.name.rpartition(" ")[2]
    app = typer.Typer(name=word, add_completion=False, rich_markup_mode=None)
    if not under(verb.name):
        app.command(word, help=verb.help, cls=Command)(load(verb))
        return get_command(app)
    if verb.target:
        app.callback(cls=Group, help=verb.help, invoke_without_command=True)(load(verb))
        group = get_command(app)
    else:
        group = Group(name=word, help=verb.help, no_args_is_help=True, rich_markup_mode=None)
    group.group = verb.name  # type: ignore[attr-defined]
    return group


def told(error: Any) -> str:
    """An error of usage, whatever its class: the usage, a sentence, where the help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    lines = [f"Erreur : {sentence(error)}"]
    if ctx := getattr(error, "ctx", None):
        lines = [ctx.get_usage(), *lines, f"Aide : {ctx.command_path} --help"]
    return "\n".join(map(french, lines))


def sentence(error: Any) -> str:
    """What is wrong, in a French sentence."""
    if isinstance(error, Misuse):
        return error.message
    kind, ctx, param = type(error).__name__, getattr(error, "ctx", None), getattr(error, "param", None)
    option = getattr(error, "option_name", "")
    if kind == "NoSuchOption":
        names = [name for known in ctx.command.get_params(ctx) for name in known.opts] if ctx else []
        return f"Option inconnue : {quoted(option)}.{nearest(option, names)}"
    if kind == "BadOptionUsage":
        known = next((p for p in ctx.command.get_params(ctx) if option in p.opts), None) if ctx else None
        if getattr(known, "is_flag", False):
            return f"L’option {quoted(option)} ne prend pas de valeur."
        return f"L’option {quoted(option)} attend une valeur."
    if kind == "MissingParameter" and param is not None:
        return f"Il manque {_called(param)}."
    if kind == "BadParameter" and param is not None:
        expected = _EXPECTED.get(getattr(getattr(param, "type_descriptor", None), "annotation", None))
        return f"Valeur refusée pour {_called(param)}" + (f" : il faut {expected}." if expected else ".")
    return (
        "Il manque une commande."
        if isinstance(getattr(ctx, "command", None), Group)
        else "Commande mal écrite."
    )


def nearest(word: str, known: Any) -> str:
    """« Vouliez-vous dire … ? », or nothing when no name is near."""
    found = get_close_matches(word, list(known), n=3)
    return f" Vouliez-vous dire {' ou '.join(map(quoted, found))} ?" if found else ""


def quoted(text: str) -> str:
    """A word of the command line, without what a terminal would obey, and shortened."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return f"« {shown if len(shown) <= 80 else shown[:79] + '…'} »"


def _called(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"l’argument {_name(param)}"
    return f"l’option {quoted(max(param.opts, key=len))}"


def _name(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _row(param: Any, ctx: Any) -> tuple[str, str]:
    """What the help says of a parameter: how it is written, what it is for, whether it must be there, its default."""
    if param.param_type_name == "argument":
        written, text = _name(param), param.help or ""
    else:
        written = ", ".join(sorted(param.opts, key=len))
        written += "" if param.is_flag else f" {_name(param)}"
        text = param.help or ""
        if set(param.opts) & set(ctx.help_option_names):
            text = "Afficher cette aide."
        if param.required:
            text += " (obligatoire)"
    has_default = param.default not in (None, "", False, ...) and not getattr(param, "is_flag", False)
    return written, french(text + (f" (défaut : {param.default})" if has_default else ""))


def _section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(f"{title}\u00a0"):  # typer adds the colon
            formatter.write_dl(rows)


def _refuse_hostile(ctx: Any, args: list[str]) -> None:
    """Raise `Misuse` for a value that nothing can be named by: empty, too long, with a NUL or broken characters."""
    for before, text in zip(["", *args], args, strict=False):
        option, is_joined, value = text.partition("=") if text.startswith("--") else ("", "", text)
        place = option or (before if before.startswith("-") else "")
        where = f" après {quoted(place)}" if place else ""
        if not text or (is_joined and not value):
            raise Misuse(f"Valeur vide{where}.", ctx)
        if len(text) > _LONGEST:
            raise Misuse(f"Valeur trop longue{where} : {quoted(text)} ({len(text)} caractères).", ctx)
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
            raise Misuse(f"Valeur illisible{where} : {quoted(text)}.", ctx)
