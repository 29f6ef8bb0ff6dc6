"""A stop that is asked for while a native library is loaded waits for its end."""

from __future__ import annotations

import pytest

from ess_observatory.engine.interrupt import held, stop


def test_a_stop_is_raised_at_once_or_at_the_end_of_what_is_held() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held():
        with held():
            stop(KeyboardInterrupt())
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]
    with pytest.raises(SystemExit):
        stop(SystemExit())


def test_what_fails_while_it_is_held_is_said_as_it_is() -> None:
    with pytest.raises(ImportError), held():
        raise ImportError
    with held():
        pass
