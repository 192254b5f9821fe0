"""The file that parameters are saved to: JSON with a version, written whole or not at all, read with suspicion."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FORMAT, VERSION = "autograd-core parameters", 1
_SHOWN = 8


def write(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write a state to `path` through a temporary file beside it and a rename, which no crash can divide.

    Raises ValueError, naming it, for a number that is not finite, OSError where the file cannot be written; the old
    file is then still there.
    """
    for name, number in _numbers_in(state):
        if not math.isfinite(number):
            raise ValueError(f"{name} = {number!r} is not finite: only finite parameters are saved")
    text = json.dumps({"format": FORMAT, "version": VERSION, "state": state}, allow_nan=False)
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The state in a file written by `write`.

    Raises ValueError that names the file and says what is wrong with it, OSError where it cannot be read.
    """
    name = os.fspath(path)
    try:
        content = json.loads(Path(path).read_bytes().decode("utf-8"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no file of saved parameters, or is damaged: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{name} is no file of saved parameters: it does not begin with the format {FORMAT!r}")
    if type(content.get("version")) is not int or content["version"] != VERSION:
        raise ValueError(
            f"{name} has version {content.get('version')!r} of the format, this program reads version {VERSION}"
        )
    state = content.get("state")
    if not isinstance(state, dict):
        raise ValueError(f"{name} is damaged: its state is no table of names and numbers")
    return state


def check_same(given: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise ValueError listing every difference in names and shapes, and everything that is no finite number."""
    wrong = [f"{name} is missing" for name in expected if name not in given]
    wrong += [f"{name} is not expected" for name in given if name not in expected]
    for name in expected:
        if name in given:
            try:
                found = _shape(given[name], name)
            except ValueError as error:
                wrong.append(str(error))
                continue
            if found != (wanted := _shape(expected[name], name)):
                wrong.append(f"{name} has shape {found}, not {wanted}")
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise ValueError(f"the parameters do not fit this module: {'; '.join(wrong[:_SHOWN])}{more}")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _shape(thing: Any, name: str) -> tuple[int, ...]:
    """The lengths of nested lists of finite numbers, outermost first."""
    if isinstance(thing, list):
        inner = {_shape(x, f"{name}.{index}") for index, x in enumerate(thing)}
        if len(inner) > 1:
            raise ValueError(f"{name} has rows of different shapes")
        return (len(thing), *(inner.pop() if inner else ()))
    if isinstance(thing, bool) or not isinstance(thing, (int, float)):
        raise ValueError(f"{name} is {str(thing)[:40]!r}, not a number")
    try:
        finite = math.isfinite(thing)
    except OverflowError:
        finite = False
    if not finite:
        raise ValueError(f"{name} is not a finite float")
    return ()


def _numbers_in(thing: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(thing, Mapping):
        for key, inner in thing.items():
            yield from _numbers_in(inner, key)
    elif isinstance(thing, list):
        for index, inner in enumerate(thing):
            yield from _numbers_in(inner, f"{name}.{index}")
    else:
        yield name, thing
