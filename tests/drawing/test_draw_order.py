"""Neurons are in order, the first on top, with any layout engine; the edges of a box that many read are coloured."""

from __future__ import annotations

import re

import pytest

from autograd_core import Value
from autograd_core._drawing import layout
from autograd_core._drawing.palette import SOURCES
from autograd_core.draw import draw, to_dot
from nn import MLP

ENGINES = layout.engines()


def network(*sizes: int) -> Value:
    y = MLP(sizes[0], list(sizes[1:]), seed=0)([Value(0.3 * i, f"x{i}") for i in range(sizes[0])])
    return y if isinstance(y, Value) else y[0]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("sizes", [(4, 4, 1), (3, 4, 4, 1), (2, 3, 12, 1)])
def test_neurons_and_inputs_stand_in_order(
    engine: str, direction: str, sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "engines", lambda: {engine: ENGINES[engine]})
    svg = draw(network(*sizes), direction=direction).pipe("svg", encoding="utf-8")
    places = [(float(x), float(y), text) for x, y, text in re.findall(r' x="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]+)', svg)]
    along = (lambda place: place[1]) if direction == "LR" else (lambda place: place[0])
    inputs = sorted((place for place in places if re.fullmatch(r"x\d+", place[2])), key=along)
    assert [text for _, _, text in inputs] == [f"x{i}" for i in range(sizes[0])]
    layers: list[list[tuple[float, int]]] = [[] for _ in sizes[1:]]
    starts = [place for place in places if re.fullmatch(r"layer \d+", place[2])]
    across = 0 if direction == "LR" else 1
    starts.sort(key=lambda place: int(place[2].split()[1]))
    for place in places:
        if found := re.fullmatch(r"neuron (\d+)", place[2]):
            nearest = min(range(len(starts)), key=lambda i: abs(starts[i][across] - place[across]))
            layers[nearest].append((along(place), int(found[1])))
    assert [[i for _, i in sorted(layer)] for layer in layers] == [list(range(1, n + 1)) for n in sizes[1:]]


def test_a_drawing_changed_by_hand_is_laid_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(layout, "_given", lambda source, *_: given.append(source) or "<svg/>")
    drawing = draw(network(2, 2, 1))
    drawing.digraph.attr(bgcolor="red")
    assert drawing.pipe("svg") == b"<svg/>"
    assert given == [drawing.source]


def test_edges_of_a_box_that_many_read_have_its_colour() -> None:
    source = to_dot(network(3, 4, 2))
    colours: dict[str, set[str]] = {}
    for tail, more in re.findall(r"^\t(\d+) -> \d+ (\[.*\])$", source, re.MULTILINE):
        if found := re.search(r'class="edge s(\d)" color="(#\w+)"', more):
            assert SOURCES[int(found[1])] == found[2]
            colours.setdefault(tail, set()).add(found[2])
    assert len(colours) == 3  # one for each input, which four neurons read
    assert all(len(of_one) == 1 for of_one in colours.values())
    assert len(set.union(*colours.values())) == 3
    assert " s0" not in to_dot(Value(1.0, "x") * 2.0 + Value(1.0, "y"))
