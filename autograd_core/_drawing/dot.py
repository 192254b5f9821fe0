"""Writes a picture as source in DOT, Graphviz's language.

In the source, nodes are named by integers, every element has an id and a class, and text is escaped. A frame, which
Graphviz calls a cluster, is the outline drawn around the boxes of a scope (a named group of nodes, such as a neuron).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._engine.places import Place
from .boxes import Box, Edge
from .order import hues, in_order, layered, ties
from .palette import KINDS, ROOT, SOURCES, STALE, gradient_class, gradient_colour, legend
from .picture import Picture, formula, gradient_norm, parameters_of, summary
from .texts import UNSET, factor, number, quoted, title

DENSE = 3
WIDE = "1.8"
LONGER = {"LR": 2, "TB": 3}
FONT = "Helvetica,Arial,sans-serif"


def body(picture: Picture, text: Mapping[str, str] | None = None, last_first: bool = False) -> Iterator[str]:
    """Yield the lines of the DOT file between `digraph {` and `}`.

    Args:
        picture: The picture.
        text: Labels that replace the picture's own, keyed by the id of a node or edge. The stepper, which shows the
            graph step by step, passes placeholders here. With these labels, tooltips are omitted, since the stepper's
            page explains each step, and edge labels are as large as the text in boxes, because the smallest text limits
            how much of the graph a small screen can show.
        last_first: Whether to list the frames in reverse order, which turns Graphviz's layout upside down.
    """
    yield from _head(picture, still=text is None)
    yield from _nodes(picture, text, last_first)
    hue = hues(picture)
    for edge in picture.edges:
        yield _edge(edge, picture, text, hue.get(edge.source))
    if picture.options.operations == "apart":
        for box in picture.boxes:
            if box.kind == "computed":
                yield f'\t{box.number - 1} -> {box.number} [id="r{box.number}" class="edge result"]\n'
    if picture.options.colour == "gradient" and picture.options.show != "structure":
        yield from _legend(picture)


def _dense(picture: Picture) -> bool:
    """Return whether there are so many edges that the eye can follow them only as straight lines without labels."""
    return len(picture.edges) > DENSE * len(picture.boxes)


def _head(picture: Picture, still: bool) -> Iterator[str]:
    options = picture.options
    yield f'\tgraph [rankdir={options.direction} fontname="{FONT}" fontsize=11 nodesep=0.18'
    dense = _dense(picture)
    yield " ranksep=2 splines=line" if dense else " ranksep=0.4"  # straight lines need room between the ranks
    if dense or layered(picture):
        yield " mclimit=0.01 remincross=false"  # a search for fewer crossings would only shuffle the boxes
    unlabelled = "; too many edges for labels: point at an edge to see its numbers" if dense and still else ""
    if note := picture.note + unlabelled:
        yield f' label="{note}" labeljust=l'
    yield "]\n"
    yield f'\tnode [shape=box style=filled fillcolor="#ffffff" color="#444444" fontname="{FONT}" fontsize=11'
    yield ' margin="0.1,0.05" height=0.3 width=0.4]\n'
    back = " dir=back" if options.show == "backward" else ""
    sides = " tailport=e headport=w" if options.direction == "LR" else " tailport=s headport=n"
    yield f'\tedge [color="#666666" fontname="{FONT}" fontsize={9 if still else 11} arrowsize=0.6'
    yield f'{back}{sides if dense else ""}]\n'


def _nodes(picture: Picture, text: Mapping[str, str] | None, last_first: bool) -> Iterator[str]:
    """Yield the lines for the nodes, each in the cluster of its scope; a cluster comes where its first node would."""
    inside: dict[Place | None, list[Box | Place]] = {None: []}
    dense = _dense(picture)
    order = in_order(picture.boxes) if dense else picture.boxes
    for box in order:
        outer: Place | None = None
        for place in box.path:
            if place not in inside:
                inside[place] = []
                inside[outer].append(place)
            outer = place
        inside[outer].append(box)
    if last_first:
        for items in inside.values():
            frames = [item for item in items if not isinstance(item, Box)]
            items[:] = [item if isinstance(item, Box) else frames.pop() for item in items]
    tied = ties(picture) if dense else {}
    stack = [iter(inside[None])]
    clusters = 0
    while stack:
        item = next(stack[-1], None)
        indent = "\t" * len(stack)
        if item is None:
            stack.pop()
            if stack:
                yield "\t" * len(stack) + "}\n"
        elif isinstance(item, Box):
            for line in _node(item, picture, text):
                yield indent + line
            if item.number in tied:
                yield indent + tied[item.number]
        else:
            yield f"{indent}subgraph cluster_{clusters} {{\n{indent}\tgraph [label={quoted(title(str(item.name)))}"
            yield f' id="c{clusters}" class="scope" style=rounded color="#aaaaaa" fontcolor="#555555" labeljust=l]\n'
            clusters += 1
            stack.append(iter(inside[item]))


def _node(box: Box, picture: Picture, text: Mapping[str, str] | None) -> list[str]:
    options = picture.options
    classes = ["node", box.kind]
    attributes = dict(KINDS[box.kind])
    if box.root:
        classes.append("root")
        attributes |= ROOT if box.kind == "computed" else {"peripheries": "2"}
    if options.colour == "gradient" and options.show != "structure" and box.kind != "constant":
        classes.append(_gradient_class(box, picture))
        attributes["fillcolor"] = gradient_colour(classes[-1])
    if box.stale:
        classes.append("stale")
        attributes |= STALE
    if box.kind == "constant" and _dense(picture):
        attributes["width"] = WIDE  # a straight line from a narrow box would cross its wider neighbours
    label = "\n".join(lines(box, picture)) if text is None else text.get(box.id, box.title)
    tip = f" tooltip={quoted(tooltip(box))}" if text is None else ""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    node = (
        f'{box.number} [label={quoted(label)} id="{box.id}" class="{" ".join(classes)}"'
        f"{written}{tip}]\n"
    )
    if options.operations == "apart" and box.kind == "computed" and box.node is not None:
        op = box.node.op
        written = "".join(f' {name}="{value}"' for name, value in KINDS["operation"].items())
        sign = f'{box.number - 1} [label={quoted(op.symbol or op.name)} id="o{box.number}" class="node operation"'
        return [f"{sign}{written} tooltip={quoted(op.doc)}]\n", node]
    return [node]


def lines(box: Box, picture: Picture) -> list[str]:
    """Return the lines of text in a box."""
    options = picture.options
    if box.group is None:
        return [box.name]
    more = [f"× {box.more} more"] if box.more else []
    stale = ["assigned after use"] if box.stale else []
    if box.group.scope is not None:
        what = "parameters" if parameters_of(box.group) else "results"
        value = box.output
        shown = [f"data {number(value.data, options.precision)}"] if options.forward and value is not None else []
        shown += [f"‖grad‖ of {what} {_number(_gradient(box), picture)}"] if options.backward else []
        return [box.title, *summary(box.group), *shown, *more, *stale]
    node = box.group.nodes[0]
    head = box.title
    if not node.is_leaf and options.operations == "merged":
        head = f"{head} = {formula(picture, box)}"
    shown = [f"data {number(node.data, options.precision)}"] if options.forward else []
    if options.backward:
        shown.append(f"grad {_number(_gradient(box), picture)}")
    return [head, *shown, *more, *stale]


def _number(x: float | None, picture: Picture) -> str:
    return UNSET if x is None else number(x, picture.options.precision)


def _gradient(box: Box) -> float | None:
    if box.group is not None and box.group.scope is not None:
        return gradient_norm(box.group)
    node = box.node
    return node.grad if node is not None and node.has_grad else None


def _gradient_class(box: Box, picture: Picture) -> str:
    if box.node is None:
        return gradient_class(_gradient(box), picture.top_norm, signed=False)
    return gradient_class(_gradient(box), picture.top)


def tooltip(box: Box) -> str:
    """Return the tooltip of a box: everything about the box, with all digits of its numbers."""
    if box.group is None:
        return f"constant {box.constant!r}: no gradient"
    where = f" · in {' / '.join(str(place.name) for place in box.path)}" if box.path else ""
    if (node := box.node) is None:
        return f"scope {box.name}: {len(box.group.nodes)} nodes{where}"
    what = node.op.name
    grad = repr(node.grad) if node.has_grad else "not set by any sweep yet"
    since = " · assigned after a result was computed from it: the graph still holds the old number" if box.stale else ""
    return f"{box.name}: {what} · data {node.data!r} · grad {grad}{where}{since}"


def _edge(edge: Edge, picture: Picture, text: Mapping[str, str] | None, hue: int | None) -> str:
    classes = ["edge"]
    attributes = ""
    if hue is not None:
        classes.append(f"s{hue}")
        attributes += "" if edge.stale else f' color="{SOURCES[hue]}"'
    dense = _dense(picture)
    if edge.source.kind == "constant":
        classes.append("constant")
        attributes += " style=dashed"
    if "folded" in (edge.source.kind, edge.target.kind):
        classes.append("folded")
        attributes += " penwidth=1.6" if edge.more else ""
    if edge.stale:
        classes.append("stale")
        attributes += f' color="{STALE["color"]}"'
    label = text.get(edge.id, "") if text is not None else "" if dense else edge_label(edge, picture)
    if label:
        if not dense and _from_frame_to_frame(edge):
            attributes += f" minlen={LONGER[picture.options.direction]}"
        if picture.options.direction == "TB":  # the spaces put the label beside the line, not on it
            label = "\n".join(f" {line} " for line in label.split("\n"))
        attributes += f" label={quoted(label)}"
    if text is None:
        tip = quoted(edge_tooltip(edge))
        attributes += f" tooltip={tip} labeltooltip={tip}" if label else f" tooltip={tip}"
    apart = picture.options.operations == "apart" and edge.target.kind == "computed"
    target = edge.target.number - apart
    return f'\t{edge.source.number} -> {target} [id="{edge.id}" class="{" ".join(classes)}"{attributes}]\n'


def _from_frame_to_frame(edge: Edge) -> bool:
    """Return whether an edge leads from one scope to another, and so is made longer to leave room for its label."""
    source, target = edge.source.path, edge.target.path
    return any(place not in target for place in source) and any(place not in source for place in target)


def edge_label(edge: Edge, picture: Picture) -> str:
    """Return the label of an edge: the local derivative and, after a sweep, the edge's contribution."""
    options = picture.options
    if options.show == "structure":
        return ""
    more = f"× {edge.more} more" if edge.more else ""
    if edge.local is None:
        return f"× {edge.more + 1}" if more else ""
    label = number(edge.local, options.precision)
    if options.backward and edge.contribution is not None:
        label = f"{label} × {factor(_number(edge.upstream, picture))} = {_number(edge.contribution, picture)}"
    return f"{label}\n{more}" if more else label


def edge_tooltip(edge: Edge) -> str:
    """Return the tooltip of an edge."""
    between = f"∂{edge.target.name}/∂{edge.source.name}"
    if edge.source.kind == "constant":
        return f"{edge.source.name} is a constant: no gradient"
    if edge.local is None:
        folded = "folded" in (edge.source.kind, edge.target.kind)
        return f"{between}: {f'{edge.more + 1} edges' if folded else 'computed again in each sweep'}"
    if edge.upstream is None:
        return f"{between} = {edge.local!r}"
    return f"{between} × upstream = {edge.local!r} × {factor(repr(edge.upstream))} = {edge.contribution!r}"


def _legend(picture: Picture) -> Iterator[str]:
    """Yield the lines of the legend, which explains the colours in use.

    All entries are in one rank (a column, if the picture is drawn from left to right), so the legend is no wider than a
    box.
    """
    shown = {_gradient_class(box, picture) for box in picture.boxes if box.kind != "constant"}
    yield '\tsubgraph cluster_legend {\n\t\tgraph [label="gradient" id="legend" class="legend" color="#cccccc"]\n'
    yield '\t\tnode [height=0.2 fontsize=9 margin="0.06,0.02"]\n'
    for name, meaning in legend(shown, picture.top, picture.top_norm):
        yield f'\t\t"{name}" [label={quoted(meaning)} class="legend {name}" fillcolor="{gradient_colour(name)}"]\n'
    yield "\t}\n"
