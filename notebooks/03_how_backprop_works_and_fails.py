# %% [markdown]
# # How backprop works, and how it fails
#
# **Aim.** To work through James V. Stone's lecture "Backprop: How it works, and how it fails" (University of
# Sheffield), from one weight and one association to networks that remember photographs, get stuck in local minima, and
# learn the noise in their data.
#
# The results are numbered S1 to S8. A call to `check(row, name, value, expectation)` compares a number computed by the
# engine (`autograd_core`) with a number stated in the lecture, or with the value of one of the lecture's formulas. The
# formulas are evaluated without the engine.

# %%
import math
import os
import random
import resource
import time

import matplotlib.pyplot as plt
import numpy as np
from lectures import check, summary

import autograd_core as ac
from autograd_core import ENGINE, dot, grad, gradients, no_record, parameter, sigmoid, square, tanh, value_and_grad
from nn import MLP, SGD, Adam

# %% [markdown]
# ## S1 · The simplest network
#
# The network has one input, one weight and one output: $y = wx$. It should learn to answer the input $x = 0.8$ with the
# target 0.2 (such a pair is called an *association*); its weight starts at $w = 0.4$. The difference $\delta = y -
# \text{target}$ is the *delta term*, $E = \frac12\delta^2$ is the error, and $dE/dw = \delta x$ is the gradient
# (equations 3–9).

# %%
x, target = 0.8, 0.2
w = parameter(0.4, "w")
y = w * x
delta = y - target
E = 0.5 * delta**2
E.backward()
for name, value, expected in (("y", y, 0.32), ("δ", delta, 0.12), ("E", E, 0.0072), ("dE/dw", w.grad, 0.096)):
    check("S1", name, value, expected, 1e-14)

# %% [markdown]
# The lecture's algorithm takes steps against the gradient until the gradient is about 0. The best weight is $w^* =
# 0.2/0.8 = 0.25$.

# %%
epsilon, visited = 0.5, []
while True:
    E = 0.5 * (w * x - target) ** 2
    [slope] = gradients(E, [w])
    visited.append((w.data, E.data))
    if abs(slope) < 1e-12:
        break
    w.data -= epsilon * slope
print(f"{len(visited)} steps")
check("S1", "w*", w, 0.25, 1e-11)
check("S1", "gradient where the descent stops", abs(slope), "< 1e-12")

# %% [markdown]
# ## S2 · $E(w)$ and its slope
#
# As a function of w, the error is a parabola. Its slope at a point is the limit of $\Delta E/\Delta w$ as Δw shrinks to
# 0 (equation 8).

# %%
def error(w):
    return 0.5 * (w * x - target) ** 2


exact = grad(error)(0.4)
widths = [0.2, 0.1, 0.05, 0.025, 0.0125]
ratios = [(error(0.4 + d) - error(0.4)) / d for d in widths]
for d, ratio in zip(widths, ratios):
    print(f"Δw = {d:<7} ΔE/Δw = {ratio:.5f}   off by {ratio - exact:.5f}")
check("S2", "dE/dw at w = 0.4", exact, 0.096, 1e-14)
check("S2", "ΔE/Δw − dE/dw vs. ½ x² Δw", [r - exact for r in ratios], [0.5 * x * x * d for d in widths], 1e-12)

# %%
ws = np.linspace(-0.1, 0.65, 100)
plt.plot(ws, [error(w) for w in ws], label="E(w)")
plt.plot(ws, [error(0.4) + exact * (w - 0.4) for w in ws], "--", label="tangent at w = 0.4, slope 0.096")
plt.plot(*zip(*visited), "o", color="C2", label="descent path from S1")
plt.axvline(0.25, ymax=0.55, color="0.7", linewidth=1)
plt.annotate("w* = 0.25", (0.255, 0.02), color="0.4")
plt.ylim(-0.005, 0.05)
plt.xlabel("w")
plt.ylabel("E")
plt.legend(loc="upper center")
plt.show()

# %% [markdown]
# ## S3 · Two inputs, two associations
#
# Now $y = \mathbf w\cdot\mathbf x$ with two weights, and $E = \frac12\sum_t(\mathbf w\cdot\mathbf x_t - y_t)^2$
# (equation 22), where t runs over two associations. The lecture starts at $\mathbf w = (-0.8, -1.6)$. The two
# associations give two linear equations in two unknowns (equation 17), so we know where the descent must end.

# %%
associations = [((1.0, 0.4), 0.7), ((0.3, 0.9), -0.2)]


def surface(w):
    return 0.5 * ac.sum([square(dot(w, x) - y) for x, y in associations])


# %%
w, path = [-0.8, -1.6], []
both = value_and_grad(surface)
while True:
    E, slopes = both(w)
    path.append((*w, E))
    if math.hypot(*slopes) < 1e-10:
        break
    w = [a - 0.3 * g for a, g in zip(w, slopes)]
solution = np.linalg.solve([x for x, _ in associations], [y for _, y in associations])
check("S3", "weights: end of the descent from (−0.8, −1.6) vs. solution of the two equations", w, solution, 1e-8)

# %%
w1, w2 = np.meshgrid(np.linspace(-1.2, 2.2, 40), np.linspace(-2, 1.2, 40))
E = np.vectorize(lambda a, b: surface([a, b]))(w1, w2)
figure = plt.figure(figsize=(9, 3.8))
axis = figure.add_subplot(1, 2, 1, projection="3d")
axis.plot_surface(w1, w2, E, cmap="viridis", alpha=0.6, linewidth=0)
axis.plot(*zip(*path), "o-", color="C1", markersize=3)
axis.set(xlabel="$w_1$", ylabel="$w_2$", title="error surface and the path on it")
axis = figure.add_subplot(1, 2, 2)
axis.contour(w1, w2, E, levels=20)
axis.plot(*list(zip(*path))[:2], "o-", color="C1", markersize=3)
slope = grad(surface)([-0.8, -1.6])
axis.annotate("", (-0.8 - 0.35 * slope[0], -1.6 - 0.35 * slope[1]), (-0.8, -1.6), arrowprops={"arrowstyle": "->"})
axis.set(xlabel="$w_1$", ylabel="$w_2$", title="from above; the arrow is −∇E")
plt.show()

# %% [markdown]
# ## S4 · A 4-4 network is four 4-1 networks
#
# Each weight of a linear 4-4 network (four inputs, four outputs) affects only one output, so training the network with
# $E = \frac12\sum_k\delta_k^2$ is the same as training four 4-1 networks side by side (figure 3). After training, the
# weights of the 4-4 network and those of the four 4-1 networks are identical to the last bit. They also agree with the
# weights computed by the matrix form, $W \leftarrow W - \epsilon\,(WX - T)X^{\mathsf T}$, in which each column of X
# holds the inputs of one association, and the same column of T holds its targets.

# %%
def descend(rows, pairs, steps=50, rate=0.1):
    """Train the weights (one list for each output) on all associations together."""
    for _ in range(steps):
        error = 0.5 * ac.sum([square(dot(r, x) - goal) for x, ts in pairs for r, goal in zip(rows, ts)])
        every = [w for r in rows for w in r]
        for p, g in zip(every, gradients(error, every)):
            p.data -= rate * g


# %%
generator = random.Random(4)
start = [[generator.gauss(0, 1) for _ in range(4)] for _ in range(4)]
pairs = [([generator.gauss(0, 1) for _ in range(4)], [generator.gauss(0, 1) for _ in range(4)]) for _ in range(4)]
together = [[parameter(w) for w in row] for row in start]
descend(together, pairs)
apart = [[parameter(w) for w in row] for row in start]
for k in range(4):
    descend([apart[k]], [(x, [t[k]]) for x, t in pairs])
check("S4", "weights: 4-4 network vs. four 4-1 networks", together, apart)

# %%
W, (X, T) = np.array(start), (np.transpose(columns) for columns in zip(*pairs))
for _ in range(50):
    W = W - 0.1 * (W @ X - T) @ X.T
check("S4", "weights of the 4-4 network: graph vs. matrix form", together, W, 1e-12)

# %% [markdown]
# ## S5 · Learning photographs
#
# A linear network with 50×50 inputs and 50×50 outputs learns to associate each of two photographs with itself. It has
# 6,250,000 weights, each of them a scalar in the engine with its own gradient. When the network is given a noisy
# photograph, it answers with the clean one: its memory is content-addressable.
#
# The outputs saved in this notebook were computed at full size. To run the notebook at full size, set the environment
# variable `AUTOGRAD_CORE_FULL` to 1. Otherwise, the pictures have 20×20 pixels, the network has 160,000 weights, and
# training takes a second. The photographs ship with scikit-learn.
#
# The time and memory that training takes are printed below the pictures. The saved values were measured with the native
# engine, which is written in C; on the same machine the Python engine took 90 s of processor time and 2.15 GB of memory
# at full size.

# %%
from PIL import Image
from sklearn.datasets import load_sample_images

SIDE = 50 if os.environ.get("AUTOGRAD_CORE_FULL") else 20


def prepared(picture):
    """Return the middle square of the picture: greyscale, SIDE × SIDE, with mean 0 and largest absolute value 1."""
    left = (picture.shape[1] - picture.shape[0]) // 2
    square_part = Image.fromarray(picture[:, left : left + picture.shape[0]]).convert("L")
    grey = np.asarray(square_part.resize((SIDE, SIDE), Image.Resampling.LANCZOS), dtype=float).ravel()
    return (grey - grey.mean()) / np.abs(grey - grey.mean()).max()


photographs = [prepared(picture) for picture in load_sample_images().images]

# %%
def peak_gigabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


started, memory_before = time.process_time(), peak_gigabytes()
generator = random.Random(5)
pixels = range(SIDE**2)
W = [[parameter(generator.gauss(0.0, 0.02 / SIDE)) for _ in pixels] for _ in pixels]
weights = [w for row in W for w in row]
print(f"{len(weights):,} weights made in {time.process_time() - started:.1f} s of processor time")

# %% [markdown]
# Now we train on the two photographs in turn. With $\epsilon = 1/|\mathbf x|^2$, a step stores its photograph exactly,
# and changes the answer to the other photograph only to the extent that the two photographs are alike.

# %%
def step(photograph):
    """Take one gradient step for a photograph; return the error before the step."""
    inputs = photograph.tolist()
    E = 0.5 * ac.sum([square(dot(row, inputs) - t) for row, t in zip(W, inputs)])
    E.backward()
    epsilon = 1.0 / float(photograph @ photograph)
    for w in weights:
        w.data -= epsilon * w.grad
        w.zero_grad()
    return E.data


# %%
errors = [[step(photograph) for photograph in photographs] for epoch in range(4)]
seconds = time.process_time() - started
for epoch, pair in enumerate(errors):
    print(f"epoch {epoch}: errors {pair[0]:.3g} and {pair[1]:.3g}")

# %%
def recall(picture):
    with no_record():
        return np.array([dot(row, picture.tolist()).data for row in W])


# %%
noise = np.random.default_rng(0)
rows = []
for photograph in photographs:
    noisy = photograph + noise.normal(0, 0.5, SIDE**2)
    rows.append((photograph, noisy, recall(noisy)))
figure, axes = plt.subplots(2, 3, figsize=(6, 4))
for axis_row, row in zip(axes, rows):
    for axis, picture, title in zip(axis_row, row, ("learned", "noisy input", "output")):
        axis.imshow(picture.reshape(SIDE, SIDE), cmap="gray", vmin=-1, vmax=1)
        axis.set_title(title)
        axis.axis("off")
plt.show()

# %%
memory = peak_gigabytes() - memory_before
print(f"Engine: {ENGINE}. {len(weights):,} weights made, then 8 training steps (forward pass, backward pass, update):")
print(f"{seconds:.1f} s of processor time, {memory:.2f} GB")
clean, noisy, output = map(np.array, zip(*rows))
kept = np.linalg.norm(output - clean) / np.linalg.norm(noisy - clean)
check("S5", "error in the last epoch / in the first", sum(errors[-1]) / sum(errors[0]), "< 1e-3")
check("S5", "distance from the clean photograph: output / noisy input", kept, "< 0.2")
check("S5", "number of weights", len(weights), 6_250_000 if SIDE == 50 else 160_000)
check("S5", "processor time in seconds", seconds, "> 0")
check("S5", "memory in gigabytes", memory, ">= 0")

# %%
W.clear()  # frees the memory
weights.clear()

# %% [markdown]
# ## S6 · A backprop network with sigmoid units
#
# The delta term of a hidden unit is the slope of the unit times the weighted sum of the delta terms of the units in the
# next layer (equation 33). Training on one association changes a weight by $-\epsilon\,\delta_j x_i$ (equation 34);
# training on all associations together changes it by the sum of these changes (equation 35). The slope of the sigmoid
# is $y(1-y)$ (equation 32).

# %%
draw, epsilon = np.random.default_rng(6), 0.3
V1, V2 = draw.normal(size=(4, 3)), draw.normal(size=(2, 4))  # the weights as NumPy arrays, for the equations
W1, W2 = ([[parameter(w) for w in row] for row in V.tolist()] for V in (V1, V2))  # the same weights as nodes
batch = [(draw.normal(size=3), draw.random(size=2)) for _ in range(5)]
errors, hidden_nodes = [], []
for x, t in batch:
    u = [dot(row, x.tolist()) for row in W1]
    y = [sigmoid(dot(row, [sigmoid(node) for node in u])) for row in W2]
    errors.append(0.5 * ac.sum([square(a - b) for a, b in zip(y, t.tolist())]))
    hidden_nodes.append(u)
ac.sum(errors).backward()

# %% [markdown]
# Here are the equations in NumPy, with the same weights and inputs:

# %%
def logistic(u):
    return 1 / (1 + np.exp(-u))


eq33, eq34 = [], []
for x, t in batch:
    z = logistic(V1 @ x)
    y = logistic(V2 @ z)
    delta_k = (y - t) * y * (1 - y)
    eq33.append(z * (1 - z) * (delta_k @ V2))
    eq34.append(-epsilon * np.outer(eq33[-1], x))
eq35 = np.sum(eq34, axis=0)

# %%
deltas = [[node.grad for node in u] for u in hidden_nodes]
one = [-epsilon * g for g in gradients(errors[0], [w for row in W1 for w in row])]
total = [[-epsilon * w.grad for w in row] for row in W1]
check("S6", "equation 33: δ of the hidden units for each association", deltas, eq33, 1e-13)
check("S6", "equation 34: weight change for one association", one, eq34[0].ravel(), 1e-13)
check("S6", "equation 35: weight change for all associations together", total, eq35, 1e-13)

# %% [markdown]
# ## S7 · Local and global minima
#
# Descent only goes downhill, so where it ends depends on where it starts (figures 4 and 5). A network with one weight
# shows this: we fit $y = \sin(wx)$ to $\sin(2x)$. The error has a global minimum of 0 at $w = 2$, and higher local
# minima elsewhere. Each arrow in the plot leads from a starting point to the minimum that descent finds from there.

# %%
points = [i / 4 for i in range(1, 17)]


def cross_section(w):
    return 0.5 * ac.mean([square(ac.sin(w * x) - math.sin(2 * x)) for x in points])


ends, starts = [], [0.2, 0.9, 1.6, 2.5, 3.6, 4.4]
for start in starts:
    w = start
    for _ in range(400):
        w -= 0.05 * grad(cross_section)(w)
    ends.append(w)

# %%
ws = np.linspace(0, 5.5, 300)
plt.plot(ws, [cross_section(w) for w in ws], color="0.4")
for start, end in zip(starts, ends):
    [line] = plt.plot(start, cross_section(start), "o")
    plt.annotate("", (end, cross_section(end)), (start, cross_section(start)),
                 arrowprops={"arrowstyle": "->", "color": line.get_color()})
plt.xlabel("w")
plt.ylabel("E(w)")
plt.title("descent from six starts")
plt.show()
found = sorted({round(w, 3) for w in ends})
print("minima found:", found)
check("S7", "number of different minima reached from six starts", len(found), ">= 2")
check("S7", "w at the lowest minimum found", min(found, key=cross_section), 2.0, 1e-3)

# %% [markdown]
# For XOR, the error of a 2-2-1 network has local minima that descent cannot escape. From some of the 20 random starting
# points below, the network learns XOR without errors; from others it does not.

# %%
table = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]


def learns_xor(seed):
    model = MLP(2, [2, 1], activation=tanh, output=sigmoid, seed=seed)
    optimiser = SGD(model.parameters(), lr=0.5, momentum=0.9)
    for _ in range(500):
        model.zero_grad()
        ac.mean([square(model(x) - t) for x, t in table]).backward()
        optimiser.step()
    return all((model(x).data > 0.5) == bool(t) for x, t in table)


# %%
solved = [learns_xor(seed) for seed in range(20)]
print("".join("✓" if s else "·" for s in solved))
check("S7", "share of 20 seeds for which a 2-2-1 network learns XOR", sum(solved) / 20, "> 0, < 1")

# %% [markdown]
# **Try it.** With more hidden units, a network has more ways around the bad minima. For how many of ten seeds does a
# 2-6-1 network learn XOR?
#
# <details><summary>Solution</summary>
#
# ```python
# def learns_wide(seed):
#     model = MLP(2, [6, 1], activation=tanh, output=sigmoid, seed=seed)
#     optimiser = SGD(model.parameters(), lr=0.5, momentum=0.9)
#     for _ in range(500):
#         model.zero_grad()
#         ac.mean([square(model(x) - t) for x, t in table]).backward()
#         optimiser.step()
#     return all((model(x).data > 0.5) == bool(t) for x, t in table)
#
# print(sum(learns_wide(seed) for seed in range(10)), "of 10")
# ```
# </details>

# %% [markdown]
# ## S8 · Too small, right, too large; and early stopping
#
# We fit networks with 1, 3 and 16 hidden units to twenty noisy samples of a sine curve. The error on points that were
# not used for training (the validation set) shows which of the three networks is best, and when to stop training.

# %%
generator = random.Random(1)


def sample(n, noise):
    xs = [generator.uniform(-1, 1) for _ in range(n)]
    return [(x, math.sin(3 * x) + generator.gauss(0, noise)) for x in xs]


training, validation = sample(20, 0.35), sample(60, 0.35)


def mean_error(model, pairs):
    return ac.mean([square(model([3 * x]) - t) for x, t in pairs])


# %%
def curves(hidden, epochs=1200, every=25):
    """Train a model; return the model and a list of (epoch, training error, validation error)."""
    model, seen = MLP(1, [hidden, 1], activation=tanh, seed=1), []
    optimiser = Adam(model.parameters(), lr=0.02)
    for epoch in range(epochs + 1):
        model.zero_grad()
        error = mean_error(model, training)
        if epoch % every == 0:
            with no_record():
                seen.append((epoch, error.data, mean_error(model, validation).data))
        error.backward()
        optimiser.step()
    return model, seen


# %%
runs = {hidden: curves(hidden) for hidden in (1, 3, 16)}
figure, axes = plt.subplots(1, 3, figsize=(10, 2.8), sharey=True)
fine = np.linspace(-1, 1, 120)
for axis, (hidden, (model, _)) in zip(axes, runs.items()):
    with no_record():
        axis.plot(fine, [model([3 * x]).data for x in fine], color="C1", label="network")
    axis.plot(fine, np.sin(3 * fine), ":", color="0.4", label="sin 3x")
    axis.plot(*zip(*training), "o", color="C0", label="training points")
    axis.set(title=f"hidden units: {hidden}", xlabel="x", ylim=(-2.0, 2.2))
axes[0].legend(fontsize=8)
plt.show()

# %%
epochs, train_errors, validation_errors = zip(*runs[16][1])
best = validation_errors.index(min(validation_errors))
plt.plot(epochs, train_errors, label="training")
plt.plot(epochs, validation_errors, label="validation")
plt.axvline(epochs[best], color="0.6", linestyle="--")
plt.annotate("stop here", (epochs[best] + 15, max(validation_errors)), va="top", color="0.4")
plt.xlabel("epoch")
plt.ylabel("mean squared error, 16 hidden units")
plt.legend()
plt.show()

# %%
final = {hidden: seen[-1] for hidden, (_, seen) in runs.items()}
for hidden, (_, a, b) in final.items():
    print(f"{hidden:>2} hidden units: training {a:.3f}, validation {b:.3f}")
place, gain = best / (len(epochs) - 1), validation_errors[best] / validation_errors[-1]
check("S8", "16 units: point of smallest validation error, as a fraction of the training run", place, "> 0, < 1")
check("S8", "16 units: validation error with early stopping / at the end of training", gain, "< 0.95")
check("S8", "training error: 3 units / 1 unit, and 16 units / 3 units",
      [final[3][1] / final[1][1], final[16][1] / final[3][1]], "< 1")
check("S8", "validation error: 3 units / 1 unit (underfit), and 3 units / 16 units (overfit)",
      [final[3][2] / final[1][2], final[3][2] / final[16][2]], "< 1")

# %% [markdown]
# ## Results
#
# This table shows, for each result, how many numbers were compared with the lecture's. If any result had not been checked,
# the cell below would raise an error.

# %%
summary("S", 8)
