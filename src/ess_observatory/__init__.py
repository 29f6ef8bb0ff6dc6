"""The observatory's pipeline: raw files in, publishable annual report out.

In a notebook: `from ess_observatory import Observatory`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ess_observatory.notebook import Observatory

__all__ = ["Observatory", "__version__"]

#: The one place of the version: the build of the package reads it here.
__version__ = "0.5.0"


def __getattr__(name: str) -> Any:
    """`Observatory` is imported when it is asked for, so that the command line starts fast."""
    if name == "Observatory":
        from ess_observatory.notebook import Observatory

        return Observatory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
