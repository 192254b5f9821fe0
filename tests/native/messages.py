"""Calls everything public with wrong arguments, and prints the messages as one JSON object.

Run by test_messages_agree.py, once for each engine.
"""

import copy
import inspect
import json
import math
import operator
import re
import sys
import warnings

import autograd_core
from autograd_core import Value, no_record, parameter, primitive, record, scope


@primitive(derivatives=(1.0,))
def own_one(x):
    """A primitive on one operand."""
    return x


@primitive(derivatives=(1.0, 1.0))
def own_two(x, y):
    """A primitive on two operands."""
    return x + y


@primitive(derivatives=(1.0, 1.0, 1.0))
def own_three(x, y, z):
    """A primitive on three operands."""
    return x + y + z


class Text(str):
    """A string that is not a plain str."""


WRONG = {
    "None": None, "text": "text", "1j": 1j, "[]": [], "['a']": ["a"], "a list": [1.0, Value(2.0)], "object": object,
    "huge": 10**400, "nan": math.nan, "-1": -1.0, "a Value": Value(0.5, "v"), "Text": Text("t"), "function": len,
    "bytes": b"a", "{}": {}, "inf": math.inf, "True": True,
}  # fmt: skip  # a table
MANY = [(), (1.0, 2.0), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0, 4.0), tuple(range(9))]


def said(call):
    """The outcome of a call: the error, or the kind of the result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = call()
        except BaseException as error:  # every error is an answer here
            notes = getattr(error, "__notes__", [])
            return re.sub("0x[0-9a-f]+", "0x", f"{type(error).__name__}: {error} {notes or ''}")
    return re.sub("0x[0-9a-f]+", "0x", f"gives {result!r}")[:300]


# Names of parameters, and a name that no parameter has.
KEYWORDS = ["x", "y", "xs", "data", "label", "name", "function", "gradient", "root", "inputs", "argnums", "self", "unknown"]


def parameters_of(thing):
    """The parameters that it says it takes."""
    return [(p.name, p.kind.name, repr(p.default)) for p in inspect.signature(thing).parameters.values()]


def calls(fresh):
    """Wrong calls of the object that `fresh()` returns, each with its name in the answer."""
    for arguments in MANY:
        yield f"{arguments}", lambda a=arguments: fresh()(*a)
    for name, wrong in WRONG.items():
        yield name, lambda w=wrong: fresh()(w)
        yield f"1.5, {name}", lambda w=wrong: fresh()(1.5, w)
        yield f"a Value, {name}", lambda w=wrong: fresh()(Value(1.5), w)
        yield f"{name}, 1.5", lambda w=wrong: fresh()(w, 1.5)
        yield f"{name}, {name}, {name}", lambda w=wrong: fresh()(w, w, w)
    for keyword in KEYWORDS:
        yield f"{keyword}=None", lambda k=keyword: fresh()(**{k: None})
        yield f"1.5, {keyword}=2.5", lambda k=keyword: fresh()(1.5, **{k: 2.5})
        yield f"1.5, 2.5, {keyword}=2.5", lambda k=keyword: fresh()(1.5, 2.5, **{k: 2.5})
        yield f"1.5, 2.5, {keyword}=2.5, none=3", lambda k=keyword: fresh()(1.5, 2.5, **{k: 2.5, "none": 3})


def things():
    """Everything that can be called, by the expression that reaches it."""
    for name in autograd_core.__all__:
        thing = getattr(autograd_core, name)
        if callable(thing):
            yield name, lambda t=thing: t
    for own in (own_one, own_two, own_three):
        yield own.__name__, lambda t=own: t
    for name in dir(Value):
        if not name.startswith("_") and callable(getattr(Value, name)) and name not in ("draw", "step"):
            yield f"Value(0.5).{name}", lambda n=name: getattr(Value(0.5, "x"), n)
            # except a method that is written in C there: for anything but a Value, Python raises the error
            if name not in ("backward", "zero_grad"):
                yield f"Value.{name}", lambda n=name: getattr(Value, n)
    for place in (scope, no_record, record):
        made = (lambda: scope("a")) if place is scope else place
        yield f"{place.__name__}()", made
    transformed = ("grad", "value_and_grad", "jacobian", "hessian", "hvp", "jvp", "vjp")
    for name in transformed:
        yield f"{name}(f)", lambda n=name: getattr(autograd_core, n)(lambda x: x * x)


def attributes():
    """Reading, setting and deleting every attribute, of a leaf and of a computed node."""
    makers = {"leaf": lambda: Value(0.5, "x"), "parameter": lambda: parameter(0.5), "node": lambda: Value(0.5, "x") * 2}
    for kind, make in makers.items():
        for name in [n for n in dir(Value) if not n.startswith("_")] + ["colour"]:
            yield f"del {kind}.{name}", lambda m=make, n=name: delattr(m(), n)
            for what, wrong in WRONG.items():
                yield f"{kind}.{name} = {what}", lambda m=make, n=name, w=wrong: setattr(m(), n, w)
        yield f"{kind}.colour", lambda m=make: m().colour
    for place in (lambda: scope("a"), no_record, record):
        for name in ("name", "colour", "recording"):
            yield f"{place().__class__.__name__}.{name}", lambda p=place, n=name: getattr(p(), n)
            yield f"{place().__class__.__name__}.{name} = 1", lambda p=place, n=name: setattr(p(), n, 1)
            yield f"del {place().__class__.__name__}.{name}", lambda p=place, n=name: delattr(p(), n)


UNARY = {
    "neg": operator.neg, "~": operator.invert, "len": len, "iter": iter, "next": next, "int": int, "float": float,
    "complex": complex, "index": operator.index, "hash": lambda x: hash(x) and 0, "bool": bool, "round": round, "bytes": bytes,
    "str": str, "abs": abs, "call": lambda x: x(), "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "sin": math.sin,
    "reversed": reversed, "dict": dict, "list": list, "range": range, "chr": chr, "await": lambda x: x.__await__(),
    "enter": lambda x: x.__enter__(), "copy": copy.copy, "deepcopy": copy.deepcopy, "vars": vars, "hex": hex,
    "subclass": lambda x: type("Sub", (type(x),), {}), "match": lambda x: isinstance(1, x), "unpack": lambda x: [*x],
}  # fmt: skip  # a table
BINARY = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "<<": operator.lshift, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "divmod": divmod, "<": operator.lt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "+=": operator.iadd, "**=": operator.ipow, "[]": operator.getitem, "in": operator.contains, "round": round,
    "format": lambda x, y: format(x, y), "del []": operator.delitem, "getattr": getattr, "pow 3": lambda x, y: pow(x, y, 3),
    "concat": operator.concat, "isinstance": isinstance,
}  # fmt: skip  # a table


def operations():
    """Every operator and builtin, on Values with wrong operands beside them."""
    for point in (0.5, 0.0, -1.0, math.inf, math.nan, 1e308):
        for name, function in UNARY.items():
            yield f"{name}({point})", lambda f=function, x=point: f(Value(x, "x"))
        for name, function in BINARY.items():
            for what, wrong in WRONG.items():
                yield f"{point} {name} {what}", lambda f=function, x=point, w=wrong: f(Value(x, "x"), w)
                yield f"{what} {name} {point}", lambda f=function, x=point, w=wrong: f(w, Value(x, "x"))
    yield "left more often", lambda: no_record().__exit__(None, None, None)
    yield "exited more often than entered", lambda: scope("a").__exit__(None, None, None)


def documented():
    """The `help` of everything public, and of the members of its classes."""
    for name in autograd_core.__all__:
        thing = getattr(autograd_core, name)
        if callable(thing):
            yield name, lambda t=thing: inspect.getdoc(t)
            if isinstance(thing, type):
                for member in [m for m in dir(thing) if not m.startswith("_")]:
                    yield f"{name}.{member}", lambda t=thing, m=member: inspect.getdoc(getattr(t, m))


def main():
    """Print all answers."""
    answers = {f"help({name})": said(call) for name, call in documented()}
    for where, fresh in things():
        if not where.endswith("()"):  # Python cannot tell what an object takes if its type is written in C
            answers[f"parameters of {where}"] = said(lambda f=fresh: parameters_of(f()))
        for name, call in calls(fresh):
            answers[f"{where}({name})"] = said(call)
    for name, call in (*attributes(), *operations()):
        answers[name] = said(call)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
