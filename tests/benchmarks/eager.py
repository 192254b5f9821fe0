"""The cost of a gradient, relative to the same program on plain Python floats: `python tests/benchmarks/eager.py`.

For each row of the printed table, a program runs on floats (the forward pass only) and on Values (the graph is built,
differentiated and freed), alternately in the same process, for at least 7 rounds after a warm-up. The ratio is that of
the median processor times, which other programs on the machine hardly affect. If micrograd or XAD (`xad`) is installed,
the table also shows the time of the first program with that library. The exit code is 1 if an engine misses a bound;
the Python engine has only one bound, for the first row. The line below the table shows the size in bytes of a node with
two operands, including its float.

Args: `--rounds N` (default 9); `--scale N` also measures a chain of N nodes, with fresh and with reused memory.
"""

import argparse
import importlib
import itertools
import math
import random
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import autograd_core as ag
from autograd_core import ENGINE, Value, parameter
from nn import MLP

Program = Callable[[], Any]
Number = Any
PYTHON_BOUND = 40.0


def net(layers: Sequence[Any], points: Sequence[Any], targets: Sequence[float], tanh: Any) -> Number:
    """Return the loss of a 2-16-16-1 network, summed over all points and computed operation by operation."""
    total = 0.0
    for x, t in zip(points, targets, strict=True):
        h = x
        for rows, biases in layers:
            out = []
            for row, s in zip(rows, biases, strict=True):
                for w, v in zip(row, h, strict=True):
                    s = s + w * v
                out.append(tanh(s))
            h = out
        d = h[0] - t
        total = total + d * d
    return total


def made_layers(sizes: Sequence[int], number: Callable[[float], Number]) -> list[Any]:
    """Return the weights and biases of a network."""
    draws = random.Random(1)
    return [
        ([[number(draws.uniform(-1, 1)) for _ in range(a)] for _ in range(b)], [number(0.1) for _ in range(b)])
        for a, b in itertools.pairwise(sizes)
    ]


def chain(x: Number, tanh: Any) -> Number:
    """Start with y = x, and replace y by tanh(1.01 y + 0.1) 10,000 times."""
    y = x
    for _ in range(10_000):
        y = tanh(1.01 * y + 0.1)
    return y


def mixed(f: Any, a: Number, b: Number, c: Number, d: Number, e: Number) -> Number:
    """Return an expression with 30 operations on 5 inputs."""
    u = a * b + c / d - e
    v = f.tanh(u) * f.exp(-a) + f.sin(b) * f.cos(c)
    w = (u + v) * (u - v) / (1.0 + d * d) + f.sqrt(e)
    p = f.log(1.0 + w * w) - a * v + b**2
    return p * w + u / (2.0 + f.cos(p)) + c * e - d


def crossentropy(layers: Sequence[Any], x: Sequence[float], f: Any) -> Number:
    """Return the softmax cross-entropy of a 784-128-10 tanh network for one point, computed operation by operation."""
    h = x
    for index, (rows, biases) in enumerate(layers):
        out = []
        for row, s in zip(rows, biases, strict=True):
            for w, v in zip(row, h, strict=True):
                s = s + w * v
            out.append(f.tanh(s) if index == 0 else s)
        h = out
    total = f.exp(h[0])
    for z in h[1:]:
        total = total + f.exp(z)
    return f.log(total) - h[3]


def timed(program: Program) -> float:
    """Return the processor seconds for one run, including the time to free the result."""
    start = time.process_time()
    program()
    return time.process_time() - start


def ratio(plain: Program, graph: Program, rounds: int, repeat: int = 1) -> tuple[float, float]:
    """Return the median seconds of the plain program, and the ratio of the other program's median time to it."""
    plain(), graph(), graph()
    plains, graphs = [], []
    for _ in range(rounds):
        plains.append(timed(lambda: [plain() for _ in range(repeat)]))
        graphs.append(timed(lambda: [graph() for _ in range(repeat)]))
    return median(plains) / repeat, median(graphs) / median(plains)


def points() -> tuple[list[list[float]], list[float]]:
    """Return 100 points and their targets."""
    draws = random.Random(0)
    xs = [[draws.uniform(-1, 1) for _ in range(2)] for _ in range(100)]
    return xs, [draws.choice([-1.0, 1.0]) for _ in xs]


def mlp_step(layers: Sequence[Any], xs: Sequence[Any], targets: Sequence[float]) -> Program:
    """Return a training step of an nn.MLP that has the weights of the plain program."""
    model = MLP(2, [16, 16, 1], activation=ag.tanh, output=ag.tanh)
    for layer, (rows, biases) in zip(model.layers, layers, strict=True):
        for neuron, row, bias in zip(layer.neurons, rows, biases, strict=True):
            neuron.b.data = bias
            for w, number in zip(neuron.w, row, strict=True):
                w.data = number

    def step() -> Value:
        total: Number = 0.0
        for x, t in zip(xs, targets, strict=True):
            d = model(x) - t
            total = total + d * d
        total.backward()
        return total

    expected = net(layers, xs, targets, math.tanh)
    assert math.isclose(step().data, expected, rel_tol=1e-12), "nn.MLP must compute the same loss"
    return step


def micrograd_step(sizes: Sequence[int], xs: Sequence[Any], targets: Sequence[float]) -> Program:
    """Return the training step with micrograd's `Value`."""
    other = importlib.import_module("micrograd.engine").Value
    layers = made_layers(sizes, other)

    def tanh(x: Any) -> Any:
        e = 2.718281828459045 ** (2 * x.data)
        t = other((e - 1) / (e + 1), (x,), "tanh")

        def back() -> None:
            x.grad += (1 - t.data * t.data) * t.grad

        t._backward = back
        return t

    sys.setrecursionlimit(100_000)
    return lambda: net(layers, xs, targets, tanh).backward()


def xad_step(sizes: Sequence[int], xs: Sequence[Any], targets: Sequence[float]) -> Program:
    """Return the training step with XAD's tape."""
    tapes = importlib.import_module("xad.adj_1st")
    xad_math = importlib.import_module("xad.math")
    layers = made_layers(sizes, tapes.Real)

    def step() -> None:
        with tapes.Tape() as tape:
            for rows, biases in layers:
                for x in [*biases, *(w for row in rows for w in row)]:
                    tape.registerInput(x)
            tape.newRecording()
            y = net(layers, xs, targets, xad_math.tanh)
            tape.registerOutput(y)
            y.derivative = 1.0
            tape.computeAdjoints()

    return step


def scaled(count: int) -> tuple[float, float, int]:
    """Build, differentiate and free a chain of `count` nodes; return nanoseconds per node, x.grad and page faults."""
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    start = time.process_time()
    x = Value(1.0)
    y = x
    for _ in range(count // 2):
        y = y * 0.5 + x
    y.backward()
    del y
    return (time.process_time() - start) / count * 1e9, x.grad, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults


def scale_rows(count: int) -> bool:
    """Print the cost per node of 1,000 nodes and of `count` nodes, with fresh and with reused memory.

    Return whether the bound holds.
    """
    small = median([scaled(1_000)[0] for _ in range(200)])
    cold, _, cold_faults = scaled(count)
    warm, _, warm_faults = min(scaled(count) for _ in range(2))
    print(f"\n{'nodes':>12} {'ns/node':>10} {'page faults':>12}")
    print(f"{1000:>12,} {small:>10.1f}")
    print(f"{count:>12,} {cold:>10.1f} {cold_faults:>12,}   fresh memory")
    held = warm <= 2.5 * small
    print(f"{count:>12,} {warm:>10.1f} {warm_faults:>12,}   reused memory: {warm / small:.2f} x (at most 2.5 x): "
          f"{'holds' if held else 'MISSED'}")
    return held


def bytes_of_node() -> float:
    """Return the average size in bytes of a node with two operands, including its float and Python's bookkeeping."""
    if ENGINE == "native":
        # this includes the floats; the blocks of memory in which nodes are allocated add nothing per node
        return float((Value(1.0) * Value(2.0)).__sizeof__())
    x, y = Value(1.1), Value(2.2)
    tracemalloc.start()
    kept = [None] * 100_000
    before = tracemalloc.get_traced_memory()[0]
    for i in range(len(kept)):
        kept[i] = x * y  # type: ignore[call-overload]  # made beforehand, so that the list's growth is not counted
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return taken / len(kept)


def main() -> int:
    """Print the table; return 1 if a bound is missed, otherwise 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--scale", type=int, default=0)
    options = parser.parse_args()
    rounds = max(7, options.rounds)
    sizes = (2, 16, 16, 1)
    xs, targets = points()
    floats, nodes = made_layers(sizes, float), made_layers(sizes, parameter)

    def plain_net() -> float:
        return net(floats, xs, targets, math.tanh)

    def one_image() -> tuple[Program, Program]:
        draws = random.Random(2)
        image = [draws.random() for _ in range(784)]
        plain, nodes = (
            made_layers((784, 128, 10), lambda x, number=number: number(0.03 * x)) for number in (float, parameter)
        )
        return lambda: crossentropy(plain, image, math), lambda: crossentropy(nodes, image, ag).backward()

    inputs = (0.7, -1.3, 0.4, 1.9, 2.2)
    start = Value(0.5)
    # The programs of a row are made only when the row is measured; otherwise Python's garbage collector would traverse
    # the weights of all rows each time.
    rows: list[tuple[str, float | None, Callable[[], tuple[Program, Program]], int, int]] = [
        ("100-point step of 2-16-16-1, operation by operation", 2.0,
         lambda: (plain_net, lambda: net(nodes, xs, targets, ag.tanh).backward()), rounds, 1),
        ("the same through nn.MLP", 1.5, lambda: (plain_net, mlp_step(floats, xs, targets)), rounds, 1),
        ("chain of 10,000 tanh(1.01 y + 0.1)", 4.0,
         lambda: (lambda: chain(0.5, math.tanh), lambda: chain(start, ag.tanh).backward()), rounds, 1),
        ("30-operation expression of 5 inputs", 6.0,
         lambda: (lambda: mixed(math, *inputs), lambda: mixed(ag, *map(Value, inputs)).backward()), rounds, 300),
        ("784-128-10, softmax cross-entropy, one point", 4.0, one_image, rounds, 1),
        ("the first row on micrograd", None, lambda: (plain_net, micrograd_step(sizes, xs, targets)), 7, 1),
        ("the first row on xad", None, lambda: (plain_net, xad_step(sizes, xs, targets)), 7, 1),
    ]  # fmt: skip  # a table
    print(f"engine: {ENGINE}; medians of {rounds} rounds\n{'work':55} {'floats':>10} {'ratio':>7} {'bound':>6}")
    missed = False
    for place, (name, bound, programs, how_many, repeat) in enumerate(rows):
        if ENGINE == "python":
            bound = PYTHON_BOUND if place == 0 else None
        try:
            plain, graph = programs()
        except ImportError as error:
            print(f"{name:55} {error.name} is not installed")
            continue
        seconds, found = ratio(plain, graph, how_many, repeat)
        del plain, graph
        verdict = ""
        if bound is not None:
            verdict = "holds" if found <= bound else "MISSED"
            missed = missed or found > bound
        print(f"{name:55} {seconds * 1e3:>7.3f} ms {found:>6.2f}x {bound or '':>6} {verdict}")
    print(f"{'bytes of a node with two operands':55} {bytes_of_node():>10.0f}")
    if options.scale:
        missed = not scale_rows(options.scale) or missed
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
