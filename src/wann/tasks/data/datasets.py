"""Named data sets: scikit-learn's digits, and MNIST from its IDX files.

MNIST is looked for in four places: a folder given as an argument, the folder that the environment variable ``WANN_DATA``
names, the cache, and, where there is a network, the download. Wherever a file is found, its content's checksum is compared.
"""

import functools
import gzip
import hashlib
import itertools
import math
import os
import struct
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann.arguments import check_path
from wann.errors import MissingExtraError, WannError
from wann.files import write_bytes

FloatArray = NDArray[np.float32]
ClassArray = NDArray[np.int32]

#: Environment variable that names a folder with data.
DATA_VARIABLE = "WANN_DATA"
#: Where MNIST is downloaded from; the files are those of its authors.
MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
#: The four files, without ``.gz``, and the MD5 of their uncompressed content.
MNIST_FILES = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
#: Images are brought to this many pixels a side.
MNIST_SIDE = 16
_MAX_IDX_BYTES = 2**31


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Samples with their classes, in two parts: one to search and train on, and one to report on."""

    name: str
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    x_train: FloatArray  #: shape (n_train, n_inputs)
    y_train: ClassArray  #: numbers of classes, shape (n_train,)
    x_test: FloatArray
    y_test: ClassArray


def load_digits() -> DataSet:
    """scikit-learn's digits: 1,797 images of 8 × 8 pixels, brought to [0, 1].

    Every third sample of a class is held out, so that both parts have the classes in equal shares.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError:
        raise MissingExtraError("the data set 'digits'", "sklearn") from None
    data = datasets.load_digits()
    x = np.ascontiguousarray(data.data / 16.0, dtype=np.float32)
    y = data.target.astype(np.int32)
    rank = np.empty(len(y), dtype=np.int64)
    for label in range(10):
        members = np.flatnonzero(y == label)
        rank[members] = np.arange(len(members))
    held_out = rank % 3 == 2
    return DataSet(
        name="digits",
        inputs=pixel_names(8),
        classes=tuple("0123456789"),
        x_train=x[~held_out],
        y_train=y[~held_out],
        x_test=x[held_out],
        y_test=y[held_out],
    )


def load_mnist(folder: str | Path | None = None, *, download: bool = True) -> DataSet:
    """MNIST as the paper uses it: deskewed, brought to 16 × 16 pixels in [0, 1]; 60,000 samples to train, 10,000 to test.

    Args:
        folder: Where the four IDX files are, compressed or not; or a folder that holds them in ``mnist/``.
        download: Whether to download the files that are found nowhere else.

    Raises:
        WannError: A file is found in none of the four places, or is not MNIST's.
    """
    base = None if folder is None else check_path(folder, "folder")
    images, labels = {}, {}
    for part in ("train", "t10k"):
        raw = _mnist_array(f"{part}-images-idx3-ubyte", base, download, dimensions=3)
        y = _mnist_array(f"{part}-labels-idx1-ubyte", base, download, dimensions=1)
        if len(raw) != len(y):
            raise WannError(f"MNIST: {len(raw)} images but {len(y)} labels in the {part} files")
        if y.size and y.max() > 9:
            raise WannError(f"MNIST: the label {y.max()} in the {part} files; allowed are 0 to 9")
        images[part] = shrink(deskew(raw), MNIST_SIDE).reshape(len(raw), -1)
        labels[part] = y.astype(np.int32)
    return DataSet(
        name="mnist",
        inputs=pixel_names(MNIST_SIDE),
        classes=tuple("0123456789"),
        x_train=images["train"],
        y_train=labels["train"],
        x_test=images["t10k"],
        y_test=labels["t10k"],
    )


def _mnist_array(name: str, folder: Path | None, download: bool, dimensions: int) -> NDArray[np.uint8]:
    """The array of one of MNIST's files, whose content is checked."""
    path = find_mnist_file(name, folder, download=download)
    content = _content(path)
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if digest != MNIST_FILES[name]:
        raise WannError(f"{path} is not MNIST's: the MD5 of its content is {digest}; expected {MNIST_FILES[name]}")
    return _idx_array(content, dimensions, path)


def pixel_names(side: int) -> tuple[str, ...]:
    """Names of the pixels of a square image, row by row."""
    return tuple(f"pixel {row},{column}" for row in range(side) for column in range(side))


def cache_folder() -> Path:
    """Where downloads are kept: ``wann`` in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wann"


def find_mnist_file(name: str, folder: str | Path | None = None, *, download: bool = True) -> Path:
    """The path of one of MNIST's files; downloads it into the cache if need be.

    Raises:
        WannError: It is in none of the four places; the message names them.
    """
    variable = os.environ.get(DATA_VARIABLE)
    cache = cache_folder() / "mnist"
    looked = []
    for where, base in (("the folder given", folder), (DATA_VARIABLE, variable), ("the cache", cache)):
        if base is None or base == "":
            looked.append(f"{where} (not set)" if where == DATA_VARIABLE else f"{where} (none)")
            continue
        for path in (Path(base) / name, Path(base) / "mnist" / name):
            for candidate in (path, path.with_name(name + ".gz")):
                if candidate.is_file():
                    return candidate
        looked.append(f"{where} ({base})")
    if download:
        try:
            return _download(name, cache)
        except (OSError, urllib.error.URLError) as error:
            looked.append(f"the download ({MNIST_URL}{name}.gz: {getattr(error, 'reason', error)})")
    else:
        looked.append("the download (switched off)")
    raise WannError(f"MNIST's file {name}[.gz] was not found; looked in {', '.join(looked)}")


def _download(name: str, cache: Path) -> Path:
    with urllib.request.urlopen(f"{MNIST_URL}{name}.gz", timeout=30) as response:
        packed: bytes = response.read()
    try:
        digest = hashlib.md5(gzip.decompress(packed), usedforsecurity=False).hexdigest()
    except (OSError, EOFError, zlib.error):
        digest = "no gzip file"
    if digest != MNIST_FILES[name]:
        raise WannError(f"{MNIST_URL}{name}.gz: the checksum is {digest}; expected {MNIST_FILES[name]}")
    path = cache / f"{name}.gz"
    write_bytes(path, packed)
    return path


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """An array of bytes from an IDX file, compressed if its name ends in ``.gz``.

    Raises:
        WannError: The file is not whole, not an IDX file of bytes with so many dimensions, or holds no data.
    """
    return _idx_array(_content(path), dimensions, path)


def _content(path: Path) -> bytes:
    """What a file holds, uncompressed."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            # In pieces, as asking for all that is allowed would reserve so much.
            pieces = iter(functools.partial(file.read, 2**20), b"")
            return b"".join(itertools.islice(pieces, _MAX_IDX_BYTES >> 20))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WannError(f"{path}: not a whole gzip file ({error})") from None


def _idx_array(data: bytes, dimensions: int, path: Path) -> NDArray[np.uint8]:
    header = 4 + 4 * dimensions
    if len(data) < header or data[:4] != bytes((0, 0, 8, dimensions)):
        raise WannError(f"{path}: not an IDX file of bytes with {dimensions} dimension{'s' * (dimensions > 1)}")
    shape = struct.unpack(f">{dimensions}I", data[4:header])
    size, text = math.prod(shape), " x ".join(map(str, shape))
    if len(data) != header + size:
        raise WannError(f"{path}: holds {len(data) - header} bytes of data; its header says {text}")
    if not size:
        raise WannError(f"{path}: holds no data; its header says {text}")
    return np.frombuffer(data, dtype=np.uint8, offset=header).reshape(shape)


def deskew(images: NDArray[np.uint8]) -> FloatArray:
    """Shears images upright by their moments, about their centres of mass.

    A row at distance d from the centre of mass is moved by d · µ₁₁/µ₀₂, so that afterwards µ₁₁, the covariance of rows and
    columns, is 0. Between pixels it is interpolated linearly.

    Args:
        images: Shape (n, height, width), 0 to 255.

    Returns:
        Images in [0, 1], of the same shape.
    """
    out = np.empty(images.shape, dtype=np.float32)
    for begin in range(0, len(images), 4096):
        out[begin : begin + 4096] = _deskew_block(images[begin : begin + 4096].astype(np.float32) / 255.0)
    return out


def _deskew_block(x: FloatArray) -> FloatArray:
    n, height, width = x.shape
    rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    mass = np.maximum(x.sum(axis=(1, 2)), 1e-6)
    by_row, by_column = x.sum(axis=2), x.sum(axis=1)
    # Sums, not matrix products: a BLAS adds up in an order that depends on the processor.
    centre_row, centre_column = (by_row * rows).sum(axis=1) / mass, (by_column * columns).sum(axis=1) / mass
    d_row = rows - centre_row[:, None]
    d_column = columns - centre_column[:, None]
    mu11 = ((x * d_column[:, None, :]).sum(axis=2) * d_row).sum(axis=1)
    mu02 = (by_row * d_row**2).sum(axis=1)
    shear = np.where(mu02 > 1e-2, mu11 / np.maximum(mu02, 1e-2), 0.0)
    source = columns + (shear[:, None] * d_row)[:, :, None]  # where each pixel comes from: (n, height, width)
    left = np.floor(source).astype(np.int64)
    part = (source - left).astype(np.float32)
    padded = np.zeros((n, height, width + 2), dtype=np.float32)  # a column of zeros on either side
    padded[:, :, 1:-1] = x
    take = [np.take_along_axis(padded, np.clip(left + k, 0, width + 1), axis=2) for k in (1, 2)]
    moved: FloatArray = take[0] * (1 - part) + take[1] * part
    return moved


def shrink(images: FloatArray, side: int) -> FloatArray:
    """Brings images (n, height, width) to (n, side, side), each pixel the mean of the area that it covers."""
    vertical, horizontal = (_area_weights(size, side) for size in images.shape[1:])
    lower = np.zeros((len(images), side, images.shape[2]), dtype=np.float32)
    for new, old in np.argwhere(vertical):
        lower[:, new] += vertical[new, old] * images[:, old]
    small = np.zeros((len(images), side, side), dtype=np.float32)
    for new, old in np.argwhere(horizontal):
        small[:, :, new] += horizontal[new, old] * lower[:, :, old]
    return small


def _area_weights(size: int, side: int) -> FloatArray:
    """Which part of each new pixel each old one covers along an axis, shape (side, size)."""
    edges = np.arange(side + 1) * (size / side)
    old = np.arange(size)
    overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    parts: FloatArray = (np.maximum(overlap, 0) * (side / size)).astype(np.float32)
    return parts
