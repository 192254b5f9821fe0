# %% [markdown]
# # Sensitivities, and gradient descent on real digits
#
# **Aim.** To work through Malik Magdon-Ismail's lecture "Neural Networks: Backpropagation" (*Learning From Data*,
# lecture 21). You will meet its listings in matrix form for forward propagation, for the sensitivities δ and for the
# gradient of the in-sample error $E_{in}$ (the mean error on the training data), and compare each with the engine's
# computation graph. Then you will measure the cost and the error of a numerical gradient, train networks that tell
# digits apart, and compare batch descent with sequential descent.
#
# The results are numbered M1 to M6. A call to `check(row, name, value, expectation)` compares a number computed by the
# engine (`autograd_core`) with the same number computed by the lecture's listings, or with a bound. The listings are
# written in NumPy, independently of the engine.

# %%
import itertools
import random
import time

import matplotlib.pyplot as plt
import numpy as np
from lectures import check, summary

import autograd_core as ac
from autograd_core import dot, gradients, no_record, parameter, tanh
from nn import MLP, SGD
from nn.datasets import digits, digits_features

# %% [markdown]
# ## M1 · Forward propagation as matrices
#
# Layer ℓ computes the weighted sums $\mathbf s^{(\ell)} = (W^{(\ell)})^{\mathsf T}\mathbf x^{(\ell-1)}$ and the output
# $\mathbf x^{(\ell)} = [1;\ \theta(\mathbf s^{(\ell)})]$. Every layer's output begins with a 1, so the weights that
# multiply this 1 in the next layer are the next layer's biases. $W^{(\ell)}$ has $d^{(\ell-1)}+1$ rows and $d^{(\ell)}$
# columns, where $d^{(\ell)}$ is the number of units in layer ℓ; θ is tanh. Here is the listing in NumPy, followed by
# the same network as a graph.

# %%
def listing_forward(Ws, x):
    """Return the input and each layer's output (all but the last begin with a 1), and each layer's weighted sums s."""
    xs, signals = [np.array([1.0, *x])], []
    for W in Ws:
        signals.append(W.T @ xs[-1])
        xs.append(np.concatenate([[1.0], np.tanh(signals[-1])]))
    xs[-1] = xs[-1][1:]
    return xs, signals


# %%
def graph_forward(Ws, x):
    """Run forward propagation on graph nodes; return each layer's weighted sums s, and the last layer's outputs."""
    signals = []
    for W in Ws:
        s = [dot([row[j] for row in W], [1.0, *x]) for j in range(len(W[0]))]
        x = [tanh(node) for node in s]
        signals.append(s)
    return signals, x


# %%
sizes = [3, 4, 2, 1]
generator = np.random.default_rng(1)
matrices = [generator.normal(0, 1, (a + 1, b)) for a, b in itertools.pairwise(sizes)]
weights = [[[parameter(w) for w in row] for row in W] for W in matrices]
x, target = [0.3, -1.2, 0.7], 0.5

xs, signals = listing_forward(matrices, x)
nodes, [h] = graph_forward(weights, x)
for layer, (s, node_s) in enumerate(zip(signals, nodes), 1):
    check("M1", f"signals s of layer {layer}: graph vs. listing", node_s, s, 1e-14)
check("M1", "h(x): graph vs. listing", h, float(xs[-1][0]), 1e-14)

# %% [markdown]
# ## M3 · Sensitivities
#
# The sensitivities are $\delta^{(\ell)} = \partial e/\partial s^{(\ell)}$. With the error $e = (h - y)^2$ and tanh in
# every layer, $\delta^{(L)} = 2(x^{(L)} - y)\,\theta'(s^{(L)})$, and, going backwards, $\delta^{(\ell)} =
# \theta'(s^{(\ell)}) \otimes [W^{(\ell+1)}\delta^{(\ell+1)}]_1^{d^{(\ell)}}$, where ⊗ multiplies entry by entry. The
# limits 1 to d on the bracket drop entry 0, which belongs to the constant 1: a constant needs no gradient.

# %%
def listing_deltas(Ws, xs, y):
    deltas = [2 * (xs[-1] - y) * (1 - xs[-1] ** 2)]
    for W, x in zip(reversed(Ws[1:]), reversed(xs[1:-1])):
        deltas.insert(0, (1 - x**2)[1:] * (W @ deltas[0])[1:])
    return deltas


deltas = listing_deltas(matrices, xs, target)
e = (h - target) ** 2
e.backward()
for layer, (delta, node_s) in enumerate(zip(deltas, nodes), 1):
    check("M3", f"sensitivities of layer {layer}: graph vs. listing", [node.grad for node in node_s], delta, 1e-13)

# %% [markdown]
# **Try it.** The listing drops entry 0 of $W^{(\ell+1)}\delta^{(\ell+1)}$. What does this entry mean?
#
# <details><summary>Solution</summary>
#
# It is the derivative of the error with respect to the constant 1, that is, the sum of bias × δ over the units of the
# next layer. If you make the 1 an input, the graph computes this derivative too.
#
# ```python
# from autograd_core import Value
# one = Value(1.0, "one")
# s2 = [dot([row[j] for row in weights[1]], [one, *map(tanh, nodes[0])]) for j in range(2)]
# out = tanh(dot([row[0] for row in weights[2]], [1.0, *map(tanh, s2)]))
# print(gradients((out - target) ** 2, [one]), (matrices[1] @ deltas[1])[0])
# assert abs(gradients((out - target) ** 2, [one])[0] - (matrices[1] @ deltas[1])[0]) < 1e-13
# ```
# </details>

# %% [markdown]
# ## M4 · The algorithm for $E_{in}$ and its gradient
#
# For each data point, run forward and backward propagation, and then add the point's contribution to the gradient:
# $G^{(\ell)} \mathrel{+}= \frac1N\,\mathbf x^{(\ell-1)}(\delta^{(\ell)})^{\mathsf T}$.

# %%
data = [(generator.normal(0, 1, 3).tolist(), float(generator.choice([-1.0, 1.0]))) for _ in range(12)]


def listing_gradient(Ws, data):
    E, G = 0.0, [np.zeros_like(W) for W in Ws]
    for x, y in data:
        xs, _ = listing_forward(Ws, x)
        deltas = listing_deltas(Ws, xs, y)
        E += float((xs[-1][0] - y) ** 2) / len(data)
        for g, before, delta in zip(G, xs, deltas):
            g += np.outer(before, delta) / len(data)
    return E, G


# %%
E, G = listing_gradient(matrices, data)
every = [w for W in weights for row in W for w in row]
E_in = ac.mean([(graph_forward(weights, x)[1][0] - y) ** 2 for x, y in data])
check("M4", "E_in: graph vs. listing", E_in, E, 1e-14)
check("M4", "∇E_in: graph vs. listing", gradients(E_in, every), np.concatenate([g.ravel() for g in G]), 1e-13)

# %% [markdown]
# ## M2 · The numerical and the algorithmic gradient
#
# The lecture calls the numerical gradient "approximate, inefficient". Here you can measure how approximate and how
# inefficient it is. The error of a central difference $(e(w+\Delta) - e(w-\Delta))/2\Delta$ has two parts: one is
# proportional to Δ² (it comes from the cubic term of the Taylor series), and the other is the rounding error divided by
# Δ. On logarithmic axes the curve of the total error is V-shaped. (The function `error_at` below computes e inside
# `no_record()`, where no graph is built, since only the number is needed.)

# %%
def error_at(w, moved):
    before, w.data = w.data, moved
    with no_record():
        e = (graph_forward(weights, x)[1][0] - target) ** 2
    w.data = before
    return e.data


exact = gradients((graph_forward(weights, x)[1][0] - target) ** 2, every)
w, derivative = every[5], exact[5]
steps = [10.0**-k for k in np.arange(0, 14.5, 0.5)]
off = []
for step in steps:
    difference = (error_at(w, w.data + step) - error_at(w, w.data - step)) / (2 * step)
    off.append(abs(difference - derivative) / abs(derivative))

# %%
plt.loglog(steps, off, "o-", label="central difference against the graph")
plt.loglog(steps, [s**2 for s in steps], "--", color="0.6", label="Δ²")
plt.loglog(steps, [2.0**-53 / s for s in steps], ":", color="0.4", label="rounding / Δ")
plt.ylim(1e-13, 10)
plt.xlabel("Δ")
plt.ylabel("relative error of ∂e/∂w")
plt.legend()
plt.show()

# %%
best = steps[off.index(min(off))]
check("M2", "Δ with the smallest error", best, "> 1e-8, < 1e-3")
check("M2", "error at Δ = 10⁻¹ / error at Δ = 10⁻² (should be about 100)", off[2] / off[4], "> 50, < 200")
check("M2", "error at Δ = 10⁻¹⁴ / smallest error", off[28] / min(off), "> 1e4")

# %% [markdown]
# The numerical gradient costs two forward passes for *each* weight; the graph needs one forward and one backward pass
# for all weights together.

# %%
evaluations = []


def counted(w, moved):
    evaluations.append(moved)
    return error_at(w, moved)


# %%
start = time.perf_counter()
numerical = [(counted(w, w.data + 1e-5) - counted(w, w.data - 1e-5)) / 2e-5 for w in every]
middle = time.perf_counter()
algorithmic = gradients((graph_forward(weights, x)[1][0] - target) ** 2, every)
end = time.perf_counter()
print(f"{len(every)} weights: the numerical gradient takes {1e3 * (middle - start):.2f} ms,")
print(f"{' ':12}the gradient from the graph {1e3 * (end - middle):.2f} ms")
check("M2", "gradient: numerical (Δ = 10⁻⁵) vs. graph", numerical, algorithmic, 1e-8)
check("M2", "numerical gradient for 29 weights: number of evaluations of the error", len(evaluations), 2 * 29)

# %% [markdown]
# ## M6 · The digits
#
# The lecture describes each scanned digit by two numbers: its average intensity and its symmetry. The digits used here
# are real: 1,797 scans of 8×8 pixels, from the UCI Machine Learning Repository. The symmetry of a digit is minus the
# sum of two mean absolute differences: one between the image and its left–right mirror image, and one between the image
# and its up–down mirror image. A perfectly symmetric digit therefore has a symmetry of 0.

# %%
data = digits()
figure, axes = plt.subplots(1, 10, figsize=(9, 1.1))
for digit, axis in enumerate(axes):
    image = data.inputs[data.targets.index(digit)]
    axis.imshow(np.reshape(image, (8, 8)), cmap="gray_r")
    axis.set_title(digit)
    axis.axis("off")
plt.show()

# %%
features = np.array(digits_features(data.inputs))
labels = np.array(data.targets)


def prepare(chosen, positive, seed=0):
    """Return shuffled, normalised points of the chosen digits, and targets ±1: 75 % for training, the rest held out."""
    order = np.flatnonzero(chosen)
    np.random.default_rng(seed).shuffle(order)
    points = (features[order] - features[order].mean(0)) / features[order].std(0)
    targets = np.where(labels[order] == positive, 1.0, -1.0)
    cut = round(0.75 * len(order))
    return points[:cut], targets[:cut], points[cut:], targets[cut:]


# %% [markdown]
# The lecture's network has tanh units and is trained on the squared error. Here we train it by sequential descent (one
# point at a time). `MLP(2, [4, 1])` is a network with two inputs, four hidden units and one output; `SGD` is gradient
# descent.

# %%
def output(model, point):
    return model(point.tolist())


def train(model, points, targets, epochs, rate, seed=0):
    """Train by sequential gradient descent: take a step after each point, with the points in a new order each epoch."""
    order, generator = list(range(len(points))), random.Random(seed)
    optimiser = SGD(model.parameters(), lr=rate)
    for _ in range(epochs):
        generator.shuffle(order)
        for n in order:
            error = (output(model, points[n]) - targets[n]) ** 2
            model.zero_grad()
            error.backward()
            optimiser.step()


# %%
def accuracy(model, points, targets):
    with no_record():
        return float(np.mean([(output(model, p).data > 0) == (t > 0) for p, t in zip(points, targets)]))


# %%
zero_or_seven = prepare((labels == 0) | (labels == 7), positive=0)
model = MLP(2, [4, 1], activation=tanh, output=tanh, seed=0)
train(model, *zero_or_seven[:2], epochs=12, rate=0.03)
held_out = accuracy(model, *zero_or_seven[2:])
check("M6", "0 against 7: held-out accuracy", held_out, ">= 0.95")

# %%
grid_x, grid_y = np.meshgrid(np.linspace(-3.5, 3.5, 60), np.linspace(-3.5, 3.0, 60))
with no_record():
    region = np.vectorize(lambda a, b: model([a, b]).data)(grid_x, grid_y)
plt.figure(figsize=(5.5, 4))
plt.contourf(grid_x, grid_y, region, levels=[-1, 0, 1], colors=["C1", "C0"], alpha=0.2)
for part, size in (("", 3), (", held out", 6)):
    points, targets = zero_or_seven[2:] if part else zero_or_seven[:2]
    for value, name, style in ((1, "0", "C0o"), (-1, "7", "C1^")):
        plt.plot(*points[targets == value].T, style, markersize=size, alpha=0.7, label=name + part)
plt.xlabel("average intensity (normalised)")
plt.ylabel("symmetry (normalised)")
plt.legend(fontsize=8)
plt.show()

# %% [markdown]
# With only two features, there is a limit to what a network can learn. In the task of the lecture's figure, "1 against
# the rest", these features do not separate the two classes. Always answering "not 1" is right nine times in ten, and
# the network is hardly better than that.

# %%
one_or_rest = prepare(labels >= 0, positive=1)
majority = float(np.mean(one_or_rest[3] < 0))
model_one = MLP(2, [6, 1], activation=tanh, output=tanh, seed=1)
train(model_one, *one_or_rest[:2], epochs=8, rate=0.02)
check("M6", "1 against the rest: held-out accuracy of the majority answer", majority, "> 0.88, < 0.92")
by_network = accuracy(model_one, *one_or_rest[2:])
check("M6", "1 against the rest: held-out accuracy of the network", by_network, "> 0.89, < 0.94")

# %% [markdown]
# ## M5 · Batch and sequential descent
#
# In each pass over the data, batch descent takes one step, with the gradient of $E_{in}$; sequential descent (SGD) takes
# a step after each point. Both compute a gradient for each of the N points, but sequential descent takes N steps, and batch descent only one.

# %%
def descend(sequential, epochs, rate):
    """Train a new network on the zeros and sevens; return E_in at the beginning of each epoch."""
    points, targets = zero_or_seven[:2]
    model, curve = MLP(2, [4, 1], activation=tanh, output=tanh, seed=3), []
    for _ in range(epochs):
        with no_record():
            curve.append(ac.mean([(output(model, p) - t) ** 2 for p, t in zip(points, targets)]).data)
        if sequential:
            train(model, points, targets, 1, rate, seed=len(curve))
        else:
            model.zero_grad()
            ac.mean([(output(model, p) - t) ** 2 for p, t in zip(points, targets)]).backward()
            SGD(model.parameters(), lr=rate).step()
    return curve


# %%
batch, sequential = descend(False, 20, rate=0.3), descend(True, 20, rate=0.03)
plt.semilogy(batch, "o-", label="batch: one step per epoch, η = 0.3")
plt.semilogy(sequential, "o-", label="sequential: a step after each point, η = 0.03")
plt.xticks(range(0, 20, 5))
plt.xlabel("epoch")
plt.ylabel("$E_{in}$")
plt.legend()
plt.show()
check("M5", "batch descent: E_in at the start of epoch 20 / of epoch 1", batch[-1] / batch[0], "< 0.6")
check("M5", "E_in at the start of epoch 20: sequential / batch", sequential[-1] / batch[-1], "< 0.8")

# %% [markdown]
# **Try it.** Run batch descent with larger steps: how large can the step size η be before $E_{in}$ rises?
#
# <details><summary>Solution</summary>
#
# ```python
# for rate in (1.0, 3.0, 10.0, 100.0):
#     curve = descend(False, 10, rate)
#     print(f"η = {rate:5.1f}: E_in {curve[0]:.2f} → {curve[-1]:.2f}", "(rises)" if curve[-1] > curve[0] else "")
# ```
#
# Up to about η = 1, $E_{in}$ falls smoothly. With larger steps, $E_{in}$ jumps about until the tanh units saturate;
# then the gradient vanishes and $E_{in}$ no longer changes.
# </details>

# %% [markdown]
# ## Results
#
# This table shows, for each result, how many numbers were compared with the lecture's. If any result had not been checked,
# the cell below would raise an error.

# %%
summary("M", 6)
