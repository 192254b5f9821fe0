"""Programs that run over many rows of data: arguments with one item per row, or one for all; rejected arguments."""

import collections
import math
from array import array

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import GraphError, Program, parameter, trace
from autograd_core._program import many_rows, native
from autograd_core._program.player import Column


def test_blocks_of_rows_change_nothing(monkeypatch):
    """The rows lie in one buffer and take two branches; blocks of eight rows and a single block agree."""
    w = parameter(0.5)
    program = trace(lambda x: x[0] * x[1] * w if x[0] > 0.0 else x[1] * w, [1.0, 2.0])
    table = np.random.default_rng(0).normal(size=(29, 2))
    due = [program.value_and_grad(list(row)) for row in table]
    found = []
    for size in (8, many_rows.BLOCK):
        monkeypatch.setattr(many_rows, "BLOCK", size)
        values, slopes = program.over_rows().value_and_grad(table)
        assert values.tolist() == [value for value, _ in due]
        assert slopes.tolist() == [slope for _, slope in due]
        w.zero_grad()
        program.over_rows().backward(table)
        found.append(w.grad)
    assert found[0] == pytest.approx(found[1], rel=1e-14)
    assert found[0] == pytest.approx(sum(value for value, _ in due) / 0.5, rel=1e-12)


def test_strays_of_a_block_take_their_own_branch(monkeypatch):
    monkeypatch.setattr(many_rows, "BLOCK", 4)
    program = trace(lambda x, y: x * y if x > y else y * 3.0, 2.0, 1.0)
    xs, ys = [3.0, 1.0, 5.0, -1.0, 0.0, 7.0], [1.0, 2.0, 0.0, 4.0, -1.0, 9.0]
    values, (by_x, by_y) = program.over_rows().value_and_grad(xs, ys, argnums=(0, 1))
    assert values == [program(x, y) for x, y in zip(xs, ys, strict=True)]
    assert list(zip(by_x, by_y, strict=True)) == [program.grad(x, y, argnums=(0, 1)) for x, y in zip(xs, ys, strict=True)]


def test_rows_of_other_structures_are_refused():
    program = trace(lambda x: [x, x * x] if x > 0.0 else [x], 1.0)
    with pytest.raises(GraphError, match=r"the results of two rows, of 2 and 1 numbers, differ in shape"):
        program.over_rows()([1.0, -1.0])
    assert program.over_rows()([1.0, 2.0]) == [[1.0, 2.0], [1.0, 4.0]]
    with pytest.raises(TypeError, match="needs a function that returns one number"):
        program.over_rows().grad([1.0, 2.0])


def test_no_gradient_to_add():
    with pytest.raises(GraphError, match="depends on no parameter, so there is no gradient to add"):
        trace(lambda x: x * x, 1.0).over_rows().backward([1.0, 2.0])


@pytest.mark.parametrize(
    ("arguments", "axes", "kind", "message"),
    [
        ((np.array(["a", "b"]),), 0, TypeError, "argument 0 must be an array of numbers with an axis along which its rows lie"),
        ((np.array(1.0),), 0, TypeError, "argument 0 must be an array of numbers with an axis along which its rows lie"),
        ((np.zeros((0,)),), 0, ValueError, "argument 0 has no rows; "),
        (([],), 0, ValueError, "argument 0 has no rows; "),
        ((2.0,), 0, TypeError, "argument 0 must have one item per row, as in_axes specifies; got 2.0"),
        (([1.0, 2.0],), None, ValueError, "must have the same number of rows; no argument has rows"),
        (([1.0, 2.0],), (0, 0), ValueError, "in_axes must have one entry for each argument; got 2 entries for 1 arguments"),
        (([1.0, [2.0]],), 0, ValueError, r"argument 0: row 1 must have the same structure as row 0; got \[2.0\] and 1.0"),
    ],
)
def test_what_carries_no_rows(arguments, axes, kind, message):
    with pytest.raises(kind, match=message):
        trace(lambda x: x * 2.0, 1.0).over_rows(axes)(*arguments)


def test_arguments_of_other_counts():
    program = trace(lambda x, y: x * y, 1.0, 1.0)
    with pytest.raises(ValueError, match="argument 0 has 2, argument 1 has 3"):
        program.over_rows()([1.0, 2.0], [1.0, 2.0, 3.0])


def test_axes_other_than_the_first():
    program = trace(lambda x: x[0] * 2.0 + x[1], np.array([1.0, 2.0]))
    table = np.arange(6.0).reshape(2, 3)
    assert program.over_rows(1)(table).tolist() == [2.0 * a + b for a, b in table.T]
    assert program.over_rows(1).grad(table).shape == (2, 3)


def test_array_array_in_and_out():
    program = trace(lambda x, y: x * y, 1.0, 1.0)
    found = program.over_rows((0, None)).grad(array("d", [1.0, 2.0]), 5.0)
    assert found == array("d", [5.0, 5.0])
    assert program.over_rows((0, None))(array("i", [1, 2]), 5.0) == [5.0, 10.0]


# --- Related modules -------------------------------------------------------------------------------------------------


def test_a_list_of_numbers_is_a_column_too():
    listing = trace(lambda x, y: x * y, 1.0, 1.0)._replays.branches.latest.listing
    tables = native.tables_of([Column([1.0, 2.0, 3.0, 4.0], 0, 2), Column([1.0, 2.0, 3.0, 4.0], 1, 2)], 2)
    assert [(list(table.numbers), table.width, table.by_rows) for table in tables] == [([1.0, 3.0], 1, True), ([2.0, 4.0], 1, True)]
    whole = array("d", [1.0, 2.0, 3.0, 4.0])
    [table] = native.tables_of([Column(whole, 0, 2), Column(whole, 1, 2)], 2)
    assert table.numbers is whole and table.width == 2
    if ag.ENGINE == "python":
        with pytest.raises(ImportError, match="the C player was not built, or the Python engine is in use"):
            native.prepare(listing)


Point = collections.namedtuple("Point", "x y")


def test_what_a_file_does_not_hold(tmp_path):
    with pytest.raises(GraphError, match="a program with a Point "):
        trace(lambda p: p.x * p.y, Point(1.0, 2.0)).save(tmp_path / "p.json")
    program = trace(lambda x: x if x > 0.0 else -x, 1.0)
    state = program._state([])
    [branch] = state["branches"]
    wrong = {**state, "branches": [{**branch, "guards": [["colour", *guard[1:]] for guard in branch["guards"]]}]}
    with pytest.raises(ValueError, match="unknown kind of guard: 'colour'"):
        ag._program.program.program_from(wrong, [], None)
    assert ag._program.program.program_from(state, [], None)(3.0) == 3.0


def test_what_is_not_written_for_numpy_is_named_with_its_reason():
    with pytest.raises(NotImplementedError, match=r"logsumexp: .* cannot be translated to NumPy \("):
        trace(lambda x: ag.logsumexp([x, 2.0]), 1.0).to_numpy()


def test_a_program_of_a_graph_over_rows():
    x, w = ag.Value(2.0), parameter(3.0)
    program = Program(x * w, inputs=[x])
    assert program.over_rows().backward([1.0, 2.0]) == [3.0, 6.0] and w.grad == 3.0


def test_a_program_from_a_file_raises_what_the_engine_raises(tmp_path):
    """The loaded program has no function to trace again, so an operation that has no value raises its own error."""
    trace(lambda x: ag.log(x) * 2.0, 1.0).save(tmp_path / "p.json")
    loaded = Program.load(tmp_path / "p.json")
    with pytest.raises(ValueError, match="log") as due:
        ag.log(ag.Value(-1.0))
    with pytest.raises(ValueError, match="log") as found:
        loaded(-1.0)
    assert str(found.value) == str(due.value) and loaded(1.0) == 0.0


def test_fast_is_true_or_false():
    with pytest.raises(TypeError, match="fast must be True or False; got 1 of type int"):
        trace(lambda x: x * 2.0, 1.0, fast=1)


def test_rows_in_every_layout():
    f = trace(lambda p, x, s: p["w"] * x[0] + x[1] * s, {"w": 2.0}, [1.0, 1.0], 3.0)
    due = [2.0 * i + 3.0 * (i + 0.5) for i in range(4)]
    X = np.array([[float(i), i + 0.5] for i in range(4)])
    program = trace(lambda p, x, s: p["w"] * x[0] + x[1] * s, {"w": 2.0}, X[0], 3.0)
    p = {"w": 2.0}
    assert program.over_rows((None, 0, None))(p, X, 3.0).tolist() == due
    assert program.over_rows((None, 1, None))(p, np.asfortranarray(X.T), 3.0).tolist() == due
    assert program.over_rows((None, 0, None))(p, X[::-1], 3.0).tolist() == due[::-1]
    assert f.over_rows((None, 0, None))(p, X.tolist(), 3.0) == due
    assert f.over_rows((0, 0, 0))({"w": [2.0] * 4}, X.tolist(), array("d", [3.0] * 4)) == due
    slopes = f.over_rows((0, 0, None)).grad({"w": [2.0] * 4}, X.tolist(), 3.0, argnums=(0, 1, 2))
    assert slopes == ({"w": [0.0, 1.0, 2.0, 3.0]}, [[2.0, 3.0]] * 4, 8.0)
    by_x = program.over_rows((None, 1, None)).grad(p, X.T, 3.0, argnums=1)
    assert by_x.tolist() == [[2.0] * 4, [3.0] * 4]
    out = trace(lambda x: {"a": x, "b": [x * 2.0, 1.0]}, 1.0).over_rows()([1.0, 2.0])
    assert out == {"a": [1.0, 2.0], "b": [[2.0, 4.0], [1.0, 1.0]]}


def test_rows_that_do_not_fit():
    rows = trace(lambda x, y: x * y, 1.0, 2.0).over_rows()
    for arguments, message in (
        (([1.0], [1.0, 2.0]), r"argument 0 has 1, argument 1 has 2"),
        ((1.0, [1.0]), r"argument 0 must have one item per row"),
        (([], []), r"argument 0 has no rows"),
        (([1.0, "a"], [1.0, 2.0]), r"row 1 must have the same structure as row 0"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            rows(*arguments)
    with pytest.raises(ValueError, match="in_axes must have one entry for each argument; got 1 entries for 2"):
        trace(lambda x, y: x * y, 1.0, 2.0).over_rows((0,))([1.0], 2.0)


def test_many_blocks_with_progress_and_parameters():
    w = parameter(2.0)
    program = trace(lambda x: x * w if x > 0.0 else x, 1.0)
    xs = array("d", [math.sin(i) for i in range(70_000)])
    seen = []
    values = program.over_rows(progress=lambda done, all: seen.append((done, all))).backward(xs)
    assert seen == [(65_536, 70_000), (70_000, 70_000)]
    assert values == [2.0 * x if x > 0.0 else x for x in xs]
    assert math.isclose(w.grad, math.fsum(x for x in xs if x > 0.0), rel_tol=1e-12)
