"""Tasks whose actions are choices, for the study without a gradient: Gymnasium's toy-text, job shops and truth tables.

Each is a task as `wann.Search` takes it, and tells what the study reports: `scores`, the `unit` of these, and `references`
to hold them against.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann.networks import Activation, Network
from wann.tasks import Classification, Rollouts

Floats = NDArray[np.float64]
ENVIRONMENTS: dict[str, tuple[str, dict[str, Any], tuple[int, ...], int]] = {
    # id, its options, how many values each part of the state has, the time limit
    "frozen lake": ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": True}, (8, 8), 200),
    "cliff": ("CliffWalking-v1", {}, (4, 12), 200),
    "taxi": ("Taxi-v4", {}, (5, 5, 5, 4), 200),
}
PROGRAMS: dict[str, tuple[int, Callable[[NDArray[np.int64]], NDArray[np.int64]]]] = {
    # how many bits, and the answer to rows of them
    "parity of 5 bits": (5, lambda bits: bits.sum(axis=1) % 2),
    "majority of 7 bits": (7, lambda bits: (bits.sum(axis=1) > 3).astype(int)),
    "multiplexer of 6 bits": (6, lambda bits: bits[np.arange(len(bits)), 2 + 2 * bits[:, 0] + bits[:, 1]]),
}


class ToyText:
    """One of the environments as a task that is scored exactly."""

    output_activation = Activation.LINEAR
    hidden_activations = tuple(Activation)
    unit, exact = "expected reward", True

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

    def scores(self, network: Network, weights: NDArray[np.float32], chooses: bool = False) -> Floats:
        """Of each shared weight, or each row of individual weights."""
        return self.values(self.actions(network, weights))

    def actions(self, network: Network, weights: NDArray[np.float32], threads: int = 1) -> NDArray[np.int64]:
        """The action at each weight, or with each row of weights, in each state: shape (n_weights, n_states)."""
        return outputs(network, self.x, weights, threads).argmax(axis=2)

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

    def references(self) -> dict[str, float]:
        """The optimum, by dynamic programming backwards from the time limit."""
        value = np.zeros(len(self.start))
        for _ in range(self.limit):
            value = (self.p * (self.reward + self.goes_on * value[self.next])).sum(axis=-1).max(axis=1)
        return {"optimum": float(value @ self.start)}


def outputs(network: Network, x: NDArray[np.float32], weights: NDArray[np.float32], threads: int = 1) -> NDArray[np.float32]:
    """At each weight, or with each row of weights, for each row of x: shape (n_weights, n_rows, n_outputs)."""
    if weights.ndim == 2:
        return np.array([network(x, weights=row, threads=threads) for row in weights])
    lanes, each = np.broadcast_to(x, (len(weights), *x.shape)), np.repeat(weights[:, None], len(x), axis=1)
    return network(lanes, each, threads=threads)


class Program(Classification):
    """The answers of a small program to all its inputs; as a table, each input has a number of its own."""

    unit, exact = "% right", True

    def __init__(self, name: str, whole: bool = False) -> None:
        n, answer = PROGRAMS[name]
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        x = np.eye(len(bits)) if whole else bits
        super().__init__(x.astype(np.float32), answer(bits), batch=None, name=f"{name}{', table' if whole else ''}")

    def scores(self, network: Network, weights: NDArray[np.float32], chooses: bool = False) -> Floats:
        """Of each shared weight, or each row of individual weights."""
        return 100 * (outputs(network, self.x, weights).argmax(axis=2) == self.y).mean(axis=1)

    def references(self) -> dict[str, float]:
        """What the more frequent answer alone has."""
        return {"always the same answer": 100 * float(np.bincount(self.y).max() / len(self.y))}
