"""Prepare data for training: `Dataset`, examples, batches, bootstrap samples, and one-hot targets."""

from __future__ import annotations

import math
import numbers
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ._checks import check_rows, check_targets, real, whole
from .init import Seed, generator_from


@dataclass(frozen=True, repr=False)
class Dataset:
    """Rows of inputs with one target for each row, and the source of the data.

    `len(dataset)` is the number of rows, n. The fields cannot be assigned to. Their lists are the ones that you passed,
    not copies, and their contents can be changed, for instance to normalise the inputs.

    Args:
        name: The name of the data in messages.
        inputs: n rows of equal length d.
        targets: n integers (classes) or n floats (values to fit).
        feature_names: Empty, or the names of the d columns.
        class_names: The names of the classes, keyed by target, so that targets of -1 and 1 can have names too.
        source: Where the data come from.
        licence: The licence of the data.

    Raises:
        ValueError: The lengths differ, or an entry is not a finite number; the message names the row and the column.

    >>> Dataset("line", [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    <Dataset line: 3 rows of 1 input, targets from 1.0 to 5.0>
    """

    name: str
    inputs: list[list[float]]
    targets: list[int] | list[float]
    feature_names: tuple[str, ...] = ()
    class_names: Mapping[int, str] = field(default_factory=dict)
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        check_targets(self.targets, len(self.inputs), self.name)
        if self.inputs:
            check_rows(self.inputs, name=self.name)
        if self.inputs and self.feature_names and len(self.feature_names) != self._width:
            raise ValueError(f"{self.name}: {len(self.feature_names)} feature names for {self._width} inputs")

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        width = f"{self._width} input{'' if self._width == 1 else 's'}"
        return f"<Dataset {self.name}: {len(self)} rows of {width}, {self._describe_targets()}>"

    def split(self, held_out: float = 0.2, seed: Seed = 0) -> tuple[Dataset, Dataset]:
        """Divide the rows into a training part and a held-out part, with about the same share of each class in both.

        Each row is copied into exactly one of the two parts.

        Args:
            held_out: The share of rows to hold out, strictly between 0 and 1. In all, round(held_out * n) rows are held
                out; the number from each class is that class's exact share, rounded down or up. (If the targets are
                floats, all rows count as one class.)
            seed: Determines which rows are held out and the order of both parts; see `nn.init.generator_from`.

        Raises:
            ValueError: The share is outside (0, 1) or leaves a part empty, or the seed is negative.

        >>> from nn.datasets import iris
        >>> train, test = iris().split(0.2)
        >>> test
        <Dataset iris, held out: 30 rows of 4 inputs, setosa: 10, versicolor: 10, virginica: 10>
        """
        total = round(real("held_out", held_out, above=0, below=1) * len(self))
        if not 0 < total < len(self):
            raise ValueError(f"held_out={held_out!r} of {len(self)} rows leaves one part empty")
        generator = generator_from(seed)
        strata: dict[float, list[int]] = {}
        by_class = self._has_classes()
        for index, target in enumerate(self.targets):
            strata.setdefault(target if by_class else 0, []).append(index)
        shares = {key: held_out * len(members) for key, members in sorted(strata.items())}
        counts = {key: math.floor(share) for key, share in shares.items()}
        # the rows still to be held out are taken from the classes whose shares were rounded down the most
        neediest = sorted(shares, key=lambda key: counts[key] - shares[key])
        for key in neediest[: total - sum(counts.values())]:
            counts[key] += 1
        train: list[int] = []
        test: list[int] = []
        for key, count in counts.items():
            generator.shuffle(strata[key])
            test += strata[key][:count]
            train += strata[key][count:]
        generator.shuffle(train)
        generator.shuffle(test)
        return self._take(train, "train"), self._take(test, "held out")

    def only(self, *classes: int) -> Dataset:
        """Return copies of the rows of these classes, in the original order; raise ValueError for a class without rows.

        >>> from nn.datasets import digits
        >>> digits().only(0, 7)
        <Dataset digits, 0 and 7: 357 rows of 64 inputs, 0: 178, 7: 179>
        """
        if missing := set(classes) - set(self.targets):
            raise ValueError(f"{self.name} has no row of class {min(missing)!r}")
        kept = [index for index, target in enumerate(self.targets) if target in classes]
        return self._take(kept, " and ".join(self.class_names.get(key, str(key)) for key in classes))

    def _take(self, indices: list[int], part: str) -> Dataset:
        inputs = [list(self.inputs[index]) for index in indices]
        return replace(self, name=f"{self.name}, {part}", inputs=inputs, targets=[self.targets[i] for i in indices])

    @property
    def _width(self) -> int:
        return len(self.inputs[0]) if self.inputs else 0

    def _has_classes(self) -> bool:
        return all(isinstance(target, numbers.Integral) for target in self.targets)

    def _describe_targets(self) -> str:
        if not self.targets:
            return "no targets"
        if not self._has_classes():
            return f"targets from {min(self.targets)} to {max(self.targets)}"
        counts = Counter(self.targets)
        if len(counts) > 4:
            return f"{len(counts)} classes of {min(counts.values())} to {max(counts.values())} rows"
        return ", ".join(f"{self.class_names.get(int(key), key)}: {count}" for key, count in sorted(counts.items()))


T = TypeVar("T")
Example = tuple[Any, Any]
Data = Dataset | tuple[Sequence[Any], Sequence[Any]] | list[Any]


def examples(data: Data, width: int | None = None, name: str = "the data") -> list[Example]:
    """Check the data, and return them as a list of examples, which are pairs of an input and its target.

    The data may be a `Dataset`, a pair of lists (the inputs and the targets), or already a list of examples. A list is
    treated as a list of examples if each item is a tuple of an input (a list) and a target; otherwise the list must be
    a pair of lists. For a recurrent network, an input may be a sequence of rows.

    Args:
        width: The required number of columns.
        name: The name of the data in messages.

    Raises:
        ValueError: The rows differ in length, an entry is not a finite number (the message names the row and the
            column), or there are no rows.

    >>> examples(([[0.0], [1.0]], [0, 1]))
    [([0.0], 0), ([1.0], 1)]
    """
    inputs: Sequence[Any]
    targets: Sequence[Any]
    if isinstance(data, Dataset):
        inputs, targets, name = data.inputs, data.targets, data.name
    elif isinstance(data, list) and all(map(_is_example, data)):
        inputs, targets = [x for x, _ in data], [t for _, t in data]
    elif isinstance(data, (tuple, list)) and len(data) == 2 and all(hasattr(part, "__len__") for part in data):
        inputs, targets = data
    else:
        raise ValueError(
            f"{name} must be a Dataset, a pair of lists (inputs, targets), or a list of examples (input, target)"
        )
    check_rows(inputs, width, name)
    check_targets(targets, len(inputs), name)
    return list(zip(inputs, targets, strict=True))


def _is_example(thing: Any) -> bool:
    return isinstance(thing, tuple) and len(thing) == 2 and hasattr(thing[0], "__len__")


def batches(data: Data, size: int | None, seed: Seed = None) -> Iterator[list[Example]]:
    """Return an iterator over batches of `size` examples in shuffled order; the last batch may be smaller.

    (Lecture 003, practical tricks; 004, 2.2.)

    Args:
        data: As for `examples`.
        size: The number of examples in a batch; None for one batch of all examples.
        seed: See `nn.init.generator_from`; to shuffle each epoch differently, pass the same `random.Random` each time.

    >>> from nn.datasets import xor
    >>> [len(batch) for batch in batches(xor(10), 4, seed=0)]
    [4, 4, 2]
    """
    rows = examples(data)
    step = len(rows) if size is None else whole("size", size, 1)
    generator_from(seed).shuffle(rows)
    return in_order(rows, step)


def in_order(rows: list[T], size: int) -> Iterator[list[T]]:
    """Return an iterator over batches of `size` rows in the given order; the last batch may be smaller.

    >>> list(in_order([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    return (rows[start : start + size] for start in range(0, len(rows), size))


def bootstrap(data: Data, seed: Seed = None) -> tuple[list[Any], list[Any]]:
    """Draw n of the n rows with replacement, and return the inputs and the targets as a pair of lists.

    Bagging trains each model on a sample of this kind. (Lecture 004, section 3.3; Breiman, 1996.)

    >>> bootstrap(([[0.0], [1.0], [2.0]], [0, 1, 2]), seed=1)[1]
    [0, 2, 2]
    """
    rows = examples(data)
    drawn = generator_from(seed).choices(rows, k=len(rows))
    return [x for x, _ in drawn], [t for _, t in drawn]


def one_hot(targets: Sequence[int], classes: int) -> list[list[float]]:
    """Return, for each target, a row with 1 in the column of its class and 0 elsewhere. (Lecture 004, section 2.)

    Args:
        targets: Classes from 0 to `classes` - 1.
        classes: The number of columns.

    Raises:
        ValueError: A target is not one of these classes; the message names the row.

    >>> one_hot([2, 0], 3)
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    columns = range(whole("classes", classes, 1))
    for index, target in enumerate(targets):
        if target not in columns:
            raise ValueError(f"the target of row {index} must be a class from 0 to {classes - 1}; got {target!r}")
    return [[float(column == target) for column in columns] for target in targets]
