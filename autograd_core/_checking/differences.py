"""Estimates the derivative of a function of one number by central differences, and the error of this derivative.

The step is found by search: differences are taken with steps that shrink by a constant ratio, and each difference is
extrapolated together with the previous one (Richardson extrapolation). The error of an extrapolated derivative is
estimated as its distance from the previous extrapolated derivative, plus the effect of rounding. The rounding error is
not guessed but computed from the graph: it is the sum, over all nodes, of the magnitude of the node's adjoint times the
rounding error of the node's operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .._transforms.sweeps import gradients
from ..graph import toposort
from ..value import Value

# The ratio of each step to the next. It is not an integer, so that a periodic function is sampled at different phases.
RATIO = 3.7
LEVELS = 30
LARGEST = 0.125  # the first step for a function that varies on a scale of 1
ROUNDING = 2.0**-51  # the relative error of one operation: the worst functions in a C library err by about 2 ulps
SMALLEST = 2.0**-1074
COARSE = 2.0**-13  # if the relative error exceeds this, search again, or explain why there is no derivative
HIDDEN = 64.0  # the number of operations that a checkpoint is assumed to contain
# A kink function is 0 at a kink. If it changes sign near a point, but changes more than this many times as much on one
# side of the point as on the other, it has jumped over 0, and there is no kink.
LOPSIDED = 8.0
LOST = 16.0  # a rounding error of this many times the derivative hides the derivative
CLEAR = 4.0  # a bend (`Differences.bend`) is significant if it exceeds this many times its rounding error


@dataclass(frozen=True, slots=True)
class Point:
    """One evaluation: the value, the rounding error, and the value of each kink function, which is 0 at a kink."""

    value: float
    noise: float
    sides: tuple[tuple[str, float], ...] = ()


def observed(y: Any) -> Point:
    """Return a graph's value, the rounding error of the value to first order, and the values of all kink functions."""
    if type(y) is not Value:
        return Point(float(y), 0.0)
    order = toposort(y)
    noise = 0.0
    sides: list[tuple[str, float]] = []
    for node, adjoint in zip(order, gradients(y, order), strict=True):
        if node.is_leaf:
            continue
        numbers = [x.data if type(x) is Value else x for x in node.operands]
        if adjoint:
            noise += abs(adjoint) * _rounding(node, numbers)
        sides.extend((node.op.name, kink(*numbers)) for kink in node.op.kinks)
    return Point(y.data, noise, tuple(sides))


def _rounding(node: Value, numbers: list[float]) -> float:
    """Return the rounding error of one operation: a few units in the last place.

    An operator rounds only its result. A function is assumed to return the exact result for operands that are off by a
    unit in the last place (lgamma is no more accurate than that near its zeros). A function of many operands is also
    assumed to round each of its terms.
    """
    size = abs(node.data)
    if node.op.name == "checkpoint":
        size *= HIDDEN
    elif not node.op.operator:
        terms = sum(abs(d * x) for d, x in zip(node.local_derivatives, numbers, strict=True) if d)
        size = max(size, terms) * (len(numbers) if node.op.arity is None else 1)
    return max(size * ROUNDING, SMALLEST)


@dataclass(frozen=True, slots=True)
class Differences:
    """The difference quotients of a function for one step."""

    step: float
    central: float
    left: float
    right: float
    noise: float  # the rounding error of `central`
    crossed: str  # the name of an operation with a kink within the step; empty if there is none

    @property
    def bend(self) -> float:
        """The magnitude of f(x + h) - 2 f(x) + f(x - h).

        As h shrinks, the bend shrinks like h² where f is smooth and like h at a kink; at a jump it does not shrink.
        """
        return abs(self.right - self.left) * self.step

    @property
    def bend_noise(self) -> float:
        """The rounding error of `bend`."""
        return 4.0 * self.noise * self.step

    @property
    def bend_is_clear(self) -> bool:
        """Whether `bend` clearly exceeds its rounding error."""
        return self.bend > CLEAR * self.bend_noise

    def hidden(self, expected: float) -> bool:
        """Return whether rounding errors hide the derivative at this step."""
        return self.noise > LOST * max(abs(expected), abs(self.central)) and self.bend <= self.bend_noise


@dataclass(frozen=True, slots=True)
class Level:
    """The differences at one step, and the derivative extrapolated from these and from those at the previous step."""

    at: Differences
    extrapolated: float | None = None  # None at the first level, which has no previous step
    error: float = math.inf
    smooth: bool = False

    @property
    def derivative(self) -> float:
        """The best estimate at this step."""
        return self.at.central if self.extrapolated is None else self.extrapolated


@dataclass(frozen=True, slots=True)
class Estimate:
    """A numerical derivative with its error and step, or NaN with the reason why there is no derivative."""

    derivative: float
    error: float
    step: float
    reason: str = ""


def estimate(evaluate: Callable[[float], Point], x: float, expected: float) -> Estimate:
    """Estimate the derivative, at `x`, of the function that `evaluate` evaluates.

    `expected` is the derivative to be checked; it is used only as a scale, to judge whether an error is small or large.
    A point at which `evaluate` raises ArithmeticError or ValueError counts as outside the domain. Source: L. F.
    Richardson, "The deferred approach to the limit" (1927).
    """
    base = evaluate(x)
    if not math.isfinite(base.value):
        return _none(f"the value is {base.value!r} here")
    if not math.isfinite(base.noise):
        return _none("a derivative inside the function is not finite here")
    look = Search(evaluate, x, base, expected)
    first = 2.0 ** (math.frexp(x)[1] - 4) if x else LARGEST
    levels, best = look.down_from(first)
    if first < LARGEST and (best is None or best.error > COARSE * max(abs(expected), abs(best.at.central))):
        others, other = look.down_from(LARGEST)
        best = min((b for b in (best, other) if b is not None), key=lambda level: level.error, default=None)
        levels = levels or others
    found = [level.at for level in levels]
    if best is None:
        return _none(_why_not(found), found[-1].step if found else 0.0)
    largest = max(abs(expected), abs(best.derivative))
    if best.error > COARSE * largest and (kink := _kink(found)):
        return _none(kink, best.at.step)
    return Estimate(best.derivative, best.error, best.at.step)


def _none(reason: str, step: float = 0.0) -> Estimate:
    """Return an estimate whose derivative is NaN, with the reason why there is no derivative."""
    return Estimate(math.nan, math.inf, step, reason)


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the step that gives the most accurate derivative at `x`."""

    evaluate: Callable[[float], Point]
    x: float
    base: Point
    expected: float

    def down_from(self, first: float) -> tuple[list[Level], Level | None]:
        """Return the levels for steps that shrink from `first`, and the best level where the function looks smooth."""
        levels: list[Level] = []
        best: Level | None = None
        for k in range(LEVELS):
            step = first * RATIO**-k
            if self.x + step == self.x or self.x - step == self.x:
                break
            at = self.differences(step)
            if at is None:
                continue
            levels.append(_extrapolated(at, levels[-1] if levels else None))
            best = _best(levels)
            if best is not None and at.noise >= 0.5 * best.error:
                break  # smaller steps would only increase the rounding error
            if len(levels) > 3 and all(last.at.hidden(self.expected) for last in levels[-4:]):
                break
        return levels, best

    def differences(self, step: float) -> Differences | None:
        """Return the differences at one step, or None if the step leaves the domain or a difference is not finite."""
        x, base = self.x, self.base
        above, below = x + step, x - step
        try:
            plus, minus = self.evaluate(above), self.evaluate(below)
        except (ArithmeticError, ValueError):
            return None
        noise = (plus.noise + minus.noise + base.noise) / (above - below)
        right, left = (plus.value - base.value) / (above - x), (base.value - minus.value) / (x - below)
        central = (plus.value - minus.value) / (above - below)
        if not (math.isfinite(central) and math.isfinite(noise) and math.isfinite(right - left)):
            return None
        return Differences(step, central, left, right, noise, _crossed(minus, base, plus))


def _crossed(minus: Point, base: Point, plus: Point) -> str:
    """Return the name of an operation with a kink between the points, or an empty string if there is no kink.

    A kink function can also change sign by jumping over 0: `math.remainder`, the kink function of `mod`, does so
    halfway between two multiples of the divisor. This jump is not a kink, and is recognised because the kink function
    changes far more on one side of the point than on the other.
    """
    if not len(minus.sides) == len(base.sides) == len(plus.sides):
        return ""
    for (name, left), (here_name, here), (right_name, right) in zip(minus.sides, base.sides, plus.sides, strict=True):
        if not name == here_name == right_name:
            return ""
        if here == left == right:
            continue
        if here == 0:
            return name
        to_left, to_right = abs(left - here), abs(right - here)
        if left * here <= 0 and to_left <= LOPSIDED * to_right:
            return name
        if right * here <= 0 and to_right <= LOPSIDED * to_left:
            return name
    return ""


def _extrapolated(at: Differences, before: Level | None) -> Level:
    """Return the level for the differences `at`, extrapolated with the help of the previous level, `before`.

    A level includes an estimate of the error, and whether the function bends smoothly.
    """
    if before is None:
        return Level(at)
    larger = before.at
    share = 1.0 / (RATIO * RATIO - 1.0)
    extrapolated = at.central + (at.central - larger.central) * share
    noise = at.noise + (at.noise + larger.noise) * share
    if before.extrapolated is None:
        return Level(at, extrapolated)
    smooth = at.bend <= larger.bend / (RATIO * RATIO / 2.0) + at.bend_noise and not (at.crossed or larger.crossed)
    return Level(at, extrapolated, abs(extrapolated - before.extrapolated) + noise, smooth)


def _best(levels: list[Level]) -> Level | None:
    """Return the level with the smallest error among the smooth levels that no later level contradicts."""
    best: Level | None = None
    for k, level in enumerate(levels):
        if not level.smooth or (best is not None and level.error >= best.error):
            continue
        if all(
            abs(later.derivative - level.derivative) <= 2.0 * (level.error + 2.0 * later.at.noise)
            for later in levels[k + 1 :]
            if not later.at.crossed
        ):
            best = level
    return best


def _why_not(levels: list[Differences]) -> str:
    if not levels:
        return "no step stays inside the domain: the point is at the edge, or there are no nearby numbers to try"
    if levels[-1].crossed:
        return f"a kink of {levels[-1].crossed} is here, or too close to step around"
    return _kink(levels) or "rounding hides the difference at every step"


def _kink(levels: list[Differences]) -> str:
    """Return a message if the bend does not shrink like h² before rounding hides it; otherwise, an empty string."""
    clear = [level for level in levels if level.bend_is_clear]
    if len(clear) < 2 or clear[-1].bend < clear[-2].bend / RATIO**1.5:
        return ""
    smaller = levels[levels.index(clear[-1]) + 1 :]
    if smaller and CLEAR * smaller[0].bend_noise < clear[-1].bend / RATIO:
        return ""  # the bend vanished before rounding could hide it: the step no longer reaches the kink
    settled = min(
        pairwise(clear), key=lambda two: abs(two[1].left - two[0].left) + abs(two[1].right - two[0].right)
    )[1]
    return f"a kink or jump: the slope is {settled.left:.4g} to the left and {settled.right:.4g} to the right"
