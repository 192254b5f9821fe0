"""Data to train on: two made by a rule, two measured ones carried in the package, all as plain lists of numbers.

`moons` and `xor` are computed from their geometry. `iris` and `digits` are read from `nn/data`, whose README gives
their sources, their licences and the format of the files. Nothing here needs more than the standard library.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import numbers
import operator
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

__all__ = ["Dataset", "digits", "digits_features", "iris", "moons", "xor"]

_SHA256 = {
    "iris.csv.gz": "af14aea06a3d7d803cd7aed8bdc524acd5f04aa03288e66cf3b1e929b36fafd3",
    "digits.bin.gz": "6b3813480b45407631ebcd3c2fbc69f43e6a7e3a3883dbf9f797004c0f0be0fc",
}
_SIDE, _PIXELS, _DARKEST = 8, 64, 16


@dataclass(frozen=True, repr=False)
class Dataset:
    """Rows of inputs with one target each, and where they come from.

    `inputs` holds n rows of equal length d, `targets` n whole numbers (classes) or n floats (values to fit).
    `feature_names` is empty or names the d columns; `class_names` maps a target to its name, so that
    `class_names[targets[i]]` works for targets 0, 1, 2 and for -1, 1 alike. `len` is n. The fields cannot be
    rebound; the lists are the caller's own and can be changed, for instance to normalise them.
    Raises ValueError where the lengths do not agree.

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
        if len(self.inputs) != len(self.targets):
            raise ValueError(f"{self.name}: {len(self.inputs)} rows of inputs but {len(self.targets)} targets")
        for index, row in enumerate(self.inputs):
            if len(row) != self._width:
                raise ValueError(f"{self.name}: row {index} has {len(row)} inputs, row 0 has {self._width}")
        if self.inputs and self.feature_names and len(self.feature_names) != self._width:
            raise ValueError(f"{self.name}: {len(self.feature_names)} feature names for {self._width} inputs")

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {self._shape()}, {self._describe_targets()}>"

    def _repr_html_(self) -> str:
        facts = {
            "size": self._shape(),
            "targets": self._describe_targets(),
            "features": ", ".join(self.feature_names[:4]) + (", …" if len(self.feature_names) > 4 else ""),
            "source": self.source,
            "licence": self.licence,
        }
        rows = "".join(f"<tr><th>{key}</th><td>{escape(fact)}</td></tr>" for key, fact in facts.items() if fact)
        return f"<table><caption>{escape(self.name)}</caption>{rows}</table>"

    def split(self, held_out: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Divide the rows into a part to train on and a part held out, every class in the same proportion.

        `held_out` is a share strictly between 0 and 1: round(held_out * n) rows are held out, and of each class the
        exact share rounded down or up (where the targets are floats, all rows count as one class). `seed` fixes the
        choice and the order of both parts. Each row lands in exactly one part, as a copy.
        Raises ValueError for a share outside (0, 1), one that leaves a part empty, and a negative seed.

        >>> train, test = iris().split(0.2)
        >>> test
        <Dataset iris, held out: 30 rows of 4 inputs, setosa: 10, versicolor: 10, virginica: 10>
        """
        if not (_is_finite(held_out) and 0 < held_out < 1):
            raise ValueError(f"held_out must be a number strictly between 0 and 1, got {held_out!r}")
        total = round(held_out * len(self))
        if not 0 < total < len(self):
            raise ValueError(f"held_out={held_out!r} of {len(self)} rows leaves one part empty")
        generator = random.Random(_whole("seed", seed, 0))
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
            members = strata[key]
            generator.shuffle(members)
            test += members[:count]
            train += members[count:]
        generator.shuffle(train)
        generator.shuffle(test)
        return self._take(train, "train"), self._take(test, "held out")

    def _take(self, indices: list[int], part: str) -> Dataset:
        inputs = [list(self.inputs[index]) for index in indices]
        return replace(self, name=f"{self.name}, {part}", inputs=inputs, targets=[self.targets[i] for i in indices])

    @property
    def _width(self) -> int:
        return len(self.inputs[0]) if self.inputs else 0

    def _shape(self) -> str:
        return f"{len(self)} rows of {self._width} input{'' if self._width == 1 else 's'}"

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


def moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two half circles of radius 1 that reach into each other, one class each.

    Class -1 ("upper") is the upper half of the circle about (0, 0) and has n // 2 points; class 1 ("lower") is the
    lower half of the circle about (1, 1/2) and has the rest. The points are evenly spaced in angle, both ends
    included; Gaussian noise of standard deviation `noise` is added to both coordinates, and the rows are shuffled.
    Raises ValueError for n < 1, for noise that is negative or not finite, and for a negative seed.
    The shape is the one known from scikit-learn's `make_moons`, the targets ±1 are those of micrograd's demo.

    >>> moons()
    <Dataset moons: 100 rows of 2 inputs, upper: 50, lower: 50>
    """
    n, noise, generator = _whole("n", n, 1), _noise(noise), random.Random(_whole("seed", seed, 0))
    points: list[tuple[list[float], int]] = []
    # (class, number of points, centre, +1 for an upper half circle or -1 for a lower one)
    for target, count, (x, y), up in ((-1, n // 2, (0.0, 0.0), 1.0), (1, n - n // 2, (1.0, 0.5), -1.0)):
        for k in range(count):
            angle = math.pi * k / max(count - 1, 1)
            place = (x + up * math.cos(angle), y + up * math.sin(angle))
            points.append(([coordinate + generator.gauss(0.0, noise) for coordinate in place], target))
    generator.shuffle(points)
    inputs, targets = [point for point, _ in points], [target for _, target in points]
    return Dataset("moons", inputs, targets, ("x", "y"), {-1: "upper", 1: "lower"}, "computed: two half circles")


def xor(n: int = 4, noise: float = 0.0, seed: int = 0) -> Dataset:
    """The truth table of exclusive or, repeated for as many rows as asked.

    Row i is row i % 4 of the table (0,0) (0,1) (1,0) (1,1), with Gaussian noise of standard deviation `noise` added
    to both inputs; its target is 1 where exactly one input of the table is 1, else 0. The rows are not shuffled.
    Raises ValueError for n < 1, for noise that is negative or not finite, and for a negative seed.

    >>> xor().inputs, xor().targets
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    n, noise, generator = _whole("n", n, 1), _noise(noise), random.Random(_whole("seed", seed, 0))
    bits = [(i // 2 % 2, i % 2) for i in range(n)]
    inputs = [[bit + generator.gauss(0.0, noise) for bit in pair] for pair in bits]
    targets = [a ^ b for a, b in bits]
    return Dataset("xor", inputs, targets, ("a", "b"), {0: "equal", 1: "different"}, "computed: the table of a xor b")


def iris() -> Dataset:
    """The measurements of 150 iris flowers, 50 of each of three species.

    Each row has four lengths in centimetres; the targets are 0 (setosa), 1 (versicolor) and 2 (virginica), and the
    rows are sorted by them. Every call returns new lists. Raises OSError where the data file is missing or damaged.
    Source: R. A. Fisher (1936), UCI Machine Learning Repository, CC BY 4.0, with the values of Fisher's paper in the
    two rows where UCI's file departs from it (see nn/data/README.md).

    >>> iris()
    <Dataset iris: 150 rows of 4 inputs, setosa: 50, versicolor: 50, virginica: 50>
    """
    heading, *rows = [line.split(",") for line in _read("iris.csv.gz").decode("ascii").splitlines()]
    species = sorted({row[-1] for row in rows})
    inputs = [[float(cell) for cell in row[:-1]] for row in rows]
    targets = [species.index(row[-1]) for row in rows]
    source = "R. A. Fisher (1936). Iris. UCI Machine Learning Repository. https://doi.org/10.24432/C56C76"
    return Dataset("iris", inputs, targets, tuple(heading[:-1]), dict(enumerate(species)), source, "CC BY 4.0")


def digits(scale: bool = True) -> Dataset:
    """1,797 handwritten digits, scanned, as images of 8×8 pixels.

    Each row has the 64 pixels of one image, row by row from the top left; the targets are the digits 0 to 9. A pixel
    counts the inked points, 0 to 16, of a 4×4 block of the scan; with `scale` it is divided by 16 and lies in 0..1.
    Every call returns new lists. Raises OSError where the data file is missing or damaged, ValueError for a `scale`
    that is neither True nor False. Source: E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0; this is
    their test set, from 13 writers, as scikit-learn distributes it.

    >>> digits()
    <Dataset digits: 1797 rows of 64 inputs, 10 classes of 174 to 183 rows>
    """
    if scale not in (True, False):
        raise ValueError(f"scale must be True or False, got {scale!r}")
    packed = _read("digits.bin.gz")
    level = [count / _DARKEST if scale else float(count) for count in range(_DARKEST + 1)]
    starts = range(0, len(packed), _PIXELS + 1)
    inputs = [[level[pixel] for pixel in packed[start : start + _PIXELS]] for start in starts]
    targets = list(packed[_PIXELS :: _PIXELS + 1])
    features = tuple(f"row {k // _SIDE} column {k % _SIDE}" for k in range(_PIXELS))
    source = "E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning "
    source += "Repository. https://doi.org/10.24432/C50P49"
    return Dataset("digits", inputs, targets, features, {d: str(d) for d in range(10)}, source, "CC BY 4.0")


def digits_features(images: Sequence[Sequence[float]] | Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """The average intensity and the symmetry of each 8×8 image, as `[intensity, symmetry]`.

    An image is 64 numbers, row by row, or 8 rows of 8. The intensity is the mean of its pixels. The symmetry is minus
    the mean absolute difference between the image and its left-right mirror image, minus the same for up-down: 0 for
    an image that equals both, negative otherwise; in the unit of the pixels. Sums are rounded once (`math.fsum`).
    Raises ValueError, naming image, row and column, for another shape or a pixel that is not a finite number.
    Source: M. Magdon-Ismail, Learning From Data, lecture 21, the digits data.

    >>> digits_features([[1.0] * 64, [0.0, 1.0] * 32])
    [[1.0, 0.0], [0.5, -1.0]]
    """
    features = []
    for index, image in enumerate(images):
        rows = _rows(index, image)
        pixels = [pixel for row in rows for pixel in row]
        across = [pixel for row in rows for pixel in reversed(row)]
        upside_down = [pixel for row in reversed(rows) for pixel in row]
        differences = [abs(a - b) for mirror in (across, upside_down) for a, b in zip(pixels, mirror, strict=True)]
        features.append([math.fsum(pixels) / _PIXELS, 0.0 - math.fsum(differences) / _PIXELS])
    return features


def _rows(index: int, image: Any) -> list[list[float]]:
    if _length(f"image {index}", image, "64 numbers or 8 rows of 8", (_PIXELS, _SIDE)) == _PIXELS:
        image = [image[start : start + _SIDE] for start in range(0, _PIXELS, _SIDE)]
    for r, row in enumerate(image):
        _length(f"image {index}, row {r}", row, "8 columns", (_SIDE,))
        for c, pixel in enumerate(row):
            if not _is_finite(pixel):
                raise ValueError(f"image {index}, row {r}, column {c} must be a finite number, got {pixel!r}")
    return [[float(pixel) for pixel in row] for row in image]


def _length(what: str, thing: Any, wanted: str, allowed: tuple[int, ...]) -> int:
    length = len(thing) if hasattr(thing, "__len__") else -1
    if length not in allowed:
        raise ValueError(f"{what} must have {wanted}, got {repr(thing) if length < 0 else length}")
    return length


@cache
def _read(name: str) -> bytes:
    packed = (files("nn") / "data" / name).read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != _SHA256[name]:
        raise OSError(f"nn/data/{name} is damaged: its SHA-256 is {found}, not {_SHA256[name]}; install nn again")
    return gzip.decompress(packed)


def _whole(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return number


def _noise(value: Any) -> float:
    if not (_is_finite(value) and value >= 0):
        raise ValueError(f"noise must be a finite number of at least 0, got {value!r}")
    return float(value)


def _is_finite(value: Any) -> bool:
    return isinstance(value, numbers.Real) and math.isfinite(value)
