"""What a WANN is compared with: networks of a fixed topology, and NEAT."""

from wann.scoring.baselines.fixed import default_hidden_layers, fixed_topology
from wann.scoring.baselines.neat import Neat, NeatGeneration

__all__ = ["Neat", "NeatGeneration", "default_hidden_layers", "fixed_topology"]
