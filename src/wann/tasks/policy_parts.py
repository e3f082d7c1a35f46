"""What stands before and after a network in a policy, as numbers that can be written into a file.

`wann.tasks.policy` is the same as a function.
"""

from dataclasses import dataclass

import numpy as np

from wann.arguments import check_instance
from wann.errors import WannError
from wann.networks.checks import check_network
from wann.networks.metadata import AccuracyRecord, PreparationRecord
from wann.networks.network import Network
from wann.tasks.protocol import Task, check_fits, classes_of, policy_parts_of, samples_of


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """An input of the network is (observation - shift) · factor."""

    shift: tuple[float, ...]
    factor: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """A number of the action is output · reach + center, no less than low and no more than high."""

    reach: tuple[float, ...]
    center: tuple[float, ...]
    low: tuple[float, ...]  #: minus infinity where there is no bound
    high: tuple[float, ...]
    whole: bool = False  #: whether it is then rounded, half to even


@dataclass(frozen=True, kw_only=True)
class Largest:
    """The outputs stand in groups; a number of the action is the place of a group's largest output, counted from start."""

    sizes: tuple[int, ...]
    starts: tuple[int, ...]
    labels: tuple[str, ...] = ()  #: what the numbers of the first group mean, where they are classes


@dataclass(frozen=True, kw_only=True)
class Switches:
    """A number of the action is 1 where the output is above 0, else 0."""


Action = Bounded | Largest | Switches


@dataclass(frozen=True, kw_only=True)
class PolicyParts:
    """What stands before a network, and what stands after it."""

    scaling: Scaling | None
    action: Action | None


def check_parts(policy: object, network: Network) -> PolicyParts | None:
    """What stands around a network, or None.

    Raises:
        WannError: It is something else, or for networks with other inputs or outputs.
    """
    if policy is None:
        return None
    example = "wann.tasks.policy_parts(network, task)"
    parts = check_instance(policy, PolicyParts, "policy", example)
    scaled = network.n_inputs if parts.scaling is None else len(parts.scaling.shift)
    if (scaled, _n_outputs(parts.action, network)) != (network.n_inputs, network.n_outputs):
        raise WannError(f"policy is for a network with other inputs or outputs; expected what {example} gives")
    return parts


def _n_outputs(action: Action | None, network: Network) -> int:
    """How many outputs the action is made of."""
    if isinstance(action, Bounded):
        return len(action.reach)
    return sum(action.sizes) if isinstance(action, Largest) else network.n_outputs


def told_by_file(network: Network) -> bool:
    """Whether the network's file says by itself what stands before and after it, as those of classifiers and tables do."""
    return any(record.of(network) is not None for record in (PreparationRecord, AccuracyRecord))


def policy_parts(network: Network, task: Task | None = None) -> PolicyParts:
    """What stands before and after a network.

    Args:
        network: The network.
        task: The task whose observations and actions are meant; where the network's file says it (`told_by_file`), none is
            needed.

    Raises:
        WannError: The network does not fit the task, nothing stands before or after it, or neither its file nor a task says
            what does.
    """
    check_network(network)
    if task is None:
        if not told_by_file(network):
            raise WannError(
                "the network's file does not say what stands before and after the network; name the task", parameter="task"
            )
        prepared = PreparationRecord.of(network) or PreparationRecord()
        is_classifier = prepared.target_scale is None
        return _of_samples(network, prepared, network.outputs if is_classifier else None)
    check_fits(network, task)
    if (parts := policy_parts_of(task)) is not None:
        return parts.policy_parts(network)
    if (samples := samples_of(task)) is not None:
        prepared = PreparationRecord.read(samples.preparation, "preparation")
        classes = classes_of(task)
        return _of_samples(network, prepared, None if classes is None else tuple(map(str, classes.classes)))
    raise WannError(
        f"nothing stands before or after a network of {task.name}: the network is the policy", parameter="policy"
    )


def _of_samples(network: Network, prepared: PreparationRecord, classes: tuple[str, ...] | None) -> PolicyParts:
    """A table's columns are standardised; then a class is named, or a number is given in the target's unit."""
    scaling, action = _preparation(network, prepared), _target(network, prepared)
    if classes is not None:
        action = Largest(sizes=(len(classes),), starts=(0,), labels=classes)
    if scaling is None and action is None:
        raise WannError("nothing stands before or after the network: its data were not prepared", parameter="policy")
    return PolicyParts(scaling=scaling, action=action)


def _preparation(network: Network, prepared: PreparationRecord) -> Scaling | None:
    if prepared.mean is None or prepared.scale is None:
        return None
    if not len(prepared.mean) == len(prepared.scale) == network.n_inputs or not all(x > 0 for x in prepared.scale):
        raise WannError(
            f"{PreparationRecord.KEY} in the network's metadata: expected {network.n_inputs} numbers in 'mean' and "
            f"{network.n_inputs} above 0 in 'scale'"
        )
    return Scaling(shift=prepared.mean, factor=tuple(1 / x for x in prepared.scale))


def _target(network: Network, prepared: PreparationRecord) -> Action | None:
    if prepared.target_scale is None:
        return None
    n = network.n_outputs
    return Bounded(
        reach=(prepared.target_scale,) * n,
        center=(prepared.target_mean or 0.0,) * n,
        low=(-np.inf,) * n,
        high=(np.inf,) * n,
    )
