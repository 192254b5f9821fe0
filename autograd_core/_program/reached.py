"""Finds what a function reads besides its arguments, by searching its code and the objects that the code can reach.

The search runs none of the objects' own code. It does not have to be complete: it misses, for example, attributes whose
names are computed, and `traced` documents that changes of these go unnoticed.
"""

from __future__ import annotations

import sys
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType, MappingProxyType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from .captured import MISSING, Captured
from .inspecting import (
    PLAIN,
    attributes_of,
    class_of,
    code_of,
    globals_in,
    imports_in,
    in_slot,
    is_array,
    is_library,
    is_plain,
    item_name,
    items_of,
    names_in,
    of_class,
    size_of,
)

# The maximum number of objects and items of containers to record. The search skips everything that would exceed it.
MOST = 1_000_000
_CONTAINERS = (list, tuple, dict, set, frozenset, deque, array, bytearray, MappingProxyType)
# If Python code has to read a container's contents for each comparison, the container counts as this many more items.
READING = 1000
# The names of library classes whose objects wrap a function or a container of the user.
_WRAPPERS = {"UserDict", "UserList", "ChainMap", "vectorize"}
LONGEST = 80  # the maximum length of a name in a message


def captured(roots: Iterable[tuple[str, Any]], codes: Set[CodeType] | None = None) -> Captured:
    """Record what the roots capture. The roots are a function and the objects among its arguments.

    An attribute is recorded if its name occurs in the code. Libraries are not searched (see `is_library`).

    Args:
        roots: The roots, each with a name for messages.
        codes: The code that the function ran; functions with other code are not searched. By default, all functions
            that the roots can reach are searched.
    """
    search = _Search(codes)
    search.run(roots)
    return search.record


class _Search:
    def __init__(self, codes: Set[CodeType] | None) -> None:
        self.codes = codes
        self.record = Captured()
        self.names: dict[str, None] = {}  # all names found so far in the code, in the order found
        self.seen: dict[int, Any] = {}
        self.waiting: list[tuple[str, Any]] = []
        self.objects: list[tuple[str, Any]] = []  # the objects whose attributes are looked up
        self.looked_up: list[int] = []  # for each of these objects, how many of the names have been looked up in it
        self.due: list[int] = []  # the indices of the objects in which some names have not been looked up yet
        self.members: set[tuple[type, str]] = set()  # the class attributes that have been visited
        self.searched: dict[type, list[type]] = {}
        self.methods: dict[int, type] = {}  # the class of each method, by the id of its function
        self.reading: set[type] = set()  # the classes with a method that reads an object's dict
        self.everything = False  # whether a function that is not a method reads an object's dict
        self.room = MOST

    def run(self, roots: Iterable[tuple[str, Any]]) -> None:
        """Search until there are neither new objects nor new names."""
        self.waiting += roots
        names: list[str] = []
        while self.waiting:
            self.visit(*self.waiting.pop())
            if not self.waiting:
                if len(self.names) > len(names):
                    names = list(self.names)
                    self.due = list(range(len(self.objects)))
                for i in self.due:
                    self.look_up(*self.objects[i], names[self.looked_up[i] :])
                    self.looked_up[i] = len(names)
                self.due = []

    def visit(self, name: str, thing: Any) -> None:
        """Record an object's contents, and put everything that it refers to on the waiting list."""
        kind = type(thing)
        if kind in PLAIN or id(thing) in self.seen or self.room < 0:
            return
        self.room -= 1
        self.seen[id(thing)] = thing
        name = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        if kind is FunctionType:
            self.visit_function(name, thing)
        elif kind is ModuleType:
            if not is_library(thing.__name__):
                self.add(name, thing)
        elif kind is MethodType:
            self.waiting += [(name, thing.__func__), (name, thing.__self__)]
        elif kind is partial:
            self.waiting += [(name, thing.func), (name, thing.args), (name, thing.keywords)]
        else:
            if kind.__module__ in ("builtins", "itertools") and issubclass(kind, Iterator):
                self.record.iterator = name
            if issubclass(kind, _CONTAINERS) or is_array(thing):
                self.visit_items(name, thing)
            self.visit_object(name, thing)

    def visit_function(self, name: str, function: FunctionType) -> None:
        """Record the globals and the variables of outer functions that a function uses."""
        code, scope = function.__code__, function.__globals__
        if self.codes is not None and code not in self.codes:
            return
        for variable, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            content: Any = MISSING
            with suppress(ValueError):  # the cell is empty
                content = cell.cell_contents
            self.record.hold(variable, cell, None, (content,), -1)
            self.waiting.append((variable, content))
        for defaults in ("__defaults__", "__kwdefaults__"):
            self.waiting.append((f"{name}.{defaults}", getattr(function, defaults)))
        if is_library(str(scope.get("__name__"))):
            return
        names = {name for of, name in names_in(code) if of is None or not _is_installed(of, scope)}
        self.names.update(dict.fromkeys(names))
        if "vars" in globals_in(code) or "__dict__" in names:
            if id(function) in self.methods:
                self.reading.add(self.methods[id(function)])
            else:
                self.everything = True
        self.waiting += [(module, sys.modules.get(module)) for module in imports_in(code)]
        variables = tuple(globals_in(code))
        contents = tuple(scope.get(variable, MISSING) for variable in variables)
        self.record.hold("", scope, variables, contents, -1)
        self.waiting += zip(variables, contents, strict=True)
        if function.__dict__:
            self.add(name, function)

    def visit_items(self, name: str, thing: Any) -> None:
        """Record the items of a container."""
        if size_of(thing) > self.room:
            return
        self.room -= size_of(thing)
        items, contents = items_of(thing), f"the contents of {name}"
        if issubclass(type(thing), dict):
            keys = tuple(dict.keys(thing))
            self.record.hold(contents, thing, keys, items, len(keys))
            self.waiting += [(name, key) for key in keys if type(key) not in PLAIN]
        else:
            keys = tuple(range(len(items)))
            if issubclass(type(thing), list):
                self.record.hold(contents, thing, None, items, -1)
            elif not issubclass(type(thing), (tuple, frozenset)):
                self.room -= READING
                self.record.read(contents, id(thing), lambda: items_of(thing))
        if not PLAIN.issuperset(map(type, items)):
            self.waiting += [(item_name(name, key), item) for key, item in zip(keys, items, strict=True)]

    def visit_object(self, name: str, thing: Any) -> None:
        """Search the special methods of an object's class, such as `__call__`.

        The object's other attributes are recorded later (see `look_up`), when their names have been found in the code.
        """
        kind = class_of(thing)
        if kind.__module__ in ("numpy.random._generator", "numpy.random.mtrand"):
            self.record.generators.append(thing)
        own = attributes_of(thing)
        self.waiting.append((name, own.get("__wrapped__")))  # the function that a decorator has wrapped
        if kind.__name__ in _WRAPPERS and not self.classes(kind):
            self.hold(f"{name}.", own, list(own))
        if kind.__module__.partition(".")[0] == "autograd_core":
            return
        for each in self.classes(kind):
            for key, member in vars(each).items():
                if key.startswith("__") and not isinstance(member, type):
                    self.visit_method(name, each, member)
        if own or self.classes(kind):
            self.add(name, thing)

    def add(self, name: str, thing: Any) -> None:
        """Add an object to those whose attributes are looked up."""
        self.due.append(len(self.objects))
        self.objects.append((name, thing))
        self.looked_up.append(0)

    def look_up(self, name: str, thing: Any, names: list[str]) -> None:
        """Record the attributes of an object that have these names, and search the methods that have them.

        If the code reads the object's dict, all other attributes are recorded too, except plain ones (see `is_plain`).
        For example, `nn.Module` searches the dict for parameters and modules.
        """
        kind = class_of(thing)
        own = attributes_of(thing)
        everything = self.everything or any(each in self.reading for each in self.classes(kind))
        attributes = [key for key in names if key in own]
        if everything:
            attributes += [key for key in own if key not in self.names and not is_plain(own[key])]
        for key in names:
            found = next((each for each in self.classes(kind) if key in vars(each)), None)
            if found is None or key.startswith("__"):
                continue
            member = vars(found)[key]
            if isinstance(member, MemberDescriptorType):
                self.read_slot(f"{name}.{key}", thing, member)
            elif (kind, key) not in self.members:
                self.members.add((kind, key))
                self.read_member(f"{name}.{key}", kind, key)
                self.visit_method(f"{name}.{key}", found, member)
        if type(thing) is ModuleType:
            self.hold(f"{name}.", own, attributes)
        elif thing is not kind:  # code may ask whether an attribute exists, so their number is compared too
            self.hold(f"{name}.", own, attributes, len(own))

    def read_member(self, name: str, kind: type, key: str) -> None:
        """Record an attribute or a method of a class."""
        self.record.read(name, (kind, key), lambda: (of_class(kind, key),))

    def visit_method(self, name: str, kind: type, member: Any) -> None:
        """Search the code of a method, or any other member of a class."""
        code = code_of(member)
        self.methods[id(code)] = kind
        self.waiting.append((name, code))

    def hold(self, prefix: str, holder: dict[str, Any], keys: list[str], size: int = -1) -> None:
        """Record the attributes with these names; messages put `prefix` before a name."""
        things = tuple(holder.get(key, MISSING) for key in keys)
        self.record.hold(prefix, holder, tuple(keys), things, size)
        self.waiting += [(prefix + key, thing) for key, thing in zip(keys, things, strict=True)]

    def read_slot(self, name: str, thing: Any, member: MemberDescriptorType) -> None:
        """Record an attribute that is in a slot (see `__slots__`) and so not in the object's dict."""
        if thing is not class_of(thing):
            self.record.read(name, (id(thing), member), lambda: (in_slot(member, thing),))
            self.waiting.append((name, in_slot(member, thing)))

    def classes(self, kind: type) -> list[type]:
        """Return a class and its base classes, except those that libraries define."""
        if kind not in self.searched:
            self.searched[kind] = [each for each in kind.__mro__ if not is_library(str(each.__module__))]
        return self.searched[kind]


def _is_installed(variable: str, scope: dict[str, Any]) -> bool:
    """Return whether a variable contains a module of a library; "from m" stands for the module `m` (see `names_in`)."""
    module = scope.get(variable)
    name = module.__name__ if type(module) is ModuleType else variable.removeprefix("from ")
    return (type(module) is ModuleType or name != variable) and is_library(name)
