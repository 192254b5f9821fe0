"""Run tests under AddressSanitizer and UndefinedBehaviorSanitizer: `python tests/native/sanitized.py [pytest arguments]`.

Builds the native engine with both in a copy of the sources, so that the installed one stays as it is, and runs pytest
there with the native engine forced. Without arguments, it runs the tests of the native engine and the doctests of
autograd_core, which takes minutes; `tests` runs the whole suite. Needs gcc or clang on Linux. The exit code is 1 if a
test fails or a sanitizer reports an error.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1"


def library(name: str) -> str:
    """The path of one of the compiler's runtime libraries."""
    compiler = os.environ.get("CC", "gcc")
    return subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()


def main(arguments: list[str]) -> int:
    """Build and run; return the exit status."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory, "sources")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "*.so", "__pycache__"))
        build = {**os.environ, "CFLAGS": FLAGS, "LDFLAGS": FLAGS, "AUTOGRAD_CORE_REQUIRE_NATIVE": "1"}
        built = Path(directory, "built")  # by pip, which fetches the build dependencies
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(built), str(copy)]
        subprocess.run(pip, env=build, check=True)
        for library_file in built.glob("autograd_core/_native/*.so"):
            shutil.copy(library_file, copy / "autograd_core" / "_native")
        environment = {
            **os.environ,
            "PYTHONPATH": str(copy),
            "AUTOGRAD_CORE_ENGINE": "native",
            "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
            # Python itself keeps memory until the end, so leaks are counted by test_leaks.py.
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            "PYTHONMALLOC": "malloc",
        }
        chosen = arguments or ["tests/native", "autograd_core"]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
        result = subprocess.run(command, cwd=copy, env=environment)
        print("no finding" if result.returncode == 0 else f"pytest ended with {result.returncode}")
        return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
