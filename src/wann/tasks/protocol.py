"""What a task is, and what some tasks can do besides; how the package runs one.

A rollout runs in a *lane*: one weight and one episode seed. A task is given networks, a weight for each lane and a seed for
each lane, and runs every network in every lane.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import check_instance, check_list, check_names, counted, shown
from wann.errors import InvalidRewardError, WannError
from wann.networks.activations import Activation
from wann.networks.checks import check_network
from wann.networks.network import Network, Networks
from wann.tasks.recording import Recording
from wann.tasks.scene import Scene
from wann.vision import Encoder

if TYPE_CHECKING:
    from wann.tasks.policy_parts import PolicyParts

#: A reward beyond this is taken for a fault: sums and squares of larger ones would overflow.
MAX_REWARD = 1e100

_Capability = TypeVar("_Capability")
_TASK_ATTRIBUTES = ("name", "inputs", "outputs", "output_activation", "hidden_activations", "rollout")

#: From an observation to an action, both as the environment of a task knows them.
Policy = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Rollouts:
    """What came out of running every network in every lane."""

    rewards: NDArray[np.float64]  #: the sum of each episode's rewards, shape (n_networks, n_lanes)
    steps: NDArray[np.int64]  #: the length of each episode, shape (n_networks, n_lanes)
    computed_steps: int  #: environment steps that were computed (equal networks may run once)
    #: Steps of lanes that had no episode while others still ran (tasks of the core). It tells how well lanes were filled,
    #: and depends, as nothing else here, on how the work was shared out among threads or workers.
    idle_steps: int = 0


@runtime_checkable
class Task(Protocol):
    """What networks are searched for and scored on.

    Implement this for full control; derive from `VectorTask` for an environment that steps many episodes at once.
    """

    @property
    def name(self) -> str:
        """A name for files and reports."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what a network sees."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what a network does."""

    @property
    def output_activation(self) -> Activation:
        """The activation of every output node; it is not searched."""

    @property
    def hidden_activations(self) -> tuple[Activation, ...]:
        """The activations that hidden nodes may have."""

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane.

        Args:
            networks: Networks that fit the task.
            weights: One shared weight for each lane, shape (n_lanes,); or individual weights, shape
                (n_lanes, n_connections), in the order of `Network.connections`.
            seeds: An episode seed for each lane, shape (n_lanes,); the same seed gives the same episode.
            threads: Threads to use; results must not depend on it.
        """


@runtime_checkable
class HasSamples(Task, Protocol):
    """A task on labelled data: an episode is a batch of samples."""

    @property
    def x(self) -> NDArray[np.float32]:
        """The inputs of all samples, shape (n_samples, n_inputs)."""

    @property
    def y(self) -> NDArray[Any]:
        """What the networks are to say, one entry or row for each sample."""

    @property
    def n_samples(self) -> int:
        """How many samples there are."""

    @property
    def has_batches(self) -> bool:
        """Whether an episode is a batch of the samples, and not all of them."""

    @property
    def split(self) -> str:
        """Which part of the data the samples are, for reports."""

    @property
    def held_out(self) -> "HasSamples | None":
        """The task on the samples that scores are reported on, where some were held out."""

    @property
    def preparation(self) -> dict[str, Any]:
        """How a table's columns became inputs; empty where nothing was done to them."""

    def score(self, networks: Sequence[Network], weights: ArrayLike, *, threads: int = 1) -> NDArray[np.float64]:
        """Mean scores over all samples at shared weights, shape (n_networks, n_weights)."""


@runtime_checkable
class HasClasses(HasSamples, Protocol):
    """A task on labelled data whose labels are classes, one output for each."""

    @property
    def classes(self) -> NDArray[Any]:
        """The labels, in the order of the outputs."""

    @property
    def held_out(self) -> "HasClasses | None":
        """The task on the samples that scores are reported on, where some were held out."""

    def subset(self, rows: NDArray[np.int64]) -> "HasClasses":
        """The task on some of the samples, without held-out ones."""


@runtime_checkable
class HasTargets(HasSamples, Protocol):
    """A task on labelled data whose labels are numbers, shape (n_samples, n_outputs).

    An episode's reward is minus the squared error, a mean over samples and outputs.
    """

    @property
    def target_scale(self) -> float:
        """What a difference of 1 between targets is in their own units; 1 where that is not known."""

    def subset(self, rows: NDArray[np.int64]) -> "HasTargets":
        """The task on some of the samples, without held-out ones."""


@runtime_checkable
class HasEnvironment(Protocol):
    """A task whose episodes run in an environment that can be stepped by hand.

    What `policy` and `sight` give may remember what it was shown, where networks see the past or are recurrent: it is for
    one episode.
    """

    def make_env(self, **options: Any) -> Any:
        """A new environment of Gymnasium's interface; ``options`` such as ``render_mode``."""

    def policy(self, network: Network, weight: float | None = None) -> Policy:
        """The network as a function from the environment's observations to its actions."""

    def sight(self, network: Network) -> Callable[[Any], NDArray[np.float32]]:
        """What the network sees of the environment's observations, as a function: numbers, scaled, shape (n_inputs,)."""


@runtime_checkable
class HasPolicyParts(Protocol):
    """A task that can say what stands before and after a network as numbers."""

    def policy_parts(self, network: Network) -> "PolicyParts":
        """What becomes of observations before the network sees them, and of its outputs.

        Raises:
            WannError: It cannot be said in numbers.
        """


@runtime_checkable
class HasRecordings(Protocol):
    """A task whose episodes can be written down step by step."""

    def record(
        self, network: Network, weights: Sequence[float | None], seed: int, max_steps: int | None = None
    ) -> list[Recording]:
        """An episode with each weight, all from one seed.

        Args:
            network: A network that fits the task.
            weights: Shared weights; None stands for the network's own tuned ones.
            seed: Of the episodes; the same as in `Task.rollout`.
            max_steps: Steps to record at most; as long as the episodes last, if it is None.

        Raises:
            WannError: The network does not fit, or has no tuned weight where one is asked for.
        """


@runtime_checkable
class HasScene(HasRecordings, Protocol):
    """A task that says how it looks: shapes, and bodies that they move with."""

    def scene(self, seed: int) -> Scene:
        """What the episode of a seed looks like; its recordings tell where the bodies are."""


@runtime_checkable
class HasSimulation(HasScene, Protocol):
    """A task that the report's page can run by itself, to be touched while it runs."""

    @property
    def simulation(self) -> str | None:
        """The name under which the page knows the physics; None where it does not, as with some options of the task."""

    def starts(self, seeds: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The state at the start of each episode, as the page's physics has it, shape (n_seeds, n_numbers)."""


@runtime_checkable
class SeesPictures(Protocol):
    """A task whose networks see what an encoder makes of pictures."""

    @property
    def encoder(self) -> Encoder | None:
        """The encoder, where there is one; its latents are the first of a network's inputs."""


@runtime_checkable
class ScalesObservations(Protocol):
    """A task that scales what networks see; a network carries the scaling that it was searched with."""

    @property
    def network_metadata(self) -> dict[str, Any]:
        """What a network that was searched on this task has to remember."""

    def check_start(self, network: Network) -> None:
        """Refuses a network that was searched with another scaling; raises WannError."""

    def for_network(self, network: Network) -> "Task":
        """The task as this network is to see it."""


@runtime_checkable
class HasTwins(Protocol):
    """A task that knows others that equal it."""

    @property
    def twins(self) -> Mapping[str, Mapping[str, Any]]:
        """By another task's name, its options under which a network sees and does there what it does here."""


@runtime_checkable
class HasPresets(Protocol):
    """A task that knows settings that suit it."""

    @property
    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """By the preset's name, the settings of a search that differ from the defaults."""

    @property
    def hidden_layers(self) -> tuple[int, ...]:
        """Of the network of fixed topology that it is compared with."""


@runtime_checkable
class RunsInCore(Protocol):
    """A task whose rollouts let other threads of Python run meanwhile."""

    @property
    def runs_in_core(self) -> bool:
        """Always true."""


def samples_of(task: Task) -> HasSamples | None:
    """The task as one on labelled data, where it is one."""
    return _offering(task, HasSamples)


def classes_of(task: Task) -> HasClasses | None:
    """The task as one whose labels are classes, where it is one."""
    return _offering(task, HasClasses)


def targets_of(task: Task) -> HasTargets | None:
    """The task as one whose labels are numbers, where it is one."""
    return _offering(task, HasTargets)


def environment_of(task: Task) -> HasEnvironment | None:
    """The task as one with an environment that can be stepped by hand, where it has one."""
    return _offering(task, HasEnvironment)


def policy_parts_of(task: Task) -> HasPolicyParts | None:
    """The task as one that says what stands before and after a network, where it can."""
    return _offering(task, HasPolicyParts)


def recordings_of(task: Task) -> HasRecordings | None:
    """The task as one whose episodes can be written down, where they can."""
    return _offering(task, HasRecordings)


def scene_of(task: Task) -> HasScene | None:
    """The task as one that says how it looks, where it does."""
    return _offering(task, HasScene)


def simulation_of(task: Task) -> HasSimulation | None:
    """The task as one that the report's page can run, where it can."""
    found = _offering(task, HasSimulation)
    return found if found and found.simulation is not None else None


def encoder_of(task: Task) -> Encoder | None:
    """The encoder through which the task's networks see, where there is one."""
    found = _offering(task, SeesPictures)
    return found.encoder if found else None


def scaling_of(task: Task) -> ScalesObservations | None:
    """The task as one that scales observations, where it does."""
    return _offering(task, ScalesObservations)


def twins_of(task: Task) -> Mapping[str, Mapping[str, Any]]:
    """Options of other tasks, by their names, under which a network acts there as on this one, where the task knows any."""
    found = _offering(task, HasTwins)
    return found.twins if found else {}


def presets_of(task: Task) -> HasPresets | None:
    """The task as one that knows settings that suit it, where it does."""
    return _offering(task, HasPresets)


def runs_in_core(task: Task) -> bool:
    """Whether the task's rollouts let other threads of Python run meanwhile."""
    found = _offering(task, RunsInCore)
    return found is not None and found.runs_in_core


def _offering(task: Task, capability: type[_Capability]) -> _Capability | None:
    """The task as one with a capability, where it has all of its attributes.

    Not by isinstance, which from Python 3.12 on misses what a wrapper passes on by `__getattr__`.
    """
    names = (name for part in capability.__mro__ if part is not Protocol for name in vars(part) if not name.startswith("_"))
    return cast(_Capability, task) if all(hasattr(task, name) for name in names) else None


def check_task(task: object) -> Task:
    """The task itself.

    Raises:
        WannError: It is no task; the message says what it lacks.
    """
    if isinstance(task, str):
        raise WannError(f"task is {shown(task)}; it must be a task: wann.make_task({shown(task)})")
    if isinstance(task, type):
        raise WannError(f"task is the class {task.__name__}; it must be a task, an object of that class")
    lacking = [name for name in _TASK_ATTRIBUTES if not hasattr(task, name)]
    if lacking:
        raise WannError(f"task is {shown(task)}; it must be a task, but has no {', '.join(lacking)}")
    found = cast(Task, task)
    check_instance(found.name, str, "the task's name")
    check_names(found.inputs, f"{found.name}: inputs")
    if not check_names(found.outputs, f"{found.name}: outputs"):
        raise WannError(f"{found.name}: outputs: a task needs at least one output")
    hidden = check_list(found.hidden_activations, f"{found.name}: hidden_activations", "activations")
    for activation in (found.output_activation, *hidden):
        check_instance(activation, Activation, f"{found.name}: an activation", "wann.networks.Activation.TANH")
    return found


def check_fits(network: Network, task: Task) -> None:
    """Refuses what is no network or no task, and a network whose inputs or outputs do not fit the task.

    Raises:
        WannError: The message says what was expected and what came.
    """
    _check_counts(check_network(network), check_task(task))


def check_networks(networks: object, task: Any) -> None:
    """Refuses several networks of which one does not fit; the task is taken to be one.

    Raises:
        WannError: The message says what was expected and what came.
    """
    if isinstance(networks, Networks):  # all have the same inputs and outputs
        _check_counts(networks, task)
        return
    for network in check_list(networks, "networks", "networks"):
        _check_counts(check_network(network, "a network"), task)


def _check_counts(network: Network | Networks, task: Task) -> None:
    for what, has, needs in (
        ("input", network.n_inputs, len(task.inputs)),
        ("output", network.n_outputs, len(task.outputs)),
    ):
        if has != needs:
            raise WannError(f"the network has {counted(has, what)}, but {task.name} needs {needs}")


def run_lanes(
    task: Task, networks: Sequence[Network], weights: ArrayLike, seeds: ArrayLike, *, threads: int = 1
) -> Rollouts:
    """`Task.rollout` with its arguments and its rewards checked, in this process.

    Raises:
        InvalidRewardError: A reward is NaN, infinite or beyond `MAX_REWARD`; the message names the network and the weight.
        WannError: The task gave something else than rewards of this shape, or a weight is not finite in float32.
    """
    lane_weights, lane_seeds = checked_lanes(weights, seeds)
    rollouts = check_rollouts(task.rollout(networks, lane_weights, lane_seeds, threads=threads), task)
    return check_rewards(rollouts, task, networks, lane_weights, lane_seeds)


def checked_lanes(weights: ArrayLike, seeds: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """Weights and seeds of lanes as tasks take them.

    Raises:
        WannError: They are not equally many, or a weight is not finite in float32.
    """
    with np.errstate(over="ignore"):
        lane_weights = np.ascontiguousarray(weights, dtype=np.float32)
    lane_seeds = np.ascontiguousarray(seeds, dtype=np.uint64)
    if len(lane_weights) != len(lane_seeds):
        raise WannError(f"{len(lane_weights)} weights for {len(lane_seeds)} episodes; each lane needs both")
    if not np.isfinite(lane_weights).all():
        raise WannError("weights: all values must be finite in float32")
    return lane_weights, lane_seeds


def check_rollouts(rollouts: object, task: Task) -> Rollouts:
    """What a task gave, as rollouts.

    Raises:
        WannError: It is something else, or its rewards are no numbers.
    """
    if not isinstance(rollouts, Rollouts) or getattr(rollouts.rewards, "dtype", np.dtype(object)).kind not in "fiu":
        raise WannError(
            f"{task.name} gave {shown(rollouts)} as rollouts; expected wann.tasks.Rollouts with arrays of numbers"
        )
    return rollouts


def check_rewards(
    rollouts: Rollouts,
    task: Task,
    networks: Sequence[Network],
    weights: NDArray[np.float32],
    seeds: NDArray[np.uint64],
) -> Rollouts:
    """The rollouts themselves, where there is a usable reward for every network and lane.

    Raises:
        InvalidRewardError: A reward is NaN, infinite or beyond `MAX_REWARD`; the message names the network and the weight.
        WannError: The rewards have another shape.
    """
    if rollouts.rewards.shape != (len(networks), len(seeds)):
        raise WannError(
            f"{task.name} gave rewards of shape {rollouts.rewards.shape}; expected {(len(networks), len(seeds))}"
        )
    bad = np.argwhere(~(np.abs(rollouts.rewards) <= MAX_REWARD))
    if len(bad):
        network, lane = bad[0]
        weight = f"weight {weights[lane]:g}" if weights.ndim == 1 else f"weights of candidate {lane}"
        raise InvalidRewardError(
            f"{task.name} gave the reward {rollouts.rewards[network, lane]} to network {network} "
            f"({networks[network]!r}) with {weight} and episode seed {seeds[lane]}"
        )
    return rollouts


def product_lanes(weights: ArrayLike, seeds: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.uint64]]:
    """Lanes for every weight (or row of weights) with every seed, weights slowest: reshape results to
    (..., n_weights, n_seeds).
    """
    w = np.asarray(weights, dtype=np.float32)
    s = np.asarray(seeds, dtype=np.uint64)
    return np.repeat(w, len(s), axis=0), np.tile(s, len(w))
