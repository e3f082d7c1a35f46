"""A search in a folder, which saves it and goes on with it."""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from wann.arguments import check_instance, check_path
from wann.errors import WannError
from wann.execution.evaluator import Evaluator
from wann.files import naming, write_bytes, write_text
from wann.interrupts import held
from wann.networks.network import Network
from wann.runs import champions, metrics, population
from wann.runs import folder as run_folder
from wann.runs.champions import annotated, write_network
from wann.runs.checkpoint import Checkpoint, ForeignCheckpointError
from wann.runs.folder import CHAMPION, CHECKPOINT, CONFIG, HISTORY, METRICS, POPULATION, PREVIOUS_CHECKPOINT
from wann.runs.lock import Lock
from wann.runs.metrics import MetricsFile
from wann.runs.settings import RunSettings
from wann.runs.workers import WorkersFile
from wann.search.champion import Champion
from wann.search.history import Callback, Generation
from wann.search.search import Search
from wann.tasks import Task, make_task
from wann.tasks.for_network import check_trusted
from wann.tasks.protocol import check_fits

#: Seconds between checkpoints.
CHECKPOINT_INTERVAL = 10.0


class Run:
    """A search in a folder. Use `create` or `resume`, and close it (or use it as a context manager)."""

    def __init__(self, folder: Path, settings: RunSettings, search: Search, lock: Lock) -> None:
        self.folder = folder
        self.settings = settings
        self.search = search
        self.warnings: list[str] = []  #: what was damaged in the folder and was got around, a line each
        self._lock = lock
        self._metrics = MetricsFile(folder)
        self._workers = WorkersFile(folder)
        self._under_way: Generator[Generation, None, None] | None = None

    @classmethod
    def create(
        cls,
        folder: str | Path,
        settings: RunSettings,
        *,
        task: Task | None = None,
        threads: int | None = None,
        evaluator: Evaluator | None = None,
        overwrite: bool = False,
        on_generation: Callback | Sequence[Callback] = (),
    ) -> "Run":
        """Starts a run in a new folder.

        Args:
            folder: Where; it must not exist, be empty, or hold a run that may be overwritten.
            settings: What to run.
            task: The task, if it is at hand already.
            threads: Threads for rollouts; all cores by default.
            evaluator: Where networks run; the threads of this process if None.
            overwrite: Delete the run that the folder holds.
            on_generation: Called after each generation, before it is saved; see `wann.Search`.

        Raises:
            WannError: The folder exists, is no run, or another process uses it.
        """
        folder = check_path(folder, "folder")
        check_instance(settings, RunSettings, "settings")
        search, config = _search(settings, task, threads, evaluator, on_generation), settings.to_json()
        run_folder.check_may_be_used(folder, overwrite)
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder)
        try:
            # Once more: another process may have been quicker.
            run_folder.check_may_be_used(folder, overwrite)
            run_folder.empty(folder)
            write_text(folder / CONFIG, config, make_folder=False)
            (folder / HISTORY).mkdir()
        except BaseException:
            lock.close()
            raise
        return cls(folder, settings, search, lock)

    @classmethod
    def resume(
        cls,
        folder: str | Path,
        *,
        task: Task | None = None,
        threads: int | None = None,
        evaluator: Evaluator | None = None,
        on_generation: Callback | Sequence[Callback] = (),
    ) -> "Run":
        """Goes on with a run from its last good checkpoint, or from its start if there is none yet.

        The arguments are those of `create`. The search's history holds the generations before, too.
        What is damaged and can be got around is told in `warnings`.

        Raises:
            WannError: The folder holds no run, another process uses it, or a file is damaged that the run cannot do without:
                config.json, both checkpoints, or a line of metrics.jsonl up to the checkpoint. Or config.json does not hold
                the settings any more that the checkpoint was made with, or asks for a task that only a person may ask for
                (`wann.tasks.for_network.check_trusted`) and ``task`` is not given.
        """
        folder = check_path(folder, "folder")
        RunSettings.load(folder)  # before the lock, which would put a file into a folder that is none of ours
        lock = Lock(folder)
        try:
            settings = RunSettings.load(folder)
            if task is None:
                check_trusted(settings.task, settings.task_options, str(folder / CONFIG))
            run = cls(folder, settings, _search(settings, task, threads, evaluator, on_generation), lock)
            run._restore()
        except BaseException:
            lock.close()
            raise
        return run

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Saves what `generations` has done, where it was left in between, closes the files and gives the folder free."""
        try:
            if self._under_way is not None:
                self._under_way.close()
        finally:
            self._metrics.close()
            self._lock.close()

    def generations(self) -> Generator[Generation, None, None]:
        """Runs the search to its end, and gives a record of each generation.

        Every few seconds, at the end, and when it is interrupted, a checkpoint is written. If that fails (a full disk, say)
        the error is raised and the last checkpoint stays whole.

        Raises:
            WannError: The folder was deleted, moved or replaced while the run went on.
        """
        self._under_way = self._generations()
        return self._under_way

    def _generations(self) -> Generator[Generation, None, None]:
        search = self.search
        champion = search.champion if search.generation else None
        due = time.monotonic() + CHECKPOINT_INTERVAL
        saved = recorded = search.generation
        try:
            for record in search.run():
                with held():
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
                with held():
                    self.checkpoint()

    def checkpoint(self) -> None:
        """Writes the state of the search; the last checkpoint becomes the one before it.

        Raises:
            WannError: The folder was deleted, moved or replaced.
            OSError: A file cannot be written; the error names it.
        """
        with self._writing():
            self._metrics.flush()
            # Before the checkpoint: a run that is killed between the two writes it again, one at its end would not.
            scores = self.search.population_scores
            if scores is not None:
                write_text(self.folder / POPULATION, scores.to_json(), make_folder=False)
            self._keep_previous_checkpoint()
            write_bytes(self.folder / CHECKPOINT, self._state().to_bytes(), make_folder=False)
            write_network(self.folder / CHAMPION, self._annotated(self.search.champion_record))

    def finish(self, **metadata: Any) -> None:
        """Adds the final scores to champion.json."""
        self.write_network(CHAMPION, self._annotated(self.search.champion_record).with_metadata(**metadata))

    def write_network(self, name: str, network: Network) -> None:
        """Writes a network into the folder.

        Raises:
            WannError: The folder was deleted, moved or replaced.
            OSError: The file cannot be written; the error names it.
        """
        with self._writing():
            write_network(self.folder / name, network)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Around all that writes into the folder, which must not come into being again where somebody has deleted it."""
        self._lock.check()
        try:
            yield
        except FileNotFoundError:
            self._lock.check()
            raise

    def check_folder(self) -> None:
        """Whether the folder is still the one that this run was started in.

        Raises:
            WannError: It was deleted, moved or replaced.
        """
        self._lock.check()

    def _write_metrics(self, record: Generation) -> None:
        usage = self.search.evaluator.usage()
        with self._writing():
            self._metrics.write(record)
            if usage is not None:
                self._workers.write(record.generation, usage)

    def _write_champion(self, champion: Champion, generation: int) -> None:
        network = self._annotated(champion)
        with self._writing():
            write_network(champions.history_file(self.folder, generation), network)
            write_network(self.folder / CHAMPION, network)

    def _annotated(self, champion: Champion) -> Network:
        return annotated(champion, self.settings, self.search.task)

    def _state(self) -> Checkpoint:
        return Checkpoint(settings=self.settings.digest(), metrics=self._metrics.digest(), search=self.search.state())

    def _keep_previous_checkpoint(self) -> None:
        current, previous = self.folder / CHECKPOINT, self.folder / PREVIOUS_CHECKPOINT
        if not current.exists():
            return
        # A hard link first, so that at no moment there is no checkpoint at all.
        beside = self.folder / f".{PREVIOUS_CHECKPOINT}.tmp"
        with naming(previous):
            beside.unlink(missing_ok=True)
            os.link(current, beside)
            os.replace(beside, previous)
            # Where a kill has left both as one file, renaming one to the other does nothing.
            beside.unlink(missing_ok=True)

    def _restore(self) -> None:
        path, checkpoint = self._last_good_checkpoint()
        if checkpoint is not None:
            try:
                self.search.restore(checkpoint.search)
            except WannError as error:
                raise WannError(f"{path}: {error}") from None
        run_folder.remove_half_written(self.folder)
        generation = self.search.generation
        lines = metrics.cut_back(self.folder, generation)
        if checkpoint is not None and lines.hexdigest() != checkpoint.metrics:
            self.warnings.append(
                f"{self.folder / METRICS} was altered since the checkpoint of generation {generation}; "
                "its records are kept as they are"
            )
        self._metrics = MetricsFile(self.folder, lines)
        if generation:
            self.search.remember(Generation(**record) for record in metrics.read_metrics(self.folder))
        self.warnings += population.cut_back(self.folder, generation)
        self._cut_back_champions(generation)

    def _last_good_checkpoint(self) -> tuple[Path | None, Checkpoint | None]:
        refused = []
        for name in (CHECKPOINT, PREVIOUS_CHECKPOINT):
            path = self.folder / name
            if not path.exists():
                continue
            try:
                checkpoint = Checkpoint.from_bytes(path.read_bytes(), self.settings.digest())
            except ForeignCheckpointError as error:
                raise WannError(f"{path}: {error}") from None
            except WannError as error:
                refused.append(f"refused {path}: {error}")
                continue
            self.warnings += [f"{text}; going on from the checkpoint before it" for text in refused]
            return path, checkpoint
        if refused:
            raise WannError("no checkpoint is whole: " + "; ".join(refused))
        return None, None

    def _cut_back_champions(self, generation: int) -> None:
        fits: Callable[[Network], None] = partial(check_fits, task=self.search.task)
        self.warnings += champions.cut_back(self.folder, generation, fits)
        damage = champions.check_champion(self.folder, fits) if generation else None
        if damage is not None:
            write_network(self.folder / CHAMPION, self._annotated(self.search.champion_record))
            self.warnings.append(f"{damage}; it is made again from the checkpoint")


def _search(
    settings: RunSettings,
    task: Task | None,
    threads: int | None,
    evaluator: Evaluator | None,
    on_generation: Callback | Sequence[Callback],
) -> Search:
    task = make_task(settings.task, **settings.task_options) if task is None else task
    return Search(
        task,
        settings.config,
        seed=settings.seed,
        threads=threads,
        evaluator=evaluator,
        start=settings.start,
        on_generation=on_generation,
    )
