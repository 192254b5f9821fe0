"""The engine in the real Pyodide, under Node: import, deep chains, and its own tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ["pytest>=8", "hypothesis>=6.100", "mpmath>=1.3", "graphviz>=0.20"]
# test_lost.py starts a thread for each of its cases.
CHOSEN = ["tests/engine", "tests/operations", "tests/transforms", "--ignore=tests/transforms/test_lost.py"]
# The tests that may be skipped are those that need these.
REASONS = re.compile(
    r"needs (numpy|scipy|a C compiler)|Pyodide: (can't start new thread|.*does not support processes|.*lacks multiprocessing|waits in a loop)"
    r"|this system has no timer"
)


@pytest.fixture(scope="module")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages that the tests import, as wheels for any machine."""
    there = tmp_path_factory.mktemp("dependencies")
    for_any = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none", "--python-version=3.14"]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", there, *for_any, *NEEDED], check=True)
    return there


def test_its_own_tests_pass(packages: Path, pure_wheel: Path, dependencies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["node", Path(__file__).with_name("engine.mjs"), packages / "pyodide", pure_wheel, dependencies, ROOT, *CHOSEN]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    first, *_, last = done.stdout.strip().splitlines()
    assert re.match(r"CPython 3\.1\d\.\d+ on emscripten, the python engine", first)
    for line in re.findall(r"^SKIPPED .*", done.stdout, re.MULTILINE):
        assert REASONS.search(line), line
    passed = int(re.search(r"(\d+) passed", last)[1])
    with capsys.disabled():
        print(f"\n{first}: {last}")
    assert passed >= 1000
