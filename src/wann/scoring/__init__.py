"""Scores on episodes and samples that nothing was chosen on, and comparisons with other methods."""

from wann.scoring.classification import ClassifierEvaluation, evaluate_classifier
from wann.scoring.comparison import Comparison, compare
from wann.scoring.evaluation import Evaluation, Score, WeightProfile, evaluate, weight_profile

__all__ = [
    "ClassifierEvaluation",
    "Comparison",
    "Evaluation",
    "Score",
    "WeightProfile",
    "compare",
    "evaluate",
    "evaluate_classifier",
    "weight_profile",
]
