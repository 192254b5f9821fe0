"""The wheel for every Python and every machine: one file without the native engine, as its tags say."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

from autograd_core import __version__

ROOT = Path(__file__).parents[2]


def test_it_is_for_any_python_and_holds_no_native_code(pure_wheel: Path) -> None:
    assert pure_wheel.name == f"autograd_core-{__version__}-py3-none-any.whl"
    with ZipFile(pure_wheel) as wheel:
        names = set(wheel.namelist())
        [metadata] = [name for name in names if name.endswith(".dist-info/WHEEL")]
        assert "Root-Is-Purelib: true" in wheel.read(metadata).decode()
    assert {"autograd_core/_stepping/live/page.html", "autograd_core/py.typed", "nn/data/digits.bin.gz"} <= names
    native = {name for name in names if name.startswith("autograd_core/_native/")}
    assert not [name for name in names if name.endswith((".so", ".pyd"))]
    # exported programs contain these
    assert {name.rpartition("/")[2][:3] for name in native} <= {"py_", "__i"}


def test_it_installs_and_runs(pure_wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "new", with_pip=True)
    python = tmp_path / "new" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, "-m", "pip", "install", "-q", pure_wheel], env=environment, check=True)
    code = "import autograd_core as a; x = a.Value(3.0); (x * x).backward(); print(a.ENGINE, x.grad, a.__file__)"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    engine, gradient, file = done.stdout.split()
    assert (engine, gradient) == ("python", "6.0")
    assert Path(file).is_relative_to(tmp_path)


def test_it_cannot_be_asked_for_with_the_native_engine_required(tmp_path: Path) -> None:
    environment = {**os.environ, "AUTOGRAD_CORE_PURE": "1", "AUTOGRAD_CORE_REQUIRE_NATIVE": "1"}
    done = subprocess.run([sys.executable, "setup.py", "--version"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "exclude each other" in done.stderr
