"""Looks into objects and code without running any code of theirs."""

from __future__ import annotations

import dis
import sys
from array import array
from contextlib import suppress
from functools import cached_property, lru_cache
from types import CodeType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from .captured import MISSING


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


def is_generated(member: Any) -> bool:
    """Return whether a special member of a class is a class, or a method that a decorator such as dataclass wrote.

    Such a method contains the names of all fields.
    """
    return isinstance(member, type) or (isinstance(member, FunctionType) and member.__code__.co_filename == "<string>")


def package_of(kind: type) -> str:
    """Return the name of the package that defines a class."""
    return str(kind.__module__).partition(".")[0]


def is_known(package: str) -> bool:
    """Return whether the code of a package is not searched."""
    return package in ("autograd_core", "numpy") or package in sys.stdlib_module_names


def is_installed(module: ModuleType) -> bool:
    """Return whether a module belongs to a library."""
    return is_known(module.__name__.partition(".")[0]) or "site-packages" in (getattr(module, "__file__", "") or "")


@lru_cache(1024)
def names_in(code: CodeType) -> frozenset[str]:
    """Return the names in some code, and the strings, which may be names of attributes too."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= names_in(constant)
        elif isinstance(constant, (str, tuple)):
            found.update(x for x in ((constant,) if isinstance(constant, str) else constant) if isinstance(x, str))
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
