"""Initialisers: functions that draw one initial weight with a `random.Random`, given the weight's fan-in and fan-out.

An initialiser is any function `(generator, fan_in, fan_out) -> float`, where fan_in is the number of inputs to the
unit that uses the weight, and fan_out is the number of units in that unit's layer. Biases start at a constant, which is
an argument of the layer; if this constant is small and positive, most ReLU units are active at first (lecture 004,
section 3.2.1).
"""

import math
import random
from collections.abc import Callable

from ._checks import whole

Initializer = Callable[[random.Random, int, int], float]
Seed = int | random.Random | None


def generator_from(seed: Seed) -> random.Random:
    """Return the generator for a `seed` argument: an integer seeds a new one; a `random.Random` is returned as it is.

    If the argument is None, a new generator is seeded from Python's shared generator, so a call to `random.seed` makes
    the result reproducible. The same seed yields the same numbers with every engine and on every platform.

    Raises:
        ValueError: The seed is negative. (Python's own generators would ignore the sign.)
        TypeError: The seed is of any other type.

    >>> generator_from(7).random() == generator_from(7).random()
    True
    """
    if isinstance(seed, random.Random):
        return seed
    if seed is None:
        return random.Random(random.getrandbits(64))
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"seed must be an integer of at least 0, a random.Random or None; got {seed!r}")
    return random.Random(whole("seed", seed, 0))


def lecun_normal(generator: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw from N(0, 1/D) for D inputs; weighted sums then keep the inputs' mean square (lecture 004, 3.2.1)."""
    return generator.gauss(0.0, math.sqrt(1.0 / fan_in))


def kaiming_normal(generator: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw from N(0, 2/D) for D inputs; the factor 2 is for ReLU, which halves the mean square (He et al., 2015)."""
    return generator.gauss(0.0, math.sqrt(2.0 / fan_in))


def xavier_normal(generator: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw from N(0, 2/(D + M)) for D inputs and M units.

    The forward pass alone would call for 1/D, and the backward pass for 1/M; this variance is a compromise (Glorot and
    Bengio, 2010).
    """
    return generator.gauss(0.0, math.sqrt(2.0 / (fan_in + fan_out)))


def xavier_uniform(generator: random.Random, fan_in: int, fan_out: int) -> float:
    """Draw uniformly between ±√(6/(D + M)), with the same variance as `xavier_normal` (Glorot and Bengio, 2010)."""
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return generator.uniform(-bound, bound)


def normal(mean: float = 0.0, std: float = 1.0) -> Initializer:
    """Return an initialiser that draws from N(mean, std²)."""
    return lambda generator, fan_in, fan_out: generator.gauss(mean, std)


def uniform(low: float, high: float) -> Initializer:
    """Return an initialiser that draws uniformly between `low` and `high`.

    >>> -1.0 <= uniform(-1.0, 1.0)(generator_from(0), 3, 2) <= 1.0
    True
    """
    return lambda generator, fan_in, fan_out: generator.uniform(low, high)


def constant(number: float) -> Initializer:
    """Return an initialiser that gives every weight the same value; training then keeps a layer's units identical.

    >>> constant(0.5)(generator_from(0), 3, 2)
    0.5
    """
    return lambda generator, fan_in, fan_out: number
