"""Random graphs, on which tests replay programs: operations of the table, chains of products, shared operands.

The numbers in the graphs include special ones, such as infinities, NaN and signed zeros.
"""

import math
import random
from collections.abc import Sequence

from autograd_core import Value, ops

ONE = ["neg", "identity", "abs", "exp", "expm1", "log", "log1p", "sqrt", "cbrt", "square", "sin", "cos", "tanh", "sigmoid", "softplus", "silu", "gelu", "relu", "sign", "asinh", "atan", "erf", "sech2", "lgamma"]
TWO = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "hypot", "atan2", "leaky_relu", "add", "mul", "sub", "add", "mul", "mod", "quotient", "times", "chain"]
MANY = ["sum", "dot", "mean", "prod", "norm", "logsumexp", "where"]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, math.inf, -math.inf, math.nan, 1e300, 1e-300, 5e-324]


class Numbers:
    """A source of random numbers for a graph; the probability of a special number is `wild`."""

    def __init__(self, seed: int, wild: float) -> None:
        self.rng, self.wild = random.Random(seed), wild

    def one(self) -> float:
        return self.rng.choice(SPECIAL) if self.rng.random() < self.wild else self.rng.gauss(0.0, 1.5)

    def some(self, count: int) -> list[float]:
        return [self.one() for _ in range(count)]


def graph(rng: random.Random, leaves: Sequence[Value]) -> Value:
    """Return the last node of a random graph that is computed from these leaves."""
    nodes = list(leaves)
    for _ in range(rng.randint(3, 40)):
        try:
            made = _operation(rng, nodes)
        except (ArithmeticError, ValueError):
            continue
        if type(made) is Value:
            nodes.append(made)
    return nodes[-1]


def _operation(rng, nodes):
    def pick():
        if rng.random() < 0.12:
            return rng.choice([0.0, -0.0, 1.0, 2.0, -1.0, rng.gauss(0, 1)])
        if rng.random() < 0.5:
            return nodes[-1 - min(int(rng.expovariate(0.5)), len(nodes) - 1)]
        return rng.choice(nodes)

    kind = rng.random()
    if kind < 0.25:
        return getattr(ops, rng.choice(ONE))(pick())
    if kind < 0.7:
        return getattr(ops, rng.choice(TWO))(pick(), pick())
    if kind < 0.75:
        return _matrix(rng, nodes)
    if kind < 0.78:
        return _convolution(rng, nodes)
    if kind < 0.88:
        total = pick()
        for _ in range(rng.randint(2, 6)):
            product = pick() * pick()
            total = total + product if rng.random() < 0.7 else product + total if rng.random() < 0.7 else total - product
        return total
    name, count = rng.choice(MANY), rng.randint(1, 5)
    if name == "dot":
        return ops.dot([pick() for _ in range(count)], [pick() for _ in range(count)])
    if name == "where":
        return ops.where(pick(), pick(), pick())
    return getattr(ops, name)([pick() for _ in range(count)])


def _matrix(rng, nodes):
    """Add the outputs of a layer, dot products that share a vector, to the nodes; return their sum."""
    xs = [rng.choice(nodes) for _ in range(rng.randint(2, 4))]
    outputs = []
    for _ in range(rng.randint(2, 9)):
        total = rng.choice([0.0, rng.choice(nodes)])
        for x in xs:
            total = total + rng.choice(nodes) * x
        outputs.append(total)
    nodes.extend(y for y in outputs if type(y) is Value)
    return ops.sum(outputs)


def _convolution(rng, nodes):
    """Add the outputs of filters to the nodes, and return their sum.

    Each filter is applied at several positions, adjacent or not; its sum begins with a bias, another node, or nothing.
    """
    leaves = [node for node in nodes if not node.operands]
    shared = leaves[len(leaves) // 2 :]  # mostly parameters
    fed = [rng.choice(nodes) * 1.0 for _ in range(rng.randint(5, 14))]
    size, step = rng.randint(2, 4), rng.choice([1, 1, 1, 2])
    outputs, begins = [], rng.choice(["bias", "other", "nothing"])
    for _ in range(rng.choice([1, 2, 3, 4, 6])):
        weights, bias = [rng.choice(shared) for _ in range(size)], rng.choice(nodes)
        for at in range(0, len(fed) - size + 1, step):
            total = {"bias": bias, "other": rng.choice(nodes), "nothing": None}[begins]
            for w, x in zip(weights, fed[at : at + size], strict=True):
                total = w * x if total is None else total + w * x
            outputs.append(total)
    nodes.extend(y for y in outputs if type(y) is Value)
    return ops.sum(outputs)
