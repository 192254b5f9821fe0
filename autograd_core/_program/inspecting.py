"""Inspects objects and code without running any of the objects' own code."""

from __future__ import annotations

import dis
import os
import sys
from array import array
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from types import CodeType, FunctionType, MappingProxyType, MemberDescriptorType, ModuleType
from typing import Any

from .._operations.operation import Operation
from ..value import Value
from .captured import MISSING

# The types of objects in which there is nothing to search.
PLAIN = {type(None), type(MISSING), bool, int, float, complex, str, bytes, Value, Operation}
_STANDARD = os.path.dirname(os.__file__)
_NAMING = {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR"}


def size_of(container: Any) -> int:
    """Return the number of items of a container."""
    return int(container.size) if is_array(container) else len(_plainly(container))


def items_of(container: Any) -> tuple[Any, ...]:
    """Return the current items of a container; for an array of numbers, return its bytes, shape and type."""
    if is_array(container):
        items = tuple(container.ravel().tolist()) if container.dtype.kind == "O" else (container.tobytes(),)
        return (*items, container.shape, container.dtype.str)
    if issubclass(type(container), (array, bytearray)):
        return (bytes(container),)
    if type(container) is MappingProxyType:
        return tuple(container.values())
    return tuple(dict.values(container) if issubclass(type(container), dict) else _plainly(container))


def _plainly(container: Any) -> Any:
    """Return the stored items of a container (or the keys of a dict), even if its class overrides `__iter__`."""
    if issubclass(type(container), dict):
        return dict.keys(container)
    return list.copy(container) if issubclass(type(container), list) else container


def item_name(name: str, key: Any) -> str:
    """Return a name for an item of a container, for messages."""
    return f"{name}[{key!r}]" if type(key) in (int, str) else f"{name}[…]"


def is_array(thing: Any) -> bool:
    """Return whether `thing` is a NumPy array, judging by its type; a proxy may have another `__class__`."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(type(thing), numpy.ndarray)


def attributes_of(thing: Any) -> dict[str, Any]:
    """Return the dict of an object's attributes, or an empty dict for a class or for an object without such a dict."""
    own = None
    with suppress(Exception):  # a proxy may raise anything
        own = object.__getattribute__(thing, "__dict__")
    return own if type(own) is dict else {}


def class_of(thing: Any) -> type:
    """Return the class of an object; for a class, return the class itself."""
    kind: type = thing if issubclass(type(thing), type) else type(thing)
    return kind


def in_slot(member: MemberDescriptorType, thing: Any) -> Any:
    """Return the content of a slot of an object, or MISSING if the slot is empty."""
    try:
        return member.__get__(thing, type(thing))
    except AttributeError:
        return MISSING


def of_class(kind: type, key: str) -> Any:
    """Return an attribute as a class or one of its base classes stores it, or MISSING if none has the attribute."""
    return next((vars(each)[key] for each in kind.__mro__ if key in vars(each)), MISSING)


def code_of(member: Any) -> Any:
    """Return the function that a member of a class wraps, as a property does, or the member itself if it wraps none."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member.__func__ if isinstance(member, (staticmethod, classmethod)) else member


def is_plain(thing: Any) -> bool:
    """Return whether an object is plain (a number, a string or the like), or a list, tuple or dict of plain objects."""
    items = thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple) else (thing,)
    return (PLAIN - {Value}).issuperset(map(type, items))


@cache
def is_library(module: str) -> bool:
    """Return whether a module belongs to this package, the standard library, NumPy or another installed package.

    An installed package that uses this one, such as `nn`, does not count as a library.
    """
    top = module.partition(".")[0]
    if top in ("autograd_core", "numpy"):
        return True
    found = sys.modules.get(module)
    file = getattr(found, "__file__", None) or ""
    if "site-packages" in file or "dist-packages" in file:
        return not any(_is_of_engine(thing) for thing in vars(found).values())
    return top in sys.stdlib_module_names and (not file or file.startswith(_STANDARD))


def _is_of_engine(thing: Any) -> bool:
    name = thing.__name__ if type(thing) is ModuleType else getattr(type(thing), "__module__", "")
    if isinstance(thing, (type, FunctionType)):
        name = thing.__module__
    return str(name).partition(".")[0] == "autograd_core"


@lru_cache(1024)
def names_in(code: CodeType) -> frozenset[tuple[str | None, str]]:
    """Return the names of attributes in some code, and the strings in it, which may be names of attributes too.

    Each name is paired with the global variable whose attribute it is, or with None: in `math.log(x.data)`, `log` is
    paired with "math", and `data` with None. A name that is imported from a module `m` is paired with "from m".
    """
    found: set[tuple[str | None, str]] = set()
    variable: str | None = None
    module = ""
    for step in dis.get_instructions(code):
        if step.opname in _NAMING:
            found.add((variable, step.argval))
        elif step.opname == "IMPORT_FROM":
            found.add((f"from {module}", step.argval))
        elif step.opname == "IMPORT_NAME":
            module = step.argval
        variable = step.argval if step.opname == "LOAD_GLOBAL" else None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= names_in(constant)
        elif isinstance(constant, (str, tuple)):
            strings = (constant,) if isinstance(constant, str) else constant
            found.update((None, x) for x in strings if isinstance(x, str))
    return frozenset(found)


@lru_cache(1024)
def globals_in(code: CodeType) -> frozenset[str]:
    """Return the names of the global variables that some code reads."""
    return _arguments(code, ("LOAD_GLOBAL", "LOAD_NAME"))


@lru_cache(1024)
def imports_in(code: CodeType) -> frozenset[str]:
    """Return the names of the modules that some code imports."""
    return _arguments(code, ("IMPORT_NAME",))


def _arguments(code: CodeType, instructions: tuple[str, ...]) -> frozenset[str]:
    found = frozenset(step.argval for step in dis.get_instructions(code) if step.opname in instructions)
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return found.union(*(_arguments(constant, instructions) for constant in inner))
