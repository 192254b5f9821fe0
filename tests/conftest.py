"""Settings and fixtures for all tests.

Property tests use the same examples in every run, as many as the profile says, and have no time limit.
"""

import gc
import http.server
import importlib.util
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

# .ci/run runs pytest --hypothesis-profile=thorough. A test that needs more or fewer examples than most multiplies the
# profile's number; by default, tests of deep graphs and of interrupts at every point use an eighth of the number.
settings.register_profile(
    "thorough", derandomize=True, deadline=None, max_examples=200, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],  # generated programs have up to 60 lines
)
# For a result within two minutes.
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=25)
# To measure coverage: a few examples reach the same lines as many do.
settings.register_profile("few", settings.get_profile("thorough"), max_examples=12)
# To search for new failures: pytest --hypothesis-profile=search tests/operations/test_transparency.py
settings.register_profile("search", settings.get_profile("thorough"), derandomize=False, max_examples=5000)
# To report a failing example as it was found, without shrinking.
settings.register_profile("unshrunk", settings.get_profile("thorough"), phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# Benchmarks are scripts, which import each other from their own directory.
collect_ignore = ["benchmarks"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that open a page in a browser; the coverage run leaves them out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="module", autouse=True)
def tidy():
    """Freeze the objects made before a module's tests, so that garbage collection in the tests skips them."""
    gc.collect()
    gc.freeze()


def module(path):
    """Load a module of helpers from its path below this directory, because tests are not on the import path."""
    spec = importlib.util.spec_from_file_location(f"tests_{Path(path).stem}", Path(__file__).parent / path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="session")
def mathematics():
    """The mathematical definition of each operation (a row of the operations table), in mpmath."""
    return module("mathematics.py")


@pytest.fixture(scope="session")
def points():
    """Operands for comparing translated operations with Python, and Python's results for these operands."""
    return module("translation/points.py")


@pytest.fixture(scope="session")
def running():
    """Helpers that run C, JavaScript and NumPy."""
    return module("translation/running.py")


@pytest.fixture(scope="session")
def written():
    """Python functions that together use every construct that the translator supports."""
    return module("translation/written.py")


@pytest.fixture
def in_threads():
    """Calls a function with 0, 1, …, each in its own thread; threads switch as often as possible. Errors are raised."""

    def run(work, count):
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(count) as threads:
                return list(threads.map(work, range(count)))
        finally:
            sys.setswitchinterval(interval)

    return run


@pytest.fixture(scope="session")
def serving():
    """Runs a web server that only this machine can reach: `with serving(handler) as address`."""

    @contextmanager
    def serve(handler):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()

    return serve
