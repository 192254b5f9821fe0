"""Translated functions compiled and called in C, run by Node, and on NumPy's arrays."""

import ctypes
import json
import os
import shutil
import struct
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import autograd_core
from autograd_core._translation.forms import BOOL, LIST
from autograd_core._translation.in_c import C

NATIVE = Path(autograd_core.__file__).parent / "_native"
INCLUDE = [f"-I{NATIVE}", f"-I{sysconfig.get_paths()['include']}"]
# As in setup.py, with warnings as errors.
FLAGS = ["-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-builtin-sin", "-fno-builtin-cos", "-Wall", "-Wextra", "-Werror"]
ROOM = 4096


def wrapper(function):
    """C code that takes all operands in one array (a list first), and returns what was raised and the results."""
    types = [type for _, type in function.parameters]
    first, after, arguments = types[0] if types else None, "", []
    if first == LIST:
        arguments, after = ["(List){xs, count, 0}"], "count + "
    elif isinstance(first, tuple):
        numbers = ", ".join(f"xs[{i}]" for i in range(len(first)))
        arguments, after = [f"(Tuple_{'d' * len(first)}){{{{{numbers}}}}}"], f"{len(first)} + "
    assert LIST not in types[1:]
    arguments += [f"xs[{after}{i}]" for i in range(len(types) - len(arguments))]
    arguments += ["&memory"] * function.allocates + ["&raised"] * function.raises
    called = f"row_{function.name}({', '.join(arguments)})"
    if function.returns == LIST:
        body = f"List found = {called}; *size = raised ? 0 : found.count; copy_numbers(results, found.at, *size);"
    elif isinstance(function.returns, tuple):
        size = len(function.returns)
        if BOOL in function.returns:
            parts = " ".join(f"results[{i}] = found.part_{i};" for i in range(size))
            body = f"Tuple_{'b' * size} found = {called}; *size = {size}; {parts}"
        else:
            body = f"Tuple_{'d' * size} found = {called}; *size = {size}; copy_numbers(results, found.at, *size);"
    else:
        body = f"*size = 1; results[0] = {called};"
    return (
        f"int call_{function.name}(const double *xs, int64_t count, double *results, int64_t *size)\n"
        f"{{ (void)count; (void)xs; int raised = 0; Memory memory; memory_begin(&memory); {body} memory_end(&memory); return raised; }}\n"
    )


class Compiled:
    """Functions in a shared library, some of which can be called."""

    def __init__(self, functions, called, directory, flags=FLAGS):
        text = C().text(functions)
        source, library = Path(directory, "rows.c"), Path(directory, "rows.so")
        source.write_text('#include "runtime.h"\n' + text + "\n".join(map(wrapper, called)))
        command = [os.environ.get("CC", "cc"), *flags, "-shared", "-fPIC", *INCLUDE, str(source), "-o", str(library), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self.library = ctypes.PyDLL(str(library))
        self.results, self.size = (ctypes.c_double * ROOM)(), ctypes.c_int64()

    def call(self, function, numbers, count=0):
        """The results as a list, or None where Python is to take over; `count` numbers are a list."""
        xs = (ctypes.c_double * max(len(numbers), 1))(*numbers)
        apply = getattr(self.library, f"call_{function.name}")
        raised = apply(xs, ctypes.c_int64(count), self.results, ctypes.byref(self.size))
        return None if raised else list(self.results[: self.size.value])

    def row(self, row, operands, value):
        """A row's value and local derivatives, as points.in_python returns them."""
        count = len(operands) if row.many else 0
        found = self.call(row.value, operands, count)
        if value is None:
            return found and found[0], None
        if row.many:
            return found and found[0], self.call(row.slopes[0], [*operands, value], count)
        slopes = [self.call(slope, [*operands, value]) for slope in row.slopes]
        return found and found[0], [slope and slope[0] for slope in slopes]


def library(text, directory):
    """An exported program in C, compiled."""
    source, compiled = Path(directory, "program.c"), Path(directory, "program.so")
    source.write_text(text)
    flags = ["-std=c11", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    command = [os.environ.get("CC", "cc"), *flags, str(source), "-o", str(compiled), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(compiled))


def gradients_in_c(library, inputs, parameters=(), outputs=1):
    """An exported program's status at a point, and its values and gradients with respect to inputs and parameters."""

    def numbers(xs):
        return (ctypes.c_double * max(len(xs), 1))(*xs)

    y, by_input, by_parameter = numbers([0.0] * outputs), numbers([0.0] * len(inputs)), numbers([0.0] * len(parameters))
    answer = library.program_gradients(numbers(inputs), numbers(parameters), y, by_input, by_parameter)
    return answer, [*y, *by_input[: len(inputs)], *by_parameter[: len(parameters)]]


def hexes(x):
    return struct.pack(">d", x).hex()


def unhex(text):
    return struct.unpack(">d", bytes.fromhex(text))[0]


# Calls functions with arguments that may be lists; answers with bits, or null if something is raised.
CALLER = r"""
const bits = new DataView(new ArrayBuffer(8));
const read = (x) => Array.isArray(x) ? x.map(read) : (bits.setBigUint64(0, BigInt("0x" + x)), bits.getFloat64(0));
function shown(x) {
    if (Array.isArray(x)) return x.map(shown);
    bits.setFloat64(0, Number(x));
    return bits.getBigUint64(0).toString(16).padStart(16, "0");
}
const answer = (asked) => asked.map(([name, ...given]) => {
    try {
        return shown(eval(name)(...given.map(read)));
    } catch (error) {
        if (error instanceof py.Raised) return null;
        throw error;
    }
});
"""
NODE = "console.log(JSON.stringify(answer(JSON.parse(require('fs').readFileSync(0)))));"


def coded(x):
    """Arguments as bits."""
    return [coded(part) for part in x] if isinstance(x, (list, tuple)) else hexes(x)


def decoded(x):
    """Answers from bits."""
    return None if x is None else [decoded(part) for part in x] if isinstance(x, list) else unhex(x)


def node(text, calls, directory):
    """Node's answers to calls of a script's functions, each a name followed by arguments."""
    script = Path(directory, "rows.js")
    script.write_text(text + CALLER + NODE)
    given = json.dumps([[name, *map(coded, arguments)] for name, *arguments in calls])
    done = subprocess.run(["node", str(script)], input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return decoded(json.loads(done.stdout))


def in_chromium(text, calls, directory):
    """A browser's answers to the same calls."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if (chromium := shutil.which("chromium") or shutil.which("google-chrome")) is None:
        pytest.skip("needs Chromium")
    given = [[name, *map(coded, arguments)] for name, *arguments in calls]

    def answers():
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"])
            found = browser.new_page().evaluate(f"(asked) => {{ {text}{CALLER} return answer(asked); }}", given)
            browser.close()
        return found

    # in a separate thread: another test's browser may be open in this one, and Playwright allows only one per thread
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(answers).result()
    return decoded(found)


# The files that are copied into Python modules, and the text that each leaves out because it is already there.
CARRIED = {
    "_translation/numpy_runtime.py": "",
    "_program/numpy_player.py": "from typing import Any\n\nimport numpy as np\n",
    "_program/python_player.py": "",
}


def module(text):
    """The names of a Python module, with copied code compiled at its place in the file that it comes from."""
    names = {}
    for name, left_out in CARRIED.items():
        path = Path(autograd_core.__file__).parent / name
        whole = path.read_text(encoding="utf-8")
        before, carried, after = text.partition(whole.replace(left_out, ""))
        if carried:
            exec(compile(before, "rows", "exec"), names)
            exec(compile(whole.replace(left_out, "\n" * left_out.count("\n")), path, "exec"), names)
            text = after
    exec(compile(text, "rows", "exec"), names)
    return names
