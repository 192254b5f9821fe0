"""A character-level GPT written in scalars: tracing it makes one program for each length of name."""

import math
import random

import pytest

from autograd_core import Value, max, take, traced

SYLLABLES = ["an", "ka", "mi", "el", "ro", "sa", "li", "jo", "be", "na"]
E, H, L, T = 8, 2, 1, 8
D = E // H


def gpt(decorate, steps):
    """Return the losses of the given number of training steps, and the loss function."""
    rng = random.Random(42)
    names = ["".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 2))) for _ in range(50)]
    chars = sorted(set("".join(names)))
    BOS = len(chars)
    V = BOS + 1

    def matrix(r, c):
        return [[Value(rng.gauss(0, 0.08)) for _ in range(c)] for _ in range(r)]

    P = {"wte": matrix(V, E), "wpe": matrix(T, E), "head": matrix(V, E)}
    for n, r, c in (("q", E, E), ("k", E, E), ("v", E, E), ("o", E, E), ("up", 2 * E, E), ("down", E, 2 * E)):
        P[n] = matrix(r, c)
    flat = [p for m in P.values() for row in m for p in row]

    def linear(x, W):
        return [sum(w * a for w, a in zip(row, x, strict=True)) for row in W]

    def softmax(z):
        m = max(getattr(a, "data", a) for a in z)
        e = [(a - m).exp() for a in z]
        t = sum(e)
        return [a / t for a in e]

    def rms(x):
        s = (sum(a * a for a in x) / len(x) + 1e-5) ** -0.5
        return [a * s for a in x]

    def logits(tok, pos, K, VV):
        x = rms([a + b for a, b in zip(take(P["wte"], tok), P["wpe"][pos], strict=True)])
        r, x = x, rms(x)
        q, k, v = (linear(x, P[n]) for n in "qkv")
        K.append(k)
        VV.append(v)
        out = []
        for h in range(H):
            s = slice(h * D, h * D + D)
            w = softmax([sum(a * b for a, b in zip(q[s], kk[s], strict=True)) / D**0.5 for kk in K])
            out += [sum(w[t] * VV[t][s][j] for t in range(len(VV))) for j in range(D)]
        x = [a + b for a, b in zip(linear(out, P["o"]), r, strict=True)]
        r, x = x, rms(x)
        x = linear([a.relu() for a in linear(x, P["up"])], P["down"])
        return linear([a + b for a, b in zip(x, r, strict=True)], P["head"])

    @decorate
    def loss(toks):
        n, K, VV = min(T, len(toks) - 1), [], []
        losses = [-take(softmax(logits(toks[p], p, K, VV)), toks[p + 1]).log() for p in range(n)]
        return (1 / n) * sum(losses)

    M, S, found = [0.0] * len(flat), [0.0] * len(flat), []
    for step in range(steps):
        toks = [BOS, *map(chars.index, names[step % len(names)]), BOS]
        y = loss(toks)
        found.append(y.data)
        y.backward()
        for i, p in enumerate(flat):
            g = p.grad
            M[i] = 0.85 * M[i] + 0.15 * g
            S[i] = 0.99 * S[i] + 0.01 * g * g
            m, v = M[i] / (1 - 0.85 ** (step + 1)), S[i] / (1 - 0.99 ** (step + 1))
            p.data -= 0.01 * m / (v**0.5 + 1e-8)
            p.zero_grad()
    return found, loss


@pytest.mark.parametrize("steps", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_losses_are_the_engines_to_the_bit_by_one_program_for_each_length(steps):
    found, loss = gpt(traced, steps)
    assert found == gpt(lambda f: f, steps)[0]
    assert len(loss.programs) == 2  # names of two and of four letters
    assert [len(list(program._replays.branches)) for program in loss.programs] == [1, 1]
    assert all(map(math.isfinite, found)) and min(found) < found[0]
