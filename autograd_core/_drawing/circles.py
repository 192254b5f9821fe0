"""Finds and undoes foldings in which groups depend on each other in a circle, since the stepper needs an order."""

from __future__ import annotations

from .fold import below, in_order
from .groups import Folding, Graph, Group, Paths


def circular(folding: Folding) -> set[Group]:
    """Return the groups that depend on each other, directly or indirectly: Tarjan's strongly connected components."""
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
    """Pop a component off the stack; return an empty set if it is a single group."""
    component = set()
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.add(member)
        if member is group:
            return component if len(component) > 1 else set()


def opened(graph: Graph, folding: Folding, groups: set[Group]) -> Folding:
    """Return the folding without these groups, whose nodes get a box each.

    The rest can be ordered, since any circle left in it would have been found before.
    """
    paths = Paths()
    owner = dict(folding.owner)
    for node in graph.order:
        if owner[node] in groups:
            owner[node] = Group([node], paths(node))
    return Folding(in_order(graph.roots, owner), owner)
