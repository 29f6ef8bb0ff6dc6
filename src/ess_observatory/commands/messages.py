"""What is printed without ornament: answers on stdout, messages and errors on stderr, data for a program."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import typer

from ess_observatory.errors import ObservatoryError


def note(text: str) -> None:
    """An answer, on stdout, as it is."""
    print(text)


def say(text: str) -> None:
    """A message, on stderr, as it is."""
    print(text, file=sys.stderr)


def print_json(data: Any) -> None:
    """Data for a program, on stdout."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str))


def say_error(error: ObservatoryError) -> None:
    """An error on stderr, the most useful last; in colours on a terminal that takes them."""
    say(f"{_styled('✘', fg='red')} {error}")
    say(_styled(f"« ess explain {error.code} » en dit plus. (sortie {int(error.exit_code)})", dim=True))


def _styled(text: str, **style: Any) -> str:
    is_plain = not sys.stderr.isatty() or "NO_COLOR" in os.environ
    return text if is_plain else typer.style(text, **style)
