# %% [markdown]
# # Everything is a module
#
# **Aim.** To work through Efstratios Gavves and Max Welling's lecture "Learning with neural networks" (*Deep Learning*
# at the University of Amsterdam, lecture 2): networks as graphs of modules (building blocks such as a sigmoid or a
# layer); the chain rule over all paths; Jacobians and their dimensions; the whole gallery of modules, each with its
# value, gradient, plot and gradient check; and modules of your own, with their tests.
#
# The results are numbered U1 to U12. A call to `check(row, name, value, expectation)` compares a number computed by the
# engine (`autograd_core`) with the value of a formula from the lecture. The formulas are evaluated without the engine:
# in NumPy, with Python's `math`, or by hand.

# %%
import itertools
import math
import random
import time

import matplotlib.pyplot as plt
import numpy as np
from lectures import check, summary

import autograd_core as ac
import nn
from autograd_core import Value, dot, gradients, jacobian, no_record, parameter, primitive, sigmoid, sin, square, tanh
from autograd_core.check import check_gradient, check_primitive

# %% [markdown]
# ## U1 · Cascade, interwoven graph, recurrent network
#
# A feed-forward cascade passes its input through one module after another. In an interwoven (directed acyclic) network
# a module may read from several other modules. A recurrent network has a loop, which is "unrolled": the network is
# copied once for each step in time, and the result is a graph without loops. `check_gradient` compares each derivative
# with a finite difference (section U10 explains how).

# %%
x = [0.4, -0.7]
inputs = [Value(0.4, "x1"), Value(-0.7, "x2")]
cascade = nn.Sequential(nn.Layer(2, 3, activation=tanh, seed=1), nn.Layer(3, 1, nonlin=False, seed=2))
early, late = nn.Layer(2, 2, activation=tanh, seed=3), nn.Layer(4, 1, nonlin=False, seed=4)
interwoven = nn.Sequential(nn.Parallel(nn.Identity(), early), late)
recurrent = nn.RNN(nn.RNNCell(1, 1, seed=5), nn.Layer(1, 1, nonlin=False, seed=6))
outputs = {
    "cascade": (cascade, lambda: square(cascade(inputs))),
    "interwoven": (interwoven, lambda: square(interwoven(inputs))),
    "recurrent, 3 steps": (recurrent, lambda: square(recurrent([0.5, -1.0, 0.3]))),
}

# %%
for name, (model, output) in outputs.items():
    report = check_gradient(output, model.parameters())
    print(f"{name:<20} {len(model.parameters())} parameters, {len(ac.toposort(output()))} nodes")
    check("U1", f"{name}: number of coordinates checked, and number that agree", [len(report), len(report.agreeing)],
          [len(model.parameters())] * 2)

# %% [markdown]
# When each layer is folded into one box, the drawings of the three networks look like those in the lecture. Here is the
# cascade, in which the layers follow one another. (A thick edge represents several edges; ‖grad‖ is the length of the
# vector of all derivatives with respect to the parameters of a layer.)

# %%
drawings = {}
for name, (_, output) in outputs.items():
    y = output()
    for leaf in ac.leaves(y):
        leaf.zero_grad()
    y.backward()
    drawings[name] = y.draw(collapse=2, direction="TB" if "steps" in name else "LR")
drawings["cascade"]

# %% [markdown]
# Here is the interwoven network, in which the inputs also take a shortcut past the first layer.

# %%
drawings["interwoven"]

# %% [markdown]
# And here is the recurrent network. All its steps use the same three parameters.

# %%
drawings["recurrent, 3 steps"]

# %% [markdown]
# ## U2 · Forward in the right order, backward in reverse
#
# "Make sure all the inputs are computed at the right time", says the lecture; topological order ensures just that. The
# backward pass goes through the nodes in the opposite order, so that each gradient is complete before it is passed on.
# The nodes store the activations, which the backward pass needs.

# %%
y = outputs["interwoven"][1]()
order = ac.toposort(y)
place = {node: number for number, node in enumerate(order)}
before = [place[operand] < place[node] for node in order for operand in node.operands if type(operand) is Value]
check("U2", "every operand comes before its result", before, [True] * len(before))
y.backward()
activations = [node.data for node in order if node.op.name == "tanh"]
hidden = [math.tanh(sum(w.data * a for w, a in zip(n.w, x)) + n.b.data) for n in early.neurons]
check("U2", "activations of the hidden layer: stored in the graph vs. formula", activations, hidden, 1e-15)

# %% [markdown]
# The stepper animates both passes: it goes forward operation by operation, and then backward edge by edge. Use the
# arrow keys to move through the steps; each backward step spells out the chain rule for its edge.

# %%
w, b = parameter(0.8, "w"), parameter(-0.1, "b")
a = tanh(w * 0.5 + b)
a.label = "a"
loss = square(a - 1.0)
loss.label = "L"
steps = loss.step(direction="TB")
forward = [step.text for step in steps if step.kind == "operation"]
backward = [step.text for step in steps if step.kind == "edge"]
check("U2", "stepper: number of forward operations, and of backward edges", [len(forward), len(backward)], [5, 6])
steps

# %% [markdown]
# ## U3 · The chain rule over all paths
#
# An example of the chain rule in one variable is $\frac{d}{dx}\sin(0.5x^2) = \cos(0.5x^2)\,x$. With several variables,
# the derivative with respect to $x_i$ is a sum over all paths from $x_i$ to $z$, $\frac{dz}{dx_i} = \sum_j
# \frac{dz}{dy_j}\frac{dy_j}{dx_i}$; in terms of the Jacobian, the gradient is $\left(\frac{dy}{dx}\right)^{\mathsf
# T}\frac{dz}{dy}$.

# %%
points = [-2.0, -0.5, 0.0, 1.3]
slopes = [ac.grad(lambda x: sin(0.5 * x**2))(x) for x in points]
check("U3", "d/dx sin(0.5 x²) at four points", slopes, [math.cos(0.5 * x * x) * x for x in points], 1e-15)


def inner(x):
    """Map three inputs to two outputs."""
    return [x[0] * x[1] + x[2], sin(x[0]) * x[2] ** 2]


def outer(y):
    return y[0] * ac.exp(y[1])


# %%
at = [0.5, -1.2, 0.8]
formula = [[-1.2, 0.5, 1.0], [math.cos(0.5) * 0.64, 0.0, 2 * 0.8 * math.sin(0.5)]]
check("U3", "Jacobian of 2 outputs with respect to 3 inputs", jacobian(inner)(at), formula, 1e-15)
y = [0.5 * -1.2 + 0.8, math.sin(0.5) * 0.64]
dz_dy = [math.exp(y[1]), y[0] * math.exp(y[1])]
all_paths = ac.grad(lambda x: outer(inner(x)))(at)
check("U3", "sum over all paths: graph vs. (dy/dx)ᵀ dz/dy", all_paths, np.transpose(formula) @ dz_dy, 1e-14)

# %% [markdown]
# ## U4 · Full and diagonal Jacobians
#
# Each output of softmax depends on every input, so the Jacobian of softmax is full: it is $\mathrm{diag}(a) -
# aa^{\mathsf T}$, where $a$ is the output. A sigmoid applied to each input separately has a diagonal Jacobian with the
# entries $\sigma(1-\sigma)$.

# %%
xs = [0.3, -1.0, 2.0]
softmax_J = jacobian(ac.softmax)(xs)
sigmoid_J = jacobian(lambda xs: [sigmoid(x) for x in xs])(xs)
a = np.exp(xs) / np.exp(xs).sum()
s = 1 / (1 + np.exp(-np.array(xs)))
check("U4", "softmax Jacobian (full)", softmax_J, np.diag(a) - np.outer(a, a), 1e-15)
check("U4", "sigmoid Jacobian (diagonal)", sigmoid_J, np.diag(s * (1 - s)), 1e-15)

# %%
figure, axes = plt.subplots(1, 2, figsize=(6, 2.6))
for axis, J, title in ((axes[0], softmax_J, "softmax: full"), (axes[1], sigmoid_J, "sigmoid: diagonal")):
    axis.imshow(J, cmap="PuOr", vmin=-0.6, vmax=0.6)
    axis.set(title=title, xticks=range(3), yticks=range(3), xlabel="input", ylabel="output")
    for i, j in itertools.product(range(3), range(3)):
        axis.text(j, i, f"{J[i][j]:.3f}", ha="center", va="center", fontsize=9)
plt.show()

# %% [markdown]
# ## U5 · Dimension analysis
#
# The lecture's example has layers of 15, 10 and 5 neurons, with $a_l = \theta_l^{\mathsf T}x_l$. A gradient with
# respect to an array has that array's shape, and the shapes in each product must match: $[5\times10]^{\mathsf
# T}[5\times1] = [10\times1]$ and $[15\times1][10\times1]^{\mathsf T} = [15\times10]$.

# %%
generator = np.random.default_rng(5)
T1, T2, X1 = generator.normal(0, 0.3, (15, 10)), generator.normal(0, 0.3, (10, 5)), generator.normal(0, 1, 15)
theta1, theta2 = ([[parameter(w) for w in row] for row in T] for T in (T1, T2))
x1 = [Value(v) for v in X1]
a1 = [dot([row[j] for row in theta1], x1) for j in range(10)]
a2 = [dot([row[j] for row in theta2], a1) for j in range(5)]
L = 0.5 * ac.sum([square(v) for v in a2])


def gradient_of(things):
    return np.array(gradients(L, np.ravel(things).tolist())).reshape(np.shape(things))


# %%
dL_a2, dL_a1, dL_theta1 = gradient_of(a2), gradient_of(a1), gradient_of(theta1)
da2_dx2 = np.array([gradients(v, a1) for v in a2])
check("U5", "dimensions of ∂L/∂a(l+1), ∂a(l+1)/∂a(l), ∂L/∂a(l), ∂L/∂θ(l)",
      [*dL_a2.shape, *da2_dx2.shape, *dL_a1.shape, *dL_theta1.shape], [5, 5, 10, 10, 15, 10])
by_numpy = T2 @ (T2.T @ (T1.T @ X1))  # ∂L/∂a2 is a2 itself, and the Jacobian is the transpose of θ2
check("U5", "∂L/∂a(l) = [5 × 10]ᵀ · [5 × 1]", dL_a1, by_numpy, 1e-14)
check("U5", "∂L/∂θ(l) = [15 × 1] · [10 × 1]ᵀ", dL_theta1, np.outer(X1, by_numpy), 1e-14)

# %% [markdown]
# ## U6 · A module of your own: cos(θx) + π
#
# The lecture defines a forward function and two derivatives. `@primitive` turns exactly these three functions into an
# operation of the engine. Each call creates one node, which is drawn and checked like the node of a built-in operation.

# %%
@primitive(
    derivatives=(lambda theta, x, a: -x * sin(theta * x), lambda theta, x, a: -theta * sin(theta * x)),
    formula="cos({x} * {y}) + π", derivative_formulas=("-{y} * sin({x} * {y})", "-{x} * sin({x} * {y})"),
)
def wave(theta, x):
    """cos(θx) + π."""
    return math.cos(theta * x) + math.pi


theta, x = parameter(0.7, "θ"), Value(1.9, "x")
a = wave(theta, x)
a.backward()
check("U6", "cos(θx) + π", a, math.cos(0.7 * 1.9) + math.pi, 1e-15)
check("U6", "∂/∂x = −θ sin(θx)", x.grad, -0.7 * math.sin(0.7 * 1.9), 1e-15)
check("U6", "∂/∂θ = −x sin(θx)", theta.grad, -1.9 * math.sin(0.7 * 1.9), 1e-15)

# %%
report = check_primitive(wave)
print(report.summary())
check("U6", "number of coordinates that disagree with finite differences", len(report.disagreeing), 0)
a.draw()

# %% [markdown]
# ## U7 · Backpropagation visualised, in epochs t and t + 1
#
# The network is $a_1 = \sigma(\theta_1x_1)$, $a_2 = \sigma(\theta_2a_1)$, and the loss is $\mathcal L = \frac12(y -
# a_2)^2$. (The slides on the forward pass write the loss as $\|y - x_3\|^2$, without the ½; the slides on the backward
# pass include the ½, which belongs in both.) The forward pass stores its values, the backward pass uses each gradient
# to compute the next ones, and then the parameters are updated.

# %%
theta1, theta2, x1, y, eta = parameter(0.6, "θ1"), parameter(-0.4, "θ2"), Value(1.5, "x1"), 0.8, 2.0


def epoch():
    a1 = sigmoid(theta1 * x1)
    a2 = sigmoid(theta2 * a1)
    L = 0.5 * square(y - a2)
    a1.label, a2.label, L.label = "a1", "a2", "L"
    return a1, a2, L


# %% [markdown]
# Here are the slides' four derivatives, computed with plain floats. Each derivative after the first reuses an earlier
# one.

# %%
def logistic(x):
    return 1 / (1 + math.exp(-x))


def by_hand(t1, t2):
    """Return ∂L/∂a2, ∂L/∂θ2, ∂L/∂a1 and ∂L/∂θ1 for x1 = 1.5 and y = 0.8."""
    a1 = logistic(t1 * 1.5)
    a2 = logistic(t2 * a1)
    dL_a2 = -(0.8 - a2)
    dL_a1 = dL_a2 * t2 * a2 * (1 - a2)
    return [dL_a2, dL_a2 * a1 * a2 * (1 - a2), dL_a1, dL_a1 * 1.5 * a1 * (1 - a1)]


# %%
losses, rows, numbers = [], [], [0.6, -0.4]
for _ in range(2):
    a1, a2, L = epoch()
    for p in (theta1, theta2):
        p.zero_grad()
    L.backward()
    losses.append(L.data)
    expected = by_hand(*numbers)
    rows.append(([a2.grad, theta2.grad, a1.grad, theta1.grad], expected))
    for p in (theta1, theta2):
        p.data -= eta * p.grad
    numbers = [numbers[0] - eta * expected[3], numbers[1] - eta * expected[1]]

# %%
check("U7", "epoch t: ∂L/∂a2, ∂L/∂θ2, ∂L/∂a1, ∂L/∂θ1", *rows[0], 1e-14)
check("U7", "epoch t + 1: the same four derivatives", *rows[1], 1e-14)
check("U7", "loss in epoch t + 1 / in epoch t", losses[1] / losses[0], "< 1")

# %% [markdown]
# The stepper shows the same two epochs, frame by frame: a forward pass, a backward pass and an update, and then all
# three again with the new parameters.

# %%
theta1.data, theta2.data = 0.6, -0.4
steps = epoch()[2].step(epochs=2, learning_rate=eta, direction="TB")
kinds = [step.kind for step in steps]
check("U7", "stepper, both epochs: numbers of operations, backward edges and updates",
      [kinds.count(kind) for kind in ("operation", "edge", "update")], [14, 18, 4])
steps

# %% [markdown]
# ## U8 · The gallery
#
# This section shows each module of the lecture with its value, its gradient according to the lecture's formula, a plot
# and a gradient check. We start with the modules that act on one number. Each entry in the code below consists of the
# module, the formula for its value and the formula for its gradient; neither formula uses the engine. The noisy ReLU
# adds noise $\varepsilon\sim N(0,\sigma(x))$ to x; the variance of the noise is the sigmoid of x. Because the noise
# depends on x, the slope of this module has a second term.

# %%
one_number = {
    "linear, θ = 0.7": (lambda x: 0.7 * x, lambda x: 0.7 * x, lambda x: 0.7),
    "sigmoid": (sigmoid, logistic, lambda x: logistic(x) * (1 - logistic(x))),
    "tanh": (tanh, math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "ReLU": (ac.relu, lambda x: max(0, x), lambda x: float(x > 0)),
    "softplus": (ac.softplus, lambda x: math.log(1 + math.exp(x)), logistic),
    "noisy ReLU": (lambda x: nn.NoisyReLU(seed=2)(x), lambda x: max(0, x + noise(x)), lambda x: noisy_slope(x)),
    "leaky ReLU": (ac.leaky_relu, lambda x: max(x, 0.01 * x), lambda x: 1 if x > 0 else 0.01),
    "parametric ReLU": (lambda x: nn.PReLU(0.25)(x), lambda x: max(x, 0.25 * x), lambda x: 1 if x > 0 else 0.25),
    "hinge loss, target 1": (lambda x: nn.hinge(x, 1), lambda x: max(0, 1 - x), lambda x: -float(x < 1)),
    "Euclidean loss, target 1": (lambda x: nn.squared_error(x, [1.0]), lambda x: (x - 1) ** 2 / 2, lambda x: x - 1),
    "cross-entropy of σ(x), target 1": (lambda x: nn.binary_cross_entropy_with_logits(x, 1),
                                        lambda x: -math.log(logistic(x)), lambda x: logistic(x) - 1),
}

# %%
def noise(x):
    """Return ε = n √σ(x), where n is a standard normal number drawn with seed 2; the size of ε depends on x."""
    return random.Random(2).gauss(0.0, 1.0) * math.sqrt(logistic(x))


def noisy_slope(x):
    """Return the slope of max(0, x + ε): 1 + ∂ε/∂x where x + ε is positive, and 0 elsewhere."""
    return 1 + 0.5 * noise(x) * (1 - logistic(x)) if x + noise(x) > 0 else 0.0


# %%
figure, axes = plt.subplots(3, 4, figsize=(11, 6.4))
fine = np.linspace(-3, 3, 121)
for axis, (name, (module, _, _)) in zip(axes.flat, one_number.items()):
    values = [module(Value(x)) for x in fine]
    axis.plot(fine, [v.data for v in values], label="value")
    with ac.no_record():  # makes each slope a float, not a Value that depends on the module's parameters
        axis.plot(fine, [ac.grad(module)(x) for x in fine], "--", label="gradient")
    axis.set_title(name)
axes.flat[0].legend(fontsize=8)
axes.flat[-1].axis("off")
plt.show()

# %%
at = [-2.3, -0.4, 0.6, 2.1]
disagreeing = 0
for name, (module, value, slope) in one_number.items():
    check("U8", f"{name}: value", [module(x) for x in at], [value(x) for x in at], 1e-14)
    check("U8", f"{name}: gradient", [ac.grad(module)(x) for x in at], [slope(x) for x in at], 1e-14)
    disagreeing += sum(not check_gradient(module, x).ok for x in at)
check("U8", "failed gradient checks among the modules that act on one number", disagreeing, 0)

# %% [markdown]
# Now we turn to the modules that act on several numbers. **A misprint:** the lecture states $-1/x^{(k)}$ as the
# gradient of the cross-entropy $-\sum_k y^{(k)}\log x^{(k)}$. The factor $y^{(k)}$ is missing: it should be
# $-y^{(k)}/x^{(k)}$, which is 0 for every class but the correct one. When the cross-entropy is combined with softmax,
# the gradient is simply $a - y$.

# %%
v, y = np.array([0.5, 0.2, 0.3]), np.array([0.0, 1.0, 0.0])
l1, l2, a = np.abs(v).sum(), np.sqrt(v @ v), np.exp(v) / np.exp(v).sum()
c = np.array([1.0, -2.0, 0.5])  # turns several outputs into one number: c · module(v)
kept = np.array(nn.Dropout(0.5, seed=3)([1.0] * 3)) > 0
J1 = np.eye(3) / l1 - np.outer(v, np.sign(v)) / l1**2
J2 = np.eye(3) / l2 - np.outer(v, v) / l2**3

# %%
several = {
    "softmax": (lambda v: dot(c, ac.softmax(v)), c @ a, c @ (np.diag(a) - np.outer(a, a))),
    "Euclidean loss": (lambda v: nn.squared_error(v, y.tolist()), (v - y) @ (v - y) / 2, v - y),
    "cross-entropy alone": (lambda v: -dot(y, [ac.log(p) for p in v]), -math.log(v[1]), -y / v),
    "cross-entropy with softmax": (lambda v: nn.cross_entropy(v, 1), -math.log(a[1]), a - y),
    "dropout, p = ½": (lambda v: dot(c, nn.Dropout(0.5, seed=3)(v)), c @ (2 * kept * v), c * kept * 2),
    "ℓ1 normalisation": (lambda v: dot(c, nn.L1Norm()(v)), c @ v / l1, c @ J1),
    "ℓ2 normalisation": (lambda v: dot(c, nn.L2Norm()(v)), c @ v / l2, c @ J2),
    "multi-class hinge": (lambda v: nn.multi_margin_loss(v, 1), 2.4 / 3, np.array([1.0, -2.0, 1.0]) / 3),
}

# %%
failing = 0
for name, (module, value, slope) in several.items():
    check("U8", f"{name}: value", module(v.tolist()), value, 1e-13)
    check("U8", f"{name}: gradient", ac.grad(module)(v.tolist()), slope, 1e-13)
    failing += not check_gradient(module, v.tolist()).ok
check("U8", "failed gradient checks among the modules that act on several numbers", failing, 0)
shifted = ac.softmax([1000.0, 1001.0])
check("U8", "softmax of (1000, 1001), shifted by the maximum", shifted, [logistic(-1.0), logistic(1.0)], 1e-15)
check("U8", "slope of ReLU at its kink (in the lecture, 0 for x ≤ 0)", ac.grad(ac.relu)(0.0), 0.0)

# %%
figure, axes = plt.subplots(2, 4, figsize=(11, 4.6))
fine = np.linspace(0.05, 2.0, 80)
for axis, (name, (module, _, _)) in zip(axes.flat, several.items()):
    with ac.no_record():
        along = [ac.value_and_grad(lambda second, m=module: m([0.5, second, 0.3]))(p) for p in fine]
    axis.plot(fine, [value for value, _ in along], label="value")
    axis.plot(fine, [slope for _, slope in along], "--", label="gradient")
    axis.set(title=name, xlabel="second input")
axes.flat[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# The parametric ReLU multiplies negative inputs by a slope β, which is a parameter and is trained too. The derivative
# of the output with respect to β is x if x < 0, and 0 otherwise.

# %%
prelu = nn.PReLU(0.25)
prelu(-2.0).backward()
check("U8", "parametric ReLU at x = −2: derivative with respect to β (should be x)", prelu.slope.grad, -2.0)

# %% [markdown]
# ## U9 · Modules of modules
#
# **One module or two?** You can write $a = \sigma(\theta x)$ as one operation whose derivatives have long formulas, or
# as two operations whose derivatives have short ones, $a_1 = \theta x$ and $a_2 = \sigma(a_1)$. The gradients are the
# same.

# %%
@primitive(derivatives=(lambda t, x, a: x * a * sigmoid(-t * x), lambda t, x, a: t * a * sigmoid(-t * x)))
def scaled_sigmoid(t, x):
    """σ(θx) as one module."""
    return sigmoid(t * x)


at = (0.8, -1.7)
one = ac.grad(scaled_sigmoid, argnums=(0, 1))(*at)
two = ac.grad(lambda t, x: sigmoid(t * x), argnums=(0, 1))(*at)
slope = logistic(0.8 * -1.7) * logistic(0.8 * 1.7)  # σ(1 − σ)
check("U9", "gradients of σ(θx): as one module and as two", [one, two], [[-1.7 * slope, 0.8 * slope]] * 2, 1e-15)

# %% [markdown]
# Three larger modules each learn a task: an **RBF network** (RBF: radial basis function), $a = \sum_j
# u_j\exp(-\beta_j(x - w_j)^2)$, whose centres $w_j$ are placed by k-means and then trained; a **residual** block, $x +
# h(x)$; and a **network in network**, a small MLP that slides along the input.

# %%
curve = nn.datasets.curve("sine", 24)
centres = nn.kmeans(curve.inputs, 5, seed=0)
rbf = nn.Sequential(nn.RBF(centres), nn.Layer(5, 1, nonlin=False, seed=1))
optimiser = nn.Adam(rbf.parameters(), lr=0.03)
history = nn.fit(rbf, nn.squared_error, curve, epochs=150, batch_size=8, optimizer=optimiser)
check("U9", "RBF network: loss on a sine in the last epoch / in the first",
      history.losses[-1] / history.losses[0], "< 0.02")

# %%
fine = np.linspace(-1, 1, 120)
with no_record():
    features = np.array([[float(a.data) * w.data for a, w in zip(rbf[0]([x]), rbf[1].neurons[0].w)] for x in fine])
    plt.plot(fine, features, color="0.7", linewidth=1)
    plt.plot(fine, [rbf([x]).data for x in fine], color="C1", label="network; grey: its five terms")
plt.plot(np.ravel(curve.inputs), curve.targets, "o", label="data")
plt.legend()
plt.xlabel("x")
plt.show()

# %%
moons = nn.datasets.moons(60, seed=1)
residual = nn.Sequential(
    nn.Layer(2, 6, activation=tanh, seed=1),
    nn.Residual(nn.Layer(6, 6, activation=tanh, seed=2)),
    nn.Layer(6, 1, nonlin=False, seed=3),
)
nn.fit(residual, nn.hinge, moons, epochs=40, batch_size=10, optimizer=nn.Adam(residual.parameters(), lr=0.03))
check("U9", "residual network: accuracy on the moons", nn.accuracy(residual, moons), ">= 0.95")

# %% [markdown]
# The network in network is given a noisy list of eight numbers. It has to tell whether the list contains a step up
# (such as 0, 1, 1) or a step down.

# %%
generator = random.Random(7)


def row_with(step):
    """Return a list that rises from low to high if `step` is true, and falls from high to low otherwise."""
    at = generator.randint(2, 6)
    ideal = [float((i >= at) == step) for i in range(8)]
    return [a + generator.gauss(0, 0.1) for a in ideal]


# %%
steps = [i % 2 == 0 for i in range(60)]
rows = [row_with(step) for step in steps]
nin = nn.Sequential(nn.MLPConv(3, [4, 2], seed=1, bias=0.1), nn.MeanPool(2), nn.Layer(2, 1, nonlin=False, seed=2))
nn.fit(nin, nn.hinge, (rows, [1 if s else -1 for s in steps]), epochs=30, batch_size=10,
       optimizer=nn.Adam(nin.parameters(), lr=0.03))
check("U9", "network in network: accuracy", nn.accuracy(nin, (rows, [1 if s else -1 for s in steps])), ">= 0.95")

# %% [markdown]
# ## U10 · Gradient check
#
# We take central differences $\frac{a(\theta + \varepsilon) - a(\theta - \varepsilon)}{2\varepsilon}$ for a sample of
# the parameters, weights and biases alike, moving **one parameter at a time**. Each parameter in the sample is called a
# *coordinate* of the check. For each coordinate, `check_gradient` chooses a step and estimates how accurate the
# difference is; the table begins with the coordinates whose difference and derivative agree least closely.

# %%
model = nn.MLP(3, [5, 4, 2], activation=tanh, seed=1)


def loss():
    return nn.cross_entropy(model([0.2, -1.0, 0.7]), 1)


groups = {"weights": [p for name, p in model.named_parameters() if ".w" in name],
          "biases": [p for name, p in model.named_parameters() if name.endswith(".b")]}
report = check_gradient(loss, groups, sample=8, seed=1)
print(report)
counts = [sum(c.group == group for c in report) for group in groups]
check("U10", "number of sampled weights, and of sampled biases", counts, [4, 4])
check("U10", "number of coordinates that disagree", len(report.disagreeing), 0)

# %% [markdown]
# "Do not perturb the whole vector θ + ε: this will give wrong results", the lecture warns. Indeed, moving all the
# parameters at once measures a single number, the sum of all partial derivatives, and tells you nothing about any one
# of them.

# %%
parameters, epsilon = model.parameters(), 1e-5
true = gradients(loss(), parameters)


def difference(moved):
    """Return the central difference of the loss when all the given parameters are shifted together."""
    ends = []
    for shift in (epsilon, -epsilon):
        for p in moved:
            p.data += shift
        ends.append(loss().data)
        for p in moved:
            p.data -= shift
    return (ends[0] - ends[1]) / (2 * epsilon)


# %%
all_at_once = difference(parameters)
check("U10", "difference with all parameters shifted at once vs. sum of the partial derivatives",
      all_at_once, sum(true), 1e-6)
wrong = [abs(all_at_once - g) > 0.01 * abs(g) for g in true]
check("U10", "share of partial derivatives from which their sum differs by more than 1 %",
      sum(wrong) / len(wrong), "> 0.95")

# %% [markdown]
# The lecture also asks: "can we replace analytical gradients with numerical ones? In theory, yes. In practice: too
# slow." To see why, we count how often the numerical gradient evaluates the loss, and measure the time it takes.

# %%
plain_loss, evaluations = loss, []


def loss():
    evaluations.append(1)
    return plain_loss()


# %%
costs = []
for width in (2, 6, 18):
    model = nn.MLP(3, [width, width, 2], activation=tanh, seed=1)
    start = time.perf_counter()
    loss().backward()
    middle = time.perf_counter()
    evaluations.clear()
    for p in model.parameters():
        difference([p])
    costs.append((len(model.parameters()), (time.perf_counter() - middle) / (middle - start)))
    print(f"{costs[-1][0]:>4} parameters: the numerical gradient takes {costs[-1][1]:.0f} times as long as the graph's")
check("U10", "numerical gradient for 452 parameters: number of evaluations of the loss", len(evaluations), 2 * 452)

# %% [markdown]
# ## U11 · Tricks of the trade
#
# We train on the iris data with and without each trick, starting from the same weights. We compare **cross-entropy**
# with squared error on the softmax; **mini-batches** with one batch of all the data, for the same number of epochs;
# **inputs normalised** to mean 0 and variance 1 with inputs in centimetres; and **shuffling** with keeping the rows of
# iris in their original order, in which they are sorted by species.

# %%
iris = nn.datasets.iris()
normalise = nn.Normalize(4).fit(iris.inputs)
scaled = ([normalise(row) for row in iris.inputs], iris.targets)
raw = (iris.inputs, iris.targets)


def squared_softmax(logits, target):
    return nn.squared_error(ac.softmax(logits), [float(k == target) for k in range(3)])


# %%
def train(data, loss=nn.cross_entropy, batch_size=10, epochs=8):
    """Return the accuracy after each epoch, averaged over four initialisations."""
    accuracies = []
    for seed in range(4):
        model = nn.MLP(4, [6, 3], activation=tanh, seed=seed)
        history = nn.fit(model, loss, data, epochs=epochs, batch_size=batch_size, seed=seed,
                         optimizer=nn.SGD(model.parameters(), lr=0.2), metrics={"accuracy": nn.accuracy})
        accuracies.append(history.metrics["accuracy"])
    return np.mean(accuracies, axis=0)


# %%
def in_order(data, seed, epochs=8):
    """Yield the accuracy after each epoch for one initialisation; every epoch takes the rows in the original order."""
    model = nn.MLP(4, [6, 3], activation=tanh, seed=seed)
    optimiser = nn.SGD(model.parameters(), lr=0.2)
    for _ in range(epochs):
        for at in range(0, 150, 10):
            model.zero_grad()
            ac.mean([nn.cross_entropy(model(data[0][i]), data[1][i]) for i in range(at, at + 10)]).backward()
            optimiser.step()
        yield nn.accuracy(model, data)


# %%
runs = {
    "all tricks": train(scaled),
    "squared error": train(scaled, loss=squared_softmax),
    "one batch": train(scaled, batch_size=None),
    "not normalised": train(raw),
    "not shuffled": np.mean([list(in_order(scaled, seed)) for seed in range(4)], axis=0),
}

# %%
for name, accuracies in runs.items():
    plt.plot(range(1, 9), accuracies, "o-", label=name)
plt.xlabel("epoch")
plt.ylabel("accuracy on iris, mean of four")
plt.legend()
plt.show()
for name in ("squared error", "one batch", "not normalised", "not shuffled"):
    gain = np.mean(runs["all tricks"]) - np.mean(runs[name])
    check("U11", f"mean accuracy over 8 epochs, all tricks − {name}", gain, "> 0.01")
columns = np.array(scaled[0])
check("U11", "normalised inputs: absolute values of the means", abs(columns.mean(0)), "< 1e-12")
check("U11", "normalised inputs: variances", columns.var(0), [1.0] * 4, 1e-12)

# %% [markdown]
# ## U12 · Be creative
#
# Here are a trigonometric module, a polynomial module and a new loss. We write each of the three twice: as a primitive,
# and as a composition of the engine's operations. A composition is less work to write; a primitive creates only a
# single node.

# %%
@primitive(derivatives=(lambda x, a: ac.cos(x) - 3 * sin(3 * x),))
def chord(x):
    """sin x + cos 3x."""
    return math.sin(x) + math.cos(3 * x)


@primitive(derivatives=(lambda x, a: 3 * x * x - 4 * x,))
def cubic(x):
    """x³ − 2x² + 1."""
    return x * x * x - 2 * x * x + 1


# %%
@primitive(derivatives=(lambda r, a: ac.maximum(-1.0, ac.minimum(1.0, r)),), kinks=(lambda r: abs(r) - 1,))
def huber(r):
    """r²/2 if |r| ≤ 1, and |r| − ½ otherwise: a loss that outliers do not dominate."""
    return 0.5 * r * r if abs(r) <= 1 else abs(r) - 0.5


# %%
composed = {
    chord: lambda x: sin(x) + ac.cos(3 * x),
    cubic: lambda x: x**3 - 2 * x**2 + 1,
    huber: lambda r: ac.where(abs(r) <= 1, 0.5 * square(r), abs(r) - 0.5),
}
at = np.array([-1.7, -0.3, 0.9, 2.4])
inside = abs(at) <= 1
by_numpy = {  # value and gradient
    chord: (np.sin(at) + np.cos(3 * at), np.cos(at) - 3 * np.sin(3 * at)),
    cubic: (np.polyval([1, -2, 0, 1], at), np.polyval([3, -4, 0], at)),
    huber: (np.where(inside, at**2 / 2, abs(at) - 0.5), np.clip(at, -1, 1)),
}

# %%
for own, made in composed.items():
    name, (values, slopes) = own.__name__, by_numpy[own]
    both = [[f(x) for x in at.tolist()] for f in (own, made)]
    check("U12", f"{name}: value as a primitive and as a composition", both, [values] * 2, 1e-14)
    both = [[ac.grad(f)(x) for x in at.tolist()] for f in (own, made)]
    check("U12", f"{name}: gradient", both, [slopes] * 2, 1e-14)
    check("U12", f"{name}: number of coordinates that disagree with finite differences",
          len(check_primitive(own).disagreeing), 0)

# %% [markdown]
# **Try it.** Fit a line to data with one outlier, using `huber` and then the squared error. Which line follows the
# crowd?
#
# <details><summary>Solution</summary>
#
# ```python
# data = [(i / 5, 2 * i / 5 + 0.1 * math.sin(7 * i)) for i in range(10)] + [(1.0, 25.0)]
# for loss in (huber, lambda r: 0.5 * square(r)):
#     w, b = parameter(0.0), parameter(0.0)
#     optimiser = nn.Adam([w, b], lr=0.1)
#     for _ in range(400):
#         optimiser.zero_grad()
#         ac.mean([loss(w * x + b - y) for x, y in data]).backward()
#         optimiser.step()
#     print(f"slope {w.data:.2f}, intercept {b.data:.2f}")
# ```
#
# The robust line has a slope near 2 and passes through the crowd; the outlier pulls the least-squares line upwards.
# </details>

# %% [markdown]
# ## Results
#
# This table shows, for each result, how many numbers were compared with the lecture's. If any result had not been checked,
# the cell below would raise an error.

# %%
summary("U", 12)
