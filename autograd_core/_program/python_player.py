"""The player for programs exported to plain Python; the text of this file is copied into each generated module."""

import math
from typing import Any

inf, nan = math.inf, math.nan
QUESTIONS: Any = {
    "lt": lambda x, y: x < y, "le": lambda x, y: x <= y, "gt": lambda x, y: x > y, "ge": lambda x, y: x >= y,
    "eq": lambda x, y: x == y, "ne": lambda x, y: x != y, "is": float, "bool": bool, "isfinite": math.isfinite,
    "is_integer": float.is_integer, "int": int, "round": round, "round_to": lambda x, digits: round(x, int(digits)),
    "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc,
}  # fmt: skip  # a table


def power(x: float, y: float) -> float:
    """Return the power x**y as a float."""
    z = x**y
    if isinstance(z, complex):
        raise ValueError("a negative number cannot be raised to a power that is not an integer")
    return float(z)


def item_of(numbers: Any, i: int, size: int) -> float:
    """Return item `i` of a list, which must have `size` numbers."""
    if len(numbers) != size:
        raise ValueError(f"{size} numbers are expected; got {len(numbers)}")
    return float(numbers[i])


def player(rows: Any, branches: Any, defaults: Any) -> Any:
    """Return the functions `program` and `gradients` of a generated module."""

    def program(inputs: Any, parameters: Any = defaults) -> list[float]:
        """Return the numbers in the result; raise an operation's error, or LookupError if the branch was not traced."""
        branch, slots = _played(inputs, parameters)
        return [slots[slot] for slot in branch["outputs"]]

    def gradients(inputs: Any, parameters: Any = defaults) -> list[float]:
        """Return the first number's gradients with respect to inputs and then parameters; raise as `program` does."""
        branch, slots = _played(inputs, parameters)
        first = len(slots) - len(branch["code"])
        adjoints = [-0.0] * len(slots)
        adjoints[branch["outputs"][0]] = 1.0
        for k in reversed(range(len(branch["code"]))):
            upstream = adjoints[first + k]
            if branch["variable"][first + k] and not _nothing(upstream):
                for slot, local in zip(_below(branch, k), _locals(branch, slots, k, first), strict=True):
                    if not _nothing(local):
                        adjoints[slot] += upstream * local + 0.0
        by_parameter = [0.0] * len(parameters)
        for j, i in enumerate(branch["parameters"]):
            by_parameter[i] = adjoints[branch["inputs"] + j] + 0.0
        return [x + 0.0 for x in adjoints[: branch["inputs"]]] + by_parameter

    def _played(inputs: Any, parameters: Any) -> tuple[Any, list[float]]:
        """Return the branch that these numbers take, and the numbers in all slots of the branch."""
        for branch in branches:
            slots = [*map(float, inputs), *(float(parameters[i]) for i in branch["parameters"]), *branch["constants"]]
            errors = _compute(branch, slots)
            if _holds(branch, slots, errors):
                return branch, slots
        raise LookupError("these numbers are on a branch that was not traced")

    def _compute(branch: Any, slots: list[Any]) -> dict[int, Exception]:
        """Append the results of all operations to `slots`; return a dict with the error of each operation that raises.

        If an operation raises an error, or depends on an operation that does, None is appended instead.
        """
        errors: dict[int, Exception] = {}
        for k, at in enumerate(branch["code"]):
            row, numbers = rows[branch["rows"][at]], [slots[slot] for slot in _below(branch, k)]
            if errors and None in numbers:
                slots.append(None)
                continue
            try:
                slots.append(_value(row, numbers))
            except (ArithmeticError, ValueError) as error:
                errors[k] = error
                slots.append(None)
        return errors

    def _value(row: Any, numbers: list[float]) -> float:
        return float(row["value"](numbers) if row["together"] else row["value"](*numbers))

    def _holds(branch: Any, slots: list[Any], errors: dict[int, Exception]) -> bool:
        """Return whether all guards (such as comparisons) have the same answers as in the trace.

        If the traced function would meet an error before a different answer, raise that error.
        """
        done = 0
        for kind, operands, outcome, after, name, at in branch["guards"]:
            _raise_first(errors, branch["risks"][done:after])
            done = after
            numbers = [slots[slot] for slot in operands]
            if None not in numbers and not _agrees(branch, kind, operands, numbers, outcome, name, at):
                return False
        _raise_first(errors, [*branch["risks"][done:], *errors])
        return True

    def _raise_first(errors: dict[int, Exception], operations: Any) -> None:
        for k in operations:
            if k in errors:
                raise errors[k]

    def _agrees(
        branch: Any, kind: str, operands: Any, numbers: list[float], outcome: float, name: Any, at: int
    ) -> bool:
        found = _flat(branch, operands, numbers, name, at) if name else float(QUESTIONS[kind](*numbers))
        alike = found == outcome and math.copysign(1.0, found) == math.copysign(1.0, outcome)
        return alike or (found != found and outcome != outcome)

    def _below(branch: Any, k: int) -> Any:
        return branch["operands"][branch["starts"][k] : branch["starts"][k + 1]]

    def _locals(branch: Any, slots: list[float], k: int, first: int) -> list[float]:
        """Return an operation's local derivatives.

        A derivative that is flat (0 in a whole neighbourhood), or with respect to a plain number, is returned as -0.0,
        which lets no gradient pass.
        """
        row, below = rows[branch["rows"][branch["code"][k]]], _below(branch, k)
        variable = [bool(branch["variable"][slot]) for slot in below]
        return _recorded(row, [slots[slot] for slot in below], slots[first + k], variable)

    def _flat(branch: Any, operands: Any, numbers: list[float], name: str, at: int) -> float:
        """Return whether an operation's derivative with respect to one of its operands is flat, as 0.0 or 1.0."""
        moving = [bool(branch["variable"][slot]) for slot in operands]
        moving[at] = True
        return float(_nothing(_recorded(rows[name], numbers, _value(rows[name], numbers), moving)[at]))

    def _recorded(row: Any, numbers: list[float], z: float, variable: list[bool]) -> list[float]:
        if row["together"]:
            slopes = row["slopes"][0](numbers, z)
            flat = _are_flat(row, numbers, variable)
        else:
            slopes = [slope(*numbers, z) if v else 0.0 for slope, v in zip(row["slopes"], variable, strict=True)]
            flat = [_is_flat(row, i, numbers, variable) for i in range(len(numbers))]
        found = [x or (-0.0 if f else 0.0) for x, f in zip(slopes, flat, strict=True)]
        return [x if v else -0.0 for x, v in zip(found, variable, strict=True)]

    def _are_flat(row: Any, numbers: list[float], variable: list[bool]) -> Any:
        if row["beside"]:
            return row["beside"][0](numbers, [float(moves) for moves in variable])
        return row["flat"][0](numbers) if row["flat"] else [False] * len(numbers)

    def _is_flat(row: Any, i: int, numbers: list[float], variable: list[bool]) -> bool:
        return _said(row["flat"][i], numbers) or (not all(variable) and _said(row["beside"][i], numbers))

    def _said(where: Any, numbers: list[float]) -> bool:
        return bool(where(*numbers) if callable(where) else where)

    def _nothing(x: float) -> bool:
        return x == 0.0 and math.copysign(1.0, x) < 0.0

    return program, gradients
