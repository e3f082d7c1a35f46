"""What matters in the last champion, and the smallest network that does as well, for the page's two buttons."""

from typing import Any

from wann.arguments import counted
from wann.execution.evaluator import Threads
from wann.explain.importance import importance
from wann.explain.pruning import Pruned, prune
from wann.explain.text import loss_or_gain
from wann.explain.trials import Trials, default_trials, weighting
from wann.networks.network import Network
from wann.show.report.scores import rounded
from wann.tasks import Task


def explained(network: Network, task: Task, network_data: Any, threads: int) -> dict[str, Any]:
    """Losses by node and connection, and the pruned network.

    Args:
        network: The network.
        task: What it acts in.
        network_data: Makes of a network what the page draws.
        threads: Threads to use.
    """
    where = Threads(threads)
    at = weighting(network, task, None, seed=0, evaluator=where, threads=threads)
    trials = Trials(task, at, default_trials(task), seed=0, evaluator=where)
    found = importance(network, trials)
    smallest = prune(network, trials)
    over = f"{found.n} {'parts of the samples' if trials.labelled is not None else 'episodes'}"
    (weight,) = at.shared
    return {
        "weight": weight,
        "losses": rounded([loss.mean for loss in found.connections], 4),
        "nodes": rounded([loss.mean for loss in found.nodes], 4),
        "errors": rounded([loss.error for loss in found.nodes], 4),
        "note": f"Orange, and the wider the more: what costs reward where it is taken out, {at.label}, over {over}.",
        "pruned": network_data(smallest.network),
        "prunedNote": _pruned_note(network, smallest, at.label),
    }


def _pruned_note(network: Network, found: Pruned, at: str) -> str:
    do = "do as well" if found.is_confirmed else "nearly do as well"
    size = f"{counted(found.network.n_connections, 'connection')} of {network.n_connections} {do} {at}"
    return f"{size}: {loss_or_gain(found)} over {found.n} other trials."
