"""Records one run of a function: the nodes that the function makes, and the questions that it asks about them.

While a trace runs, `Value` behaves a little differently in the trace's thread: a comparison becomes a question that
every replay asks again, `.data` is a Value through which no gradient passes, and anything that a replay could not
repeat raises an error. This behaviour is installed only for the duration of the trace, so it costs nothing at other
times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import Any

from .._engine.nodes import make_node
from .._engine.numbers import number
from .._engine.places import current
from .._engine.traces import made, note_error, running, traces
from .._engine.watching import watches
from .._operations.operation import NOTHING, is_nothing
from ..backward import discovered_all
from ..context import record
from ..errors import GraphError
from ..ops import stop
from ..value import Value
from .guards import QUESTIONS, Question
from .randomness import states, unwatch_generators, watch_generators

_changing = RLock()


class Trace:
    """The record of one run of a function.

    `made` holds the nodes that the function made, and `questions` the questions that it asked about them. `plain` holds
    the nodes that represent plain numbers, such as `x.data`. `errors` holds the errors that the function may have
    caught.
    """

    def __init__(self) -> None:
        self.made: list[Value] = []
        self.questions: list[Question] = []
        self.plain: set[Value] = set()
        self.errors: list[Exception] = []
        self.draws = False  # whether the function drew random numbers
        self.found = False  # an attribute that every watcher must have; see `_engine/watching.py`
        self._thread = get_ident()
        self._ids: set[int] = set()

    def asked(self, kind: str, operands: tuple[Any, ...], outcome: Any) -> Any:
        """Record a question that every replay asks again, and return the outcome.

        A question about plain numbers alone is not recorded, since its answer is always the same.
        """
        nodes = [x for x in operands if type(x) is Value]
        for x in nodes:
            self.check_recorded(x)
        if nodes:
            self.questions.append(Question(kind, operands, float(outcome), after=len(self.made)))
        return outcome

    def asked_flat(self, node: Value) -> None:
        """Record a question for each local derivative of a node: whether it is flat (0 in a whole neighbourhood).

        The formula of the derivative depends on the answer.
        """
        if node.op.flat or node.op.flat_beside:
            for i, slope in enumerate(node._slopes):
                if slope is not None:
                    outcome = float(is_nothing(slope))
                    self.questions.append(Question("flat", node.operands, outcome, node.op, i, len(self.made)))

    def stopped(self, node: Value, plain: bool) -> Value:
        """Return a new node that has the same number but blocks gradients; if `plain`, mark it as a plain number."""
        self.check_recorded(node)
        result = make_node(stop.operation, node._data, (node,), (NOTHING,), current(), node._stamp)
        if plain:
            self.plain.add(result)
        return result

    def as_plain(self, x: Any) -> Any:
        """Mark a node as representing a plain number, and return the node; return a plain number unchanged."""
        if type(x) is Value:
            self.plain.add(x)
        return x

    def check_recorded(self, node: Value) -> None:
        """Reject nodes made inside `no_record()` during this trace, since their operands are unknown."""
        if node.is_leaf and not node._place.recording and any(node is x for x in self.made):
            raise GraphError(
                "a traced function computed a Value inside no_record(), so a replay could not compute it again; "
                "use stop_gradient(…) where no gradient should pass"
            )

    def note(self, node: Value) -> None:
        """Reject taking a node's number out of the graph.

        Other threads may do this to nodes that do not depend on this trace.
        """
        if get_ident() != self._thread and not self.reaches(node):
            return
        raise refused("takes plain gradients (backward() or gradients() without create_graph)", CREATE_GRAPH)


    def check_uncaught(self) -> None:
        """Reject a function that caught an error and returned: a replay would not check for that error."""
        for error in self.errors:
            if isinstance(error, GraphError):
                raise error
            raise refused(
                f"catches an error ({error})", "test the number with `if` before the operation"
            ) from error

    def reaches(self, node: Value) -> bool:
        """Return whether a node belongs to this trace, or was computed from a node that does."""
        self._ids.update(map(id, self.made[len(self._ids) :]))
        return any(id(x) in self._ids for x in discovered_all([node])[0])


CREATE_GRAPH = "differentiate with create_graph=True, or differentiate the program itself with program.value_and_grad"


def refused(what: str, instead: str) -> GraphError:
    """Return the error for something that a function does and that a replay could not repeat."""
    error = GraphError(f"a traced function {what}, which a replay could not repeat; {instead}")
    note_error(error)
    return error


def check_not_tracing(name: str) -> None:
    """Reject a replay during a trace, since the trace would record the results of the replay as constants."""
    if running() is not None:
        raise refused(
            f"asks the program {name} for gradients or for results over many rows",
            f"call {name} on one point, or use the function that it was traced from",
        )


@contextmanager
def tracing(generators: Sequence[Any] = ()) -> Iterator[Trace]:
    """Trace the operations that this thread performs in the `with` block, which may draw from NumPy's `generators`.

    Raises:
        GraphError: Random numbers were drawn, which a replay would not draw again.
    """
    trace, thread = Trace(), get_ident()
    before = states(generators)
    with _changing:
        if not traces:
            _put_in_place(_ANSWERS)
            watch_generators()
        traces[thread] = trace
        made[thread] = trace.made
        watches.append(trace)  # type: ignore[arg-type]  # a trace is a watcher too
    try:
        with record():
            yield trace
    finally:
        with _changing:
            watches.remove(trace)  # type: ignore[arg-type]  # a trace is a watcher too
            del made[thread], traces[thread]
            if not traces:
                _put_in_place(_ORIGINALS)
                unwatch_generators()
    if trace.draws or states(generators) != before:
        raise refused(
            "draws random numbers",
            "draw them outside the function and pass them as arguments; during a trace, no other thread may draw any",
        )


# --- How a Value behaves during a trace ----------------------------------------------------------------------


def _here(*operands: Any) -> Trace | None:
    """Return this thread's trace, or None if there is none.

    In a thread without a trace, reject questions about nodes that depend on another thread's trace.
    """
    trace: Trace | None = running()
    if trace is None:
        for other in list(traces.values()):
            if any(type(x) is Value and other.reaches(x) for x in operands):
                raise refused("queries a Value in another thread", "query it in the function's own thread")
    return trace


def _compared(kind: str) -> Callable[[Value, Any], Any]:
    def compare(self: Value, other: Any) -> Any:
        outcome = _ORIGINALS[f"__{kind}__"](self, other)
        trace = _here(self, other)
        if trace is None or outcome is NotImplemented:
            return outcome
        operand = other if type(other) is Value else number(other)
        if type(outcome) is not bool or (operand is not None and type(operand) is float and operand != other == other):
            raise refused(f"compares a Value with {other!r}", "compare it with a Value or a float")
        return outcome if operand is None else trace.asked(kind, (self, operand), outcome)

    return compare


def _asked(method: str, kind: str) -> Callable[[Value], Any]:
    """Return a method of Value that asks a question about the Value's number."""

    def ask(self: Value) -> Any:
        trace = _here(self)
        if trace is None:
            return _ORIGINALS[method](self)
        return trace.asked(kind, (self,), _answer(kind, self._data))

    return ask


def _answer(kind: str, *numbers: Any) -> Any:
    try:
        return QUESTIONS[kind](*numbers)
    except (ArithmeticError, ValueError) as error:  # int, floor and others raise for infinity and NaN
        note_error(error)
        raise


def _round(self: Value, ndigits: int | None = None) -> Any:
    trace = _here(self)
    if trace is None:
        return _ORIGINALS["__round__"](self, ndigits)
    if ndigits is None:
        return trace.asked("round", (self,), _answer("round", self._data))
    return trace.asked("round_to", (self, float(ndigits)), round(self._data, ndigits))


def _rint(self: Value) -> float:
    rounded: float = _round(self, 0)
    return rounded


def _refusing(method: str, what: str, instead: str) -> Callable[..., Any]:
    def refuse(self: Value, *arguments: Any, **keywords: Any) -> Any:
        if _here(self) is None:
            return _ORIGINALS[method](self, *arguments, **keywords)
        raise refused(what, instead)

    return refuse


def _refusing_property(name: str, read: str | None, instead: str) -> property:
    """Return a property that raises an error if it is assigned during a trace.

    If `read` is not None, reading the property during a trace also raises an error; `read` is the text for this error.
    """

    def get(self: Value) -> Any:
        if read is None or _here(self) is None:
            return _ORIGINALS[name].__get__(self)
        raise refused(read, instead)

    def put(self: Value, given: Any) -> None:
        if _here(self) is not None:
            raise refused(f"assigns {name}", instead)
        _ORIGINALS[name].__set__(self, given)

    return property(get, put)


def _data(self: Value) -> Any:
    trace = running()
    return _ORIGINALS["data"].__get__(self) if trace is None else trace.stopped(self, plain=True)


_OUTSIDE = "do it outside the function"
_ANSWERS: dict[str, Any] = {
    **{f"__{kind}__": _compared(kind) for kind in ("lt", "le", "gt", "ge", "eq", "ne")},
    **{f"__{kind}__": _asked(f"__{kind}__", kind) for kind in ("bool", "int", "floor", "ceil", "trunc")},
    "is_integer": _asked("is_integer", "is_integer"),
    "__round__": _round,
    "rint": _rint,
    "data": _refusing_property("data", None, _OUTSIDE).getter(_data),
    "grad": _refusing_property("grad", "reads a gradient", CREATE_GRAPH),
    "has_grad": _refusing_property("has_grad", "reads has_grad", _OUTSIDE),
    "local_derivatives": _refusing_property("local_derivatives", "reads local derivatives", CREATE_GRAPH),
    "zero_grad": _refusing("zero_grad", "clears gradients", _OUTSIDE),
    "backward": _refusing("backward", "calls backward()", CREATE_GRAPH),
    **{
        name: _refusing(name, "writes a Value as text", "print the function's result instead")
        for name in ("__repr__", "__format__", "hex")
    },
    **{
        name: _refusing(name, "copies a Value", "use it directly, since it never changes")
        for name in ("__copy__", "__deepcopy__", "__reduce__")
    },
}  # fmt: skip  # a table
_ORIGINALS: dict[str, Any] = {}


def _put_in_place(answers: dict[str, Any]) -> None:
    if not _ORIGINALS:
        _ORIGINALS.update({name: getattr(Value, name, None) for name in _ANSWERS})
        _ORIGINALS.update({name: vars(Value)[name] for name in _ANSWERS if name in vars(Value)})
    for name, answer in answers.items():
        setattr(Value, name, answer)
