"""The other systems that `replay.py` measures, if they are installed, and the features of the machine."""

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))  # before NumPy is imported, because NumPy reads them only at its import
np = importlib.import_module("numpy")

NAMES = ("casadi", "jax", "torch")


def installed():
    """Return a description of the other systems that are installed."""
    there = [name for name in NAMES if importlib.util.find_spec(name)]
    return f"also measured: {', '.join(there)}" if there else "none of CasADi, JAX and PyTorch is installed"


def builds():
    """Return the names of the C code's builds, one for each vector width that this machine supports."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = ["generic"]
    if "avx2" in flags and "fma" in flags:
        found.append("avx2")
    if "avx512dq" in flags and "avx512vl" in flags:
        found.append("avx512")
    return found


def blas_kernel():
    """Return the name of the kernel that NumPy's OpenBLAS has chosen."""
    for library in sorted((Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas*")):
        for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename"):
            function = getattr(ctypes.CDLL(str(library)), name, None)
            if function is not None:
                function.restype = ctypes.c_char_p
                return function().decode()
    return "unknown"


def beside(work, count, ratio, say):
    """Compare each of the other systems with handwritten NumPy on the same batch."""
    hand = work.by_hand(count)
    if importlib.util.find_spec("torch"):
        found, _, own = ratio(hand, torch_step(work, count))
        say(f"  PyTorch's arrays, {count} rows", found, None, more=f"{own * 1e6:.1f} µs")
    if importlib.util.find_spec("casadi") and len(work.listing.code) < 1000:
        for kind, call in casadi_steps(work, count):
            found, _, own = ratio(hand, call)
            say(f"  CasADi, {kind}, {count} rows", found, None, more=f"{own * 1e6:.1f} µs")
    if importlib.util.find_spec("jax"):
        found, _, own = ratio(hand, jax_step(work, count))
        say(f"  JAX's arrays, {count} rows", found, None, more=f"{own * 1e6:.1f} µs")


def torch_step(work, count):
    import torch

    torch.set_num_threads(1)
    sizes = work.sizes
    numbers = [torch.tensor(np.ascontiguousarray(x)) for x, _ in work.rows(count)]
    hinge = len(sizes) == 4 and sizes[-1] == 1
    weights = [torch.randn(m, n, dtype=torch.float64, requires_grad=True) for n, m in pairwise(sizes)]
    biases = [torch.zeros(m, dtype=torch.float64, requires_grad=True) for m in sizes[1:]]

    def step():
        here = numbers[0]
        for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
            here = here @ w.T + b
            if k < len(weights) - 1:
                here = torch.relu(here) if hinge else torch.tanh(here)
        loss = torch.relu(1.0 - numbers[1] * here[:, 0]) if hinge else -(numbers[1] * torch.log_softmax(here, 1)).sum(1)
        torch.autograd.grad(loss.sum(), [*weights, *biases])

    return step


def jax_step(work, count):
    import jax

    jax.config.update("jax_enable_x64", True)
    sizes = work.sizes
    x, t = (np.ascontiguousarray(numbers) for numbers, _ in work.rows(count))
    hinge = sizes[-1] == 1
    shapes = list(pairwise(sizes))
    network = [(np.full((m, n), 0.1), np.zeros(m)) for n, m in shapes]

    def loss(network):
        here = x
        for k, (w, b) in enumerate(network):
            here = here @ w.T + b
            if k < len(network) - 1:
                here = jax.nn.relu(here) if hinge else jax.numpy.tanh(here)
        if hinge:
            return jax.nn.relu(1.0 - t * here[:, 0]).sum()
        return -(t * jax.nn.log_softmax(here)).sum()

    step = jax.jit(jax.grad(loss))
    return lambda: jax.block_until_ready(step(network))


def casadi_steps(work, count):
    """Yield the two ways in which CasADi runs the scalar program row by row: its own loop, and generated C code."""
    import casadi

    listing = work.listing
    slots = [casadi.SX.sym(f"s{i}") for i in range(listing.inputs + listing.parameters)]
    slots += [casadi.SX(x) for x in listing.constants]
    rules = {"add": lambda x, y: x + y, "mul": lambda x, y: x * y, "neg": lambda x: -x, "relu": lambda x: casadi.fmax(x, 0)}
    for row, operands in listing.instructions():
        slots.append(rules[row.name](*(slots[i] for i in operands)))
    inputs = casadi.vertcat(*slots[: listing.inputs])
    weights = casadi.vertcat(*slots[listing.inputs : listing.inputs + listing.parameters])
    loss = slots[listing.outputs[0]]
    function = casadi.Function("f", [inputs, weights], [loss, casadi.gradient(loss, weights)])
    mapped = function.map(count)
    rows = np.concatenate([numbers.reshape(count, width) for numbers, width in work.rows(count)], axis=1).T
    point = work.weights()[:, None].repeat(count, 1)
    yield "its own loop", lambda: mapped(rows, point)
    with tempfile.TemporaryDirectory() as directory:
        source, library = Path(directory, "f.c"), Path(directory, "f.so")
        function.generate(source.name, {"with_header": False})
        shutil.move(source.name, source)
        subprocess.run([os.environ.get("CC", "cc"), "-O3", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
        compiled = casadi.external("f", str(library)).map(count)
        yield "its C, compiled with cc -O3", lambda: compiled(rows, point)


if __name__ == "__main__":
    sys.exit("run replay.py")
