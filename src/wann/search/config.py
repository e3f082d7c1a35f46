"""The settings of a search and the presets for each task."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from wann.arguments import (
    MAX_WEIGHT,
    check_instance,
    check_integer,
    check_list,
    check_mapping,
    check_number,
    did_you_mean,
    is_number,
    shown,
)
from wann.errors import WannError
from wann.networks.activations import ALL_ACTIVATIONS, Activation, as_activations
from wann.tasks.protocol import Task, check_task, presets_of
from wann.tasks.registry import known_names, presets_by_name

#: The fixed series of shared weights that networks are searched with (section 3 of the paper).
WEIGHT_VALUES = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


#: Random weights are drawn from U(-2, 2) and the shared weight is swept over it, as in the paper.
WEIGHT_RANGE = (-2.0, 2.0)

#: When islands are culled, one in this many goes on.
ISLANDS_PER_SURVIVOR = 3

#: The settings that are odds of operators.
OPERATOR_ODDS = (
    "insert_node",
    "add_connection",
    "enable_connection",
    "change_activation",
    "adjust_path",
    "remove_connection",
    "remove_node",
    "recurrent",
)


def _setting(default: Any, help: str, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "low": low, "high": high})


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Everything that a search depends on, besides the task and the seed.

    Raises:
        WannError: A setting is out of range; the message names it, its value and the range.
    """

    generations: int = _setting(1024, "generations to run", 1, 10**7)
    population: int = _setting(192, "networks in a population", 2, 10**6)
    islands: int = _setting(1, "populations that evolve apart at the start", 1, 10**4)
    island_culls: tuple[float, ...] = _setting(
        (), "parts of the search after which only the best third of the islands goes on, such as 0.1,0.3"
    )
    episodes: int = _setting(3, "episodes with each weight value in a generation", 1, 10**5)
    weights: tuple[float, ...] = _setting(WEIGHT_VALUES, "shared weight values that every network is run with")
    fresh_weights: bool = _setting(
        False, "draw each generation's weights afresh: one from each of as many equal parts of -2..2 as there are values"
    )
    racing: float = _setting(
        0.0, "part of a population, the worst so far, that leaves a generation after half of its episodes", 0, 0.99
    )
    step_cost: float = _setting(
        0.0, "reward that a step of an episode costs where networks are ranked, never in a score: haste", 0, 1e6
    )
    step_cost_from: float = _setting(
        0.0, "part of the search after which steps cost that (before it, to fail at once would be cheapest)", 0, 1
    )
    initial_enabled: float = _setting(0.5, "part of the input-output connections that is enabled at the start", 0, 1)
    initial_paths: float = _setting(
        0.0, "part of the pairs of inputs and outputs that have a path of random sign at the start", 0, 1
    )
    tournament: int = _setting(8, "individuals in a tournament for a parent", 1, 10**6)
    cull: float = _setting(0.2, "worst part of a population that gets no children", 0, 0.99)
    elite: float = _setting(0.2, "best part of a population that passes unchanged", 0, 0.99)
    insert_node: float = _setting(0.25, "odds of inserting a node in an enabled connection", 0, 1)
    add_connection: float = _setting(0.20, "odds of adding a connection", 0, 1)
    enable_connection: float = _setting(0.05, "odds of re-enabling a disabled connection", 0, 1)
    change_activation: float = _setting(0.50, "odds of changing a hidden node's activation", 0, 1)
    adjust_path: float = _setting(0.0, "odds of one path more or less (a linear or inverse node) between two nodes", 0, 1)
    remove_connection: float = _setting(0.0, "odds of removing a connection", 0, 1)
    remove_node: float = _setting(0.0, "odds of removing a hidden node", 0, 1)
    recurrent: float = _setting(
        0.0, "odds of adding a recurrent connection, which carries a node's value of the step before", 0, 1
    )
    crossover: float = _setting(0.0, "part of children that have two parents, before they are changed", 0, 1)
    further_change: float = _setting(0.0, "chance that a child gets one more change, after each", 0, 0.99)
    mirror: float = _setting(
        0.0, "part of children that are made to act alike at w and -w, by a node behind each node", 0, 1
    )
    transfer: float = _setting(
        0.0, "part of children that get changes which did their siblings good, instead of a new change", 0, 1
    )
    max_transferred: int = _setting(16, "changes that a child gets from its siblings at most", 1, 1024)
    connection_objective: float = _setting(
        0.8, "part of generations ranked by mean reward and fewest connections, not mean and best reward", 0, 1
    )
    activations: tuple[Activation, ...] = _setting(ALL_ACTIVATIONS, "activations that hidden nodes may have")
    mean_objective: float = _setting(0.0, "part of generations ranked by mean reward alone", 0, 1)
    confirm_episodes: int = _setting(64, "fresh episodes with each weight value that confirm a new champion", 1, 10**6)

    def __post_init__(self) -> None:
        """Checks every setting."""
        for setting in dataclasses.fields(self):
            object.__setattr__(self, setting.name, _checked(setting, getattr(self, setting.name)))
        object.__setattr__(self, "weights", check_weights(self.weights))
        if not any(self.weights):
            raise WannError("weights are all 0, with which every network computes the same; expected such as -1, 0.5, 2")
        object.__setattr__(self, "island_culls", _check_culls(self.island_culls))
        object.__setattr__(self, "activations", as_activations(self.activations))
        if not any(getattr(self, operator) > 0 for operator in OPERATOR_ODDS):
            raise WannError(f"the odds of all operators ({', '.join(OPERATOR_ODDS)}) are 0; at least one must be above 0")
        self._check_paths()
        if self.racing > 0 and len(self.weights) * self.episodes < 2:
            raise WannError(
                f"racing is {self.racing:g}, but a generation has one episode in all, of which there is no half; set racing "
                "to 0, or have more weights or episodes",
                parameter="racing",
            )
        if self.step_cost_from > 0 and self.step_cost == 0:
            raise WannError(
                f"step_cost_from is {self.step_cost_from:g}, but step_cost is 0; set what a step costs, such as 0.02, or "
                "set step_cost_from to 0",
                parameter="step_cost_from",
            )

    def _check_paths(self) -> None:
        """Paths are linear or inverse nodes: a first one has either sign, a later one whichever is allowed."""
        missing = [a.label for a in (Activation.LINEAR, Activation.INVERSE) if a not in self.activations]
        for name, most in (("initial_paths", 0), ("adjust_path", 1)):
            if len(missing) > most and getattr(self, name) > 0:
                raise WannError(
                    f"{name} is {getattr(self, name):g}, but activations leaves out {' and '.join(missing)}, which paths "
                    f"are made of; set {name} to 0, or allow them"
                )

    def islands_in(self, generation: int) -> int:
        """How many islands take part in a generation."""
        n = self.islands
        for part in self.island_culls:
            if generation >= round(part * self.generations):
                n = -(-n // ISLANDS_PER_SURVIVOR)
        return n

    def step_cost_in(self, generation: int) -> float:
        """Reward that a step of an episode costs in a generation where networks are ranked."""
        return self.step_cost if generation >= round(self.step_cost_from * self.generations) else 0.0

    def island_generations(self, before: int | None = None) -> int:
        """Generations of single islands before a generation, or in the whole search: each is one population's work."""
        end = self.generations if before is None else before
        culls = [round(part * self.generations) for part in self.island_culls]
        edges = [0, *(min(cull, end) for cull in culls), end]
        return sum(self.islands_in(a) * (b - a) for a, b in pairwise(edges))

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        data = dataclasses.asdict(self)
        data["activations"] = [a.label for a in self.activations]
        data["weights"] = list(self.weights)
        data["island_culls"] = list(self.island_culls)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str = "configuration") -> "SearchConfig":
        """Settings from what `to_dict` gave.

        Raises:
            WannError: A setting is unknown, has the wrong type or is out of range.
        """
        data = _without_former(check_mapping(data, where), where)
        known = sorted(f.name for f in dataclasses.fields(cls))
        for name in data:
            if name not in known:
                near = did_you_mean(name, known)
                raise WannError(f"{where}: unknown setting {shown(name)}{near or ';'} there are {', '.join(known)}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**values)


def _without_former(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The settings without those that there were in earlier versions and that were off."""
    if data.get("output_connections", False) is not False:
        raise WannError(
            f"{where}: output_connections is {shown(data['output_connections'])}; "
            "networks with connections between outputs are no longer searched for"
        )
    return {name: value for name, value in data.items() if name != "output_connections"}


def _checked(setting: "dataclasses.Field[Any]", value: Any) -> Any:
    """The value of a setting; those that are lists are looked at elsewhere."""
    if isinstance(setting.default, tuple):
        return value
    if isinstance(setting.default, bool):
        return check_instance(value, bool, setting.name)
    check = check_integer if isinstance(setting.default, int) else check_number
    return check(value, setting.name, setting.metadata["low"], setting.metadata["high"])


def _check_culls(culls: Any) -> tuple[float, ...]:
    values = tuple(check_number(part, "a part in island_culls") for part in check_list(culls, "island_culls", "numbers"))
    if not all(0 < part < 1 for part in values) or list(values) != sorted(set(values)):
        raise WannError(f"island_culls are {shown(culls)}; they must ascend between 0 and 1")
    return values


def check_config(config: object) -> SearchConfig:
    """The settings themselves.

    Raises:
        WannError: They are something else, such as a dictionary.
    """
    return check_instance(config, SearchConfig, "config", "wann.preset(task.name, population=100)")


def check_weights(weights: Any, where: str = "weights") -> tuple[float, ...]:
    """Shared weight values: at least one, all finite in float32.

    Raises:
        WannError: There are none, or one is no such number.
    """
    values = check_list(weights, where, "numbers such as -1, 0.5, 2")
    if not values:
        raise WannError(f"{where}: at least one weight is needed")
    for value in values:
        if not is_number(value):
            raise WannError(f"{where} are {shown(weights)}; expected numbers such as -1, 0.5, 2")
        if not abs(value) <= MAX_WEIGHT:
            raise WannError(f"{where}: {shown(value)} is not a finite number in float32, which weights are")
    return tuple(map(float, values))


PRESET_NAMES = ("default", "paper")


def preset(task: str | Task, name: str = "default", **changes: Any) -> SearchConfig:
    """The settings of a preset for a task, with changes.

    Args:
        task: The task, or its name; one without presets of its own gets the defaults.
        name: ``"default"`` or ``"paper"`` (the algorithm and the hyperparameters of the paper, exactly).
        changes: Settings that differ from the preset's.

    Raises:
        WannError: There is no such preset, a setting is unknown or out of range, or the task's name is that of no known task
            and so near to one that it must be meant.
    """
    if isinstance(task, str):
        _refuse_near_miss(task)
        presets = presets_by_name(task)
    else:
        own = presets_of(check_task(task))
        presets = {} if own is None else own.presets
    if not isinstance(name, str) or name not in PRESET_NAMES:
        raise WannError(f"unknown preset {shown(name)}; there are {', '.join(PRESET_NAMES)}")
    return SearchConfig.from_dict({**presets.get(name, {}), **changes}, where="search")


def _refuse_near_miss(task: str) -> None:
    """Refuses a name that is nearly a known task's: it would get settings that are not made for that task."""
    family = task.partition(":")[0]
    known = known_names()
    # A name that a known one is a part of, such as digits-2, is a name of somebody's own.
    if family in known or any(name in task for name in known):
        return
    near = did_you_mean(family, known)
    if near:
        raise WannError(f"there is no task {shown(task)}{near}")
