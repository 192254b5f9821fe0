# %% [markdown]
# # Quickstart
#
# **Aim.** To take you, in ten minutes, from one number to a trained network. You will meet a `Value`, its graph, its
# gradient and the stepper, which shows backpropagation at work; then you will train your first network, on two
# interlocking half moons.
#
# Each of the next five notebooks follows a lecture; the last five take the engine apart and put it to work. In all the
# notebooks, a call to `check(row, name, value, expectation)` compares a number with its expected value. If they agree,
# the call prints both numbers and a ✓; otherwise it stops the notebook with an error. The argument `row` is a label: in
# this notebook it is just the notebook's number, "00", and in 01 to 05 it names a result from the lecture.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
from lectures import check

import nn
from autograd_core import Value, grad, hessian, no_record, parameter, tanh, toposort

# %% [markdown]
# ## A number that remembers
#
# A `Value` is a float that remembers how it was computed. You write ordinary Python, and every operation creates a new
# `Value`, called a *node*. A node knows its *operands*, the nodes from which it was computed. A `parameter` is a
# `Value` that training may change. The second argument of `Value` and of `parameter` is a name, which is shown in
# pictures and printed output.

# %%
w, x, b = parameter(0.4, "w"), Value(0.8, "x"), parameter(0.1, "b")
y = tanh(w * x + b)
y.label = "y"
y

# %% [markdown]
# `toposort` lists y and all the nodes that y depends on, in an order in which they can be computed: every operand comes
# before the results computed from it.

# %%
for node in toposort(y):
    print(f"{node.op.name:<10} {node.data:8.4f}   {node.label or '(no name)'}")

# %% [markdown]
# ## Backwards
#
# `backward()` goes through the same list from the end to the beginning; this is called a *sweep*. The sweep starts with
# a gradient of 1 at the result. It then passes gradients back from each node to its operands, multiplying each gradient
# by the local derivative of the node's operation. Afterwards `w.grad` tells you how fast y changes when w
# changes: $\partial y/\partial w = (1 - y^2)\,x$.

# %%
y.backward()
print("w.grad =", w.grad, "  x.grad =", x.grad, "  b.grad =", b.grad)
check("00", "∂y/∂w", w.grad, (1 - math.tanh(0.42) ** 2) * 0.8, 1e-15)

# %% [markdown]
# ## The graph
#
# Each box is a node with its value (`data`) and its gradient (`grad`). Each edge leads from an operand to a result, and
# shows what the result contributes to the operand's gradient: local derivative × gradient of the result = contribution.
# Parameters, inputs and results have different shapes and colours.

# %%
y.draw(precision=3)

# %% [markdown]
# ## Step through it
#
# The stepper goes forward operation by operation, and then backward edge by edge; each backward step spells out the
# chain rule for its edge. Use the arrow keys, or press space to play all the steps. (Where scripts are not allowed, as
# on GitHub, you see a picture of the finished graph instead.)

# %%
y.step()

# %% [markdown]
# Here are the same steps as text:

# %%
for step in y.step():
    print(step.text)

# %% [markdown]
# ## Functions instead of graphs
#
# `grad` turns a function into its derivative, which is again a function, so `grad` can be nested. `hessian` turns a
# function into one that returns the matrix of second derivatives. The example here is Rosenbrock's function, a classic
# test for optimisers; its surface is a curved valley with the minimum at (1, 1).

# %%
def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


print("gradient at the minimum:", grad(rosenbrock)([1.0, 1.0]))
print("Hessian at the minimum:", hessian(rosenbrock)([1.0, 1.0]))
print("third derivative of tanh at ½:", grad(grad(grad(tanh)))(0.5))
by_hand = [[802, -400], [-400, 200]]
check("00", "Hessian of Rosenbrock's function at (1, 1)", hessian(rosenbrock)([1.0, 1.0]), by_hand)

# %% [markdown]
# ## A first network
#
# An MLP is a multi-layer perceptron: it consists of layers of units. Each unit computes a weighted sum of its inputs,
# plus a bias; the hidden units then apply a nonlinearity to this sum (here ReLU, which returns the larger of 0 and the
# sum). `nn.MLP(2, [8, 8, 1])` has two inputs, two hidden layers of eight units and one output; it has 105 parameters,
# each of them a `Value`. Every point has a target of −1 or 1; the *hinge* loss max(0, 1 − target × output) is 0 if the
# output has the right sign and an absolute value of at least 1. `nn.fit` shuffles the points and takes ten of them at a
# time (a *mini-batch*): it computes the mean loss on these ten, sweeps backward from that loss, and lets an optimiser
# update the parameters. The optimiser here is Adam, which is gradient descent with a separate step size for each
# parameter. One pass through all the points is an *epoch*.

# %%
moons = nn.datasets.moons(100, noise=0.12, seed=1)
model = nn.MLP(2, [8, 8, 1], seed=1)
print(model.summary())
optimiser = nn.Adam(model.parameters(), lr=0.02)  # lr: learning rate, the size of a step
history = nn.fit(model, nn.hinge, moons, epochs=30, batch_size=10, optimizer=optimiser)
history

# %% [markdown]
# What has the network learned? Evaluate it at the points of a grid. Inside `no_record()` only numbers are computed and
# no graph is built, which is faster when you don't need a gradient.

# %%
grid = np.linspace(-1.6, 2.6, 60), np.linspace(-1.2, 1.7, 45)
with no_record():
    scores = [[model([a, b]).data for a in grid[0]] for b in grid[1]]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
axes[0].contourf(*grid, scores, levels=[-1e9, 0, 1e9], colors=["C1", "C0"], alpha=0.2)
for target, colour in ((-1, "C1"), (1, "C0")):
    chosen = np.array([p for p, t in zip(moons.inputs, moons.targets) if t == target])
    axes[0].plot(*chosen.T, "o", color=colour, label=moons.class_names[target])
axes[0].legend(fontsize=8)
axes[0].set(xlabel="x", ylabel="y", title="the two regions the network found")
axes[1].plot(range(1, 31), history.losses)
axes[1].set(xlabel="epoch", ylabel="mean hinge loss", title="training")
plt.show()
check("00", "accuracy on the moons", nn.accuracy(model, moons), ">= 0.98")

# %% [markdown]
# Here is the graph of the loss for the point that the network fits worst, with each layer folded into one box. Each box
# shows how many operations it hides, and how large the gradient with respect to the layer's parameters is (‖grad‖, the
# square root of the sum of the squared derivatives). Unfolded, the graph would have 158 nodes and would be unreadable.

# %%
losses = [nn.hinge(model(point), target) for point, target in zip(moons.inputs, moons.targets)]
loss = max(losses)
loss.label = "loss"
loss.backward()
loss.draw(collapse=2, direction="TB")

# %% [markdown]
# ## Is the gradient right?
#
# The oldest test is to move one weight a little to either side, and to see how much the loss changes. `check_gradient`
# does that for a sample of the weights and biases. It finds a good size for each move, and reports how accurate the
# resulting estimate of the derivative is (`tolerance`). We use the same point as above, the one with the largest loss.
# (A derivative is exactly 0 where a ReLU is switched off for this point.)

# %%
from autograd_core.check import check_gradient

worst = losses.index(loss)
point, target = moons.inputs[worst], moons.targets[worst]
report = check_gradient(lambda: nn.hinge(model(point), target), model.parameters(), sample=6, seed=5)
report

# %%
check("00", "number of sampled derivatives that disagree", len(report.disagreeing), 0)

# %% [markdown]
# **Try it.** Draw $z = xy + \sin x$, and read both partial derivatives at (1, 2) from the drawing.
#
# <details><summary>Solution</summary>
#
# ```python
# from autograd_core import sin
# p, q = Value(1.0, "x"), Value(2.0, "y")
# z = p * q + sin(p)
# z.backward()
# z.draw()
# print(p.grad, 2 + math.cos(1), q.grad)
# assert abs(p.grad - (2 + math.cos(1))) < 1e-14 and q.grad == 1.0
# ```
# </details>
#
# **Where to go next.** [01](01_universal_approximation_and_backprop.ipynb) to [05](05_neural_networks_in_depth.ipynb)
# follow the lectures; [06](06_the_engine_from_scratch.ipynb) builds a small engine from scratch;
# [07](07_testing_derivatives.ipynb) tests derivatives; [08](08_beyond_first_order.ipynb) goes beyond first order;
# [09](09_real_work.ipynb) puts the engine to work; [10](10_a_gpt_in_scalars.ipynb) builds a GPT.
