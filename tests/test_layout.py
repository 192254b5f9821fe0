"""The layout of the package: where the public names are imported from; no module imports from a higher layer."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core

PACKAGE = Path(autograd_core.__file__).parent
# The names that users import, by module. A name may be added, but a name listed here may not move.
PUBLIC = {
    "autograd_core": {
        "ENGINE", "TABLE", "Domain", "GraphError", "GraphWarning", "Operation", "Value", "acos", "acosh", "asin",
        "asinh", "atan", "atan2", "atanh", "backward", "cbrt", "checkpoint", "cos", "cosh", "degrees", "dot", "erf",
        "erfc", "exp", "exp2", "explain_nonfinite", "expm1", "first_nonfinite", "gamma", "gelu", "gelu_tanh", "grad",
        "gradients", "hessian", "hvp", "hypot", "jacobian", "jvp", "leaky_relu", "leaves", "lgamma", "log", "log10",
        "log1p", "log2", "log_softmax", "logaddexp", "logsumexp", "maximum", "mean", "minimum", "no_record", "norm",
        "operation_of", "parameter", "polygamma", "pow", "primitive", "prod", "radians", "record", "register", "relu",
        "scope", "sigmoid", "sign", "silu", "sin", "sinc", "sinh", "softmax", "softplus", "sqrt", "square",
        "stop_gradient", "sum", "tan", "tanh", "toposort", "value_and_grad", "vjp", "where",
    },
    "autograd_core.check": {"check_gradient", "check_primitive", "ulps"},
    "autograd_core.draw": {"draw", "lay_out_with", "to_dot"},
    "autograd_core.stepper": {"Step", "Stepper", "step"},
    "autograd_core.strategies": {
        "defined_programs", "is_smooth", "log_uniform", "near", "numbers", "operands", "programs", "smooth_operands",
        "smooth_programs",
    },
    "autograd_core.errors": {"GraphError", "GraphWarning"},
    "autograd_core.context": {"no_record", "record", "scope"},
    "autograd_core.graph": {"leaves", "toposort"},
    "nn": {
        "GELU", "MLP", "RBF", "RNN", "SGD", "Adam", "Dataset", "Dropout", "Elementwise", "History", "Identity",
        "L1Norm", "L2Norm", "Layer", "LeakyReLU", "MLPConv", "MeanPool", "Module", "Neuron", "NoisyReLU", "Normalize",
        "PReLU", "Parallel", "RNNCell", "ReLU", "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus",
        "Tanh", "accuracy", "batches", "binary_cross_entropy", "binary_cross_entropy_with_logits", "bootstrap",
        "clip_grad_norm", "clip_grad_value", "cross_entropy", "datasets", "evaluate", "fit", "hinge", "init", "kmeans",
        "l1_penalty", "l2_penalty", "mse_loss", "multi_margin_loss", "nll_loss", "one_hot", "squared_error",
        "Classifier", "Regressor",
    },
    "nn.datasets": {
        "Dataset", "batches", "bootstrap", "check_rows", "circles", "curve", "digits", "digits_features", "examples",
        "iris", "moons", "one_hot", "spirals", "xor",
    },
    "nn.init": {
        "constant", "generator_from", "kaiming_normal", "lecun_normal", "normal", "uniform", "xavier_normal",
        "xavier_uniform",
    },
    "nn.optim": {"SGD", "Adam", "Optimizer", "clip_grad_norm", "clip_grad_value"},
    "nn.train": {"accuracy", "evaluate", "fit"},
    "nn.history": {"History"},
}  # fmt: skip
METHODS = {"backward", "draw", "step", "zero_grad", "__copy__", "__deepcopy__", "__reduce__"}


@pytest.mark.parametrize("module", PUBLIC)
def test_no_public_name_has_moved(module):
    found = importlib.import_module(module)
    assert {name for name in PUBLIC[module] if not hasattr(found, name)} == set()


def test_value_has_the_methods_that_other_modules_install():
    assert {name for name in METHODS if name not in vars(autograd_core.Value)} == set()


def modules():
    """Return the modules of the package, keyed by name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(name, path, known):
    """Return the package's modules that a module imports, even inside functions, but not only for type checkers."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    waiting, found = [ast.parse(path.read_text(encoding="utf-8"))], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom):
            around = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*around, *([node.module] if node.module else [])])
            found |= {f"{source}.{a.name}" if f"{source}.{a.name}" in known else source for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        waiting.extend(ast.iter_child_nodes(node))
    return found


def test_no_module_is_in_a_circle_but_the_table_and_its_long_derivatives():
    known = modules()
    graph = {name: imports(name, path, known) & known.keys() for name, path in known.items() if name != "autograd_core"}
    reached = {name: set(graph[name]) for name in graph}
    for _ in graph:
        for others in reached.values():
            others.update(*(reached.get(other, ()) for other in list(others)))
    circles = {name for name, others in reached.items() if name in others}
    assert circles == {"autograd_core.ops", "autograd_core._operations.derivatives"}


def test_the_engine_does_not_import_nn():
    known = modules()
    found = {name: imports(name, path, known) for name, path in known.items()}
    assert [name for name, others in found.items() if any(x.split(".")[0] == "nn" for x in others)] == []


def test_the_translator_of_rows_knows_nothing_of_programs():
    known = modules()
    found = {name: imports(name, path, known) for name, path in known.items() if "._translation" in name}
    assert len(found) > 20
    assert [name for name, others in found.items() if any("._program" in other for other in others)] == []


def test_importing_the_engine_needs_the_standard_library_alone():
    script = "import sys, autograd_core; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"numpy", "graphviz", "hypothesis", "nn"} & set(loaded) == set()
