"""Every public name has an entry in the reference, with an example that ran when the site was built."""

import importlib
import inspect
import json
from pathlib import Path

import pytest

MODULES = [
    "autograd_core", "autograd_core.check", "autograd_core.draw", "autograd_core.stepper", "autograd_core.strategies", "nn", "nn.datasets",
]  # fmt: skip  # one list


def public(module: str) -> list[str]:
    """The full names of a module's public objects, without modules and objects that another module exports too."""
    names = importlib.import_module(module).__all__
    things = {name: getattr(importlib.import_module(module), name) for name in names}
    outer = importlib.import_module(module.partition(".")[0])
    return [
        f"{module}.{name}" for name, thing in things.items()
        if not inspect.ismodule(thing) and (module == outer.__name__ or getattr(outer, name, None) is not thing)
    ]  # fmt: skip  # what, from where, which


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_an_entry_with_an_example_that_ran(site: Path, module: str) -> None:
    from sphinx.util.inventory import InventoryFile  # imported here, since other tests do not need it

    with (site / "html" / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: path)
    described = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    ran = json.loads((site / "doctrees" / "examples.json").read_text(encoding="utf-8"))
    names = public(module)
    assert names
    assert [name for name in names if name not in described] == []
    # A class has an example if one of its methods has.
    assert [name for name in names if not any(count and f"{known}.".startswith(f"{name}.") for known, count in ran.items())] == []


def test_the_table_of_operations_has_every_public_row(site: Path) -> None:
    from autograd_core import TABLE

    page = (site / "html" / "reference" / "operations.html").read_text(encoding="utf-8")
    rows = [name for name, row in TABLE.items() if row.public and row.arity != 0 and name != "checkpoint"]
    assert len(rows) > 50
    for name in rows:
        assert f">{name}</a></td>" in page or f"<td>{name}</td>" in page, name
    assert page.count("<svg width=") > 40
