"""Processor seconds per epoch of a 64-32-10 network on the real digits, for both engines and for micrograd.

    python tests/benchmarks/digits.py [--rounds 3]

All three run the same program: 1,437 images in batches of 16, the multi-class hinge loss (micrograd has no logarithm)
and plain gradient descent. They run in turns, in separate processes, and the fastest of the rounds is reported. Times
are seconds of processor time, which does not include the time of other programs on the machine. micrograd runs only two
batches, and its time is scaled up to an epoch. An engine that is not built, or a package that is not installed, is
reported and left out.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import subprocess
import sys
import time

BATCH = 16
OURS = ("autograd_core", "nn")
RUNNERS = {"python": OURS, "native": OURS, "micrograd": ("micrograd.engine", "micrograd.nn")}
SHARES = {"python": 1.0, "native": 1.0, "micrograd": 0.02}


def epoch(runner: str, share: float) -> float:
    """Return the processor seconds for an epoch, estimated from a part of the epoch."""
    value, network = (importlib.import_module(name) for name in RUNNERS[runner])
    from nn.datasets import digits

    train, _ = digits().split(0.2, seed=0)
    rows = list(zip(train.inputs, train.targets, strict=True))
    random.seed(0)
    model = network.MLP(64, [32, 10])
    parameters = model.parameters()
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    batches = batches[: max(1, round(share * len(batches)))]
    hinge = value.Value.relu
    start = time.process_time()
    for batch in batches:
        losses = []
        for x, t in batch:
            scores = model(x)
            losses += [hinge(s - scores[t] + 1.0) for j, s in enumerate(scores) if j != t]
        loss = sum(losses[1:], losses[0]) * (1.0 / len(batch))
        model.zero_grad()
        loss.backward()
        for p in parameters:
            p.data -= 0.01 * p.grad
    return (time.process_time() - start) * len(rows) / sum(map(len, batches))


def measured(runner: str) -> float | str:
    """Return the seconds that a separate process measures, or the reason why it cannot measure them."""
    engine = {"AUTOGRAD_CORE_ENGINE": runner} if runner != "micrograd" else {}
    done = subprocess.run(
        [sys.executable, __file__, "--run", runner], capture_output=True, text=True, check=False,
        env={**os.environ, **engine, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each program is measured (default 3)")
    parser.add_argument("--run", choices=RUNNERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(epoch(options.run, SHARES[options.run]))
        return
    best: dict[str, float] = {}
    missing: dict[str, str] = {}
    for _ in range(options.rounds):
        for runner in RUNNERS:
            found = missing.get(runner) or measured(runner)
            if isinstance(found, str):
                missing[runner] = found
            else:
                best[runner] = min(found, best.get(runner, found))
    print("an epoch of 64-32-10 on the digits, in batches of 16, one image at a time")
    for runner, seconds in best.items():
        beside = f"{best['micrograd'] / seconds:8.1f} × as fast as micrograd" if "micrograd" in best else ""
        print(f"{runner:10} {seconds:9.3f} s {1000 * seconds / 1437:9.3f} ms per image {beside}")
    for runner, reason in missing.items():
        print(f"{runner:10} not measured: {reason}")


if __name__ == "__main__":
    main()
