"""Decides which nodes share a box: the nodes of a folded scope, or corresponding nodes of a repeated computation.

A scope is a named group of nodes, such as one neuron. A repeated computation is, for example, one that is carried out
for each point of a batch. A node reads its operands, and a group of nodes reads the groups to which its nodes' operands
belong. Every function takes time linear in the number of edges. No function is recursive, so a graph may have any
depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from .._operations.operation import PARAMETER
from ..value import Value
from .groups import UNKNOWN, Folding, Graph, Group, Path, Paths


def fold(graph: Graph, *, collapse: int | None, batch: bool, absorb_inputs: bool = False) -> Folding:
    """Divide the nodes of a graph into groups, each of which is drawn as one box.

    A parameter belongs to the innermost scope that contains every node that reads the parameter or, if there is no such
    scope, to the scope in which the parameter was made.

    Args:
        graph: The graph.
        collapse: The depth of the scopes to fold (1 for the outermost scopes), or None to fold no scopes.
        batch: Whether repeated computations are drawn only once.
        absorb_inputs: Whether to put an input that only one folded scope reads into that scope's box, as is always done
            with parameters.
    """
    paths = Paths()
    owner: dict[Value, Group] = {}
    groups: list[Group] = []
    scopes = _Scopes(collapse, groups)
    for unit in _units(graph.order) if batch else [[node] for node in graph.order]:
        node = unit[0]
        path = paths(node)
        group = None if node.op is PARAMETER else scopes.around(path)
        if group is not None:
            run = [other for other in unit if scopes.around(paths(other), make=False) is group]
            group.nodes += run
            if not node.is_leaf:
                group.more = min(group.more, len(unit) // len(run) - 1)
        else:
            group = Group([node], path, None, len(unit) - 1)
            groups.append(group)
        for node in unit:
            owner[node] = group
    for group, home in _homes(groups, owner).items():
        group.path = home or group.path
    if collapse is not None:
        groups = _absorb(groups, owner, absorb_inputs)
        groups = _own_scopes(groups, owner, scopes)
    for group in groups:
        group.more = 0 if group.more == UNKNOWN else group.more
    return Folding(in_order(graph.roots, owner) if batch or collapse is not None else groups, owner)


class _Scopes:
    """The groups for folded scopes, one for each time a scope was entered.

    A group is created when `fold` reaches the first node of its scope.
    """

    def __init__(self, collapse: int | None, groups: list[Group]) -> None:
        self._collapse = collapse
        self._groups = groups
        self._made: dict[int, Group] = {}

    def around(self, path: Path, make: bool = True) -> Group | None:
        """Return the group of the folded scope on a path, which lists the scopes around a node.

        If no scope on the path is folded, return None. If the folded scope has no group yet, create one if `make` is
        true, and otherwise return None.
        """
        if self._collapse is None or len(path) < self._collapse:
            return None
        place = path[self._collapse - 1]
        group = self._made.get(id(place))
        if group is None and make:
            group = self._made[id(place)] = Group([], path[: self._collapse - 1], place, UNKNOWN)
            self._groups.append(group)
        return group


def _own_scopes(groups: list[Group], owner: dict[Value, Group], scopes: _Scopes) -> list[Group]:
    """Move each parameter that `_absorb` left in a separate group into the folded scope that it belongs to, if any."""
    kept = []
    for group in groups:
        home = None
        if group.scope is None and group.nodes[0].op is PARAMETER:
            home = scopes.around(group.path)
        if home is None:
            kept.append(group)
        else:
            home.nodes += group.nodes
            owner[group.nodes[0]] = home
            if len(home.nodes) == 1:
                kept.append(home)
    return kept


def _units(order: Sequence[Value]) -> list[list[Value]]:
    """Divide the nodes into units; the nodes of one unit compute the same thing from different inputs.

    The first node of a unit represents the unit. Two computed nodes are in the same unit if they have the same
    operation, their scopes have the same names, and their operands are in the same units. In this comparison, all
    inputs count as equal, but a parameter equals only itself. The corresponding nodes for the points of a batch are
    therefore in the same unit, since all points share the weights. The sums of a running total (s = s + l, computed for
    one repeat of l after another) form one unit, which the last sum represents. Two inputs are in the same unit if
    nodes of the same units read them at the same operand positions.
    """
    kinds: dict[object, int] = {}
    kind: dict[Value, int] = {}
    chains: set[int] = set()
    readers: dict[Value, list[tuple[int, int]]] = {}
    scopes: dict[int, tuple[str, ...]] = {}
    for node in order:
        if node.is_leaf:
            kind[node] = -1 if node.op is not PARAMETER else kinds.setdefault(node, len(kinds))
            continue
        place = id(node._place)
        if place not in scopes:
            scopes[place] = node.scope
        operands = tuple(kind[x] if type(x) is Value else -2 for x in node.operands)
        key: object = (node.op, scopes[place], operands)
        if (total := _total(node, scopes[place], operands, kinds, chains)) is not None:
            key = total
        kind[node] = kinds.setdefault(key, len(kinds))
        if total is not None:
            chains.add(kind[node])
        for index, x in enumerate(node.operands):
            if type(x) is Value and kind[x] == -1:
                readers.setdefault(x, []).append((kind[node], index))
    for leaf, read in readers.items():
        kind[leaf] = kinds.setdefault(frozenset(read), len(kinds))
    units: dict[int, list[Value]] = {}
    for node in order:
        units.setdefault(kind[node], []).append(node)
    for known, unit in units.items():
        if known in chains:
            unit.reverse()
    return list(units.values())


def _total(
    node: Value, scope: tuple[str, ...], operands: tuple[int, ...], kinds: dict[object, int], chains: set[int]
) -> object:
    """Return a key for the running total (s = s + l for each repeat of l) that `node` belongs to, or None."""
    if len(operands) != 2 or operands[1] < 0 or node.operands[0] is node.operands[1]:
        return None
    key = ("total", node.op, scope, operands[1])
    first = operands[0]
    if first in chains:
        return key if kinds.get(key) == first else None
    x = node.operands[1]
    if type(x) is not Value or x.is_leaf:
        return None
    return key if first in (-2, operands[1]) else None


def _homes(groups: list[Group], owner: dict[Value, Group]) -> dict[Group, Path]:
    """Return, for each parameter, the path of the innermost scope that contains every node that reads the parameter."""
    homes: dict[Group, Path] = {}
    for group in groups:
        path = group.path if group.scope is None else (*group.path, group.scope)
        for node in group.nodes:
            for x in node.operands:
                if type(x) is not Value or x.op is not PARAMETER:
                    continue
                leaf = owner[x]
                if leaf not in homes:
                    homes[leaf] = path
                elif homes[leaf] is not path:
                    same = takewhile(lambda pair: pair[0] is pair[1], zip(homes[leaf], path, strict=False))
                    homes[leaf] = tuple(a for a, _ in same)
    return homes


def _absorb(groups: list[Group], owner: dict[Value, Group], inputs: bool) -> list[Group]:
    """Move each parameter that only one folded scope reads into that scope's group.

    If `inputs` is true, do the same with inputs.
    """
    reader: dict[Group, Group | None] = {}
    for group in groups:
        for node in group.nodes:
            for x in node.operands:
                if type(x) is Value and x.is_leaf:
                    leaf = owner[x]
                    reader[leaf] = group if reader.get(leaf, group) is group and group.scope is not None else None
    moved: dict[Group, Group] = {}
    for group in groups:
        home = reader.get(group)
        if group.scope is None and home is not None and (inputs or group.nodes[0].op is PARAMETER):
            home.absorbed += group.nodes
            moved[group] = home
    for node, group in owner.items():
        if group in moved:
            owner[node] = moved[group]
    return [group for group in groups if group not in moved]


def below(group: Group, owner: dict[Value, Group]) -> Iterator[Group]:
    """Yield the groups that a group reads, in the order of its nodes' operands."""
    for node in group.nodes:
        for x in node.operands:
            if type(x) is Value and owner[x] is not group:
                yield owner[x]


def in_order(roots: Sequence[Value], owner: dict[Value, Group]) -> list[Group]:
    """Return the groups of the roots and all groups that they depend on, in topological order.

    If folded scopes depend on each other in a cycle, no topological order exists, and the order returned is arbitrary.
    A group is left out if only undrawn repeats of a computation read it.
    """
    order: list[Group] = []
    seen: set[Group] = set()
    for root in (owner[x] for x in roots):
        path = [] if root in seen else [(root, below(root, owner))]
        seen.add(root)
        while path:
            group, rest = path[-1]
            following = next((g for g in rest if g not in seen), None)
            if following is None:
                order.append(group)
                path.pop()
            else:
                seen.add(following)
                path.append((following, below(following, owner)))
    return order


def outputs(graph: Graph, folding: Folding) -> dict[Group, Value]:
    """Return the output of each folded scope: the one computed node used outside the scope, if there is exactly one."""
    owner = folding.owner
    inside = {node for group in folding.groups if group.scope is not None for node in group.nodes}
    read: dict[Group, set[Value]] = {}
    for root in graph.roots:
        read.setdefault(owner[root], set()).add(root)
    for node in graph.order if inside else ():
        for x in node.operands:
            if type(x) is Value and owner[x] is not owner[node]:
                read.setdefault(owner[x], set()).add(x)
    found = {group: nodes & inside for group, nodes in read.items()}
    return {group: only for group, nodes in found.items() if len(nodes) == 1 for only in nodes if not only.is_leaf}


# --- Cycles: the stepper needs the boxes in topological order, which a cycle makes impossible -----------------


def circular(folding: Folding) -> set[Group]:
    """Return the groups that are part of a cycle.

    These are the groups in strongly connected components of more than one group, found by Tarjan's algorithm.
    """
    number: dict[Group, int] = {}
    lowest: dict[Group, int] = {}
    stack: list[Group] = []
    on_stack: set[Group] = set()
    found: set[Group] = set()
    for start in folding.groups:
        if start in number:
            continue
        path = [(start, below(start, folding.owner))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        on_stack.add(start)
        while path:
            group, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[group])
                if lowest[group] == number[group]:
                    found |= _component(group, stack, on_stack)
            elif following not in number:
                number[following] = lowest[following] = len(number)
                stack.append(following)
                on_stack.add(following)
                path.append((following, below(following, folding.owner)))
            elif following in on_stack:
                lowest[group] = min(lowest[group], number[following])
    return found


def _component(group: Group, stack: list[Group], on_stack: set[Group]) -> set[Group]:
    """Pop a component off the stack and return it, or an empty set if the component is a single group."""
    component = set()
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.add(member)
        if member is group:
            return component if len(component) > 1 else set()


def opened(graph: Graph, folding: Folding, groups: set[Group]) -> Folding:
    """Return a copy of the folding in which each node of `groups` gets a separate box.

    If `groups` contains all groups that are part of a cycle, the boxes can then be put in topological order.
    """
    paths = Paths()
    owner = dict(folding.owner)
    for node in graph.order:
        if owner[node] in groups:
            owner[node] = Group([node], paths(node))
    return Folding(in_order(graph.roots, owner), owner)
