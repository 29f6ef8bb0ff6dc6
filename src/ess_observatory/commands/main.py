"""The command line `ess`: parse, call, and turn what went wrong into a message and an exit code.

Data on stdout, messages on stderr. Only typer and the table of verbs are imported before a verb is known.
"""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from ess_observatory import __version__
from ess_observatory.commands.group import Group
from ess_observatory.commands.messages import say, say_error
from ess_observatory.errors import ObservatoryError, of_system

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


class Stopped(BaseException):
    """A signal that asks to stop: everything unwinds and cleans up, then the program ends with its exit code."""


_stops: list[int] = []
_WORDS = {signal.SIGINT: "Interrompu", signal.SIGTERM: "Arrêté"}


def main() -> None:
    """Entry point: run a command and turn errors into messages and exit codes."""
    for number in _WORDS:
        signal.signal(number, _stop)
    try:
        app()
    except BaseException as error:
        if _stops:  # whatever the library at work made of it
            say(f"{_WORDS[signal.Signals(_stops[0])]}.")
            sys.exit(128 + _stops[0])
        refused = error if isinstance(error, ObservatoryError) else of_system(error)
        if refused is None:
            raise
        if "--json" in sys.argv:
            print(json.dumps({"ok": False, "errors": [refused.as_dict()]}, ensure_ascii=False, indent=1))
        else:
            say_error(refused)
        sys.exit(int(refused.exit_code))


def _stop(number: int, frame: FrameType | None) -> None:
    _stops.append(number)
    raise KeyboardInterrupt if number == signal.SIGINT else Stopped


if __name__ == "__main__":
    main()
