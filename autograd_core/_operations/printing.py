"""Derives the formulas that are printed for derivatives, by running each derivative's code on terms.

A term is a piece of a formula, such as `x + 1`; it takes the place of a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

# The precedence of Python's operators, loosest first.
COMPARISON, SUM, PRODUCT, NEGATIVE, POWER, ATOM = range(6)


class Term:
    """A piece of a formula in Python's syntax; arithmetic on terms makes larger terms.

    `binds` is the precedence of the operator that is applied last in the piece.

    >>> x, y = Term("x"), Term("y")
    >>> (x - y) / (x * x), -(2.0 * x)
    ((x - y) / x**2, -2 * x)
    """

    __slots__ = ("binds", "text")
    __hash__ = None  # type: ignore[assignment]  # comparisons return terms

    def __init__(self, text: str, binds: int = ATOM) -> None:
        self.text = text
        self.binds = binds

    def __repr__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        raise TypeError("the code of the derivative branches")

    def at(self, least: int) -> str:
        """Return the text, in parentheses if its precedence is below `least`."""
        return self.text if self.binds >= least else f"({self.text})"

    def __add__(self, other: Any) -> Term:
        return Term(f"{self.at(SUM)} + {term(other).at(SUM)}", SUM)

    def __radd__(self, other: Any) -> Term:
        return term(other) + self

    def __sub__(self, other: Any) -> Term:
        return Term(f"{self.at(SUM)} - {term(other).at(PRODUCT)}", SUM)

    def __rsub__(self, other: Any) -> Term:
        return term(other) - self

    def __mul__(self, other: Any) -> Term:
        right = term(other)
        if self.text == right.text and self.binds == ATOM:
            return self**2
        return Term(f"{self.at(PRODUCT)} * {right.at(POWER)}", PRODUCT)

    def __rmul__(self, other: Any) -> Term:
        return term(other) * self

    def __truediv__(self, other: Any) -> Term:
        return Term(f"{self.at(PRODUCT)} / {term(other).at(POWER)}", PRODUCT)

    def __rtruediv__(self, other: Any) -> Term:
        return term(other) / self

    def __floordiv__(self, other: Any) -> Term:
        return Term(f"{self.at(PRODUCT)} // {term(other).at(POWER)}", PRODUCT)

    def __mod__(self, other: Any) -> Term:
        return Term(f"{self.at(PRODUCT)} % {term(other).at(POWER)}", PRODUCT)

    def __pow__(self, other: Any) -> Term:
        if self.text == "1":
            return self
        exponent = term(other)
        return Term(f"{self.at(ATOM)}{'**' if exponent.text == '2' else ' ** '}{exponent.at(ATOM)}", POWER)

    def __neg__(self) -> Term:
        product = self.binds == PRODUCT and "//" not in self.text and "%" not in self.text
        return Term(f"-{self.text}", PRODUCT) if product else Term(f"-{self.at(POWER)}", NEGATIVE)

    def __pos__(self) -> Term:
        return self

    def __abs__(self) -> Term:
        return Term(f"abs({self.text})")

    def __gt__(self, other: Any) -> Term:
        return Term(f"{self.at(SUM)} > {term(other).at(SUM)}", COMPARISON)

    def __lt__(self, other: Any) -> Term:
        return Term(f"{self.at(SUM)} < {term(other).at(SUM)}", COMPARISON)

    def __eq__(self, other: object) -> Term:  # type: ignore[override]  # a term, not a bool
        return Term(f"{self.at(SUM)} == {term(other).at(SUM)}", COMPARISON)


def term(x: Any) -> Term:
    """Return a number as a term, and a term unchanged."""
    if isinstance(x, Term):
        return x
    if type(x) not in (float, int):
        raise TypeError(f"{x!r} is not a term")
    text = str(int(x)) if x == x and abs(x) < 1e15 and x % 1 == 0 else repr(x)
    return Term(text, NEGATIVE if text.startswith("-") else ATOM)


X, Y, Z = Term("{x}"), Term("{y}"), Term("{z}")
OPERANDS = {"x": X, "y": Y}


def as_symbol(name: str, formula: str, symbols: Mapping[str, Callable[..., Term]]) -> Callable[..., Term]:
    """Return a stand-in for the function of an operation: it takes terms, and returns the operation's formula for them.

    If the operation's formula is merely a call, such as tanh(x), the stand-in returns this call.

    >>> as_symbol("quotient", "{x} / {y}", {})(Term("a"), Term("b") + 1.0)
    a / (b + 1)
    """

    def applied(*operands: Any) -> Term:
        if formula.startswith(f"{name}("):
            return Term(f"{name}({', '.join(term(x).text for x in operands)})")
        given = dict(zip(OPERANDS, map(term, operands), strict=False))
        written = eval(formula.format(x="x", y="y"), {"__builtins__": {}, **symbols}, given)
        return term(written)

    return applied


def nameless(name: str) -> Callable[..., Term]:
    """Return a stand-in for the function of an operation that is not public; calling the stand-in raises TypeError."""

    def refused(*operands: Any) -> Term:
        raise TypeError(f"{name} is not a public name")

    return refused


def read_off(name: str, slopes: Any, index: int, symbols: Mapping[str, Callable[..., Term]]) -> str:
    """Return the formula of a local derivative, in which {x} and {y} are the operands and {z} is the result.

    Args:
        name: The operation's name, for error messages.
        slopes: The operation's local derivatives.
        index: The index of the operand to differentiate with respect to.
        symbols: Stand-ins for the functions of all operations, keyed by name.

    Raises:
        TypeError: The formula must be stated by hand, because the derivative's code branches or calls something other
            than a public operation.
    """
    slope = slopes[index]
    if not callable(slope):
        return term(slope).text
    function = FunctionType(slope.__code__, {**slope.__globals__, **symbols})
    try:
        return term(function(*(X, Y)[: len(slopes)], Z)).text
    except TypeError as error:
        what = f"the printed form of its derivative with respect to operand {index + 1}"
        raise TypeError(f"{name} must state {what}: {error}") from None
