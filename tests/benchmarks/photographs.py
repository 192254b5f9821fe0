"""A linear network that learns to remove noise from an image: the cost of a step, eager and replayed by a program.

    python tests/benchmarks/photographs.py [--side 50] [--steps 3]

The input and the output are images of side × side pixels, and each output pixel is a weighted sum of all input pixels:
at 50 × 50, that makes 6.25 million weights and 12.5 million operations. The eager engine and the program each run in a
separate process, which reports the duration of the first step (for a program, including tracing and preparing), the
duration of the fastest later step, and the peak memory. The losses must be the same to the last bit.
"""

import argparse
import random
import resource
import subprocess
import sys
import time

from autograd_core import ENGINE, Value, trace
from nn.optim import SGD


def images(side):
    """Return the pixels of a clean image and of the same image with noise."""
    rng = random.Random(0)
    clean = [rng.random() for _ in range(side * side)]
    return clean, [x + rng.gauss(0.0, 0.1) for x in clean]


def trained(way, side, steps):
    """Train, and return the seconds of each step and the losses."""
    clean, noisy = images(side)
    rng = random.Random(1)
    weights = [[Value(rng.gauss(0.0, 1e-3)) for _ in noisy] for _ in clean]
    optimizer = SGD([w for row in weights for w in row], 1e-4)

    def loss(noisy, clean):
        made = [sum(w * x for w, x in zip(row, noisy, strict=True)) for row in weights]
        return sum((y - t) ** 2 for y, t in zip(made, clean, strict=True))

    def eager():
        y = loss(noisy, clean)
        y.backward()
        return y.data

    program, seconds, losses = None, [], []
    for _ in range(steps):
        begin = time.process_time()
        optimizer.zero_grad()
        if way == "eager":
            losses.append(eager())
        else:
            program = program or trace(loss, noisy, clean)
            losses.append(program.backward(noisy, clean))
        optimizer.step()
        seconds.append(time.process_time() - begin)
    return seconds, losses


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--side", type=int, default=50)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--way", choices=["eager", "program"])
    options = parser.parse_args()
    if options.way:
        seconds, losses = trained(options.way, options.side, options.steps)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{seconds[0]:.2f} {min(seconds[1:]):.3f} {memory:.2f} {','.join(x.hex() for x in losses)}")
        return
    print(f"{2 * options.side**4:,} operations, {ENGINE} engine")
    found = []
    for way in ("eager", "program"):
        command = [sys.executable, __file__, "--way", way, "--side", str(options.side), "--steps", str(options.steps)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        first, later, memory, losses = done.stdout.split()
        found.append(losses)
        print(f"{way:8} first step {first} s, later steps {later} s, at most {memory} GB")
    print("the losses are the same to the last bit" if found[0] == found[1] else "THE LOSSES DIFFER")


if __name__ == "__main__":
    main()
