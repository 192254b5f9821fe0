"""The course in JupyterLite: cells without NumPy and Matplotlib run in a browser that reaches nothing else."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

ROOT = Path(__file__).parents[2]
# The cells of the first notebook, except those that use packages a reader without a network does not have.
PROGRAM = """
import json
ran = 0
for cell in json.load(open("00_quickstart.ipynb", encoding="utf-8"))["cells"]:
    text = "".join(cell["source"]).replace("import matplotlib.pyplot as plt", "").replace("import numpy as np", "")
    if cell["cell_type"] == "code" and "plt." not in text and "np." not in text:
        exec(text)
        ran += 1
import autograd_core
print(f"{ran} cells on the {autograd_core.ENGINE} engine")
"""


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory, serving_files: Callable[[Path], Any]) -> Iterator[str]:
    """The address at which a web server on this machine serves the course, built with one command."""
    pytest.importorskip("jupyterlite_pyodide_kernel", reason='JupyterLite is not installed: pip install -e ".[site]"')
    there = tmp_path_factory.mktemp("site") / "lite"
    page = there.parent / "course" / "index.html"
    page.parent.mkdir()
    page.write_text('<p id="run-it"></p>', encoding="utf-8")
    done = subprocess.run([sys.executable, ROOT / "notebooks/site/lite.py", there], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    with serving_files(there.parent) as address:
        yield address


def test_the_quickstart_runs_without_network(browser: Any, lite: str) -> None:
    page = browser.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda request: request.url.startswith((lite, "data:", "blob:", "about:")) or elsewhere.append(request.url))
    page.goto(f"{lite}/lite/repl/index.html?kernel=python&code={quote(PROGRAM)}")
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-OutputArea-output')].some(e => /on the|Error/.test(e.textContent))", timeout=180_000
    )
    told = " ".join(page.locator(".jp-OutputArea-output").all_text_contents())
    page.close()
    assert "12 cells on the python engine" in told, told
    assert "∂y/∂w: 0.673957, expected 0.673957" in told
    assert elsewhere == []


def test_the_site_links_to_it(browser: Any, lite: str) -> None:
    page = browser.new_page()
    page.goto(f"{lite}/course/index.html")
    page.click("#run-it a")
    page.wait_for_selector("#jp-main-dock-panel", timeout=120_000)
    assert page.url.startswith(f"{lite}/lite/lab/")
    page.close()
