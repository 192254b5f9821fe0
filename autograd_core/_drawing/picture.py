"""The class Picture: a graph as boxes and edges, which `dot.py` and the stepper draw.

A scope is a named part of a graph, such as one neuron, and a folded scope is drawn as a single box. A group is what one
box represents: a folded scope, a single node, or the corresponding nodes of a repeated computation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

from .._operations.operation import PARAMETER
from ..backward import discovered_all
from ..errors import GraphError
from ..graph import assigned_since, toposort
from ..value import Value
from .boxes import Box, Edge, tell_apart
from .fold import circular, fold, opened, outputs
from .groups import Folding, Graph, Group
from .options import Options
from .palette import largest
from .texts import applied, counted, number

Outputs = Value | Sequence[Value]
MOST_OPERATIONS = 4
MOST_DEPTHS = 6


@dataclass(eq=False)
class Picture:
    """The boxes in topological order, the edges in the order of their targets, and the nodes that the boxes represent.

    `owner` maps each node to its group, `of` maps each group to its box, and `total` is the number of nodes in the
    graph. `incoming` maps each box to the edges from its operands, in the order of the operands.
    """

    boxes: list[Box]
    edges: list[Edge]
    options: Options
    total: int
    of: dict[Group, Box]
    owner: dict[Value, Group]
    incoming: dict[Box, list[Edge]] = field(init=False)

    def __post_init__(self) -> None:
        self.incoming = {box: [] for box in self.boxes}
        for edge in self.edges:
            self.incoming[edge.target].append(edge)

    def box(self, node: Value) -> Box:
        """Return the box that represents a node."""
        return self.of[self.owner[node]]

    @cached_property
    def top(self) -> float:
        """The largest magnitude among the gradients that boxes show."""
        return largest(node.grad for box in self.boxes if (node := box.node) is not None and node.has_grad)

    @cached_property
    def top_norm(self) -> float:
        """The largest gradient norm that the box of a folded scope shows."""
        folded = (box.group for box in self.boxes if box.group is not None and box.node is None)
        return largest(gradient_norm(group) or 0.0 for group in folded)

    @property
    def note(self) -> str:
        """The caption of a folded picture; empty if nothing is folded."""
        return f"{self.total:,} nodes in {len(self.boxes):,} boxes" if len(self.of) < self.total else ""


def picture(y: Outputs, options: Options) -> Picture:
    """Return a picture of the graph of `y`, folded as the options specify; the picture may be of any size."""
    graph = graph_of(y)
    return _pictured(graph, fold(graph, **next(_ways(graph, options))), options)


def fitting(y: Outputs, options: Options, max_nodes: int) -> Picture:
    """Return a picture of the graph of `y` with at most `max_nodes` boxes.

    The graph is folded as the options specify, or further if that would leave too many boxes.

    Raises:
        GraphError: Too many boxes are left even if the graph is folded as far as possible.
    """
    graph = graph_of(y)
    return _first_fitting(graph, (fold(graph, **way) for way in _ways(graph, options)), options, max_nodes)


def fitting_in_order(graph: Graph, options: Options, max_nodes: int) -> Picture:
    """Return a picture as `fitting` does, but with boxes in topological order: no folded scopes form a cycle.

    If repeated calls share results, drawing all calls as one box can create a cycle; each call is then folded into a
    separate box. Scopes that still form cycles are not folded.
    """
    return _first_fitting(graph, _foldings_in_order(graph, options), options, max_nodes)


def _first_fitting(graph: Graph, foldings: Iterator[Folding], options: Options, max_nodes: int) -> Picture:
    sizes = []
    for folding in foldings:
        if folding.size <= max_nodes:
            return _pictured(graph, folding, options)
        sizes.append(folding.size)
    raise GraphError(
        f"this graph has {len(graph.order):,} nodes, and {min(sizes):,} boxes even when folded as far as possible, "
        f"which is more than max_nodes = {max_nodes}. To fix this, name its parts with autograd_core.scope(…), so "
        "that each can be folded into one box; draw an inner node or a smaller batch; increase max_nodes (and "
        "time_limit); or write only the source with to_dot, which has no limit"
    )


def graph_of(y: Outputs) -> Graph:
    """Return the graph of one output, or of several outputs in a list or tuple."""
    if type(y) is Value:
        return Graph(toposort(y), [y])
    if not isinstance(y, list | tuple) or not y or any(type(x) is not Value for x in y):
        what = "a Value or of a list of Values"
        raise TypeError(f"only the graph of {what} can be drawn; got {y!r} of type {type(y).__name__}")
    roots = list(dict.fromkeys(y))
    return Graph(discovered_all(roots)[0], roots)


class _Way(TypedDict):
    """One way to fold a graph: the arguments of `fold`."""

    collapse: int | None
    batch: bool
    absorb_inputs: bool


def _ways(graph: Graph, options: Options) -> Iterator[_Way]:
    """Yield the requested way to fold the graph, then coarser and coarser ways that the options permit."""
    batch = options.collapse is not None if options.batch is None else options.batch
    yield _Way(collapse=options.collapse, batch=batch, absorb_inputs=False)
    if options.batch is None and not batch:
        yield _Way(collapse=None, batch=True, absorb_inputs=False)
    batch = options.batch is not False
    depth = max(len(node.scope) for node in graph.order)
    if options.collapse is not None:
        depth = min(depth, options.collapse)
    while depth:
        yield _Way(collapse=depth, batch=batch, absorb_inputs=False)
        yield _Way(collapse=depth, batch=batch, absorb_inputs=True)
        depth = depth - 1 if depth <= MOST_DEPTHS else depth // 2  # a recursive function may nest thousands of scopes


def _foldings_in_order(graph: Graph, options: Options) -> Iterator[Folding]:
    for way in _ways(graph, options):
        asked = fold(graph, **way)
        groups = circular(asked)
        if not groups:
            yield asked
            continue
        if options.batch is None and way["batch"] and way["collapse"] is not None:
            way["batch"] = False
            asked = fold(graph, **way)
            groups = circular(asked)
        yield opened(graph, asked, groups) if groups else asked


def _pictured(graph: Graph, folding: Folding, options: Options) -> Picture:
    roots = {folding.owner[root] for root in graph.roots}
    of_scopes = outputs(graph, folding)
    stale = {leaf for node in graph.order for leaf in assigned_since(node)}
    boxes: list[Box] = []
    constants: dict[Box, dict[int, Box]] = {}
    of: dict[Group, Box] = {}
    count = 0
    for group in folding.groups:
        own = _constants(group, count, options)
        boxes += own.values()
        apart = options.operations == "apart" and group.scope is None and not group.nodes[0].is_leaf
        count += len(own) + apart  # an operation drawn apart from its result has the number before the result's
        box = _box(group, count, group in roots, stale)
        box.output = of_scopes.get(group)
        count += 1
        if own:
            constants[box] = own
        of[group] = box
        boxes.append(box)
    tell_apart(boxes)
    edges: list[Edge] = []
    for group, box in of.items():
        if group.scope is None:
            edges += _edges(box, group.nodes[0], constants.get(box, {}), folding.owner, of)
        else:
            edges += _folded_edges(box, group, folding.owner, of)
    return Picture(boxes, edges, options, len(graph.order), of, folding.owner)


def _constants(group: Group, start: int, options: Options) -> dict[int, Box]:
    """Return a box for each plain number among a node's operands, keyed by the operand's index."""
    if group.scope is not None:
        return {}
    plain = [(i, x) for i, x in enumerate(group.nodes[0].operands) if type(x) is float]
    return {
        i: Box(start + k, "constant", number(x, options.precision), group.path, None, x)
        for k, (i, x) in enumerate(plain)
    }


def _box(group: Group, count: int, root: bool, stale: set[Value]) -> Box:
    node = group.nodes[0]
    is_stale = any(x in stale for x in (*group.nodes, *group.absorbed))
    if group.scope is not None:
        return Box(count, "folded", str(group.scope.name), group.path, group, root=root, stale=is_stale)
    kind = "computed" if not node.is_leaf else "parameter" if node.op is PARAMETER else "input"
    return Box(count, kind, node.label or "", group.path, group, root=root, stale=is_stale)


def _edges(
    box: Box, node: Value, constants: dict[int, Box], owner: dict[Value, Group], of: dict[Group, Box]
) -> Iterator[Edge]:
    """Yield one edge for each operand of a node; operands that the same box represents share an edge."""
    upstream = node.grad if node.has_grad else None
    stale = assigned_since(node)
    repeated: dict[Box, Edge] = {}
    for index, (x, local) in enumerate(zip(node.operands, node.local_derivatives, strict=True)):
        if type(x) is not Value:
            yield Edge(constants[index], box, index)
            continue
        source = of[owner[x]]
        if source is box:
            continue
        if source in repeated:
            repeated[source].more += 1
            if source.kind == "folded":  # the edge stands for several results, which have different derivatives
                repeated[source].local = repeated[source].upstream = None
            continue
        edge = Edge(source, box, index, local, upstream, stale=any(x is leaf for leaf in stale))
        if source.more or source.kind == "folded":
            repeated[source] = edge
        yield edge


def _folded_edges(box: Box, group: Group, owner: dict[Value, Group], of: dict[Group, Box]) -> list[Edge]:
    """Return the edges into the box of a folded scope: one from each box that the scope reads."""
    found: dict[Box, Edge] = {}
    for node in group.nodes:
        for x in node.operands:
            if type(x) is not Value or (source := of[owner[x]]) is box:
                continue
            if source in found:
                found[source].more += 1
            else:
                found[source] = Edge(source, box, len(found))
    return list(found.values())


def formula(picture: Picture, box: Box) -> str:
    """Return the formula of a computed box: the operation applied to the names of its operands."""
    node = box.node
    if node is None or node.is_leaf:
        return ""
    drawn = {edge.index: edge.source.short for edge in picture.incoming[box]}
    if node.op.arity is None:
        left_out = len(node.operands) - len(drawn)
        return applied(node.op, [*drawn.values(), *([f"… {left_out} more"] if left_out else [])])
    names = []
    for index, x in enumerate(node.operands):
        if index not in drawn and type(x) is Value:  # x shares an edge, or is an earlier partial sum of a running total
            drawn[index] = source.short if (source := picture.box(x)) is not box else "…"
        names.append(drawn[index])
    return applied(node.op, names)


def summary(group: Group) -> list[str]:
    """Return lines that count a folded scope's operations, the most frequent first, and its parameters."""
    times_of = Counter(node.op.name for node in group.nodes if not node.is_leaf)
    lines = [f"{times} × {name}" if times > 1 else name for name, times in times_of.most_common()]
    if len(lines) > MOST_OPERATIONS:
        lines[MOST_OPERATIONS:] = [f"… {len(lines) - MOST_OPERATIONS} more"]
    parameters = parameters_of(group)
    return [*([", ".join(lines)] if lines else []), *([counted(parameters, "parameter")] if parameters else [])]


def parameters_of(group: Group) -> list[Value]:
    """Return the parameters in a folded scope."""
    return [node for node in (*group.nodes, *group.absorbed) if node.op is PARAMETER]


def measured(group: Group) -> list[Value]:
    """Return the nodes whose gradients make up a folded scope's norm: its parameters, or its results if it has none."""
    return parameters_of(group) or [node for node in group.nodes if not node.is_leaf]


def gradient_norm(group: Group) -> float | None:
    """Return the norm of the gradients of the `measured` nodes, or None if no backward sweep has set any of them."""
    gradients = [node.grad for node in measured(group) if node.has_grad]
    return math.hypot(*gradients) if gradients else None
