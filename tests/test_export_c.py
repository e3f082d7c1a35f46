"""C: compiled by two compilers without a warning, run against the oracle and the core; compiled for a small controller."""

import ctypes
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import wann
from exports import (
    assert_within,
    expected,
    far_and_near,
    hostile_network,
    inputs_for,
    networks_of_any_kind,
    of_one_activation,
)
from wann import Network, WannError
from wann.export import to_c
from wann.networks import Activation

GCC = shutil.which("gcc")
CLANG = next(filter(None, map(shutil.which, ("clang-19", "clang-18", "clang-17", "clang-16", "clang"))), None)
COMPILERS = {"gcc": GCC, "clang": CLANG}

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wdouble-promotion", "-Wshadow", "-Werror")
#: Nothing of a library may be needed.
ALONE = ("-ffreestanding", "-nostdlib", "-shared", "-fPIC")
#: A controller with 4 KiB of memory, say, and without an operating system.
CONTROLLER = ("--target=arm-none-eabi", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-ffreestanding", "-Os", "-c")

Pointer = ctypes.POINTER(ctypes.c_float)


@pytest.fixture(params=COMPILERS)
def compiler(request: pytest.FixtureRequest) -> str:
    found = COMPILERS[request.param]
    if found is None:
        pytest.skip(f"there is no compiler {request.param}")
    return found


def compiled(compiler: str, source: str, folder: Path, *options: str) -> ctypes.CDLL:
    """A library of the source."""
    path = folder / "network.c"
    path.write_text(source, encoding="utf-8")
    library = folder / "network.so"
    done = subprocess.run(
        [compiler, *STRICT, *ALONE, *options, path, "-o", library], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(os.fspath(library))


def run(library: ctypes.CDLL, name: str, x: np.ndarray, n_outputs: int, *weight: float) -> np.ndarray:
    """What the function gives for each row."""
    function, y = getattr(library, name), np.full((len(x), n_outputs), np.nan, dtype=np.float32)
    function.restype = None
    for given, out in zip(np.ascontiguousarray(x), y, strict=True):
        function(given.ctypes.data_as(Pointer), out.ctypes.data_as(Pointer), *map(ctypes.c_float, weight))
    return y


def test_random_networks_in_one_file(compiler: str, tmp_path: Path) -> None:
    networks = list(networks_of_any_kind(150))
    library = compiled(compiler, "\n".join(to_c(n, name=f"net{i}") for i, n in enumerate(networks)), tmp_path)
    for i, network in enumerate(networks):
        x = inputs_for(network)
        weight = () if network.weights is not None else (network.shared_weight,)
        assert_within(run(library, f"net{i}", x, network.n_outputs, *weight), expected(network, x), i)


def test_each_activation_far_from_zero_and_near(compiler: str, tmp_path: Path) -> None:
    networks = [of_one_activation(activation) for activation in Activation]
    library = compiled(compiler, "\n".join(to_c(n, name=f"net{i}") for i, n in enumerate(networks)), tmp_path, "-O2")
    x = far_and_near()
    for i, network in enumerate(networks):
        np.testing.assert_allclose(run(library, f"net{i}", x, 1, 1.0), network(x), rtol=1e-6, atol=1e-6, err_msg=str(i))
        with np.errstate(invalid="ignore"):
            past = np.array([[np.inf], [-np.inf]], dtype=np.float32)
            np.testing.assert_allclose(run(library, f"net{i}", past, 1, 1.0), network(past), atol=1e-6, err_msg=str(i))


@pytest.mark.parametrize("weight", ["shared", "individual"])
@pytest.mark.parametrize("name", wann.zoo.names())
def test_the_zoo(compiler: str, name: str, weight: str, tmp_path: Path) -> None:
    network = wann.zoo.load(name)
    library = compiled(compiler, to_c(network, weight=weight), tmp_path)
    x = np.random.default_rng(0).normal(size=(50, network.n_inputs)).astype(np.float32)
    shared = (network.shared_weight,) if weight == "shared" else ()
    assert_within(run(library, "network", x, network.n_outputs, *shared), expected(network, x, *shared))


def test_the_weight_is_an_argument(compiler: str, tmp_path: Path) -> None:
    network = wann.zoo.load("cartpole-swingup")
    source, x = to_c(network, weight="shared"), inputs_for(network)
    assert "#define NETWORK_WEIGHT 0.775f\n" in source
    assert "void network(const float *in, float *out, float w);" in source
    library = compiled(compiler, source, tmp_path)
    for weight in (-2.0, 0.25):
        assert_within(run(library, "network", x, 1, weight), expected(network, x, weight))


@pytest.mark.parametrize("weight", ["shared", "individual"])
@pytest.mark.parametrize("name", ["bipedal-walker", "bipedal-walker-quantized"])
def test_a_walker_takes_less_than_ten_kilobytes(name: str, weight: str) -> None:
    assert len(to_c(wann.zoo.load(name), weight=weight)) < 10_000


@pytest.mark.parametrize("weight", ["shared", "individual"])
@pytest.mark.parametrize("name", ["bipedal-walker", "bipedal-walker-quantized", "cartpole-swingup"])
def test_it_fits_a_cortex_m4(name: str, weight: str, tmp_path: Path) -> None:
    """Code and constants in less than 6 kB, no memory of its own, and nothing that a library would have to give."""
    if CLANG is None:
        pytest.skip("there is no compiler clang, which compiles for a Cortex-M")
    source, made = tmp_path / "network.c", tmp_path / "network.o"
    source.write_text(to_c(wann.zoo.load(name), weight=weight), encoding="utf-8")
    subprocess.run([CLANG, *STRICT, *CONTROLLER, source, "-o", made], check=True)
    sizes = sections(made.read_bytes())
    assert sum(size for section, size in sizes.items() if section.startswith((".text", ".rodata"))) < 6_000
    assert not any(size for section, size in sizes.items() if section.startswith((".data", ".bss")))
    assert not undefined(made.read_bytes())


def sections(data: bytes) -> dict[str, int]:
    """Names and sizes of the sections of a 32-bit ELF file."""
    return {name: header[5] for name, header in _headers(data)}


def undefined(data: bytes) -> set[str]:
    """The symbols that it needs from elsewhere."""
    headers = _headers(data)
    table = next(header for name, header in headers if name == ".symtab")
    names = headers[table[6]][1][4]
    symbols = [np.frombuffer(data, "<u4", 4, table[4] + at) for at in range(16, table[5], 16)]
    return {_text(data, names + int(s[0])) for s in symbols if s[3] >> 16 == 0}


def _headers(data: bytes) -> list[tuple[str, list[int]]]:
    start, count, names = (int(np.frombuffer(data, kind, 1, at)[0]) for kind, at in (("<u4", 32), ("<u2", 48), ("<u2", 50)))
    rows = np.frombuffer(data, "<u4", 10 * count, start).reshape(count, 10).tolist()
    return [(_text(data, rows[names][4] + row[0]), row) for row in rows]


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode()


def test_hostile_names_stay_in_comments(compiler: str, tmp_path: Path) -> None:
    network = hostile_network()
    source, x = to_c(network), np.ones((3, network.n_inputs), dtype=np.float32)
    assert source.count("*/") == source.count("/*")
    assert source.isascii() or "é" in source
    assert_within(run(compiled(compiler, source, tmp_path), "network", x, 3, 0.5), expected(network, x))


def test_nothing_in_it_is_unused(compiler: str, tmp_path: Path) -> None:
    """A network that looks at nothing, and one with a node that leads nowhere."""
    blind = Network(inputs=["x"], outputs=["y"], hidden=[], output_activations="cosine", connections=[])
    idle = Network(inputs=["x"], outputs=["y"], hidden=["sine"], output_activations="linear", connections=[(1, 2), (1, 3)])
    library = compiled(compiler, to_c(blind, weight=1.0, name="blind") + to_c(idle, weight=1.0, name="idle"), tmp_path)
    assert run(library, "blind", np.ones((1, 1), np.float32), 1, 1.0) == 1
    assert run(library, "idle", np.ones((1, 1), np.float32), 1, 2.0) == 2
    assert "h2" not in to_c(idle, weight=1.0)


@pytest.mark.parametrize("name", ["", "2nd", "a-b", "while", "main", "x" * 64, "a b", "é"])
def test_the_name_is_one_of_c(name: str) -> None:
    network = of_one_activation(Activation.TANH)
    with pytest.raises(WannError, match=r"^name is "):
        to_c(network, name=name)


def test_no_library_is_included() -> None:
    for network in networks_of_any_kind(50):
        assert set(re.findall(r"#include <(.*)>", to_c(network))) <= {"stdint.h"}
