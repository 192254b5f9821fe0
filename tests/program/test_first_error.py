"""A program that was loaded without its function raises the error that the function would raise first."""

import json
import math
import pickle
import shutil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphError, Program, Value, parameter, primitive, trace
from autograd_core._checking.ulps import same
from autograd_core._program.program import program_from
from autograd_core._program.saving import _sum

# Each line computes a number from two earlier ones, or asks a question about one.
COMPUTED = {
    "log": lambda x, y: ag.log(x),
    "sqrt": lambda x, y: ag.sqrt(y),
    "exp": lambda x, y: ag.exp(x * 100.0),
    "divide": lambda x, y: x / y,
    "power": lambda x, y: x**y,
    "asin": lambda x, y: ag.asin(y),
    "gamma": lambda x, y: ag.gamma(y),
    "logsumexp": lambda x, y: ag.logsumexp([x, y]),
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y,
    "tanh": lambda x, y: ag.tanh(x),
}
ASKED = {
    "positive": lambda x, y: x > 0.0,
    "less": lambda x, y: x < y,
    "whole": lambda x, y: int(x),
    "floor": lambda x, y: math.floor(y),
}
NUMBERS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 10.0, math.inf, math.nan])
WEIGHT = parameter(0.5, "weight")


@st.composite
def sketches(draw):
    """Return a sketch of a function: its lines, each with the indices of two numbers, and the indices that it returns.

    The function computes the other numbers without using them.
    """
    place = st.integers(0, 30)
    lines = draw(st.lists(st.tuples(st.sampled_from([*COMPUTED, *ASKED]), place, place), min_size=1, max_size=9))
    return lines, draw(st.lists(place, min_size=1, max_size=3))


def function_of(sketch, path=None):
    """Return the function that a sketch describes; it appends each answer to a question to `path`."""
    lines, returned = sketch

    def function(x, y):
        numbers = [x, y, WEIGHT]
        for name, i, j in lines:
            a, b = numbers[i % len(numbers)], numbers[j % len(numbers)]
            if name in COMPUTED:
                numbers.append(COMPUTED[name](a, b))
                continue
            answer = ASKED[name](a, b)
            if path is not None:
                path.append(answer)
            numbers.append(a * 2.0 if answer == 1 else ag.sqrt(b))
        return sum((numbers[i % len(numbers)] * 1.0 for i in returned), 0.0)

    return function


def outcome(function, *arguments):
    """Return a function's result or, if it raises, the type, the message and the notes of its error."""
    try:
        return function(*arguments)
    except (ArithmeticError, ValueError, LookupError, GraphError) as error:
        return type(error), str(error), getattr(error, "__notes__", [])


def eager(sketch, point):
    """Return the engine's result or error at a point, and the answers to the questions asked before (the path)."""
    path = []
    found = outcome(lambda *xs: function_of(sketch, path)(*map(Value, xs)), *point)
    return (found._data if type(found) is Value else found), tuple(path)


def traced_at(sketch, points):
    """Return a program traced at each point where the function has a value, or None, and the paths that it knows."""
    function, known, program = function_of(sketch), set(), None
    for point in points:
        due, path = eager(sketch, point)
        if type(due) is tuple:
            continue
        program = program or trace(lambda x, y: function(x, y), *point)
        program(*point)
        known.add(path)
    return program, known


def loaded(program, directory):
    program.save(directory / "p.json")
    return Program.load(directory / "p.json")


def due_of(sketch, point, known):
    """Return what a program that knows only these paths should do at a point: a result, an error, or None.

    None stands for the error about a branch that was not traced.
    """
    due, path = eager(sketch, point)
    return due if any(one[: len(path)] == path for one in known) else None


def agrees(found, due, row=None):
    if due is None:
        return type(found) is tuple and found[0] is GraphError and "was not traced" in found[1]
    if type(due) is tuple:
        return found == (*due[:2], [] if row is None else [f"in row {row}"])
    return same(found, due)


POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6)
BOTH = [("log", 0, 0), ("sqrt", 1, 1)]


@given(sketches(), POINTS, POINTS)
@example((BOTH, [4, 3]), [(1.0, 1.0)], [(-1.0, -1.0)])  # sqrt comes before log in the listing
@example((BOTH, [0]), [(1.0, 1.0)], [(-1.0, -1.0), (1.0, -1.0)])  # no output needs either
@example(([BOTH[0], ("positive", 1, 1), BOTH[1]], [4]), [(1.0, 1.0)], [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)])
@example(([("positive", 1, 1), BOTH[0]], [4]), [(1.0, 1.0)], [(-1.0, -1.0)])  # another branch comes before the error
@example(([("whole", 0, 0), BOTH[1]], [4]), [(1.0, 1.0)], [(math.nan, -1.0), (math.inf, 1.0)])  # the question has no answer
def test_the_error_that_the_engine_raises_first(tmp_path_factory, sketch, points, others):
    program, known = traced_at(sketch, points)
    if program is None:
        return
    for made in (loaded(program, tmp_path_factory.mktemp("programs")), pickle.loads(pickle.dumps(program))):
        for point in (*points, *others):
            due = due_of(sketch, point, known)
            assert agrees(outcome(made, *point), due), point
            if due is None or type(due) is tuple:
                found = outcome(made.grad, *point)
                assert agrees(found, due), point
    for point in (*points, *others):  # this program still has its function
        assert agrees(outcome(program, *point), eager(sketch, point)[0])


def test_an_operation_that_computes_its_derivatives_asks_nothing():
    """A guard (a branch's condition) on a constant would give each point its own branch, which a file would lack."""
    program = trace(lambda x: ag.logsumexp([x, x]), -2.0)
    for x in (-2.0, -1.0, 0.0, 3.0):
        assert same(trace(lambda x: ag.logsumexp([x, x]), x)(2.0), program(2.0))
        assert "guard" not in trace(lambda x: ag.logsumexp([x, x]), x).explain()


@given(sketches(), POINTS, POINTS)
@example((BOTH, [4, 3]), [(1.0, 1.0)], [(0.5, 1.0), (-1.0, -1.0)])
@example(([BOTH[0], ("positive", 1, 1), BOTH[1]], [4]), [(1.0, 1.0)], [(0.5, 1.0), (-1.0, -1.0)])
def test_over_rows_the_first_row_that_fails_is_named(tmp_path_factory, sketch, points, others):
    program, known = traced_at(sketch, points)
    if program is None:
        return
    every = [*points, *others]
    for made in (loaded(program, tmp_path_factory.mktemp("programs")), pickle.loads(pickle.dumps(program))):
        dues = [due_of(sketch, point, known) for point in every]
        failing = [row for row, due in enumerate(dues) if due is None or type(due) is tuple]
        rows = made.over_rows()
        for call in (rows, rows.grad):
            found = outcome(call, *map(list, zip(*every, strict=True)))
            if failing:
                assert agrees(found, dues[failing[0]], failing[0])
            elif call is rows:
                assert all(map(same, found, dues))


@given(sketches(), POINTS, POINTS)
@example((BOTH, [4, 3]), [(1.0, 1.0)], [(-1.0, -1.0)])
@example(([("power", 0, 1), ("exp", 1, 1)], [4, 3]), [(1.0, 1.0)], [(0.0, -1.0), (0.0, 1000.0), (-1.0, 0.5)])
def test_exported_python_raises_an_error_of_the_same_type(running, sketch, points, others):
    program, known = traced_at(sketch, points)
    if program is None:
        return
    values = running.module(program.to_python())["program"]
    for point in (*points, *others):
        due, found = due_of(sketch, point, known), outcome(lambda *xs: values(xs)[0], *point)
        if type(due) is tuple or due is None:
            assert found[0] is (LookupError if due is None else due[0])
        else:
            assert same(found, due)


# In these sketches, the order decides between two errors, or between an error and a branch that was not traced.
CHOSEN = [
    (BOTH, [4, 3]),
    (BOTH, [0]),
    ([BOTH[0], ("divide", 0, 1), ("positive", 1, 1), BOTH[1]], [5, 3, 4]),
    ([("positive", 1, 1), BOTH[0], ("divide", 0, 1)], [5, 4]),
    ([("whole", 0, 0), BOTH[1], ("floor", 1, 1), BOTH[0]], [4, 6]),
    ([("divide", 0, 1), ("less", 3, 0), ("log", 3, 3), ("positive", 5, 5), ("asin", 1, 1)], [7, 6]),
]
MEETING = [(x, y) for x in (1.0, -1.0, 0.0, math.nan, math.inf) for y in (1.0, -1.0, 0.0, 1.5)]


def dues_of(sketch):
    """Return a program that knows some of the branches, and what it should do at each point."""
    program, known = traced_at(sketch, [(1.0, 1.0), (1.5, 1.5), (0.5, 0.0)])
    return program, [due_of(sketch, point, known) for point in MEETING]


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_exported_c_tells_an_unknown_branch_from_an_error(running, tmp_path):
    for i, sketch in enumerate(CHOSEN):
        program, dues = dues_of(sketch)
        (tmp_path / str(i)).mkdir()
        library = running.library(program.to_c(), tmp_path / str(i))
        for point, due in zip(MEETING, dues, strict=True):
            answer, found = running.gradients_in_c(library, point, [WEIGHT.data] * len(program.parameters))
            assert answer == (1 if due is None else 2 if type(due) is tuple else 0), (sketch, point)
            assert answer or same(found[0], due)


KINDS = [ValueError, ZeroDivisionError, OverflowError]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_exported_javascript_throws_the_first_error(running, tmp_path):
    texts = ["const py = {Raised: Error}, kinds = ['ValueError', 'ZeroDivisionError', 'OverflowError'];"]
    calls, dues = [], []
    for i, sketch in enumerate(CHOSEN):
        program, due = dues_of(sketch)
        texts.append(f"const made{i} = (() => {{ {program.to_javascript()} return (xs) => program(xs, parameters); }})();")
        texts.append(
            f"const all{i} = (xs) => {{ try {{ return [0, made{i}(xs).values[0]]; }}"
            " catch (error) { return [error instanceof RangeError ? 9 : 1 + kinds.indexOf(error.kind), 0]; } };"
        )
        calls += [[f"all{i}", point] for point in MEETING]
        dues += due
    for call, (said, found), due in zip(calls, running.node("\n".join(texts), calls, tmp_path), dues, strict=True):
        if due is None or type(due) is tuple:
            assert said == (9 if due is None else 1 + KINDS.index(due[0])), (call, due)
        else:
            assert said == 0 and same(found, due), call


def test_labels_of_parameters_are_named_and_what_a_file_does_not_hold_is_not(tmp_path):
    w = parameter(1.0, "w")
    program = trace(lambda x: ag.sqrt(w) + ag.log(x), 1.0)
    again = loaded(program, tmp_path)
    again.parameters[0].data = w.data = -1.0
    for made in (program, again):
        with pytest.raises(ValueError, match=r"sqrt is defined for x >= 0; got x = -1.0 \(label 'w'\)"):
            made(-1.0)


def test_a_file_of_version_1_has_no_order_and_still_loads(tmp_path):
    path = tmp_path / "p.json"
    program = trace(lambda x, y: ag.log(x) * ag.sqrt(y) if x < 5.0 else x, 1.0, 1.0)
    program.save(path)
    state = json.loads(path.read_text())
    del state["sha256"], state["branches"][0]["risks"], state["branches"][0]["asked_after"]
    state["version"] = 1
    path.write_text(json.dumps({**state, "sha256": _sum(state)}))
    old = Program.load(path)
    assert old(0.5, 4.0) == program(0.5, 4.0)
    with pytest.raises(ValueError, match="is defined for x >"):
        old(-1.0, -1.0)
    with pytest.raises(GraphError, match="was not traced"):
        old(7.0, -1.0)
    old.save(path)  # in the current format
    assert json.loads(path.read_text())["version"] == 2 and Program.load(path)(0.5, 4.0) == program(0.5, 4.0)


def test_a_program_made_from_a_graph_raises_whatever_its_operations_raise():
    """A graph records no order, so the error may be that of any operation; a primitive may raise anything."""

    @primitive(derivatives=(2.0,))
    def looked_up(x):
        return {1.0: 2.0}[x]

    x, y = Value(1.0), Value(1.0)
    assert outcome(Program(ag.log(x) * ag.sqrt(y), inputs=[x, y]), -1.0, -1.0)[1] in (
        "log is defined for x > 0; got x = -1.0",
        "sqrt is defined for x >= 0; got x = -1.0",
    )
    made = Program(looked_up(x) * ag.log(y), inputs=[x, y])
    assert made(1.0, math.e) == 2.0
    assert outcome(made, 3.0, 1.0)[:2] == (KeyError, "3.0")


def test_an_order_that_does_not_fit_is_refused():
    program = trace(lambda x, y: ag.log(x) * ag.sqrt(y) if x < 5.0 else x, 1.0, 1.0)
    state = program._state([])
    for name in ("risks", "asked_after"):
        for wrong in ("/////w==", "CQAAAA==", "AAA=", ""):
            if wrong or name == "asked_after":
                branch = {**state["branches"][0], name: wrong}
                with pytest.raises(ValueError, match="is damaged"):
                    program_from({**state, "branches": [branch]}, [], None)
