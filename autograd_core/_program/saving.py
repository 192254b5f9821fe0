"""Saves programs as text. The text states its format version, is checked when it is read, and is never executed.

Arrays are stored in Base64, in little-endian order.
"""

from __future__ import annotations

import json
import os
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .._engine.writing import write_whole
from .._operations.operation import Operation, row_named
from .._transforms.trees import Kept, Leaf, Nested, Structure, taken_apart
from ..errors import GraphError
from ..value import Value
from .arguments import Arguments, opened
from .branches import Branch
from .guards import QUESTIONS, Guard
from .listing import Listing
from .recorded import filled

FORMAT, VERSION = "autograd_core program", 2
# The versions that can be read. A file in version 1 does not record the order of the function's operations.
READ = (1, VERSION)
ARRAYS = {"constants": "d", "code": "i", "starts": "i", "operands": "i", "outputs": "i", "variable": "b"}


# --- Files -----------------------------------------------------------------------------------------------------


def write(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write a program's state to a file, with a checksum; the file is replaced atomically."""
    write_whole(path, _text({**state, "sha256": _sum(state)}) + "\n")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a program's state from a file; raise ValueError if the file does not contain a readable state."""
    try:
        state = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)!r} does not contain a program: {error}") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{os.fspath(path)!r} does not contain an autograd_core program")
    if state.get("version") not in READ:
        version = state.get("version")
        raise ValueError(
            f"{os.fspath(path)!r} contains a program in format version {version!r}; this version of autograd_core "
            f"reads versions {' and '.join(map(str, READ))}"
        )
    if state.pop("sha256", None) != _sum(state):
        raise ValueError(f"{os.fspath(path)!r} contains a damaged program, whose checksum does not match its contents")
    return state


def _text(state: dict[str, Any]) -> str:
    return json.dumps(state, allow_nan=False, separators=(",", ":"))


def _sum(state: dict[str, Any]) -> str:
    from hashlib import sha256  # imported only here; otherwise, importing autograd_core would take a twelfth longer

    return sha256(_text(state).encode()).hexdigest()


# --- Programs --------------------------------------------------------------------------------------------------


def state_of(
    name: str,
    arguments: Arguments,
    moving: Sequence[int],
    branches: Sequence[Branch],
    parameters: Sequence[Value],
    fast: bool,
) -> dict[str, Any]:
    """Return a program's state as JSON objects.

    `parameters` are the parameters of all branches; the state does not include their numbers.
    """
    index = {node: i for i, node in enumerate(parameters)}
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "fast": fast,
        "arguments": _form(arguments.structure.form),
        "numbers": [x if type(x) is int else 0.0 for x in arguments.numbers],
        "moving": list(moving),
        "branches": [_branch(branch, index) for branch in branches],
    }


def program_of(
    state: dict[str, Any], parameters: Sequence[Value]
) -> tuple[str, Arguments, tuple[int, ...], list[Branch], bool]:
    """Rebuild and return the parts of a program, given its state; raise ValueError if the state is inconsistent."""
    try:
        form = _formed(state["arguments"])
        numbers = list(state["numbers"])
        positional, keywords = filled(_leaves(form, numbers), numbers)
        arguments = opened(positional, keywords)
        moving = tuple(state["moving"])
        branches = [_branched(branch, parameters, len(moving)) for branch in state["branches"]]
        return str(state["name"]), arguments, moving, branches, bool(state["fast"])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"the program is damaged, or was saved by another version of autograd_core ({error})"
        raise ValueError(message) from None


def _branch(branch: Branch, index: dict[Value, int]) -> dict[str, Any]:
    listing = branch.listing
    for row in listing.rows:
        _check_named(row)
    return {
        "inputs": listing.inputs,
        "rows": [row.name for row in listing.rows],
        **{name: _packed(getattr(listing, name)) for name in ARRAYS},
        "guards": [[g.kind, *g.operands, g.outcome.hex(), g.row and g.row.name, g.at_operand] for g in listing.guards],
        "risks": _packed(listing.risks),
        "asked_after": _packed(array("i", [guard.after for guard in listing.guards])),
        "parameters": [index[node] for node in branch.parameters],
        "below": branch.below,
        "output": _form(branch.output.form),
        "plain": [[i, _plain(x)] for i, x in branch.plain.items()],
    }


def _branched(state: dict[str, Any], parameters: Sequence[Value], inputs: int) -> Branch:
    arrays: Any = {name: _unpacked(state[name], code) for name, code in ARRAYS.items()}
    first = state["inputs"] + len(state["parameters"]) + len(arrays["constants"])
    risks = _unpacked(state["risks"], "i") if "risks" in state else array("i")
    asked_after = _unpacked(state["asked_after"], "i") if "risks" in state else [0] * len(state["guards"])
    guards = []
    for (kind, *operands, outcome, row, at_operand), after in zip(state["guards"], asked_after, strict=True):
        at = max(0, max(operands) - first + 1)
        asked = row and row_named(row)
        guards.append(Guard(at, kind, tuple(operands), float.fromhex(outcome), asked, at_operand, after))
        if kind not in QUESTIONS and kind != "flat":
            raise ValueError(f"unknown kind of guard: {kind!r}")
    rows = tuple(map(row_named, state["rows"]))
    leaves = {"inputs": state["inputs"], "parameters": len(state["parameters"])}
    listing = Listing(rows=rows, guards=tuple(guards), risks=risks, **leaves, **arrays)
    _check(listing, inputs)
    output = _leaves(_formed(state["output"]), [])
    plain = {i: _thing(x) for i, x in state["plain"]}
    return Branch(listing, [parameters[i] for i in state["parameters"]], output, plain, int(state["below"]))


def _check(listing: Listing, inputs: int) -> None:
    """Raise ValueError if replaying the listing would read out of bounds."""
    count, slots = len(listing.code), listing.slots
    whole = (
        listing.inputs == inputs
        and len(listing.starts) == count + 1
        and len(listing.variable) == slots
        and listing.starts[0] == 0
        and listing.starts[-1] == len(listing.operands)
        and all(0 <= at < len(listing.rows) for at in listing.code)
        and all(0 <= k < count for k in listing.risks)
        and all(0 <= guard.after <= len(listing.risks) for guard in listing.guards)
        and all(0 <= slot < slots for slot in (*listing.outputs, *(x for g in listing.guards for x in g.operands)))
    )
    for k in range(count if whole else 0):
        start, end = listing.starts[k : k + 2]
        row = listing.rows[listing.code[k]]
        whole &= 0 <= start <= end <= len(listing.operands) and row.arity in (None, end - start)
        whole &= all(0 <= slot < listing.first + k for slot in listing.operands[start:end])
    if not whole:
        raise ValueError("its instructions are inconsistent")


def _check_named(row: Operation) -> None:
    if not row.permanent:
        raise GraphError(
            f"a program that uses {row.name} cannot be saved, since {row.name} is your own function and code is never "
            "saved; write the function in terms of autograd_core's operations"
        )


def _packed(numbers: Any) -> str:
    return b64encode(_little(numbers).tobytes()).decode("ascii")


def _unpacked(text: str, code: str) -> Any:
    numbers = array(code)
    numbers.frombytes(b64decode(text, validate=True))
    return _little(numbers)


def _little(numbers: Any) -> Any:
    """Convert an array between the native byte order and little-endian order, which files use."""
    if sys.byteorder == "big":  # pragma: no cover  # big-endian machines only
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


# --- Structures ------------------------------------------------------------------------------------------------

Formed = Nested | Kept | Leaf
EMPTY: dict[str, Callable[[], Any]] = {"list": list, "tuple": tuple, "dict": dict}


def _form(form: Formed) -> Any:
    if isinstance(form, Leaf):
        return list(form.shape) if form.shape is not None else "number"
    if isinstance(form, Kept):
        return {"kept": _plain(form.thing)}
    kind = type(form.like).__name__
    if type(form.like) not in (list, tuple, dict):
        raise GraphError(
            f"a program with a {kind} as an argument or result cannot be saved; "
            "use lists, tuples, dicts and arrays instead"
        )
    names = [_plain(name) for name in form.names]
    return {kind: [[name, _form(part)] for name, part in zip(names, form.parts, strict=True)]}


def _plain(thing: Any) -> Any:
    if thing is not None and type(thing) not in (str, bool, int, float):
        raise GraphError(
            f"a program with {thing!r} of type {type(thing).__name__} as a static argument or result cannot be saved; "
            "let the function close over it"
        )
    return {"float": thing.hex()} if type(thing) is float else thing


def _thing(state: Any) -> Any:
    return float.fromhex(state["float"]) if isinstance(state, dict) else state


def _formed(state: Any) -> Formed:
    if state == "number":
        return Leaf(None)
    if isinstance(state, list):
        return Leaf(tuple(map(int, state)))
    [(kind, content)] = state.items()
    if kind == "kept":
        return Kept(_thing(content))
    like = EMPTY[kind]()
    empty = taken_apart(like).form
    assert isinstance(empty, Nested)
    return Nested(empty.kind, like, [name for name, _ in content], [_formed(part) for _, part in content])


def _leaves(form: Formed, numbers: list[Any]) -> Structure:
    """Return the structure that has this form, with its leaves in order."""
    found: list[Leaf] = []
    waiting = [form]
    while waiting:
        at = waiting.pop()
        if isinstance(at, Leaf):
            found.append(at)
        elif isinstance(at, Nested):
            waiting.extend(reversed(at.parts))
    return Structure(numbers or [0.0] * sum(leaf.size for leaf in found), found, form)
