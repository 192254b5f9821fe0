"""The choice of engine, and the errors if the chosen engine cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograd_core._engine.choice import chosen, refuse_outdated


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ImportError, match="native or python, or unset; got 'fast'"):
        chosen("fast")


def test_the_python_engine_is_no_module() -> None:
    assert chosen("python") is None


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree that contains a build; all files have the same time."""
    for name in ("core.h", "sweep.c", "_core.so"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000, 1000))
    return tmp_path / "_core.so"


def test_a_build_as_old_as_its_sources_is_taken(tree: Path) -> None:
    refuse_outdated(tree)


@pytest.mark.parametrize("name", ["core.h", "sweep.c"])
def test_a_build_older_than_a_source_is_refused_with_the_way_out(tree: Path, name: str) -> None:
    os.utime(tree.parent / name, (1001, 1001))
    with pytest.raises(ImportError, match=rf"older than its source {name}: .*build_ext --inplace.*=python"):
        refuse_outdated(tree)


def test_an_installed_package_has_no_sources_to_compare(tree: Path) -> None:
    (tree.parent / "core.h").unlink()
    os.utime(tree.parent / "sweep.c", (1001, 1001))
    refuse_outdated(tree)
