"""The options of a drawing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "direction": ("LR", "TB"),
    "show": ("forward", "backward", "both", "structure"),
    "colour": ("kind", "gradient"),
    "operations": ("merged", "apart"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a picture; `autograd_core.draw.draw` explains each option."""

    direction: str = "LR"
    precision: int = 4
    show: str = "both"
    colour: str = "kind"
    operations: str = "merged"
    collapse: int | None = None
    batch: bool | None = None

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if (got := getattr(self, name)) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {got!r}")
        whole_number("precision", self.precision, 1, 17)
        if self.collapse is not None:
            whole_number("collapse", self.collapse, 1)
        if self.batch not in (None, True, False):
            raise ValueError(f"batch must be True, False or None; got {self.batch!r}")

    @property
    def forward(self) -> bool:
        """Whether values are shown."""
        return self.show in ("forward", "both")

    @property
    def backward(self) -> bool:
        """Whether gradients are shown."""
        return self.show in ("backward", "both")


NAMES = tuple(field.name for field in fields(Options))


def whole_number(name: str, got: Any, least: int, most: int | None = None) -> None:
    """Raise ValueError unless `got` is an integer from `least` to `most`, or of at least `least` if `most` is None."""
    if type(got) is not int or got < least or (most is not None and got > most):
        range_ = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be an integer {range_}; got {got!r}")
