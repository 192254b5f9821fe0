"""How `nn.fit` trains.

Start with `settings.py` (the checked arguments) and `training.py` (one run, epoch by epoch). `programs.py` traces a
model's work on an example and replays it, with the help of `draws.py` (random numbers as inputs), `packed.py` (a batch
in one call), `arrays.py` (steps without Values) and `sums.py` (gradients summed over rows). `shared.py` and `worker.py`
compute gradients in other processes, with the help of `carried.py` (sending rows) and `halves.py` (the order of
addition). `evaluation.py` computes loss and accuracy, and `progress.py` shows progress on the terminal.
"""
