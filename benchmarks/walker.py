"""How fast the bipedal walker runs, beside Gymnasium's and, where it is installed, EnvPool's."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.networks import walker_sized_network
from benchmarks.others import envpool_steps, gymnasium_steps
from benchmarks.rows import Row, group, rate
from wann import seeding
from wann.networks.network import Network
from wann.search.config import WEIGHT_VALUES, preset
from wann.search.search import Search
from wann.seeding import Stream
from wann.tasks import make_task
from wann.tasks.protocol import product_lanes, run_lanes

#: Random policies differ: some fall at once, some stand to the end. Together they are what a search meets.
_POLICIES = 8
#: Episodes of each policy at every weight, for each thread: 1,152 lanes, where the paper's generation has 5,760 for each of
#: two cores. With a few hundred, the time at the end when a thread has no more lanes to fill its vectors would count.
_EPISODES = 24


@group("walker")
def _walker(threads: int) -> Iterator[Row]:
    """Rollouts of the bipedal walker with networks of the published champion's size."""
    networks = [walker_sized_network(seed) for seed in range(_POLICIES)]
    one, length = _steps_a_second(networks, 1)
    yield Row(
        what=f"bipedal walker, {_POLICIES} random policies of 103 nodes, 210 connections, one core",
        value=one,
        unit="steps/s",
        target=">= 300,000",
    )
    yield Row(what="mean length of those episodes", value=length, unit="steps")
    if threads > 1:
        both, _ = _steps_a_second(networks, threads)
        target = ">= 550,000" if threads == 2 else ""
        yield Row(what=f"the same, {threads} threads", value=both, unit="steps/s", target=target)
        yield Row(what="growth with threads", value=both / one, unit="times", target=">= 1.85" if threads == 2 else "")
    yield Row(what="idle lanes in a first generation", value=100 * _idle_part(threads), unit="%", target="< 25")
    yield from _beside("Gymnasium", _gymnasium_steps(), 1, one)
    yield from _beside("EnvPool", _envpool_steps(1), 1, one)
    if threads > 1:
        yield from _beside("EnvPool", _envpool_steps(threads), threads, both)


def _beside(name: str, work: Callable[[], float] | None, threads: int, ours: float) -> Iterator[Row]:
    """The steps of another environment on so many threads, and how many times as many ours are; nothing without it."""
    if work is None:
        return
    theirs, cores = rate(work), "one core" if threads == 1 else f"{threads} threads"
    target = ">= 16" if name == "EnvPool" and threads == 2 else ""
    yield Row(what=f"{name}, random actions and no policy, {cores}", value=theirs, unit="steps/s")
    yield Row(what=f"core with a policy to {name} without, {cores}", value=ours / theirs, unit="times", target=target)


def _steps_a_second(networks: Sequence[Network], threads: int) -> tuple[float, float]:
    """Steps a second of all networks together, and the mean length of an episode."""
    task = make_task("bipedal-walker")
    lanes = product_lanes(WEIGHT_VALUES, seeding.episode_seeds(0, Stream.BENCHMARK, _EPISODES * threads))
    lengths: list[float] = []

    def work() -> float:
        rollouts = run_lanes(task, networks, *lanes, threads=threads)
        lengths.append(float(rollouts.steps.mean()))
        return rollouts.computed_steps

    return rate(work), lengths[-1]


def _idle_part(threads: int) -> float:
    """The part of all lane-steps that no episode needed, in the first generation of a small search by the paper's preset."""
    task = make_task("bipedal-walker")
    search = Search(task, preset(task.name, "paper", population=96), threads=threads)
    rollouts = run_lanes(task, search.ask(), *search.lanes(), threads=threads)
    return rollouts.idle_steps / (rollouts.idle_steps + rollouts.computed_steps)


def _gymnasium_steps() -> Callable[[], float] | None:
    actions = np.random.default_rng(0).uniform(-1, 1, (1000, 4)).astype(np.float32)
    return gymnasium_steps("BipedalWalker-v3", actions, ("Box2D",), 0.25)


def _envpool_steps(threads: int) -> Callable[[], float] | None:
    actions = np.random.default_rng(0).uniform(-1, 1, (100, 64, 4)).astype(np.float32)
    return envpool_steps("BipedalWalker-v3", actions, threads)
