"""Prints local derivatives as formulas, from an operation's templates or, if it has none, its derivative function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._drawing.texts import atom, filled, number
from ..context import record
from ..value import Value

LONGEST = 60


class Formulas:
    """Prints ∂result/∂operand for the nodes of a graph; a derivative function is called at most once for each node."""

    def __init__(self, precision: int) -> None:
        self.precision = precision
        self._slopes: dict[Value, Sequence[Any]] = {}

    def __call__(self, node: Value, index: int, names: Sequence[str], result: str) -> str:
        """Return ∂result/∂operand for the operand at `index`; `names` are the operands' names, `result` the result's.

        The text is empty if the derivative is unknown or its formula would be too long.
        """
        templates = node.op.derivative_formulas
        if templates and len(templates) == len(names):
            named = [atom(name) for name in names]
            return filled(self._template(node, templates[index]), named[0], named[-1], atom(result))
        if node not in self._slopes:
            self._slopes[node] = _slopes(node)
        slopes = self._slopes[node]
        known = {node: result} | {x: name for x, name in zip(node.operands, names, strict=True) if type(x) is Value}
        text = "" if not slopes else _printed(slopes[index], known, self.precision)
        return text if len(text) <= LONGEST else ""

    def _template(self, node: Value, template: str) -> str:
        """Return a template, with the exponent y - 1 evaluated if y is a plain number: 2·x, not 2·x^(2 - 1)."""
        power, y = " ** ({y} - 1)", node.operands[-1]
        if power not in template or type(y) is not float:
            return template
        if y in (0.0, 1.0):
            return number(y, self.precision)
        left = "" if y == 2.0 else filled("{x} ** {y}", "", atom(number(y - 1, self.precision)))
        return template.replace(power, left)


def _slopes(node: Value) -> Sequence[Any]:
    """Return the local derivatives as graphs, by calling the derivative function on the operands as Values."""
    try:
        with record():
            return node.op.slopes(node.operands, node)
    except Exception:  # a user's derivative function may not support Values; then there is no formula
        return ()


def _printed(slope: Any, known: Mapping[Value, str], precision: int) -> str:
    """Print the graph of a local derivative as one expression over the names in `known`."""
    if type(slope) is not Value:
        return number(float(slope), precision)
    texts: dict[Value, str] = dict(known)
    waiting = [slope]
    while waiting:
        node = waiting[-1]
        missing = [x for x in node.operands if type(x) is Value and x not in texts]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if node in texts:
            continue
        if node.is_leaf or node.op.arity is None or not node.op.public:
            return ""
        parts = [texts[x] if type(x) is Value else number(x, precision) for x in node.operands]
        if not node.op.formula.startswith(node.op.name):
            parts = [atom(part) for part in parts]
        texts[node] = filled(node.op.formula, parts[0], parts[-1])
        if node.op.operator == "mul" and "1" in parts:  # prefix and suffix products start from 1, which is not printed
            texts[node] = parts[1] if parts[0] == "1" else parts[0]
        if len(texts[node]) > LONGEST:
            return ""
    return texts[slope]
