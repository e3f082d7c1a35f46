"""Episodes written down step by step, for those who show them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wann.networks.network import Network


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One episode. A frame shows the start, or what a step led to."""

    dt: float  #: seconds from frame to frame
    bodies: NDArray[np.float32]  #: rows (x, y, angle), shape (n_frames, n_bodies, 3); no bodies where a task tells of none
    observations: NDArray[np.float32]  #: what the network sees, shape (n_frames, n_inputs)
    actions: NDArray[np.float32]  #: what led to the frame, zeros at the start, shape (n_frames, n_outputs)
    rewards: NDArray[np.float64]  #: summed up to the frame, shape (n_frames,)
    ended: bool  #: whether the episode was over at the last frame
    memory: NDArray[np.float32] | None = None  #: what a recurrent network has of the step before, (n_frames, n_memory)
    views: NDArray[np.uint8] | None = None  #: what an encoder was given, shape (n_frames, rows, columns)

    def every(self, n: int) -> "Recording":
        """Every n-th frame, and the last."""
        last = len(self.rewards) - 1
        chosen = sorted({*range(0, last + 1, n), last})
        return replace(
            self,
            dt=self.dt * n,
            bodies=self.bodies[chosen],
            observations=self.observations[chosen],
            actions=self.actions[chosen],
            rewards=self.rewards[chosen],
            memory=None if self.memory is None else self.memory[chosen],
            views=None if self.views is None else self.views[chosen],
        )


class Episodes(Protocol):
    """Episodes of a task side by side, n of them, that are stepped by hand."""

    def observations(self) -> NDArray[np.float32]:
        """What each network sees, shape (n, n_inputs)."""

    def bodies(self) -> NDArray[np.float32]:
        """Where the bodies are, shape (n, n_bodies, 3), rows (x, y, angle)."""

    def step(self, actions: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """One step with actions (n, n_outputs): the rewards, and whether each episode has ended, both (n,).

        An episode that has ended may go on in any way.
        """


def record(
    episodes: Episodes,
    network: Network,
    weights: Sequence[float | None],
    *,
    dt: float,
    max_steps: int,
    time_limit: int,
    views: Callable[[], NDArray[np.uint8]] | None = None,
) -> list[Recording]:
    """Lets a network act in episodes, one for each weight, and writes them down.

    Args:
        episodes: As many as there are weights.
        network: A network that fits their task.
        weights: Shared weights; None stands for the network's own tuned ones.
        dt: Seconds of a step.
        max_steps: Steps to record at most.
        time_limit: Steps after which the task ends an episode.
        views: What an encoder is given of the episodes as they are now, shape (n, rows, columns), where there is one.

    Raises:
        WannError: The network has no tuned weight, and one is asked for.
    """
    n = len(weights)
    bodies, seen = [episodes.bodies()], [episodes.observations()]
    pictures = [] if views is None else [views()]
    actions, totals = [np.zeros((n, network.n_outputs), dtype=np.float32)], [np.zeros(n)]
    memory = [np.zeros((n, network.n_memory), dtype=np.float32)]
    steps, running = np.zeros(n, dtype=np.int64), np.ones(n, dtype=bool)
    for _ in range(min(max_steps, time_limit)):
        acted, kept = _act(network, seen[-1], memory[-1], weights)
        actions.append(acted)
        memory.append(kept)
        rewards, ended = episodes.step(actions[-1])
        bodies.append(episodes.bodies())
        seen.append(episodes.observations())
        if views is not None:
            pictures.append(views())
        totals.append(totals[-1] + rewards)
        steps += running
        running &= ~np.asarray(ended, dtype=bool)
        if not running.any():
            break
    traces: dict[str, Sequence[NDArray[Any]]] = {
        "bodies": bodies,
        "observations": seen,
        "actions": actions,
        "rewards": totals,
    }
    if network.is_recurrent:
        traces["memory"] = memory
    if views is not None:
        traces["views"] = pictures
    stacked = {name: np.stack(trace) for name, trace in traces.items()}
    over = ~running | (steps == time_limit)
    return [
        Recording(dt=dt, ended=bool(over[i]), **{name: trace[: steps[i] + 1, i] for name, trace in stacked.items()})
        for i in range(n)
    ]


def _act(
    network: Network, observations: NDArray[np.float32], memory: NDArray[np.float32], weights: Sequence[float | None]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Outputs of the network with a weight for each row of observations, and its memory for the next step."""
    shared = np.array([w is not None for w in weights])
    out, kept = np.empty((len(weights), network.n_outputs), dtype=np.float32), np.empty_like(memory)
    if shared.any():
        values = np.array([w for w in weights if w is not None], dtype=np.float32)
        out[shared], kept[shared] = network.step(observations[shared], memory[shared], values)
    if not shared.all():
        out[~shared], kept[~shared] = network.step(observations[~shared], memory[~shared])
    return out, kept
