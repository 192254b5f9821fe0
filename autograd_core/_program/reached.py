"""Finds what a function reads besides its arguments, by searching its code and the objects that the code can reach."""

from __future__ import annotations

import dis
import io
import sys
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from types import CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from .._operations.operation import Operation
from .._transforms.trees import is_array
from ..value import Value
from .captured import MISSING, Captured
from .tracing import refused

# The maximum number of items that are recorded; containers that would exceed it are not searched.
MOST = 1_000_000
_PLAIN = {type(None), type(MISSING), bool, int, float, complex, str, bytes, Value, Operation}
_MAKING = {"__new__", "__init__", "__post_init__"}
_CONTAINERS = (list, tuple, dict, set, frozenset, deque, array, bytearray)


def captured(roots: Iterable[tuple[str, Any]]) -> Captured:
    """Record what the roots capture: a function and objects among its arguments, each given with a name for it.

    An attribute is recorded if its name occurs in code that the roots can reach. The code of the standard library, of
    NumPy and of this package is not searched, and neither are installed modules.

    Raises:
        GraphError: The function can reach an iterator, whose next item differs from call to call.
    """
    search = _Search()
    search.run(roots)
    return search.record


class _Search:
    def __init__(self) -> None:
        self.record = Captured()
        self.names: set[str] = set()  # all names that occur in the code searched so far
        self.seen: dict[int, Any] = {}
        self.waiting: list[tuple[str, Any]] = []
        self.objects: list[tuple[str, Any, set[str]]] = []  # with the names that have been looked up in each object
        self.members: set[tuple[type, str]] = set()  # the attributes of classes that have been visited
        self.searched: dict[type, list[type]] = {}
        self.room = MOST

    def run(self, roots: Iterable[tuple[str, Any]]) -> None:
        """Search until there are neither new objects nor new names."""
        self.waiting += roots
        while self.waiting:
            self.visit(*self.waiting.pop())
            if not self.waiting:
                for name, thing, known in self.objects:
                    if new := self.names - known:
                        known |= new
                        self.look_up(name, thing, new)

    def visit(self, name: str, thing: Any) -> None:
        """Record an object's contents, and put everything that it leads to on the waiting list."""
        kind = type(thing)
        if kind in _PLAIN or id(thing) in self.seen:
            return
        self.seen[id(thing)] = thing
        if kind is FunctionType:
            self.visit_function(name, thing)
        elif kind is ModuleType:
            if not _is_installed(thing):
                self.objects.append((name, thing, set()))
        elif kind is MethodType:
            self.waiting += [(name, thing.__func__), (name, thing.__self__)]
        elif kind is partial:
            self.waiting += [(name, thing.func), (name, thing.args), (name, thing.keywords)]
        elif isinstance(thing, Iterator) and not isinstance(thing, io.IOBase):
            raise refused(f"reads the iterator {name}", "pass its items to the function as arguments")
        else:
            if isinstance(thing, _CONTAINERS) or is_array(thing):
                self.visit_items(name, thing)
            self.visit_object(name, thing)

    def visit_function(self, name: str, function: FunctionType) -> None:
        """Record the enclosing variables and the globals that a function names."""
        if _is_library(function):
            return
        code, scope = function.__code__, function.__globals__
        self.names |= _names(code)
        self.hold("", scope, [key for key in _globals(code) if key in scope])
        for variable, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            content: Any = MISSING
            with suppress(ValueError):  # the cell is empty
                content = cell.cell_contents
            self.record.hold(variable, cell, None, (content,), -1)
            self.waiting.append((variable, content))
        self.waiting += [(name, function.__defaults__), (name, function.__kwdefaults__)]

    def hold(self, prefix: str, holder: dict[str, Any], keys: list[str]) -> None:
        """Record some variables or attributes; `prefix` is put before their names."""
        if keys:
            things = tuple(holder.get(key, MISSING) for key in keys)
            self.record.hold(prefix, holder, tuple(keys), things, -1)
            self.waiting += [(prefix + key, thing) for key, thing in zip(keys, things, strict=True)]

    def visit_items(self, name: str, thing: Any) -> None:
        """Record the items of a container."""
        size = thing.size if is_array(thing) else len(thing)
        if size > self.room:
            return
        self.room -= size
        items, contents = _items(thing), f"the contents of {name}"
        if isinstance(thing, dict):
            self.record.hold(contents, thing, tuple(thing), items, size)
        elif isinstance(thing, list):
            self.record.hold(contents, thing, None, items, -1)
        elif not isinstance(thing, (tuple, frozenset)):
            self.record.read(contents, lambda: _items(thing))
        if not _PLAIN.issuperset(map(type, items)):
            keys = thing if isinstance(thing, dict) else range(size)
            self.waiting += [(f"{name}[{key!r}]", item) for key, item in zip(keys, items, strict=True)]

    def visit_object(self, name: str, thing: Any) -> None:
        """Search the code that runs when an object is used; its attributes wait for code in which their names occur."""
        kind = thing if isinstance(thing, type) else type(thing)
        if kind.__module__ in ("numpy.random._generator", "numpy.random.mtrand"):
            self.record.generators.append(thing)
        self.waiting.append((name, _own(thing).get("__wrapped__")))  # the function that a decorator has wrapped
        if _top(kind) == "autograd_core":
            return
        for each in self.classes(kind):
            special = {key: member for key, member in vars(each).items() if key.startswith("__")}
            if thing is not kind:  # the object has been made, so these methods have run
                special = {key: member for key, member in special.items() if key not in _MAKING}
            self.waiting += [(name, member) for member in special.values() if type(member) is FunctionType]
        self.objects.append((name, thing, set()))

    def look_up(self, name: str, thing: Any, names: set[str]) -> None:
        """Record the attributes of an object that have these names, and search the methods."""
        kind = thing if isinstance(thing, type) else type(thing)
        own = _own(thing)
        everything = not self.names.isdisjoint(("vars", "__dict__"))
        attributes = [key for key in own if key in names or everything]
        for each in self.classes(kind):
            for key in names.intersection(vars(each)):
                member = vars(each)[key]
                if isinstance(member, MemberDescriptorType):
                    self.read_slot(f"{name}.{key}", thing, key)
                elif not isinstance(member, (FunctionType, property, cached_property)) and key not in own:
                    attributes.append(key)  # the object may get an attribute in place of the one of its class
                if (each, key) not in self.members:
                    self.members.add((each, key))
                    self.visit_member(f"{name}.{key}", each, key)
        self.hold(f"{name}.", own, attributes)

    def read_slot(self, name: str, thing: Any, key: str) -> None:
        """Record an attribute that is not in the object's dict."""
        if not isinstance(thing, type):
            self.record.read(name, lambda: (getattr(thing, key, MISSING),))
            self.waiting.append((name, getattr(thing, key, MISSING)))

    def visit_member(self, name: str, kind: type, key: str) -> None:
        """Record an attribute of a class, or search a method."""
        member = vars(kind)[key]
        if not isinstance(member, (MemberDescriptorType, FunctionType, property, cached_property)):
            self.record.read(name, lambda: (vars(kind).get(key, MISSING),))
        self.waiting.append((name, _code_of(member)))

    def classes(self, kind: type) -> list[type]:
        """Return a class and its base classes, except those whose code is not searched."""
        if kind not in self.searched:
            self.searched[kind] = [each for each in kind.__mro__ if not _is_library(each)]
        return self.searched[kind]


def _own(thing: Any) -> dict[str, Any]:
    """Return the dict of an object's attributes; an empty one for a class, and for an object without such a dict."""
    own = getattr(thing, "__dict__", None)
    return own if type(own) is dict else {}


def _items(container: Any) -> tuple[Any, ...]:
    if is_array(container):
        return tuple(container.ravel().tolist()) if container.dtype.kind == "O" else (container.tobytes(),)
    if isinstance(container, (array, bytearray)):
        return (bytes(container),)
    return tuple(container.values() if isinstance(container, dict) else container)


def _code_of(member: Any) -> Any:
    """Return the function in a member of a class, or the member itself if it is not a function."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member.__func__ if isinstance(member, (staticmethod, classmethod)) else member


def _top(thing: Any) -> str:
    return str(getattr(thing, "__module__", None) or "").partition(".")[0]


def _is_library(thing: Any) -> bool:
    return _is_known(_top(thing))


def _is_known(package: str) -> bool:
    return package in ("autograd_core", "numpy") or package in sys.stdlib_module_names


def _is_installed(module: ModuleType) -> bool:
    return _is_known(module.__name__.partition(".")[0]) or "site-packages" in (getattr(module, "__file__", "") or "")


@lru_cache(1024)
def _names(code: CodeType) -> frozenset[str]:
    """Return the names in some code, and the strings, which may be names of attributes too."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
        elif isinstance(constant, str):
            found.add(constant)
    return frozenset(found)


@lru_cache(1024)
def _globals(code: CodeType) -> frozenset[str]:
    """Return the names of the global variables that some code reads."""
    found = frozenset(step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    return found.union(*(_globals(constant) for constant in code.co_consts if isinstance(constant, CodeType)))
