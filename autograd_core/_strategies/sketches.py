"""How hypothesis draws a random program: a sketch of its lines, put together with its inputs and constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .._operations.operation import Operation
from .programs import INPUT_NAMES, PYTHON_ARITY, Form, Line, Operand, Program, form_of

MOST_OPERATIONS = 60
# An operand of a line before the program is put together: ("input", i), ("back", how many lines, or where there are
# several of these, how many of those that no line uses yet: a program is what leads to one result), ("number", i) for
# one of the program's constants, or ("order", n) where only a whole number can stand. An operand is one choice, and so
# a line few of them: shrinking leaves out a line only where it is a handful of choices together.
Place = tuple[str, int]
Sketch = tuple[Form, tuple[Place, ...]]
CONSTANTS_AT_MOST = 6
# Whether an application fits, by its row and the numbers of its operands.
Fits = Callable[[Operation, Sequence[float]], bool]
# Each as often as it stands here: mostly the lines just before, so that programs are deep.
PLACES: tuple[Place, ...] = (
    *(("input", i) for i in range(len(INPUT_NAMES)) for _ in range(10)),
    *(("back", k) for k, times in enumerate((380, 80, 20)) for _ in range(times)),
    *(("back", k) for k in range(MOST_OPERATIONS)),
    *(("number", i) for i in range(CONSTANTS_AT_MOST) for _ in range(10)),
)
PLACE = st.sampled_from(PLACES)


def sketches_of(rows: Sequence[Operation], forms: Sequence[Form], max_lines: int) -> SearchStrategy[list[Sketch]]:
    """Lists of lines not yet put together: any of them can be left out, which is how a failing program shrinks."""
    # operators three times: they join branches, which functions of one number never do
    lines = [applied(row) for row in (*rows, *[row for row in rows if row.operator] * 2)]
    lines += [st.tuples(st.just(form), st.tuples(*[PLACE] * PYTHON_ARITY[form])) for form in forms]
    line = st.sampled_from(lines).flatmap(lambda chosen: chosen)
    shorter = st.lists(line, min_size=1, max_size=max_lines)
    return st.one_of(shorter, st.lists(line, min_size=(max_lines + 1) // 2, max_size=max_lines))


def applied(row: Operation) -> SearchStrategy[Sketch]:
    """One application of a row."""
    count = len(row.shape.parameters)
    if row.shape.lists:
        return st.integers(1, 4).flatmap(
            lambda size: st.tuples(st.just(form_of(row, size * count)), st.tuples(*[PLACE] * (size * count)))
        )
    order = st.tuples(st.just("order"), st.integers(0, 3))
    places = st.tuples(*(order if i in row.shape.orders else PLACE for i in range(count)))
    return st.tuples(st.just(form_of(row, count)), places)


def put_together(
    inputs: Sequence[float], constants: Sequence[float], sketch: Sequence[Sketch], keep: Callable[[Line], bool]
) -> Program:
    """The program of the lines that are kept, for the result that most of them lead to."""
    names = INPUT_NAMES[: len(inputs)]
    lines: list[Line] = []
    carrying = set(names)  # what is a Value for certain when the inputs are
    loose: list[str] = []  # the lines that no other uses yet
    for form, places in sketch:
        xs: list[Operand] = []
        for kind, x in places:
            if kind == "back" and x < len(lines):
                xs.append(loose[-1 - x % len(loose)] if len(loose) > 1 else lines[-1 - x].name)
            elif kind in ("input", "back"):
                xs.append(names[x % len(names)])
            else:
                xs.append(constants[x % len(constants)] if kind == "number" else x)
        if not carrying.intersection(x for x in xs if isinstance(x, str)):
            # plain numbers alone are Python's affair, and its whole numbers have no largest
            xs[next(i for i, (kind, _) in enumerate(places) if kind != "order")] = names[0]
        line = Line(f"t{len(lines) + 1}", form, tuple(xs))
        if keep(line):
            lines.append(line)
            loose = [*(name for name in loose if name not in xs), line.name]
            if not form.is_plain:
                carrying.add(line.name)
    return Program.of(dict(zip(names, inputs, strict=True)), lines)


def programs_of(
    sketches: SearchStrategy[list[Sketch]],
    number: SearchStrategy[float],
    constant: SearchStrategy[float],
    max_inputs: int,
    fits: Fits | None = None,
) -> SearchStrategy[Program]:
    """Programs put together from a sketch, inputs and constants, without the lines that do not fit."""
    inputs = st.lists(number, min_size=1, max_size=max_inputs)
    constants = st.lists(constant, min_size=1, max_size=CONSTANTS_AT_MOST)

    @st.composite
    def random_program(draw: st.DrawFn) -> Program:
        xs = draw(inputs)
        keep = keep_every_line if fits is None else keep_what_fits(fits, xs)
        program = put_together(xs, draw(constants), draw(sketches), keep)
        assume(program.lines)
        return program

    return random_program()


def keep_every_line(line: Line) -> bool:
    """The whole program, whether or not it has a value."""
    return True


def keep_what_fits(fits: Fits, inputs: Sequence[float]) -> Callable[[Line], bool]:
    """Whether a line fits, asked of one line after the other: those that do are computed."""
    values: dict[str, float] = dict(zip(INPUT_NAMES, inputs, strict=False))

    def keep(line: Line) -> bool:
        row: Operation = line.form.operation  # type: ignore[assignment]  # no forms of plain Python among these
        xs = [values[x] if isinstance(x, str) else float(x) for x in line.operands]
        fitting = fits(row, xs)
        if fitting:
            values[line.name] = row.evaluate(xs)
        return fitting

    return keep
