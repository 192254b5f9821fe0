"""Random programs, each run by both engines in separate processes: every bit, order, message and drawing is the same.

Pickles go from each engine to the other.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_core import ENGINE, TABLE

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="needs both engines")

WORKER = Path(__file__).with_name("worker.py")
PRIVATE = {"input", "parameter", "constant", "checkpoint"}
ROWS = {name: row.arity for name, row in TABLE.items() if name not in PRIVATE}
LISTS = ["sum", "mean", "prod", "norm", "logsumexp"]


class Engine:
    """A process that runs one engine."""

    def __init__(self, name: str) -> None:
        environment = {**os.environ, "AUTOGRAD_CORE_ENGINE": name, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.ask({}) == {"engine": name}

    def ask(self, request: dict[str, Any]) -> Any:
        """The answer to one request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> int:
        """End the process and return its exit status."""
        self.process.communicate()
        return self.process.returncode


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    pair = Engine("python"), Engine("native")
    yield pair
    assert [engine.close() for engine in pair] == [0, 0]


numbers = (
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, math.inf, -math.inf, math.nan, 1e308, 5e-324, 710.0])
    | st.floats(-3.0, 3.0)
    | st.floats(allow_nan=False)
)
plain = numbers | st.integers(-5, 5) | st.booleans() | st.sampled_from([None, "text", 10**400])
usual = st.tuples(st.just("register"), st.integers(0, 50))
odd = st.tuples(st.just("plain"), plain)
operand = usual | usual | usual | st.tuples(st.just("plain"), numbers) | odd


@st.composite
def line(draw: st.DrawFn) -> dict[str, Any]:
    """One operation."""
    way = draw(st.sampled_from(["function", "operator", "function", "operator", "list", "method", "checkpoint"]))
    count, how = 2, "function"
    if way == "operator":
        op = draw(st.sampled_from(["+", "-", "*", "/", "+", "-", "*", "/", "//", "%", "**", "divmod", "==", "<"]))
    elif way == "list":
        op = draw(st.sampled_from([*LISTS, "dot"]))
        count, how = draw(st.integers(0, 5)), "list"
        if op == "dot":
            count, how = 2 * count, "pair"
    elif way == "method":
        op = draw(st.sampled_from([name for name, arity in ROWS.items() if arity in (1, 2)]))
        count, how = draw(st.integers(1, 2)), draw(st.sampled_from(["method", "function"]))
    else:
        three = ["where", "own_three"]
        op = draw(st.sampled_from([*(name for name, arity in ROWS.items() if arity), "own_pair", "own_one", *three]))
        count = ROWS.get(op) or {"own_one": 1, "own_pair": 2}.get(op, 3)
        how = "checkpoint" if way == "checkpoint" else "function"
    if draw(st.integers(0, 15)) == 0:
        op, count, how = draw(st.sampled_from(["neg", "pos", "abs", "round", "int", "float", "format", "repr", "bool",
                                               "hash", "copy", "deepcopy"])), 1, "operator"
    return {
        "op": op,
        "way": how,
        "operands": [draw(operand) for _ in range(count)],
        "where": draw(st.sampled_from(["here"] * 8 + ["scope", "scope", "no_record", "record"])),
        "label": draw(st.sampled_from([None, None, None, "h", "z β"])),
        "assign": draw(st.integers(0, 30)) == 0,
    }


programs = st.fixed_dictionaries(
    {
        "leaves": st.lists(st.tuples(numbers, st.sampled_from([None, "a", "b"])), min_size=1, max_size=4),
        "lines": st.lists(line(), min_size=1, max_size=12),
    }
)


@settings(suppress_health_check=list(HealthCheck))
@given(program=programs)
def test_both_engines_give_the_same(engines: tuple[Engine, Engine], program: dict[str, Any]) -> None:
    python, native = (engine.ask({"program": program}) for engine in engines)
    assert native == python
    if isinstance(python["pickle"], str):
        crossed = engines[1].ask({"load": python["pickle"]}), engines[0].ask({"load": native["pickle"]})
        assert crossed[0] == crossed[1]
        assert crossed[0]["loaded"] == python["swept"]


@pytest.mark.parametrize("name", [*LISTS, "dot"])
def test_no_numbers_are_the_first_that_a_process_sees(engines: tuple[Engine, Engine], name: str) -> None:
    """The native engine has not yet made the objects that it keeps between calls."""
    line = {"op": name, "way": "pair" if name == "dot" else "list", "operands": [], "where": "here", "label": None,
            "assign": False}  # fmt: skip
    fresh = Engine("native")
    program = {"leaves": [(0.0, None)], "lines": [line]}
    assert fresh.ask({"program": program})["errors"] == engines[0].ask({"program": program})["errors"]
    assert fresh.close() == 0
