"""How `nn.fit` trains.

Start with `settings.py` (the checked arguments) and `training.py` (one run, epoch by epoch). `programs.py` traces a
model's work on an example and replays it; around it are `draws.py` (random numbers as inputs), `packed.py` (a batch in
one call), `arrays.py` (steps without Values) and `sums.py` (gradients summed over rows). `shared.py` and `worker.py`
compute gradients in other processes, with the help of `carried.py` (rows in transit) and `halves.py` (the order of
addition). `evaluation.py` computes loss and accuracy, and `progress.py` shows the line on the terminal.
"""
