"""Sphinx extension that runs every example when the site is built; a failing example causes a warning.

Code after `>>>` must print the lines below it. In a docstring, this code can use the names of the documented object's
module; elsewhere, it can use the names defined so far on the page. Python code without prompts belongs in cells, which
myst-nb executes; anywhere else it causes a warning. The course is an exception, because `notebooks/run.py` executes its
cells and hidden solutions. The file `examples.json`, beside the doctrees (Sphinx's parsed pages), records how many
examples ran for each documented object.
"""

from __future__ import annotations

import doctest
import importlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
NOT_RUN = ("sh", "text", "none", "default", "toml", "yaml", "c", "javascript", "latex")


def run_examples(app: Sphinx, doctree: nodes.document) -> None:
    """Run the code with prompts on one page, and warn about Python code that is never run."""
    page: dict[str, Any] = {"__name__": "__main__"}
    of_objects: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = defaultdict(int)
    for block in list(doctree.findall(lambda node: isinstance(node, (nodes.doctest_block, nodes.literal_block)))):
        if in_cell(block):
            continue
        text = block.astext()
        if ">>> " not in text:
            if block.get("language", "default") not in NOT_RUN and not app.env.docname.startswith("course/"):
                logger.warning("this %s code is never run: use >>> or a cell", block["language"], location=block)
            continue
        name = documented(block)
        names = of_objects.setdefault(name, names_of(name)) if name else page
        counts[name] += run(text, names, name or app.env.docname, block)
    app.env.examples = getattr(app.env, "examples", {}) | {app.env.docname: dict(counts)}  # type: ignore[attr-defined]


def in_cell(block: nodes.Node) -> bool:
    """Return whether a block belongs to a notebook's cell or to the output of a cell."""
    while block.parent is not None:
        block = block.parent
        if isinstance(block, nodes.Element) and block.get("nb_element"):
            return True
    return False


def documented(block: nodes.Node) -> str:
    """Return the full name of the object whose documentation contains the block, or an empty string."""
    while block.parent is not None:
        block = block.parent
        if isinstance(block, addnodes.desc) and block.get("domain") == "py":
            signature = block.next_node(addnodes.desc_signature)
            return ".".join(filter(None, (signature["module"], signature["fullname"])))
    return ""


def names_of(name: str) -> dict[str, Any]:
    """Return the names that an object's example can use: those in the modules that export and define the object."""
    path, rest = name, []
    while True:
        try:
            thing: Any = importlib.import_module(path)
            break
        except ModuleNotFoundError:
            path, _, last = path.rpartition(".")
            rest.insert(0, last)
    names = dict(vars(thing))
    for part in rest:
        thing = getattr(thing, part)
        home = getattr(thing, "__module__", None)
        if home and home.partition(".")[0] in ("autograd_core", "nn"):
            names |= vars(importlib.import_module(home))
    return names


def run(text: str, names: dict[str, Any], name: str, block: nodes.Node) -> int:
    """Run one block; return how many of its examples passed."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    test.globs = names
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    failed, tried = runner.run(test, out=report.append, clear_globs=False)
    if failed:
        logger.warning("an example fails:\n%s", "".join(report), location=block)
    return tried - failed


def write_counts(app: Sphinx, error: Exception | None) -> None:
    """Write the number of examples that ran for each object, for tests/site/test_reference.py."""
    total: dict[str, int] = defaultdict(int)
    for counts in getattr(app.env, "examples", {}).values():
        for name, count in counts.items():
            total[name] += count
    Path(app.doctreedir, "examples.json").write_text(json.dumps(total, indent=1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register this extension; Sphinx calls this function."""
    app.connect("doctree-read", run_examples)
    app.connect("build-finished", write_counts)
    return {"parallel_read_safe": False}
