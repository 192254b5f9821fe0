"""Execute the notebooks of the course, each in a clean kernel, and keep them paired with their `.py` files.

    python notebooks/run.py            write every .ipynb from its .py, with outputs
    python notebooks/run.py 06 08      execute and write only these notebooks
    python notebooks/run.py --full     run S5 and O10, the largest examples, at full size (a minute or two, 1 to 2 GB)
    python notebooks/run.py --check    execute all notebooks, write nothing, and fail if any is wrong or out of date

The `.py` files are the sources. Solutions hidden in <details> are executed too, but their outputs are not kept.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
SOLUTION = re.compile(r"```python\n(.*?)```", re.DOTALL)
LARGEST = 1_000_000
TIMEOUT = 1800


def main() -> int:
    """Execute the chosen notebooks, two at a time; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="prefixes of notebook names (default: all notebooks)")
    parser.add_argument("--check", action="store_true", help="write nothing, but compare with the committed notebooks")
    parser.add_argument("--full", action="store_true", help="run S5 and O10, the largest examples, at full size")
    options = parser.parse_args()
    os.environ["AUTOGRAD_CORE_FULL"] = "1" if options.full else ""
    scripts = [s for s in sources() if not options.names or s.name.startswith(tuple(options.names))]
    wrong = 0
    with ProcessPoolExecutor(max_workers=1 if options.full else 2) as pool:
        # the last notebook takes longest; if it started last, one processor would be idle while it ran
        runs = {script: pool.submit(one, script, options.check) for script in reversed(scripts)}
        for script in scripts:
            seconds, faults = runs[script].result()
            print(f"{script.stem:<45} {seconds:6.1f} s  {'; '.join(faults) or 'ok'}", flush=True)
            wrong += bool(faults)
    return 1 if wrong else 0


def sources() -> list[Path]:
    """Return the paths of the `.py` files that are sources of notebooks."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def one(script: Path, check: bool) -> tuple[float, list[str]]:
    """Execute one notebook; write it, or compare it with its file; return the time in seconds and a list of faults."""
    notebook = fresh(script)
    target = script.with_suffix(".ipynb")
    start = time.perf_counter()
    try:
        execute(notebook)
    except CellExecutionError as error:
        return time.perf_counter() - start, [f"a cell fails: {str(error)[-1500:]}"]
    seconds = time.perf_counter() - start
    faults = warnings(notebook)
    if check:
        committed = nbformat.read(target, as_version=4) if target.exists() else None
        if committed is None or cells(committed) != cells(notebook):
            faults.append(f"{target.name} does not match {script.name}: run notebooks/run.py {script.name[:2]}")
    else:
        nbformat.write(notebook, target)
    if target.exists() and target.stat().st_size >= LARGEST:
        faults.append(f"{target.name} has {target.stat().st_size:,} bytes; the limit is {LARGEST:,}")
    return seconds, faults


def fresh(script: Path) -> Any:
    """Make a notebook without outputs from a `.py` file; the result is the same each time, byte for byte."""
    notebook = jupytext.read(script)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata = {  # no entry for pairing, because jupytext.toml pairs all the notebooks in this folder
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat_minor = 5
    return notebook


def execute(notebook: Any) -> None:
    """Run all cells, and each hidden solution after its cell; drop metadata that differs from run to run."""
    written = list(notebook.cells)
    for cell in written:
        if cell.cell_type == "markdown" and "<details>" in cell.source:
            at = notebook.cells.index(cell) + 1
            solutions = [nbformat.v4.new_code_cell(code) for code in SOLUTION.findall(cell.source)]
            notebook.cells[at:at] = solutions
    NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(HERE)}},
        extra_arguments=["--IPKernelApp.log_level=40"],  # without this, each kernel warns that it uses plain TCP
    ).execute()
    notebook.cells = written
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate([c for c in written if c.cell_type == "code"], 1):
        cell.execution_count = number
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = number


def warnings(notebook: Any) -> list[str]:
    """Return one fault for each output on standard error, because a reader should see no warnings."""
    return [
        f"cell {cell.execution_count} warns: {output.text.strip()[:300]}"
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]


def cells(notebook: Any) -> list[tuple[str, str]]:
    """Return the kind and text of each cell, for comparing a notebook with its `.py` file."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


if __name__ == "__main__":
    sys.exit(main())
