"""The expressions that the command line suggests parse to the intended ones."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core._command.expression import ExpressionError, parse

NAMES = st.sampled_from(["x", "y", "rate"]).map(ast.Name)
NUMBERS = st.sampled_from([0, 1, 2, 10, 0.5, 1e-07]).map(ast.Constant)
OPERATORS = st.sampled_from([ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.Pow, ast.Pow])
COMPARISONS = st.sampled_from([ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq])


def call(name, *arguments):
    return ast.Call(ast.Name(name), list(arguments), [])


def compared(inner):
    return st.builds(lambda x, how, y: ast.Compare(x, [how()], [y]), inner, COMPARISONS, inner)


def larger(inner):
    return st.one_of(
        st.builds(lambda x, operator, y: ast.BinOp(x, operator(), y), inner, OPERATORS, inner),
        st.builds(lambda x, operator, y: ast.BinOp(x, operator(), y), inner, OPERATORS, inner),
        st.builds(lambda operator, x: ast.UnaryOp(operator(), x), st.sampled_from([ast.USub, ast.UAdd]), inner),
        inner.map(lambda x: call("tanh", x)),
        st.builds(lambda x, y: call("hypot", x, y), inner, inner),
        st.builds(lambda test, x, y: call("where", test, x, y), compared(inner), inner, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda xs: call("sum", ast.List(xs))),
        compared(inner),
    )


TREES = st.recursive(NAMES | NUMBERS, larger, max_leaves=10)


def tree(text):
    return ast.dump(ast.parse(text, mode="eval"))


def advised(text, pattern):
    """The expression that the error about `text` suggests."""
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    said = re.search(pattern, str(refused.value))
    assert said, str(refused.value)
    assert "\n" not in str(refused.value)
    return said[1]


@given(TREES, st.data())
def test_a_power_written_with_a_hat_is_advised_as_the_power_it_would_be(meant, data):
    right = ast.unparse(meant)
    pieces = right.split("**")
    hats = data.draw(st.lists(st.booleans(), min_size=len(pieces) - 1, max_size=len(pieces) - 1), "hats")
    if not any(hats):
        pieces, hats = [f"({right}) ", " 2"], [True]
        right = f"({right}) ** 2"
    typed = pieces[0] + "".join(("^" if hat else "**") + piece for hat, piece in zip(hats, pieces[1:], strict=True))
    if data.draw(st.booleans(), "squeezed"):
        typed = typed.replace(" ", "")
    written = advised(typed, r"^write a power with \*\*, not \^: (.*) \(column \d+\)$")
    assert tree(written) == tree(right)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("(x+1)^2", "(x+1)**2"),
        ("x+1^2", "x+1**2"),
        ("-x^2", "-x**2"),
        ("2*x^3 - y^-2^x", "2*x**3 - y**-2**x"),
        ("(x>1)^2", "(x>1)**2"),
        ("sum([x^2, y**2])^0.5", "sum([x**2, y**2])**0.5"),
        ("(x # ^\n^ 2)", "x ** 2"),
        ("é^ (\té)", "é ** é"),
    ],
)
def test_the_advice_keeps_what_was_typed(typed, right):
    assert advised(typed, r"not \^: (.*) \(column \d+\)$") == right


@pytest.mark.parametrize("typed", ["+".join(["(x+1)"] * 100) + "^2", "(" + "+".join(["x"] * 300) + ") ^ 2"], ids=["brackets", "names"])
def test_a_long_expression_is_not_advised_in_part(typed):
    with pytest.raises(ExpressionError, match=r"^write a power with \*\*, not \^ \(column \d+\)$"):
        parse(typed)


@given(TREES, TREES, TREES)
def test_a_choice_is_advised_as_where(test, body, orelse):
    typed = ast.unparse(ast.IfExp(test, body, orelse))
    written = advised(typed, r"^write (where\(.*\)), not ")
    if "…" not in written:
        assert tree(written) == tree(ast.unparse(call("where", test, body, orelse)))
    else:  # text that is too long to repeat is left out entirely
        meant = {ast.unparse(part) for part in (test, body, orelse)}
        assert {ast.unparse(part) for part in ast.parse(written.replace("…", "__")).body[0].value.args} <= {*meant, "__"}


@given(st.lists(TREES, min_size=1, max_size=3), st.sampled_from(["[{}]", "({},)", "{},", " ({},\n)"]))
def test_a_list_is_advised_as_its_sum(items, form):
    typed = form.format(", ".join(map(ast.unparse, items)))
    written = advised(typed, r"not a number; write (sum\(.*\)) \(column")
    if "…" not in written:
        assert tree(written) == tree(ast.unparse(call("sum", ast.List(items))))
        assert parse(written)


@given(compared(TREES))
def test_a_comparison_is_advised_as_a_number(comparison):
    written = advised(f"({ast.unparse(comparison)})", r"not a number; write (where\(.*\)) \(column")
    if "…" not in written:
        assert tree(written) == tree(ast.unparse(call("where", comparison, ast.Constant(1), ast.Constant(0))))


@given(TREES)
def test_a_number_in_place_of_a_list_is_advised_as_a_list_of_one(item):
    typed = ast.unparse(call("sum", item))
    written, given_up = re.fullmatch(r"(\[.*\]) for (.*)", advised(typed, r"^sum takes a list: write (.*) \(column")).groups()
    if "…" not in written:
        assert tree(written) == tree(f"[{given_up}]") == tree(ast.unparse(ast.List([item])))


@pytest.mark.parametrize("name", ["sin", "hypot", "where", "leaky_relu", "sum", "dot", "polygamma"])
def test_a_function_without_its_arguments_is_advised_with_as_many_as_it_takes(name):
    with pytest.raises(ExpressionError) as refused:
        parse(f"{name} * x")(x=1.0)
    written = re.search(r"; to call the function \w+, write (.*)", str(refused.value))[1]
    assert parse(written).text.startswith(f"{name}(")
