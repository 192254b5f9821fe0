"""Write the generated pages of the reference: one for the operations, and one for `nn`."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import operations

import nn

# Examples for objects whose docstrings have none.
EXAMPLES = {
    "nn.GELU": "GELU()([-1.0, 2.0])",
    "nn.History": "History(losses=[0.5, 0.25])",
    "nn.Identity": "Identity()([-1.0, 2.0])",
    "nn.L1Norm": "L1Norm()([-1.0, 3.0])",
    "nn.L2Norm": "L2Norm()([-3.0, 4.0])",
    "nn.NoisyReLU": "NoisyReLU(seed=0).eval()([-1.0, 2.0])",
    "nn.ReLU": "ReLU()([-1.0, 2.0])",
    "nn.SiLU": "SiLU()([-1.0, 2.0])",
    "nn.Sigmoid": "Sigmoid()([-1.0, 0.0])",
    "nn.Softmax": "Softmax()([0.0, 0.0])",
    "nn.Softplus": "Softplus()([-1.0, 0.0])",
    "nn.Tanh": "Tanh()([-1.0, 0.0])",
    "nn.init.lecun_normal": "lecun_normal(generator_from(0), 4, 1)",
    "nn.init.kaiming_normal": "kaiming_normal(generator_from(0), 4, 1)",
    "nn.init.xavier_normal": "xavier_normal(generator_from(0), 4, 1)",
    "nn.init.xavier_uniform": "xavier_uniform(generator_from(0), 4, 1)",
    "nn.init.normal": "normal(std=0.1)(generator_from(0), 4, 1)",
    "nn.init.uniform": "uniform(-1.0, 1.0)(generator_from(0), 4, 1)",
    "nn.init.constant": "constant(0.1)(generator_from(0), 4, 1)",
}


def write_pages(directory: Path) -> None:
    """Write both pages to a directory of the site's sources."""
    (directory / "operations.md").write_text(operations.page(), encoding="utf-8")
    (directory / "nn.md").write_text(nn_page(), encoding="utf-8")


def nn_page() -> str:
    """Return the page for `nn` in Markdown: the names in `nn`, by module, in the order of `nn.__all__`."""
    groups: dict[str, list[str]] = {}
    for name in nn.__all__:
        thing = getattr(nn, name)
        groups.setdefault(thing.__name__ if inspect.ismodule(thing) else thing.__module__, []).append(name)
    parts = ["# nn: layers, losses, optimisers\n"]
    for module, names in groups.items():
        doc = (inspect.getdoc(importlib.import_module(module)) or "").partition("\n")[0]
        parts.append(f"## {module}\n\n{doc}\n\n```{{eval-rst}}")
        for name in names:
            thing = getattr(nn, name)
            if inspect.ismodule(thing):
                members = [member for member in public(thing) if member not in nn.__all__]
                parts += [entry(f"nn.{name}", member, getattr(thing, member)) for member in members]
            else:
                parts.append(entry("nn", name, thing))
        parts.append("```\n")
    return "\n".join(parts)


def public(module: object) -> list[str]:
    """Return the public names of a module: those in `__all__`, or without `__all__`, those that the module defines."""
    names = getattr(module, "__all__", None)
    return list(names) if names else [
        name for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == getattr(module, "__name__", "")
    ]  # fmt: skip  # either way


def entry(module: str, name: str, thing: object) -> str:
    """Return the directive that documents a name, with an example if the docstring has none."""
    kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
    more = "\n   :members:" if kind == "class" else ""
    example = ""
    if ">>>" not in (inspect.getdoc(thing) or "") and (call := EXAMPLES.get(f"{module}.{name}")):
        example = f"\n\n   >>> {call}\n   {eval(call, vars(importlib.import_module(module)) | vars(nn))!r}"
    return f".. auto{kind}:: {module}.{name}{more}{example}\n"
