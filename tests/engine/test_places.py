"""Places left in any order, and the places of generators and coroutines: each removes only its own."""

import asyncio
import gc
import inspect
import threading
from contextlib import ExitStack, contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value, no_record, parameter, record, scope

KINDS = {"record": record, "no_record": no_record, "a": lambda: scope("a"), "b": lambda: scope("b")}


def here():
    """Whether an operation is recorded here, and the scopes around it."""
    y = Value(1.0) * 2
    return not y.is_leaf, y.scope


def expected(kinds):
    """The same, derived from the kinds of the surrounding places, outermost first."""
    switches = [kind for kind in kinds if kind in ("record", "no_record")]
    return not switches or switches[-1] == "record", tuple(kind for kind in kinds if kind in "ab")


OUTSIDE = (True, ())


@given(st.lists(st.one_of(st.sampled_from(sorted(KINDS)), st.integers(0, 9)), max_size=40))
def test_places_are_left_in_any_order(plan):
    """A number leaves the place at that position; a kind enters a new place."""
    inside = []
    for step in [*plan, *[0] * len(plan)]:
        if type(step) is str:
            inside.append((step, KINDS[step]()))
            inside[-1][1].__enter__()
        elif inside:
            inside.pop(step % len(inside))[1].__exit__(None, None, None)
        assert here() == expected([kind for kind, _ in inside])
    assert here() == OUTSIDE


def test_a_generator_leaves_its_place_while_its_consumer_stands_in_another():
    w = parameter(2.0)

    def loader():
        with no_record():
            yield w * 3.0
        yield w * 4.0

    batches = loader()
    assert next(batches).is_leaf
    with scope("x"):
        assert here() == (False, ("x",))
        assert not next(batches).is_leaf
        assert here() == (True, ("x",))
        (w * 5.0).backward()
        assert list(batches) == [] and here() == (True, ("x",))
    assert here() == OUTSIDE and w.grad == 5.0


def test_a_generator_that_is_dropped_takes_its_place_along():
    def quiet():
        with scope("inner"), no_record():
            yield

    waiting = quiet()
    next(waiting)
    with scope("x"), record():
        with scope("y"):
            assert here() == (True, ("inner", "x", "y"))
            del waiting
            gc.collect()
            assert here() == (True, ("x", "y"))
        assert here() == (True, ("x",))
    assert here() == OUTSIDE


def test_context_managers_made_of_generators_still_hold():
    @contextmanager
    def evaluation():
        with no_record(), scope("evaluation"):
            yield

    with evaluation(), scope("x"):
        assert here() == (False, ("evaluation", "x"))
    with ExitStack() as stack:
        stack.enter_context(evaluation())
        assert here() == (False, ("evaluation",))
    assert here() == OUTSIDE


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_was_entered_elsewhere_is_not_left_here(kind):
    place, errors = KINDS[kind](), []

    def elsewhere():
        with scope("mine"):
            try:
                place.__exit__(None, None, None)
            except RuntimeError as error:
                errors.append(str(error))
            assert here() == (True, ("mine",))
            errors.append(None)

    with place:
        inside = here()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert here() == inside
    name = type(place).__name__
    assert errors == [f"{name} was exited more times than it was entered: exit it once, in the thread or task that entered it", None]


# --- Generators ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_decorated_generator_runs_inside_and_its_consumer_outside(kind):
    @KINDS[kind]()
    def places(n):
        """Says where it is."""
        for _ in range(n):
            yield here()
        return here()

    assert inspect.isgeneratorfunction(places) and places.__doc__ == "Says where it is."
    seen = []
    for place in places(3):
        seen.append(place)
        assert here() == OUTSIDE
        with no_record(), scope("b"):
            assert here() == (False, ("b",))
    assert seen == [expected([kind])] * 3

    def delegating():
        return (yield from places(2))

    with no_record(), scope("b"):
        around = delegating()
        assert next(around) == expected(["no_record", "b", kind])
        with scope("a"):
            assert next(around) == expected(["no_record", "b", "a", kind])
        with pytest.raises(StopIteration) as stop:
            next(around)
        assert stop.value.value == expected(["no_record", "b", kind])
    assert here() == OUTSIDE


def test_a_loop_over_a_decorated_loader_trains():
    w = parameter(1.0, "w")

    @no_record()
    def loader():
        for i in range(4):
            x = w * 0.0 + float(i)
            assert x.is_leaf
            yield x

    for x in loader():
        (w * x).backward()
    assert w.grad == 6.0


def test_nothing_goes_back_from_what_was_computed_inside_no_record():
    """As in a loop over a loader that yields inside no_record: its consumer is inside too, and is told so."""
    w = parameter(2.0, "w")

    def loader():
        with no_record():
            yield w * 3.0

    for x in loader():
        y = w * x
        y.label = "y"
        for ask in (Value.backward, ag.backward):
            with pytest.raises(ag.GraphError, match=r"12\.0 \(label 'y'\) was made inside no_record.*decorate a generator"):
                ask(y)
        assert not y.has_grad and not w.has_grad
        with record():
            (w * x).backward()
    with pytest.raises(ag.GraphError):
        y.backward()  # outside too
    assert w.grad == 6.0


@given(st.lists(st.integers(0, 2), max_size=30), st.lists(st.sampled_from([*sorted(KINDS), None]), max_size=12))
def test_decorated_generators_keep_what_they_entered(turns, entered):
    """Three at once, taking turns: each enters places and yields inside them."""

    def body(own):
        with ExitStack() as stack:
            for i, kind in enumerate(entered):
                if kind is None:
                    stack.pop_all().close()
                    own[1:] = []
                else:
                    stack.enter_context(KINDS[kind]())
                    own.append(kind)
                assert here() == expected(own)
                yield i
                assert here() == expected(own)

    kinds = ["a", "no_record", "record"]
    running = [KINDS[kind]()(body)([kind]) for kind in kinds]
    for turn in turns:
        next(running[turn], None)
        assert here() == OUTSIDE
    for generator in running:
        generator.close()
    assert here() == OUTSIDE


def fail(generator):
    with pytest.raises(ZeroDivisionError):
        generator.throw(ZeroDivisionError())


def test_send_throw_close_and_return_reach_a_decorated_generator():
    log = []

    @no_record()
    def echo():
        given = None
        try:
            while True:
                try:
                    given = yield given, here()
                except KeyError as error:
                    given = type(error)
                log.append(here())
                if given == "end":
                    return "done"
        finally:
            log.append(("closed", here()))

    quiet = (False, ())
    generator = echo()
    assert next(generator) == (None, quiet)
    assert generator.send(5) == (5, quiet)
    assert generator.throw(KeyError()) == (KeyError, quiet)
    with pytest.raises(StopIteration) as stop:
        generator.send("end")
    assert stop.value.value == "done" and log == [quiet] * 3 + [("closed", quiet)]

    for end in (lambda g: g.close(), fail):
        log.clear()
        generator = echo()
        next(generator)
        end(generator)
        assert log == [("closed", quiet)] and here() == OUTSIDE
        assert list(generator) == []
    with pytest.raises(TypeError):
        next(echo(1))


def test_an_error_from_a_decorated_generator_keeps_nothing_alive():
    @no_record()
    def fails():
        try:
            yield 1
        except KeyError:
            raise OSError from None

    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            generator = fails()
            next(generator)
            with suppress(OSError):
                generator.throw(KeyError())
            del generator
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_decorated_generator_may_wander_between_threads():
    @scope("a")
    def places():
        with no_record():
            while True:
                yield here()

    generator, seen = places(), []

    def work(name):
        with scope(name):
            seen.append(next(generator))
            assert here() == (True, (name,))

    for name in ("one", "two"):
        thread = threading.Thread(target=work, args=(name,))
        thread.start()
        thread.join()
    assert seen == [(False, ("one", "a")), (False, ("two", "a"))]
    generator.close()


# --- Coroutines and asynchronous generators ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_decorated_coroutine_runs_inside(kind):
    @KINDS[kind]()
    async def places(n):
        """Says where it is."""
        seen = []
        for _ in range(n):
            await asyncio.sleep(0)
            seen.append(here())
        return seen

    assert inspect.iscoroutinefunction(places) and places.__doc__ == "Says where it is."

    async def together():
        tasks = [asyncio.ensure_future(places(4)) for _ in range(3)]
        with scope("b"):
            own = await places(3)
            assert here() == (True, ("b",))
        assert own == [expected(["b", kind])] * 3
        return await asyncio.gather(*tasks)

    assert asyncio.run(together()) == [[expected([kind])] * 4] * 3 and here() == OUTSIDE


def test_coroutines_that_are_driven_by_hand():
    class Pause:
        def __await__(self):
            return (yield "paused")

    @no_record()
    async def places():
        seen = [here()]
        with scope("a"):
            seen.append(await Pause())
            seen.append(here())
        return seen

    one, two = places(), places()
    for coroutine in (one, two):
        assert coroutine.send(None) == "paused" and here() == OUTSIDE
    for coroutine in (one, two):
        with scope("b"), pytest.raises(StopIteration) as stop:
            coroutine.send(7)
        assert stop.value.value == [(False, ()), 7, (False, ("b", "a"))] and here() == OUTSIDE
    third = places()
    third.send(None)
    third.close()
    assert here() == OUTSIDE


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_decorated_asynchronous_generator(kind):
    inside, log = expected([kind]), []

    @KINDS[kind]()
    async def places():
        """Says where it is."""
        given = None
        try:
            while given != "end":
                await asyncio.sleep(0)
                try:
                    given = yield given, here()
                except KeyError as error:
                    given = type(error)
        finally:
            await asyncio.sleep(0)
            log.append(here())

    assert inspect.isasyncgenfunction(places) and places.__doc__ == "Says where it is."

    async def use():
        generator = places()
        assert await anext(generator) == (None, inside) and here() == OUTSIDE
        with scope("b"):
            assert await generator.asend(5) == (5, expected(["b", kind])) and here() == (True, ("b",))
        assert await generator.athrow(KeyError()) == (KeyError, inside)
        with pytest.raises(StopAsyncIteration):
            await generator.asend("end")
        async for _, place in (again := places()):
            assert place == inside and here() == OUTSIDE
            break
        await again.aclose()
        third = places()
        await anext(third)
        with pytest.raises(ZeroDivisionError):
            await third.athrow(ZeroDivisionError())
        assert here() == OUTSIDE

    asyncio.run(use())
    assert log == [inside] * 3


def test_a_cancelled_task_leaves_its_places():
    log = []

    @no_record()
    async def waits():
        try:
            await asyncio.sleep(60)
        finally:
            log.append(here())

    async def use():
        task = asyncio.ensure_future(waits())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert here() == OUTSIDE

    asyncio.run(use())
    assert log == [(False, ())]


def test_a_loop_over_a_decorated_asynchronous_loader_trains():
    w = parameter(1.0, "w")

    @no_record()
    async def loader():
        for i in range(4):
            await asyncio.sleep(0)
            yield w * 0.0 + float(i)

    async def train():
        async for x in loader():
            assert x.is_leaf
            ag.backward(w * x)

    asyncio.run(train())
    assert w.grad == 6.0
