"""Handwritten kernels compared with generated ones: `python tests/benchmarks/kernels.py`.

A kernel is a C function that computes an operation and its local derivatives; generated kernels are translated from the
Python definitions of the operations.

For every handwritten kernel, the output gives the number of points at which all bits of the value and of the local
derivatives agree, and the nanoseconds per call for several numbers of operands, as medians of alternating runs. Both
sets of kernels are compiled into a separate library, for which a C compiler is needed.
"""

import ctypes
import os
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from importlib import util
from pathlib import Path

from autograd_core import TABLE
from autograd_core._checking.ulps import same
from autograd_core._translation.kernels import BY_HAND, kernels, rows_of_numbers

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "autograd_core" / "_native"
FLAGS = [
    "-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-builtin-sin", "-fno-builtin-cos",
    "-fvisibility=hidden", "-w",
]  # fmt: skip  # the same flags as in setup.py
SIZES = (1, 4, 16, 64)
HARNESS = r"""
#include "kernels.h"
#include <time.h>
State S;
static Kernel by_hand[] = {%s, {NULL, NULL, FLAT_BY_ROW, 0}};
__attribute__((visibility("default"))) void *found(const char *name, int generated)
{
    for (Kernel *kernel = generated ? many_kernels : by_hand; kernel->name; kernel++)
        if (strcmp(kernel->name, name) == 0)
            return kernel->function;
    return NULL;
}
__attribute__((visibility("default"))) int call(void *kernel, const double *xs, Py_ssize_t count, double *out)
{
    return ((ManyKernel)kernel)(xs, count, out, out + 1);
}
__attribute__((visibility("default"))) double timed(void *kernel, const double *xs, Py_ssize_t count, int rounds)
{
    struct timespec a, b;
    double out[256];
    volatile double sink = 0.0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int r = 0; r < rounds; r++) {
        call(kernel, xs, count, out);
        sink += out[0];
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / rounds;
}
"""


def points_module():
    """Return the module with the points at which the translator's tests compare kernels."""
    spec = util.spec_from_file_location("points", ROOT / "tests" / "translation" / "points.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def library(directory):
    """Compile both sets of kernels into one library, and load this library."""
    Path(directory, "kernels_generated.c").write_text(kernels(rows_of_numbers(), by_hand=()))
    Path(directory, "harness.c").write_text(HARNESS % ", ".join(f"HAND_WRITTEN_{name.upper()}" for name in BY_HAND))
    names = [NATIVE / "kernels_by_hand.c", Path(directory, "kernels_generated.c"), Path(directory, "harness.c")]
    target = Path(directory, "kernels.so")
    include = [f"-I{NATIVE}", f"-I{sysconfig.get_paths()['include']}"]
    command = [os.environ.get("CC", "cc"), *FLAGS, "-shared", "-fPIC", *include, *map(str, names), "-o", str(target), "-lm"]
    subprocess.run(command, check=True)
    loaded = ctypes.PyDLL(str(target))
    loaded.found.restype, loaded.timed.restype = ctypes.c_void_p, ctypes.c_double
    return loaded


def answered(loaded, kernel, xs):
    """Return the value and the local derivatives, or None if the kernel leaves these to Python."""
    out, count = (ctypes.c_double * 256)(), len(xs)
    done = loaded.call(ctypes.c_void_p(kernel), (ctypes.c_double * count)(*xs), ctypes.c_ssize_t(count), out)
    return out[: count + 1] if done else None


def measured(loaded, both, numbers, runs):
    """Return the nanoseconds per call of the handwritten and of the generated kernel."""
    xs, times = (ctypes.c_double * len(numbers))(*numbers), ([], [])
    for _ in range(runs):
        for kernel, kept in zip(both, times, strict=True):
            kept.append(loaded.timed(ctypes.c_void_p(kernel), xs, ctypes.c_ssize_t(len(numbers)), 20_000))
    return tuple(map(statistics.median, times))


def main():
    points, source = points_module(), random.Random(0)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as directory:
        loaded = library(directory)
        for name in BY_HAND:
            both = [loaded.found(name.encode(), generated) for generated in (0, 1)]
            pairs = [[answered(loaded, kernel, xs) for kernel in both] for xs in points.of_row(TABLE[name])]
            equal = sum(a is b or bool(a and b and all(map(same, a, b))) for a, b in pairs)
            print(f"{name}: the same bits at {equal} of {len(pairs)} points")
            for size in SIZES:
                numbers = [source.uniform(-3.0, 3.0) for _ in range(2 * size)]
                if name == "take":
                    numbers[0] = size - 1.0  # the first operand is the index of one of the others
                hand, made = measured(loaded, both, numbers, runs)
                print(f"    {2 * size:4} operands: {hand:6.1f} ns handwritten, {made:6.1f} ns generated")


if __name__ == "__main__":
    main()
