"""The run folder: everything that is needed to repeat, to follow, and to go on with a search.

======================  ==========================================================================================
``config.json``         task, preset, settings and seed: enough to repeat the run
``metrics.jsonl``       a line for each generation (`wann.search.Generation`)
``champion.json``       the champion, a network file whose metadata hold its scores
``history/``            every champion in turn, named by the generation that made it champion
``population.json``     rewards and sizes of the last generation's individuals (`wann.population.PopulationScores`)
``checkpoint.npz``      the state of the search, with a checksum; ``checkpoint.previous.npz`` is the one before it
======================  ==========================================================================================
"""

import dataclasses
import fcntl
import hashlib
import io
import json
import os
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wann import network_file, seeding
from wann.champion import Champion
from wann.config import SearchConfig
from wann.errors import WannError
from wann.files import write_bytes, write_text
from wann.network import Network
from wann.population import PopulationScores
from wann.search import Generation, Search
from wann.tasks import Task, make_task
from wann.tasks.data import DataTask

FORMAT = "wann-run"
VERSION = 1
CHECKPOINT_VERSION = 1
#: Seconds between checkpoints.
CHECKPOINT_INTERVAL = 10.0

CONFIG, METRICS, CHAMPION, HISTORY = "config.json", "metrics.jsonl", "champion.json", "history"
POPULATION = "population.json"
CHECKPOINT, PREVIOUS_CHECKPOINT, LOCK = "checkpoint.npz", "checkpoint.previous.npz", ".lock"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What a run was started with: the content of config.json."""

    task: str
    task_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    preset: str = "default"
    seed: int = 0
    start: tuple[Network, ...] = ()  #: what the first population consists of, instead of random networks
    config: SearchConfig

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        from wann import __version__

        return {
            "format": FORMAT,
            "version": VERSION,
            "wann_version": __version__,
            "task": self.task,
            "task_options": self.task_options,
            "preset": self.preset,
            "seed": self.seed,
            "config": self.config.to_dict(),
            **({"start": [json.loads(network_file.to_json(network)) for network in self.start]} if self.start else {}),
        }

    @classmethod
    def load(cls, folder: Path) -> "RunSettings":
        """Reads config.json.

        Raises:
            WannError: The folder holds no run, or its configuration is damaged.
        """
        path = folder / CONFIG
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT or data["version"] != VERSION:
                raise WannError(
                    f"{path}: format {data['format']!r}, version {data['version']!r} is not one this package reads"
                )
            return cls(
                task=data["task"],
                task_options=data["task_options"],
                preset=data["preset"],
                seed=seeding.check_seed(data["seed"]),
                config=SearchConfig.from_dict(data["config"], where=str(path)),
                start=tuple(network_file.from_json(json.dumps(network)) for network in data.get("start", ())),
            )
        except FileNotFoundError:
            raise WannError(f"{folder} holds no run: there is no {CONFIG} in it") from None
        except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise WannError(f"{path} is damaged: {type(error).__name__}: {error}") from None


class Run:
    """A search in a folder. Use `create` or `resume`, and close it (or use it as a context manager)."""

    def __init__(self, folder: Path, settings: RunSettings, search: Search, lock: IO[str]) -> None:
        self.folder = folder
        self.settings = settings
        self.search = search
        self.warnings: list[str] = []  #: what went wrong with a checkpoint and was got around
        self._lock = lock
        self._metrics: IO[str] | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        settings: RunSettings,
        *,
        task: Task | None = None,
        threads: int | None = None,
        overwrite: bool = False,
    ) -> "Run":
        """Starts a run in a new folder.

        Args:
            folder: Where; it must not exist, be empty, or hold a run that may be overwritten.
            settings: What to run.
            task: The task, if it is at hand already.
            threads: Threads for rollouts; all cores by default.
            overwrite: Delete the run that the folder holds.

        Raises:
            WannError: The folder exists, is no run, or another process uses it.
        """
        task = make_task(settings.task, **settings.task_options) if task is None else task
        search = _search(task, settings, threads)
        if folder.exists() and (not folder.is_dir() or any(p.name != LOCK for p in folder.iterdir())):
            if not overwrite:
                raise WannError(f"{folder} exists; choose another folder with --out, or replace it with --overwrite")
            if not (folder / CONFIG).is_file():
                raise WannError(f"{folder} is not the folder of a run, so it is not overwritten")
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        for path in folder.iterdir():
            if path.name != LOCK:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (folder / HISTORY).mkdir()
        write_text(folder / CONFIG, json.dumps(settings.to_dict(), indent=2) + "\n")
        return cls(folder, settings, search, lock)

    @classmethod
    def resume(cls, folder: Path, *, task: Task | None = None, threads: int | None = None) -> "Run":
        """Goes on with a run from its last good checkpoint, or from its start if there is none yet.

        Raises:
            WannError: The folder holds no run, no checkpoint in it is whole, or another process uses it.
        """
        settings = RunSettings.load(folder)
        task = make_task(settings.task, **settings.task_options) if task is None else task
        run = cls(folder, settings, _search(task, settings, threads), _lock(folder))
        try:
            run._restore()
        except BaseException:
            run.close()
            raise
        return run

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files and gives the folder free."""
        if self._metrics is not None:
            self._metrics.close()
            self._metrics = None
        self._lock.close()

    def generations(self) -> Generator[Generation, None, None]:
        """Runs the search to its end, and gives a record of each generation.

        Every few seconds, at the end, and when it is interrupted, a checkpoint is written. If that fails (a full disk, say)
        the error is raised and the last checkpoint stays whole.
        """
        search = self.search
        champion = search.champion if search.generation else None
        due = time.monotonic() + CHECKPOINT_INTERVAL
        saved = recorded = search.generation
        try:
            for record in search.run():
                with _interrupts_held():
                    self._write_metrics(record)
                    if champion is None or not search.champion.same_topology(champion):
                        self._write_champion(search.champion_record, record.generation)
                    champion, recorded = search.champion, search.generation
                if time.monotonic() >= due:
                    self.checkpoint()
                    saved, due = search.generation, time.monotonic() + CHECKPOINT_INTERVAL
                yield record
        finally:
            # Interrupted inside a generation, the search stands where that generation began. A generation without its
            # metrics and champion in the folder comes again from the last checkpoint.
            if saved != search.generation == recorded:
                with _interrupts_held():
                    self.checkpoint()

    def checkpoint(self) -> None:
        """Writes the state of the search; the last checkpoint becomes the one before it."""
        if self._metrics is not None:
            self._metrics.flush()
            os.fsync(self._metrics.fileno())
        # Before the checkpoint: a run that is killed between the two writes it again, one that stands at its end would not.
        population = self.search.population_scores
        if population is not None:
            write_text(self.folder / POPULATION, population.to_json())
        current = self.folder / CHECKPOINT
        data = _pack(self.search.state())
        if current.exists():
            # A hard link first, so that at no moment there is no checkpoint at all.
            beside = self.folder / (PREVIOUS_CHECKPOINT + ".tmp")
            beside.unlink(missing_ok=True)
            os.link(current, beside)
            os.replace(beside, self.folder / PREVIOUS_CHECKPOINT)
        write_bytes(current, data)
        write_text(self.folder / CHAMPION, network_file.to_json(_annotated(self.search.champion_record, self)))

    def finish(self, **metadata: Any) -> None:
        """Adds the final scores to champion.json."""
        champion = _annotated(self.search.champion_record, self).with_metadata(**metadata)
        write_text(self.folder / CHAMPION, network_file.to_json(champion))

    def _write_metrics(self, record: Generation) -> None:
        if self._metrics is None:
            self._metrics = open(self.folder / METRICS, "a", encoding="utf-8")  # noqa: SIM115 (stays open)
        self._metrics.write(json.dumps(dataclasses.asdict(record)) + "\n")
        self._metrics.flush()

    def _write_champion(self, champion: Champion, generation: int) -> None:
        text = network_file.to_json(_annotated(champion, self))
        write_text(self.folder / HISTORY / f"{generation:07d}.json", text)
        write_text(self.folder / CHAMPION, text)

    def _restore(self) -> None:
        state = self._last_good_state()
        generation = 0
        if state is not None:
            self.search.restore(state)
            generation = self.search.generation
        self._cut_back(generation)

    def _last_good_state(self) -> dict[str, Any] | None:
        refused = []
        for name in (CHECKPOINT, PREVIOUS_CHECKPOINT):
            path = self.folder / name
            if not path.exists():
                continue
            try:
                state = _unpack(path.read_bytes())
            except WannError as error:
                refused.append(f"refused {path}: {error}")
                continue
            self.warnings += [f"{text}; going on from the checkpoint before it" for text in refused]
            return state
        if refused:
            raise WannError("no checkpoint is whole: " + "; ".join(refused))
        return None

    def _cut_back(self, generation: int) -> None:
        """Takes metrics and champions of later generations away (they come again), and what a kill left half-written."""
        for rest in self.folder.rglob("*.tmp"):
            rest.unlink()
        path = self.folder / METRICS
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:generation]
            if len(lines) < generation:
                raise WannError(f"{path} has {len(lines)} lines, but the checkpoint stands at generation {generation}")
            write_text(path, "".join(lines))
        elif generation:
            raise WannError(f"{path} is missing, but the checkpoint stands at generation {generation}")
        self._cut_back_population(generation)
        (self.folder / HISTORY).mkdir(exist_ok=True)
        for champion in (self.folder / HISTORY).glob("*.json"):
            if int(champion.stem) >= generation:
                champion.unlink()

    def _cut_back_population(self, generation: int) -> None:
        try:
            population = read_population(self.folder)
        except WannError as error:
            self.warnings.append(f"{error}; it is left out")
            (self.folder / POPULATION).unlink()
        else:
            if population is not None and population.generation >= generation:
                (self.folder / POPULATION).unlink()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Has Ctrl-C wait until what is inside is done."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is None:
        yield  # Python neither gets the signal here nor could put its handler back
        return
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        signal.raise_signal(signal.SIGINT)


def _search(task: Task, settings: RunSettings, threads: int | None) -> Search:
    return Search(task, settings.config, seed=settings.seed, threads=threads, start=settings.start)


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl; a last line that was cut off is left out."""
    records = []
    for line in (folder / METRICS).read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def read_population(folder: Path) -> PopulationScores | None:
    """The scores of the last generation's individuals; None where the run keeps none, as runs of old versions do.

    Raises:
        WannError: The file is damaged.
    """
    path = folder / POPULATION
    if not path.is_file():
        return None
    return PopulationScores.from_json(path.read_text(encoding="utf-8", errors="replace"), str(path))


def _lock(folder: Path) -> IO[str]:
    lock = open(folder / LOCK, "w", encoding="utf-8")  # noqa: SIM115 (stays open)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise WannError(f"{folder} is in use by another run") from None
    return lock


def _annotated(champion: Champion, run: Run) -> Any:
    """The champion's network with its scores and its origin as metadata."""
    from wann import __version__

    task = run.search.task
    return champion.network.with_metadata(
        task=run.settings.task,
        task_options=run.settings.task_options,
        seed=run.settings.seed,
        preset=run.settings.preset,
        wann_version=__version__,
        generation=champion.generation,
        change=champion.change,
        search_score={
            "mean_reward": champion.mean_reward,
            "best_reward": champion.best_reward,
            "weights": list(run.settings.config.weights),
            "rewards": list(champion.rewards),
            "episodes": champion.episodes,
            **({"split": task.split} if isinstance(task, DataTask) else {}),
        },
        **({"preparation": task.preparation} if isinstance(task, DataTask) and task.preparation else {}),
    )


# A checkpoint is an NPZ without pickles: the arrays of the state, everything else as one JSON text, and a SHA-256 over all.


def _pack(state: Mapping[str, Any]) -> bytes:
    arrays: dict[str, NDArray[Any]] = {}
    rest = _split(state, "", arrays)
    arrays["json"] = np.frombuffer(json.dumps({"version": CHECKPOINT_VERSION, "state": rest}).encode(), dtype=np.uint8)
    arrays["sha256"] = np.frombuffer(_digest(arrays), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _split(value: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """The value as JSON, with each array and network replaced by where it stands."""
    from wann.network import Network

    if isinstance(value, Mapping):
        return {k: _split(v, f"{path}/{k}", arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [_split(v, f"{path}/{i}", arrays) for i, v in enumerate(value)]
    if isinstance(value, tuple):
        return {"tuple": [_split(v, f"{path}/{i}", arrays) for i, v in enumerate(value)]}
    if isinstance(value, Network):
        return {"network": network_file.to_json(value)}
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    return value


def _unpack(data: bytes) -> dict[str, Any]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found = arrays.pop("sha256").tobytes()
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError):
        raise WannError("cut off or altered (not a whole NPZ file)") from None
    if found != _digest(arrays):
        raise WannError("altered (its checksum does not fit)")
    content = json.loads(arrays.pop("json").tobytes())
    if content["version"] != CHECKPOINT_VERSION:
        raise WannError(f"its version is {content['version']}; this package reads {CHECKPOINT_VERSION}")
    state: dict[str, Any] = _merge(content["state"], arrays)
    return state


def _merge(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_merge(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"array"}:
        return arrays[value["array"]]
    if value.keys() == {"tuple"}:
        return tuple(_merge(v, arrays) for v in value["tuple"])
    if value.keys() == {"network"}:
        return network_file.from_json(value["network"])
    return {k: _merge(v, arrays) for k, v in value.items()}


def _digest(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.digest()
