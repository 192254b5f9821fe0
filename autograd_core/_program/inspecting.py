"""Looks into objects and code without running any code of theirs."""

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

PLAIN = {type(None), type(MISSING), bool, int, float, complex, str, bytes, Value, Operation}
_STANDARD = os.path.dirname(os.__file__)
_NAMING = {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR"}


def size_of(container: Any) -> int:
    """Return the number of items of a container."""
    return int(container.size) if is_array(container) else len(_plainly(container))


def items_of(container: Any) -> tuple[Any, ...]:
    """Return the items of a container, as they are now; for an array of numbers, its bytes, shape and type."""
    if is_array(container):
        items = tuple(container.ravel().tolist()) if container.dtype.kind == "O" else (container.tobytes(),)
        return (*items, container.shape, container.dtype.str)
    if issubclass(type(container), (array, bytearray)):
        return (bytes(container),)
    if type(container) is MappingProxyType:
        return tuple(container.values())
    return tuple(dict.values(container) if issubclass(type(container), dict) else _plainly(container))


def _plainly(container: Any) -> Any:
    """Return an equal container that iterates over the items themselves, whatever a subclass of list does."""
    if issubclass(type(container), dict):
        return dict.keys(container)
    return list.copy(container) if issubclass(type(container), list) else container


def item_name(name: str, key: Any) -> str:
    """Return a name for an item of a container, for messages."""
    return f"{name}[{key!r}]" if type(key) in (int, str) else f"{name}[…]"


def is_array(thing: Any) -> bool:
    """Return whether `thing` is a NumPy array, whatever it says of its class."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(type(thing), numpy.ndarray)


def attributes_of(thing: Any) -> dict[str, Any]:
    """Return the dict of an object's attributes; an empty one for a class, and for an object without such a dict."""
    own = None
    with suppress(Exception):  # a proxy may raise anything
        own = object.__getattribute__(thing, "__dict__")
    return own if type(own) is dict else {}


def class_of(thing: Any) -> type:
    """Return the class of an object, or a class itself."""
    kind: type = thing if issubclass(type(thing), type) else type(thing)
    return kind


def in_slot(member: MemberDescriptorType, thing: Any) -> Any:
    """Return what is in a slot of an object, or MISSING."""
    try:
        return member.__get__(thing, type(thing))
    except AttributeError:
        return MISSING


def of_class(kind: type, key: str) -> Any:
    """Return an attribute of a class or of its base classes as it is stored, or MISSING."""
    return next((vars(each)[key] for each in kind.__mro__ if key in vars(each)), MISSING)


def code_of(member: Any) -> Any:
    """Return the function in a member of a class, or the member itself if it is not a function."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member.__func__ if isinstance(member, (staticmethod, classmethod)) else member


def is_plain(thing: Any) -> bool:
    """Return whether an object is a number, a string or the like, or a list or dict of such."""
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
    """Return the names in some code, and the strings, which may be names of attributes too.

    Each comes with the global variable whose attribute it is, or None: in `math.log(x.data)`, `log` comes with `math`.
    What is imported from a module comes with "from" and the module's name.
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
