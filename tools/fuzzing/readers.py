"""The readers of the package: files that each takes, how they are damaged, and what has to hold of what it accepts."""

import contextlib
import csv
import gzip
import hashlib
import io
import shutil
import struct
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import wann
from fuzzing import damage
from wann import runs
from wann.networks import file as network_file
from wann.networks.fixed import fully_connected
from wann.networks.stepping import Stepper
from wann.runs import Run, RunSettings
from wann.scoring import Budget, Stages
from wann.tasks.data.datasets import deskew, read_idx, shrink
from wann.tasks.data.tables import table_task
from wann.training.weight_tuning import WeightTuning
from wann.vision import Convolution, Decoder, Deconvolution, Dense, Encoder
from wann.vision.file import packed

#: Files by their names, with "/" for folders: what a reader is given.
Files = dict[str, bytes]

#: A network and its task for the checkpoints of a tuning.
_TASK = "cartpole-swingup"


class BrokenPromise(Exception):  # noqa: N818 (it names what happened)
    """A reader accepted a file and did not keep what it says of what it accepts."""


class Reader:
    """One of the package's readers.

    Attributes:
        name: As it is called on the command line, and in `tests/corpus/`.
        seeds: Good files to start from; all have the same names.
        share: Of the time of a fuzzer that runs all readers.
    """

    name: str
    share: float = 1.0

    def __init__(self) -> None:
        self.seeds = self.make_seeds()

    def make_seeds(self) -> list[Files]:
        """Good files."""
        raise NotImplementedError

    def damage(self, files: Files, rng: Random) -> Files:
        """The files with one or some of them damaged."""
        raise NotImplementedError

    def read(self, folder: Path, rng: Random) -> str:
        """Reads the files that lie in a folder, and puts what was accepted to the test.

        Returns:
            What was accepted, in a word or two: files of a kind not seen before are damaged further.

        Raises:
            WannError: The files are refused, as they should be.
            BrokenPromise: Something does not hold of what was accepted.
        """
        raise NotImplementedError


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise BrokenPromise(what)


# Networks


def _networks() -> list[wann.Network]:
    everything = wann.Network(
        inputs=["a", "b"],
        outputs=["x", "y"],
        hidden=[int(a) for a in wann.networks.Activation],
        output_activations=["tanh", "linear"],
        connections=[*([i, i + 3] for i in range(11)), [11, 14], [12, 13]],
    )
    n = everything.n_connections
    recurrent = wann.Network(
        inputs=["a", "b"],
        outputs=["y"],
        hidden=["relu"],
        output_activations="tanh",
        connections=[[1, 3], [3, 4], [3, 3], [4, 3], [2, 4]],
        recurrent=[False, False, True, True, True],
    )
    return [
        everything.with_metadata(task=_TASK, preparation={"mean": [0.0, 1.0], "scale": [1.0, 2.0]}),
        everything.with_tuning(weights=np.linspace(-2, 2, n), shared_weight=1.25),
        recurrent.with_tuning(weights=[1, -1, 0.5, 0.25, 2]),
        fully_connected(("a",), ("y",), ()),
        fully_connected(("a", "b", "c"), ("y", "z"), (3, 2)).with_tuning(shared_weight=-0.5),
    ]


def _run_oddly(network: wann.Network, rng: Random) -> None:
    """Runs a network with weights and inputs at the ends of what numbers can be."""
    odd = (0.0, -0.0, 1.0, -1.5, 1e-40, 1e10, 3e38, -3e38, float("nan"), float("inf"), -float("inf"))
    n = rng.choice((0, 1, 9))
    x = np.array(rng.choices(odd, k=n * network.n_inputs), dtype=np.float32).reshape(n, network.n_inputs)
    if rng.random() < 0.5:
        act = Stepper(network, rng.choice(odd[:8]))
    else:
        act = Stepper(network, weights=rng.choices(odd[:8], k=network.n_connections))
    act(x)
    out = act(x)
    _promise(out.shape == (len(x), network.n_outputs), f"outputs of shape {out.shape}")


def _written_and_read(network: wann.Network, path: Path, *, names: bool) -> None:
    """What is written is read back equal; a ``.out`` file does not hold names, nor a shared weight."""
    try:
        network.save(path)
    except wann.WannError as error:
        _promise(path.suffix == ".out" or "metadata" in str(error), f"accepted, but not written as {path.suffix}: {error}")
        return
    again = wann.Network.load(path)
    if names:
        _promise(again == network and again.metadata == network.metadata, "read back as another network")
        return
    sizes = (again.n_inputs, again.n_outputs, again.n_hidden) == (network.n_inputs, network.n_outputs, network.n_hidden)
    _promise(sizes and again.same_topology(network), f"read back from {path.suffix} as another network")


class _NetworkReader(Reader):
    ending: str

    @property
    def file(self) -> str:
        return "network" + self.ending

    def read(self, folder: Path, rng: Random) -> str:
        network = wann.Network.load(folder / self.file)
        _run_oddly(network, rng)
        if rng.random() < 0.5:
            _written_and_read(network, folder / "again.json", names=True)
        elif rng.random() < 0.2:
            _written_and_read(network, folder / "again.out", names=False)
        return f"{network.n_inputs}, {network.n_outputs}, {min(network.n_hidden, 20)}, {network.weights is None}"


class NetworkJson(_NetworkReader):
    """`wann.Network.load` of a JSON file."""

    name, ending, share = "network-json", ".json", 4.0

    def make_seeds(self) -> list[Files]:
        return [{self.file: network_file.to_json(network).encode()} for network in _networks()]

    def damage(self, files: Files, rng: Random) -> Files:
        return {self.file: _damaged_json_file(files[self.file], rng, self.seeds, self.file)}


class NetworkOut(_NetworkReader):
    """`wann.Network.load` of a ``.out`` file."""

    name, ending, share = "network-out", ".out", 4.0

    def make_seeds(self) -> list[Files]:
        seeds = []
        with tempfile.TemporaryDirectory() as folder:
            for network in _networks():
                if network.is_recurrent:  # no such file can hold it
                    continue
                path = Path(folder) / self.file
                network.save(path)
                seeds.append({self.file: path.read_bytes()})
        return seeds

    def damage(self, files: Files, rng: Random) -> Files:
        data = files[self.file]
        if rng.random() < 0.6:
            return {self.file: damage.damaged_cells(data, rng)}
        return {self.file: damage.damaged_bytes(data, rng, rng.choice(self.seeds)[self.file])}


def _damaged_json_file(data: bytes, rng: Random, seeds: list[Files], name: str) -> bytes:
    """By structure where the data still are JSON, else (and sometimes anyway) by bytes."""
    if rng.random() < 0.7:
        with contextlib.suppress(ValueError, RecursionError):
            return damage.damaged_json(data, rng)
    return damage.damaged_bytes(data, rng, rng.choice(seeds).get(name, b""))


# Checkpoints


def _sealed(arrays: damage.Arrays) -> damage.Arrays:
    """The arrays with the checksum that the package would give them, so that a damage inside reaches the reader."""
    return {**arrays, "sha256": np.frombuffer(_digest(arrays), dtype=np.uint8)}


def _digest(arrays: damage.Arrays) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        if name == "sha256":
            continue
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.digest()


def _check_seal(data: bytes) -> None:
    """A fuzzer that seals in another way than the package would only ever test the checksum."""
    arrays = damage.arrays_of(data)
    if "sha256" in arrays and arrays["sha256"].tobytes() != _digest(arrays):
        raise RuntimeError("checkpoints are sealed in another way than this fuzzer does it: see _digest")


def _damaged_npz(data: bytes, rng: Random, other: bytes) -> bytes:
    try:
        arrays = damage.arrays_of(data)
    except Exception:  # not a whole file any more
        return damage.damaged_bytes(data, rng, other)
    if rng.random() < 0.25:
        return damage.damaged_bytes(data, rng, other)
    sealed = "sha256" in arrays
    if "json" in arrays and rng.random() < 0.5:
        with contextlib.suppress(ValueError, RecursionError):
            arrays["json"] = np.frombuffer(damage.damaged_json(arrays["json"].tobytes(), rng), dtype=np.uint8)
    else:
        arrays = damage.damaged_arrays(arrays, rng, keep=("sha256",))
    if sealed and rng.random() < 0.95:
        arrays = _sealed({name: array for name, array in arrays.items() if array.dtype != object} or arrays)
    return damage.as_npz(arrays, compressed=rng.random() < 0.1)


class Tuning(Reader):
    """`wann.training.WeightTuning.load`."""

    name, file = "tuning", "tuning.npz"

    def make_seeds(self) -> list[Files]:
        self.task = wann.make_task(_TASK)
        self.network = fully_connected(self.task.inputs, self.task.outputs, (2,)).with_tuning(shared_weight=1.0)
        seeds = []
        with tempfile.TemporaryDirectory() as folder:
            for generations in (0, 1, 9):
                tuning = WeightTuning(self.network, self.task, population=4, episodes=1, confirm_episodes=1, threads=1)
                for _ in tuning.run(generations):
                    pass
                path = Path(folder) / self.file
                tuning.save(path)
                _check_seal(path.read_bytes())
                seeds.append({self.file: path.read_bytes()})
        return seeds

    def damage(self, files: Files, rng: Random) -> Files:
        return {self.file: _damaged_npz(files[self.file], rng, rng.choice(self.seeds)[self.file])}

    def read(self, folder: Path, rng: Random) -> str:
        tuning = WeightTuning.load(folder / self.file, self.network, self.task, threads=1)
        _promise(tuning.weights.shape == (self.network.n_connections,), f"weights of shape {tuning.weights.shape}")
        _promise(bool(np.isfinite(tuning.weights).all()), "weights that are not finite")
        if tuning.population * tuning.episodes_per_generation < 10_000:
            for record in tuning.run(1):
                _promise(np.isfinite(record.best_reward), f"a best reward of {record.best_reward}")
        return f"{tuning.population}, {tuning.generation}"


class Comparison(Reader):
    """`wann.scoring.Stages`: the networks of a comparison that was stopped."""

    name, file, asked = "comparison", "unfinished.json", {"task": _TASK, "seed": 1}

    def make_seeds(self) -> list[Files]:
        seeds = []
        budgets = [Budget(episodes=100, environment_steps=90_000), Budget(episodes=7, environment_steps=None)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.file
            stages = Stages(path, self.asked)
            for name, network, spent in zip(("WANN", "tuned weights"), _networks(), budgets, strict=False):
                stages.run(name, lambda network=network, spent=spent: (network, spent))
                seeds.append({self.file: path.read_bytes()})
        return seeds

    def damage(self, files: Files, rng: Random) -> Files:
        return {self.file: _damaged_json_file(files[self.file], rng, self.seeds, self.file)}

    def read(self, folder: Path, rng: Random) -> str:
        stages = Stages(folder / self.file, self.asked)
        found = [stages.run(name, self._looked_for_again) for name in stages.names]
        for one in found:
            _run_oddly(one.network, rng)
            _promise(one.spent.episodes >= 0 and one.seconds >= 0, f"found with {one.spent} in {one.seconds} seconds")
        return f"{len(found)}, {sum(one.spent.environment_steps is None for one in found)}"

    @staticmethod
    def _looked_for_again() -> Any:
        raise BrokenPromise("a network that is kept was looked for again")


class EncoderFile(Reader):
    """`wann.vision.Encoder.load`."""

    name, file = "encoder", "encoder.npz"

    def make_seeds(self) -> list[Files]:
        rng = np.random.default_rng(1)

        def numbers(*shape: int) -> Any:
            return rng.normal(size=shape).astype(np.float32)

        seeds = []
        for decoder in (
            None,
            Decoder(
                Dense(numbers(4, 2), numbers(4)), (2, 2, 1), (Deconvolution(numbers(1, 4, 4, 1), numbers(1), 2, 1, (0, 0)),)
            ),
        ):
            encoder = Encoder(
                name="fuzzed",
                picture=(9, 8, 3),
                dtype="uint8",
                rows=(0, 8),
                channels=(1,),
                block=2,
                scale=1 / 255,
                convolutions=(Convolution(numbers(3, 4, 4, 1), numbers(3), 2, 1),),
                dense=Dense(numbers(2, 12), numbers(2)),
                decoder=decoder,
                provenance={"seed": 1},
            )
            seeds.append({self.file: packed(encoder)})
            _check_seal(seeds[-1][self.file])
        return seeds

    def damage(self, files: Files, rng: Random) -> Files:
        return {self.file: _damaged_npz(files[self.file], rng, rng.choice(self.seeds)[self.file])}

    def read(self, folder: Path, rng: Random) -> str:
        encoder = Encoder.load(folder / self.file)
        latents = encoder.encode(np.full((3, *encoder.picture), 9, dtype=encoder.dtype))
        _promise(latents.shape == (3, encoder.n_latents), f"latents of shape {latents.shape}")
        _promise(np.array_equal(latents[0], latents[2], equal_nan=True), "equal pictures with latents that differ")
        if encoder.decoder is not None:
            views = encoder.decode(latents)
            _promise(views.shape == (3, *encoder.view_shape), f"decoded views of shape {views.shape}")
        return f"{encoder.picture}, {encoder.n_latents}, {encoder.decoder is not None}"


class RunFolder(Reader):
    """`wann.runs.Run.resume`, and the readers of metrics and population."""

    name, share = "run", 3.0

    def make_seeds(self) -> list[Files]:
        with tempfile.TemporaryDirectory() as folder:
            seeds = [self._run(Path(folder) / f"run{n}", n) for n in (1, 3)]
        for files in seeds:
            _check_seal(files[runs.CHECKPOINT])
        # A checkpoint says which settings it belongs to, so only without one do other settings come far.
        return [{runs.CONFIG: seeds[0][runs.CONFIG]}, *seeds]

    def _run(self, folder: Path, generations: int) -> Files:
        config = wann.preset(_TASK, "paper", population=8, generations=generations, confirm_episodes=2, tournament=2)
        with Run.create(folder, RunSettings(task=_TASK, preset="paper", seed=1, config=config), threads=1) as run:
            for _ in run.generations():
                run.checkpoint()
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != runs.LOCK
        }

    def damage(self, files: Files, rng: Random) -> Files:
        out = dict(files)
        for _ in range(rng.choice((1, 1, 1, 2))):
            name = rng.choice(sorted(out)) if out else runs.CONFIG
            kind = rng.randrange(20)
            if kind == 0:
                out.pop(name, None)
            elif kind == 1:
                out[rng.choice(("history/x.json", "history/1e3.json", "history/-1.json", "x.tmp"))] = out.get(name, b"")
            elif name in out:
                out[name] = self._damaged(name, out[name], rng)
        return out

    def _damaged(self, name: str, data: bytes, rng: Random) -> bytes:
        other = rng.choice(self.seeds).get(name, b"")
        if name.endswith(".npz"):
            return _damaged_npz(data, rng, other)
        if name == runs.METRICS and rng.random() < 0.6:
            with contextlib.suppress(ValueError, RecursionError):
                return damage.damaged_json_lines(data, rng)
        return _damaged_json_file(data, rng, self.seeds, name)

    def read(self, folder: Path, rng: Random) -> str:
        with Run.resume(folder, threads=1) as run:
            self._check(run, folder)
            if run.search.config.population <= 64 and len(run.search.config.weights) <= 16 and rng.random() < 0.2:
                next(run.generations(), None)
            return f"{run.settings.task:.30}, {min(run.search.generation, 5)}, {len(run.warnings)}"

    def _check(self, run: Run, folder: Path) -> None:
        generation = run.search.generation
        records = runs.read_metrics(folder) if (folder / runs.METRICS).exists() else []
        found = [record.get("generation") if isinstance(record, dict) else None for record in records]
        _promise(found == list(range(generation)), f"resumed at generation {generation}, but its metrics are of {found}")
        population = runs.read_population(folder)
        _promise(population is None or 0 <= population.generation < generation, "the population is of a later generation")


# Data


class _Table(Reader):
    """`wann.tasks.data.table_task` of a file, and a search on what it accepts."""

    file: str

    def read(self, folder: Path, rng: Random) -> str:
        kind = rng.choice((None, None, "classification", "regression"))
        task = table_task(folder / self.file, target="y", kind=kind)
        for part in (task, task.held_out):
            _promise(part is not None and bool(np.isfinite(part.x).all()), "samples that are not finite")
        if rng.random() < 0.1:
            _searched(task)
        return f"{type(task).__name__}, {min(len(task.inputs), 5)}, {min(len(task.outputs), 5)}"


class Csv(_Table):
    """`wann.tasks.data.table_task` of a CSV file."""

    name, file, share = "csv", "table.csv", 3.0

    def make_seeds(self) -> list[Files]:
        rng = Random(1)
        numbers = [[f"{rng.uniform(-3, 3):.3f}" for _ in range(3)] for _ in range(12)]
        classes = [[*row, str(i % 3)] for i, row in enumerate(numbers)]
        words = [[*row, ("cat", "dog")[i % 2]] for i, row in enumerate(numbers)]
        reals = [[*row, f"{float(row[0]) * 2:.3f}"] for row in numbers]
        seeds = []
        for rows in (classes, words, reals):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([["a", "b", "c", "y"], *rows])
            seeds.append({self.file: text.getvalue().encode()})
        return seeds

    def damage(self, files: Files, rng: Random) -> Files:
        data = files[self.file]
        if rng.random() < 0.7:
            return {self.file: damage.damaged_cells(data, rng)}
        return {self.file: damage.damaged_bytes(data, rng, rng.choice(self.seeds)[self.file])}


def _searched(task: wann.tasks.Task) -> None:
    config = wann.SearchConfig(population=4, generations=1, tournament=2, confirm_episodes=1)
    for record in wann.Search(task, config, threads=1).run():
        _promise(np.isfinite(record.best_mean_reward), f"a reward of {record.best_mean_reward}")


class Parquet(_Table):
    """`wann.tasks.data.table_task` of a Parquet file."""

    name, file = "parquet", "table.parquet"

    def make_seeds(self) -> list[Files]:
        import pyarrow

        n = 12
        numbers = {"a": np.linspace(-1, 1, n), "b": np.arange(n, dtype=np.int32), "c": np.arange(n) % 5 / 4.0}
        return [
            {self.file: _as_parquet(pyarrow.table({**numbers, "y": labels}))}
            for labels in (np.arange(n) % 3, np.array(["cat", "dog"] * (n // 2)), np.linspace(0, 5, n))
        ]

    def damage(self, files: Files, rng: Random) -> Files:
        if rng.random() < 0.5:
            return {self.file: _as_parquet(_odd_table(rng))}
        return {self.file: damage.damaged_bytes(files[self.file], rng, rng.choice(self.seeds)[self.file])}


def _as_parquet(table: Any) -> bytes:
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _odd_table(rng: Random) -> Any:
    """A table with columns of types that other programs write, and values at their ends."""
    import datetime
    import decimal

    import pyarrow

    n = rng.choice((0, 1, 2, 4, 12))
    kinds: list[Callable[[], Any]] = [
        lambda: pyarrow.array([rng.uniform(-3, 3) for _ in range(n)]),
        lambda: pyarrow.array([rng.choice((0, 1, None)) for _ in range(n)], type=pyarrow.int64()),
        lambda: pyarrow.array([rng.choice((2**63 - 1, -(2**63), 2**53 + 1)) for _ in range(n)], type=pyarrow.int64()),
        lambda: pyarrow.array([rng.choice((2**64 - 1, 0)) for _ in range(n)], type=pyarrow.uint64()),
        lambda: pyarrow.array([rng.choice((np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320)) for _ in range(n)]),
        lambda: pyarrow.array([rng.random() < 0.5 for _ in range(n)]),
        lambda: pyarrow.array([rng.choice(("cat", "dog", "", None, "\x1b[31m", "x" * 5000)) for _ in range(n)]),
        lambda: pyarrow.array([None] * n),
        lambda: pyarrow.array([b"\xff\x00"] * n),
        lambda: pyarrow.array([decimal.Decimal("1.50"), None] * (n // 2) + [None] * (n % 2), type=pyarrow.decimal128(9, 2)),
        lambda: pyarrow.array([datetime.datetime(2020, 1, 1)] * n),
        lambda: pyarrow.array([datetime.timedelta(days=1)] * n),
        lambda: pyarrow.array([[1.0, 2.0]] * n, type=pyarrow.list_(pyarrow.float64())),
        lambda: pyarrow.array([{"p": 1}] * n, type=pyarrow.struct([("p", pyarrow.int8())])),
        lambda: pyarrow.array(["cat", "dog"] * (n // 2) + ["cat"] * (n % 2)).dictionary_encode(),
        lambda: pyarrow.array(np.arange(n) % 2, type=pyarrow.float32()),
    ]
    names = [rng.choice(("a", "b", "", "x" * 3000, "\x1b[31m", "two\nlines", "😀")) for _ in range(rng.choice((0, 1, 2, 3)))]
    names.insert(rng.randrange(len(names) + 1), rng.choice(("y", "y", "y", "z")))
    return pyarrow.Table.from_arrays([rng.choice(kinds)() for _ in names], names=names)


class Idx(Reader):
    """`wann.tasks.data.read_idx` of the four files of MNIST, and what is done to its images."""

    name = "idx"

    def make_seeds(self) -> list[Files]:
        return [_mnist_files(packed=packed) for packed in (False, True)]

    def damage(self, files: Files, rng: Random) -> Files:
        out = dict(files)
        name = rng.choice(sorted(out))
        data = out[name]
        packed = name.endswith(".gz")
        if packed and rng.random() < 0.5:
            with contextlib.suppress(Exception):  # not a whole gzip file any more
                out[name] = gzip.compress(_damaged_idx(gzip.decompress(data), rng), 1, mtime=0)
                return out
        out[name] = damage.damaged_bytes(data, rng) if packed else _damaged_idx(data, rng)
        return out

    def read(self, folder: Path, rng: Random) -> str:
        shapes = []
        for path in sorted(folder.iterdir()):
            array = read_idx(path, 3 if "images" in path.name else 1)
            shapes.append(array.shape)
            if array.ndim == 3:
                images = shrink(deskew(array), 16)
                _promise(images.shape == (len(array), 16, 16), f"images of shape {images.shape}")
                _promise(bool(np.isfinite(images).all()), "images that are not finite")
        return f"{shapes}"


def _mnist_files(*, packed: bool) -> Files:
    rng = np.random.default_rng(1)
    files = {}
    for part, n in (("train", 4), ("t10k", 2)):
        images = struct.pack(">4I", 0x803, n, 5, 6) + rng.integers(0, 256, n * 30, dtype=np.uint8).tobytes()
        labels = struct.pack(">2I", 0x801, n) + (np.arange(n) % 10).astype(np.uint8).tobytes()
        for kind, data in (("images-idx3", images), ("labels-idx1", labels)):
            files[f"{part}-{kind}-ubyte" + ".gz" * packed] = gzip.compress(data, 1, mtime=0) if packed else data
    return files


def _damaged_idx(data: bytes, rng: Random) -> bytes:
    """Often a header of another shape over data of the size that it asks for."""
    if rng.random() < 0.5 or len(data) < 8:
        return damage.damaged_bytes(data, rng)
    dimensions = data[3] if data[3] in (1, 3) else 3
    shape = [rng.choice((0, 1, 2, 4, 5, 28, 300)) for _ in range(dimensions)]
    shape[0] = rng.choice((shape[0], *struct.unpack(">I", data[4:8]))) % 1000
    return data[:4] + struct.pack(f">{dimensions}I", *shape) + rng.randbytes(int(np.prod(shape)))


READERS: Mapping[str, type[Reader]] = {
    reader.name: reader
    for reader in (NetworkJson, NetworkOut, Tuning, Comparison, EncoderFile, RunFolder, Csv, Parquet, Idx)
}


def lay(files: Files, folder: Path) -> None:
    """Makes a folder hold these files; of a reader's only file, whatever the reader wrote beside it may stay."""
    if len(files) != 1 or not folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for name, data in files.items():
        if "/" in name:
            (folder / name).parent.mkdir(exist_ok=True)
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)


def files_in(folder: Path) -> Files:
    """The files of a folder by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
