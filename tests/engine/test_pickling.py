"""Several roots in one pickle or copy: each node keeps its identity, and nothing is written twice or needlessly."""

import copy
import gc
import io
import os
import pickle
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, parameter, scope
from autograd_core._checking.ulps import same
from autograd_core.strategies import defined_programs

DATA = Path(__file__).parent / "data"
DEPTH = min(1_000_000, 8_000 * settings().max_examples)  # too deep for the stack
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def computed(*roots):
    """The computed nodes below `roots`, each once."""
    return list(dict.fromkeys(node for root in roots for node in ag.toposort(root) if not node.is_leaf))


class Counting(pickle.Unpickler):
    """Counts the computed nodes that come out of a pickle, needed or not."""

    count = 0

    def find_class(self, module, name):
        found = super().find_class(module, name)
        if name != "chunk_from":
            return found

        def counted(*arguments):
            chunk = found(*arguments)
            self.count += len(chunk.nodes)
            return chunk

        return counted


def assert_same_roots(roots, others):
    """The graphs below `others` are those below `roots`: nodes correspond one to one, and none is shared."""
    there, back, waiting = {}, {}, list(zip(roots, others, strict=True))
    while waiting:
        a, b = waiting.pop()
        assert a is not b and there.setdefault(a, b) is b and back.setdefault(b, a) is a
        assert a.op is b.op and same(a.data, b.data) and a.label == b.label and a.scope == b.scope
        assert a.has_grad == b.has_grad and same(a.grad, b.grad)
        for x, y in zip(a.operands, b.operands, strict=True):
            assert type(x) is type(y)
            if type(x) is not Value:
                assert same(x, y)
            elif there.get(x) is not y:
                waiting.append((x, y))


def recurrence(length):
    """The states of h ← tanh(w h + u), oldest first, and w."""
    w, u = parameter(0.5, "w"), parameter(0.1, "u")
    h, states = Value(0.0), []
    for _ in range(length):
        h = ag.tanh(w * h + u)
        states.append(h)
    return states, w


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_an_inner_node_stays_an_operand(protocol, order):
    w = parameter(2.0, "w")
    h = w * w
    y = h * h * 1.5
    given = [(w, h, y)[i] for i in order]

    def by_python():
        file = io.BytesIO()
        pickle._Pickler(file, protocol).dump(given)
        return pickle._loads(file.getvalue())

    for loaded in (pickle.loads(pickle.dumps(given, protocol)), by_python(), copy.deepcopy(given)):
        w2, h2, y2 = (loaded[order.index(i)] for i in range(3))
        y2.backward()
        assert (h2.grad, w2.grad) == (12.0, 48.0) and y2.operands[0].operands[1] is h2 and h2.operands[0] is w2
    assert not h.has_grad


@given(defined_programs(max_operations=20), st.randoms(use_true_random=False), st.sampled_from(PROTOCOLS))
def test_any_nodes_of_a_graph_in_any_order(program, draw, protocol):
    inputs = [Value(x, f"x{i}") for i, x in enumerate(program.inputs)]
    with scope("outer"):
        y = program(*inputs)
    y.backward()
    nodes = ag.toposort(y)
    roots = draw.choices(nodes, k=draw.randrange(1, 2 * len(nodes)))
    assert_same_roots(roots, copy.deepcopy(roots))
    if protocol < 1 and any(x != x for node in nodes for x in (node.data, *node.local_derivatives) if x is not None):
        protocol = 1  # the first protocol writes decimals: all NaNs are one
    reader = Counting(io.BytesIO(pickle.dumps(roots, protocol)))
    assert_same_roots(roots, reader.load())
    assert reader.count == len(computed(*roots))


def test_the_states_of_a_recurrence_take_little_more_than_the_last():
    states, w = recurrence(400)
    nodes = len(computed(states[-1]))
    assert len(pickle.dumps([states[-1], w])) < 46 * nodes
    for roots in (states, states[::-1], random.Random(0).sample(states, len(states))):
        # a few more bytes, since each root adds three nodes, with stamps of up to five bytes late in a process
        assert len(pickle.dumps(roots)) < 72 * nodes
    loaded, w2 = pickle.loads(pickle.dumps((states, w)))
    assert_same_roots([*states, w], [*loaded, w2])
    ag.sum(loaded).backward()
    ag.sum(states).backward()
    assert w2.grad == w.grad and [h.grad for h in loaded] == [h.grad for h in states]


def test_many_roots_take_linear_space_and_steps():
    """If each were walked anew, 20,000 states would take 200 million steps, and 2,500 states three million."""
    states, _ = recurrence(100 * settings().max_examples)
    small = len(pickle.dumps(states[: len(states) // 4]))
    assert len(pickle.dumps(states)) < 4.2 * small

    class Memo(dict):
        asked = 0

        def __contains__(self, key):
            Memo.asked += 1
            return super().__contains__(key)

    copy.deepcopy(states, Memo())
    assert Memo.asked < 10 * len(computed(states[-1]))


def test_states_of_a_deep_graph():
    y = x = Value(1.0, "x")
    states = []
    for i in range(DEPTH):
        y = y + 1.0
        if i % (DEPTH // 5) == 0:
            states.append(y)
    roots = [states[2], y, *states]
    for make in (copy.deepcopy, lambda things: pickle.loads(pickle.dumps(things))):
        x2, y2, *others = (loaded := make([x, *roots]))[0], *loaded[2:]
        assert loaded[1] is others[2]
        y2.backward()
        assert [h.grad for h in others] == [1.0] * len(others) and x2.grad == 1.0
        del x2, y2, others, loaded


# --- Several picklers ------------------------------------------------------------------------------------------


def written(picklers, files, plan, nodes):
    """Dump nodes with picklers as planned; return the nodes that each pickler was given."""
    given = [[] for _ in picklers]
    for which, at in plan:
        picklers[which].dump(nodes[at])
        given[which].append(nodes[at])
    return given


def read_back(file, count):
    """Load what one pickler dumped; return it with the reader, which counts the computed nodes."""
    file.seek(0)
    reader = Counting(file)
    return [reader.load() for _ in range(count)], reader


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 29)), max_size=60), st.booleans())
def test_pickles_that_take_turns(plan, in_python):
    states, w = recurrence(30)
    nodes = [*computed(states[-1])[:29], w]
    files = [io.BytesIO() for _ in range(4)]
    picklers = [(pickle._Pickler if in_python else pickle.Pickler)(file) for file in files]
    for roots, file in zip(written(picklers, files, plan, nodes), files, strict=True):
        loaded, reader = read_back(file, len(roots))
        assert_same_roots(roots, loaded)
        assert reader.count == len(computed(*roots))


def test_pickles_in_threads(in_threads):
    states, _ = recurrence(200)
    start = threading.Barrier(6)

    def work(seed):
        draw = random.Random(seed)
        start.wait()
        for _ in range(5):
            file = io.BytesIO()
            pickler = pickle.Pickler(file)
            [given] = written([pickler], [file], [(0, draw.randrange(60)) for _ in range(60)], states)
            loaded, reader = read_back(file, len(given))
            assert_same_roots(given, loaded)
            assert reader.count == len(computed(*given))

    in_threads(work, 6)


def test_a_pickle_inside_a_pickle():
    """A pickler may write another pickle whenever it is asked for an identity, and the inner one may fail."""
    states, w = recurrence(6)
    inner = []

    class Nesting(pickle.Pickler):
        def persistent_id(self, thing):
            inner.append(pickle.dumps(states[len(inner) % 6 :]))
            with pytest.raises((pickle.PicklingError, AttributeError)):
                pickle.dumps([states[0], lambda: None, w])

    file = io.BytesIO()
    pickler = Nesting(file)
    for h in states:
        pickler.dump([h, w])
    loaded, reader = read_back(file, len(states))
    assert_same_roots([x for h in states for x in (h, w)], [x for pair in loaded for x in pair])
    assert reader.count == len(computed(states[-1]))
    for i, text in enumerate(inner):
        assert_same_roots(states[i % 6 :], pickle.loads(text))


def test_a_pickle_that_failed_leaves_nothing_behind():
    from autograd_core._engine.pickling import _living

    states, _ = recurrence(20)
    gc.collect()
    alone = pickle.dumps(states[3:])
    pickler = pickle.Pickler(io.BytesIO())
    for dump in (pickle.dumps, pickle._dumps, pickler.dump):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            dump([states[9], lambda: None])
    assert len(_living) == 1  # belongs to the pickler that still exists
    reader = Counting(io.BytesIO(pickle.dumps(states[:5])))
    assert_same_roots(states[:5], reader.load())
    assert reader.count == 15
    del dump, pickler
    gc.collect()
    assert len(_living) == 0 and pickle.dumps(states[3:]) == alone
    assert gc.collect() == 0


def test_a_pickler_that_forgets_or_never_remembers():
    states, _ = recurrence(5)
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dump(states[3])
    pickler.clear_memo()
    middle = file.tell()
    pickler.dump([states[4], states[2]])
    assert_same_roots([states[4], states[2]], pickle.loads(file.getvalue()[middle:]))

    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.fast = True
    pickler.dump(states[4] + ag.checkpoint(ag.tanh, states[2]))
    loaded = pickle.loads(file.getvalue())
    assert loaded.data == states[4].data + ag.tanh(states[2].data)
    with pytest.raises(ag.GraphError, match="pass copied or unpickled nodes to the function as arguments"):
        loaded.backward()  # a node that comes twice is not recognised


# --- Checkpoints -----------------------------------------------------------------------------------------------


class Model:
    """A model that keeps the loss of its own checkpoint, and states on the way."""

    def __init__(self):
        self.w = parameter(3.0, "w")
        self.state = self.w * 2.0
        self.loss = ag.checkpoint(self.forward, self.state, [self.state * 5.0])
        self.after = self.loss * 2.0

    def forward(self, h, others):
        return self.w * h * others[0]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing)), lambda thing: pickle._loads(pickle._dumps(thing))])
@pytest.mark.parametrize("what", [lambda m: m, lambda m: m.loss, lambda m: m.after, lambda m: [m.state, m.after, m]])
def test_a_model_that_keeps_the_loss_of_its_own_checkpoint(again, what):
    model = Model()
    other = again(what(model))
    if type(other) is list:
        state, _, other = other
        assert state is other.state
    if type(other) is Value:
        other = (other if other.op.name == "checkpoint" else other.operands[0])._dx.function.__self__
    assert other is not model and other.after.operands[0] is other.loss and other.state.operands[0] is other.w
    assert other.loss._dx.arguments[0] is other.state and other.loss._dx.function.__self__ is other
    other.after.backward()
    model.after.backward()
    assert other.w.grad == model.w.grad != 0.0
    model.loss = model.after = other.loss = other.after = None  # breaks the cycle


@pytest.mark.parametrize("again", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_arguments_of_a_checkpoint_that_lead_back_to_it(again):
    x = Value(2.0, "x")
    arguments = [x, x * 3.0]
    y = ag.checkpoint(first_times_second, arguments)
    z = y * 5.0
    arguments += [y, z, arguments]
    for roots in ([x, y, z], [z, y, x], [y, x, z]):
        others = again(roots)
        assert_same_roots(roots, others)
        there = dict(zip(roots, others, strict=True))
        [held] = there[y]._dx.arguments
        assert held[0] is there[x] and held[2] is there[y] and held[3] is there[z] and held[4] is held
        assert ag.gradients(there[z], [there[x]]) == [60.0]
        held.clear()
    arguments.clear()


def first_times_second(xs):
    return xs[0] * xs[1]


# --- Other engines and other versions ----------------------------------------------------------------------------

OTHER = "python" if ag.ENGINE == "native" else "native"
AGAIN = """
import pickle, sys
import autograd_core as ag
roots = pickle.loads(sys.stdin.buffer.read())
assert ag.ENGINE == sys.argv[1] and roots[-1].operands[0].operands[0].operands[1] is roots[-2]
sys.stdout.buffer.write(pickle.dumps(roots))
"""


def test_a_pickle_of_one_engine_is_one_of_the_other():
    states, w = recurrence(30)
    with scope("outer"):
        y = ag.sum([ag.checkpoint(ag.hypot, states[9], w), 0.5])
    y.label = "y"
    y.backward()
    roots = [w, *states[:9], y, *states]
    environment = {**os.environ, "AUTOGRAD_CORE_ENGINE": OTHER}
    command = [sys.executable, "-c", AGAIN, OTHER]
    done = subprocess.run(command, input=pickle.dumps(roots), capture_output=True, env=environment)
    if b"the native engine cannot be used" in done.stderr:
        pytest.skip("the native engine is not built")
    assert done.returncode == 0, done.stderr
    assert_same_roots(roots, pickle.loads(done.stdout))


@pytest.mark.parametrize("protocol", [2, 5])
def test_pickles_of_version_0_1_0_load(protocol):
    """Each was made by that version from w, x, y and z as they are made here."""
    w, x = parameter(0.5, "w"), Value(2.0, "x")
    with scope("net"), scope("layer 1"):
        h = ag.tanh(w * x + 1.0)
    h.label = "h"
    inner = ag.sum([h, h * 3, w])
    y = ag.checkpoint(ag.hypot, h, x) + inner / 7.0
    z = 2.0**x - ag.maximum(h, w)
    y.backward()
    loaded = pickle.loads((DATA / f"graph-0.1.0-protocol-{protocol}.pickle").read_bytes())
    assert list(loaded) == ["w", "x", "y", "z"]
    w2, x2, y2, z2 = loaded.values()
    assert_same_roots([w, x, y], [w2, x2, y2])
    assert_same_roots([w, x, z], [w2, x2, z2])
    assert ag.gradients(y2, [w2, x2]) == ag.gradients(y, [w, x])
    assert [g.data for g in ag.gradients(z2, [w2, x2], create_graph=True)] == ag.gradients(z, [w, x])
    again = pickle.loads(pickle.dumps(loaded))
    assert_same_roots([y2, z2], [again["y"], again["z"]])
