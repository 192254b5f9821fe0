"""Makes unique names for things whose labels are not unique."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def marks(labels: Sequence[tuple[str, ...]], taken: Iterable[str] = ()) -> list[str]:
    """Return, for each label, a suffix that makes it unique: empty for the first of equal labels, "#2" for the next.

    Args:
        labels: For each label, all the forms in which it is shown, starting with the label as typed.
        taken: Names that must not be used.

    >>> marks([("x",), ("w",), ("x",), ("x#2",)])
    ['', '', '#3', '']
    """
    used = set(taken)
    found = [""] * len(labels)
    again = []
    for i, forms in enumerate(labels):
        if used.isdisjoint(forms):
            used.update(forms)
        else:
            again.append(i)
    last: dict[str, int] = {}
    for i in again:
        forms = labels[i]
        space = " " if " " in forms[0] else ""
        count = last.get(forms[-1], 1) + 1
        while not used.isdisjoint(marked := [f"{form}{space}#{count}" for form in forms]):
            count += 1
        used.update(marked)
        last[forms[-1]] = count
        found[i] = f"{space}#{count}"
    return found
