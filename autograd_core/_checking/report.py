"""The result of a gradient check: a table with one row for each coordinate, that is, for each derivative checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

AGREES, DISAGREES, NOT_JUDGED = "agrees", "disagrees", "not judged"
SHOWN = 20
HEADINGS = ("coordinate", "at", "analytic", "numeric", "difference", "tolerance", "step", "verdict")


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One derivative, as computed by the engine and by finite differences, and how far apart the two may be.

    `verdict` is "agrees", "disagrees" or "not judged". In the last case, `reason` states why, and `numeric` is NaN or
    too uncertain to use. `group` is the part of the arguments from which the coordinate was sampled.
    """

    name: str
    group: str
    at: float
    analytic: float
    numeric: float
    tolerance: float
    step: float
    verdict: str
    reason: str = ""

    @property
    def difference(self) -> float:
        """|analytic − numeric|."""
        return abs(self.analytic - self.numeric)

    @property
    def relative(self) -> float:
        """The difference, divided by the larger of the two derivatives' magnitudes."""
        largest = max(abs(self.analytic), abs(self.numeric))
        return self.difference / largest if largest else 0.0

    def cells(self) -> tuple[str, ...]:
        """Return the cells of this coordinate's row in the table."""
        numbers = (self.at, self.analytic, self.numeric, self.difference, self.tolerance, self.step)
        digits = (6, 10, 10, 2, 2, 2)
        verdict = f"{self.verdict}: {self.reason}" if self.reason else self.verdict
        return (self.name, *(f"{x:.{n}g}" for x, n in zip(numbers, digits, strict=True)), verdict)


@dataclass(frozen=True, repr=False)
class Report(Sequence[Coordinate]):
    """The coordinates of one check: a sequence that prints as a table, with the worst coordinates first.

    >>> from autograd_core.check import check_gradient
    >>> report = check_gradient(lambda x: x * x, 3.0)
    >>> report.ok, report.worst.analytic
    (True, 6.0)
    """

    title: str
    coordinates: tuple[Coordinate, ...]

    @property
    def ok(self) -> bool:
        """Whether at least one coordinate was judged and none disagrees."""
        return bool(self.agreeing) and not self.disagreeing

    @property
    def agreeing(self) -> list[Coordinate]:
        """The coordinates for which the two derivatives agree."""
        return [c for c in self.coordinates if c.verdict == AGREES]

    @property
    def disagreeing(self) -> list[Coordinate]:
        """The coordinates for which the two derivatives differ by more than the tolerance."""
        return [c for c in self.coordinates if c.verdict == DISAGREES]

    @property
    def not_judged(self) -> list[Coordinate]:
        """The coordinates that were not judged: at kinks, at the edge of the domain, or where rounding dominates."""
        return [c for c in self.coordinates if c.verdict == NOT_JUDGED]

    @property
    def worst(self) -> Coordinate:
        """The first coordinate of `ranked()`: the worst that disagrees or, if none disagrees, the worst that agrees."""
        return self.ranked()[0]

    def ranked(self) -> list[Coordinate]:
        """Return all coordinates: those that disagree, then those that agree, then those not judged.

        Within the first two groups, the worst come first.
        """
        def furthest_off(coordinates: list[Coordinate]) -> list[Coordinate]:
            return sorted(coordinates, key=lambda c: c.relative, reverse=True)

        return furthest_off(self.disagreeing) + furthest_off(self.agreeing) + self.not_judged

    def __len__(self) -> int:
        return len(self.coordinates)

    def __iter__(self) -> Iterator[Coordinate]:
        return iter(self.coordinates)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # an int or a slice, as in any sequence
        return self.coordinates[index]

    def summary(self) -> str:
        """Return one line with the numbers of coordinates that agree, disagree and were not judged."""
        return (
            f"{self.title}: {len(self)} coordinates, {len(self.agreeing)} agree, {len(self.disagreeing)} disagree, "
            f"{len(self.not_judged)} not judged"
        )

    def verdict(self) -> str:
        """Return one line about the worst coordinate."""
        worst = self.worst
        if worst.verdict == NOT_JUDGED:
            return f"nothing was judged; {worst.name}: {worst.reason}"
        return (
            f"worst: {worst.name}: analytic {worst.analytic:.10g}, numeric {worst.numeric:.10g}, "
            f"{worst.relative:.2g} apart (relative), {worst.verdict}"
        )

    def shown(self) -> list[Coordinate]:
        """Return the coordinates to show: all of them or, if there are too many, the worst and a few not judged."""
        ranked = self.ranked()
        if len(ranked) <= SHOWN:
            return ranked
        refused = self.not_judged[: SHOWN // 4]
        judged = [c for c in ranked if c.verdict != NOT_JUDGED]
        return judged[: SHOWN - len(refused)] + refused

    def __repr__(self) -> str:
        return f"<{self.summary()}; {self.verdict()}>"

    def __str__(self) -> str:
        shown = self.shown()
        rows = [HEADINGS, *(c.cells() for c in shown)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS) - 1)]
        lines = []
        for name, *numbers, verdict in rows:
            aligned = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
            lines.append("  ".join((name.ljust(widths[0]), *aligned, verdict)))
        if len(shown) < len(self):
            lines.append(f"… {len(self) - len(shown)} more")
        return "\n".join((self.summary(), *lines, self.verdict()))

    def _repr_html_(self) -> str:
        def row(tag: str, cells: tuple[str, ...]) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        shown = self.shown()
        more = f"<p>… {len(self) - len(shown)} more</p>" if len(shown) < len(self) else ""
        body = "".join(row("td", c.cells()) for c in shown)
        return (
            f"<p>{escape(self.summary())}</p><table><thead>{row('th', HEADINGS)}</thead><tbody>{body}</tbody></table>"
            f"{more}<p>{escape(self.verdict())}</p>"
        )
