"""Data sets for training, as plain lists of numbers.

`iris` and `digits` are measured data, read from `nn/data`, whose README lists their sources and licences and describes
the files. `moons`, `circles`, `spirals`, `xor` and `curve` are computed from formulas. `batches`,
`bootstrap` and `one_hot`, from `nn.dataset`, prepare data for training. Only the standard library is needed.
"""

import gzip
import hashlib
import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from ._checks import check_row, check_rows, real, whole
from .dataset import Dataset, batches, bootstrap, examples, one_hot
from .init import Seed, generator_from

__all__ = [
    "Dataset", "batches", "bootstrap", "check_rows", "circles", "curve", "digits", "digits_features", "examples",
    "iris", "moons", "one_hot", "spirals", "xor",
]

_SHA256 = {
    "iris.csv.gz": "af14aea06a3d7d803cd7aed8bdc524acd5f04aa03288e66cf3b1e929b36fafd3",
    "digits.bin.gz": "6b3813480b45407631ebcd3c2fbc69f43e6a7e3a3883dbf9f797004c0f0be0fc",
}
_SIDE, _PIXELS, _DARKEST = 8, 64, 16


# -- measured


def iris() -> Dataset:
    """The measurements of 150 iris flowers, 50 of each of three species.

    Each row has four lengths in centimetres; the targets are 0 (setosa), 1 (versicolor) and 2 (virginica), and the
    rows are sorted by target. Every call returns new lists.
    Source: R. A. Fisher (1936), UCI Machine Learning Repository, CC BY 4.0, with the values of Fisher's paper in the
    two rows where UCI's file departs from the paper (see nn/data/README.md).

    Raises:
        OSError: The data file is missing or damaged.

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
    """1,797 scanned handwritten digits, as images of 8×8 pixels.

    Each input holds the 64 pixels of one image, row by row from the top left; the targets are the digits 0 to 9. The
    value of a pixel is the number of inked points, 0 to 16, in a 4×4 block of the scan. Every call returns new lists.
    Source: E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0; this is their test set, from
    13 writers, as scikit-learn distributes it.

    Args:
        scale: Whether pixels are divided by 16, so that they lie between 0 and 1.

    Raises:
        OSError: The data file is missing or damaged.
        ValueError: `scale` is neither True nor False.

    >>> digits()
    <Dataset digits: 1797 rows of 64 inputs, 10 classes of 174 to 183 rows>
    """
    if scale not in (True, False):
        raise ValueError(f"scale must be True or False; got {scale!r}")
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
    """Return the average intensity and the symmetry of each 8×8 image, as `[intensity, symmetry]`.

    An image is a list of 64 numbers, row by row, or of 8 rows of 8. The intensity is the mean of its pixels. The
    symmetry, in the same unit, is minus the sum of two mean absolute differences: the first is between the image and
    its left-right mirror image, the second between the image and its up-down mirror image. So the symmetry is 0 for an
    image that equals both mirror images, and negative for any other image. Each sum is rounded only once (`math.fsum`).
    Source: M. Magdon-Ismail, Learning From Data, lecture 21, the digits data.

    Raises:
        ValueError: An image has the wrong shape, or a pixel is not a finite number; the message names the image, row
            and column.

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
        raise ValueError(f"{where} must have 64 numbers or 8 rows of 8; got {length or repr(image)}")
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


# -- computed: each function takes the number of rows n, the standard deviation `noise` of Gaussian noise, and a seed
# for the noise and the order of the rows (see `nn.init.generator_from`). It raises ValueError for an argument that is
# out of range.


def moons(n: int = 100, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Two interlocking half circles of radius 1, one for each class.

    Class -1 ("upper") is the upper half of the circle about (0, 0) and has n // 2 points; class 1 ("lower") is the
    lower half of the circle about (1, 1/2) and has the rest. The points are evenly spaced in angle and include
    the ends of the half circles. Gaussian noise of standard deviation `noise` is added to both coordinates, and the
    rows are shuffled.
    The shape is the same as in scikit-learn's `make_moons`; the targets are ±1 as in micrograd's demo.

    >>> moons()
    <Dataset moons: 100 rows of 2 inputs, upper: 50, lower: 50>
    """
    n, points = whole("n", n, 1), []
    # (class, number of points, centre, +1 for an upper half circle or -1 for a lower one)
    for target, count, (x, y), up in ((-1, n // 2, (0.0, 0.0), 1.0), (1, n - n // 2, (1.0, 0.5), -1.0)):
        for k in range(count):
            angle = math.pi * k / max(count - 1, 1)
            points.append((x + up * math.cos(angle), y + up * math.sin(angle), target))
    return _scattered("moons", points, {-1: "upper", 1: "lower"}, "computed: two half circles", noise, seed)


def xor(n: int = 4, noise: float = 0.0, seed: Seed = 0) -> Dataset:
    """The truth table of exclusive or, repeated to fill n rows.

    Row i is row i % 4 of the table (0,0) (0,1) (1,0) (1,1), with Gaussian noise of standard deviation `noise` added to
    both inputs. The target is 1 if exactly one input in that row of the table is 1, otherwise 0. The rows are not
    shuffled.

    >>> xor().inputs, xor().targets
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    bits = [(i // 2 % 2, i % 2) for i in range(whole("n", n, 1))]
    scattered = _scattering(noise, generator_from(seed))
    inputs, targets = [[scattered(bit) for bit in pair] for pair in bits], [a ^ b for a, b in bits]
    return Dataset("xor", inputs, targets, ("a", "b"), {0: "equal", 1: "different"}, "computed: the table of a xor b")


def circles(n: int = 100, noise: float = 0.05, seed: Seed = 0, factor: float = 0.5) -> Dataset:
    """Two circles about (0, 0), one inside the other: class 0 has radius 1, class 1 has radius `factor`.

    Class 0 ("outer") has n // 2 points, and class 1 ("inner") has the rest. The points are evenly spaced in angle.
    Gaussian noise of standard deviation `noise` is added to both coordinates, and the rows are shuffled. No straight
    line separates the classes.

    >>> circles()
    <Dataset circles: 100 rows of 2 inputs, outer: 50, inner: 50>
    """
    n, factor, points = whole("n", n, 1), real("factor", factor, above=0, below=1), []
    for target, count, radius in ((0, n // 2, 1.0), (1, n - n // 2, factor)):
        for k in range(count):
            angle = 2.0 * math.pi * k / count
            points.append((radius * math.cos(angle), radius * math.sin(angle), target))
    return _scattered("circles", points, {0: "outer", 1: "inner"}, "computed: two circles", noise, seed)


def spirals(n: int = 100, noise: float = 0.02, seed: Seed = 0, arms: int = 2, turns: float = 1.0) -> Dataset:
    """Interleaved spiral arms about (0, 0), one for each class; their radius grows linearly with the angle, up to 1.

    Each arm makes `turns` turns and has n // arms points; any remaining points go to the first arms, one to each.
    Gaussian noise of standard deviation `noise` is added to both coordinates, and the rows are shuffled.

    >>> spirals(90, arms=3)
    <Dataset spirals: 90 rows of 2 inputs, arm 0: 30, arm 1: 30, arm 2: 30>
    """
    n, arms, turns, points = whole("n", n, 1), whole("arms", arms, 1), real("turns", turns, above=0), []
    for arm in range(arms):
        count = n // arms + (arm < n % arms)
        for k in range(count):
            radius = (k + 1) / count
            angle = 2.0 * math.pi * (turns * radius + arm / arms)
            points.append((radius * math.cos(angle), radius * math.sin(angle), arm))
    return _scattered("spirals", points, {arm: f"arm {arm}" for arm in range(arms)}, "computed: spirals", noise, seed)


# The functions of figure 5.3 in Bishop's book, which lecture 000 shows. The value of the step at 0 does not matter for
# an even n, since no point then lies at 0.
CURVES: dict[str, Callable[[float], float]] = {
    "square": lambda x: x * x,
    "sine": lambda x: math.sin(math.pi * x),
    "absolute": math.fabs,
    "step": lambda x: float(x > 0),
}


def curve(kind: str = "sine", n: int = 50, noise: float = 0.0, seed: Seed = 0) -> Dataset:
    """Points on one of the four curves of lecture 000, figure 5.3: "square", "sine", "absolute" or "step".

    The n inputs increase in equal steps from -1 + 1/n to 1 - 1/n. The targets are x², sin πx, |x| or the Heaviside
    step, with Gaussian noise of standard deviation `noise` added. (Lecture 002 shows underfitting, a good fit and
    overfitting on data of this kind.)

    >>> curve("square", 4).inputs, curve("square", 4).targets
    ([[-0.75], [-0.25], [0.25], [0.75]], [0.5625, 0.0625, 0.0625, 0.5625])
    """
    if kind not in CURVES:
        raise ValueError(f"kind must be one of {', '.join(CURVES)}; got {kind!r}")
    n, scattered = whole("n", n, 1), _scattering(noise, generator_from(seed))
    places = [(2 * k + 1) / n - 1.0 for k in range(n)]
    targets = [scattered(CURVES[kind](x)) for x in places]
    return Dataset(f"{kind} curve", [[x] for x in places], targets, ("x",), source="lecture 000, figure 5.3")


def _scattered(
    name: str, points: list[tuple[float, float, int]], names: dict[int, str], source: str, noise: float, seed: Seed
) -> Dataset:
    """Return a data set of the points in shuffled order, with noise added to each coordinate."""
    generator = generator_from(seed)
    scattered = _scattering(noise, generator)
    rows = [([scattered(x), scattered(y)], target) for x, y, target in points]
    generator.shuffle(rows)
    return Dataset(name, [place for place, _ in rows], [target for _, target in rows], ("x", "y"), names, source)


def _scattering(noise: float, generator: random.Random) -> Callable[[float], float]:
    """Return a function that adds Gaussian noise to a number."""
    spread = real("noise", noise, least=0.0)
    return lambda x: x + generator.gauss(0.0, spread)
