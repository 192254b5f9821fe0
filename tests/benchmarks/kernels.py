"""Generated kernels beside those written by hand: `python tests/benchmarks/kernels.py`.

For every kernel: at how many points both answer, whether every bit is the same there (value and local derivatives, as
the engine records them), at how many only one answers, and nanoseconds a call, the median of interleaved runs over
everyday points. Compiles both into a library of its own; needs a C compiler.
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

from autograd_core._checking.ulps import same
from autograd_core._program.kernels import kernels, rows_of_numbers

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "autograd_core" / "_native"
FLAGS = ["-std=c11", "-O2", "-ffp-contract=off", "-fno-builtin-sin", "-fno-builtin-cos", "-fvisibility=hidden", "-w"]
HARNESS = r"""
#include "kernels.h"
#include <string.h>
#include <time.h>
extern Kernel generated_unary_kernels[], generated_binary_kernels[], generated_many_kernels[];
State S;
__attribute__((visibility("default"))) void *found(const char *name, int arity, int generated, int *flat)
{
    Kernel *hand[] = {many_kernels, unary_kernels, binary_kernels};
    Kernel *made[] = {generated_many_kernels, generated_unary_kernels, generated_binary_kernels};
    for (Kernel *kernel = (generated ? made : hand)[arity]; kernel->name; kernel++)
        if (strcmp(kernel->name, name) == 0) {
            *flat = kernel->flat;
            return kernel->function;
        }
    return NULL;
}
__attribute__((visibility("default"))) int call(void *kernel, int arity, const double *xs, Py_ssize_t count, double *out)
{
    if (arity == 1)
        return ((UnaryKernel)kernel)(xs[0], out, out + 1);
    if (arity == 2)
        return ((BinaryKernel)kernel)(xs[0], xs[1], out, out + 1, out + 2);
    return ((ManyKernel)kernel)(xs, count, out, out + 1);
}
__attribute__((visibility("default"))) double timed(void *kernel, int arity, const double *xs, Py_ssize_t count, int points, int rounds)
{
    struct timespec a, b;
    double out[64];
    volatile double sink = 0.0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < points; i++) {
            call(kernel, arity, xs + i * count, count, out);
            sink += out[0];
        }
    clock_gettime(CLOCK_MONOTONIC, &b);
    return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / ((double)rounds * points);
}
"""


def points_module():
    """The points that the tests of the translator compare at."""
    spec = util.spec_from_file_location("points", ROOT / "tests" / "program" / "points.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def library(directory):
    """Both sets of kernels in one library."""
    Path(directory, "kernels_generated.c").write_text(kernels(rows_of_numbers())[0])
    Path(directory, "harness.c").write_text(HARNESS)
    names = [path for path in NATIVE.glob("kernels*.c") if path.name != "kernels_generated.c"]
    sources = [*names, *NATIVE.glob("special*.c"), Path(directory, "kernels_generated.c"), Path(directory, "harness.c")]
    target = Path(directory, "kernels.so")
    include = [f"-I{NATIVE}", f"-I{sysconfig.get_paths()['include']}"]
    command = [os.environ.get("CC", "cc"), *FLAGS, "-shared", "-fPIC", *include, *map(str, sources), "-o", str(target), "-lm"]
    subprocess.run(command, check=True)
    loaded = ctypes.PyDLL(str(target))
    loaded.found.restype, loaded.timed.restype = ctypes.c_void_p, ctypes.c_double
    return loaded


def answered(loaded, kernel, arity, xs, flat):
    """What the engine would record, or None where the kernel leaves it to Python."""
    out = (ctypes.c_double * 64)()
    count = len(xs)
    done = loaded.call(ctypes.c_void_p(kernel), arity, (ctypes.c_double * count)(*xs), ctypes.c_ssize_t(count), out)
    if not done:
        return None
    slopes = out[1 : 1 + (arity or count)]
    return [out[0], *(slope if flat == 1 else slope + 0.0 for slope in slopes)]


def everyday(row, source):
    """Points at which a program spends its time."""
    size = row.arity or (3 if row.name in ("where", "pow_log") else 8)
    drawn = []
    while len(drawn) < 256:
        xs = [source.uniform(-3.0, 3.0) for _ in range(size)]
        if row.name in ("polygamma", "sinc_derivative", "gamma_derivative"):
            xs[0] = float(source.randint(0, 3))
        if row.name in ("gaussian", "pow_log"):
            xs[-1] = 1.0
        if row.arity is None or row.domain.contains(*xs):
            drawn.append(xs)
    return [x for xs in drawn for x in xs], size


def main():
    points, source = points_module(), random.Random(0)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    ratios = []
    with tempfile.TemporaryDirectory() as directory:
        loaded = library(directory)
        print(f"{'row':18}{'both':>7}{'bits':>7}{'hand':>6}{'made':>6}{'ns hand':>10}{'ns made':>10}{'ratio':>8}")
        for row in rows_of_numbers():
            arity, flats = row.arity or 0, [ctypes.c_int(), ctypes.c_int()]
            hand, made = (loaded.found(row.name.encode(), arity, i, ctypes.byref(flats[i])) for i in (0, 1))
            both = equal = only_hand = only_made = 0
            for xs in points.of_row(row):
                a = hand and answered(loaded, hand, arity, xs, flats[0].value)
                b = made and answered(loaded, made, arity, xs, flats[1].value)
                both += bool(a and b)
                equal += bool(a and b and all(map(same, a, b)))
                only_hand += bool(a and not b)
                only_made += bool(b and not a)
            numbers, size = everyday(row, source)
            xs = (ctypes.c_double * len(numbers))(*numbers)
            times = ([], [])
            for _ in range(runs):
                for kernel, kept in zip((hand, made), times, strict=True):
                    if kernel:
                        kept.append(loaded.timed(ctypes.c_void_p(kernel), arity, xs, ctypes.c_ssize_t(size), 256, 20))
            a, b = (statistics.median(kept) if kept else float("nan") for kept in times)
            ratios.append(b / a)
            verdict = "same" if equal == both else f"{both - equal} off"
            print(f"{row.name:18}{both:7}{verdict:>7}{only_hand:6}{only_made:6}{a:10.1f}{b:10.1f}{b / a:8.2f}")
    known = [ratio for ratio in ratios if ratio == ratio]
    print(f"median ratio {statistics.median(known):.2f}, {sum(r <= 1.03 for r in known)} of {len(known)} within 3 %")


if __name__ == "__main__":
    main()
