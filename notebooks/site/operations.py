"""Make the reference page of operations: a table of them all, and an entry with an example for each function."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from itertools import product

import autograd_core
from autograd_core import TABLE, Operation, Value

WIDTH, HEIGHT, SPAN = 96, 64, 3.0
POINTS = ((0.5,), (1.5,), (1.5, 2.0))
HEADINGS = ("operation", "value", "derivative", "defined for", "at special points", "picture")
LISTS = {
    "sum": "([x, y])", "mean": "([x, y])", "prod": "([x, y])", "norm": "([x, y])", "logsumexp": "([x, y])",
    "dot": "([x, y], [3.0, 4.0])", "where": "(x < y, x, y)",
}  # fmt: skip  # one table


def page() -> str:
    """Return the page in Markdown."""
    rows = [row for row in TABLE.values() if row.public and row.arity != 0 and row.name != "checkpoint"]
    head = "".join(f"<th>{heading}</th>" for heading in HEADINGS)
    body = "\n".join(table_row(row) for row in rows)
    entries = "\n".join(entry(row) for row in rows if hasattr(autograd_core, row.name))
    return f"""# Operations

Each operation takes `Value`s and plain numbers. In the pictures, the solid line is the value of the operation, and the
dashed line is the derivative with respect to *x*; the operand *y* has its default value, or is 2 if it has no default.
Each derivative is accurate to 4 units in the last place over the whole domain.

```{{raw}} html
<div class="operations"><table><thead><tr>{head}</tr></thead><tbody>
{body}
</tbody></table></div>
```

## Functions

```{{eval-rst}}
{entries}

.. autofunction:: autograd_core.softmax
.. autofunction:: autograd_core.log_softmax
.. autofunction:: autograd_core.max
.. autofunction:: autograd_core.min
.. autofunction:: autograd_core.take
```
"""


def table_row(row: Operation) -> str:
    """Return the row of the HTML table for one operation."""
    name = html.escape(row.name)
    if hasattr(autograd_core, row.name):
        name = f'<a href="#autograd_core.{name}">{name}</a>'
    names = {"x": "x", "y": "y", "z": row.formula.format(x="x", y="y")}
    slopes = (f"∂{x}: {formula.format(**names)}" for x, formula in zip("xy", row.derivative_formulas, strict=False))
    cells = (
        name,
        code(names["z"]) if row.arity else html.escape(row.doc),
        "<br>".join(map(code, slopes)),
        html.escape(row.domain.text),
        "<br>".join(map(code, edges(row))),
        picture(row),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def code(text: str) -> str:
    """Return a text, marked as code in HTML."""
    return f"<code>{html.escape(text)}</code>"


def edges(row: Operation) -> list[str]:
    """Return lines with the operation's value and derivatives at its special points, as the engine computes them."""
    if row.arity is None:
        return []
    special = sorted({*row.domain.special, *([0.0] if row.kinks else [])})
    told = []
    for point in product(special, repeat=row.arity):
        if row.domain.contains(*point) and (not row.kinks or any(kink(*point) == 0 for kink in row.kinks)):
            z = row.value(*point)
            slopes = ", ".join(f"{slope + 0.0:.4g}" for slope in row.slopes(point, z))
            told.append(f"({', '.join(f'{x:.4g}' for x in point)}): {z:.4g}, ∂ {slopes}")
    return told[:4]


def picture(row: Operation) -> str:
    """Return a picture with the curve of an operation and, dashed, the curve of its derivative."""
    if row.arity is None or row.name in ("polygamma", "where"):
        return ""

    def value(x: float) -> float:
        return row.value(*point(x))

    def slope(x: float) -> float:
        return float(row.slopes(point(x), row.value(*point(x)))[0])

    def point(x: float) -> tuple[float, ...]:
        return (x, row.default or 2.0)[: row.arity]

    inside = row.domain.contains
    curves = (path(slope, lambda x: inside(*point(x)), 'stroke-dasharray="3 2" opacity=".7"'),
              path(value, lambda x: inside(*point(x)), 'stroke-width="1.6"'))  # fmt: skip  # two alike
    axes = f'<path d="M0 {HEIGHT / 2}H{WIDTH}M{WIDTH / 2} 0V{HEIGHT}" stroke-width=".4"/>'
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{html.escape(row.name)} and its derivative" '
        f'fill="none" stroke="currentColor">{axes}{"".join(curves)}</svg>'
    )


def path(function: Callable[[float], float], inside: Callable[[float], bool], style: str) -> str:
    """Return the SVG path of a function's curve over [-3, 3], with gaps where it jumps or leaves the picture."""
    pieces: list[str] = []
    last = math.inf
    for i in range(WIDTH + 1):
        x = SPAN * (2 * i / WIDTH - 1)
        y = function(x) if inside(x) else math.inf
        if abs(y) <= SPAN:
            joined = abs(y - last) < 0.8
            pieces.append(f"{'L' if joined else 'M'}{i} {HEIGHT / 2 * (1 - y / SPAN):.1f}")
        last = y if abs(y) <= SPAN else math.inf
    return f'<path d="{"".join(pieces)}" {style}/>'


def entry(row: Operation) -> str:
    """Return the entry of a function, with an example that is run when the page is built."""
    call, leaves = example(row)
    setting = ", ".join(leaves) + " = " + ", ".join(f"Value({x!r})" for x in leaves.values())
    return f"""
.. autofunction:: autograd_core.{row.name}

   >>> {setting}
   >>> z = {call}
   >>> z.backward()
   >>> {", ".join(["z.data", *(f"{name}.grad" for name in leaves)])}
   {result(call, leaves)}
"""


def example(row: Operation) -> tuple[str, dict[str, float]]:
    """Return the text of a call to an operation, and the call's arguments by name."""
    if row.arity is None:
        return row.name + LISTS[row.name], {"x": 0.5, "y": 2.0}
    if row.name == "polygamma":
        return "polygamma(1, x)", {"x": 0.5}
    point = next(point for point in POINTS if len(point) == row.arity and row.domain.contains(*point))
    leaves = dict(zip("xy", point, strict=False))
    return f"{row.name}({', '.join(leaves)})", leaves


def result(call: str, numbers: dict[str, float]) -> str:
    """Return the last line of an example: the numbers that the example prints."""
    leaves = {name: Value(number) for name, number in numbers.items()}
    z = eval(call, vars(autograd_core) | leaves)
    z.backward()
    return repr((z.data, *(leaf.grad for leaf in leaves.values())))
