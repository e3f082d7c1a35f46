"""Encoders: the core's against NumPy in float64, files, and views."""

import dataclasses
import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from test_instruction_sets import runs_here
from wann import WannError, _core, archive, vision
from wann.vision import Convolution, Decoder, Deconvolution, Dense, Encoder


def random_encoder(
    rng: np.random.Generator,
    picture: tuple[int, int, int] = (26, 20, 3),
    rows: tuple[int, int] = (1, 25),
    block: int = 2,
    layers: tuple[tuple[int, int, int, int], ...] = ((5, 4, 2, 1), (6, 3, 1, 0), (9, 2, 2, 1)),
    latents: int = 7,
) -> Encoder:
    """Layers are channels, kernel, stride and padding; odd numbers leave tiles of every size."""
    h, w, n = (rows[1] - rows[0]) // block, picture[1] // block, 2
    convolutions = []
    for channels, kernel, stride, padding in layers:
        weights = rng.normal(size=(channels, kernel, kernel, n)).astype(np.float32) / kernel
        convolutions.append(Convolution(weights, rng.normal(size=channels).astype(np.float32), stride, padding))
        h, w, n = (h + 2 * padding - kernel) // stride + 1, (w + 2 * padding - kernel) // stride + 1, channels
    dense = rng.normal(size=(latents, h * w * n)).astype(np.float32) / 10
    return Encoder(
        name="some",
        picture=picture,
        dtype="uint8",
        rows=rows,
        channels=(1, 0),
        block=block,
        scale=1 / 255,
        convolutions=tuple(convolutions),
        dense=Dense(dense, rng.normal(size=latents).astype(np.float32)),
        provenance={"seed": 3, "errors": [0.5]},
    )


def with_decoder(encoder: Encoder, rng: np.random.Generator) -> Encoder:
    rows, columns, channels = encoder.view_shape

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float16).astype(np.float32)

    start = (rows // 4, columns // 4, 3)
    layers = (
        Deconvolution(numbers(3, 4, 4, 5), numbers(5), 2, 1, (rows // 2 % 2, columns // 2 % 2)),
        Deconvolution(numbers(5, 4, 4, channels), numbers(channels), 2, 1, (rows % 2, columns % 2)),
    )
    dense = Dense(numbers(start[0] * start[1] * 3, encoder.n_latents), numbers(start[0] * start[1] * 3))
    return dataclasses.replace(encoder, decoder=Decoder(dense, start, layers))


def oracle(encoder: Encoder, frames: np.ndarray) -> np.ndarray:
    """The latents in float64, straight from the definition."""
    b = encoder.block
    x = frames[:, encoder.rows[0] : encoder.rows[1]][..., list(encoder.channels)].astype(float)
    x = x.reshape(len(x), x.shape[1] // b, b, x.shape[2] // b, b, -1).mean(axis=(2, 4)) * encoder.scale
    for c in encoder.convolutions:
        x = np.pad(x, ((0, 0), (c.padding,) * 2, (c.padding,) * 2, (0, 0)))
        k = c.weights.shape[1]
        windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, :: c.stride, :: c.stride]
        x = np.maximum(np.einsum("nrcikl,okli->nrco", windows, c.weights.astype(float)) + c.biases, 0)
    return x.reshape(len(x), -1) @ encoder.dense.weights.T.astype(float) + encoder.dense.biases


def some_frames(rng: np.random.Generator, n: int, encoder: Encoder) -> np.ndarray:
    return rng.integers(0, 256, size=(n, *encoder.picture), dtype=np.uint8)


@pytest.mark.parametrize(
    "layers",
    [
        ((5, 4, 2, 1), (6, 3, 1, 0), (9, 2, 2, 1)),
        ((8, 4, 2, 1), (16, 4, 2, 1)),
        ((1, 1, 1, 0),),
        ((3, 5, 3, 4), (4, 3, 2, 2), (13, 1, 1, 0)),
    ],
)
@pytest.mark.parametrize("n", [1, 37])
def test_the_core_computes_what_the_definition_says(layers: tuple, n: int) -> None:
    rng = np.random.default_rng(1)
    encoder = random_encoder(rng, layers=layers)
    frames = some_frames(rng, n, encoder)
    expected = oracle(encoder, frames)
    found = encoder.encode(frames)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_frame_means_the_same_alone_and_among_others() -> None:
    rng = np.random.default_rng(2)
    encoder = random_encoder(rng)
    frames = some_frames(rng, 41, encoder)
    together = encoder.encode(frames)
    assert np.array_equal(np.stack([encoder.encode(frame) for frame in frames]), together)
    order = rng.permutation(len(frames))
    assert np.array_equal(encoder.encode(frames[order]), together[order])
    assert encoder.encode(frames[:0]).shape == (0, 7)


#: Prints latents as JSON, to the bit.
_PROBE = """
import json, sys
import numpy as np
from test_vision import random_encoder, some_frames
from wann import _core, vision
rng = np.random.default_rng(3)
encoders = [random_encoder(rng), *map(vision.load, vision.names())]
latents = [e.encode(some_frames(rng, 21, e)).tolist() for e in encoders]
json.dump({"level": _core.instruction_set, "latents": latents}, sys.stdout)
"""


def test_levels_with_fma_agree_to_the_bit() -> None:
    levels = [level for level in ("v3", "v4") if runs_here(level)]
    if len(levels) < 2:
        pytest.skip("only one of the levels v3 and v4 is there")
    found = []
    for level in levels:
        environment = os.environ | {"WANN_INSTRUCTION_SET": level, "PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run([sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert [f["level"] for f in found] == levels
    assert found[0]["latents"] == found[1]["latents"]


def test_a_view_is_the_mean_of_blocks_rounded_once() -> None:
    rng = np.random.default_rng(4)
    encoder = random_encoder(rng, picture=(30, 24, 3), rows=(3, 27), block=3)
    frames = some_frames(rng, 5, encoder)
    view = encoder.view(frames)
    assert view.shape == (5, 8, 8, 2)
    assert encoder.view_shape == (8, 8, 2)
    for row, column, channel in [(0, 0, 0), (7, 7, 1), (3, 5, 0)]:
        block = frames[2, 3 + 3 * row : 6 + 3 * row, 3 * column : 3 * column + 3, encoder.channels[channel]]
        assert view[2, row, column, channel] == np.float32(int(block.sum(dtype=int)) * (1 / 255 / 9))
    assert np.array_equal(encoder.view(frames[1]), view[1])
    assert np.array_equal(encoder.encode_view(view), encoder.encode(frames))


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    encoder = with_decoder(random_encoder(rng), rng)
    encoder.save(tmp_path / "some.npz")
    loaded = Encoder.load(tmp_path / "some.npz")
    frames = some_frames(rng, 3, encoder)
    assert np.array_equal(loaded.encode(frames), encoder.encode(frames))
    latents = encoder.encode(frames)
    assert np.array_equal(loaded.decode(latents), encoder.decode(latents))
    assert loaded.decode(latents).shape == (3, *encoder.view_shape)
    assert loaded.decode(latents[0]).shape == encoder.view_shape
    assert loaded.provenance == encoder.provenance
    assert loaded.latent_names == tuple(f"latent_{i}" for i in range(7))
    assert repr(loaded) == "Encoder(some: 12 x 10 x 2 view, 5-6-9 channels, 7 latents)"


def test_an_encoder_goes_to_other_processes() -> None:
    rng = np.random.default_rng(6)
    encoder = random_encoder(rng)
    frames = some_frames(rng, 2, encoder)
    latents = encoder.encode(frames)
    assert np.array_equal(pickle.loads(pickle.dumps(encoder)).encode(frames), latents)


def test_the_decoder_computes_what_torch_does() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(7)
    encoder = with_decoder(random_encoder(rng), rng)
    latents = rng.normal(size=(4, 7)).astype(np.float32)
    decoder = encoder.decoder
    assert decoder is not None
    x = torch.relu(torch.tensor(latents @ decoder.dense.weights.T + decoder.dense.biases))
    x = x.reshape(4, *decoder.start).permute(0, 3, 1, 2)
    for i, layer in enumerate(decoder.deconvolutions):
        weights = torch.tensor(layer.weights).permute(0, 3, 1, 2)
        biases = torch.tensor(layer.biases)
        x = torch.nn.functional.conv_transpose2d(x, weights, biases, layer.stride, layer.padding, layer.extra)
        x = torch.relu(x) if i + 1 < len(decoder.deconvolutions) else torch.sigmoid(x)
    expected = x.permute(0, 2, 3, 1).numpy()
    assert np.abs(encoder.decode(latents) - expected).max() < 1e-5


def archived(encoder: Encoder, **changes: object) -> bytes:
    """A whole file with some of its entries changed; a function changes what is there."""
    from wann.vision.file import packed

    state = archive.unpack(packed(encoder), format="wann-encoder", version=1)
    for key, change in changes.items():
        state[key] = change(state[key]) if callable(change) else change
    return archive.pack(state, format="wann-encoder", version=1)


def first(**changes: object):
    """Changes entries of the first of some layers."""
    return lambda layers: [{**layers[0], **changes}, *layers[1:]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"picture": [26, 20]}, "picture must be a list of 3 integers"),
        ({"picture": [26, 2**40, 3]}, r"picture is 1099511627776; it must be an integer from 1 to 4096"),
        ({"rows": [0, 60]}, "rows, channels and block do not fit the picture"),
        ({"channels": [3]}, "rows, channels and block do not fit the picture"),
        ({"block": 7}, "rows, channels and block do not fit the picture"),
        ({"scale": float("nan")}, "scale is nan; it must be a number above 0"),
        ({"dtype": "object"}, "dtype is 'object'; it must be one of uint8, float32"),
        ({"convolutions": []}, "convolutions must be a list of 1 to 16 layers"),
        ({"convolutions": first(weights=np.ones((5, 4, 4, 1), np.float32))}, "it must have n x n x n x 2"),
        ({"convolutions": first(weights=np.ones((5, 4, 4, 2)))}, "must be an array of float32"),
        ({"convolutions": first(weights=np.full((5, 4, 4, 2), np.inf, np.float32))}, "not finite"),
        ({"convolutions": first(stride=0)}, "stride is 0"),
        ({"convolutions": first(padding=4)}, "a convolution does not fit its input"),
        ({"dense": {"weights": np.ones((7, 3), np.float32), "biases": np.ones(7, np.float32)}}, "it must have n x "),
        ({"decoder": 3}, "decoder is no dictionary"),
        ({"provenance": "me"}, "provenance must be a dictionary"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_a_line(changes: dict, message: str, tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    path.write_bytes(archived(random_encoder(np.random.default_rng(8)), **changes))
    with pytest.raises(WannError, match=message) as caught:
        Encoder.load(path)
    assert str(caught.value).startswith(f"{path}: not an encoder that can be used: ")


def test_other_files_are_refused_in_a_line(tmp_path: Path) -> None:
    encoder = random_encoder(np.random.default_rng(9))
    encoder.save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    plain = io.BytesIO()
    np.savez(plain, weights=np.ones(3))
    not_whole = "cut off or altered (not a whole NPZ file)"
    contents = [
        (not_whole, whole[:-100]),
        (not_whole, plain.getvalue()),
        (not_whole, b""),
        (not_whole, whole.replace(encoder.dense.biases.tobytes(), encoder.dense.biases[::-1].tobytes())),
        ("format 'wann-tuning', version 1; this package reads", archive.pack({}, format="wann-tuning", version=1)),
    ]
    for message, data in contents:
        (tmp_path / "other.npz").write_bytes(data)
        with pytest.raises(WannError) as caught:
            Encoder.load(tmp_path / "other.npz")
        assert message in str(caught.value)
    with pytest.raises(WannError, match=r"none\.npz: cannot be read: No such file"):
        Encoder.load(tmp_path / "none.npz")
    with pytest.raises(WannError, match="there is no encoder 'car-racin', and no such file; those of the package are "):
        Encoder.load("car-racin")


def test_pictures_of_other_shapes_are_refused_in_a_line() -> None:
    encoder = random_encoder(np.random.default_rng(10))
    for wrong in (np.zeros((2, 96, 96, 3), np.uint8), np.zeros((26, 20, 3)), np.zeros(3, np.uint8)):
        with pytest.raises(WannError, match="the encoder some takes pictures of shape 26 x 20 x 3 of uint8; here are some"):
            encoder.encode(wrong)
    with pytest.raises(WannError, match="takes views of shape 12 x 10 x 2; here are some of 12 x 10 x 1"):
        encoder.encode_view(np.zeros((4, 12, 10, 1)))
    with pytest.raises(WannError, match="has no decoder"):
        encoder.decode(np.zeros(7))
    with pytest.raises(WannError, match="has 7 latents; here are some of shape 8"):
        with_decoder(encoder, np.random.default_rng(0)).decode(np.zeros(8))


def test_the_core_refuses_what_does_not_fit() -> None:
    weights, biases = np.ones((2, 3, 3, 1), np.float32), np.ones(2, np.float32)
    dense, one = np.ones((1, 8), np.float32), np.ones(1, np.float32)
    fitting = ((4, 4, 1), [(weights, biases, 1, 0)], dense, one)
    assert _core.Encoder(*fitting).encode(np.ones((1, 4, 4, 1), np.float32)).tolist() == [[8 * 10 + 1]]
    for wrong in (
        ((4, 4, 2), *fitting[1:]),
        ((2, 2, 1), *fitting[1:]),
        (fitting[0], [(weights, one, 1, 0)], dense, one),
        (fitting[0], [(weights, biases, 0, 0)], dense, one),
        (fitting[0], [(weights, biases, 1, 3)], dense, one),
        (fitting[0], [], dense, one),
        (*fitting[:2], dense[:, :7], one),
        (*fitting[:2], dense, biases),
    ):
        with pytest.raises(ValueError, match=r"convolution|layer"):
            _core.Encoder(*wrong)
    with pytest.raises(ValueError, match="frames are"):
        _core.Encoder(*fitting).encode(np.ones((1, 4, 5, 1), np.float32))


@pytest.mark.parametrize("name", vision.names())
def test_encoders_that_ship_do_what_they_say(name: str) -> None:
    encoder = vision.load(name)
    frames = some_frames(np.random.default_rng(11), 9, encoder)
    expected = oracle(encoder, frames)
    assert np.abs(encoder.encode(frames) - expected).max() < 1e-5 * np.abs(expected).max()
    assert encoder.decode(expected).shape == (9, *encoder.view_shape)
    assert {"command", "versions", "held out"} <= set(encoder.provenance)
