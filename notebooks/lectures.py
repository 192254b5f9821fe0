"""The function `check`, which compares a number computed in a notebook with the number that a lecture states.

In a notebook, each check stores a record in the cell's output, next to the line that a reader sees. The records in an
executed notebook therefore show which results of the lectures the notebook reproduces, and with which numbers. In this
code, a result of a lecture is called a *row*, because each result is one row of a list: S1, for example, is the first
row in the list of Stone's results.
"""

from __future__ import annotations

import math
import operator
from typing import Any

# The MIME type of the output that holds a check's record.
MIME = "application/vnd.autograd-core.check+json"

# For each row, the names of the checks that have passed so far in this process. A set holds the names, so that a check
# counts only once even if its cell is run twice.
_held: dict[str, set[str]] = {}

_RELATIONS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


def check(row: str, name: str, value: Any, expectation: Any, tolerance: float = 0.0) -> None:
    """Show `value`, compare it with `expectation`, and store a record of the comparison in the notebook.

    Args: `row`, a row of a lecture, such as "S1", or the number of a notebook, such as "06"; `name`, a description of
        the number; `value`, a number, a bool, or a nested list of numbers (a `Value` counts as the number that it
        holds); `expectation`, numbers in the same form, or bounds such as "< 1e-3" or "> 0, < 1", which every number
        must satisfy; `tolerance`, the largest difference allowed, as a fraction of the largest expected magnitude (or
        of 1 if all expected numbers are 0). Raises AssertionError if the comparison fails.

    >>> check("S1", "dE/dw", 0.096, 0.096)
    S1  dE/dw: 0.096, expected 0.096  ✓
    >>> check("E5", "evaluations", [3, 10, 45, 190, 780], [3, 10, 45, 190, 780])
    E5  evaluations: [3, 10, 45, … 5 numbers], expected the same  ✓
    """
    value, expectation = plain(value), plain(expectation)
    line = f"{row}  {name}: {_shown(value)}, expected "
    bound = f" within {tolerance:g}" if tolerance else ""
    if not holds(value, expectation, tolerance):
        raise AssertionError(f"{line}{_shown(expectation)}{bound}")
    record = {"row": row, "name": name, "value": value, "expectation": expectation, "tolerance": tolerance}
    _held.setdefault(row, set()).add(name)
    alike = isinstance(value, list) and _shown(value) == _shown(expectation)
    _leave(record, f"{line}{'the same' if alike else _shown(expectation)}{bound}  ✓")


def summary(lecture: str, rows: int) -> None:
    """Show how many checks passed for each row of a lecture; each lecture's notebook calls this function at its end.

    Args: `lecture`, the letter with which the names of the lecture's rows begin; `rows`, the number of rows. Raises
        AssertionError if a row has no check.

    >>> check("Z1", "two", 1 + 1, 2)
    Z1  two: 2, expected 2  ✓
    >>> summary("Z", 1)
    Z1: 1 number agrees
    """
    for row in (f"{lecture}{number}" for number in range(1, rows + 1)):
        count = len(_held.get(row, ()))
        if not count:
            raise AssertionError(f"nothing was checked for {row}")
        print(f"{row}: {count} {'number agrees' if count == 1 else 'numbers agree'}")


def holds(value: Any, expectation: Any, tolerance: float = 0.0) -> bool:
    """Return whether the numbers in `value` are as expected (never so if one is NaN, or if the lengths differ).

    >>> holds([0.1, 0.2], "> 0, < 1"), holds([1.0], [1.0, 1.0]), holds(0.1, 0.2, 0.5)
    (True, False, True)
    """
    numbers = _flat(value)
    if isinstance(expectation, str):
        return bool(numbers) and all(_keeps(x, bound) for bound in expectation.split(",") for x in numbers)
    expected = _flat(expectation)
    scale = max((abs(x) for x in expected), default=0.0) or 1.0
    return len(numbers) == len(expected) > 0 and all(
        abs(x - y) <= tolerance * scale for x, y in zip(numbers, expected, strict=True)
    )


def plain(thing: Any) -> Any:
    """Convert a number, Value, array or list to a form that can be written as JSON."""
    if isinstance(thing, str):
        return thing
    if hasattr(thing, "tolist"):
        thing = thing.tolist()
    if isinstance(thing, (list, tuple)):
        return [plain(x) for x in thing]
    thing = getattr(thing, "data", thing)
    return thing if isinstance(thing, (bool, int)) else float(thing)


def _flat(thing: Any) -> list[float]:
    return [x for part in thing for x in _flat(part)] if isinstance(thing, list) else [thing]


def _keeps(x: float, bound: str) -> bool:
    sign = bound.strip()[:2].rstrip("0123456789. -")
    return math.isfinite(x) and _RELATIONS[sign](x, float(bound.strip()[len(sign) :]))


def _shown(thing: Any) -> str:
    if isinstance(thing, list):
        numbers = _flat(thing)
        if len(numbers) <= 4:
            return f"[{', '.join(map(_shown, numbers))}]"
        return f"[{', '.join(map(_shown, numbers[:3]))}, … {len(numbers)} numbers]"
    return f"{thing + 0.0:.6g}" if isinstance(thing, float) else str(thing)


def _leave(record: dict[str, Any], line: str) -> None:
    """Show the line; in a notebook, store the record in the same output."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(line)
        return
    if get_ipython() is None:
        print(line)
    else:
        display({"text/plain": line, MIME: record}, raw=True)
