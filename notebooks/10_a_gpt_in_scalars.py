# %% [markdown]
# # A GPT in scalars
#
# **Aim.** To build a small GPT (the kind of network behind today's chat programs) number by number, from embedding, RMS
# norm and multi-head attention to cross-entropy and Adam. The network learns to invent names. The graph of one name's
# loss has about 60,000 nodes. We look at that graph, step through one attention head, train the network both eagerly
# (building a graph at each step) and traced (replaying a recording), and compare the cost of a training step in six
# implementations.
#
# (Each call to `check(notebook, name, value, expectation)` prints the value and the expectation with a ✓ if they agree,
# and stops with an error if they do not.)

# %%
import itertools
import math
import random
import statistics
import sys
import time
from operator import getitem

import matplotlib.pyplot as plt
import numpy as np
from lectures import check

import autograd_core as ac
import nn
from autograd_core import Value, no_record, parameter, scope, take, toposort, traced
from autograd_core.stepper import step

# %% [markdown]
# ## Names that follow a rule
#
# The names are made up, according to a rule that is easy to state: a name has two to four syllables, each made of a
# consonant and a vowel; it may end in one more consonant; and *its vowels are all from "aou" or all from "ei"*. Turkish
# and Finnish have rules of this kind (vowel harmony). To guess the next letter, you have to look further back than the
# letter just before it. (The Python engine takes a fifth of a second per name, so with that engine we use only 200
# names: the network learns less, but you don't have to wait long.)

# %%
def invented(generator):
    vowels = generator.choice(["aou", "ei"])
    count = generator.randint(2, 4)
    syllables = [generator.choice("bdklmnrstv") + generator.choice(vowels) for _ in range(count)]
    return "".join(syllables) + generator.choice(["", "l", "n", "s"])


def harmonious(name):
    return not (set(name) & set("aou") and set(name) & set("ei"))


FULL = ac.ENGINE == "native"
generator = random.Random(10)
names = [invented(generator) for _ in range(2000 if FULL else 200)]
print(*names[:8], "…")

# %% [markdown]
# The network reads numbers, so each letter is replaced by its position in the alphabet. One more number, `END`, marks
# both the beginning and the end of a name. After each letter, the network guesses the next one.

# %%
alphabet = sorted(set("".join(names)))
END = len(alphabet)


def tokens(name):
    return [END, *map(alphabet.index, name), END]


example = "subason"
print(example, "→", tokens(example))
check("10", "the example is one of the names", example in names, True)

# %% [markdown]
# ## The weights
#
# The weights are nine matrices of small random numbers. Each number is a leaf of the graph: it is not computed from
# other nodes. The argument `kind` is the function or class that makes each number: at first `parameter`, later other
# classes. `scope` gives a name to the nodes that are made inside its block or function, and the pictures show these
# names.

# %%
WIDTH, HEADS, PLACES = 16, 4, 12
SHAPES = {
    "letter": (END + 1, WIDTH), "place": (PLACES, WIDTH),
    "query": (WIDTH, WIDTH), "key": (WIDTH, WIDTH), "value": (WIDTH, WIDTH), "mix": (WIDTH, WIDTH),
    "up": (4 * WIDTH, WIDTH), "down": (WIDTH, 4 * WIDTH), "guess": (END + 1, WIDTH),
}

# %%
def weights(kind, seed=0):
    generator, model = random.Random(seed), {}
    with scope("weights"):
        for name, (rows, columns) in SHAPES.items():
            with scope(name):
                model[name] = [[kind(generator.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]
    return model


def numbers(model):
    return [w for matrix in model.values() for row in matrix for w in row]


# %% [markdown]
# ## Embedding
#
# Each letter is represented by a row of 16 numbers, and so is each position in a name (called `place` in the code);
# training adjusts these numbers. The network starts from the sum of two rows, one for the letter and one for its place.

# %%
choose = getitem  # choose(table, i) is table[i]


def plus(a, b):
    return [x + y for x, y in zip(a, b)]


@scope("embedding")
def embedding(model, token, place):
    return plus(choose(model["letter"], token), model["place"][place])


# %% [markdown]
# ## RMS norm
#
# Each vector is divided by the root of the mean of its squared entries, so that the next layer always sees numbers of
# about the same size.

# %%
@scope("norm")
def norm(x):
    scale = (sum(a * a for a in x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


with no_record():
    normed = norm([Value(3.0), Value(-4.0)])
check("10", "mean square after the norm", sum(a.data**2 for a in normed) / 2, 1.0, 1e-5)

# %% [markdown]
# ## Multi-head attention
#
# Attention lets letters learn from each other. Each letter asks a question (its *query*). Every letter so far,
# including the one that asks, has a *key*, which describes the questions that the letter can answer, and a *value*,
# which is its answer. The dot product of a query and a key measures how well the two *fit*. Softmax turns these fits
# into *shares*, which add up to 1, and an attention head returns a mixture of the values in the proportions given by
# the shares.

# %%
@scope("softmax")
def softmax(z):
    top = ac.max([a.data for a in z])  # subtracting top does not change the shares, but keeps exp from overflowing
    powers = [(a - top).exp() for a in z]
    total = sum(powers)
    return [a / total for a in powers]


@scope("head")
def head(query, keys, values):
    fits = [sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5 for key in keys]
    shares = softmax(fits)
    return [sum(share * value[j] for share, value in zip(shares, values)) for j in range(len(query))]


# %% [markdown]
# Here is one head, applied to three letters, each represented by two numbers. Step through the head's computation with
# the arrow keys, or drag the value of a leaf and watch the shares change. The second letter's key fits the query best,
# so the answer is mostly the second letter's value.

# %%
query, keys = [1.0, 0.2], [[0.5, -0.3], [2.0, 0.8], [-0.4, 0.9]]
values = [[0.2, -0.5], [0.7, 0.1], [-0.9, 0.4]]
step(head, query, keys, values)

# %% [markdown]
# A GPT has several heads. Here there are four; each head works on a different quarter of the 16 numbers, so each letter
# asks four questions at once. The lists `keys` and `values` grow by one entry with each letter, so no letter can look
# ahead. A final matrix mixes the four answers.

# %%
@scope("linear")
def linear(matrix, x):
    return [sum(w * a for w, a in zip(row, x)) for row in matrix]


@scope("attention")
def attention(model, x, keys, values):
    query = linear(model["query"], x)
    keys.append(linear(model["key"], x))
    values.append(linear(model["value"], x))
    answers = []
    for start in range(0, WIDTH, WIDTH // HEADS):
        part = slice(start, start + WIDTH // HEADS)
        answers += head(query[part], [k[part] for k in keys], [v[part] for v in values])
    return linear(model["mix"], answers)


# %% [markdown]
# ## The network
#
# After attention comes a small perceptron. Attention and the perceptron each *add* their result to the vector instead
# of replacing the vector, so that gradients reach the embedding undiminished. At the end, the network computes a score
# for each letter of the alphabet and for `END`.

# %%
@scope("perceptron")
def perceptron(model, x):
    return linear(model["down"], [a.relu() for a in linear(model["up"], x)])


def scores(model, token, place, keys, values):
    x = norm(embedding(model, token, place))
    with scope("attention, added"):
        x = plus(x, attention(model, norm(x), keys, values))
    with scope("perceptron, added"):
        x = plus(x, perceptron(model, norm(x)))
    with scope("scores"):
        return linear(model["guess"], x)


# %% [markdown]
# ## Cross-entropy
#
# The loss of a guess is −log of the share that the network gave to the correct letter: the loss is 0 if the network was
# both sure and correct, and $\log 16 = 2.77$ if it had no idea and gave all 16 possibilities the same share. The loss
# of a name is the mean of the losses of its letters.

# %%
def loss_of(model, name):
    keys, values, losses = [], [], []
    for place, (token, following) in enumerate(itertools.pairwise(name)):
        with scope(f"letter {place + 1}"):
            z = scores(model, token, place, keys, values)
            with scope("cross-entropy"):
                losses.append(-choose(softmax(z), following).log())
    with scope("mean"):
        return sum(losses) / len(losses)


model = weights(parameter)
loss = loss_of(model, tokens(example))
loss.label = "loss"
print(f"{len(numbers(model)):,} weights, {len(toposort(loss)):,} nodes, loss {loss.data:.4f}")
check("10", "loss of the untrained network (should be about log 16)", loss, math.log(END + 1), 0.05)

# %% [markdown]
# ## Sixty thousand nodes
#
# Nobody can read sixty thousand nodes one by one. In the folded graph below, each box stands for one call to a
# function. The boxes of each letter form a row, and the matrices are on the left. The thick arrows from row to row are
# attention: each letter reads the keys and values of the letters before it. The rows meet in the mean on the right.

# %%
loss.backward()
loss.draw(collapse=2)

# %% [markdown]
# Here is the graph of the first letter's loss. It shows the letter's path through the network, and the size of the
# gradient in each part of the network.

# %%
with scope("letter"):
    token, following = tokens(example)[:2]
    shares = softmax(scores(model, token, 0, [], []))
    first = -shares[following].log()
first.label = "loss of the first letter"
first.backward()
first.draw(collapse=2)

# %% [markdown]
# ## Adam
#
# Adam is gradient descent with two running means for each weight: the mean of its gradient, and the mean of the square
# of its gradient. The step is proportional to the first mean divided by the square root of the second, so that every
# weight moves by about the learning rate, however small its gradient. During training, the learning rate falls from
# 0.01 to 0.

# %%
def learning_rate(step):
    return 0.01 * (1.0 - step / len(names))

# %%
class Adam:
    def __init__(self, weights):
        self.weights, self.steps = weights, 0
        self.means, self.squares = [0.0] * len(weights), [0.0] * len(weights)

    def step(self):
        rate, self.steps = learning_rate(self.steps), self.steps + 1
        begun1, begun2 = 1.0 - 0.85**self.steps, 1.0 - 0.99**self.steps  # corrections for means that started at 0
        for i, w in enumerate(self.weights):
            g = w.grad
            self.means[i] = 0.85 * self.means[i] + (1.0 - 0.85) * g
            self.squares[i] = 0.99 * self.squares[i] + (1.0 - 0.99) * g * g
            w.data -= rate * (self.means[i] / begun1 / (math.sqrt(self.squares[i] / begun2) + 1e-8))
            w.grad = 0.0


# %% [markdown]
# ## Training, eagerly
#
# Each step trains on one name, and builds the graph of that name's loss. `timed` returns the losses and the time per
# step (the median, in milliseconds of processor time).

# %%
def timed(one_step, names):
    losses, times = [], []
    for name in names:
        start = time.process_time()
        losses.append(one_step(tokens(name)))
        times.append(1e3 * (time.process_time() - start))
    return losses, statistics.median(times)

# %%
def eager(model):
    optimiser = Adam(numbers(model))

    def one_step(name):
        loss = loss_of(model, name)
        loss.backward()
        optimiser.step()
        return loss.data

    return one_step


# %%
cost = {}
model = weights(parameter)
losses, cost["autograd-core, eager"] = timed(eager(model), names[:20])
print(f"loss of the first name {losses[0]:.4f}, of the last five {statistics.mean(losses[-5:]):.4f}")

# %% [markdown]
# ## The same training with other classes of number
#
# Short programs like this one usually define their own class for numbers. Here is one such class, kept as small as
# possible. Each operation records its operands and its local derivatives; the sweep sorts the nodes recursively.

# %%
class Own:
    __slots__ = ("data", "grad", "operands", "slopes")

    def __init__(self, data, operands=(), slopes=()):
        self.data, self.grad, self.operands, self.slopes = data, 0.0, operands, slopes

    def __add__(self, other):
        other = other if isinstance(other, Own) else Own(other)
        return Own(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Own) else Own(other)
        return Own(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Own(self.data**n, (self,), (n * self.data ** (n - 1),))

# %%
def own_exp(x):
    y = math.exp(x.data)
    return Own(y, (x,), (y,))


Own.exp = own_exp
Own.log = lambda x: Own(math.log(x.data), (x,), (1 / x.data,))
Own.relu = lambda x: Own(max(0.0, x.data), (x,), (float(x.data > 0),))
Own.__radd__ = Own.__add__
Own.__neg__ = lambda x: x * -1.0
Own.__sub__ = lambda x, other: x + -other
Own.__truediv__ = lambda x, other: x * other**-1

# %%
def own_backward(root):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for operand in node.operands:
                visit(operand)
            order.append(node)

    visit(root)
    root.grad = 1.0
    for node in reversed(order):
        for operand, slope in zip(node.operands, node.slopes):
            operand.grad += slope * node.grad

# %%
Own.backward = own_backward
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
theirs, cost["the small class"] = timed(eager(weights(Own)), names[:3])
check("10", "losses: small class vs. engine", theirs, losses[: len(theirs)], 1e-9)

# %% [markdown]
# Next comes micrograd, if it is installed. It has neither exp nor log, so we add both, written the way micrograd writes
# its own operations.

# %%
try:
    from micrograd.engine import Value as Micro
except ImportError:
    Micro = None
    print("micrograd is not installed, so it is left out (python -m pip install micrograd)")

# %%
def micro(function, slope):
    def operation(x):
        y = Micro(function(x.data), (x,))

        def push():
            x.grad += slope(x.data, y.data) * y.grad

        y._backward = push
        return y

    return operation

# %%
if Micro:
    Micro.exp, Micro.log = micro(math.exp, lambda x, y: y), micro(math.log, lambda x, y: 1 / x)
    theirs, cost["micrograd"] = timed(eager(weights(Micro)), names[:2])
    check("10", "losses: micrograd vs. engine", theirs, losses[: len(theirs)], 1e-9)

# %% [markdown]
# ## Training, traced
#
# All names of the same length need the same arithmetic. `traced` records this arithmetic once for each length, as a
# *program*, and then replays the program without running our Python code. One thing must change in the code: `table[i]`
# makes a graph for one particular letter, so each name would need its own program. With `take(table, i)`, the letter
# becomes an input of the program. Everything else stays the same.

# %%
choose = take
model = weights(parameter)


@traced
def loss_traced(name):
    return loss_of(model, name)

# %%
def replayed(optimiser):
    def one_step(name):
        optimiser.zero_grad()
        loss = loss_traced(name)
        loss.backward()
        optimiser.step()
        return loss.data

    return one_step

# %% [markdown]
# `nn.Adam` takes the same steps as our Adam above; with the native engine, it runs in C. The first twenty losses of the
# traced version are identical to those of the eager version, bit for bit.

# %%
eagerly, _ = timed(eager(weights(parameter)), names[:20])
one_step = replayed(nn.Adam(numbers(model), lr=learning_rate, betas=(0.85, 0.99)))
again, _ = timed(one_step, names[:20])
check("10", "losses: traced vs. eager", again, eagerly)
print(loss_traced.programs[0].stats())

# %% [markdown]
# A traced step is so fast that we can now train on all the names.

# %%
rest, cost["autograd-core, traced"] = timed(one_step, names[20:])
history = again + rest
plt.figure(figsize=(8, 3))
plt.plot(history, color="0.85")
plt.plot(range(49, len(history)), np.convolve(history, np.ones(50) / 50, mode="valid"), label="mean of 50 steps")
plt.axhline(math.log(END + 1), color="0.4", linestyle=":", label="no idea")
plt.xlabel("step")
plt.ylabel("loss of a name")
plt.legend(fontsize=8)
plt.show()
print(f"{len(loss_traced.programs)} programs, one for each length")

# %% [markdown]
# How low can the loss go? The letters are partly random, and nobody can predict a random choice: guessing one of ten
# consonants costs $\log 10$, for example. Since we know the rule, we can compute the probability of each name, and from
# these probabilities the lowest possible loss.

# %%
def least(name):
    """Return −log of the probability of a name under the rule, divided by the number of letters (counting the end)."""
    bare = name[: len(name) // 2 * 2]  # the name without its final consonant, if any
    kinds = [kind for kind in ("aou", "ei") if set(bare[1::2]) <= set(kind)]
    syllables = len(bare) // 2
    probability = sum(0.5 / (10 * len(kind)) ** syllables for kind in kinds) / 3 / 4
    return -math.log(probability) / (len(name) + 1)


reached, possible = statistics.mean(history[-300:]), statistics.mean(map(least, names[-300:]))
print(f"loss of the last 300 names {reached:.3f}; lowest possible {possible:.3f}; with no idea {math.log(END + 1):.3f}")
check("10", "loss minus the lowest possible loss", reached - possible, "< 0.1" if FULL else "< 1")

# %% [markdown]
# ## Inventing names
#
# To invent a name, we start from `END`, draw a letter with the network's shares as probabilities, append the letter,
# and go on until `END` is drawn.

# %%
def sampled(model, generator):
    letters, keys, values = [END], [], []
    with no_record():
        while len(letters) < PLACES:
            shares = softmax(scores(model, letters[-1], len(letters) - 1, keys, values))
            letters += generator.choices(range(END + 1), [share.data for share in shares])
            if letters[-1] == END:
                break
    return "".join(alphabet[i] for i in letters if i != END)


# %%
generator = random.Random(1)
before = [sampled(weights(parameter), generator) for _ in range(8)]
after = [sampled(model, generator) for _ in range(100)]
print("before:", *before)
print("after: ", *after[:12])
new = [name for name in after if name not in names]
print(f"{len(new)} of {len(after)} are not among the names used in training")
check("10", "fraction of the invented names that obey the rule",
      sum(map(harmonious, after)) / len(after), "> 0.9" if FULL else "> 0.3")

# %% [markdown]
# Which letter listens to which? The graph is a data structure, so we can look up the shares there: they are the
# quotients in the scope of each head's softmax. Each picture shows one head. Each row of a picture shows how much one
# letter (`.` is `END`) listens to the letters before it and to itself.

# %%
shares = [node.data for node in toposort(loss_of(model, tokens(example)))
          if node.scope[-2:] == ("head", "softmax") and node.op.name == "div"]
heads = np.zeros((HEADS, len(example) + 1, len(example) + 1))
for place in range(len(example) + 1):
    for head_number in range(HEADS):
        heads[head_number, place, : place + 1] = [shares.pop(0) for _ in range(place + 1)]
check("10", "sum of each row of shares", heads.sum(axis=2), np.ones((HEADS, len(example) + 1)), 1e-12)

# %%
figure, axes = plt.subplots(1, HEADS, figsize=(10, 2.6))
for picture, axis in zip(heads, axes):
    axis.imshow(picture, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(example) + 1), "." + example)
    axis.set_yticks(range(len(example) + 1), "." + example)
plt.show()

# %% [markdown]
# ## By hand, in NumPy
#
# Now we work without an engine: we compute the same losses and take the same steps with NumPy arrays, for all letters
# of a name at once. The forward pass comes first; it returns everything that the backward pass needs.

# %%
def norm_rows(x):
    scale = ((x * x).mean(axis=1, keepdims=True) + 1e-5) ** -0.5
    return x * scale, scale


def split(x):
    return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)


def joined(x):
    return x.transpose(1, 0, 2).reshape(x.shape[1], WIDTH)


def shares_of(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)

# %%
def forward(w, name):
    n = len(name) - 1
    start = w["letter"][name[:-1]] + w["place"][:n]
    x, scale = norm_rows(start)
    x1, scale1 = norm_rows(x)
    q, k, v = (split(x1 @ w[part].T) for part in ("query", "key", "value"))
    ahead = np.triu(np.full((n, n), -np.inf), 1)  # no letter looks ahead
    shares = shares_of(q @ k.transpose(0, 2, 1) / (WIDTH // HEADS) ** 0.5 + ahead)
    answers = joined(shares @ v)
    x2 = x + answers @ w["mix"].T
    x3, scale3 = norm_rows(x2)
    up = x3 @ w["up"].T
    x4 = x2 + np.maximum(up, 0.0) @ w["down"].T
    guess = shares_of(x4 @ w["guess"].T)
    return start, scale, x, x1, scale1, q, k, v, shares, answers, x2, x3, scale3, up, x4, guess

# %% [markdown]
# The backward pass goes through the lines of the forward pass in reverse order. We had to derive each line of the
# backward pass by hand, and each derivation was a chance to make a mistake; an engine spares us this work.

# %%
def norm_back(g, x, scale):
    return g * scale - x * scale**3 * (g * x).mean(axis=1, keepdims=True)


def head_back(g, q, k, v, shares):
    toward_shares = g @ v.transpose(0, 2, 1)
    fits = shares * (toward_shares - (toward_shares * shares).sum(axis=2, keepdims=True))
    fits /= (WIDTH // HEADS) ** 0.5
    return joined(fits @ k), joined(fits.transpose(0, 2, 1) @ q), joined(shares.transpose(0, 2, 1) @ g)

# %%
def backward_by_hand(w, name, start, scale, x, x1, scale1, q, k, v, shares, answers, x2, x3, scale3, up, x4, guess):
    n = len(name) - 1
    g = guess.copy()
    g[np.arange(n), name[1:]] -= 1.0
    g, back = g / n, {}
    back["guess"], g4 = g.T @ x4, g @ w["guess"]
    toward_up = (g4 @ w["down"]) * (up > 0)
    back["down"], back["up"] = g4.T @ np.maximum(up, 0.0), toward_up.T @ x3
    g2 = g4 + norm_back(toward_up @ w["up"], x2, scale3)
    back["mix"] = g2.T @ answers
    parts = dict(zip(("query", "key", "value"), head_back(split(g2 @ w["mix"]), q, k, v, shares)))
    back |= {part: toward.T @ x1 for part, toward in parts.items()}
    g1 = norm_back(sum(toward @ w[part] for part, toward in parts.items()), x, scale1)
    return back | embedding_back(w, name, norm_back(g1 + g2, start, scale))

# %%
def embedding_back(w, name, g):
    letter, place = np.zeros_like(w["letter"]), np.zeros_like(w["place"])
    np.add.at(letter, name[:-1], g)
    place[: len(g)] = g
    return {"letter": letter, "place": place}

# %% [markdown]
# Our NumPy version of Adam updates all weights at once. This is fastest if all weights are in one long array, so the
# matrices are views of that array.

# %%
def views_of(flat):
    ends = np.cumsum([rows * columns for rows, columns in SHAPES.values()])
    return {part: a.reshape(SHAPES[part]) for part, a in zip(SHAPES, np.split(flat, ends[:-1]))}


def moved(flat, g, means, squares, step):
    means[:] = 0.85 * means + (1.0 - 0.85) * g
    squares[:] = 0.99 * squares + (1.0 - 0.99) * g * g
    begun1, begun2 = 1.0 - 0.85 ** (step + 1), 1.0 - 0.99 ** (step + 1)
    flat -= learning_rate(step) * (means / begun1 / (np.sqrt(squares / begun2) + 1e-8))

# %%
def by_numpy(flat):
    w, means, squares, steps = views_of(flat), np.zeros_like(flat), np.zeros_like(flat), itertools.count()

    def one_step(name):
        name = np.array(name)
        kept = forward(w, name)
        back = backward_by_hand(w, name, *kept)
        moved(flat, np.concatenate([back[part].ravel() for part in w]), means, squares, next(steps))
        return -np.log(kept[-1][np.arange(len(name) - 1), name[1:]]).mean()

    return one_step


theirs, cost["NumPy, by hand"] = timed(by_numpy(np.array(numbers(weights(float)))), names[:300])
check("10", "losses: NumPy vs. engine", theirs, history[:300], 1e-6)

# %% [markdown]
# ## In PyTorch
#
# Like our engine, PyTorch records operations, so you need not write the backward pass; but PyTorch's graph consists of
# operations on arrays.

# %%
try:
    import torch
    from torch.nn import functional
except ImportError:
    torch = None
    print("PyTorch is not installed, so it is left out (python -m pip install torch)")


def torch_norm(x):
    return x * ((x * x).mean(dim=1, keepdim=True) + 1e-5) ** -0.5


def torch_head(x):
    return x.reshape(len(x), HEADS, -1).transpose(0, 1)

# %%
def torch_loss(w, name):
    n = len(name) - 1
    x = torch_norm(w["letter"][name[:-1]] + w["place"][:n])
    x1 = torch_norm(x)
    q, k, v = (torch_head(x1 @ w[part].T) for part in ("query", "key", "value"))
    ahead = torch.triu(torch.full((n, n), -math.inf, dtype=torch.float64), 1)
    shares = functional.softmax(q @ k.transpose(1, 2) / (WIDTH // HEADS) ** 0.5 + ahead, dim=2)
    x = x + (shares @ v).transpose(0, 1).reshape(n, WIDTH) @ w["mix"].T
    x = x + functional.relu(torch_norm(x) @ w["up"].T) @ w["down"].T
    return functional.cross_entropy(x @ w["guess"].T, name[1:])

# %%
def by_torch(w):
    optimiser = torch.optim.Adam(w.values(), lr=0.01, betas=(0.85, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: 1.0 - k / len(names))

    def one_step(name):
        optimiser.zero_grad()
        loss = torch_loss(w, torch.tensor(name))
        loss.backward()
        optimiser.step()
        schedule.step()
        return loss.item()

    return one_step

# %%
if torch:
    torch.set_num_threads(1)
    tensors = {part: torch.tensor(m, dtype=torch.float64, requires_grad=True) for part, m in weights(float).items()}
    theirs, cost["PyTorch"] = timed(by_torch(tensors), names[:300])
    check("10", "losses: PyTorch vs. engine", theirs, history[:300], 1e-6)

# %% [markdown]
# ## What a step costs
#
# The table below shows how long the loss, the gradient and Adam's step take for one name, measured on the machine that
# ran this notebook. All versions computed the same losses.

# %%
print(f"{'':<28}{'ms a step':>10}{'× traced':>10}")
for name, milliseconds in sorted(cost.items(), key=lambda item: -item[1]):
    print(f"{name:<28}{milliseconds:>10.2f}{milliseconds / cost['autograd-core, traced']:>10.1f}")

# %% [markdown]
# The small class, micrograd and the eager engine compute the same nodes; only the cost of a node differs. In the traced
# version there are no nodes: the program already lists the operations, and the products and sums that form a matrix
# product are computed together. NumPy and PyTorch have no scalar nodes either, but for NumPy, the backward pass had to
# be derived by hand.
#
# **Try it.** How much does attention help the network? Train the network again with an attention function that always
# returns zeros. Compare the loss of the last 300 names, and the fraction of invented names that obey the rule.
#
# <details><summary>Solution</summary>
#
# ```python
# def attention(model, x, keys, values):
#     return [0.0] * WIDTH
#
# model = weights(parameter)
# loss_traced = traced(lambda name: loss_of(model, name))
# alone, _ = timed(replayed(nn.Adam(numbers(model), lr=learning_rate, betas=(0.85, 0.99))), names)
# without = [sampled(model, generator) for _ in range(100)]
# print(f"loss {reached:.3f} with attention, {statistics.mean(alone[-300:]):.3f} without")
# obeying = [sum(map(harmonious, invention)) for invention in (after, without)]
# print(f"names that obey the rule, of {len(after)}: {obeying[0]} with attention, {obeying[1]} without")
# assert not FULL or statistics.mean(alone[-300:]) > reached + 0.05
# assert not FULL or sum(map(harmonious, without)) < sum(map(harmonious, after)) - 5
# ```
# </details>
