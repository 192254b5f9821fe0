"""Dataset: rows of inputs with their targets, checked, described and divided."""

from __future__ import annotations

import math
import numbers
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .checks import check_rows, check_targets, real
from .init import Seed, generator_from


@dataclass(frozen=True, repr=False)
class Dataset:
    """Rows of inputs with one target each, and where they come from.

    `inputs` holds n rows of equal length d, `targets` n whole numbers (classes) or n floats (values to fit).
    `feature_names` is empty or names the d columns; `class_names` maps a target to its name, so that
    `class_names[targets[i]]` works for targets 0, 1, 2 and for -1, 1 alike. `len` is n. The fields cannot be
    rebound; the lists are the caller's own and can be changed, for instance to normalise them.
    Raises ValueError where the lengths do not agree, or, naming row and column, for whatever is no finite number.

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
        """Divide the rows into a part to train on and a part held out, every class in the same proportion.

        `held_out` is a share strictly between 0 and 1: round(held_out * n) rows are held out, and of each class the
        exact share rounded down or up (where the targets are floats, all rows count as one class). `seed`, see
        `nn.init.generator_from`, fixes the choice and the order of both parts. Each row lands in exactly one part, as
        a copy. Raises ValueError for a share outside (0, 1), one that leaves a part empty, and a negative seed.

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
        # What rounding down left over goes to the classes that lost most by it.
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
        """The rows of some classes alone, in their order, as copies; ValueError for a class that has no row.

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
