"""The course: executed notebooks record the right value for every row of the lectures, and have the right form.

A row is an entry in the list of systems from the lectures (SYSTEMS.md). The file rows.json specifies what the notebooks
must record for each row: numbers and bounds from that list, or "formula" if a notebook computes the expected numbers
from the lecture's formula and compares the graph with them.
"""

import copy
import doctest
import importlib.util
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
SYSTEMS = HERE.parents[1] / "shared" / "SYSTEMS.md"
MOST_LINES = 16
LARGEST = 1_000_000


def module_at(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lectures = module_at(NOTEBOOKS / "lectures.py")
REQUIRED = json.loads((HERE / "rows.json").read_text(encoding="utf-8"))
FILES = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
EXECUTED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}


def rows_of_the_lectures():
    """Return the ids of all rows: from the list of systems if it is beside this repository, else from rows.json."""
    if not SYSTEMS.exists():
        return set(REQUIRED)
    return set(re.findall(r"^\| ([A-Z]\d+) \|", SYSTEMS.read_text(encoding="utf-8"), re.MULTILINE))


def records_of(notebook):
    """Return the records that `check` left in a notebook's outputs."""
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    return [o["data"][lectures.MIME] for o in outputs if lectures.MIME in o.get("data", {})]


def all_records():
    return {(r["row"], r["name"]): r for notebook in EXECUTED.values() for r in records_of(notebook)}


def faults(rows, required, records):
    """Return the faults: rows without a requirement or a record, and values that are not as required."""
    found = [f"{row}: nothing is required of it" for row in sorted(rows) if not required.get(row)]
    for row, names in required.items():
        for name, (expectation, tolerance) in names.items():
            record = records.get((row, name))
            if record is None:
                found.append(f"{row}: no executed notebook records {name!r}")
                continue
            if expectation == "formula":
                expectation, tolerance = record["expectation"], min(tolerance, record["tolerance"])
                if isinstance(expectation, str):
                    found.append(f"{row}: {name!r} is held against bounds, not against its formula")
                    continue
            if not lectures.holds(record["value"], expectation, tolerance):
                found.append(f"{row}: {name!r} is {record['value']!r}, not {expectation!r} within {tolerance:g}")
    return found


def test_every_row_of_the_lectures_is_recorded_with_its_value():
    assert rows_of_the_lectures() == set(REQUIRED)
    assert faults(rows_of_the_lectures(), REQUIRED, all_records()) == []


@pytest.mark.parametrize("row", sorted(REQUIRED))
def test_a_row_without_records_or_with_a_value_that_is_off_is_found(row):
    records, required = all_records(), {row: REQUIRED[row]}
    without = {key: record for key, record in records.items() if key[0] != row}
    assert all(fault.startswith(f"{row}: no executed") for fault in faults({row}, required, without))
    assert len(faults({row}, required, without)) == len(required[row]) > 0
    for name in required[row]:
        changed = copy.deepcopy(records)
        changed[row, name]["value"] = float("nan")
        assert any(repr(name) in fault for fault in faults({row}, required, changed)), name
    assert faults({row, "Z9"}, required, records) == ["Z9: nothing is required of it"]


@pytest.mark.parametrize("name", sorted(EXECUTED))
def test_what_a_notebook_records_holds(name):
    for record in records_of(EXECUTED[name]):
        assert lectures.holds(record["value"], record["expectation"], record["tolerance"]), record
        assert record["row"] in REQUIRED or record["row"] == name[:2]


@pytest.mark.parametrize("name", sorted(EXECUTED))
def test_a_notebook_is_executed_and_clean(name):
    notebook = EXECUTED[name]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in notebook["cells"]:
        assert "execution" not in cell["metadata"], "timestamps"
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output["text"]
    assert (NOTEBOOKS / f"{name}.ipynb").stat().st_size < LARGEST


@pytest.mark.parametrize("name", sorted(EXECUTED))
def test_a_notebook_is_short_cells_with_an_aim_exercises_and_pictures(name):
    cells = EXECUTED[name]["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    assert texts[0].startswith("# ") and "**Aim.**" in texts[0]
    assert any("**Try it.**" in text and "<details><summary>Solution</summary>" in text for text in texts)
    long = [text for cell, text in zip(cells, texts, strict=True)
            if cell["cell_type"] == "code" and len(text.splitlines()) > MOST_LINES]
    assert long == []
    kinds = {kind for cell in cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert kinds & {"image/png", "image/svg+xml"}
    for target in re.findall(r"\]\(([^)\s]+\.(?:ipynb|md|py))\)", "\n".join(texts)):
        assert (NOTEBOOKS / target).exists(), target


@pytest.mark.parametrize("script", sorted(NOTEBOOKS.glob("[0-9][0-9]_*.py")), ids=lambda path: path.stem)
def test_a_notebook_is_in_step_with_its_script(script):
    executed = [(c["cell_type"], "".join(c["source"])) for c in EXECUTED[script.stem]["cells"]]
    assert executed == cells_of(script.read_text(encoding="utf-8"))


def cells_of(script):
    """Return the cells of a script in jupytext's percent format."""
    kinds = re.findall(r"^# %%(.*)$", script, re.MULTILINE)
    cells = []
    for kind, text in zip(kinds, re.split(r"^# %%.*\n", script, flags=re.MULTILINE)[1:], strict=True):
        if "markdown" in kind:
            cells.append(("markdown", re.sub(r"^# ?", "", text, flags=re.MULTILINE).strip("\n")))
        else:
            cells.append(("code", text.strip("\n")))
    return cells


def test_the_index_names_every_notebook_with_the_rows_it_covers():
    index = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    listed = {}
    for line in index.splitlines():
        if match := re.match(r"\| \[(\d\d_\w+)\]\((\w+)\.ipynb\) \|.*\| *([^|]*) \|$", line):
            assert match[1] == match[2]
            listed[match[1]] = set(re.findall(r"[A-Z]\d+", match[3]))
    covered = {name: {r["row"] for r in records_of(notebook)} & set(REQUIRED) for name, notebook in EXECUTED.items()}
    assert listed == covered


# --- check itself ----------------------------------------------------------------------------------------------


def test_the_examples_of_check_run():
    assert doctest.testmod(lectures).failed == 0
    assert doctest.testmod(lectures).attempted > 0


# no subnormal numbers, for which a relative tolerance would be rounded to 0
numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(numbers, min_size=1, max_size=5), st.floats(1e-12, 0.5))
def test_a_value_within_the_tolerance_holds_and_one_beyond_does_not(expected, tolerance):
    scale = max(map(abs, expected)) or 1.0
    assert lectures.holds(expected, expected)
    assert lectures.holds([x + 0.9 * tolerance * scale for x in expected], expected, tolerance)
    assert not lectures.holds([expected[0] + 1.1 * tolerance * scale, *expected[1:]], expected, tolerance)
    assert not lectures.holds([*expected, 0.0], expected, tolerance)
    assert not lectures.holds([float("nan"), *expected[1:]], expected, tolerance)


@given(numbers, numbers)
def test_bounds_say_what_they_say(x, limit):
    assert lectures.holds(x, f"< {limit!r}") == (x < limit)
    assert lectures.holds(x, f"<= {limit!r}") == (x <= limit)
    assert lectures.holds(x, f"> {limit!r}") == (x > limit)
    assert lectures.holds(x, f">= {limit!r}") == (x >= limit)
    assert lectures.holds([x, x], f"> {limit!r}, < {limit + 1.0!r}") == (limit < x < limit + 1.0)
    assert not lectures.holds([], f"< {limit!r}")
    assert not lectures.holds(float("nan"), f"< {limit!r}")


def test_a_lecture_ends_with_the_count_of_its_rows():
    counts = {"E": 10, "M": 6, "S": 8, "U": 12, "O": 10}
    assert {f"{letter}{n}" for letter, most in counts.items() for n in range(1, most + 1)} == set(REQUIRED)
    for (letter, most), name in zip(counts.items(), sorted(EXECUTED)[1:6], strict=True):
        assert "".join(EXECUTED[name]["cells"][-1]["source"]) == f'summary("{letter}", {most})'
    with pytest.raises(AssertionError, match="nothing was checked for Y1"):
        lectures.summary("Y", 2)


def test_check_raises_with_the_line_that_a_reader_would_see():
    with pytest.raises(AssertionError, match=r"S1  E: 0\.5, expected 0\.0072 within 0\.001"):
        lectures.check("S1", "E", 0.5, 0.0072, 1e-3)
