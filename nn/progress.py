"""How far training is: a tqdm bar where it is installed, else a line of text, and nothing unless someone watches."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Protocol


class Progress(Protocol):
    """What training tells of itself."""

    def batch(self) -> None:
        """One batch more is done."""

    def epoch(self, text: str) -> None:
        """An epoch is done, with these figures."""

    def close(self) -> None:
        """Training has ended."""


def progress_of(total: int, wanted: bool | None) -> Progress:
    """The progress to be shown for `total` batches: None for `wanted` shows it where stderr is a terminal."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        return _Silent()
    try:
        bar = import_module("tqdm").tqdm
    except ImportError:
        return _Text(total)
    return _Bar(bar(total=total, file=sys.stderr, unit="batch"))


class _Silent:
    def batch(self) -> None:
        pass

    def epoch(self, text: str) -> None:
        pass

    def close(self) -> None:
        pass


class _Text:
    def __init__(self, total: int) -> None:
        self.total, self.done, self.text = total, 0, ""

    def batch(self) -> None:
        self.done += 1
        print(f"\r{self.done / self.total:4.0%}  {self.text}", end="", file=sys.stderr, flush=True)

    def epoch(self, text: str) -> None:
        # as wide as what it replaces
        self.text = text.ljust(len(self.text))

    def close(self) -> None:
        print(f"\r{self.done / self.total:4.0%}  {self.text}", file=sys.stderr, flush=True)


class _Bar:
    def __init__(self, bar: Any) -> None:
        self.bar = bar

    def batch(self) -> None:
        self.bar.update()

    def epoch(self, text: str) -> None:
        self.bar.set_postfix_str(text, refresh=False)

    def close(self) -> None:
        self.bar.close()
