"""Tasks whose dynamics differ from those that networks were searched on.

Swing-up's physics are options of the task. The walker and the car are Gymnasium's own environments, changed where they are
made; a function that makes one is sent to other processes, so what it needs stands within it. They need the extra box2d.
`Varied` lets a search on swing-up meet other physics.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import wann
from wann.execution import Evaluator, Job, Threads, Usage
from wann.networks import Network
from wann.tasks import GymnasiumTask, Rollouts

SWINGUP = "cartpole-swingup"
#: Swing-up's usual physics.
USUAL = {"gravity": 9.82, "pole_mass": 0.5, "pole_length": 0.6, "friction": 0.1, "force": 10.0}
CHANGES: dict[str, dict[str, dict[str, float]]] = {
    SWINGUP: {
        "unchanged": {},
        "pole half as long": {"pole_length": 0.3},
        "pole 1.5 times as long": {"pole_length": 0.9},
        "pole twice as long": {"pole_length": 1.2},
        "pole a third as heavy": {"pole_mass": 0.17},
        "pole three times as heavy": {"pole_mass": 1.5},
        "half the gravity": {"gravity": 4.91},
        "1.5 times the gravity": {"gravity": 14.73},
        "20 times the friction": {"friction": 2.0},
        "0.6 of the force": {"force": 6.0},
        "1.5 times the force": {"force": 15.0},
    },
    "bipedal-walker": {
        "unchanged": {},
        "0.8 of the motors' torque": {"motors": 0.8},
        "0.6 of the motors' torque": {"motors": 0.6},
        "0.7 of the gravity": {"gravity": 7.0},
        "1.3 times the gravity": {"gravity": 13.0},
        "a fifth of the ground's friction": {"friction": 0.5},
    },
    "car-racing": {
        "unchanged": {},
        "tyres with 0.8 of the grip": {"grip": 0.8},
        "0.6 of the engine": {"engine": 0.6},
        "0.6 of the steering": {"steering": 0.6},
    },
}


@contextmanager
def changed(name: str, change: str, network: Network) -> Iterator[Any]:
    """A task after one of its changes, as the network is to see it."""
    physics = CHANGES[name][change]
    if name == SWINGUP:
        yield wann.make_task(name, **physics)
        return
    with walker(**physics) if name == "bipedal-walker" else car(**physics) as task:
        yield task.for_network(network)


def walker(motors: float = 1.0, gravity: float = 10.0, friction: float = 2.5) -> GymnasiumTask:
    def make_env() -> Any:
        import gymnasium

        env = gymnasium.make("BipedalWalker-v3")
        body = env.unwrapped
        body.world.gravity = (0, -gravity)
        for ground in (body.fd_polygon, body.fd_edge):
            ground.friction = friction
        return gymnasium.wrappers.TransformAction(env, lambda action: action.clip(-1, 1) * motors, env.action_space)

    return GymnasiumTask(make_env, observation_scaling=False)


def car(grip: float = 1.0, engine: float = 1.0, steering: float = 1.0) -> GymnasiumTask:
    def make_env() -> Any:
        import gymnasium

        class Tyres(gymnasium.Wrapper):  # type: ignore[type-arg]
            def reset(self, **options):  # type: ignore[no-untyped-def]
                first = self.env.reset(**options)
                for tile in self.unwrapped.road:
                    tile.road_friction = grip
                return first

        env = Tyres(gymnasium.make("CarRacing-v3"))
        return gymnasium.wrappers.TransformAction(env, lambda action: action * (steering, engine, 1.0), env.action_space)

    return GymnasiumTask(make_env, encoder="car-racing", pedals=(False, True, True))


class Varied(Evaluator):
    """Tells a network, in place of each reward, what it has on other dynamics at the best of the weights.

    Each dynamics has an episode at every weight to choose by, and one at every weight that counts at the chosen one. When
    adapting, each dynamics chooses for itself; else all of them choose one weight together.
    """

    def __init__(self, adapting: bool, threads: int | None) -> None:
        self.adapting, self._inner = adapting, Threads(threads)
        self.name = f"the reward {'after adapting' if adapting else 'on varied dynamics'}"

    def run_each(self, task: Any, jobs: Sequence[Job]) -> list[Rollouts]:
        return [self._run(job) for job in jobs]

    def _run(self, job: Job) -> Rollouts:
        weights, seeds = np.unique(np.asarray(job.weights)), np.unique(np.asarray(job.seeds))
        rng, results, steps = np.random.default_rng(seeds), [], 0
        for pair in seeds.reshape(-1, 2):
            physics = {name: value * 2 ** float(rng.uniform(-1, 1)) for name, value in USUAL.items()}
            lanes = np.repeat(weights, 2), np.tile(pair, len(weights))
            result = self._inner.run(wann.make_task(SWINGUP, **physics), job.networks, *lanes)
            results.append(result.rewards.reshape(len(job.networks), len(weights), 2))
            steps += result.computed_steps
        tried, counts = np.moveaxis(results, 3, 0)  # of (dynamics, networks, weights)
        choice = (
            tried.argmax(axis=2) if self.adapting else np.broadcast_to(tried.mean(axis=0).argmax(axis=1), tried.shape[:2])
        )
        after = np.take_along_axis(counts, choice[..., None], axis=2)[..., 0].mean(axis=0)
        rewards = np.repeat(after[:, None], len(job.seeds), axis=1)
        return Rollouts(rewards=rewards, steps=np.zeros(rewards.shape, dtype=np.int64), computed_steps=steps, idle_steps=0)

    def usage(self) -> Usage | None:
        return None
