"""One layout for the pictures of all steps, which differ in texts and colours, so that nothing moves between steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._drawing.layout import lay_out
from .._drawing.texts import escaped, string
from .._drawing.upright import disorder
from .wrapping import Attributes, wrapped

# Entries of Graphviz's JSON output that are not attributes, or that Graphviz would compute again.
_NOT_ATTRIBUTES = {"name", "directed", "strict", "_subgraph_cnt", "_gvid", "objects", "edges", "nodes", "subgraphs",
                   "tail", "head"}  # fmt: skip  # keeps the list compact
LINE = 17.0


class Geometry:
    """The positions of everything in a picture, from one layout of a DOT source.

    Args:
        source: DOT source, with placeholders as wide as the widest texts.
        time_limit: The number of seconds after which a layout is abandoned and a LayoutError is raised.
        caption: The length of the longest text below the picture, in characters; 0 if there is no such text.
    """

    def __init__(self, source: str, time_limit: float, caption: int = 0) -> None:
        laid = json.loads(lay_out(source, "json0", time_limit))
        objects: list[dict[str, Any]] = laid.get("objects", [])
        self.time_limit = time_limit
        self.graph = _attributes(laid)
        self.clusters = {o["name"]: _attributes(o) for o in objects if "bb" in o}
        self.members = {o["name"]: [objects[i]["name"] for i in o.get("nodes", ())] for o in objects if "bb" in o}
        self.nodes = {o["name"]: _attributes(o) for o in objects if "pos" in o}  # subgraphs have no position
        names = {o["_gvid"]: o["name"] for o in objects}
        self.edges = [(names[e["tail"]], names[e["head"]], _attributes(e)) for e in laid.get("edges", ())]
        left, bottom, right, top = (float(x) for x in self.graph.pop("bb").split(","))
        if not self.clusters and self.graph.get("rankdir") == "LR":
            left, bottom, right, top = wrapped(self.nodes, self.edges, (left, bottom, right, top))
        self.lines = -(-caption // max(int((right - left) / 7.3), 60)) if caption else 0
        self.left, self.right, self.top = left, max(right, left + 60 * 7.3 if caption else right), top
        self.bottom = bottom - LINE * (self.lines + 1 if caption else 0)

    @property
    def disorder(self) -> int:
        """How many more pairs of numbered frames (outlines of scopes) are in the wrong order than in the right one."""
        frames = ((frame.get("label", ""), frame["bb"]) for frame in self.clusters.values())
        return disorder(frames, self.graph.get("rankdir") == "TB")

    @property
    def columns(self) -> int:
        """How many characters fit on a line of the caption."""
        return int((self.right - self.left) / 7.3)

    def dot(self, change: Mapping[str, Attributes], caption: Iterable[str] = ()) -> str:
        """Return DOT source with all positions; `change` holds attributes to set, keyed by the id of a node or edge."""
        lines = [f"digraph {{\n\tgraph [{_written(self.graph)}]\n"]
        for name, attributes in self.clusters.items():
            inside = " ".join(string(member) for member in self.members[name])
            lines.append(f"\tsubgraph {string(name)} {{ graph [{_written(attributes)}] {inside} }}\n")
        for name, attributes in self.nodes.items():
            lines.append(f"\t{string(name)} [{_written(attributes | change.get(attributes.get('id', ''), {}))}]\n")
        for tail, head, attributes in self.edges:
            changed = attributes | change.get(attributes.get("id", ""), {})
            if not changed.get("label"):
                changed.pop("lp", None)
            lines.append(f"\t{string(tail)} -> {string(head)} [{_written(changed)}]\n")
        for i, (x, y) in enumerate(((self.left, self.bottom), (self.right, self.top))):  # fix the size of the picture
            lines.append(f'\t"corner {i}" [pos="{x},{y}" label="" width=0.01 height=0.01 style=invis]\n')
        if self.lines:
            y = self.bottom + LINE * (self.lines + 1) / 2
            text = string("".join(f"{escaped(line)}\\l" for line in caption))
            lines.append(
                f'\t"caption" [shape=box style=solid color="#ffffff" margin=0 fixedsize=true fontsize=12 '
                f'width={(self.right - self.left) / 72:.3f} height={LINE * self.lines / 72:.3f} '
                f'pos="{(self.left + self.right) / 2},{y}" label={text} id="caption" fontname="Helvetica"]\n'
            )
        return "".join((*lines, "}\n"))

    def rendered(self, dot: str, format: str) -> bytes:
        """Render a DOT source that already contains all positions."""
        return lay_out(dot, format, self.time_limit, placed=True)


def _attributes(thing: Mapping[str, Any]) -> Attributes:
    return {name: str(value) for name, value in thing.items() if name not in _NOT_ATTRIBUTES}


def _written(attributes: Attributes) -> str:
    return " ".join(f"{name}={string(value)}" for name, value in attributes.items())
