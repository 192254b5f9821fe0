"""Scopes, recording, and transforms: per thread and per asynchronous task."""

import asyncio
import threading

import pytest

import autograd_core as ag
from autograd_core import Value, no_record, parameter, record, scope


def test_scopes_nest_and_are_left():
    with scope("network"):
        x = Value(1.0)
        with scope("layer 1"):
            y = x * 2
        z = y * 2
    assert x.scope == ("network",) and y.scope == ("network", "layer 1") and z.scope == ("network",)
    assert (z * 2).scope == () and parameter(1.0).scope == ()


def test_one_scope_can_be_entered_again_also_inside_itself():
    layer = scope("layer")
    with layer:
        with layer:
            y = Value(1.0) * 2
        z = y * 2
    assert y.scope == ("layer", "layer") and z.scope == ("layer",)
    with layer:
        assert (z * 2).scope == ("layer",)


def test_scopes_are_left_after_an_error():
    for place in (scope("a"), no_record()):
        with pytest.raises(RuntimeError), place:
            raise RuntimeError
    assert (Value(1.0) * 2).scope == () and not (Value(1.0) * 2).is_leaf


def test_names_are_plain_strings():
    for bad in (1, None, type("Text", (str,), {})("a")):
        with pytest.raises(TypeError, match="name of a scope must be a str"):
            scope(bad)


def test_no_record_gives_leaves():
    x = Value(2.0)
    with no_record():
        one, two, many = ag.tanh(x), x * 3, ag.sum([x, x])
        assert [y.is_leaf for y in (one, two, many)] == [True] * 3
        assert [y.data for y in (two, many)] == [6.0, 4.0] and one.data == ag.tanh(2.0)
        with record():
            inner = x * 3
        assert not inner.is_leaf and (x * 3).is_leaf
        with scope("s"):
            named = x * 3
    assert named.is_leaf and named.scope == ("s",)
    assert not (x * 3).is_leaf


def test_a_leaf_made_without_record_takes_gradients():
    with no_record():
        x = Value(2.0) * 3
    (x * x).backward()
    assert x.grad == 12.0


def test_places_are_per_thread():
    start, stop = threading.Barrier(2), threading.Barrier(2)
    found = {}

    def other():
        start.wait()
        found["thread"] = Value(1.0) * 2
        with scope("other"):
            stop.wait()
            found["named"] = Value(1.0) * 2

    thread = threading.Thread(target=other)
    thread.start()
    with no_record(), scope("main"):
        start.wait()
        stop.wait()
        found["main"] = Value(1.0) * 2
    thread.join()
    assert not found["thread"].is_leaf and found["thread"].scope == ()
    assert found["named"].scope == ("other",) and not found["named"].is_leaf
    assert found["main"].is_leaf and found["main"].scope == ("main",)


def test_places_are_per_task():
    async def quiet(turns):
        with no_record(), scope("quiet"):
            for _ in range(turns):
                await asyncio.sleep(0)
                y = Value(1.0) * 2
                assert y.is_leaf and y.scope == ("quiet",)

    async def loud(turns, name):
        with scope(name):
            for _ in range(turns):
                await asyncio.sleep(0)
                y = Value(1.0) * 2
                assert not y.is_leaf and y.scope == (name,)

    async def slope(x):
        async def nothing():
            await asyncio.sleep(0)

        await nothing()
        y = ag.grad(lambda x: x * x)(x)
        assert type(y) is float
        return y

    async def together():
        slopes = [slope(float(i)) for i in range(9)]
        return await asyncio.gather(quiet(20), loud(20, "a"), quiet(7), loud(20, "b"), *slopes)

    results = asyncio.run(together())
    assert results[4:] == [2.0 * i for i in range(9)]
    assert not (Value(1.0) * 2).is_leaf


@pytest.mark.parametrize("shared", [no_record(), scope("s"), record()])
def test_one_instance_serves_tasks_and_threads_at_once(shared):
    async def first(entered, left):
        with shared:
            entered.set()
            await left.wait()
        return Value(1.0) * 2

    async def second(entered, left):
        await entered.wait()
        with shared:
            pass
        left.set()
        return Value(1.0) * 2

    async def together():
        entered, left = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(first(entered, left), second(entered, left))

    in_threads(lambda i: [shared.__enter__(), shared.__exit__(None, None, None)])
    for y in (*asyncio.run(together()), Value(1.0) * 2):
        assert not y.is_leaf and y.scope == ()


def test_places_decorate_functions():
    @no_record()
    def quiet(x, depth):
        """Recurses inside itself."""
        return quiet(x, depth - 1) if depth else x * 2

    @scope("layer")
    def named(x):
        return x * 2

    assert quiet(Value(1.0), 3).is_leaf and quiet.__doc__ == "Recurses inside itself."
    assert named(Value(1.0)).scope == ("layer",) and not (Value(1.0) * 2).is_leaf


def test_a_place_is_left_once():
    place = scope("a")
    with place:
        pass
    with pytest.raises(RuntimeError, match="scope was exited more times than it was entered"):
        place.__exit__(None, None, None)


def test_a_transform_in_one_thread_is_not_seen_in_another():
    inside, done = threading.Event(), threading.Event()
    found = []

    def function(x):
        inside.set()
        done.wait(10)
        return x * x

    thread = threading.Thread(target=lambda: found.append(ag.grad(function)(3.0)))
    thread.start()
    inside.wait(10)
    slope = ag.grad(lambda x: x * x)(2.0)
    done.set()
    thread.join()
    assert type(slope) is float and slope == 4.0 and found == [6.0]


def in_threads(work, count=8):
    """Run `work(i)` in concurrent threads, and raise whatever they raise."""
    errors, start = [], threading.Barrier(count)

    def guarded(i):
        try:
            start.wait()
            work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_threads_build_separate_graphs():
    def work(i):
        for step in range(30):
            x = Value(0.01 * i + 0.1)
            y = x
            with scope(f"thread {i}"):
                for _ in range(50):
                    y = ag.sin(y) * x
            y.backward()
            assert x.grad == ag.grad(power)(0.01 * i + 0.1), step
            assert y.scope == (f"thread {i}",)

    def power(x):
        y = x
        for _ in range(50):
            y = ag.sin(y) * x
        return y

    in_threads(work)


def test_threads_sweep_shared_leaves_without_losing_a_gradient():
    """The gradients are whole numbers, so that the order of addition does not matter."""
    w = parameter(3.0)
    sweeps = 200

    def work(i):
        for _ in range(sweeps):
            (w * (i + 1.0)).backward()

    in_threads(work)
    assert w.grad == sweeps * sum(range(1, 9))


def test_threads_sweep_one_graph():
    w = parameter(3.0)
    y = (w * w + w) * 2
    in_threads(lambda i: [y.backward() for _ in range(50)])
    assert w.grad == 8 * 50 * 14.0 and y.grad == 1.0


def test_assignment_in_threads_keeps_stamps_apart():
    leaves = [Value(0.0) for _ in range(8)]

    def work(i):
        for step in range(100):
            leaves[i].data = float(step)
            y = leaves[i] * 2
            assert ag.gradients(y, [leaves[i]], create_graph=True)[0].data == 2.0
            leaves[i].data = float(step)
            with pytest.raises(ag.GraphError):
                ag.gradients(y, [leaves[i]], create_graph=True)

    in_threads(work)
