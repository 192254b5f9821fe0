"""Python code of the playground, run by Pyodide: runs a program, and prepares its last line's value for display."""

import ast
import io
import linecache
import traceback
from contextlib import redirect_stderr, redirect_stdout

from autograd_core import Value
from autograd_core.draw import lay_out_with
from autograd_core.stepper import Stepper

FILE = "program.py"


def start(lay_out):
    """Let a function of the page lay out graphs; if it cannot lay out a graph, it raises a JavaScript Error."""
    lay_out_with(lay_out)


def run(source):
    """Run a program; return its output, its last line's value (a page, picture or text), and the name of any error."""
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    printed = io.StringIO()
    shown = {}
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            shown = picture(evaluated(source))
        except BaseException as error:
            printed.write(told(error))
            shown = {"raised": type(error).__name__}
    return {"printed": printed.getvalue(), **shown}


def evaluated(source):
    """Run a program, and return the value of its last line, or None if that line is not an expression."""
    tree = ast.parse(source, FILE)
    names = {"__name__": "__main__"}
    last = tree.body.pop().value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, FILE, "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last), FILE, "eval"), names)


def picture(result):
    """Convert a result to the form in which it is shown: a page, a picture or text."""
    if isinstance(result, Value):
        result = result.step()
    if isinstance(result, Stepper):
        return {"page": result.page()}
    if result is None:
        return {}
    bundle = result._repr_mimebundle_() if hasattr(result, "_repr_mimebundle_") else {}
    return {"picture": bundle["image/svg+xml"]} if "image/svg+xml" in bundle else {"text": repr(result)}


def told(error):
    """The traceback of an error as Python prints it, but starting at the program's own line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != FILE:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))
