"""`python -m nn` runs the command `autograd-core`."""

import runpy
import sys

import pytest

import autograd_core


def test_python_m_nn_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["nn", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("nn", run_name="__main__")
    assert not ended.value.code and autograd_core.__version__ in capsys.readouterr().out


def test_its_errors_are_those_of_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["nn", "demo", "--epochs", "0"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("nn", run_name="__main__")
    assert ended.value.code and "--epochs" in capsys.readouterr().err
