"""The stepper's page for graphs of many nodes: its size, jumps between steps, and the time of steps and drags."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from statistics import median
from typing import Any

import pytest

from autograd_core import Value, dot, parameter, sin, square, tanh, toposort
from autograd_core import sum as total
from autograd_core._drawing import layout
from autograd_core.stepper import step

needs_layout = pytest.mark.skipif(not layout.engines(), reason="nothing here lays out a graph")
Opened = Callable[..., Any]


def of_500_nodes() -> Value:
    random = Random(1)
    nodes = [Value(random.uniform(-1, 1), f"x{i}") for i in range(8)]
    while len(nodes) < 800:
        a, b = random.choice(nodes[-14:]), random.choice(nodes[-14:])
        nodes.append(random.choice((a * b, a + b, tanh(a), a - b, sin(b))))
    return total(nodes[-14:])

# JavaScript that runs in the page: ways to get to a step, and `all`, which lists everything that a step shows.
WAYS = """
    const key = (k) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true}));
    const slider = document.getElementById('slider'), last = Number(slider.max);
    const slide = (k) => { slider.value = k; slider.dispatchEvent(new Event('input')); };
    const nodes = [...document.querySelectorAll('g.node:not(.constant)')], things = [...document.querySelectorAll('g.node, g.edge')];
    const click = (i) => nodes[i % nodes.length].dispatchEvent(new MouseEvent('click', {bubbles: true}));
    const random = (n) => (seed = (seed * 16807) % 2147483647) % n;
    const all = () => things.map(g => [g.id, g.getAttribute('class'), ...[...g.querySelectorAll('text')].map(t => t.textContent)].join('|')).join('\\n');
    let seed = 7;
"""


@pytest.mark.parametrize("many", [False, True])
def test_a_jump_shows_what_stepping_there_shows_and_writes_nothing_twice(opened: Opened, u7: Value, many: bool) -> None:
    stepper = step(of_500_nodes(), max_nodes=1000, time_limit=60) if many else step(u7, learning_rate=0.5, epochs=3)
    page = opened(stepper)
    for order in ("sorted", "unsorted"):
        if order == "unsorted":
            page.check("#order")
        found = page.evaluate("() => {" + WAYS + """
            const every = Math.ceil(last / 60), stepped = new Map(), wrong = [];
            slide(0);
            for (let k = 0; k <= last; k++) {
                if (k % every === 0 || k === last) stepped.set(k, all());
                key('ArrowRight');
            }
            const writes = new MutationObserver(() => {});
            writes.observe(document.querySelector('svg'), {subtree: true, attributes: true, attributeOldValue: true,
                                                          characterData: true, characterDataOldValue: true, childList: true});
            const check = (how) => {
                const at = Number(slider.value), touched = new Map();
                if (stepped.has(at) && stepped.get(at) !== all()) wrong.push(`${how} to ${at}`);
                for (const one of writes.takeRecords()) {
                    if (one.attributeName === 'style' || one.attributeName === 'data-away') continue; // pan and zoom
                    const is = one.type === 'attributes' ? one.target.getAttribute(one.attributeName) : one.target.data;
                    if (one.type === 'childList' || is === one.oldValue || touched.has(one.target)) wrong.push(`${how} to ${at}: ${one.type} written in vain`);
                    touched.set(one.target);
                }
                return touched.size;
            };
            for (let i = 0; i < 40; i++) {
                slide([...stepped.keys()][random(stepped.size)]);
                check('slider');
                if (i % 4 === 0) { key('End'); check('End'); }
                if (i % 4 === 1) { key('Home'); check('Home'); }
                if (i % 4 === 2) { click(random(1000)); check('click'); }
                if (i % 4 === 3) { key('ArrowLeft'); check('back'); }
            }
            slide(Math.floor(last / 2));
            check('slider');
            key('ArrowRight');
            return {wrong, one: check('step'), compared: stepped.size}; }""")
        assert found["wrong"] == []
        assert found["compared"] > 20
        assert 0 < found["one"] < 30  # the texts and classes that one step changes


def test_the_time_of_steps_and_jumps_on_500_nodes(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    """The times of script, style and layout are printed, not judged; the test above limits what a step may change."""
    page = opened(step(of_500_nodes(), max_nodes=1000, time_limit=60))
    for view in ("first view", "whole graph"):
        if view == "whole graph":
            page.keyboard.press("0")
        page.keyboard.press("Home")
        times = page.evaluate("async () => {" + WAYS + """
            const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
            const times = {};
            const measure = async (what, go) => {
                await drawn();
                const start = performance.now();
                go();
                document.querySelector('svg').getBoundingClientRect(); document.getElementById('line').offsetHeight;
                (times[what] ??= []).push(performance.now() - start);
            };
            for (let i = 0; i < 20; i++) await measure('step', () => key('ArrowRight'));
            for (let i = 0; i < 7; i++) {
                await measure('End', () => key('End'));
                await measure('Home', () => key('Home'));
                await measure('slider', () => slide(random(last)));
                await measure('click', () => click(random(1000)));
            }
            return times; }""")
        with capsys.disabled():
            for what, list_of_times in times.items():
                print(f"\n{view}, {what}: median {median(list_of_times):.1f} ms, longest {max(list_of_times):.1f} ms", end="")
        assert set(times) == {"step", "End", "Home", "slider", "click"}


def layers() -> Value:
    random = Random(1)
    xs = [Value(random.uniform(-1, 1), f"x{i}") for i in range(3)]
    for size in (5, 1):
        xs = [tanh(dot([parameter(random.uniform(-1, 1)) for _ in xs], xs) + parameter(0.1)) for _ in range(size)]
    return xs[0]


@pytest.mark.parametrize("make", [layers, of_500_nodes])
def test_the_time_of_a_drag(opened: Opened, make: Callable[[], Value], capsys: pytest.CaptureFixture[str]) -> None:
    """The times of script, style and layout, in milliseconds, are printed, not judged."""
    y = make()
    page = opened(step(y, max_nodes=1000, time_limit=60))
    page.keyboard.press("End")
    times = page.evaluate("""async () => {
        const leaf = document.querySelector('g.leaf'), times = [];
        const event = (name, x) => new PointerEvent(name, {bubbles: true, clientX: x, clientY: 10});
        leaf.dispatchEvent(event('pointerdown', 100));
        for (let i = 0; i < 60; i++) {
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
            const start = performance.now();
            window.dispatchEvent(event('pointermove', 105 + i));
            document.querySelector('svg').getBoundingClientRect(); document.getElementById('line').offsetHeight;
            times.push(performance.now() - start);
        }
        window.dispatchEvent(event('pointerup', 200));
        return times; }""")
    with capsys.disabled():
        print(f"\n{len(toposort(y))} nodes, a drag: median {median(times):.1f} ms, longest {max(times):.1f} ms", end="")
    assert "changed by you" in page.text_content("#where")


@needs_layout
def test_48_nodes_make_a_page_below_120_kilobytes() -> None:
    random = Random(1)
    xs = [Value(random.uniform(-1, 1), f"x{i}") for i in range(3)]
    for layer, size in enumerate((5, 1)):
        ws = [[parameter(random.uniform(-1, 1), f"w{layer}{i}{j}") for j in range(len(xs))] for i in range(size)]
        xs = [tanh(dot(row, xs) + parameter(0.1, f"b{layer}{i}")) for i, row in enumerate(ws)]
    y = square(xs[0])
    assert len(toposort(y)) == 48
    assert len(step(y).page().encode()) <= 120 * 1024


@needs_layout
def test_500_nodes_make_a_page_below_two_megabytes() -> None:
    y = of_500_nodes()
    stepper = step(y, max_nodes=1000, time_limit=60)
    assert 500 <= len(toposort(y)) <= 600
    assert len(stepper.page().encode()) < 2_000_000
