# %% [markdown]
# # Real work
#
# **Aim.** To differentiate ordinary programs. We use the gradient of a simulated throw, a program with loops and
# branches, to find the angle that hits a target; we fit a curve with `scipy.optimize`; we compare the Greeks of an
# option (the derivatives of its price) with their closed forms; and we average the predictions of small networks
# (bagging). Only these networks use a neural network library; the other programs are ordinary Python.
#
# (Each call to `check(notebook, name, value, expectation)` prints the value and the expectation with a ✓ if they agree,
# and stops with an error if they do not.)

# %%
import math
import random

import matplotlib.pyplot as plt
import numpy as np
from lectures import check
from scipy.optimize import curve_fit, minimize

import autograd_core as ac
import nn
from autograd_core import cos, erfc, exp, grad, hessian, log, maximum, no_record, sin, sqrt, value_and_grad

# %% [markdown]
# ## Aiming a simulation
#
# A ball is thrown at an angle. Air resistance slows it down, and it loses speed each time it bounces off the ground.
# The program has a loop over time steps, with a branch for the bounces. How does the distance at which the ball lands
# after two bounces depend on the angle?

# %%
def throw(angle, speed=20.0, step=0.02, drag=0.01, trace=None):
    """Return the distance at which the ball touches the ground for the third time."""
    x, y, vx, vy, bounces = 0.0, 0.0, speed * cos(angle), speed * sin(angle), 0
    while bounces < 3:
        lands = y + step * vy < 0
        h = -y / vy if lands else step  # a step that would end below ground is shortened to end on it
        size = sqrt(vx * vx + vy * vy)
        x, y = x + h * vx, 0.0 if lands else y + h * vy
        vx, vy = vx - h * drag * size * vx, vy - h * (9.81 + drag * size * vy)
        if lands:
            vx, vy, bounces = 0.8 * vx, -0.6 * vy, bounces + 1
        if trace is not None:
            trace.append((x, y))
    return x


# %%
angle, target, history = 0.3, 40.0, []
for _ in range(6):
    distance, slope = value_and_grad(throw)(angle)
    history.append((angle, distance))
    angle += (target - distance) / slope  # Newton's method for throw(angle) = target
for a, d in history:
    print(f"angle {a:.6f}: {d:.6f} m")
check("09", "distance after six steps of Newton's method", throw(angle), target, 1e-9)
forward = ac.jvp(throw)((0.5,), (1.0,))[1]
check("09", "derivative of the distance: reverse vs. forward mode", grad(throw)(0.5), forward, 1e-11)

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2))
for a, name in ((0.3, "first guess"), (angle, "aimed")):
    trace = []
    throw(a, trace=trace)
    axes[0].plot(*zip(*trace), label=f"{name}, angle {a:.2f}")
axes[0].axvline(target, color="0.6", linestyle="--")
axes[0].set(xlabel="x (m)", ylabel="y (m)")
axes[0].legend(fontsize=8)
angles = np.linspace(0.15, 1.4, 40)
both = [value_and_grad(throw)(float(a)) for a in angles]
axes[1].plot(angles, [d for d, _ in both], label="distance (m)")
axes[1].plot(angles, [s for _, s in both], "--", label="its derivative (m per radian)")
axes[1].set(xlabel="angle (radians)", ylim=(-150, 150))
axes[1].legend(fontsize=8)
plt.show()

# %% [markdown]
# The derivative accounts for everything that depends on the angle: the square root in the air resistance, the length of
# each step that ends on the ground, and the two bounces. But it is the derivative of the program, not of the exact
# motion: at small angles, the distance that the program computes jumps slightly wherever the number of time steps
# before a bounce changes by one.
#
# ## Fitting a curve
#
# The data follow a damped oscillation with four parameters, plus noise; `misfit` is the sum of the squared errors. The
# function `value_and_grad(misfit)` returns the value and the gradient of `misfit`; `scipy.optimize.minimize` expects a
# function of this kind when you pass `jac=True`. The standard errors of the parameters follow from the Hessian at the
# minimum.

# %%
generator = random.Random(9)
times = [0.1 * k for k in range(60)]
truth = [2.0, 0.4, 3.0, 0.5]  # amplitude, damping, frequency, phase


def oscillation(p, t):
    return p[0] * exp(-p[1] * t) * cos(p[2] * t + p[3])


measured = [oscillation(truth, t) + generator.gauss(0, 0.1) for t in times]


def misfit(p):
    return ac.sum([(oscillation(p, t) - m) ** 2 for t, m in zip(times, measured)])


# %%
run = minimize(value_and_grad(misfit), np.array([1.0, 0.1, 2.7, 0.0]), jac=True, method="BFGS")
p = run.x.tolist()
variance = misfit(p) / (len(times) - 4)
errors = np.sqrt(np.diag(2 * variance * np.linalg.inv(hessian(misfit)(p))))
for name, value, error, true in zip(("amplitude", "damping", "frequency", "phase"), p, errors, truth):
    print(f"{name:<10} {value:.3f} ± {error:.3f}   (true: {true})")

# %%
reference, _ = curve_fit(lambda t, *q: q[0] * np.exp(-q[1] * t) * np.cos(q[2] * t + q[3]), times, measured, p0=truth)
check("09", "fitted parameters: ours vs. scipy's curve_fit", p, reference, 1e-5)
check("09", "distance from the true parameters, in standard errors", abs(np.array(p) - truth) / errors, "< 3")
plt.plot(times, measured, "o", label="measured")
plt.plot(times, [oscillation(p, t) for t in times], label="fitted")
plt.xlabel("t")
plt.ylabel("displacement")
plt.legend()
plt.show()

# %% [markdown]
# ## Option Greeks
#
# A European call option is the right to buy a share on a fixed future date at a price fixed today (the strike). We
# price it with the Black–Scholes model. The Greeks are the derivatives of the option's price: delta and gamma are the
# first and second derivatives with respect to today's share price (the spot); vega, theta and rho are the derivatives
# with respect to the volatility, the time left until that date, and the interest rate; and vanna is the mixed
# derivative with respect to spot and volatility. One reverse sweep computes all the first derivatives.

# %%
def normal(x):
    """Return the cumulative distribution function of the standard normal distribution at x."""
    return 0.5 * erfc(-x / math.sqrt(2))


def call(spot, strike, years, rate, volatility):
    d1 = (log(spot / strike) + (rate + 0.5 * volatility**2) * years) / (volatility * sqrt(years))
    d2 = d1 - volatility * sqrt(years)
    return spot * normal(d1) - strike * exp(-rate * years) * normal(d2)


S, K, T, r, v = 100.0, 105.0, 0.75, 0.03, 0.25
delta, theta, rho, vega = grad(call, argnums=(0, 2, 3, 4))(S, K, T, r, v)
gamma = grad(grad(call))(S, K, T, r, v)
vanna = grad(grad(call, argnums=0), argnums=4)(S, K, T, r, v)

# %%
d1 = (math.log(S / K) + (r + v * v / 2) * T) / (v * math.sqrt(T))
d2, density = d1 - v * math.sqrt(T), math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
closed = {
    "delta": (delta, normal(d1)),
    "gamma": (gamma, density / (S * v * math.sqrt(T))),
    "vega": (vega, S * density * math.sqrt(T)),
    "theta": (theta, S * density * v / (2 * math.sqrt(T)) + r * K * math.exp(-r * T) * normal(d2)),
    "rho": (rho, K * T * math.exp(-r * T) * normal(d2)),
    "vanna": (vanna, -density * d2 / v),
}
for name, (ours, formula) in closed.items():
    check("09", f"{name}: graph vs. closed form", ours, formula, 1e-13)

# %% [markdown]
# Where there is no closed form, the same method still works: apply it to the program that computes the price. An
# American put option is the right to sell a share at the strike at any time up to a fixed future date. The price of the
# put can be computed on a binomial tree: at each node of the tree, a maximum decides whether to exercise the option
# early. One reverse sweep computes the put's delta.

# %%
def american_put(spot, strike, years, rate, volatility, steps=60):
    dt = years / steps
    up = exp(volatility * sqrt(dt))
    down, growth, discount = 1 / up, exp(rate * dt), exp(-rate * dt)
    q = (growth - down) / (up - down)
    values = [maximum(strike - spot * up ** (2 * j - steps), 0.0) for j in range(steps + 1)]
    for level in reversed(range(steps)):
        held = [discount * (q * values[j + 1] + (1 - q) * values[j]) for j in range(level + 1)]
        values = [maximum(h, strike - spot * up ** (2 * j - level)) for j, h in enumerate(held)]
    return values[0]


# %%
price, put_delta = value_and_grad(american_put)(S, K, T, r, v)
bump = (american_put(S + 1e-4, K, T, r, v) - american_put(S - 1e-4, K, T, r, v)) / 2e-4
european = call(S, K, T, r, v) - S + K * math.exp(-r * T)  # put-call parity
print(f"American put: price {price:.4f}, delta {put_delta:.4f}; European put: price {european:.4f}")
check("09", "delta of an American put: graph vs. central difference", put_delta, bump, 1e-6)

# %%
spots = np.linspace(60, 150, 46)
plt.plot(spots, [grad(call)(float(s), K, T, r, v) for s in spots], label="delta")
plt.plot(spots, [20 * grad(grad(call))(float(s), K, T, r, v) for s in spots], label="20 × gamma")
plt.plot(spots, [grad(call, argnums=4)(float(s), K, T, r, v) / 50 for s in spots], label="vega / 50")
plt.axvline(K, color="0.6", linestyle="--")
plt.xlabel("price of the share (dashed: strike)")
plt.legend()
plt.show()

# %% [markdown]
# ## Bagging
#
# The recipe is from lecture 004 (Haase and Kanade): draw k samples of size N from the data, with replacement; train one
# model on each sample; and average the predictions of the models. The predictions of a single small network, trained on
# few points, vary a lot from sample to sample; the average of several networks' predictions varies less.

# %%
def noisy_sine(generator, n):
    xs = [generator.uniform(-1, 1) for _ in range(n)]
    return [[3 * x] for x in xs], [math.sin(3 * x) + generator.gauss(0, 0.3) for x in xs]


def trained(data, seed):
    model = nn.MLP(1, [8, 1], activation=ac.tanh, seed=seed)
    optimiser = nn.Adam(model.parameters(), lr=0.05)
    nn.fit(model, nn.squared_error, data, epochs=150, batch_size=None, optimizer=optimiser)
    return model


# %%
data, held_out = noisy_sine(random.Random(1), 20), noisy_sine(random.Random(2), 100)
models = [trained(nn.bootstrap(data, seed=k), seed=k) for k in range(9)]
with no_record():
    answers = np.array([[m(x).data for x in held_out[0]] for m in models])
single = np.mean((answers - held_out[1]) ** 2, axis=1)
together = np.mean((answers.mean(axis=0) - held_out[1]) ** 2)
check("09", "ratio of held-out errors: averaged prediction to mean of the nine models",
      together / single.mean(), "< 0.85")

# %%
fine = np.linspace(-1, 1, 80)
with no_record():
    curves = np.array([[m([3 * x]).data for x in fine] for m in models])
plt.plot(fine, curves.T, color="0.8", linewidth=1)
plt.plot(fine, curves.mean(axis=0), color="C1", linewidth=2, label="average of the nine grey curves")
plt.plot(fine, np.sin(3 * fine), ":", color="0.3", label="sin 3x")
plt.plot(np.ravel(data[0]) / 3, data[1], "o", label="training points")
plt.ylim(-2, 2)
plt.xlabel("x")
plt.legend(fontsize=8)
plt.show()

# %% [markdown]
# **Try it.** The theta computed above is the derivative of the price with respect to the time left. Traders instead
# quote the change in price when one calendar day passes. Compute this change.
#
# <details><summary>Solution</summary>
#
# ```python
# print(f"theta per day: {-theta / 365:.4f}; computed one day later: {call(S, K, T - 1 / 365, r, v) - call(S, K, T, r, v):.4f}")
# assert abs(-theta / 365 - (call(S, K, T - 1 / 365, r, v) - call(S, K, T, r, v))) < 1e-4
# ```
# </details>
