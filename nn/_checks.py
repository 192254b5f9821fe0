"""Check arguments and data. Each error message says what is wrong and, if possible, names the row and the column."""

import inspect
import math
import numbers
import operator
import reprlib
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core
from autograd_core import Value


def is_finite(thing: Any) -> bool:
    """Return whether `thing` is a real number, possibly from NumPy, whose value as a float is finite."""
    try:
        return isinstance(thing, numbers.Real) and math.isfinite(thing)
    except OverflowError:  # an integer too large for a float
        return False


def is_sequence(thing: Any) -> bool:
    """Return whether `thing` can serve as a row: it must have a length and must not be a str, bytes or a dict."""
    return hasattr(thing, "__len__") and not isinstance(thing, (str, bytes, dict))


# -- settings


def real(
    name: str, value: Any, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
) -> float:
    """Return `value`, which may be a NumPy number, as a float.

    Raises:
        ValueError: The value is not a finite number within the limits; the message begins with `name`.

    >>> real("momentum", 1.0, least=0.0, below=1.0)
    Traceback (most recent call last):
    ValueError: momentum must be a finite number of at least 0 and below 1; got 1.0
    """
    if not (is_finite(value) and value >= least and above < value < below):
        limits = {"of at least": least, "above": above, "below": below}
        wanted = " and ".join(f"{word} {limit:g}" for word, limit in limits.items() if math.isfinite(limit))
        raise ValueError(f"{name} must be a finite number {wanted}; got {value!r}")
    return float(value)


def whole(name: str, value: Any, least: int) -> int:
    """Return `value`, which may be a NumPy integer, as an int.

    Raises:
        ValueError: The value is not an integer of at least `least`; the message begins with `name`.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}")
    return number


def functions(**things: Any) -> None:
    """Raise TypeError if an argument is a class, or is neither None nor callable; the message names the argument.

    >>> functions(activation="tanh")
    Traceback (most recent call last):
    TypeError: activation must be a function or a module; got 'tanh': pass the function itself, autograd_core.tanh
    """
    for name, thing in things.items():
        if isinstance(thing, type):
            kind = thing.__name__
            raise TypeError(f"{name} must be a function or a module; got the class {kind}: pass an instance, {kind}()")
        if thing is not None and not callable(thing):
            known = isinstance(thing, str) and callable(getattr(autograd_core, thing, None))
            fix = f": pass the function itself, autograd_core.{thing}" if known else ""
            raise TypeError(f"{name} must be a function or a module; got {thing!r}{fix}")


# -- data


def check_rows(rows: Sequence[Any], width: int | None = None, name: str = "the data") -> None:
    """Raise ValueError unless `rows` contains rows of finite numbers, all of the same length.

    The message names the row and the column. An item of `rows` may also be a sequence of steps, each of which is a row
    of numbers (the input of a recurrent network); these sequences may differ in length.

    Args:
        width: The number of columns; by default, the length of row 0.
        name: The name of the data in the message.

    >>> check_rows([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
    ValueError: the data: row 1, column 1 must be a finite number; got nan
    """
    if len(rows) == 0:
        raise ValueError(f"{name}: there are no rows")
    wanted = width or (len(rows[0]) if is_sequence(rows[0]) else 1)
    for index, row in enumerate(rows):
        if is_sequence(row) and len(row) > 0 and all(map(is_sequence, row)):
            check_rows(row, name=f"{name}: sequence {index}")
        else:
            check_row(row, wanted, f"{name}: row {index}")


def check_row(row: Any, width: int, where: str) -> None:
    """Raise ValueError, naming the column, unless `row` contains exactly `width` finite numbers."""
    if not is_sequence(row):
        raise ValueError(f"{where} must be a list of numbers; got {row!r}")
    if len(row) == 0:
        raise ValueError(f"{where} is empty: column 0 is missing")
    if len(row) != width:
        wrong = "missing" if len(row) < width else "unexpected"
        raise ValueError(f"{where} has {len(row)} columns, not {width}: column {min(len(row), width)} is {wrong}")
    if set(map(type, row)) == {float} and all(map(math.isfinite, row)):
        return  # a fast path for the common case
    for column, number in enumerate(row):
        if not is_finite(number):
            raise ValueError(f"{where}, column {column} must be a finite number; got {number!r}")


def check_targets(targets: Sequence[Any], rows: int, name: str = "the data") -> None:
    """Raise ValueError unless each row has one target, which is a finite number or a list of finite numbers.

    The message names the row.

    >>> check_targets([0, "1"], 2)
    Traceback (most recent call last):
    ValueError: the data: the target of row 1 must be a finite number; got '1'
    """
    if len(targets) != rows:
        raise ValueError(f"{name}: {rows} rows of inputs but {len(targets)} targets")
    for index, target in enumerate(targets):
        for column, number in enumerate(target) if is_sequence(target) else [(None, target)]:
            if not is_finite(number):
                where = f"row {index}" if column is None else f"row {index}, column {column},"
                raise ValueError(f"{name}: the target of {where} must be a finite number; got {number!r}")


# -- inputs of a module


def as_list(x: Any) -> Any:
    """Return a single number as a list of one number; return a sequence, an array or None unchanged."""
    if type(x) is list or x is None:
        return x
    if not hasattr(x, "__len__"):
        return [x]
    # a zero-dimensional NumPy array counts as a single number, although it has a `__len__` method
    return [x[()]] if getattr(x, "shape", None) == () else x


def check_example(module: Any, x: Any, width: int) -> None:
    """Raise TypeError unless `x` is a flat list of numbers, and ValueError unless it has `width` numbers.

    >>> check_example("MLP", [[1.0], [2.0]], 2)
    Traceback (most recent call last):
    TypeError: 'MLP' takes one example, a flat list of 2 numbers; got elements such as [1.0]: for a batch, loop over it
    """
    if type(x) is list and len(x) == width and set(map(type, x)) <= {float, Value}:
        return  # a fast path for the common case
    wanted = f"{module!r} takes one example, a flat list of {width} number{'s' * (width > 1)}"
    if not is_sequence(x):
        raise TypeError(f"{wanted}; got {reprlib.repr(x)}")
    for number in x:
        if not isinstance(number, (Value, numbers.Real)):
            fix = ": for a batch, loop over it" if is_sequence(number) else ""
            raise TypeError(f"{wanted}; got elements such as {reprlib.repr(number)}{fix}")
    if len(x) != width:
        raise ValueError(f"{module!r} takes {width} inputs; got {len(x)}")


def check_call(module: Any, function: Callable[..., Any], inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Raise TypeError if `function` cannot be called with these arguments."""
    taken = inspect.signature(function)
    try:
        taken.bind(*inputs, **keywords)
    except TypeError as error:
        raise TypeError(
            f"{module!r} takes {', '.join(taken.parameters)}; pass an example as one list of numbers, "
            f"model([1.0, 2.0]) rather than model(1.0, 2.0): {error}"
        ) from None
