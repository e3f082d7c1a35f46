"""The weights that an exported file is to hold."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wann.arguments import check_number, shown
from wann.errors import WannError
from wann.networks.network import Network

#: The shared weight to run with; ``"shared"`` and ``"individual"`` name the network's own tuned ones.
Weight = float | Literal["shared", "individual"] | None


@dataclass(frozen=True, eq=False)
class Weights:
    """Either one shared weight or individual weights, as float32 has them."""

    shared: float | None
    individual: NDArray[np.float32] | None  #: in the order of `Network.connections`

    def of(self, connection: int) -> float:
        """The weight of a connection."""
        if self.individual is not None:
            return float(self.individual[connection])
        assert self.shared is not None
        return self.shared


def chosen_weights(network: Network, weight: Weight) -> Weights:
    """The weights that a network is to run with.

    Args:
        network: The network.
        weight: A shared weight; or ``"shared"`` or ``"individual"`` for the network's own. None stands for what it runs with
            when it is called: its individual weights where it has them, else its shared one.

    Raises:
        WannError: It is something else, or the network has no such weight.
    """
    if weight is None:
        if network.weights is None and network.shared_weight is None:
            raise WannError("this network has no tuned weight: name one, such as 1", parameter="weight")
        weight = "shared" if network.weights is None else "individual"
    if not isinstance(weight, str):
        return Weights(float(np.float32(check_number(weight, "weight"))), None)
    if weight == "individual":
        if network.weights is None:
            raise WannError("this network has no individual weights: tune it, or name a shared weight", parameter="weight")
        return Weights(None, network.weights)
    if weight != "shared":
        raise WannError(f"weight is {shown(weight)}; it must be a number, 'shared' or 'individual'")
    if network.shared_weight is None:
        raise WannError("this network has no tuned shared weight: name one, such as 1", parameter="weight")
    return Weights(float(np.float32(network.shared_weight)), None)
