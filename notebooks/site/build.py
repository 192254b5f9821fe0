"""Build the documentation site: `python notebooks/site/build.py [DIRECTORY]`.

The build needs npm, and `pip install -e ".[site]"`. The site is written to DIRECTORY/html (default: `build/site/html`).
Any web server can serve the site (`python -m http.server -d build/site/html`), because the site contains everything
that its pages load. Warnings count as errors.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

os.environ["AUTOGRAD_CORE_ENGINE"] = "python"  # Sphinx finds no signatures in the native engine's objects

from reference import write_pages

from autograd_core import Value, parameter, tanh

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = HERE / "node_modules"
# The files from npm packages that the site serves, by the directory of the site that they are copied to.
SERVED = {
    "pyodide": ["pyodide/pyodide.mjs", "pyodide/pyodide.asm.mjs", "pyodide/pyodide.asm.wasm",
                "pyodide/python_stdlib.zip", "pyodide/pyodide-lock.json"],
    "viz": ["@viz-js/viz/dist/viz.js"],
    "mathjax": ["mathjax/es5/tex-svg-full.js"],
    "codemirror": ["codemirror/lib/codemirror.js", "codemirror/lib/codemirror.css", "codemirror/mode/python/python.js"],
}  # fmt: skip  # one table
PACKAGES_SERVED = {"/".join(file.split("/")[: 1 + file.startswith("@")]) for files in SERVED.values() for file in files}


def main() -> int:
    """Collect the sources, build the site, and print how long the build took and how large the site is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "build" / "site")
    there = parser.parse_args().directory.resolve()
    start = time.monotonic()
    source, html = there / "source", there / "html"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(html, ignore_errors=True)
    lay_out(source)
    serve(source / "served")
    write_pages(source / "reference")
    (source / "explanation" / "licences.md").write_text(licences(), encoding="utf-8")
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-c", HERE, "-d", there / "doctrees",
              "-D", f"html_extra_path={source / 'served'}"]  # fmt: skip  # one command
    done = subprocess.run([*sphinx, source, html], env={**os.environ, "PYTHONPATH": str(ROOT)})
    size = sum(path.stat().st_size for path in html.rglob("*") if path.is_file())
    print(f"{html}: {time.monotonic() - start:.1f} s, {size / 1e6:.1f} MB")
    return done.returncode


def lay_out(source: Path) -> None:
    """Copy the sources of all pages to one directory."""
    shutil.copytree(HERE / "pages", source)
    course = source / "course"
    course.mkdir(exist_ok=True)
    for pattern in ("[0-9]*.ipynb", "*.md"):
        for path in ROOT.glob(f"notebooks/{pattern}"):
            shutil.copy(path, course)
    shutil.copytree(ROOT / "notebooks" / "pictures", course / "pictures")
    included = source / "included"
    for name in ("CHANGELOG.md", "autograd_core/README.md", ".github/CONTRIBUTING.md"):
        (included / name).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_text(encoding="utf-8")
        (included / name).write_text(text.replace("../autograd_core/README.md", "engine.md"), encoding="utf-8")
    help = subprocess.run([sys.executable, "-m", "autograd_core", "--help"], cwd=ROOT, capture_output=True, check=True)
    (included / "help.txt").write_bytes(help.stdout)


def licences() -> str:
    """Return the page that lists the licences of third-party files."""
    told = [json.loads((PACKAGES / name / "package.json").read_bytes()) for name in sorted(PACKAGES_SERVED)]
    rows = "\n".join(f"| {package['name']} | {package['version']} | {package['license']} |" for package in told)
    return f"""# Licences

autograd-core is under the MIT licence. This site also serves files from these packages:

| npm package | version | licence |
|---|---|---|
{rows}

Pyodide is CPython compiled for browsers, under the licence of the Python Software Foundation; `graphviz`, a Python
package, is under the MIT licence; viz-js is Graphviz compiled for browsers, under the Eclipse Public License.
JupyterLite, which runs the course in the browser, is under the BSD licence; it includes IPython and its dependencies,
whose wheels contain their licences (BSD, MIT or Apache).
"""


def serve(served: Path) -> None:
    """Collect the files that the pages load: Python, Graphviz, MathJax, the editor, the wheels and the examples."""
    subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)
    for name, files in SERVED.items():
        (served / name).mkdir(parents=True)
        for file in files:
            shutil.copy(PACKAGES / file, served / name)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    pure = {**os.environ, "AUTOGRAD_CORE_PURE": "1", "AUTOGRAD_CORE_REQUIRE_NATIVE": ""}
    subprocess.run([*pip, "wheel", "--no-deps", "-w", served / "wheels", ROOT], env=pure, check=True)
    subprocess.run([*pip, "download", "--no-deps", "-d", served / "wheels", "graphviz"], check=True)
    programs = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("programs/*.py"))}
    wheels = sorted(path.name for path in served.glob("wheels/*.whl"))
    neuron(served / "neuron.html")
    (served / "playground.json").write_text(json.dumps({"wheels": wheels, "programs": programs}), encoding="utf-8")


def neuron(page: Path) -> None:
    """Write the stepper of a neuron, which the start page shows."""
    w, x, b = parameter(0.4, label="w"), Value(0.8, label="x"), parameter(0.1, label="b")
    tanh(w * x + b).step().save(page)


if __name__ == "__main__":
    sys.exit(main())
