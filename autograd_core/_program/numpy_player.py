"""The player for programs exported to NumPy; the text of this file is copied into each generated module."""

from typing import Any

import numpy as np

QUESTIONS: Any = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "is": lambda x: x, "bool": lambda x: x != 0, "isfinite": np.isfinite, "is_integer": lambda x: x == np.floor(x),
    "int": np.trunc, "trunc": np.trunc, "floor": np.floor, "ceil": np.ceil, "round": np.rint,
}  # fmt: skip  # a table


def player(rows: Any, branches: Any, defaults: Any) -> Any:
    """Return the functions `program` and `gradients` of a generated module."""

    def program(inputs: Any, parameters: Any = defaults) -> Any:
        """Return, for each number in the result, an array with one item per row.

        The items are NaN for a row that raises an error or takes a branch that was not traced.
        """
        return _merged(inputs, parameters, _values)

    def gradients(inputs: Any, parameters: Any = defaults) -> Any:
        """Return the gradients of the first number in the result, with respect to the inputs and then the parameters.

        Each gradient is an array with one item per row.
        """
        return _merged(inputs, parameters, _slopes)

    def _merged(inputs: Any, parameters: Any, wanted: Any) -> Any:
        with np.errstate(all="ignore"):
            inputs = [np.asarray(x, float) for x in inputs]
            shape = np.broadcast_shapes(*(x.shape for x in inputs))
            inputs = [np.broadcast_to(x, shape) for x in inputs]
            left, result = np.ones(shape, bool), None
            for branch in branches:
                own = [np.broadcast_to(parameters[i], shape) for i in branch["parameters"]]
                slots, raised = _forward(branch, inputs, own, shape)
                here = left & _holds(branch, slots, shape)
                here &= ~raised
                found = wanted(branch, slots, len(parameters))
                result = [np.full(shape, np.nan) for _ in found] if result is None else result
                result = [np.where(here, new, old) for new, old in zip(found, result, strict=True)]
                left &= ~here
            return result

    def _forward(branch: Any, inputs: Any, parameters: Any, shape: Any) -> Any:
        """Return the numbers in all slots, and a mask of the rows that would raise an error.

        A row would raise an error if an operation that may raise returns NaN although none of its operands is NaN.
        """
        raised = np.zeros(shape, bool)
        slots = [*inputs, *parameters, *(np.broadcast_to(x, shape) for x in branch["constants"])]
        for k in range(len(branch["code"])):
            row = rows[branch["rows"][branch["code"][k]]]
            numbers = [slots[slot] for slot in _operands(branch, k)]
            slots.append(row["value"](numbers) if row["together"] else row["value"](*numbers))
            if row["raises"]:
                raised |= np.isnan(slots[-1]) & ~np.isnan(numbers).any(axis=0)
        return slots, raised

    def _operands(branch: Any, k: int) -> Any:
        return branch["operands"][branch["starts"][k] : branch["starts"][k + 1]]

    def _holds(branch: Any, slots: Any, shape: Any) -> Any:
        """Return a mask of the rows for which all guards (such as x > 0) have the same answers as in the trace."""
        holds = np.ones(shape, bool)
        for kind, operands, outcome, *_ in branch["guards"]:
            found = np.asarray(QUESTIONS[kind](*(slots[slot] for slot in operands)), float)
            same = (found == outcome) & (np.signbit(found) == np.signbit(outcome))
            holds &= same | (np.isnan(found) & np.isnan(outcome) if kind == "is" else False)
        return holds

    def _values(branch: Any, slots: Any, _: int) -> Any:
        return [slots[slot] for slot in branch["outputs"]]

    def _slopes(branch: Any, slots: Any, count: int) -> Any:
        first = len(slots) - len(branch["code"])
        adjoints = [np.full(np.shape(slots[0]), -0.0) for _ in slots]
        adjoints[branch["outputs"][0]] += 1.0
        for k in reversed(range(len(branch["code"]))):
            if branch["variable"][first + k]:
                operands = _operands(branch, k)
                variable = [bool(branch["variable"][slot]) for slot in operands]
                row, numbers = rows[branch["rows"][branch["code"][k]]], [slots[slot] for slot in operands]
                found = _locals(row, numbers, slots[first + k], variable)
                for slot, local in zip(operands, found, strict=True):
                    if local is not None:
                        sent = adjoints[first + k] * local + 0.0
                        none = _nothing(adjoints[first + k]) | _nothing(local)
                        adjoints[slot] = adjoints[slot] + np.where(none, -0.0, sent)
        by_parameter = [np.zeros(np.shape(slots[0])) for _ in range(count)]
        for j, i in enumerate(branch["parameters"]):
            by_parameter[i] = adjoints[branch["inputs"] + j] + 0.0
        return [x + 0.0 for x in adjoints[: branch["inputs"]]] + by_parameter

    def _locals(row: Any, numbers: Any, z: Any, variable: Any) -> Any:
        plain = not all(variable)
        if row["together"]:
            slopes = row["slopes"][0](numbers, z)
            said = _are_flat(row, numbers, variable)
            return [_zeros(x, flat) if v else None for x, flat, v in zip(slopes, said, variable, strict=True)]
        found: list[Any] = []
        for i, moves in enumerate(variable):
            if not moves:
                found.append(None)
                continue
            flat = _said(row["flat"][i], numbers)
            beside = _said(row["beside"][i], numbers) if plain else False
            found.append(_zeros(row["slopes"][i](*numbers, z), flat | np.asarray(beside)))
        return found

    def _are_flat(row: Any, numbers: Any, variable: Any) -> Any:
        if row["beside"]:
            return row["beside"][0](numbers, variable)
        return row["flat"][0](numbers) if row["flat"] else [False] * len(numbers)

    def _said(flat: Any, numbers: Any) -> Any:
        return np.asarray(flat(*numbers) if callable(flat) else bool(flat))

    def _zeros(slope: Any, flat: Any) -> Any:
        """Return the slope, with 0 replaced by -0.0 wherever the function is flat; -0.0 blocks the gradient."""
        return np.where(np.asarray(slope) == 0.0, np.where(flat, -0.0, 0.0), slope)

    def _nothing(x: Any) -> Any:
        return (x == 0.0) & np.signbit(x)

    return program, gradients
