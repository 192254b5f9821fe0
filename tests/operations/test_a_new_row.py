"""A row is all that the package itself needs for a new operation: with one more row, in a copy, the rest follows."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A row with a branch and a helper, and the row that closes it under differentiation.
ROWS = '''
def bent(x: float, side: float) -> float:
    """x beyond a side, and what is left of it inside."""
    if x > side:
        return x * x - side
    return 0.5 * x


bump: Unary = unary_row(lambda x: bent(x, 1.0), lambda x, z: bump_slope(x),
    doc="A parabola that turns into a line.", printed="where({x} > 1, 2 * {x}, 0.5)", numpy_name="bumped",
    kinks=(lambda x: x - 1.0,))
bump_slope: Unary = unary_row(lambda x: 2.0 * x if x > 1.0 else 0.5, lambda x, z: bump_curve(x),
    doc="The slope of bump.", printed="where({x} > 1, 2, 0)", kinks=(lambda x: x - 1.0,), public=False)
bump_curve: Unary = unary_row(lambda x: 2.0 if x > 1.0 else 0.0, 0.0,
    doc="The curve of bump.", kinks=(lambda x: x - 1.0,), public=False)
double: Unary = unary_row(lambda x: x + x, lambda x, z: 2.0 * exp(0.0 * x),
    doc="Twice x.")
'''
FOUND = """
from hypothesis import find
from autograd_core.draw import draw
from autograd_core import ENGINE, TABLE, Value, gradients, ops
from autograd_core._command.expression import parse
from autograd_core._engine.choice import rows_without_kernel
from autograd_core._translation.in_javascript import javascript
from autograd_core._translation.kernels import TARGET, rows_of_numbers
from autograd_core._translation.rows import translated_rows
from autograd_core.check import check_primitive
from autograd_core.strategies import operands, programs

row = TABLE["bump"]
assert ENGINE == "native"
assert ops.bump(3.0) == 8.0 and ops.bump(-2.0) == -1.0
assert Value(3.0).bump().op is row and Value(3.0).bumped().op is row  # as NumPy finds it in an object array
for x in (3.0, 1.0, -0.0, float("inf")):
    y = ops.bump(Value(x))
    assert (y.data, *y.local_derivatives) == (row.evaluate([x]), *row.recorded([x], y.data, [True]))
x = Value(3.0)
[slope] = gradients(ops.bump(x), [x], create_graph=True)
assert (slope.data, gradients(slope, [x])) == (6.0, [2.0])
assert "bump" in draw(ops.bump(x)).source
assert row.derivative_formulas == ("where({x} > 1, 2 * {x}, 0.5)",)
assert TABLE["double"].derivative_formulas == ("2 * exp(0 * {x})",)
assert "kernel_bump(" in TARGET.read_text() and "row_bent(" in TARGET.read_text()
assert "bump" not in rows_without_kernel()
found, translation, refused = translated_rows(rows_of_numbers(), exact=False)
assert not refused and "bump: {" in javascript(found, translation)
assert find(operands(ops.bump), lambda xs: xs[0] > 1.5)[0] > 1.5
assert "bump" in find(programs([ops.bump], forms=()), lambda program: len(program.lines) > 1).source
assert check_primitive(ops.bump).ok
assert parse("bump(x) + 1")(x=3.0) == 9.0
assert ops.bump.__doc__.startswith("A parabola that turns into a line.")
assert "∂/∂x = where(x > 1, 2 * x, 0.5)" in ops.bump.__doc__
"""


def run(directory, *arguments, engine="native"):
    environment = {**os.environ, "PYTHONPATH": str(directory), "AUTOGRAD_CORE_ENGINE": engine}
    environment["AUTOGRAD_CORE_REQUIRE_NATIVE"] = "1"
    done = subprocess.run([sys.executable, *arguments], cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which(os.environ.get("CC", "cc")) is None, reason="needs a C compiler")
def test_a_new_row_is_found_everywhere(tmp_path):
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(ROOT / "autograd_core", tmp_path / "autograd_core", ignore=ignored)
    shutil.copy(ROOT / "setup.py", tmp_path)  # without the metadata, which an older setuptools might not understand
    table = tmp_path / "autograd_core" / "ops.py"
    rows, publishes, rest = table.read_text(encoding="utf-8").rpartition("publish(globals())")
    table.write_text(f"{rows}{ROWS}\n{publishes}{rest}", encoding="utf-8")
    run(tmp_path, "-m", "autograd_core._translation.kernels", engine="python")
    run(tmp_path, "setup.py", "-q", "build_ext", "--inplace", engine="python")
    run(tmp_path, "-c", textwrap.dedent(FOUND))
