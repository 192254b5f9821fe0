"""The command line, which has the commands demo, grad, draw, step and info."""

from __future__ import annotations

import argparse
import json
import math
import platform
import re
import sys
import unicodedata
from collections.abc import Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from . import GraphError, Value, __version__, hessian, value_and_grad
from ._command.expression import Expression, ExpressionError, parse
from ._command.numbers import integer
from ._engine.choice import ENGINE, NATIVE, rows_without_kernel

EXAMPLE = 'autograd-core grad "tanh(w*x + b)" w=0.4 x=0.8 b=0.1'


class Refused(Exception):  # noqa: N818  # named after what happened
    """Bad input. The message is printed on one line, and the exit code is 2."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 for success, 2 for bad input, or 130 if interrupted."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BrokenPipeError:  # the program that reads the output has closed the pipe
        sys.stderr.close()
        return 0
    except (Refused, ExpressionError, GraphError, ArithmeticError, ValueError, ImportError, OSError) as error:
        print(f"autograd-core: {_in_words(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("autograd-core: stopped", file=sys.stderr)
        return 130
    return 0


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror.lower()}: {str(error.filename)!r}"
    return str(error)


class _Parser(argparse.ArgumentParser):
    """A parser that accepts options anywhere, and expressions that begin with a minus sign."""

    def __init__(self, **settings: Any) -> None:
        self._has_value: dict[str, bool] = {}
        super().__init__(allow_abbrev=False, **settings)

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        action = super().add_argument(*names, **settings)
        self._has_value |= dict.fromkeys(action.option_strings, action.nargs != 0)
        return action

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # The options of `demo` are defined in another package, which is imported only if this command is used.
        if module := self.get_default("options_in"):
            import_module(module).add_options(self)
        if self.get_default("expression_first") and args is not None:
            args = self._sorted(args)
        return super().parse_known_args(args, namespace)

    def _sorted(self, arguments: Sequence[str]) -> list[str]:
        """Put the options first and the rest after "--", so that -omega*t and --x are not mistaken for options."""
        options: list[str] = []
        others: list[str] = []
        waiting = iter(arguments)
        for text in waiting:
            if text == "--":
                others += waiting
            elif self._is_option(text, bool(others)):
                options.append(text)
                if self._has_value.get(text):
                    options += islice(waiting, 1)
            else:
                others.append(text)
        return [*options, "--", *others]

    def _is_option(self, text: str, after_expression: bool) -> bool:
        if text in self._has_value:
            return True
        if after_expression and re.fullmatch(r"--?[a-zA-Z].*", text):  # a value starts with a name, as in x=-1
            return True
        if text.startswith("--"):
            return "=" in text and text.partition("=")[0] in self._has_value
        return text[:2] in self._has_value and re.search(r"\.[A-Za-z]+$", text) is not None  # as in -ofile.svg

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (try: {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="autograd-core", description="Differentiate, draw and step through scalar expressions.")
    parser.add_argument("--version", action="version", version=f"autograd-core {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo", help="train a network on images of digits, check its gradient, and draw the graph of a loss"
    )
    demo.set_defaults(options_in="nn.demo")

    grad = commands.add_parser(
        "grad", help="print the value and gradient of an expression", epilog=f"Example: {EXAMPLE}"
    )
    _takes_expression(grad)
    order = "1 prints the gradient (default), 2 also prints the Hessian"
    grad.add_argument("--order", type=integer, choices=(1, 2), default=1, help=order)
    grad.add_argument("--json", action="store_true", help="print the results as JSON")
    grad.set_defaults(run=_grad)

    draw = commands.add_parser("draw", help="draw the graph of an expression, with the gradients")
    _takes_expression(draw)
    picture = "the file to write: FILE.svg, FILE.png or FILE.pdf for a picture, FILE.dot for its source"
    draw.add_argument("-o", "--output", type=Path, required=True, help=picture)
    draw.set_defaults(run=_draw)

    step = commands.add_parser("step", help="write a page or an animation of the forward and backward passes")
    _takes_expression(step, "or FILE.py:function")
    page = "the file to write: FILE.html for a page, FILE.gif for an animation"
    step.add_argument("-o", "--output", type=Path, required=True, help=page)
    step.set_defaults(run=_step)

    info = commands.add_parser("info", help="print the version, engine and platform")
    info.set_defaults(run=_info)
    return parser


def _takes_expression(parser: argparse.ArgumentParser, further: str = "") -> None:
    parser.add_argument("expression", help=f'such as "tanh(w*x + b)" {further}'.rstrip())
    parser.add_argument(
        "values", nargs="*", default=[], metavar="name=number", help="a value for each name in the expression"
    )
    parser.set_defaults(expression_first=True)


def _read(options: argparse.Namespace) -> tuple[Expression, dict[str, float]]:
    """Return the parsed expression and the numbers given for its names."""
    expression = parse(options.expression)
    values: dict[str, float] = {}
    for text in options.values:
        name, equals, number = text.strip().partition("=")
        name = unicodedata.normalize("NFKC", name)  # as Python's parser does with the names in the expression
        if not equals or not name.isidentifier():
            raise Refused(f"expected name=number; got {text.strip()!r}")
        if name in values:
            raise Refused(f"{name} is given twice")
        if name not in expression.names:
            known = ", ".join(expression.names) or "none"
            raise Refused(f"{name} is not in the expression (its names: {known})")
        try:
            values[name] = float(number)
        except ValueError:
            raise Refused(f"the value of {name} is not a number: {number!r}") from None
    return expression, values


def _graph(options: argparse.Namespace) -> Value:
    """Return the expression's output node, after a reverse sweep has set the gradients."""
    expression, values = _read(options)
    y = expression(**{name: Value(number, label=name) for name, number in values.items()})
    if type(y) is not Value:
        raise Refused("there is nothing to draw: the value does not depend on any name in the expression")
    y.backward()
    return y


def _grad(options: argparse.Namespace) -> None:
    expression, values = _read(options)

    def of_dict(numbers: dict[str, Any]) -> Any:
        for name, number in numbers.items():
            number.label = name
        return expression(**numbers)

    value, gradient = value_and_grad(of_dict)(values)
    second = hessian(of_dict)(values) if options.order == 2 else None
    if options.json:
        found = {"expression": expression.text, "value": value, "gradient": gradient}
        if second is not None:
            found["hessian"] = second
        print(json.dumps(_jsonable(found), indent=2, allow_nan=False))
        return
    print(f"{expression.text} = {value!r}")
    if values:
        print()
        _table(["name", "value", "gradient"], [[name, repr(values[name]), repr(gradient[name])] for name in values])
    if second and values:
        print("\nHessian")
        _table(["", *values], [[row, *(repr(second[row][column]) for column in values)] for row in values])


def _jsonable(thing: Any) -> Any:
    """Replace infinities and NaN, which JSON does not have, with strings."""
    if isinstance(thing, dict):
        return {key: _jsonable(x) for key, x in thing.items()}
    return repr(thing) if isinstance(thing, float) and not math.isfinite(thing) else thing


def _table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(options: argparse.Namespace) -> None:
    from ._command.files import FORMATS, check_output, write_drawing

    check_output(options.output, FORMATS)
    print(f"wrote {write_drawing(_graph(options), options.output)}")


def _step(options: argparse.Namespace) -> None:
    from ._command.files import PAGES, check_output
    from ._command.functions import call_of, names_function
    from .stepper import step

    check_output(options.output, PAGES)
    if names_function(options.expression):
        function, arguments = call_of(options.expression, options.values)
        stepper = step(function, *arguments)
    else:
        stepper = step(_graph(options))
    stepper.save(options.output)
    print(f"wrote {options.output}")


def _info(options: argparse.Namespace) -> None:
    print(f"autograd-core {__version__}")
    print(f"engine        {ENGINE}")
    print(f"python        {platform.python_implementation()} {platform.python_version()}")
    print(f"compiler      {'none: pure Python' if NATIVE is None else NATIVE.COMPILER}")
    print(f"platform      {platform.platform()}")
    if NATIVE is not None:
        print("operations that run in Python, each with the reason:")
        for name, reason in rows_without_kernel().items():
            print(f"  {name:12}{reason}")


if __name__ == "__main__":
    sys.exit(main())
