"""Programs compared with handwritten NumPy: `python tests/benchmarks/replay.py [quick] [PART …]`.

A program is a traced computation, which is replayed for new numbers. Everything runs in one thread, and ratios are
medians. A line of the output shows the bound, if there is one, and marks a result above the bound. The exit status is 0
even then, because ratios to NumPy depend on the machine and on the kernel that NumPy's BLAS uses; this kernel's name is
printed. CasADi, JAX and PyTorch are measured too if they are installed (`replay_others.py`). The workloads are in
`replay_works.py`. Without the native engine there is nothing to measure.
"""

import gc
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from array import array
from pathlib import Path

import replay_others as others
import replay_works as works
from replay_others import np

from autograd_core import ENGINE, Program
from autograd_core._program.native import CONVOLUTIONS, EXACT, Table, prepare

QUICK = "quick" in sys.argv[1:]
ROUNDS = 7 if QUICK else 25


def ratio(base, work, seconds=0.01):
    """Return the median ratio of `work` to `base` over alternating runs, and the median seconds of both."""
    counts = [max(1, round(seconds / timed(thing, 1))) for thing in (base, work)]
    bases, of_works = [], []
    for _ in range(ROUNDS):
        bases.append(timed(base, counts[0]))
        of_works.append(timed(work, counts[1]))
    ratios = [b / a for a, b in zip(bases, of_works, strict=True)]
    return statistics.median(ratios), statistics.median(bases), statistics.median(of_works)


def timed(work, count):
    begin = time.process_time()  # processor time, in which other work on the machine does not count
    for _ in range(count):
        work()
    return (time.process_time() - begin) / count


def best(work, rounds=5):
    """Return the processor time of the fastest of a few runs, since a single run on a shared machine is unreliable."""
    found = []
    for _ in range(rounds):
        gc.collect()
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


def say(work, measured, bound, unit="× NumPy", more=""):
    mark = "" if bound is None or measured <= bound else "  ABOVE"
    limit = "" if bound is None else f"(at most {bound:g})"
    print(f"{work:62} {measured:9.3f} {unit:10} {limit:15} {more}{mark}", flush=True)


def over_rows(work, count, *, fast=False, passes=None):
    """Return a function that computes the values and summed gradients of `count` rows, and its NumPy equivalent."""
    prepared = prepare(work.listing, fast=fast, passes=passes)
    tables = [Table(numbers, width, True) for numbers, width in work.rows(count)]
    values, summed = np.zeros(count), np.zeros(work.listing.inputs + work.listing.parameters)
    weights = work.weights()

    def call():
        prepared.play(tables, weights, count, values, None, summed)

    hand = work.by_hand(count)
    call()
    expected = hand()
    found = summed[work.listing.inputs :]
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() <= 1e-9 * scale, "the gradients differ from NumPy's"
    return call, hand


def one_point(work):
    player = prepare(work.listing).plan()
    inputs = array("d", np.concatenate([numbers.reshape(1, width)[0] for numbers, width in work.rows(1)]))
    outputs, gradients = array("d", [0.0]), array("d", bytes(8 * (work.listing.inputs + work.listing.parameters)))
    weights = array("d", work.weights())
    point = player.point
    return lambda: point(inputs, weights, outputs, gradients, 1.0)


def in_each_build(title, work, count, bounds, *, fast=False):
    """Compare a batch with handwritten NumPy, for each vector width that this machine supports."""
    for build, bound in bounds.items():
        if build not in others.builds():
            continue
        os.environ["AUTOGRAD_CORE_LANES"] = build
        call, hand = over_rows(work, count, fast=fast)
        found, base, own = ratio(hand, call)
        say(f"{title}, {build}", found, bound, more=f"{own * 1e6:.1f} µs, NumPy {base * 1e6:.1f}")
    os.environ.pop("AUTOGRAD_CORE_LANES", None)


def small_network():
    work = works.small_network()
    operations = len(work.listing.code)
    say(f"tracing and preparing the {operations}-operation loss", best(work.again) * 1e3, 5.0, "ms")
    call = one_point(work)
    spent = statistics.median(timed(call, 1000) for _ in range(ROUNDS))
    say("its value and gradients, one point, from Python", spent / operations * 1e9, 1.5, "ns/op", f"{spent * 1e6:.2f} µs")
    in_each_build("batch of 100, exact", work, 100, {"avx512": None, "avx2": 0.25, "generic": 0.5})
    in_each_build("batch of 10,000, exact", work, 10_000, {"avx512": 0.4, "avx2": 0.4, "generic": 0.4})
    others.beside(work, 100, ratio, say)
    stats = prepare(work.listing).stats()
    say("bytes per operation, in the list", stats["bytes_of_list"] / operations, 20, "bytes")
    say("bytes per operation, in the plan", stats["bytes_of_plan"] / operations, None, "bytes")


def photographs():
    work = works.classifier([784, 128, 10])
    operations = len(work.listing.code)
    in_each_build("784-128-10, batch of 100, exact", work, 100, {"avx512": 2.5, "avx2": 2.5, "generic": None})
    in_each_build("784-128-10, batch of 100, fast", work, 100, {"avx512": 1.25, "avx2": 1.25, "generic": None}, fast=True)
    say(f"tracing and preparing that {operations:,}-operation graph", best(work.again, 3), 0.3, "s")
    stats = prepare(work.listing).stats()
    say("bytes per operation, in the list", stats["bytes_of_list"] / operations, 20, "bytes")
    say("bytes per operation, in the plan", stats["bytes_of_plan"] / operations, 1, "bytes")
    others.beside(work, 100, ratio, say)


def convolution():
    """Compare a convolutional network with handwritten NumPy, and with a plan prepared without the convolution pass."""
    work = works.convolutional()
    print(prepare(work.listing).explain())
    in_each_build("8×8, 8 and 8 filters of 3×3, batch of 100, exact", work, 100, dict.fromkeys(("avx512", "avx2", "generic")))
    for fast, title in ((False, "exact"), (True, "fast")):
        call, hand = over_rows(work, 100, fast=fast)
        found, base, own = ratio(hand, call)
        say(f"the same, {title}, widest vectors", found, None, more=f"{own * 1e6:.1f} µs, NumPy {base * 1e6:.1f}")
    call, _ = over_rows(work, 100)
    without, _ = over_rows(work, 100, passes=EXACT & ~CONVOLUTIONS)
    found, base, own = ratio(without, call)
    say("the same, compared with its plan without convolutions", found, None, "× without", f"{own * 1e6:.1f} µs, {base * 1e6:.1f}")


def two_million():
    work = works.classifier([784, 1600, 450, 10])
    for fast in (False, True):
        call, hand = over_rows(work, 100, fast=fast)
        found, base, own = ratio(hand, call, 0.1)
        kind = "fast" if fast else "exact"
        say(f"{work.listing.parameters:,} parameters, batch of 100, {kind}", found, 1.75,
            more=f"{own * 1e3:.1f} ms, NumPy {base * 1e3:.1f}")  # fmt: skip


def two_branches():
    """Compare rows that are divided equally between two branches with rows that all take one branch."""
    one, other = works.branches()
    count = 1000
    numbers = np.random.default_rng(0).uniform(0.5, 2.0, (count, 2))
    mixed = numbers * np.where(np.arange(count) % 2 == 0, 1.0, -1.0)[:, None]
    plans = [prepare(listing) for listing in (one, other)]
    values, summed = np.zeros(count), [np.zeros(4), np.zeros(4)]

    def play(plan, rows, into):
        return plan.play([Table(rows, 2, True)], [0.5, 0.25], len(rows), values[: len(rows)], None, into)

    def split():
        strays = play(plans[0], mixed, summed[0])
        play(plans[1], np.ascontiguousarray(mixed[strays]), summed[1])

    found, base, own = ratio(lambda: play(plans[0], numbers, summed[0]), split)
    say("two branches, each with half of the rows", found, 4.0, "× one", f"{own * 1e6:.0f} µs, one {base * 1e6:.0f}")


def gpt():
    work = works.Gpt()
    operations = len(work.listing.code)
    call, hand = one_point(work), work.by_hand()
    found, base, own = ratio(hand, call)
    say(f"the scalar GPT, {operations:,} operations, loss and gradients", found, 0.5,
        more=f"{own * 1e6:.0f} µs, {own / operations * 1e9:.2f} ns/op; NumPy {base * 1e6:.0f}")  # fmt: skip
    found, base, own = ratio(hand, work.traced_step())
    say("the same through @traced, loss(tokens).backward()", found, 0.5, more=f"{own * 1e6:.0f} µs, NumPy {base * 1e6:.0f}")
    found, base, own = ratio(work.eager_step, work.again, 0.05)
    say("tracing and preparing the scalar GPT", found, 5.0, "× eager", f"{own * 1e3:.1f} ms, an eager step {base * 1e3:.1f}")


def streaming():
    """Measure the time and the additional memory for the rows of files that are never read as a whole."""
    work, count = works.small_network(), 100_000 if QUICK else 1_000_000
    program = Program(work.loss, work.inputs, work.parameters)
    with tempfile.TemporaryDirectory() as directory:
        columns = [np.memmap(Path(directory, f"{i}"), np.float64, "w+", shape=count) for i in range(3)]
        for column in columns:
            column[:] = np.random.default_rng(0).uniform(-1.0, 1.0, count)
        seconds = best(lambda: program.over_rows().backward(*columns), 1)
        tracemalloc.start()
        program.over_rows().backward(*columns)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    say(f"{count:,} rows of files, values and gradients", seconds, None, "s", f"{count / seconds / 1e6:.1f} million per second")
    say("additional memory, including the values", memory / count, None, "bytes/row", f"{memory / 1e6:.0f} MB")


def main():
    if ENGINE != "native":
        sys.exit("the C player is part of the native engine, which is not in use")
    print(f"NumPy {np.__version__}, BLAS kernel {others.blas_kernel()}; {others.installed()}; passes {EXACT}")
    parts = {part.__name__: part for part in (small_network, photographs, convolution, two_branches, gpt, streaming, two_million)}
    for name in [name for name in parts if name in sys.argv] or list(parts)[: -1 if QUICK else None]:
        gc.collect()
        parts[name]()


if __name__ == "__main__":
    main()
