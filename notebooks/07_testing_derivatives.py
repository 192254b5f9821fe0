# %% [markdown]
# # Testing derivatives
#
# **Aim.** A wrong derivative seldom crashes your program; the model just trains a little worse. This notebook shows how
# to test derivatives. It introduces the gradient checker and its verdicts, tests an operation of your own over its
# whole domain, draws random programs with the testing library `hypothesis`, and plants a bug that `hypothesis` exposes
# with a one-line program. (As lecture 003, by Gavves and Welling, says: "slightest sign of malfunction: always
# recheck".)
#
# (Each call to `check(notebook, name, value, expectation)` prints the value and the expectation with a ✓ if they agree,
# and stops with an error if they do not.)

# %%
import math
import random

import matplotlib.pyplot as plt
import numpy as np
from hypothesis import Phase, find, given, settings
from lectures import check

import autograd_core as ac
import nn
from autograd_core import Domain, primitive, sin
from autograd_core.check import check_gradient, check_primitive, ulps
from autograd_core.strategies import smooth_operands, smooth_programs

# %% [markdown]
# ## Central differences are inexact
#
# For a central difference $(f(x + h) - f(x - h))/2h$ there is a best step h, which depends on the function and on the
# point. The checker finds this step for each coordinate (each number that f depends on), and estimates the error of the
# central difference; this estimate is the tolerance. A derivative *agrees* if it differs from the central difference by
# no more than the tolerance.

# %%
report = check_gradient(lambda p: ac.exp(p["a"]) * sin(p["b"][0] * p["b"][1]), {"a": 0.3, "b": [1.5, -2.0]})
report

# %%
check("07", "number of coordinates that agree", len(report.agreeing), 3)
second = check_gradient(lambda p: ac.exp(p["a"]) * sin(p["b"][0]), {"a": 0.3, "b": [1.5]}, order=2)
print(second.summary())
check("07", "number of second derivatives that agree", len(second.agreeing), 4)

# %% [markdown]
# At a kink there is no derivative to compare with, and the report says so instead of calling the gradient wrong.

# %%
at_kink = check_gradient(lambda x: abs(x[0]) + x[1], [0.0, 1.0])
print(at_kink)
check("07", "at a kink: number of coordinates that are not judged", len(at_kink.not_judged), 1)

# %% [markdown]
# ## How small an error can be found?
#
# We make the derivative of an operation wrong by a factor of $1 + \epsilon$, for smaller and smaller ε. A fixed
# tolerance, such as the $10^{-4}$ to $10^{-7}$ of lecture 003, either lets small errors pass or rejects correct
# derivatives of steep functions. The checker needs no fixed tolerance, because it estimates the error of each central
# difference.

# %%
def wrong_by(epsilon):
    @primitive(derivatives=(lambda x, y: (1 + epsilon) * ac.cos(x),))
    def almost_sin(x):
        return math.sin(x)

    return almost_sin


sizes = [0.1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 0.0]
found = [bool(check_gradient(wrong_by(size), 0.7).disagreeing) for size in sizes]
for size, verdict in zip(sizes, found):
    print(f"ε = {size:<6g} {'error found' if verdict else 'no error found'}")
check("07", "a derivative that is wrong by 0.1 % is reported as wrong", found[2], True)
check("07", "a correct derivative is reported as wrong", found[-1], False)

# %% [markdown]
# ## An operation of your own
#
# When you define an operation of your own, a *primitive*, you state everything that a test needs to know: the domain
# (as text, as a condition, and as a list of the points near which the operation's behaviour changes, here 0 and 1) and
# the kinks (`inverse_root` has none). `check_primitive` draws operands from the domain, and checks the first and second
# derivatives.

# %%
@primitive(
    derivatives=(lambda x, y: -0.5 / (x * ac.sqrt(x)),),
    formula="1 / sqrt({x})", derivative_formulas=("-1 / (2 * {x} * sqrt({x}))",),
    domain=Domain("x > 0", lambda x: x > 0, (0.0, 1.0)),
)
def inverse_root(x):
    """1/√x."""
    return 1 / math.sqrt(x)


print(check_primitive(inverse_root).summary())
check("07", "inverse_root: number of coordinates that disagree", len(check_primitive(inverse_root).disagreeing), 0)

# %% [markdown]
# ## Properties instead of examples
#
# An example tests a function at one point. A property is tested at hundreds of points that are chosen to be nasty:
# special values, numbers of every magnitude, neighbours of singular points. `hypothesis` draws these points; the
# strategy `smooth_operands(ac.asinh)` tells it where asinh is differentiable. The error is measured in *ulps*, units in
# the last place: adjacent floats are 1 ulp apart. Here we compare the engine's derivative of asinh with
# $1/\sqrt{1+x^2}$, computed to 60 decimal digits. (If the engine computed `1 / sqrt(1 + x*x)`, the result would be 0
# for every x above about $10^{154}$, because x·x overflows there.)

# %%
from decimal import Decimal, getcontext

getcontext().prec = 60
worst = [0.0]


@settings(max_examples=300, database=None, derandomize=True)
@given(smooth_operands(ac.asinh))
def slope_is_accurate(operands):
    [x] = operands
    exact = 1 / (1 + Decimal(x) ** 2).sqrt()
    worst[0] = max(worst[0], ulps(ac.grad(ac.asinh)(x), float(exact)))


# %%
slope_is_accurate()
check("07", "derivative of asinh: largest error at 300 points, in units in the last place", worst[0], "<= 2")
check("07", "derivative of asinh at 10²⁰⁰", ac.grad(ac.asinh)(1e200), 1e-200, 1e-15)

# %% [markdown]
# `smooth_programs` draws random *programs*: graphs with up to 60 operations, in which a node can be used several times.
# A program is printed as runnable Python. Usually hypothesis *shrinks* a program that it has found, that is, replaces
# it with a simpler one; with only `Phase.generate`, as here, it returns the program as it was drawn. The next section
# shows what shrinking does.

# %%
program = find(smooth_programs(max_inputs=3), lambda p: len(p.lines) >= 4 and len(p.inputs) >= 2,
               settings=settings(database=None, max_examples=500, phases=[Phase.generate]), random=random.Random(1))
print(program)

# %%
disagreements = []


@settings(max_examples=25, database=None, derandomize=True)
@given(smooth_programs(max_operations=12))
def checker_and_engine_agree(program):
    disagreements.extend(check_gradient(lambda xs: program(*xs), list(program.inputs)).disagreeing)


checker_and_engine_agree()
check("07", "25 random programs: number of coordinates that disagree", len(disagreements), 0)

# %% [markdown]
# ## A bug, and the smallest program that reveals it
#
# `softsign`, $x/(1+|x|)$, has the derivative $1/(1+|x|)^2$. In the version below, somebody forgot the absolute-value
# bars in the derivative. For positive numbers, which you would try first, the derivative is still correct. One of the
# random programs reveals the bug, and hypothesis shrinks this program to fewer lines, fewer inputs and simpler numbers
# until it finds no simpler program that still fails.

# %%
@primitive(derivatives=(lambda x, y: 1 / ((1 + x) * (1 + x)),), kinks=(lambda x: x,))
def softsign(x):
    """x / (1 + |x|), with a wrong derivative."""
    return x / (1 + abs(x))


def fails(program):
    uses_it = "softsign" in program.source
    return uses_it and bool(check_gradient(lambda xs: program(*xs), list(program.inputs)).disagreeing)


# %%
operations = [softsign, ac.tanh, ac.exp, ac.operation_of(ac.pow), ac.square]
smallest = find(smooth_programs(operations, max_operations=20), fails,
                settings=settings(database=None, max_examples=400), random=random.Random(3))
print(smallest)
check("07", "number of lines in the smallest failing program", len(smallest.lines), 1)
check("07", "input of the smallest failing program", smallest.inputs[0], "< 0")

# %%
xs = np.linspace(-3, 3, 121)
plt.plot(xs, [1 / (1 + abs(x)) ** 2 for x in xs], color="0.8", linewidth=5, label="correct: 1/(1 + |x|)²")
plt.plot(xs, [ac.grad(softsign)(x) if x != -1 else float("nan") for x in xs], label="as written: 1/(1 + x)²")
plt.axvline(smallest.inputs[0], color="C1", linestyle="--", label="input of the shrunk program")
plt.ylim(0, 3)
plt.xlabel("x")
plt.ylabel("derivative of softsign")
plt.legend()
plt.show()

# %% [markdown]
# ## A whole network, sampled evenly
#
# A network has so many coordinates that checking all of them would take too long. With `sample`, the checker draws the
# same number of coordinates from each group of parameters, so that biases are not lost among thousands of weights
# (lecture 003 recommends exactly this).

# %%
model = nn.MLP(20, [12, 3], activation=ac.tanh, seed=0)
x = [random.Random(0).gauss(0, 1) for _ in range(20)]
groups = {"w": [p for name, p in model.named_parameters() if ".w" in name],
          "b": [p for name, p in model.named_parameters() if name.endswith(".b")]}
report = check_gradient(lambda: nn.cross_entropy(model(x), 2), groups, sample=6)
print([c.group for c in report])
check("07", "network: number of sampled coordinates that disagree", len(report.disagreeing), 0)

# %% [markdown]
# **Try it.** Fix `softsign`, and show that hypothesis no longer finds a failing program.
#
# <details><summary>Solution</summary>
#
# ```python
# from hypothesis.errors import NoSuchExample
#
# @primitive(derivatives=(lambda x, y: 1 / ((1 + abs(x)) * (1 + abs(x))),), kinks=(lambda x: x,))
# def softsign(x):
#     return x / (1 + abs(x))
#
# try:
#     find(smooth_programs([softsign, ac.tanh], max_operations=10), fails,
#          settings=settings(database=None, max_examples=100), random=random.Random(3))
#     raise AssertionError("still wrong")
# except NoSuchExample:
#     print("nothing found")
# ```
# </details>
