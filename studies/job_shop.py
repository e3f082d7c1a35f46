"""Job shops as a task: a network is the rule by which a free machine chooses among the jobs that wait for it.

Ten jobs go through five machines, each in an order of its own, with whole durations from 1 to 99, as in the instances of
Lawrence (1984) and Taillard (1993). Time goes on to the next moment at which a machine is free and a job waits for it.
Of the operations that can start then, the one to which the network gives the highest priority starts. The reward is minus
the percentage by which the last job ends after the lower bound: the longest job, or the machine with the most work.
"""

from collections.abc import Callable, Sequence

import numpy as np
from kit import episodes
from numpy.typing import NDArray

from wann.networks import Activation, Network
from wann.tasks import Rollouts

Floats = NDArray[np.float64]
#: From what is seen of waiting operations, (..., n_jobs, n_inputs), to priorities, (..., n_jobs).
Rule = Callable[[NDArray[np.float32]], NDArray[np.floating]]
JOBS, MACHINES, LONGEST = 10, 5, 99


def instances(seeds: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The machines and durations of each job's operations, shape (n_seeds, JOBS, MACHINES)."""
    routes, durations = [], []
    for seed in seeds:
        rng = np.random.Generator(np.random.Philox(key=int(seed)))
        routes.append(rng.permuted(np.tile(np.arange(MACHINES), (JOBS, 1)), axis=1))
        durations.append(rng.integers(1, LONGEST + 1, (JOBS, MACHINES)))
    return np.array(routes), np.array(durations)


def lower_bounds(routes: NDArray[np.int64], durations: NDArray[np.int64]) -> NDArray[np.int64]:
    """No schedule ends before the longest job, nor before the machine with the most work."""
    work = [np.where(routes == machine, durations, 0).sum(axis=(-2, -1)) for machine in range(routes.max() + 1)]
    return np.maximum(durations.sum(axis=-1).max(axis=-1), np.max(work, axis=0))


def makespans(routes: NDArray[np.int64], durations: NDArray[np.int64], rule: Rule) -> NDArray[np.int64]:
    """When the last job ends, for jobs (..., n_jobs, n_machines)."""
    *lanes, n, m = routes.shape
    # One operation more than there are, which takes no time on a machine of its own: what comes after the last.
    route = np.concatenate([routes, np.full((*lanes, n, 1), m)], axis=-1)
    duration = np.concatenate([durations, np.zeros((*lanes, n, 1), dtype=np.int64)], axis=-1)
    left = duration[..., ::-1].cumsum(axis=-1)[..., ::-1]
    done = np.zeros((*lanes, n), dtype=np.int64)
    ready, free = np.zeros((*lanes, n), dtype=np.int64), np.zeros((*lanes, m + 1), dtype=np.int64)
    load = np.stack([np.where(route == machine, duration, 0).sum(axis=(-2, -1)) for machine in range(m + 1)], axis=-1)

    def at(values: NDArray[np.int64], index: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.take_along_axis(values, index[..., None], axis=-1)[..., 0]

    for _ in range(n * m):
        machine, following = at(route, done), at(route, np.minimum(done + 1, m))
        start = np.maximum(ready, np.take_along_axis(free, machine, axis=-1))
        start = np.where(done < m, start, np.iinfo(np.int64).max)
        now = start.min(axis=-1, keepdims=True)
        seen = [
            at(duration, done) / LONGEST,
            at(left, done) / (LONGEST * m),
            (m - done) / m,
            np.maximum(now - ready, 0) / (LONGEST * m),
            at(duration, np.minimum(done + 1, m)) / LONGEST,
            np.take_along_axis(load, following, axis=-1) / (LONGEST * n),
        ]
        priority = rule(np.stack(seen, axis=-1).astype(np.float32))
        job = np.where(start == now, priority, -np.inf).argmax(axis=-1)[..., None]
        on, took = np.take_along_axis(machine, job, axis=-1), np.take_along_axis(at(duration, done), job, axis=-1)
        np.put_along_axis(ready, job, now + took, axis=-1)
        np.put_along_axis(free, on, now + took, axis=-1)
        np.put_along_axis(load, on, np.take_along_axis(load, on, axis=-1) - took, axis=-1)
        np.put_along_axis(done, job, np.take_along_axis(done, job, axis=-1) + 1, axis=-1)
    return ready.max(axis=-1)


class JobShop:
    """Random job shops; an episode is one of them."""

    name, unit, exact = "job shop", "% over the lower bound, negative", False
    inputs = ("duration", "work_left", "operations_left", "waited", "next_duration", "next_machine_load")
    outputs = ("priority",)
    output_activation = Activation.LINEAR
    hidden_activations = tuple(Activation)

    def rollout(
        self, networks: Sequence[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], *, threads: int = 1
    ) -> Rollouts:
        """Every network schedules the instance of every lane."""
        distinct, lanes = np.unique(seeds, return_inverse=True)
        each = np.repeat(weights[:, None], JOBS, axis=1)

        def rule(seen: NDArray[np.float32]) -> NDArray[np.float32]:
            key = "weight" if weights.ndim == 1 else "weights"
            return np.array(
                [network(x, **{key: each}, threads=threads)[..., 0] for network, x in zip(networks, seen, strict=True)]
            )

        rewards = self._rewards(*(values[lanes] for values in instances(distinct)), rule, len(networks))
        steps = np.full(rewards.shape, JOBS * MACHINES, dtype=np.int64)
        return Rollouts(rewards=rewards, steps=steps, computed_steps=int(steps.sum()), idle_steps=0)

    def scores(self, network: Network, weights: NDArray[np.float32], chooses: bool = False) -> Floats:
        """Means of each shared weight, or each row of individual weights, over instances of the study's own."""
        seeds = episodes(11 if chooses else 12, 50 if chooses else 200)
        lanes = np.repeat(weights, len(seeds), axis=0).astype(np.float32)
        return self.rollout([network], lanes, np.tile(seeds, len(weights))).rewards.reshape(len(weights), -1).mean(axis=1)

    def references(self) -> dict[str, float]:
        """Rules that everybody knows, and the best of 100 random schedules of each instance."""
        rng, shops = np.random.default_rng(0), instances(episodes(12, 200))
        rules: dict[str, Rule] = {
            "shortest operation first": lambda seen: -seen[..., 0],
            "most work left first": lambda seen: seen[..., 1],
            "longest waiting first": lambda seen: seen[..., 3],
            "at random": lambda seen: rng.random(seen.shape[:-1]),
        }
        known = {name: float(self._rewards(*shops, rule, 1).mean()) for name, rule in rules.items()}
        return {**known, "best of 100 random": float(self._rewards(*shops, rules["at random"], 100).max(axis=0).mean())}

    @staticmethod
    def _rewards(routes: NDArray[np.int64], durations: NDArray[np.int64], rule: Rule, n: int) -> Floats:
        """Of n schedules of each instance, shape (n, n_instances)."""
        several = (np.broadcast_to(values, (n, *values.shape)) for values in (routes, durations))
        return 100 * (1 - makespans(*several, rule) / lower_bounds(routes, durations))
