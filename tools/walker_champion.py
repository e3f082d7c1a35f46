"""The chain of trainings behind the walker of the zoo: a linear policy, trained at many scales, becomes a topology.

python tools/walker_champion.py runs/walker                 # an hour and a half on one core, two stages at a time on two
python tools/walker_champion.py runs/walker --part 0.01     # to see that it runs

Stages that were found by hand, one after the other, while looking at the curves; docs/findings/bipedal-walker.md tells why.
The random numbers are others than those of the champion, so this leads to one like it, not to the same.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import wann
from wann import seeding
from wann.networks.metadata import Origin
from wann.networks.unfolding import n_connections_of, unfolded
from wann.seeding import Stream
from wann.tasks.protocol import product_lanes, run_lanes
from wann.training.cma import FullCma

#: An episode with this reward is a walk without a fall.
WALKED = 150.0
CONFIRMED_EVERY, CONFIRM_EPISODES = 20, 192


@dataclass(frozen=True)
class Stage:
    """A training by CMA-ES of the linear policy's 100 weights."""

    name: str
    start: str | None  #: the stage whose weights it goes on from; None: all 0
    generations: int
    sigma: float
    scales: tuple[float, ...] = (1.0,)
    population: int = 32
    episodes: int = 4
    haste: float = 0.0  #: reward for each step that a walk was shorter than the longest
    step: float | None = None  #: weights are rounded to multiples of this, and scales are shared weights
    limit: int = 0  #: connections beyond this cost half a point each
    mask: str | None = None  #: only weights that are not 0 in this stage's quantized ones are trained


_WIDE = (0.45, 0.55, 0.68, 0.85, 1.1, 1.5, 1.9)

STAGES = (
    Stage("scales", None, 450, 0.3, scales=(0.4, 1, 2.5), episodes=2),
    Stage("wider", "scales", 100, 0.12, scales=(0.35, 0.8, 1.8, 4), episodes=3),
    Stage("coarse", "wider", 240, 0.35, scales=(0.6, 0.8, 1, 1.3, 1.7), episodes=2, step=1.19, limit=190),
    Stage("cheap", "coarse", 350, 0.1),
    Stage("even", "cheap", 160, 0.1, scales=(0.55, 1, 1.7), episodes=2),
    Stage("hasty", "even", 440, 0.1, haste=0.12),
    Stage("fast", "hasty", 330, 0.06, episodes=6, haste=0.02),
    Stage("agnostic", "fast", 240, 0.06, scales=(0.5, 1, 2, 4), population=28, episodes=3),
    Stage("quantized", "agnostic", 470, 0.3, scales=(0.5, 0.65, 0.85, 1.1, 1.4), episodes=2, step=0.42, limit=285),
    Stage("wide", "quantized", 260, 0.2, scales=_WIDE, episodes=3, step=0.42, limit=285),
    Stage("tuned", "wide", 600, 0.05, episodes=6, population=40, mask="wide"),
)


class Training:
    """One stage; its weights are those of the distribution's centre, or the confirmed ones of a masked stage."""

    def __init__(self, stage: Stage, weights: dict[str, NDArray[np.float64]], seed: int, threads: int) -> None:
        self.stage, self.threads, self.seed = stage, threads, seed
        self.task = wann.make_task("bipedal-walker")
        self.network = wann.networks.fully_connected(self.task.inputs, self.task.outputs, (), output_activation="linear")
        start = np.zeros(self.network.n_connections) if stage.start is None else weights[stage.start]
        self.unit = 1.0 if stage.step is None else stage.step
        self.trained = np.ones(len(start), dtype=bool) if stage.mask is None else weights[stage.mask] != 0
        self.start = np.where(self.trained, start / self.unit, 0.0)
        self.kept, self.kept_reward = self.start, -np.inf

    def run(self, generations: int) -> Iterator[dict[str, float]]:
        """Trains, and gives a line of the curve now and then."""
        stage = self.stage
        optimizer = FullCma.start(self.start[self.trained], stage.sigma, stage.population, self.seed)
        for generation in range(generations):
            candidates = optimizer.ask()
            rows = np.zeros((stage.population, len(self.start)))
            rows[:, self.trained] = candidates
            rewards, fitness = self.rewards(rows, stage.episodes, generation)
            optimizer = optimizer.told(candidates, fitness)
            if generation % CONFIRMED_EVERY == 0 or generation == generations - 1:
                yield self.confirm(generation, optimizer.mean, rows[int(np.argmax(rewards))])

    def rewards(
        self, rows: NDArray[np.float64], episodes: int, group: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean reward of each row of weights over scales and episodes, and what counts for the training."""
        stage = self.stage
        seeds = seeding.episode_seeds(self.seed, Stream.TUNING_EPISODES, episodes, group)
        counts = np.rint(rows).astype(np.int64)
        factors = np.array(stage.scales) if stage.step is None else np.square(stage.scales)
        base = rows if stage.step is None else counts
        lanes = product_lanes((base[:, None, :] * factors[:, None]).reshape(-1, rows.shape[1]), seeds)
        rollouts = run_lanes(self.task, [self.network], *lanes, threads=self.threads)
        reward, steps = rollouts.rewards.reshape(len(rows), -1), rollouts.steps.reshape(len(rows), -1)
        fitness = (reward + stage.haste * (1600 - steps) * (reward > WALKED)).mean(axis=1)
        if stage.limit:
            excess = [max(n_connections_of(self.network, row) - stage.limit, 0) for row in counts]
            fitness -= 0.5 * np.array(excess)
        return reward.mean(axis=1), fitness

    def confirm(self, generation: int, centre: NDArray[np.float64], best: NDArray[np.float64]) -> dict[str, float]:
        """Scores the distribution's centre and the best candidate on many episodes, and keeps the better."""
        rows = np.array([best, best])
        rows[0, self.trained] = centre
        rewards, _ = self.rewards(rows, max(CONFIRM_EPISODES // len(self.stage.scales), 1), 10**6 + generation)
        i = int(np.argmax(rewards))
        if rewards[i] > self.kept_reward:
            self.kept, self.kept_reward = rows[i], float(rewards[i])
        centre_reward = round(float(rewards[0]), 2)
        return {"generation": generation, "centre": centre_reward, "kept": round(self.kept_reward, 2)}

    def weights(self) -> NDArray[np.float64]:
        """The weights that are kept."""
        return self.unit * (self.kept if self.stage.step is None else np.rint(self.kept))


def main() -> None:
    """Runs the stages that have not been run."""
    arguments = argparse.ArgumentParser(description="trains a walker and makes it a topology")
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--part", type=float, default=1.0, help="of the generations")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    weights: dict[str, NDArray[np.float64]] = {}
    for stage in STAGES:
        path = options.folder / f"{stage.name}.npy"
        if not path.exists():
            training = Training(stage, weights, options.seed, options.threads)
            with (options.folder / f"{stage.name}.csv").open("w", newline="") as file:
                curve = csv.DictWriter(file, ["generation", "centre", "kept"])
                curve.writeheader()
                for line in training.run(max(round(options.part * stage.generations), 1)):
                    curve.writerow(line)
                    print(stage.name, line, flush=True)
            np.save(path, training.weights())
        weights[stage.name] = np.load(path)
    save(options.folder / "walker.json", weights["wide"], weights["tuned"])


def save(path: Path, quantized: NDArray[np.float64], tuned: NDArray[np.float64]) -> None:
    """Writes the topology of the quantized weights, with the tuned ones shared out over its paths."""
    task = wann.make_task("bipedal-walker")
    step = next(s.step for s in STAGES if s.name == "wide")
    assert step is not None
    network = wann.networks.fully_connected(task.inputs, task.outputs, (), output_activation="linear")
    network = network.with_tuning(weights=tuned).with_metadata(**Origin(task=task.name).entries())
    made = unfolded(network, np.rint(quantized / step).astype(np.int64), step)
    made.save(path)
    print(f"{path}: {made.n_connections} connections")


if __name__ == "__main__":
    main()
