"""How to watch training: progress on the terminal, and the history as a line of text and as a plot."""

import sys
import types

import pytest

from autograd_core import tanh
from nn import MLP, Layer, accuracy, fit, squared_error
from nn.history import History
from nn.init import constant

LINE = ([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0])


def line_model():
    return Layer(1, 1, nonlin=False, init=constant(0.0))


class Terminal:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def watched(monkeypatch):
    """Replace stderr with a simulated terminal until the end of the test, and return it."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    return made


def test_progress_as_text(monkeypatch):
    terminal = watched(monkeypatch)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    fit(line_model(), squared_error, LINE, epochs=2, batch_size=2)
    lines = terminal.text.split("\r")
    assert [line[:4] for line in lines[1:]] == [" 25%", " 50%", " 75%", "100%", "100%"]
    assert "loss" in lines[-1]
    assert lines[-1].endswith("\n")


def test_progress_with_tqdm(monkeypatch):
    terminal = watched(monkeypatch)
    said = []

    class Bar:
        def __init__(self, total, file, unit, disable):
            said.append((total, file is terminal, unit, disable))

        def update(self):
            said.append("batch")

        def set_postfix_str(self, text, refresh):
            said.append(text)

        def close(self):
            said.append("closed")

    module = types.ModuleType("tqdm")
    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", module)
    history = fit(line_model(), squared_error, LINE, epochs=1, batch_size=2)
    assert said == [(2, True, "batch", False), "batch", "batch", history.last(), "closed"]
    assert terminal.text == ""


def test_silence_without_a_terminal_or_when_asked(capsys, monkeypatch):
    terminal = watched(monkeypatch)
    fit(line_model(), squared_error, LINE, epochs=1, progress=False)
    assert terminal.text == ""
    terminal.isatty = lambda: False
    fit(line_model(), squared_error, LINE, epochs=1)
    assert terminal.text == ""
    assert capsys.readouterr().out == ""


def test_no_stderr_is_silent(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(fit(line_model(), squared_error, LINE, epochs=1)) == 1


def test_history_is_shown_in_a_line():
    assert repr(History()) == "<History of 0 epochs>"
    history = fit(line_model(), squared_error, LINE, epochs=2, validation=LINE)
    assert repr(history) == f"<History of 2 epochs: {history.last()}>"


def test_history_plots(monkeypatch):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib")
    history = fit(MLP(1, [3, 1], activation=tanh, seed=0), squared_error, LINE, epochs=3, validation=LINE)
    figure = history.plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "gradient norm"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]
    assert list(figure.axes[0].lines[0].get_ydata()) == history.losses
    figure = fit(line_model(), squared_error, LINE, epochs=1, metrics={"accuracy": accuracy}).plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "metric", "gradient norm"]


def test_history_says_what_a_plot_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"History\.plot needs matplotlib: pip install matplotlib"):
        History([1.0]).plot()
