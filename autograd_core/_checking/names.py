"""The names of coordinates (the derivatives to check), and the groups from which coordinates are sampled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .._transforms.kinds import kind_of
from .._transforms.trees import is_array, passes
from ..value import Value


def path_of(leaf: Value) -> str:
    """Return a leaf's label, preceded by the leaf's scopes, because a network may have many weights labelled w1."""
    return "/".join((*leaf.scope, leaf.label)) if leaf.label else ""


def stem(label: str) -> str:
    """Return a label without trailing numbers, so that 'w[3]' and 'w[4]' form one group."""
    return re.sub(r"[\s\d\[\](),._-]+$", "", label) or label


def named(thing: Any, path: str, group: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the group of each number in a structure, in the same order as `flatten`."""
    kind = kind_of(thing)
    if kind is not None:
        for key, part in zip(*kind.open(thing), strict=True):
            indexed = type(key) is int and kind.family != "mapping"
            name = f"{path or 'x'}{kind.place(key)}" if path or indexed else str(key)
            own = name if not indexed or kind_of(part) or is_array(part) else ""
            yield from named(part, name, group or own)
    elif is_array(thing) and thing.ndim:
        for index in _indices(thing.shape):
            yield f"{path or 'x'}[{', '.join(map(str, index))}]", group
    elif not passes(thing):
        yield path, group


def _indices(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    if not shape:
        yield ()
        return
    for i in range(shape[0]):
        for rest in _indices(shape[1:]):
            yield (i, *rest)
