"""Networks at the border."""

from wann.arguments import check_instance, shown
from wann.errors import WannError
from wann.networks.network import Network


def check_network(network: object, name: str = "network") -> Network:
    """The network itself.

    Raises:
        WannError: It is no network.
    """
    if isinstance(network, str):
        zoo = network.removeprefix("zoo:")
        load = f"wann.zoo.load({shown(zoo)})" if zoo != network else f"wann.Network.load({shown(network)})"
        raise WannError(f"{name} is {shown(network)}; it must be a wann.Network: {load}")
    return check_instance(network, Network, name)
