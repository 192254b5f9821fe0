"""The implementation of `nn.fit`.

Start with `settings.py` (the checked arguments) and `training.py` (one run, epoch by epoch). `programs.py` traces the
computation for an example and replays it, with the help of `draws.py` (random numbers as inputs), `packed.py` (a batch
in one call), `arrays.py` (steps on arrays instead of Values) and `sums.py` (gradients summed over rows). `shared.py`
and `worker.py` compute gradients in other processes, with the help of `carried.py` (sending rows) and `halves.py` (the
order of addition). `evaluation.py` computes loss and accuracy, and `progress.py` shows progress on the terminal.

These modules share some terms. The eager engine computes node by node, and a sweep is its backward pass. A row is an
example of the training data. A program is a traced computation. If the traced code branches on numbers, the program has
a plan for each path taken; to play a plan is to compute it with new numbers, in C or in Python. `moved` are the
parameters that training updates.
"""
