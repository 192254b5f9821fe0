"""A pytest plugin for Pyodide: what needs NumPy, SciPy, a thread or a process is skipped, and nothing else is."""

import asyncio
import builtins
from types import ModuleType

import pytest

NOT_HERE = ("numpy", "scipy")
REFUSED = ("can't start new thread", "emscripten does not support processes", "lacks multiprocessing")


class NotHere(ModuleType):
    """A module that skips what asks it for anything: a test, or a file of tests."""

    def __getattr__(self, name):
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        raise pytest.skip.Exception(f"needs {self.__name__}", allow_module_level=True)


def found(name, *arguments, really=builtins.__import__, **more):
    """What `import` gives; nobody who asks whether it was loaded is told that NumPy was."""
    try:
        return really(name, *arguments, **more)
    except ModuleNotFoundError as error:
        inside = arguments[0].get("__file__", "") if arguments and arguments[0] else ""
        if error.name not in NOT_HERE or not inside.startswith("/project/tests/"):
            raise
        return NotHere(error.name)


def run(coroutine, **_):
    """In place of asyncio.run, which would have to wait inside the browser's own loop."""
    coroutine.close()
    pytest.skip("Pyodide: waits in a loop of its own")


def pytest_configure(config):
    """Begin; and hypothesis finds its own random numbers collected too soon now and then, as it says."""
    builtins.__import__ = found
    asyncio.run = run
    config.addinivalue_line("filterwarnings", "ignore:It looks like `register_random`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """The browser's refusal of a thread or a process, in place of a failure."""
    try:
        return (yield)
    except (RuntimeError, OSError) as error:
        if any(reason in str(error) for reason in REFUSED):
            pytest.skip(f"Pyodide: {error}")
        raise
