"""How Hypothesis draws a random program: sketches of its lines, and the inputs and constants that complete them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .._operations.operation import Operation
from .programs import INPUT_NAMES, PYTHON_ARITY, Form, Line, Operand, RandomProgram, form_of

MOST_OPERATIONS = 60
# An operand of a line before the program is assembled: ("input", i) for an input; ("back", n) for an earlier line, with
# n = 0 for the line just before; ("number", i) for one of the program's constants; or ("order", n) for the integer n in
# a position where only an integer is allowed. If the results of several lines are not used yet, "back" counts only
# these lines, so that most lines contribute to one result. Hypothesis shrinks a program by leaving out lines, but can
# leave out only lines that it drew with few choices. So each operand is drawn with a single choice, and each line with
# only a few.
Place = tuple[str, int]
Sketch = tuple[Form, tuple[Place, ...]]
CONSTANTS_AT_MOST = 6
# A function that decides, from a line's operation and the values of its operands, whether the line may be kept.
Fits = Callable[[Operation, Sequence[float]], bool]
# Operands are drawn uniformly from this tuple. Most entries stand for one of the last three lines, so that programs are
# deep.
PLACES: tuple[Place, ...] = (
    *(("input", i) for i in range(len(INPUT_NAMES)) for _ in range(10)),
    *(("back", k) for k, times in enumerate((380, 80, 20)) for _ in range(times)),
    *(("back", k) for k in range(MOST_OPERATIONS)),
    *(("number", i) for i in range(CONSTANTS_AT_MOST) for _ in range(10)),
)
PLACE = st.sampled_from(PLACES)


def sketches_of(rows: Sequence[Operation], forms: Sequence[Form], max_lines: int) -> SearchStrategy[list[Sketch]]:
    """Return a strategy for lists of sketches; Hypothesis can leave out any of them to shrink a failing program."""
    # Operators are listed three times because, unlike functions of one number, they join branches of the graph.
    lines = [applied(row) for row in (*rows, *[row for row in rows if row.operator] * 2)]
    lines += [st.tuples(st.just(form), st.tuples(*[PLACE] * PYTHON_ARITY[form])) for form in forms]
    line = st.sampled_from(lines).flatmap(lambda chosen: chosen)
    shorter = st.lists(line, min_size=1, max_size=max_lines)
    return st.one_of(shorter, st.lists(line, min_size=(max_lines + 1) // 2, max_size=max_lines))


def applied(row: Operation) -> SearchStrategy[Sketch]:
    """Return a strategy for sketches of lines that apply a given operation."""
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
) -> RandomProgram:
    """Assemble a program from the lines that `keep` accepts; its result is the line that depends on the most others."""
    names = INPUT_NAMES[: len(inputs)]
    lines: list[Line] = []
    carrying = set(names)  # the names that are certain to be Values when the inputs are Values
    loose: list[str] = []  # the lines that no other line uses yet
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
            # Python would compute an operation on plain numbers alone, with ints of any size, so use an input.
            xs[next(i for i, (kind, _) in enumerate(places) if kind != "order")] = names[0]
        line = Line(f"t{len(lines) + 1}", form, tuple(xs))
        if keep(line):
            lines.append(line)
            loose = [*(name for name in loose if name not in xs), line.name]
            if not form.is_plain:
                carrying.add(line.name)
    return RandomProgram.of(dict(zip(names, inputs, strict=True)), lines)


def programs_of(
    sketches: SearchStrategy[list[Sketch]],
    number: SearchStrategy[float],
    constant: SearchStrategy[float],
    max_inputs: int,
    fits: Fits | None = None,
) -> SearchStrategy[RandomProgram]:
    """Return a strategy for programs that are assembled from sketches of lines, inputs and constants.

    A line is left out if `fits` returns False for it; without `fits`, every line is kept.
    """
    inputs = st.lists(number, min_size=1, max_size=max_inputs)
    constants = st.lists(constant, min_size=1, max_size=CONSTANTS_AT_MOST)

    @st.composite
    def random_program(draw: st.DrawFn) -> RandomProgram:
        xs = draw(inputs)
        keep = keep_every_line if fits is None else keep_what_fits(fits, xs)
        program = put_together(xs, draw(constants), draw(sketches), keep)
        assume(program.lines)
        return program

    return random_program()


def keep_every_line(line: Line) -> bool:
    """Return True, to keep every line, even a line that has no value for these inputs."""
    return True


def keep_what_fits(fits: Fits, inputs: Sequence[float]) -> Callable[[Line], bool]:
    """Return a function that decides, line by line, whether to keep a line, and evaluates each line that is kept."""
    values: dict[str, float] = dict(zip(INPUT_NAMES, inputs, strict=False))

    def keep(line: Line) -> bool:
        row: Operation = line.form.operation  # type: ignore[assignment]  # these lines all apply an operation
        xs = [values[x] if isinstance(x, str) else float(x) for x in line.operands]
        fitting = fits(row, xs)
        if fitting:
            values[line.name] = row.evaluate(xs)
        return fitting

    return keep
