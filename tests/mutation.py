"""Mutation test: change one local derivative or one flat region at a time, and run the suite, which must then fail.

    python tests/mutation.py                        all mutants, two at a time
    python tests/mutation.py --sample 12 --seed 1   a random sample of 12 mutants
    python tests/mutation.py --only tanh --list     list the mutants of tanh
    python tests/mutation.py --translator           mutants of the translator of rows, with the translator's own tests

A row is an entry of the operations table, which defines an operation and its derivatives. A mutant is a copy of the
package with one change; it is killed if a test fails, and survives otherwise. Each local derivative of every row is
scaled by 1.001 and flipped in sign. A derivative is flat where the operation is locally constant; each statement of
where that is the case is changed to "never". In the formulas, and in the special functions behind them, each branch is
dropped in turn: a condition is made always or never true, and an error handler raises its error again.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# These are imported once, because each mutant runs in a fork of this process. This process must not import
# autograd_core itself.
import hypothesis
import mpmath  # noqa: F401  # see above
import numpy  # noqa: F401  # see above
import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "autograd_core"
MODULES = (
    "ops.py", "_operations/derivatives.py", "_operations/special.py", "_operations/activations.py",
    "_operations/series.py", "_operations/exact.py", "_operations/domains.py", "_operations/values.py",
)  # fmt: skip
# The tests of derivatives, the quickest first.
RELEVANT = (
    "checking/test_check.py::test_every_right_row_is_accepted", "checking/test_check.py::test_a_kink_of_an_operation_is_named",
    "checking/test_check.py::test_the_angle_has_a_kink_on_the_negative_axis_alone", "engine/test_errors.py", "operations/test_special.py",
    "operations/test_softmax.py", "operations/test_table.py", "operations/test_flat.py", "operations/test_accuracy.py", "operations/test_rules.py", "strategies/test_composites.py", "operations/test_transparency.py",
)  # fmt: skip
# The translator of rows, whose branches are dropped too. The quickest test, which compares the kernels, comes first.
TRANSLATOR = (
    "_translation/expressions.py", "_translation/loops.py", "_translation/calls.py", "_translation/assigning.py",
    "_translation/statements.py", "_translation/braces.py",
    "_translation/in_c.py", "_translation/rows.py", "_translation/translator.py", "_translation/source.py",
)  # fmt: skip
OF_TRANSLATOR = (
    "translation/test_in_c.py::test_the_kernels_of_the_engine_are_those_of_the_rows", "translation/test_translator.py",
    "translation/test_in_c.py", "translation/test_in_javascript.py", "translation/test_in_numpy.py",
)  # fmt: skip
# The names in ops.py for the conditions under which a product and a fraction are flat.
NAMED = {"FACTORS": ("y_is_zero", "x_is_zero"), "FRACTION": ("y_is_infinite", "x_is_zero")}
SLOPES_AT = {"unary_row": (1,), "binary_row": (1, 2), "many_row": (2,)}
SECONDS = 150  # of processor time: five times as much as the suite takes, because some mutants never end
BROKEN = 99  # the exit code of a process that could not run the suite
# Mutants that compute the same numbers as the original, each with a proof; they are counted separately.
EQUIVALENT: dict[str, str] = {
    "shifted: branch 5 always (r)": "e + e * 0.0 is e: exp of a number up to 0 is finite",
    "logaddexp_slope: branch 1 always (lost)": "s + s * t * 0.0 is s: sigmoids are finite",
    "product_slopes: branch 1 always (any((type(x) is Value for x in xs)))": "each is correctly rounded either way",
    "products_of_others: branch 1 always (not all(map(math.isfinite, xs)))": "each is correctly rounded either way",
}


@dataclass(frozen=True)
class Mutant:
    """One change to one module."""

    name: str
    module: str
    source: str
    rows: tuple[str, ...] = ()  # where the mutant is likely to be caught


def mutants() -> list[Mutant]:
    """Return every mutant of the modules, in the order of the modules."""
    trees = {module: ast.parse((PACKAGE / module).read_text(encoding="utf-8")) for module in MODULES}
    users = _users([statement for tree in trees.values() for statement in tree.body])
    found: list[Mutant] = []
    for module, tree in trees.items():
        if module == "ops.py":
            found.extend(_slopes(tree, module))
            found.extend(_flat(tree, module))
        found.extend(_branches(tree, module, users))
    return found


def mutants_of_translator() -> list[Mutant]:
    """Return every mutant of the translator of rows."""
    trees = {module: ast.parse((PACKAGE / module).read_text(encoding="utf-8")) for module in TRANSLATOR}
    return [mutant for module, tree in trees.items() for mutant in _branches(tree, module, {})]


def _users(statements: Sequence[ast.stmt]) -> dict[str, tuple[str, ...]]:
    """Return, for each function, the rows that use it directly or through other functions."""
    used: dict[str, set[str]] = {}
    rows = {row for _, row in map(_place, statements) if row}
    for statement in statements:
        words = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        words |= {node.attr for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
        used.setdefault(_place(statement)[0], set()).update(words)
    users: dict[str, tuple[str, ...]] = {}
    for name in used:
        reached, waiting = {name}, [name]
        while waiting:
            word = waiting.pop()
            more = {user for user, words in used.items() if word in words} - reached
            reached |= more
            waiting.extend(more - rows)
        users[name] = tuple(sorted(reached & rows))
    return users


def _rows(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SLOPES_AT:
            yield node.target.id, call


def _slopes(tree: ast.Module, module: str) -> Iterator[Mutant]:
    """Yield mutants with a local derivative scaled or flipped in sign; a constant 0 becomes 0.001."""
    for name, call in _rows(tree):
        kind = call.func.id if isinstance(call.func, ast.Name) else ""
        for number, position in enumerate(SLOPES_AT[kind]):
            original = call.args[position]
            text = ast.unparse(original)
            if text == "NAN":
                continue  # not a variable
            changes = {"scaled by 1.001": "{} * 1.001", "sign flipped": "-({})"}
            if text == "0.0":
                changes = {"0 made 0.001": "0.001"}
            for what, change in changes.items():
                if kind == "many_row":
                    changed = f"lambda xs, z: [{change.format('d')} for d in ({text})(xs, z)]"
                elif isinstance(original, (ast.Constant, ast.UnaryOp)) or text in ("LN2", "LN10"):
                    changed = change.format(text)
                else:
                    changed = f"lambda *operands: {change.format(f'({text})(*operands)')}"
                call.args[position] = ast.parse(changed, mode="eval").body
                yield Mutant(f"{name}: derivative {number + 1} {what}", module, ast.unparse(tree), (name,))
            call.args[position] = original


def _flat(tree: ast.Module, module: str) -> Iterator[Mutant]:
    """Yield mutants in which one condition for a flat derivative is changed to never.

    Changing it to always would make no difference, because the condition is evaluated only where the derivative is 0,
    and most derivatives are 0 only where they are flat.
    """
    for name, call in _rows(tree):
        many = isinstance(call.func, ast.Name) and call.func.id == "many_row"
        for keyword in call.keywords:
            if keyword.arg not in ("flat", "flat_beside"):
                continue
            original = keyword.value
            stated = original.elts if isinstance(original, ast.Tuple) else [original]
            if isinstance(original, ast.Name) and original.id in NAMED:
                stated = [ast.Name(predicate, ast.Load()) for predicate in NAMED[original.id]]
            for number, one in enumerate(stated):
                if isinstance(one, ast.Constant):
                    continue  # the condition is None
                never = ast.parse("lambda xs, variable: [False] * len(xs)" if many else "lambda *xs: False", mode="eval")
                others = [never.body if i == number else x for i, x in enumerate(stated)]
                keyword.value = never.body if many else ast.Tuple(others, ast.Load())
                yield Mutant(f"{name}: {keyword.arg} {number + 1} never", module, ast.unparse(tree), (name,))
                keyword.value = original


def _branches(tree: ast.Module, module: str, users: dict[str, tuple[str, ...]]) -> Iterator[Mutant]:
    """Yield mutants with a condition made always or never true, or an error handler that raises the error again."""
    counts: dict[str, int] = {}
    methods = [inner for outer in tree.body for inner in (outer.body if isinstance(outer, ast.ClassDef) else [outer])]
    for statement in methods:
        where, row = _place(statement)
        rows = (row,) if row else users.get(where, ())
        for node in ast.walk(statement):
            if isinstance(node, (ast.If, ast.IfExp)):
                test, counts[where] = node.test, counts.get(where, 0) + 1
                for answer in (True, False):
                    node.test = ast.Constant(answer)
                    what = f"{'always' if answer else 'never'} ({ast.unparse(test)})"
                    yield Mutant(f"{where}: branch {counts[where]} {what}", module, ast.unparse(tree), rows)
                node.test = test
            elif isinstance(node, ast.ExceptHandler):
                body, counts[where] = node.body, counts.get(where, 0) + 1
                node.body = [ast.Raise()]
                what = f"no longer catches {ast.unparse(node.type) if node.type else 'every error'}"
                yield Mutant(f"{where}: branch {counts[where]} {what}", module, ast.unparse(tree), rows)
                node.body = body


def _place(statement: ast.stmt) -> tuple[str, str]:
    """Return the name that a statement defines, and the row's name if the statement defines a row."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return statement.name, ""
    for name, _ in _rows(ast.Module([copy.deepcopy(statement)], [])):
        return name, name
    return f"line {statement.lineno}", ""


def child(mutant: Mutant | None, directory: Path) -> int:
    """Run the suite against the mutant in a separate process; return its exit code."""
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(PACKAGE, directory / "autograd_core", ignore=ignored)
    if mutant is not None:
        (directory / "autograd_core" / mutant.module).write_text(mutant.source, encoding="utf-8")
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))
    os.chdir(directory)
    sys.path.insert(0, str(directory))
    os.environ.update(AUTOGRAD_CORE_ENGINE="python", HYPOTHESIS_PROFILE="mutant", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    output = os.open("output", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # a failing example need not be shrunk
    hypothesis.settings.register_profile(
        "mutant", derandomize=True, deadline=None, max_examples=200, database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    relevant = OF_TRANSLATOR if mutant is not None and mutant.module in TRANSLATOR else RELEVANT
    suite = [str(HERE / name) for name in relevant if (HERE / name.split("::")[0]).exists()]
    stages = [suite[:1], suite]
    if mutant is not None:
        # first the tests that are likely to catch the mutant: those of its rows, then those whose names contain the
        # mutant's name or the name of one of its rows
        names = [mutant.name.split(":")[0].replace("line ", "line_"), *mutant.rows]
        first = [f"{suite[0]}[{row}]" for row in mutant.rows] or suite[:1]
        stages = [first, [*suite, "-k", " or ".join(names)], suite]
    for tests in stages:
        options = ["-x", "-q", "--no-header", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]
        place = ["-c", str(HERE.parent / "pyproject.toml"), "--rootdir", str(directory)]
        code = pytest.main([*options, *place, *tests])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return int(code)
    return 0


def run_all(every: Sequence[Mutant | None], jobs: int) -> Iterator[tuple[Mutant | None, str, float]]:
    """Yield each mutant (None: the unchanged package), the test that killed it ("" if it survived) and the seconds."""
    waiting = list(reversed(every))
    running: dict[int, tuple[Mutant | None, Path, float]] = {}
    with tempfile.TemporaryDirectory() as top:
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant, directory = waiting.pop(), Path(tempfile.mkdtemp(dir=top))
                if not (process := os.fork()):
                    try:
                        os._exit(child(mutant, directory))
                    except BaseException:
                        traceback.print_exc()
                        os._exit(BROKEN)
                running[process] = mutant, directory, time.perf_counter()
            time.sleep(0.05)
            for process, (mutant, directory, start) in list(running.items()):
                took = time.perf_counter() - start
                ended, status = os.waitpid(process, os.WNOHANG)
                if not ended:
                    continue
                del running[process]
                yield mutant, _reason(directory / "output", status), took
                shutil.rmtree(directory)


def _reason(output: Path, status: int) -> str:
    """Return the first test that failed, or "" if all passed; raise RuntimeError if the suite could not run."""
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return ""
    if code == -signal.SIGXCPU:
        return f"no end in {SECONDS} s of computing"
    text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    failed = [line for line in text.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if not failed or code not in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        raise RuntimeError(f"the suite could not be run (exit code {code}):\n{text[-2000:]}")
    return failed[0].split(" - ")[0].split("/")[-1]


def main(arguments: list[str] | None = None) -> int:
    """Run the mutants and print a table; return 1 if a mutant survives, 2 if the unchanged package fails the suite."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sample", type=int, help="how many mutants to draw (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="seed for drawing them")
    parser.add_argument("--only", default="", help="only mutants with this in their name")
    parser.add_argument("--jobs", type=int, default=2, help="how many mutants to run at a time")
    parser.add_argument("--translator", action="store_true", help="the translator's mutants instead of the rows'")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    chosen = parser.parse_args(arguments)

    found = mutants_of_translator() if chosen.translator else mutants()
    every = [mutant for mutant in found if chosen.only in mutant.name and mutant.name not in EQUIVALENT]
    drawn = random.Random(chosen.seed).sample(every, min(chosen.sample or len(every), len(every)))
    drawn.sort(key=every.index)
    if chosen.list:
        print("\n".join(mutant.name for mutant in drawn))
        return 0
    survivors: list[str] = []
    # before a full run, test the unchanged package; for a sample, assume that this test has passed
    everything: list[Mutant | None] = [*drawn] if chosen.sample else [None, *drawn]
    for mutant, reason, took in run_all(everything, chosen.jobs):
        if mutant is None:
            if reason:
                print(f"the suite fails for the unchanged package, so no mutant can be judged: {reason}")
                return 2
            continue
        print(f"{'killed  ' if reason else 'SURVIVED'} {took:6.1f} s  {mutant.name:<70} {reason}", flush=True)
        if not reason:
            survivors.append(mutant.name)
    print(f"{len(drawn)} mutants of {len(every)} run, {len(drawn) - len(survivors)} killed, {len(survivors)} survived")
    for name in survivors:
        print(f"  survived: {name}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
