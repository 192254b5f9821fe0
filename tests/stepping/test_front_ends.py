"""The stepper in real notebook front ends, which strip parts of a page, handle keys and scroll.

A test is skipped if its front end is not installed. To run all the tests, use `pip install -e
".[test,notebooks,front-ends]"`, then `pytest -m "slow or not slow"`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograd_core import Value
from autograd_core.stepper import step

SOURCE = "from autograd_core import Value\na = Value(2.0, 'a')\n(a * a + a).step()"
ROOT = str(Path(__file__).parents[2])


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until a condition on a page holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def notebook(outputs: list[Any]) -> str:
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "execution_count": None, "outputs": outputs, "source": SOURCE}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@contextmanager
def server(directory: Path, *command: str, ready: str) -> Iterator[None]:
    """Run a front end's server in a directory; wait until it answers at `ready`, and stop it at the end."""
    environment = {**os.environ, "PYTHONPATH": ROOT, "JUPYTER_CONFIG_DIR": str(directory / "config"), "HOME": str(directory)}
    log = (directory / "log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=directory, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(ready).close()
                break
            except OSError:
                time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def framed(page: Any, where: str) -> Any:
    """Wait until the stepper's page has run and hidden the still picture above it; return the page's frame."""
    page.wait_for_selector(f"{where} iframe", timeout=120_000)
    frame = page.query_selector(f"{where} iframe").content_frame()
    until(lambda: frame.query_selector("#line") and frame.text_content("#line"))
    assert page.is_hidden(f'{where} img[alt^="The finished graph"]')
    return frame


def steps_and_moves(page: Any, frame: Any) -> None:
    """Step and move by buttons, keys and numbers; no key pressed in the page may reach the front end around it."""
    frame.click("#last")
    assert frame.text_content("#line") == "Every gradient is complete: grad(a) = 5"
    frame.click("#line")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert frame.text_content("#where").startswith("step 2 ")
    leaf = frame.get_by_label("value of a")
    leaf.fill("3")
    leaf.press("Enter")
    frame.click("#last")
    assert frame.text_content("#line") == "Every gradient is complete: grad(a) = 7"


@pytest.mark.slow
@pytest.mark.parametrize(("module", "view"), [("jupyterlab", "lab/tree"), ("notebook", "notebooks")])
def test_in_jupyter(browser: Any, tmp_path: Path, module: str, view: str) -> None:
    if module == "notebook" or not os.environ.get("AUTOGRAD_CORE_REQUIRE_BROWSER"):
        pytest.importorskip(module, reason="it is not installed")
    (tmp_path / "a.ipynb").write_text(notebook([]))
    address = f"http://127.0.0.1:{(port := free_port())}"
    news = "--LabApp.news_url=None" if module == "jupyterlab" else "--JupyterNotebookApp.news_url=None"
    arguments = (module, "--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=t", news)
    with server(tmp_path, *arguments, ready=f"{address}/api?token=t"):
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(f"{address}/{view}/a.ipynb?token=t")
        page.wait_for_selector(".jp-Cell .cm-content", timeout=120_000)
        page.click(".jp-Cell .cm-content")
        page.wait_for_timeout(3000)  # time for the kernel to start
        page.keyboard.press("Shift+Enter")
        frame = framed(page, ".jp-OutputArea")
        cells = page.locator(".jp-Cell").count()
        frame.click("#line")
        for key in ("ArrowRight", "b", "a", "ArrowRight"):  # if they reached the notebook, a and b would add cells
            page.keyboard.press(key)
        assert frame.text_content("#where").startswith("step 3 ")
        assert page.locator(".jp-Cell").count() == cells
        steps_and_moves(page, frame)
        # If the page is not focused, arrows move between the cells and leave the steps alone.
        before = frame.text_content("#where")
        page.locator(".jp-Cell").first.locator(".jp-InputPrompt").click()
        for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
            page.keyboard.press(key)
        assert frame.text_content("#where") == before
        page.close()


@pytest.mark.slow
def test_in_marimo(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("marimo", reason="it is not installed")
    body = SOURCE.replace("\n", "\n    ")
    app = f"import marimo\napp = marimo.App()\n@app.cell\ndef _():\n    {body}\n    return\n"
    (tmp_path / "app.py").write_text(app + 'if __name__ == "__main__":\n    app.run()\n')
    address = f"http://127.0.0.1:{(port := free_port())}"
    with server(tmp_path, "marimo", "--yes", "run", "app.py", "--headless", "--no-token", f"--port={port}", ready=address):
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(address)
        steps_and_moves(page, framed(page, "body"))
        page.close()


def test_in_what_nbconvert_writes(browser: Any, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="it is not installed")
    nbformat = pytest.importorskip("nbformat")
    a = Value(2.0, "a")
    shown = step(a * a + a)._repr_mimebundle_()
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": shown}
    converted, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.reads(notebook([output]), as_version=4))
    path = tmp_path / "a.html"
    path.write_text(converted + "<div style='height:3000px'></div>", encoding="utf-8")
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.route("http*://**", lambda route: route.abort())  # blocks the files that nbconvert's own template loads
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    frame = framed(page, "body")
    steps_and_moves(page, frame)
    view = frame.evaluate("document.querySelector('#graph svg').style.transform")
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 300)
    until(lambda: page.evaluate("window.scrollY") > 0)  # the wheel scrolls the notebook
    assert frame.evaluate("document.querySelector('#graph svg').style.transform") == view
    page.close()
