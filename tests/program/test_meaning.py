"""Programs have the engine's results, bit for bit, and its errors, whichever player replays them.

The tests compare them at single points, over rows of data, after saving, and after exporting.
"""

import os
import random
import shutil
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import ENGINE, GraphError, Program, Value, trace
from autograd_core._checking.ulps import same
from autograd_core._program import branches, native, players
from autograd_core._strategies.programs import PYTHON_FORMS
from autograd_core.strategies import defined_programs, numbers, programs

FORMS = tuple(form for form in PYTHON_FORMS if "format" not in form.text and "f'" not in form.text)
# Both players; the C player with each combination of its exact passes (optimisations that do not change a bit).
PLANS = range(native.EXACT + 1) if ENGINE == "native" else ()
PLAYERS = {"python": players.InPython} | {
    f"C, passes {plan}": lambda listing, plan=plan: native.prepare(listing, passes=plan) for plan in PLANS
}


def outcome(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        return type(error), str(error)


def alike(a, b):
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, (bool, int, str, type)) or isinstance(b, (bool, int, str, type)):
        return type(a) is type(b) and a == b
    return same(a, b)


def eager_value(program, point):
    y = program(*map(Value, point))
    return y.data if type(y) is Value else y


def eager_gradient(program, point):
    inputs = list(map(Value, point))
    y = program(*inputs)
    if type(y) is not Value:
        return y, [0.0] * len(inputs)
    return y.data, ag.gradients(y, inputs)


def fresh(program):
    """Return an ordinary function that calls a random program, because `trace` needs one."""
    return lambda *operands: program(*operands)


def eager(program, point):
    """Return the engine's value and gradients, or its exception; None if the result is not a float."""
    inputs = list(map(Value, point))
    y = outcome(program, *inputs)
    if type(y) is Value:
        return y.data, ag.gradients(y, inputs)
    return (y, [0.0] * len(point)) if type(y) is float else y if isinstance(y, tuple) else None


def raised(answer):
    return isinstance(answer[0], type)


def points_of(program, data):
    """Return points, each with the engine's result."""
    wide = len(program.inputs)
    drawn = data.draw(st.lists(st.tuples(*[numbers()] * wide), max_size=6))
    found = [(point, eager(program, point)) for point in (program.inputs, *drawn)]
    return [(point, due) for point, due in found if due is not None] if wide else []


@given(st.sampled_from(sorted(PLAYERS)), programs(forms=FORMS), st.data())
def test_points_rows_and_files_by_every_player(tmp_path_factory, player, program, data):
    known = points_of(program, data)
    right = [(point, due) for point, due in known if not raised(due)]
    if not right:
        return
    every = tuple(range(len(program.inputs)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(branches, "prepared", lambda listing, fast: PLAYERS[player](listing))
        made = trace(lambda *xs: program(*xs), *right[0][0])
        for point, due in known:
            assert alike(outcome(made.value_and_grad, *point, argnums=every), due), (point, due)
        check_rows(made, known, right, data.draw(st.integers(1, 4)))
        path = tmp_path_factory.mktemp("programs") / "program.json"
        made.save(path)
        loaded = Program.load(path)
        for point, due in known:
            found = outcome(loaded.value_and_grad, *point, argnums=every)
            assert alike(found, due) or (raised(due) and raised(found)), (point, due, found)
        check_rows(loaded, (), right, data.draw(st.integers(1, 4)))


def check_rows(made, known, right, threads):
    """Assert that a run over rows returns each row's numbers or, if a row raises, its error, which names the row."""
    every = tuple(range(len(right[0][0])))
    rows = made.over_rows(threads=threads)
    columns = [array("d", column) for column in zip(*(point for point, _ in right), strict=True)]
    values, slopes = rows.value_and_grad(*columns, argnums=every)
    for i, (_, (value, gradient)) in enumerate(right):
        assert same(values[i], value) and alike([slope[i] for slope in slopes], gradient), i
    first = next((i for i, (_, due) in enumerate(known) if raised(due)), None)
    if first is not None:
        kind, words = known[first][1]
        with pytest.raises(kind) as error:
            rows(*(array("d", column) for column in zip(*(point for point, _ in known), strict=True)))
        assert str(error.value) == words and error.value.__notes__[-1] == f"in row {first}"


@settings(max_examples=settings.default.max_examples // 4)
@given(defined_programs(), st.lists(numbers(), min_size=1, max_size=40))
def test_sums_over_rows_are_those_of_every_player_and_thread(program, xs):
    if len(program.inputs) < 2:
        return
    rest = program.inputs[1:]
    rows = [x for x in (program.inputs[0], *xs) if not raised(eager(program, (x, *rest)) or (int,))]
    by = tuple(range(1, len(program.inputs)))
    table = array("d", rows * (1 + 1200 // len(rows)))  # more than one chunk
    found = []
    for player in PLAYERS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(branches, "prepared", lambda listing, fast, player=player: PLAYERS[player](listing))
            made = trace(lambda *xs: program(*xs), *program.inputs)
            axes = (0, *[None] * len(rest))
            found += [made.over_rows(axes, threads=threads).grad(table, *rest, argnums=by) for threads in (1, 3)]
    assert all(alike(found[0], other) for other in found)


# --- Traced ---------------------------------------------------------------------------------------------------


@given(programs(forms=FORMS), st.data())
def test_replays_are_the_engine_on_every_branch(program, data):
    points = [program.inputs, *data.draw(st.lists(st.tuples(*[numbers()] * len(program.inputs)), max_size=4))]
    made = None
    for point in (*points, *points):
        due = outcome(eager_value, program, point)
        if made is None:
            made = outcome(trace, fresh(program), *point)
            if not isinstance(made, Program):
                assert alike(made, due), (point, made, due)
                made = None
                continue
        assert alike(outcome(made, *point), due), (point, due)
        if isinstance(due, bool):
            continue
        every = tuple(range(len(point)))
        found = outcome(made.value_and_grad, *point, argnums=every)
        due = outcome(eager_gradient, program, point)
        if due[0] is not int and every:
            assert alike(found, due), (point, found, due)


@given(programs(forms=FORMS), st.data())
def test_rows_are_points_on_every_branch(program, data):
    wide = len(program.inputs)
    if not wide:
        return
    table = [program.inputs, *data.draw(st.lists(st.tuples(*[numbers()] * wide), max_size=10))]
    due = [outcome(eager_gradient, program, point) for point in table]
    table = [point for point, answer in zip(table, due, strict=True) if not isinstance(answer[0], (type, bool))]
    due = [answer for answer in due if not isinstance(answer[0], (type, bool))]
    if not table:
        return
    made = trace(fresh(program), *data.draw(st.sampled_from(table)))
    columns = [list(map(float, column)) for column in zip(*table, strict=True)]
    values, slopes = made.over_rows().value_and_grad(*columns, argnums=tuple(range(wide)))
    for i, (value, gradient) in enumerate(due):
        assert same(values[i], float(value)), (i, table)
        assert alike([column[i] for column in slopes], gradient), (i, table)
    assert alike(made.over_rows()(*map(array_of, columns)), values)


def array_of(column):
    return array("d", column)


@given(defined_programs(), st.lists(numbers(), min_size=1, max_size=30), st.integers(0, 2**32))
def test_sums_over_rows_do_not_depend_on_what_was_traced_before(program, numbers, seed):
    def function(x, *others):
        y = program(x, *others)
        return y + x if x > 0.5 else y

    def at(x):
        return outcome(function, Value(x), *program.inputs[1:])

    if not program.inputs:
        return
    rows = [x for x in (program.inputs[0], *numbers) if type(at(x)) is Value]
    random.Random(seed).shuffle(rows)
    found = []
    for first in (min(rows, key=lambda x: x > 0.5), max(rows, key=lambda x: x > 0.5)):
        made = trace(function, first, *program.inputs[1:])
        axes = (0, *[None] * (len(program.inputs) - 1))
        if len(axes) > 1:
            found.append(made.over_rows(axes).grad(rows, *program.inputs[1:], argnums=tuple(range(1, len(axes)))))
    assert not found or alike(*found)


def test_errors_are_the_engines_and_name_the_row():
    def f(x):
        return ag.log(x) / (x - 2.0)

    program = trace(f, 1.0)
    for point in (-1.0, 2.0):
        due = outcome(f, Value(point))
        assert outcome(program, point) == due
        with pytest.raises(due[0]) as error:
            program.over_rows()([1.0, 3.0, point, 5.0])
        assert str(error.value) == due[1]
        assert error.value.__notes__ == ["in row 2"]


# --- Exported --------------------------------------------------------------------------------------------------


# Operations whose bits differ in C: functions of the C library, and functions that only Python computes.
OTHER_BITS = {"hypot", "norm", "gamma", "lgamma", "polygamma", "prod", "product", "sinc", "logsumexp", "cosine"}


@pytest.mark.skipif(shutil.which(os.environ.get("CC", "cc")) is None, reason="needs a C compiler")
def test_c_of_random_programs_to_the_bit(running, tmp_path):
    texts, due = [], []

    @settings(max_examples=12, derandomize=True)
    @given(programs(forms=FORMS), st.data())
    def collect(program, data):
        known = points_of(program, data)
        right = [(point, answer) for point, answer in known if not raised(answer)]
        if not right or OTHER_BITS & {row.name for row in program.operations}:
            return
        made = trace(lambda *xs: program(*xs), *right[0][0])
        for point, _ in right:
            made(*point)
        try:
            texts.append(made.to_c())
        except GraphError:  # raised by round(x, digits)
            return
        due.append((made, right))

    collect()
    assert len(texts) >= 4
    for i, (text, (made, right)) in enumerate(zip(texts, due, strict=True)):
        (tmp_path / str(i)).mkdir()
        library = running.library(text, tmp_path / str(i))
        for point, (value, gradient) in right:
            answer, found = running.gradients_in_c(library, point, [0.0] * len(made.parameters))
            assert answer == 0 and alike(found[: 1 + len(point)], [value, *gradient]), (point, value, found)
