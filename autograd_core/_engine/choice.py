"""Chooses the engine: the C engine if it was built, otherwise the Python engine, which is complete.

To learn how the engine works, read the Python code. When the C engine is in use, everything marked `@accelerated` is
replaced by the object of the same name in `_native`. Both engines return the same results to the last bit, and raise
errors with the same messages.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Literal, TypeVar

VARIABLE = "AUTOGRAD_CORE_ENGINE"
HOW_TO_BUILD = (
    "install from source on a machine with a C compiler and Python's headers: "
    "AUTOGRAD_CORE_REQUIRE_NATIVE=1 pip install . (which reports what fails)"
)

T = TypeVar("T")


def chosen(wanted: str) -> ModuleType | None:
    """Return the C engine, or None for the Python one.

    Args:
        wanted: The value of AUTOGRAD_CORE_ENGINE: "native", "python", or "" for native if it is available.

    Raises:
        ImportError: `wanted` is any other word; it is "native", but the C engine cannot be used; or the build is older
            than its sources.
    """
    if wanted not in ("", "native", "python"):
        raise ImportError(f"{VARIABLE} must be native or python, or unset; got {wanted!r}")
    if wanted == "python":
        return None
    try:
        native = import_module("autograd_core._native._core")
    except ImportError as error:
        if wanted == "native":
            reason = f"{VARIABLE}=native, but the native engine cannot be used ({error})"
            raise ImportError(f"{reason}; {HOW_TO_BUILD}") from error
        return None
    refuse_outdated(Path(str(native.__file__)))
    return native


def refuse_outdated(build: Path) -> None:
    """Raise ImportError if a source file beside `build` is newer than `build`, as may be the case after `git pull`.

    A C engine that does not match the Python code may fail anywhere, or compute wrong numbers. An installed package
    contains no C sources, so nothing is compared there.
    """
    if not (build.parent / "core.h").exists():
        return
    built = build.stat().st_mtime
    changed = sorted(source.name for source in build.parent.glob("*.[ch]") if source.stat().st_mtime > built)
    if changed:
        raise ImportError(
            f"the native engine is older than its source {changed[0]}: build it again with "
            f"python setup.py build_ext --inplace, or set {VARIABLE}=python"
        )


NATIVE: ModuleType | None = chosen(os.environ.get(VARIABLE, ""))
ENGINE: Literal["native", "python"] = "python" if NATIVE is None else "native"

# The Python objects that the C engine replaces, by name. The C engine falls back on some of them.
ORIGINALS: dict[str, Any] = {}
if NATIVE is not None:
    NATIVE.connect(ORIGINALS)


def accelerated(thing: T) -> T:
    """Replace a function or class with the one of the same name in the C engine, if that engine is in use.

    The replacement gets the docstrings of the original, and the methods that are written only in Python.
    """
    if NATIVE is None:
        return thing
    name: str = thing.__name__  # type: ignore[attr-defined]  # every function and class has a name
    ORIGINALS[name] = thing
    replacement: T = getattr(NATIVE, name)
    if isinstance(thing, type):
        replacement.__doc__ = thing.__doc__
        _complete(replacement, thing)
    else:
        replacement.__module__ = thing.__module__  # so that pickles of the function load on either engine
        NATIVE.document(replacement, thing.__doc__)
    return replacement


def _complete(replacement: Any, original: type) -> None:
    """Give the C class the docstrings of the Python class, and the members that only the Python class has."""
    here = vars(replacement)
    for name, member in vars(original).items():
        if not isinstance(member, (FunctionType, property)):
            continue
        if not hasattr(replacement, name):
            setattr(replacement, name, member)
        elif name in here and member.__doc__ is not None:
            NATIVE.document(here[name], member.__doc__)  # type: ignore[union-attr]  # called only with the C engine


def rows_without_kernel() -> dict[str, str]:
    """Return the operations that run in Python (without the C engine, all of them), each with the reason."""
    if NATIVE is None:
        from .._operations.operation import TABLE

        return dict.fromkeys(TABLE, "the Python engine is in use")
    reasons: dict[str, str] = NATIVE.rows_without_kernel()
    return reasons
