"""Environments that step side by side in one process: a slot holds one episode at a time.

`Slots` steps one environment a slot. `VectorSlots` steps the vector environment that a Gymnasium environment has
registered, each lane a slot. In both, after `reset` or `step`, ``observations[slot]`` is a slot's last observation; a slot
that misbehaves raises `MisbehaviorError` from `reset` and is named in what `step` returns.
"""

import enum
import math
import time
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wann.tasks.environments.encoded import EncodedObservations
from wann.tasks.environments.factory import EnvironmentFactory, one_line


class MisbehaviorError(Exception):
    """An environment raised, or gave what no environment may give; the text says what."""


class Renewal(enum.Enum):
    """What is made anew before an episode, so that it does not depend on those before."""

    NONE = enum.auto()
    WORLD = enum.auto()  #: see `renew_world`
    ENVIRONMENT = enum.auto()


class SlotsProtocol(Protocol):
    """What a worker needs of its environments."""

    observations: NDArray[np.float32]  #: shape (n_slots, n_inputs)
    totals: list[float]  #: the sum of the present episode's rewards, one for each slot

    def reset(self, slot: int, seed: int) -> None:
        """Starts an episode."""

    def step(self, actions: Sequence[Any]) -> tuple[list[int], dict[int, str]]:
        """Steps the first len(actions) slots: which have ended their episodes, and which have misbehaved and how."""

    def move(self, source: int, target: int) -> None:
        """The episode in one slot goes on in another, whose own has ended."""

    def replace(self, slot: int) -> None:
        """Makes a slot's environment anew."""

    def close(self) -> None:
        """Closes all environments."""


class Slots:
    """One environment a slot, each made when it is first needed.

    Args:
        factory: Makes the environments.
        n_slots: How many.
        n_inputs: Numbers in an observation.
        flatten: Whether observations need Gymnasium's FlattenObservation.
        time_limit: Seconds that one episode may spend in its environment.
        at: Where to write the slot that is being called, shape (1,).
        renewal: What is done before every episode.
    """

    def __init__(
        self,
        factory: EnvironmentFactory,
        n_slots: int,
        n_inputs: int,
        flatten: bool,
        time_limit: float,
        at: NDArray[np.int64],
        renewal: Renewal = Renewal.NONE,
    ) -> None:
        self._renewal = renewal
        self.observations = np.zeros((n_slots, n_inputs), dtype=np.float32)
        self.totals = [0.0] * n_slots
        self._seconds = [0.0] * n_slots
        self._environments: list[Any] = [None] * n_slots
        self._factory = factory
        self._shape = (n_inputs,)
        self._flatten = flatten
        self._time_limit = time_limit
        # An item of a memoryview is written in half the time of an array's.
        self._at: Any = memoryview(at)  # type: ignore[arg-type]

    def adopt(self, other: "Slots") -> None:
        """Takes over the environments of other slots, so that they need not be made again."""
        n = min(len(self._environments), len(other._environments))
        self._environments[:n] = other._environments[:n]
        other._environments[:n] = [None] * n

    def reset(self, slot: int, seed: int) -> None:
        """Starts an episode."""
        self._at[0] = slot
        started = time.perf_counter()
        try:
            if self._renewal is not Renewal.NONE and self._environments[slot] is not None:
                self._renew(slot)
            if self._environments[slot] is None:
                self._environments[slot] = make_environment(self._factory, self._flatten)
            observation, _ = self._environments[slot].reset(seed=seed)
            self.observations[slot] = self._checked(observation)
        except MisbehaviorError:
            raise
        except Exception as error:
            raise MisbehaviorError(f"reset raised {one_line(error)}") from error
        finally:
            self._at[0] = -1
        self.totals[slot] = 0.0
        self._seconds[slot] = time.perf_counter() - started

    def step(self, actions: Sequence[Any]) -> tuple[list[int], dict[int, str]]:
        """Steps the first len(actions) slots."""
        ended: list[int] = []
        faults: dict[int, str] = {}
        at, environments, observations, shape = self._at, self._environments, self.observations, self._shape
        totals, seconds, limit, clock = self.totals, self._seconds, self._time_limit, time.perf_counter
        before = clock()
        for slot, action in enumerate(actions):
            at[0] = slot
            try:
                observation, reward, terminated, truncated, _ = environments[slot].step(action)
                if getattr(observation, "shape", None) != shape:
                    observation = self._checked(observation)
                observations[slot] = observation
                totals[slot] += float(reward)
                if terminated or truncated:
                    ended.append(slot)
            except MisbehaviorError as error:
                faults[slot] = str(error)
            except Exception as error:
                faults[slot] = f"step raised {one_line(error)}"
            now = clock()
            seconds[slot] += now - before
            before = now
            if seconds[slot] > limit:
                faults.setdefault(slot, f"the episode took longer than {limit:g} s")
        at[0] = -1
        for slot in ended:
            if not math.isfinite(totals[slot]):
                faults.setdefault(slot, f"the sum of rewards is {totals[slot]}")
        return [slot for slot in ended if slot not in faults], faults

    def _checked(self, observation: Any) -> NDArray[Any]:
        array = np.asarray(observation)
        if array.shape != self._shape:
            raise MisbehaviorError(f"an observation has shape {array.shape}, not {self._shape}")
        return array

    def move(self, source: int, target: int) -> None:
        """The episode in one slot goes on in another, whose own has ended."""
        for values in (self._environments, self.totals, self._seconds):
            values[source], values[target] = values[target], values[source]
        self.observations[target] = self.observations[source]

    def _renew(self, slot: int) -> None:
        if self._renewal is Renewal.WORLD:
            renew_world(self._environments[slot])
        else:
            self.replace(slot)

    def replace(self, slot: int) -> None:
        """Makes a slot's environment anew."""
        close_quietly(self._environments[slot])
        self._environments[slot] = None

    def close(self) -> None:
        """Closes all environments."""
        for slot in range(len(self._environments)):
            self.replace(slot)


def make_environment(factory: EnvironmentFactory, flatten: bool, **options: Any) -> Any:
    """An environment, with flat observations; pictures are encoded."""
    env = factory(**options)
    if factory.eyes is not None:
        return EncodedObservations(env, factory.eyes)
    if not flatten:
        return env
    from gymnasium.wrappers import FlattenObservation

    return FlattenObservation(env)


def needed_renewal(factory: EnvironmentFactory, flatten: bool) -> Renewal:
    """What makes an environment's episodes independent of those that it had before; nothing where nothing helps.

    Gymnasium's BipedalWalker is one that needs it: the world of its physics goes on from episode to episode.
    """
    probe, other, steps = 1, 2, 300
    first, second = (make_environment(factory, flatten) for _ in range(2))
    try:
        expected = _trace(first, probe, steps)
        for seed in (other, probe, other):
            _trace(first, seed, steps)
        if _equal(_trace(first, probe, steps), expected) or not _equal(_trace(second, probe, steps), expected):
            return Renewal.NONE
        if not _has_known_world(first):
            return Renewal.ENVIRONMENT
        renew_world(first)
        return Renewal.WORLD if _equal(_trace(first, probe, steps), expected) else Renewal.ENVIRONMENT
    finally:
        close_quietly(first)
        close_quietly(second)


def _has_known_world(env: Any) -> bool:
    # No other module's: what `renew_world` does to an environment that is built otherwise may end the process.
    return type(env.unwrapped).__module__ == "gymnasium.envs.box2d.bipedal_walker"


def renew_world(env: Any) -> None:
    """Gives a BipedalWalker a new world; cheaper than a new environment, which leaves its old world to the collector."""
    walker = env.unwrapped
    walker._destroy()
    walker.world = type(walker.world)()


def _trace(env: Any, seed: int, steps: int) -> list[Any]:
    """Observations and rewards of a random episode."""
    env.action_space.seed(seed)
    trace: list[Any] = [env.reset(seed=seed)[0]]
    for _ in range(steps):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        trace += [observation, reward]
        if terminated or truncated:
            break
    return trace


def _equal(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def close_quietly(env: Any) -> None:
    """Closes an environment that may be broken."""
    try:
        if env is not None:
            env.close()
    except Exception:
        pass


class VectorSlots:
    """A registered vector environment, each lane a slot.

    Such an environment takes one seed for all lanes, and starts new episodes when it likes. To give each lane the episode of
    its own seed, a vector environment of one lane is reset with that seed, and its state copied into the lane: into all
    NumPy arrays of the environment that have a lane axis. `same_episodes` tells whether that works.
    """

    def __init__(self, factory: EnvironmentFactory, n_slots: int, n_inputs: int, at: NDArray[np.int64]) -> None:
        n_slots = max(n_slots, 2)  # an axis of one lane could not be told from an axis of something else
        self.observations = np.zeros((n_slots, n_inputs), dtype=np.float32)
        self.totals: Any = np.zeros(n_slots)
        self._many = factory.make_vector(n_slots)
        self._one = factory.make_vector(1)
        if self._many is None:
            raise MisbehaviorError("no vector environment is registered")
        space = self._many.single_action_space
        self._actions = np.zeros((n_slots, *space.shape), dtype=space.dtype) + getattr(space, "start", 0)
        self._actions = self._actions.astype(space.dtype)
        self._many.reset(seed=0)
        self._one.reset(seed=0)
        # The arrays are found anew for every copy: environments replace them as they step.
        self._lane_axes = _lane_axes(self._many.unwrapped, self._one.unwrapped, n_slots)

    def reset(self, slot: int, seed: int) -> None:
        """Starts an episode."""
        try:
            observations, _ = self._one.reset(seed=seed)
            for name, axis in self._lane_axes.items():
                source = getattr(self._one.unwrapped, name).take(0, axis)
                _lane(getattr(self._many.unwrapped, name), axis, slot)[...] = source
            self.observations[slot] = observations[0]
        except Exception as error:
            raise MisbehaviorError(f"reset raised {one_line(error)}") from error
        self.totals[slot] = 0.0

    def step(self, actions: Sequence[Any]) -> tuple[list[int], dict[int, str]]:
        """Steps all lanes; those without an episode are of no account."""
        n = len(actions)
        self._actions[:n] = actions
        try:
            observations, rewards, terminated, truncated, _ = self._many.step(self._actions)
            self.observations[:n] = observations[:n]
        except Exception as error:
            return [], dict.fromkeys(range(n), f"step raised {one_line(error)}")
        self.totals[:n] += rewards[:n]
        ended = np.flatnonzero(terminated[:n] | truncated[:n]).tolist()
        faults = {s: f"the sum of rewards is {self.totals[s]}" for s in ended if not math.isfinite(self.totals[s])}
        return [slot for slot in ended if slot not in faults], faults

    def move(self, source: int, target: int) -> None:
        """The episode in one slot goes on in another, whose own has ended."""
        for name, axis in self._lane_axes.items():
            array = getattr(self._many.unwrapped, name)
            _lane(array, axis, target)[...] = _lane(array, axis, source)
        self.observations[target] = self.observations[source]
        self.totals[target] = self.totals[source]

    def replace(self, slot: int) -> None:
        """Does nothing: the worker goes over to `Slots` when a vector environment misbehaves."""

    def close(self) -> None:
        """Closes the environments."""
        close_quietly(self._many)
        close_quietly(self._one)


def _lane(array: NDArray[Any], axis: int, slot: int) -> NDArray[Any]:
    view: NDArray[Any] = array[(slice(None),) * axis + (slice(slot, slot + 1),)].squeeze(axis)
    return view


def _lane_axes(many: Any, one: Any, n: int) -> dict[str, int]:
    """Names of the arrays that have an axis for lanes, and which axis it is."""
    axes = {}
    for name, array in vars(many).items():
        single = getattr(one, name, None)
        if not isinstance(array, np.ndarray) or not isinstance(single, np.ndarray) or array.ndim != single.ndim:
            continue
        differing = [i for i in range(array.ndim) if (array.shape[i], single.shape[i]) == (n, 1)]
        others_equal = sum(a != b for a, b in zip(array.shape, single.shape, strict=True)) == 1
        if len(differing) == 1 and others_equal:
            axes[name] = differing[0]
    return axes


def same_episodes(factory: EnvironmentFactory, n_inputs: int, steps: int = 400) -> bool:
    """Whether `VectorSlots` gives the very episodes of single environments, starts amid others' episodes included.

    Three lanes act at random beside three single environments of the same seeds; observations may differ by rounding.
    """
    n, at = 3, np.zeros(1, dtype=np.int64)
    try:
        vector = VectorSlots(factory, n, n_inputs, at)
    except Exception:
        return False
    single = Slots(factory, n, n_inputs, False, math.inf, at)
    space = factory().action_space
    space.seed(0)
    try:
        for slot in range(n):
            vector.reset(slot, slot)
            single.reset(slot, slot)
        for step in range(steps):
            if not np.allclose(vector.observations, single.observations, rtol=1e-4, atol=1e-5):
                return False
            actions = [space.sample() for _ in range(n)]
            outcome, expected = vector.step(actions), single.step(actions)
            if outcome != expected or not np.allclose(vector.totals, single.totals, rtol=1e-5):
                return False
            for slot in outcome[0]:
                vector.reset(slot, n + step)
                single.reset(slot, n + step)
        return True
    except Exception:
        return False
    finally:
        vector.close()
        single.close()
