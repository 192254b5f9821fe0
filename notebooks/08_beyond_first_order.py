# %% [markdown]
# # Beyond first order
#
# **Aim.** To take derivatives of derivatives, and to put them to use. The topics are Hessians and Newton's method;
# forward mode (`jvp`), reverse mode (`vjp`), and when each of these modes is cheaper; the product of a Hessian and a
# vector, computed without forming the Hessian; checkpointing inside a second derivative; and saddle points, where
# first-order descent comes to a halt.
#
# (Each call to `check(notebook, name, value, expectation)` prints the value and the expectation with a ✓ if they agree,
# and stops with an error if they do not.)

# %%
import math
import random
import time

import matplotlib.pyplot as plt
import numpy as np
from lectures import check

import autograd_core as ac
import nn
from autograd_core import checkpoint, dot, grad, hessian, hvp, jacobian, jvp, sin, square, tanh, vjp

# %% [markdown]
# ## Any order
#
# `grad` returns a function, so you can apply `grad` to that function again. The first seven derivatives of tan at 0 are
# 1, 0, 2, 0, 16, 0 and 272; those that are not 0 count zigzag permutations, in which the numbers alternately rise and
# fall.

# %%
derivatives, f = [], ac.tan
for _ in range(7):
    f = grad(f)
    derivatives.append(f(0.0))
check("08", "the first seven derivatives of tan at 0", derivatives, [1, 0, 2, 0, 16, 0, 272], 1e-14)

# %% [markdown]
# Nested derivatives with respect to different variables do not interfere with each other:
# $\frac{d}{dx}\left[x\cdot\frac{d}{dy}(xy)\right]$ is $2x$.

# %%
nested = grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0)
check("08", "nested derivative with respect to two variables, at x = 3", nested, 6.0)

# %% [markdown]
# ## Newton's method
#
# To minimise a function f, gradient descent follows the slope. Newton's method jumps to the minimum of the quadratic
# function that has the same slope and curvature as f at the current point: $x \leftarrow x - H^{-1}\nabla f$, where the
# Hessian H is the matrix of second derivatives. In the curved valley of Rosenbrock's function, the difference between
# the two methods is dramatic.

# %%
def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def newton(x, steps):
    path = [x]
    for _ in range(steps):
        slope = grad(rosenbrock)(x)
        x = (np.array(x) - np.linalg.solve(hessian(rosenbrock)(x), slope)).tolist()
        path.append(x)
    return path


# %%
def descent(x, steps, rate=0.0015):
    path = [x]
    for _ in range(steps):
        x = [a - rate * g for a, g in zip(x, grad(rosenbrock)(x))]
        path.append(x)
    return path


# %%
newtons, descents = newton([-1.2, 1.0], 7), descent([-1.2, 1.0], 1500)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4))
a, b = np.meshgrid(np.linspace(-1.6, 1.6, 120), np.linspace(-3.4, 1.8, 120))
axes[0].contour(a, b, rosenbrock([a, b]), levels=np.logspace(-1, 3.3, 14), linewidths=0.6)
axes[0].plot(*zip(*descents), ".", label="descent, 1,500 steps")
axes[0].plot(*zip(*newtons), "o-", label="Newton, 7 steps")
axes[0].legend(fontsize=8)
axes[0].set(xlabel="$x_1$", ylabel="$x_2$")
for path, name in ((descents[:40], "descent"), (newtons, "Newton")):
    axes[1].semilogy([max(rosenbrock(x), 1e-32) for x in path], "o-", label=name)
axes[1].set(xlabel="step", ylabel="f(x)")
axes[1].legend(fontsize=8)
plt.show()

# %%
check("08", "Rosenbrock's function: x after 7 steps of Newton's method", newtons[-1], [1.0, 1.0], 1e-9)
check("08", "Rosenbrock's function: value after 1,500 steps of gradient descent", rosenbrock(descents[-1]), "> 1e-3")
H = hessian(rosenbrock)([-1.2, 1.0])
check("08", "Rosenbrock's function: Hessian at (−1.2, 1)", H, [[1330.0, 480.0], [480.0, 200.0]], 1e-14)

# %% [markdown]
# ## jvp and vjp
#
# Forward mode propagates a direction in the space of the *inputs* together with the values: one sweep through the graph
# computes the Jacobian times a vector (jvp), for instance one column of the Jacobian. Reverse mode propagates a
# direction in the space of the *outputs* back to the inputs: one sweep computes a vector times the Jacobian (vjp), for
# instance one row of the Jacobian. So the gradient of a function with n inputs and one output takes one reverse sweep
# or n forward sweeps; the derivative of a curve (one input and n outputs) takes one forward sweep or n reverse sweeps.

# %%
def layer(xs, outputs=12):
    """Map 12 numbers to 12 numbers."""
    return [tanh(dot([math.sin(i * j + 1.0) for j in range(len(xs))], xs)) for i in range(outputs)]


x = [0.1 * k for k in range(12)]
columns = [jvp(layer)((x,), ([float(i == k) for i in range(12)],))[1] for k in range(12)]
value, pull = vjp(layer)(x)
rows = [pull([float(i == k) for i in range(12)]) for k in range(12)]
check("08", "Jacobian: 12 forward sweeps vs. 12 reverse sweeps", np.transpose(columns), rows, 1e-13)
check("08", "Jacobian: the engine's jacobian() vs. reverse sweeps", jacobian(layer)(x), rows, 1e-15)


# %%
def seconds(run, times=7):
    best = math.inf
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


# %%
forward_cost, reverse_cost = [], []
sizes = [4, 16, 64]
for n in sizes:
    x = [0.01 * k for k in range(n)]
    one = seconds(lambda: jvp(lambda xs: square(dot(xs, xs)) + ac.sum([sin(v) for v in xs]))((x,), ([1.0] * n,)))
    forward_cost.append(n * one)  # one sweep for each of the n inputs
    reverse_cost.append(seconds(lambda: grad(lambda xs: square(dot(xs, xs)) + ac.sum([sin(v) for v in xs]))(x)))

# %%
plt.loglog(sizes, [1e3 * s for s in forward_cost], "o-", label="n forward sweeps")
plt.loglog(sizes, [1e3 * s for s in reverse_cost], "o-", label="one reverse sweep")
plt.xticks(sizes, sizes)
plt.minorticks_off()
plt.xlabel("number of inputs n (one output)")
plt.ylabel("milliseconds")
plt.legend()
plt.show()

# %% [markdown]
# ## Hessian times vector
#
# The Hessian of a function of n parameters has n² entries, but computing the product of the Hessian and a vector
# (`hvp`) takes only one forward and one reverse sweep. Power iteration, which multiplies a vector by the Hessian again
# and again, finds λ, the Hessian's eigenvalue of largest magnitude. For a network's loss, λ is the largest curvature,
# and it limits the learning rate of gradient descent: with a rate above 2/λ, descent diverges. The network here has two
# inputs and six tanh units. Its 24 weights are kept in one list.

# %%
data = nn.datasets.moons(30, seed=2)


def unpacked(p, x):
    hidden = [tanh(dot(p[3 * j : 3 * j + 2], x) + p[3 * j + 2]) for j in range(6)]
    return dot(p[18:24], hidden)


def loss(p):
    return ac.mean([square(unpacked(p, x) - t) for x, t in zip(data.inputs, data.targets)])


# %%
generator = random.Random(8)
p = [generator.gauss(0, 1) for _ in range(24)]
v = [1.0] * 24
for _ in range(30):
    product = hvp(loss)(p, v)
    largest = math.hypot(*product)
    v = [c / largest for c in product]
full = np.array(hessian(loss)(p))
eigenvalues = np.linalg.eigvalsh(full)
check("08", "largest |eigenvalue|: 30 products vs. the whole Hessian", largest, abs(eigenvalues).max(), 1e-6)
check("08", "Hessian vs. its transpose", full, full.T, 1e-13)

# %% [markdown]
# ## Checkpointing at second order
#
# `checkpoint` saves memory: it keeps no graph of the function that it calls, and calls the function again during the
# reverse sweep. If you differentiate the derivative in turn, this second call is recorded in the graph, so second
# derivatives work too.

# %%
def segment(y):
    for _ in range(10):
        y = sin(1.1 * y) + 0.05
    return y


def plain(x):
    return segment(segment(segment(x)))


def saving(x):
    return checkpoint(segment, checkpoint(segment, checkpoint(segment, x)))


# %%
check("08", "first derivative: checkpointed vs. plain", grad(saving)(0.4), grad(plain)(0.4))
check("08", "second derivative: checkpointed vs. plain", grad(grad(saving))(0.4), grad(grad(plain))(0.4), 1e-13)

# %% [markdown]
# ## Saddle points
#
# At a point where the gradient is 0, the Hessian tells you what kind of point it is: if all the Hessian's eigenvalues
# are positive, the point is a minimum; if some are positive and some negative, it is a saddle. Descent that starts
# exactly on the ridge $y = 0$ of $f = x^2 - y^2 + y^4/4$ runs into the saddle and stays there; a small step in the
# direction of negative curvature is enough to escape.

# %%
def saddle(x):
    return x[0] ** 2 - x[1] ** 2 + 0.25 * x[1] ** 4


def walk(x, steps=60):
    path = [x]
    for _ in range(steps):
        x = [a - 0.1 * g for a, g in zip(x, grad(saddle)(x))]
        path.append(x)
    return path


# %%
stuck = walk([1.0, 0.0])
curvatures, directions = np.linalg.eigh(hessian(saddle)(stuck[-1]))
escape = walk((np.array(stuck[-1]) + 0.01 * directions[:, 0]).tolist())
print("curvatures at the saddle:", curvatures)

# %%
a, b = np.meshgrid(np.linspace(-1.2, 1.2, 60), np.linspace(-2, 2, 60))
plt.figure(figsize=(5.5, 3.6))
plt.contour(a, b, saddle([a, b]), levels=18, linewidths=0.7)
plt.plot(*zip(*stuck), "o-", label="from the ridge: stays at the saddle")
plt.plot(*zip(*escape), "o-", label="pushed along negative curvature")
plt.xlabel("x")
plt.ylabel("y")
plt.legend(fontsize=8, loc="lower right")
plt.show()
check("08", "curvatures at the saddle", curvatures, [-2.0, 2.0], 1e-9)
check("08", "end of the descent from the ridge: |x| and |y|", abs(np.array(stuck[-1])), "< 1e-5")
check("08", "f after leaving the saddle", saddle(escape[-1]), -1.0, 1e-3)

# %% [markdown]
# Networks have saddles too. Here is a 2-2-1 tanh network for XOR. Its two hidden units have equal weights, and its
# output weights are 0. At these weights the gradient is 0, and the Hessian has eigenvalues of both signs.

# %%
def xor_loss(p):
    def output(x):
        hidden = [tanh(dot(p[3 * j : 3 * j + 2], x) + p[3 * j + 2]) for j in range(2)]
        return dot(p[6:8], hidden) + p[8]

    table = [((-1, -1), -1), ((-1, 1), 1), ((1, -1), 1), ((1, 1), -1)]
    return ac.mean([square(output(x) - t) for x, t in table])


equal = [0.5, 0.5, 0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0]
spectrum, directions = np.linalg.eigh(hessian(xor_loss)(equal))
print("eigenvalues:", np.round(spectrum, 3) + 0.0)
check("08", "XOR network: norm of the gradient", math.hypot(*grad(xor_loss)(equal)), "< 1e-12")
check("08", "XOR network: smallest eigenvalue of the Hessian", spectrum[0], "< -0.1")
check("08", "XOR network: largest eigenvalue of the Hessian", spectrum[-1], "> 0.1")

# %% [markdown]
# **Try it.** Plain descent from `equal` never moves. Leave the saddle in the direction of the most negative curvature,
# and then descend. Does the network learn XOR?
#
# <details><summary>Solution</summary>
#
# ```python
# p = (np.array(equal) + 0.1 * directions[:, 0]).tolist()
# for _ in range(600):
#     p = [w - 0.3 * g for w, g in zip(p, grad(xor_loss)(p))]
# print("loss at the saddle:", xor_loss(equal), "  600 steps after leaving it:", round(xor_loss(p), 4))
# assert xor_loss(p) < xor_loss(equal) - 0.1
# ```
# </details>
