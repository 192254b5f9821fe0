"""Translated rows and functions, run in their languages; tests are not on the import path, so it is all fixtures."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def module(name):
    """A module beside this one."""
    spec = importlib.util.spec_from_file_location(f"program_{name}", HERE / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="session")
def points():
    """Operands to compare at, and what Python gives there."""
    return module("points")


@pytest.fixture(scope="session")
def running():
    """How C, JavaScript and NumPy run."""
    return module("running")


@pytest.fixture(scope="session")
def written():
    """Functions in Python that use everything that is understood."""
    return module("written")


@pytest.fixture(scope="session")
def in_c(running, tmp_path_factory):
    """All rows in C, by name, and the library they are in."""
    from autograd_core._translation.forms import Function
    from autograd_core._translation.kernels import rows_of_numbers
    from autograd_core._translation.rows import translated_rows

    rows, translation, refused = translated_rows(rows_of_numbers())
    named = [f for row in rows for f in (row.value, *row.slopes, *row.flat, *row.beside) if isinstance(f, Function)]
    library = running.Compiled(translation.functions, dict.fromkeys(named), tmp_path_factory.mktemp("c"))
    return {row.row.name: row for row in rows}, library, refused
