"""Build the native engine if there is a compiler; all other settings are in pyproject.toml.

AUTOGRAD_CORE_REQUIRE_NATIVE=1 makes a failed build an error. AUTOGRAD_CORE_PURE=1 leaves out the native engine; the
wheel is then tagged py3-none-any, for Pyodide and for machines without a compiler.
"""

import os
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

REQUIRED = os.environ.get("AUTOGRAD_CORE_REQUIRE_NATIVE", "") not in ("", "0")
PURE = os.environ.get("AUTOGRAD_CORE_PURE", "") not in ("", "0")
if REQUIRED and PURE:
    sys.exit("AUTOGRAD_CORE_REQUIRE_NATIVE and AUTOGRAD_CORE_PURE exclude each other: set only one of them")
NATIVE = Path("autograd_core", "_native")
# Both engines must return the same bits, so the compiler must not compute a * b + c with a single rounding, reorder
# operations, or replace the sin and the cos of the same number with one call to a third library function. The compiler
# may assume that library functions do not set errno, so if two formulas share an exponential, it is computed only once.
# (The errno of pow is read, but calls to pow are hidden from the compiler: see py_arithmetic.h.)
UNIX = [
    "-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-fno-builtin-sin",
    "-fno-builtin-cos",
]  # fmt: skip  # a list
FLAGS = ["/O2", "/std:c11", "/fp:precise"] if sys.platform == "win32" else UNIX


class build_native(build_ext):
    """Build the extension, or report in one line why the package has only its Python engine."""

    def run(self) -> None:
        """Build the extension; a failure is an error only if AUTOGRAD_CORE_REQUIRE_NATIVE is set."""
        try:
            if sysconfig.get_config_var("Py_GIL_DISABLED"):
                raise RuntimeError("the native engine needs the GIL, which this Python is built without")
            super().run()
        except Exception as error:
            if REQUIRED:
                raise
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            print(f"autograd-core is installed with its Python engine only: {reason}", file=sys.stderr)
            self.extensions = []

    def get_outputs(self) -> list[str]:
        """Return the files that were built."""
        return [path for path in super().get_outputs() if Path(path).exists()] if self.extensions else []


core = Extension(
    "autograd_core._native._core",
    sources=sorted(str(path) for path in NATIVE.glob("*.c")),
    depends=sorted(str(path) for path in NATIVE.glob("*.h")),
    extra_compile_args=FLAGS,
)
setup(ext_modules=[] if PURE else [core], cmdclass={"build_ext": build_native})
