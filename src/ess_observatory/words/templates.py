"""The one place that makes environments of templates: a template that a workspace has put over ours prints, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import BaseLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment


def environment(
    loader: BaseLoader,
    autoescape: bool | Callable[[str | None], bool] = True,
    filters: dict[str, Callable[..., Any]] | None = None,
    keep_trailing_newline: bool = True,
) -> ImmutableSandboxedEnvironment:
    """Templates in the immutable sandbox: no private attribute, no change of what they are given, no unknown name in silence."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=keep_trailing_newline,
    )
    made.filters.update(filters or {})
    return made
