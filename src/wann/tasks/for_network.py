"""The task that a network which was saved is to be run on."""

from collections.abc import Mapping
from typing import Any

from wann.errors import WannError
from wann.network import Network
from wann.tasks.protocol import Task
from wann.tasks.registry import make_task


def task_for(network: Network, name: str | None = None, options: Mapping[str, Any] | None = None) -> Task:
    """The task that was asked for, else the one that the network was searched on, as the network is to see it.

    Args:
        network: A network from a file, a run or the zoo.
        name: The task that was asked for.
        options: Of the task; those of the network's own task that are not given are as they were in its search.

    Raises:
        WannError: None was asked for and the network does not tell, there is no such task, or the network does not fit it.
    """
    given = dict(options or {})
    if name is not None:
        return _fitted(make_task(name, **given), network)
    known = network.metadata.get("task")
    if not isinstance(known, str):
        raise WannError("the network file does not say its task; name one with --task (wann tasks lists them)")
    own = network.metadata.get("task_options")
    return _fitted(make_task(known, **{**(own if isinstance(own, dict) else {}), **given}), network)


def _fitted(task: Task, network: Network) -> Task:
    """The task as this network is to see it: one that scales observations only does so for networks that it scaled for."""
    fit = getattr(task, "for_network", None)
    fitted: Task = fit(network) if fit else task
    return fitted
