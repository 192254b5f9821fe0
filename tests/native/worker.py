"""One engine in a separate process: reads programs and pickles as lines of JSON, and returns every bit of the result.

Run by test_engines_agree.py, once for each engine.
"""

import array
import base64
import json
import math
import operator
import pickle
import pickletools
import re
import struct
import sys

import autograd_core
from autograd_core import (
    Value,
    backward,
    checkpoint,
    gradients,
    jvp,
    leaves,
    no_record,
    parameter,
    primitive,
    record,
    scope,
    sin,
    toposort,
)  # fmt: skip  # one name per line would hide the program
from autograd_core._operations.functions import FUNCTIONS
from autograd_core.draw import to_dot


@primitive(derivatives=(lambda x, y, z: sin(y), lambda x, y, z: x * x))
def own_pair(x: float, y: float) -> float:
    """A primitive on two operands."""
    return x * math.sin(y) if abs(y) < 1e300 else math.sqrt(-1.0)


@primitive(derivatives=(lambda x, z: 2.0 * x,))
def own_one(x: float) -> float:
    """A primitive on one operand."""
    return x * x


@primitive(derivatives=(lambda x, y, k, z: y, lambda x, y, k, z: x, 1.0))
def own_three(x: float, y: float, k: float) -> float:
    """A primitive on three operands."""
    return x * y + k


OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "neg": operator.neg, "pos": operator.pos, "abs": operator.abs,
    "divmod": lambda x, y: divmod(x, y)[1], "round": round, "int": int, "==": operator.eq, "<": operator.lt,
    "float": float, "format": lambda x: f"{x:.3f}", "repr": repr, "bool": bool, "hash": lambda x: hash(x) and 0,
    "copy": lambda x: __import__("copy").copy(x), "deepcopy": lambda x: __import__("copy").deepcopy(x),
}  # fmt: skip  # a table
OWN = {"own_pair": own_pair, "own_one": own_one, "own_three": own_three}


def bits(x: object) -> object:
    """A float as its bits (all NaNs count as one), anything else as text."""
    if type(x) is float:
        return "nan" if math.isnan(x) else struct.pack(">d", x).hex()
    return repr(x)


def said(error: Exception) -> list[str]:
    """The type and message of an error, without addresses."""
    return [type(error).__name__, re.sub("0x[0-9a-f]+", "0x", str(error))]


def attempt(function: object, *arguments: object) -> object:
    """The answer, or the error."""
    try:
        return function(*arguments)
    except Exception as error:  # every error is an answer here
        return said(error)


def apply(name: str, operands: list[object], way: str) -> object:
    """One operation, by operator, function, method, or inside a checkpoint."""
    if name in OPERATORS:
        return OPERATORS[name](*operands)
    function = OWN.get(name) or FUNCTIONS[name]
    if way == "list":
        return function(operands)
    if way == "pair":
        half = len(operands) // 2
        return function(operands[:half], tuple(operands[half:]))
    if way == "method":
        return getattr(operands[0], name)(*operands[1:])
    if way == "checkpoint":
        return checkpoint(function, *operands)
    return function(*operands)


def graph(root: Value) -> list[object]:
    """All nodes in order, with everything that they hold."""
    order = toposort(root)
    index = {node: i for i, node in enumerate(order)}
    return [
        [
            node.op.name, bits(node.data), [index[x] if type(x) is Value else bits(x) for x in node.operands],
            [bits(d) for d in node._slopes], bits(node.grad), node.has_grad, node.label, node.scope,
            node.is_leaf,
        ]
        for node in order
    ]  # fmt: skip  # one field per line would hide it


def numbers(found: object) -> object:
    """Gradients as their bits."""
    if isinstance(found, (list, tuple)):
        return [numbers(x) for x in found]
    return bits(found.data) if type(found) is Value else found if isinstance(found, str) else bits(found)


def outcomes(root: Value) -> dict[str, object]:
    """The sweeps, drawings and pickles of a graph."""
    inputs = leaves(root)
    result: dict[str, object] = {"graph": graph(root)}
    result["gradients"] = numbers(attempt(gradients, root, inputs))
    firsts = attempt(gradients, root, inputs, True)
    result["recorded"] = numbers(firsts)
    if inputs and isinstance(firsts, list) and type(firsts[0]) is Value:
        result["second"] = numbers(attempt(gradients, firsts[0], inputs))
    result["forward"] = numbers(attempt(jvp(lambda x: x * root + root), (2.0,), (1.0,)))
    for gradient in (1.0, -0.5):
        result[f"backward {gradient}"] = numbers(attempt(backward, root, gradient))
    result["swept"] = graph(root)
    result["dot"] = attempt(to_dot, root)
    return result


def run(program: dict[str, object]) -> dict[str, object]:
    """Run a program on Values."""
    registers: list[object] = [
        (parameter if i % 2 else Value)(x, label) for i, (x, label) in enumerate(program["leaves"])
    ]
    errors = []
    for line in program["lines"]:
        operands = [registers[x % len(registers)] if kind == "register" else x for kind, x in line["operands"]]
        named = scope((line["label"] or "s") if line["where"] == "scope" else "outer")
        context = {"no_record": no_record(), "record": record()}
        try:
            with context.get(line["where"], named):
                result = apply(line["op"], operands, line["way"])
        except Exception as error:  # every error is an answer here
            errors.append(said(error))
            continue
        errors.append([type(result).__name__, bits(result) if type(result) is not Value else bits(result.data)])
        if type(result) is Value:
            if line["label"] and not result.is_leaf:
                result.label = line["label"]
            registers.append(result)
        if line["assign"]:
            registers[0].data = registers[0].data + 0.0
    root = registers[-1]
    return {"errors": errors, **outcomes(root), "pickle": pickled(root)}


def pickled(root: Value) -> object:
    """The pickle as text, or the error."""
    found = attempt(pickle.dumps, root)
    return base64.b64encode(with_one_nan(found)).decode() if isinstance(found, bytes) else found


def with_one_nan(found: bytes) -> bytes:
    """The pickle with every NaN written alike: the sign of a sum of two depends on their order."""
    made, before = bytearray(found), None
    ops = list(pickletools.genops(found))
    for (op, argument, _), end in zip(ops, [*(at for _, _, at in ops[1:]), len(found)], strict=True):
        if op.name == "BINFLOAT" and math.isnan(argument):
            made[end - 8 : end] = struct.pack(">d", math.nan)
        elif isinstance(argument, bytes) and before == 16:  # an array of little-endian doubles
            numbers = array.array("d", argument)
            made[end - len(argument) : end] = array.array("d", [x if x == x else math.nan for x in numbers]).tobytes()
        if op.name not in ("MEMOIZE", "BINPUT", "LONG_BINPUT"):
            before = argument
    return bytes(made)


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            root = pickle.loads(base64.b64decode(request["load"]))
            answer = {"loaded": graph(root), **outcomes(root), "pickle": pickled(root)}
        elif "program" in request:
            answer = run(request["program"])
        else:
            answer = {"engine": autograd_core.ENGINE}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.modules["worker"] = sys.modules["__main__"]  # pickles name their primitives by it
    for function in OWN.values():
        function.__module__ = "worker"
    main()
