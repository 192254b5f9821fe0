"""Lines of text with placeholders for numbers. A placeholder holds a slot, an index on the tape (`replay.py`).

Python fills in the engine's numbers; the stepper's page fills the same lines again when the reader changes a leaf's
value. A line is a sequence of pieces: plain text, placeholders, and words that depend on the numbers (for example, on
whether 0 was multiplied by infinity).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._drawing.texts import factor, filled, number
from .._engine.nonfinite import meets

MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Number:
    """The number in a slot: if `signed`, a negative number is in brackets; if `slope`, a zero has no sign."""

    slot: int
    signed: bool = False
    slope: bool = False


@dataclass(frozen=True, slots=True)
class Exponent:
    """The number in a slot as an exponent: superscript if it is an integer of at most two digits."""

    slot: int


@dataclass(frozen=True, slots=True)
class Equal:
    """Parts joined by = signs; if several parts have the same text, only the first is printed."""

    parts: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A remark that appears only if 0 was multiplied by infinity."""

    local: int
    upstream: int
    contribution: int


@dataclass(frozen=True, slots=True)
class Differs:
    """Words that appear only if two numbers differ by more than the order of summation can explain."""

    came: int
    due: int
    words: Line


@dataclass(frozen=True, slots=True)
class Wrong:
    """A list of the wrong results, each with the actual and the correct number; the text `right` if none are wrong."""

    found: tuple[tuple[Line, int, int], ...]
    right: str


@dataclass(frozen=True, slots=True)
class CountWrong:
    """Words that count the pairs in which the two numbers differ; there are no words if all pairs agree."""

    pairs: tuple[tuple[int, int], ...]


Piece = str | Number | Exponent | Equal | Undetermined | Differs | Wrong | CountWrong
Line = tuple[Piece, ...]


def line(*parts: str | Piece | Line) -> Line:
    """Join parts into one line, merging adjacent strings."""
    found: list[Piece] = []
    for part in parts:
        for piece in part if isinstance(part, tuple) else (part,):
            if isinstance(piece, str) and found and isinstance(found[-1], str):
                found[-1] += piece
            elif piece != "":
                found.append(piece)
    return tuple(found)


def alike(a: float, b: float) -> bool:
    """Return whether two gradients differ by no more than the order of summation can explain."""
    return math.isclose(a, b, rel_tol=1e-9) or (math.isnan(a) and math.isnan(b))


class Filling:
    """Fills the numbers into lines, to `precision` significant digits."""

    def __init__(self, numbers: Sequence[float], precision: int) -> None:
        self.numbers = numbers
        self.precision = precision

    def __call__(self, text: Line) -> str:
        """Return a line as text."""
        return "".join(piece if isinstance(piece, str) else self.piece(piece) for piece in text)

    def number(self, slot: int, slope: bool = True) -> str:
        """Return the number in a slot as text."""
        return number(self.numbers[slot] + 0.0 if slope else self.numbers[slot], self.precision)

    def piece(self, piece: Piece) -> str:
        """Return the text of a piece that depends on numbers."""
        at = self.numbers
        match piece:
            case Number(slot, signed, slope):
                text = self.number(slot, slope)
                return factor(text) if signed else text
            case Exponent(slot):
                text = self.number(slot, slope=False)
                return filled("{x} ** {y}", "", factor(text))
            case Equal(parts):
                return " = ".join(dict.fromkeys(map(self, parts)))
            case Undetermined(local, upstream, contribution):
                undetermined = meets(at[upstream], at[local]) and math.isnan(at[contribution])
                return " (0 times infinity is undetermined)" if undetermined else ""
            case Differs(came, due, words):
                return "" if alike(at[came], at[due]) else self(words)
            case CountWrong(pairs):
                wrong = sum(not alike(at[a], at[b]) for a, b in pairs)
                return f", {wrong} with a wrong gradient" if wrong else ""
            case Wrong(found, right):
                wrong_ones = [
                    f"{self(what)} = {self.number(came)} instead of {self.number(due)}"
                    for what, came, due in found
                    if not alike(at[came], at[due])
                ]
                cut = [*wrong_ones[:MOST_LISTED], *left_out(len(wrong_ones))]
                return f"Wrong, because the boxes were not sorted: {'; '.join(cut)}" if cut else right
        raise TypeError(f"not a piece of a line: {piece!r}")


def left_out(count: int) -> list[str]:
    """Return ["… 3 more"] if a list of `count` items has 3 too many to print, or [] if all of them are printed."""
    return [f"… {count - MOST_LISTED} more"] if count > MOST_LISTED else []


def coded(text: Line, slots: Mapping[int, int]) -> Any:
    """Encode a line for the page, as JSON.

    Args:
        text: The line.
        slots: The slot on the page for each slot on the tape.
    """

    def code(piece: Piece) -> Any:
        match piece:
            case str():
                return piece
            case Number(slot, False, False):
                return slots[slot]
            case Number(slot, signed, slope):
                return [signed + 2 * slope, slots[slot]]
            case Exponent(slot):
                return [4, slots[slot]]
            case Equal(parts):
                return ["=", *(coded(part, slots) for part in parts)]
            case Undetermined(local, upstream, contribution):
                return ["?", slots[local], slots[upstream], slots[contribution]]
            case Differs(came, due, words):
                return ["d", slots[came], slots[due], coded(words, slots)]
            case CountWrong(pairs):
                return ["n", *([slots[a], slots[b]] for a, b in pairs)]
            case Wrong(found, right):
                return ["w", right, *([coded(what, slots), slots[a], slots[b]] for what, a, b in found)]

    match text:
        case (str(words),):
            return words
        case (Number(a, False, True), " × ", Number(b, True, True), " = ", Number(c, False, True)):
            # an edge's contribution; a page consists mostly of contributions and gradients, so their codes are short
            return [["x", slots[a], slots[b], slots[c]]]
        case ("grad ", Number(slot, False, True), *more) if more in ([], [" ✓"]):
            return [["G" if more else "g", slots[slot]]]  # the gradient of the edge's operand
    return [code(piece) for piece in text]


def slots_of(text: Line) -> Iterable[int]:
    """Yield every slot whose number a line contains or depends on."""
    for piece in text:
        match piece:
            case Number(slot, _, _) | Exponent(slot):
                yield slot
            case Equal(parts):
                for part in parts:
                    yield from slots_of(part)
            case Undetermined(local, upstream, contribution):
                yield from (local, upstream, contribution)
            case Differs(came, due, words):
                yield from (came, due, *slots_of(words))
            case CountWrong(pairs):
                for a, b in pairs:
                    yield from (a, b)
            case Wrong(found, _):
                for what, a, b in found:
                    yield from (a, b, *slots_of(what))
