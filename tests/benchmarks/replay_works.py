"""The workloads of `replay.py`: each is a program written in scalars, with the same computation in NumPy."""

import importlib.util
import itertools
import math
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

from replay_others import np

from autograd_core import Value, ops, take, traced
from autograd_core._program.guards import Guard
from autograd_core._program.listing import Listing
from autograd_core._program.native import prepare

# The folder that contains the workloads' scripts; by default, it is beside the checkout.
WORKLOADS = Path(os.environ.get("WORKLOADS", Path(__file__).parents[3] / "shared" / "workloads"))


class Work:
    """A workload: the loss of one row. `record` builds a graph, and returns the loss, its inputs and its parameters."""

    def __init__(self):
        self.loss, self.inputs, self.parameters = self.record()
        self.listing = self.listed()

    def listed(self):
        listing = Listing.of([self.loss], self.inputs, self.parameters)
        return listing.varying([False] * len(self.inputs))

    def again(self):
        """Trace and prepare the workload once more."""
        loss, inputs, parameters = self.record()
        prepare(Listing.of([loss], inputs, parameters)).plan()

    def weights(self):
        return np.array([w.data for w in self.parameters])


def layers(sizes, rng, spread):
    """Return a list of units for each layer; a unit is a pair of its weights and its bias."""
    return [
        [([Value(rng.gauss(0, spread)) for _ in range(n)], Value(rng.uniform(-0.1, 0.1))) for _ in range(m)]
        for n, m in itertools.pairwise(sizes)
    ]


def flat(network):
    return [w for layer in network for row, bias in layer for w in (*row, bias)]


def matrices(weights, sizes):
    """Return views of a flat array of weights or gradients: the matrix and the biases of each layer."""
    made, at = [], 0
    for n, m in itertools.pairwise(sizes):
        block = weights[at : at + m * (n + 1)].reshape(m, n + 1)
        made.append((block[:, :n], block[:, n]))
        at += m * (n + 1)
    return made


class small_network(Work):  # in lower case, because it is called like a function
    """The hinge loss of a 2-16-16-1 network with ReLU for one point."""

    sizes = (2, 16, 16, 1)

    def record(self):
        network = layers(self.sizes, random.Random(0), 0.6)
        inputs = [Value(0.3), Value(-0.4), Value(1.0)]
        here = inputs[:2]
        for k, layer in enumerate(network):
            made = []
            for row, bias in layer:
                total = bias
                for w, x in zip(row, here, strict=True):
                    total = total + w * x
                made.append(total.relu() if k < 2 else total)
            here = made
        return (1.0 + (-inputs[2]) * here[0]).relu(), inputs, flat(network)

    def rows(self, count):
        rng = np.random.default_rng(0)
        return [(rng.uniform(-1, 1, (count, 2)), 2), (rng.choice([-1.0, 1.0], count), 1)]

    def by_hand(self, count):
        (X, _), (y, _) = self.rows(count)
        (W1, b1), (W2, b2), (W3, b3) = (
            (np.ascontiguousarray(W), b.copy()) for W, b in matrices(self.weights(), self.sizes)
        )
        gradient = np.zeros(len(self.parameters))
        views = matrices(gradient, self.sizes)

        def hand():
            z1 = X @ W1.T + b1
            h1 = np.maximum(z1, 0.0)
            z2 = h1 @ W2.T + b2
            h2 = np.maximum(z2, 0.0)
            margin = 1.0 - y * (h2 @ W3.T + b3)[:, 0]
            np.maximum(margin, 0.0)
            g3 = np.where(margin > 0, -y, 0.0)[:, None]
            g2 = (g3 @ W3) * (z2 > 0)
            g1 = (g2 @ W2) * (z1 > 0)
            for (W, b), g, h in zip(views, (g1, g2, g3), (X, h1, h2), strict=True):
                W[:] = g.T @ h
                b[:] = g.sum(0)
            return gradient

        return hand


class classifier(Work):  # in lower case, because it is called like a function
    """The softmax cross-entropy of a network with tanh for one row; ten of the inputs encode the label."""

    def __init__(self, sizes):
        self.sizes = sizes
        super().__init__()

    def record(self):
        rng = random.Random(0)
        network = layers(self.sizes, rng, 0.05)
        inputs = [Value(rng.random()) for _ in range(self.sizes[0])]
        label = [Value(float(i == 3)) for i in range(self.sizes[-1])]
        here = inputs
        for k, layer in enumerate(network):
            here = [sum((w * x for w, x in zip(row, here, strict=True)), bias) for row, bias in layer]
            here = [ops.tanh(z) for z in here] if k < len(network) - 1 else here
        largest = here[0]
        for z in here[1:]:
            largest = ops.maximum(largest, z)
        shifted = [z - largest for z in here]
        total = sum(z.exp() for z in shifted)
        loss = -sum(t * (z - total.log()) for t, z in zip(label, shifted, strict=True))
        return loss, [*inputs, *label], separate(network)

    def rows(self, count):
        rng = np.random.default_rng(0)
        labels = np.eye(self.sizes[-1])[rng.integers(0, self.sizes[-1], count)]
        return [(rng.random((count, self.sizes[0])), self.sizes[0]), (labels, self.sizes[-1])]

    def by_hand(self, count):
        (X, _), (T, _) = self.rows(count)
        network = arrays(self.weights(), self.sizes)
        gradient = np.zeros(len(self.parameters))
        views = arrays(gradient, self.sizes)

        def hand():
            hidden = [X]
            for W, b in network[:-1]:
                hidden.append(np.tanh(hidden[-1] @ W.T + b))
            z = hidden[-1] @ network[-1][0].T + network[-1][1]
            z -= z.max(1, keepdims=True)
            e = np.exp(z)
            s = e.sum(1, keepdims=True)
            (T * (z - np.log(s))).sum(1)
            g = e / s - T
            for (W, _), (dW, db), h in zip(network[::-1], views[::-1], hidden[::-1], strict=True):
                np.matmul(g.T, h, out=dW)
                db[:] = g.sum(0)
                if h is not X:
                    g = (g @ W) * (1.0 - h * h)
            return gradient

        return hand


class convolutional(Work):  # in lower case, because it is called like a function
    """The softmax cross-entropy of an 8×8 image: two layers of eight 3×3 filters, each with ReLU, and 10 classes."""

    sizes = ((8, 1), (8, 8))

    def record(self):
        rng = random.Random(0)
        inputs = [Value(rng.random()) for _ in range(64)]
        label = [Value(float(i == 3)) for i in range(10)]
        here, parameters = [inputs], []
        for filters, channels in self.sizes:
            weights = [[Value(rng.gauss(0, 0.3)) for _ in range(9 * channels)] for _ in range(filters)]
            biases = [Value(rng.uniform(-0.1, 0.1)) for _ in range(filters)]
            parameters += [w for row in weights for w in row] + biases
            side = math.isqrt(len(here[0]))
            here = [
                [self.at(here, row, bias, side, i, j) for i in range(side - 2) for j in range(side - 2)]
                for row, bias in zip(weights, biases, strict=True)
            ]
        flat_here = [x for channel in here for x in channel]
        rows = [[Value(rng.gauss(0, 0.1)) for _ in flat_here] for _ in range(10)]
        biases = [Value(0.0) for _ in range(10)]
        parameters += [w for row in rows for w in row] + biases
        scores = [ops.dot(row, flat_here) + bias for row, bias in zip(rows, biases, strict=True)]
        total = ops.logsumexp(scores)
        return ops.sum(t * (total - z) for t, z in zip(label, scores, strict=True)), [*inputs, *label], parameters

    @staticmethod
    def at(channels, weights, bias, side, i, j):
        total, k = bias, 0
        for channel in channels:
            for a in range(3):
                for b in range(3):
                    total = total + weights[k] * channel[(i + a) * side + j + b]
                    k += 1
        return total.relu()

    def rows(self, count):
        rng = np.random.default_rng(0)
        labels = np.eye(10)[rng.integers(0, 10, count)]
        return [(rng.random((count, 64)), 64), (labels, 10)]

    def by_hand(self, count):
        (X, _), (T, _) = self.rows(count)
        shapes = [(8, 1, 3, 3), (8,), (8, 8, 3, 3), (8,), (10, 8 * 16), (10,)]
        gradient = np.zeros(len(self.parameters))
        W1, b1, W2, b2, W3, b3 = shaped(self.weights(), shapes)
        dW1, db1, dW2, db2, dW3, db3 = shaped(gradient, shapes)
        windows = np.lib.stride_tricks.sliding_window_view
        X = X.reshape(count, 1, 8, 8)

        def convolved(x, W, b):
            seen = windows(x, (3, 3), axis=(2, 3))
            return np.tensordot(seen, W, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + b[:, None, None], seen

        def hand():
            z1, seen1 = convolved(X, W1, b1)
            h1 = np.maximum(z1, 0.0)
            z2, seen2 = convolved(h1, W2, b2)
            h2 = np.maximum(z2, 0.0)
            flat_h = h2.reshape(count, -1)
            z = flat_h @ W3.T + b3
            z -= z.max(1, keepdims=True)
            e = np.exp(z)
            g = e / e.sum(1, keepdims=True) - T
            np.matmul(g.T, flat_h, out=dW3)
            db3[:] = g.sum(0)
            g2 = (g @ W3).reshape(z2.shape) * (z2 > 0)
            dW2[:] = np.tensordot(g2, seen2, ((0, 2, 3), (0, 2, 3)))
            db2[:] = g2.sum((0, 2, 3))
            around = np.pad(g2, ((0, 0), (0, 0), (2, 2), (2, 2)))
            back = np.tensordot(windows(around, (3, 3), axis=(2, 3)), W2[:, :, ::-1, ::-1], ((1, 4, 5), (0, 2, 3)))
            g1 = back.transpose(0, 3, 1, 2) * (z1 > 0)
            dW1[:] = np.tensordot(g1, seen1, ((0, 2, 3), (0, 2, 3)))
            db1[:] = g1.sum((0, 2, 3))
            return gradient

        return hand


def shaped(numbers, shapes):
    """Return consecutive views of a flat array, with the given shapes."""
    made, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        made.append(numbers[at : at + size].reshape(shape))
        at += size
    return made


def separate(network):
    """Return the weights in the order that `arrays` expects: each layer's matrix row by row, then its biases."""
    made = []
    for layer in network:
        made += [w for row, _ in layer for w in row] + [bias for _, bias in layer]
    return made


def arrays(weights, sizes):
    made, at = [], 0
    for n, m in itertools.pairwise(sizes):
        made.append((weights[at : at + m * n].reshape(m, n), weights[at + m * n : at + m * (n + 1)]))
        at += m * (n + 1)
    return made


def branches():
    """Return the two branches of `tanh(a*x + b*y) if x > 0 else exp(0.1*(b*y - a*x))`, with their guards."""
    made = []
    for outcome in (1.0, 0.0):
        x, y, a, b = Value(1.0), Value(1.0), Value(0.5), Value(0.25)
        out = ops.tanh(a * x + b * y) if outcome else ops.exp(0.1 * (b * y - a * x))
        out = out + 0.0 * a
        listing = Listing.of([out], [x, y], [a, b])
        zero = listing.inputs + listing.parameters + list(listing.constants).index(0.0)
        made.append(replace(listing, guards=(Guard(0, "gt", (0, zero), outcome),)))
    return made


def _module(name, *arguments):
    """Load a workload's script as a module; loading runs the script's few training steps."""
    before = sys.argv
    sys.argv = [name, *arguments]
    try:
        spec = importlib.util.spec_from_file_location(name, WORKLOADS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.argv = before
    return module


class Chosen(list):
    """A list whose entries are selected with `take`, so that an index can be an input of a program."""

    def __getitem__(self, i):
        return take(list(self), i)


class Gpt(Work):
    """The workloads' scalar GPT on one name: the loss, and its gradients with respect to all parameters."""

    def __init__(self):
        self.scalar = _module("gpt", "ac", "1")
        self.arrays = _module("gpt_numpy", "20")
        names = self.scalar.docs
        self.name = next(i for i, doc in enumerate(names) if len(doc) == 7)  # seven letters and the end make eight positions
        for p in self.scalar.flat:
            p.zero_grad()
        for p, number in zip(self.scalar.flat, self.arrays.flat, strict=True):
            p.data = float(number)
        super().__init__()

    def record(self):
        g = self.scalar
        doc = g.docs[self.name]
        tokens = [g.BOS] + [g.chars.index(c) for c in doc] + [g.BOS]
        K, VV, losses = [[]], [[]], []
        for p in range(len(tokens) - 1):
            losses.append(-g.flog(g.softmax(g.gpt(tokens[p], p, K, VV))[tokens[p + 1]]))
        return (1 / (len(tokens) - 1)) * sum(losses), [], g.flat

    def listed(self):
        return Listing.of([self.loss], [], self.parameters)

    def rows(self, count):
        return [(np.zeros((count, 0)), 0)]

    def by_hand(self):
        g = self.arrays
        tokens = g.enc[self.name]

        def hand():
            g.loss_and_grad(tokens)
            return g.G_

        assert math.isclose(g.loss_and_grad(tokens), self.loss.data, rel_tol=1e-9)
        return hand

    def traced_step(self):
        """Return a step through `@traced`: the workload's loss, with entries selected by token with `take`."""
        g = self.scalar
        g.P["wte"] = Chosen(g.P["wte"])

        @traced
        def loss(tokens):
            K, VV, losses = [[]], [[]], []
            for p in range(len(tokens) - 1):
                losses.append(-g.flog(take(g.softmax(g.gpt(tokens[p], p, K, VV)), tokens[p + 1])))
            return (1 / (len(tokens) - 1)) * sum(losses)

        doc = g.docs[self.name]
        tokens = [g.BOS, *map(g.chars.index, doc), g.BOS]
        assert loss(tokens).data == self.loss.data and loss([*tokens[::-1]]) is not None and len(loss.programs) == 1

        def step():
            loss(tokens).backward()

        step()  # in this and all later calls, the branch is found and not traced again
        return step

    def eager_step(self):
        loss, _, _ = self.record()
        loss.backward()

