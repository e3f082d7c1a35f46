"""Networks: their topology and weights, their files, and how one becomes another."""

from wann.networks.activations import Activation
from wann.networks.fixed import fully_connected
from wann.networks.network import Network, Networks
from wann.networks.unfolding import quantized

__all__ = ["Activation", "Network", "Networks", "fully_connected", "quantized"]
