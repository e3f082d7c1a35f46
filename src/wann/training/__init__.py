"""Weights: the best shared one, one for each connection, and trained ones that become topology."""

from wann.training.quantization import Quantization, quantize
from wann.training.tuning import SharedWeight, TuningGeneration, WeightTuning, tune, tune_shared_weight

__all__ = [
    "Quantization",
    "SharedWeight",
    "TuningGeneration",
    "WeightTuning",
    "quantize",
    "tune",
    "tune_shared_weight",
]
