# %% [markdown]
# # The engine from scratch
#
# **Aim.** To build automatic differentiation in about 60 lines, with a small class like those in most tutorials, and
# then to study seven of its failures. They have to do with nodes that are used twice, the order of the sweep, deep
# graphs, cycles that hold memory, a second sweep, NaN at kinks, and inaccurate slopes. We reproduce each failure,
# repair it in the small class if that is easy, and show how `autograd_core` avoids it.
#
# (Each call to `check(notebook, name, value, expectation)` prints the value and the expectation with a ✓ if they agree,
# and stops with an error if they do not.)

# %%
import gc
import math
import time
from decimal import Context, Decimal

import matplotlib.pyplot as plt
from lectures import check

import autograd_core as ac
from autograd_core import Value

# %% [markdown]
# ## Sixty lines
#
# A `Tiny` holds a number, the number's gradient, the operands from which the number was computed, and a function `push`
# that passes the gradient on to those operands. Each operation makes a new `Tiny`, whose `push` applies the chain rule.

# %%
class Tiny:
    """A number that remembers how it was computed."""

    def __init__(self, data, operands=()):
        self.data, self.grad, self.operands = data, 0.0, operands
        self.push = lambda: None

    def __repr__(self):
        return f"Tiny({self.data:.4g}, grad={self.grad:.4g})"


# %%
def add(a, b):
    out = Tiny(a.data + b.data, (a, b))

    def push():
        a.grad = out.grad
        b.grad = out.grad

    out.push = push
    return out


# %%
def multiply(a, b):
    out = Tiny(a.data * b.data, (a, b))

    def push():
        a.grad = out.grad * b.data
        b.grad = out.grad * a.data

    out.push = push
    return out


# %%
def tiny_tanh(a):
    out = Tiny(math.tanh(a.data), (a,))

    def push():
        a.grad = out.grad * (1 - out.data**2)

    out.push = push
    return out


Tiny.__add__, Tiny.__mul__ = add, multiply


# %%
def backward(node):
    """Set the gradient of the node to 1, and call `push` on every node, from this node down to the inputs."""
    node.grad = 1.0
    descend(node)


def descend(node):
    node.push()
    for operand in node.operands:
        descend(operand)


# %% [markdown]
# It works: for the neuron $\tanh(wx + b)$, the derivative with respect to w agrees with the formula.

# %%
w, x, b = Tiny(0.4), Tiny(0.8), Tiny(0.1)
y = tiny_tanh(w * x + b)
backward(y)
print(y, w, x, b, sep="\n")
check("06", "∂ tanh(wx + b)/∂w: small class vs. formula", w.grad, (1 - math.tanh(0.42) ** 2) * 0.8, 1e-15)

# %% [markdown]
# ## Failure 1: a node that is used twice
#
# The function $a\cdot a$ has the derivative $2a$, but our class computes $a$. Both operands are the same node, so the
# second assignment in `push` overwrites what the first one stored. The chain rule sums over *all* paths from the result
# to a node, so every `push` must add its contribution to the gradient.

# %%
a = Tiny(3.0)
backward(a * a)
print("small class:", a.grad, "   engine:", ac.grad(lambda a: a * a)(3.0))
check("06", "the mistake: d(a·a)/da at 3, computed with = (should be 6)", a.grad, 3.0)

# %% [markdown]
# The fix is one more character in each assignment: `+=` instead of `=`.

# %%
def add(a, b):
    out = Tiny(a.data + b.data, (a, b))

    def push():
        a.grad += out.grad
        b.grad += out.grad

    out.push = push
    return out


# %%
def multiply(a, b):
    out = Tiny(a.data * b.data, (a, b))

    def push():
        a.grad += out.grad * b.data
        b.grad += out.grad * a.data

    out.push = push
    return out


# %%
def tiny_tanh(a):
    out = Tiny(math.tanh(a.data), (a,))

    def push():
        a.grad += out.grad * (1 - out.data**2)

    out.push = push
    return out


Tiny.__add__, Tiny.__mul__ = add, multiply
a = Tiny(3.0)
backward(a * a)
check("06", "corrected: d(a·a)/da at 3, computed with +=", a.grad, 6.0)

# %% [markdown]
# ## Failure 2: the order of the sweep
#
# The walk through the graph, backwards from the result, is called the *sweep*. With `+=`, every path counts, but a node
# that is reached along two paths pushes twice, and its second push repeats what its first push has already passed on. A node may push only once, and only when its gradient is complete, that is, after all the nodes that use it have
# pushed. To guarantee this order, we sort the graph topologically and go through the sorted list backwards.

# %%
a = Tiny(2.0)
b = a * a
c = b + b  # 2a², slope 4a = 8
backward(c)
check("06", "the mistake: slope of 2a² at 2, computed without sorting (should be 8)", a.grad, 16.0)


# %%
def sorted_nodes(node, seen=None, order=None):
    """Recursively list the node and all the nodes that it depends on, operands before results."""
    seen, order = (set(), []) if seen is None else (seen, order)
    if node not in seen:
        seen.add(node)
        for operand in node.operands:
            sorted_nodes(operand, seen, order)
        order.append(node)
    return order


def backward(node):
    node.grad = 1.0
    for each in reversed(sorted_nodes(node)):
        each.push()


# %%
a = Tiny(2.0)
b = a * a
backward(b + b)
check("06", "corrected: slope of 2a² at 2, computed with sorting", a.grad, 8.0)

# %% [markdown]
# Here is the same graph in the engine. Tick "unsorted order" in the stepper to see, step by step, how the mistake above
# comes about.

# %%
a = Value(2.0, "a")
b = a * a
b.label = "b"
c = b + b
c.label = "c"
c.step()

# %% [markdown]
# ## Failure 3: depth
#
# The recursion in `sorted_nodes` goes as deep as the graph, and Python allows a depth of only about a thousand calls. A
# loop over time steps easily produces a graph that deep. The fix is to keep the nodes that are still to be visited in a
# list instead of on the call stack; the engine never recurses, not even to free, copy or pickle a graph.

# %%
y = Tiny(0.5)
for _ in range(5000):
    y = tiny_tanh(y)
try:
    backward(y)
    outcome = "no error"
except RecursionError:
    outcome = "RecursionError"
print("small class, 5,000 deep:", outcome)

# %%
start = time.perf_counter()
x = y = Value(0.5)
for _ in range(100_000):
    y = y + 0.001
y.backward()
print(f"engine, 100,000 deep: gradient {x.grad}, {time.perf_counter() - start:.2f} s")
check("06", "gradient through 100,000 additions", x.grad, 1.0)
check("06", "the small class fails at a depth of 5,000", outcome == "RecursionError", True)

# %% [markdown]
# ## Failure 4: cycles, and the memory they hold
#
# `out.push` is a function that refers to `out`, and `out` refers to that function. This is a cycle. Reference counting
# never frees a cycle, so Python's cyclic garbage collector has to find it later. A training loop makes a whole graph of
# such cycles at every step. We switch the collector off and count the objects that are left behind.

# %%
def left_behind(make):
    """Make and drop 100 graphs; return the number of objects that only the cyclic collector can free."""
    gc.collect()
    gc.disable()
    for _ in range(100):
        make()
    found = gc.collect()
    gc.enable()
    return found


def tiny_graph():
    backward(tiny_tanh(Tiny(0.4) * Tiny(0.8) + Tiny(0.1)))


# %%
def engine_graph():
    ac.tanh(Value(0.4) * Value(0.8) + Value(0.1)).backward()


tiny_left, engine_left = left_behind(tiny_graph), left_behind(engine_graph)
check("06", "objects left behind by 100 graphs of the small class", tiny_left, "> 500")
check("06", "objects left behind by 100 graphs of the engine", engine_left, 0)

# %% [markdown]
# A node of the engine holds its operation (an entry in a table), its operands and some numbers. It holds no closure (a
# function that keeps the variables around it alive), so there can be no cycle. The closures of the small class did
# nothing but multiply by a *local derivative*. The engine computes each local derivative together with the value, and
# stores both in the node:

# %%
w, x = Value(0.4, "w"), Value(0.8, "x")
y = w * x
print(y.op, y.operands, y.local_derivatives)

# %% [markdown]
# ## Failure 5: sweeping twice
#
# When you sweep twice, the gradients of a graph's inputs, its *leaves*, should accumulate, so that you can sum
# the gradients of several losses. In the small class, the gradients of the nodes between the leaves and the result
# accumulate too, so in the second sweep those nodes push the gradients from the first sweep again.

# %%
a = Tiny(2.0)
y = tiny_tanh(a * a)
backward(y)
once = a.grad
backward(y)
b = Value(2.0)
y = ac.tanh(b * b)
y.backward()
engine_once = b.grad
y.backward()
check("06", "the mistake: ratio of the gradients after two sweeps and after one, small class (should be 2)",
      a.grad / once, 3.0, 1e-15)
check("06", "ratio of the gradients after two sweeps and after one, engine", b.grad / engine_once, 2.0)

# %% [markdown]
# ## Failure 6: NaN at kinks
#
# Let $f(x) = x$ if $x > 0$, and $0\cdot\sqrt{|x|}$ otherwise. At $x = 0$ the square root has slope ∞, and 0 · ∞ is NaN,
# although $0\cdot\sqrt{|x|}$ is 0 everywhere. In the small class, even the product $0\cdot\sqrt{x}$ has this problem.
# The engine sends nothing along a path that cannot contribute, such as a path through the operand that
# `where(condition, a, b)` did not choose, or through a product with the plain number 0. (A slope that is 0 only at a
# single point is different: its product with ∞ is indeterminate, and the result is NaN rather than a guess.) A *kink*
# is a point where the slope jumps, and the engine's table of operations states a slope for every kink: |x| and ReLU
# have slope 0 at 0, and the `maximum` of two equal operands has slope ½ with respect to each operand.

# %%
def tiny_root(a):
    out = Tiny(math.sqrt(a.data), (a,))

    def push():
        a.grad += out.grad * (0.5 / out.data if out.data else math.inf)

    out.push = push
    return out


x = Tiny(0.0)
backward(Tiny(0.0) * tiny_root(x))
print("the slope of 0·√x at 0, small class:", x.grad)
check("06", "the mistake: the slope of 0·√x at 0 is NaN", math.isnan(x.grad), True)


# %%
def guarded(x):
    return ac.where(x > 0, x, 0.0 * ac.sqrt(abs(x)))


check("06", "slope of the guarded function at 0", ac.grad(guarded)(0.0), 0.0)
check("06", "slopes at kinks: |x| at 0, ReLU at 0, maximum of equal operands (both slopes)",
      [ac.grad(abs)(0.0), ac.grad(ac.relu)(0.0), *ac.grad(ac.maximum, argnums=(0, 1))(1.0, 1.0)], [0, 0, 0.5, 0.5])

# %% [markdown]
# ## Failure 7: slopes that are right on paper
#
# $1 - \tanh^2 x$ is a correct formula but a bad program: when $\tanh^2 x$ is near 1, the subtraction cancels most of
# the digits. For |x| ≥ ½ the engine uses $4e/(1+e)^2$ with $e = \exp(-2|x|)$. We compare both formulas with
# $1/\cosh^2 x$, computed to 40 decimal digits.

# %%
precise, xs = Context(prec=40), [k / 4 for k in range(2, 90)]
exact = [float(4 / (Decimal(x).exp(precise) + Decimal(-x).exp(precise)) ** 2) for x in xs]
naive = [1 - math.tanh(x) ** 2 for x in xs]
ours = [ac.grad(ac.tanh)(x) for x in xs]
for slopes, name in ((naive, "1 − tanh²"), (ours, "engine")):
    errors = [max(abs(s - e) / e, 1e-17) for s, e in zip(slopes, exact)]
    plt.semilogy(xs, errors, ".-", label=name)
plt.axhline(2.0**-53, color="0.6", linestyle="--", label="half a unit in the last place")
plt.xlabel("x")
plt.ylabel("relative error of tanh′")
plt.legend()
plt.show()
check("06", "slope of tanh at 20: 1 − tanh²", 1 - math.tanh(20.0) ** 2, 0.0)
check("06", "slope of tanh at 20: engine", ac.grad(ac.tanh)(20.0), 4 * math.exp(-40.0), 1e-14)

# %% [markdown]
# **Try it.** Replace the recursion in `sorted_nodes` with a list of nodes that are still to be visited, and sweep a
# chain of 5,000 nodes.
#
# <details><summary>Solution</summary>
#
# Each entry of `waiting` is a (node, flag) pair; the flag indicates whether the node's operands are already in
# `order` when the entry is popped.
#
# ```python
# def sorted_without_recursion(root):
#     order, seen, waiting = [], set(), [(root, False)]
#     while waiting:
#         node, ready = waiting.pop()
#         if ready:
#             order.append(node)
#         elif node not in seen:
#             seen.add(node)
#             waiting.append((node, True))
#             waiting.extend((operand, False) for operand in reversed(node.operands))
#     return order
#
# chain = Tiny(0.5)
# for _ in range(5000):
#     chain = chain + Tiny(0.0)
# chain.grad = 1.0
# for each in reversed(sorted_without_recursion(chain)):
#     each.push()
# print(len(sorted_without_recursion(chain)), "nodes")
# ```
# </details>
