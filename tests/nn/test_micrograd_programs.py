"""The README's promise to programs written for micrograd: they run after two import lines are changed.

Each program runs twice: unchanged on a small reference engine that has micrograd's names and is made of closures, and
with changed import lines on this engine. Both must compute the same numbers. If other code does not run, the error says
what to write instead.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nn
from autograd_core import Value, parameter, primitive

# --- a reference with micrograd's names ------------------------------------------------------------------------------


class Node:
    """A number, with the nodes that it was computed from and a closure that passes its gradient back to these nodes."""

    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad, self._prev, self._op = data, 0, set(_children), _op
        self._backward = lambda: None

    def _made(self, data, others, op, slopes):
        out = Node(data, others, op)

        def back():
            for node, slope in zip(others, slopes, strict=True):
                node.grad += slope * out.grad

        out._backward = back
        return out

    def __add__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        return self._made(self.data + other.data, (self, other), "+", (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        return self._made(self.data * other.data, (self, other), "*", (other.data, self.data))

    def __pow__(self, n):
        return self._made(self.data**n, (self,), f"**{n}", (n * self.data ** (n - 1),))

    def relu(self):
        return self._made(max(self.data, 0.0), (self,), "ReLU", (float(self.data > 0),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for before in node._prev:
                    visit(before)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            node._backward()

    __radd__, __rmul__ = __add__, __mul__
    __neg__ = lambda self: self * -1  # noqa: E731  # each derived operation takes one line
    __sub__ = lambda self, other: self + -other  # noqa: E731
    __rsub__ = lambda self, other: other + -self  # noqa: E731
    __truediv__ = lambda self, other: self * other**-1  # noqa: E731
    __rtruediv__ = lambda self, other: other * self**-1  # noqa: E731


class Base:
    def parameters(self):
        return []

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0


class Unit(Base):
    def __init__(self, nin, nonlin=True):
        self.w, self.b, self.nonlin = [Node(0.0) for _ in range(nin)], Node(0.0), nonlin

    def __call__(self, x):
        y = sum((w * z for w, z in zip(self.w, x, strict=True)), self.b)
        return y.relu() if self.nonlin else y

    def parameters(self):
        return [*self.w, self.b]


class Row(Base):
    def __init__(self, nin, nout, **how):
        self.neurons = [Unit(nin, **how) for _ in range(nout)]

    def __call__(self, x):
        found = [unit(x) for unit in self.neurons]
        return found[0] if len(found) == 1 else found

    def parameters(self):
        return [p for unit in self.neurons for p in unit.parameters()]


class Network(Base):
    def __init__(self, nin, nouts):
        sizes = [nin, *nouts]
        self.layers = [Row(sizes[i], sizes[i + 1], nonlin=i != len(nouts) - 1) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


# --- programs in that style ------------------------------------------------------------------------------------------

EXPRESSION = """
from micrograd.engine import Value

a, b = Value(-3.0), Value(2)
c = a * b + b**3
c += 1 - a / 4
d = (2 * c - b).relu() + 10 / c
d += -a * d + (c * 0.5)**-2
e = sum([a, b, c, d]) / 4
e.backward()
found = [e.data, a.grad, b.grad, c.grad, d.grad]
print(f"{e.data:.4f}")
assert isinstance(e, Value) and str(e)
"""

TRAINING = """
from micrograd.nn import MLP
from micrograd.engine import Value

model = MLP(2, [6, 5, 1])
for i, p in enumerate(model.parameters()):
    p.data = ((37 * i + 11) % 29 - 14) / 15 + i / 997  # no unit lies at its kink
xs = [[((7 * i) % 10 - 4.5) / 3, ((3 * i) % 11 - 5) / 4] for i in range(20)]
ys = [1 if x[0] * x[1] > 0.1 else -1 for x in xs]
found = []
for step in range(15):
    scores = [model([Value(z) for z in x]) for x in xs]
    margin = sum((1 + -y * s).relu() for y, s in zip(ys, scores)) * (1.0 / len(xs))
    loss = margin + 1e-4 * sum((p * p for p in model.parameters()))
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= (0.3 - 0.01 * step) * p.grad
    found.append(loss.data)
    found.append(sum((s.data > 0) == (y > 0) for y, s in zip(ys, scores)))
found += [p.data for p in model.parameters()]
"""

PARTS = """
from micrograd.engine import Value
from micrograd.nn import Module, Neuron, Layer

class Residual(Module):
    def __init__(self, n):
        self.inner, self.out, self.scale = Layer(n, n), Neuron(n, nonlin=False), Value(0.7)

    def __call__(self, x):
        return self.out([h + self.scale * z for h, z in zip(self.inner(x), x)])

    def parameters(self):
        return self.inner.parameters() + self.out.parameters() + [self.scale]

model = Residual(3)
for i, p in enumerate(model.parameters()):
    p.data = ((5 * i + 3) % 7 - 3) / 4
frozen = set(model.out.parameters())
moved = [p for p in model.parameters() if p not in frozen]
found = [len(moved)]
for step in range(4):
    loss = (model([0.5, -1.0, 2.0]) - 3) ** 2
    model.zero_grad()
    loss.backward()
    for p in moved:
        p.data += -0.01 * p.grad
    found.append(loss.data)
found += [p.grad for p in model.parameters()]
"""


def modules(*, number, module, neuron, layer, network):
    """Return the modules micrograd.engine and micrograd.nn, made of these classes."""
    engine, layers, package = ModuleType("micrograd.engine"), ModuleType("micrograd.nn"), ModuleType("micrograd")
    engine.Value = number
    layers.Module, layers.Neuron, layers.Layer, layers.MLP = module, neuron, layer, network
    return {"micrograd": package, "micrograd.engine": engine, "micrograd.nn": layers}


REFERENCE = modules(number=Node, module=Base, neuron=Unit, layer=Row, network=Network)


def changed(program):
    """Return the program with only its two import lines changed, as the README says."""
    return program.replace("from micrograd.engine import", "from autograd_core import").replace("from micrograd.nn import", "from nn import")


@pytest.mark.parametrize("program", [EXPRESSION, TRAINING, PARTS], ids=["expression", "training", "parts"])
def test_a_program_runs_with_its_import_lines_changed(program, monkeypatch, capsys):
    ours, theirs = {}, {}
    exec(changed(program), ours)
    said = capsys.readouterr().out
    for name, module in REFERENCE.items():
        monkeypatch.setitem(sys.modules, name, module)
    exec(program, theirs)
    assert capsys.readouterr().out == said
    assert ours["found"] == pytest.approx(theirs["found"], rel=1e-11)
    assert len(set(ours["found"])) > 3  # the numbers are not all alike, so they can reveal a difference


# --- errors for code that does not run say what to write -------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: Value(2.0), lambda: parameter(2.0), lambda: Value(2.0) * 3, lambda: nn.Neuron(2)([1, 2])])
@pytest.mark.parametrize(
    ("name", "instead"),
    [("_prev", "operands"), ("_op", "op.symbol"), ("_backward", "@primitive")],
)
def test_the_parts_of_other_nodes_say_where_they_are_here(make, name, instead):
    node = make()
    assert not hasattr(node, name)
    with pytest.raises(AttributeError, match=rf"^a Value has no {name}: .*{re.escape(instead)}"):
        getattr(node, name)
    with pytest.raises(AttributeError, match=rf"^a Value has no {name}: .*{re.escape(instead)}"):
        setattr(node, name, lambda: None)
    assert getattr(node, name, "nothing") == "nothing"


@pytest.mark.parametrize(
    "made",
    [
        lambda a: Value(4.0, (a,), "square"), lambda a: Value(4.0, (a,)), lambda a: Value(4.0, {a}, "square"),
        lambda a: Value(4.0, [a, a], _op="x"), lambda a: Value(4.0, ()), lambda a: Value(4.0, (), ""),
        lambda a: Value(4.0, _children=(a,)), lambda a: Value(4.0, _children=(a,), _op="square"),
        lambda a: Value(data=4.0, _children=(a,), _op="square"), lambda a: Value(4.0, _op="square"),
    ],
)  # fmt: skip
def test_a_node_made_by_hand_says_how_to_have_an_operation_of_ones_own(made):
    with pytest.raises(TypeError, match=r"^Value\(data, label=None\) makes an input, which has no operands; .* @primitive"):
        made(Value(2.0))


@pytest.mark.parametrize("call", [lambda: Value(1.0, "a", 3), lambda: Value(), lambda: Value(1.0, name="a"), lambda: Value(1.0, 5)])
def test_other_wrong_calls_are_not_taken_for_it(call):
    with pytest.raises(TypeError) as refused:
        call()
    assert "primitive" not in str(refused.value)


def test_the_graph_is_drawn_from_what_the_errors_name():
    """A drawing program can read the graph if it uses `operands` for `_prev` and `op` for `_op`."""

    def walked(root, below, sign):
        nodes, edges = {}, set()

        def visit(node):
            if node not in nodes:
                nodes[node] = sign(node)
                for before in below(node):
                    edges.add((before, node))
                    visit(before)

        visit(root)
        return sorted(nodes.values()), len(edges)

    def program(number):
        a, b, c = number(2.0), number(-3.0), number(10.0)
        return ((a * b + c) * a).relu()

    theirs = walked(program(Node), lambda node: node._prev, lambda node: node._op.lower())
    ours = walked(
        program(Value),
        lambda node: [x for x in node.operands if isinstance(x, Value)],
        lambda node: "" if node.is_leaf else node.op.symbol or node.op.name,
    )
    assert ours == theirs == (sorted(["", "", "", "*", "*", "+", "relu"]), 7)


@primitive(derivatives=(lambda x, y: 1 - y * y,))
def squashed(x: float) -> float:
    """An operation of your own, defined as the error message for `_backward` recommends."""
    return (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)


def test_an_operation_of_ones_own_is_a_primitive():
    w = Value(0.4)
    y = squashed(w * 2) * 3
    y.backward()
    assert y.data == pytest.approx(3 * math.tanh(0.8))
    assert w.grad == pytest.approx(6 / math.cosh(0.8) ** 2)


# --- Values compare, and are true or false, as numbers do ------------------------------------------------------------


def test_membership_goes_by_number_in_lists_and_by_identity_in_sets():
    a, b = Value(0.0), Value(0.0)
    assert a in [b] and a not in {b}
    assert not any(p is a for p in [b])  # the README says to write this
    held = [a, b]
    held.remove(b)
    assert held[0] is b  # `remove` took the first element that equals b
    held = [a, b]
    assert next(p for p in held if p is not b) is a
    assert not Value(0.0) and Value(0.1)  # `if self.b` asks whether b is 0; `is not None` asks whether there is a b


def test_readme_says_so():
    text = " ".join((Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").split())
    for said in ("`from autograd_core import Value`", "`from nn import MLP`", "`operands`", "`@primitive`", "tests membership by identity", "`if b is not None`"):
        assert said in text
