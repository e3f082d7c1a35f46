"""No gradient anywhere: WANNs on Gymnasium's toy-text tasks, beside tuned linear policies, Q-learning and the optimum.

    python studies/no_gradient.py --quick
    python studies/no_gradient.py --seeds 5

States and actions are few, so a policy's expected reward from the start is computed exactly, and no score has luck in it. A
network sees each part of the state (row, column, passenger, destination) as one input for each of its values; the action is
that of the largest output. Linear policies see the same parts, or, as a table, the whole state as one input for each value;
their weights are tuned by CMA-ES. Needs the extra gym.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from kit import COLOURS, Kept, cell, interval, options, panels, parsed, save, table
from numpy.typing import NDArray

import wann
from wann.networks import Activation, Network, fully_connected
from wann.tasks import Rollouts
from wann.training import WeightTuning

Floats = NDArray[np.float64]
ENVIRONMENTS: dict[str, tuple[str, dict[str, Any], tuple[int, ...], int]] = {
    # id, its options, how many values each part of the state has, the time limit
    "frozen lake": ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": True}, (8, 8), 200),
    "cliff": ("CliffWalking-v1", {}, (4, 12), 200),
    "taxi": ("Taxi-v4", {}, (5, 5, 5, 4), 200),
}
#: A policy that is linear in what it sees.
linear = partial(fully_connected, hidden_layers=(), output_activation="linear")
WEIGHTS = np.array([(k + 0.5) / 2 - 2 for k in range(8)])


class ToyText:
    """One of the environments as a task that is scored exactly."""

    output_activation = Activation.LINEAR
    hidden_activations = tuple(Activation)

    def __init__(self, name: str, whole: bool = False) -> None:
        env_id, settings, parts, self.limit = ENVIRONMENTS[name]
        env: Any = gymnasium.make(env_id, **settings).unwrapped
        n_states, n_actions = env.observation_space.n, env.action_space.n
        self.name, self.outputs = f"{name}{', table' if whole else ''}", tuple(f"action {a}" for a in range(n_actions))
        self.start = np.asarray(env.initial_state_distrib, dtype=float)
        most = max(len(env.P[s][a]) for s in range(n_states) for a in range(n_actions))
        shape = (n_states, n_actions, most)
        self.p, self.reward, self.goes_on, self.next = (np.zeros(shape) for _ in range(4))
        for s in range(n_states):
            for a in range(n_actions):
                for k, (p, after, reward, ended) in enumerate(env.P[s][a]):
                    self.p[s, a, k], self.next[s, a, k], self.reward[s, a, k] = p, after, reward
                    self.goes_on[s, a, k] = not ended
        self.next = self.next.astype(int)
        ones = [np.eye(size)[np.array(np.unravel_index(np.arange(n_states), parts))[i]] for i, size in enumerate(parts)]
        self.x = (np.eye(n_states) if whole else np.concatenate(ones, axis=1)).astype(np.float32)
        self.inputs = tuple(f"x{i}" for i in range(self.x.shape[1]))

    def rollout(
        self, networks: Sequence[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], *, threads: int = 1
    ) -> Rollouts:
        """The expected reward of every network in every lane; the seeds decide nothing."""
        distinct, lanes = np.unique(weights, axis=0, return_inverse=True)
        policies = np.concatenate([self.actions(network, distinct, threads) for network in networks])
        values = self.values(policies).reshape(len(networks), -1)[:, lanes.ravel()]
        steps = np.ones(values.shape, dtype=np.int64)
        return Rollouts(rewards=values, steps=steps, computed_steps=len(policies), idle_steps=0)

    def actions(self, network: Network, weights: NDArray[np.float32], threads: int = 1) -> NDArray[np.int64]:
        """The action at each weight, or with each row of weights, in each state: shape (n_weights, n_states)."""
        if weights.ndim == 2:
            return np.array([network(self.x, weights=row, threads=threads).argmax(axis=1) for row in weights])
        lanes = np.broadcast_to(self.x, (len(weights), *self.x.shape))
        each = np.repeat(weights[:, None], len(self.x), axis=1)
        return network(lanes, each, threads=threads).argmax(axis=2)

    def values(self, policies: NDArray[np.int64]) -> Floats:
        """The expected reward of each policy, rows (n_states,), from the start to the time limit."""
        policies, back = np.unique(policies, axis=0, return_inverse=True)
        states, rows = np.arange(len(self.start)), np.arange(len(policies))[:, None]
        p, after = self.p[states, policies], self.next[states, policies]
        value = mean = (p * self.reward[states, policies]).sum(axis=-1)
        p, total = p * self.goes_on[states, policies], mean
        if p.shape[-1] > 1:
            for _ in range(self.limit - 1):
                total = mean + (p * total[rows[:, :, None], after]).sum(axis=-1)
            return (total @ self.start)[back.ravel()]
        # Nothing is left to chance, so 2^k steps are twice 2^(k-1) steps.
        p, after, total, on, at = p[..., 0], after[..., 0], 0 * mean, 1.0, states
        for k in range(self.limit.bit_length()):
            if self.limit >> k & 1:
                total, on, at = total + on * value[rows, at], on * p[rows, at], after[rows, at]
            value, p, after = value + p * value[rows, after], p * p[rows, after], after[rows, after]
        return (total @ self.start)[back.ravel()]

    def optimum(self) -> float:
        """By dynamic programming backwards from the time limit."""
        value = np.zeros(len(self.start))
        for _ in range(self.limit):
            value = (self.p * (self.reward + self.goes_on * value[self.next])).sum(axis=-1).max(axis=1)
        return float(value @ self.start)


def q_learning(task: ToyText, seed: int, episodes: int) -> dict[str, Any]:
    """Tabular, with a falling chance of random actions; the table is scored exactly in the end."""
    rng, (n, m, _) = np.random.default_rng(seed), task.p.shape
    q, cumulated = np.zeros((n, m)), task.p.cumsum(axis=-1)
    for episode in range(episodes):
        s, explore = rng.choice(n, p=task.start), max(0.05, 1 - episode / (0.6 * episodes))
        for _ in range(task.limit):
            best = np.flatnonzero(q[s] == q[s].max())
            a = rng.integers(m) if rng.random() < explore else rng.choice(best)
            k = min(int(np.searchsorted(cumulated[s, a], rng.random())), cumulated.shape[2] - 1)
            after, on = task.next[s, a, k], task.goes_on[s, a, k]
            q[s, a] += 0.1 * (task.reward[s, a, k] + 0.99 * on * q[after].max() - q[s, a])
            if not on:
                break
            s = after
    return {"rewards": [float(task.values(q.argmax(axis=1)[None])[0])], "size": n * m, "evaluated": episodes}


def searched(task: ToyText, seed: int, generations: int) -> dict[str, Any]:
    """The rewards of the champion at fresh weights, and those of its tuned weights as the last."""
    settings = {"population": 128, "episodes": 1, "confirm_episodes": 1, "fresh_weights": True, "weights": tuple(WEIGHTS)}
    odds = {"insert_node": 0.25, "add_connection": 0.3, "remove_connection": 0.05, "further_change": 0.5, "cull": 0.75}
    ranking = {"tournament": 1, "elite": 0.25, "crossover": 0.3, "mean_objective": 0.3, "connection_objective": 0.2}
    config = wann.SearchConfig(generations=generations, initial_enabled=0.1, **settings, **odds, **ranking)
    search = wann.Search(task, config, seed=seed, threads=1)
    list(search.run())
    profile = task.rollout([search.champion], np.linspace(-2, 2, 81).astype(np.float32), np.zeros(81, dtype=np.uint64))
    found = tuned(task, search.champion, seed, max(1, generations // 2))["rewards"]
    evaluated = search.environment_steps
    return {"rewards": profile.rewards[0].tolist() + found, "size": search.champion.n_connections, "evaluated": evaluated}


def tuned(task: ToyText, network: Network, seed: int, generations: int) -> dict[str, Any]:
    start = np.random.default_rng(seed).normal(size=network.n_connections)
    tuning = WeightTuning(network, task, seed=seed, start=start, sigma=0.5, episodes=1, confirm_episodes=1, threads=1)
    list(tuning.run(generations))
    value = float(task.values(task.actions(network, tuning.weights[None]))[0])
    return {"rewards": [value], "size": network.n_connections, "evaluated": tuning.environment_steps}


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    names = list(dict.fromkeys(row["task"] for row in rows))
    figure, drawn = panels(len(names), height=2.4)
    for name, axes in zip(names, drawn, strict=True):
        scores: dict[str, list[float]] = {}
        for row in (row for row in rows if row["task"] == name):
            *profile, own = row["rewards"]
            kinds = {"random shared weight": np.mean(profile), "best shared weight": max(profile)} if profile else {}
            for kind, value in {**kinds, "tuned weights": own}.items():
                label = f"WANN, {kind}" if profile else row["method"]
                scores.setdefault(label, []).append(float(value))
        best = ToyText(name).optimum()
        digits = 2 if abs(best) < 2 else 1
        size = {row["method"]: row["size"] for row in rows if row["task"] == name}
        lines = [[m, cell(v, digits), size.get(m, size.get("WANN"))] for m, v in scores.items()]
        print(table([name, "expected reward", "weights or connections"], [*lines, ["optimum", f"{best:.{digits}f}", ""]]))
        for i, (values, colour) in enumerate(zip(scores.values(), COLOURS, strict=False)):
            mean, low, high = interval(values)
            axes.plot([low, high], [i, i], color=colour)
            axes.plot([mean], [i], "o", color=colour, markersize=4)
        axes.axvline(best, color="#1b1f24", linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(scores)), scores if axes is drawn[0] else [""] * len(scores), fontsize=7)
        axes.set(title=name, xlabel="expected reward")
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "no-gradient")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, default=60)
    arguments = parsed(parser, seeds=2, generations=10)
    seeds, generations, names = arguments.seeds, arguments.generations, list(ENVIRONMENTS)
    if arguments.quick:
        names = ["frozen lake"]
    kept, rows = Kept(arguments), []
    for name in names:
        task, whole = ToyText(name), ToyText(name, whole=True)
        for seed in range(seeds):
            methods = {
                "WANN": partial(searched, task, seed, generations),
                "linear policy": partial(tuned, task, linear(task.inputs, task.outputs), seed, 4 * generations),
                "table by CMA-ES": partial(tuned, whole, linear(whole.inputs, task.outputs), seed, 4 * generations),
                "Q-learning": partial(
                    q_learning, task, seed, 500 if arguments.quick else 20_000 if "lake" in name else 4_000
                ),
            }
            key = {"task": name, "seed": seed, "generations": generations}
            rows += [kept.get(compute, method=method, **key) for method, compute in methods.items()]
    report(rows, arguments)


if __name__ == "__main__":
    main()
