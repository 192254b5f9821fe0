"""How names, numbers and formulas are written in pictures, and how text is made safe for DOT."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .._operations.operation import Operation

UNSET = "·"
LONGEST_NAME = 16
LONGEST_LINE = 40
MOST_LINES = 4
MOST_NAMES = 4

# Pieces of Python formulas, and the symbols printed in their place. The pieces are replaced only in the templates of
# formulas, never in labels.
_PRINT = ((" * ", "·"), (" == ", " = "), ("**2", "²"), ("**3", "³"), (" ** ", "^"), ("3.141592653589793", "π"))
# Graphviz reads at most 16,384 bytes between two quotes, so a longer text is split into pieces that are joined with +.
# A piece never ends inside an escape sequence.
LONGEST_PIECE = 4000
_PIECES = re.compile(rf"(?:\\.|[^\\]){{1,{LONGEST_PIECE // 2}}}")
_COMPOUND = re.compile(r"[-+*/%=<>^]")
_POSITIVE = re.compile(r"\d[\d.]*(e[-+]\d+)?")
_WHOLE = re.compile(r"\(?(-?\d\d?)\)?")
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_NO_BASE = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]$|\s|#")
# Characters that XML cannot contain. Control characters are replaced with the symbols for them (␛ for escape), and the
# other characters with the replacement character.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def number(x: float, precision: int) -> str:
    """Format a number to `precision` significant digits.

    >>> number(0.70710678, 4), number(-3.0, 4)
    ('0.7071', '-3')
    """
    return f"{x:.{precision}g}"


def writable(text: str) -> str:
    """Replace characters that XML cannot contain with visible marks."""
    return _UNWRITABLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def escaped(text: str) -> str:
    """Escape text so that Graphviz shows it as typed, without interpreting escapes, entities or markup."""
    return writable(text).replace("\\", "\\\\").replace("&", "&amp;").replace("\n", "\\n")


def string(value: str) -> str:
    """Return a DOT string for text that is already escaped, such as a value from Graphviz's JSON output.

    Long text is split into pieces.
    """
    value = value.replace('"', '\\"')
    if len(value) <= LONGEST_PIECE:
        return f'"{value}"'
    return " + ".join(f'"{piece}"' for piece in _PIECES.findall(value))


def quoted(text: str) -> str:
    r"""Return the text as a DOT string that Graphviz shows as typed.

    >>> print(quoted('a "b" \\N <i> &lt;'))
    "a \"b\" \\N <i> &amp;lt;"
    """
    return string(escaped(text))


def short(label: str) -> str:
    """Return a label for use in a formula: on one line, shortened if it is long."""
    label = " ".join(label[: 4 * LONGEST_NAME].split())
    return label if len(label) <= LONGEST_NAME else label[: LONGEST_NAME - 1] + "…"


def title(label: str) -> str:
    """Return a label as the heading of a box or frame: long lines are shortened, and surplus lines are left out.

    >>> title("a rather long label, longer than a box is wide")
    'a rather long label, longer than a box …'
    """
    lines = [line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…" for line in label.split("\n")]
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"])


def counted(things: Sequence[object], name: str, plural: str = "") -> str:
    """Return a count with its noun: "1 parameter", "4 parameters"; only an irregular plural is passed as `plural`."""
    return f"{len(things)} {name if len(things) == 1 else plural or f'{name}s'}"


def atom(text: str) -> str:
    """Return a name or number, in brackets if it contains an operator that could be misread in a formula."""
    return f"({text})" if _COMPOUND.search(text) and not _POSITIVE.fullmatch(text) else text


def factor(text: str) -> str:
    """Return a number as the right operand of a product: in brackets if it is negative."""
    return f"({text})" if text.startswith("-") else text


def filled(template: str, x: str, y: str = "", z: str = "") -> str:
    """Return a printed formula: a template with names or numbers for the operands x and y and the result z.

    >>> filled("{x} ** {y}", "v4", "2"), filled("{x}**2", "v4"), filled("{x} ** {y}", "a²", "0.5")
    ('v4²', 'v4²', '(a²)^0.5')
    """
    if "{x}**" in template or "{x} **" in template:
        x = f"({x})" if _NO_BASE.search(x) and not _COMPOUND.search(x) else x
    if whole := _WHOLE.fullmatch(y):
        template = template.replace(" ** {y}", whole[1].translate(_SUPERSCRIPT))
    for python, printed in _PRINT:
        template = template.replace(python, printed)
    return template.format(x=x, y=y, z=z)


def applied(op: Operation, operands: Sequence[str]) -> str:
    """Return the printed form of an operation applied to the given names or numbers.

    >>> from autograd_core import TABLE
    >>> applied(TABLE["add"], ["a", "-1"]), applied(TABLE["tanh"], ["s"]), applied(TABLE["sum"], list("abcdef"))
    ('a + (-1)', 'tanh(s)', 'sum(a, b, c, … 3 more)')
    """
    if op.arity is None:
        if len(operands) > MOST_NAMES:
            operands = [*operands[: MOST_NAMES - 1], f"… {len(operands) - MOST_NAMES + 1} more"]
        return f"{op.name}({', '.join(operands)})"
    if op.formula.startswith(op.name):
        return filled(op.formula, *operands)
    return filled(op.formula, *map(atom, operands))
