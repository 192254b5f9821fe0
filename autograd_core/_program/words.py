"""Describes the steps in which a program is replayed, for the boxes of a drawing.

A step that is a single operation is described by a formula, and a box of several steps by a few lines of text. A cell
holds one number that steps read or compute.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._drawing.texts import applied, atom, number
from .flow import CONVOLUTION, DOTS, MAP, MATVEC, PRODUCTS, Flow, Step

MOST_TERMS, MOST_LINES = 4, 8


class Names:
    """Names for the cells of a branch: a leaf has its label, and a result is named after the step that computes it.

    `slots` maps the cell of a leaf to the leaf's index; `owners` maps the cell of a result to the index of its step.
    """

    def __init__(self, flow: Flow, labels: Sequence[str], precision: int) -> None:
        self.flow, self.labels, self.precision = flow, labels, precision
        self.slots = {cell: slot for slot, cell in enumerate(flow.leaves)}
        filled = enumerate(range(step.out, step.out + step.results) for step in flow.steps)
        self.owners = {cell: i for i, cells in filled for cell in cells}

    def of(self, cell: int) -> str:
        """Return the name of a cell or, if the cell holds a constant, the constant as text."""
        if (slot := self.slots.get(cell)) is not None:
            return self.labels[slot]
        if (i := self.owners.get(cell)) is None:
            return number(self.flow.constants[cell], self.precision)
        step = self.flow.steps[i]
        return f"v{i + 1}" if step.results == 1 else f"v{i + 1}[{cell - step.out}]"


def formula(step: Step, i: int, names: Names) -> str:
    """Describe what step `i` computes: by a formula if it is a single operation, and otherwise in words."""
    name = f"v{i + 1}"
    if step.results > 1:
        return f"{name}: {said(step)}"
    if step.kind == MAP and step.row is not None:
        return f"{name} = {applied(step.row, [names.of(cell) for cell, _ in step.operands()])}"
    if step.kind in (PRODUCTS, DOTS) and step.terms <= MOST_TERMS:
        return f"{name} = {_sum(step, names)}"
    return f"{name} = {said(step)}"


def _sum(step: Step, names: Names) -> str:
    """Return a step's sum of products as a formula, in which factors of 1 and -1 are written as signs."""
    text = ""
    constants = names.flow.constants
    terms = step.operands()
    if len(terms) == 2 and terms[0][1] < 0 <= terms[1][1] and terms[1][1] not in constants:
        terms = terms[::-1]  # the product comes first
    for cell, factor in terms:
        if factor < 0 and constants.get(cell) == 0.0:
            continue
        sign = constants.get(factor)
        minus = sign == -1.0
        term = atom(names.of(cell)) if factor < 0 or abs(sign or 0.0) == 1.0 else _product(cell, factor, names)
        text = f"{text} {'-' if minus else '+'} {term}" if text else f"-{term}" if minus else term
    return text or "0"


def _product(cell: int, factor: int, names: Names) -> str:
    if cell == factor:
        return f"{names.of(cell)}²"
    return f"{atom(names.of(cell))}·{atom(names.of(factor))}"


def said(step: Step) -> str:
    """Describe a step in a few words."""
    n, terms = step.n, step.terms
    if step.kind == MATVEC:
        return f"{n}×{terms} matrix · vector"
    if step.kind == CONVOLUTION:
        return f"convolution: {n} filter{'s' * (n > 1)} of {terms} at {step.m} positions"
    if step.kind == DOTS:
        return _sums(n, terms + step.inits)
    if step.kind == PRODUCTS:
        return "product" if n == 1 else f"{n:,} products"
    return _times(step.row.name if step.row is not None else "", n)


def _sums(n: int, terms: int) -> str:
    if n == 1:
        return f"sum of {terms:,}"
    return f"{n:,} sums of {terms // n:,}" if terms % n == 0 else f"{n:,} sums of {terms:,} terms in all"


def _times(name: str, n: int) -> str:
    return name if n == 1 else f"{name}, {n:,} times"


def contents(steps: Sequence[Step]) -> list[str]:
    """Describe a box's steps, with one line for each kind; after MOST_LINES kinds, only count the remaining steps."""
    kinds: dict[tuple[int, str], list[Step]] = {}
    for step in _whole(steps):
        kinds.setdefault((step.kind, step.row.name if step.row is not None else ""), []).append(step)
    lines = [said(found[0]) if len(found) == 1 else _together(found) for found in kinds.values()]
    hidden = sum(len(found) for found in list(kinds.values())[MOST_LINES:])
    return lines[:MOST_LINES] + ([f"and {hidden} more step{'s' * (hidden > 1)}"] if hidden else [])


def _whole(steps: Sequence[Step]) -> list[Step]:
    """Combine steps that `Step.alone` made from the same step; return the combined steps and all other steps.

    If some of the original step's results are absent, the combined step is smaller than the original.
    """
    groups: dict[int, list[Step]] = {}
    for step in steps:
        groups.setdefault(id(step.whole or step), []).append(step)
    found = []
    for group in groups.values():
        whole, n = group[0].whole, len(group)
        if whole is None:
            found += group
        elif n == whole.results:
            found.append(whole)
        elif whole.kind == MATVEC:
            found.append(whole._replace(n=n))
        else:
            one = group[0]
            terms = sum(step.terms for step in group) if one.kind == DOTS else one.terms
            found.append(one._replace(n=n, terms=terms, inits=sum(step.inits for step in group)))
    return found


def _together(steps: Sequence[Step]) -> str:
    """Describe several steps of the same kind in a few words."""
    first, n = steps[0], sum(step.n for step in steps)
    if first.kind == DOTS:
        return _sums(n, sum(step.terms + step.inits for step in steps))
    if first.kind in (MATVEC, CONVOLUTION):
        shapes = {said(step) for step in steps}
        what = "matrices · vectors" if first.kind == MATVEC else "convolutions"
        return f"{shapes.pop()}, {len(steps)} times" if len(shapes) == 1 else f"{len(steps)} {what}"
    if first.kind == PRODUCTS:
        return f"{n:,} products"
    return _times(first.row.name if first.row is not None else "", n)
