# %% [markdown]
# # Neural networks in depth
#
# **Aim.** To work through Christoph Haase and Varun Kanade's notes "Neural Networks" (*Machine Learning*, Michaelmas
# 2016, lectures 14–17): gates made of single units, the matrix equations of backpropagation, the things that go wrong
# in training (saturation, vanishing gradients, symmetry), and nine remedies for overfitting.
#
# The results are numbered O1 to O10. A call to `check(row, name, value, expectation)` compares a number computed by the
# engine (`autograd_core`) with a number stated in the notes, or with the result of evaluating one of their equations in
# NumPy, without the engine.

# %%
import itertools
import math
import os
import random
import resource
import time

import matplotlib.pyplot as plt
import numpy as np
from lectures import check, summary
from scipy.optimize import minimize

import autograd_core as ac
import nn
from autograd_core import Value, dot, gradients, no_record, parameter, sigmoid, softplus, square, tanh

# %% [markdown]
# ## O1 · The artificial neuron, and gates
#
# According to equation 1, a unit (an artificial neuron) computes $f(b + w_1x_1 + \dots + w_Dx_D)$. With a steep
# sigmoid, single units act as Boolean gates. XOR needs two layers of units.

# %%
def unit(weights, bias):
    return lambda *x: sigmoid(dot(weights, x) + bias)


not_gate, and_gate, or_gate = unit([-20.0], 10.0), unit([20.0, 20.0], -30.0), unit([20.0, 20.0], -10.0)


def xor_gate(a, b):
    """Return a XOR b, computed as (a OR b) AND NOT (a AND b)."""
    return and_gate(or_gate(a, b), not_gate(and_gate(a, b)))


# %%
pairs = list(itertools.product([0, 1], repeat=2))
check("O1", "NOT", [round(not_gate(a)) for a in (0, 1)], [1, 0])
check("O1", "AND", [round(and_gate(*p)) for p in pairs], [0, 0, 0, 1])
check("O1", "OR", [round(or_gate(*p)) for p in pairs], [0, 1, 1, 1])
check("O1", "XOR from two layers", [round(xor_gate(*p)) for p in pairs], [0, 1, 1, 0])

# %% [markdown]
# ## O2 · Logistic regression is one unit
#
# With the cross-entropy loss, the gradient for a sigmoid unit has a closed form: *(a − y) x* for the weights and *a −
# y* for the bias, where *a* is the unit's output and *y* the target.

# %%
generator = random.Random(2)
w, b = [parameter(generator.gauss(0, 1)) for _ in range(4)], parameter(0.3)
x, y = [generator.gauss(0, 1) for _ in range(4)], 1
nn.binary_cross_entropy(sigmoid(dot(w, x) + b), y).backward()


def logistic(z):
    return 1 / (1 + np.exp(-z))


a = logistic(np.dot([p.data for p in w], x) + 0.3)
check("O2", "gradient with respect to the weights: graph vs. (a − y) x",
      [p.grad for p in w], (a - y) * np.array(x), 1e-14)
check("O2", "gradient with respect to the bias: graph vs. a − y", b.grad, a - y, 1e-14)

# %% [markdown]
# ## O3 · Two hidden units can do what a line cannot
#
# Figures 2 and 3 show points near the corners of a square. The points belong to two classes, each at two opposite
# corners. Logistic regression "fails quite badly, not much better than 50 %". A 2-2-1 network, with tanh units in the
# hidden layer and a sigmoid output, maps each point to the pair of its hidden activations $(a_1^2, a_2^2)$, where the
# superscript is the number of the layer. In the plane of these pairs, a line can separate the classes.

# %%
data = nn.datasets.xor(120, noise=0.16, seed=4)
points = [[2 * a - 1, 2 * b - 1] for a, b in data.inputs]
labels = data.targets


def hidden(p, x):
    return [tanh(p[3 * j] * x[0] + p[3 * j + 1] * x[1] + p[3 * j + 2]) for j in range(2)]


def mlp_logit(p, x):
    return dot(p[6:8], hidden(p, x)) + p[8]


def line_logit(p, x):
    return dot(p[:2], x) + p[2]


# %%
def fit(logit, start):
    def loss(p):
        p = list(p)
        terms = [nn.binary_cross_entropy_with_logits(logit(p, x), t) for x, t in zip(points, labels)]
        return ac.mean(terms) + 1e-4 * dot(p, p)

    return minimize(ac.value_and_grad(loss), np.array(start), jac=True, method="BFGS", options={"maxiter": 60})


def accuracy(logit, p):
    return sum((logit(p, x) > 0) == (t == 1) for x, t in zip(points, labels)) / len(points)


# %%
line = fit(line_logit, [0.5, -0.3, 0.1]).x.tolist()
best = min((fit(mlp_logit, np.random.default_rng(s).normal(0, 1, 9)) for s in range(4)), key=lambda run: run.fun)
p = best.x.tolist()
check("O3", "accuracy of logistic regression", accuracy(line_logit, line), "<= 0.60")
check("O3", "accuracy of the 2-2-1 network", accuracy(mlp_logit, p), ">= 0.97")

# %%
def scatter(axis, places, title, names):
    for label, colour, name in ((0, "C1", "label 0"), (1, "C0", "label 1")):
        chosen = np.array([place for place, t in zip(places, labels) if t == label])
        axis.plot(*chosen.T, ".", color=colour, label=name)
    axis.set(title=title, xlabel=names[0], ylabel=names[1])


def shade(axis, logit, p):
    grid = np.linspace(-1.8, 1.8, 60)
    values = [[logit(p, [a, b]) for a in grid] for b in grid]
    axis.contourf(grid, grid, values, levels=[-1e9, 0, 1e9], colors=["C1", "C0"], alpha=0.15)


# %%
figure, axes = plt.subplots(2, 2, figsize=(7.5, 6.4))
plane = ("$x_1$", "$x_2$")
scatter(axes[0, 0], points, "(a) training data", plane)
axes[0, 0].legend(fontsize=8)
scatter(axes[0, 1], points, f"(b) logistic regression: {accuracy(line_logit, line):.0%}", plane)
shade(axes[0, 1], line_logit, line)
scatter(axes[1, 0], [hidden(p, x) for x in points], "(c) after the hidden layer", ("$a_1^2$", "$a_2^2$"))
ends = np.array([-1.1, 1.1])
axes[1, 0].plot(ends, -(p[8] + p[6] * ends) / p[7], "--", color="0.4")
axes[1, 0].set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
scatter(axes[1, 1], points, f"(d) 2-2-1 network: {accuracy(mlp_logit, p):.0%}", plane)
shade(axes[1, 1], mlp_logit, p)
plt.show()

# %% [markdown]
# A hand-picked line can cut off one corner and classify three quarters of the points correctly; logistic regression,
# which minimises the cross-entropy, ends up with weights close to 0. (A *logit* is the weighted sum that goes into the
# last sigmoid; the label 1 is predicted where the logit is positive. On the dashed line in (c), the logit is 0.)
#
# ## O4 · Equations 13 to 26
#
# We send one data point through the 2-2-1 network and keep every node. The notes write a Jacobian with one row for each
# output, so a gradient is a row vector. The notes contain three misprints:
#
# - **(11)** The second row of the Jacobian should end in $\partial f_2/\partial z_n$, not $\partial f_1/\partial z_n$.
# - **(23)** has the wrong sign. It should be $\partial\ell/\partial z^3 = a_1^3 - y$, which is the form that (26) uses.
# - **(24)** should read $\partial z^3/\partial a^2 = W^3$, not $\partial z^3/\partial z^2$.

# %%
generator = np.random.default_rng(4)
W2, b2, W3, b3 = (generator.normal(0, 1, shape) for shape in ((2, 2), 2, (1, 2), 1))
W2n, b2n, W3n, b3n = ([parameter(v) for v in np.ravel(array)] for array in (W2, b2, W3, b3))
x, y = [0.6, -1.1], 1
z2 = [dot(W2n[2 * i : 2 * i + 2], x) + b2n[i] for i in range(2)]
a2 = [tanh(z) for z in z2]
z3 = dot(W3n, a2) + b3n[0]
a3 = sigmoid(z3)
loss = -(y * ac.log(a3) + (1 - y) * ac.log(1 - a3))


def d(of, by):
    """Return the derivatives of one node with respect to a list of nodes, computed from the graph."""
    return np.array(gradients(of, by))


# %% [markdown]
# Here are the right-hand sides of the equations in NumPy, computed from the same weights: `hidden_out` is $a^2$, `out`
# is $a^3$, and `dz3` and `dz2` are $\partial\ell/\partial z^3$ and $\partial\ell/\partial z^2$.

# %%
hidden_out = np.tanh(W2 @ x + b2)
out = logistic(W3 @ hidden_out + b3).item()
slope2 = np.diag(1 - hidden_out**2)
dz3 = out - y
dz2 = dz3 * W3[0] @ slope2

# %%
check("O4", "(15), (16): ∂ℓ/∂W² = (x ∂ℓ/∂z²)ᵀ", d(loss, W2n), np.outer(x, dz2).T, 1e-14)
check("O4", "(17): ∂ℓ/∂W³ = (a² ∂ℓ/∂z³)ᵀ", d(loss, W3n), hidden_out * dz3, 1e-14)
check("O4", "(18): ∂ℓ/∂b² = ∂ℓ/∂z²", d(loss, b2n), dz2, 1e-15)
check("O4", "(19): ∂ℓ/∂b³ = ∂ℓ/∂z³", d(loss, b3n), dz3, 1e-15)
check("O4", "(21): ∂ℓ/∂a³ = (a − y)/(a (1 − a))", d(loss, [a3]), (out - y) / (out * (1 - out)), 1e-14)
check("O4", "(22): ∂a³/∂z³ = a (1 − a)", d(a3, [z3]), out * (1 - out), 1e-14)
check("O4", "(23), sign corrected: ∂ℓ/∂z³ = a − y", d(loss, [z3]), dz3, 1e-14)
check("O4", "(24), as ∂z³/∂a²: W³", d(z3, a2), W3[0], 1e-15)
check("O4", "(25): ∂a²/∂z² = diag(1 − a²)", [d(v, z2) for v in a2], slope2, 1e-14)
check("O4", "(26): ∂ℓ/∂z² = (a − y) W³ diag(1 − a²)", d(loss, z2), dz2, 1e-14)
check("O4", "(13), (14): the chain rule ∂z³/∂z² = ∂z³/∂a² ∂a²/∂z²", d(z3, z2), W3[0] @ slope2, 1e-14)

# %% [markdown]
# ## O5 · Any number of layers: FE1–2, BE1–4
#
# The forward equations (FE1–2) are $z^l = W^la^{l-1} + b^l$ and $a^l = f(z^l)$. The backward equations (BE1–4) are
# $\frac{\partial\ell}{\partial z^L} = \frac{\partial\ell}{\partial a^L}\frac{\partial a^L}{\partial z^L}$,
# $\frac{\partial\ell}{\partial z^l} = \frac{\partial\ell}{\partial z^{l+1}}W^{l+1}\frac{\partial a^l}{\partial z^l}$,
# $\frac{\partial\ell}{\partial W^l} = (a^{l-1}\frac{\partial\ell}{\partial z^l})^{\mathsf T}$ and
# $\frac{\partial\ell}{\partial b^l} = \frac{\partial\ell}{\partial z^l}$. Softmax acts on a whole layer, so its
# Jacobian is a full matrix.

# %%
def listing(Ws, bs, x, c):
    """Return the gradients of the cross-entropy with respect to all W and b, computed from the equations."""
    activations = [np.array(x)]
    for W, b in zip(Ws[:-1], bs[:-1]):
        activations.append(np.tanh(W @ activations[-1] + b))  # FE1, FE2
    z = Ws[-1] @ activations[-1] + bs[-1]
    a = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    dz = (-np.eye(len(a))[c] / a) @ (np.diag(a) - np.outer(a, a))  # BE1
    dWs, dbs = [], []
    for layer in reversed(range(len(Ws))):
        dWs.insert(0, np.outer(activations[layer], dz).T)  # BE3
        dbs.insert(0, dz)  # BE4
        if layer:
            dz = dz @ Ws[layer] @ np.diag(1 - activations[layer] ** 2)  # BE2
    return dWs, dbs


# %%
def graph(Ws, bs, x, c):
    nodes_W = [[[parameter(v) for v in row] for row in W] for W in Ws]
    nodes_b = [[parameter(v) for v in b] for b in bs]
    for layer, (W, b) in enumerate(zip(nodes_W, nodes_b)):
        z = [dot(row, x) + bias for row, bias in zip(W, b)]
        x = ac.softmax(z) if layer == len(Ws) - 1 else [tanh(v) for v in z]
    (-ac.log(x[c])).backward()
    return [[[w.grad for w in row] for row in W] for W in nodes_W], [[v.grad for v in b] for b in nodes_b]


# %%
generator, differences = np.random.default_rng(5), []
for _ in range(20):
    sizes = generator.integers(2, 7, generator.integers(3, 7)).tolist()
    Ws = [generator.normal(0, 0.7, (m, n)) for n, m in itertools.pairwise(sizes)]
    bs = [generator.normal(0, 0.7, n) for n in sizes[1:]]
    case = Ws, bs, generator.normal(0, 1, sizes[0]).tolist(), int(generator.integers(sizes[-1]))
    for ours, theirs in zip(itertools.chain(*graph(*case)), itertools.chain(*listing(*case))):
        differences.append(np.abs(np.array(ours) - theirs).max() / max(1.0, np.abs(theirs).max()))
check("O5", "20 networks of random sizes: largest difference between graph and listing", max(differences), "< 1e-12")

# %% [markdown]
# ## O6 · Saturation
#
# We want a single sigmoid unit to learn a NOT gate for $x\in\{-1, 1\}$. Its weight starts with an absolute value of 5
# and the wrong sign. At $x = -1$ the target is 1, but the unit returns almost 0. With the squared loss (without the ½)
# the unit nevertheless hardly learns: the slope of this loss (equation 30) contains the factor $\sigma'(z)$, which is
# almost 0 here. The slope of the cross-entropy has no such factor. **A misprint:** with $w = -5$, as in the notes, the
# pre-activation is $+5$. To get the notes' $z = -5$ you need $w = +5$, whose sign is indeed wrong for a NOT gate.

# %%
w, b, target = parameter(5.0, "w"), parameter(0.0, "b"), 1
z = w * -1.0 + b
a = sigmoid(z)
squared, entropy = square(a - target), nn.binary_cross_entropy_with_logits(z, target)
check("O6", "z at x = −1", z, -5.0)
check("O6", "slope of the squared loss with respect to z", gradients(squared, [z])[0], -0.01321, 4e-4)
check("O6", "slope of the cross-entropy with respect to z", gradients(entropy, [z])[0], -0.99331, 1e-5)
check("O6", "slope of the cross-entropy with respect to z: graph vs. a − y",
      gradients(entropy, [z])[0], logistic(-5.0) - 1, 1e-15)

# %%
zs = np.linspace(-8, 4, 120)
plt.plot(zs, [ac.grad(lambda z: square(sigmoid(z) - 1))(v) for v in zs], label="squared loss: 2(a − y) σ′(z)")
plt.plot(zs, [ac.grad(lambda z: softplus(-z))(v) for v in zs], label="cross-entropy: a − y")
plt.axvline(-5, color="0.7", linewidth=1)
plt.xlabel("z, for the target 1")
plt.ylabel("∂ℓ/∂z")
plt.legend()
plt.show()

# %% [markdown]
# ## O7 · Vanishing gradients
#
# We build a chain of single sigmoid units. Equation 31 states that $\frac{\partial\ell}{\partial z^2} = (a^4 -
# y)\,w^4\,\sigma'(z^3)\,w^3\,\sigma'(z^2)$, and $\sigma'$ never exceeds ¼. (The sentence after the equation mentions
# $\sigma'(z^3)$ and $\sigma'(z^4)$; it should say $\sigma'(z^3)$ and $\sigma'(z^2)$.)

# %%
w2, w3, w4 = 0.9, -1.4, 2.0
z2 = Value(w2 * -1.0, "z2")
z3 = w3 * sigmoid(z2)
z4 = w4 * sigmoid(z3)
loss = nn.binary_cross_entropy_with_logits(z4, 1)

# %% [markdown]
# To evaluate the formula, we compute the same chain with plain floats, `n2`, `n3` and `n4`:

# %%
def slope(z):
    return logistic(z) * logistic(-z)


n2 = w2 * -1.0
n3 = w3 * logistic(n2)
n4 = w4 * logistic(n3)
formula = (logistic(n4) - 1) * w4 * slope(n3) * w3 * slope(n2)
check("O7", "(31), ∂ℓ/∂z²: graph vs. formula", gradients(loss, [z2])[0], formula, 1e-14)
largest = max(ac.grad(sigmoid)(v) for v in np.linspace(-9, 9, 181).tolist())
check("O7", "largest slope of the sigmoid", largest, 0.25, 1e-15)

# %%
def norms_by_layer(activation, layers=8, width=12, seed=7):
    """Return the norm of the gradient with respect to each layer's parameters, for a batch of ten points."""
    model = nn.MLP(4, [width] * layers + [1], activation=activation, init=nn.init.lecun_normal, seed=seed)
    generator = random.Random(seed)
    batch = [[generator.gauss(0, 1) for _ in range(4)] for _ in range(10)]
    ac.mean([nn.binary_cross_entropy_with_logits(model(x), i % 2) for i, x in enumerate(batch)]).backward()
    return [math.hypot(*(p.grad for p in layer.parameters())) for layer in model.layers[:layers]]


# %%
norms = {activation.__name__: norms_by_layer(activation) for activation in (sigmoid, tanh, ac.relu)}
for name, values in norms.items():
    plt.semilogy(range(1, 9), values, "o-", label=name)
plt.xlabel("layer (1 is the first)")
plt.ylabel("norm of the gradient")
plt.legend()
plt.show()
ratio = {name: values[0] / values[-1] for name, values in norms.items()}
check("O7", "eight sigmoid layers: gradient norm of the first layer / of the last", ratio["sigmoid"], "< 1e-3")
check("O7", "eight tanh layers, and eight ReLU layers: the same ratio", [ratio["tanh"], ratio["relu"]], "> 1e-3")

# %% [markdown]
# ## O8 · Initialisation and symmetry
#
# If all units of a layer start with the same weights, the units stay identical: they compute the same value and receive
# the same gradient, so their weights move by the same amount, to the last bit. Units that start with random weights do
# not become alike.

# %%
def hidden_rows(init, steps=100):
    """Return the weights of the three hidden units after training."""
    data = nn.datasets.xor()
    model = nn.MLP(2, [3, 1], activation=tanh, init=init, seed=8)
    optimiser = nn.SGD(model.parameters(), lr=0.5)
    for _ in range(steps):
        model.zero_grad()
        ac.mean([square(model(x) - t) for x, t in zip(data.inputs, data.targets)]).backward()
        optimiser.step()
    return [[w.data for w in unit.w] + [unit.b.data] for unit in model.layers[0].neurons]


# %%
alike, different = hidden_rows(nn.init.constant(0.5)), hidden_rows(nn.init.lecun_normal)
check("O8", "identical units after 100 steps: weights of units 2 and 3 vs. unit 1", alike[1:], [alike[0]] * 2)
check("O8", "identical units: largest change in any weight", max(abs(w - 0.5) for w in alike[0]), "> 0.01")
apart = [math.dist(different[0], row) for row in different[1:]]
check("O8", "random units: distances between the weights of unit 1 and of units 2 and 3", apart, "> 0.1")

# %% [markdown]
# If D inputs have mean square 1, weights drawn from $N(0, 1/D)$ keep the mean square of the weighted sum at 1; with
# $N(0, 1)$ that mean square grows to D and the units saturate. With ReLU, a small positive bias makes most units active
# at first.

# %%
D, generator = 100, random.Random(8)
inputs = [[generator.gauss(0, 1) for _ in range(D)] for _ in range(40)]


def sums(init, bias=0.0):
    layer = nn.Layer(D, 20, nonlin=False, init=init, bias=bias, seed=9)
    with no_record():
        return np.ravel([[z.data for z in layer(x)] for x in inputs])


# %%
scaled, unscaled = sums(nn.init.lecun_normal), sums(nn.init.normal(0, 1))
for values, name in ((unscaled, "N(0, 1)"), (scaled, "N(0, 1/D)")):
    plt.hist(values, bins=np.linspace(-30, 30, 61), label=name, density=True, alpha=0.6)
plt.xlabel("weighted sum of D = 100 inputs")
plt.ylabel("density")
plt.legend()
plt.show()
check("O8", "mean square of the weighted sums, N(0, 1/D)", np.mean(scaled**2), "> 0.8, < 1.25")
check("O8", "share of saturated sigmoid units (σ′ < 0.01), N(0, 1/D)", np.mean(abs(scaled) > 4.6), "< 0.01")
check("O8", "share of saturated sigmoid units, N(0, 1)", np.mean(abs(unscaled) > 4.6), "> 0.5")
biased = np.mean(sums(nn.init.lecun_normal, bias=0.5) > 0)
check("O8", "share of ReLU units that are active: with bias 0.5 / with bias 0", biased / np.mean(scaled > 0), "> 1.2")

# %% [markdown]
# **Try it.** What happens to the weights if they all start at zero?
#
# <details><summary>Solution</summary>
#
# The weights do not change at all. With tanh the hidden outputs are 0, so the output weights get no gradient; and the
# output weights, being 0, pass no gradient back. Only the bias of the output unit learns.
#
# ```python
# print(hidden_rows(nn.init.constant(0.0)))
# assert hidden_rows(nn.init.constant(0.0)) == [[0.0] * 3] * 3
# ```
# </details>

# %% [markdown]
# ## O9 · Preventing overfitting
#
# The baseline is a network that overfits on purpose: its training points are few and noisy, it has many hidden units
# and large initial weights, and it is trained for a long time. We train the baseline and nine variants of it with the
# same ten seeds. For each seed, we compare the held-out error of each variant (the error on points kept out of
# training) with that of the baseline.

# %%
def noisy(generator, n):
    """Return n points with eight inputs, only the first of which matters, and with noisy targets."""
    inputs = [[generator.gauss(0, 1) for _ in range(8)] for _ in range(n)]
    return inputs, [math.tanh(x[0]) + generator.gauss(0, 1) for x in inputs]


def large_weights(generator, fan_in, fan_out):
    return 1.2 * nn.init.lecun_normal(generator, fan_in, fan_out)


def network(seed, dropout):
    layers = [nn.Layer(8, 6, activation=tanh, init=large_weights, seed=seed),
              nn.Layer(6, 1, nonlin=False, init=large_weights, seed=seed + 50)]
    return nn.Sequential(layers[0], nn.Dropout(dropout, seed=seed), layers[1]) if dropout else nn.Sequential(*layers)


# %%
def train(seed, data, dropout=0.0, bound=None, **options):
    model = network(seed, dropout)
    descent = nn.SGD(model.parameters(), lr=0.1, momentum=0.9, bound=bound)
    nn.fit(model, nn.squared_error, data, epochs=100, batch_size=None, optimizer=descent, seed=seed, **options)
    return model


# %% [markdown]
# Seven of the nine methods are options of `train` or `nn.fit`. The other two need no option: adding data just lengthens
# the list of points, and bagging averages the outputs of five networks, each trained on a sample drawn with
# replacement.

# %%
options = {
    "ℓ1 penalty": {"penalty": lambda weights: 0.03 * nn.l1_penalty(weights)},
    "ℓ2 penalty": {"penalty": lambda weights: 0.05 * nn.l2_penalty(weights)},
    "dropout": {"dropout": 0.5},
    "bound |w| ≤ 0.3": {"bound": 0.3},
    "gradient clipping": {"max_norm": 0.03},
    "noise on the inputs": {"input_noise": 0.6},
}


# %%
def held_out_errors(seed):
    """Return the mean squared error on held-out points, for the baseline and for each method."""
    generator = random.Random(seed)
    data, validation, held_out, more = (noisy(generator, n) for n in (24, 40, 150, 72))
    models = {"baseline": [train(seed, data)]}
    models |= {name: [train(seed, data, **option)] for name, option in options.items()}
    models["early stopping"] = [train(seed, data, validation=validation, patience=15)]
    models["added data"] = [train(seed, tuple(a + b for a, b in zip(data, more)))]
    models["bagging"] = [train(seed + 100 * k, nn.bootstrap(data, seed=10 * seed + k)) for k in range(5)]
    errors = {}
    for name, several in models.items():
        with no_record():
            answer = np.mean([[m(x).data for x in held_out[0]] for m in several], axis=0)
        errors[name] = float(np.mean((answer - held_out[1]) ** 2))
    return errors


# %%
results = [held_out_errors(seed) for seed in range(10)]
baseline = np.array([r["baseline"] for r in results])
changes = {name: np.array([r[name] for r in results]) - baseline for name in results[0] if name != "baseline"}
t = 2.262  # Student's t for 95 % and 9 degrees of freedom
half_width = {name: t * np.std(c, ddof=1) / math.sqrt(10) for name, c in changes.items()}

# %%
plt.axvline(0, color="0.5", linewidth=1)
means = [c.mean() for c in changes.values()]
plt.errorbar(means, range(len(means)), xerr=list(half_width.values()), fmt="o", capsize=3)
plt.yticks(range(len(means)), list(changes))
plt.xlabel(f"change in held-out error, 95 % interval (baseline: {baseline.mean():.2f}, noise alone: 1)")
plt.show()
for name, change in changes.items():
    check("O9", f"{name}: mean change in held-out error, and the upper end of its 95 % interval",
          [change.mean(), change.mean() + half_width[name]], "< 0")

# %% [markdown]
# For dropout, the notes halve the weights at test time. `nn.Dropout` changes nothing at test time; instead, during
# training, it doubles the inputs that it keeps (more precisely, it divides them by 1 − p, where p is the probability of
# dropping an input). If we train one network each way, and both networks drop the same inputs, they compute the same
# outputs at test time. To show this, we build a graph with `nn.Dropout` in front of a linear unit, and compare the
# result with a NumPy implementation of the notes' version, in which the gradient of $(\mathbf w\cdot\mathbf x - t)^2$ is $2(\mathbf
# w\cdot\mathbf x - t)\,\mathbf x$. (The weights in the notes' version are twice as large, so they need a step size four
# times as large.)

# %%
generator, dropout, rate = np.random.default_rng(9), nn.Dropout(0.5, seed=9), 0.02
start = generator.normal(size=4)
ours, text = [parameter(w) for w in start.tolist()], 2 * start
for _ in range(60):
    x = generator.normal(size=4)
    kept = dropout(x.tolist())
    for w, g in zip(ours, gradients(square(dot(ours, kept) - x.sum()), ours)):
        w.data -= rate * g
    masked = np.where(kept, x, 0.0)  # the same inputs are kept, but not doubled
    text = text - 4 * rate * 2 * (text @ masked - x.sum()) * masked
test = generator.normal(size=4)
dropout.eval()
at_test_time = dot(ours, dropout(test.tolist()))
check("O9", "output with dropout: inputs scaled in training vs. weights halved at test time",
      at_test_time, 0.5 * text @ test, 1e-12)

# %% [markdown]
# ## O10 · Mini-batches, and two million parameters
#
# A mini-batch of B points yields an estimate of the gradient in equation 28. The average of these estimates over the
# batches of an epoch is the gradient itself.

# %%
digits = nn.datasets.digits()
model = nn.MLP(64, [6, 10], activation=tanh, seed=10)


def batch_gradient(rows):
    return np.array(gradients(ac.mean([nn.cross_entropy(model(x), t) for x, t in rows]), model.parameters()))


rows = list(zip(digits.inputs[:96], digits.targets[:96]))
parts = [batch_gradient(batch) for batch in nn.batches(rows, 8, seed=0)]

# %% [markdown]
# The gradient over all 96 points is computed with the NumPy function `listing` from O5, one point at a time.

# %%
Ws = [np.array([[w.data for w in unit.w] for unit in layer.neurons]) for layer in model.layers]
bs = [np.array([unit.b.data for unit in layer.neurons]) for layer in model.layers]


def flat(dWs, dbs):
    """Flatten gradients in the order of model.parameters(): for each unit, its weights and then its bias."""
    return np.concatenate([np.column_stack([dW, db]).ravel() for dW, db in zip(dWs, dbs)])


whole = np.mean([flat(*listing(Ws, bs, x, c)) for x, c in rows], axis=0)
check("O10", "gradient: mean over 12 mini-batches vs. all 96 points", np.mean(parts, axis=0), whole, 1e-12)
spread = [np.linalg.norm(batch_gradient(rows[:size]) - whole) / np.linalg.norm(whole) for size in (2, 8, 48)]
print("relative distance from the full gradient for batches of 2, 8 and 48:", [f"{s:.2f}" for s in spread])

# %% [markdown]
# The notes mention networks with about two million parameters for 784-pixel digits. We compute the gradient of a
# network of that size, in which every weight is a scalar node. (The outputs saved in this notebook were computed at
# full size, with a 784-1600-465-10 network. To run the notebook at full size, set the environment variable
# `AUTOGRAD_CORE_FULL` to 1; otherwise, the network is 784-100-50-10.) The input is one of our digits, enlarged to 28×28
# pixels.
#
# The times and memory use shown below were measured with the native engine, which is written in C. On the same machine,
# with the network at full size, the Python engine took 5.0 s to make the parameters, 0.60 s for the forward pass and
# 1.42 s for the backward pass, and used 0.63 GB.

# %%
from autograd_core import ENGINE
from autograd_core.check import check_gradient


def peak_gigabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


# %%
sizes = [1600, 465, 10] if os.environ.get("AUTOGRAD_CORE_FULL") else [100, 50, 10]
image = np.repeat(np.repeat(np.reshape(digits.inputs[7], (8, 8)), 4, 0), 4, 1)[2:30, 2:30].ravel().tolist()
before, started = peak_gigabytes(), time.process_time()
large = nn.MLP(784, sizes, seed=10)
built = time.process_time()
loss = nn.cross_entropy(large(image), digits.targets[7])
forward = time.process_time()
loss.backward()
swept = time.process_time()

# %%
parameters = large.parameters()
memory = peak_gigabytes() - before
times = [built - started, forward - built, swept - forward]
print(f"Engine: {ENGINE}. {len(parameters):,} parameters, processor time:")
print("made in {:.2f} s, forward {:.2f} s, backward {:.2f} s".format(*times) + f"; {memory:.2f} GB")
check("O10", "number of parameters", len(parameters), "> 2e6" if sizes[0] == 1600 else "> 8e4")
check("O10", "processor time in seconds: construction, forward pass, backward pass", times, "> 0")
check("O10", "memory in gigabytes", memory, ">= 0")

# %% [markdown]
# Is the gradient correct? We use central differences to check the derivatives with respect to three parameters: a
# weight in the first layer, a weight in the second layer and a bias in the last.

# %%
sampled = [large.layers[0].neurons[3].w[400], large.layers[1].neurons[5].w[7], large.layers[2].neurons[1].b]
report = check_gradient(lambda: nn.cross_entropy(large(image), digits.targets[7]), sampled)
print(report.summary())
check("O10", "number of sampled coordinates that disagree with finite differences", len(report.disagreeing), 0)

# %% [markdown]
# ## Results
#
# This table shows, for each result, how many numbers were compared with the notes. If any result had not been checked,
# the cell below would raise an error.

# %%
summary("O", 10)
