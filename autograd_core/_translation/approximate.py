"""Prepares functions for back ends that do not call Python: removes the branches that only Python can compute.

The removed branches compute with more digits than floats have. Without such a branch, a function uses the formula in
the other branch, or in the code that follows. If there is no other formula, the branch is kept: JavaScript code throws
an error when it reaches the branch, and NumPy code returns NaN at the points that reach it.
"""

from __future__ import annotations

from collections.abc import Sequence

from .forms import Assign, Choice, Expression, For, Function, If, Operate, Return, Statement, Try, While, leaves


def without_exact(function: Function) -> None:
    """Remove, from the body of a function, the branches that only Python can compute."""
    function.body = _block(function.body)


def _block(block: Sequence[Statement]) -> list[Statement]:
    kept: list[Statement] = []
    for i, s in enumerate(block):
        match s:
            case If() if _only_python(s.yes) and (s.no or not leaves(s.yes) or i + 1 < len(block)):
                kept += _block(s.no)
            case If() if _only_python(s.no):
                kept += _block(s.yes)
            case If():
                kept.append(If(s.test, _block(s.yes), _block(s.no)))
            case While():
                kept.append(While(s.test, _block(s.body)))
            case For():
                kept.append(For(s.targets, s.sources, s.strict, _block(s.body)))
            case Try():
                kept.append(Try(s.attempt, [(kinds, _block(body)) for kinds, body in s.handlers]))
            case Return():
                kept.append(Return(_expression(s.value)))
            case Assign():
                kept.append(Assign(s.name, _expression(s.value)))
            case _:
                kept.append(s)
    return kept


def _only_python(block: Sequence[Statement]) -> bool:
    return len(block) == 1 and isinstance(block[0], (Return, Assign)) and _is_python(block[0].value)


def _is_python(x: Expression) -> bool:
    return isinstance(x, Operate) and x.operation == "python"


def _expression(x: Expression) -> Expression:
    if isinstance(x, Choice):
        yes, no = _expression(x.yes), _expression(x.no)
        if _is_python(no):
            return yes
        return no if _is_python(yes) else Choice(x.type, x.test, yes, no)
    return x
