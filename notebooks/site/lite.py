"""Build the course for JupyterLite, where it runs in the reader's browser: `python notebooks/site/lite.py [DIRECTORY]`.

The build needs npm, and `pip install -e ".[site]"`. The result is written to DIRECTORY (default:
`build/site/html/lite`, inside the site, whose page about the course then links to it), and any web server can serve it.
DIRECTORY contains Python, the kernel and this project. NumPy, SciPy and Matplotlib are loaded from the address of
Pyodide's distribution, so readers need a network connection.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYODIDE = HERE / "node_modules" / "pyodide"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# The packages that the kernel imports. KERNEL lists those in Pyodide's distribution (all on PyPI too); OWN lists the
# others, with the modules that each contains.
KERNEL = ("micropip", "ipython", "jedi", "packaging")
OWN = {"autograd-core": ["autograd_core", "nn"], "graphviz": ["graphviz"], "comm": ["comm"]}
PLACE = '<p id="run-it"></p>'
LINK = '<p id="run-it"><a href="../lite/lab/index.html">Run the course in your browser</a>: nothing to install.</p>'


def main() -> int:
    """Collect Python, wheels and notebooks, run the build, and make the surrounding site link to the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "build" / "site" / "html" / "lite")
    there = parser.parse_args().directory.resolve()
    subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)
    shutil.rmtree(there, ignore_errors=True)
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory)
        lay_out(source)
        apps = [part for app in ("lab", "notebooks", "repl") for part in ("--apps", app)]
        build = [sys.executable, "-m", "jupyterlite_core", "build", "--no-sourcemaps", *apps, "--output-dir", there]
        subprocess.run(build, cwd=source, check=True, stdout=subprocess.DEVNULL)
    index = there.parent / "course" / "index.html"
    if index.exists():
        index.write_text(index.read_text(encoding="utf-8").replace(PLACE, LINK), encoding="utf-8")
    print(f"{there}: {sum(path.stat().st_size for path in there.rglob('*') if path.is_file()) / 1e6:.1f} MB")
    return 0


def lay_out(source: Path) -> None:
    """Put the notebooks, Python and the settings where JupyterLite looks for them."""
    files, python = source / "files", source / "static" / "pyodide"
    files.mkdir()
    python.mkdir(parents=True)
    for path in [*ROOT.glob("notebooks/[0-9]*.ipynb"), ROOT / "notebooks" / "lectures.py"]:
        shutil.copy(path, files)
    for name in CORE:
        shutil.copy(PYODIDE / name, python)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_bytes())
    fetch_wheels(python, lock["packages"])
    enter_wheels(python, lock["packages"], version())
    (python / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    plugins = {"@jupyterlite/pyodide-kernel-extension:kernel": {"loadPyodideOptions": {"packages": list(OWN)}}}
    settings = {"appName": "autograd-core", "litePluginSettings": plugins}
    configuration = {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}
    (source / "jupyter-lite.json").write_text(json.dumps(configuration), encoding="utf-8")


def version() -> str:
    """Return the version of Pyodide, which is part of the address of Pyodide's distribution."""
    return str(json.loads((PYODIDE / "package.json").read_bytes())["version"])


def fetch_wheels(there: Path, packages: dict[str, Any]) -> None:
    """Build this project's pure wheel, and fetch the kernel's wheels in the versions that this Pyodide lists."""
    waiting, needed = list(KERNEL), dict[str, str]()
    while waiting:
        package = packages[named(waiting.pop(), packages)]
        if package["name"] not in needed:
            needed[package["name"]] = f"{package['name']}=={package['version']}"
            waiting += package["depends"]
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    pure = {**os.environ, "AUTOGRAD_CORE_PURE": "1", "AUTOGRAD_CORE_REQUIRE_NATIVE": ""}
    subprocess.run([*pip, "wheel", "--no-deps", "-w", there, ROOT], env=pure, check=True)
    others = [name for name in OWN if name != "autograd-core"]
    subprocess.run(
        [*pip, "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.14", "-d", there,
         *needed.values(), *others], check=True,
    )  # fmt: skip  # one command


def enter_wheels(there: Path, packages: dict[str, Any], version: str) -> None:
    """Edit Pyodide's list of packages: browsers then load our wheels from `there`, and others from Pyodide."""
    wheels = {canonical(path.name.split("-")[0]): path for path in there.glob("*.whl")}
    for name, imports in OWN.items():
        packages[name] = {
            "name": name, "version": wheels[name].name.split("-")[1], "imports": imports, "depends": [],
            "install_dir": "site", "package_type": "package", "unvendored_tests": False,
        }  # fmt: skip  # one entry
    for key, package in packages.items():
        wheel = wheels.get(canonical(key))
        if wheel is None:
            package["file_name"] = f"https://cdn.jsdelivr.net/pyodide/v{version}/full/{package['file_name']}"
        else:
            package["file_name"], package["sha256"] = wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()


def named(name: str, packages: dict[str, Any]) -> str:
    """Return the key under which a package is listed, however its name is spelled."""
    return next(key for key in packages if canonical(key) == canonical(name))


def canonical(name: str) -> str:
    """Return a package's name, normalised for comparison."""
    return name.lower().replace("_", "-")


if __name__ == "__main__":
    sys.exit(main())
