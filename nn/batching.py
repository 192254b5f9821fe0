"""What is done to data on the way into training: examples, batches, bootstrap samples, one-hot targets."""

from collections.abc import Iterator, Sequence
from typing import Any

from .checks import check_rows, check_targets, whole
from .dataset import Dataset
from .init import Seed, generator_from

Example = tuple[Any, Any]
Data = Dataset | tuple[Sequence[Any], Sequence[Any]] | list[Any]


def examples(data: Data, width: int | None = None, name: str = "the data") -> list[Example]:
    """The pairs of input and target in a `Dataset`, in a pair of lists, or in a list of such examples, checked.

    A list is one of examples where each is a tuple of an input, which is a list, and a target; else it must be a pair.
    Args: `width`, how many columns there must be; `name`, for messages. Inputs may also be sequences of rows.
    Raises ValueError, naming row and column, for bad data: ragged rows, what is no finite number, no rows at all.

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
            f"{name} must be a Dataset, a pair of lists, inputs and targets, or a list of examples (input, target)"
        )
    check_rows(inputs, width, name)
    check_targets(targets, len(inputs), name)
    return list(zip(inputs, targets, strict=True))


def _is_example(thing: Any) -> bool:
    return isinstance(thing, tuple) and len(thing) == 2 and hasattr(thing[0], "__len__")


def batches(data: Data, size: int | None, seed: Seed = None) -> Iterator[list[Example]]:
    """The examples in shuffled order, `size` at a time; the last batch has what is left.

    Args: `data`, as for `examples`; `size`, None for all at once; `seed`, see `nn.init.generator_from`;
    pass one `random.Random` for every epoch, and each is shuffled anew. (Lecture 003, practical tricks; 004, 2.2.)

    >>> from nn.datasets import xor
    >>> [len(batch) for batch in batches(xor(10), 4, seed=0)]
    [4, 4, 2]
    """
    rows = examples(data)
    step = len(rows) if size is None else whole("size", size, 1)
    generator_from(seed).shuffle(rows)
    return in_order(rows, step)


def in_order(rows: list[Example], size: int) -> Iterator[list[Example]]:
    """The rows as they stand, `size` at a time; the last batch has what is left.

    >>> list(in_order([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    return (rows[start : start + size] for start in range(0, len(rows), size))


def bootstrap(data: Data, seed: Seed = None) -> tuple[list[Any], list[Any]]:
    """As many rows as there are, drawn with replacement, as a pair of lists: what bagging trains each model on.

    (Lecture 004, section 3.3; Breiman, 1996.)

    >>> bootstrap(([[0.0], [1.0], [2.0]], [0, 1, 2]), seed=1)[1]
    [0, 2, 2]
    """
    rows = examples(data)
    drawn = generator_from(seed).choices(rows, k=len(rows))
    return [x for x, _ in drawn], [t for _, t in drawn]


def one_hot(targets: Sequence[int], classes: int) -> list[list[float]]:
    """For each class from 0 to `classes` - 1 a row with 1 in its column and 0 elsewhere.

    Raises ValueError, naming the row, for a target that is no such class. (Lecture 004, section 2.)

    >>> one_hot([2, 0], 3)
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    columns = range(whole("classes", classes, 1))
    for index, target in enumerate(targets):
        if target not in columns:
            raise ValueError(f"the target of row {index} must be a class from 0 to {classes - 1}, got {target!r}")
    return [[float(column == target) for column in columns] for target in targets]
