"""How `nn.fit` trains.

Read `settings.py` (its checked arguments) and `training.py` (one run, epoch by epoch); `programs.py` (a model's work on
an example, traced and replayed), with `draws.py` (random numbers as inputs), `packed.py` (a batch in one call),
`arrays.py` (steps without Values) and `sums.py` (gradients summed over rows); `shared.py` and `worker.py` (gradients
from other processes), with `carried.py` (rows on their way) and `halves.py` (the order of adding); `evaluation.py`
(loss and accuracy) and `progress.py` (the line on the terminal).
"""
