"""Weights: the best shared one, one for each connection, and trained ones that become topology."""

from wann.training.adaptation import Adaptation, Attempt, adapt
from wann.training.classifier import ClassifierTraining, TrainedWeights, train_by_gradient, train_classifier
from wann.training.quantization import Quantization, quantize
from wann.training.shared_weight import SharedWeight, best_shared_weight, tune_shared_weight
from wann.training.tuning import tune
from wann.training.weight_tuning import TuningGeneration, WeightTuning

__all__ = [
    "Adaptation",
    "Attempt",
    "ClassifierTraining",
    "Quantization",
    "SharedWeight",
    "TrainedWeights",
    "TuningGeneration",
    "WeightTuning",
    "adapt",
    "best_shared_weight",
    "quantize",
    "train_by_gradient",
    "train_classifier",
    "tune",
    "tune_shared_weight",
]
