"""How graphs are pickled: every node keeps its identity within one pickle, and nothing recurses.

The first node of a graph to be pickled is stored with all the nodes below it, flattened into one `Chunk`. A node of the
same graph that is pickled later is stored as an index into that chunk or, if the chunk does not contain it, with
another chunk of the nodes that are new. So the size of a pickle is proportional to the number of distinct nodes in it,
however many of them are roots.

To do this, we must know which nodes a pickle already contains. But when `pickle` calls `__reduce__`, it does not tell
us which pickle it is writing. All we know is that, within one pickle, `pickle` reduces each object only once (that is,
calls its `__reduce__`), refers back to the object from then on, and keeps it alive. So each pickle contains a
`_Session`, which knows the nodes in that pickle, and every node that is pickled adds a new `_Token` of that session. To
reduce a node, we list the latest token of every living session. If `pickle` then reduces a token, the token was not yet
in this pickle. Of the tokens that are not reduced, the newest belongs to this pickle's session: a token of another
session can be in this pickle only because we listed it earlier, and right after that, this pickle's session made a
newer token. A session dies with its pickle, even if pickling fails.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from ..value import Value
from .copying import contents, fill, is_segment, leaf_from, nodes_from, ordered
from .flat import Numbers, operands_of

Reduced = tuple[Callable[..., Any], tuple[Any, ...]]


def reduced(node: Value) -> Reduced:
    """Return how to pickle a node: a leaf by its numbers, a computed node by its position in a chunk."""
    if node.is_leaf:
        return leaf_from, (node._row, node._data, node._label, node._grad, node.scope, node._stamp)
    question = _Question({session.token: session for session in _alive()})
    if not question.held:
        return _new_session().written(node)
    return answered, (question, *question.held, _Answer(node, question))


class Chunk:
    """Nodes that entered a pickle together."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: list[Value]) -> None:
        self.nodes = nodes

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], Any]:
        # The contents of checkpoints may refer to this chunk, so they are restored only after the chunk exists.
        held = {i: contents(node) for i, node in enumerate(self.nodes) if is_segment(node)}
        return chunk_from, _tables(self.nodes), held or None

    def __setstate__(self, held: dict[int, dict[str, Any]]) -> None:
        for i, things in held.items():
            fill(self.nodes[i], things)


def chunk_from(outside: list[Value], program: dict[str, Any]) -> Chunk:
    """Rebuild a chunk from its tables and the outside nodes that it refers to."""
    return Chunk(nodes_from(outside, program))


def node_of(session: None, token: None, chunk: Chunk, at: int) -> Value:
    """Return a computed node from its chunk."""
    return chunk.nodes[at]


def answered(*things: Any) -> Any:
    """Return the last of `things`; the others were listed only so that `pickle` would reduce them."""
    return things[-1]


def nothing() -> None:
    """Return None, in place of an object that only matters while a pickle is being written."""


def _tables(nodes: list[Value]) -> tuple[list[Value], dict[str, Any]]:
    """Return the outside nodes that `nodes` refer to, and a dict of columns that hold everything else about `nodes`."""
    own = set(nodes)
    operands, starts = operands_of(nodes)
    outside = list(dict.fromkeys([x for x in operands if type(x) is Value and x not in own]))
    flat = Numbers(outside).flat(nodes, operands, starts)
    program = {
        "rows": flat.rows,
        "code": _column(flat.code),
        "starts": _column(flat.starts),
        "operands": _column(flat.operands),
        "constants": _column(flat.constants),
        "data": _column([node._data for node in nodes], "d"),
        "stamps": _column([node._stamp for node in nodes], "q"),
        "locals": _column([0.0 if d is None else d for node in nodes for d in node._slopes], "d"),
        "grads": {i: node.grad for i, node in enumerate(nodes) if node.has_grad},
        "labels": {i: node.label for i, node in enumerate(nodes) if node.label is not None},
        "scopes": {i: node.scope for i, node in enumerate(nodes) if node._place.parent is not None},
    }
    return outside, {name: column for name, column in program.items() if column}


def _column(numbers: Sequence[Any], code: str = "i") -> Sequence[Any]:
    """Return the numbers as an array if an array pickles to fewer bytes than a list: even an empty array takes 30."""
    if len(numbers) <= 16:
        return list(numbers)
    return numbers if isinstance(numbers, array) else array(code, numbers)


class _Session:
    """The contents of one pickle: its chunks, and the number of each node, counted through all chunks."""

    __slots__ = ("__weakref__", "chunks", "index", "starts", "token")

    def __init__(self) -> None:
        self.index: dict[Value, int] = {}
        self.chunks: list[Chunk] = []
        self.starts: list[int] = []
        self.token = _Token()

    def written(self, node: Value) -> Reduced:
        """Return how to pickle a computed node, together with the objects that will identify this session later."""
        if node not in self.index:
            self._take([x for x in ordered(node, self._is_there) if not x.is_leaf])
        at = self.index[node]
        chunk = bisect_right(self.starts, at) - 1
        self.token = _Token()
        return node_of, (self, self.token, self.chunks[chunk], at - self.starts[chunk])

    def _is_there(self, node: Value) -> bool:
        return node in self.index or node.is_leaf

    def _take(self, nodes: list[Value]) -> None:
        self.starts.append(len(self.index))
        self.chunks.append(Chunk(nodes))
        self.index.update(zip(nodes, count(len(self.index))))

    def __reduce__(self) -> Reduced:
        return nothing, ()


class _Token:
    """An object that is in only one pickle, until a `_Question` brings it into another."""

    __slots__ = ("number",)
    _numbers = count()

    def __init__(self) -> None:
        self.number = next(self._numbers)

    def __reduce__(self) -> Reduced:
        if _asking.question is not None:
            _asking.question.held.pop(self, None)
        return nothing, ()


class _Question:
    """An object that finds out which tokens, out of a given set, are already in the pickle that is being written."""

    __slots__ = ("before", "held")

    def __init__(self, held: dict[_Token, _Session]) -> None:
        self.held = held

    def __reduce__(self) -> Reduced:
        self.before, _asking.question = _asking.question, self  # another pickle may start in the meantime
        return nothing, ()


class _Answer:
    """A node to be pickled once the preceding question has been answered."""

    __slots__ = ("node", "question")

    def __init__(self, node: Value, question: _Question) -> None:
        self.node = node
        self.question = question

    def __reduce__(self) -> Reduced:
        held = self.question.held
        _asking.question = self.question.before
        session = held[max(held, key=lambda token: token.number)] if held else _new_session()
        self.question.held = {}  # the pickle keeps the question alive, but must not keep other sessions alive
        return session.written(self.node)


class _Asking(threading.local):
    question: _Question | None = None


_asking = _Asking()
_living: WeakValueDictionary[int, _Session] = WeakValueDictionary()


def _alive() -> Iterable[_Session]:
    return [session for reference in _living.valuerefs() if (session := reference()) is not None]


def _new_session() -> _Session:
    session = _Session()
    _living[id(session)] = session
    return session


setattr(Value, "__reduce__", reduced)  # noqa: B010  # a type checker rejects the plain assignment
