"""Show progress on stderr, with a tqdm bar if tqdm is installed, otherwise with a line of text."""

import sys
from importlib import import_module
from typing import Any


def progress_of(total: int, wanted: bool | None) -> Any:
    """Return a tqdm bar, or an object with the same methods `update`, `set_postfix_str` and `close`.

    Args:
        total: The number of batches in all epochs.
        wanted: Whether to show progress on stderr; None means only if stderr is a terminal.
    """
    shown = bool(sys.stderr and sys.stderr.isatty()) if wanted is None else wanted
    try:
        bar = import_module("tqdm").tqdm if shown else _Line
    except ImportError:
        bar = _Line
    return bar(total=total, file=sys.stderr, unit="batch", disable=not shown)


class _Line:
    """A line with a percentage and the results of the last epoch, rewritten in place."""

    def __init__(self, total: int, file: Any, unit: str, disable: bool) -> None:
        self.total, self.file, self.unit, self.disable = total, file, unit, disable
        self.done, self.text, self.end = 0, "", ""

    def update(self) -> None:
        self.done += 1
        self._write()

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        # padded with spaces, to overwrite all of the old text
        self.text = text.ljust(len(self.text))

    def close(self) -> None:
        self._write("\n")

    def _write(self, end: str = "") -> None:
        if not self.disable:
            print(f"\r{self.done / self.total:4.0%}  {self.text}", end=end, file=self.file, flush=True)
