"""The command line `ess`: parse, call, and turn what went wrong into a message and an exit code.

Data on stdout, messages on stderr. Only typer and the table of verbs are imported before a verb is known.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from typing import Annotated

import typer

from ess_observatory import __version__
from ess_observatory.commands.group import Group
from ess_observatory.commands.messages import say, say_error
from ess_observatory.commands.signals import listen, stopped_by
from ess_observatory.errors import ObservatoryError, from_outside

app = typer.Typer(
    name="ess",
    cls=Group,
    help="Observatoire de l’économie sociale et solidaire : des fichiers bruts au rapport annuel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"ess {__version__}")
        raise typer.Exit


@app.callback()
def ess(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Afficher la version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """The options of `ess` itself."""


def main() -> None:
    """Entry point: run a command and turn errors into messages and exit codes."""
    gc.set_threshold(100_000, 50)  # a build makes many objects that live on: looking for rings among them costs a tenth
    listen()
    try:
        app()
    except BaseException as error:
        if number := stopped_by():  # whatever the library at work made of it
            say("Interrompu." if number == signal.SIGINT else "Arrêté.")
            sys.exit(128 + number)
        refused = error if isinstance(error, ObservatoryError) else from_outside(error)
        if refused is None:
            raise
        if "--json" in sys.argv:
            print(json.dumps({"ok": False, "errors": [refused.as_dict()]}, ensure_ascii=False, indent=1))
        else:
            say_error(refused)
        sys.exit(int(refused.exit_code))


if __name__ == "__main__":
    main()
