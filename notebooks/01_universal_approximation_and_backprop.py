# %% [markdown]
# # Universal approximation and backpropagation
#
# **Aim.** To reproduce, on a graph that you can inspect, the results and claims of Goker Erdogan's lecture "Deep
# Learning II: Backpropagation" (*Introduction to Machine Learning*, lecture 15, 2018): a network with three hidden
# units that learns each of four functions, the δ recursion, and the cost of backpropagation in time and memory.
#
# The results are numbered E1 to E10. A call to `check(row, name, value, expectation)` compares a number computed by the
# engine (`autograd_core`) with a number stated in the lecture, or with the value of one of the lecture's formulas. The
# formulas are evaluated in NumPy or by hand, without the engine.

# %%
import math
import random
import time

import matplotlib.pyplot as plt
import numpy as np
from lectures import check, summary
from scipy.optimize import minimize

import autograd_core as ac
from autograd_core import Value, checkpoint, dot, gradients, parameter, primitive, tanh, toposort, value_and_grad

# %% [markdown]
# ## E1 · Three tanh units approximate four functions
#
# In the lecture's figure 5.3 (from Bishop's book), a network with three hidden tanh units and one linear output is
# fitted to N = 50 points on (−1, 1). The network has ten parameters, which we keep in one list, `p`. The functions
# below work on floats and also on `Value`s, the engine's numbers, which record how they were computed. The mean squared
# error is a function that maps the list `p` to a single number, so `value_and_grad` can turn it into the function that
# `scipy.optimize.minimize` needs: one that returns both the error and its gradient. (BFGS is a descent method that
# estimates the curvature along the way.)

# %%
def hidden(p, x):
    """Return the outputs of the three hidden units."""
    return [tanh(p[j] * x + p[3 + j]) for j in range(3)]


def network(p, x):
    """Apply three tanh units (weights p[0:3], biases p[3:6]) and a linear output (weights p[6:9], bias p[9])."""
    return dot(p[6:9], hidden(p, x)) + p[9]


def mean_squared_error(p, xs, ts):
    return ac.mean([ac.square(network(p, x) - t) for x, t in zip(xs, ts)])


# %%
targets = {
    "x²": lambda x: x * x,
    "sin πx": lambda x: math.sin(math.pi * x),
    "|x|": abs,
    "step": lambda x: float(x >= 0),
}
xs = [(i + 0.5) / 25 - 1 for i in range(50)]


def fit(ts, seed):
    generator = random.Random(seed)
    start = [generator.gauss(0, 1.5) for _ in range(10)]
    objective = value_and_grad(lambda p: mean_squared_error(list(p), xs, ts))
    return minimize(objective, np.array(start), jac=True, method="BFGS", options={"maxiter": 150})


# %% [markdown]
# The error surface has several minima, so we fit each function from a few starting points and keep the best fit
# (section S7 of [notebook 03](03_how_backprop_works_and_fails.ipynb) shows how descent gets stuck in local minima).

# %%
fits = {}
for name, function in targets.items():
    ts = [function(x) for x in xs]
    runs = []
    for seed in range(4):
        runs.append(fit(ts, seed))
        if runs[-1].fun < 3e-4:
            break
    fits[name] = min(runs, key=lambda run: run.fun)
    print(f"{name:<14} mean squared error {fits[name].fun:.2e}")

# %%
fine = np.linspace(-1, 1, 201)
figure, axes = plt.subplots(1, 4, figsize=(11, 3.1))
for axis, (name, run) in zip(axes, fits.items()):
    p = list(run.x)
    for j, curve in enumerate(np.array([hidden(p, x) for x in fine]).T):
        axis.plot(fine, curve, "--", color="0.6", linewidth=1, label="hidden units" if j == 0 else None)
    axis.plot(xs, [targets[name](x) for x in xs], ".", label="data")
    axis.plot(fine, [network(p, x) for x in fine], label="network")
    axis.set(title=name, xlabel="x")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %%
for name, run in fits.items():
    check("E1", f"mean squared error, {name}", run.fun, "< 1e-2" if name == "step" else "< 1e-3")

# %% [markdown]
# **Try it.** What is the smallest number of hidden units that can fit $x^2$? Change `hidden` to use one or two.
#
# <details><summary>Solution</summary>
#
# Two are enough: tanh is odd, so a difference of two shifted tanh units makes an even bump. Setting the third output
# weight to 0 removes the third unit.
#
# ```python
# two = value_and_grad(lambda p: mean_squared_error([*p[:8], 0.0, p[8]], xs, [x * x for x in xs]))
# best = min((minimize(two, np.random.default_rng(s).normal(0, 1, 9), jac=True, method="BFGS") for s in range(3)),
#            key=lambda run: run.fun)
# print(best.fun)
# assert best.fun < 1e-3
# ```
# </details>

# %% [markdown]
# ## E2 · Gradient descent
#
# The lecture writes $w^{(t+1)} = w^{(t)} - \nabla_w E(w)$ and leaves out the step size η, which every implementation
# needs. We take one step by hand and one with `SGD` (stochastic gradient descent), an optimiser from the package `nn`;
# the resulting weights are the same. The error is $E = \frac12(\mathbf w\cdot\mathbf x - t)^2$ with $\mathbf x = (1,
# 2)$ and $t = 0.3$, so its gradient, derived by hand, is $\nabla E = (\mathbf w\cdot\mathbf x - t)\,\mathbf x$.

# %%
from nn import SGD

eta = 0.1
w = [parameter(0.5, "w1"), parameter(-1.0, "w2")]
error = 0.5 * (dot(w, [1.0, 2.0]) - 0.3) ** 2
error.backward()
SGD(w, lr=eta).step()
delta = (0.5 * 1.0 - 1.0 * 2.0) - 0.3
by_hand = [0.5 - eta * delta * 1.0, -1.0 - eta * delta * 2.0]
check("E2", "weights after one step: optimiser vs. by hand", w, by_hand)

# %% [markdown]
# ## E3 · A single linear layer
#
# A linear layer computes $y_j = \sum_i w_{ji} x_i$. With the error $E = \frac12\sum_j (y_j - t_j)^2$, the derivative
# with respect to a weight is *error of the output × input*, $\partial E/\partial w_{ji} = (y_j - t_j)\,x_i$.

# %%
generator = random.Random(3)
x, t = [0.5, -1.0, 2.0], [1.0, 0.0]
W = [[parameter(generator.gauss(0, 1), f"w{j}{i}") for i in range(3)] for j in range(2)]
y = [dot(row, x) for row in W]
E = 0.5 * ac.sum([ac.square(a - b) for a, b in zip(y, t)])
E.backward()
outputs = np.array([[w.data for w in row] for row in W]) @ x
formula = np.outer(outputs - t, x)
by_graph = [[p.grad for p in row] for row in W]
check("E3", "∂E/∂w of a linear layer: graph vs. (y − t)·x", by_graph, formula, 1e-15)

# %% [markdown]
# ## E4 · The δ recursion
#
# The network has two layers: $a_j = \sum_i w^{(1)}_{ji}x_i$, $z_j = \tanh a_j$, $y_k = \sum_j w^{(2)}_{kj}z_j$. A δ is
# the derivative of the error with respect to a weighted sum, so the graph already contains every δ: $\delta_j$ is the
# `grad` of the node $a_j$.
#
# $$\delta_k = y_k - t_k, \qquad \delta_j = (1 - z_j^2)\sum_k w_{kj}\delta_k$$
#
# First we build the network as a graph; then we evaluate the equations in NumPy, using only the weights from the graph.

# %%
def two_layers(activation, seed):
    """Build a 3-4-2 network and run the backward pass from its error; return the weights and the nodes a and y."""
    generator = random.Random(seed)
    W1 = [[parameter(generator.gauss(0, 1)) for _ in x] for _ in range(4)]
    W2 = [[parameter(generator.gauss(0, 1)) for _ in range(4)] for _ in t]
    a = [dot(row, x) for row in W1]
    z = [activation(node) for node in a]
    y = [dot(row, z) for row in W2]
    E = 0.5 * ac.sum([ac.square(out - goal) for out, goal in zip(y, t)])
    E.backward()
    return W1, W2, a, y


# %%
numbers = np.vectorize(lambda node: node.data)
grads = np.vectorize(lambda node: node.grad)


def recursion(W1, W2, activation, slope):
    """Return δ_k, δ_j and the outputs of the hidden units, computed from the lecture's equations."""
    a = numbers(W1) @ x
    z = activation(a)
    delta_k = numbers(W2) @ z - t
    return delta_k, slope(a) * (numbers(W2).T @ delta_k), z


# %%
W1, W2, a, y = two_layers(tanh, seed=4)
delta_k, delta_j, z = recursion(W1, W2, np.tanh, lambda a: 1 - np.tanh(a) ** 2)
check("E4", "δ_k: graph vs. y − t", grads(y), delta_k, 1e-15)
check("E4", "δ_j: graph vs. (1 − z²) Σ w δ", grads(a), delta_j, 1e-14)
check("E4", "∂E/∂w(1): graph vs. δ_j x_i", grads(W1), np.outer(delta_j, x), 1e-14)
check("E4", "∂E/∂w(2): graph vs. δ_k z_j", grads(W2), np.outer(delta_k, z), 1e-14)

# %% [markdown]
# ## E10 · The exercise: the same network with ReLU
#
# In the δ recursion, only the slope $h'$ of the activation changes. The slope is now 1 if $a_j > 0$ and 0 otherwise, so
# $\delta_j = [a_j > 0]\sum_k w_{kj}\delta_k$.

# %%
W1, W2, a, y = two_layers(ac.relu, seed=5)
delta_k, delta_j, z = recursion(W1, W2, lambda a: np.maximum(a, 0), lambda a: a > 0)
print("units that are switched on:", [node.data > 0 for node in a])
check("E10", "δ_j with ReLU: graph vs. [a > 0] Σ w δ", grads(a), delta_j, 1e-14)
check("E10", "∂E/∂w(1) with ReLU: graph vs. δ_j x_i", grads(W1), np.outer(delta_j, x), 1e-14)

# %% [markdown]
# ## E5 · Why backpropagation is efficient: repeated subexpressions
#
# In the lecture's figure 6.9, $z = f(f(f(w)))$. Written out in full, the formula $\partial z/\partial w =
# f'(f(f(w)))\,f'(f(w))\,f'(w)$ computes $f(w)$ again and again. To count the evaluations, we define our own
# operation, `f`, which records how often it is evaluated. `@primitive` turns a function on floats into an operation of the
# engine; the argument `derivatives` contains the function's derivative, written in terms of the input x and the result
# y.

# %%
count = 0


@primitive(derivatives=(lambda x, y: 1.0 - 0.5 * ac.sin(x),))
def f(x):
    """x + ½ cos x; each evaluation is counted."""
    global count
    count += 1
    return x + 0.5 * math.cos(x)


def slope(x):
    return 1.0 - 0.5 * math.sin(x)


# %%
def naive(w, n):
    """Return the product of the n slopes f′(w), f′(f(w)), f′(f(f(w))), …; recompute each argument from w."""
    product = 1.0
    for depth in range(n):
        x = w
        for _ in range(depth):
            x = f(x)
        product *= slope(x)
    return product


# %%
def reverse(w, n):
    """Return the derivative, computed in reverse mode; this evaluates f n times, the last time only to compute z."""
    z = w = Value(w)
    for _ in range(n):
        z = f(z)
    return gradients(z, [w])[0]


# %%
depths, naive_counts, reverse_counts = [3, 5, 10, 20, 40], [], []
for n in depths:
    count = 0
    by_naive = naive(0.3, n)
    naive_counts.append(count)
    count = 0
    by_reverse = reverse(0.3, n)
    reverse_counts.append(count - 1)  # without the evaluation that computes z
    assert abs(by_naive - by_reverse) <= 1e-14 * abs(by_naive)
formula = [n * (n - 1) // 2 for n in depths]
check("E5", "evaluations of f for n = 3, 5, 10, 20, 40: naive expansion", naive_counts, formula)
check("E5", "evaluations of f for n = 3, 5, 10, 20, 40: reverse mode", reverse_counts, [n - 1 for n in depths])

# %%
plt.plot(depths, naive_counts, "o-", label="naive expansion: n(n − 1)/2")
plt.plot(depths, reverse_counts, "o-", label="reverse mode: n − 1")
plt.xlabel("depth n of the chain")
plt.ylabel("evaluations of f")
plt.legend()
plt.show()

# %% [markdown]
# ## E6 · "If memory is an issue, we can choose to re-calculate some"
#
# A chain of n steps keeps all its nodes until the backward pass has used them. `checkpoint` runs a function without
# keeping its nodes, and runs it again when the backward pass reaches the function's result. If we divide the chain into
# √n segments of √n steps each, only the √n segment results and the nodes of one segment are alive (in memory) at any
# one time; the price is one extra forward pass.

# %%
steps_run = 0


def steps(y, how_many):
    global steps_run
    for _ in range(how_many):
        y = y - 0.001 * tanh(y)
    steps_run += how_many
    return y


# %%
n = 1024
side = math.isqrt(n)
x1, x2 = Value(0.2), Value(0.2)
plain = steps(x1, n)
live_plain, forward_plain, steps_run = len(toposort(plain)), steps_run, 0
y = x2
for _ in range(side):
    y = checkpoint(steps, y, side)
[g1], [g2] = gradients(plain, [x1]), gradients(y, [x2])
forward_checkpointed = steps_run
one_segment = len(toposort(steps(Value(0.2), side)))
live_checkpointed = len(toposort(y)) + one_segment
print(f"nodes alive at once, without checkpoints: {live_plain}")
print(f"with checkpoints: {live_checkpointed}, of which {one_segment} are in one segment")

# %% [markdown]
# With checkpoints, the gradient is the same to the last bit. By the chain rule, the gradient is the product of the
# slopes $1 - 0.001\,(1 - \tanh^2 y)$ of all 1,024 steps; here we compute that product without the engine.

# %%
product, number = 1.0, 0.2
for _ in range(n):
    product *= 1 - 0.001 * (1 - math.tanh(number) ** 2)
    number -= 0.001 * math.tanh(number)
check("E6", "gradient: graph vs. product of all slopes", g1, product, 1e-12)
check("E6", "gradient: with checkpoints vs. without", g2, g1)
check("E6", "live nodes with checkpoints / without", live_checkpointed / live_plain, "< 0.05")
check("E6", "forward steps with checkpoints / without", forward_checkpointed / forward_plain, "<= 2")

# %% [markdown]
# ## E7 · "Roughly the same computation cost as forward propagation"
#
# We measure how long the backward pass takes, relative to the forward pass, which builds the graph. We do this for
# networks of three sizes, each with one hidden layer and one output layer of tanh units. (Both times are processor
# times, and each is the smallest of several measurements. The forward pass also has to create the nodes, so the
# backward pass is the cheaper of the two.)

# %%
def forward_and_backward(width):
    generator = random.Random(0)
    across = range(width)
    weights = [[[parameter(generator.gauss(0, 1)) for _ in across] for _ in across] for _ in range(2)]
    start = time.process_time()
    values = [0.1] * width
    for W in weights:
        values = [tanh(ac.sum([w * v for w, v in zip(row, values)])) for row in W]
    E = ac.sum([v * v for v in values])
    middle = time.process_time()
    E.backward()
    return middle - start, time.process_time() - middle


# %%
ratios = []
for width in (8, 32, 96):
    times = [forward_and_backward(width) for _ in range(15)]
    forward, back = min(f for f, _ in times), min(b for _, b in times)
    ratios.append(back / forward)
    times = f"forward {1e6 * forward:7.0f} µs   backward {1e6 * back:7.0f} µs"
    print(f"width {width:>3}: {times}   ratio {ratios[-1]:.2f}")
check("E7", "backward time / forward time at three sizes", ratios, "< 2")

# %% [markdown]
# ## E8 · "Any function (not only neural networks)"
#
# The integrator below halves an interval again and again, until the result is accurate enough. It uses recursion, and
# an `if` whose condition depends on the computed values. (The exercise below adds a loop.) We integrate $\sin(ax)$ from
# 0 to 1. The integral is $(1 - \cos a)/a$, so we know its derivative with respect to $a$: $\frac{d}{da}\frac{1 - \cos
# a}{a} = \frac{a\sin a + \cos a - 1}{a^2}$.

# %%
def simpson(f, left, right, tolerance=1e-12):
    """Integrate f by Simpson's rule; if the result is not accurate enough, integrate over each half separately."""
    middle = (left + right) / 2
    whole = (right - left) / 6 * (f(left) + 4 * f(middle) + f(right))
    quarters = [(left + middle) / 2, (middle + right) / 2]
    inside = 4 * f(quarters[0]) + 2 * f(middle) + 4 * f(quarters[1])
    halves = (right - left) / 12 * (f(left) + inside + f(right))
    if abs(halves - whole) < 15 * tolerance:
        return halves
    return simpson(f, left, middle, tolerance / 2) + simpson(f, middle, right, tolerance / 2)


def area(a):
    return simpson(lambda x: ac.sin(a * x), 0.0, 1.0)


# %%
at = 2.0
integral, slope_at = value_and_grad(area)(at)
known = (at * math.sin(at) + math.cos(at) - 1) / at**2
print(f"integral {integral:.12f}, derivative {slope_at:.12f}, derivative from the closed form {known:.12f}")
check("E8", "derivative of the integral: recursive integrator vs. closed form", slope_at, known, 1e-9)
check("E8", "derivative of the integral: reverse vs. forward mode", slope_at, ac.jvp(area)((at,), (1.0,))[1], 1e-13)

# %% [markdown]
# **Try it.** Newton's iteration for a square root is a `while` loop. Differentiate it, and compare the result with
# $1/(2\sqrt{a})$.
#
# <details><summary>Solution</summary>
#
# ```python
# def newton_root(a):
#     guess = a
#     while abs(guess * guess - a) > 1e-14 * a:
#         guess = (guess + a / guess) / 2
#     return guess
#
# print(value_and_grad(newton_root)(2.0), 0.5 / math.sqrt(2))
# assert abs(ac.grad(newton_root)(2.0) - 0.5 / math.sqrt(2)) < 1e-12
# ```
# </details>

# %% [markdown]
# ## E9 · The lecture's own listing
#
# The last slide shows the kind of program that automatic differentiation makes possible. The program on the slide runs
# here unchanged, with NumPy imported as `nd` and this engine imported as `autograd`: the arrays hold `Value`s, and
# NumPy applies its functions to each of them. In the listing, `record()` asks for a graph to be built; our engine
# always builds one, except inside `no_record()`.

# %%
import numpy as nd

import autograd_core as autograd

# %%
generator = random.Random(9)
w1 = nd.array([[parameter(generator.gauss(0, 1)) for _ in range(3)] for _ in range(4)])
w2 = nd.array([[parameter(generator.gauss(0, 1)) for _ in range(4)] for _ in range(2)])
x, t = nd.array([0.5, -1.0, 2.0]), nd.array([1.0, 0.0])

with autograd.record():
    a = nd.dot(w1, x)
    z = nd.tanh(a)
    y = nd.dot(w2, z)
    error = nd.sum(nd.square(y - t))

autograd.backward(error)

# %%
z_numbers = np.tanh(numbers(w1) @ x)  # the same network, computed with floats
y_numbers = numbers(w2) @ z_numbers
delta_out = 2 * (y_numbers - t)  # the error in the listing has no factor ½
delta_in = (1 - z_numbers**2) * (numbers(w2).T @ delta_out)
check("E9", "error in the listing: graph vs. NumPy", error, float(np.sum((y_numbers - t) ** 2)), 1e-14)
check("E9", "gradient with respect to w1: graph vs. NumPy", grads(w1), np.outer(delta_in, x), 1e-14)
check("E9", "gradient with respect to w2: graph vs. NumPy", grads(w2), np.outer(delta_out, z_numbers), 1e-14)

# %% [markdown]
# ## Results
#
# This table shows, for each result, how many numbers were compared with the lecture's. If any result had not been checked,
# the cell below would raise an error.

# %%
summary("E", 10)
