"""Runs a function once on new leaves, and turns this run into the listing of one branch.

A listing is a flat list of operations. A function has one branch for each combination of answers to the questions, such
as comparisons, that it asks about its numbers.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache
from types import CodeType
from typing import Any

from .._engine.nodes import make_constant
from .._engine.numbers import number, unwrapped
from .._operations.integers import Integer, Static
from .._operations.operation import Operation
from .._transforms.kinds import kind_of
from .._transforms.trees import Kept, Leaf, Nested, Shape, Structure, apart, is_array, is_bool, passes
from ..value import Value
from .arguments import Arguments, as_floats, opened
from .branches import Branch
from .entered import entered
from .listing import Listing
from .traced_nodes import leaked, leaves_among, outside, release_memory, risky, unused
from .tracing import Trace, refused, tracing

Codes = set[CodeType] | None


def record_function(function: Callable[..., Any], *example: Any, generators: Sequence[Any] = ()) -> Branch:
    """Trace a function at example arguments, and return the branch.

    Unlike `trace`, this does not record what the function reads besides its arguments: the callers know that already.
    """
    arguments, static = opened(example, {}), set[int]()
    while True:
        moving = arguments.inputs(static)
        numbers = as_floats([arguments.numbers[i] for i in moving])
        try:
            return record_branch(function, arguments, numbers, moving, generators)[0]
        except Static as used:
            static.add(arguments.argument_of(used.position))


def record_branch(
    function: Callable[..., Any],
    arguments: Arguments,
    numbers: Sequence[float],
    moving: Sequence[int],
    generators: Sequence[Any] = (),
) -> tuple[Branch, Codes]:
    """Trace `function` at these numbers; return the branch, and the code that ran (see `entered`).

    Args:
        arguments: The arguments of a call, split into numbers and structure.
        moving: The positions of the inputs among the numbers in the arguments. All other numbers are static ints, which
            are fixed in the program.
        numbers: One number for each input.
        generators: The NumPy generators that the function captures.

    Raises:
        GraphError: The function did something that a replay could not repeat. (The function's own exceptions
            propagate.)
    """
    with tracing(generators) as trace:
        inputs = [Value(x) for x in numbers]
        structure, codes = _run(function, arguments, dict(zip(moving, inputs, strict=True)), trace)
    outputs = [x if type(x) is Value else float(x) for x in structure.numbers]
    plain = {i: x for i, x in enumerate(structure.numbers) if type(x) is not Value}
    empty = _taken_apart(structure.rebuild([Value(0.0) if type(x) is Value else x for x in structure.numbers]))
    leaves = leaves_among(trace.made)
    make_constant(leaves[len(inputs) :])
    parameters, below = _parameters(trace, outputs)
    risks = risky(trace.made, may_raise)
    listing = Listing.of(
        outputs,
        inputs,
        parameters,
        constants=set(leaves),
        plain=trace.plain,
        risks=[trace.made[i] for i in risks],
        questions=[question._replace(after=bisect_left(risks, question.after)) for question in trace.questions],
    )
    made = trace.made
    del inputs, structure, outputs, leaves, trace
    if leaked(made) is not None:
        gc.collect()  # an unreachable reference cycle may still refer to the node
        if leaked(made) is not None:
            raise refused(
                "stores a number that it computed (in an outer variable, a list, an attribute or a cache)",
                "return it instead: a stored number would be out of date after the next replay",
            )
    branch = Branch(listing, parameters, empty, plain, below, numbers)
    del made
    release_memory()
    return branch, codes


def _run(
    function: Callable[..., Any], arguments: Arguments, inputs: dict[int, Value], trace: Trace
) -> tuple[Structure, Codes]:
    """Run the function on its inputs; return the structure of its result, and the code that ran."""
    given: list[Any] = []
    for i, x in enumerate(arguments.numbers):
        given.append(x if i not in inputs else Integer(i, inputs[i]) if type(x) is int else inputs[i])
    positional, keywords = filled(arguments.structure, given)
    before = _contents((positional, keywords))
    with entered() as codes:
        result = function(*positional, **keywords)
    trace.check_uncaught()
    if _contents((positional, keywords)) != before:
        raise refused("changes its arguments", "return the new values, and change the arguments outside the function")
    structure = _taken_apart(result)
    _check_kept(structure.form)
    for x in structure.numbers:
        if type(x) is Value:
            trace.check_recorded(x)
        elif number(x) is None:
            kind = type(x).__name__
            raise TypeError(f"a traced function must return numbers; got an array that contains {x!r} of type {kind}")
    return structure, codes


def _taken_apart(result: Any) -> Structure:
    """Split a function's result into numbers and structure; an array without Values counts as structure."""
    return apart(result, _numbers, Kept)


def _numbers(thing: Any) -> tuple[list[Any], Shape] | None:
    if type(thing) is Integer or (is_array(thing) and thing.dtype != object):
        return None
    if type(inner := unwrapped(thing)) is Value:
        return [inner], None
    if is_bool(thing) or number(thing) is not None:
        return [thing], None
    return (thing.ravel().tolist(), thing.shape) if is_array(thing) else None


def filled(structure: Structure, given: Sequence[Any]) -> Any:
    """Return the arguments with `given` in place of their numbers.

    An array becomes an object array, unless all numbers that are put into it are ints.
    """
    made, at = [], 0
    for leaf in structure.leaves:
        part = given[at : at + leaf.size]
        made.append(part[0] if leaf.shape is None else _array(part, leaf.shape))
        at += leaf.size
    return structure.form.filled(iter(made))


def _array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    import numpy

    if all(type(x) is int for x in numbers):
        return numpy.array(numbers).reshape(shape)
    made = numpy.empty(len(numbers), dtype=object)
    for i, x in enumerate(numbers):
        made[i] = x
    return made.reshape(shape)


def _contents(thing: Any) -> Any:
    """Return the identities of a structure's contents, so that changes to the structure can be detected."""
    if is_array(thing):
        return tuple(map(id, thing.ravel().tolist())) if thing.dtype == object else thing.tobytes()
    kind = kind_of(thing)
    if kind is None:
        return id(thing)
    names, parts = kind.open(thing)
    return names, [_contents(part) for part in parts]


def _check_kept(form: Nested | Kept | Leaf) -> None:
    """Reject a result that contains an object in which numbers may be hidden."""
    if isinstance(form, Nested):
        for part in form.parts:
            _check_kept(part)
    elif isinstance(form, Kept):
        thing = form.thing
        if type(thing) is Integer:
            thing._static()
        if not passes(thing) and not (is_array(thing) and thing.dtype.kind in "fiubU"):
            raise TypeError(
                "a traced function must return numbers, alone or in lists, tuples, dicts, dataclasses or NumPy arrays; "
                f"got {thing!r} of type {type(thing).__name__}: return the numbers that it contains"
            )


def _parameters(trace: Trace, outputs: Sequence[Any]) -> tuple[list[Value], int]:
    """Return the parameters: the nodes that the function used but that existed before the trace.

    Also return how many parameters the outputs depend on; these parameters come first.
    """
    dead = _dead(trace, outputs)
    asked = [x for question in trace.questions for x in question.operands if type(x) is Value]
    below = outside([x for x in outputs if type(x) is Value], trace.made)
    others = outside([*asked, *dead], trace.made) if asked or dead else []
    return list(dict.fromkeys((*below, *others))) if others else below, len(below)


def _dead(trace: Trace, outputs: Sequence[Any]) -> list[Value]:
    """Return the nodes that no output or question needs, but whose operations may raise an exception."""
    ends = [x for x in (*outputs, *(x for q in trace.questions for x in q.operands)) if type(x) is Value]
    return [node for node in unused(ends, trace.made) if may_raise(node.op)]


def may_raise(row: Operation) -> bool:
    """Return whether an operation may raise an exception; primitives and programs, which run the user's code, may."""
    return not row.permanent or _translation_raises(row)


@cache
def _translation_raises(row: Operation) -> bool:
    """Return whether an operation's translation may raise an error; return True if there is no translation."""
    from .._translation.forms import Refused  # imported only here, since the translator is large
    from .._translation.rows import translated_row
    from .._translation.translator import Translation

    try:
        return translated_row(row, Translation()).value.raises
    except Refused:
        return True
