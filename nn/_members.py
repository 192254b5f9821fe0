"""Find the parameters and modules that a module's attributes hold, directly or in nested lists and dicts."""

from collections import deque
from collections.abc import Iterator, Mapping, Set
from types import FunctionType
from typing import Any

from autograd_core import TABLE, Value, relu

PARAMETER = TABLE["parameter"]
# attributes of these types hold neither parameters nor modules, and need no further checks
PLAIN = {str, int, float, bool, type(None), FunctionType, type(relu)}


def members(thing: Any, path: str, kind: type, listed: Set[Value] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Yield (path, object) for each module and parameter in `thing`; a list of parameters counts as one.

    Args:
        thing: The value of an attribute, or an object inside it.
        path: The path of `thing` itself.
        kind: The class whose instances are modules.
        listed: Nodes that count as parameters although they were not made by `parameter`.

    Raises:
        TypeError: A set contains a parameter or a module.

    >>> from autograd_core import parameter
    >>> w, b = parameter(1.0), parameter(2.0)
    >>> list(members({"w": [w, w], "rest": [b, None, 2j]}, "table", complex))
    [('table.w', [parameter(1.0), parameter(1.0)]), ('table.rest.0', parameter(2.0)), ('table.rest.2', 2j)]
    """
    if type(thing) in PLAIN:
        return
    if type(thing) is not list and str(getattr(thing, "dtype", "")) == "object":
        thing = thing.tolist()  # a NumPy array of objects, recognised without importing NumPy
    if isinstance(thing, kind) or _is_group(thing, listed):
        yield path, thing
    elif isinstance(thing, (list, tuple, deque)):
        for index, inner in enumerate(thing):
            yield from members(inner, f"{path}.{index}", kind, listed)
    elif isinstance(thing, Mapping):
        for key, inner in thing.items():
            yield from members(inner, f"{path}.{key}", kind, listed)
    elif isinstance(thing, Set) and [inner for inner in thing if isinstance(inner, kind) or _is_group(inner, listed)]:
        raise TypeError(f"{path} is a set, which has no order: keep parameters and modules in a list or a dict")


def _is_group(thing: Any, listed: Set[Value]) -> bool:
    """Return whether `thing` is a parameter, or an arbitrarily nested list that contains only parameters."""
    if type(thing) is Value:
        return thing.op is PARAMETER or thing in listed
    if not isinstance(thing, (list, tuple)):
        return False
    # a loop rather than `all`, because a generator expression that is abandoned half-way swallows a Ctrl-C that arrives
    # at that moment
    for inner in thing:
        if not ((type(inner) is Value and inner.op is PARAMETER) or _is_group(inner, listed)):
            return False
    return bool(thing)


def flattened(thing: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, item) for each innermost item of nested lists.

    >>> list(flattened([1.0, [2.0]], "w"))
    [('w.0', 1.0), ('w.1.0', 2.0)]
    """
    if isinstance(thing, (list, tuple)):
        for index, inner in enumerate(thing):
            yield from flattened(inner, f"{path}.{index}")
    else:
        yield path, thing


def values(thing: Any) -> list[Value]:
    """Return a parameter, or the parameters in nested lists, as a flat list."""
    if type(thing) is Value:
        return [thing]
    if set(map(type, thing)) == {Value}:
        return list(thing)
    return [value for inner in thing for value in values(inner)]


def numbers(thing: Any) -> Any:
    """Return a parameter or a number as a float; in nested lists, replace each parameter or number with a float."""
    if isinstance(thing, (list, tuple)):
        return [numbers(inner) for inner in thing]
    return thing.data if type(thing) is Value else float(thing)
