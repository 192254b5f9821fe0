"""No entry point of the native engine leaks: nodes are counted by the engine, blocks of memory by Python."""

import copy
import gc
import pickle
import sys
from collections.abc import Callable
from numbers import Real
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import ENGINE, TABLE, Value, checkpoint, gradients, jvp, primitive, toposort
from autograd_core._engine.choice import NATIVE
from autograd_core._engine.nodes import make_node
from autograd_core._operations.functions import FUNCTIONS

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="Python itself manages the memory of the Python engine")

ROWS = {name: row.arity for name, row in TABLE.items() if name not in ("input", "parameter", "constant", "checkpoint")}


def live() -> int:
    """The number of nodes that exist."""
    gc.collect()
    return NATIVE.memory()["live_nodes"]


def ignored(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
    """Call a function, and ignore its result or error."""
    try:
        function(*arguments, **keywords)
    except Exception:  # it does not matter here what it raises
        return


class Raising:
    """An object that claims to be a number but raises when converted."""

    def __float__(self) -> float:
        raise RuntimeError("no")

Real.register(Raising)
WRONG = [None, "a", b"b", [1.0], (), {}, object(), 1j, 10**400, Raising(), float, Value]


def entry_points() -> dict[str, Callable[[], Any]]:
    """All ways into the C code, with correct and wrong arguments."""
    a, b = Value(0.3, "a"), Value(0.7, "b")

    @primitive(derivatives=(lambda x, z: 1 / 0,))
    def fails_later(x: float) -> float:
        return x

    def rows() -> None:
        for name, arity in ROWS.items():
            function = FUNCTIONS[name]
            for operands in ((a, b), (a, 2), (2.0, b), (0.5, 0.25), (0, -1.0), (Value(-2.5), 1), ("x", a), (a, None)):
                if arity is None:
                    ignored(function, [*operands])
                    ignored(function, operands, operands)
                    ignored(function, *operands, a)
                    ignored(function, iter(operands))
                else:
                    ignored(function, *operands[:arity])
                    ignored(function, *operands, a)
                    ignored(function, x=operands[0])
                    ignored(function, operands[0], y=operands[1])
                    ignored(function, operands[0], x=operands[1], z=1)
                    ignored(getattr(a, name, int), *operands[1:arity])

    def operators() -> None:
        for wrong in [*WRONG, b, 2, 2.5, True]:
            for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "divmod", "eq", "ne", "lt", "ge"):
                ignored(getattr(a, f"__{name}__"), wrong)
                ignored(getattr(a, f"__r{name}__", int), wrong)
            ignored(pow, a, wrong, 3)

    def attributes() -> None:
        y = a * b + 1
        for node in (a, y, checkpoint(ag.exp, a), ag.dot([a, 1.0], [2, b])):
            for name in dir(node):
                attribute = getattr(node, name, None)  # some are missing, with an error that names a substitute
                if not callable(attribute):
                    ignored(setattr, node, name, attribute)
                    for wrong in WRONG:
                        ignored(setattr, node, name, wrong)
                    ignored(delattr, node, name)
            node.label = "l"
        a.data, a.label = 0.3, "a"
        for convert in (repr, str, format, int, float, complex, round, bool, hash, sys.getsizeof):
            ignored(convert, y)
        ignored(format, y, ".3f")
        ignored(format, y, "nonsense")

    def sweeps() -> None:
        y = ag.tanh(a * b) + checkpoint(lambda x: x * b, a)
        y.backward()
        y.backward(gradient=2)
        for wrong in WRONG:
            ignored(y.backward, wrong)
            ignored(ag.backward, wrong)
            ignored(toposort, wrong)
            ignored(gradients, y, wrong)
            ignored(ag._transforms.sweeps.gradient_numbers, y, [a, wrong])
            ignored(ag._transforms.sweeps.gradient_numbers, y, [a], [wrong])
            ignored(ag._transforms.sweeps.tangent_numbers, [y, wrong], [a], [wrong])
            ignored(ag.graph.discovered, y, [a, wrong])
        gradients(y, [a, b, y])
        gradients(ag.tanh(a * b), [a, b], create_graph=True)
        jvp(lambda x: [x * b, ag.exp(x), checkpoint(ag.sin, x), 3.0])((0.5,), (1.0,))
        ag.hessian(lambda p: p[0] * ag.exp(p[1]))([0.1, 0.2])
        fresh = Value(1.0)
        z = checkpoint(lambda: fresh * 2 if not fresh.data else fresh * 3)
        fresh.data = 0.0
        ignored(z.backward)
        ignored(lambda: checkpoint(fails_later, a).backward())

    def copies() -> None:
        y = ag.dot([a, b, 1], (2, a, b)) / ag.sum([a, a * b])
        y.label, y.grad = "y", 2
        copy.copy(y)
        copy.deepcopy([y, a, checkpoint(ag.exp, a)])
        pickle.loads(pickle.dumps([y, a, ag.tanh, checkpoint(ag.exp, a)]))

    def places() -> None:
        for make in (ag.scope, ag.record, ag.no_record, ag._engine.places.Place):
            for wrong in WRONG:
                ignored(make, wrong)
        with ag.scope("s") as nothing, ag.no_record(), ag.record(), ag.scope("t") as nothing:
            assert nothing is None
            assert (a * b).scope == ("s", "t")
        with ag.no_record():
            ag.sum([a, b])
            a * b, ag.exp(a), fails_later(a)
        ignored(ag.scope("s").__exit__, None, None, None)
        ignored(ag._engine.places._place.set(ag._engine.places.ROOT).var.get)

    def leaves() -> None:
        for wrong in [*WRONG, a, 1, True]:
            for make in (Value, ag.parameter):
                ignored(make, wrong, "label")
                ignored(make, data=wrong)
                ignored(make, 1.0, wrong)
                ignored(make, 1.0, nonsense=wrong)
        ignored(Value)
        ignored(Value.__new__, object)
        ignored(Value.__new__, Value)
        ignored(object.__new__, Value)
        ignored(type, "Sub", (Value,), {})
        ignored(a.__init__, 2.0)

    def nodes() -> None:
        mul, total = TABLE["mul"], TABLE["sum"]
        root = ag._engine.places.ROOT
        for op in (mul, total, TABLE["input"], fails_later.operation, None):
            for operands in ((a, b), (a, 2.0), (a,), (), (a, "x"), 3):
                for recorded in ((1.0, 2.0), (1.0, None), (1.0, "x"), (), None, object()):
                    ignored(make_node, op, 1.0, operands, recorded, root, 1)
                    ignored(make_node, op, 1.0, operands, recorded, root, 1, 2.0, "l")
        ignored(make_node, mul, "x", (a, b), (1.0, 1.0), root, 1)
        ignored(make_node, mul, 1.0, (a, b), (1.0, 1.0), None, 1)

    def primitives() -> None:
        @primitive(derivatives=(lambda x, y, z: y, lambda x, y, z: x))
        def own(x: float, y: float) -> float:
            if x > 100:
                raise ValueError("large")
            return x * y

        @primitive(derivatives=(1.0, lambda x, y, k, z: x, lambda x, y, k, z: "nonsense"))
        def three(x: float, y: float, k: float) -> float:
            return x if x < 100 else "nonsense"

        for operands in ((a, b, a), (a, 2, 3), (1, 2, 3), (Value(101.0), 1, 1), ("x", a, a), (a, b, 1.0)):
            ignored(own, *operands[:2])
            ignored(three, *operands)
            ignored(fails_later, operands[0])
        (own(a, b) + own(a, 1)).backward()
        pickle_fails = own(a, b)
        ignored(pickle.dumps, pickle_fails)

    def rest() -> None:
        for wrong in WRONG:
            for function in ("unary", "binary", "many", "strict", "_install", "connect", "number", "catch_up"):
                if function != "connect":
                    ignored(getattr(NATIVE, function), wrong)
        ignored(NATIVE.strict, TABLE["add"], FUNCTIONS["add"])
        NATIVE.rows_without_kernel()
        ag._engine.clock.tick()

    return {
        function.__name__: function
        for function in (rows, operators, attributes, sweeps, copies, places, leaves, nodes, primitives, rest)
    }


@pytest.mark.parametrize("name", list(entry_points()))
def test_no_entry_point_leaks(name: str) -> None:
    work = entry_points()[name]
    work()
    nodes = live()
    runs, grown = 8, []
    while len(grown) < 80 and not (grown and grown[-1] < runs):
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(runs):
            work()
        gc.collect()
        grown.append(sys.getallocatedblocks() - before)
    assert live() == nodes
    # Python keeps some freed memory, less and less of it; a leak takes at least one block in every run.
    assert grown[-1] < runs, grown


def test_operands_places_labels_and_rows_are_let_go() -> None:
    label, place, row = "a label of its own".upper(), ag._engine.places.ROOT, TABLE["exp"]
    x = Value(1.0)
    before = [sys.getrefcount(thing) for thing in (x, label, place, row)]
    for _ in range(100):
        y = ag.exp(x) * x + ag.dot([x, x], [1.0, x])
        y.label = label
        y.backward()
        del y
    assert [sys.getrefcount(thing) for thing in (x, label, place, row)] == before
