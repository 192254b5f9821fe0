"""Separate processes: interpreter shutdown, subinterpreters, memory used before, and memory that runs out."""

import os
import subprocess
import sys
import textwrap

import pytest

from autograd_core import ENGINE
from autograd_core._engine.choice import NATIVE

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="Python itself manages the memory of the Python engine")


def in_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a separate process."""
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


def test_nodes_in_memory_that_was_used_before() -> None:
    """Since Python 3.12, a reference count left in memory may look like an immortal object's."""
    result = in_process(
        """
        import os
        from autograd_core import Value
        from autograd_core._engine.choice import NATIVE

        for _ in range(2):  # the random bytes are freed
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

        kept = [[] for _ in range(200)]  # no freed list is left for reuse, so each new one may trigger a collection
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
        import _testcapi, gc
        from autograd_core import Value
        from autograd_core._operations.operation import Operation
        from autograd_core._operations.shape import ONE_NUMBER
        from autograd_core._engine.recording import unary

        gc.disable()  # a collection that falls on the allocation that fails reports this itself
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
