"""Checks whether a traced function draws random numbers, which a replay would not draw again."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .._engine.traces import running


def _watched(draw: Callable[..., Any]) -> Callable[..., Any]:
    def drawing(*arguments: Any) -> Any:
        if (trace := running()) is not None:
            trace.draws = True
        return draw(*arguments)

    return drawing


# All other methods of Python's generators draw their numbers by calling these methods.
_DRAWS = [(kind, name) for kind in (random.Random, random.SystemRandom) for name in ("random", "getrandbits")]
_ORIGINALS = {(kind, name): vars(kind).get(name) for kind, name in _DRAWS}


def watch_generators() -> None:
    """Make Python's random generators report to the current thread's trace when they draw a number.

    NumPy's generators cannot report, so their states are compared (see `states`).
    """
    for kind, name in _DRAWS:
        setattr(kind, name, _watched(getattr(kind, name)))


def unwatch_generators() -> None:
    """Undo the changes that `watch_generators` made."""
    for (kind, name), original in _ORIGINALS.items():
        if original is None:
            delattr(kind, name)
        else:
            setattr(kind, name, original)


def states(generators: Sequence[Any]) -> list[Any]:
    """Return the states of the global generators, and of the given NumPy generators, which the function captures.

    If a state changes during a trace, the function has drawn numbers. This includes Python's global generator, because
    the functions in the module `random` are methods that were bound before `watch_generators` replaced the originals,
    so these functions do not report their draws.
    """
    found: list[Any] = [random.getstate()]
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        found.append(_comparable(numpy_random.get_state(legacy=False)))
        for thing in generators:
            old = isinstance(thing, numpy_random.RandomState)
            found.append(_comparable(thing.get_state(legacy=False) if old else thing.bit_generator.state))
    return found


def _comparable(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _comparable(part) for key, part in state.items()}
    return state.tobytes() if hasattr(state, "tobytes") else state
