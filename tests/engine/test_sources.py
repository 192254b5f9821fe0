"""record(source=True): each node knows the line that made it, and called functions are scopes."""

from __future__ import annotations

import asyncio
import linecache
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograd_core import Value, no_record, record, scope, tanh, toposort
from autograd_core._engine.sources import line_of

HERE = __file__


def line(node: Value) -> str:
    """The text of the line that made a node."""
    file, number = line_of(node) or ("", 0)
    assert file == HERE
    return linecache.getline(file, number).strip()


def inner(x: Value) -> Value:
    y = x * 2.0
    return tanh(y)


def outer(x: Value) -> Value:
    first = inner(x)
    second = inner(first) + inner(x)  # one line of the program makes three lines of the graph
    with scope("named"):
        return second - first


def test_each_node_knows_its_line_and_the_functions_around_it() -> None:
    x = Value(0.5, "x")
    with record(source=True):
        y = outer(x)
        z = y * y
    after = z + 1.0
    nodes = [node for node in toposort(z) if not node.is_leaf]
    assert [(line(node).split("  #")[0], node.scope) for node in nodes] == [
        ("y = x * 2.0", ("outer", "inner")),
        ("return tanh(y)", ("outer", "inner")),
        ("y = x * 2.0", ("outer", "inner")),
        ("return tanh(y)", ("outer", "inner")),
        ("y = x * 2.0", ("outer", "inner")),
        ("return tanh(y)", ("outer", "inner")),
        ("second = inner(first) + inner(x)", ("outer",)),
        ("return second - first", ("outer", "named")),
        ("z = y * y", ()),
    ]
    assert line_of(after) is None
    assert after.scope == ()
    assert line_of(x) is None


def test_the_numbers_and_gradients_are_the_same() -> None:
    gradients = []
    for followed in (False, True):
        x = Value(0.3)
        with record(source=followed):
            y = outer(x)
        y.backward()
        gradients.append((y.data, x.grad))
    assert gradients[0] == gradients[1]


def test_an_error_leaves_everything_as_it_was() -> None:
    def fails(x: Value) -> Value:
        with scope("deep"):
            return x / 0.0

    before = sys.gettrace()
    with pytest.raises(ZeroDivisionError), record(source=True):
        fails(Value(1.0))
    assert sys.gettrace() is before
    assert (Value(1.0) * 2.0).scope == ()
    assert line_of(Value(1.0) * 2.0) is None


def test_generators_and_coroutines_keep_their_scopes_to_themselves() -> None:
    def numbers(x: Value) -> Iterator[Value]:
        for _ in range(2):
            x = x * 2.0
            yield x

    async def waiting(x: Value) -> Value:
        x = x * 3.0
        await asyncio.sleep(0)
        return x + 1.0

    with record(source=True):
        made = [(y, y + 1.0) for y in numbers(Value(1.0))]
        waited = asyncio.run(waiting(Value(1.0)))
    assert [y.scope for pair in made for y in pair] == [("numbers",), (), ("numbers",), ()]
    assert line(made[1][0]) == "x = x * 2.0"
    assert line(made[1][1]) == "made = [(y, y + 1.0) for y in numbers(Value(1.0))]"
    assert waited.scope[-1] == "waiting"
    assert line(waited) == "return x + 1.0"


def test_nested_and_around_no_record() -> None:
    x = Value(1.0)
    with record(source=True), no_record():
        assert (x * 2.0).operands == ()
        with record(source=True):
            y = x * 3.0
        z = x * 4.0
    assert y.operands
    assert line(y) == "y = x * 3.0"
    assert z.operands == ()


def test_as_a_decorator() -> None:
    @record(source=True)
    def f(x: Value) -> Value:
        return x * 5.0

    y = f(Value(1.0))
    assert line(y) == "return x * 5.0"
    assert y.scope == ("f",)
    assert f.__name__ == "f"


def test_code_without_a_file_has_lines_too(make: Callable[[str], Any]) -> None:
    y = make("y = x * x\nz = y + 1.0\n")
    assert line_of(y) == ("<ipython-input-1>", 2)


@pytest.fixture
def make() -> Callable[[str], Any]:
    def run(source: str) -> Any:
        names: dict[str, Any] = {"x": Value(2.0)}
        with record(source=True):
            exec(compile(source, "<ipython-input-1>", "exec"), names)
        return names["z"]

    return run


@pytest.mark.parametrize("wrong", [lambda: record(True), lambda: record(sources=True)])
def test_source_is_a_keyword(wrong: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        wrong()
