"""The data sets of nn.datasets, splits, the features of the digits, and rejected arguments."""

import doctest
import gzip
import hashlib
import math
import pathlib
import pickle
import re
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn.dataset
import nn.datasets
from nn.datasets import Dataset, digits, digits_features, iris, moons, xor

DATA = pathlib.Path(nn.datasets.__file__).parent / "data"
FILES = ("iris.csv.gz", "digits.bin.gz")


def numbered(targets):
    """Return a data set in which each row's only input is the row's number, which identifies the row after a split."""
    return Dataset("numbered", [[float(i)] for i in range(len(targets))], targets)


# -- the module and the files


def test_doctests_run():
    for module in (nn.datasets, nn.dataset):
        result = doctest.testmod(module)
        assert result.attempted >= 3
        assert result.failed == 0


def test_only_the_standard_library_is_imported():
    code = "import sys, nn.datasets as d; d.digits(); d.iris(); print('numpy' in sys.modules, 'sklearn' in sys.modules)"
    root = DATA.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_files_are_small_and_the_readme_describes_them():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert sum((DATA / name).stat().st_size for name in FILES) < 100_000
    for name in FILES:
        packed = (DATA / name).read_bytes()
        assert f"| {len(packed):,} | `{hashlib.sha256(packed).hexdigest()}` |" in readme
        assert packed[4:8] == bytes(4), "gzip's time stamp"
        assert packed[3] == 0, "gzip's flags: no file name"
    for loaded in (iris(), digits()):
        assert loaded.licence == "CC BY 4.0"
        assert loaded.source.split("https://")[1] in readme


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "other"])
def test_a_damaged_file_is_refused(name, damage, tmp_path, monkeypatch):
    packed = (DATA / name).read_bytes()
    middle = len(packed) // 2
    damaged = {
        "flipped": packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :],
        "cut": packed[:-1],
        "empty": b"",
        "other": gzip.compress(b"5.1,3.5,1.4,0.2,setosa\n", mtime=0),
    }[damage]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_bytes(damaged)
    monkeypatch.setattr(nn.datasets, "files", lambda package: tmp_path)
    nn.datasets._read.cache_clear()
    try:
        with pytest.raises(OSError, match=rf"^nn/data/{name} is damaged: its SHA-256 is [0-9a-f]{{64}}, not .*again$"):
            (iris if name.startswith("iris") else digits)()
        (tmp_path / "data" / name).unlink()
        with pytest.raises(FileNotFoundError, match=name):
            (iris if name.startswith("iris") else digits)()
    finally:
        nn.datasets._read.cache_clear()


# -- iris and digits


def test_iris():
    flowers = iris()
    assert len(flowers) == 150
    assert {len(row) for row in flowers.inputs} == {4}
    assert len(flowers.feature_names) == 4
    assert Counter(flowers.targets) == {0: 50, 1: 50, 2: 50}
    assert flowers.class_names == {0: "setosa", 1: "versicolor", 2: "virginica"}
    # These are Fisher's values; UCI's own file has 4.9,3.1,1.5,0.1 in both rows.
    assert flowers.inputs[34] == [4.9, 3.1, 1.5, 0.2]
    assert flowers.inputs[37] == [4.9, 3.6, 1.4, 0.1]


def test_digits():
    images = digits()
    assert len(images) == 1797
    assert {len(row) for row in images.inputs} == {64}
    assert [Counter(images.targets)[d] for d in range(10)] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert images.class_names[7] == "7"
    assert images.feature_names[8:10] == ("row 1 column 0", "row 1 column 1")
    assert {pixel for row in images.inputs for pixel in row} == {count / 16 for count in range(17)}
    raw = digits(scale=False)
    assert {type(pixel) for row in raw.inputs for pixel in row} == {float}
    assert [[pixel / 16 for pixel in row] for row in raw.inputs] == images.inputs
    assert raw.targets == images.targets


def test_both_equal_scikit_learns_to_the_bit():
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    theirs, ours = sklearn_datasets.load_iris(), iris()
    assert ours.inputs == theirs.data.tolist()
    assert ours.targets == theirs.target.tolist()
    assert list(ours.feature_names) == list(theirs.feature_names)
    assert [ours.class_names[k] for k in range(3)] == list(theirs.target_names)
    theirs, ours = sklearn_datasets.load_digits(), digits(scale=False)
    assert ours.inputs == theirs.data.tolist()
    assert ours.targets == theirs.target.tolist()


@pytest.mark.parametrize("load", [iris, digits, moons, xor])
def test_calls_agree_and_share_no_lists(load):
    first, second = load(), load()
    assert first == second
    assert {type(x) for row in first.inputs for x in row} == {float}
    assert {type(t) for t in first.targets} == {int}
    first.inputs[0][0] = 99.0
    first.targets[0] = 99
    assert load() == second != first


# -- moons and xor


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 100])
def test_moons_without_noise_lie_on_their_half_circles(n):
    data = moons(n, noise=0.0)
    assert len(data) == n
    assert Counter(data.targets) == Counter({-1: n // 2, 1: n - n // 2})
    for (x, y), target in zip(data.inputs, data.targets, strict=True):
        centre = (0.0, 0.0) if target == -1 else (1.0, 0.5)
        assert math.dist((x, y), centre) == pytest.approx(1.0, abs=1e-15)
        assert (centre[1] - y) * target >= -1e-15  # upper half for -1, lower half for 1


@pytest.mark.parametrize("n", [10, 11])
def test_moons_without_noise_are_scikit_learns(n):
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    points, labels = sklearn_datasets.make_moons(n, shuffle=False)
    theirs = sorted(zip((2 * labels - 1).tolist(), points.tolist(), strict=True))
    data = moons(n, noise=0.0)
    ours = sorted(zip(data.targets, data.inputs, strict=True))
    assert [t for t, _ in ours] == [t for t, _ in theirs]
    for (_, a), (_, b) in zip(ours, theirs, strict=True):
        assert a == pytest.approx(b, abs=1e-12)


def test_moons_noise_has_the_size_asked_for_and_the_seed_decides():
    # The same seed draws the same normal numbers for any `noise`, so the noise itself can be recovered.
    clean, noisy = moons(4000, 0.0, seed=3), moons(4000, 0.25, seed=3)
    moved = [b - a for p, q in zip(clean.inputs, noisy.inputs, strict=True) for a, b in zip(p, q, strict=True)]
    assert clean.targets == noisy.targets
    assert abs(math.fsum(moved) / 8000) < 0.25 * 4 / math.sqrt(8000)
    assert math.sqrt(math.fsum(d * d for d in moved) / 8000) == pytest.approx(0.25, rel=0.04)
    assert moons(seed=1) == moons(seed=1) != moons(seed=2)
    assert len(set(moons().targets[:10])) == 2, "the rows must be shuffled"


def test_xor():
    table = xor()
    assert table.inputs == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    assert table.targets == [0, 1, 1, 0]
    copies = xor(42, noise=0.05, seed=9)
    assert copies == xor(42, noise=0.05, seed=9) != xor(42, noise=0.05, seed=8)
    assert copies.targets == (table.targets * 11)[:42]
    for i, row in enumerate(copies.inputs):
        assert row != table.inputs[i % 4]
        assert [round(x) for x in row] == table.inputs[i % 4]


# -- Dataset


def test_dataset_shows_itself():
    assert repr(xor()) == "<Dataset xor: 4 rows of 2 inputs, equal: 2, different: 2>"
    assert repr(Dataset("none", [], [])) == "<Dataset none: 0 rows of 0 inputs, no targets>"
    assert repr(numbered([3, 3, 5])) == "<Dataset numbered: 3 rows of 1 input, 3: 2, 5: 1>"
    assert repr(numbered([0.5, -1.5])) == "<Dataset numbered: 2 rows of 1 input, targets from -1.5 to 0.5>"


def test_dataset_is_frozen_and_pickles():
    with pytest.raises(FrozenInstanceError):
        xor().name = "other"
    assert pickle.loads(pickle.dumps(iris())) == iris()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0.0]], [1, 2]), "d: 1 rows of inputs but 2 targets"),
        (([[0.0], [1.0, 2.0]], [1, 2]), "d: row 1 has 2 columns, not 1: column 1 is unexpected"),
        (([[0.0]], [1], ("a", "b")), "d: 2 feature names for 1 inputs"),
    ],
)
def test_dataset_refuses_lengths_that_disagree(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Dataset("d", *arguments)


# -- split


@given(st.lists(st.sampled_from([-1, 0, 1, 7]), min_size=2, max_size=60), st.floats(0.01, 0.99), st.integers(0, 2**40))
def test_split_is_complete_disjoint_stratified_and_repeatable(targets, held_out, seed):
    data = numbered(targets)
    total = round(held_out * len(targets))
    if total in (0, len(targets)):
        with pytest.raises(ValueError, match=r"^held_out=.* of \d+ rows leaves one part empty$"):
            data.split(held_out, seed)
        return
    train, test = data.split(held_out, seed)
    assert len(test) == total
    assert sorted(train.inputs + test.inputs) == data.inputs
    for part in (train, test):
        assert part.targets == [targets[int(row[0])] for row in part.inputs]
    for key, count in Counter(targets).items():
        share = held_out * count
        assert math.floor(share) <= test.targets.count(key) <= math.ceil(share)
    assert data.split(held_out, seed) == (train, test)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=40))
def test_split_of_float_targets_is_complete_and_disjoint(targets):
    data = numbered(targets)
    train, test = data.split(0.5, 1)
    assert len(test) == round(len(targets) / 2)
    assert sorted(train.inputs + test.inputs) == data.inputs


def test_split_of_the_carried_sets():
    train, test = iris().split()
    assert (len(train), len(test)) == (120, 30)
    assert Counter(test.targets) == {0: 10, 1: 10, 2: 10}
    assert (train.name, test.name) == ("iris, train", "iris, held out")
    assert (test.source, test.licence, test.class_names) == (iris().source, iris().licence, iris().class_names)
    assert test.targets != sorted(test.targets), "shuffled"
    assert train.targets != sorted(train.targets), "shuffled"
    assert iris().split(0.2, 1) != (train, test)
    train, test = digits().split(0.25)
    assert len(test) == 449
    assert all(abs(Counter(test.targets)[d] - 0.25 * Counter(digits().targets)[d]) < 1 for d in range(10))


def test_split_copies_its_rows():
    data = xor()
    train, _ = data.split(0.5)
    train.inputs[0][0] = 99.0
    assert data == xor()


# -- the two features


@pytest.mark.parametrize("scale", [True, False])
def test_digits_features_agree_with_numpy(scale):
    np = pytest.importorskip("numpy")
    images = digits(scale).inputs
    array = np.array(images).reshape(-1, 8, 8)
    across = np.abs(array - array[:, :, ::-1]).mean(axis=(1, 2))
    upside_down = np.abs(array - np.flip(array, 1)).mean(axis=(1, 2))
    expected = np.stack([array.mean(axis=(1, 2)), -(across + upside_down)], axis=1)
    features = digits_features(images)
    assert {type(x) for row in features for x in row} == {float}
    np.testing.assert_allclose(features, expected, rtol=1e-13, atol=0)
    assert digits_features(array) == digits_features(array.tolist()) == features


@given(st.lists(st.floats(0, 1), min_size=64, max_size=64))
def test_digits_features_of_mirrored_images(image):
    rows = [image[i : i + 8] for i in range(0, 64, 8)]
    [[intensity, symmetry]] = digits_features([image])
    assert 0 <= intensity <= 1
    assert -2 <= symmetry <= 0
    turned = [rows[::-1], [row[::-1] for row in rows]]
    assert digits_features(turned) == [[intensity, symmetry]] * 2
    quarter = [row[:4] + row[3::-1] for row in rows[:4]]
    assert digits_features([quarter + quarter[::-1]])[0][1] == 0.0


def test_digits_features_by_hand():
    one = [0.0] * 64
    one[0] = 16.0  # one corner pixel: each mirror image differs from the image in two pixels
    assert digits_features([one]) == [[0.25, -1.0]]
    assert math.copysign(1.0, digits_features([[3] * 64])[0][1]) == 1.0
    assert digits_features([]) == []


ROW = [0.0] * 8


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([0.0] * 64, "image 0 must have 64 numbers or 8 rows of 8; got 0.0"),
        ([[0.0] * 64, [0.0] * 63], "image 1 must have 64 numbers or 8 rows of 8; got 63"),
        ([[ROW] * 7], "image 0 must have 64 numbers or 8 rows of 8; got 7"),
        ([[[[0.0]] * 8] * 8], "image 0, row 0, column 0 must be a finite number; got [0.0]"),
        ([[ROW] * 5 + [[0.0] * 9] + [ROW] * 2], "image 0, row 5 has 9 columns, not 8: column 8 is unexpected"),
        ([[ROW] * 7 + [0.0]], "image 0, row 7 must be a list of numbers; got 0.0"),
        ([[0.0] * 21 + ["x"] + [0.0] * 42], "image 0, row 2, column 5 must be a finite number; got 'x'"),
        ([[ROW] * 7 + [[0.0] * 7 + [math.nan]]], "image 0, row 7, column 7 must be a finite number; got nan"),
        (["0" * 64], "image 0, row 0 must be a list of numbers; got '00000000'"),
    ],
)
def test_digits_features_refuses_bad_shapes(images, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        digits_features(images)


# -- bad arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moons(0), "n must be an integer of at least 1; got 0"),
        (lambda: moons(-3), "n must be an integer of at least 1; got -3"),
        (lambda: moons(2.5), "n must be an integer of at least 1; got 2.5"),
        (lambda: moons(True), "n must be an integer of at least 1; got True"),
        (lambda: moons(noise=-0.1), "noise must be a finite number of at least 0; got -0.1"),
        (lambda: moons(noise=math.nan), "noise must be a finite number of at least 0; got nan"),
        (lambda: moons(noise="much"), "noise must be a finite number of at least 0; got 'much'"),
        (lambda: xor(0), "n must be an integer of at least 1; got 0"),
        (lambda: xor(noise=math.inf), "noise must be a finite number of at least 0; got inf"),
        (lambda: xor(seed=-1), "seed must be an integer of at least 0; got -1"),
        (lambda: digits("yes"), "scale must be True or False; got 'yes'"),
        (lambda: iris().split(0), "held_out must be a finite number above 0 and below 1; got 0"),
        (lambda: iris().split(1.0), "held_out must be a finite number above 0 and below 1; got 1.0"),
        (lambda: iris().split(30), "held_out must be a finite number above 0 and below 1; got 30"),
        (lambda: iris().split(math.nan), "held_out must be a finite number above 0 and below 1; got nan"),
        (lambda: iris().split("half"), "held_out must be a finite number above 0 and below 1; got 'half'"),
        (lambda: iris().split(0.5, -1), "seed must be an integer of at least 0; got -1"),
        (lambda: xor().split(0.1), "held_out=0.1 of 4 rows leaves one part empty"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_numpy_numbers_are_welcome():
    np = pytest.importorskip("numpy")
    assert moons(np.int64(6), np.float64(0.5), np.uint8(1)) == moons(6, 0.5, 1)
