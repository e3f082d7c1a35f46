"""A network as a plain function from an observation to an action."""

from wann.arguments import check_number
from wann.errors import WannError
from wann.networks.checks import check_network
from wann.networks.network import Network
from wann.networks.stepping import Stepper
from wann.tasks.protocol import Policy, Task, check_fits, environment_of


def policy(network: Network, task: Task | None = None, weight: float | None = None) -> Policy:
    """A plain function from an observation to an action, for use outside the package.

    Args:
        network: The network that acts.
        task: The task whose observations and actions are meant. For a Gymnasium environment the function takes what
            ``env.reset`` and ``env.step`` give and gives what ``env.step`` takes. Without a task, and for tasks of the core,
            it gives the network's outputs.
        weight: The shared weight; without it the network runs with its own tuned weights.

    It is for one episode: a recurrent network remembers, and so do tasks where networks see the past. The policies of our
    own tasks have a method ``reset()``, which begins another episode.

    Raises:
        WannError: The network does not fit the task, or has no tuned weight and none is given.
    """
    check_network(network)
    if weight is not None:
        check_number(weight, "weight")
    elif network.weights is None and network.shared_weight is None:
        raise WannError("this network has no tuned weight: name one with weight=..., such as weight=1.0")
    if task is not None:
        check_fits(network, task)
        environment = environment_of(task)
        if environment is not None:
            return environment.policy(network, weight)
    return Stepper(network, weight)
