"""Save parameters as JSON, with a format version. A file is written completely or not at all, and checked when read."""

import json
import os
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograd_core._engine.writing import write_whole

from ._checks import is_finite
from ._members import flattened

FORMAT, VERSION = "autograd-core parameters", 1
_SHOWN = 8


def write(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write a state (see `Module.state_dict`) to a temporary file, and rename that file to `path` atomically.

    An existing file at `path` is replaced by one with the same permissions, or left unchanged if an error occurs.

    Raises:
        ValueError: A number is not finite; the message names it.
        OSError: The file cannot be written.
    """
    _refuse("only finite parameters can be saved", [text for name in state for text in _no_numbers(state[name], name)])
    text = json.dumps({"format": FORMAT, "version": VERSION, "state": state}, allow_nan=False)
    write_whole(path, text + "\n")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the state in a file written by `write`.

    Raises:
        ValueError: The file was not written by `write`, or is damaged; the message names the file and the fault.
        OSError: The file cannot be read.
    """
    name = os.fspath(path)
    try:
        content = json.loads(Path(path).read_bytes().decode("utf-8"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not a file of saved parameters, or is damaged: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{name} is not a file of saved parameters: its format is not {FORMAT!r}")
    if type(content.get("version")) is not int or content["version"] != VERSION:
        raise ValueError(
            f"{name} is in format version {content.get('version')!r}; this version of nn reads format version {VERSION}"
        )
    state = content.get("state")
    if not isinstance(state, dict):
        raise ValueError(f"{name} is damaged: its state is not a table of names and numbers")
    return state


def check_same(given: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise ValueError unless `given` has the names and shapes of `expected` and contains only finite numbers.

    The message lists the first eight differences, and says how many more there are.
    """
    wrong = [f"{name} is missing" for name in expected if name not in given]
    wrong += [f"{name} is not expected" for name in given if name not in expected]
    for name in [name for name in expected if name in given]:
        try:
            if _paths(given[name], name) == _paths(expected[name], name):
                wrong += _no_numbers(given[name], name)
            else:
                wrong.append(f"{name} has shape {_shape(given[name])}, not {_shape(expected[name])}")
        except RecursionError:
            wrong.append(f"{name} is nested too deeply")
    _refuse("the parameters do not fit this module", wrong)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _paths(thing: Any, name: str) -> list[str]:
    return [path for path, _ in flattened(thing, name)]


def _no_numbers(thing: Any, name: str) -> list[str]:
    return [
        f"{path} must be a finite number; got {reprlib.repr(number)}"
        for path, number in flattened(thing, name)
        if isinstance(number, bool) or not is_finite(number)
    ]


def _shape(thing: Any) -> tuple[Any, ...]:
    """Return the lengths of nested lists, outermost first."""
    if not isinstance(thing, (list, tuple)):
        return ()
    inner = set(map(_shape, thing))
    return (len(thing), *(inner.pop() if len(inner) == 1 else ["ragged"] * bool(inner)))


def _refuse(why: str, wrong: list[str]) -> None:
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise ValueError(f"{why}: {'; '.join(wrong[:_SHOWN])}{more}")
