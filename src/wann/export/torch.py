"""PyTorch: a module in memory and as a file, and the way back (the extra ``torch``).

The module's class is in `wann.export.torch_module`, which imports PyTorch and nothing of this package: a file that is
exported is a copy of it, and the network as its arguments.
"""

import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from wann.errors import MissingExtraError, WannError
from wann.export.text import made_by, number, plain, sizes, wrapped
from wann.export.weights import Weight, chosen_weights
from wann.networks import metadata
from wann.networks.checks import check_network
from wann.networks.network import Network
from wann.tasks.policy_parts import Bounded, Largest, PolicyParts, Switches, check_parts

if TYPE_CHECKING:
    from torch import nn

try:
    from wann.export import torch_module
except ImportError:
    raise MissingExtraError("export to PyTorch", "torch") from None

__all__ = ["from_torch", "to_torch", "to_torch_source"]

_INFINITY = r"\binf\b"


def to_torch(network: Network, *, weight: Weight = None, policy: PolicyParts | None = None) -> "nn.Module":
    """The network as a module, with the shared weight or the individual ones as its only parameter.

    It takes inputs of shape (..., n_inputs) and gives outputs of shape (..., n_outputs), in float32, or in float64 after
    ``module.double()``. That of a recurrent network takes a step: ``outputs, memory = module(inputs, memory)``, the memory
    None at first.

    Args:
        network: The network.
        weight: The weights; see `wann.export.weights.chosen_weights`.
        policy: What stands before and after the network (`wann.tasks.policy_parts`). The module then goes from observations
            to actions, and its ``network`` is the network's module.

    Raises:
        WannError: The network has no such weight, or the policy is that of another one.
        MissingExtraError: PyTorch is not installed.
    """
    module = torch_module.WannNetwork(**_arguments(network, weight))
    check_parts(policy, network)
    return torch_module.WannPolicy(module, **_policy_arguments(policy)) if policy else module


def from_torch(module: Any, network: Network | None = None) -> Network:
    """The network of a module that `to_torch` made, or of one from an exported file, with the module's weights.

    Args:
        module: The module; of a policy, its network is taken.
        network: The network that the module was made of, whose metadata the new one keeps as far as they stay true: without
            it, nothing is known of its task.

    Raises:
        WannError: The module is none of these, its weights are not finite, or the network has another topology.
    """
    module = getattr(module, "network", module)
    if type(module).__name__ != torch_module.WannNetwork.__name__:
        raise WannError(f"module is a {type(module).__name__}; it must be one that wann.export.to_torch made")
    shared = None if module.weight is None else float(module.weight.detach())
    individual = None if module.weights is None else module.weights.detach().cpu().numpy()
    made = Network(
        inputs=module.inputs,
        outputs=module.outputs,
        hidden=module.hidden,
        output_activations=module.output_activations,
        connections=list(module.connections),
        recurrent=[i in module.recurrent for i in range(len(module.connections))],
        weights=individual,
        shared_weight=shared,
    )
    if network is None:
        return made
    if not check_network(network).same_topology(made):
        raise WannError("network has another topology than the module; it must be the one that the module was made of")
    return metadata.retuned(network, weights=individual, shared_weight=shared)


def to_torch_source(network: Network, *, weight: Weight = None, policy: PolicyParts | None = None) -> str:
    """The same as a file of Python that needs PyTorch alone; its function ``load()`` makes the module.

    Raises:
        WannError: The network has no such weight, or the policy is that of another one.
        MissingExtraError: PyTorch is not installed.
    """
    module = inspect.getsource(torch_module)
    arguments = ",\n".join(f"    {name}={_literal(value)}" for name, value in _arguments(network, weight).items())
    made = "WannNetwork(**NETWORK)"
    if (parts := check_parts(policy, network)) is not None:
        given = ", ".join(f"{name}={value!r}" for name, value in _policy_arguments(parts).items())
        made = f"WannPolicy({made}, {re.sub(_INFINITY, 'math.inf', given)})"
    task = metadata.saved_task_name(network)
    about = f"# {f'Task: {plain(task)}. ' if task else ''}{sizes(network)}. Made by {made_by()}."
    return f'''{module}

{about}
NETWORK = dict(
{arguments},
)


def load() -> nn.Module:
    """The {"policy" if policy else "network"}, with the weights that the file holds."""
    return {made}


if __name__ == "__main__":
    print(load())
'''


def _arguments(network: Network, weight: Weight) -> dict[str, Any]:
    check_network(network)
    weights = chosen_weights(network, weight)
    if weights.individual is None:
        own: dict[str, Any] = {"weight": weights.shared}
    else:
        own = {"weights": [float(number(w)) for w in weights.individual]}
    return {
        "inputs": network.inputs,
        "outputs": network.outputs,
        "hidden": tuple(a.label for a in network.hidden),
        "output_activations": tuple(a.label for a in network.output_activations),
        "connections": [tuple(pair) for pair in network.connections.tolist()],
        **({"recurrent": np.flatnonzero(network.recurrent).tolist()} if network.is_recurrent else {}),
        **own,
    }


def _policy_arguments(policy: PolicyParts) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if policy.scaling:
        arguments |= {"shift": policy.scaling.shift, "factor": policy.scaling.factor}
    action = policy.action
    if isinstance(action, Bounded):
        arguments |= {"bounded": (action.reach, action.center, action.low, action.high), "whole": action.whole}
    elif isinstance(action, Largest):
        arguments["largest"] = action.sizes, action.starts
    elif isinstance(action, Switches):
        arguments["switches"] = True
    return arguments


def _literal(value: Any) -> str:
    """A number or a list as Python reads it, lists in several lines."""
    if not isinstance(value, list | tuple):
        return repr(value)
    words = [f"{entry!r}," for entry in value]
    return f"(\n{wrapped(words, '        ', '        ', 110)}\n    )" if words else "()"
