"""Programs saved and loaded, or pickled and unpickled, return the same numbers; other files raise clear errors."""

import json
import math
import os
import pickle
from base64 import b64decode, b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Program, parameter, primitive, trace, traced
from autograd_core._checking.ulps import same
from autograd_core._program.program import program_from
from autograd_core.strategies import defined_programs, numbers

WEIGHT = parameter(2.0, "weight")


def branching(x, y):
    """Return a number that depends on the branch taken; pickle finds this function by its name."""
    return x * WEIGHT if x > y else ag.tanh(y) / x


@traced
def decorated(x):
    return x * WEIGHT


def outcome(function, *arguments):
    """Return the result of a function, or the type and message of its error."""
    try:
        return function(*arguments)
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)


@given(defined_programs(), st.data())
def test_loaded_programs_are_the_saved_to_the_bit(tmp_path_factory, program, data):
    path = tmp_path_factory.mktemp("programs") / "program.json"
    made = trace(lambda *xs: program(*xs), *program.inputs)
    made.save(path)
    loaded = Program.load(path)
    every = tuple(range(len(program.inputs)))
    for point in (program.inputs, *data.draw(st.lists(st.tuples(*[numbers()] * len(every)), max_size=3))):
        due, found = outcome(made, *point), outcome(loaded, *point)
        if isinstance(due, tuple):
            assert found == due
            continue
        assert same(due, found)
        if every:
            due, found = made.grad(*point, argnums=every), loaded.grad(*point, argnums=every)
            assert all(map(same, due, found))
    again = path.with_name("again.json")
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_branches_guards_structures_and_parameters(tmp_path):
    w = parameter(3.0, "w")

    def f(p, xs, i, how):
        y = ag.take([x * w for x in xs], i) * p["a"]
        return {"y": y if y > 0.0 else 0, "how": how, "n": [None, 1.5, y]}

    program = trace(f, {"a": 1.0}, np.array([1.0, 2.0]), 0, "up")
    program({"a": -1.0}, np.array([1.0, 2.0]), 1, "up")
    program.save(tmp_path / "p.json")
    w.data = 100.0
    loaded = Program.load(tmp_path / "p.json")
    assert loaded({"a": 1.0}, np.array([1.0, 2.0]), 1, "up") == {"y": 6.0, "how": "up", "n": [None, 1.5, 6.0]}
    assert loaded({"a": -1.0}, np.array([1.0, 2.0]), 0, "up") == {"y": 0, "how": "up", "n": [None, 1.5, -3.0]}
    [again] = loaded.parameters
    assert again.label == "w" and again.data == 3.0
    again.data = 1.0
    assert loaded({"a": 1.0}, np.array([1.0, 2.0]), 1, "up")["y"] == 2.0
    with pytest.raises(ValueError, match="traced for different arguments"):
        loaded({"a": 1.0}, np.array([1.0, 2.0]), 1, "down")


def test_a_branch_that_was_not_saved(tmp_path):
    trace(branching, 2.0, 1.0).save(tmp_path / "p.json")
    loaded = Program.load(tmp_path / "p.json")
    assert loaded(3.0, 1.0) == 6.0
    with pytest.raises(GraphError, match=r"a branch of .* that was not traced"):
        loaded(1.0, 3.0)


def test_pickles_keep_parameters_and_find_their_function():
    program = trace(branching, 2.0, 1.0)
    again, weight = pickle.loads(pickle.dumps((program, WEIGHT)))
    assert again(3.0, 1.0) == 6.0 and again.parameters == [weight]
    assert again(1.0, 3.0) == math.tanh(3.0)  # this branch must be traced first
    weight.data = 5.0
    assert again(3.0, 1.0) == 15.0 and program(3.0, 1.0) == 6.0
    nameless = pickle.loads(pickle.dumps(trace(lambda x: x * 2.0, 1.0)))
    assert nameless(4.0) == 8.0
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert pickle.loads(pickle.dumps(traced(branching)))(3.0, 1.0).data == 6.0


def test_what_is_not_saved(tmp_path):
    @primitive(derivatives=(2.0,))
    def twice(x):
        return 2 * x

    with pytest.raises(GraphError, match="uses twice cannot be saved"):
        trace(lambda x: twice(x), 1.0).save(tmp_path / "p.json")
    with pytest.raises(GraphError, match="as a static argument"):
        trace(lambda x, model: x * 2.0, 1.0, object()).save(tmp_path / "p.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "autograd_core program", "version": 3}', "\x00"])
def test_files_that_are_no_programs(tmp_path, text):
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"p\.json' (does not contain|contains)"):
        Program.load(path)


def test_damaged_files_are_refused_and_nothing_else(tmp_path):
    path = tmp_path / "p.json"
    trace(branching, 2.0, 1.0).save(path)
    text = path.read_text()
    assert json.loads(text)["version"] == 2
    for i in range(0, len(text) - 1, 3):
        path.write_text(text[:i] + ("7" if text[i] != "7" else "b") + text[i + 1 :])
        with pytest.raises(ValueError, match=r"p\.json' (does not contain|contains)"):
            Program.load(path)


def test_a_program_that_does_not_hold_together_is_refused():
    """Whatever a file contains, no player reads out of bounds."""
    state = trace(branching, 2.0, 1.0)._state([WEIGHT])
    assert program_from(state, [WEIGHT], None)(3.0, 1.0) == 6.0
    for name in ("code", "starts", "operands", "outputs", "variable"):
        for byte in (0x01, 0x7F, 0xFF):
            branch = dict(state["branches"][0])
            raw = bytearray(b64decode(branch[name]))
            raw[-4 if name != "variable" else -1] ^= byte
            branch[name] = b64encode(bytes(raw)).decode()
            try:
                made = program_from({**state, "branches": [branch]}, [WEIGHT], None)
            except ValueError:
                continue
            outcome(made, 3.0, 1.0)
            outcome(made.grad, 3.0, 1.0)
    for wrong in ({}, {**state, "arguments": "n"}, {**state, "branches": [{}]}, {**state, "moving": None}):
        with pytest.raises(ValueError, match="is damaged"):
            program_from(wrong, [WEIGHT], None)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "p.json"
    trace(branching, 2.0, 1.0).save(path)
    before = path.read_bytes()

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        trace(branching, 1.0, 2.0).save(path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1
