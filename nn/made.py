"""Data sets made by a rule: what networks are tried on, and what the lectures' figures show."""

import math
import random
from collections.abc import Callable

from .checks import real, whole
from .dataset import Dataset
from .init import Seed, generator_from


def moons(n: int = 100, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Two half circles of radius 1 that reach into each other, one class each.

    Class -1 ("upper") is the upper half of the circle about (0, 0) and has n // 2 points; class 1 ("lower") is the
    lower half of the circle about (1, 1/2) and has the rest. The points are evenly spaced in angle, both ends
    included; Gaussian noise of standard deviation `noise` is added to both coordinates, and the rows are shuffled.
    Raises ValueError for n < 1, for noise that is negative or not finite, and for a negative seed.
    The shape is the one known from scikit-learn's `make_moons`, the targets ±1 are those of micrograd's demo.

    >>> moons()
    <Dataset moons: 100 rows of 2 inputs, upper: 50, lower: 50>
    """
    n, points = whole("n", n, 1), []
    # (class, number of points, centre, +1 for an upper half circle or -1 for a lower one)
    for target, count, (x, y), up in ((-1, n // 2, (0.0, 0.0), 1.0), (1, n - n // 2, (1.0, 0.5), -1.0)):
        for k in range(count):
            angle = math.pi * k / max(count - 1, 1)
            points.append((x + up * math.cos(angle), y + up * math.sin(angle), target))
    return _scattered("moons", points, {-1: "upper", 1: "lower"}, "computed: two half circles", noise, seed)


def xor(n: int = 4, noise: float = 0.0, seed: Seed = 0) -> Dataset:
    """The truth table of exclusive or, repeated for as many rows as asked.

    Row i is row i % 4 of the table (0,0) (0,1) (1,0) (1,1), with Gaussian noise of standard deviation `noise` added
    to both inputs; its target is 1 where exactly one input of the table is 1, else 0. The rows are not shuffled.
    Raises ValueError for n < 1, for noise that is negative or not finite, and for a negative seed.

    >>> xor().inputs, xor().targets
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    bits = [(i // 2 % 2, i % 2) for i in range(whole("n", n, 1))]
    scattered = _scattering(noise, generator_from(seed))
    inputs, targets = [[scattered(bit) for bit in pair] for pair in bits], [a ^ b for a, b in bits]
    return Dataset("xor", inputs, targets, ("a", "b"), {0: "equal", 1: "different"}, "computed: the table of a xor b")


def circles(n: int = 100, noise: float = 0.05, seed: Seed = 0, factor: float = 0.5) -> Dataset:
    """Two circles about (0, 0), one inside the other: class 0 of radius 1, class 1 of radius `factor`.

    Class 0 ("outer") has n // 2 points, class 1 ("inner") the rest, evenly spaced in angle; Gaussian noise of standard
    deviation `noise` is added to both coordinates, and the rows are shuffled. No line divides them.
    Raises ValueError for n < 1, a factor outside (0, 1), bad noise, and a negative seed.

    >>> circles()
    <Dataset circles: 100 rows of 2 inputs, outer: 50, inner: 50>
    """
    n, factor, points = whole("n", n, 1), real("factor", factor, above=0, below=1), []
    for target, count, radius in ((0, n // 2, 1.0), (1, n - n // 2, factor)):
        for k in range(count):
            angle = 2.0 * math.pi * k / count
            points.append((radius * math.cos(angle), radius * math.sin(angle), target))
    return _scattered("circles", points, {0: "outer", 1: "inner"}, "computed: two circles", noise, seed)


def spirals(n: int = 100, noise: float = 0.02, seed: Seed = 0, arms: int = 2, turns: float = 1.0) -> Dataset:
    """Spiral arms wound into each other about (0, 0), one class each, the radius growing evenly with the angle to 1.

    Each of the `arms` has n // arms points, the first ones one more where that leaves a rest; an arm makes so many
    `turns`. Gaussian noise of standard deviation `noise` is added to both coordinates, and the rows are shuffled.
    Raises ValueError for n or arms < 1, turns that are not positive, bad noise, and a negative seed.

    >>> spirals(90, arms=3)
    <Dataset spirals: 90 rows of 2 inputs, arm 0: 30, arm 1: 30, arm 2: 30>
    """
    n, arms, turns, points = whole("n", n, 1), whole("arms", arms, 1), real("turns", turns, above=0), []
    for arm in range(arms):
        count = n // arms + (arm < n % arms)
        for k in range(count):
            radius = (k + 1) / count
            angle = 2.0 * math.pi * (turns * radius + arm / arms)
            points.append((radius * math.cos(angle), radius * math.sin(angle), arm))
    return _scattered("spirals", points, {arm: f"arm {arm}" for arm in range(arms)}, "computed: spirals", noise, seed)


# Figure 5.3 of Bishop's book, in lecture 000; H(0) does not occur, since no point lies at 0 for an even n.
CURVES: dict[str, Callable[[float], float]] = {
    "square": lambda x: x * x,
    "sine": lambda x: math.sin(math.pi * x),
    "absolute": math.fabs,
    "step": lambda x: float(x > 0),
}


def curve(kind: str = "sine", n: int = 50, noise: float = 0.0, seed: Seed = 0) -> Dataset:
    """Points on one of the four curves of lecture 000, figure 5.3: "square", "sine", "absolute" or "step".

    The n inputs are evenly spaced inside (-1, 1), half a space from either end, in order; the targets are x², sin πx,
    |x| or the Heaviside step, with Gaussian noise of standard deviation `noise` added (lecture 002 fits such data too
    weakly, well and too closely). Raises ValueError for another kind, n < 1, bad noise, and a negative seed.

    >>> curve("square", 4).inputs, curve("square", 4).targets
    ([[-0.75], [-0.25], [0.25], [0.75]], [0.5625, 0.0625, 0.0625, 0.5625])
    """
    if kind not in CURVES:
        raise ValueError(f"kind must be one of {', '.join(CURVES)}, got {kind!r}")
    n, scattered = whole("n", n, 1), _scattering(noise, generator_from(seed))
    places = [(2 * k + 1) / n - 1.0 for k in range(n)]
    targets = [scattered(CURVES[kind](x)) for x in places]
    return Dataset(f"{kind} curve", [[x] for x in places], targets, ("x",), source="lecture 000, figure 5.3")


def _scattered(
    name: str, points: list[tuple[float, float, int]], names: dict[int, str], source: str, noise: float, seed: Seed
) -> Dataset:
    """The points, each coordinate with its noise, in shuffled order."""
    generator = generator_from(seed)
    scattered = _scattering(noise, generator)
    rows = [([scattered(x), scattered(y)], target) for x, y, target in points]
    generator.shuffle(rows)
    return Dataset(name, [place for place, _ in rows], [target for _, target in rows], ("x", "y"), names, source)


def _scattering(noise: float, generator: random.Random) -> Callable[[float], float]:
    """What adds Gaussian noise to a number."""
    spread = real("noise", noise, least=0.0)
    return lambda x: x + generator.gauss(0.0, spread)
