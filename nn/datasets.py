"""Data to train on, all as plain lists of numbers.

`moons`, `circles`, `spirals`, `xor` and `curve` are computed from their geometry. `iris` and `digits` are measured:
they are read from `nn/data`, whose README gives their sources, their licences and the format of the files. `batches`,
`bootstrap` and `one_hot` prepare data for training. Nothing here needs more than the standard library.
"""

import gzip
import hashlib
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from .batching import batches, bootstrap, examples, one_hot
from .checks import check_row, check_rows
from .dataset import Dataset
from .made import circles, curve, moons, spirals, xor

__all__ = [
    "Dataset", "batches", "bootstrap", "check_rows", "circles", "curve", "digits", "digits_features", "examples",
    "iris", "moons", "one_hot", "spirals", "xor",
]

_SHA256 = {
    "iris.csv.gz": "af14aea06a3d7d803cd7aed8bdc524acd5f04aa03288e66cf3b1e929b36fafd3",
    "digits.bin.gz": "6b3813480b45407631ebcd3c2fbc69f43e6a7e3a3883dbf9f797004c0f0be0fc",
}
_SIDE, _PIXELS, _DARKEST = 8, 64, 16


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
    that is neither True nor False. Source: E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository,
    CC BY 4.0; this is their test set, from 13 writers, as scikit-learn distributes it.

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
    source = (
        "E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. "
        "UCI Machine Learning Repository. https://doi.org/10.24432/C50P49"
    )
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
        rows = _as_rows(image, f"image {index}")
        pixels = [pixel for row in rows for pixel in row]
        across = [pixel for row in rows for pixel in reversed(row)]
        upside_down = [pixel for row in reversed(rows) for pixel in row]
        differences = [abs(a - b) for mirror in (across, upside_down) for a, b in zip(pixels, mirror, strict=True)]
        features.append([math.fsum(pixels) / _PIXELS, 0.0 - math.fsum(differences) / _PIXELS])
    return features


def _as_rows(image: Any, where: str) -> list[list[float]]:
    length = len(image) if hasattr(image, "__len__") else 0
    if length == _PIXELS:
        image = [image[start : start + _SIDE] for start in range(0, _PIXELS, _SIDE)]
    elif length != _SIDE:
        raise ValueError(f"{where} must have 64 numbers or 8 rows of 8, got {length or repr(image)}")
    for number, row in enumerate(image):
        check_row(row, _SIDE, f"{where}, row {number}")
    return [[float(pixel) for pixel in row] for row in image]


@cache
def _read(name: str) -> bytes:
    packed = (files("nn") / "data" / name).read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != _SHA256[name]:
        raise OSError(f"nn/data/{name} is damaged: its SHA-256 is {found}, not {_SHA256[name]}; install nn again")
    return gzip.decompress(packed)
