"""Kills random workers of a search that Ray carries out, and compares what comes out with a search in this process.

python tools/kill_workers.py --kills 50
"""

import argparse
import os
import signal
import threading
import time
from pathlib import Path
from random import Random
from types import TracebackType

import wann
from wann.execution import Evaluator, RayEvaluator


class Killer:
    """While it is entered, kills workers of an evaluator on this machine, one after the other, at moments that a seed draws.

    Args:
        evaluator: Whose workers.
        rng: Draws moments and victims.
        most: Workers to kill at most.
    """

    def __init__(self, evaluator: Evaluator, rng: Random, *, most: int) -> None:
        self.kills = 0
        self._evaluator, self._rng, self._most = evaluator, rng, most
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while self.kills < self._most and not self._ended.wait(self._rng.uniform(0.05, 0.5)):
            usage = self._evaluator.usage()
            pids = [int(name.rpartition(":")[2]) for name, _, _ in usage.by_worker] if usage else []
            there = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
            if there:
                os.kill(self._rng.choice(there), signal.SIGKILL)
                self.kills += 1


def main() -> None:
    """Runs generations until so many workers have been killed, and the same number of them undisturbed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    task = wann.make_task("cartpole-swingup")
    config = wann.preset(task, population=256, generations=10**6)
    start = time.monotonic()
    with RayEvaluator(workers=2) as evaluator, Killer(evaluator, Random(arguments.seed), most=arguments.kills) as killer:
        disturbed = wann.Search(task, config, seed=arguments.seed, evaluator=evaluator)
        records = []
        for record in disturbed.run():
            records.append(record)
            if killer.kills >= arguments.kills:
                break
        usage = evaluator.usage()
    undisturbed = wann.Search(task, config, seed=arguments.seed)
    same = list(undisturbed.run(len(records))) == records and undisturbed.champion == disturbed.champion
    print(
        f"{killer.kills} workers killed in {len(records)} generations and {time.monotonic() - start:.0f} s; "
        f"{usage.repeated} of {usage.batches} batches sent again; {'the same' if same else 'ANOTHER'} search"
    )
    raise SystemExit(0 if same else 1)


if __name__ == "__main__":
    main()
