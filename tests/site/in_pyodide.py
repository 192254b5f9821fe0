"""A pytest plugin for Pyodide: tests that need NumPy, SciPy, a thread or a process are skipped, and no others."""

import asyncio
import builtins
from types import ModuleType

import pytest

NOT_HERE = ("numpy", "scipy")
REFUSED = ("can't start new thread", "emscripten does not support processes", "lacks multiprocessing")


class NotHere(ModuleType):
    """A module that skips the test, or the file of tests, that uses it."""

    def __getattr__(self, name):
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        raise pytest.skip.Exception(f"needs {self.__name__}", allow_module_level=True)


def found(name, *arguments, really=builtins.__import__, **more):
    """What `import` returns; code that checks whether NumPy was loaded finds that it was not."""
    try:
        return really(name, *arguments, **more)
    except ModuleNotFoundError as error:
        inside = arguments[0].get("__file__", "") if arguments and arguments[0] else ""
        if error.name not in NOT_HERE or not inside.startswith("/project/tests/"):
            raise
        return NotHere(error.name)


def run(coroutine, **_):
    """Takes the place of asyncio.run, which would have to wait inside the browser's own loop."""
    coroutine.close()
    pytest.skip("Pyodide: waits in a loop of its own")


def pytest_configure(config):
    """Set up; and ignore hypothesis's occasional warning that its own random generators were collected too soon."""
    builtins.__import__ = found
    asyncio.run = run
    config.addinivalue_line("filterwarnings", "ignore:It looks like `register_random`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Skip, rather than fail, a test to which the browser refuses a thread or a process."""
    try:
        return (yield)
    except (RuntimeError, OSError) as error:
        if any(reason in str(error) for reason in REFUSED):
            pytest.skip(f"Pyodide: {error}")
        raise
