"""Pictures of the steps, which differ in texts and colours but share one layout, with room for the widest texts."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from .._drawing.boxes import Box
from .._drawing.dot import body
from .._drawing.picture import Picture, formula, summary
from .._drawing.texts import UNSET, escaped
from .geometry import Geometry
from .scene import COMPLETE, Step
from .wrapping import Attributes

ACTIVE = {"color": "#d6006e", "penwidth": "3"}
WAITING = {"fontcolor": "#8a8a8a", "fillcolor": "#ffffff"}
WRONG = {"fillcolor": "#e7b6dd"}
SENT = {"color": "#222222", "penwidth": "1.4"}

Texts = dict[str, str]
# The parts of an SVG that the page leaves out: comments, titles that would show as tooltips, and attributes that
# page.css sets.
_STYLED = re.compile(
    r"<title>[^<]*</title>\s*|<!--.*?-->\s*"
    r'| (?:font-family|stroke|stroke-width)="[^"]*"| font-size="11\.00"| text-anchor="middle"| fill="(?!none)[^"]*"'
    r'| xml:space="preserve"',
    re.DOTALL,
)
_SHORTER = {
    "&#45;": "-",
    '<polyline fill="none"': "<polyline",
    'class="node node': 'class="node',
    'class="edge edge': 'class="edge',
}
_PLACE = re.compile(r' (?:d|points|x|y)="[^"]*"')
_FINER = re.compile(r"\.(\d)\d*")


def _rounded(place: re.Match[str]) -> str:
    """Round coordinates to a tenth of a point."""
    return _FINER.sub(lambda m: "" if m[1] == "0" else f".{m[1]}", place[0])


class Frames:
    """A picture, its steps in sorted and in unsorted (`eager`) order, and the texts at each step."""

    def __init__(self, picture: Picture, steps: Sequence[Step], eager: Sequence[Step], time_limit: float) -> None:
        self.picture = picture
        self.sorted = steps
        self.steps = [*steps, *eager]
        self.time_limit = time_limit
        self.heads = {box.id: self._head(box) for box in picture.boxes}

    def _head(self, box: Box) -> list[str]:
        """Return the lines of text in a box that no step changes."""
        if box.group is None:
            return [box.name]
        more = [f"× {box.more} more"] if box.more else []
        if box.group.scope is not None:
            return [box.title, *summary(box.group), *more]
        head, computed = box.title, formula(self.picture, box)
        return [f"{head} = {computed}" if computed else head, *more]

    @cached_property
    def initial(self) -> Texts:
        """All texts that steps change, as they are before the first step."""
        texts: Texts = {}
        for box in self.picture.boxes:
            if box.valued is not None:
                texts[f"{box.id}:d"] = f"data {UNSET}"
            if box.group is not None:
                texts[f"{box.id}:g"] = f"grad {UNSET}" if box.node is not None else f"‖grad‖ {UNSET}"
        return texts | {edge.id: "" for edge in self.picture.edges if edge.source.group is not None}

    @cached_property
    def geometry(self) -> Geometry:
        """The layout, with room for each text at its widest."""
        return self._upright(max(len(step.text) for step in self.steps))

    @cached_property
    def page_geometry(self) -> Geometry:
        """The layout of `geometry`, without room for a caption."""
        return self._upright(0)

    def _upright(self, caption: int) -> Geometry:
        """Return the layout in which the neurons of a layer are in order, the first on top."""
        geometry = Geometry(self._source(), self.time_limit, caption)
        if geometry.disorder <= 0:
            return geometry
        turned = Geometry(self._source(last_first=True), self.time_limit, caption)
        return turned if turned.disorder < geometry.disorder else geometry

    def _source(self, last_first: bool = False) -> str:
        widest = dict(self.initial)
        for step in self.steps:
            for slot, text in step.texts.items():
                if len(text) > len(widest[slot]):
                    widest[slot] = text
        for slot, text in widest.items():
            if slot.endswith(":g") and not text.endswith(COMPLETE):
                widest[slot] = f"{text} {COMPLETE}"
        return "".join(("digraph {\n", *body(self.picture, self._labels(widest), last_first), "}\n"))

    def _labels(self, texts: Texts) -> Texts:
        """Assemble the labels of boxes and edges from the texts that steps change."""
        labels = {}
        for box in self.picture.boxes:
            own = [texts[slot] for slot in (f"{box.id}:d", f"{box.id}:g") if slot in texts]
            labels[box.id] = "\n".join([*self.heads[box.id], *own])
        return labels | {edge.id: texts.get(edge.id, "") for edge in self.picture.edges}

    def _changes(self, texts: Texts, states: Texts, focus: Iterable[str]) -> dict[str, Attributes]:
        changes = {name: {"label": escaped(text)} for name, text in self._labels(texts).items()}
        for box in self.picture.boxes:
            state = states.get(box.id, "")
            if box.group is not None and not state:
                changes[box.id] |= WAITING
            elif state == "wrong":
                changes[box.id] |= WRONG
        for edge in self.picture.edges:
            if states.get(edge.id) == "sent":
                changes[edge.id] |= SENT
        for name in focus:
            changes[name] |= ACTIVE
        return changes

    def _played(self, steps: Iterable[Step]) -> Iterator[tuple[Step, Texts, Texts]]:
        """Yield each step with the texts and states after it."""
        texts, states = dict(self.initial), Texts()
        for step in steps:
            texts |= step.texts
            states |= step.states
            yield step, texts, states

    def pictures(self, format: str, steps: Sequence[Step]) -> Iterator[bytes]:
        """Yield a picture for each step, with the step's text below."""
        for step, texts, states in self._played(steps):
            caption = textwrap.wrap(step.text, self.geometry.columns)
            dot = self.geometry.dot(self._changes(texts, states, step.focus), caption)
            yield self.geometry.rendered(dot, format)

    @cached_property
    def finished(self) -> bytes:
        """The graph after the last step, as SVG."""
        *_, (_, texts, states) = self._played(self.sorted)
        return self.page_geometry.rendered(self.page_geometry.dot(self._changes(texts, states, ())), "svg")

    @property
    def inline_svg(self) -> str:
        """The finished picture for the page, without attributes that the page's own style sheet sets or replaces."""
        svg = self.finished.decode()
        for long, same in _SHORTER.items():
            svg = svg.replace(long, same)
        return _PLACE.sub(_rounded, _STYLED.sub("", svg[svg.index("<svg") :]))


def gif(frames: Iterable[bytes], seconds: float) -> bytes:
    """Combine PNG frames into a repeating GIF whose last frame is shown three times as long."""
    try:
        from PIL import Image
    except ImportError:
        raise ModuleNotFoundError("a GIF needs Pillow: pip install pillow") from None
    images = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    first, *rest = (image.quantize(48) for image in images)
    made = io.BytesIO()
    durations = [int(1000 * seconds)] * len(rest) + [int(3000 * seconds)]
    first.save(made, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
    return made.getvalue()
