"""The command line, run as users run it."""

import json
import math
import subprocess
import sys
from types import SimpleNamespace

import pytest

import autograd_core as ac
from autograd_core.__main__ import main
from autograd_core._command.expression import ExpressionError, parse
from autograd_core._drawing import layout
from autograd_core._engine.choice import rows_without_kernel
from autograd_core.draw import to_dot


def run(capsys, *arguments):
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_grad_prints_value_and_gradient(capsys):
    code, out, _ = run(capsys, "grad", "tanh(w*x + b)", "w=0.4", "x=0.8", "b=0.1")
    y = math.tanh(0.4 * 0.8 + 0.1)
    assert code == 0
    assert f"= {y!r}" in out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()[3:]}
    assert float(rows["w"][1]) == pytest.approx((1 - y * y) * 0.8, rel=1e-14)
    assert float(rows["b"][1]) == pytest.approx(1 - y * y, rel=1e-14)


def test_json_with_hessian(capsys):
    code, out, _ = run(capsys, "grad", "x**2 * y", "x=3", "y=-2", "--order", "2", "--json")
    assert code == 0
    assert json.loads(out) == {
        "expression": "x**2 * y",
        "value": -18.0,
        "gradient": {"x": -12.0, "y": 9.0},
        "hessian": {"x": {"x": -4.0, "y": 6.0}, "y": {"x": 6.0, "y": 0.0}},
    }


def test_json_writes_infinities_as_strings(capsys):
    code, out, _ = run(capsys, "grad", "sqrt(x)", "x=0", "--json")
    assert code == 0
    assert json.loads(out)["gradient"] == {"x": "inf"}


def test_an_expression_may_begin_with_a_minus(capsys):
    code, out, _ = run(capsys, "grad", "-x**2", "x=-3")
    assert code == 0
    assert out.startswith("-x**2 = -9.0")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["x +", "x=1"], ["invalid syntax"]),
        (["x + y", "x=1"], ["no value for y"]),
        (["x", "x=1", "z=2"], ["z is not in the expression", "x"]),
        (["x", "x=one"], ["x", "'one'"]),
        (["x", "x"], ["name=number", "'x'"]),
        (["x", "x=1", "x=2"], ["x is given twice"]),
        (["log(x)", "x=-1"], ["log is defined for x > 0", "x = -1.0", "label 'x'"]),
        (["x / y", "x=1", "y=0"], ["x / y is defined for y != 0", "label 'y'"]),
        (["exp(x)", "x=1000"], ["exp", "too large"]),
        (["[x, x]", "x=1"], ["'[x, x]' is a list", "not a number"]),
        (["x > 1", "x=1"], ["'x > 1' is a comparison", "not a number", "where(x > 1, 1, 0)"]),
        (["[x] + 1", "x=2"], ["'[x]' is a list", "only allowed inside dot, logsumexp, mean, norm, prod, sum"]),
        (["-[x]", "x=2"], ["'[x]' is a list", "column 2"]),
        (["[x] > 1", "x=2"], ["'[x]' is a list"]),
        (["[] + []"], ["'[]' is a list"]),
        (["tanh([x])", "x=2"], ["'[x]' is a list"]),
        (["sum([[x]])", "x=2"], ["'[x]' is a list"]),
        (["sum(x)", "x=2"], ["sum takes a list: write [x] for x"]),
        (["sum()"], ["sum takes 1 list, not 0"]),
        (["dot([x])", "x=2"], ["dot takes 2 lists, not 1"]),
        (["where(x, 1)", "x=2"], ["where takes 3 numbers, not 2"]),
        (["leaky_relu(x, x, x)", "x=2"], ["leaky_relu takes 1 or 2 numbers, not 3"]),
        (["foo(x)", "x=1"], ["'foo'", "tanh"]),
        (["tanh(x, x)", "x=1"], ["tanh takes 1 number, not 2"]),
        (["tanh(x=1)", "x=1"], ["tanh takes positional arguments only"]),
        (["tanh(*x)", "x=1"], ["tanh takes positional arguments only"]),
        (["__import__('os')"], ["__import__"]),
        (["x.real", "x=1"], ["'x.real' is not supported"]),
        (["x^2", "x=1"], ["**, not ^: x**2"]),
        (["math.sin(x)", "x=1"], ["write sin(…), not math.sin(…)"]),
        (["np.arctan(x)", "x=1"], ["write atan(…), not np.arctan(…)"]),
        (["np.foo(x)", "x=1"], ["'np.foo(x)' is not supported"]),
        (["math.pi", "x=1"], ["write pi, not math.pi"]),
        (["x if x>0 else -x", "x=1"], ["write where(x>0, x, -x)"]),
        (["0<x<1", "x=1"], ["'0<x<1' is a chained comparison"]),
        (["x > 0 and x", "x=1"], ["'and', 'or' and 'not' are not supported"]),
        (["sin*x", "x=1"], ["to call the function sin, write sin(x)", "sin=…"]),
        (["tahn(x)", "x=1"], ["did you mean tan or tanh?"]),
        (["Sigmoid(x)", "x=1"], ["did you mean sigmoid?"]),
        (["ln(x)", "x=1"], ["did you mean log?"]),
        (["max(x, 0)", "x=1"], ["did you mean maximum?"]),
        (["min(x, 0)", "x=1"], ["did you mean minimum?"]),
        ([" ", "x=1"], ["the expression is empty"]),
        (["2x", "x=1"], ["write a product with *"]),
        (["2(x + 1)", "x=1"], ["write a product with *"]),
        (["y = x", "x=1"], ["without a name and = before it"]),
        (["1e5 * x +", "x=1"], ["invalid syntax", "near column"]),
        (["é + x[0]", "x=1"], ["'x[0]' is not supported", "column 5"]),
        (["x", "-"], ["name=number", "'-'"]),
        (["-x", "- 2"], ["name=number", "'- 2'"]),
        (["'text'"], ["'text'"]),
        (["(" * 500 + "x" + ")" * 500, "x=1"], ["nested"]),
        (["0" + "-" * 5000 + "x", "x=1"], ["nested"]),
        (["x" * 30000, "x=1"], ["30000 characters"]),
        (["1" * 5000, "x=1"], ["digit"]),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(capsys, arguments, names):
    code, out, err = run(capsys, "grad", *arguments)
    assert code == 2
    assert not out
    assert err.startswith("autograd-core: ")
    assert err.count("\n") == 1
    for name in names:
        assert name in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grad"], "required: expression"),
        (["grad", "x", "-v"], "unrecognized arguments: -v"),
        (["grad", "x", "--order", "3"], "choose from 1, 2"),
        (["grad", "x", "--order", "two"], "--order: 'two' is not an integer"),
        (["draw", "x", "x=1"], "required: -o"),
        (["-v"], "required: COMMAND"),
        (["demo", "--epochs", "x"], "--epochs: 'x' is not an integer"),
        (["demo", "--epochs", "0"], "--epochs: 0 is less than 1"),
    ],
)
def test_bad_options_are_one_line_too(capsys, arguments, says):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert says in err
    assert "' " not in err.split("(choose")[0].replace("' is", "")


@pytest.mark.parametrize(
    ("arguments", "gradient"),
    [
        (["self*2", "self=3"], {"self": 2.0}),
        (["\u00b5*2", "\u00b5=3"], {"\u03bc": 2.0}),  # to Python's parser, the micro sign is a Greek mu
        (["\ufb01*2", "\ufb01=3"], {"fi": 2.0}),
        (["e\u0301*2", "\u00e9=3"], {"\u00e9": 2.0}),
        (["\u00e9*2", "e\u0301=3"], {"\u00e9": 2.0}),
        (["abs(x)", "x=-2"], {"x": -1.0}),
        (["(x > 1)*y + x", "x=2", "y=3"], {"x": 1.0, "y": 1.0}),
        (["-omega*t", "omega=1", "t=2"], {"omega": -2.0, "t": -1.0}),
        (["-o*2", "o=1"], {"o": -2.0}),
        (["-h*2", "h=1"], {"h": -2.0}),
        (["--x", "x=1"], {"x": 1.0}),
        (["--", "-h", "h=1"], {"h": -1.0}),
    ],
)
def test_names_and_signs_as_they_are_typed(capsys, arguments, gradient):
    code, out, _ = run(capsys, "grad", "--json", *arguments)
    assert code == 0
    assert json.loads(out)["gradient"] == gradient


@pytest.mark.parametrize("place", range(4))
def test_options_stand_anywhere(capsys, tmp_path, place):
    typed = ["-x*y", "x=1", "y=2"]
    code, out, _ = run(capsys, "grad", *typed[:place], "--order", "2", *typed[place:])
    assert code == 0
    assert "Hessian" in out
    for number, options in enumerate((["-o", "{}"], ["-o{}"], ["--output={}"])):
        path = tmp_path / f"{number}.dot"
        code, out, _ = run(capsys, "draw", *typed[:place], *(o.format(path) for o in options), *typed[place:])
        assert (code, out) == (0, f"wrote {path}\n")


def test_info_names_version_and_platform(capsys):
    code, out, _ = run(capsys, "info")
    assert code == 0
    assert out.splitlines()[:2] == [f"autograd-core {ac.__version__}", f"engine        {ac.ENGINE}"]
    assert ("compiler      none" in out) == (ac.ENGINE == "python")


@pytest.mark.skipif(ac.ENGINE != "native", reason="the Python engine leaves every row to Python")
def test_info_lists_the_rows_without_a_kernel(capsys):
    _, out, _ = run(capsys, "info")
    for name, reason in rows_without_kernel().items():
        assert f"  {name:12}{reason}\n" in out


def test_draw_writes_a_picture_or_its_source(capsys, tmp_path):
    code, out, _ = run(capsys, "draw", "x*x + 1", "x=3", "-o", str(tmp_path / "graph.dot"))
    assert code == 0
    assert out == f"wrote {tmp_path / 'graph.dot'}\n"
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8").count("->") == 4


@pytest.fixture
def no_engine(monkeypatch):

    monkeypatch.setattr(layout, "engines", dict)


def test_draw_without_any_layout_engine_keeps_the_source(capsys, tmp_path, no_engine):
    code, out, err = run(capsys, "draw", "x*x", "x=3", "-o", str(tmp_path / "graph.svg"))
    assert code == 2
    assert not out
    assert err.count("\n") == 1
    assert f"its DOT source is in {tmp_path / 'graph.dot'}): no layout engine was found" in err
    assert err.count("source") == 1
    assert "apt install graphviz" in err and "pip install pygraphviz" in err
    assert "digraph" in (tmp_path / "graph.dot").read_text(encoding="utf-8")


def test_the_source_that_is_kept_overwrites_nothing(capsys, tmp_path, no_engine):
    (tmp_path / "graph.dot").write_text("the user's own", encoding="utf-8")
    for _ in range(2):  # the second time the file already exists
        code, _, err = run(capsys, "draw", "x*x", "x=3", "-o", str(tmp_path / "graph.svg"))
        assert code == 2
        assert str(tmp_path / "graph-2.dot") in err
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == "the user's own"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph-2.dot", "graph.dot"]


def test_step_without_any_layout_engine_says_how_to_get_one(capsys, tmp_path, no_engine):
    code, _, err = run(capsys, "step", "x*x", "x=3", "-o", str(tmp_path / "steps.html"))
    assert code == 2
    assert err.startswith("autograd-core: no layout engine was found")
    assert "source" not in err
    assert not list(tmp_path.iterdir())


def test_step_without_pillow_says_what_a_gif_needs(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    code, _, err = run(capsys, "step", "x*x", "x=3", "-o", str(tmp_path / "steps.gif"))
    assert code == 2
    assert err == "autograd-core: a GIF needs Pillow: pip install pillow\n"


def test_endings_may_be_in_capitals(capsys, tmp_path):
    code, out, _ = run(capsys, "draw", "x*x", "x=3", "-o", str(tmp_path / "graph.DOT"))
    assert (code, out) == (0, f"wrote {tmp_path / 'graph.DOT'}\n")


@pytest.mark.parametrize("command", [["draw", "x*x", "x=3"], ["step", "x*x", "x=3"], ["demo"]])
def test_where_the_output_goes_is_looked_at_first(capsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    for output, says in (("foo", "must end in ."), ("no/foo.svg", "no directory 'no'"), ("folder.html", "'folder.html' is a directory")):
        if command[0] == "step":
            output = output.replace(".svg", ".html")
        code, out, err = run(capsys, *command, "-o", output)
        assert (code, out) == (2, "")
        assert says in err
        assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


@pytest.mark.skipif(sys.platform == "win32", reason="other file names are invalid there")
def test_what_the_system_refuses_is_said_in_words(capsys, tmp_path):
    path = tmp_path / f"{'x' * 300}.dot"
    code, _, err = run(capsys, "draw", "x*x", "x=3", "-o", str(path))
    assert code == 2
    assert err == f"autograd-core: file name too long: {str(path)!r}\n"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["x*x", "x=3", "-o", "graph.txt"], [".svg", "graph.txt"]),
        (["2+3", "-o", "graph.dot"], ["nothing to draw"]),
        (["x*x", "x=3", "-o", "no/such/folder/graph.dot"], ["no/such/folder"]),
    ],
)
def test_draw_refuses_in_one_line(capsys, arguments, names):
    code, _, err = run(capsys, "draw", *arguments)
    assert code == 2
    assert err.count("\n") == 1
    for name in names:
        assert name in err


def test_step_writes_a_page(capsys, tmp_path):
    pytest.importorskip("graphviz")
    page = tmp_path / "steps.html"
    code, out, err = run(capsys, "step", "x*x + 1", "x=3", "-o", str(page))
    if code == 2:  # without any layout engine, the message says how to get one
        assert "Graphviz" in err
        return
    assert out == f"wrote {page}\n"
    assert "<html" in page.read_text(encoding="utf-8")


def test_demo_trains_checks_and_draws(capsys, tmp_path):
    code, out, _ = run(capsys, "demo", "--epochs", "1", "-o", str(tmp_path / "loss.dot"))
    assert code == 0
    assert "64-16-10" in out or "MLP(64, [16, 10])" in out
    accuracy = next(float(line.split()[2]) for line in out.splitlines() if line.startswith("held-out accuracy"))
    assert accuracy > 0.6
    assert "0 disagree" in out
    assert "digraph" in (tmp_path / "loss.dot").read_text(encoding="utf-8")
    assert not layout.engines() or "neuron 16" in (tmp_path / "loss.html").read_text(encoding="utf-8")


def test_demo_draws_the_loss_that_it_trains():
    from nn.demo import written_out
    from nn.losses import cross_entropy

    found = []
    for loss in (written_out, cross_entropy):
        scores = [ac.Value(0.3 * i - 1.0, f"z{i}") for i in range(4)]
        y = loss(scores, 2)
        y.backward()
        found.append([y.data, *(z.grad for z in scores)])
    assert found[0] == pytest.approx(found[1], rel=1e-15)
    assert found[0][0] == found[1][0]
    assert "0 vs 2 = z0 - z2" in to_dot(written_out(scores, 2))


def test_demo_without_any_layout_engine_says_where_the_source_is(capsys, tmp_path, no_engine, monkeypatch):
    import nn.demo

    some = nn.demo.digits().split(0.9, 0)[0]
    monkeypatch.setattr(nn.demo, "digits", lambda: SimpleNamespace(split=lambda *_: (some, some)))
    code, out, _ = run(capsys, "demo", "--epochs", "1", "-o", str(tmp_path / "loss.svg"))
    assert code == 0
    assert f"its DOT source is in {tmp_path / 'loss.dot'}): no layout engine was found" in out


def test_an_interrupt_ends_quietly(capsys, monkeypatch):
    import nn.demo

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(nn.demo, "demo", interrupted)
    code, _, err = run(capsys, "demo")
    assert code == 130
    assert err == "autograd-core: stopped\n"


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "autograd_core", "grad", "x*x", "x=3"], capture_output=True, text=True, check=True
    )
    assert "6.0" in done.stdout


@pytest.mark.parametrize("text", ["x if x else 1", "lambda: 1", "[x for x in y]", "x := 1", "x and y", "x[0]", "f'{x}'",
                                  "1 < x < 2", "x @ y", "x & y", "not x", "f(*x)", "tanh(x=1)", "2j", "True", "\0"])
def test_only_arithmetic_is_parsed(text):
    with pytest.raises(ExpressionError):
        parse(text)


def test_an_expression_works_on_floats_and_values():
    f = parse("where(x >= 1, hypot(x, y), 0) + sum([x, y, pi]) - y % 2 // 1")
    x, y = ac.Value(3.0), ac.Value(4.0)
    assert f.names == ("x", "y")
    assert f(x=x, y=y).data == f(x=3.0, y=4.0) == 5.0 + (7.0 + math.pi)
    assert ac.gradients(f(x=x, y=y), [x, y]) == [0.6 + 1, 0.8 + 1]


def test_the_command_line_loads_no_module_of_random_programs() -> None:
    code = (
        "import sys; from autograd_core.__main__ import main; main(['grad', 'dot([x], [2])', 'x=1'])\n"
        "print([name for name in sys.modules if 'strategies' in name or 'hypothesis' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


LOSS = """
from neighbour import two
from autograd_core import tanh

def neuron(w, x, b=0.5):
    total = b
    for wi, xi in zip(w, x):
        total = total + wi * xi
    return tanh(total) * two

def none(x):
    return 1.0

constant = 3
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "loss.py").write_text(LOSS)
    (tmp_path / "neighbour.py").write_text("two = 2.0")
    return f"{tmp_path / 'loss.py'}:neuron"


@pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")
def test_step_of_a_function_in_a_file(program, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["step", program, "w=[0.5, -1]", "x=[2,3]", "-o", str(page)]) == 0
    assert f"wrote {page}" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    for expected in ("w[0]", "x[1]", "total = total + wi * xi", "return tanh(total) * two"):
        assert expected in text
    assert main(["step", program, "w=[]", "x=[]", "b=-0.25", "-o", str(page)]) == 0
    assert "tanh(b)" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "values", "said"),
    [
        ("loss.py:neuron|loss.py:nothing", [], "loss.py has no function 'nothing'; it defines neuron, none"),
        ("loss.py:neuron|loss.py:constant", [], "loss.py has no function 'constant'"),
        ("loss.py:neuron|other.py:neuron", [], "there is no file"),
        ("|", ["w=[1]"], "missing a required argument: 'x': pass the arguments of neuron(w, x, b=0.5) as name=number"),
        ("|", ["w=[1]", "x=[1]", "z=2"], "got an unexpected keyword argument 'z'"),
        ("|", ["w=[1]", "x=one"], "the value of x must be a number or a list of numbers; got 'one'"),
        ("|", ["[1]"], "expected name=number or name=[numbers]; got '[1]'"),
        ("neuron|none", ["x=1"], "none must return a Value"),
    ],
)
def test_a_function_that_cannot_be_stepped_is_one_clear_line(program, change, values, said, tmp_path, capsys):
    old, new = change.split("|")
    code = main(["step", program.replace(old, new) if old else program, *values, "-o", str(tmp_path / "page.html")])
    err = capsys.readouterr().err
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
