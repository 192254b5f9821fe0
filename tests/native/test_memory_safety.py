"""Misuse crashes nothing, and no entry point leaks: nodes are counted by the engine, blocks of memory by Python."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from numbers import Real
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import ENGINE, TABLE, GraphError, Value, checkpoint, gradients, jvp, primitive, toposort
from autograd_core._engine.choice import NATIVE
from autograd_core._engine.nodes import make_node
from autograd_core._operations.functions import FUNCTIONS

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="Python itself looks after the memory of the Python engine")

ROWS = {name: row.arity for name, row in TABLE.items() if name not in ("input", "parameter", "constant", "checkpoint")}


def live() -> int:
    """How many nodes there are."""
    gc.collect()
    return NATIVE.memory()["live_nodes"]


def ignored(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
    """Call it, and forget result and error alike."""
    try:
        function(*arguments, **keywords)
    except Exception:  # what it raises is no matter here
        return


class Raising:
    """A number, it says, that raises when asked."""

    def __float__(self) -> float:
        raise RuntimeError("no")


Real.register(Raising)
WRONG = [None, "a", b"b", [1.0], (), {}, object(), 1j, 10**400, Raising(), float, Value]


def entry_points() -> dict[str, Callable[[], Any]]:
    """Everything that C code can be reached by, with arguments right and wrong."""
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
                attribute = getattr(node, name, None)  # some say in an error where their like is
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
    # Python keeps some freed memory, ever less of it; a leak takes at least one block in every run for ever.
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


@settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_misuse_raises_and_crashes_nothing(data: st.DataObject) -> None:
    pool: list[Any] = [Value(0.5), Value(2.0, "w"), ag.parameter(-1.0), 3.0, *WRONG]
    functions = [*FUNCTIONS.values(), Value, ag.parameter, checkpoint, gradients, ag.backward, toposort, copy.deepcopy,
                 ag.scope, make_node, ag.first_nonfinite, lambda x: x + x, lambda x, y: x @ y, lambda x: x.backward(x)]
    for _ in range(data.draw(st.integers(1, 12))):
        function = data.draw(st.sampled_from(functions))
        count = data.draw(st.integers(0, 3))
        arguments = [data.draw(st.sampled_from(pool)) for _ in range(count)]
        if data.draw(st.booleans()):
            arguments = [[data.draw(st.sampled_from(pool)) for _ in range(3)], *arguments[1:]]
        try:
            result = function(*arguments)
        except Exception:  # that it raises is the point
            continue
        pool.append(result)
    for thing in pool:
        if type(thing) is Value:
            thing.backward()


def test_lists_that_change_while_they_are_read() -> None:
    xs: list[Any] = []

    class Shrinking:
        def __float__(self) -> float:
            xs.clear()
            gc.collect()
            return 1.0

    Real.register(Shrinking)
    xs.extend([Value(1.0), Shrinking(), Value(2.0), Value(3.0)])
    assert ag.sum(xs).data == 7.0
    xs.extend([Value(1.0), Shrinking(), Value(2.0)])
    assert ag.dot(xs, [1.0, 2.0, Value(3.0)]).data == 9.0


def test_a_value_that_dies_in_the_callback_it_is_an_operand_of() -> None:
    holder = [Value(2.0)]

    class Stealing:
        def __float__(self) -> float:
            holder.clear()
            gc.collect()
            return 3.0

    Real.register(Stealing)
    assert (holder[0] * Stealing()).data == 6.0


def test_callbacks_that_sweep_free_and_fail_in_the_middle_of_a_sweep() -> None:
    w = Value(0.5, "w")
    inner = ag.exp(w)
    rounds = []

    def function(x: Value) -> Value:
        rounds.append(len(toposort(inner)))
        (inner * w).backward()  # the same nodes, in the middle of the outer sweep
        del rounds[:-1]
        gc.collect()
        return x * ag.sin(x) * inner

    y = checkpoint(function, inner) * inner
    w.zero_grad()
    inner.zero_grad()
    y.backward()
    swept = w.grad
    w.zero_grad()
    (inner * w).backward()  # what the callback added by itself
    added = w.grad
    w.zero_grad()
    plain = inner * ag.sin(inner) * inner * inner
    plain.backward()
    assert swept == pytest.approx(w.grad + added, rel=1e-14)

    def failing(x: Value) -> Value:
        if rounds:
            raise KeyError("second run")
        return x * x

    rounds.clear()
    z = checkpoint(failing, w) + inner
    rounds.append(1)
    before = w.grad, inner.grad
    with pytest.raises(KeyError):
        z.backward()
    assert (w.grad, inner.grad) == before
    (inner * w).backward()


def test_finalizers_that_build_and_drop_graphs_while_a_graph_is_freed() -> None:
    made = []

    class Finalized:
        def __call__(self, x: Value) -> Value:
            return x * 2

        def __del__(self) -> None:
            y = Value(1.0)
            for _ in range(10):
                y = y * 2 + y
            y.backward()
            made.append(y.data)

    nodes = live()
    y = Value(1.0)
    for _ in range(50):
        y = checkpoint(Finalized(), y) + 1
    y.backward()
    del y
    assert made == [3.0**10] * 50
    assert live() == nodes


def test_chains_of_checkpoints_are_freed_without_recursion() -> None:
    nodes = live()
    y = Value(0.5)
    for _ in range(20_000):
        y = checkpoint(ag.sin, y)
    del y
    assert live() == nodes


def test_deep_graphs_are_built_swept_copied_and_freed() -> None:
    nodes = live()
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0
    assert len(toposort(y)) == 100_001
    z = pickle.loads(pickle.dumps(copy.deepcopy(y)))
    z.backward()
    del x, y, z
    assert live() == nodes


def test_no_cycle_can_be_made_of_nodes() -> None:
    """What would have to be assigned cannot be, and what a node holds beside its operands is no container."""
    nodes = live()
    x = Value(1.0)
    y = ag.dot([x, 2.0], [3.0, x]) * x
    for name in ("operands", "local_derivatives", "op", "_x", "_y", "_dx", "_place", "scope", "self"):
        with pytest.raises(AttributeError):
            setattr(x, name, y)
    with pytest.raises(AttributeError):
        y.data = y
    for thing in (y, [y], ag.scope("s")):
        with pytest.raises(TypeError):
            x.label = thing
        with pytest.raises(TypeError):
            ag.scope(thing)
    with pytest.raises(TypeError):
        type("Sub", (Value,), {})
    with pytest.raises(TypeError):
        type("Sub", (type("Hook", (), {"__init_subclass__": classmethod(lambda cls: None)}), Value), {})(1.0)
    Value.__init__(y, 3.0)  # does nothing to a node that is there
    assert y.operands[1] is x
    assert not gc.is_tracked(y)
    del x, y
    assert live() == nodes


def test_threads_build_graphs_of_their_own_and_sweep_shared_leaves() -> None:
    w = ag.parameter(0.5)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(30):
                with ag.scope("thread"):
                    y = w
                    for _ in range(200):
                        y = y * 1.0 + 0.0
                assert y.scope == ("thread",)
                y.backward()
                checkpoint(lambda x: x * 1.0, w).backward()
        except BaseException as error:
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert errors == []
    assert w.grad == 4 * 30 * 2.0


def in_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=variables, capture_output=True, text=True, timeout=120
    )


def test_the_interpreter_ends_with_live_graphs() -> None:
    result = in_process(
        """
        import atexit, sys, autograd_core as ag
        x = ag.Value(1.0, "x")
        y = x
        for _ in range(1000): y = ag.exp(-y) + ag.dot([x, y], [y, 2])
        z = ag.checkpoint(lambda q: q * y, x)
        sys.keep = [z, ag.scope("s"), ag.tanh]
        class Last:
            def __del__(self): (y * 2).backward()
        ag.last = Last()
        builtin_keep = __builtins__.__dict__["keep"] = y
        atexit.register(lambda: z.backward())
        """
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_other_interpreters_and_second_loads_are_refused() -> None:
    result = in_process(
        """
        import sys
        import autograd_core
        assert autograd_core.ENGINE == "native"
        for name in [name for name in sys.modules if name.startswith("autograd_core")]:
            del sys.modules[name]
        import autograd_core
        assert autograd_core.ENGINE == "python"
        try:
            import _xxsubinterpreters as sub
        except ImportError:
            import _interpreters as sub
        here = sub.create() if sys.version_info < (3, 12) else sub.create("legacy") if sys.version_info >= (3, 13) else sub.create(isolated=False)
        run = getattr(sub, "run_string", None) or sub.exec
        failed = run(here, "import autograd_core as ag; assert ag.ENGINE == 'python'; y = ag.Value(2.0) * 3; y.backward()")
        assert failed is None, failed
        sub.destroy(here)
        """,
        AUTOGRAD_CORE_ENGINE="",
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_the_module_alone_says_what_to_import() -> None:
    result = in_process(
        """
        import importlib.util, sys
        from importlib.machinery import PathFinder
        import autograd_core._native
        """,
        AUTOGRAD_CORE_ENGINE="python",
    )
    assert result.returncode == 0
    result = in_process(
        f"""
        import importlib.util
        spec = importlib.util.spec_from_file_location("_core", {NATIVE.__file__!r})
        core = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(core)
        for call in (lambda: core.Value(1.0), lambda: core.parameter(1), lambda: core.unary(3), lambda: core.number({{}}),
                     lambda: core.scope("s").__enter__(), lambda: core.record().__enter__()):
            try:
                call()
            except SystemError:
                continue
            raise AssertionError
        """
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_errors_in_the_middle_of_a_node_leave_everything_usable() -> None:
    @primitive(derivatives=(lambda x, z: [1.0],))
    def wrong(x: float) -> float:
        return x

    nodes = live()
    with pytest.raises(TypeError):
        wrong(Value(1.0))
    with pytest.raises(ZeroDivisionError):
        Value(1.0) / 0
    x = Value(1.0)
    y = checkpoint(lambda x: x * x, x)
    x.data = 2.0
    with pytest.raises(GraphError):
        y.backward()
    del x, y
    assert live() == nodes


def test_nodes_in_memory_that_was_used_before() -> None:
    """Since Python 3.12 a count of references that was there before may look like that of an immortal object."""
    result = in_process(
        """
        import os
        from autograd_core import Value
        from autograd_core._engine.choice import NATIVE

        for _ in range(2):  # what was read is let go
            files = [os.urandom(3_000_000) for _ in range(20)]
            last = os.urandom(3_000_000)
            del files
        held = [Value(float(i)) for i in range(60_000)]
        for v in held:
            v * 2.0
        new = [Value(-1.0) for i in range(60_000)]
        assert [v.data for v in held] == [float(i) for i in range(60_000)]
        del held, new, v
        assert NATIVE.memory()["live_nodes"] == 0
        """,
        MALLOC_PERTURB_="1",
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_collector_that_sweeps_in_the_middle_of_a_forward_sweep() -> None:
    result = in_process(
        """
        import gc
        from autograd_core import jvp

        node = None

        def function(x):
            global node
            node = x * x * x
            return [node, node + 1.0]

        def sweep(phase, info):
            if phase == "start" and node is not None:
                node.backward()

        kept = [[] for _ in range(200)]  # no list is left for use again: each new one may collect
        gc.callbacks.append(sweep)
        gc.set_threshold(1)
        for _ in range(300):
            kept.extend([[] for _ in range(90)])
            assert jvp(function)([2.0], [1.0]) == ([8.0, 9.0], [12.0, 12.0])
        """
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_where_there_is_no_memory_for_another_primitive_the_others_stay() -> None:
    result = in_process(
        """
        import _testcapi
        from autograd_core import Value
        from autograd_core._operations.operation import Operation
        from autograd_core._operations.shape import ONE_NUMBER
        from autograd_core._engine.recording import unary

        x, kept = Value(2.0), []
        for i in range(200):
            row = Operation(f"p{i}", ONE_NUMBER, lambda x: 3.0 * x, (3.0,), origin=len)
            for allocation in range(1000):
                _testcapi.set_nomemory(allocation, allocation + 1)
                try:
                    function = unary(row)
                    break
                except MemoryError:
                    pass
                finally:
                    _testcapi.remove_mem_hooks()
            kept.append(function)
            assert [f(x).data for f in kept] == [6.0] * len(kept)
        """
    )
    if "_testcapi" in result.stderr:
        pytest.skip("this Python comes without _testcapi")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_name_that_is_none() -> None:
    @primitive(derivatives=(1.0,))
    def own(x: float) -> float:
        return x

    apply = ag.tanh
    name = apply.__name__
    try:
        apply.__name__ = 5
        assert repr(apply).startswith("<function ")
        with pytest.raises(TypeError):
            apply(1.0, 2.0)
    finally:
        apply.__name__ = name
