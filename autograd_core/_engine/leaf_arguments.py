"""Checks the arguments of `Value(…)`, and makes the errors for arguments that only other engines accept."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Any

SIGNATURE = Signature([
    Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
    Parameter("data", Parameter.POSITIONAL_OR_KEYWORD),
    Parameter("label", Parameter.POSITIONAL_OR_KEYWORD, default=None),
])


def label_checked(label: str | None) -> str | None:
    """Return the label; raise TypeError unless it is a str or None."""
    if label is not None and type(label) is not str:
        raise TypeError(f"a label must be a str or None; got {label!r} of type {type(label).__name__}")
    return label


def leaf_label(label: str | None) -> str | None:
    """Check the label of a new leaf, and return it."""
    if isinstance(label, (tuple, list, set)):
        raise miscalled(label, (), {})
    return label_checked(label)


def miscalled(label: object, more: tuple[Any, ...], others: dict[str, Any]) -> TypeError:
    """Return the error for extra arguments to `Value`, such as those that other small engines accept."""
    by_hand = isinstance(label, (tuple, list, set)) or not others.keys().isdisjoint(("_children", "_op"))
    if by_hand:
        return TypeError(
            "Value(data, label=None) makes an input, which has no operands; "
            "to define your own operation, decorate a function with @primitive"
        )
    if others:
        return TypeError(f"Value() got an unexpected keyword argument {next(iter(others))!r}")
    return TypeError(f"Value() takes a number and a label; got {2 + len(more)} arguments")
