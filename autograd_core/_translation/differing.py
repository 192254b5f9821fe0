"""Finds out which values in functions on arrays vary from point to point, and which functions might not terminate.

A point is one position in the arrays on which a generated NumPy function works.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .forms import (
    Append,
    Assign,
    Call,
    Choice,
    Const,
    Expression,
    For,
    Function,
    If,
    Made,
    Name,
    Operate,
    Part,
    Range,
    SetItem,
    Statement,
    Try,
    While,
    called,
    within,
)


class Differing:
    """Finds the variables of a function that vary from point to point.

    Args:
        differs: For each parameter, whether it varies from point to point.
    """

    def __init__(self, function: Function, differs: Sequence[bool]) -> None:
        given = zip(function.parameters, differs, strict=True)
        self.varying = {name for (name, _), d in given if d}
        while self._spread(function.body, False):
            pass

    def _spread(self, block: Sequence[Statement], within: bool) -> bool:
        """Mark the variables in a block that vary from point to point; return whether any variable is newly marked.

        `within` is True if the block takes effect only at some of the points.
        """
        before = len(self.varying)
        for s in block:
            match s:
                case Assign() | Append() | SetItem():
                    if within or self.differs(s.value) or (isinstance(s, SetItem) and self.differs(s.index)):
                        self.varying.add(s.name)
                case If():
                    inner = within or self.differs(s.test)
                    self._spread(s.yes, inner)
                    self._spread(s.no, inner)
                case While():
                    self._spread(s.body, within or self.differs(s.test))
                case For():
                    inner = within or any(self.ends_differ(source) for source in s.sources)
                    for target, source in zip(s.targets, s.sources, strict=True):
                        parts = [source.start, source.stop] if isinstance(source, Range) else [source.numbers]
                        if inner or any(part is not None and self.differs(part) for part in parts):
                            self.varying.add(target)
                    self._spread(s.body, inner)
                case Try():
                    inner = within or self.differs(s.attempt.value)
                    self._spread([s.attempt], inner)
                    for _, body in s.handlers:
                        self._spread(body, inner)
        return len(self.varying) > before

    def ends_differ(self, source: Any) -> bool:
        """Return whether a loop's source is a range whose start or end varies from point to point."""
        return isinstance(source, Range) and any(p is not None and self.differs(p) for p in (source.start, source.stop))

    def differs(self, x: Expression) -> bool:
        """Return whether an expression varies from point to point."""
        match x:
            case Name():
                return x.name in self.varying
            case Operate(operation="len"):
                return False
            case Operate() | Made():
                return any(map(self.differs, x.parts))
            case Choice():
                return self.differs(x.test) or self.differs(x.yes) or self.differs(x.no)
            case Call():
                return any(map(self.differs, x.arguments))
            case Part():
                return self.differs(x.of)
        return False


class Endless:
    """Finds out which functions might run forever at points where their results are not needed; caches the answers."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def may_go_on(self, function: Function) -> bool:
        """Return whether a function, or any function that it calls, is recursive or has a loop of variable length."""
        if function.name not in self._known:
            self._known[function.name] = True  # the answer for a function that turns out to call itself
            inner = list(within(function.body))
            ranges = [x for x in inner if isinstance(x, Range)]
            loops = any(isinstance(x, While) for x in inner) or not all(
                _as_long(x.start) and _as_long(x.stop) for x in ranges
            )
            self._known[function.name] = loops or any(map(self.may_go_on, called(function)))
        return self._known[function.name]


def _as_long(stop: Expression | None) -> bool:
    """Return whether the start or end of a range is certain to be the same at every point."""
    return stop is None or isinstance(stop, Const) or (isinstance(stop, Operate) and stop.operation == "len")
