"""Tasks on data and the named data sets."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

import wann
from wann.tasks.data import datasets
from wann.tasks.data.datasets import MNIST_FILES, deskew, load_mnist, read_idx, shrink


def idx_bytes(array):
    array = np.asarray(array, dtype=np.uint8)
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def small_mnist(tmp_path, rng, monkeypatch):
    """A folder with four small IDX files, one of them not compressed, and nothing in the other places.

    Their checksums stand for those of MNIST.
    """
    monkeypatch.delenv("WANN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "MNIST_URL", "http://127.0.0.1:9/")
    folder = tmp_path / "data"
    (folder / "mnist").mkdir(parents=True)
    sums = {}
    for part, n in (("train", 40), ("t10k", 20)):
        images = np.zeros((n, 28, 28), dtype=np.uint8)
        images[:, 6:22, 10:18] = rng.integers(0, 256, (n, 16, 8))
        files = {f"{part}-images-idx3-ubyte": images, f"{part}-labels-idx1-ubyte": np.arange(n) % 10}
        for name, array in files.items():
            sums[name] = hashlib.md5(idx_bytes(array)).hexdigest()
            (folder / "mnist" / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array)))
    name = "t10k-labels-idx1-ubyte"
    (folder / "mnist" / f"{name}.gz").unlink()
    (folder / "mnist" / name).write_bytes(idx_bytes(np.arange(20) % 10))
    monkeypatch.setattr(datasets, "MNIST_FILES", sums)
    return folder


def test_mnist_from_a_folder(small_mnist):
    data = load_mnist(small_mnist)
    assert data.x_train.shape == (40, 256)
    assert data.x_test.shape == (20, 256)
    assert data.x_train.dtype == np.float32
    assert 0 <= data.x_train.min() <= data.x_train.max() <= 1
    assert data.y_test.tolist() == [i % 10 for i in range(20)]
    same = load_mnist(small_mnist / "mnist")
    assert np.array_equal(same.x_train, data.x_train)


def test_mnist_from_the_variable_and_the_cache(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("WANN_DATA", str(small_mnist))
    assert len(load_mnist().x_train) == 40
    monkeypatch.delenv("WANN_DATA")
    (tmp_path / "cache").mkdir()
    (small_mnist).rename(tmp_path / "cache" / "wann")
    assert len(load_mnist().x_train) == 40


def test_the_folder_given_comes_before_the_variable(small_mnist, monkeypatch):
    monkeypatch.setenv("WANN_DATA", "/nowhere")
    assert len(load_mnist(small_mnist).x_train) == 40


@pytest.mark.parametrize("place", ["folder", "variable", "cache"])
def test_a_file_that_is_not_mnists_is_refused_wherever_it_is(small_mnist, tmp_path, monkeypatch, place):
    other = small_mnist / "mnist" / "train-labels-idx1-ubyte.gz"
    other.write_bytes(gzip.compress(idx_bytes(np.arange(40) % 9)))
    if place == "variable":
        monkeypatch.setenv("WANN_DATA", str(small_mnist))
    elif place == "cache":
        (tmp_path / "cache").mkdir()
        small_mnist.rename(tmp_path / "cache" / "wann")
    with pytest.raises(
        wann.WannError, match=r"train-labels-idx1-ubyte\.gz is not MNIST's: the MD5 of its content is .*expected"
    ):
        load_mnist(small_mnist if place == "folder" else None)


@pytest.mark.parametrize("shape", [(0, 28, 28), (10, 0, 0)])
def test_idx_files_without_data_are_refused(tmp_path, shape):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(np.zeros(shape)))
    with pytest.raises(wann.WannError, match=f"images: holds no data; its header says {' x '.join(map(str, shape))}"):
        read_idx(path, 3)


def test_a_missing_file_names_all_four_places(small_mnist, monkeypatch):
    monkeypatch.setenv("WANN_DATA", "/nowhere")
    with pytest.raises(wann.WannError) as caught:
        load_mnist("/no/folder")
    message = str(caught.value)
    for part in ("train-images-idx3-ubyte", "/no/folder", "WANN_DATA (/nowhere)", "cache", "http://127.0.0.1:9/"):
        assert part in message
    assert "\n" not in message


def test_the_download_is_checked_and_kept(small_mnist, tmp_path, monkeypatch):
    served = {f"{name}.gz": (small_mnist / "mnist" / f"{name}.gz") for name in MNIST_FILES}
    served["t10k-labels-idx1-ubyte.gz"] = tmp_path / "labels.gz"
    labels = gzip.compress(idx_bytes(np.arange(20) % 10))
    served["t10k-labels-idx1-ubyte.gz"].write_bytes(labels[:-9])
    folder = tmp_path / "served"
    folder.mkdir()
    for name, path in served.items():
        path.rename(folder / name)
    monkeypatch.setattr(datasets, "MNIST_URL", f"{folder.as_uri()}/")
    with pytest.raises(wann.WannError, match="checksum"):
        load_mnist()
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(labels)
    assert len(load_mnist().x_train) == 40
    assert len(list((tmp_path / "cache" / "wann" / "mnist").iterdir())) == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an IDX file"),
        (bytes((0, 0, 8, 1)) + struct.pack(">I", 5) + b"123", "holds 3 bytes"),
        (bytes((0, 0, 13, 1)) + struct.pack(">I", 1) + b"1234", "not an IDX file"),
        (bytes((0, 0, 8, 3)) + struct.pack(">I", 1) + b"1", "not an IDX file"),
    ],
)
def test_a_damaged_idx_file_is_refused(tmp_path, data, message):
    path = tmp_path / "labels"
    path.write_bytes(data)
    with pytest.raises(wann.WannError, match=message):
        read_idx(path, 1)
    packed = tmp_path / "labels.gz"
    packed.write_bytes(gzip.compress(bytes(1000))[:-10])
    with pytest.raises(wann.WannError, match="gzip"):
        read_idx(packed, 1)


def test_deskew_brings_the_skew_to_zero():
    row, column = np.mgrid[0:28, 0:28]
    slanted = np.exp(-((column - 14 + 0.5 * (row - 14)) ** 2) / 6 - (row - 14) ** 2 / 40)
    images = np.round(255 * slanted).astype(np.uint8)[None]
    out = deskew(images)
    mass = out[0].sum()
    centre = [(out[0] * axis).sum() / mass for axis in (row, column)]
    mu11 = (out[0] * (row - centre[0]) * (column - centre[1])).sum() / mass
    before = images[0] / 255.0
    assert abs((before * (row - 14) * (column - 14)).sum() / before.sum()) > 5
    assert abs(mu11) < 0.05
    assert centre == pytest.approx([14, 14], abs=0.05)
    assert mass == pytest.approx(before.sum(), rel=1e-3)


def test_deskew_leaves_empty_and_thin_images_alone():
    images = np.zeros((2, 28, 28), dtype=np.uint8)
    images[1, 14, 5:20] = 255
    assert np.array_equal(deskew(images), images / np.float32(255))


def test_shrink_keeps_the_mean(rng):
    images = rng.random((3, 28, 28)).astype(np.float32)
    small = shrink(images, 16)
    assert small.shape == (3, 16, 16)
    assert small.mean(axis=(1, 2)) == pytest.approx(images.mean(axis=(1, 2)), rel=1e-5)
    assert shrink(np.ones((1, 28, 28), dtype=np.float32), 16) == pytest.approx(np.ones((1, 16, 16)), rel=1e-6)


def test_digits_keep_a_third_aside():
    pytest.importorskip("sklearn")
    data = datasets.load_digits()
    assert len(data.x_train) + len(data.x_test) == 1797
    assert len(data.x_test) == pytest.approx(1797 / 3, abs=10)
    assert set(data.y_test.tolist()) == set(range(10))
    task = wann.make_task("digits")
    assert task.held_out.n_samples == len(data.x_test)
    assert (task.split, task.held_out.split) == ("training", "held out")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: wann.tasks.Classification([[1.0], [2.0]], ["a", "a"]), "one class only"),
        (lambda: wann.tasks.Classification([[1.0], [np.nan]], ["a", "b"]), "row 1, column 0 is nan"),
        (lambda: wann.tasks.Classification([[1.0], [2.0]], ["a"]), "shape"),
        (lambda: wann.tasks.Classification([["x"], ["y"]], ["a", "b"]), "array of numbers"),
        (lambda: wann.tasks.Classification([1.0, 2.0], [0, 1]), "shape"),
        (lambda: wann.tasks.Classification([[1.0], [2.0]], [0, 1], batch=0), "batch is 0"),
        (lambda: wann.tasks.Classification([[1.0], [2.0]], [0, 1], inputs=["a", "b"]), "names of inputs"),
        (lambda: wann.tasks.Classification([[1.0], [2.0]], [0, 1], held_out=([[1.0]], [2])), "class 2"),
        (lambda: wann.tasks.Classification([[1.0], [2.0]], [0.0, np.nan]), "nan"),
        (lambda: wann.tasks.Regression([[1.0], [2.0]], [0.0, np.inf]), "inf"),
        (lambda: wann.tasks.Regression([[1.0], [2.0]], [[0.0]]), "shape"),
        (lambda: wann.tasks.Regression([[1e39], [2.0]], [0.0, 1.0]), "inf"),
    ],
)
def test_bad_data_gets_one_clear_line(make, message):
    with pytest.raises(wann.WannError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_columns_of_a_data_frame_keep_their_names(rng):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rng.normal(size=(20, 2)), columns=["age", "height"])
    y = pandas.Series(["a", "b"] * 10)
    task = wann.tasks.Classification(frame, y, held_out=(frame, y))
    assert task.inputs == task.held_out.inputs == ("age", "height")
    assert wann.tasks.Regression(frame, frame["age"]).inputs == ("age", "height")
    assert wann.tasks.Classification(frame, y, inputs=["u", "v"]).inputs == ("u", "v")
    for columns in ([0, 1], ["age", "age"], ["age", 1]):
        assert wann.tasks.Classification(frame.set_axis(columns, axis=1), y).inputs == ("x0", "x1")
    with pytest.raises(wann.WannError, match=r"the held-out X has the columns of X in another order: \['height', 'age'\]"):
        wann.tasks.Classification(frame, y, held_out=(frame[["height", "age"]], y))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["red", "blue"] * 10, "X: column colour holds text \\('red' in row 0\\); expected an array of numbers"),
        ([1.5, "1.5"] * 10, "X: column colour holds text \\('1.5' in row 1\\)"),
        ([None, 2.0] * 10, "X: row 0, column colour is nan"),
        ("dates", "X: column colour holds other things than numbers \\(Timestamp"),
    ],
)
def test_a_column_that_holds_no_numbers_is_named(rng, column, message):
    pandas = pytest.importorskip("pandas")
    values = pandas.date_range("2020-01-01", periods=20) if column == "dates" else column
    frame = pandas.DataFrame({"size": rng.normal(size=20), "colour": values})
    with pytest.raises(wann.WannError, match=message):
        wann.tasks.Classification(frame, [0, 1] * 10)


def test_a_column_of_text_in_a_list_is_numbered():
    with pytest.raises(wann.WannError, match=r"X: column 1 holds text \('a' in row 0\)"):
        wann.tasks.Classification([[1.0, "a"], [2.0, "b"]], [0, 1])


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "category", "string", "float32", "bool", "uint64"])
def test_classes_of_every_kind_of_series(dtype):
    pandas = pytest.importorskip("pandas")
    y = pandas.Series([0, 1] * 3 if dtype not in ("string",) else ["a", "b"] * 3).astype(dtype)
    task = wann.tasks.Classification(np.arange(6.0)[:, None], y)
    assert task.y.tolist() == [0, 1] * 3


def test_a_class_that_is_missing_is_refused():
    pandas = pytest.importorskip("pandas")
    for y in (pandas.Series([0, None] * 3, dtype="Int64"), pandas.Series(["a", None] * 3), pandas.Series([0.0, None] * 3)):
        with pytest.raises(wann.WannError, match="y: row 1 is"):
            wann.tasks.Classification(np.arange(6.0)[:, None], y)


def test_search_never_uses_the_step_activation(rng):
    x = rng.normal(size=(100, 3))
    task = wann.tasks.Classification(x, (x[:, 0] > 0), batch=None)
    search = wann.Search(task, wann.SearchConfig(population=40, generations=30), seed=0, threads=1)
    for _ in search.run():
        pass
    used = {a for network in search.ask() for a in network.hidden}
    assert used
    assert wann.networks.Activation.STEP not in used
    assert all(a is wann.networks.Activation.LINEAR for n in search.ask() for a in n.output_activations)


@pytest.mark.skipif("not __import__('os').environ.get('WANN_DATA')", reason="WANN_DATA names no folder with MNIST")
def test_the_real_mnist():
    data = load_mnist(download=False)
    assert data.x_train.shape == (60000, 256)
    assert data.x_test.shape == (10000, 256)
    assert np.bincount(data.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.x_train.mean() == pytest.approx(0.1307, abs=0.001)


def test_targets_have_the_names_that_pandas_gives_them():
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame({"height": [1.0, 2, 3], "mass": [3.0, 1, 2]})
    one = wann.tasks.Regression(x, pandas.Series([1.0, 2, 4], name="price"))
    assert (one.inputs, one.outputs) == (("height", "mass"), ("price",))
    assert wann.tasks.Regression(x, x).outputs == ("height", "mass")
    assert wann.tasks.Regression(x, pandas.Series([1.0, 2, 4])).outputs == ("y",)
    assert wann.tasks.Regression(x, x.to_numpy()).outputs == ("y0", "y1")
    assert wann.tasks.Regression(x, x.mass, outputs=["z"]).outputs == ("z",)


def test_images_are_searched_with_two_activations_and_tables_with_all() -> None:
    x, y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 2
    tables = wann.preset(wann.tasks.Classification(x, y))
    images = wann.preset(wann.make_task("digits"))
    assert {a.label for a in images.activations} == {"tanh", "inverse"}
    assert tables.activations == wann.preset("digits", "paper").activations == wann.SearchConfig().activations
