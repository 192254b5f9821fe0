"""A data set is streamed through a program: the additional memory does not grow with the width of a row."""

import tracemalloc

import pytest

import autograd_core as ag
from autograd_core import ENGINE, Value, trace

np = pytest.importorskip("numpy", reason="needs NumPy")
WIDE = 20
COUNT, BLOCK = (200_000, 20_000) if ENGINE == "native" else (3_000, 300)


def held(program, data):
    """Return the peak of memory besides the data and the results, in bytes, and the progress that was reported."""
    seen = []
    tracemalloc.start()
    values = program.over_rows(progress=lambda done, count: seen.append((done, count))).backward(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - values.nbytes, seen


def test_rows_of_a_file_are_read_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("autograd_core._program.many_rows.BLOCK", BLOCK)
    weights = [Value(0.1 * i - 1.0) for i in range(WIDE)]
    program = trace(lambda xs: ag.tanh(ag.dot(list(xs), weights)), np.zeros(WIDE))
    data = np.memmap(tmp_path / "data", np.float64, "w+", shape=(COUNT, WIDE))
    data[:] = np.random.default_rng(0).normal(size=data.shape)
    program.over_rows().backward(data[:100])  # allocates everything that is allocated only once
    less, _ = held(program, data[: COUNT // 2])
    most, seen = held(program, data)
    assert most - less <= 48 * COUNT / 2  # a row has 160 bytes, and one number is returned for it
    assert seen[-1] == (COUNT, COUNT) and len(seen) == COUNT // BLOCK
    for w in weights:
        w.zero_grad()
    values = program.over_rows().backward(data)
    due = np.tanh(data @ [w.data for w in weights])
    assert np.allclose(values, due, rtol=1e-12)
    assert np.allclose([w.grad for w in weights], (1.0 - due**2) @ data, rtol=1e-9)
