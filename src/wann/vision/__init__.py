"""Encoders: from pictures to the few numbers that a network can take as its inputs, and those that ship with the package."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from wann.arguments import check_path, shown
from wann.errors import WannError
from wann.vision import file as encoder_file
from wann.vision.encoder import Convolution, Decoder, Deconvolution, Dense, Encoder

__all__ = ["Convolution", "Decoder", "Deconvolution", "Dense", "Encoder", "load", "names"]


def names() -> tuple[str, ...]:
    """The encoders that ship with the package, by name."""
    return tuple(sorted(f.name.removesuffix(".npz") for f in _folder().iterdir() if f.name.endswith(".npz")))


def load(name: str | Path) -> Encoder:
    """An encoder that ships with the package, by its name, or one from a file, by its path.

    Raises:
        WannError: There is neither; or the file is cut off, altered, no encoder, or holds something that does not fit.
    """
    if isinstance(name, str) and name in names():
        return encoder_file.unpacked((_folder() / f"{name}.npz").read_bytes(), name)
    if isinstance(name, str) and not Path(name).exists() and "/" not in name and not name.endswith(".npz"):
        known = ", ".join(names()) or "none yet"
        raise WannError(f"there is no encoder {shown(name)}, and no such file; those of the package are {known}")
    path = check_path(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WannError(f"{path}: cannot be read: {error.strerror or error}") from None
    return encoder_file.unpacked(data, str(path))


def _folder() -> Traversable:
    return resources.files(__name__)
